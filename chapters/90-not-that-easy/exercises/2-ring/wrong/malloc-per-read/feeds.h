/* Feeds: several sockets on one port. Hands out whatever comes on any. */
#ifndef FEEDS_H
#define FEEDS_H

#include "message.h"

enum { FEEDS_MAX = 4 };

/* All that is lent to the system for one read. */
typedef struct Slot {
    WSAOVERLAPPED overlapped; /* stays first: a packet leads us here */
    int feed;
    char buffer[MESSAGE_MAX];
} Slot;

typedef struct Feed {
    SOCKET socket;
    BOOL reading; /* a read is in flight */
    BOOL ended;
} Feed;

typedef struct Feeds {
    HANDLE port;
    int count;
    int lent; /* reads whose packet has not been taken out */
    Feed list[FEEDS_MAX];
} Feeds;

/* Every function here returns 0 for success or a Win32 error code. */

/* The caller ends with feeds_close. */
DWORD feeds_open(Feeds *feeds);

/* Adds a feed and takes the socket over, unless it fails.
   Errors: ERROR_NOT_ENOUGH_MEMORY if there are FEEDS_MAX. */
DWORD feeds_add(Feeds *feeds, SOCKET s);

/* Waits up to timeout milliseconds, or INFINITE, for a message. What comes on a
   feed is handed out in order and once; the last message of a feed is its end
   or an error. Errors: WAIT_TIMEOUT if none came in time. */
DWORD feeds_next(Feeds *feeds, Message *message, DWORD timeout);

/* Closes the sockets; after it nothing is lent to the system. */
DWORD feeds_close(Feeds *feeds);

#endif
