#include "file.h"

#include <stdlib.h>
#include <wchar.h>

static BOOL on_read(Operation *operation, DWORD bytes, Event *event)
{
    File *file = (File *)((char *)operation - offsetof(File, reading));
    Selector *selector = file->selector;
    BOOL told = file->handle != NULL;
    operation->in_flight = FALSE;
    if (told) {
        DWORD error =
            get_overlapped_result(file->handle, &operation->overlapped);
        *event = (Event){.token = file->token,
                         .ready = READABLE,
                         .bytes = bytes,
                         .error = error};
    } else
        free(file);
    selector->lent--; /* from here on it may be gone */
    return told;
}

/* The name that the system knows the file by: root, a backslash unless it ends
   with one, path. */
static DWORD open_below(const wchar_t *root, const char *path, HANDLE *handle)
{
    wchar_t name[4096];
    BOOL drive = root[wcslen(root) - 1] == L'\\';
    wchar_t *end =
        name + swprintf(name, 2048, drive ? L"%ls" : L"%ls\\", root);
    if (end < name)
        return ERROR_INVALID_NAME;
    DWORD error = to_wide(path, end, 2048);
    for (; error == 0 && *end != L'\0'; end++)
        if (*end == L'/')
            *end = L'\\';
    return error != 0 ? error : open_file(name, handle);
}

/* What the open file is; and the port from now on. */
static DWORD get_to_know(File *file)
{
    BY_HANDLE_FILE_INFORMATION information;
    DWORD error = file_information(file->handle, &information);
    if (error != 0)
        return error;
    file->is_folder =
        (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    file->size = (unsigned long long)information.nFileSizeHigh << 32 |
                 information.nFileSizeLow;
    file->modified = unix_time_of(information.ftLastWriteTime);
    return associate_handle(file->selector->port, file->handle, 0);
}

DWORD file_open(File **file, Registrator *registrator, Token token,
                const wchar_t *root, const char *path)
{
    File *opened = malloc(sizeof *opened);
    *file = NULL;
    if (opened == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    opened->reading = (Operation){.completed = on_read};
    opened->token = token;
    DWORD error = registrator_enter(registrator, &opened->selector);
    if (error == 0) {
        error = open_below(root, path, &opened->handle);
        if (error == 0) {
            error = get_to_know(opened);
            if (error != 0)
                close_handle(opened->handle);
        }
        if (error != 0)
            opened->selector->open--;
    }
    if (error != 0)
        free(opened);
    else
        *file = opened;
    return error;
}

DWORD file_read(File *file, unsigned long long offset)
{
    if (file->reading.in_flight)
        return WSAEALREADY;
    file->reading.overlapped = (OVERLAPPED){
        .Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
    file->reading.in_flight = TRUE;
    file->selector->lent++;
    DWORD error = read_file(file->handle, file->piece, FILE_PIECE,
                            &file->reading.overlapped);
    if (packet_follows(error))
        return 0;
    file->reading.in_flight = FALSE;
    file->selector->lent--;
    return error;
}

void file_close(File *file)
{
    Selector *selector = file->selector;
    if (file->reading.in_flight)
        cancel_io((SOCKET)file->handle);
    close_handle(file->handle);
    file->handle = NULL;
    if (!file->reading.in_flight)
        free(file); /* else the packet does it */
    selector->open--;
}
