/* Three packets in, three packets out, and none of it adds up. */
#include <stdio.h>
#include <stdlib.h>

#include "mailbox.h"

enum { LETTERS = 3, CAPACITY = 16 };

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

int main(void)
{
    static OVERLAPPED marks[LETTERS];
    HANDLE port;
    Letter letters[CAPACITY];
    ULONG count;

    check("creating a port", create_completion_port(&port));
    for (DWORD i = 0; i < LETTERS; i++) {
        check("posting", post_queued_completion_status(port, (i + 1) * 100,
                                                       i + 1, &marks[i]));
        printf("posted: sender %lu, %lu bytes, marked %c\n", i + 1,
               (i + 1) * 100, 'A' + (int)i);
    }

    check("taking out", mailbox_take(port, letters, CAPACITY, &count, 1000));
    printf("one call took out %lu:\n", count);
    for (ULONG i = 0; i < count; i++) {
        char mark = '?';
        for (int m = 0; m < LETTERS; m++)
            if (letters[i].mark == &marks[m])
                mark = (char)('A' + m);
        printf("  sender %llu, %lu bytes, marked %c\n",
               (unsigned long long)letters[i].sender, letters[i].size, mark);
    }
    check("closing the port", close_handle(port));
    return 0;
}
