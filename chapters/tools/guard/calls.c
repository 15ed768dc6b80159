#include "inside.h"

Intercept system_calls;
#define next system_calls

static HANDLE as_handle(SOCKET s)
{
    return (HANDLE)s;
}

/* What every call does first. */
static void look(const void *caller, HANDLE handle, const char *call)
{
    check_stack(caller, 0);
    if (handle != NULL && handle != INVALID_HANDLE_VALUE)
        used(caller, handle, call);
}

static HANDLE create_port(const void *caller, HANDLE file, HANDLE port,
                          ULONG_PTR key, DWORD threads)
{
    look(caller, file, "CreateIoCompletionPort");
    look(caller, port, "CreateIoCompletionPort");
    HANDLE result =
        next.CreateIoCompletionPort(caller, file, port, key, threads);
    if (result == NULL)
        return result;
    if (port == NULL)
        opened(caller, result, HANDLE_PORT, "CreateIoCompletionPort");
    if (file != INVALID_HANDLE_VALUE) {
        set_port(file, result);
        lent_to_port(file, result);
    }
    return result;
}

static WINBOOL get_packet(const void *caller, HANDLE port, DWORD *bytes,
                          ULONG_PTR *key, OVERLAPPED **overlapped,
                          DWORD timeout)
{
    look(caller, port, "GetQueuedCompletionStatus");
    WINBOOL result = next.GetQueuedCompletionStatus(caller, port, bytes, key,
                                                    overlapped, timeout);
    /* A packet of an operation that failed gives FALSE and the pointer. */
    if (overlapped != NULL)
        taken(caller, port, *overlapped);
    return result;
}

static WINBOOL get_packets(const void *caller, HANDLE port,
                           OVERLAPPED_ENTRY *entries, ULONG capacity,
                           ULONG *removed, DWORD timeout, WINBOOL alertable)
{
    look(caller, port, "GetQueuedCompletionStatusEx");
    WINBOOL result = next.GetQueuedCompletionStatusEx(
        caller, port, entries, capacity, removed, timeout, alertable);
    if (result)
        for (ULONG i = 0; i < *removed && i < capacity; i++)
            taken(caller, port, entries[i].lpOverlapped);
    return result;
}

static WINBOOL post_packet(const void *caller, HANDLE port, DWORD bytes,
                           ULONG_PTR key, OVERLAPPED *overlapped)
{
    look(caller, port, "PostQueuedCompletionStatus");
    Loan *posted = post(caller, port, overlapped);
    WINBOOL result =
        next.PostQueuedCompletionStatus(caller, port, bytes, key, overlapped);
    if (!result)
        unpost(posted);
    return result;
}

static HANDLE open_file(const void *caller, HANDLE file, const char *call)
{
    if (file != INVALID_HANDLE_VALUE)
        opened(caller, file, HANDLE_FILE, call);
    return file;
}

static HANDLE create_file_a(const void *caller, const char *name, DWORD access,
                            DWORD share, SECURITY_ATTRIBUTES *security,
                            DWORD disposition, DWORD flags, HANDLE like)
{
    return open_file(caller,
                     next.CreateFileA(caller, name, access, share, security,
                                      disposition, flags, like),
                     "CreateFile");
}

static HANDLE create_file_w(const void *caller, const wchar_t *name,
                            DWORD access, DWORD share,
                            SECURITY_ATTRIBUTES *security, DWORD disposition,
                            DWORD flags, HANDLE like)
{
    return open_file(caller,
                     next.CreateFileW(caller, name, access, share, security,
                                      disposition, flags, like),
                     "CreateFile");
}

static HANDLE create_pipe_a(const void *caller, const char *name, DWORD mode,
                            DWORD type, DWORD instances, DWORD out, DWORD in,
                            DWORD timeout, SECURITY_ATTRIBUTES *security)
{
    return open_file(caller,
                     next.CreateNamedPipeA(caller, name, mode, type, instances,
                                           out, in, timeout, security),
                     "CreateNamedPipe");
}

static HANDLE create_pipe_w(const void *caller, const wchar_t *name, DWORD mode,
                            DWORD type, DWORD instances, DWORD out, DWORD in,
                            DWORD timeout, SECURITY_ATTRIBUTES *security)
{
    return open_file(caller,
                     next.CreateNamedPipeW(caller, name, mode, type, instances,
                                           out, in, timeout, security),
                     "CreateNamedPipe");
}

