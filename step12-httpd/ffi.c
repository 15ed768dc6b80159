#include "ffi.h"

#include <process.h>
#include <stdio.h>
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

long long unix_time(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    return unix_time_of((long long)now.dwHighDateTime << 32 |
                        now.dwLowDateTime);
}

long long unix_time_of(long long time)
{
    return time / 10000000 - 11644473600;
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

static DWORD new_socket(int family, int type, SOCKET *s)
{
    *s = WSASocketW(family, type, 0, NULL, 0,
                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    return winsock_error_unless(*s != INVALID_SOCKET);
}

DWORD open_socket(int family, SOCKET *s)
{
    return new_socket(family, SOCK_STREAM, s);
}

DWORD open_datagram_socket(int family, SOCKET *s)
{
    BOOL told = FALSE;
    DWORD bytes;
    DWORD error = new_socket(family, SOCK_DGRAM, s);
    if (error != 0)
        return error;
    error =
        winsock_error_unless(WSAIoctl(*s, SIO_UDP_CONNRESET, &told, sizeof told,
                                      NULL, 0, &bytes, NULL, NULL) == 0);
    if (error != 0)
        close_socket(*s);
    return error;
}

static DWORD set_option(SOCKET s, int option, const void *value, size_t size)
{
    return winsock_error_unless(
        setsockopt(s, SOL_SOCKET, option, value, (int)size) == 0);
}

DWORD bind_alone(SOCKET s, const struct sockaddr *address, size_t size)
{
    const BOOL yes = TRUE;
    DWORD error = set_option(s, SO_EXCLUSIVEADDRUSE, &yes, sizeof yes);
    if (error == 0)
        error = winsock_error_unless(bind(s, address, (int)size) == 0);
    return error;
}

DWORD bind_and_listen(SOCKET s, const struct sockaddr *address, size_t size)
{
    DWORD error = bind_alone(s, address, size);
    if (error == 0)
        error = winsock_error_unless(listen(s, SOMAXCONN) == 0);
    return error;
}

DWORD connect_datagrams(SOCKET s, const struct sockaddr *address, size_t size)
{
    return winsock_error_unless(connect(s, address, (int)size) == 0);
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

DWORD peer_name(SOCKET s, char *text, size_t size)
{
    struct sockaddr_in6 address; /* large enough for either family */
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address;
    int address_size = sizeof address;
    char host[46]; /* of IPv6 the longest */
    DWORD error = winsock_error_unless(
        getpeername(s, (struct sockaddr *)&address, &address_size) == 0);
    if (error != 0)
        return error;
    BOOL is_ipv6 = address.sin6_family == AF_INET6;
    const void *bytes = is_ipv6 ? (const void *)address.sin6_addr
                                : (const void *)&ipv4->sin_addr;
    error = winsock_error_unless(
        inet_ntop(address.sin6_family, bytes, host, sizeof host) != NULL);
    if (error == 0)
        snprintf(text, size, is_ipv6 ? "[%s]:%u" : "%s:%u", host,
                 ntohs(address.sin6_port));
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

DWORD wsa_recv_from(SOCKET s, char *buffer, ULONG size, struct sockaddr *from,
                    int *from_size, WSAOVERLAPPED *overlapped)
{
    WSABUF wsabuf = {size, buffer};
    DWORD flags = 0;
    return winsock_error_unless(WSARecvFrom(s, &wsabuf, 1, NULL, &flags, from,
                                            from_size, overlapped, NULL) == 0);
}

DWORD wsa_send_to(SOCKET s, const char *data, ULONG size,
                  const struct sockaddr *to, size_t to_size,
                  WSAOVERLAPPED *overlapped)
{
    WSABUF wsabuf = {size, (char *)data};
    return winsock_error_unless(WSASendTo(s, &wsabuf, 1, NULL, 0, to,
                                          (int)to_size, overlapped, NULL) == 0);
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
    *file = CreateFileW(
        name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
        FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
        NULL);
    return error_unless(*file != INVALID_HANDLE_VALUE);
}

DWORD create_file(const wchar_t *name, HANDLE *file)
{
    *file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                        FILE_FLAG_OVERLAPPED, NULL);
    return error_unless(*file != INVALID_HANDLE_VALUE);
}

DWORD to_wide(const char *text, wchar_t *wide, int size)
{
    return error_unless(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text,
                                            -1, wide, size) != 0);
}

DWORD program_name(wchar_t *name, DWORD size)
{
    DWORD length = GetModuleFileNameW(NULL, name, size);
    if (length == 0)
        return GetLastError();
    return length < size ? 0 : ERROR_INSUFFICIENT_BUFFER;
}

DWORD literal_name(const wchar_t *name, wchar_t *literal, DWORD size)
{
    static const wchar_t here[] = L"\\\\?\\";
    static const wchar_t elsewhere[] = L"\\\\?\\UNC\\";
    enum { HERE = 4, ELSEWHERE = 8, ROOM = ELSEWHERE - 2 };
    wchar_t *full = literal + ROOM;
    if (size <= ROOM)
        return ERROR_INSUFFICIENT_BUFFER;
    DWORD length = GetFullPathNameW(name, size - ROOM, full, NULL);
    if (length == 0)
        return GetLastError();
    if (length >= size - ROOM)
        return ERROR_INSUFFICIENT_BUFFER;
    if (full[0] != L'\\') { /* C:\folder */
        memmove(literal + HERE, full, (length + 1) * sizeof *full);
        memcpy(literal, here, HERE * sizeof *here);
    } else if (full[2] == L'?' || full[2] == L'.') { /* \\.\ is not literal */
        memmove(literal, full, (length + 1) * sizeof *full);
        literal[2] = L'?';
    } else /* \\machine\share\folder */
        memcpy(literal, elsewhere, ELSEWHERE * sizeof *elsewhere);
    return 0;
}

DWORD open_file(const wchar_t *name, HANDLE *file)
{
    *file = CreateFileW(name, GENERIC_READ,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        NULL, OPEN_EXISTING,
                        FILE_FLAG_OVERLAPPED | FILE_FLAG_SEQUENTIAL_SCAN |
                            FILE_FLAG_BACKUP_SEMANTICS | /* for a folder */
                            SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                        NULL);
    if (*file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (GetFileType(*file) == FILE_TYPE_DISK)
        return 0;
    close_handle(*file);
    return ERROR_NOT_SUPPORTED;
}

DWORD file_information(HANDLE file, FILE_BASIC_INFO *information)
{
    return error_unless(GetFileInformationByHandleEx(
        file, FileBasicInfo, information, sizeof *information));
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

static DWORD new_pipe(const wchar_t *name, DWORD first, BOOL messages,
                      DWORD size, HANDLE *pipe)
{
    DWORD mode = messages ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : 0;
    *pipe = CreateNamedPipeW(name,
                             PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
                             mode | PIPE_REJECT_REMOTE_CLIENTS,
                             PIPE_UNLIMITED_INSTANCES, size, size, 0, NULL);
    return error_unless(*pipe != INVALID_HANDLE_VALUE);
}

DWORD create_pipe(const wchar_t *name, BOOL messages, DWORD size, HANDLE *pipe)
{
    return new_pipe(name, 0, messages, size, pipe);
}

DWORD create_first_pipe(const wchar_t *name, BOOL messages, DWORD size,
                        HANDLE *pipe)
{
    return new_pipe(name, FILE_FLAG_FIRST_PIPE_INSTANCE, messages, size, pipe);
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
