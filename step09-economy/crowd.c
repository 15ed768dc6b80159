#include "crowd.h"

#include <stdlib.h>
#include <string.h>

#include "poll.h"
#include "tcpstream.h"

enum { CAPACITY = 64, SAMPLES = 100000, PIECE = 4096 };

typedef struct Member {
    TcpStream stream;
    ULONG sent;     /* messages; bytes of the greedy one, */
    ULONG received; /* bytes of the message; of all for the greedy one */
    unsigned long long since; /* microseconds: when it was sent */
} Member;

typedef struct Gathering {
    const Crowd *crowd;
    Poll poll;
    Registrator registrator;
    Member *members;
    ULONG running;
    BOOL sated; /* the greedy one is through */
    float *samples;
    ULONG count;
} Gathering;

static unsigned long long now_us(void)
{
    long long count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (unsigned long long)(count / frequency * 1000000 +
                                count % frequency * 1000000 / frequency);
}

static BOOL is_greedy(const Gathering *gathering, const Member *member)
{
    return gathering->crowd->greedy > 0 && member == gathering->members;
}

static DWORD await(Gathering *gathering, Member *member, Interests interests)
{
    return tcp_stream_register(&member->stream, &gathering->registrator,
                               (Token)(member - gathering->members) + 1,
                               interests);
}

static DWORD say(Member *member)
{
    char message[CROWD_MESSAGE];
    DWORD count;
    memset(message, 'e', sizeof message);
    member->sent++;
    member->received = 0;
    member->since = now_us();
    return tcp_stream_write(&member->stream, message, sizeof message, &count);
}

/* As much as there is room for. */
static DWORD pour(Gathering *gathering, Member *member)
{
    char piece[PIECE];
    DWORD error = 0, count;
    memset(piece, 'e', sizeof piece);
    while (error == 0 && member->sent < gathering->crowd->greedy) {
        ULONG left = gathering->crowd->greedy - member->sent;
        error = tcp_stream_write(&member->stream, piece,
                                 left < PIECE ? left : PIECE, &count);
        member->sent += count;
    }
    return error == WSAEWOULDBLOCK ? 0 : error;
}

static DWORD hear(Member *member)
{
    char bytes[CONNECTION_BUFFER];
    DWORD count, error;
    while ((error = tcp_stream_read(&member->stream, bytes, sizeof bytes,
                                    &count)) == 0) {
        for (DWORD i = 0; i < count; i++)
            if (bytes[i] != 'e')
                return ERROR_INVALID_DATA;
        if (count == 0)
            return WSAECONNRESET;
        member->received += count;
    }
    return error == WSAEWOULDBLOCK ? 0 : error;
}

/* Whether there is nothing more to come. */
static BOOL is_through(const Gathering *gathering, const Member *member)
{
    const Crowd *crowd = gathering->crowd;
    if (is_greedy(gathering, member))
        return member->received == crowd->greedy;
    return member->received == CROWD_MESSAGE &&
           (crowd->greedy > 0 ? gathering->sated
                              : member->sent == crowd->echoes);
}

static void note_echo(Gathering *gathering, const Member *member)
{
    if (gathering->count < SAMPLES)
        gathering->samples[gathering->count++] =
            (float)(now_us() - member->since) / 1000;
}

/* Goes on with whoever has heard something. */
static DWORD go_on(Gathering *gathering, Member *member)
{
    BOOL greedy = is_greedy(gathering, member);
    DWORD error = hear(member);
    if (error == 0 && !greedy && member->received == CROWD_MESSAGE)
        note_echo(gathering, member);
    if (error == 0 && is_through(gathering, member)) {
        gathering->sated = gathering->sated || greedy;
        gathering->running--;
        return 0;
    }
    if (error == 0 && greedy)
        error = pour(gathering, member);
    else if (error == 0 && member->received == CROWD_MESSAGE)
        error = say(member);
    return error != 0 ? error : await(gathering, member, READABLE);
}

static DWORD handle(Gathering *gathering, const Event *event)
{
    Member *member = &gathering->members[event->token - 1];
    if (event->error != 0)
        return event->error;
    if (event->ready == READABLE)
        return go_on(gathering, member);
    DWORD error =
        is_greedy(gathering, member) ? pour(gathering, member) : say(member);
    return error != 0 ? error : await(gathering, member, READABLE);
}

/* While the greedy one is at it, the others may get nothing: then they are not
   waited for. */
static DWORD run(Gathering *gathering)
{
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    DWORD error = 0;
    while (error == 0 && gathering->running > 0 && !gathering->sated) {
        error = poll_wait(&gathering->poll, &events, INFINITE);
        for (ULONG i = 0; i < events.count && error == 0; i++)
            error = handle(gathering, &list[i]);
    }
    return error;
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void sum_up(Gathering *gathering, CrowdTimes *times)
{
    ULONG count = gathering->count;
    *times = (CrowdTimes){.echoes = count};
    if (count == 0)
        return;
    qsort(gathering->samples, count, sizeof *gathering->samples, compare);
    times->median = gathering->samples[count / 2];
    times->slow = gathering->samples[count - 1 - count / 100];
}

static DWORD gather(Gathering *gathering, const char *port)
{
    DWORD error = 0;
    for (ULONG i = 0; i < gathering->crowd->clients && error == 0; i++) {
        error = tcp_stream_connect(&gathering->members[i].stream,
                                   &gathering->registrator, i + 1, "127.0.0.1",
                                   port);
        gathering->running += error == 0;
    }
    return error;
}

DWORD crowd_run(const Crowd *crowd, const char *port, CrowdTimes *times)
{
    Gathering gathering = {.crowd = crowd};
    gathering.members = calloc(crowd->clients, sizeof *gathering.members);
    gathering.samples = calloc(SAMPLES, sizeof *gathering.samples);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    if (gathering.members != NULL && gathering.samples != NULL)
        error = poll_create(&gathering.poll);
    if (error == 0)
        error = poll_registrator(&gathering.poll, &gathering.registrator);
    if (error == 0)
        error = gather(&gathering, port);
    if (error == 0)
        error = run(&gathering);
    sum_up(&gathering, times);
    if (error == 0)
        Sleep(crowd->idle_ms);
    for (ULONG i = 0; gathering.members != NULL && i < crowd->clients; i++)
        tcp_stream_close(&gathering.members[i].stream);
    if (gathering.poll.loop != NULL) {
        poll_destroy(&gathering.poll);
        registrator_release(&gathering.registrator);
    }
    free(gathering.members);
    free(gathering.samples);
    return error;
}
