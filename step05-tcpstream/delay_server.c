#include "delay_server.h"

#include <stdio.h>
#include <string.h>

#include "loopback.h"

/* One thread a connection: what the rest of this program does without. */
static unsigned WINAPI answer(void *connection)
{
    SOCKET s = (SOCKET)connection;
    char request[1024] = "", response[64];
    int size = 0, got = 1;
    unsigned delay = 0;
    /* Until the empty line that ends a request. */
    while (got > 0 && strstr(request, "\r\n\r\n") == NULL) {
        got = recv(s, request + size, (int)sizeof request - 1 - size, 0);
        size += got;
    }
    if (got > 0 && sscanf(request, "GET /%u ", &delay) == 1) {
        Sleep(delay);
        sprintf(response, "HTTP/1.0 200 OK\r\n\r\nwaited %u ms\n", delay);
        send_all(s, response, strlen(response));
    }
    close_socket(s);
    return 0;
}

static unsigned WINAPI serve(void *listener)
{
    struct sockaddr_in from;
    SOCKET s;
    HANDLE thread;
    for (;;)
        if (accept_socket((SOCKET)listener, &from, &s) != 0)
            Sleep(10); /* a client that left early, or a shortage: it passes */
        else if (start_thread(&thread, answer, (void *)s) == 0)
            close_handle(thread);
        else
            close_socket(s);
    return 0;
}

DWORD delay_server_start(unsigned short *port)
{
    SOCKET listener;
    HANDLE thread;
    struct sockaddr_in address;
    DWORD error = loopback_listen(&listener, &address);
    if (error != 0)
        return error;
    *port = ntohs(address.sin_port);
    error = start_thread(&thread, serve, (void *)listener);
    if (error != 0)
        close_socket(listener);
    else
        close_handle(thread);
    return error;
}
