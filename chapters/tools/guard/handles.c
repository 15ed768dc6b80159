/* Handles by their number. A number comes again as soon as it is free, and not
   every call that opens one is seen: so a closed handle counts as closed only
   while the system, too, says that there is none of that number. */
#include "inside.h"

typedef struct Handle {
    struct Handle *next;
    HANDLE number;
    HandleKind kind;
    int open;
    const char *call; /* that opened it, or NULL */
    Place opened, closed;
    HANDLE port;
    int skips;
} Handle;

enum { HANDLE_BUCKETS = 4096 };
static Handle *handles[HANDLE_BUCKETS];
static SRWLOCK handle_lock = SRWLOCK_INIT;

static Handle *find_handle(HANDLE number)
{
    for (Handle *handle = handles[(ULONG_PTR)number / 4 % HANDLE_BUCKETS];
         handle != NULL; handle = handle->next)
        if (handle->number == number)
            return handle;
    return NULL;
}

static Handle *find_or_add(HANDLE number)
{
    Handle *handle = find_handle(number);
    if (handle == NULL) {
        Handle **bucket = &handles[(ULONG_PTR)number / 4 % HANDLE_BUCKETS];
        handle = own(sizeof *handle);
        handle->number = number;
        handle->next = *bucket;
        *bucket = handle;
    }
    return handle;
}

static int exists(HANDLE number)
{
    DWORD flags;
    return GetHandleInformation(number, &flags) != 0;
}

void opened(const void *caller, HANDLE number, HandleKind kind,
            const char *call)
{
    KEEP_ERROR;
    AcquireSRWLockExclusive(&handle_lock);
    Handle *handle = find_or_add(number);
    handle->kind = kind;
    handle->open = 1;
    handle->call = call;
    handle->opened = place_of(caller);
    handle->closed.depth = 0;
    handle->port = NULL;
    handle->skips = 0;
    ReleaseSRWLockExclusive(&handle_lock);
}

static const char *kind_name(HandleKind kind)
{
    static const char *const names[] = {"handle", "socket", "port", "file"};
    return names[kind];
}

void used(const void *caller, HANDLE number, const char *call)
{
    KEEP_ERROR;
    AcquireSRWLockExclusive(&handle_lock);
    Handle *handle = find_handle(number);
    if (handle != NULL && !handle->open && handle->closed.depth > 0 &&
        !exists(number)) {
        Place here = place_of(caller);
        fault(RULE_CLOSED, &here, NULL, "closed", &handle->closed,
              "calls %s with a %s that has been closed", call,
              kind_name(handle->kind));
    }
    ReleaseSRWLockExclusive(&handle_lock);
}

void closing(const void *caller, HANDLE number, const char *call)
{
    KEEP_ERROR;
    used(caller, number, call);
    AcquireSRWLockExclusive(&handle_lock);
    Handle *handle = find_or_add(number);
    handle->open = 0;
    handle->closed = place_of(caller);
    ReleaseSRWLockExclusive(&handle_lock);
}

void not_closed(HANDLE number)
{
    KEEP_ERROR;
    AcquireSRWLockExclusive(&handle_lock);
    Handle *handle = find_handle(number);
    if (handle != NULL) {
        handle->open = exists(number);
        handle->closed.depth = 0;
    }
    ReleaseSRWLockExclusive(&handle_lock);
}

HANDLE port_of(HANDLE number)
{
    AcquireSRWLockShared(&handle_lock);
    Handle *handle = find_handle(number);
    HANDLE port = handle == NULL ? NULL : handle->port;
    ReleaseSRWLockShared(&handle_lock);
    return port;
}

void set_port(HANDLE number, HANDLE port)
{
    AcquireSRWLockExclusive(&handle_lock);
    find_or_add(number)->port = port;
    ReleaseSRWLockExclusive(&handle_lock);
}

int skips_packets(HANDLE number)
{
    AcquireSRWLockShared(&handle_lock);
    Handle *handle = find_handle(number);
    int skips = handle != NULL && handle->skips;
    ReleaseSRWLockShared(&handle_lock);
    return skips;
}

void set_skips_packets(HANDLE number)
{
    AcquireSRWLockExclusive(&handle_lock);
    find_or_add(number)->skips = 1;
    ReleaseSRWLockExclusive(&handle_lock);
}

int is_port(HANDLE number)
{
    AcquireSRWLockShared(&handle_lock);
    Handle *handle = find_handle(number);
    int port = handle != NULL && handle->kind == HANDLE_PORT;
    ReleaseSRWLockShared(&handle_lock);
    return port;
}

void check_handles_at_end(void)
{
    AcquireSRWLockExclusive(&handle_lock);
    for (int i = 0; i < HANDLE_BUCKETS; i++)
        for (Handle *handle = handles[i]; handle != NULL; handle = handle->next)
            if (handle->open && handle->call != NULL && exists(handle->number))
                fault(RULE_END, NULL, NULL, "opened", &handle->opened,
                      "the program ends with a %s open",
                      kind_name(handle->kind));
    ReleaseSRWLockExclusive(&handle_lock);
}
