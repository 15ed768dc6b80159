#include "claim.h"

int main(void)
{
    CLAIM("ConnectNamedPipe for a client that has come already fails with "
          "error 535, and no packet comes.",
          DOCS "api/namedpipeapi/nf-namedpipeapi-connectnamedpipe");
    HANDLE port = new_port(), pipe[2];
    OVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    pipe_pair(pipe, FALSE);
    to_port(pipe[0], port, 0);
    BOOL succeeded = ConnectNamedPipe(pipe[0], &overlapped);
    expect("ConnectNamedPipe", succeeded ? 0 : (long long)GetLastError(), 535);
    expect("a packet", take_packet(port, &packet, QUIET) == 0, 0);
    return verdict();
}
