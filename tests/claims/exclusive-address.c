#include "claim.h"

/* What bind says: 0, or its error. */
static int bind_with(int option, const struct sockaddr_in *address)
{
    const BOOL yes = TRUE;
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    need(setsockopt(s, SOL_SOCKET, option, (const char *)&yes, sizeof yes) == 0,
         "setting an option");
    return bind(s, (const struct sockaddr *)address, sizeof *address) == 0
               ? 0
               : WSAGetLastError();
}

int main(void)
{
    CLAIM("With SO_REUSEADDR a second socket can bind to a listener's address, "
          "unless the listener has set SO_EXCLUSIVEADDRUSE: then error 10013.",
          DOCS "winsock/using-so-reuseaddr-and-so-exclusiveaddruse");
    struct sockaddr_in address;
    new_listener(&address);
    expect("with SO_REUSEADDR", bind_with(SO_REUSEADDR, &address), 0);
    address.sin_port =
        htons((unsigned short)(20000 + GetCurrentProcessId() % 9999));
    need(bind_with(SO_EXCLUSIVEADDRUSE, &address) == 0, "binding");
    expect("after SO_EXCLUSIVEADDRUSE", bind_with(SO_REUSEADDR, &address),
           WSAEACCES);
    return verdict();
}
