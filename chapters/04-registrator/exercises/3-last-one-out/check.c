// wrap: malloc calloc realloc free CreateIoCompletionPort CloseHandle
// wrap: PostQueuedCompletionStatus
// sizes: Poll Registrator
/* Makes registrators, releases them in every order, and has other threads come
   in between. */
#include <stdlib.h>

#include "check.h"
#include "guard.h"
#include "interleave.h"
#include "poll.h"
#include "streams.h"

enum { CAPACITY = 4, TOKEN = 5, SOON_MS = 1000, INSTRUCTIONS = 150 };

extern const unsigned long long size_of_Poll, size_of_Registrator;

WRAPPED(CreateIoCompletionPort);
WRAPPED(CloseHandle);
WRAPPED(PostQueuedCompletionStatus);
void WINAPI SetLastError(DWORD);

static HANDLE port; /* of the last loop, NULL once it is closed */
static BOOL post_fails;

HANDLE WINAPI __wrap_CreateIoCompletionPort(HANDLE file, HANDLE existing,
                                            ULONG_PTR key, DWORD threads)
{
    HANDLE made = __real_CreateIoCompletionPort(file, existing, key, threads);
    if (existing == NULL)
        port = made;
    return made;
}

BOOL WINAPI __wrap_CloseHandle(HANDLE handle)
{
    interleave_now();
    if (handle == port)
        port = NULL;
    return __real_CloseHandle(handle);
}

BOOL WINAPI __wrap_PostQueuedCompletionStatus(HANDLE to, DWORD bytes,
                                              ULONG_PTR key,
                                              OVERLAPPED *overlapped)
{
    interleave_now();
    if (post_fails) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    return __real_PostQueuedCompletionStatus(to, bytes, key, overlapped);
}

static Poll *loop, *second_loop;
static Registrator *original, *copy, *other;
static Event list[CAPACITY];
static Events events = {.list = list, .capacity = CAPACITY};
static Operation *stream;
static SOCKET peer;
static int living;        /* blocks of memory before the loop was made */
static GuardBlock *block; /* the first that was made for the loop */
static DWORD first_error, second_error;

static void open_loop(void)
{
    living = guard_living();
    block = &guard_blocks[guard_count];
    require(poll_create(loop) == 0 && poll_registrator(loop, original) == 0,
            "no loop could be made");
}

static void clone(void)
{
    DWORD error = registrator_clone(original, copy);
    need(error == 0, "a registrator is cloned",
         "registrator_clone gave error %lu", error);
}

static void open_stream(void)
{
    stream = new_stream(&peer);
}

static void close_stream(void)
{
    operation_close(stream);
    close_socket(peer);
}

/* Polls until there is an event, an error or no time left. */
static DWORD next_event(void)
{
    unsigned long start = milliseconds();
    DWORD error = 0;
    events.count = 0;
    while (error == 0 && events.count == 0 && milliseconds() - start < SOON_MS)
        error = poll_wait(loop, &events, 50);
    return error;
}

static int is_ours(DWORD error)
{
    return error == 0 && events.count == 1 && list[0].token == TOKEN &&
           list[0].bytes == 5 && list[0].error == 0;
}

static DWORD feed(Registrator *registrator)
{
    DWORD error = registrator_register(registrator, stream, TOKEN, READABLE);
    require(send_all(peer, "hello", 5) == 0, "sending failed");
    return error;
}

/* After the last owner has gone. */
static void nothing_left(const char *after)
{
    need(guard_living() <= living && port == NULL,
         "nothing is left of the loop",
         "%s, all owners of the loop are gone, and %s: how many times was it "
         "counted, and how many times uncounted?",
         after,
         port != NULL ? "its port is still open" : "its memory is not freed");
}

