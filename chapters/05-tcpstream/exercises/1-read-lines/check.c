// sizes: Line Line.text Line.size
/* Sends bytes in pieces of its own choice, each taken out by a read of its own,
   and writes down the lines that come out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lines.h"
#include "loopback.h"
#include "poll.h"

enum { GUARD = 64, LINES_MAX = 400, HEARD = 6000 };

#define SO_LINGER 0x80
#define SOL_SOCKET 0xFFFF

int WINAPI setsockopt(SOCKET, int, int, const char *, int);

extern const unsigned long long size_of_Line, offset_of_Line_text,
    offset_of_Line_size;

typedef struct Talk {
    TcpStream stream;
    SOCKET peer;
    Line *line;        /* the student's, with a guard behind it */
    char heard[HEARD]; /* what came out since the last piece: [line][line] */
    DWORD error;       /* what ended it */
} Talk;

static Poll the_poll;
static Registrator registrator;
static SOCKET listener;
static char port[8];

static void listen_to_all(void)
{
    struct sockaddr_in address;
    require(wsa_startup() == 0 && poll_create(&the_poll) == 0 &&
                poll_registrator(&the_poll, &registrator) == 0 &&
                loopback_listen(&listener, &address) == 0,
            "no poll could be made");
    sprintf(port, "%u", ntohs(address.sin_port));
}

static void begin_talk(Talk *talk)
{
    require(tcp_stream_connect(&talk->stream, "127.0.0.1", port) == 0,
            "no connection");
    talk->peer = accept(listener, NULL, NULL);
    talk->line = calloc(1, size_of_Line + GUARD);
    require(talk->line != NULL && talk->peer != INVALID_SOCKET,
            "no connection");
    memset((char *)talk->line + size_of_Line, 0x5A, GUARD);
}

static void end_talk(Talk *talk)
{
    tcp_stream_close(&talk->stream);
    if (talk->peer != INVALID_SOCKET)
        close_socket(talk->peer);
}

static const char *text_of(const Talk *talk)
{
    return (const char *)talk->line + offset_of_Line_text;
}

static DWORD size_of(const Talk *talk)
{
    return *(const DWORD *)((const char *)talk->line + offset_of_Line_size);
}

static int guard_stands(const Talk *talk)
{
    const char *guard = (const char *)talk->line + size_of_Line;
    for (int i = 0; i < GUARD; i++)
        if (guard[i] != 0x5A)
            return 0;
    return 1;
}

/* Takes all lines that there are. */
static void listen_for_lines(Talk *talk)
{
    size_t end = 0;
    int lines = 0;
    talk->heard[0] = '\0';
    while ((talk->error = tcp_stream_read_line(&talk->stream, talk->line)) ==
               0 &&
           ++lines < LINES_MAX && end < HEARD - 200) {
        size_t size = strnlen(text_of(talk), LINE_CAPACITY);
        require(size == size_of(talk),
                "a line has %lu bytes, and size says %lu: is there a 0 behind "
                "the text?",
                (unsigned long)size, size_of(talk));
        end += (size_t)sprintf(talk->heard + end, "[%.*s]", (int)size,
                               text_of(talk));
    }
    require(lines < LINES_MAX,
            "line after line is handed out, the last one "
            "is \"%.40s\": when is it handed out again?",
            text_of(talk));
}

/* Starts a read, to which the peer is going to do something. */
static void start_read(Talk *talk)
{
    DWORD error = tcp_stream_register(&talk->stream, &registrator, 1, READABLE);
    require(error == 0,
            "registering after 10035 gave %lu, not 0: tcp_stream_read_line "
            "must return what tcp_stream_read said, and not before it said it",
            error);
}

/* Has the read taken out, then takes the lines. */
static void await(Talk *talk)
{
    Event list[1];
    Events events = {.list = list, .capacity = 1};
    require(poll_wait(&the_poll, &events, 2000) == 0 && events.count == 1,
            "no event came");
    listen_for_lines(talk);
}

static void say(Talk *talk, const char *piece)
{
    start_read(talk);
    require(send_all(talk->peer, piece, strlen(piece)) == 0, "sending failed");
    await(talk);
}

static void hang_up(Talk *talk)
{
    start_read(talk);
    close_socket(talk->peer);
    talk->peer = INVALID_SOCKET;
    await(talk);
}

