#include "claim.h"

int main(void)
{
    CLAIM("The packets of a socket carry the key it was associated with.",
          DOCS "fileio/createiocompletionport");
    HANDLE port = new_port();
    for (ULONG_PTR key = 40; key < 42; key++) {
        SOCKET pair[2];
        char buffer[8];
        WSAOVERLAPPED overlapped = {0};
        OVERLAPPED_ENTRY packet;
        connect_pair(pair);
        associate(port, pair[0], key);
        start_read(pair[0], buffer, sizeof buffer, &overlapped);
        send_text(pair[1], "x");
        need(take_packet(port, &packet, SOON) == 0, "waiting");
        expect("key", (long long)packet.lpCompletionKey, (long long)key);
        expect("our overlapped", packet.lpOverlapped == &overlapped, 1);
    }
    return verdict();
}