/* The start of an operation on a file: what it lends, the call, how it went. */
static WINBOOL started(Start start, WINBOOL result)
{
    lent(start, result, result ? 0 : GetLastError());
    return result;
}

static WINBOOL read_file(const void *caller, HANDLE file, void *buffer,
                         DWORD size, DWORD *bytes, OVERLAPPED *overlapped)
{
    look(caller, file, "ReadFile");
    if (overlapped == NULL) {
        access_at(caller, buffer, size, 1);
        return next.ReadFile(caller, file, buffer, size, bytes, NULL);
    }
    Start start = lend(caller, "ReadFile", file, overlapped);
    lend_memory(start, PART_RECEIVES, buffer, size);
    return started(
        start, next.ReadFile(caller, file, buffer, size, bytes, overlapped));
}

static WINBOOL write_file(const void *caller, HANDLE file, const void *buffer,
                          DWORD size, DWORD *bytes, OVERLAPPED *overlapped)
{
    look(caller, file, "WriteFile");
    if (overlapped == NULL) {
        access_at(caller, buffer, size, 0);
        return next.WriteFile(caller, file, buffer, size, bytes, NULL);
    }
    Start start = lend(caller, "WriteFile", file, overlapped);
    lend_memory(start, PART_SENDS, buffer, size);
    return started(
        start, next.WriteFile(caller, file, buffer, size, bytes, overlapped));
}

static WINBOOL connect_pipe(const void *caller, HANDLE pipe,
                            OVERLAPPED *overlapped)
{
    look(caller, pipe, "ConnectNamedPipe");
    if (overlapped == NULL)
        return next.ConnectNamedPipe(caller, pipe, NULL);
    Start start = lend(caller, "ConnectNamedPipe", pipe, overlapped);
    return started(start, next.ConnectNamedPipe(caller, pipe, overlapped));
}

static WINBOOL device_control(const void *caller, HANDLE device, DWORD code,
                              void *in, DWORD in_size, void *out,
                              DWORD out_size, DWORD *bytes,
                              OVERLAPPED *overlapped)
{
    look(caller, device, "DeviceIoControl");
    if (overlapped == NULL)
        return next.DeviceIoControl(caller, device, code, in, in_size, out,
                                    out_size, bytes, NULL);
    Start start = lend(caller, "DeviceIoControl", device, overlapped);
    lend_memory(start, PART_SENDS, in, in_size);
    lend_memory(start, PART_RECEIVES, out, out_size);
    return started(start,
                   next.DeviceIoControl(caller, device, code, in, in_size, out,
                                        out_size, bytes, overlapped));
}

static WINBOOL file_result(const void *caller, HANDLE file,
                           OVERLAPPED *overlapped, DWORD *bytes, WINBOOL wait)
{
    look(caller, file, "GetOverlappedResult");
    WINBOOL result =
        next.GetOverlappedResult(caller, file, overlapped, bytes, wait);
    if (result || GetLastError() != ERROR_IO_INCOMPLETE)
        result_seen(overlapped);
    return result;
}

