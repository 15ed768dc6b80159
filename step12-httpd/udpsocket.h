/* UdpSocket: datagrams, for poll_register. One read is started ahead, with room
   for the longest datagram there is; each send is a copy, in flight by itself. Any
   thread may call any of its functions, but the one that closes it must be the
   last. */
#ifndef UDPSOCKET_H
#define UDPSOCKET_H

#include "registrator.h"

enum {
    UDP_LONGEST = 65507, /* bytes that a datagram can have, */
    UDP_MARK = 65536     /* and that may be with the system to be sent */
};

/* Of either family: any.sa_family says which. */
typedef union Address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} Address;

/* Whether both are the same, with the same port. */
BOOL is_same_address(const Address *a, const Address *b);

typedef struct UdpSocket {
    struct Datagrams *datagrams; /* NULL once closed */
} UdpSocket;

/* Every function here returns 0 for success or a Win32 error code;
   WSAENOTSOCK if the socket is closed. */

/* For poll_register: reading begins then. NULL once closed. */
Source *udp_socket_source(const UdpSocket *socket);

/* Binds to the first address of host (NULL: all addresses of this machine, IPv4)
   and port, a number or a service name; "0" for one of the system's choice. Waits
   if host is a name that must be looked up. The caller ends with
   udp_socket_close. Errors: 10048 (WSAEADDRINUSE), 10013 (WSAEACCES), those of
   getaddrinfo and registrator_attach, ERROR_NOT_ENOUGH_MEMORY. */
DWORD udp_socket_open(UdpSocket *socket, Registrator *registrator,
                      const char *host, const char *port);

/* The port it is bound to. */
DWORD udp_socket_port(UdpSocket *socket, unsigned short *port);

/* Has it receive from this address alone, and send to it where no other is given.
   May be called again, for another one. What others have sent before is thrown
   away. Waits as udp_socket_open does, with its errors. */
DWORD udp_socket_connect(UdpSocket *socket, const char *host, const char *port);

/* Copies the datagram that has arrived and starts the next read. *count tells its
   size, which may be 0, and that ends nothing; *from, unless it is NULL, who sent
   it. Of one longer than size the rest is lost: WSAEMSGSIZE, with *count bytes.
   Never waits. Errors: WSAEWOULDBLOCK if none is there; those of the socket: each
   is told once, and ends nothing either. */
DWORD udp_socket_receive(UdpSocket *socket, char *buffer, DWORD size,
                         DWORD *count, Address *from);

/* The same, and leaves it there for the next time. */
DWORD udp_socket_peek(UdpSocket *socket, char *buffer, DWORD size, DWORD *count,
                      Address *from);

/* Sends a copy of the datagram; to is NULL for a socket that is connected. Never
   waits. Success is no delivery. Errors: WSAEMSGSIZE if size is more than
   UDP_LONGEST; WSAEWOULDBLOCK if it would be more than UDP_MARK with those that
   the system still has, and there are some: WRITABLE comes when it has half of
   that; WSAENOTCONN without a receiver; ERROR_NOT_ENOUGH_MEMORY; the error that
   an earlier one has met with, once: then this one isn't sent. */
DWORD udp_socket_send(UdpSocket *socket, const char *data, DWORD size,
                      const Address *to);

/* What the system has taken is still sent. */
DWORD udp_socket_close(UdpSocket *socket);

#endif
