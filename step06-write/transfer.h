/* Transfer: sends a file over TCP and prints what comes back. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <stddef.h>

/* Sends the file to address, HOST:PORT, then the end of the stream, and copies
   what arrives to standard output until the server ends, too. Returns what the
   program is to exit with: 0, or 1 after a line on standard error. */
int transfer(const char *address, const wchar_t *file);

#endif
