// steps: 02-04
// wrap: getsockname
/* A pair's ends are each other's, whoever else connects; and no child process
   gets a handle to a socket of ours. */
#include "loopback.h"

#include <string.h>

#include "pairs.h"

BOOL WINAPI GetHandleInformation(HANDLE handle, DWORD *flags);
int WINAPI recv(SOCKET s, char *data, int size, int flags);
int WINAPI __real_getsockname(SOCKET s, struct sockaddr *name, int *size);
int WINAPI __wrap_getsockname(SOCKET s, struct sockaddr *name, int *size);

enum { STRANGERS = 3 };

static SOCKET strangers[STRANGERS];
static int invaded;

/* The moment at which a listener's port is known and nobody has connected. */
int WINAPI __wrap_getsockname(SOCKET s, struct sockaddr *name, int *size)
{
    int result = __real_getsockname(s, name, size);
    for (int i = 0; i < STRANGERS && invaded; i++) {
        strangers[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(strangers[i], name, *size) != 0)
            bail("a stranger cannot connect");
        send(strangers[i], "evil", 4, 0);
    }
    invaded = 0;
    return result;
}

static void is_passed_on(SOCKET from, SOCKET to, const char *name)
{
    char got[8] = {0};
    send_all(from, "hello", 5);
    int size = recv(to, got, sizeof got, 0);
    ok(size == 5 && memcmp(got, "hello", 5) == 0, "%s: it reads \"%s\"", name,
       got);
}

static void is_not_inherited(SOCKET s, const char *name)
{
    DWORD flags = HANDLE_FLAG_INHERIT;
    ok(GetHandleInformation((HANDLE)s, &flags) &&
           (flags & HANDLE_FLAG_INHERIT) == 0,
       "%s is not inherited", name);
}

static void a_pair_among_strangers(void)
{
    SOCKET pair[2];
    char byte;
    invaded = 1;
    is(loopback_pair(pair), 0, "a pair, where strangers have connected first");
    is_passed_on(pair[0], pair[1], "from one end to the other");
    is_passed_on(pair[1], pair[0], "and back");
    is_not_inherited(pair[0], "the end that connected");
    is_not_inherited(pair[1], "the end that was accepted");
    for (int i = 0; i < STRANGERS; i++) {
        ok(recv(strangers[i], &byte, 1, 0) <= 0, "stranger %d is let go", i);
        close_socket(strangers[i]);
    }
    close_socket(pair[0]);
    close_socket(pair[1]);
}

static void a_port_of_its_own(void)
{
    enum { SO_REUSEADDR_ = 4 };
    static const int yes = 1;
    SOCKET listener, thief = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    is(loopback_listen(&listener, &address), 0, "a listener");
    is_not_inherited(listener, "it");
    setsockopt(thief, SOL_SOCKET, SO_REUSEADDR_, (const char *)&yes,
               sizeof yes);
    ok(bind(thief, (struct sockaddr *)&address, sizeof address) != 0,
       "nobody else can bind to its port");
    close_socket(thief);
    close_socket(listener);
}

int main(void)
{
    if (wsa_startup() != 0)
        bail("no Winsock");
    a_pair_among_strangers();
    a_port_of_its_own();
    return done_testing();
}
