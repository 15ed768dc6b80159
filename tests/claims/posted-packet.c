#include "claim.h"

static void post_and_take(HANDLE port, ULONG_PTR key, DWORD bytes,
                          OVERLAPPED *pointer)
{
    OVERLAPPED_ENTRY packet;
    need(PostQueuedCompletionStatus(port, bytes, key, pointer), "posting");
    need(take_packet(port, &packet, SOON) == 0, "waiting");
    expect("key", (long long)packet.lpCompletionKey, (long long)key);
    expect("bytes", packet.dwNumberOfBytesTransferred, bytes);
    expect("pointer", (intptr_t)packet.lpOverlapped, (intptr_t)pointer);
}

int main(void)
{
    CLAIM("A posted packet comes out with key, byte count and pointer "
          "untouched, even a null pointer.",
          DOCS "fileio/postqueuedcompletionstatus");
    HANDLE port = new_port();
    OVERLAPPED overlapped = {0}, untouched = {0};
    post_and_take(port, 7, 100, &overlapped);
    post_and_take(port, 0, 0, NULL);
    /* Not even an address: the port carries the number. */
    post_and_take(port, ~(ULONG_PTR)0, 0xFFFFFFFF, (OVERLAPPED *)1);
    expect("bytes changed behind the pointer",
           memcmp(&overlapped, &untouched, sizeof untouched) != 0, 0);
    return verdict();
}
