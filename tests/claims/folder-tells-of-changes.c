#include "claim.h"

int main(void)
{
    CLAIM("ReadDirectoryChangesW on a folder with a port sends a packet "
          "when a file is made there.",
          DOCS "api/winbase/nf-winbase-readdirectorychangesw");
    char folder[MAX_PATH], name[MAX_PATH + 16];
    DWORD changes[256];
    OVERLAPPED overlapped = {0};
    OVERLAPPED_ENTRY packet;
    HANDLE port = new_port();
    need(GetTempPathA(sizeof folder, folder) != 0, "naming a folder");
    snprintf(name, sizeof name, "%sclaim-%lu", folder, GetCurrentProcessId());
    need(CreateDirectoryA(name, NULL), "making a folder");
    HANDLE watched = CreateFileA(
        name, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    to_port(watched, port, 0);
    need(ReadDirectoryChangesW(watched, changes, sizeof changes, FALSE,
                               FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &overlapped,
                               NULL),
         "watching");
    strcat(name, "\\new");
    CloseHandle(
        CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    expect("a packet", take_packet(port, &packet, SOON) == 0, 1);
    expect("it has bytes", packet.dwNumberOfBytesTransferred > 0, 1);
    DeleteFileA(name);
    CloseHandle(watched);
    *strrchr(name, '\\') = '\0';
    RemoveDirectoryA(name);
    return verdict();
}