static WINBOOL notification_modes(const void *caller, HANDLE file, UCHAR flags)
{
    look(caller, file, "SetFileCompletionNotificationModes");
    WINBOOL result =
        next.SetFileCompletionNotificationModes(caller, file, flags);
    if (result && (flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        set_skips_packets(file);
    return result;
}

static WINBOOL cancel_io(const void *caller, HANDLE file)
{
    look(caller, file, "CancelIo");
    return next.CancelIo(caller, file);
}

static WINBOOL cancel_io_ex(const void *caller, HANDLE file,
                            OVERLAPPED *overlapped)
{
    look(caller, file, "CancelIoEx");
    return next.CancelIoEx(caller, file, overlapped);
}

static WINBOOL close_handle(const void *caller, HANDLE handle)
{
    int port = is_port(handle);
    check_stack(caller, 0);
    closing(caller, handle, "CloseHandle");
    WINBOOL result = next.CloseHandle(caller, handle);
    if (!result)
        not_closed(handle);
    else if (port)
        lent_to_port(NULL, handle);
    return result;
}

static SOCKET open_socket(const void *caller, SOCKET s, const char *call)
{
    if (s != INVALID_SOCKET)
        opened(caller, as_handle(s), HANDLE_SOCKET, call);
    return s;
}

static SOCKET new_socket(const void *caller, int family, int type, int protocol)
{
    return open_socket(caller, next.socket(caller, family, type, protocol),
                       "socket");
}

static SOCKET wsa_socket_a(const void *caller, int family, int type,
                           int protocol, WSAPROTOCOL_INFOA *info, GROUP group,
                           DWORD flags)
{
    return open_socket(
        caller,
        next.WSASocketA(caller, family, type, protocol, info, group, flags),
        "WSASocket");
}

static SOCKET wsa_socket_w(const void *caller, int family, int type,
                           int protocol, WSAPROTOCOL_INFOW *info, GROUP group,
                           DWORD flags)
{
    return open_socket(
        caller,
        next.WSASocketW(caller, family, type, protocol, info, group, flags),
        "WSASocket");
}

static int bind_socket(const void *caller, SOCKET s,
                       const struct sockaddr *name, int size)
{
    look(caller, as_handle(s), "bind");
    return next.bind(caller, s, name, size);
}

static int listen_socket(const void *caller, SOCKET s, int backlog)
{
    look(caller, as_handle(s), "listen");
    return next.listen(caller, s, backlog);
}

static SOCKET accept_socket(const void *caller, SOCKET s, struct sockaddr *name,
                            int *size)
{
    look(caller, as_handle(s), "accept");
    return open_socket(caller, next.accept(caller, s, name, size), "accept");
}

static int connect_socket(const void *caller, SOCKET s,
                          const struct sockaddr *name, int size)
{
    look(caller, as_handle(s), "connect");
    return next.connect(caller, s, name, size);
}

static int send_now(const void *caller, SOCKET s, const char *data, int size,
                    int flags)
{
    look(caller, as_handle(s), "send");
    access_at(caller, data, size > 0 ? (size_t)size : 0, 0);
    return next.send(caller, s, data, size, flags);
}

static int recv_now(const void *caller, SOCKET s, char *data, int size,
                    int flags)
{
    look(caller, as_handle(s), "recv");
    access_at(caller, data, size > 0 ? (size_t)size : 0, 1);
    return next.recv(caller, s, data, size, flags);
}

/* A completion routine runs in our place, as its call is the packet. */
static void CALLBACK run_routine(DWORD error, DWORD bytes,
                                 OVERLAPPED *overlapped, DWORD flags)
{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = routine_runs(overlapped);
    if (routine != NULL)
        routine(error, bytes, overlapped, flags);
}

static Start lend_buffers(const void *caller, const char *call, SOCKET s,
                          PartKind kind, const WSABUF *buffers, DWORD count,
                          OVERLAPPED *overlapped,
                          LPWSAOVERLAPPED_COMPLETION_ROUTINE *routine)
{
    Start start = lend(caller, call, as_handle(s), overlapped);
    for (DWORD i = 0; i < count; i++)
        lend_memory(start, kind, buffers[i].buf, buffers[i].len);
    if (*routine != NULL) {
        lend_routine(start, *routine);
        *routine = run_routine;
    }
    return start;
}

static int socket_started(Start start, int result)
{
    lent(start, result == 0, result == 0 ? 0 : GetLastError());
    return result;
}

static int wsa_recv(const void *caller, SOCKET s, WSABUF *buffers, DWORD count,
                    DWORD *bytes, DWORD *flags, OVERLAPPED *overlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    look(caller, as_handle(s), "WSARecv");
    if (overlapped == NULL)
        return next.WSARecv(caller, s, buffers, count, bytes, flags, NULL,
                            NULL);
    Start start = lend_buffers(caller, "WSARecv", s, PART_RECEIVES, buffers,
                               count, overlapped, &routine);
    return socket_started(start, next.WSARecv(caller, s, buffers, count, bytes,
                                              flags, overlapped, routine));
}

static int wsa_send(const void *caller, SOCKET s, WSABUF *buffers, DWORD count,
                    DWORD *bytes, DWORD flags, OVERLAPPED *overlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    look(caller, as_handle(s), "WSASend");
    if (overlapped == NULL)
        return next.WSASend(caller, s, buffers, count, bytes, flags, NULL,
                            NULL);
    Start start = lend_buffers(caller, "WSASend", s, PART_SENDS, buffers, count,
                               overlapped, &routine);
    return socket_started(start, next.WSASend(caller, s, buffers, count, bytes,
                                              flags, overlapped, routine));
}

/* The sender's address and its length are written when the datagram comes. */
static int wsa_recv_from(const void *caller, SOCKET s, WSABUF *buffers,
                         DWORD count, DWORD *bytes, DWORD *flags,
                         struct sockaddr *from, int *from_size,
                         OVERLAPPED *overlapped,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    look(caller, as_handle(s), "WSARecvFrom");
    if (overlapped == NULL)
        return next.WSARecvFrom(caller, s, buffers, count, bytes, flags, from,
                                from_size, NULL, NULL);
    Start start = lend_buffers(caller, "WSARecvFrom", s, PART_RECEIVES, buffers,
                               count, overlapped, &routine);
    if (from != NULL && from_size != NULL) {
        lend_memory(start, PART_RECEIVES, from, (size_t)*from_size);
        lend_memory(start, PART_RECEIVES, from_size, sizeof *from_size);
    }
    return socket_started(start, next.WSARecvFrom(caller, s, buffers, count,
                                                  bytes, flags, from, from_size,
                                                  overlapped, routine));
}

static int wsa_send_to(const void *caller, SOCKET s, WSABUF *buffers,
                       DWORD count, DWORD *bytes, DWORD flags,
                       const struct sockaddr *to, int to_size,
                       OVERLAPPED *overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    look(caller, as_handle(s), "WSASendTo");
    if (overlapped == NULL)
        return next.WSASendTo(caller, s, buffers, count, bytes, flags, to,
                              to_size, NULL, NULL);
    Start start = lend_buffers(caller, "WSASendTo", s, PART_SENDS, buffers,
                               count, overlapped, &routine);
    return socket_started(start, next.WSASendTo(caller, s, buffers, count,
                                                bytes, flags, to, to_size,
                                                overlapped, routine));
}

static WINBOOL socket_result(const void *caller, SOCKET s,
                             OVERLAPPED *overlapped, DWORD *bytes, WINBOOL wait,
                             DWORD *flags)
{
    look(caller, as_handle(s), "WSAGetOverlappedResult");
    WINBOOL result =
        next.WSAGetOverlappedResult(caller, s, overlapped, bytes, wait, flags);
    if (result ||
        (GetLastError() != WSA_IO_INCOMPLETE && GetLastError() != WSAENOTSOCK))
        result_seen(overlapped);
    return result;
}

static int shut_down(const void *caller, SOCKET s, int how)
{
    look(caller, as_handle(s), "shutdown");
    return next.shutdown(caller, s, how);
}

static int close_socket(const void *caller, SOCKET s)
{
    check_stack(caller, 0);
    closing(caller, as_handle(s), "closesocket");
    int result = next.closesocket(caller, s);
    if (result != 0)
        not_closed(as_handle(s));
    return result;
}

/* The packet comes to the port of the listener. */
static WINBOOL accept_ex(const void *caller, SOCKET listener, SOCKET s,
                         void *buffer, DWORD size, DWORD local, DWORD remote,
                         DWORD *bytes, OVERLAPPED *overlapped)
{
    look(caller, as_handle(listener), "AcceptEx");
    look(caller, as_handle(s), "AcceptEx");
    if (overlapped == NULL)
        return next.AcceptEx(caller, listener, s, buffer, size, local, remote,
                             bytes, NULL);
    Start start = lend(caller, "AcceptEx", as_handle(listener), overlapped);
    lend_memory(start, PART_RECEIVES, buffer, (size_t)size + local + remote);
    return started(start, next.AcceptEx(caller, listener, s, buffer, size,
                                        local, remote, bytes, overlapped));
}

static WINBOOL connect_ex(const void *caller, SOCKET s,
                          const struct sockaddr *name, int name_size,
                          void *data, DWORD size, DWORD *bytes,
                          OVERLAPPED *overlapped)
{
    look(caller, as_handle(s), "ConnectEx");
    if (overlapped == NULL)
        return next.ConnectEx(caller, s, name, name_size, data, size, bytes,
                              NULL);
    Start start = lend(caller, "ConnectEx", as_handle(s), overlapped);
    if (data != NULL)
        lend_memory(start, PART_SENDS, data, size);
    return started(start, next.ConnectEx(caller, s, name, name_size, data, size,
                                         bytes, overlapped));
}

static WINBOOL disconnect_ex(const void *caller, SOCKET s,
                             OVERLAPPED *overlapped, DWORD flags,
                             DWORD reserved)
{
    look(caller, as_handle(s), "DisconnectEx");
    if (overlapped == NULL)
        return next.DisconnectEx(caller, s, NULL, flags, reserved);
    Start start = lend(caller, "DisconnectEx", as_handle(s), overlapped);
    return started(start,
                   next.DisconnectEx(caller, s, overlapped, flags, reserved));
}

static WINBOOL transmit_file(const void *caller, SOCKET s, HANDLE file,
                             DWORD size, DWORD chunk, OVERLAPPED *overlapped,
                             TRANSMIT_FILE_BUFFERS *around, DWORD flags)
{
    look(caller, as_handle(s), "TransmitFile");
    if (overlapped == NULL)
        return next.TransmitFile(caller, s, file, size, chunk, NULL, around,
                                 flags);
    Start start = lend(caller, "TransmitFile", as_handle(s), overlapped);
    if (around != NULL) {
        lend_memory(start, PART_SENDS, around->Head, around->HeadLength);
        lend_memory(start, PART_SENDS, around->Tail, around->TailLength);
    }
    return started(start, next.TransmitFile(caller, s, file, size, chunk,
                                            overlapped, around, flags));
}

static int control_socket(const void *caller, SOCKET s, DWORD code, void *in,
                          DWORD in_size, void *out, DWORD out_size,
                          DWORD *bytes, OVERLAPPED *overlapped,
                          LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    look(caller, as_handle(s), "WSAIoctl");
    if (overlapped == NULL)
        return next.WSAIoctl(caller, s, code, in, in_size, out, out_size, bytes,
                             NULL, NULL);
    WSABUF buffers = {out_size, out};
    Start start = lend_buffers(caller, "WSAIoctl", s, PART_RECEIVES, &buffers,
                               1, overlapped, &routine);
    lend_memory(start, PART_SENDS, in, in_size);
    return socket_started(start,
                          next.WSAIoctl(caller, s, code, in, in_size, out,
                                        out_size, bytes, overlapped, routine));
}

static DWORD wait_for(const void *caller, HANDLE handle, DWORD timeout)
{
    look(caller, handle, "WaitForSingleObject");
    return next.WaitForSingleObject(caller, handle, timeout);
}
#undef next

static int unchecked;

void guard_end_unchecked(void)
{
    unchecked = 1;
}

static void at_end(void)
{
    if (unchecked)
        return;
    check_lent_at_end();
    check_handles_at_end();
}

/* A thread's stack goes with it. */
static void NTAPI thread_ends(void *image, DWORD reason, void *unused)
{
    (void)image;
    (void)unused;
    if (reason == DLL_THREAD_DETACH)
        check_stack(NULL, 1);
}

/* The loader calls what stands in this section. */
__attribute__((section(".CRT$XLX"),
               used)) static const PIMAGE_TLS_CALLBACK at_thread_end =
    thread_ends;

/* Behind the tool interface's own constructor, in front of the program's: so
   what the program does at its end comes before us. */
__attribute__((constructor(200))) static void install(void)
{
    system_calls = intercept;
    intercept.CreateIoCompletionPort = create_port;
    intercept.GetQueuedCompletionStatus = get_packet;
    intercept.GetQueuedCompletionStatusEx = get_packets;
    intercept.PostQueuedCompletionStatus = post_packet;
    intercept.CreateFileA = create_file_a;
    intercept.CreateFileW = create_file_w;
    intercept.CreateNamedPipeA = create_pipe_a;
    intercept.CreateNamedPipeW = create_pipe_w;
    intercept.ReadFile = read_file;
    intercept.WriteFile = write_file;
    intercept.ConnectNamedPipe = connect_pipe;
    intercept.DeviceIoControl = device_control;
    intercept.GetOverlappedResult = file_result;
    intercept.SetFileCompletionNotificationModes = notification_modes;
    intercept.CancelIo = cancel_io;
    intercept.CancelIoEx = cancel_io_ex;
    intercept.CloseHandle = close_handle;
    intercept.WaitForSingleObject = wait_for;
    intercept.socket = new_socket;
    intercept.WSASocketA = wsa_socket_a;
    intercept.WSASocketW = wsa_socket_w;
    intercept.bind = bind_socket;
    intercept.listen = listen_socket;
    intercept.accept = accept_socket;
    intercept.connect = connect_socket;
    intercept.send = send_now;
    intercept.recv = recv_now;
    intercept.WSARecv = wsa_recv;
    intercept.WSASend = wsa_send;
    intercept.WSARecvFrom = wsa_recv_from;
    intercept.WSASendTo = wsa_send_to;
    intercept.WSAGetOverlappedResult = socket_result;
    intercept.WSAIoctl = control_socket;
    intercept.shutdown = shut_down;
    intercept.closesocket = close_socket;
    intercept.AcceptEx = accept_ex;
    intercept.TransmitFile = transmit_file;
    intercept.ConnectEx = connect_ex;
    intercept.DisconnectEx = disconnect_ex;
    atexit(at_end);
}
