/* Three packets, taken out one at a time: one was posted, one was posted with
   nothing in it, and one stands for an operation that failed. */
#include <stdio.h>
#include <stdlib.h>

#include "ffi.h"

enum { KEY = 3, PIPE_DUPLEX = 3, OVERLAPPED_FLAG = 0x40000000 };

HANDLE WINAPI CreateNamedPipeA(const char *lpName, DWORD dwOpenMode,
                               DWORD dwPipeMode, DWORD nMaxInstances,
                               DWORD nOutBufferSize, DWORD nInBufferSize,
                               DWORD nDefaultTimeOut,
                               void *lpSecurityAttributes);
BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, OVERLAPPED *lpOverlapped);
BOOL WINAPI CancelIoEx(HANDLE hFile, OVERLAPPED *lpOverlapped);

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* An operation that fails: a pipe waits for somebody to connect to it, and is
   told to wait no longer. */
static HANDLE wait_in_vain(HANDLE port, OVERLAPPED *overlapped)
{
    HANDLE pipe = CreateNamedPipeA("\\\\.\\pipe\\wait-in-vain",
                                   PIPE_DUPLEX | OVERLAPPED_FLAG, 0, 1, 512,
                                   512, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE ||
        CreateIoCompletionPort(pipe, port, KEY, 0) == NULL)
        check("making a pipe", GetLastError());
    ConnectNamedPipe(pipe, overlapped); /* "fails" with 997: under way */
    CancelIoEx(pipe, overlapped);
    return pipe;
}

int main(void)
{
    HANDLE port;
    Packet packet;
    OVERLAPPED posted = {0}, failing = {0};

    check("creating a port", create_completion_port(&port));
    check("posting", post_queued_completion_status(port, 100, 1, &posted));
    check("posting", post_queued_completion_status(port, 200, 2, NULL));
    HANDLE pipe = wait_in_vain(port, &failing);

    for (int i = 1; i <= 4; i++) {
        DWORD error = get_queued_completion_status(port, &packet, 1000);
        if (error == 0)
            printf("call %d: key %lu, %lu bytes, overlapped %s, error %lu\n", i,
                   (unsigned long)packet.key, packet.bytes,
                   packet.overlapped == &posted    ? "posted"
                   : packet.overlapped == &failing ? "failing"
                                                   : "none",
                   packet.error);
        else
            printf("call %d: no packet, error %lu\n", i, error);
    }
    check("closing the pipe", close_handle(pipe));
    check("closing the port", close_handle(port));
    return 0;
}
