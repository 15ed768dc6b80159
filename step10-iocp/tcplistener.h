/* TcpListener: accepts connections. A few accepts are in flight at all times,
   whatever the clients do. Any thread may call any of its functions, but the one
   that closes it must be the last. */
#ifndef TCPLISTENER_H
#define TCPLISTENER_H

#include "tcpstream.h"

/* How many connections are accepted ahead: in flight, or waiting for
   tcp_listener_accept. Further ones wait in the system's backlog. */
enum { TCP_LISTENER_ACCEPTS = 16 };

typedef struct TcpListener {
    struct Listener *listener; /* NULL once closed */
} TcpListener;

/* Every function here returns 0 for success or a Win32 error code;
   WSAENOTSOCK if the listener is closed. */

/* Listens on the first address of host (NULL: on all addresses of this machine,
   IPv4) and port, a number or a service name; "0" for one of the system's choice.
   Waits if host is a name that must be looked up. An event of READABLE, with this
   token, comes for each connection; one with an error if accepting has run into
   trouble. The caller ends with tcp_listener_close.
   Errors: 10048 (WSAEADDRINUSE) if the address is taken, 10013 (WSAEACCES), those
   of getaddrinfo, for example WSAHOST_NOT_FOUND, those of registrator_attach,
   ERROR_NOT_ENOUGH_MEMORY. Then there is no listener.
   https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-acceptex */
DWORD tcp_listener_open(TcpListener *listener, Registrator *registrator,
                        Token token, const char *host, const char *port);

/* The port it listens on; 0 after an error. Errors: those of getsockname.
   https://learn.microsoft.com/windows/win32/api/winsock/nf-winsock-getsockname */
DWORD tcp_listener_port(TcpListener *listener, unsigned short *port);

/* Hands out the connection that has waited longest, to be registered and closed
   by the caller. Never waits. Errors: WSAEWOULDBLOCK if there is none; then, too,
   ERROR_NOT_ENOUGH_MEMORY, WSAENOBUFS, WSAEMFILE if no accept is in flight for
   want of memory or sockets. That is tried again every second. */
DWORD tcp_listener_accept(TcpListener *listener, TcpStream *stream);

/* Stops listening. Connections that were not handed out are closed; the streams
   of the others live on. Its memory goes with its last packet, in poll_wait or
   poll_destroy. Errors: those of closesocket. */
DWORD tcp_listener_close(TcpListener *listener);

#endif
