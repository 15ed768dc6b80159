#include <stdint.h>

#include "inside.h"

enum { LOAN_BUCKETS = 4096, PENDING = 0x103 };

PageNode *volatile lent_pages[PAGE_BUCKETS];
static Loan *loans[LOAN_BUCKETS];
static int on_stacks; /* loans with memory on some stack */
static volatile LONG lent_now, started_ever;
static SRWLOCK lent_lock = SRWLOCK_INIT;
static volatile DWORD lent_owner; /* of the lock */

static void lent_begin(void)
{
    AcquireSRWLockExclusive(&lent_lock);
    lent_owner = GetCurrentThreadId();
}

static void lent_end(void)
{
    lent_owner = 0;
    ReleaseSRWLockExclusive(&lent_lock);
}

static Loan **bucket_of(const OVERLAPPED *overlapped)
{
    return &loans[(ULONG_PTR)overlapped / 16 % LOAN_BUCKETS];
}

static Loan *find_loan(const OVERLAPPED *overlapped, int posted)
{
    for (Loan *loan = *bucket_of(overlapped); loan != NULL; loan = loan->next)
        if (loan->overlapped == overlapped && loan->posted == posted)
            return loan;
    return NULL;
}

static void list_part(Part *part)
{
    ULONG_PTR first = (ULONG_PTR)part->start / PAGE;
    ULONG_PTR last = ((ULONG_PTR)part->start + part->size - 1) / PAGE;
    for (ULONG_PTR page = first; page <= last; page++) {
        PageNode *node = own(sizeof *node);
        *node = (PageNode){lent_pages[page % PAGE_BUCKETS], page, part};
        lent_pages[page % PAGE_BUCKETS] = node;
    }
}

static void give_back(Part *part)
{
    if (part->size == 0)
        return;
    ULONG_PTR first = (ULONG_PTR)part->start / PAGE;
    ULONG_PTR last = ((ULONG_PTR)part->start + part->size - 1) / PAGE;
    for (ULONG_PTR page = first; page <= last; page++) {
        PageNode *volatile *at = &lent_pages[page % PAGE_BUCKETS];
        while ((*at)->page != page || (*at)->part != part)
            at = (PageNode *volatile *)&(*at)->next;
        PageNode *node = *at;
        *at = node->next;
        disown(node);
    }
    part->size = 0;
}

/* Takes it out of all lists. */
static void forget(Loan *loan)
{
    Loan **at = bucket_of(loan->overlapped);
    while (*at != loan)
        at = &(*at)->next;
    *at = loan->next;
    for (int i = 0; i < loan->parts; i++)
        give_back(&loan->part[i]);
    on_stacks -= loan->on_stack;
    if (!loan->posted)
        InterlockedDecrement(&lent_now);
    disown(loan);
}

/* Without a packet to wait for, the operation has ended when the system has
   said so in its OVERLAPPED. */
static int over(const Loan *loan)
{
    return !loan->posted && !loan->starting &&
           (loan->port == NULL || loan->unannounced) &&
           *(volatile ULONG_PTR *)&loan->overlapped->Internal != PENDING;
}

static int on_this_stack(const void *address)
{
    ULONG_PTR low, high;
    GetCurrentThreadStackLimits(&low, &high);
    return (ULONG_PTR)address >= low && (ULONG_PTR)address < high;
}

static unsigned sum_of(const Loan *loan)
{
    unsigned sum = 2166136261u;
    for (int i = 0; i < loan->parts; i++)
        if (loan->part[i].kind == PART_SENDS)
            for (size_t k = 0; k < loan->part[i].size; k++)
                sum = (sum ^ (unsigned char)loan->part[i].start[k]) * 16777619u;
    return sum;
}

/* The part that shares memory with this range, of a loan that isn't over; one
   that is over is forgotten. */
static Part *find_part(const char *start, size_t size,
                       int (*minds)(PartKind, int), int how)
{
    ULONG_PTR first = (ULONG_PTR)start / PAGE;
    ULONG_PTR last = ((ULONG_PTR)start + size - (size > 0)) / PAGE;
    for (ULONG_PTR page = first; page <= last; page++)
    again:
        for (PageNode *node = lent_pages[page % PAGE_BUCKETS]; node != NULL;
             node = node->next) {
            Part *part = node->part;
            if (node->page != page || part->start >= start + size ||
                start >= part->start + part->size || !minds(part->kind, how))
                continue;
            if (!over(part->loan))
                return part;
            forget(part->loan);
            goto again;
        }
    return NULL;
}

