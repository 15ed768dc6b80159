/* Operation: all that is lent to the system for one read, in one block, with
   what a list needs at its head. Next week's: it has one member more. */
#ifndef OPERATION_H
#define OPERATION_H

#include "ffi.h"
#include "link.h"

enum { OPERATION_BUFFER = 1024 };

/* The caller's name for what it waits for; a number of its own choice. */
typedef uintptr_t Token;

typedef struct Operation {
    Link link; /* stays first: see link.h */
    SOCKET socket;
    Token token;
    DWORD retries;
    WSAOVERLAPPED overlapped;
    char buffer[OPERATION_BUFFER];
} Operation;

/* Prepares a read on a socket that is associated with a port. */
void operation_init(Operation *operation, SOCKET socket, Token token);

/* Starts the read. After 0 the operation belongs to the system: leave it alone
   and in its place until its packet has been taken out.
   Errors: those of wsa_recv; then no packet will come. */
DWORD operation_read(Operation *operation);

/* From the pointer in a packet to the operation that was started with it. */
Operation *operation_of(OVERLAPPED *overlapped);

/* How the read ended whose packet has been taken out: 0, or for example 10054
   (WSAECONNRESET). */
DWORD operation_error(Operation *operation);

#endif
