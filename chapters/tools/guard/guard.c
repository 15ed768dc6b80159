/* The guard as one object: build/tools/guard.o. See inside.h. */
#include "../intercept.c"
#include "access.c"
#include "calls.c"
#include "fault.c"
#include "handles.c"
#include "lent.c"
#include "lines.c"
#include "memory.c"
