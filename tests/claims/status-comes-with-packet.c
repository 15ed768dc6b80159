#include "claim.h"

int main(void)
{
    CLAIM("The system fills in an OVERLAPPED only when its packet is taken "
          "out.",
          DOCS "fileio/i-o-completion-ports");
    HANDLE port = new_port();
    SOCKET pair[2];
    volatile char buffer[8] = "........";
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], (char *)buffer, sizeof buffer, &overlapped);
    send_text(pair[1], "hello");
    for (int i = 0; i < SOON / 10 && buffer[0] == '.'; i++)
        Sleep(10);
    Sleep(QUIET); /* the read has ended, its packet is in the port */
    expect("Internal before", (long long)overlapped.Internal, 0x103);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("Internal after", (long long)overlapped.Internal, 0);
    expect("InternalHigh after", (long long)overlapped.InternalHigh, 5);
    return verdict();
}
