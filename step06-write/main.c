/* Step 6: writes to two readers at once, one of them asleep. With HOST:PORT FILE
   it sends the file to a server and prints what comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "poll.h"
#include "tcpstream.h"
#include "transfer.h"

enum {
    AWAKE,
    ASLEEP,
    READERS,
    TOTAL = 16 * 1024 * 1024, /* bytes for each: more than the system takes */
    PIECE = 10000,            /* and how many of them we write at a time */
    BEAT = 200,               /* milliseconds */
    BEATS = 5                 /* for which one reader sleeps */
};

/* Somebody at the other end of a connection, on a thread that reads. */
typedef struct Reader {
    const char *name;
    SOCKET listener;
    HANDLE thread;
    TcpStream stream; /* our end */
    DWORD written;
    DWORD wrong; /* bytes that came but not as sent, or did not come */
} Reader;

static HANDLE alarm_clock; /* a port: the sleeper waits for its packet */

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

/* What is sent: each byte tells its place well enough. */
static char byte_at(DWORD position)
{
    return (char)(position ^ position >> 8 ^ position >> 16);
}

static void sleep_until_called(void)
{
    OVERLAPPED_ENTRY packet;
    ULONG count;
    check("sleeping", get_queued_completion_status_ex(alarm_clock, &packet, 1,
                                                      &count, INFINITE));
}

static unsigned WINAPI read_all(void *argument)
{
    Reader *reader = argument;
    char buffer[16384];
    DWORD position = 0;
    struct sockaddr_in from;
    SOCKET s;
    int got;
    check("accepting", accept_socket(reader->listener, &from, &s));
    if (strcmp(reader->name, "asleep") == 0)
        sleep_until_called();
    while ((got = recv(s, buffer, sizeof buffer, 0)) > 0)
        for (int i = 0; i < got; i++)
            reader->wrong += buffer[i] != byte_at(position++);
    check("reading", got == 0 ? 0 : (DWORD)WSAGetLastError());
    reader->wrong += TOTAL - position;
    close_socket(s);
    return 0;
}

static void start_reader(Reader *reader, const char *name)
{
    struct sockaddr_in address;
    char port[8];
    *reader = (Reader){.name = name};
    check("listening", loopback_listen(&reader->listener, &address));
    check("starting a reader", start_thread(&reader->thread, read_all, reader));
    sprintf(port, "%u", ntohs(address.sin_port));
    check("connecting", tcp_stream_connect(&reader->stream, "127.0.0.1", port));
}

/* Writes until all is written or the stream is full. */
static DWORD write_more(Reader *reader)
{
    char piece[PIECE];
    while (reader->written < TOTAL) {
        DWORD size = TOTAL - reader->written;
        DWORD count;
        if (size > PIECE)
            size = PIECE;
        for (DWORD i = 0; i < size; i++)
            piece[i] = byte_at(reader->written + i);
        DWORD error = tcp_stream_write(&reader->stream, piece, size, &count);
        reader->written += count;
        if (error != 0)
            return error;
    }
    return tcp_stream_shutdown(&reader->stream);
}

/* FALSE once the reader has seen the end and closed. */
static BOOL serve(Reader *reader, Registrator *registrator, const Event *event)
{
    check(reader->name, event->error);
    if (event->ready == READABLE) {
        check("joining", join_thread(reader->thread));
        check("closing", close_socket(reader->listener));
        check("closing", tcp_stream_close(&reader->stream));
        return FALSE;
    }
    DWORD error = write_more(reader);
    if (error == WSAEWOULDBLOCK)
        error = tcp_stream_register(&reader->stream, registrator, event->token,
                                    WRITABLE);
    check(reader->name, error);
    return TRUE;
}

/* A line every BEAT milliseconds, on time whoever reads or doesn't. */
static void beat(int number, int running, Reader *asleep)
{
    DWORD unsent;
    printf("beat %d\n", number);
    if (number < BEATS)
        return;
    check("asking", tcp_stream_unsent(&asleep->stream, &unsent));
    printf("%d still reading; we hold %lu bytes, none over the mark of %d\n",
           running, unsent, CONNECTION_MARK);
    check("waking", post_queued_completion_status(alarm_clock, 0, 0, NULL));
}

static void write_to_two(void)
{
    Poll poll;
    Registrator registrator;
    Reader readers[READERS];
    Event list[READERS];
    Events events = {.list = list, .capacity = READERS};
    int running = READERS;
    int beats = 0;

    check("creating a port", create_completion_port(&alarm_clock));
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    start_reader(&readers[AWAKE], "awake");
    start_reader(&readers[ASLEEP], "asleep");
    for (Token i = 0; i < READERS; i++)
        check("registering",
              tcp_stream_register(&readers[i].stream, &registrator, i,
                                  READABLE | WRITABLE));
    unsigned long long next = GetTickCount64() + BEAT;
    while (running > 0) {
        unsigned long long now = GetTickCount64();
        if (now >= next && beats < BEATS) {
            beat(++beats, running, &readers[ASLEEP]);
            next += BEAT;
        }
        check("waiting", poll_wait(&poll, &events,
                                   beats == BEATS ? INFINITE
                                   : now < next   ? (DWORD)(next - now)
                                                  : 0));
        for (ULONG i = 0; i < events.count; i++)
            running -= !serve(&readers[list[i].token], &registrator, &list[i]);
    }
    for (int i = 0; i < READERS; i++)
        printf("%s: read %d bytes, %lu of them wrong\n", readers[i].name, TOTAL,
               readers[i].wrong);
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
    check("closing", close_handle(alarm_clock));
}

int main(int argc, char **argv)
{
    int wide_argc;
    /* Where the code page lacks a character, main's own have another. */
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &wide_argc);
    check("starting", wide == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0);
    if (argc != 1 && argc != 3) {
        fprintf(stderr,
                "usage: write [HOST:PORT FILE]\n"
                "Sends the file to a server and prints what comes back. "
                "Without arguments: a demonstration.\n");
        return 2;
    }
    check("starting Winsock", wsa_startup());
    int status = 0;
    if (argc == 3)
        status = transfer(argv[1], wide[2]);
    else
        write_to_two();
    check("stopping Winsock", wsa_cleanup());
    return status;
}
