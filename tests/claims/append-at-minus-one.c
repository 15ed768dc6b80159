#include "claim.h"

int main(void)
{
    CLAIM("A write at the place 0xFFFFFFFFFFFFFFFF goes to the file's "
          "end.",
          DOCS "api/fileapi/nf-fileapi-writefile");
    HANDLE port = new_port(), file = new_file("hello");
    OVERLAPPED overlapped;
    LARGE_INTEGER size;
    DWORD bytes;
    to_port(file, port, 0);
    DWORD said = write_at(file, "!", ~0ull, &overlapped);
    expect("its error", end_of(port, file, said, &overlapped, &bytes), 0);
    need(GetFileSizeEx(file, &size), "asking for the size");
    expect("the size", size.QuadPart, 6);
    return verdict();
}
