/* Posts letters and takes them out through mailbox.c, which is compiled with
   the student's declarations. */
#include "check.h"
#include "mailbox.h"

enum { LETTERS = 16 };

extern const unsigned long long size_of_byte_count; /* as ffi.h declares it */

static OVERLAPPED marks[LETTERS];

static void post(HANDLE port, int count)
{
    for (int i = 0; i < count; i++)
        require(post_queued_completion_status(port, 100 * (DWORD)(i + 1),
                                              (ULONG_PTR)i + 1, &marks[i]) == 0,
                "posting packet %d failed", i + 1);
}

/* The first letter that is wrong in this respect, or count. */
static int wrong_sender(const Letter *letters, int count)
{
    int i = 0;
    while (i < count && letters[i].sender == (ULONG_PTR)i + 1)
        i++;
    return i;
}

static int wrong_size(const Letter *letters, int count)
{
    int i = 0;
    while (i < count && letters[i].size == 100 * (DWORD)(i + 1))
        i++;
    return i;
}

static int wrong_mark(const Letter *letters, int count)
{
    int i = 0;
    while (i < count && letters[i].mark == &marks[i])
        i++;
    return i;
}

static void look_at(const Letter *letters, int count)
{
    int i = wrong_sender(letters, count);
    expect(i == count, "every letter has its sender",
           "letter %d of %d came from sender %llu, not %d: where does the "
           "system begin entry %d, and where do we?",
           i + 1, count, (unsigned long long)letters[i % count].sender, i + 1,
           i + 1);
    i = wrong_mark(letters, count);
    expect(i == count, "every letter has its mark",
           "letter %d of %d is marked with a wrong address (%p): at which "
           "offset does the system write lpOverlapped?",
           i + 1, count, letters[i % count].mark);
    i = wrong_size(letters, count);
    expect(i == count, "every letter has its size",
           "letter %d of %d has %lu bytes, posted were %d: at which offset "
           "does the system write dwNumberOfBytesTransferred?",
           i + 1, count, letters[i % count].size, 100 * (i + 1));
}

void examine(const Checker *table)
{
    HANDLE port;
    Letter letters[LETTERS];
    ULONG count = 0;
    BEGIN(table);

    stage("creating a port");
    require(create_completion_port(&port) == 0,
            "create_completion_port failed: see what it calls, and with what");

    stage("a batch of 16 letters");
    post(port, LETTERS);
    need(mailbox_take(port, letters, LETTERS, &count, 1000) == 0 &&
             count == LETTERS,
         "16 letters come out with one call", "%lu came out", count);
    look_at(letters, LETTERS);

    stage("an empty mailbox");
    expect(mailbox_take(port, letters, LETTERS, &count, 10) == WAIT_TIMEOUT,
           "an empty mailbox gives error 258",
           "taking from an empty mailbox did not give 258 (WAIT_TIMEOUT)");

    stage("what ffi.h declares");
    expect(size_of_byte_count == sizeof(DWORD),
           "dwNumberOfBytesTransferred has the size that Windows gives it",
           "the numbers are right, but in ffi.h dwNumberOfBytesTransferred has "
           "%llu bytes: how many has it on Microsoft's page, and what would be "
           "in the others?",
           size_of_byte_count);
}
