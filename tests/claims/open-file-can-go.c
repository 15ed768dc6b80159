#include "claim.h"

int main(void)
{
    CLAIM("A file that is open with FILE_SHARE_DELETE can be renamed and "
          "removed, and what is open reads on; without it, the error is 32.",
          DOCS "api/fileapi/nf-fileapi-createfilew");
    wchar_t folder[MAX_PATH], name[MAX_PATH + 32], other[MAX_PATH + 32];
    char buffer[8];
    DWORD bytes;
    need(GetTempPathW(MAX_PATH, folder) != 0, "a folder");
    swprintf(name, MAX_PATH + 32, L"%lsclaim-open", folder);
    swprintf(other, MAX_PATH + 32, L"%lsclaim-other", folder);
    DeleteFileW(other);
    HANDLE file =
        CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    need(file != INVALID_HANDLE_VALUE &&
             WriteFile(file, "hello", 5, &bytes, NULL) && CloseHandle(file),
         "making a file");
    file = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                       NULL, OPEN_EXISTING, 0, NULL);
    need(file != INVALID_HANDLE_VALUE, "opening it");
    expect("removed", DeleteFileW(name), 0);
    expect("error", GetLastError(), ERROR_SHARING_VIOLATION);
    CloseHandle(file);
    file = CreateFileW(name, GENERIC_READ,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, OPEN_EXISTING, 0, NULL);
    need(file != INVALID_HANDLE_VALUE, "opening it again");
    expect("renamed", MoveFileW(name, other), 1);
    expect("removed then", DeleteFileW(other), 1);
    expect("read", ReadFile(file, buffer, 5, &bytes, NULL), 1);
    expect("bytes", bytes, 5);
    CloseHandle(file);
    return verdict();
}
