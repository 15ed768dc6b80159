#include "claim.h"

int main(void)
{
    CLAIM("With FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, a read of a file "
          "that is done at once sends no packet, and one that pends sends "
          "its packet.",
          DOCS "api/winbase/nf-winbase-setfilecompletionnotificationmodes");
    HANDLE port = new_port(), file = new_file("hello");
    char buffer[8];
    OVERLAPPED overlapped;
    OVERLAPPED_ENTRY packet;
    to_port(file, port, 0);
    need(SetFileCompletionNotificationModes(
             file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
         "setting the mode");
    DWORD said = read_at(file, buffer, sizeof buffer, 0, &overlapped);
    note("Here it says %lu.", said);
    expect("a packet",
           take_packet(port, &packet, said == 0 ? QUIET : SOON) == 0,
           said != 0);
    return verdict();
}
