/* Two threads count sheep, and a loop hears of each. */
#include <stdio.h>
#include <stdlib.h>

#include "letterbox.h"
#include "readiness.h"

enum { BOX = 1, PLACES = 4, SHEEP = 8, THREADS = 2, CAPACITY = 4 };

static Letterbox box;
static atomic_bool was_full;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* A thread has no loop: it tries again. */
static unsigned WINAPI count_sheep(void *argument)
{
    for (size_t i = 1; i <= SHEEP / THREADS; i++)
        while (letterbox_put(&box, (void *)i) == WSAEWOULDBLOCK) {
            was_full = TRUE;
            Sleep(1);
        }
    (void)argument;
    return 0;
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    HANDLE threads[THREADS];
    int letters = 0;
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("opening a box", letterbox_open(&box, &registrator, PLACES));
    check("registering it",
          poll_register(&poll, letterbox_source(&box), BOX, READABLE, EDGE));
    for (int i = 0; i < THREADS; i++)
        check("starting a thread",
              start_thread(&threads[i], count_sheep, NULL));
    Sleep(100); /* let them fill it */
    while (letters < SHEEP) {
        Event list[CAPACITY];
        Events events = {.list = list, .capacity = CAPACITY};
        void *letter;
        check("waiting", poll_wait(&poll, &events, INFINITE));
        while (letterbox_take(&box, &letter) == 0)
            letters++;
    }
    printf("%d sheep in %d letters; in between the box was full, and somebody "
           "waited: %s\n",
           SHEEP, letters, was_full ? "yes" : "no");
    for (int i = 0; i < THREADS; i++)
        check("joining it", join_thread(threads[i]));
    check("closing the box", letterbox_close(&box));
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    return 0;
}