static void one_after_the_other(void)
{
    stage("a clone");
    open_loop();
    open_stream();
    clone();
    DWORD error = feed(copy);
    need(is_ours(error != 0 ? error : next_event()), "a clone registers",
         "a stream was registered with a clone: error %lu, %lu events", error,
         events.count);

    stage("releasing a registrator that has a clone");
    error = registrator_release(original);
    expect(error == 0, "the first one is released",
           "registrator_release gave error %lu", error);
    need(guard_living() > living && port != NULL, "the loop is still owned",
         "one of two registrators was released, and the loop is gone, although "
         "the poll and the other one own it: was the clone counted?");
    error = registrator_release(original);
    need(error == ERROR_ABANDONED_WAIT_0, "it can't be released again",
         "a registrator was released a second time, and that gave error %lu "
         "instead of 735: can it tell that it has been?",
         error);
    error = registrator_clone(original, other);
    expect(error == ERROR_ABANDONED_WAIT_0, "nor cloned",
           "a registrator that had been released was cloned, and that gave "
           "error %lu instead of 735",
           error);
    error = poll_wait(loop, &events, 0);
    need(error == 0, "the loop goes on",
         "one of two registrators was released, and poll_wait gave error %lu: "
         "was "
         "the clone counted?",
         error);
    error = feed(copy);
    need(error == 0, "the clone still registers",
         "the other registrator was released, and registering with the clone "
         "gave error %lu",
         error);

    stage("releasing the last registrator");
    pause_ms(20);
    error = registrator_release(copy);
    expect(error == 0, "the last one is released",
           "registrator_release gave error %lu", error);
    need(guard_living() > living && port != NULL, "the poll owns the loop",
         "the last registrator was released, and the loop is gone, although "
         "the poll owns it as well: is a clone an owner?");
    error = next_event();
    expect(is_ours(error), "what has completed is handed out",
           "an event was in the port when the last registrator was released: "
           "poll_wait gave error %lu and %lu events",
           error, events.count);
    error = next_event();
    need(error == ERROR_ABANDONED_WAIT_0, "the loop has ended",
         "the last registrator is gone, and poll_wait gave error %lu and %lu "
         "events after a second: what does it wait for, when nobody can "
         "register any more?",
         error, events.count);
    error = poll_registrator(loop, other);
    if (error == 0) {
        error = feed(other);
        registrator_release(other);
    }
    need(error == ERROR_ABANDONED_WAIT_0, "the loop is closed",
         "the last registrator is gone, the poll made another one, and "
         "registering with it gave error %lu instead of 735: is the loop "
         "closed, or only woken?",
         error);
    close_stream();
    error = poll_destroy(loop);
    expect(error == 0, "the poll is destroyed", "poll_destroy gave error %lu",
           error);
    nothing_left("after two registrators and the poll");
}

static void two_from_the_poll(void)
{
    stage("two registrators that the poll made");
    open_loop();
    require(poll_registrator(loop, other) == 0, "poll_registrator failed");
    registrator_release(original);
    DWORD error = poll_wait(loop, &events, 0);
    need(error == 0, "the loop goes on with the other one",
         "the poll made two registrators, one was released, and poll_wait gave "
         "error %lu: who counts those that the poll makes?",
         error);
    registrator_release(other);
    error = poll_wait(loop, &events, 0);
    need(error == ERROR_ABANDONED_WAIT_0, "and ends with it",
         "the poll made two registrators, both were released, and poll_wait "
         "gave error %lu instead of 735",
         error);
    poll_destroy(loop);
    nothing_left("after two registrators that the poll made and the poll");
}

static void two_loops(void)
{
    stage("two loops");
    open_loop();
    require(poll_create(second_loop) == 0 &&
                poll_registrator(second_loop, other) == 0,
            "no second loop could be made");
    registrator_release(original);
    first_error = poll_wait(loop, &events, 0);
    second_error = poll_wait(second_loop, &events, 0);
    need(first_error == ERROR_ABANDONED_WAIT_0 && second_error == 0,
         "each loop has its own last registrator",
         "there were two loops with a registrator each, and one was released: "
         "poll_wait gave %lu on its loop instead of 735, and %lu on the other "
         "instead of 0: whose registrators are counted?",
         first_error, second_error);
    registrator_release(other);
    poll_destroy(loop);
    poll_destroy(second_loop);
    nothing_left("after two loops");
}

