/* For the checkers of the exercises: chapters/NN-name/exercises/N-name/check.c
   includes this and defines examine(). It is a header of its own kind: it names
   no Win32 type, so that a checker can use the exercise's hand-written ones. */
#ifndef CHECK_H
#define CHECK_H

/* What check.c lends to the checker. A table and not functions: the student's
   code is linked into the same program and must not find them by name. */
typedef struct Checker {
    __attribute__((format(printf, 1, 2))) void (*stage)(const char *format,
                                                        ...);
    __attribute__((format(printf, 3, 4))) int (*expect)(int held,
                                                        const char *name,
                                                        const char *lesson,
                                                        ...);
    void (*give_up)(void);
    __attribute__((format(printf, 2, 3))) void (*require)(int held,
                                                          const char *lesson,
                                                          ...);
    void (*in_thread)(void (*work)(void *), void *argument);
    unsigned long (*milliseconds)(void);
    void (*sleep)(unsigned long milliseconds);
    void (*end)(void);
} Checker;

/* The checker's only entry. */
void examine(const Checker *table);

__attribute__((unused)) static const Checker *check_table;

__attribute__((unused)) static void check_end(const Checker **table)
{
    (*table)->end();
}

/* To be the first line of examine(). Where examine() returns, the plan is
   printed: not where the student's code jumps out of it. */
#define BEGIN(table)                                                 \
    __attribute__((cleanup(check_end))) const Checker *check_scope = \
        check_table = (table)

/* What is being looked at from here on: shown when the student's code crashes,
   hangs or exits. Each stage may take three seconds, the whole check nine.
       stage("a wait of %d ms", 300) */
#define stage(...) check_table->stage(__VA_ARGS__)

/* One test point. The lesson says what was seen, and asks the question that
   leads to the fault. Returns whether it held.
       expect(error == 0, "the read starts", "it failed with %lu: ...", error) */
#define expect(held, ...) check_table->expect((held) != 0, __VA_ARGS__)

/* The same, but the check ends here if it didn't hold: what follows would make
   no sense. */
#define need(held, ...)                 \
    do {                                \
        if (!expect(held, __VA_ARGS__)) \
            check_table->give_up();     \
    } while (0)

/* What has to be so before anything can be looked at: no test point unless it
   is not so, and then the last one.
       require(loopback_pair(pair) == 0, "no pair of sockets could be made") */
#define require(held, ...) check_table->require((held) != 0, __VA_ARGS__)

/* For a call tagged // wrap: NAME, which a header has declared: declares
   __wrap_NAME, to be defined, and __real_NAME. */
#define WRAPPED(name) __typeof__(name) __real_##name, __wrap_##name

/* Runs work(argument) in another thread. */
#define in_thread(work, argument) check_table->in_thread(work, argument)

/* A clock that starts at 0, and a pause. */
#define milliseconds() check_table->milliseconds()
#define pause_ms(time) check_table->sleep(time)

/* Waits until the condition holds; at most so many milliseconds.
       wait_until(polled, 1000); */
#define wait_until(condition, patience)                             \
    for (unsigned long check_start = milliseconds();                \
         !(condition) && milliseconds() - check_start < (patience); \
         pause_ms(1)) {                                             \
    }

#endif
