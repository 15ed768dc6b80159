/* A web server that misbehaves in the way the path asks for, on a free port of
   127.0.0.1, which it prints. It ends when it is killed, or after a minute. */
#include <process.h>
#include <stdio.h>
#include <string.h>
#include <winsock2.h>

#define OK_LINE "HTTP/1.0 200 OK\r\n"
#define HALF OK_LINE "Content-Length: 10\r\n\r\n01234"
#define LENGTH(text) OK_LINE "Content-Length: " text "\r\n\r\n"
#define BYTES(text) text, sizeof(text) - 1

enum Then { CLOSE, RESET, STAY, SLOWLY };

/* Which of them make a body, which don't: tests/sh/fetch.t. */
static const struct {
    const char *path;
    const char *answer;
    size_t size;
    enum Then then;
} answers[] = {
    {"/fine", BYTES(LENGTH("5") "fine\n"), CLOSE},
    {"/no-length", BYTES(OK_LINE "\r\nto the end\n"), CLOSE},
    {"/no-body", BYTES(LENGTH("0")), CLOSE},
    {"/too-much", BYTES(LENGTH("5") "fine\nand more"), CLOSE},
    {"/short", BYTES(HALF), CLOSE},
    {"/reset", BYTES(HALF), RESET},
    {"/dribble", BYTES(LENGTH("5") "drip\n"), SLOWLY},
    {"/garbage", BYTES("Who is there?\r\n\r\n"), CLOSE},
    {"/no-end", BYTES(OK_LINE "X-Header: that never en"), CLOSE},
    {"/empty", BYTES(""), CLOSE},
    /* What may be behind a question mark. */
    {"/a?x=1&y=2", BYTES(LENGTH("4") "two\n"), CLOSE},
    {"/a?x=1", BYTES(LENGTH("4") "one\n"), CLOSE},
    {"/?", BYTES(LENGTH("9") "question\n"), CLOSE},
    {"/??", BYTES(LENGTH("9") "question\n"), CLOSE},
    {"/?b", BYTES(LENGTH("5") "query"), CLOSE},
    {"/", BYTES(LENGTH("4") "root"), CLOSE},
    /* Header lines. */
    {"/lf", BYTES("HTTP/1.0 200 OK\nA: b\n\nblank\r\n\r\nline\n"), CLOSE},
    {"/lf-length", BYTES("HTTP/1.0 200 OK\nContent-Length: 3\n\nabc"), CLOSE},
    {"/mixed", BYTES(OK_LINE "A: b\n\r\nblank\n\nline\n"), CLOSE},
    {"/blank-line", BYTES(LENGTH("10") "\r\n\r\nabc\n\n\n"), CLOSE},
    {"/nul", BYTES(LENGTH("5") "\0a\0b\0"), CLOSE},
    {"/nul-to-end", BYTES(OK_LINE "\r\n\0\r\n\r\n\0"), CLOSE},
    {"/nul-in-header", BYTES(OK_LINE "A: \0\r\n\r\nbody"), CLOSE},
    {"/folded", BYTES(OK_LINE "A: b\r\n Content-Length: 1\r\n\r\nbody"), CLOSE},
    {"/folded-length", BYTES(OK_LINE "Content-Length:\r\n 4\r\n\r\nbody"),
     CLOSE},
    {"/split-length",
     BYTES(OK_LINE "Content-Length: 1\r\n 2\r\n\r\n0123456789ab"), CLOSE},
    {"/case", BYTES("HTTP/1.1 200 OK\r\ncONTENT-lENGTH:4\r\n\r\nbody"), CLOSE},
    {"/no-reason", BYTES("HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbody"),
     CLOSE},
    {"/longer-name", BYTES(OK_LINE "Content-Lengthy: 1\r\n\r\nbody"), CLOSE},
    /* Lengths. */
    {"/two-lengths",
     BYTES(OK_LINE "Content-Length: 4\r\nContent-Length: 2\r\n\r\nbody"),
     CLOSE},
    {"/list-of-lengths", BYTES(LENGTH("4, 2") "body"), CLOSE},
    {"/junk-length", BYTES(LENGTH("4x") "body"), CLOSE},
    {"/hex-length", BYTES(LENGTH("0x4") "body"), CLOSE},
    {"/negative", BYTES(LENGTH("-1") "body"), CLOSE},
    {"/plus", BYTES(LENGTH("+4") "body"), CLOSE},
    {"/no-digits", BYTES(LENGTH("") "4ody"), CLOSE},
    {"/huge", BYTES(LENGTH("4294967300") "body"), CLOSE},
    {"/overflow", BYTES(LENGTH("18446744073709551620") "body"), CLOSE},
    {"/spaced", BYTES(OK_LINE "Content-Length \t: 4 \t\r\n\r\nbody"), CLOSE},
    /* Encoded for the way. */
    {"/chunked",
     BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
           "5\r\nfine\n\r\n0\r\n\r\n"),
     CLOSE},
    {"/chunked-cut",
     BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfi"),
     CLOSE},
    {"/chunked-length",
     BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
           "Transfer-Encoding: chunked\r\n\r\n5\r\nfine\n\r\n0\r\n\r\n"),
     CLOSE},
    {"/chunked-stay",
     BYTES("HTTP/1.1 200 OK\r\ntransfer-encoding : chunked\r\n\r\n"
           "5\r\nfine\n\r\n0\r\n\r\n"),
     STAY},
    {"/gzip", BYTES(OK_LINE "Transfer-Encoding: gzip\r\n\r\n\x1F\x8B"), CLOSE},
    /* Statuses. */
    {"/204", BYTES("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"),
     STAY},
    {"/304", BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n"),
     STAY},
    {"/404", BYTES("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno\n"), CLOSE},
    {"/100", BYTES("HTTP/1.1 100 Continue\r\n\r\n" LENGTH("5") "fine\n"),
     CLOSE},
    {"/103",
     BYTES("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" LENGTH("5") "fine\n"),
     STAY},
    {"/100-alone", BYTES("HTTP/1.1 100 Continue\r\n\r\n"), CLOSE},
    {"/099", BYTES("HTTP/1.0 099 OK\r\n\r\nbody"), CLOSE},
    {"/20", BYTES("HTTP/1.0 20 OK\r\n\r\nbody"), CLOSE},
    {"/2000", BYTES("HTTP/1.0 2000 OK\r\n\r\nbody"), CLOSE},
    {"/no-status", BYTES("HTTP/1.0 OK\r\n\r\nbody"), CLOSE},
    {"/http-2", BYTES("HTTP/2 200 OK\r\n\r\nbody"), CLOSE},
    {"/http-0.9", BYTES("<html>hello</html>\n"), CLOSE},
    {"/icy", BYTES("ICY 200 OK\r\n\r\nmusic"), CLOSE},
    {"/ssh", BYTES("SSH-2.0-OpenSSH_9\r\n"), STAY},
    /* How it goes on. */
    {"/stay", BYTES(LENGTH("5") "fine\n"), STAY},
    {"/stay-empty", BYTES(LENGTH("0")), STAY},
    {"/whole-reset", BYTES(LENGTH("5") "fine\n"), RESET},
    {"/open-reset", BYTES(OK_LINE "\r\nto the e"), RESET},
    {"/header-reset", BYTES(OK_LINE "A: b\r\n"), RESET},
};

