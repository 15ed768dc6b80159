/* The Test Anything Protocol, as much as prove needs.
   https://testanything.org/tap-specification.html */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_count, tap_failures;

/* One test point: its name is a printf format. Returns whether it held. */
__attribute__((format(printf, 2, 3))) static inline int
ok(int held, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    printf("%sok %d - ", held ? "" : "not ", ++tap_count);
    vprintf(name, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
    tap_failures += !held;
    return held;
}

/* Compares two numbers and, where they differ, shows both. */
__attribute__((format(printf, 3, 4))) static inline int
is(unsigned long long got, unsigned long long expected, const char *name, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, name);
    vsnprintf(text, sizeof text, name, arguments);
    va_end(arguments);
    if (!ok(got == expected, "%s", text)) {
        printf("# got %llu, expected %llu\n", got, expected);
        fflush(stdout);
    }
    return got == expected;
}

/* Ends the test program early: what follows would make no sense. */
__attribute__((noreturn)) static inline void bail(const char *why)
{
    printf("Bail out! %s\n", why);
    fflush(stdout);
    exit(255);
}

/* To be returned from main: prints the plan. A program that dies before this
   has printed none, and prove calls it failed. */
static inline int done_testing(void)
{
    printf("1..%d\n", tap_count);
    return tap_failures != 0;
}

#endif
