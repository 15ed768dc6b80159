/* A telephone exchange with one line. A call ends, and the next is put
   through. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "relay.h"

void WINAPI Sleep(DWORD dwMilliseconds);
unsigned long long WINAPI GetTickCount64(void);

enum { CALLS = 100, AT_MOST_MS = 3 };

static Relay relay;
static int ended; /* calls */

/* https://learn.microsoft.com/windows/win32/api/errhandlingapi/nf-errhandlingapi-setunhandledexceptionfilter */
typedef long(WINAPI *EXCEPTION_FILTER)(void *exception);
EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(EXCEPTION_FILTER lpTopLevelExceptionFilter);

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* In place of a debugger. */
static long WINAPI crashed(void *unused)
{
    (void)unused;
    printf("crashed when call %d had ended\n", ended);
    exit(2);
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

static void call(int number)
{
    static SOCKET people[2];
    SOCKET left[2], right[2];
    HANDLE thread;
    check("connecting", loopback_pair(left));
    check("connecting", loopback_pair(right));
    people[0] = left[1];
    people[1] = right[1];
    check("joining", relay_join(&relay, left[0], right[0], number));
    check("starting a thread", start_thread(&thread, talk, people));
    while (ended < number)
        check("relaying", relay_turn(&relay, INFINITE));
    check("waiting for the people", join_thread(thread));
}

static void call_has_ended(void *unused, int number)
{
    (void)unused;
    ended++;
    if (number == ended)
        return;
    printf("call %d has ended, but the last was %d\n", number, ended - 1);
    exit(1);
}

int main(void)
{
    SetUnhandledExceptionFilter(crashed);
    check("starting Winsock", wsa_startup());
    check("opening", relay_open(&relay, call_has_ended, NULL));
    srand((unsigned)GetTickCount64());
    for (int i = 1; i <= CALLS; i++)
        call(i);
    printf("%d calls\n", ended);
    check("closing", relay_close(&relay));
    return wsa_cleanup() != 0;
}
