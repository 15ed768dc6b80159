#include "claim.h"

static OVERLAPPED_ENTRY packet;

static DWORD WINAPI wait_on(void *port)
{
    return take_packet(port, &packet, SOON);
}

int main(void)
{
    CLAIM("While a thread waits on a port, another can associate a socket and "
          "start a read.",
          DOCS "fileio/createiocompletionport");
    HANDLE port = new_port();
    HANDLE thread = run_thread(wait_on, port);
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    DWORD error = 1;
    connect_pair(pair);
    expect("wait ended early", thread_ends(thread, QUIET), 0);
    associate(port, pair[0], 5);
    expect("starting a read",
           start_read(pair[0], buffer, sizeof buffer, &overlapped),
           WSA_IO_PENDING);
    send_text(pair[1], "hello");
    need(thread_ends(thread, 2 * SOON), "ending the wait");
    GetExitCodeThread(thread, &error);
    expect("error of the wait", error, 0);
    expect("our overlapped", packet.lpOverlapped == &overlapped, 1);
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    return verdict();
}
