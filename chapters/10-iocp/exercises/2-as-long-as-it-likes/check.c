// wrap: ReadFile
// libs: -lntdll
// sizes: Message Message.bytes Message.size
/* Sends messages of many sizes, and looks at each read: where, and how much. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "message.h"

enum { LIMIT = 1000, MUCH = 100000, PATIENCE = 500 };

extern const unsigned long long size_of_Message, offset_of_Message_bytes,
    offset_of_Message_size;
DWORD WINAPI GetCurrentProcessId(void);

WRAPPED(ReadFile);

static Iocp iocp;
static IocpHandle server, client;
static Message *message;
static char text[MUCH];
static int reads;
static DWORD longest; /* read that was started */

static char *bytes(void)
{
    return *(char **)((char *)message + offset_of_Message_bytes);
}

static DWORD size(void)
{
    return *(DWORD *)((char *)message + offset_of_Message_size);
}

BOOL WINAPI __wrap_ReadFile(HANDLE file, void *buffer, DWORD length,
                            DWORD *read, OVERLAPPED *overlapped)
{
    if (file == server.handle) {
        reads++;
        if (length > longest)
            longest = length;
        size_t place = (size_t)((char *)buffer - bytes());
        if (bytes() == NULL || place + length > _msize(bytes()))
            need(0, "a read lies in the message's memory",
                 "a read of %lu bytes was started at place %lu of %lu: where "
                 "does it end?",
                 length, (DWORD)place,
                 bytes() == NULL ? 0 : (DWORD)_msize(bytes()));
    }
    return __real_ReadFile(file, buffer, length, read, overlapped);
}

static void begin(DWORD limit)
{
    static int count;
    wchar_t name[64];
    HANDLE here, there;
    swprintf(name, sizeof name / sizeof *name, L"\\\\.\\pipe\\check-%u-%d",
             (unsigned)GetCurrentProcessId(), count++);
    require(iocp_create(&iocp, 0) == 0 &&
                create_pipe(name, TRUE, 4096, &here) == 0 &&
                open_existing(name, GENERIC_WRITE, &there) == 0 &&
                iocp_add_handle(&iocp, here, 1, &server) == 0 &&
                iocp_add_handle(&iocp, there, 2, &client) == 0,
            "no pipe could be made");
    message = calloc(1, (size_t)size_of_Message);
    require(message != NULL, "no memory");
    message_init(message, &server, limit);
}

/* Leaves client and server closed. */
static void end(BOOL client_open)
{
    IocpCompletion completion;
    if (client_open)
        close_handle(client.handle);
    close_handle(server.handle);
    iocp_stop(&iocp);
    while (iocp_get_completion(&iocp, &completion, PATIENCE) == 0)
        ;
    DWORD error = iocp_close(&iocp);
    expect(error == 0, "nothing is left in flight",
           "all was read and closed, and iocp_close gave %lu", error);
    message_free(message);
    free(message);
}

static void write_message(DWORD length)
{
    IocpId id;
    DWORD error = iocp_write(&client, text, length, 0, NULL, &id);
    require(error == 0, "writing gave error %lu", error);
}

/* The next completion of the message's. FALSE if none comes. */
static BOOL next_completion(IocpCompletion *completion)
{
    do
        if (iocp_get_completion(&iocp, completion, PATIENCE) != 0)
            return FALSE;
    while (completion->key != 1);
    if (completion->context != message)
        need(0, "a read's context is the message",
             "a read completed with another context than the Message");
    return TRUE;
}

/* Returns what message_go_on said last. */
static DWORD read_message(DWORD expected)
{
    IocpCompletion completion;
    BOOL whole = FALSE;
    reads = 0;
    longest = 0;
    DWORD error = message_start(message);
    if (error != 0)
        need(0, "a read can be started", "message_start gave error %lu", error);
    while (error == 0 && !whole) {
        if (!next_completion(&completion))
            need(0, "what was started ends",
                 "a message of %lu bytes was sent, %d reads were started, and "
                 "%lu bytes are there; then no completion came: what does the "
                 "last read wait for?",
                 expected, reads, size());
        error = message_go_on(message, &completion, &whole);
    }
    return error;
}

static DWORD first_wrong(DWORD length)
{
    for (DWORD i = 0; i < length; i++)
        if (bytes()[i] != text[i])
            return i;
    return length;
}

