/* Message: what has come on one of the feeds. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "ffi.h"

enum { MESSAGE_MAX = 32 };

typedef struct Message {
    int feed;    /* its number: 0 for the first that was added */
    DWORD size;  /* of text; 0 without an error: the feed has ended */
    DWORD error; /* 0, or how the feed broke */
    char text[MESSAGE_MAX];
} Message;

#endif