static void wake_fails(void)
{
    stage("releasing the last registrator while posting fails");
    open_loop();
    post_fails = TRUE;
    first_error = registrator_release(original);
    post_fails = FALSE;
    expect(first_error == ERROR_NOT_ENOUGH_MEMORY, "a failed wake is told",
           "the loop could not be woken, error 8, and registrator_release "
           "gave %lu",
           first_error);
    poll_destroy(loop);
    nothing_left("after a release that could not wake the poll");
}

static void release_later(void *unused)
{
    (void)unused;
    pause_ms(40);
    registrator_release(original);
}

static void asleep(void)
{
    stage("releasing the last registrator while a thread waits");
    open_loop();
    in_thread(release_later, NULL);
    unsigned long start = milliseconds();
    DWORD error = poll_wait(loop, &events, 2000);
    if (error == 0 && events.count == 0)
        error = poll_wait(loop, &events, 0);
    expect(error == ERROR_ABANDONED_WAIT_0 && milliseconds() - start < SOON_MS,
           "the waiter is woken",
           "the last registrator was released while a thread was in poll_wait, "
           "which gave error %lu after %lu ms",
           error, milliseconds() - start);
    while (poll_destroy(loop) == ERROR_BUSY)
        pause_ms(1);
    pause_ms(20); /* the other thread may be on its way out of release */
    nothing_left("after a release that woke the poll");
}

static void closed_before(void)
{
    stage("closing the loop, then releasing its registrators");
    open_loop();
    clone();
    require(registrator_close_loop(copy) == 0, "registrator_close_loop failed");
    first_error = registrator_release(copy);
    second_error = registrator_release(original);
    need(first_error == 0 && second_error == 0, "a closed loop is no failure",
         "the registrators of a closed loop were released, which gave %lu and "
         "%lu: has releasing failed, when somebody else closed the loop first?",
         first_error, second_error);
    poll_destroy(loop);
    nothing_left("after close_loop, two releases and the poll");
}

static void poll_first(void)
{
    stage("destroying the poll, then cloning and releasing");
    open_loop();
    require(poll_destroy(loop) == 0, "poll_destroy failed");
    clone();
    open_stream();
    first_error = registrator_register(copy, stream, TOKEN, READABLE);
    expect(first_error == ERROR_ABANDONED_WAIT_0, "a clone knows of the end",
           "the poll is destroyed, and registering with a clone gave %lu",
           first_error);
    close_stream();
    first_error = registrator_release(original);
    second_error = registrator_release(copy);
    need(first_error == 0 && second_error == 0, "they are released",
         "the poll was gone, and releasing two registrators gave %lu and %lu",
         first_error, second_error);
    nothing_left("after the poll and two registrators");
}

static void release_original(void)
{
    first_error = registrator_release(original);
}

static void release_copy(void)
{
    second_error = registrator_release(copy);
}

static void destroy(void)
{
    second_error = poll_destroy(loop);
}

/* As interleave: within the writes to the loop that aren't atomic, or behind
   each instruction. */
static int interleave_in(int stops, int within, void (*first)(void),
                         void (*second)(void))
{
    return interleave(stops, first, second, within ? block->memory : NULL,
                      block->size);
}

static void two_releases(int within)
{
    int more = 1;
    for (int i = 0; i < INSTRUCTIONS && more; i++) {
        open_loop();
        require(registrator_clone(original, copy) == 0, "cloning failed");
        more = interleave_in(i, within, release_original, release_copy);
        DWORD error = poll_wait(loop, &events, 0);
        if (first_error != 0 || second_error != 0 ||
            error != ERROR_ABANDONED_WAIT_0)
            need(0, "one of two closes the loop",
                 "two threads released the last two registrators at the same "
                 "time (%lu and %lu), and poll_wait gave %lu instead of 735: "
                 "can each of them see the other one and leave the closing to "
                 "it? The second came %d instructions after the first",
                 first_error, second_error, error, i);
        poll_destroy(loop);
        if (guard_living() > living || port != NULL)
            nothing_left("after two releases at once and the poll");
    }
    expect(1, "one of two closes the loop", "%s", "");
}

