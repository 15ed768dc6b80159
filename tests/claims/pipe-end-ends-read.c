#include "claim.h"

int main(void)
{
    CLAIM("A read in flight on a pipe ends with error 109 when the other "
          "end is closed: its packet comes.",
          DOCS "api/fileapi/nf-fileapi-readfile");
    HANDLE port = new_port(), pipe[2];
    char buffer[8];
    OVERLAPPED overlapped;
    DWORD bytes;
    pipe_pair(pipe, FALSE);
    to_port(pipe[0], port, 0);
    DWORD said = read_at(pipe[0], buffer, sizeof buffer, 0, &overlapped);
    expect("ReadFile", said, ERROR_IO_PENDING);
    CloseHandle(pipe[1]);
    expect("its error", end_of(port, pipe[0], said, &overlapped, &bytes), 109);
    return verdict();
}
