#include "claim.h"

static HANDLE open_it(const wchar_t *name, DWORD flags)
{
    return CreateFileW(name, GENERIC_READ,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, OPEN_EXISTING, flags, NULL);
}

int main(void)
{
    CLAIM("A folder can be opened as a file is, with "
          "FILE_FLAG_BACKUP_SEMANTICS; without it, the error is 5.",
          DOCS "api/fileapi/nf-fileapi-createfilew");
    wchar_t folder[MAX_PATH];
    BY_HANDLE_FILE_INFORMATION information;
    need(GetTempPathW(MAX_PATH, folder) != 0, "a folder");
    HANDLE without = open_it(folder, FILE_FLAG_OVERLAPPED);
    DWORD error = without == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    expect("error without", error, ERROR_ACCESS_DENIED);
    HANDLE with =
        open_it(folder, FILE_FLAG_OVERLAPPED | FILE_FLAG_BACKUP_SEMANTICS);
    need(with != INVALID_HANDLE_VALUE, "opening the folder");
    need(GetFileInformationByHandle(with, &information), "asking it");
    expect("is a folder",
           (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0, 1);
    return verdict();
}