static const char *part_name(PartKind kind)
{
    return kind == PART_OVERLAPPED ? "the OVERLAPPED"
           : kind == PART_POSTED   ? "the memory behind the pointer"
                                   : "the buffer";
}

static Loan *new_loan(const void *caller, const char *call,
                      OVERLAPPED *overlapped, HANDLE handle)
{
    Loan *loan = own(sizeof *loan);
    loan->call = call;
    loan->place = place_of(caller);
    loan->overlapped = overlapped;
    loan->handle = handle;
    loan->thread = GetCurrentThreadId();
    return loan;
}

static void enlist(Loan *loan)
{
    Loan **bucket = bucket_of(loan->overlapped);
    loan->next = *bucket;
    *bucket = loan;
}

static void add_part(Loan *loan, PartKind kind, const void *start, size_t size)
{
    if (size == 0 || loan->parts == LOAN_PARTS)
        return;
    Part *part = &loan->part[loan->parts++];
    *part = (Part){.kind = kind, .start = start, .size = size, .loan = loan};
    list_part(part);
    if (!on_this_stack(start))
        return;
    part->on_stack =
        intercept_frame(NULL, (const char *)start + size - 1, &part->frame);
    on_stacks += !loan->on_stack && part->on_stack;
    loan->on_stack |= part->on_stack;
}

Start lend(const void *caller, const char *call, HANDLE handle,
           OVERLAPPED *overlapped)
{
    KEEP_ERROR;
    Loan *loan = new_loan(caller, call, overlapped, handle);
    loan->port = port_of(handle);
    loan->unannounced = (ULONG_PTR)overlapped->hEvent & 1;
    lent_begin();
    Loan *before = find_loan(overlapped, 0);
    if (before != NULL && over(before)) {
        forget(before);
        before = NULL;
    }
    if (before != NULL)
        fault(RULE_ONE_START, &loan->place, before, NULL, NULL,
              "starts %s with an OVERLAPPED that is in flight", call);
    Loan *posted = find_loan(overlapped, 1);
    if (posted != NULL)
        fault(RULE_POSTED, &loan->place, posted, NULL, NULL,
              "starts %s with a pointer that waits in a port already", call);
    loan->starting = 1;
    loan->serial = (ULONG)started_ever;
    enlist(loan);
    InterlockedIncrement(&lent_now);
    InterlockedIncrement(&started_ever);
    add_part(loan, PART_OVERLAPPED, overlapped, sizeof *overlapped);
    Start start = {overlapped, handle, loan, loan->serial};
    lent_end();
    return start;
}

static int shares(PartKind there, int receives)
{
    return receives ? there != PART_POSTED : there == PART_RECEIVES;
}

void lend_memory(Start start, PartKind kind, const void *memory, size_t size)
{
    KEEP_ERROR;
    Loan *loan = start.loan; /* as the call hasn't been made, it is there */
    lent_begin();
    Part *other = find_part(memory, size, shares, kind == PART_RECEIVES);
    if (other != NULL && other->loan != loan)
        fault(RULE_ONE_BUFFER, &loan->place, other->loan, NULL, NULL,
              "starts %s with a buffer that is lent already", loan->call);
    add_part(loan, kind, memory, size);
    if (kind == PART_SENDS)
        loan->sum = sum_of(loan);
    lent_end();
}

void lend_routine(Start start, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    start.loan->routine = routine;
}

/* Does a packet come although the start failed? Then the failure is a warning:
   the message was longer than the buffer. */
static int is_warning(DWORD error)
{
    return error == ERROR_MORE_DATA || error == WSAEMSGSIZE;
}

/* A packet that was announced may have been taken out by another thread before
   the call returned, and the same OVERLAPPED started anew. */
