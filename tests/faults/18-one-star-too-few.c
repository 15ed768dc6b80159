/* GetQueuedCompletionStatus is declared to take a pointer to an OVERLAPPED; it
   takes a pointer to a pointer, and stores the packet's there. The original
   never calls it; who trusts the declaration is in for a surprise. */
#include "original.h"

BOOL WINAPI GetQueuedCompletionStatus(HANDLE port, DWORD *bytes, ULONG_PTR *key,
                                      WSAOVERLAPPED *overlapped, DWORD timeout);

int main(void)
{
    HANDLE port;
    WSAOVERLAPPED posted = {0}, received = {0};
    OVERLAPPED_ENTRY entry;
    ULONG count;
    ULONG_PTR key;
    DWORD bytes;
    need(create_completion_port(&port), "creating a port");
    need(post_queued_completion_status(port, 0, 0, &posted), "posting");
    need(!GetQueuedCompletionStatus(port, &bytes, &key, &received, SOON),
         "waiting");
    tell(received.Internal == (ULONG_PTR)&posted,
         "original: as declared, the call leaves an address where the "
         "structure has its status");

    need(post_queued_completion_status(port, 0, 0, &posted), "posting");
    need(get_queued_completion_status_ex(port, &entry, 1, &count, SOON),
         "waiting");
    tell(entry.lpOverlapped == &posted,
         "ours:     every declaration is held against Windows' own headers "
         "by a test (abi)");
    return told();
}
