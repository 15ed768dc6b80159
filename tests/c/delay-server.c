// steps: 05
// wrap: accept
/* The delay server outlives what accept fails with: a client that left before it
   was accepted, and a shortage. It answers what has come to its end, and nothing
   else. */
#include "delay_server.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

#define SO_RCVTIMEO 0x1006
#define SD_SEND 1
#define WHOLE "GET /1 HTTP/1.0\r\n\r\n"

SOCKET WINAPI __real_accept(SOCKET s, struct sockaddr *addr, int *addrlen);
SOCKET WINAPI __wrap_accept(SOCKET s, struct sockaddr *addr, int *addrlen);
void WINAPI WSASetLastError(int error);
int WINAPI shutdown(SOCKET s, int how);

static volatile int failed;

SOCKET WINAPI __wrap_accept(SOCKET s, struct sockaddr *addr, int *addrlen)
{
    static const int errors[] = {10054, 10055, 10024, 10054};
    if (failed == sizeof errors / sizeof *errors)
        return __real_accept(s, addr, addrlen);
    WSASetLastError(errors[failed++]);
    return INVALID_SOCKET;
}

/* Sends that and no more; whether the whole answer to a delay of 1 ms comes. */
static int answers(unsigned short port, const char *request)
{
    static const char expected[] = "HTTP/1.0 200 OK\r\n\r\nwaited 1 ms\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = ntohs(port),
                                  .sin_addr = htonl(INADDR_LOOPBACK)};
    char answer[256];
    int size = 0, got;
    SOCKET s;
    DWORD patience = 5000;
    if (open_socket(AF_INET, &s) == 0 &&
        setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience,
                   sizeof patience) == 0 &&
        connect(s, (struct sockaddr *)&address, sizeof address) == 0 &&
        send_all(s, request, strlen(request)) == 0 && shutdown(s, SD_SEND) == 0)
        while ((got = recv(s, answer + size, (int)sizeof answer - size, 0)) > 0)
            size += got;
    close_socket(s);
    return size == sizeof expected - 1 && memcmp(answer, expected, size) == 0;
}

int main(void)
{
    unsigned short port;
    char too_long[2000] = "GET /1 HTTP/1.0\r\nA: ";
    is(wsa_startup(), 0, "Winsock starts");
    is(delay_server_start(&port), 0, "and the server");
    ok(answers(port, WHOLE),
       "it answers although accept failed four times before");
    is((unsigned)failed, 4, "which it did");
    ok(answers(port, WHOLE), "and again");
    ok(!answers(port, "GET /1 HTTP/1.0\r\n"), "not what ends too soon");
    memset(too_long + strlen(too_long), 'b', sizeof too_long - 30);
    ok(!answers(port, too_long), "nor a header longer than it has room for");
    ok(answers(port, WHOLE), "and goes on");
    return done_testing();
}
