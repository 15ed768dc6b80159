#include "claim.h"

int main(void)
{
    CLAIM("A write that makes a file longer is done when WriteFile "
          "returns.",
          "https://learn.microsoft.com/previous-versions/troubleshoot/"
          "windows/win32/"
          "asynchronous-disk-io-synchronous");
    HANDLE port = new_port(), file = new_file("hello");
    OVERLAPPED overlapped;
    OVERLAPPED_ENTRY packet;
    to_port(file, port, 0);
    expect("WriteFile", write_at(file, "!", 100000, &overlapped), 0);
    expect("a packet", take_packet(port, &packet, SOON) == 0, 1);
    return verdict();
}
