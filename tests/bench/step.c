/* The echo server of the step that this is linked with. For each line on its
   standard input it prints how many bytes it has allocated: the step's layers, and
   echo.c, which is compiled with names of its own for calloc and free. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "echo.h"

enum { CAPACITY = 64 };

static long long layers, program;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);
void *program_calloc(size_t count, size_t size);
void program_free(void *block);

static void *counted(long long *where, void *block)
{
    if (block != NULL)
        *where += (long long)_msize(block);
    return block;
}

static void release(long long *where, void *block)
{
    if (block == NULL)
        return;
    *where -= (long long)_msize(block);
    __real_free(block);
}

void *__wrap_malloc(size_t size)
{
    return counted(&layers, __real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return counted(&layers, __real_calloc(count, size));
}

void __wrap_free(void *block)
{
    release(&layers, block);
}

void *program_calloc(size_t count, size_t size)
{
    return counted(&program, __real_calloc(count, size));
}

void program_free(void *block)
{
    release(&program, block);
}

static unsigned WINAPI tell(void *unused)
{
    int c;
    while ((c = getchar()) != EOF)
        if (c == '\n') {
            printf("%lld %lld\n", layers, program);
            fflush(stdout);
        }
    return (unused != NULL);
}

static void check(const char *what, DWORD error)
{
    if (error == 0)
        return;
    fprintf(stderr, "%s: error %lu\n", what, error);
    exit(1);
}

int main(void)
{
    Poll poll;
    Registrator registrator;
    Echo echo;
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    unsigned short port;
    check("starting Winsock", wsa_startup());
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    check("listening", echo_open(&echo, &registrator, "0"));
    check("asking for the port", tcp_listener_port(&echo.listener, &port));
    printf("%u\n", port);
    fflush(stdout);
    HANDLE thread;
    check("starting a thread", start_thread(&thread, tell, NULL));
    for (;;) {
        check("waiting", poll_wait(&poll, &events, INFINITE));
        for (ULONG i = 0; i < events.count; i++)
            echo_handle(&echo, &list[i]);
    }
}
