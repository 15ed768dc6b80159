#include "claim.h"

int main(void)
{
    CLAIM("An associated socket on which nothing was started queues no packet, "
          "whatever its peer does.",
          DOCS "fileio/i-o-completion-ports");
    HANDLE port = new_port();
    SOCKET pair[2];
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    send_text(pair[1], "hello");
    await_arrival(pair[0]);
    expect("error of a wait after bytes", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    closesocket(pair[1]);
    expect("error of a wait after the end", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    closesocket(pair[0]);
    expect("error of a wait after our own close",
           take_packet(port, &packet, QUIET), WAIT_TIMEOUT);
    return verdict();
}
