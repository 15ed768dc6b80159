#include "claim.h"

int main(void)
{
    CLAIM("A wait of 0 milliseconds looks and returns at once, with a packet "
          "or with error 258.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    ULONGLONG start = GetTickCount64();
    expect("error of an empty port", take_packet(port, &packet, 0), 258);
    expect("took its time", GetTickCount64() - start > SOON / 2, 0);
    need(PostQueuedCompletionStatus(port, 0, 3, NULL), "posting");
    expect("error with a packet", take_packet(port, &packet, 0), 0);
    expect("key", (long long)packet.lpCompletionKey, 3);
    return verdict();
}
