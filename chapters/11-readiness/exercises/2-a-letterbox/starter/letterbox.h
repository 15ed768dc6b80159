/* Letterbox: a source without a handle. Any thread puts letters into it and takes
   them out; for poll_register it is READABLE while there is a letter, WRITABLE
   while there is a place. Any thread may call any of its functions, but the one
   that closes it must be the last. */
#ifndef LETTERBOX_H
#define LETTERBOX_H

#include "registrator.h"

typedef struct Letterbox {
    struct Box *box; /* NULL once closed */
} Letterbox;

/* Every function here returns 0 for success or a Win32 error code;
   WSAENOTSOCK if the box is closed. */

/* A box for so many letters. The caller ends with letterbox_close.
   Errors: ERROR_INVALID_PARAMETER if places is 0, ERROR_NOT_ENOUGH_MEMORY, those
   of registrator_attach. */
DWORD letterbox_open(Letterbox *box, Registrator *registrator, ULONG places);

/* For poll_register; NULL once closed. */
Source *letterbox_source(const Letterbox *box);

/* Never waits. Errors: WSAEWOULDBLOCK if all places are taken. */
DWORD letterbox_put(Letterbox *box, void *letter);

/* Hands out the letter that has lain there longest. Never waits.
   Errors: WSAEWOULDBLOCK if there is none. */
DWORD letterbox_take(Letterbox *box, void **letter);

/* Nothing is done with letters that are in it. */
DWORD letterbox_close(Letterbox *box);

#endif
