/* Every fault that the guard is for, each once. The line it is to be stopped at
   ends in a comment:
       // ! NAME: what the guard says
   or in // !c ..., where it is noticed only in code compiled for the guard;
   and the line that lent the memory in // < NAME. */
/* clang-format off */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1000 };

#define APART __attribute__((noinline, noipa))

static SOCKET pair[2]; /* the first belongs to the port */
static HANDLE port;
static char *buffer;
static OVERLAPPED *overlapped;
static char text[ROOM] = "text";
static char *volatile freed;

static void listen_on_loopback(SOCKET *listener, struct sockaddr_in *address)
{
    int size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(*listener, (struct sockaddr *)address, size);
    listen(*listener, 5);
    getsockname(*listener, (struct sockaddr *)address, &size);
}

static void make_pair(void)
{
    SOCKET listener;
    struct sockaddr_in address;
    listen_on_loopback(&listener, &address);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(pair[0], (struct sockaddr *)&address, sizeof address);
    pair[1] = accept(listener, NULL, NULL);
    closesocket(listener);
    CreateIoCompletionPort((HANDLE)pair[0], port, 0, 0);
}

/* Takes one packet out, as it should be. */
static APART DWORD take(void)
{
    OVERLAPPED_ENTRY entry;
    ULONG count = 0;
    GetQueuedCompletionStatusEx(port, &entry, 1, &count, 5000, FALSE);
    return count == 1 ? entry.dwNumberOfBytesTransferred : 0;
}

#define RECEIVE(to, size, how)                                          \
    do {                                                                \
        WSABUF receive_buffer = {size, to};                             \
        DWORD receive_flags = 0;                                        \
        WSARecv(pair[0], &receive_buffer, 1, NULL, &receive_flags, how, \
                NULL);                                                  \
    } while (0)

static void start_again(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < start_again
    RECEIVE(text, ROOM, overlapped);   // ! start_again: starts WSARecv with an OVERLAPPED that is in flight
}

static void free_overlapped(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < free_overlapped
    free(overlapped);                  // ! free_overlapped: frees the OVERLAPPED of an operation in flight
}

static void free_buffer(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < free_buffer
    free(buffer);                      // ! free_buffer: frees the buffer of an operation in flight
}

static void move_buffer(void)
{
    RECEIVE(buffer, ROOM, overlapped);  // < move_buffer
    buffer = realloc(buffer, 2 * ROOM); // ! move_buffer: frees the buffer of an operation in flight
}

static APART void start_on_stack(void)
{
    OVERLAPPED here = {0};
    RECEIVE(buffer, ROOM, &here); // < leave_stack
}

static void leave_stack(void)
{
    start_on_stack();
    send(pair[1], "x", 1, 0); // ! leave_stack: the OVERLAPPED of an operation in flight is on the stack of a function that has returned
}

static APART void receive_on_stack(void)
{
    char here[ROOM];
    RECEIVE(here, ROOM, overlapped); // < leave_buffer
    freed = here;
}

static void leave_buffer(void)
{
    receive_on_stack();
    take(); // ! leave_buffer: the buffer of an operation in flight is on the stack of a function that has returned
}

static void write_to_read(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < write_to_read
    buffer[7] = 'x';                   // !c write_to_read: writes to the buffer of an operation in flight
}

static void look_into_read(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < look_into_read
    putchar(buffer[7]);                // !c look_into_read: looks into the buffer of an operation in flight
}

static void look_into_stack(void)
{
    char here[ROOM];
    RECEIVE(here, ROOM, overlapped); // < look_into_stack
    putchar(here[7]);                // !c look_into_stack: looks into the buffer of an operation in flight
}

static void look_into_static(void)
{
    RECEIVE(text, ROOM, overlapped); // < look_into_static
    putchar(text[7]);                // !c look_into_static: looks into the buffer of an operation in flight
}

static void copy_from_read(void)
{
    volatile size_t size = 10;
    RECEIVE(buffer, ROOM, overlapped); // < copy_from_read
    memcpy(text, buffer, size);        // ! copy_from_read: looks into the buffer of an operation in flight
}

static void send_lent_buffer(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < send_lent_buffer
    send(pair[1], buffer, 10, 0);      // ! send_lent_buffer: looks into the buffer of an operation in flight
}

static void clear_overlapped(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < clear_overlapped
    *overlapped = (OVERLAPPED){0};     // !c clear_overlapped: writes to the OVERLAPPED of an operation in flight
}