/* The answer to a path: its number, or -1. */
static int answer_to(const char *path)
{
    int i = (int)(sizeof answers / sizeof *answers) - 1;
    while (i >= 0 && strcmp(answers[i].path, path) != 0)
        i--;
    return i;
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

static void end(SOCKET s, enum Then then)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    char byte;
    if (then == STAY)
        while (recv(s, &byte, 1, 0) > 0)
            ;
    if (then == RESET) {
        /* Time for the client to start a read: see peers.h on Wine. */
        Sleep(300);
        setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once);
    }
    closesocket(s);
}

static unsigned __stdcall answer(void *connection)
{
    static const char none[] = "HTTP/1.0 404 Not Found\r\n\r\nno such path\n";
    SOCKET s = (SOCKET)connection;
    char request[4096], path[32] = "";
    receive_request(s, request, sizeof request);
    sscanf(request, "GET %31s", path);
    int i = answer_to(path);
    if (i < 0)
        send(s, none, sizeof none - 1, 0);
    else if (answers[i].then == SLOWLY)
        send_slowly(s, answers[i].answer);
    else
        send(s, answers[i].answer, (int)answers[i].size, 0);
    end(s, i < 0 ? CLOSE : answers[i].then);
    return 0;
}

static unsigned __stdcall serve(void *listener)
{
    SOCKET s;
    for (;;)
        if ((s = accept((SOCKET)listener, NULL, NULL)) == INVALID_SOCKET)
            Sleep(10);
        else
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
