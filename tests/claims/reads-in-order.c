#include "claim.h"

enum { READS = 4 };

int main(void)
{
    CLAIM("Several reads in flight on one socket are filled in the order in "
          "which they were started.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffers[READS][2];
    WSAOVERLAPPED overlapped[READS];
    OVERLAPPED_ENTRY packet;
    memset(overlapped, 0, sizeof overlapped);
    connect_pair(pair);
    associate(port, pair[0], 0);
    for (int i = 0; i < READS; i++)
        expect("starting a read",
               start_read(pair[0], buffers[i], 2, &overlapped[i]),
               WSA_IO_PENDING);
    send_text(pair[1], "00112233");
    for (int i = 0; i < READS; i++)
        need(take_packet(port, &packet, SOON) == 0, "waiting");
    for (int i = 0; i < READS; i++) {
        expect("first byte", buffers[i][0], '0' + i);
        expect("second byte", buffers[i][1], '0' + i);
    }
    return verdict();
}