static void two_into_one(void)
{
    OVERLAPPED *other = calloc(1, sizeof *other);
    RECEIVE(buffer, ROOM, overlapped);    // < two_into_one
    RECEIVE(buffer + ROOM - 1, 1, other); // ! two_into_one: starts WSARecv with a buffer that is lent already
}

static void write_to_send(void)
{
    WSABUF data = {ROOM, buffer};
    WSASend(pair[0], &data, 1, NULL, 0, overlapped, NULL); // < write_to_send
    buffer[0] = 'x';                                       // !c write_to_send: writes to the buffer of an operation in flight
}

/* Where the write itself isn't seen, what it did is. */
static void sent_was_changed(void)
{
    WSABUF data = {ROOM, buffer};
    OVERLAPPED *which;
    DWORD bytes;
    ULONG_PTR key;
    WSASend(pair[0], &data, 1, NULL, 0, overlapped, NULL); // < sent_was_changed
    __asm__ volatile("movb $1, (%0)"
                     :
                     : "r"(buffer)
                     : "memory");
    GetQueuedCompletionStatus(port, &bytes, &key, &which, 5000); // ! sent_was_changed: takes out the packet of a WSASend whose buffer was changed in the meantime
}

static void sender_address(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in *from = calloc(1, sizeof *from);
    WSABUF data = {ROOM, buffer};
    DWORD flags = 0;
    int size = sizeof *from;
    from->sin_family = AF_INET;
    bind(s, (struct sockaddr *)from, sizeof *from);
    WSARecvFrom(s, &data, 1, NULL, &flags, (struct sockaddr *)from, &size, overlapped, NULL); // < sender_address
    free(from);                                                                               // ! sender_address: frees the buffer of an operation in flight
}

static void accept_buffer(void)
{
    SOCKET listener, s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    DWORD bytes, size = sizeof address + 16;
    listen_on_loopback(&listener, &address);
    AcceptEx(listener, s, buffer, 0, size, size, &bytes, overlapped); // < accept_buffer
    free(buffer);                                                     // ! accept_buffer: frees the buffer of an operation in flight
}

static void connect_twice(void)
{
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX connect_ex;
    SOCKET listener, s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address, any = {.sin_family = AF_INET};
    DWORD bytes;
    listen_on_loopback(&listener, &address);
    bind(s, (struct sockaddr *)&any, sizeof any);
    CreateIoCompletionPort((HANDLE)s, port, 0, 0);
    WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &connect_ex, sizeof connect_ex, &bytes, NULL, NULL);
    connect_ex(s, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, overlapped); // < connect_twice
    RECEIVE(buffer, ROOM, overlapped);                                                     // ! connect_twice: starts WSARecv with an OVERLAPPED that is in flight
}

static HANDLE make_pipe(void)
{
    return CreateNamedPipeA("\\\\.\\pipe\\iocp-guard-misdeeds", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 2, ROOM, ROOM, 0, NULL);
}

static void pipe_waits(void)
{
    HANDLE pipe = make_pipe();
    ConnectNamedPipe(pipe, overlapped); // < pipe_waits
    free(overlapped);                   // ! pipe_waits: frees the OVERLAPPED of an operation in flight
}

static void pipe_reads(void)
{
    HANDLE pipe = make_pipe();
    CreateFileA("\\\\.\\pipe\\iocp-guard-misdeeds", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    ReadFile(pipe, buffer, ROOM, NULL, overlapped); // < pipe_reads
    memset(buffer, 0, ROOM);                        // !c pipe_reads: writes to the buffer of an operation in flight
}

static void unknown_packet(void)
{
    /* Posted past the guard, as by another process. */
    BOOL(WINAPI * unseen)
    (HANDLE, DWORD, ULONG_PTR, OVERLAPPED *) = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "PostQueuedCompletionStatus");
    OVERLAPPED_ENTRY entry;
    ULONG count;
    unseen(port, 0, 0, overlapped);
    GetQueuedCompletionStatusEx(port, &entry, 1, &count, 5000, FALSE); // ! unknown_packet: which no operation was started with
}

static void post_operation(void)
{
    RECEIVE(buffer, ROOM, overlapped);                  // < post_operation
    PostQueuedCompletionStatus(port, 0, 0, overlapped); // ! post_operation: posts a packet with the pointer of an operation in flight
}

static void start_what_is_posted(void)
{
    PostQueuedCompletionStatus(port, 0, 0, overlapped); // < start_what_is_posted
    RECEIVE(buffer, ROOM, overlapped);                  // ! start_what_is_posted: starts WSARecv with a pointer that waits in a port already
}

