#include "claim.h"

int main(void)
{
    CLAIM("A read of 0 bytes waits for a pipe's data and takes none of "
          "it; of a message it ends with error 234.",
          DOCS "api/fileapi/nf-fileapi-readfile");
    note("Microsoft's page does not say so; don't build on it.");
    HANDLE port = new_port(), pipe[2];
    char buffer[8];
    OVERLAPPED overlapped, writing;
    OVERLAPPED_ENTRY packet;
    DWORD bytes;
    for (int messages = 0; messages < 2; messages++) {
        pipe_pair(pipe, messages);
        to_port(pipe[0], port, 0);
        DWORD said = read_at(pipe[0], buffer, 0, 0, &overlapped);
        expect("a packet before", take_packet(port, &packet, QUIET) == 0, 0);
        write_at(pipe[1], "hello", 0, &writing);
        expect("its error", end_of(port, pipe[0], said, &overlapped, &bytes),
               messages ? 234 : 0);
        said = read_at(pipe[0], buffer, sizeof buffer, 0, &overlapped);
        need(end_of(port, pipe[0], said, &overlapped, &bytes) == 0, "reading");
        expect("the next one's bytes", bytes, 5);
    }
    return verdict();
}
