// steps: 10+
/* Files: the place of a read or write, the end, many at once. */
#include "completions.h"
#include "handles.h"

BOOL WINAPI DeviceIoControl(HANDLE device, DWORD code, void *in, DWORD in_size,
                            void *out, DWORD out_size, DWORD *bytes,
                            OVERLAPPED *overlapped);

static HANDLE file;
static IocpHandle added;
static IocpId id;
static int here;

static void open_its_file(const char *content, size_t size)
{
    file = file_with(content, size);
    must("creating", iocp_create(&iocp, 0));
    must("adding", iocp_add_handle(&iocp, file, KEY, &added));
    memset(buffer, '?', sizeof buffer);
}

static void close_file(void)
{
    close_handle(file);
    is(iocp_close(&iocp), 0, "all is closed");
    _wremove(file_name());
}

static IocpCompletion read_at(DWORD size, uint64_t offset)
{
    must("reading", iocp_read(&added, buffer, size, offset, &here, &id));
    return completion();
}

static IocpCompletion write_at(const char *text, DWORD size, uint64_t offset)
{
    must("writing", iocp_write(&added, text, size, offset, &here, &id));
    return completion();
}

static unsigned long long size_now(void)
{
    unsigned long long size;
    must("asking for the size", file_size(file, &size));
    return size;
}

static void the_end(void)
{
    open_its_file("hello", 5);
    IocpCompletion it = read_at(50, 2);
    ok(ended(it, &id, &here, 3, 0) && !it.end && it.key == KEY &&
           memcmp(buffer, "llo??", 5) == 0,
       "a read across the end brings what is there");
    it = read_at(50, 5);
    ok(ended(it, &id, &here, 0, 0) && it.end, "the next one is at the end");
    it = read_at(50, 1000);
    ok(it.end && it.error == 0, "so is one far beyond it");
    it = read_at(0, 2);
    ok(ended(it, &id, &here, 0, 0) && !it.end, "a read of 0 bytes is no end");
    ok(nothing_comes(), "each had one completion");
    close_file();
}

static void places(void)
{
    open_its_file("hello", 5);
    ok(read_at(2, 0).bytes == 2 && memcmp(buffer, "he", 2) == 0 &&
           read_at(2, 0).bytes == 2 && memcmp(buffer, "he", 2) == 0,
       "two reads at place 0 begin at 0");
    ok(ended(write_at("!", 1, 10), &id, &here, 1, 0), "a byte beyond the end");
    is(size_now(), 11, "lengthens the file");
    ok(read_at(20, 0).bytes == 11 &&
           memcmp(buffer, "hello\0\0\0\0\0!", 11) == 0,
       "with zeros between");
    ok(ended(write_at("+", 1, IOCP_APPEND), &id, &here, 1, 0),
       "a byte appended");
    is(size_now(), 12, "comes last");
    ok(ended(write_at("", 0, 3), &id, &here, 0, 0), "a write of 0 bytes");
    is(size_now(), 12, "changes nothing");
    close_file();
}

/* Both halves of the offset. FSCTL_SET_SPARSE, or it takes 5 GiB on NTFS. */
static void far_away(void)
{
    const uint64_t place = 5ull << 30;
    DWORD bytes;
    open_its_file("", 0);
    HANDLE plain = CreateFileW(file_name(), GENERIC_WRITE, 3, NULL,
                               OPEN_EXISTING, 0, NULL);
    DeviceIoControl(plain, 0x900C4, NULL, 0, NULL, 0, &bytes, NULL);
    close_handle(plain);
    ok(ended(write_at("far", 3, place), &id, &here, 3, 0), "written at 5 GiB");
    is(size_now(), place + 3, "the file is that long");
    ok(ended(read_at(10, place), &id, &here, 3, 0) &&
           memcmp(buffer, "far", 3) == 0,
       "and read there");
    close_file();
}

static void many_at_once(void)
{
    enum { PIECES = 32, PIECE = 1000 };
    static char content[PIECES * PIECE], pieces[PIECES][PIECE];
    static IocpId ids[PIECES];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 7 + i / 251);
    open_its_file(content, sizeof content);
    for (uintptr_t i = 0; i < PIECES; i++)
        must("reading", iocp_read(&added, pieces[i], PIECE, i * PIECE,
                                  (void *)i, &ids[i]));
    int right = 1;
    for (int n = 0; n < PIECES; n++) {
        IocpCompletion it = completion();
        uintptr_t i = (uintptr_t)it.context;
        right &= i < PIECES && it.id == ids[i] && it.bytes == PIECE;
        if (i < PIECES)
            ids[i] = 0;
    }
    ok(right, "32 reads at 32 places, each once, in whatever order");
    ok(memcmp(content, pieces, sizeof content) == 0, "each its own bytes");
    close_file();
}

static void starts_that_fail(void)
{
    HANDLE only;
    IocpHandle read_only;
    open_its_file("hello", 5);
    must("opening", open_existing(file_name(), GENERIC_READ, &only));
    must("adding", iocp_add_handle(&iocp, only, KEY + 1, &read_only));
    is(iocp_write(&read_only, "x", 1, 0, &here, &id), 5,
       "writing to what is open for reading fails at once");
    ok(id == 0 && iocp.in_flight.count == 0, "nothing is in flight");
    must("reading", iocp_read(&read_only, buffer, 5, 0, &here, &id));
    is(completion().key, KEY + 1, "two handles to one file have two keys");
    is(read_at(5, 0).key, KEY, "each its own");
    close_handle(only);
    ok(nothing_comes(), "nothing else came");
    close_file();
}

/* Under Wine each of these sends a packet all the same, and the reads are at its
   operation's address. */
static void packets_too_many(void)
{
    open_its_file("hello", 5);
    for (int i = 0; i < 3; i++)
        ok(iocp_write(&added, "x", 1, INT64_MAX - 10, &here, &id) != 0 &&
               id == 0,
           "a write beyond all files fails at once");
    IocpId first, second;
    must("reading", iocp_read(&added, buffer, 5, 0, &here, &first));
    must("posting", iocp_post(&iocp, KEY + 1, &here, 7));
    must("reading", iocp_read(&added, buffer + 5, 3, 2, &here, &second));
    IocpCompletion one = completion(), two = completion(), three = completion();
    ok(one.bytes + two.bytes + three.bytes == 15 &&
           one.error + two.error + three.error == 0 &&
           one.key + two.key + three.key == 3 * KEY + 1,
       "what is started then ends as it should");
    ok(memcmp(buffer, "hellollo", 8) == 0 && nothing_comes(), "and once: %.8s",
       buffer);
    close_file();
}

static void closed_at_once(void)
{
    open_its_file("hello", 5);
    must("reading", iocp_read(&added, buffer, 5, 0, &here, &id));
    close_handle(file);
    IocpCompletion it = completion();
    ok(it.id == id && (it.error == 0 ? it.bytes == 5
                                     : it.error == ERROR_OPERATION_ABORTED),
       "a handle closed at once: the completion comes, error %lu", it.error);
    is(iocp_close(&iocp), 0, "all is closed");
    _wremove(file_name());
}

int main(void)
{
    the_end();
    int handles = handle_count();
    places();
    far_away();
    many_at_once();
    starts_that_fail();
    packets_too_many();
    closed_at_once();
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    return done_testing();
}
