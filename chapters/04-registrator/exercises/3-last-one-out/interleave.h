/* Runs one function in the middle of another, as a second thread may at any
   time. The processor's trap flag stops a thread behind each instruction, so
   the second function can be run behind the first instruction, the second, the
   third ... and a race that is a few instructions wide is found every time. */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include <stddef.h>
#include <string.h>

#include "check.h"

enum { INTERLEAVE_PATIENCE_MS = 20, INTERLEAVE_WATCHED = 512 };

/* What Windows hands to an exception handler. Of CONTEXT only two fields. */
typedef struct TrapRecord {
    unsigned long code;
} TrapRecord;

typedef struct TrapContext {
    char before[0x44];
    unsigned long flags;
    char between[0xF8 - 0x48];
    const unsigned char *instruction; /* the next one */
} TrapContext;

typedef struct TrapPointers {
    TrapRecord *record;
    TrapContext *context;
} TrapPointers;

void *__stdcall AddVectoredExceptionHandler(
    unsigned long first, long(__stdcall *handler)(TrapPointers *));

static void (*interleave_second)(void);
static volatile int interleave_left = -1; /* stops to go; -1: none to make */
static volatile int interleave_running, interleave_stopped;

/* Memory of which each write is a stop, or NULL if each instruction is. */
static char *interleave_watched;
static size_t interleave_size;
static char interleave_old[INTERLEAVE_WATCHED];
static const unsigned char *interleave_last; /* the instruction just done */

static void interleave_thread(void *unused)
{
    (void)unused;
    interleave_second();
    interleave_running = 0;
}

/* Runs the second function, once. It may wait for something that the first one
   holds, such as a lock; then it finishes later. To be called from the wrapped
   system calls of the first function as well: they are not stepped through. */
static void interleave_now(void)
{
    /* In one step: this function may be stepped through, too. */
    if (__sync_lock_test_and_set(&interleave_left, -1) < 0)
        return;
    interleave_running = 1;
    in_thread(interleave_thread, NULL);
    unsigned long start = milliseconds();
    while (interleave_running &&
           milliseconds() - start < INTERLEAVE_PATIENCE_MS)
        pause_ms(0);
}

/* Does the processor keep others away from the memory during this one? */
static int interleave_is_locked(const unsigned char *code)
{
    const unsigned char lock = 0xF0, rex = 0x40, xchg_byte = 0x86, xchg = 0x87;
    while (*code != '\0' && strchr("\x66\xF2\xF3\x2E\x36\x3E\x26", *code))
        code++;
    if (*code == lock)
        return 1;
    if ((*code & 0xF0) == rex)
        code++;
    return *code == xchg || *code == xchg_byte;
}

/* The last instruction has changed watched memory, without a lock. So what the
   others do may fall between its reading and its writing: have it so. */
static void interleave_tear(void)
{
    char new[INTERLEAVE_WATCHED], old[INTERLEAVE_WATCHED];
    memcpy(new, interleave_watched, interleave_size);
    memcpy(old, interleave_old, interleave_size);
    memcpy(interleave_watched, old, interleave_size);
    interleave_now();
    for (size_t i = 0; i < interleave_size; i++)
        if (new[i] != old[i])
            interleave_watched[i] = new[i];
}

static void interleave_stop(void)
{
    if (interleave_watched != NULL) {
        if (!memcmp(interleave_watched, interleave_old, interleave_size))
            return;
        if (interleave_left > 0 || interleave_is_locked(interleave_last)) {
            memcpy(interleave_old, interleave_watched, interleave_size);
            interleave_left -= !interleave_is_locked(interleave_last);
            return;
        }
    } else if (interleave_left > 0) {
        interleave_left--;
        return;
    }
    interleave_stopped = 1;
    if (interleave_watched != NULL)
        interleave_tear();
    else
        interleave_now();
}

static long __stdcall interleave_trap(TrapPointers *pointers)
{
    const unsigned long single_step = 0x80000004, trap_flag = 0x100;
    if (pointers->record->code != single_step)
        return 0; /* continue the search for a handler */
    if (interleave_left >= 0)
        interleave_stop();
    if (interleave_left >= 0)
        pointers->context->flags |= trap_flag;
    interleave_last = pointers->context->instruction;
    return -1; /* continue the program */
}

/* Runs both, the second in another thread when the first has come so many
   stops far. If there are not that many, the second runs at the first one's
   next system call or after it; returns whether there were. A stop is an
   instruction or, if memory isn't NULL, a write to it that isn't atomic. */
static int interleave(int stops, void (*first)(void), void (*second)(void),
                      void *memory, size_t size)
{
    static void *handler;
    if (handler == NULL)
        handler = AddVectoredExceptionHandler(1, interleave_trap);
    interleave_second = second;
    interleave_stopped = 0;
    interleave_watched = memory;
    interleave_size = size < INTERLEAVE_WATCHED ? size : INTERLEAVE_WATCHED;
    if (memory != NULL)
        memcpy(interleave_old, memory, interleave_size);
    interleave_left = stops;
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::
                         : "memory", "cc");
    first();
    int reached = interleave_stopped;
    interleave_now();
    unsigned long start = milliseconds();
    while (interleave_running && milliseconds() - start < 1000)
        pause_ms(0);
    return reached;
}

#endif
