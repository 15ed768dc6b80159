#include "claim.h"

int main(void)
{
    CLAIM("A wait that runs out of time fails with error 258, WAIT_TIMEOUT.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    ULONGLONG start = GetTickCount64();
    expect("error", take_packet(port, &packet, QUIET), 258);
    /* The clock ticks every 16 ms. */
    expect("too early", GetTickCount64() - start < QUIET - 16, 0);
    expect("WAIT_TIMEOUT", WAIT_TIMEOUT, 258);
    return verdict();
}
