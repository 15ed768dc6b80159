#include "claim.h"

int main(void)
{
    CLAIM("An event, or a port, can't be associated: error 6.",
          DOCS "fileio/createiocompletionport");
    note("Microsoft's page says what can be, not which error comes otherwise.");
    HANDLE port = new_port();
    HANDLE others[] = {CreateEventA(NULL, FALSE, FALSE, NULL), new_port()};
    for (int i = 0; i < 2; i++) {
        HANDLE result = CreateIoCompletionPort(others[i], port, 0, 0);
        expect("its error", result == NULL ? (long long)GetLastError() : 0, 6);
    }
    return verdict();
}
