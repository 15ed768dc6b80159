#include "timers.h"

/* Where the timer hangs. */
static Timer **link_to(Timers *timers, const Timer *timer)
{
    Timer *parent = timer->parent;
    if (parent == NULL)
        return &timers->root;
    return &parent->child[parent->child[1] == timer];
}

/* Where the heap's last place is, by its number: 1 is the root, the places below
   n are 2n and 2n + 1. So the bits of a number, the first left out, are the way
   down to it. */
static Timer **last_link(Timers *timers, Timer **parent)
{
    Timer **link = &timers->root;
    size_t bit = 1;
    *parent = NULL;
    while (bit <= timers->count / 2)
        bit *= 2;
    while (bit /= 2) {
        *parent = *link;
        link = &(*link)->child[(timers->count & bit) != 0];
    }
    return link;
}

/* Puts a timer, with what hangs below it, where link is. */
static void hang(Timer **link, Timer *timer, Timer *parent)
{
    *link = timer;
    if (timer != NULL)
        timer->parent = parent;
}

/* Swaps a timer with its parent. */
static void rise(Timers *timers, Timer *timer)
{
    Timer *parent = timer->parent;
    int side = parent->child[1] == timer;
    Timer *other = parent->child[!side];
    Timer *below[2] = {timer->child[0], timer->child[1]};
    hang(link_to(timers, parent), timer, parent->parent);
    hang(&timer->child[side], parent, timer);
    hang(&timer->child[!side], other, timer);
    hang(&parent->child[0], below[0], parent);
    hang(&parent->child[1], below[1], parent);
}

static void settle(Timers *timers, Timer *timer)
{
    while (timer->parent != NULL && timer->due < timer->parent->due)
        rise(timers, timer);
    for (;;) {
        Timer *first = timer->child[0];
        Timer *second = timer->child[1];
        if (second != NULL && second->due < first->due)
            first = second;
        if (first == NULL || first->due >= timer->due)
            return;
        rise(timers, first);
    }
}

void timers_insert(Timers *timers, Timer *timer, unsigned long long due)
{
    Timer *parent;
    timer->due = due;
    timer->set = TRUE;
    timer->child[0] = timer->child[1] = NULL;
    timers->count++;
    Timer **link = last_link(timers, &parent);
    hang(link, timer, parent);
    settle(timers, timer);
}

void timers_remove(Timers *timers, Timer *timer)
{
    Timer *parent;
    Timer **link = last_link(timers, &parent);
    Timer *last = *link;
    *link = NULL;
    timers->count--;
    timer->set = FALSE;
    if (last == timer)
        return;
    /* The last one takes the place that has become free. */
    hang(link_to(timers, timer), last, timer->parent);
    hang(&last->child[0], timer->child[0], last);
    hang(&last->child[1], timer->child[1], last);
    settle(timers, last);
}
