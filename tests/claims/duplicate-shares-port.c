#include "claim.h"

enum { KEY = 7 };

int main(void)
{
    CLAIM("Port and key belong to the socket behind a handle: a second handle "
          "has them from the start.",
          DOCS "fileio/createiocompletionport");
    HANDLE port = new_port(), second;
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], KEY);
    need(DuplicateHandle(GetCurrentProcess(), (HANDLE)pair[0],
                         GetCurrentProcess(), &second, 0, FALSE,
                         DUPLICATE_SAME_ACCESS),
         "duplicating");
    expect("associating the second handle succeeds",
           CreateIoCompletionPort(second, port, KEY + 1, 0) != NULL, 0);
    expect("error", GetLastError(), ERROR_INVALID_PARAMETER);
    expect("starting a read on it",
           start_read((SOCKET)second, buffer, sizeof buffer, &overlapped),
           WSA_IO_PENDING);
    send_text(pair[1], "hello");
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("key", (long long)packet.lpCompletionKey, KEY);
    return verdict();
}
