#include "ffi.h"

/* Turns the BOOL that most calls return into an error code. */
static DWORD error_unless(BOOL succeeded)
{
    return succeeded ? 0 : GetLastError();
}

DWORD create_completion_port(HANDLE *port)
{
    *port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    return error_unless(*port != NULL);
}

DWORD post_queued_completion_status(HANDLE port, DWORD bytes, ULONG_PTR key,
                                    OVERLAPPED *overlapped)
{
    return error_unless(
        PostQueuedCompletionStatus(port, bytes, key, overlapped));
}

DWORD get_queued_completion_status_ex(HANDLE port, OVERLAPPED_ENTRY *entries,
                                      ULONG capacity, ULONG *removed,
                                      DWORD timeout)
{
    BOOL succeeded = GetQueuedCompletionStatusEx(port, entries, capacity,
                                                 removed, timeout, FALSE);
    DWORD error = error_unless(succeeded);
    if (error != 0)
        *removed = 0;
    return error;
}

DWORD get_queued_completion_status(HANDLE port, Packet *packet, DWORD timeout)
{
    OVERLAPPED *o;
    DWORD b;
    ULONG_PTR k;
    BOOL succeeded = GetQueuedCompletionStatus(port, &b, &k, &o, timeout);
    DWORD error = error_unless(succeeded);
    if (!succeeded && o == NULL)
        return error;
    *packet = (Packet){.key = k, .bytes = b, .overlapped = o, .error = error};
    return 0;
}

DWORD close_handle(HANDLE handle)
{
    return error_unless(CloseHandle(handle));
}
