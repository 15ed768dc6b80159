/* Operation: all that is lent to the system for one read, in one block, with
   the overlapped structure at its head. */
#ifndef OPERATION_H
#define OPERATION_H

#include <stdatomic.h>

#include "ffi.h"

struct Selector;

enum { OPERATION_BUFFER = 1024 };

/* The caller's name for what it waits for; a number of its own choice. */
typedef uintptr_t Token;

typedef enum OperationState {
    OPERATION_IDLE,      /* never started */
    OPERATION_IN_FLIGHT, /* the system's until its packet is taken out */
    OPERATION_LANDING,   /* the polling thread's while it asks for the result */
    OPERATION_DONE,      /* ours again, with a result */
    OPERATION_ABANDONED  /* in flight or landing, but nobody waits for it */
} OperationState;

typedef struct Operation {
    WSAOVERLAPPED overlapped;  /* stays first: see operation_of */
    struct Selector *selector; /* whose port the socket has, or NULL */
    BOOL associated;
    SOCKET socket;
    Token token;
    _Atomic OperationState state;
    DWORD bytes; /* once done: how many have arrived in buffer, */
    DWORD error; /* or why none have */
    char buffer[OPERATION_BUFFER];
} Operation;

/* Makes an operation that reads from the socket, and takes the socket over.
   The caller ends with operation_close. Errors: ERROR_NOT_ENOUGH_MEMORY; then
   the socket is still the caller's. */
DWORD operation_new(SOCKET socket, Operation **operation);

/* Starts the read. After 0 the operation belongs to the system: leave it alone
   and in its place until its packet has been taken out.
   Errors: those of wsa_recv; then no packet will come. */
DWORD operation_read(Operation *operation, Token token);

/* From the pointer in a packet to the operation that was started with it. */
Operation *operation_of(OVERLAPPED *overlapped);

/* How the read ended whose packet has been taken out: 0, or for example 10054
   (WSAECONNRESET). */
DWORD operation_error(Operation *operation);

/* Takes the operation back from the system; operation_finish must follow.
   Returns FALSE if it was abandoned: then it is freed. */
BOOL operation_land(Operation *operation);

/* Notes the result. Returns FALSE if the operation was abandoned: then it is
   freed. After TRUE another thread may close it at any time. */
BOOL operation_finish(Operation *operation, DWORD bytes, DWORD error);

/* Closes the socket and goes on with another, which it takes over: for a stream
   that is connected anew. Errors: WSAEALREADY while a read is in flight, and
   nothing is changed; those of closesocket, and it has the new socket. */
DWORD operation_reopen(Operation *operation, SOCKET socket);

/* Closes the socket and frees the operation, at once or, if it is in flight,
   when its packet is taken out. It is no longer the caller's, and no event will
   tell of it. Errors: those of closesocket. */
DWORD operation_close(Operation *operation);

#endif
