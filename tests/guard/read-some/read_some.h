/* The shortest wrong program of chapter 2. */
#include "../../../step02-operation/operation.h"

DWORD read_some(SOCKET s);