static int heard(const Talk *talk, const char *lines, DWORD error)
{
    return strcmp(talk->heard, lines) == 0 && talk->error == error;
}

static void several_at_once(void)
{
    Talk talk;
    stage("three lines in one packet");
    begin_talk(&talk);
    say(&talk, "one\ntwo\nthree\n");
    need(heard(&talk, "[one][two][three]", WSAEWOULDBLOCK),
         "three lines come out of one packet",
         "\"one\\ntwo\\nthree\\n\" came in one packet; handed out were %s, "
         "then error %lu. What became of the bytes behind the first newline?",
         talk.heard, talk.error);
    end_talk(&talk);
}

static void one_in_pieces(void)
{
    Talk talk;
    stage("a line in three packets");
    begin_talk(&talk);
    say(&talk, "he");
    need(heard(&talk, "", WSAEWOULDBLOCK), "half a line is not a line",
         "only \"he\" had come, and %s was handed out, then error %lu: how "
         "can anybody know that the line ends here?",
         talk.heard, talk.error);
    say(&talk, "ll");
    say(&talk, "o\nwor");
    need(heard(&talk, "[hello]", WSAEWOULDBLOCK), "its pieces are put together",
         "\"he\", \"ll\", \"o\\nwor\" came in three packets; handed out were "
         "%s, then error %lu: where is the beginning kept till the rest comes?",
         talk.heard, talk.error);
    say(&talk, "ld\n");
    expect(heard(&talk, "[world]", WSAEWOULDBLOCK), "the next one, too",
           "\"wor\" and \"ld\\n\" came in two packets; handed out were %s, "
           "then error %lu",
           talk.heard, talk.error);
    end_talk(&talk);
}

static void line_ends(void)
{
    Talk talk;
    stage("\\r\\n and empty lines");
    begin_talk(&talk);
    say(&talk, "a\r\nb\r");
    expect(heard(&talk, "[a]", WSAEWOULDBLOCK), "\\r\\n ends a line",
           "\"a\\r\\nb\\r\" came; handed out were %s, then error %lu",
           talk.heard, talk.error);
    say(&talk, "\nc\rd\n");
    expect(heard(&talk, "[b][c\rd]", WSAEWOULDBLOCK),
           "also when a packet ends between the two",
           "\"b\\r\" and \"\\nc\\rd\\n\" came in two packets; handed out were "
           "%s, then error %lu: a \\r belongs to the end if a \\n follows, "
           "whenever that comes, and only then",
           talk.heard, talk.error);
    say(&talk, "\n\r\n\nend\n");
    expect(heard(&talk, "[][][][end]", WSAEWOULDBLOCK),
           "an empty line is a line",
           "three empty lines and \"end\" came; handed out were %s, then "
           "error %lu",
           talk.heard, talk.error);
    end_talk(&talk);
}

static void over_two_reads(void)
{
    Talk talk;
    char lines[1201] = "", expected[1600] = "";
    stage("1200 bytes of lines, more than a read takes");
    begin_talk(&talk);
    for (int i = 0; i < 120; i++) {
        sprintf(lines + strlen(lines), "number%03d\n", i);
        if (i < 102)
            sprintf(expected + strlen(expected), "[number%03d]", i);
    }
    say(&talk, lines);
    expect(heard(&talk, expected, WSAEWOULDBLOCK),
           "all whole lines of the first 1024 bytes",
           "of 1024 bytes that had come, 102 whole lines of ten, %lu bytes of "
           "lines were handed out, then error %lu",
           (unsigned long)strlen(talk.heard), talk.error);
    start_read(&talk);
    await(&talk);
    talk.heard[11] = '\0';
    expect(heard(&talk, "[number102]", WSAEWOULDBLOCK),
           "the line that lies in both reads",
           "the line that began in the first read and ended in the second "
           "came out as %s",
           talk.heard);
    end_talk(&talk);
}

