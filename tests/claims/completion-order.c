#include "claim.h"

enum { READS = 3 };

int main(void)
{
    CLAIM("Packets come in the order in which operations end, not in which "
          "they were started.",
          DOCS "fileio/i-o-completion-ports");
    HANDLE port = new_port();
    SOCKET pairs[READS][2];
    char buffers[READS][8];
    WSAOVERLAPPED overlapped[READS];
    OVERLAPPED_ENTRY packet;
    memset(overlapped, 0, sizeof overlapped);
    for (int i = 0; i < READS; i++) {
        connect_pair(pairs[i]);
        associate(port, pairs[i][0], 0);
        start_read(pairs[i][0], buffers[i], sizeof buffers[i], &overlapped[i]);
    }
    /* The last is answered first. */
    for (int i = READS - 1; i >= 0; i--) {
        send_text(pairs[i][1], "x");
        need(take_packet(port, &packet, SOON) == 0, "waiting");
        expect("which read", packet.lpOverlapped - overlapped, i);
    }
    return verdict();
}