static void release_and_destroy(void)
{
    int more = 1;
    for (int i = 0; i < INSTRUCTIONS && more; i++) {
        open_loop();
        more = interleave_in(i, 0, release_original, destroy);
        if (first_error != 0 || second_error != 0)
            need(0, "releasing and destroying go together",
                 "one thread released the last registrator, which gave %lu, "
                 "while another destroyed the poll, which gave %lu (6: a "
                 "handle that is closed): may who has let go of the loop still "
                 "use it?",
                 first_error, second_error);
        if (guard_living() > living || port != NULL)
            nothing_left("after a release and a destroy at once");
    }
    expect(1, "releasing and destroying go together", "%s", "");
}

static void clone_to_copy(void)
{
    first_error = registrator_clone(original, copy);
}

static void clone_to_other(void)
{
    second_error = registrator_clone(original, other);
}

static void lost(const char *what, DWORD error)
{
    need(0, "no count is lost",
         "two threads %s at the same time, and then poll_wait gave %lu %s: is "
         "each count one step for the processor? (x++ is, if x is atomic)",
         what, error,
         error == 0 ? "with no registrator left" : "with a registrator held");
}

/* Releases these, and the original last. */
static void release_in_turn(Registrator *list[2], const char *what)
{
    DWORD error = poll_wait(loop, &events, 0);
    for (int i = 0; i < 2 && error == 0; i++)
        if (list[i] != NULL) {
            registrator_release(list[i]);
            error = poll_wait(loop, &events, 0);
        }
    if (error != 0)
        lost(what, error);
    registrator_release(original);
    error = poll_wait(loop, &events, 0);
    if (error != ERROR_ABANDONED_WAIT_0)
        lost(what, error);
    poll_destroy(loop);
    if (guard_living() > living || port != NULL)
        nothing_left("after two threads and the poll");
}

static void two_clones(int within)
{
    int more = 1;
    for (int i = 0; i < INSTRUCTIONS && more; i++) {
        open_loop();
        more = interleave_in(i, within, clone_to_copy, clone_to_other);
        release_in_turn((Registrator *[2]){copy, other}, "cloned one");
    }
    expect(1, "no clone is lost", "%s", "");
}

static void clone_and_release(int within)
{
    int more = 1;
    for (int i = 0; i < INSTRUCTIONS && more; i++) {
        open_loop();
        require(registrator_clone(original, copy) == 0, "cloning failed");
        more = interleave_in(i, within, release_copy, clone_to_other);
        release_in_turn((Registrator *[2]){other, NULL},
                        "cloned one and released another");
    }
    expect(1, "no release is lost", "%s", "");
}

static void at_once(int within)
{
    static const char *const when[] = {"behind each instruction",
                                       "in the middle of an instruction"};
    stage("a thread that clones while another clones, %s", when[within]);
    two_clones(within);
    stage("a thread that clones while another releases, %s", when[within]);
    clone_and_release(within);
    stage("a thread that releases the last but one while another releases the "
          "last, %s",
          when[within]);
    two_releases(within);
}

void examine(const Checker *table)
{
    BEGIN(table);
    stage("making a loop");
    loop = calloc(1, size_of_Poll);
    original = calloc(1, size_of_Registrator);
    copy = calloc(1, size_of_Registrator);
    other = calloc(1, size_of_Registrator);
    second_loop = calloc(1, size_of_Poll);
    require(loop != NULL && second_loop != NULL && original != NULL &&
                copy != NULL && other != NULL && wsa_startup() == 0,
            "no memory, or Winsock did not start");
    one_after_the_other();
    two_from_the_poll();
    two_loops();
    asleep();
    closed_before();
    poll_first();
    wake_fails();
    at_once(0);
    stage("a thread that destroys the poll while the last registrator is "
          "being released");
    release_and_destroy();
    at_once(1);
}
