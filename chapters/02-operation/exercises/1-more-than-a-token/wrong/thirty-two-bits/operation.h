/* Operation: all that is lent to the system for one read, in one block, with
   the overlapped structure at its head. */
#ifndef OPERATION_H
#define OPERATION_H

#include "ffi.h"

enum { OPERATION_BUFFER = 1024, OPERATION_NAME = 16 };

/* The caller's name for what it waits for; a number of its own choice. */
typedef uintptr_t Token;

typedef struct Operation {
    WSAOVERLAPPED overlapped; /* stays first: see operation_of */
    SOCKET socket;
    Token token;
    char name[OPERATION_NAME];
    ULONG reads; /* that have ended, and their bytes */
    ULONG bytes;
    char buffer[OPERATION_BUFFER];
} Operation;

/* What we know when a read has ended. A copy: it points at nothing. */
typedef struct Report {
    Token token;
    char name[OPERATION_NAME];
    ULONG reads;              /* that have ended since operation_init, */
    unsigned long long bytes; /* and what they have brought together */
} Report;

/* Prepares reads on a socket that is associated with a port. The operation's
   memory may hold anything; the name is the caller's and may change after this.
   A name that is too long is cut off after 15 characters. */
void operation_init(Operation *operation, SOCKET socket, Token token,
                    const char *name);

/* Starts the read. After 0 the operation belongs to the system: leave it alone
   and in its place until its packet has been taken out.
   Errors: those of wsa_recv; then no packet will come. */
DWORD operation_read(Operation *operation);

/* From the pointer in a packet to the operation that was started with it. */
Operation *operation_of(OVERLAPPED *overlapped);

/* How the read ended whose packet has been taken out: 0, or for example 10054
   (WSAECONNRESET). */
DWORD operation_error(Operation *operation);

/* To be called once for each packet that was taken out, before the operation is
   started again: counts the packet's read, however it ended, and tells what is
   known by now. */
Report operation_report(const OVERLAPPED_ENTRY *packet);

#endif
