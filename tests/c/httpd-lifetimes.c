// steps: 12+
// guard: yes
// wrap: CreateFileW ReadFile
/* On guarded pages: whatever the server is doing for its client, he hangs up, it is
   drained, the poll waits and is destroyed, and the registrator is released, in
   every order. Then the same with a file alone; then some hundred clients come in
   turn. Nothing may be freed while it is lent, everything in the end. */
#include "guard.h"
#include "handles.h"
#include "permute.h"

#define SERVED "httpd-lifetimes"
#include "served.h"

typedef enum Stage {
    WAITING,
    HALF,
    OPENING,
    READING,
    SENDING,
    PIPELINED,
    DRAINING,
    IDLE,
    PARTING,
    STAGES
} Stage;

/* What the client has sent, and where that has led. */
static const struct {
    const char *name;
    const char *asks;
} stages[] = {[WAITING] = {"not accepted", GET("large", "")},
              [HALF] = {"half a head", "GET / HT"},
              [OPENING] = {"gone while its file is opened", GET("large", "")},
              [READING] = {"a piece being read", GET("large", "")},
              [SENDING] = {"half an answer sent", GET("large", "")},
              [PIPELINED] = {"half an answer sent, requests waiting",
                             GET("large", "") GET("small", "")
                                 GET("large", "")},
              [DRAINING] = {"half an answer sent, draining", GET("large", "")},
              [IDLE] = {"idle", GET("small", "")},
              [PARTING] = {"parting", GET("small", "Connection: close\r\n")}};

typedef enum Action { HANG_UP, DRAIN, WAIT, DESTROY, RELEASE, ACTIONS } Action;

enum { LONG_MS = 100000, SHORT_MS = 1, LITTLE = 4096 };

static Stage stage;
static BOOL by_reset; /* so the client hangs up */
static BOOL destroyed;
static int reads;   /* of files, started for this client */
static int reached; /* how often the stage was */
static int wrong;

static void hang_up(void)
{
    if (client == INVALID_SOCKET)
        return;
    if (by_reset)
        reset(client);
    else
        close_socket(client);
    client = INVALID_SOCKET;
}

HANDLE __real_CreateFileW(const wchar_t *name, DWORD access, DWORD share,
                          void *security, DWORD disposition, DWORD flags,
                          HANDLE like);
HANDLE __wrap_CreateFileW(const wchar_t *name, DWORD access, DWORD share,
                          void *security, DWORD disposition, DWORD flags,
                          HANDLE like)
{
    if (stage == OPENING)
        hang_up();
    return __real_CreateFileW(name, access, share, security, disposition, flags,
                              like);
}

BOOL __real_ReadFile(HANDLE file, void *into, DWORD size, DWORD *bytes,
                     OVERLAPPED *overlapped);
BOOL __wrap_ReadFile(HANDLE file, void *into, DWORD size, DWORD *bytes,
                     OVERLAPPED *overlapped)
{
    reads++;
    return __real_ReadFile(file, into, size, bytes, overlapped);
}

/* Takes in the answer for the small file, and what follows if that is the end. */
static void take_in(void)
{
    char bytes[1024] = "";
    int got = 0, count = 1;
    const char *body = NULL;
    while (
        count > 0 && got < (int)sizeof bytes - 1 &&
        (stage == PARTING || body == NULL || bytes + got < body + 4 + SMALL)) {
        count = recv(client, bytes + got, (int)sizeof bytes - 1 - got, 0);
        got += count > 0 ? count : 0;
        body = strstr(bytes, "\r\n\r\n");
    }
    reached += body != NULL && bytes + got == body + 4 + SMALL;
}

/* The answer is stuck: some of it is with the server, and the rest still a file. */
static BOOL is_stuck(void)
{
    DWORD unsent = 0;
    if (server.clients !=
        NULL) /* the first that it consists of is its stream */
        tcp_stream_unsent((TcpStream *)server.clients, &unsent);
    return unsent > 0 && reads > 0 && reads < LARGE / FILE_PIECE;
}

static void reach(void)
{
    reads = 0;
    say(client, stages[stage].asks);
    if (stage == WAITING) {
        reached++;
    } else if (stage == HALF || stage == OPENING || stage == READING) {
        welcome();
        turn(PATIENCE); /* its event */
        reached += stage == HALF      ? server.count == 1
                   : stage == OPENING ? client == INVALID_SOCKET
                                      : reads == 1;
    } else {
        welcome();
        turn_until_still();
        if (stage == IDLE || stage == PARTING)
            take_in();
        else
            reached += is_stuck();
        if (stage == DRAINING)
            must("draining", server_drain(&server));
    }
}

static void begin(void)
{
    Limits limits = {.clients = 10,
                     .head_ms = LONG_MS,
                     .keep_ms = LONG_MS,
                     .take_ms = LONG_MS,
                     .linger_ms = LONG_MS,
                     .drain_ms = stage == DRAINING ? LONG_MS : SHORT_MS};
    destroyed = FALSE;
    open_served(limits, LITTLE);
    reach();
}

static void act(Action action)
{
    BOOL over = server.draining && server.clients == NULL;
    DWORD error;
    switch (action) {
    case HANG_UP:
        hang_up();
        break;
    case DRAIN:
        wrong += server_drain(&server) != 0;
        break;
    case WAIT:
        turn(2);
        break;
    case DESTROY:
        error = poll_destroy(&poll);
        wrong += error != (over ? 0 : ERROR_BUSY);
        destroyed = error == 0;
        break;
    default:
        wrong += registrator_release(&registrator) != 0;
    }
}

