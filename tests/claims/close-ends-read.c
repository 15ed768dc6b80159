#include "claim.h"

typedef ULONG WINAPI StatusToError(LONG status);

static ULONG error_of_status(ULONG_PTR status)
{
    return ((StatusToError *)ntdll_function("RtlNtStatusToDosError"))(
        (LONG)status);
}

int main(void)
{
    CLAIM("Closing a socket ends its read in flight: a packet comes, with an "
          "error.",
          DOCS "api/winsock/nf-winsock-closesocket");
    note("Microsoft's page says error 995; Windows is reported to give 64.");
    HANDLE port = new_port();
    SOCKET pair[2];
    char buffer[8];
    WSAOVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    connect_pair(pair);
    associate(port, pair[0], 0);
    start_read(pair[0], buffer, sizeof buffer, &overlapped);
    closesocket(pair[0]);
    expect("error of the wait", take_packet(port, &packet, SOON), 0);
    expect("our overlapped", packet.lpOverlapped == &overlapped, 1);
    expect("bytes", packet.dwNumberOfBytesTransferred, 0);
    /* The socket is gone, so we can't ask WSAGetOverlappedResult. */
    ULONG error = error_of_status(overlapped.Internal);
    expect("the read failed", error != 0, 1);
    if (error != ERROR_NETNAME_DELETED)
        expect("its error", error, ERROR_OPERATION_ABORTED);
    return verdict();
}
