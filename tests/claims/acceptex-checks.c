#include "claim.h"

/* Whether it started what it should refuse; then that is taken back. */
static BOOL starts(SOCKET s, DWORD address_size)
{
    static Accept accept;
    int error = start_accept(s, &accept, 0, address_size);
    CancelIoEx((HANDLE)s, NULL);
    return error == 0 || error == WSA_IO_PENDING;
}

int main(void)
{
    CLAIM("AcceptEx refuses a socket that does not listen, and address lengths "
          "that lack the 16 bytes more.",
          DOCS "api/mswsock/nf-mswsock-acceptex");
    note(
        "Microsoft's page says what must be, not which error comes otherwise.");
    struct sockaddr_in address;
    SOCKET listener = new_listener(&address);
    SOCKET deaf = socket(AF_INET, SOCK_STREAM, 0);
    bind_to_any(deaf);
    expect("not listening", starts(deaf, ACCEPT_ADDRESS), FALSE);
    expect("short lengths", starts(listener, ACCEPT_ADDRESS - 16), FALSE);
    return verdict();
}
