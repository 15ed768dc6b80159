/* InFlight: operations that are in use. They never move, as the system has pointers
   to them, and there are as many as it takes, so they lie in blocks, each twice
   as large as the one before. Whoever uses this has a lock. */
#ifndef INFLIGHT_H
#define INFLIGHT_H

#include "ffi.h"

/* Names an operation. Never 0, and never used for another one. */
typedef uint64_t IocpId;

typedef enum IocpKind {
    IOCP_READ,
    IOCP_WRITE,
    IOCP_CONNECT,
    IOCP_POST
} IocpKind;

typedef struct IocpOperation {
    OVERLAPPED overlapped; /* stays first: the packet's pointer */
    IocpId id;             /* 0: not in use */
    ULONG place;           /* in the blocks, all counted */
    IocpKind kind;
    HANDLE handle;
    ULONG_PTR key; /* of the handle, or posted */
    BOOL is_socket;
    DWORD size;  /* of the buffer */
    BOOL posted; /* its packet is from us, and this its error */
    DWORD error;
    void *context;
    struct IocpOperation *next; /* that is not in use */
} IocpOperation;

enum { IN_FLIGHT_BLOCKS = 15, IN_FLIGHT_FIRST = 64 };

typedef struct InFlight {
    ULONG count;         /* now */
    uint64_t ever;       /* so far */
    IocpOperation *free; /* those in no use */
    int blocks;
    IocpOperation *block[IN_FLIGHT_BLOCKS];
} InFlight;

/* Puts an operation to use, with this content and an id. Errors:
   ERROR_NOT_ENOUGH_MEMORY, ERROR_NO_SYSTEM_RESOURCES if two million are in use. */
DWORD in_flight_add(InFlight *all, IocpOperation content,
                    IocpOperation **added);

void in_flight_remove(InFlight *all, IocpOperation *operation);

/* The one in use that has this id, or NULL. */
IocpOperation *in_flight_by_id(InFlight *all, IocpId id);

/* The one in use whose packet has this pointer, or NULL: then it is a stranger's,
   and must not be looked at. */
IocpOperation *in_flight_by_packet(InFlight *all, const OVERLAPPED *overlapped);

/* Frees the memory. None may be in use. */
void in_flight_end(InFlight *all);

#endif
