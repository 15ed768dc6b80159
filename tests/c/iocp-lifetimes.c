// steps: 10+
// guard: yes
/* On guarded pages: handle, Iocp and completion go in every order, on a file, a pipe
   and a socket; then ten thousand times, counting memory and handles. */
#include "completions.h"
#include "guard.h"
#include "handles.h"
#include "permute.h"

typedef enum Action { CLOSE_HANDLE, CLOSE_IOCP, TAKE, ACTIONS } Action;
typedef enum Sort { A_FILE, A_PIPE, A_SOCKET, SORTS } Sort;
static const char *const names[] = {"a file", "a pipe", "a socket"};

static HANDLE handle, other;
static SOCKET peer;
static char *lent; /* the buffer of the read in flight */
static IocpId id;
static Sort sort;
static BOOL taken, closed;
static int wrong;

/* A read is in flight, or done and not taken out. */
static void open_all(void)
{
    IocpHandle added;
    SOCKET ours;
    taken = closed = FALSE;
    must("creating", iocp_create(&iocp, 0));
    if (sort == A_FILE)
        handle = file_with("hello", 5);
    if (sort == A_PIPE)
        pipe_pair(FALSE, 4096, &handle, &other);
    if (sort == A_SOCKET) {
        socket_pair(&ours, &peer);
        handle = (HANDLE)ours;
        must("adding", iocp_add_socket(&iocp, ours, KEY, &added));
    } else {
        must("adding", iocp_add_handle(&iocp, handle, KEY, &added));
    }
    lent = malloc(10);
    must("reading", iocp_read(&added, lent, 10, 0, lent, &id));
}

static void close_the_handle(void)
{
    if (sort == A_SOCKET)
        close_socket((SOCKET)handle);
    else
        close_handle(handle);
    handle = NULL;
}

static void take_it(void)
{
    if (handle != NULL && sort != A_FILE)
        iocp_cancel(&iocp, id);
    IocpCompletion it = completion();
    wrong += it.id != id || it.context != lent;
    free(lent); /* the system's no more */
    taken = TRUE;
}

static void act(Action action)
{
    switch (action) {
    case CLOSE_HANDLE:
        close_the_handle();
        break;
    case TAKE:
        take_it();
        break;
    default:
        closed = taken;
        wrong += iocp_close(&iocp) != (taken ? 0 : ERROR_BUSY);
    }
}

static void close_peers(void)
{
    if (sort == A_PIPE)
        close_handle(other);
    if (sort == A_SOCKET)
        close_socket(peer);
    if (sort == A_FILE)
        _wremove(file_name());
}

static void one_order(const int *order)
{
    open_all();
    for (int i = 0; i < ACTIONS; i++)
        act((Action)order[i]);
    if (!closed)
        wrong += iocp_close(&iocp) != 0;
    close_peers();
}

static void every_order(void)
{
    int order[ACTIONS] = {0, 1, 2}, orders = 0;
    wrong = 0;
    int live = guard_living(), handles = handle_count();
    do {
        orders++;
        one_order(order);
        if (guard_living() != live || guard_lent() != 0 ||
            handle_count() != handles)
            wrong++;
    } while (permute_next(order, ACTIONS));
    ok(wrong == 0 && orders == 6,
       "%s: handle, Iocp and completion go in each of 6 orders", names[sort]);
}

/* A buffer on its own page is freed with its completion, again and again. */
static void many_rounds(void)
{
    enum { ROUNDS = 10000 };
    IocpHandle added;
    IocpId last = 0;
    int rising = 1;
    HANDLE file = file_with("hello", 5);
    must("creating", iocp_create(&iocp, 0));
    must("adding", iocp_add_handle(&iocp, file, KEY, &added));
    int live = guard_living(), handles = 0;
    wrong = 0;
    for (int i = 0; i < ROUNDS; i++) {
        if (i == 1) /* Wine 10 keeps one from the first read on */
            handles = handle_count();
        char *mine = malloc(10);
        must("reading", iocp_read(&added, mine, 10, 0, mine, &id));
        IocpCompletion it = completion();
        wrong += it.context != mine || it.bytes != 5 ||
                 memcmp(mine, "hello", 5) != 0;
        rising &= id > last;
        last = id;
        free(mine);
    }
    is((unsigned)wrong, 0, "%d reads, each its buffer", ROUNDS);
    ok(rising, "each id is a new one");
    is((unsigned)guard_living(), (unsigned)live + 1,
       "one block of operations is left"); /* for the next ones */
    is((unsigned)handle_count(), (unsigned)handles, "and no handle");
    close_handle(file);
    is(iocp_close(&iocp), 0, "closed");
    _wremove(file_name());
}

int main(void)
{
    must("starting Winsock", wsa_startup());
    guard_end_unchecked(); /* the listener of the pairs stays open */
    for (int i = 0; i < 2; i++)
        for (sort = A_FILE; sort < SORTS; sort++)
            if (i == 0) /* what the system opens once */
                one_order((int[]){TAKE, CLOSE_HANDLE, CLOSE_IOCP});
            else
                every_order();
    many_rounds();
    return done_testing();
}
