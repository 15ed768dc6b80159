#include "claim.h"

int main(void)
{
    CLAIM("Opening a pipe fails with error 2 if nobody serves it, and "
          "with 231 while all its instances are taken.",
          DOCS "ipc/named-pipe-client");
    char name[64];
    HANDLE pipe, client;
    snprintf(name, sizeof name, "\\\\.\\pipe\\claim-%lu",
             GetCurrentProcessId());
    client = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    expect("nobody serves it",
           client == INVALID_HANDLE_VALUE ? (long long)GetLastError() : 0, 2);
    pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL);
    need(pipe != INVALID_HANDLE_VALUE, "making a pipe");
    client = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    need(client != INVALID_HANDLE_VALUE, "opening it");
    client = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    expect("it is taken",
           client == INVALID_HANDLE_VALUE ? (long long)GetLastError() : 0, 231);
    return verdict();
}
