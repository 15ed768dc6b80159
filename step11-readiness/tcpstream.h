/* TcpStream: a TCP connection with a buffered read and a buffered write. It owns
   its socket and, together with the operations in flight on it, the memory that
   they use. Any thread may call any of its functions, but the one that closes it
   must be the last. */
#ifndef TCPSTREAM_H
#define TCPSTREAM_H

#include "connection.h"
#include "registrator.h"

typedef struct TcpStream {
    Connection *connection; /* NULL once closed */
} TcpStream;

/* Every function here returns 0 for success or a Win32 error code;
   WSAENOTSOCK if the stream is closed. */

/* For poll_register; NULL once closed. Lasts as long as the stream. */
Source *tcp_stream_source(const TcpStream *stream);

/* Starts to connect, trying each address of the host in turn. port is a number up
   to 65535 or a service name. Never waits: an event of WRITABLE, with this token
   and without an error, tells that the stream is connected; with an error, why
   it is not, for example WSAHOST_NOT_FOUND or WSAECONNREFUSED. What is written
   before goes out then. After 0 the caller ends with tcp_stream_close.
   Errors: those of registrator_attach, ERROR_NOT_ENOUGH_MEMORY, WSAENOBUFS; then
   there is no stream.
   https://learn.microsoft.com/windows/win32/api/ws2tcpip/nf-ws2tcpip-getaddrinfo */
DWORD tcp_stream_connect(TcpStream *stream, Registrator *registrator,
                         Token token, const char *host, const char *port);

/* Makes the stream of a connected socket, which it takes over. The socket must be
   overlapped, on no port yet, and know that it is connected: see
   update_accept_context. Errors: ERROR_NOT_ENOUGH_MEMORY; then the socket is
   still the caller's. */
DWORD tcp_stream_adopt(TcpStream *stream, SOCKET s);

/* Asks for one event for each of the interests. READABLE: starts one read; its
   event tells that tcp_stream_read has something to say. WRITABLE: its event
   comes when half the mark is free, at once if nothing is being sent, else with
   the end of a send; after tcp_stream_shutdown, when all has been sent; or when
   sending has failed.
   Errors: those of registrator_attach and wsa_recv; ERROR_MORE_DATA while bytes
   of the last read wait in the buffer; WSAEALREADY if one of the interests still
   waits for its event; WSAENOTCONN for READABLE while the stream is still to be
   connected; WSAETIMEDOUT after a deadline; ERROR_ALREADY_EXISTS once it has been
   registered with poll_register; ERROR_INVALID_PARAMETER if interests has none
   or others. After an error nothing is asked for. An event of WSAENOBUFS: there
   was no buffer for what has come, economy.buffers are taken; nothing is lost, and
   it may be asked for anew. */
DWORD tcp_stream_register(TcpStream *stream, Registrator *registrator,
                          Token token, Interests interests);

/* Copies at most size bytes (not 0) that have arrived; *count tells how many, 0
   at the end of the stream. Never waits. With poll_register, the next read starts
   when all its bytes have been copied. Errors: WSAEWOULDBLOCK while a read is in
   flight, before the first, or after all its bytes; ERROR_INVALID_PARAMETER
   if size is 0; the connection's own, for example WSAECONNRESET. */
DWORD tcp_stream_read(TcpStream *stream, char *buffer, DWORD size,
                      DWORD *count);

/* Takes as many of size bytes as fit under the mark, to be sent in the order of
   the calls; *count tells how many. They are copied: data is the caller's at
   once. Never waits. Success is no delivery: that bytes were sent is known when
   the peer answers. What is written before the first registration waits for it.
   Errors: WSAEWOULDBLOCK if there is no room at all: register for WRITABLE;
   WSAESHUTDOWN after tcp_stream_shutdown; WSAETIMEDOUT after a deadline;
   ERROR_NOT_ENOUGH_MEMORY; once sending has failed, always why, for example
   WSAECONNRESET. */
DWORD tcp_stream_write(TcpStream *stream, const char *data, size_t size,
                       DWORD *count);

/* How many bytes have been taken by write and not yet by the system. */
DWORD tcp_stream_unsent(TcpStream *stream, DWORD *bytes);

/* How many bytes may wait to be sent, at least 1.
   Errors: ERROR_INVALID_PARAMETER for 0, ERROR_BUSY while some wait. */
DWORD tcp_stream_set_mark(TcpStream *stream, DWORD mark);

/* Has the peer see the end of the stream behind all that was written. Reading
   goes on. Errors: WSAESHUTDOWN if it was asked before; those of write and
   shutdown. https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-shutdown */
DWORD tcp_stream_shutdown(TcpStream *stream);

/* timeout milliseconds from now, 0 for at once and INFINITE for never, reading
   (READABLE) or connecting and writing (WRITABLE) is given up: what is asked for
   ends with an event of error WSAETIMEDOUT, and so does what is asked for later,
   until another deadline is set. What comes in time, even by a hair, comes
   without an error. Bytes that have not been read stay readable; a stream whose
   sending was cut off can't be written to any more.
   Errors: WSAENOTCONN if it was neither connected by us nor registered yet;
   ERROR_INVALID_PARAMETER if interests has none or others; those of
   post_queued_completion_status: then the deadline is set, but may be noticed too
   late. https://learn.microsoft.com/windows/win32/fileio/cancelioex-func */
DWORD tcp_stream_set_deadline(TcpStream *stream, Interests interests,
                              DWORD timeout);

/* The same for both, timeout milliseconds (INFINITE: never) after the last byte in
   either direction, or after this call. Once it has passed, tcp_stream_set_deadline
   alone lifts it. Errors: those of that. */
DWORD tcp_stream_set_idle(TcpStream *stream, DWORD timeout);

/* Closes the connection at once. What the system has taken is still delivered,
   unless bytes from the peer were left unread: then he gets a reset. What waits
   with us is given up: to have all delivered, shut down and read to the end
   first. Events of the stream that the poll has not handed out yet will not come.
   Its memory goes with its last packet, in poll_wait or poll_destroy.
   Errors: those of closesocket.
   https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-closesocket */
DWORD tcp_stream_close(TcpStream *stream);

#endif
