#include "driver.h"

int main(void)
{
    CLAIM(
        "A poll of the driver ends at once, again and again, as long as bytes "
        "wait unread.",
        AFD_SOURCE);
    HANDLE port = new_port();
    SOCKET pair[2];
    DriverPoll poll;
    static IO_STATUS_BLOCK status;
    OVERLAPPED_ENTRY packet;
    char buffer[8];
    connect_pair(pair);
    HANDLE driver = open_driver(port);
    send_text(pair[1], "hello");
    await_arrival(pair[0]);
    for (int i = 0; i < 2; i++) {
        start_driver_poll(driver, (HANDLE)pair[0], AFD_POLL_RECEIVE, &poll,
                          &status);
        expect("error of a wait while they do",
               take_packet(port, &packet, SOON), 0);
    }
    need(recv(pair[0], buffer, sizeof buffer, 0) == 5, "reading them");
    start_driver_poll(driver, (HANDLE)pair[0], AFD_POLL_RECEIVE, &poll,
                      &status);
    expect("error of a wait after that", take_packet(port, &packet, QUIET),
           WAIT_TIMEOUT);
    return verdict();
}
