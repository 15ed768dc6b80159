#include "claim.h"

static HANDLE make(const wchar_t *name)
{
    return CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                       FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

static BOOL is_there(const wchar_t *name)
{
    return GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES;
}

int main(void)
{
    CLAIM("A name loses the dots and blanks at its end, so that \"x.\" is x. "
          "Behind \\\\?\\ it is taken as it is, and the two are different "
          "files.",
          DOCS "fileio/naming-a-file");
    wchar_t folder[MAX_PATH], name[MAX_PATH + 32];
    need(GetTempPathW(MAX_PATH, folder) != 0, "a folder");
    swprintf(name, MAX_PATH + 32, L"%lsclaim-x", folder);
    HANDLE file = make(name);
    need(file != INVALID_HANDLE_VALUE, "making a file");
    swprintf(name, MAX_PATH + 32, L"%lsclaim-x.", folder);
    expect("x. is there", is_there(name), 1);
    swprintf(name, MAX_PATH + 32, L"%lsclaim-x. .", folder);
    expect("x. . is there", is_there(name), 1);
    swprintf(name, MAX_PATH + 32, L"\\\\?\\%lsclaim-x", folder);
    expect("x literally", is_there(name), 1);
    swprintf(name, MAX_PATH + 32, L"\\\\?\\%lsclaim-x.", folder);
    expect("x. literally", is_there(name), 0);
    CloseHandle(file);
    return verdict();
}
