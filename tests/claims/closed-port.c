#include "claim.h"

int main(void)
{
    CLAIM("Waiting on a port whose handle is closed, or posting to it, fails "
          "with error 6.",
          DOCS "fileio/getqueuedcompletionstatusex-func");
    HANDLE port = new_port();
    OVERLAPPED_ENTRY packet;
    CloseHandle(port);
    expect("error of the wait", take_packet(port, &packet, QUIET),
           ERROR_INVALID_HANDLE);
    BOOL posted = PostQueuedCompletionStatus(port, 0, 0, NULL);
    DWORD error = GetLastError();
    expect("posted", posted, FALSE);
    expect("error of the post", error, ERROR_INVALID_HANDLE);
    return verdict();
}
