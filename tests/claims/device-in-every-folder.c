#include "claim.h"

static DWORD type_of(const wchar_t *name)
{
    HANDLE file =
        CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return FILE_TYPE_UNKNOWN;
    DWORD type = GetFileType(file);
    CloseHandle(file);
    return type;
}

int main(void)
{
    CLAIM("NUL is a device in every folder. Behind \\\\?\\ it is a file's name "
          "as any other.",
          DOCS "fileio/naming-a-file");
    wchar_t folder[MAX_PATH], name[MAX_PATH + 32];
    need(GetTempPathW(MAX_PATH, folder) != 0, "a folder");
    swprintf(name, MAX_PATH + 32, L"%lsnul", folder);
    expect("type", type_of(name), FILE_TYPE_CHAR);
    swprintf(name, MAX_PATH + 32, L"\\\\?\\%lsnul", folder);
    expect("type, literally", type_of(name), FILE_TYPE_UNKNOWN);
    return verdict();
}
