/* What the student's ffi.h says of GetQueuedCompletionStatus. Nothing is called
   here. */

#include <stddef.h>

/* On 64 bits WINAPI means nothing. Here it means a calling convention that is
   not the usual one, so that a declaration without it is another declaration. */
#undef __stdcall
#define __stdcall __attribute__((sysv_abi))
#define stdcall sysv_abi
#include "ffi.h"

/* Where there is no declaration, the sizeof implies one without parameters,
   which is the only one that goes with any. */
#pragma GCC diagnostic ignored "-Wimplicit-function-declaration"
#define IS(type) \
    __builtin_types_compatible_p(__typeof__(GetQueuedCompletionStatus), type)
#define PARAMETERS (HANDLE, DWORD *, ULONG_PTR *, OVERLAPPED **, DWORD)

const int has_declaration =
    sizeof(GetQueuedCompletionStatus(0, 0, 0, 0, 0)) > 0 && !IS(BOOL(int)) &&
    !IS(BOOL WINAPI(int));
const int has_types = IS(BOOL PARAMETERS) || IS(BOOL WINAPI PARAMETERS);
const int has_winapi = !IS(BOOL PARAMETERS);
