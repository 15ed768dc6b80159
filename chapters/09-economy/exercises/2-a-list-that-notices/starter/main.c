/* Bob gives his block back, and goes on writing to it. Ann gives hers back twice. */
#include <stdio.h>
#include <string.h>

#include "spares.h"

enum { SIZE = 64, LIMIT = 10 };

static Spares spares = {.size = SIZE, .watched = TRUE};

int main(void)
{
    char *bob = spares_take(&spares, LIMIT);
    if (bob == NULL)
        return 1;
    spares_give(&spares, bob);
    strcpy(bob + SIZE / 2, "late"); /* nobody has the block now */

    char *ann = spares_take(&spares, LIMIT);
    if (ann == NULL)
        return 1;
    strcpy(ann, "hello");
    strcpy(bob, "bye");
    printf("ann wrote \"hello\", and reads \"%s\"\n", ann);

    spares_give(&spares, ann);
    spares_give(&spares, ann);
    const char *carl = spares_take(&spares, LIMIT);
    const char *dora = spares_take(&spares, LIMIT);
    printf("carl and dora have %s\n",
           carl == dora ? "the same block" : "a block each");
    printf("spoiled: %lu, given back twice: %lu\n", spares.spoiled,
           spares.twice);
    return 0;
}
