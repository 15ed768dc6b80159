/* Chapter 2's own files. */
#include "../../../step02-operation/ffi.c"
#include "../../../step02-operation/loopback.c"
#include "../../../step02-operation/operation.c"
