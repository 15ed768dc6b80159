#include "claim.h"

int main(void)
{
    CLAIM("The system writes into the buffer after WSARecv has returned, while "
          "we do something else.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    volatile char buffer[8] = "........";
    WSAOVERLAPPED overlapped = {0};
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], (char *)buffer, sizeof buffer, &overlapped);
    expect("untouched at first", buffer[0], '.');
    send_text(pair[1], "hello");
    /* No call that touches buffer: it changes under our eyes. */
    for (int i = 0; i < SOON / 10 && buffer[0] == '.'; i++)
        Sleep(10);
    expect("written by the system", buffer[0], 'h');
    return verdict();
}
