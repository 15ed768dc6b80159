#include "claim.h"

int main(void)
{
    CLAIM("After DisconnectNamedPipe the client has lost what it had not "
          "read: its read fails with error 233.",
          DOCS "api/namedpipeapi/nf-namedpipeapi-disconnectnamedpipe");
    HANDLE port = new_port(), pipe[2];
    char buffer[8];
    OVERLAPPED overlapped, writing;
    DWORD bytes;
    pipe_pair(pipe, FALSE);
    to_port(pipe[1], port, 0);
    write_at(pipe[0], "lost", 0, &writing);
    need(DisconnectNamedPipe(pipe[0]), "disconnecting");
    DWORD said = read_at(pipe[1], buffer, sizeof buffer, 0, &overlapped);
    expect("its error", end_of(port, pipe[1], said, &overlapped, &bytes), 233);
    return verdict();
}
