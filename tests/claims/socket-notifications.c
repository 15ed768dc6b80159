#include "claim.h"

int main(void)
{
    CLAIM("Winsock has ProcessSocketNotifications, since Windows 11 and Server "
          "2022.",
          DOCS "api/winsock2/nf-winsock2-processsocketnotifications");
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    ((WindowsVersion *)ntdll_function("RtlGetVersion"))(&version);
    if (ntdll_function("wine_get_version") == NULL)
        need(version.dwBuildNumber >= 20348, "an older Windows");
    expect("whether it is there",
           GetProcAddress(LoadLibraryA("ws2_32.dll"),
                          "ProcessSocketNotifications") != NULL,
           1);
    return verdict();
}
