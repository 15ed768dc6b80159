#include "requests.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>

/* Finds this process among those of Linux. Wine lets its server open a file, so
   that the "self" of a file in /proc would be the server's. But whether a name
   exists, the process looks itself. */
static long own_number(void)
{
    char name[64];
    long number = 0;
    struct _finddata_t found;
    intptr_t search = _findfirst("Z:\\proc\\*", &found);
    for (int left = search == -1 ? -1 : 0; left == 0;
         left = _findnext(search, &found)) {
        long candidate = strtol(found.name, NULL, 10);
        snprintf(name, sizeof name, "Z:\\proc\\self\\task\\%ld", candidate);
        if (candidate > 0 && _access(name, 0) == 0)
            number = candidate;
    }
    if (search != -1)
        _findclose(search);
    return number;
}

/* A request is one write into a pipe, and Linux counts a process's writes. */
DWORD requests_count(unsigned long long *count)
{
    static long number;
    static unsigned long long own; /* what earlier calls have made */
    const unsigned long long each = 3;
    char text[64];
    *count = 0;
    if (number == 0)
        number = own_number();
    snprintf(text, sizeof text, "Z:\\proc\\%ld\\io", number);
    FILE *file = number == 0 ? NULL : fopen(text, "r");
    if (file == NULL)
        return ERROR_NOT_SUPPORTED;
    while (fgets(text, sizeof text, file) != NULL)
        if (sscanf(text, "syscw: %llu", count) == 1)
            break;
    fclose(file);
    *count -= own;
    own += each;
    return 0;
}
