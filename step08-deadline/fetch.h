/* Fetch: many HTTP requests at once, each with until when it may take. */
#ifndef FETCH_H
#define FETCH_H

#include "ffi.h"

/* Fetches what the arguments say: [--timeout MS] [[-o FILE] URL]... A line for each
   URL, in the order of the answers. Returns what the program is to exit with: 0,
   1 if one has failed, 2 if the arguments make no sense. */
int fetch(int argc, wchar_t **argv);

#endif
