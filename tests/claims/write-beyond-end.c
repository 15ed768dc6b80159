#include "claim.h"

int main(void)
{
    CLAIM("A write beyond a file's end makes it longer, with zeros "
          "between.",
          DOCS "api/fileapi/nf-fileapi-setfilepointerex");
    note("Microsoft's page speaks of the size; NTFS reads zeros, for the sake "
         "of "
         "what was deleted there.");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[11] = "???????????";
    OVERLAPPED overlapped;
    DWORD bytes;
    to_port(file, port, 0);
    DWORD said = write_at(file, "!", 10, &overlapped);
    expect("its error", end_of(port, file, said, &overlapped, &bytes), 0);
    said = read_at(file, buffer, sizeof buffer, 0, &overlapped);
    need(end_of(port, file, said, &overlapped, &bytes) == 0, "reading");
    expect("the size", bytes, 11);
    expect("zeros between",
           memcmp(buffer, "hello\0\0\0\0\0!", sizeof buffer) == 0, 1);
    return verdict();
}