static APART void post_local(void)
{
    OVERLAPPED here = {0};
    PostQueuedCompletionStatus(port, 0, 0, &here); // < post_from_stack
}

static void post_from_stack(void)
{
    post_local();
    take(); // ! post_from_stack: of a packet that waits in a port is on the stack of a function that has returned
}

static void free_posted(void)
{
    PostQueuedCompletionStatus(port, 0, 0, overlapped); // < free_posted
    free(overlapped);                                   // ! free_posted: frees the memory behind the pointer of a packet that waits in a port
}

static void close_socket_twice(void)
{
    closesocket(pair[1]); // < close_socket_twice
    closesocket(pair[1]); // ! close_socket_twice: calls closesocket with a socket that has been closed
}

static void close_port_twice(void)
{
    CloseHandle(port); // < close_port_twice
    CloseHandle(port); // ! close_port_twice: calls CloseHandle with a port that has been closed
}

static void use_closed_socket(void)
{
    closesocket(pair[0]);              // < use_closed_socket
    RECEIVE(buffer, ROOM, overlapped); // ! use_closed_socket: calls WSARecv with a socket that has been closed
}

static void use_closed_port(void)
{
    CloseHandle(port); // < use_closed_port
    take();            // ! use_closed_port: calls GetQueuedCompletionStatusEx with a port that has been closed
}

static void lent_at_end(void)
{
    RECEIVE(buffer, ROOM, overlapped); // < lent_at_end
    exit(0);                           // ! lent_at_end: the program ends with WSARecv in flight
}

static void open_at_end(void)
{
    closesocket(pair[0]);
    closesocket(pair[1]);
    exit(0); // ! open_at_end: the program ends with a port open
}

static DWORD WINAPI start_and_end(void *unused)
{
    OVERLAPPED here = {0};
    (void)unused;
    RECEIVE(buffer, ROOM, &here); // < thread_ends
    return 0;
}

static void thread_ends(void)
{
    HANDLE thread = CreateThread(NULL, 0, start_and_end, NULL, 0, NULL);
    WaitForSingleObject(thread, 5000); // ! thread_ends: the thread ends on whose stack the OVERLAPPED of an operation in flight is
}

static void use_freed(void)
{
    freed = buffer;
    free(buffer);   // < use_freed
    freed[7] = 'x'; // ! use_freed: writes to a block that has been freed
}

static void free_twice(void)
{
    freed = buffer;
    free(buffer); // < free_twice
    free(freed);  // ! free_twice: frees a block a second time
}

static void past_the_end(void)
{
    freed = buffer;
    putchar(freed[ROOM + 15]); // ! past_the_end: reads past the end of a block of 1000 bytes
}

static void just_past_the_end(void)
{
    freed = buffer;
    freed[ROOM] = 'x';
    free(buffer); // ! just_past_the_end: that was written past its end
}

#define DEED(name)  \
    {               \
#name, name \
    }
static const struct {
    const char *name;
    void (*run)(void);
} deeds[] = {
    DEED(start_again),
    DEED(free_overlapped),
    DEED(free_buffer),
    DEED(move_buffer),
    DEED(leave_stack),
    DEED(leave_buffer),
    DEED(write_to_read),
    DEED(look_into_read),
    DEED(look_into_stack),
    DEED(look_into_static),
    DEED(copy_from_read),
    DEED(send_lent_buffer),
    DEED(clear_overlapped),
    DEED(two_into_one),
    DEED(write_to_send),
    DEED(sent_was_changed),
    DEED(sender_address),
    DEED(accept_buffer),
    DEED(connect_twice),
    DEED(pipe_waits),
    DEED(pipe_reads),
    DEED(unknown_packet),
    DEED(post_operation),
    DEED(start_what_is_posted),
    DEED(post_from_stack),
    DEED(free_posted),
    DEED(close_socket_twice),
    DEED(close_port_twice),
    DEED(use_closed_socket),
    DEED(use_closed_port),
    DEED(lent_at_end),
    DEED(open_at_end),
    DEED(thread_ends),
    DEED(use_freed),
    DEED(free_twice),
    DEED(past_the_end),
    DEED(just_past_the_end),
};

int main(int argc, char **argv)
{
    WSADATA data;
    WSAStartup(0x202, &data);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    make_pair();
    buffer = malloc(ROOM);
    overlapped = calloc(1, sizeof *overlapped);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        if (argc > 1 && strcmp(argv[1], deeds[i].name) == 0)
            deeds[i].run();
        else if (argc == 1)
            printf("%s\n", deeds[i].name);
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 0);
}
