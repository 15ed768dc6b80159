/* Doors: the name "doors" with several addresses, each of which answers as it is
   told. Linked with
       --wrap=getaddrinfo,--wrap=freeaddrinfo,--wrap=WSAIoctl,--wrap=CancelIoEx
   A silent address is one whose ConnectEx is never made: its operation stays in
   flight until it is cancelled. */
#ifndef DOORS_H
#define DOORS_H

#include <string.h>

#include "ffi.h"

typedef enum Door {
    DOOR_OPEN,    /* connects, to doors_listening */
    DOOR_REFUSES, /* at once */
    DOOR_SILENT,  /* says nothing */
    DOOR_LATE /* says nothing; if it is cancelled, it connects just before */
} Door;

enum {
    DOORS = 8,
    DOORS_CONNECT_EX_ID = 0x25a207b9, /* how its GUID begins */
    DOORS_CANCELLED = (int)0xC0000120 /* as the system writes it */
};

static struct sockaddr_in doors_listening; /* of a socket that listens */
static HANDLE doors_port;                  /* where silent packets go */
static int doors_count;
static Door doors[DOORS];
static volatile BOOL doors_unknown; /* the name can't be looked up yet */
static int doors_tried;
static int doors_cancels;
static void (*doors_try)(int door, OVERLAPPED *overlapped); /* before each */

static struct sockaddr_in doors_addresses[DOORS];
static struct addrinfo doors_list[DOORS];
static CONNECT_EX doors_connect_ex; /* the system's */
static struct {
    SOCKET socket;
    OVERLAPPED *overlapped; /* NULL: nobody waits */
    Door door;
} doors_waiting;

__typeof__(getaddrinfo) __real_getaddrinfo, __wrap_getaddrinfo;
__typeof__(freeaddrinfo) __real_freeaddrinfo, __wrap_freeaddrinfo;
__typeof__(WSAIoctl) __real_WSAIoctl, __wrap_WSAIoctl;
__typeof__(CancelIoEx) __real_CancelIoEx, __wrap_CancelIoEx;
void WINAPI SetLastError(DWORD dwErrCode);
void WINAPI WSASetLastError(int iError);

int WINAPI __wrap_getaddrinfo(const char *host, const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **result)
{
    if (strcmp(host, "doors") != 0 || hints->ai_flags == AI_NUMERICHOST)
        return __real_getaddrinfo(host, service, hints, result);
    while (doors_unknown)
        Sleep(1);
    for (int i = 0; i < doors_count; i++) {
        doors_addresses[i] = doors_listening;
        doors_list[i] = (struct addrinfo){
            .ai_family = AF_INET,
            .ai_socktype = SOCK_STREAM,
            .ai_addrlen = sizeof doors_addresses[i],
            .ai_addr = (struct sockaddr *)&doors_addresses[i],
            .ai_next = i + 1 < doors_count ? &doors_list[i + 1] : NULL};
    }
    *result = doors_list;
    return 0;
}

void WINAPI __wrap_freeaddrinfo(struct addrinfo *list)
{
    if (list != doors_list)
        __real_freeaddrinfo(list);
}

static BOOL WINAPI doors_connect(SOCKET s, const struct sockaddr *name,
                                 int size, void *buffer, DWORD length,
                                 DWORD *sent, OVERLAPPED *overlapped)
{
    struct sockaddr_in nobody = doors_listening;
    int door = 0;
    while (door < doors_count - 1 &&
           name != (struct sockaddr *)&doors_addresses[door])
        door++;
    doors_tried++;
    if (doors_try != NULL)
        doors_try(door, overlapped);
    switch (doors[door]) {
    case DOOR_OPEN:
        break;
    case DOOR_REFUSES:
        nobody.sin_port = 0x0100; /* port 1 */
        name = (struct sockaddr *)&nobody;
        break;
    case DOOR_SILENT:
    case DOOR_LATE:
        overlapped->Internal = 0x103; /* as the system does: pending */
        doors_waiting.socket = s;
        doors_waiting.overlapped = overlapped;
        doors_waiting.door = doors[door];
        WSASetLastError(WSA_IO_PENDING);
        return FALSE;
    }
    return doors_connect_ex(s, name, size, buffer, length, sent, overlapped);
}

int WINAPI __wrap_WSAIoctl(SOCKET s, DWORD code, void *in, DWORD in_size,
                           void *out, DWORD out_size, DWORD *bytes,
                           WSAOVERLAPPED *overlapped,
                           COMPLETION_ROUTINE routine)
{
    static const CONNECT_EX ours = doors_connect;
    int result = __real_WSAIoctl(s, code, in, in_size, out, out_size, bytes,
                                 overlapped, routine);
    if (result == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER &&
        *(int *)in == DOORS_CONNECT_EX_ID) {
        memcpy(&doors_connect_ex, out, sizeof doors_connect_ex);
        memcpy(out, &ours, sizeof ours);
    }
    return result;
}

BOOL WINAPI __wrap_CancelIoEx(HANDLE handle, OVERLAPPED *overlapped)
{
    OVERLAPPED *waiting = doors_waiting.overlapped;
    doors_cancels++;
    if (waiting == NULL || (SOCKET)handle != doors_waiting.socket ||
        (overlapped != NULL && overlapped != waiting))
        return __real_CancelIoEx(handle, overlapped);
    doors_waiting.overlapped = NULL;
    if (doors_waiting.door == DOOR_LATE && overlapped != NULL) {
        doors_connect_ex(doors_waiting.socket,
                         (struct sockaddr *)&doors_listening,
                         sizeof doors_listening, NULL, 0, NULL, waiting);
        return TRUE;
    }
    waiting->Internal = (ULONG_PTR)(unsigned)DOORS_CANCELLED;
    return PostQueuedCompletionStatus(doors_port, 0, 0, waiting);
}

#endif
