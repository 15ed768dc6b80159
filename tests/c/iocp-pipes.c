// steps: 10+
/* Named pipes, of bytes and of messages: clients, ends, cancels. */
#include "completions.h"
#include "handles.h"

static HANDLE server, client;
static IocpHandle ours, theirs; /* keys KEY and KEY + 1 */
static IocpId id;
static int here, there;

static void open_pipe(BOOL messages, DWORD size)
{
    must("creating", iocp_create(&iocp, 0));
    pipe_pair(messages, size, &server, &client);
    must("adding", iocp_add_handle(&iocp, server, KEY, &ours));
    must("adding", iocp_add_handle(&iocp, client, KEY + 1, &theirs));
    memset(buffer, '?', sizeof buffer);
}

static void close_pipe(void)
{
    if (client != NULL)
        close_handle(client);
    close_handle(server);
    while (iocp.in_flight.count > 0 && completion().id != 0)
        ;
    is(iocp_close(&iocp), 0, "all is closed");
}

static void hang_up(void)
{
    close_handle(client);
    client = NULL;
}

static IocpCompletion read_some(const IocpHandle *from, DWORD size)
{
    must("reading", iocp_read(from, buffer, size, 0, &here, &id));
    return completion();
}

static IocpCompletion write_some(const IocpHandle *to, const char *text)
{
    must("writing", iocp_write(to, text, (DWORD)strlen(text), 0, &there, &id));
    return completion();
}

static void messages(void)
{
    open_pipe(TRUE, 4096);
    write_some(&theirs, "0123456789");
    IocpCompletion it = read_some(&ours, 4);
    ok(ended(it, &id, &here, 4, ERROR_MORE_DATA) && !it.end,
       "a message of 10 and a buffer of 4: 4 bytes and 234, by one completion");
    ok(nothing_comes(), "only one");
    ok(ended(read_some(&ours, 10), &id, &here, 6, 0), "then the other 6");
    must("reading", iocp_read(&ours, buffer, 4, 0, &here, &id));
    IocpId early = id;
    must("writing", iocp_write(&theirs, "0123456789", 10, 0, &there, &id));
    for (int i = 0; i < 2; i++) {
        it = completion();
        ok(it.id == early ? it.bytes == 4 && it.error == ERROR_MORE_DATA
                          : it.id == id && it.bytes == 10 && it.error == 0,
           "the same when the read was there first");
    }
    ok(ended(read_some(&ours, 10), &id, &here, 6, 0), "and the rest");
    write_some(&theirs, "ab");
    write_some(&theirs, "cd");
    ok(ended(read_some(&ours, 10), &id, &here, 2, 0) &&
           memcmp(buffer, "ab?", 2) == 0,
       "of two messages one read brings one");
    ok(ended(read_some(&ours, 10), &id, &here, 2, 0), "the next one the other");
    write_some(&theirs, "");
    it = read_some(&ours, 10);
    ok(ended(it, &id, &here, 0, 0) && !it.end,
       "a message of no bytes is a message, not the end");
    write_some(&theirs, "whole");
    it = read_some(&ours, 0);
    ok(it.id == id && it.bytes == 0 && it.error == ERROR_MORE_DATA,
       "a read of 0 bytes tells that there is one");
    ok(ended(read_some(&ours, 10), &id, &here, 5, 0), "and leaves it whole");
    close_pipe();
}

static void bytes(void)
{
    open_pipe(FALSE, 4096);
    write_some(&theirs, "ab");
    write_some(&theirs, "cd");
    ok(ended(read_some(&ours, 10), &id, &here, 4, 0) &&
           memcmp(buffer, "abcd", 4) == 0,
       "bytes know no messages");
    must("reading", iocp_read(&ours, buffer, 0, 0, &here, &id));
    ok(nothing_comes(), "a read of 0 bytes waits for data");
    IocpId waiting = id;
    must("writing", iocp_write(&theirs, "x", 1, 0, &there, &id));
    for (int i = 0; i < 2; i++) {
        IocpCompletion it = completion();
        ok(it.id == waiting ? it.bytes == 0 && it.error == 0 && !it.end
                            : it.id == id,
           "it completes when there is some");
    }
    ok(ended(read_some(&ours, 10), &id, &here, 1, 0), "and took none");
    close_pipe();
}

static void ends(void)
{
    open_pipe(FALSE, 4096);
    write_some(&theirs, "1234");
    hang_up();
    ok(ended(read_some(&ours, 10), &id, &here, 4, 0),
       "what was written before the end arrives");
    IocpCompletion it = read_some(&ours, 10);
    ok(ended(it, &id, &here, 0, 0) && it.end && it.key == KEY,
       "then comes the end, found at once");
    is(iocp_write(&ours, "x", 1, 0, &here, &id), ERROR_NO_DATA,
       "nobody is left to write to");
    ok(nothing_comes(), "each told once");
    close_pipe();

    open_pipe(FALSE, 4096);
    must("reading", iocp_read(&ours, buffer, 10, 0, &here, &id));
    ok(nothing_comes(), "a read waits");
    hang_up();
    it = completion();
    ok(ended(it, &id, &here, 0, 0) && it.end, "and ends with the end");
    close_pipe();

    open_pipe(FALSE, 4096);
    write_some(&ours, "lost");
    disconnect_pipe(server);
    DWORD error = iocp_read(&theirs, buffer, 10, 0, &here, &id);
    if (error == 0)
        error = completion().error;
    is(error, 233, "who is disconnected loses what he has not read");
    close_pipe();
}

