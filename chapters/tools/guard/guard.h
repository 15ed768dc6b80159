/* What a program that is linked with guard.o may ask of it. No program needs
   to: the guard works by itself. For C and C++. */
#ifndef GUARD_H
#define GUARD_H

#ifdef __cplusplus
extern "C" {
#endif

/* Operations in flight: started, and their packets not taken out. */
int guard_lent(void);

/* Operations started so far. */
int guard_started(void);

/* Blocks of memory that have been allocated and not freed. */
int guard_living(void);

/* Is this the address of a block that has not been freed? */
int guard_lives(const void *block);

/* Handles and operations that are left when the program ends are not told of
   from here on. */
void guard_end_unchecked(void);

/* Has allocations fail: is asked before each, by the name of the function. */
extern int (*guard_refuse)(const char *call);

#ifdef __cplusplus
}
#endif
#endif
