#include "ffi.h"

#include <process.h>

/* Turns the BOOL that most calls return into an error code. */
static DWORD error_unless(BOOL succeeded)
{
    return succeeded ? 0 : GetLastError();
}

/* The same for Winsock's calls, most of which return an int, 0 for success. */
static DWORD winsock_error_unless(BOOL succeeded)
{
    return succeeded ? 0 : (DWORD)WSAGetLastError();
}

DWORD create_completion_port(HANDLE *port)
{
    *port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    return error_unless(*port != NULL);
}

DWORD associate_socket(HANDLE port, SOCKET s, ULONG_PTR key)
{
    return error_unless(CreateIoCompletionPort((HANDLE)s, port, key, 0) !=
                        NULL);
}

DWORD post_queued_completion_status(HANDLE port, DWORD bytes, ULONG_PTR key,
                                    OVERLAPPED *overlapped)
{
    return error_unless(
        PostQueuedCompletionStatus(port, bytes, key, overlapped));
}

DWORD get_queued_completion_status_ex(HANDLE port, OVERLAPPED_ENTRY *entries,
                                      ULONG capacity, ULONG *removed,
                                      DWORD timeout)
{
    BOOL succeeded = GetQueuedCompletionStatusEx(port, entries, capacity,
                                                 removed, timeout, FALSE);
    DWORD error = error_unless(succeeded);
    if (error != 0)
        *removed = 0;
    return error;
}

DWORD start_thread(HANDLE *thread, unsigned(WINAPI *run)(void *),
                   void *argument)
{
    *thread = (HANDLE)_beginthreadex(NULL, 0, run, argument, 0, NULL);
    return *thread != NULL ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

DWORD join_thread(HANDLE thread)
{
    DWORD error = error_unless(WaitForSingleObject(thread, INFINITE) == 0);
    return error != 0 ? error : close_handle(thread);
}

DWORD close_handle(HANDLE handle)
{
    return error_unless(CloseHandle(handle));
}

DWORD wsa_startup(void)
{
    WSADATA data;
    return (DWORD)WSAStartup(0x0202, &data);
}

DWORD wsa_cleanup(void)
{
    return winsock_error_unless(WSACleanup() == 0);
}

DWORD open_socket(int family, SOCKET *s)
{
    *s = WSASocketW(family, SOCK_STREAM, 0, NULL, 0,
                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    return winsock_error_unless(*s != INVALID_SOCKET);
}

DWORD accept_socket(SOCKET listener, struct sockaddr_in *from, SOCKET *s)
{
    int size = sizeof *from;
    *s = accept(listener, (struct sockaddr *)from, &size);
    if (*s == INVALID_SOCKET)
        return (DWORD)WSAGetLastError();
    /* It has no flags to ask for, and no page says what it gets. */
    DWORD error =
        error_unless(SetHandleInformation((HANDLE)*s, HANDLE_FLAG_INHERIT, 0));
    if (error != 0)
        close_socket(*s);
    return error;
}

DWORD wsa_recv(SOCKET s, char *buffer, ULONG size, WSAOVERLAPPED *overlapped)
{
    /* Winsock copies the WSABUF before it returns; only what it points at
       stays lent. */
    WSABUF wsabuf = {size, buffer};
    DWORD flags = 0;
    return winsock_error_unless(
        WSARecv(s, &wsabuf, 1, NULL, &flags, overlapped, NULL) == 0);
}

DWORD wsa_get_overlapped_result(SOCKET s, WSAOVERLAPPED *overlapped)
{
    DWORD bytes;
    DWORD flags;
    return winsock_error_unless(
        WSAGetOverlappedResult(s, overlapped, &bytes, FALSE, &flags));
}

DWORD wsa_send(SOCKET s, WSABUF *parts, DWORD count, WSAOVERLAPPED *overlapped)
{
    return winsock_error_unless(
        WSASend(s, parts, count, NULL, 0, overlapped, NULL) == 0);
}

DWORD shutdown_send(SOCKET s)
{
    return winsock_error_unless(shutdown(s, SD_SEND) == 0);
}

DWORD cancel_io(SOCKET s)
{
    return error_unless(CancelIoEx((HANDLE)s, NULL));
}

DWORD close_socket(SOCKET s)
{
    return winsock_error_unless(closesocket(s) == 0);
}
