/* What a server's clients are like: some leave with a reset, some say nothing,
   and one wants to be served. usage: bad-clients PORT */
#include <winsock2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESETTING = 200, SILENT = 50 };

static void check(const char *what, BOOL done)
{
    if (!done) {
        fprintf(stderr, "%s: error %d\n", what, WSAGetLastError());
        exit(1);
    }
}

static SOCKET connect_to(unsigned short port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    check("connecting",
          connect(s, (struct sockaddr *)&address, sizeof address) == 0);
    return s;
}

/* No end of the stream, but an error at the other side. */
static void reset(SOCKET s)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    check("setting SO_LINGER", setsockopt(s, SOL_SOCKET, SO_LINGER,
                                          (char *)&hard, sizeof hard) == 0);
    closesocket(s);
}

int main(int argc, char **argv)
{
    WSADATA data;
    char answer[16] = "";
    unsigned short port = (unsigned short)atoi(argc > 1 ? argv[1] : "");
    check("starting Winsock", WSAStartup(0x0202, &data) == 0);
    for (int i = 0; i < RESETTING; i++)
        reset(connect_to(port));
    printf("%d have come and reset their connection.\n", RESETTING);
    for (int i = 0; i < SILENT; i++)
        connect_to(port);
    printf("%d have come and say nothing.\n", SILENT);
    SOCKET s = connect_to(port);
    check("sending", send(s, "hello", 5, 0) == 5 && shutdown(s, SD_SEND) == 0);
    for (int got = 1, have = 0; got > 0; have += got)
        got = recv(s, answer + have, (int)sizeof answer - 1 - have, 0);
    printf("One says hello, and hears: %s.\n", answer);
    return strcmp(answer, "hello") != 0;
}
