/* What the student's operation.h says of Report. Nothing is called here. */
#include "operation.h"

#define IS(member, type) \
    __builtin_types_compatible_p(__typeof__(((Report *)0)->member), type)
#define BEHIND(member, other) \
    (offsetof(Report, member) > offsetof(Report, other))

const int report_stays =
    IS(token, Token) && IS(name, char[16]) && IS(reads, ULONG) &&
    IS(bytes, unsigned long long) && BEHIND(name, token) &&
    BEHIND(reads, name) && BEHIND(bytes, reads) &&
    sizeof(Report) == 16 + 2 * sizeof(Token) + sizeof(unsigned long long);
