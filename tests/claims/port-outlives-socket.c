#include "claim.h"

int main(void)
{
    CLAIM("After an associated socket has been closed, the port works on.",
          DOCS "fileio/i-o-completion-ports");
    HANDLE port = new_port();
    SOCKET pair[2];
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    closesocket(pair[0]);
    expect("packets from closing a quiet socket",
           take_packet(port, &packet, QUIET) == 0, 0);
    need(PostQueuedCompletionStatus(port, 0, 9, NULL), "posting");
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("key", (long long)packet.lpCompletionKey, 9);
    return verdict();
}
