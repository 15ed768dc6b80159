/* What the tests of poll_register share: what the poll tells next, and what it
   doesn't. */
#ifndef READY_H
#define READY_H

#include "peers.h"
#include "readiness.h"

/* Registers with the poll of peers.h, reregisters, deregisters; ends the test if
   that fails. */
static inline void watch(Source *source, Token token, Interests interests,
                         Mode mode)
{
    must("registering", poll_register(&poll, source, token, interests, mode));
}

static inline void rewatch(Source *source, Token token, Interests interests,
                           Mode mode)
{
    must("registering anew",
         poll_reregister(&poll, source, token, interests, mode));
}

static inline void unwatch(Source *source)
{
    must("deregistering", poll_deregister(&poll, source));
}

/* The next event is this one: token and all that is ready. */
static inline Event tells(Token token, Interests ready, const char *name)
{
    Event event = next_event();
    if (!ok(event.token == token && event.ready == ready, "%s", name))
        printf("# got token %lu, ready %u, error %lu\n",
               (unsigned long)event.token, (unsigned)event.ready, event.error);
    return event;
}

static inline void tells_nothing(const char *name)
{
    ok(silence(), "%s", name);
}

/* Waits, without the poll, until what was sent must have arrived. */
static inline void let_it_arrive(void)
{
    Sleep(30);
}

/* Reads until it would block; says what came, as text. */
static inline const char *read_all(TcpStream *stream)
{
    static char text[4096];
    DWORD error, count, size = 0;
    while ((error = tcp_stream_read(stream, text + size, sizeof text - 1 - size,
                                    &count)) == 0 &&
           count > 0)
        size += count;
    text[size] = '\0';
    return text;
}

static inline void reads(TcpStream *stream, const char *expected)
{
    const char *got = read_all(stream);
    if (!ok(strcmp(got, expected) == 0, "\"%s\" is read", expected))
        printf("# got \"%s\"\n", got);
}

#endif
