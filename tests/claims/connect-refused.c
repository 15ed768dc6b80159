#include "claim.h"

int main(void)
{
    CLAIM("A refused ConnectEx starts like any other; its packet comes with "
          "error 10061.",
          DOCS "api/mswsock/nc-mswsock-lpfn_connectex");
    HANDLE port = new_port();
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    struct sockaddr_in address;
    closesocket(new_listener(&address)); /* a port where nobody listens */
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    associate(port, s, 0);
    bind_to_any(s);
    expect("ConnectEx", start_connect(s, &address, &overlapped),
           WSA_IO_PENDING);
    expect("the wait", take_packet(port, &packet, 2 * SOON), 0);
    expect("its error", result_of(s, &overlapped), WSAECONNREFUSED);
    note("Microsoft's page allows another try with the same socket; ours takes "
         "a "
         "new one.");
    return verdict();
}
