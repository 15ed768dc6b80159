/* A tool of the smallest kind: says which calls it has seen. */
#include <stdio.h>

#include "intercept.h"

static Intercept next;

#define SAY(library, type, name, bytes, parameters, arguments)                 \
    static type say_##name(const void *caller, INTERCEPT_LIST parameters)      \
    {                                                                          \
        ULONG_PTR place;                                                       \
        DWORD error = GetLastError();                                          \
        printf("%s%s\n", #name,                                                \
               intercept_callers(caller, &place, 1) == 1 ? "" : " by nobody"); \
        SetLastError(error);                                                   \
        return next.name(caller, INTERCEPT_LIST arguments);                    \
    }
INTERCEPTED(SAY)

#define INSTALL(library, type, name, bytes, parameters, arguments) \
    intercept.name = say_##name;

__attribute__((constructor)) static void install(void)
{
    next = intercept;
    INTERCEPTED(INSTALL)
}
