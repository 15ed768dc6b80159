/* File: a file that is read through the port. Reading never waits; opening does,
   as Windows has no other way. It owns its handle and, together with the read in
   flight, the memory for what it reads. For the polling thread only. */
#ifndef FILE_H
#define FILE_H

#include "http_time.h"
#include "registrator.h"

enum {
    FILE_PIECE = 65536, /* as much as one read takes in */
    FILE_ROOM = 4096    /* bytes in front of it, for the user of the file */
};

typedef struct File {
    Source source; /* stays first */
    Operation reading;
    Token token;
    unsigned long long size; /* when it was opened */
    HttpTime modified;       /* before 1970: the file system keeps none */
    BOOL is_folder;
    char bytes[FILE_ROOM + FILE_PIECE]; /* lent while reading is in flight */
} File;

/* Opens the file for reading; others may write or remove it meanwhile. path is in
   UTF-8 with slashes, below the folder root. After 0 the caller ends with
   file_close; after an error *file is NULL.
   Errors: 2 (ERROR_FILE_NOT_FOUND), 3 (ERROR_PATH_NOT_FOUND), 5
   (ERROR_ACCESS_DENIED), 123 (ERROR_INVALID_NAME) and others of CreateFile;
   ERROR_INSUFFICIENT_BUFFER for a name that is too long; ERROR_NOT_SUPPORTED if it
   is no file of a disk; ERROR_NOT_ENOUGH_MEMORY; those of registrator_attach.
   https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew */
DWORD file_open(File **file, Registrator *registrator, Token token,
                const wchar_t *root, const char *path);

/* Starts to read at most FILE_PIECE bytes at offset into bytes, behind FILE_ROOM. An
   event of READABLE, with the file's token, tells how many came. At the end of the
   file it is ERROR_HANDLE_EOF, at once or in the event. Errors: WSAEALREADY while a read is in
   flight, those of ReadFile.
   https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-readfile */
DWORD file_read(File *file, unsigned long long offset);

/* Closes the file. The event of a read in flight will not come; the memory goes with
   its packet. Errors: those of close_handle. */
DWORD file_close(File *file);

#endif