static void one_order(const int *order)
{
    int before = wrong, live = guard_living();
    begin();
    for (int i = 0; i < ACTIONS; i++)
        act((Action)order[i]);
    for (int i = 0; i < 1000 && server.clients != NULL; i++)
        turn(2);
    if (!destroyed)
        wrong += poll_destroy(&poll) != 0;
    wrong += guard_living() != live || guard_lent() != 0;
    if (wrong != before && wrong < 5) {
        printf("# %d blocks, %d operations, %lu clients left after",
               guard_living() - live, guard_lent(), server.count);
        for (int i = 0; i < ACTIONS; i++)
            printf(" %d", order[i]);
        printf("\n");
    }
}

static void every_order(void)
{
    int order[ACTIONS] = {0, 1, 2, 3, 4}, orders = 0;
    one_order(order); /* what the system opens once */
    reached = wrong = 0;
    int handles = handle_count();
    for (by_reset = FALSE; by_reset <= TRUE; by_reset++) {
        do {
            one_order(order);
            orders++;
        } while (permute_next(order, ACTIONS));
        permute_reverse(order, order + ACTIONS - 1);
    }
    ok(wrong == 0 && orders == 240, "%s: in each of %d orders all is freed",
       stages[stage].name, orders);
    is((unsigned)reached, (unsigned)orders, "that far it was each time");
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
}

typedef enum FileAction {
    CLOSE_FILE,
    WAIT_FOR_FILE,
    DESTROY_POLL,
    RELEASE_LOOP,
    FILE_ACTIONS
} FileAction;

static File *file;

static void act_on_file(FileAction action, BOOL reading)
{
    Event event;
    Events events = {.list = &event, .capacity = 1};
    DWORD error;
    switch (action) {
    case CLOSE_FILE:
        wrong += file_close(file) != 0;
        file = NULL;
        break;
    case WAIT_FOR_FILE:
        error = poll_wait(&poll, &events, reading && !destroyed ? 20 : 0);
        wrong += error != 0 && error != ERROR_ABANDONED_WAIT_0;
        wrong += events.count != (reading && file != NULL && !destroyed);
        break;
    case DESTROY_POLL:
        error = poll_destroy(&poll);
        wrong += error != (file != NULL ? ERROR_BUSY : 0);
        destroyed = error == 0;
        break;
    default:
        wrong += registrator_release(&registrator) != 0;
    }
}

static void one_order_of_file(const int *order, BOOL reading)
{
    int live = guard_living();
    destroyed = FALSE;
    must("creating the poll", poll_create(&poll));
    must("making a registrator", poll_registrator(&poll, &registrator));
    must("opening", file_open(&file, &registrator, 7, L".\\build",
                              "httpd-lifetimes-large"));
    if (reading)
        must("reading", file_read(file, 0));
    for (int i = 0; i < FILE_ACTIONS; i++)
        act_on_file((FileAction)order[i], reading);
    if (!destroyed)
        wrong += poll_destroy(&poll) != 0;
    wrong += guard_living() != live || guard_lent() != 0;
}

static void every_order_of_file(void)
{
    int handles = handle_count();
    wrong = 0;
    for (int reading = 0; reading < 2; reading++) {
        int order[FILE_ACTIONS] = {0, 1, 2, 3}, orders = 0;
        do {
            one_order_of_file(order, reading);
            orders++;
        } while (permute_next(order, FILE_ACTIONS));
        ok(wrong == 0 && orders == 24, "a file, %s: in each of %d orders",
           reading ? "being read" : "not yet read", orders);
    }
    is((unsigned)handle_count(), (unsigned)handles, "no handle is left");
}

/* Each is served, and leaves nothing behind. */
static void many_clients(void)
{
    enum { CLIENTS = 500, WARM = 10 };
    int live = 0, handles = 0, started = 0;
    wrong = reached = 0;
    stage = IDLE;
    open_served(default_limits, LITTLE);
    for (int i = 0; i < WARM + CLIENTS; i++) {
        if (i > 0)
            connect_client(LITTLE);
        reach();
        by_reset = i % 2 == 0;
        hang_up();
        while (server.clients != NULL && turn(PATIENCE) > 0)
            ;
        wrong += server.clients != NULL;
        if (i == WARM - 1) {
            live = guard_living();
            handles = handle_count();
            started = guard_lent();
            reached = 0;
        }
    }
    is((unsigned)reached, CLIENTS, "%d clients in turn are served", CLIENTS);
    is((unsigned)guard_living(), (unsigned)live, "they leave no memory");
    is((unsigned)handle_count(), (unsigned)handles, "nor a handle");
    is((unsigned)guard_lent(), (unsigned)started, "and as many accepts");
    wrong += server_drain(&server) != 0;
    wrong += poll_destroy(&poll) != 0;
    wrong += registrator_release(&registrator) != 0;
    is((unsigned)wrong, 0, "all is closed");
}

int main(void)
{
    make_files();
    set_up();
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));
    for (stage = 0; stage < STAGES; stage++)
        every_order();
    every_order_of_file();
    many_clients();
    remove_files();
    guard_end_unchecked(); /* the listener of peers.h stays open */
    return done_testing();
}
