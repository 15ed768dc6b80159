#include "claim.h"

int main(void)
{
    CLAIM("An operation with an event in its OVERLAPPED sets the event "
          "and sends its packet as well.",
          DOCS "api/ioapiset/nf-ioapiset-getqueuedcompletionstatus");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[8];
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    OVERLAPPED_ENTRY packet;
    to_port(file, port, 0);
    need(ReadFile(file, buffer, sizeof buffer, NULL, &overlapped) ||
             GetLastError() == ERROR_IO_PENDING,
         "reading");
    expect("a packet", take_packet(port, &packet, SOON) == 0, 1);
    expect("the event", WaitForSingleObject(overlapped.hEvent, SOON), 0);
    return verdict();
}
