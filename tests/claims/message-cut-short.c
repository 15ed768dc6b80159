#include "claim.h"

int main(void)
{
    CLAIM("A message longer than the buffer fails ReadFile on a pipe with "
          "error 234, and queues a packet all the same.",
          DOCS "api/fileapi/nf-fileapi-readfile");
    note("Microsoft's page names the error, not the packet.");
    HANDLE port = new_port();
    char name[64], buffer[4];
    OVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    DWORD written, bytes;
    snprintf(name, sizeof name, "\\\\.\\pipe\\message-cut-short-%lu",
             GetCurrentProcessId());
    HANDLE pipe = CreateNamedPipeA(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 64, 64, 0, NULL);
    need(pipe != INVALID_HANDLE_VALUE, "making a pipe");
    HANDLE client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    need(client != INVALID_HANDLE_VALUE, "opening its other end");
    need(WriteFile(client, "too long", 8, &written, NULL), "writing a message");
    need(CreateIoCompletionPort(pipe, port, 0, 0) == port, "associating");
    BOOL succeeded = ReadFile(pipe, buffer, sizeof buffer, NULL, &overlapped);
    expect("ReadFile", succeeded ? 0 : (long long)GetLastError(),
           ERROR_MORE_DATA);
    expect("a packet", take_packet(port, &packet, SOON) == 0, 1);
    expect("it is the read's", packet.lpOverlapped == &overlapped, 1);
    expect("its bytes", packet.dwNumberOfBytesTransferred, sizeof buffer);
    succeeded = GetOverlappedResult(pipe, &overlapped, &bytes, FALSE);
    expect("its error", succeeded ? 0 : (long long)GetLastError(),
           ERROR_MORE_DATA);
    expect("another packet", take_packet(port, &packet, QUIET) == 0, 0);
    return verdict();
}
