// steps: 12+
/* Nothing of an answer is lost by how its connection ends: when the client has said
   that it asks for nothing more, when it asked for the connection to be closed, and
   when the server is told to stop, all of it comes, and then the end. The answer is
   far larger than what the system takes, so that with every piece that the client
   takes in the server is as far ahead as it can be, to the last byte. */
#define SERVED "httpd-ends"
#include "served.h"

enum { PIECE = 65536 };

/* Takes the whole answer in, a piece at a time; between two of them the server does
   all that it can. Returns how many bytes there were behind the head. */
static unsigned long long take_in_slowly(void)
{
    static char bytes[PIECE + 1];
    unsigned long long got = 0;
    int count, head = -1;
    for (;;) {
        turn_until_still();
        count = recv(client, bytes, PIECE, 0);
        if (count <= 0)
            break;
        bytes[count] = '\0';
        if (head < 0)
            head = (int)(strstr(bytes, "\r\n\r\n") + 4 - bytes);
        got += (unsigned)count;
    }
    is((unsigned)count, 0, "then the end comes");
    return got - (unsigned)head;
}

static void begin(const char *request)
{
    open_served(default_limits, 0);
    say(client, request);
    welcome();
}

static void finish(void)
{
    close_socket(client);
    while (server.clients != NULL && turn(PATIENCE) > 0)
        ;
    ok(server.clients == NULL, "the server is through with the client");
    is(server_drain(&server), 0, "it stops");
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));
}

int main(void)
{
    static const char plain[] = GET("large", "");
    make_files();
    set_up();
    must("destroying", poll_destroy(&poll));
    must("releasing", registrator_release(&registrator));

    begin(GET("large", "Connection: close\r\n"));
    is(take_in_slowly(), LARGE, "a connection that is to be closed: all comes");
    finish();

    begin(plain);
    must("half-closing", (DWORD)shutdown(client, SD_SEND));
    is(take_in_slowly(), LARGE, "a client that has half-closed: all comes");
    finish();

    begin(plain);
    turn_until_still();
    must("draining", server_drain(&server));
    is(take_in_slowly(), LARGE, "a server that drains: all comes");
    finish();

    remove_files();
    close_socket(listener);
    wsa_cleanup();
    return done_testing();
}