void lent(Start start, int succeeded, DWORD error)
{
    KEEP_ERROR;
    int skipped = succeeded && skips_packets(start.handle);
    HANDLE port = port_of(start.handle);
    lent_begin();
    Loan *loan = find_loan(start.overlapped, 0);
    if (loan != NULL && loan->serial == start.serial) {
        loan->starting = 0;
        int pending = !succeeded && error == ERROR_IO_PENDING;
        int announced =
            (succeeded || is_warning(error)) && !skipped &&
            (loan->routine != NULL || (port != NULL && !loan->unannounced));
        if (!pending && !announced)
            forget(loan);
    }
    lent_end();
}

void taken(const void *caller, HANDLE port, OVERLAPPED *overlapped)
{
    KEEP_ERROR;
    if (overlapped == NULL)
        return;
    lent_begin();
    Loan *loan = find_loan(overlapped, 0);
    Loan *posted = find_loan(overlapped, 1);
    if (loan == NULL && posted == NULL) {
        Place here = place_of(caller);
        fault(RULE_KNOWN_PACKET, &here, NULL, NULL, NULL,
              "takes out a packet with the pointer %p, which no operation was "
              "started with and nobody here has posted",
              (void *)overlapped);
    }
    if (loan != NULL && loan->sum != 0 && loan->sum != sum_of(loan)) {
        Place here = place_of(caller);
        fault(RULE_HANDS_OFF, &here, loan, NULL, NULL,
              "takes out the packet of a %s whose buffer was changed in the "
              "meantime",
              loan->call);
    }
    (void)port;
    forget(loan != NULL ? loan : posted);
    lent_end();
}

void result_seen(OVERLAPPED *overlapped)
{
    KEEP_ERROR;
    lent_begin();
    Loan *loan = find_loan(overlapped, 0);
    if (loan != NULL && over(loan))
        forget(loan);
    else if (loan != NULL) /* the packet is still to come */
        for (int i = 0; i < loan->parts; i++)
            if (loan->part[i].kind != PART_OVERLAPPED) {
                give_back(&loan->part[i]);
                loan->sum = 0;
            }
    lent_end();
}

LPWSAOVERLAPPED_COMPLETION_ROUTINE routine_runs(OVERLAPPED *overlapped)
{
    KEEP_ERROR;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = NULL;
    lent_begin();
    Loan *loan = find_loan(overlapped, 0);
    if (loan != NULL) {
        routine = loan->routine;
        forget(loan);
    }
    lent_end();
    return routine;
}

/* A packet may be posted with any pointer, or with what only looks like one;
   only one to an OVERLAPPED that is all zeros is taken for an operation. */
static int is_operation(const OVERLAPPED *overlapped)
{
    static const OVERLAPPED zero;
    OVERLAPPED seen;
    SIZE_T size;
    return ReadProcessMemory(GetCurrentProcess(), overlapped, &seen,
                             sizeof seen, &size) &&
           size == sizeof seen && memcmp(&seen, &zero, sizeof seen) == 0;
}

Loan *post(const void *caller, HANDLE port, OVERLAPPED *overlapped)
{
    KEEP_ERROR;
    if (overlapped == NULL)
        return NULL;
    Loan *loan =
        new_loan(caller, "PostQueuedCompletionStatus", overlapped, port);
    int operation = is_operation(overlapped);
    loan->port = port;
    loan->posted = 1;
    lent_begin();
    Loan *started = find_loan(overlapped, 0);
    if (started != NULL && !over(started))
        fault(RULE_POSTED, &loan->place, started, NULL, NULL,
              "posts a packet with the pointer of an operation in flight");
    enlist(loan);
    if (operation)
        add_part(loan, PART_POSTED, overlapped, sizeof *overlapped);
    lent_end();
    return loan;
}

void unpost(Loan *posted)
{
    KEEP_ERROR;
    if (posted == NULL)
        return;
    lent_begin();
    forget(posted);
    lent_end();
}

void lent_to_port(HANDLE handle, HANDLE port)
{
    KEEP_ERROR;
    lent_begin();
    for (int i = 0; i < LOAN_BUCKETS; i++)
        for (Loan *loan = loans[i], *next; loan != NULL; loan = next) {
            next = loan->next;
            if (handle != NULL && loan->handle == handle && !loan->posted)
                loan->port = port;
            if (handle == NULL && loan->port == port) {
                loan->port = NULL;
                if (loan->posted)
                    forget(loan);
            }
        }
    lent_end();
}

