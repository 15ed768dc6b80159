/* Sends messages of several sizes through a pipe, and reads them. */
#include <process.h>
#include <stdio.h>
#include <stdlib.h>

#include "message.h"

enum { MESSAGES = 5, LIMIT = 1 << 20, LETTERS = 26 };

static const DWORD sizes[MESSAGES] = {5, 256, 257, 0, 100000};
static char text[100000];

static Iocp iocp;
static IocpHandle server, client;
static Message message;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static void open_pipe(void)
{
    wchar_t name[64];
    HANDLE here, there;
    swprintf(name, sizeof name / sizeof *name, L"\\\\.\\pipe\\messages-%d",
             _getpid());
    check("making the pipe", create_pipe(name, TRUE, 4096, &here));
    check("opening the pipe", open_existing(name, GENERIC_WRITE, &there));
    check("adding", iocp_add_handle(&iocp, here, 0, &server));
    check("adding", iocp_add_handle(&iocp, there, 0, &client));
}

/* Until the message is there, or can't be read. */
static DWORD read_message(void)
{
    IocpCompletion completion;
    BOOL whole = FALSE;
    DWORD error = message_start(&message);
    while (error == 0 && !whole) {
        check("waiting", iocp_get_completion(&iocp, &completion, INFINITE));
        if (completion.context == &message)
            error = message_go_on(&message, &completion, &whole);
    }
    return error;
}

static void show(void)
{
    printf("%lu bytes", message.size);
    if (message.size > 0)
        printf(", %c to %c", message.bytes[0], message.bytes[message.size - 1]);
    puts("");
}

/* What was sent and not read ends with the pipe. */
static void end(void)
{
    IocpCompletion completion;
    check("closing", close_handle(server.handle));
    check("closing", close_handle(client.handle));
    check("stopping", iocp_stop(&iocp));
    while (iocp_get_completion(&iocp, &completion, INFINITE) == 0)
        ;
    check("closing", iocp_close(&iocp));
    message_free(&message);
}

int main(void)
{
    int came = 0;
    IocpId id;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % LETTERS);
    check("creating the port", iocp_create(&iocp, 0));
    open_pipe();
    message_init(&message, &server, LIMIT);
    for (int i = 0; i < MESSAGES; i++)
        check("sending", iocp_write(&client, text, sizes[i], 0, NULL, &id));
    DWORD error = 0;
    while (came < MESSAGES && (error = read_message()) == 0) {
        show();
        came++;
    }
    if (error != 0)
        printf("error: %lu\n", error);
    printf("%d messages were sent, %d came whole\n", MESSAGES, came);
    end();
    return 0;
}
