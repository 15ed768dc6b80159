#include "claim.h"

static WSAOVERLAPPED overlapped;
static OVERLAPPED_ENTRY packet;

static void read_once(SOCKET s)
{
    static char buffer[8];
    memset(&overlapped, 0, sizeof overlapped);
    expect("starting a read", start_read(s, buffer, sizeof buffer, &overlapped),
           WSA_IO_PENDING);
}

int main(void)
{
    CLAIM("When a read has ended, Internal holds an NTSTATUS and InternalHigh "
          "the number of bytes.",
          DOCS "api/minwinbase/ns-minwinbase-overlapped");
    HANDLE port = new_port();
    SOCKET pair[2];
    connect_pair(pair);
    associate(port, pair[0], 0);

    read_once(pair[0]);
    send_text(pair[1], "hello");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("Internal, STATUS_SUCCESS", (long long)overlapped.Internal, 0);
    expect("InternalHigh", (long long)overlapped.InternalHigh, 5);

    read_once(pair[0]);
    reset_connection(pair[1]);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("Internal, STATUS_CONNECTION_RESET",
           (long long)overlapped.Internal & 0xFFFFFFFF, 0xC000020D);
    return verdict();
}
