#include "claim.h"

enum { PACKETS = 3, ROOM = 16 };

int main(void)
{
    CLAIM("One call of GetQueuedCompletionStatusEx takes out several packets.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packets[ROOM];
    ULONG count = 0;
    for (int i = 0; i < PACKETS; i++)
        need(PostQueuedCompletionStatus(port, 0, 0, NULL), "posting");
    need(GetQueuedCompletionStatusEx(port, packets, ROOM, &count, SOON, FALSE),
         "waiting");
    expect("packets from one call", count, PACKETS);
    return verdict();
}
