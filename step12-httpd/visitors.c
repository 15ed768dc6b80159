#include "visitors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcpstream.h"

#define GET(target, fields) "GET /" target " HTTP/1.1\r\nHost: us\r\n" fields
#define CLOSE "Connection: close\r\n\r\n"

enum { REQUESTS = 3, HEAD = 1024 };

typedef struct Reply {
    int status;                 /* 0 if none has come */
    unsigned long long missing; /* bytes of the body that are still to come */
} Reply;

typedef struct Visitor {
    const char *text;            /* what it says; %s is the file */
    const char *asked[REQUESTS]; /* what that is, in words */
    BOOL patient;
    BOOL here;
    TcpStream stream;
    Reply replies[REQUESTS];
    int heads;     /* so many have come, and of the next one */
    size_t length; /* so many bytes: */
    char head[HEAD];
} Visitor;

static Visitor visitors[] = {
    {.text = GET("%s", "\r\n") GET("nowhere", "\r\n") GET(
         "%s", "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT\r\n" CLOSE),
     .asked = {"a file", "one that is not there", "the first, if it is newer"}},
    {.text = GET("%s", "Range: bytes=-1000\r\n" CLOSE),
     .asked = {"the last 1000 bytes of it"}},
    {.text = GET("..%%5csecret", CLOSE), .asked = {"what lies outside"}},
    {.text = "GET / HT", .asked = {"half a request, then silence"}},
    {.text = GET("%s", "\r\n"),
     .asked = {"the file, while the server stops"},
     .patient = TRUE},
};
enum { VISITORS = sizeof visitors / sizeof *visitors };

static Registrator *visitors_registrator;

static Token token_of(const Visitor *visitor)
{
    return (Token)(visitor - visitors) * 2 + 1;
}

BOOL visitors_own(Token token)
{
    return token % 2 == 1 && token / 2 < VISITORS;
}

DWORD visitors_start(Registrator *registrator, unsigned short port,
                     const char *file)
{
    char number[6], text[2048];
    DWORD error = 0;
    visitors_registrator = registrator;
    snprintf(number, sizeof number, "%u", port);
    for (Visitor *visitor = visitors;
         visitor < visitors + VISITORS && error == 0; visitor++) {
        DWORD count;
        error = tcp_stream_connect(&visitor->stream, registrator,
                                   token_of(visitor), "127.0.0.1", number);
        if (error != 0)
            break;
        visitor->here = TRUE;
        snprintf(text, sizeof text, visitor->text, file, file);
        error = tcp_stream_write(&visitor->stream, text, strlen(text), &count);
    }
    return error;
}

static void leave(Visitor *visitor)
{
    visitor->here = FALSE;
    tcp_stream_close(&visitor->stream);
}

/* A head is whole: what does it say? */
static void understand(Visitor *visitor)
{
    Reply *reply = &visitor->replies[visitor->heads++];
    const char *length = strstr(visitor->head, "\r\nContent-Length: ");
    reply->status = atoi(visitor->head + strlen("HTTP/1.1 "));
    if (length != NULL)
        reply->missing = strtoull(strchr(length, ':') + 1, NULL, 10);
    visitor->length = 0;
}

static void take_in(Visitor *visitor, const char *bytes, DWORD count)
{
    Reply *reply =
        visitor->heads > 0 ? &visitor->replies[visitor->heads - 1] : NULL;
    for (DWORD i = 0; i < count; i++)
        if (reply != NULL && reply->missing > 0)
            reply->missing--;
        else if (visitor->heads < REQUESTS && visitor->length < HEAD - 1) {
            visitor->head[visitor->length++] = bytes[i];
            visitor->head[visitor->length] = '\0';
            if (strstr(visitor->head, "\r\n\r\n") != NULL) {
                reply = &visitor->replies[visitor->heads];
                understand(visitor);
            }
        }
}

/* Reads what there is, then waits for more. A server that has hung up has said what
   it had to say. */
static DWORD read_on(Visitor *visitor)
{
    char bytes[4096];
    DWORD count, error;
    while ((error = tcp_stream_read(&visitor->stream, bytes, sizeof bytes,
                                    &count)) == 0 &&
           count > 0)
        take_in(visitor, bytes, count);
    if (error == WSAEWOULDBLOCK)
        return tcp_stream_register(&visitor->stream, visitors_registrator,
                                   token_of(visitor), READABLE);
    leave(visitor);
    return 0;
}

DWORD visitors_handle(const Event *event)
{
    Visitor *visitor = &visitors[event->token / 2];
    if (event->error == 0 && !visitor->patient)
        return read_on(visitor);
    if (event->error != 0)
        leave(visitor);
    return 0;
}

int visitors_here(void)
{
    int count = 0;
    for (int i = 0; i < VISITORS; i++)
        count += visitors[i].here;
    return count;
}

DWORD visitors_hurry(void)
{
    DWORD error = 0;
    for (int i = 0; i < VISITORS; i++)
        if (visitors[i].patient && visitors[i].here) {
            visitors[i].patient = FALSE;
            error = read_on(&visitors[i]);
        }
    return error;
}

void visitors_report(void)
{
    printf("%-33s %6s %14s\n", "asked for", "status", "bytes missing");
    for (int i = 0; i < VISITORS; i++)
        for (int k = 0; k < REQUESTS && visitors[i].asked[k] != NULL; k++)
            printf("%-33s %6d %14llu\n", visitors[i].asked[k],
                   visitors[i].replies[k].status,
                   visitors[i].replies[k].missing);
}
