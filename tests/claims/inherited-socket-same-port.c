#include "claim.h"

/* Where the child has its overlapped structure, and we have nothing. */
#define ELSEWHERE ((void *)0x20000000)

static int be_the_child(SOCKET s)
{
    WSADATA data;
    static char buffer[8];
    WSAOVERLAPPED *overlapped =
        (WSAOVERLAPPED *)VirtualAlloc(ELSEWHERE, sizeof *overlapped,
                                      MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    WSAStartup(MAKEWORD(2, 2), &data);
    if (overlapped != NULL)
        start_read(s, buffer, sizeof buffer, overlapped);
    Sleep(10 * SOON);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return be_the_child((SOCKET)strtoull(argv[1], NULL, 10));
    CLAIM("A read that a child process starts on an inherited socket puts its "
          "packet into our port, with a pointer of the child's.",
          DOCS "fileio/createiocompletionport");
    HANDLE port = new_port();
    SOCKET pair[2];
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 7);
    HANDLE child = start_child(pair[0]);
    Sleep(5 * QUIET);
    send_text(pair[1], "hello");
    expect("a packet", take_packet(port, &packet, SOON) == 0, 1);
    expect("with our key", (long long)packet.lpCompletionKey, 7);
    expect("and the child's pointer", packet.lpOverlapped == ELSEWHERE, 1);
    end_child(child);
    return verdict();
}
