#include "claim.h"

int main(void)
{
    CLAIM("A write to a file that WriteFile refuses, for its place or for "
          "want of room, sends no packet.",
          DOCS "fileio/i-o-completion-ports");
    HANDLE port = new_port(), file = new_file("hello");
    OVERLAPPED overlapped;
    OVERLAPPED_ENTRY packet;
    to_port(file, port, 0);
    DWORD said = write_at(file, "x", 0x7FFFFFFFFFFFFFF0, &overlapped);
    note("Microsoft's pages say so of sockets. Here WriteFile says %lu.", said);
    need(said != 0, "finding a place where nothing can be written");
    DWORD took =
        take_packet(port, &packet, said == ERROR_IO_PENDING ? SOON : QUIET);
    expect("a packet", took == 0, said == ERROR_IO_PENDING);
    return verdict();
}
