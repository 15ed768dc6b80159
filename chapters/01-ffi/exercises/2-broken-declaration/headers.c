#include "ffi.h"

const unsigned long long size_of_byte_count =
    sizeof(((OVERLAPPED_ENTRY *)0)->dwNumberOfBytesTransferred);
