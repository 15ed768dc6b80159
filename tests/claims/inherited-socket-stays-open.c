#include "claim.h"

/* Whether the peer is told of the end. */
static int told(SOCKET peer, DWORD timeout)
{
    char byte;
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout);
    return recv(peer, &byte, 1, 0) == 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc >
        1) { /* the child: has what it has inherited, until it is ended */
        Sleep(10 * SOON);
        return 0;
    }
    CLAIM(
        "While a child process holds an inherited handle to a socket, closing "
        "ours does not close the connection.",
        DOCS "procthread/inheritance");
    SOCKET pair[2];
    connect_pair(pair);
    HANDLE child = start_child(pair[0]);
    closesocket(pair[0]);
    expect("told of the end while the child runs", told(pair[1], QUIET), 0);
    end_child(child);
    expect("told of it afterwards", told(pair[1], SOON), 1);
    return verdict();
}
