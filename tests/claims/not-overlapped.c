#include "claim.h"

int main(void)
{
    CLAIM("A handle that was not opened for overlapped operations can't "
          "be associated: error 87.",
          DOCS "fileio/createiocompletionport");
    char name[MAX_PATH];
    HANDLE port = new_port();
    need(GetModuleFileNameA(NULL, name, sizeof name) != 0, "naming a file");
    HANDLE file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    need(file != INVALID_HANDLE_VALUE, "opening a file");
    HANDLE result = CreateIoCompletionPort(file, port, 0, 0);
    expect("its error", result == NULL ? (long long)GetLastError() : 0, 87);
    return verdict();
}
