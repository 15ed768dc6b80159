/* A telephone exchange with one line. A call ends, and the next is put
   through. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "relay.h"

enum { CALLS = 20, AT_MOST_MS = 12 };

typedef struct Exchange {
    Relay relay;
    int ended;
    BOOL wrong;
} Exchange;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* Two people say goodbye and hang up, the second soon after the first. */
static unsigned WINAPI talk(void *peers)
{
    SOCKET *people = peers;
    send_all(people[0], "goodbye", 7);
    Sleep(2);
    close_socket(people[0]);
    Sleep((DWORD)rand() % AT_MOST_MS);
    close_socket(people[1]);
    return 0;
}

static void call(Exchange *exchange, int number)
{
    static SOCKET people[2];
    SOCKET left[2], right[2];
    HANDLE thread;
    check("connecting", loopback_pair(left));
    check("connecting", loopback_pair(right));
    people[0] = left[1];
    people[1] = right[1];
    check("joining", relay_join(&exchange->relay, left[0], right[0], number));
    check("starting a thread", start_thread(&thread, talk, people));
    while (exchange->ended < number)
        check("relaying", relay_turn(&exchange->relay, INFINITE));
    check("waiting for the people", join_thread(thread));
}

static void ended(void *context, int number)
{
    Exchange *exchange = context;
    exchange->ended++;
    if (number == exchange->ended)
        return;
    printf("call %d has ended, but the last was %d\n", number,
           exchange->ended - 1);
    exchange->wrong = TRUE;
}

int main(void)
{
    Exchange exchange = {0};
    check("starting Winsock", wsa_startup());
    check("opening", relay_open(&exchange.relay, ended, &exchange));
    srand((unsigned)GetTickCount64());
    for (int i = 1; i <= CALLS && !exchange.wrong; i++)
        call(&exchange, i);
    printf("%d calls\n", exchange.ended);
    check("closing", relay_close(&exchange.relay));
    return wsa_cleanup() != 0 || exchange.wrong;
}
