// Everything that may be done, as it should be: the guard is to say nothing. In
// C++, with exceptions and a heap of its own kind.
// clang-format off
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
// clang-format on
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

static HANDLE port;

static void need(bool held, const char *what)
{
    if (held)
        return;
    std::printf("%s: error %lu\n", what, GetLastError());
    std::fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 1);
}

// Nothing is told by what a call returned but whether its packet will come.
static bool pends(bool succeeded)
{
    return succeeded || GetLastError() == ERROR_IO_PENDING;
}

static OVERLAPPED *take()
{
    OVERLAPPED *overlapped = nullptr;
    DWORD bytes;
    ULONG_PTR key;
    GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 5000);
    return overlapped;
}

struct Pair {
    SOCKET s[2];
    sockaddr_in address;

    Pair()
    {
        SOCKET listener = listen_on(&address);
        s[0] = socket(AF_INET, SOCK_STREAM, 0);
        connect(s[0], reinterpret_cast<sockaddr *>(&address), sizeof address);
        s[1] = accept(listener, nullptr, nullptr);
        closesocket(listener);
    }
    ~Pair()
    {
        closesocket(s[0]);
        closesocket(s[1]);
    }
    static SOCKET listen_on(sockaddr_in *address)
    {
        int size = sizeof *address;
        SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
        *address = sockaddr_in();
        address->sin_family = AF_INET;
        address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        bind(listener, reinterpret_cast<sockaddr *>(address), size);
        listen(listener, 5);
        getsockname(listener, reinterpret_cast<sockaddr *>(address), &size);
        return listener;
    }
};

static void start(SOCKET s, std::vector<char> &buffer, OVERLAPPED *overlapped,
                  bool sends, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    WSABUF data = {static_cast<ULONG>(buffer.size()), buffer.data()};
    DWORD flags = 0;
    int result =
        sends ? WSASend(s, &data, 1, nullptr, 0, overlapped, routine)
              : WSARecv(s, &data, 1, nullptr, &flags, overlapped, routine);
    need(pends(result == 0), "starting");
}

static void sockets()
{
    Pair pair;
    auto read = std::make_unique<OVERLAPPED>();
    auto write = std::make_unique<OVERLAPPED>();
    std::vector<char> in(100), out(100, 'x');
    CreateIoCompletionPort(reinterpret_cast<HANDLE>(pair.s[0]), port, 1, 0);
    for (int i = 0; i < 3; i++) { // the same again, once it is ours
        start(pair.s[0], in, read.get(), false, nullptr);
        start(pair.s[0], out, write.get(), true, nullptr);
        std::string looked_at(out.begin(), out.end()); // what is sent may be
        need(take() == write.get(), "the packet of the send");
        send(pair.s[1], "hello", 5, 0);
        need(take() == read.get() && in[4] == 'o', "the packet of the read");
        in[4] = out[4] = 'x';
    }
    /* One buffer may go out by two sends at once. */
    start(pair.s[0], out, read.get(), true, nullptr);
    start(pair.s[0], out, write.get(), true, nullptr);
    take();
    take();
    /* Cancelled, and taken out. */
    start(pair.s[0], in, read.get(), false, nullptr);
    CancelIoEx(reinterpret_cast<HANDLE>(pair.s[0]), read.get());
    need(take() == read.get(), "the packet of the cancelled read");
}

