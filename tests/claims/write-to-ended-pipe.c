#include "claim.h"

int main(void)
{
    CLAIM("A write to a pipe whose other end is closed fails at once with "
          "error 232, and no packet comes.",
          DOCS "debug/system-error-codes--0-499-");
    note("Microsoft's page names the error, not the packet.");
    HANDLE port = new_port(), pipe[2];
    OVERLAPPED overlapped;
    OVERLAPPED_ENTRY packet;
    pipe_pair(pipe, FALSE);
    to_port(pipe[0], port, 0);
    CloseHandle(pipe[1]);
    expect("WriteFile", write_at(pipe[0], "x", 0, &overlapped), 232);
    expect("a packet", take_packet(port, &packet, QUIET) == 0, 0);
    return verdict();
}
