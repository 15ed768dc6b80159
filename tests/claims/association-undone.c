#include "claim.h"

typedef LONG NTAPI SetInformationFile(HANDLE, void *status, void *information,
                                      ULONG size, ULONG what);

enum { REPLACE_COMPLETION = 61 }; /* FileReplaceCompletionInformation */

int main(void)
{
    CLAIM("NtSetInformationFile can take a socket off its port, since Windows "
          "8.1; then it can be associated anew.",
          "https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/"
          "ns-ntifs-_file_completion_information");
    SetInformationFile *set =
        (SetInformationFile *)ntdll_function("NtSetInformationFile");
    HANDLE port = new_port();
    SOCKET pair[2];
    struct {
        void *port;
        void *key;
    } none = {NULL, NULL};
    void *status[2];
    connect_pair(pair);
    associate(port, pair[0], 1);
    need(set != NULL, "finding NtSetInformationFile");
    LONG result =
        set((HANDLE)pair[0], status, &none, sizeof none, REPLACE_COMPLETION);
    if (result < 0)
        note("NtSetInformationFile: status 0x%08lX", result);
    expect("it succeeds", result >= 0, 1);
    expect("associating anew succeeds",
           CreateIoCompletionPort((HANDLE)pair[0], port, 2, 0) != NULL, 1);
    return verdict();
}
