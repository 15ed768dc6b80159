#include "ffi.h"

#include <process.h>
#include <string.h>

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

DWORD skip_port_on_success(SOCKET s)
{
    WSAPROTOCOL_INFOW info;
    int size = sizeof info;
    DWORD error =
        winsock_error_unless(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW,
                                        (char *)&info, &size) == 0);
    if (error == 0 && !(info.dwServiceFlags1 & XP1_IFS_HANDLES))
        error = ERROR_NOT_SUPPORTED;
    if (error == 0)
        error = error_unless(SetFileCompletionNotificationModes(
            (HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                           FILE_SKIP_SET_EVENT_ON_HANDLE));
    return error;
}

DWORD create_port_for(DWORD threads, HANDLE *port)
{
    *port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, threads);
    return error_unless(*port != NULL);
}

DWORD associate_handle(HANDLE port, HANDLE handle, ULONG_PTR key)
{
    return error_unless(CreateIoCompletionPort(handle, port, key, 0) != NULL);
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

DWORD catch_ctrl_c(PHANDLER_ROUTINE handler)
{
    return error_unless(SetConsoleCtrlHandler(handler, TRUE));
}

unsigned long long now_ms(void)
{
    long long count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (unsigned long long)(count / frequency * 1000 +
                                count % frequency * 1000 / frequency);
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

static DWORD set_option(SOCKET s, int option, const void *value, size_t size)
{
    return winsock_error_unless(
        setsockopt(s, SOL_SOCKET, option, value, (int)size) == 0);
}

DWORD bind_and_listen(SOCKET s, const struct sockaddr *address, size_t size)
{
    const BOOL yes = TRUE;
    DWORD error = set_option(s, SO_EXCLUSIVEADDRUSE, &yes, sizeof yes);
    if (error == 0)
        error = winsock_error_unless(bind(s, address, (int)size) == 0 &&
                                     listen(s, SOMAXCONN) == 0);
    return error;
}

DWORD local_port(SOCKET s, unsigned short *port)
{
    struct sockaddr_in6 address; /* an IPv4 address has its port there, too */
    int size = sizeof address;
    DWORD error = winsock_error_unless(
        getsockname(s, (struct sockaddr *)&address, &size) == 0);
    *port = error == 0 ? ntohs(address.sin6_port) : 0;
    return error;
}

/* WSAID_ACCEPTEX and WSAID_CONNECTEX of mswsock.h. */
static const GUID accept_ex_id = {
    0xb5367df1, 0xcbac, 0x11cf, {0x95, 0xca, 0, 0x80, 0x5f, 0x48, 0xa1, 0x92}};
static const GUID connect_ex_id = {
    0x25a207b9, 0xddf3, 0x4660, {0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 6, 0x3e}};

static DWORD load_extension(SOCKET s, GUID id, void *function, DWORD size)
{
    DWORD bytes;
    return winsock_error_unless(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER,
                                         &id, sizeof id, function, size, &bytes,
                                         NULL, NULL) == 0);
}

DWORD load_accept_ex(SOCKET listener, ACCEPT_EX *accept_ex)
{
    return load_extension(listener, accept_ex_id, accept_ex, sizeof *accept_ex);
}

DWORD start_accept(ACCEPT_EX accept_ex, SOCKET listener, SOCKET s,
                   char *addresses, DWORD size, OVERLAPPED *overlapped)
{
    DWORD bytes;
    /* No bytes are received with the accept: it would wait for them, and a
       client that says nothing would keep it from the next one. */
    return winsock_error_unless(
        accept_ex(listener, s, addresses, 0, size, size, &bytes, overlapped));
}

DWORD update_accept_context(SOCKET s, SOCKET listener)
{
    return set_option(s, SO_UPDATE_ACCEPT_CONTEXT, &listener, sizeof listener);
}

/* ConnectEx wants a socket that is bound: to any address of the family, and a
   port of the system's choice. */
static DWORD bind_to_any(SOCKET s, unsigned short family)
{
    struct sockaddr_in6 any = {.sin6_family = (short)family};
    int size = family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                  : sizeof(struct sockaddr_in);
    return winsock_error_unless(bind(s, (struct sockaddr *)&any, size) == 0);
}

static BOOL is_loopback(const struct sockaddr *address)
{
    static const struct sockaddr_in6 one = {.sin6_addr = {[15] = 1}};
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    if (address->sa_family == AF_INET)
        return address->sa_data[2] == 127;
    return memcmp(v6->sin6_addr, one.sin6_addr, sizeof one.sin6_addr) == 0;
}

/* An error is of no matter: Wine and Windows before 10 ask as ever. */
static void ask_once(SOCKET s)
{
    TCP_INITIAL_RTO_PARAMETERS parameters = {
        TCP_INITIAL_RTO_UNSPECIFIED_RTT,
        TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS};
    DWORD bytes;
    WSAIoctl(s, SIO_TCP_INITIAL_RTO, &parameters, sizeof parameters, NULL, 0,
             &bytes, NULL, NULL);
}

DWORD start_connect(SOCKET s, const struct sockaddr *address, size_t size,
                    OVERLAPPED *overlapped)
{
    CONNECT_EX connect_ex;
    DWORD error =
        load_extension(s, connect_ex_id, &connect_ex, sizeof connect_ex);
    if (error == 0)
        error = bind_to_any(s, address->sa_family);
    if (error == 0 && is_loopback(address))
        ask_once(s);
    if (error == 0)
        error = winsock_error_unless(
            connect_ex(s, address, (int)size, NULL, 0, NULL, overlapped));
    return error;
}

DWORD update_connect_context(SOCKET s)
{
    return set_option(s, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
}

DWORD wsa_recv(SOCKET s, char *buffer, ULONG size, DWORD *bytes,
               WSAOVERLAPPED *overlapped)
{
    /* Winsock copies the WSABUF before it returns; only what it points at
       stays lent. */
    WSABUF wsabuf = {size, buffer};
    DWORD flags = 0;
    DWORD error = winsock_error_unless(
        WSARecv(s, &wsabuf, 1, bytes, &flags, overlapped, NULL) == 0);
    /* What Winsock puts there while the operation goes on means nothing. */
    if (error != 0)
        *bytes = 0;
    return error;
}

DWORD wsa_get_overlapped_result(SOCKET s, WSAOVERLAPPED *overlapped)
{
    DWORD bytes;
    DWORD flags;
    return winsock_error_unless(
        WSAGetOverlappedResult(s, overlapped, &bytes, FALSE, &flags));
}

DWORD wsa_send(SOCKET s, WSABUF *parts, DWORD count, DWORD *bytes,
               WSAOVERLAPPED *overlapped)
{
    DWORD error = winsock_error_unless(
        WSASend(s, parts, count, bytes, 0, overlapped, NULL) == 0);
    if (error != 0)
        *bytes = 0;
    return error;
}

DWORD shutdown_send(SOCKET s)
{
    return winsock_error_unless(shutdown(s, SD_SEND) == 0);
}

DWORD cancel_io(SOCKET s)
{
    return error_unless(CancelIoEx((HANDLE)s, NULL));
}

DWORD cancel_operation(SOCKET s, OVERLAPPED *overlapped)
{
    DWORD error = error_unless(CancelIoEx((HANDLE)s, overlapped));
    return error == ERROR_NOT_FOUND ? 0 : error;
}

DWORD cancel_handle(HANDLE handle, OVERLAPPED *overlapped)
{
    return error_unless(CancelIoEx(handle, overlapped));
}

DWORD error_of_status(ULONG_PTR status)
{
    return RtlNtStatusToDosError((long)status);
}

DWORD open_existing(const wchar_t *name, DWORD access, HANDLE *file)
{
    *file = CreateFileW(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                        OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    return error_unless(*file != INVALID_HANDLE_VALUE);
}

DWORD create_file(const wchar_t *name, HANDLE *file)
{
    *file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                        FILE_FLAG_OVERLAPPED, NULL);
    return error_unless(*file != INVALID_HANDLE_VALUE);
}

DWORD file_size(HANDLE file, unsigned long long *size)
{
    long long bytes = 0;
    DWORD error = error_unless(GetFileSizeEx(file, &bytes));
    *size = (unsigned long long)bytes;
    return error;
}

DWORD set_file_size(HANDLE file, unsigned long long size)
{
    long long end = (long long)size;
    return error_unless(
        SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end));
}

DWORD read_file(HANDLE file, void *buffer, DWORD size, OVERLAPPED *overlapped)
{
    return error_unless(ReadFile(file, buffer, size, NULL, overlapped));
}

DWORD write_file(HANDLE file, const void *buffer, DWORD size,
                 OVERLAPPED *overlapped)
{
    return error_unless(WriteFile(file, buffer, size, NULL, overlapped));
}

DWORD create_pipe(const wchar_t *name, BOOL messages, DWORD size, HANDLE *pipe)
{
    DWORD mode = messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : 0;
    *pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                             mode | PIPE_REJECT_REMOTE_CLIENTS,
                             PIPE_UNLIMITED_INSTANCES, size, size, 0, NULL);
    return error_unless(*pipe != INVALID_HANDLE_VALUE);
}

DWORD start_connect_pipe(HANDLE pipe, OVERLAPPED *overlapped)
{
    return error_unless(ConnectNamedPipe(pipe, overlapped));
}

DWORD disconnect_pipe(HANDLE pipe)
{
    return error_unless(DisconnectNamedPipe(pipe));
}

DWORD read_messages(HANDLE pipe)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    return error_unless(SetNamedPipeHandleState(pipe, &mode, NULL, NULL));
}

DWORD close_socket(SOCKET s)
{
    return winsock_error_unless(closesocket(s) == 0);
}
