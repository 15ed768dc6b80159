/* Writes the layout of an Operation into the compiler's assembly, where it can be
   read for either width without running anything. Each line with an @ is one
   member: name, offset, size. layout.awk draws them. */
#include "operation.h"

#define LAYOUT(name, offset, size) \
    __asm__("@ " name " %c0 %c1" : : "i"(offset), "i"(size))
#define MEMBER(type, name, start) \
    LAYOUT(#name, start + offsetof(type, name), sizeof(((type *)0)->name))

void layout(void)
{
    enum { HEAD = offsetof(Operation, overlapped) };
    MEMBER(WSAOVERLAPPED, Internal, HEAD);
    MEMBER(WSAOVERLAPPED, InternalHigh, HEAD);
    MEMBER(WSAOVERLAPPED, Offset, HEAD);
    MEMBER(WSAOVERLAPPED, OffsetHigh, HEAD);
    MEMBER(WSAOVERLAPPED, hEvent, HEAD);
    MEMBER(Operation, socket, 0);
    MEMBER(Operation, token, 0);
    MEMBER(Operation, buffer, 0);
    LAYOUT("end", sizeof(Operation), 0);
}
