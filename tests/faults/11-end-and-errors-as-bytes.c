/* read never sees that the peer has ended or broken the connection. */
#include "original.h"

static size_t original_read_after(void (*hang_up)(SOCKET))
{
    char buffer[1024];
    original_open();
    need(original_register(&poll, &stream, 1), "registering");
    hang_up(peer);
    need(original_poll(&poll, &event, 1, &count, SOON), "polling");
    return original_read(&stream, buffer, sizeof buffer);
}

static DWORD our_read_after(void (*hang_up)(SOCKET), DWORD *count)
{
    Ours ours;
    char buffer[1024];
    ours_open(&ours);
    need(ours_register(&ours, 1), "registering");
    hang_up(ours.peer);
    need(ours_wait(&ours, SOON), "waiting");
    DWORD error = tcp_stream_read(&ours.stream, buffer, sizeof buffer, count);
    ours.peer = INVALID_SOCKET;
    ours_close(&ours);
    return error;
}

static void end(SOCKET s)
{
    close_socket(s);
}

int main(void)
{
    size_t at_end = original_read_after(end);
    size_t at_reset = original_read_after(reset_connection);
    tell(at_end == 1024 && at_reset == 1024,
         "original: at the end of the stream read gives %u bytes, after a "
         "reset %u",
         (unsigned)at_end, (unsigned)at_reset);

    DWORD end_count, reset_count;
    DWORD end_error = our_read_after(end, &end_count);
    DWORD reset_error = our_read_after(reset_connection, &reset_count);
    tell(end_error == 0 && end_count == 0,
         "ours:     at the end of the stream %lu bytes and error %lu",
         end_count, end_error);
    tell(reset_error == WSAECONNRESET && reset_count == 0,
         "ours:     after a reset %lu bytes and error %lu", reset_count,
         reset_error);
    return told();
}
