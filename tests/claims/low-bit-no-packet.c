#include "claim.h"

int main(void)
{
    CLAIM("With the lowest bit of hEvent set, an operation sets its event but "
          "queues no packet.",
          DOCS "api/ioapiset/nf-ioapiset-getqueuedcompletionstatus");
    HANDLE port = new_port();
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {.hEvent = (HANDLE)((ULONG_PTR)event | 1)};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("starting a read",
           start_read(pair[0], buffer, sizeof buffer, &overlapped),
           WSA_IO_PENDING);
    send_text(pair[1], "hello");
    expect("the event is set",
           WaitForSingleObject(event, SOON) == WAIT_OBJECT_0, 1);
    expect("error of the wait", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    return verdict();
}
