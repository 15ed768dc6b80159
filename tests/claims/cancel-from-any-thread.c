#include "claim.h"

static SOCKET pair[2];
static char buffer[8];
static WSAOVERLAPPED overlapped;

static DWORD WINAPI cancel(void *unused)
{
    expect("cancelling", CancelIoEx((HANDLE)pair[0], &overlapped), TRUE);
    return unused != NULL;
}

int main(void)
{
    CLAIM("CancelIoEx ends an operation that another thread has started.",
          DOCS "fileio/cancelioex-func");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    need(thread_ends(run_thread(cancel, NULL), SOON), "ending the thread");
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("the packet is that read's", packet.lpOverlapped == &overlapped,
           TRUE);
    return verdict();
}
