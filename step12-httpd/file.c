#include "file.h"

#include <wchar.h>

#include "spares.h"

enum { NAME = 2048 }; /* characters of the root, and of what is below it */

static Spares files = {.size = sizeof(File)};

static DWORD result(SOCKET handle, OVERLAPPED *overlapped)
{
    (void)handle;
    return error_of_status(overlapped->Internal);
}

static DWORD close_file(SOCKET handle)
{
    return close_handle((HANDLE)handle);
}

static void destroy(Source *source)
{
    spares_give(&files, source);
}

/* A file has nothing to be registered for: it is always ready. */
static const Kind kind = {
    .result = result, .close = close_file, .destroy = destroy};

static BOOL on_read(Operation *operation, DWORD bytes, Event *event)
{
    File *file = (File *)((char *)operation - offsetof(File, reading));
    DWORD error;
    BOOL wanted = source_enter(&file->source, operation, &error);
    if (wanted)
        *event = (Event){.token = file->token,
                         .ready = READABLE,
                         .bytes = bytes,
                         .error = error};
    source_leave(&file->source);
    return wanted;
}

/* The name that the system knows the file by: root, a backslash unless it ends
   with one, path. */
static DWORD open_below(const wchar_t *root, const char *path, HANDLE *handle)
{
    wchar_t name[2 * NAME];
    BOOL drive = root[wcslen(root) - 1] == L'\\';
    int length = swprintf(name, NAME, drive ? L"%ls" : L"%ls\\", root);
    if (length < 0)
        return ERROR_INSUFFICIENT_BUFFER;
    wchar_t *below = name + length;
    DWORD error = to_wide(path, below, NAME);
    if (error != 0)
        return error;
    for (; *below != L'\0'; below++)
        if (*below == L'/')
            *below = L'\\';
    return open_file(name, handle);
}

/* What the open file is; and the port from now on. */
static DWORD get_to_know(File *file, Registrator *registrator)
{
    HANDLE handle = (HANDLE)file->source.socket;
    FILE_BASIC_INFO information;
    DWORD error = file_information(handle, &information);
    if (error == 0)
        error = file_size(handle, &file->size);
    if (error != 0)
        return error;
    file->is_folder =
        (information.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    file->modified = unix_time_of(information.LastWriteTime);
    source_lock(&file->source);
    error = registrator_attach(registrator, &file->source);
    source_unlock(&file->source);
    return error;
}

DWORD file_open(File **file, Registrator *registrator, Token token,
                const wchar_t *root, const char *path)
{
    HANDLE handle;
    *file = NULL;
    DWORD error = open_below(root, path, &handle);
    if (error != 0)
        return error;
    File *opened = spares_take(&files, ~0UL);
    if (opened == NULL) {
        close_handle(handle);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    source_init(&opened->source, (SOCKET)handle, &kind);
    opened->reading = (Operation){.completed = on_read};
    opened->token = token;
    error = get_to_know(opened, registrator);
    if (error != 0)
        file_close(opened);
    else
        *file = opened;
    return error;
}

DWORD file_read(File *file, unsigned long long offset)
{
    Source *source = &file->source;
    Operation *reading = &file->reading;
    source_lock(source);
    DWORD error = WSAEALREADY;
    if (!reading->in_flight) {
        source_lend(source, reading);
        reading->overlapped.Offset = (DWORD)offset;
        reading->overlapped.OffsetHigh = (DWORD)(offset >> 32);
        error = source_started(source, reading,
                               read_file((HANDLE)source->socket,
                                         file->bytes + FILE_ROOM, FILE_PIECE,
                                         &reading->overlapped),
                               0);
    }
    source_unlock(source);
    return error;
}

DWORD file_close(File *file)
{
    return source_close(&file->source);
}