static void two_streams(void)
{
    Talk one, other;
    stage("two streams, a line of each under way");
    begin_talk(&one);
    begin_talk(&other);
    say(&one, "tor");
    say(&other, "ha");
    say(&one, "toise\n");
    expect(heard(&one, "[tortoise]", WSAEWOULDBLOCK), "each stream has a line",
           "\"tor\" came on one stream, \"ha\" on another, \"toise\\n\" on "
           "the first; handed out were %s, then error %lu: is the beginning of "
           "a line kept in its Line, or where the streams share it?",
           one.heard, one.error);
    say(&other, "re\n");
    expect(heard(&other, "[hare]", WSAEWOULDBLOCK), "of its own",
           "\"ha\" and \"re\\n\" came on the other; handed out were %s, then "
           "error %lu",
           other.heard, other.error);
    end_talk(&one);
    end_talk(&other);
}

static void last_line(void)
{
    Talk talk;
    stage("a last line without a newline");
    begin_talk(&talk);
    say(&talk, "first\nlast");
    hang_up(&talk);
    expect(heard(&talk, "[last]", ERROR_HANDLE_EOF),
           "what stands before the end is a line",
           "\"last\" and the end of the stream came; handed out were %s, then "
           "error %lu: the last line needs no newline, and after it comes 38 "
           "(ERROR_HANDLE_EOF)",
           talk.heard, talk.error);
    listen_for_lines(&talk);
    expect(heard(&talk, "", ERROR_HANDLE_EOF), "the end stays the end",
           "asked again at the end, handed out were %s, then error %lu",
           talk.heard, talk.error);
    end_talk(&talk);
}

static void no_last_line(void)
{
    Talk talk;
    stage("an end behind a newline");
    begin_talk(&talk);
    say(&talk, "only\n");
    hang_up(&talk);
    expect(heard(&talk, "", ERROR_HANDLE_EOF),
           "behind the last newline there is no line",
           "\"only\\n\" was the last line, yet %s was handed out at the end, "
           "then error %lu",
           talk.heard, talk.error);
    end_talk(&talk);
}

/* Closes without the polite end. */
static void reset(Talk *talk)
{
    unsigned short linger[2] = {1, 0};
    start_read(talk);
    require(setsockopt(talk->peer, SOL_SOCKET, SO_LINGER, (char *)linger,
                       sizeof linger) == 0,
            "no reset could be sent");
    close_socket(talk->peer);
    talk->peer = INVALID_SOCKET;
    await(talk);
}

static void broken(void)
{
    Talk talk;
    stage("a reset in the middle of a line");
    begin_talk(&talk);
    say(&talk, "half a li");
    reset(&talk);
    expect(heard(&talk, "", WSAECONNRESET), "a torso is not a line",
           "\"half a li\" came, then a reset; handed out were %s, then error "
           "%lu: a broken connection is not the end of a line",
           talk.heard, talk.error);
    end_talk(&talk);
}

static void long_lines(void)
{
    Talk talk;
    char line[LINE_CAPACITY + 2], expected[LINE_CAPACITY + 3];
    stage("a line of 127 bytes");
    begin_talk(&talk);
    memset(line, 'x', sizeof line);
    sprintf(expected, "[%.*s]", LINE_CAPACITY - 1, line);
    strcpy(line + LINE_CAPACITY - 1, "\n");
    say(&talk, line);
    expect(heard(&talk, expected, WSAEWOULDBLOCK), "127 bytes and a 0 fit",
           "a line of 127 bytes came out with %lu, then error %lu: text has "
           "room for 127 and a 0",
           (unsigned long)strlen(talk.heard), talk.error);

    stage("a line of 1000 bytes");
    memset(line, 'x', sizeof line);
    line[100] = '\0';
    for (int i = 0; i < 10 && (i == 0 || talk.error == WSAEWOULDBLOCK); i++)
        say(&talk, line);
    expect(guard_stands(&talk), "nothing is written behind the Line",
           "1000 bytes came without a newline, and something was written "
           "behind the end of the Line: a peer that sends no newline must not "
           "be able to do that");
    expect(heard(&talk, "", ERROR_INVALID_DATA), "too long is an error",
           "1000 bytes came without a newline; handed out was %.40s, then "
           "error %lu, not 13 (ERROR_INVALID_DATA)",
           talk.heard, talk.error);
    end_talk(&talk);
}

void examine(const Checker *table)
{
    BEGIN(table);
    listen_to_all();
    several_at_once();
    one_in_pieces();
    line_ends();
    over_two_reads();
    two_streams();
    last_line();
    no_last_line();
    broken();
    long_lines();
}
