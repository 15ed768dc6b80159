// steps: 02-04
#include "loopback.h"
#include "tap.h"

int main(void)
{
    SOCKET pair[2];
    is(wsa_startup(), 0, "Winsock starts");
    is(loopback_pair(pair), 0, "a pair connects");
    is(close_socket(pair[0]), 0, "one end closes");
    is(close_socket(pair[1]), 0, "the other end closes");
    is(wsa_cleanup(), 0, "Winsock stops");
    return done_testing();
}
