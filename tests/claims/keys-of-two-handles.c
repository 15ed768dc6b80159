#include "claim.h"

int main(void)
{
    CLAIM("Two handles to one file may have two keys; each packet has the "
          "key of the handle that its operation was started on.",
          DOCS "fileio/createiocompletionport");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[8];
    OVERLAPPED overlapped;
    OVERLAPPED_ENTRY packet;
    HANDLE second =
        ReOpenFile(file, GENERIC_READ,
                   FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                   FILE_FLAG_OVERLAPPED);
    need(second != INVALID_HANDLE_VALUE, "opening it again");
    to_port(file, port, 1);
    to_port(second, port, 2);
    read_at(second, buffer, sizeof buffer, 0, &overlapped);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("key", (long long)packet.lpCompletionKey, 2);
    read_at(file, buffer, sizeof buffer, 0, &overlapped);
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("key", (long long)packet.lpCompletionKey, 1);
    return verdict();
}
