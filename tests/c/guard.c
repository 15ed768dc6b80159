// steps: 03-05
// wrap: malloc calloc realloc free WSARecv GetQueuedCompletionStatusEx
/* The other tests of lifetimes are only as good as their allocator: each thing
   that it must notice is done here once, on purpose, in a child process. */
#include <process.h>

#include "lent.h"
#include "loopback.h"
#include "tap.h"

enum { NOTICED = 255, UNNOTICED = 3, SIZE = 1000 };

static char *block;
static WSAOVERLAPPED *overlapped;
static SOCKET pair[2];
static HANDLE port;

static void nothing(void)
{
    block[0] = block[SIZE - 1] = 'x';
    block = realloc(block, SIZE / 2);
    if (block[0] != 'x')
        exit(NOTICED);
}

static void read_past_the_end(void)
{
    volatile char *end = block + 1008;
    (void)*end;
}

/* The bytes up to the alignment are looked at when the block is freed. */
static void write_just_past_the_end(void)
{
    ((volatile char *)block)[SIZE] = 'x';
    free(block);
}

static void read_freed(void)
{
    char *volatile freed = block;
    free(block);
    (void)*(volatile char *)freed;
}

static void read_moved(void)
{
    char *volatile moved = block;
    block = realloc(block, SIZE * 2);
    (void)*(volatile char *)moved;
}

static void free_twice(void)
{
    char *volatile freed = block;
    free(block);
    free(freed);
}

static void start_read(void)
{
    if (wsa_startup() != 0 || create_completion_port(&port) != 0 ||
        loopback_pair(pair) != 0 || associate_socket(port, pair[0], 0) != 0 ||
        wsa_recv(pair[0], block, SIZE, overlapped) != 0)
        exit(UNNOTICED);
}

static void free_buffer_of_a_read(void)
{
    start_read();
    free(block);
}

static void free_operation_of_a_read(void)
{
    start_read();
    free(overlapped);
}

static void read_with_a_lent_operation(void)
{
    start_read();
    wsa_recv(pair[0], block, SIZE, overlapped);
}

/* The original's fault: without our list of what is lent, the system writes
   into freed memory. Wine's system is refused and says so in the packet; where
   it writes by other ways, what the freed block was filled with is changed. */
static void have_the_system_write(void)
{
    OVERLAPPED_ENTRY entry = {0};
    ULONG count;
    start_read();
    guard_take_back(overlapped);
    free(block);
    if (guard_faults > 0)
        exit(UNNOTICED);
    send_all(pair[1], "hello", 5);
    get_queued_completion_status_ex(port, &entry, 1, &count, 5000);
    if (count == 1 && overlapped->Internal == 0xC0000005)
        exit(NOTICED);
}

static const struct {
    const char *name;
    void (*run)(void);
    int expected;
} misdeeds[] = {
    {"nothing wrong is no fault", nothing, UNNOTICED},
    {"reading past a block's end is noticed", read_past_the_end, NOTICED},
    {"writing just past a block's end is noticed", write_just_past_the_end,
     NOTICED},
    {"reading freed memory is noticed", read_freed, NOTICED},
    {"reading what realloc moved is noticed", read_moved, NOTICED},
    {"freeing twice is noticed", free_twice, NOTICED},
    {"freeing the buffer of a read in flight is noticed", free_buffer_of_a_read,
     NOTICED},
    {"freeing the operation of a read in flight is noticed",
     free_operation_of_a_read, NOTICED},
    {"reusing the operation of a read in flight is noticed",
     read_with_a_lent_operation, NOTICED},
    {"the system writing into freed memory is noticed", have_the_system_write,
     NOTICED},
};
enum { MISDEEDS = sizeof misdeeds / sizeof *misdeeds };

static int do_it(int which)
{
    guard_quiet = 1;
    block = malloc(SIZE);
    overlapped = calloc(1, sizeof *overlapped);
    misdeeds[which].run();
    guard_settle();
    _Exit(guard_faults > 0 ? NOTICED : UNNOTICED);
}

int main(int argc, char **argv)
{
    char number[16];
    if (argc > 1)
        return do_it(atoi(argv[1]));
    for (int i = 0; i < MISDEEDS; i++) {
        sprintf(number, "%d", i);
        is((unsigned)_spawnl(_P_WAIT, _pgmptr, "guard", number, NULL),
           (unsigned)misdeeds[i].expected, "%s", misdeeds[i].name);
    }

    int live = guard_live;
    void *volatile blocks[3] = {malloc(1), calloc(3, 5), realloc(NULL, 5000)};
    is((unsigned)(guard_live - live), 3, "blocks in use are counted");
    for (int i = 0; i < 3; i++)
        free(blocks[i]);
    is((unsigned)(guard_live - live), 0, "until they are freed");
    return done_testing();
}
