/* Somebody counts aloud, now and then. We listen, for 30 ms at a time, and
   write down what we hear. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "reader.h"

void WINAPI Sleep(DWORD dwMilliseconds);
unsigned long long WINAPI GetTickCount64(void);

enum { NUMBERS = 9, PATIENCE_MS = 30, LONGEST_PAUSE_MS = 40 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* 1 2 3 ..., then hangs up. */
static unsigned WINAPI count_aloud(void *peer)
{
    char digit = '0';
    srand((unsigned)GetTickCount64());
    while (++digit <= '0' + NUMBERS) {
        Sleep((DWORD)rand() % LONGEST_PAUSE_MS);
        check("sending", send_all((SOCKET)peer, &digit, 1));
    }
    check("hanging up", close_socket((SOCKET)peer));
    return 0;
}

/* A piece of what is heard, or a dash for a silence. FALSE at the end. */
static BOOL listen_once(Reader *reader, char *heard)
{
    char buffer[16];
    DWORD count;
    DWORD error =
        reader_read(reader, buffer, sizeof buffer, &count, PATIENCE_MS);
    if (error != WAIT_TIMEOUT)
        check("reading", error);
    if (error == WAIT_TIMEOUT)
        strcat(heard, "-");
    else
        strncat(heard, buffer, count);
    return error == WAIT_TIMEOUT || count > 0;
}

/* 1 to 9 in order, whatever the silences. */
static BOOL is_right(const char *heard)
{
    char digit = '0';
    for (; *heard != '\0'; heard++)
        if (*heard != '-' && *heard != ++digit)
            return FALSE;
    return digit == '0' + NUMBERS;
}

int main(void)
{
    Reader reader;
    SOCKET pair[2];
    HANDLE thread;
    char heard[256] = "";

    check("starting Winsock", wsa_startup());
    check("connecting", loopback_pair(pair));
    check("opening the reader", reader_open(&reader, pair[0]));
    check("starting a thread",
          start_thread(&thread, count_aloud, (void *)pair[1]));
    while (strlen(heard) < 60 && listen_once(&reader, heard))
        ;
    printf("heard %s\n", heard);
    check("joining", join_thread(thread));
    check("closing the reader", reader_close(&reader));
    return wsa_cleanup() != 0 || !is_right(heard);
}
