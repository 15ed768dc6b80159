#include "claim.h"

int main(void)
{
    CLAIM("When a file's handle is closed right after a read was started, "
          "the read's packet comes all the same.",
          DOCS "api/handleapi/nf-handleapi-closehandle");
    note("Microsoft's pages don't say what it brings: the bytes, or an error.");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[8];
    OVERLAPPED overlapped;
    OVERLAPPED_ENTRY packet;
    to_port(file, port, 0);
    DWORD said = read_at(file, buffer, sizeof buffer, 0, &overlapped);
    need(said == 0 || said == ERROR_IO_PENDING, "reading");
    CloseHandle(file);
    expect("a packet", take_packet(port, &packet, SOON) == 0, 1);
    return verdict();
}