static void skipping()
{
    Pair pair;
    OVERLAPPED overlapped = {};
    std::vector<char> out(100, 'x');
    CreateIoCompletionPort(reinterpret_cast<HANDLE>(pair.s[0]), port, 1, 0);
    SetFileCompletionNotificationModes(reinterpret_cast<HANDLE>(pair.s[0]),
                                       FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
    WSABUF data = {100, out.data()};
    if (WSASend(pair.s[0], &data, 1, nullptr, 0, &overlapped, nullptr) != 0)
        take();
    out[0] = 'y';
    overlapped = {};
}

static bool routine_ran;
static void CALLBACK routine(DWORD, DWORD, OVERLAPPED *, DWORD)
{
    routine_ran = true;
}

/* Without a port: by an event, by asking, by a routine. */
static void no_port()
{
    Pair pair;
    OVERLAPPED overlapped = {};
    std::vector<char> in(100);
    DWORD bytes, flags;
    overlapped.hEvent = CreateEvent(nullptr, TRUE, FALSE, nullptr);
    start(pair.s[0], in, &overlapped, false, nullptr);
    send(pair.s[1], "hello", 5, 0);
    WaitForSingleObject(overlapped.hEvent, 5000);
    need(in[4] == 'o', "the bytes");
    CloseHandle(overlapped.hEvent);
    overlapped = {};
    start(pair.s[0], in, &overlapped, false, nullptr);
    send(pair.s[1], "again", 5, 0);
    while (!HasOverlappedIoCompleted(&overlapped))
        Sleep(1);
    need(in[4] == 'n', "the bytes");
    overlapped = {};
    start(pair.s[0], in, &overlapped, false, nullptr);
    send(pair.s[1], "third", 5, 0);
    need(WSAGetOverlappedResult(pair.s[0], &overlapped, &bytes, TRUE, &flags) &&
             in[4] == 'd',
         "the result");
    overlapped = {};
    start(pair.s[0], in, &overlapped, false, routine);
    send(pair.s[1], "fourth", 6, 0);
    SleepEx(5000, TRUE);
    need(routine_ran && in[4] == 't', "the routine");
}

/* The event of a handle with a port, its lowest bit set: no packet. */
static void low_bit()
{
    Pair pair;
    OVERLAPPED overlapped = {};
    std::vector<char> in(100);
    HANDLE event = CreateEvent(nullptr, TRUE, FALSE, nullptr);
    CreateIoCompletionPort(reinterpret_cast<HANDLE>(pair.s[0]), port, 1, 0);
    overlapped.hEvent =
        reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(event) | 1);
    start(pair.s[0], in, &overlapped, false, nullptr);
    send(pair.s[1], "hello", 5, 0);
    WaitForSingleObject(event, 5000);
    need(in[4] == 'o', "the bytes");
    CloseHandle(event);
}

static void datagrams()
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address = {}, from;
    int size = sizeof address, from_size = sizeof from;
    OVERLAPPED overlapped = {};
    std::vector<char> in(4);
    WSABUF data = {4, in.data()};
    DWORD flags = 0;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(s, reinterpret_cast<sockaddr *>(&address), size);
    getsockname(s, reinterpret_cast<sockaddr *>(&address), &size);
    CreateIoCompletionPort(reinterpret_cast<HANDLE>(s), port, 1, 0);
    for (int early = 0; early < 2; early++) {
        /* Longer than the buffer: the start may fail, its packet comes. */
        if (early)
            sendto(s, "too long", 8, 0, reinterpret_cast<sockaddr *>(&address),
                   size);
        flags = 0;
        WSARecvFrom(s, &data, 1, nullptr, &flags,
                    reinterpret_cast<sockaddr *>(&from), &from_size,
                    &overlapped, nullptr);
        if (!early)
            sendto(s, "too long", 8, 0, reinterpret_cast<sockaddr *>(&address),
                   size);
        need(take() == &overlapped && in[3] == ' ', "the datagram");
        overlapped = {};
    }
    closesocket(s);
}

static void accepting()
{
    sockaddr_in address, any = {};
    SOCKET listener = Pair::listen_on(&address);
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0);
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    GUID accept_id = WSAID_ACCEPTEX, connect_id = WSAID_CONNECTEX;
    LPFN_ACCEPTEX accept_ex;
    LPFN_CONNECTEX connect_ex;
    DWORD bytes;
    OVERLAPPED accepts = {}, connects = {};
    std::vector<char> addresses(2 * (sizeof address + 16));
    WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &accept_id,
             sizeof accept_id, &accept_ex, sizeof accept_ex, &bytes, nullptr,
             nullptr);
    WSAIoctl(client, SIO_GET_EXTENSION_FUNCTION_POINTER, &connect_id,
             sizeof connect_id, &connect_ex, sizeof connect_ex, &bytes, nullptr,
             nullptr);
    any.sin_family = AF_INET;
    bind(client, reinterpret_cast<sockaddr *>(&any), sizeof any);
    CreateIoCompletionPort(reinterpret_cast<HANDLE>(listener), port, 1, 0);
    CreateIoCompletionPort(reinterpret_cast<HANDLE>(client), port, 2, 0);
    need(pends(accept_ex(listener, server, addresses.data(), 0,
                         sizeof address + 16, sizeof address + 16, &bytes,
                         &accepts)),
         "AcceptEx");
    need(pends(connect_ex(client, reinterpret_cast<sockaddr *>(&address),
                          sizeof address, nullptr, 0, nullptr, &connects)),
         "ConnectEx");
    need(take() != nullptr && take() != nullptr, "both packets");
    addresses[0] = 0;
    closesocket(server);
    closesocket(client);
    closesocket(listener);
}

