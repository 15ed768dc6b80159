/* A program that makes calls of each library, with the system's headers, as C
   and as C++, and by hand: HAND has declarations of its own. */
#ifdef HAND
typedef void *HANDLE;
typedef void WSADATA;
typedef __UINTPTR_TYPE__ SOCKET;
#ifdef __cplusplus
extern "C" {
#endif
HANDLE __stdcall CreateIoCompletionPort(HANDLE, HANDLE, SOCKET, unsigned long);
int __stdcall CloseHandle(HANDLE);
int __stdcall WSAStartup(unsigned short, void *);
SOCKET __stdcall socket(int, int, int);
int __stdcall closesocket(SOCKET);
int __stdcall WSAGetLastError(void);
int __stdcall WSAIoctl(SOCKET, unsigned long, void *, unsigned long, void *,
                       unsigned long, unsigned long *, void *, void *);
#ifdef __cplusplus
}
#endif
#define INVALID_HANDLE_VALUE ((HANDLE)(__INTPTR_TYPE__)-1)
typedef struct {
    unsigned long data1;
    unsigned short data2, data3;
    unsigned char data4[8];
} GUID;
#define WSAID_CONNECTEX                                    \
    {                                                      \
        0x25a207b9, 0xddf3, 0x4660,                        \
        {                                                  \
            0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e \
        }                                                  \
    }
#define SIO_GET_EXTENSION_FUNCTION_POINTER 0xC8000006
typedef int(__stdcall *ConnectExCall)(SOCKET, const void *, int, void *,
                                      unsigned long, unsigned long *, void *);
#else
/* clang-format off */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
/* clang-format on */
typedef LPFN_CONNECTEX ConnectExCall;
#endif

int main(void)
{
    static void *data[100];
    GUID id = WSAID_CONNECTEX;
    ConnectExCall connect_ex;
    unsigned long bytes;
    WSAStartup(0x202, (WSADATA *)data);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 0);
    SOCKET s = socket(2, 1, 0);
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id,
                 &connect_ex, sizeof connect_ex, &bytes, 0, 0) != 0)
        return 2;
    connect_ex(s, 0, 0, 0, 0, 0, 0);
    /* The error of the last call comes through. */
    int failed = closesocket(s) != 0 || closesocket(s) == 0 ||
                 WSAGetLastError() != 10038;
    return failed || !CloseHandle(port);
}
