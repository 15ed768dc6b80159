#include "claim.h"

int main(void)
{
    CLAIM("A read that reaches beyond a file's end brings the bytes there "
          "are, and no error.",
          DOCS "api/fileapi/nf-fileapi-readfile");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[8];
    OVERLAPPED overlapped;
    DWORD bytes;
    to_port(file, port, 0);
    DWORD said = read_at(file, buffer, sizeof buffer, 2, &overlapped);
    expect("its error", end_of(port, file, said, &overlapped, &bytes), 0);
    expect("its bytes", bytes, 3);
    return verdict();
}
