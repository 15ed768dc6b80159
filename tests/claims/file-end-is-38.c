#include "claim.h"

int main(void)
{
    CLAIM("A read at a file's end, or beyond it, ends with error 38: at "
          "once and without a packet, or by its packet.",
          DOCS "api/fileapi/nf-fileapi-readfile");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[8];
    OVERLAPPED overlapped;
    OVERLAPPED_ENTRY packet;
    DWORD bytes, said;
    to_port(file, port, 0);
    for (DWORD place = 5; place < 100; place += 90) {
        said = read_at(file, buffer, sizeof buffer, place, &overlapped);
        if (place == 5)
            note("Here it says %lu first.", said);
        expect("its error", end_of(port, file, said, &overlapped, &bytes), 38);
        expect("another packet", take_packet(port, &packet, QUIET) == 0, 0);
    }
    return verdict();
}
