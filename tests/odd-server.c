/* A web server that misbehaves in the way the path asks for, on a free port of
   127.0.0.1, which it prints. It ends when it is killed, or after a minute. */
#include <process.h>
#include <stdio.h>
#include <string.h>
#include <winsock2.h>

#define OK_LINE "HTTP/1.0 200 OK\r\n"
#define HALF OK_LINE "Content-Length: 10\r\n\r\n01234"

static const struct {
    const char *path;
    const char *answer;
} answers[] = {
    {"/fine", OK_LINE "Content-Length: 5\r\n\r\nfine\n"},
    {"/no-length", OK_LINE "\r\nto the end\n"},
    {"/no-body", OK_LINE "Content-Length: 0\r\n\r\n"},
    {"/too-much", OK_LINE "Content-Length: 5\r\n\r\nfine\nand more"},
    {"/short", HALF},
    {"/reset", HALF},
    {"/dribble", OK_LINE "Content-Length: 5\r\n\r\ndrip\n"},
    {"/garbage", "Who is there?\r\n\r\n"},
    {"/no-end", OK_LINE "X-Header: that never en"},
    {"/empty", ""},
};

static const char *answer_to(const char *path)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(answers[i].path, path) == 0)
            return answers[i].answer;
    return "HTTP/1.0 404 Not Found\r\n\r\nno such path\n";
}

/* Reads to the end of the request, so that closing does not reset. */
static void receive_request(SOCKET s, char *request, int capacity)
{
    int size = 0, got;
    request[0] = '\0';
    while (strstr(request, "\r\n\r\n") == NULL && size < capacity - 1) {
        got = recv(s, request + size, capacity - 1 - size, 0);
        if (got <= 0)
            return;
        size += got;
        request[size] = '\0';
    }
}

static void send_slowly(SOCKET s, const char *text)
{
    for (; *text != '\0'; text++) {
        send(s, text, 1, 0);
        Sleep(2);
    }
}

static unsigned __stdcall answer(void *connection)
{
    SOCKET s = (SOCKET)connection;
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    char request[4096], path[32] = "";
    receive_request(s, request, sizeof request);
    sscanf(request, "GET %31s", path);
    const char *text = answer_to(path);
    if (strcmp(path, "/dribble") == 0)
        send_slowly(s, text);
    else
        send(s, text, (int)strlen(text), 0);
    if (strcmp(path, "/reset") == 0) {
        /* Time for the client to start a read: see peers.h on Wine. */
        Sleep(300);
        setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once);
    }
    closesocket(s);
    return 0;
}

static unsigned __stdcall serve(void *listener)
{
    SOCKET s;
    while ((s = accept((SOCKET)listener, NULL, NULL)) != INVALID_SOCKET)
        _beginthreadex(NULL, 0, answer, (void *)s, 0, NULL);
    return 0;
}

int main(void)
{
    WSADATA data;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 1;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return 1;
    _beginthreadex(NULL, 0, serve, (void *)listener, 0, NULL);
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    Sleep(60000);
    return 0;
}
