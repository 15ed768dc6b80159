#include "claim.h"

int main(void)
{
    CLAIM(
        "CancelIoEx with an OVERLAPPED ends that operation alone; the next one "
        "in line gets the data.",
        DOCS "fileio/cancelioex-func");
    HANDLE port = new_port();
    SOCKET pair[2];
    char first[8], second[8] = "";
    WSAOVERLAPPED one = {0}, two = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], first, sizeof first, &one);
    start_read(pair[0], second, sizeof second, &two);
    expect("cancelling the first", CancelIoEx((HANDLE)pair[0], &one), TRUE);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("the packet is the first one's", packet.lpOverlapped == &one, TRUE);
    expect("error of a wait for the second", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    send_text(pair[1], "hello");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("the packet is the second one's", packet.lpOverlapped == &two, TRUE);
    expect("bytes", packet.dwNumberOfBytesTransferred, 5);
    expect("the data are in its buffer", memcmp(second, "hello", 5), 0);
    return verdict();
}
