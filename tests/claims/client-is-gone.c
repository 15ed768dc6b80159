#include "claim.h"

int main(void)
{
    CLAIM("ConnectNamedPipe for a client that has come and gone fails "
          "with error 232, and no packet comes; after DisconnectNamedPipe "
          "it waits for the next one.",
          DOCS "api/namedpipeapi/nf-namedpipeapi-connectnamedpipe");
    HANDLE port = new_port(), pipe[2];
    OVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    pipe_pair(pipe, FALSE);
    to_port(pipe[0], port, 0);
    CloseHandle(pipe[1]);
    BOOL succeeded = ConnectNamedPipe(pipe[0], &overlapped);
    expect("ConnectNamedPipe", succeeded ? 0 : (long long)GetLastError(), 232);
    expect("a packet", take_packet(port, &packet, QUIET) == 0, 0);
    need(DisconnectNamedPipe(pipe[0]), "disconnecting");
    succeeded = ConnectNamedPipe(pipe[0], &overlapped);
    expect("then", succeeded ? 0 : (long long)GetLastError(), 997);
    return verdict();
}
