#include "claim.h"

int main(void)
{
    CLAIM("ReadFile and WriteFile on a socket send the packets that "
          "WSARecv and WSASend would send.",
          DOCS "winsock/socket-handles-2");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    OVERLAPPED overlapped;
    DWORD bytes;
    connect_pair(pair);
    associate(port, pair[0], 0);
    HANDLE file = (HANDLE)pair[0];
    send_text(pair[1], "hello");
    DWORD said = read_at(file, buffer, sizeof buffer, 0, &overlapped);
    expect("the read's error", end_of(port, file, said, &overlapped, &bytes),
           0);
    expect("its bytes", bytes, 5);
    said = write_at(file, "hello", 0, &overlapped);
    expect("the write's error", end_of(port, file, said, &overlapped, &bytes),
           0);
    expect("its bytes", bytes, 5);
    return verdict();
}
