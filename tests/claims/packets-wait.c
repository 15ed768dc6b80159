#include "claim.h"

int main(void)
{
    CLAIM("A packet posted while nobody waits stays in the port until it is "
          "taken out.",
          DOCS "fileio/postqueuedcompletionstatus");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    need(PostQueuedCompletionStatus(port, 1, 2, NULL), "posting");
    Sleep(QUIET);
    expect("error of the wait", take_packet(port, &packet, 0), 0);
    expect("key", (long long)packet.lpCompletionKey, 2);
    return verdict();
}
