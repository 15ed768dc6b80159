// sizes: Line Line.text Line.size
/* Sends bytes in pieces of its own choice, each taken out by a read of its own,
   and writes down the lines that come out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lines.h"
#include "talk.h"

enum { GUARD = 64, LINES_MAX = 400, HEARD = 6000 };

extern const unsigned long long size_of_Line, offset_of_Line_text,
    offset_of_Line_size;

typedef struct Talk {
    TcpStream stream;
    SOCKET peer;
    DWORD sent;        /* bytes, by the peer */
    Line *line;        /* the student's, with a guard behind it */
    char heard[HEARD]; /* what came out since the last piece: [one][two\r] */
    DWORD error;       /* what ended it */
} Talk;

static void begin_talk(Talk *talk)
{
    talk->peer = connect_stream(&talk->stream);
    talk->sent = 0;
    talk->line = calloc(1, size_of_Line + GUARD);
    require(talk->line != NULL, "no memory");
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

/* Writes a line down, so that it can be shown; returns where that ends. */
static char *write_line(char *to, const char *text, DWORD size)
{
    *to++ = '[';
    for (DWORD i = 0; i < size; i++) {
        char byte = text[i];
        if (byte == '\r' || byte == '\0')
            *to++ = '\\';
        *to++ = (char)(byte == '\r' ? 'r' : byte == '\0' ? '0' : byte);
    }
    *to++ = ']';
    *to = '\0';
    return to;
}

/* Takes the lines that there are, so many at most. */
static void listen_for(Talk *talk, int most)
{
    char *end = talk->heard;
    int lines = 0;
    *end = '\0';
    talk->error = 0;
    while (lines < most && end < talk->heard + HEARD - 3 * LINE_CAPACITY &&
           (talk->error = tcp_stream_read_line(&talk->stream, talk->line)) ==
               0) {
        DWORD size = size_of(talk);
        lines++;
        require(size < LINE_CAPACITY,
                "%lu bytes had come. A line was handed out, and its size is "
                "%lu: text has room for 127 bytes and a 0",
                talk->sent, size);
        require(
            text_of(talk)[size] == '\0',
            "%lu bytes had come. A line was handed out, its size is %lu, "
            "and text[%lu] is %d: where does the 0 behind the text stand, and "
            "does text reach that far?",
            talk->sent, size, size, text_of(talk)[size]);
        end = write_line(end, text_of(talk), size);
    }
    require(lines < LINES_MAX,
            "line after line is handed out, the last one "
            "is \"%.40s\": when is it handed out again?",
            text_of(talk));
}

static void listen_for_lines(Talk *talk)
{
    listen_for(talk, LINES_MAX);
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

static void await_event(void)
{
    Event list[1];
    Events events = {.list = list, .capacity = 1};
    require(poll_wait(&the_poll, &events, 2000) == 0 && events.count == 1,
            "no event came");
}

static void send_piece(Talk *talk, const char *piece, size_t size)
{
    start_read(talk);
    require(send_all(talk->peer, piece, size) == 0, "sending failed");
    talk->sent += (DWORD)size;
    await_event();
}

static void say(Talk *talk, const char *piece)
{
    send_piece(talk, piece, strlen(piece));
    listen_for_lines(talk);
}

static void hang_up(Talk *talk)
{
    start_read(talk);
    close_socket(talk->peer);
    talk->peer = INVALID_SOCKET;
    await_event();
    listen_for_lines(talk);
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
    expect(heard(&talk, "[b][c\\rd]", WSAEWOULDBLOCK),
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
    say(&talk, "a\r\r\n\r\r\n");
    expect(
        heard(&talk, "[a\\r][\\r]", WSAEWOULDBLOCK),
        "one \\r belongs to the end",
        "\"a\\r\\r\\n\\r\\r\\n\" came; handed out were %s, then error "
        "%lu: a line ends with \\n or with \\r\\n, and a \\r anywhere else is "
        "a byte like any other",
        talk.heard, talk.error);
    send_piece(&talk, "a\0b\n", 4);
    listen_for_lines(&talk);
    expect(heard(&talk, "[a\\0b]", WSAEWOULDBLOCK), "a 0 is a byte, too",
           "an a, a 0, a b and a newline came; handed out were %s, then error "
           "%lu: how many bytes does the line have?",
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
    await_event();
    listen_for_lines(&talk);
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
    say(&one, "and tort");
    send_piece(&other, "re\n", 3);
    listen_for(&other, 1);
    expect(heard(&other, "[hare]", 0), "of its own",
           "\"ha\" and \"re\\n\" came on the other; handed out were %s, then "
           "error %lu",
           other.heard, other.error);
    say(&one, "oise\r");
    say(&other, "and hare\n");
    expect(heard(&other, "[and hare]", WSAEWOULDBLOCK),
           "and remembers nothing of another's",
           "\"oise\\r\" had come on one stream, then \"and hare\\n\" came on "
           "the other; handed out there were %s, then error %lu: what is "
           "remembered between two calls, and where?",
           other.heard, other.error);
    say(&one, "\n");
    expect(heard(&one, "[and tortoise]", WSAEWOULDBLOCK), "and forgets nothing",
           "\"and tort\", \"oise\\r\", \"\\n\" came on one stream, and whole "
           "lines on the other in between; handed out were %s, then error %lu: "
           "what is remembered between two calls, and where?",
           one.heard, one.error);
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

/* Nothing follows the \r. */
static void last_byte(const char *piece, const char *shown, const char *lines)
{
    Talk talk;
    stage("a last line that ends with \\r");
    begin_talk(&talk);
    say(&talk, piece);
    hang_up(&talk);
    expect(
        heard(&talk, lines, ERROR_HANDLE_EOF),
        "a \\r before the end is a byte of the last line",
        "\"%s\" and the end of the stream came; handed out were %s, then "
        "error %lu: a \\r belongs to a line's end if a \\n follows. Did one?",
        shown, talk.heard, talk.error);
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
    start_read(talk);
    close_will_reset(talk->peer);
    close_socket(talk->peer);
    talk->peer = INVALID_SOCKET;
    await_event();
    listen_for_lines(talk);
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

static unsigned long bytes_heard(const Talk *talk)
{
    unsigned long bytes = 0;
    for (const char *c = talk->heard; *c != '\0'; c++)
        bytes += strchr("[]\\", *c) == NULL;
    return bytes;
}

/* So many bytes, and an end in one or two pieces. */
static void fitting_line(int size, const char *end, const char *rest)
{
    Talk talk;
    char line[LINE_CAPACITY + 8], expected[LINE_CAPACITY + 8];
    begin_talk(&talk);
    memset(line, 'x', sizeof line);
    sprintf(expected, "[%.*s]", size, line);
    strcpy(line + size, end);
    say(&talk, line);
    if (rest[0] != '\0')
        say(&talk, rest);
    expect(guard_stands(&talk) && heard(&talk, expected, WSAEWOULDBLOCK),
           "a text of 126 or 127 bytes fits",
           "%d bytes and the line's end came, %s. text has room for 127 and a "
           "0, and the end isn't part of the text. Handed out were %lu bytes, "
           "then error %lu: what takes up the room?",
           size,
           rest[0] != '\0'  ? "\\r and \\n in two packets"
           : end[0] == '\r' ? "\\r\\n"
                            : "\\n",
           bytes_heard(&talk), talk.error);
    end_talk(&talk);
}

static void fitting_lines(void)
{
    stage("lines of 126 and 127 bytes");
    for (int size = 126; size <= 127; size++) {
        fitting_line(size, "\n", "");
        fitting_line(size, "\r\n", "");
        fitting_line(size, "\r", "\n");
    }
}

static void endless_line(void)
{
    Talk talk;
    char line[101];
    stage("a line of 1000 bytes");
    begin_talk(&talk);
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

/* So many bytes, and then what makes them too many. */
static void long_line(int size, const char *end, const char *shown)
{
    Talk talk;
    char line[LINE_CAPACITY + 8];
    begin_talk(&talk);
    memset(line, 'x', sizeof line);
    strcpy(line + size, end);
    say(&talk, line);
    if (talk.error == WSAEWOULDBLOCK)
        hang_up(&talk);
    expect(guard_stands(&talk) && heard(&talk, "", ERROR_INVALID_DATA),
           "a text of 128 bytes or more is refused",
           "%d bytes and %s came, a text of more than 127 bytes; handed out "
           "were %lu bytes, then error %lu, not 13 (ERROR_INVALID_DATA)%s: "
           "where would its 0 stand?",
           size, shown, bytes_heard(&talk), talk.error,
           guard_stands(&talk) ? "" : ", and something stands behind the Line");
    end_talk(&talk);
}

static void long_lines(void)
{
    stage("lines of 128 bytes and a little more");
    long_line(128, "\n", "\\n");
    long_line(129, "\n", "\\n");
    long_line(128, "\r\n", "\\r\\n");
    long_line(127, "\r\r\n", "\\r\\r\\n");
    long_line(127, "\ry\n", "\\ry\\n");
    long_line(127, "\r", "\\r and the end of the stream");
}

void examine(const Checker *table)
{
    BEGIN(table);
    open_listener();
    open_poll();
    several_at_once();
    one_in_pieces();
    line_ends();
    over_two_reads();
    two_streams();
    last_line();
    last_byte("x\r", "x\\r", "[x\\r]");
    last_byte("\r", "\\r", "[\\r]");
    no_last_line();
    broken();
    endless_line();
    fitting_lines();
    long_lines();
}
