// steps: 12+
/* The root in the form that the system takes as it is, however it was given. */
#include "ffi.h"
#include "tap.h"

#include <string.h>
#include <wchar.h>

static const wchar_t *const names[][2] = {
    {L"C:\\a", L"\\\\?\\C:\\a"},
    {L"C:/a/../b.", L"\\\\?\\C:\\b"},
    {L"C:\\", L"\\\\?\\C:\\"},
    {L"\\\\machine\\share\\a", L"\\\\?\\UNC\\machine\\share\\a"},
    {L"\\\\?\\C:\\a", L"\\\\?\\C:\\a"},
    {L"\\\\.\\C:\\a", L"\\\\?\\C:\\a"},
};

int main(void)
{
    wchar_t literal[100];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        DWORD error = literal_name(names[i][0], literal, 100);
        ok(error == 0 && wcscmp(literal, names[i][1]) == 0, "%ls is %ls",
           names[i][0], names[i][1]);
    }
    for (DWORD size = 0; size <= 10; size++)
        is(literal_name(L"C:\\a", literal, size), ERROR_INSUFFICIENT_BUFFER,
           "no room in %lu characters", size);
    return done_testing();
}
