/* Makes a file of twenty blocks, and counts its lines on a machine that is busy. */
#include <stdio.h>
#include <stdlib.h>

#include "lines.h"
#include "slow.h"

enum { BLOCKS = 20, LINE = 64, THREADS = 3 };

static const char name[] = "build/lines.txt";

static void slow_down(void)
{
    Sleep(SLOW_MS);
}

static void make_file(void)
{
    FILE *file = fopen(name, "wb");
    for (int i = 0; file != NULL && i < BLOCKS * LINES_BLOCK / LINE; i++)
        fprintf(file, "%*d\n", LINE - 1, i);
    if (file == NULL || fclose(file) != 0) {
        fprintf(stderr, "%s can't be written\n", name);
        exit(1);
    }
}

int main(void)
{
    LinesReport report;
    make_file();
    DWORD error = lines_count(L"build/lines.txt", THREADS, &report);
    remove(name);
    if (error != 0)
        printf("error %lu: %lu of %d blocks were counted, %lu lines\n", error,
               report.blocks, BLOCKS, report.lines);
    else
        printf("%lu blocks were counted, %lu lines; asked for %llu bytes\n",
               report.blocks, report.lines, report.asked);
    return 0;
}
