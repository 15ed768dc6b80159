#include "driver.h"

int main(void)
{
    CLAIM(
        "A poll of the driver behind Winsock ends with a packet when a socket "
        "has become readable; no buffer is lent for its bytes.",
        AFD_SOURCE);
    HANDLE port = new_port();
    SOCKET pair[2];
    DriverPoll poll;
    static IO_STATUS_BLOCK status;
    OVERLAPPED_ENTRY packet;
    char buffer[8];
    connect_pair(pair);
    HANDLE driver = open_driver(port);

    expect("the poll of a quiet socket",
           start_driver_poll(driver, (HANDLE)pair[0], AFD_POLL_RECEIVE, &poll,
                             &status),
           STATUS_PENDING);
    expect("error of the wait", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    send_text(pair[1], "hello");
    expect("error of the second wait", take_packet(port, &packet, SOON), 0);
    expect("its pointer is that of the poll",
           packet.lpOverlapped == (void *)&status, 1);
    expect("what is ready", poll.events, AFD_POLL_RECEIVE);
    expect("bytes of a plain recv", recv(pair[0], buffer, sizeof buffer, 0), 5);
    return verdict();
}