static void pipes()
{
    HANDLE pipe = CreateNamedPipeA("\\\\.\\pipe\\iocp-guard-right",
                                   PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0,
                                   1, 100, 100, 0, nullptr);
    OVERLAPPED connects = {}, reads = {}, writes = {};
    std::vector<char> in(100), out(10, 'x');
    DWORD bytes;
    CreateIoCompletionPort(pipe, port, 1, 0);
    need(pends(ConnectNamedPipe(pipe, &connects)), "ConnectNamedPipe");
    HANDLE client = CreateFileA("\\\\.\\pipe\\iocp-guard-right",
                                GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                OPEN_EXISTING, 0, nullptr);
    need(take() == &connects, "the client");
    need(pends(ReadFile(pipe, in.data(), 100, nullptr, &reads)), "ReadFile");
    WriteFile(client, "hello", 5, &bytes, nullptr);
    need(take() == &reads && in[4] == 'o', "the bytes");
    need(pends(WriteFile(pipe, out.data(), 10, nullptr, &writes)), "WriteFile");
    need(take() == &writes, "the write's packet");
    out[0] = 'y';
    CloseHandle(client);
    CloseHandle(pipe);
}

struct Thread {
    std::vector<char> buffer = std::vector<char>(100);
    OVERLAPPED overlapped = {};
    SOCKET s;
};

static DWORD WINAPI starts(void *argument)
{
    auto thread = static_cast<Thread *>(argument);
    start(thread->s, thread->buffer, &thread->overlapped, false, nullptr);
    return 0;
}

/* Started on one thread, taken out on another; posted and freed by the taker;
   and a port closed with what nobody took. */
static void threads()
{
    Pair pair;
    Thread work;
    work.s = pair.s[0];
    CreateIoCompletionPort(reinterpret_cast<HANDLE>(pair.s[0]), port, 1, 0);
    HANDLE thread = CreateThread(nullptr, 0, starts, &work, 0, nullptr);
    send(pair.s[1], "hello", 5, 0);
    need(take() == &work.overlapped && work.buffer[4] == 'o', "the bytes");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);

    PostQueuedCompletionStatus(port, 0, 0, new OVERLAPPED());
    delete take();
    PostQueuedCompletionStatus(port, 0, 0, reinterpret_cast<OVERLAPPED *>(1));
    take();
    HANDLE other = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
    auto never_taken = std::make_unique<OVERLAPPED>();
    PostQueuedCompletionStatus(other, 0, 0, never_taken.get());
    CloseHandle(other);
}

/* A number comes again, by calls that nobody watches as well. */
static void numbers()
{
    for (int i = 0; i < 100; i++) {
        HANDLE event = CreateEvent(nullptr, FALSE, FALSE, nullptr);
        CloseHandle(event);
        CloseHandle(
            CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0));
        HANDLE mutex = CreateMutex(nullptr, FALSE, nullptr);
        need(WaitForSingleObject(mutex, 100) == WAIT_OBJECT_0, "the mutex");
        CloseHandle(mutex);
        closesocket(socket(AF_INET, SOCK_STREAM, 0));
    }
}

int main()
{
    WSADATA data;
    WSAStartup(0x202, &data);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
    sockets();
    skipping();
    no_port();
    low_bit();
    datagrams();
    accepting();
    pipes();
    threads();
    numbers();
    try {
        throw std::string("caught");
    } catch (const std::string &text) {
        std::puts(text.c_str());
    }
    std::free(strdup("from the C library")); // whose block is its own
    CloseHandle(port);
    WSACleanup();
    return 0;
}
