#include "claim.h"

int main(void)
{
    CLAIM("A read of a pipe whose other end is closed brings what was "
          "written; the next one fails with error 109.",
          DOCS "api/fileapi/nf-fileapi-readfile");
    HANDLE port = new_port(), pipe[2];
    char buffer[8];
    OVERLAPPED overlapped, writing;
    DWORD bytes;
    pipe_pair(pipe, FALSE);
    to_port(pipe[0], port, 0);
    write_at(pipe[1], "1234", 0, &writing);
    CloseHandle(pipe[1]);
    DWORD said = read_at(pipe[0], buffer, sizeof buffer, 0, &overlapped);
    expect("its error", end_of(port, pipe[0], said, &overlapped, &bytes), 0);
    expect("its bytes", bytes, 4);
    said = read_at(pipe[0], buffer, sizeof buffer, 0, &overlapped);
    expect("the next one's", end_of(port, pipe[0], said, &overlapped, &bytes),
           109);
    return verdict();
}
