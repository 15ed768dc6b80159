#include "claim.h"

/* The older GetQueuedCompletionStatus mixes the two: it fails as the read did. */
int main(void)
{
    CLAIM("GetQueuedCompletionStatusEx succeeds even when the read in the "
          "packet has failed.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    reset_connection(pair[1]);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("the read failed", result_of(pair[0], &overlapped) != 0, 1);
    return verdict();
}
