#include "claim.h"

int main(void)
{
    CLAIM("LockFileEx on a file with a port sends a packet, even if it "
          "has the lock at once.",
          DOCS "fileio/i-o-completion-ports");
    HANDLE port = new_port(), file = new_file("hello");
    OVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    to_port(file, port, 0);
    need(LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &overlapped) ||
             GetLastError() == ERROR_IO_PENDING,
         "locking");
    expect("a packet", take_packet(port, &packet, QUIET) == 0, 1);
    return verdict();
}
