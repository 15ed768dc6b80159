/* Makes two files, compares them, and counts the reads. */
#include <stdio.h>
#include <stdlib.h>

#include "compare.h"

enum { BLOCKS = 40, NONE = -1 };

/* The linker hands us these calls (see the Makefile), to be counted. */
__typeof__(ReadFile) __real_ReadFile, __wrap_ReadFile;
__typeof__(GetQueuedCompletionStatusEx) __real_GetQueuedCompletionStatusEx,
    __wrap_GetQueuedCompletionStatusEx;

static int reads, in_flight, most;

BOOL WINAPI __wrap_ReadFile(HANDLE file, void *buffer, DWORD size, DWORD *read,
                            OVERLAPPED *overlapped)
{
    reads++;
    if (++in_flight > most)
        most = in_flight;
    return __real_ReadFile(file, buffer, size, read, overlapped);
}

BOOL WINAPI __wrap_GetQueuedCompletionStatusEx(HANDLE port,
                                               OVERLAPPED_ENTRY *entries,
                                               ULONG capacity, ULONG *removed,
                                               DWORD timeout, BOOL alertable)
{
    BOOL any = __real_GetQueuedCompletionStatusEx(port, entries, capacity,
                                                  removed, timeout, alertable);
    if (any)
        in_flight -= (int)*removed;
    return any;
}

static void make_file(const char *name, int one, int other)
{
    FILE *file = fopen(name, "wb");
    for (int i = 0; file != NULL && i < BLOCKS * COMPARE_BLOCK; i++)
        fputc(i == one || i == other ? '!' : 'a' + i % 26, file);
    if (file == NULL || fclose(file) != 0) {
        fprintf(stderr, "%s can't be written\n", name);
        exit(1);
    }
}

static void compare(int one, int other)
{
    Difference difference;
    make_file("build/one.txt", NONE, NONE);
    make_file("build/other.txt", one, other);
    reads = most = 0;
    DWORD error =
        compare_files(L"build/one.txt", L"build/other.txt", &difference);
    if (error != 0)
        printf("error %lu", error);
    else if (difference.found)
        printf("they differ at %llu", difference.place);
    else
        printf("equal");
    printf(", %d reads", reads);
}

int main(void)
{
    printf("%d blocks of each file: ", BLOCKS);
    compare(NONE, NONE);
    printf(", %d in flight at most\nbyte 40000 is another: ", most);
    compare(40000, NONE);
    printf("\nbytes 40000 and 20000 are: ");
    compare(40000, 20000);
    puts("");
    remove("build/one.txt");
    remove("build/other.txt");
    return 0;
}
