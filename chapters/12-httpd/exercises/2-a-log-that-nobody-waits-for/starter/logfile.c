#include "logfile.h"

#include <stdlib.h>

typedef struct Writer {
    HANDLE file;
    DWORD error; /* of writing: the first */
} Writer;

DWORD logfile_open(LogFile *log, const wchar_t *name)
{
    Writer *writer = calloc(1, sizeof *writer);
    *log = (LogFile){NULL};
    if (writer == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = open_to_append(name, &writer->file);
    if (error != 0)
        free(writer);
    else
        log->writer = writer;
    return error;
}

DWORD logfile_add(LogFile *log, const char *line, DWORD size)
{
    Writer *writer = log->writer;
    if (writer == NULL)
        return ERROR_INVALID_PARAMETER;
    if (writer->error == 0)
        writer->error = append_to_file(writer->file, line, size);
    return writer->error;
}

DWORD logfile_close(LogFile *log)
{
    Writer *writer = log->writer;
    if (writer == NULL)
        return ERROR_INVALID_PARAMETER;
    DWORD error = writer->error;
    log->writer = NULL;
    close_handle(writer->file);
    free(writer);
    return error;
}
