#include "server.h"

#include "client.h"

const Limits default_limits = {.clients = 12000,
                               .head_ms = 10000,
                               .keep_ms = 60000,
                               .take_ms = 10000,
                               .linger_ms = 2000,
                               .drain_ms = 5000};

DWORD server_open(Server *server, Registrator *registrator, const char *host,
                  const char *port)
{
    server->registrator = registrator;
    return tcp_listener_open(&server->listener, registrator, SERVER_TOKEN, host,
                             port);
}

void server_handle(Server *server, const Event *event)
{
    TcpStream stream;
    if (event->token != SERVER_TOKEN)
        client_handle(server, event);
    else
        while (tcp_listener_accept(&server->listener, &stream) == 0)
            client_welcome(server, &stream);
}

DWORD server_drain(Server *server)
{
    if (server->draining)
        return 0;
    server->draining = TRUE;
    for (struct Client *client = server->clients; client != NULL;
         client = client_next(client))
        client_drain(server, client);
    return tcp_listener_close(&server->listener);
}
