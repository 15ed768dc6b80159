#include "claim.h"

int main(void)
{
    CLAIM("GetQueuedCompletionStatusEx with room for no packet takes none out; "
          "what it returns is not documented.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    ULONG count = 99;
    need(PostQueuedCompletionStatus(port, 0, 0, NULL), "posting");
    if (GetQueuedCompletionStatusEx(port, &packet, 0, &count, QUIET, FALSE))
        note("Here: success, and a count of %lu.", count);
    else
        note("Here: error %lu.", GetLastError());
    expect("the packet is still there", take_packet(port, &packet, QUIET) == 0,
           1);
    return verdict();
}
