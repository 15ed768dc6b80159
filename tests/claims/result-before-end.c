#include "claim.h"

int main(void)
{
    CLAIM("Asked for the result of a read in flight, WSAGetOverlappedResult "
          "fails with error 996.",
          DOCS "api/winsock2/nf-winsock2-wsagetoverlappedresult");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    expect("error", result_of(pair[0], &overlapped), 996);
    expect("Internal, STATUS_PENDING", (long long)overlapped.Internal, 0x103);
    return verdict();
}
