#include "reader.h"

/* https://learn.microsoft.com/windows/win32/debug/system-error-codes */
#define ERROR_OPERATION_ABORTED 995

enum { GRACE_MS = 10 };

DWORD reader_open(Reader *reader, SOCKET s)
{
    reader->socket = s;
    DWORD error = create_completion_port(&reader->port);
    if (error != 0)
        return error;
    error = associate_socket(reader->port, s, 0);
    if (error != 0)
        close_handle(reader->port);
    return error;
}

/* Waits for the packet of the read that has been started. The read is cancelled
   when time is up, and that may be too late. */
static DWORD wait_for_packet(Reader *reader, OVERLAPPED_ENTRY *packet,
                             DWORD timeout)
{
    ULONG packets;
    DWORD error = get_queued_completion_status_ex(reader->port, packet, 1,
                                                  &packets, timeout);
    if (error != WAIT_TIMEOUT)
        return error;
    cancel_io(reader->socket);
    return get_queued_completion_status_ex(reader->port, packet, 1, &packets,
                                           GRACE_MS);
}

DWORD reader_read(Reader *reader, char *buffer, DWORD size, DWORD *count,
                  DWORD timeout)
{
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;

    *count = 0;
    DWORD error = wsa_recv(reader->socket, buffer, size, &overlapped);
    if (error != 0)
        return error;
    error = wait_for_packet(reader, &packet, timeout);
    if (error != 0)
        return error;
    error = wsa_get_overlapped_result(reader->socket, packet.lpOverlapped);
    if (error == 0)
        *count = packet.dwNumberOfBytesTransferred;
    return error == ERROR_OPERATION_ABORTED ? WAIT_TIMEOUT : error;
}

DWORD reader_close(Reader *reader)
{
    DWORD error = close_socket(reader->socket);
    DWORD port_error = close_handle(reader->port);
    return error != 0 ? error : port_error;
}
