#include "claim.h"

static DWORD association_error(HANDLE port, SOCKET s)
{
    HANDLE result = CreateIoCompletionPort((HANDLE)s, port, 0, 0);
    return result != NULL ? 0 : GetLastError();
}

int main(void)
{
    CLAIM("Associating a socket a second time, with the same port or another, "
          "fails with error 87.",
          DOCS "fileio/createiocompletionport");
    HANDLE port = new_port(), other = new_port();
    SOCKET pair[2];
    connect_pair(pair);
    expect("error of the first", association_error(port, pair[0]), 0);
    expect("error of the second", association_error(port, pair[0]),
           ERROR_INVALID_PARAMETER);
    expect("error with another port", association_error(other, pair[0]),
           ERROR_INVALID_PARAMETER);
    return verdict();
}