static int anything(PartKind kind, int unused)
{
    (void)kind;
    (void)unused;
    return 1;
}

void freed_while_lent(const void *caller, const void *start, size_t size)
{
    KEEP_ERROR;
    if (lent_owner == GetCurrentThreadId())
        return;
    lent_begin();
    Part *part = find_part(start, size, anything, 0);
    if (part != NULL) {
        Place here = place_of(caller);
        fault(part->loan->posted ? RULE_POSTED : RULE_OUTLIVE, &here,
              part->loan, NULL, NULL, "frees %s of %s", part_name(part->kind),
              part->loan->posted ? "a packet that waits in a port"
                                 : "an operation in flight");
    }
    lent_end();
}

static int minds(PartKind kind, int writes)
{
    return writes || kind == PART_RECEIVES;
}

/* Has the function returned on whose stack this is? Its frame is no longer
   there then, or another's in its place. */
static int is_dead(const Part *part, const void *caller)
{
    InterceptFrame now;
    return !intercept_frame(caller, part->start + part->size - 1, &now) ||
           now.function != part->frame.function || now.end != part->frame.end;
}

void touched(const void *caller, const void *start, size_t size, int writes)
{
    KEEP_ERROR;
    if (lent_owner == GetCurrentThreadId())
        return;
    lent_begin();
    Part *part = find_part(start, size, minds, writes);
    if (part != NULL) {
        Place here = place_of(caller);
        int dead = part->on_stack &&
                   part->loan->thread == GetCurrentThreadId() &&
                   is_dead(part, caller);
        if (dead)
            fault(RULE_OUTLIVE, &here, part->loan, NULL, NULL,
                  "uses the stack where %s of an operation in flight was: its "
                  "function has returned",
                  part_name(part->kind));
        fault(part->loan->posted ? RULE_POSTED : RULE_HANDS_OFF, &here,
              part->loan, NULL, NULL, "%s %s of %s",
              writes ? "writes to" : "looks into", part_name(part->kind),
              part->loan->posted ? "a packet that waits in a port"
                                 : "an operation in flight");
    }
    lent_end();
}

/* A part on this thread's stack, all of it or only that of functions that have
   returned. */
static Part *dead_part(const void *caller, int all)
{
    for (int i = 0; i < LOAN_BUCKETS; i++)
        for (Loan *loan = loans[i]; loan != NULL; loan = loan->next)
            if (loan->on_stack && loan->thread == GetCurrentThreadId() &&
                !over(loan))
                for (int k = 0; k < loan->parts; k++)
                    if (loan->part[k].size > 0 && loan->part[k].on_stack &&
                        (all || is_dead(&loan->part[k], caller)))
                        return &loan->part[k];
    return NULL;
}

void check_stack(const void *caller, int all)
{
    KEEP_ERROR;
    if (on_stacks == 0 || lent_owner == GetCurrentThreadId())
        return;
    lent_begin();
    Part *part = dead_part(caller, all);
    if (part != NULL) {
        Place here = {.depth = 0};
        if (!all)
            here = place_of(caller);
        const char *whose = part->loan->posted ? "a packet that waits in a port"
                                               : "an operation in flight";
        fault(part->loan->posted ? RULE_POSTED : RULE_OUTLIVE,
              all ? NULL : &here, part->loan, NULL, NULL,
              all ? "the thread ends on whose stack %s of %s is"
                  : "%s of %s is on the stack of a function that has returned",
              part_name(part->kind), whose);
    }
    lent_end();
}

void check_lent_at_end(void)
{
    KEEP_ERROR;
    lent_begin();
    for (int i = 0; i < LOAN_BUCKETS; i++)
        for (Loan *loan = loans[i]; loan != NULL; loan = loan->next)
            if (!loan->posted && !over(loan))
                fault(RULE_END, NULL, loan, NULL, NULL,
                      "the program ends with %s in flight", loan->call);
    lent_end();
}

int guard_lent(void)
{
    return (int)lent_now;
}

int guard_started(void)
{
    return (int)started_ever;
}
