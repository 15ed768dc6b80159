// steps: 08+
/* The heap of timers, and how well the selector keeps to it. */
#include "peers.h"

#include <stdlib.h>

enum { MANY = 10000 };

static Timer timers[MANY];
static unsigned seed = 7;

static unsigned chance(unsigned below)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 8) % below;
}

/* How many hang below, this one included; -1 if one is due before its parent,
   doesn't know its parent or isn't set. */
static int count_below(const Timer *timer, const Timer *parent, int depth,
                       int *deepest)
{
    if (timer == NULL)
        return 0;
    if (depth > *deepest)
        *deepest = depth;
    if (timer->parent != parent || !timer->set ||
        (parent != NULL && timer->due < parent->due))
        return -1;
    int left = count_below(timer->child[0], timer, depth + 1, deepest);
    int right = count_below(timer->child[1], timer, depth + 1, deepest);
    return left < 0 || right < 0 || right > left ? -1 : left + right + 1;
}

static int whole(const Timers *heap, int *deepest)
{
    *deepest = 0;
    return count_below(heap->root, NULL, 1, deepest) == (int)heap->count;
}

static int log_of(size_t count)
{
    int bits = 0;
    while (count >> bits != 0)
        bits++;
    return bits;
}

/* Looks at the heap after each of many random changes. */
static void at_random(int size, int changes)
{
    Timers heap = {0};
    int right = 1, deepest, deep = 1, set = 0;
    memset(timers, 0, sizeof timers);
    for (int i = 0; i < changes && right; i++) {
        Timer *timer = &timers[chance((unsigned)size)];
        if (timer->set)
            timers_remove(&heap, timer);
        else
            timers_insert(&heap, timer, chance(50));
        set += timer->set ? 1 : -1;
        right = whole(&heap, &deepest) && set == (int)heap.count;
        deep = deep && deepest <= log_of(heap.count);
    }
    ok(right, "%d timers: in order through %d random changes", size, changes);
    ok(deep, "and no deeper than a logarithm");
    unsigned long long last = 0;
    while (heap.root != NULL && right) {
        Timer *timer = heap.root;
        right = timer->due >= last;
        last = timer->due;
        timers_remove(&heap, timer);
        set--;
    }
    ok(right && set == 0, "they come out in order, each once");
}

/* What no order of setting may change. */
static void all_orders(void)
{
    int right = 1, deepest;
    for (int order = 0; order < 120; order++) {
        Timers heap = {0};
        int left = 5, rest = order, free_places[] = {0, 1, 2, 3, 4};
        memset(timers, 0, sizeof timers);
        for (int i = 0; i < 5; i++, left--) {
            int pick = rest % left;
            rest /= left;
            timers_insert(&heap, &timers[free_places[pick]],
                          (unsigned)free_places[pick]);
            free_places[pick] = free_places[left - 1];
        }
        for (int i = 0; i < 5; i++) {
            right = right && heap.root == &timers[i] && whole(&heap, &deepest);
            timers_remove(&heap, &timers[i]);
        }
    }
    ok(right, "five timers, set in each order, come in theirs");
}

static int fired, early, disorder;
static unsigned long long last_due, latest;

static BOOL on_time(Timer *timer, Event *event)
{
    unsigned long long now = now_ms();
    (void)event;
    fired++;
    early += now < timer->due;
    disorder += timer->due < last_due;
    last_due = timer->due;
    if (now - timer->due > latest && now > timer->due)
        latest = now - timer->due;
    return FALSE;
}

/* How late the machine itself is: the longest that a millisecond took another
   thread at the same time. */
static atomic_bool over;
static unsigned long long noise;

static unsigned WINAPI measure(void *unused)
{
    (void)unused;
    unsigned long long before = now_ms();
    while (!over) {
        Sleep(1);
        unsigned long long now = now_ms();
        if (now - before > noise)
            noise = now - before;
        before = now;
    }
    return 0;
}

static void ten_thousand(void)
{
    enum { SPAN = 1500, LATE = 20 };
    Selector *selector = &poll.loop->selector;
    Event event;
    Events events = {.list = &event, .capacity = 1};
    HANDLE thread;
    BOOL added;
    int added_all = 0;
    memset(timers, 0, sizeof timers);
    must("a thread", start_thread(&thread, measure, NULL));
    unsigned long long start = now_ms() + 200;
    for (int i = 0; i < MANY; i++) {
        timers[i].expired = on_time;
        must("setting", selector_set_timer(selector, &timers[i],
                                           start + chance(SPAN), &added));
        added_all += added;
    }
    is((unsigned)added_all, MANY, "ten thousand timers are set");
    /* A third is moved, a third taken back. */
    int taken = 0;
    for (int i = 0; i < MANY; i += 3) {
        must("moving", selector_set_timer(selector, &timers[i],
                                          start + chance(SPAN), &added));
        taken += added;
    }
    is((unsigned)taken, 0, "those that are moved were set before");
    for (int i = 1; i < MANY; i += 3)
        taken += selector_clear_timer(selector, &timers[i]);
    is((unsigned)taken, MANY / 3, "others are taken back");
    is((unsigned)selector_clear_timer(selector, &timers[1]), 0, "once");
    must("polling", poll_wait(&poll, &events, SPAN + 400));
    over = TRUE;
    must("joining", join_thread(thread));
    is((unsigned)fired, (unsigned)(MANY - taken), "the rest comes, each once");
    is((unsigned)early, 0, "none before its time");
    is((unsigned)disorder, 0, "in their order");
    ok(latest <= LATE + noise,
       "none more than %d ms late, but for the machine: %llu, %llu", LATE,
       latest, noise);
    is(selector->timers.count, 0, "none is left");
}

/* Timers that come between packets hold up neither. */
static BOOL tells(Timer *timer, Event *event)
{
    *event =
        (Event){.token = (Token)(timer - timers) + 1000, .ready = NOTIFIED};
    return TRUE;
}

static void with_packets(void)
{
    enum { COUNT = 100 };
    Event event;
    Events events = {.list = &event, .capacity = 1};
    static int seen[2 * COUNT];
    BOOL added;
    int all = 0;
    memset(timers, 0, sizeof timers);
    for (Token i = 0; i < COUNT; i++) {
        timers[i].expired = tells;
        must("setting", selector_set_timer(&poll.loop->selector, &timers[i],
                                           now_ms() + 1, &added));
        must("notifying", registrator_notify(&registrator, i + 1));
    }
    Sleep(5);
    for (int i = 0; i < 2 * COUNT; i++) {
        must("polling", poll_wait(&poll, &events, PATIENCE));
        if (events.count == 1)
            seen[event.token >= 1000 ? event.token - 1000
                                     : event.token - 1 + COUNT]++;
    }
    for (int i = 0; i < 2 * COUNT; i++)
        all += seen[i] == 1;
    is((unsigned)all, 2 * COUNT,
       "with room for one event, of timers and packets none is lost");
    ok(silence(), "or told twice");
}

int main(void)
{
    set_up();
    all_orders();
    at_random(7, 2000);
    at_random(100, 5000);
    at_random(1000, 5000);
    ten_thousand();
    with_packets();
    tear_down();
    return done_testing();
}
