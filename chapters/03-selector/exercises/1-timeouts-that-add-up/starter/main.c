/* A heart that should beat every 100 ms, while a stream is closed every 60. */
#include <stdio.h>
#include <stdlib.h>

#include "loopback.h"
#include "selector.h"

enum { CAPACITY = 8, HEARTBEAT_MS = 100, CLOSE_MS = 60, STREAMS = 10 };

void WINAPI Sleep(DWORD dwMilliseconds);
unsigned long long WINAPI GetTickCount64(void);
HANDLE WINAPI CreateThread(void *lpThreadAttributes, size_t dwStackSize,
                           DWORD(WINAPI *lpStartAddress)(void *),
                           void *lpParameter, DWORD dwCreationFlags,
                           DWORD *lpThreadId);

static SOCKET pairs[STREAMS][2];

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* A selector is for one thread, so operation_close comes in two halves here.
   What concerns the selector is done at once. */
static void abandon(Selector *selector, Operation *stream)
{
    stream->state = OPERATION_ABANDONED;
    selector->open--;
}

/* Closing the sockets, which lets the packets come, is this thread's job. */
static DWORD WINAPI close_sockets(void *unused)
{
    (void)unused;
    for (int i = 0; i < STREAMS; i++) {
        Sleep(CLOSE_MS);
        close_socket(pairs[i][0]);
        close_socket(pairs[i][1]);
    }
    return 0;
}

int main(void)
{
    Selector selector;
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    Operation *stream;

    check("starting Winsock", wsa_startup());
    check("opening the selector", selector_open(&selector));
    for (int i = 0; i < STREAMS; i++) {
        check("connecting", loopback_pair(pairs[i]));
        check("making an operation", operation_new(pairs[i][0], &stream));
        check("registering", selector_register(&selector, stream, 1));
        abandon(&selector, stream);
    }
    HANDLE thread = CreateThread(NULL, 0, close_sockets, NULL, 0, NULL);
    check("starting a thread", thread == NULL);
    for (int beat = 1; beat <= 6; beat++) {
        unsigned long long start = GetTickCount64();
        check("selecting", selector_select(&selector, &events, HEARTBEAT_MS));
        printf("heartbeat %d after %llu ms\n", beat, GetTickCount64() - start);
    }
    check("closing the selector", selector_close(&selector));
    check("closing the thread", close_handle(thread));
    return (int)wsa_cleanup();
}
