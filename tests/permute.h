/* All orders of some things to do. */
#ifndef PERMUTE_H
#define PERMUTE_H

static inline void permute_reverse(int *from, int *to)
{
    for (; from < to; from++, to--) {
        int kept = *from;
        *from = *to;
        *to = kept;
    }
}

/* The next order of count different numbers, the first being the rising one;
   0 after the last. */
static inline int permute_next(int *order, int count)
{
    int i = count - 2, j = count - 1;
    while (i >= 0 && order[i] > order[i + 1])
        i--;
    if (i < 0)
        return 0;
    while (order[j] < order[i])
        j--;
    int kept = order[i];
    order[i] = order[j];
    order[j] = kept;
    permute_reverse(order + i + 1, order + count - 1);
    return 1;
}

#endif