static void is_whole(DWORD length, int most_reads)
{
    DWORD error = read_message(length);
    need(error == 0, "it is no failure",
         "a message of %lu bytes was sent, and after %d reads message_go_on "
         "returned %lu%s",
         length, reads, error,
         error == ERROR_MORE_DATA
             ? ": did that read bring nothing?"
             : (error == MESSAGE_TOO_LONG ? ", and the limit is not reached"
                                          : ""));
    need(size() == length, "it is whole",
         "a message of %lu bytes was sent, and one of %lu came. By what is it "
         "known where a message ends?",
         length, size());
    need(first_wrong(length) == length, "its bytes are right",
         "a message of %lu bytes came, wrong from byte %lu on: where was the "
         "rest read to?",
         length, first_wrong(length));
    need(reads <= most_reads, "with few reads",
         "a message of %lu bytes took %d reads, and %d would do: how much does "
         "the room grow?",
         length, reads, most_reads);
}

static void check_sizes(void)
{
    static const struct {
        DWORD length;
        int reads;
    } all[] = {{5, 1},    {256, 1}, {257, 2},  {1, 2}, {0, 2},       {700, 2},
               {MUCH, 9}, {0, 1},   {1024, 1}, {3, 1}, {MUCH / 2, 9}};
    begin(1 << 20);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        stage("a message of %lu bytes", all[i].length);
        write_message(all[i].length);
        /* Room once made may stay or not. */
        is_whole(all[i].length, all[i].reads < 2 ? 3 : 10);
    }
    stage("several that wait");
    for (int i = 0; i < 4; i++)
        write_message(all[i].length);
    for (int i = 0; i < 4; i++)
        is_whole(all[i].length, 3);
    stage("a message that comes later");
    DWORD error = message_start(message);
    need(error == 0, "a read can be started", "message_start gave error %lu",
         error);
    write_message(600);
    IocpCompletion completion;
    BOOL whole = FALSE;
    while (error == 0 && !whole && next_completion(&completion))
        error = message_go_on(message, &completion, &whole);
    need(whole && size() == 600 && first_wrong(600) == 600, "is read as well",
         "a read was in flight when 600 bytes came: error %lu, %lu bytes",
         error, size());
    stage("the end of the pipe");
    close_handle(client.handle);
    error = read_message(0);
    need(error == ERROR_BROKEN_PIPE, "the end is no message",
         "the other side has closed, and message_go_on returned %lu%s", error,
         error == 0 ? " with a message of 0 bytes: how is the end told apart "
                      "from an empty one?"
                    : "");
    end(FALSE);
}

static void check_limit(void)
{
    stage("a message of the limit");
    begin(LIMIT);
    write_message(LIMIT);
    is_whole(LIMIT, 5);
    expect(longest <= LIMIT, "no read beyond it",
           "the limit is %d, and a read for %lu bytes was started", LIMIT,
           longest);
    for (int i = 0; i < 3; i++) {
        static const DWORD lengths[] = {LIMIT + 1, 5 * LIMIT, 2 * LIMIT};
        stage("one of %lu bytes, and a limit of %d", lengths[i], LIMIT);
        write_message(lengths[i]);
        write_message(7);
        DWORD error = read_message(lengths[i]);
        need(error == MESSAGE_TOO_LONG, "it is too long",
             "a message of %lu bytes, with a limit of %d: message_go_on "
             "returned %lu, with %lu bytes",
             lengths[i], LIMIT, error, size());
        need(longest <= LIMIT, "and takes no more room",
             "the limit is %d, and a read for %lu bytes was started", LIMIT,
             longest);
        error = read_message(7);
        need(error == 0 && size() == 7 && first_wrong(7) == 7,
             "the next one is next",
             "after one that was too long, a message of 7 bytes was sent; "
             "error %lu and %lu bytes came. Whose are they?",
             error, size());
    }
    stage("a read that is cancelled");
    DWORD error = message_start(message);
    require(error == 0, "message_start gave error %lu", error);
    cancel_handle(server.handle, NULL);
    IocpCompletion completion;
    BOOL whole = TRUE;
    if (next_completion(&completion))
        error = message_go_on(message, &completion, &whole);
    expect(error == ERROR_OPERATION_ABORTED && !whole, "is told as it ended",
           "its completion said 995 and message_go_on %lu", error);
    end(TRUE);
}

void examine(const Checker *table)
{
    BEGIN(table);
    for (DWORD i = 0; i < MUCH; i++)
        text[i] = (char)('a' + (i + i / 26 + i / 1000) % 26);
    check_sizes();
    check_limit();
}
