#include "claim.h"

int main(void)
{
    CLAIM("An overlapped handle to a file has no place of its own: every "
          "read and write says where.",
          DOCS "fileio/positioning-a-file-pointer");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[2];
    OVERLAPPED overlapped;
    DWORD bytes;
    to_port(file, port, 0);
    for (int i = 0; i < 2; i++) {
        DWORD said = read_at(file, buffer, 2, 0, &overlapped);
        need(end_of(port, file, said, &overlapped, &bytes) == 0, "reading");
        expect("it begins with", buffer[0], 'h');
    }
    return verdict();
}
