/* Somebody dictates the numbers from 1 to 300. We collect them, and count what
   we have got wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector.h"
#include "loopback.h"

void WINAPI Sleep(DWORD dwMilliseconds);
unsigned long long WINAPI GetTickCount64(void);

enum { NUMBERS = 300, BREATH = 12 };

/* When a piece of the text came, and how long it was. */
typedef struct Note {
    struct Note *next;
    unsigned long long time;
    DWORD size;
} Note;

static char dictated[NUMBERS * 5];

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* One number after another, with a pause for breath here and there. */
static unsigned WINAPI dictate(void *peer)
{
    char *word = dictated;
    srand((unsigned)GetTickCount64());
    for (int i = 1; i <= NUMBERS; i++) {
        int size = sprintf(word, "%d ", i);
        check("sending", send_all((SOCKET)peer, word, (size_t)size));
        word += size;
        if (rand() % BREATH == 0)
            Sleep(20);
    }
    check("hanging up", close_socket((SOCKET)peer));
    return 0;
}

/* Shows where what was collected is not what was dictated. */
static BOOL is_right(const char *text, DWORD length)
{
    DWORD wrong = 0, first = 0;
    for (DWORD i = length; i-- > 0;)
        if (text[i] != dictated[i]) {
            wrong++;
            first = i;
        }
    printf("collected %lu of %u characters, %lu of them wrong\n", length,
           (unsigned)strlen(dictated), wrong);
    if (wrong > 0)
        printf("from %lu on: \"%.20s\" was dictated\n", first,
               dictated + first);
    return wrong == 0 && length == strlen(dictated);
}

/* FALSE at the end. */
static BOOL note(Note **list, DWORD size)
{
    Note *one = malloc(sizeof *one);
    check("noting", one == NULL);
    *one = (Note){*list, GetTickCount64(), size};
    *list = one;
    return size > 0;
}

static void forget(Note *list)
{
    while (list != NULL) {
        Note *next = list->next;
        free(list);
        list = next;
    }
}

int main(void)
{
    Collector collector;
    SOCKET pair[2];
    HANDLE thread;
    DWORD count, length;
    Note *notes = NULL;

    check("starting Winsock", wsa_startup());
    check("connecting", loopback_pair(pair));
    check("opening the collector", collector_open(&collector, pair[0]));
    check("starting a thread", start_thread(&thread, dictate, (void *)pair[1]));
    do
        check("collecting", collector_more(&collector, &count, INFINITE));
    while (note(&notes, count));
    check("joining", join_thread(thread));
    const char *text = collector_text(&collector, &length);
    BOOL right = is_right(text, length);
    forget(notes);
    check("closing the collector", collector_close(&collector));
    return wsa_cleanup() != 0 || !right;
}
