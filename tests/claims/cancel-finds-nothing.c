#include "claim.h"

static DWORD cancel_error(SOCKET s)
{
    return CancelIoEx((HANDLE)s, NULL) ? 0 : GetLastError();
}

int main(void)
{
    CLAIM("CancelIoEx with nothing in flight fails with error 1168.",
          DOCS "fileio/cancelioex-func");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    expect("error before any read", cancel_error(pair[0]), 1168);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    send_text(pair[1], "hello");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("error after the read", cancel_error(pair[0]), 1168);
    expect("error for that read",
           CancelIoEx((HANDLE)pair[0], &overlapped) ? 0 : GetLastError(), 1168);
    return verdict();
}
