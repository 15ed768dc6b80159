/* Four people count to nine, each at their own pace. We write down what each
   of them says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds.h"
#include "loopback.h"

void WINAPI Sleep(DWORD dwMilliseconds);
unsigned long long WINAPI GetTickCount64(void);

enum { PEOPLE = 4, NUMBERS = 9, PAUSE_MS = 40, PATIENCE_MS = 300 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static unsigned WINAPI count_aloud(void *peer)
{
    char digit = '0';
    srand((unsigned)GetTickCount64() * 7 + (unsigned)(SOCKET)peer);
    while (++digit <= '0' + NUMBERS) {
        Sleep(PAUSE_MS / 10 + (DWORD)rand() % PAUSE_MS);
        check("sending", send_all((SOCKET)peer, &digit, 1));
    }
    check("hanging up", close_socket((SOCKET)peer));
    return 0;
}

/* Until all have hung up, or nobody says anything for a long time. */
static void listen_to_all(Feeds *feeds, char heard[PEOPLE][256])
{
    int length[PEOPLE] = {0}, listening = PEOPLE;
    Message message;
    while (listening > 0) {
        DWORD error = feeds_next(feeds, &message, PATIENCE_MS);
        if (error == WAIT_TIMEOUT)
            return;
        check("waiting", error);
        check("reading", message.error);
        if (message.size == 0)
            listening--;
        for (DWORD i = 0; i < message.size && length[message.feed] < 255; i++)
            heard[message.feed][length[message.feed]++] = message.text[i];
    }
}

int main(void)
{
    static Feeds feeds;
    static char heard[PEOPLE][256];
    SOCKET pair[2];
    HANDLE threads[PEOPLE];
    BOOL wrong = FALSE;

    check("starting Winsock", wsa_startup());
    check("opening the feeds", feeds_open(&feeds));
    for (int i = 0; i < PEOPLE; i++) {
        check("connecting", loopback_pair(pair));
        check("adding a feed", feeds_add(&feeds, pair[0]));
        check("starting a thread",
              start_thread(&threads[i], count_aloud, (void *)pair[1]));
    }
    listen_to_all(&feeds, heard);
    for (int i = 0; i < PEOPLE; i++) {
        printf("%d said %s\n", i, heard[i]);
        wrong |= strcmp(heard[i], "123456789") != 0;
        check("joining", join_thread(threads[i]));
    }
    check("closing the feeds", feeds_close(&feeds));
    return wsa_cleanup() != 0 || wrong;
}
