/* What the system holds of ours: reads whose packets are not out. For checkers
   that wrap WSARecv, note there what is lent, and where packets come out what
   they give back. */
#ifndef LOANS_H
#define LOANS_H

#include "ffi.h"

enum { LENT = 64 };

typedef struct Loan {
    WSAOVERLAPPED *overlapped; /* NULL: this place is free */
    SOCKET socket;
    char *buffer;
    DWORD size;
} Loan;

static Loan loans[LENT];

/* The loan with this OVERLAPPED, or NULL. Of NULL: a free place. */
__attribute__((unused)) static Loan *loan_of(const WSAOVERLAPPED *overlapped)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped == overlapped)
            return &loans[i];
    return NULL;
}

/* The loan that a packet gives back, or NULL. */
__attribute__((unused)) static Loan *
loan_of_packet(const OVERLAPPED_ENTRY *packet)
{
    return packet->lpOverlapped == NULL ? NULL : loan_of(packet->lpOverlapped);
}

/* Any loan; one without an OVERLAPPED if there is none. */
__attribute__((unused)) static Loan open_loan(void)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped != NULL)
            return loans[i];
    return (Loan){0};
}

__attribute__((unused)) static BOOL lies_in(const void *address,
                                            const void *memory, size_t size)
{
    return (uintptr_t)address - (uintptr_t)memory < size;
}

/* A loan of which a part lies in this block of memory, or NULL. */
__attribute__((unused)) static const Loan *loan_in(const void *memory,
                                                   size_t size)
{
    for (int i = 0; i < LENT; i++)
        if (loans[i].overlapped != NULL &&
            (lies_in(loans[i].overlapped, memory, size) ||
             lies_in(loans[i].buffer, memory, size)))
            return &loans[i];
    return NULL;
}

#endif
