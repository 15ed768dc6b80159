/* The demonstration: a tree of files made for it, copied twice, and the pipes. */
#ifndef DEMO_H
#define DEMO_H

#include "ffi.h"

/* Makes a tree in the folder for temporary files, copies it by the pool and by a
   loop, tells on the standard output how that went, and removes all of it. One file
   can't be read, as somebody has it open. Errors: those of what it calls. */
DWORD demo_copy(ULONG threads);

/* Serves clients over pipes of bytes, and of messages, and tells of it. */
DWORD demo_pipes(ULONG threads);

#endif
