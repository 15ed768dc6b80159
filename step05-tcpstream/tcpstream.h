/* TcpStream: a TCP connection with a buffered read. It owns its socket and,
   together with the system, the operation that its reads arrive in. */
#ifndef TCPSTREAM_H
#define TCPSTREAM_H

#include "registrator.h"

typedef struct TcpStream {
    Operation *operation; /* NULL once closed */
    DWORD position;       /* how much of the operation's bytes has been read */
} TcpStream;

/* Every function here returns 0 for success or a Win32 error code;
   WSAENOTSOCK if the stream is closed. */

/* Connects, trying each address of the host and waiting as long as that takes.
   port is a number up to 65535 or a service name. The caller ends with
   tcp_stream_close.
   Errors: WSAHOST_NOT_FOUND, WSAECONNREFUSED and others of getaddrinfo and
   connect, ERROR_NOT_ENOUGH_MEMORY.
   https://learn.microsoft.com/windows/win32/api/ws2tcpip/nf-ws2tcpip-getaddrinfo */
DWORD tcp_stream_connect(TcpStream *stream, const char *host, const char *port);

/* Starts one read; its event tells that tcp_stream_read has something to say.
   The event may come before this has returned. It proves that this will return
   0 and not touch the stream again: whoever has the event may read, register or
   close it. Errors: those of registrator_register, ERROR_MORE_DATA while bytes
   of the last read wait in the buffer. */
DWORD tcp_stream_register(TcpStream *stream, Registrator *registrator,
                          Token token, Interests interests);

/* Copies at most size bytes (not 0) that have arrived; *count tells how many, 0
   at the end of the stream. Never waits. Errors: WSAEWOULDBLOCK while a read is
   in flight, before the first, or after all its bytes; ERROR_INVALID_PARAMETER
   if size is 0; the connection's own, for example WSAECONNRESET. */
DWORD tcp_stream_read(TcpStream *stream, char *buffer, DWORD size,
                      DWORD *count);

/* Sends all size bytes, waiting as long as that takes. */
DWORD tcp_stream_write(TcpStream *stream, const char *data, size_t size);

/* Closes the connection, even with a read in flight. */
DWORD tcp_stream_close(TcpStream *stream);

#endif
