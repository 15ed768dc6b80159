#include "claim.h"

int main(void)
{
    CLAIM("With FILE_FLAG_FIRST_PIPE_INSTANCE, a pipe of a name that "
          "exists can't be made: error 5.",
          DOCS "api/namedpipeapi/nf-namedpipeapi-createnamedpipew");
    char name[64];
    HANDLE pipe[2];
    snprintf(name, sizeof name, "\\\\.\\pipe\\claim-%lu",
             GetCurrentProcessId());
    for (int i = 0; i < 2; i++)
        pipe[i] = CreateNamedPipeA(
            name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 2, 64,
            64, 0, NULL);
    need(pipe[0] != INVALID_HANDLE_VALUE, "making a pipe");
    expect("the second",
           pipe[1] == INVALID_HANDLE_VALUE ? (long long)GetLastError() : 0, 5);
    return verdict();
}
