/* A scenario with its first, second, third and so on call failing, until it passes
   with none failed. Each time the error must be the one that the step reports, the
   rest must go on to its end, and nothing may be left behind. After guard.h. */
#ifndef EACH_CALL_H
#define EACH_CALL_H

#include "faults.h"
#include "handles.h"
#include "tap.h"

static DWORD first; /* the first error that was reported */

/* Notes an error. TRUE if there is none. */
static inline BOOL good(DWORD error)
{
    if (first == 0)
        first = error;
    return error == 0;
}

/* The calls that failed last can be made again: it was not a call that gives
   something back, which is done even if it says that it failed. */
static inline BOOL again(void)
{
    return fault_call != NULL && strcmp(fault_call, "CloseHandle") != 0;
}

/* harmless says for which calls a failure may be of no matter, so that nothing
   is reported. That may happen unreported times. */
static inline void each_call_fails(void (*run)(void), const char *name,
                                   BOOL (*harmless)(const char *call),
                                   int unreported)
{
    fault_arm(0);
    first = 0;
    run();
    if (!is(first, 0, "%s: passes when no call fails", name))
        return;
    int live = guard_living(), handles = handle_count(), quiet = 0;
    for (int n = 1;; n++) {
        first = 0;
        fault_arm(n);
        run();
        if (fault_call == NULL)
            break;
        int reported = first == fault_code;
        if (first == 0 && harmless(fault_call))
            reported = ++quiet <= unreported;
        ok(reported && guard_living() == live && handle_count() == handles &&
               guard_lent() == 0,
           "%s: call %d, %s, fails with %lu", name, n, fault_call, fault_code);
        if (!reported)
            printf("# reported is %lu\n", first);
        if (guard_living() != live || handle_count() != handles)
            printf("# left: %d blocks, %d handles\n", guard_living() - live,
                   handle_count() - handles);
    }
    fault_arm(0);
    is(first, 0, "%s: passes when its last call has not failed", name);
    ok(quiet >= (unreported > 0) && quiet <= unreported,
       "%s: %d failures are of no matter", name, quiet);
}

#endif
