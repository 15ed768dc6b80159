#include <stdio.h>

#include "../../../step02-operation/loopback.h"
#include "read_some.h"

int main(void)
{
    SOCKET pair[2];
    HANDLE port;
    if (wsa_startup() != 0 || create_completion_port(&port) != 0 ||
        loopback_pair(pair) != 0 || associate_socket(port, pair[0], 0) != 0)
        return 1;
    printf("read_some: error %lu\n", read_some(pair[0]));
    printf("send_all: error %lu\n", send_all(pair[1], "hello", 5));
    return 0;
}
