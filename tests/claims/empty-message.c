#include "claim.h"

int main(void)
{
    CLAIM("A message of no bytes is a read of 0 bytes and no error: it is "
          "not the end.",
          DOCS "api/fileapi/nf-fileapi-readfile");
    HANDLE port = new_port(), pipe[2];
    char buffer[8];
    OVERLAPPED overlapped, writing;
    DWORD bytes;
    pipe_pair(pipe, TRUE);
    to_port(pipe[0], port, 0);
    for (int i = 0; i < 2; i++) {
        write_at(pipe[1], i == 0 ? "" : "more", 0, &writing);
        DWORD said = read_at(pipe[0], buffer, sizeof buffer, 0, &overlapped);
        expect("its error", end_of(port, pipe[0], said, &overlapped, &bytes),
               0);
        expect("its bytes", bytes, 4 * i);
    }
    return verdict();
}
