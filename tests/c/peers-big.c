// steps: 05+
/* 64 MiB through a buffer of 7 bytes: every byte in its place. */
#include "peers.h"

enum { TOTAL = 64 * 1024 * 1024, PIECE = 64 * 1024, SMALL = 7 };

static unsigned WINAPI send_content(void *socket)
{
    static char piece[PIECE];
    for (size_t place = 0; place < TOTAL; place += PIECE) {
        fill(piece, PIECE, place);
        if (send_all((SOCKET)socket, piece, PIECE) != 0)
            break;
    }
    close_socket((SOCKET)socket);
    return 0;
}

/* Reads until the stream ends; returns how many bytes were right. */
static size_t receive_content(TcpStream *stream, size_t *announced)
{
    char buffer[SMALL];
    DWORD count, error;
    size_t place = 0;
    for (;;) {
        must("registering", await(stream, 1));
        *announced += next_event().bytes;
        while ((error = tcp_stream_read(stream, buffer, SMALL, &count)) == 0 &&
               count > 0) {
            if (first_wrong(buffer, count, place) != count)
                return place;
            place += count;
        }
        if (error != WSAEWOULDBLOCK)
            return place;
    }
}

int main(void)
{
    TcpStream stream;
    HANDLE thread;
    size_t announced = 0;
    set_up();
    SOCKET peer = meet(&stream);
    must("starting a thread",
         start_thread(&thread, send_content, (void *)peer));
    unsigned long long start = GetTickCount64();
    is(receive_content(&stream, &announced), TOTAL, "64 MiB, 7 at a time");
    printf("# %llu ms\n", GetTickCount64() - start);
    is(announced, TOTAL, "as many as the events told of");
    /* First: a sender that has been left waiting ends with an error. */
    is(tcp_stream_close(&stream), 0, "the stream is closed");
    must("joining", join_thread(thread));
    tear_down();
    return done_testing();
}
