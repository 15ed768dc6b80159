#include "guests.h"

#include <stdio.h>
#include <string.h>

enum { ADA, BOB, CLEO, GUESTS, HEARD = 1024 };

typedef struct Guest {
    const char *name;
    char heard[HEARD];
    DWORD length;
    BOOL here;
} Guest;

typedef struct Line {
    int guest;
    const char *text; /* NULL: leaves */
} Line;

static const Line script[] = {
    {ADA, "Ada\n"},
    {BOB, "Bob\n"},
    {CLEO, "Cleo\n"},
    {ADA, "Can you hear me?\n"},
    {BOB, "As a datagram, yes.\n"},
    {CLEO, "Out of a pipe.\n"},
    {BOB, NULL},
    {ADA, "Who is left?\n"},
    {CLEO, "You and I.\n"},
};
enum { LINES = sizeof script / sizeof *script };

static Guest guests[GUESTS] = {
    {.name = "Ada"}, {.name = "Bob"}, {.name = "Cleo"}};
static TcpStream ada;
static UdpSocket bob;
static NamedPipe cleo;
static Poll *guests_poll;
static int said, to_be_heard;

static Token token_of(int guest)
{
    return (Token)guest * 2 + 1;
}

/* What one says is heard by everybody else who is here; who says his name comes
   in, and is welcomed. */
static DWORD say_next(void)
{
    const Line *line = &script[said++];
    const char *text = line->text != NULL ? line->text : "";
    Guest *guest = &guests[line->guest];
    DWORD size = (DWORD)strlen(text), count, error;
    guest->here = line->text != NULL;
    to_be_heard = line->text != NULL && strstr(text, guest->name) == text;
    for (int i = 0; i < GUESTS; i++)
        to_be_heard += i != line->guest && guests[i].here;
    if (line->guest == ADA)
        error = tcp_stream_write(&ada, text, size, &count);
    else if (line->guest == BOB)
        error = udp_socket_send(&bob, text, size, NULL);
    else
        error = named_pipe_write(&cleo, text, size, &count);
    return error;
}

static DWORD hear(int guest, char *bytes, DWORD size, DWORD *count)
{
    if (guest == ADA)
        return tcp_stream_read(&ada, bytes, size, count);
    if (guest == BOB)
        return udp_socket_receive(&bob, bytes, size, count, NULL);
    return named_pipe_read(&cleo, bytes, size, count);
}

/* LEVEL: one read is enough, if there is more, there is another event. */
static DWORD listen_to(Guest *guest)
{
    DWORD count;
    char *bytes = guest->heard + guest->length;
    DWORD error =
        hear((int)(guest - guests), bytes, HEARD - 1 - guest->length, &count);
    if (error == WSAEWOULDBLOCK)
        return 0;
    if (error != 0)
        return error;
    if (count == 0 && strstr(guest->heard, "The room closes.\n") == NULL)
        return WSAECONNABORTED; /* the room has let him go */
    if (count == 0)
        guest->here = FALSE;
    guest->length += count;
    for (DWORD i = 0; i < count; i++)
        to_be_heard -= bytes[i] == '\n';
    return 0;
}

DWORD guests_start(Poll *poll, Registrator *registrator, unsigned short port,
                   unsigned short udp_port, const wchar_t *pipe_name)
{
    char text[6];
    guests_poll = poll;
    snprintf(text, sizeof text, "%u", port);
    DWORD error =
        tcp_stream_connect(&ada, registrator, token_of(ADA), "127.0.0.1", text);
    if (error == 0)
        error = poll_register(poll, tcp_stream_source(&ada), token_of(ADA),
                              WRITABLE, ONE_SHOT);
    if (error == 0)
        error = udp_socket_open(&bob, registrator, "127.0.0.1", "0");
    snprintf(text, sizeof text, "%u", udp_port);
    if (error == 0)
        error = udp_socket_connect(&bob, "127.0.0.1", text);
    if (error == 0)
        error = poll_register(poll, udp_socket_source(&bob), token_of(BOB),
                              READABLE, LEVEL);
    if (error == 0)
        error = named_pipe_open(&cleo, registrator, pipe_name);
    if (error == 0)
        error = poll_register(poll, named_pipe_source(&cleo), token_of(CLEO),
                              READABLE, LEVEL);
    return error;
}

DWORD guests_handle(const Event *event)
{
    DWORD error = event->error;
    int guest = (int)(event->token / 2);
    if (error == 0 && (event->ready & WRITABLE)) /* Ada is connected */
        error = poll_reregister(guests_poll, tcp_stream_source(&ada),
                                event->token, READABLE, LEVEL);
    if (error == 0 && (event->ready & READABLE))
        error = listen_to(&guests[guest]);
    if (error == 0 && to_be_heard == 0 && said < LINES)
        error = say_next();
    return error;
}

BOOL guests_are_through(void)
{
    return said == LINES && to_be_heard == 0;
}

BOOL guests_have_left(void)
{
    return !guests[ADA].here && !guests[CLEO].here;
}

void guests_report(void)
{
    for (int i = 0; i < GUESTS; i++)
        printf("%s has heard:\n%s\n", guests[i].name, guests[i].heard);
}

void guests_end(void)
{
    tcp_stream_close(&ada);
    udp_socket_close(&bob);
    named_pipe_close(&cleo);
}
