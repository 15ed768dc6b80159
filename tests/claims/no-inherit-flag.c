#include "claim.h"

static long long inheritable(SOCKET s)
{
    DWORD flags = 0;
    need(GetHandleInformation((HANDLE)s, &flags), "asking about a handle");
    return (flags & HANDLE_FLAG_INHERIT) != 0;
}

int main(void)
{
    CLAIM("A socket made by socket is inheritable, one made with "
          "WSA_FLAG_NO_HANDLE_INHERIT is not.",
          DOCS "api/winsock2/nf-winsock2-wsasocketw");
    WSADATA data;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    need(WSAStartup(MAKEWORD(2, 2), &data) == 0, "starting Winsock");
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    SOCKET listener =
        WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0,
                   WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    expect("inheritable, from socket", inheritable(client), 1);
    expect("inheritable, with the flag", inheritable(listener), 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(bind(listener, (struct sockaddr *)&address, size) == 0 &&
             listen(listener, 1) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &size) == 0 &&
             connect(client, (struct sockaddr *)&address, size) == 0,
         "connecting");
    note("Here, what such a listener accepts is%s inheritable.",
         inheritable(accept(listener, NULL, NULL)) ? "" : " not");
    return verdict();
}
