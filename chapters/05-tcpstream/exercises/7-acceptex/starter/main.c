/* Three clients connect, and no thread waits in accept. */
#include <stdio.h>
#include <stdlib.h>

#include "accept.h"
#include "loopback.h"

enum { CLIENTS = 3, KEY = 1 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void connect_client(SOCKET *client, const struct sockaddr_in *address)
{
    check("making a socket", open_socket(AF_INET, client));
    if (connect(*client, (const struct sockaddr *)address, sizeof *address) !=
        0)
        check("connecting", (DWORD)WSAGetLastError());
}

int main(void)
{
    static Accept accepts[CLIENTS]; /* main doesn't return before the packets */
    HANDLE port;
    SOCKET listener, clients[CLIENTS], connection;
    struct sockaddr_in address;
    OVERLAPPED_ENTRY entry;
    ULONG count;

    check("starting Winsock", wsa_startup());
    check("creating a port", create_completion_port(&port));
    check("listening", loopback_listen(&listener, &address));
    check("associating", associate_socket(port, listener, KEY));
    for (int i = 0; i < CLIENTS; i++)
        check("starting an accept", accept_start(&accepts[i], listener));
    printf("%d accepts in flight\n", CLIENTS);

    for (int i = 0; i < CLIENTS; i++) {
        connect_client(&clients[i], &address);
        check("waiting", get_queued_completion_status_ex(port, &entry, 1,
                                                         &count, INFINITE));
        check("finishing an accept",
              accept_finish((Accept *)entry.lpOverlapped, &connection));
        printf("client %d is accepted\n", i);
        check("sending", send_all(connection, "welcome", 7));
        check("closing", close_socket(connection));
        check("closing", close_socket(clients[i]));
    }

    check("closing the listener", close_socket(listener));
    check("closing the port", close_handle(port));
    return (int)wsa_cleanup();
}
