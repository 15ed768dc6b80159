#include "claim.h"

int main(void)
{
    CLAIM("htonl and ntohs work before WSAStartup.",
          DOCS "api/winsock/nf-winsock-htonl");
    expect("htonl(0x01020304)", htonl(0x01020304), 0x04030201);
    expect("ntohs(0x0102)", ntohs(0x0102), 0x0201);
    return verdict();
}
