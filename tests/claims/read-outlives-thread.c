#include "claim.h"

static SOCKET pair[2];
static char buffer[8];
static WSAOVERLAPPED overlapped;

static DWORD WINAPI start_and_end(void *unused)
{
    expect("starting a read",
           start_read(pair[0], buffer, sizeof buffer, &overlapped),
           WSA_IO_PENDING);
    return unused != NULL;
}

int main(void)
{
    CLAIM("A read on a socket with a port goes on when the thread that started "
          "it has ended.",
          DOCS "api/winsock2/nf-winsock2-wsarecv");
    note("Microsoft's page says that such a read is cancelled; don't build on "
         "either.");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    need(thread_ends(run_thread(start_and_end, NULL), SOON),
         "ending the thread");
    expect("error of a wait meanwhile", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    send_text(pair[1], "hello");
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    return verdict();
}
