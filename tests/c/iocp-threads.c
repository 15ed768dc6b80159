// steps: 10+
/* Any number of threads in one Iocp: nothing twice, nothing lost, a stop that
   reaches all, a cancel that never meets the wrong operation. */
#include "completions.h"
#include "handles.h"

enum { THREADS = 4, MANY = 10000, ROUNDS = 1000, STOPS = 50 };

static HANDLE threads[THREADS];
static atomic_int seen[MANY], left, strange;
static atomic_int batch; /* how many a thread takes at a time */

/* Takes completions out until all is over. */
static unsigned WINAPI take_all(void *unused)
{
    IocpCompletion list[16];
    ULONG count;
    DWORD error;
    (void)unused;
    while ((error = iocp_get_completions(&iocp, list, (ULONG)batch, &count,
                                         INFINITE)) == 0)
        for (ULONG i = 0; i < count; i++) {
            uintptr_t n = (uintptr_t)list[i].context;
            if (n < MANY && list[i].key == n && list[i].error == 0)
                seen[n]++;
            else
                strange++;
        }
    left += error == ERROR_ABANDONED_WAIT_0;
    return 0;
}

static void start_all(void)
{
    left = strange = 0;
    for (int i = 0; i < MANY; i++)
        seen[i] = 0;
    must("creating", iocp_create(&iocp, THREADS));
    for (int i = 0; i < THREADS; i++)
        must("starting a thread", start_thread(&threads[i], take_all, NULL));
}

static BOOL all_leave(void)
{
    for (int i = 0; i < THREADS; i++)
        if (WaitForSingleObject(threads[i], PATIENCE) != 0)
            bail("a thread does not leave");
        else
            close_handle(threads[i]);
    return left == THREADS;
}

static BOOL each_once(int count)
{
    for (int i = 0; i < MANY; i++)
        if (seen[i] != (i < count))
            return FALSE;
    return strange == 0;
}

static void posts(int at_a_time)
{
    batch = at_a_time;
    start_all();
    for (uintptr_t i = 0; i < MANY; i++)
        must("posting", iocp_post(&iocp, i, (void *)i, 0));
    is(iocp_stop(&iocp), 0, "stopped behind ten thousand posts");
    ok(all_leave(), "all threads leave, taking %d at a time", at_a_time);
    ok(each_once(MANY), "each post came once");
    is(iocp_close(&iocp), 0, "closed");
}

static unsigned WINAPI start_many(void *argument)
{
    const IocpHandle *added = argument;
    IocpId id;
    for (uintptr_t i = added->key; i < MANY; i += THREADS)
        must("reading",
             iocp_read(added, buffer, 0, 0, (void *)added->key, &id));
    return 0;
}

/* Four threads start, four others take out. */
static void operations(void)
{
    IocpHandle added[THREADS];
    HANDLE file[THREADS], starters[THREADS];
    batch = 3;
    start_all();
    for (uintptr_t i = 0; i < THREADS; i++) {
        file[i] = file_with("", 0);
        must("adding", iocp_add_handle(&iocp, file[i], i, &added[i]));
        must("starting a thread",
             start_thread(&starters[i], start_many, &added[i]));
    }
    for (int i = 0; i < THREADS; i++)
        must("joining", join_thread(starters[i]));
    is(iocp_stop(&iocp), 0, "stopped behind ten thousand reads");
    ok(all_leave(), "all threads leave");
    int sum = 0;
    for (int i = 0; i < THREADS; i++) {
        sum += seen[i];
        close_handle(file[i]);
    }
    ok(sum == MANY && strange == 0, "each read completed once");
    is(iocp_close(&iocp), 0, "closed");
    _wremove(file_name());
}

/* Nothing in flight, all waiting: again and again. */
static void stops(void)
{
    int right = 0;
    batch = 1;
    for (int i = 0; i < STOPS; i++) {
        start_all();
        if (i % 2 == 0)
            Sleep(2); /* until they wait; or not */
        right += iocp_stop(&iocp) == 0 && all_leave() && iocp_close(&iocp) == 0;
    }
    is((unsigned)right, STOPS, "all four leave, %d times", STOPS);
}

static void busy_while_waiting(void)
{
    SOCKET ours, peer;
    IocpHandle added;
    IocpId id;
    batch = 1;
    start_all();
    socket_pair(&ours, &peer);
    must("adding", iocp_add_socket(&iocp, ours, 3, &added));
    must("reading", iocp_read(&added, buffer, 10, 0, (void *)3, &id));
    Sleep(A_WHILE);
    is(iocp_close(&iocp), ERROR_BUSY, "not closed while threads wait");
    is(iocp_stop(&iocp), 0, "stopped with a read in flight");
    Sleep(A_WHILE);
    is((unsigned)left, 0, "nobody leaves yet");
    is(iocp_cancel(&iocp, id), 0, "the read is cancelled");
    ok(all_leave(), "after its completion all leave");
    is((unsigned)strange, 1, "which one of them got");
    close_socket(ours);
    close_socket(peer);
    is(iocp_close(&iocp), 0, "closed");
}

static _Atomic(IocpId) target;
static atomic_bool over;

static unsigned WINAPI cancel_all(void *unused)
{
    (void)unused;
    while (!over)
        iocp_cancel(&iocp, target);
    return 0;
}

/* Reads one after another live at one address. Every other one is somebody's
   target, and stays so, by its id, when the next has taken its place. */
static void cancels(void)
{
    SOCKET ours, peer;
    IocpHandle added;
    IocpId id;
    HANDLE thread;
    int won = 0, lost = 0, wrong = 0;
    must("creating", iocp_create(&iocp, 0));
    socket_pair(&ours, &peer);
    must("adding", iocp_add_socket(&iocp, ours, KEY, &added));
    over = FALSE;
    target = 0;
    must("starting a thread", start_thread(&thread, cancel_all, NULL));
    for (int i = 0; i < ROUNDS; i++) {
        must("reading", iocp_read(&added, buffer, 10, 0, NULL, &id));
        if (i % 2 == 0)
            target = id;
        if (i % 4 != 2) /* that one only its cancel ends */
            send_all(peer, "x", 1);
        IocpCompletion it = completion();
        wrong += it.id != id || (it.error != 0 && i % 2 == 1);
        if (it.error == 0)
            won++;
        else
            lost++;
        wrong += it.error != 0 && it.error != ERROR_OPERATION_ABORTED;
        if (it.error != 0 && i % 4 != 2) {
            /* It took nothing: the byte is still there. */
            must("reading", iocp_read(&added, buffer, 10, 0, NULL, &id));
            it = completion();
            wrong += it.id != id || it.error != 0 || it.bytes != 1;
        }
    }
    over = TRUE;
    must("joining", join_thread(thread));
    is((unsigned)wrong, 0, "no cancel met the wrong read, in %d", ROUNDS);
    ok(won > 0 && lost > 0, "%d had their data, %d were cancelled", won, lost);
    ok(nothing_comes(), "none had two completions");
    close_socket(ours);
    close_socket(peer);
    is(iocp_close(&iocp), 0, "closed");
}

int main(void)
{
    must("starting Winsock", wsa_startup());
    busy_while_waiting();
    int handles = handle_count();
    posts(1);
    posts(16);
    operations();
    stops();
    cancels();
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
    return done_testing();
}
