/* Readiness as the driver behind Winsock tells it. Microsoft documents none of
   this; wepoll, libuv, mio and Go build on it all the same. */
#ifndef DRIVER_H
#define DRIVER_H

#include "claim.h"

#include <stdint.h>
#include <winternl.h>

#define IOCTL_AFD_POLL 0x00012024
#define AFD_POLL_RECEIVE 0x0001
#define AFD_POLL_SEND 0x0004
#define AFD_SOURCE "https://github.com/piscisaureus/wepoll"

typedef struct DriverPoll {
    LARGE_INTEGER timeout;
    ULONG count;
    ULONG exclusive;
    HANDLE handle; /* the socket that is asked about, */
    ULONG events;  /* of what, and of what it is true */
    NTSTATUS status;
} DriverPoll;

typedef NTSTATUS WINAPI CreateFileFunction(HANDLE *file, ULONG access,
                                           OBJECT_ATTRIBUTES *attributes,
                                           IO_STATUS_BLOCK *status,
                                           LARGE_INTEGER *size,
                                           ULONG file_attributes, ULONG share,
                                           ULONG disposition, ULONG options,
                                           void *extended, ULONG extended_size);
typedef NTSTATUS WINAPI ControlFunction(HANDLE file, HANDLE event,
                                        void *routine, void *context,
                                        IO_STATUS_BLOCK *status, ULONG code,
                                        void *in, ULONG in_size, void *out,
                                        ULONG out_size);

/* A handle to the driver, with this port. */
static inline HANDLE open_driver(HANDLE port)
{
    static wchar_t name[] = L"\\Device\\Afd\\Claim";
    UNICODE_STRING text = {sizeof name - sizeof *name, sizeof name, name};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes,
                                    .ObjectName = &text};
    IO_STATUS_BLOCK status;
    HANDLE driver;
    CreateFileFunction *create =
        (CreateFileFunction *)ntdll_function("NtCreateFile");
    need(create(&driver, SYNCHRONIZE, &attributes, &status, NULL, 0,
                FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, NULL, 0) == 0,
         "opening the driver");
    need(CreateIoCompletionPort(driver, port, 0, 0) != NULL, "associating it");
    return driver;
}

/* Asks for these events of a socket; 0x103 if there is no answer yet. The poll and
   its status are lent until the packet, whose pointer is that of the status. */
static inline NTSTATUS start_driver_poll(HANDLE driver, HANDLE handle,
                                         ULONG events, DriverPoll *poll,
                                         IO_STATUS_BLOCK *status)
{
    ControlFunction *control =
        (ControlFunction *)ntdll_function("NtDeviceIoControlFile");
    *poll = (DriverPoll){.timeout.QuadPart = INT64_MAX,
                         .count = 1,
                         .handle = handle,
                         .events = events};
    return control(driver, NULL, NULL, status, status, IOCTL_AFD_POLL, poll,
                   sizeof *poll, poll, sizeof *poll);
}

#endif
