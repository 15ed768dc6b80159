#include "driver.h"

int main(void)
{
    CLAIM("Two polls of the driver on one socket, of two ports, both end: its "
          "readiness can be told to two loops.",
          AFD_SOURCE);
    HANDLE ports[2] = {new_port(), new_port()};
    SOCKET pair[2];
    DriverPoll polls[2];
    static IO_STATUS_BLOCK status[2];
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    for (int i = 0; i < 2; i++)
        expect("a poll of the quiet socket",
               start_driver_poll(open_driver(ports[i]), (HANDLE)pair[0],
                                 AFD_POLL_RECEIVE, &polls[i], &status[i]),
               STATUS_PENDING);
    send_text(pair[1], "hello");
    for (int i = 0; i < 2; i++) {
        expect("error of a wait", take_packet(ports[i], &packet, SOON), 0);
        expect("what is ready", polls[i].events, AFD_POLL_RECEIVE);
    }
    return verdict();
}
