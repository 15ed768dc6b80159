/* What the parts of the guard share:
     lent.c     what is lent to the system, and by whom
     calls.c    the program's calls: what each lends, gives back, opens, closes
     handles.c  which handles are open
     memory.c   malloc and free, each block on pages of its own
     access.c   reads and writes of the program, where they can be seen
     fault.c    how a fault is told
     lines.c    from an address to a line of source */
#ifndef INSIDE_H
#define INSIDE_H

#include <stdlib.h>
#include <string.h>

#include "../intercept.h"
#include "guard.h"

enum { PLACE_DEPTH = 4, LOAN_PARTS = 20 };

/* Where a call came from, innermost first. */
typedef struct Place {
    ULONG_PTR offsets[PLACE_DEPTH];
    int depth;
} Place;

typedef enum PartKind {
    PART_OVERLAPPED, /* may be looked at (HasOverlappedIoCompleted does) */
    PART_RECEIVES,   /* neither read nor written */
    PART_SENDS,      /* read, but not written */
    PART_POSTED      /* waits in a port for whoever takes it out */
} PartKind;

typedef struct Loan Loan;

/* A piece of memory that is lent. */
typedef struct Part {
    PartKind kind;
    const char *start;
    size_t size;  /* 0: given back already */
    int on_stack; /* of the thread that lent it */
    InterceptFrame frame;
    Loan *loan;
} Part;

/* One operation, from its start until its packet has been taken out; or one
   packet that was posted, until it is taken out. */
struct Loan {
    Loan *next; /* in its bucket */
    const char *call;
    Place place;
    OVERLAPPED *overlapped;
    HANDLE handle; /* what it works on; of a posted packet, the port */
    HANDLE port;   /* where its packet will come, or NULL */
    ULONG serial;
    int starting; /* the call hasn't returned */
    int posted;
    int unannounced; /* no packet: an event with its lowest bit set */
    DWORD thread;
    int on_stack; /* of that thread, at least in part */
    unsigned sum; /* of what it sends */
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    int parts;
    Part part[LOAN_PARTS];
};

/* The rules, each with the section of the book that explains it. */
typedef enum Rule {
    RULE_ONE_START,
    RULE_OUTLIVE,
    RULE_HANDS_OFF,
    RULE_ONE_BUFFER,
    RULE_KNOWN_PACKET,
    RULE_POSTED,
    RULE_CLOSED,
    RULE_END,
    RULE_HEAP
} Rule;

/* fault.c */

/* Where the caller (as of intercept.h) is. */
Place place_of(const void *caller);

/* Tells of a fault and ends the program. here may be NULL, as may loan, and
   other: one more place, and what happened there. */
__attribute__((noreturn, format(gnu_printf, 6, 7))) void
fault(Rule rule, const Place *here, const Loan *loan, const char *other_did,
      const Place *other, const char *format, ...);

/* lines.c */

/* Writes the line of the code at this offset, as "file.c:12". Returns 0 if it
   isn't known. */
int line_of(ULONG_PTR offset, char *text, size_t size);

/* lent.c: each function locks for itself, and keeps GetLastError. */

/* Notes an operation that is about to start, and that this memory is lent with
   it. Faults: RULE_ONE_START, RULE_ONE_BUFFER. */
typedef struct Start {
    OVERLAPPED *overlapped;
    HANDLE handle;
    Loan *loan; /* only until the call is made */
    ULONG serial;
} Start;
Start lend(const void *caller, const char *call, HANDLE handle,
           OVERLAPPED *overlapped);
void lend_memory(Start start, PartKind kind, const void *memory, size_t size);
void lend_routine(Start start, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* The call has returned, done at once or not, with this error. */
void lent(Start start, int succeeded, DWORD error);

/* A packet has been taken out of the port. */
void taken(const void *caller, HANDLE port, OVERLAPPED *overlapped);

/* The operation was seen to have ended, though not by its packet. */
void result_seen(OVERLAPPED *overlapped);

/* A packet is about to be posted; if that failed, it is undone. */
Loan *post(const void *caller, HANDLE port, OVERLAPPED *overlapped);
void unpost(Loan *posted);

/* Gives back a loan whose completion routine runs. Returns the routine. */
LPWSAOVERLAPPED_COMPLETION_ROUTINE routine_runs(OVERLAPPED *overlapped);

/* The operations on this handle will end at this port; or, where handle is
   NULL, the port is closed, and no packet will be taken out of it. */
void lent_to_port(HANDLE handle, HANDLE port);

/* Is any of this memory lent? To be asked before it is freed. */
void freed_while_lent(const void *caller, const void *start, size_t size);

/* Whether the program may read or write here. lent_pages is what is asked
   first, without a lock: nothing lent on that page. */
void touched(const void *caller, const void *start, size_t size, int writes);

enum { PAGE = 4096, PAGE_BUCKETS = 1 << 16 };
typedef struct PageNode {
    struct PageNode *next;
    ULONG_PTR page;
    Part *part;
} PageNode;
extern PageNode *volatile lent_pages[PAGE_BUCKETS];

static inline void access_at(const void *caller, const void *start, size_t size,
                             int writes)
{
    ULONG_PTR first = (ULONG_PTR)start / PAGE;
    ULONG_PTR last = ((ULONG_PTR)start + size - (size > 0)) / PAGE;
    for (ULONG_PTR page = first; page <= last; page++)
        if (lent_pages[page % PAGE_BUCKETS] != NULL) {
            touched(caller, start, size, writes);
            return;
        }
}

/* Memory lent on the stack of this thread whose frame is gone: lower than the
   caller's. With end, the whole stack is. */
void check_stack(const void *caller, int end);

/* Operations that are still in flight: faults with the first. */
void check_lent_at_end(void);

/* handles.c */
typedef enum HandleKind {
    HANDLE_OTHER,
    HANDLE_SOCKET,
    HANDLE_PORT,
    HANDLE_FILE
} HandleKind;

void opened(const void *caller, HANDLE handle, HandleKind kind,
            const char *call);
void used(const void *caller, HANDLE handle, const char *call);
/* About to be closed; if that failed, it is open after all. */
void closing(const void *caller, HANDLE handle, const char *call);
void not_closed(HANDLE handle);
HANDLE port_of(HANDLE handle); /* NULL: none */
void set_port(HANDLE handle, HANDLE port);
int skips_packets(HANDLE handle);
void set_skips_packets(HANDLE handle);
int is_port(HANDLE handle);
void check_handles_at_end(void);

/* calls.c */
extern Intercept system_calls;

/* The program's last error, kept over our own calls. */
#define KEEP_ERROR \
    __attribute__((cleanup(restore_error))) DWORD kept_error = GetLastError()
static inline void restore_error(const DWORD *error)
{
    SetLastError(*error);
}

/* Memory of our own, zeroed. Ends the program if there is none. */
void *own(size_t size);
void disown(void *block);

#endif
