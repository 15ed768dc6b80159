/* LogFile: lines for a file, and nobody who adds one waits for the disk. Any thread
   may add; the one that closes it must be the last. */
#ifndef LOGFILE_H
#define LOGFILE_H

#include "ffi.h"

enum { LOG_ROOM = 65536 }; /* bytes that may wait to be written */

typedef struct LogFile {
    struct Writer *writer; /* NULL once closed */
} LogFile;

/* Every function here returns 0 for success or a Win32 error code;
   ERROR_INVALID_PARAMETER if the log is closed. */

/* Appends to the file, which is created if need be. The caller ends with
   logfile_close. Errors: those of open_to_append and start_thread,
   ERROR_NOT_ENOUGH_MEMORY. Then there is no log. */
DWORD logfile_open(LogFile *log, const wchar_t *name);

/* Copies the line, its end included, to be written. Never waits.
   Errors: WSAEWOULDBLOCK if there is no room for it: then it is lost, and the log
   says so; once writing has failed, why. */
DWORD logfile_add(LogFile *log, const char *line, DWORD size);

/* Waits until all is written. Errors: once writing has failed, why. */
DWORD logfile_close(LogFile *log);

#endif
