#include "claim.h"

/* A child process that inherits the socket holds such a handle. */
static SOCKET second_handle(SOCKET s)
{
    HANDLE second;
    need(DuplicateHandle(GetCurrentProcess(), (HANDLE)s, GetCurrentProcess(),
                         &second, 0, FALSE, DUPLICATE_SAME_ACCESS),
         "duplicating");
    return (SOCKET)second;
}

int main(void)
{
    CLAIM("While a second handle to a socket is open, closing the first does "
          "not end its read.",
          DOCS "api/winsock/nf-winsock-closesocket");
    note("Microsoft's page names no exception; so we call CancelIoEx as well.");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    second_handle(pair[0]);
    closesocket(pair[0]);
    expect("error of a wait meanwhile", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    send_text(pair[1], "hello");
    if (take_packet(port, &packet, SOON) == 0)
        note("Here, when data came: %lu bytes, status 0x%08lX.",
             packet.dwNumberOfBytesTransferred, (DWORD)overlapped.Internal);
    else
        note("Here, when data came: nothing.");
    return verdict();
}
