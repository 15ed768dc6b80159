#include "claim.h"

static char buffer[8];
static WSAOVERLAPPED overlapped;

static SOCKET read_and_reset(HANDLE port)
{
    SOCKET pair[2];
    connect_pair(pair);
    associate(port, pair[0], 0);
    memset(&overlapped, 0, sizeof overlapped);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    reset_connection(pair[1]);
    return pair[0];
}

int main(void)
{
    CLAIM("WSAGetOverlappedResult says 10054 for a reset; "
          "GetQueuedCompletionStatus says 64.",
          DOCS "api/winsock2/nf-winsock2-wsagetoverlappedresult");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    OVERLAPPED *pointer;
    ULONG_PTR key;
    DWORD bytes;

    SOCKET s = read_and_reset(port);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("WSAGetOverlappedResult", result_of(s, &overlapped), WSAECONNRESET);

    read_and_reset(port);
    BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &pointer, SOON);
    expect("GetQueuedCompletionStatus", good ? 0 : GetLastError(),
           ERROR_NETNAME_DELETED);
    return verdict();
}
