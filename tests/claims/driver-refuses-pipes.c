#include "driver.h"

int main(void)
{
    CLAIM("The driver knows sockets only: the poll of a named pipe fails with "
          "0xC0000024.",
          AFD_SOURCE);
    WSADATA data;
    HANDLE port = new_port();
    DriverPoll poll;
    static IO_STATUS_BLOCK status;
    need(WSAStartup(0x0202, &data) == 0, "starting Winsock");
    HANDLE driver = open_driver(port);
    HANDLE pipe = CreateNamedPipeA("\\\\.\\pipe\\driver-refuses-pipes",
                                   PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0,
                                   1, 0, 0, 0, NULL);
    need(pipe != INVALID_HANDLE_VALUE, "making a pipe");
    expect("the poll of a pipe",
           (ULONG)start_driver_poll(driver, pipe, AFD_POLL_RECEIVE, &poll,
                                    &status),
           0xC0000024);
    return verdict();
}
