/* One client and its server, and the piece of Windows that Wine hasn't got. */
#include <stdio.h>
#include <stdlib.h>

#include "poll.h"
#include "tcplistener.h"

/* What Windows' Winsock keeps of each socket in our process: whether it has been
   told that it is connected. The linker hands us these calls (see the Makefile). */
enum { SOCKETS = 4096 };
static BOOL told[SOCKETS];

int WINAPI __real_shutdown(SOCKET s, int how);
int WINAPI __wrap_shutdown(SOCKET s, int how);
int WINAPI __real_setsockopt(SOCKET s, int level, int optname,
                             const char *optval, int optlen);
int WINAPI __wrap_setsockopt(SOCKET s, int level, int optname,
                             const char *optval, int optlen);
int WINAPI __real_closesocket(SOCKET s);
int WINAPI __wrap_closesocket(SOCKET s);
void WINAPI WSASetLastError(int error);

static BOOL *told_of(SOCKET s)
{
    return &told[s / 4 % SOCKETS];
}

int WINAPI __wrap_shutdown(SOCKET s, int how)
{
    if (*told_of(s))
        return __real_shutdown(s, how);
    WSASetLastError(WSAENOTCONN);
    return -1;
}

int WINAPI __wrap_setsockopt(SOCKET s, int level, int optname,
                             const char *optval, int optlen)
{
    int result = __real_setsockopt(s, level, optname, optval, optlen);
    if (result == 0 && (optname == 0x700B || optname == 0x7010))
        *told_of(s) = TRUE;
    return result;
}

int WINAPI __wrap_closesocket(SOCKET s)
{
    *told_of(s) = FALSE;
    return __real_closesocket(s);
}

enum { CLIENT, LISTENER, SERVER, PATIENCE = 1000 };

static Registrator registrator;
static TcpStream client, server;
static TcpListener listener;
static BOOL client_heard, server_heard;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void end(const char *who, TcpStream *stream)
{
    DWORD error = tcp_stream_shutdown(stream);
    printf("%s: shut down, error %lu\n", who, error);
}

/* TRUE at the end of the stream. */
static BOOL hear(const char *who, TcpStream *stream, Token token)
{
    char bytes[64];
    DWORD count;
    DWORD error = tcp_stream_read(stream, bytes, sizeof bytes, &count);
    printf("%s: read %lu bytes, error %lu\n", who, count, error);
    if (error == 0 && count == 0)
        return TRUE;
    check("registering",
          tcp_stream_register(stream, &registrator, token, READABLE));
    return FALSE;
}

static void handle(const Event *event)
{
    DWORD count;
    check("connecting or accepting", event->error);
    if (event->token == LISTENER) {
        if (tcp_listener_accept(&listener, &server) == 0) {
            printf("server: accepted\n");
            check("registering",
                  tcp_stream_register(&server, &registrator, SERVER, READABLE));
        }
    } else if (event->token == SERVER) {
        server_heard = hear("server", &server, SERVER);
        if (server_heard)
            end("server", &server);
    } else if (event->ready == WRITABLE) {
        printf("client: connected\n");
        check("writing", tcp_stream_write(&client, "hello", 5, &count));
        end("client", &client);
        check("registering",
              tcp_stream_register(&client, &registrator, CLIENT, READABLE));
    } else {
        client_heard = hear("client", &client, CLIENT);
    }
}

int main(void)
{
    Poll poll;
    Event list[16];
    Events events = {.list = list, .capacity = 16};
    unsigned short port;
    char number[8];
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening", tcp_listener_open(&listener, &registrator, LISTENER,
                                         "127.0.0.1", "0"));
    check("asking for the port", tcp_listener_port(&listener, &port));
    snprintf(number, sizeof number, "%u", port);
    check("connecting", tcp_stream_connect(&client, &registrator, CLIENT,
                                           "127.0.0.1", number));
    unsigned long long end = GetTickCount64() + PATIENCE, now;
    while ((now = GetTickCount64()) < end && !(client_heard && server_heard)) {
        check("waiting", poll_wait(&poll, &events, (DWORD)(end - now)));
        for (ULONG i = 0; i < events.count; i++)
            handle(&list[i]);
    }
    printf("the client has %sheard the end, the server has %sheard it\n",
           client_heard ? "" : "not ", server_heard ? "" : "not ");
    tcp_stream_close(&client);
    tcp_stream_close(&server);
    tcp_listener_close(&listener);
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return !(client_heard && server_heard);
}