static void both_ways(void)
{
    open_pipe(FALSE, 4096);
    must("reading", iocp_read(&ours, buffer, 10, 0, &here, &id));
    IocpId reading = id;
    ok(ended(write_some(&ours, "to them"), &id, &there, 7, 0),
       "a read in flight does not stop a write");
    ok(iocp_in_flight(&iocp, reading), "it is in flight");
    must("writing", iocp_write(&theirs, "us", 2, 0, &there, &id));
    int seen = 0;
    for (int i = 0; i < 2; i++) {
        IocpCompletion it = completion();
        seen += it.id == reading ? it.bytes == 2 && it.key == KEY
                                 : it.id == id && it.key == KEY + 1;
    }
    is((unsigned)seen, 2, "each end has its key");
    close_pipe();
}

static void big(void)
{
    enum { SIZE = 1 << 20, SMALL = 128 };
    static char out[SIZE], in[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        out[i] = (char)(i * 31 + i / 977);
    open_pipe(FALSE, 4096);
    must("writing", iocp_write(&theirs, "100 bytes or so", 15, 0, &there, &id));
    ok(ended(completion(), &id, &there, 15, 0),
       "a little completes with nobody reading");
    read_some(&ours, 15);
    must("writing", iocp_write(&theirs, out, SIZE, 0, &there, &id));
    IocpId writing = id;
    ok(nothing_comes(), "a megabyte into a pipe of 4 KiB waits");
    size_t got = 0;
    BOOL written = FALSE;
    while (got < SIZE || !written) {
        if (got < SIZE)
            must("reading", iocp_read(&ours, in + got, 65536, 0, &here, &id));
        IocpCompletion it = completion();
        if (it.id == writing) {
            ok(it.bytes == SIZE && it.error == 0, "it counts all its bytes");
            written = TRUE;
            if (got < SIZE)
                it = completion();
        }
        if (it.error != 0)
            bail("cannot read it all");
        got += it.context == &here ? it.bytes : 0;
    }
    ok(got == SIZE && memcmp(in, out, SIZE) == 0, "the reader gets them all");
    must("writing", iocp_write(&theirs, out, SIZE, 0, &there, &id));
    is(iocp_cancel(&iocp, id), 0, "one that nobody reads is cancelled");
    is(completion().error, ERROR_OPERATION_ABORTED, "and ends with 995");
    close_pipe();
}

/* What ConnectNamedPipe says in each case, and that one completion comes. */
static void clients(void)
{
    const wchar_t *name;
    must("creating", iocp_create(&iocp, 0));
    name = pipe_name();
    must("making a pipe", create_pipe(name, FALSE, 4096, &server));
    must("adding", iocp_add_handle(&iocp, server, KEY, &ours));
    is(iocp_connect_pipe(&ours, &here, &id), 0, "a server waits");
    ok(nothing_comes(), "for a client");
    must("opening", open_existing(name, GENERIC_READ, &client));
    IocpCompletion it = completion();
    ok(ended(it, &id, &here, 0, 0) && it.key == KEY && !it.end, "who comes");
    is(iocp_connect_pipe(&ours, &here, &id), 0, "asked again, he is there");
    ok(ended(completion(), &id, &here, 0, 0), "which is told again");
    HANDLE second;
    is(open_existing(name, GENERIC_READ, &second), 231,
       "a second one finds no instance free");
    close_handle(client);
    is(iocp_connect_pipe(&ours, &here, &id), ERROR_NO_DATA,
       "who has gone is no error of the server's");
    must("disconnecting", disconnect_pipe(server));
    must("opening again", iocp_connect_pipe(&ours, &here, &id));
    must("opening", open_existing(name, GENERIC_READ, &client));
    ok(ended(completion(), &id, &here, 0, 0),
       "disconnected, the same instance serves the next");
    close_handle(client);
    must("disconnecting", disconnect_pipe(server));
    must("waiting", iocp_connect_pipe(&ours, &here, &id));
    is(iocp_cancel(&iocp, id), 0, "the wait is cancelled");
    ok(ended(completion(), &id, &here, 0, ERROR_OPERATION_ABORTED),
       "and ends with 995");
    must("waiting", iocp_connect_pipe(&ours, &here, &id));
    close_handle(server);
    it = completion();
    ok(it.id == id && it.error != 0 && !it.end,
       "closed meanwhile, it ends with an error: %lu", it.error);
    is(open_existing(name, GENERIC_READ, &second), 2, "nobody serves now");
    ok(nothing_comes(), "each wait had one completion");
    is(iocp_close(&iocp), 0, "all is closed");
}

/* The client was faster than the server: 535. */
static void early_client(void)
{
    must("creating", iocp_create(&iocp, 0));
    pipe_pair(FALSE, 4096, &server, &client);
    must("adding", iocp_add_handle(&iocp, server, KEY, &ours));
    is(iocp_connect_pipe(&ours, &here, &id), 0, "a client who came first");
    IocpCompletion it = completion();
    ok(ended(it, &id, &here, 0, 0) && it.key == KEY,
       "is told of like any other");
    ok(nothing_comes(), "once");
    close_handle(server);
    close_handle(client);
    is(iocp_close(&iocp), 0, "all is closed");
}

int main(void)
{
    messages();
    int handles = handle_count();
    bytes();
    ends();
    both_ways();
    big();
    clients();
    early_client();
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    return done_testing();
}
