/* A layered provider of sockets, as filters install one, on sockets of your choice.
   Linked with
       --wrap=getsockopt,--wrap=SetFileCompletionNotificationModes */
#ifndef LAYER_H
#define LAYER_H

#include "ffi.h"

typedef enum Layer {
    LAYER_UNKNOWN,
    LAYER_NONE,
    LAYER_COVERS, /* its handles aren't the system's: it takes the mode, and its
                     packets come as ever */
    LAYER_REFUSES /* they are, and it refuses the mode */
} Layer;

enum { LAYER_SOCKETS = 4096 };

static Layer layers[LAYER_SOCKETS];
static Layer layer_next; /* what the sockets get that are asked about next */

__typeof__(getsockopt) __real_getsockopt, __wrap_getsockopt;
__typeof__(SetFileCompletionNotificationModes)
    __real_SetFileCompletionNotificationModes,
    __wrap_SetFileCompletionNotificationModes;
void WINAPI SetLastError(DWORD dwErrCode);

static Layer *layer_of(SOCKET s)
{
    return &layers[s / 4 % LAYER_SOCKETS];
}

static Layer layer_asked(SOCKET s)
{
    if (layer_next != LAYER_UNKNOWN)
        *layer_of(s) = layer_next;
    return *layer_of(s);
}

int WINAPI __wrap_getsockopt(SOCKET s, int level, int name, char *value,
                             int *size)
{
    int result = __real_getsockopt(s, level, name, value, size);
    if (result != 0 || name != SO_PROTOCOL_INFOW)
        return result;
    if (layer_asked(s) == LAYER_COVERS)
        ((WSAPROTOCOL_INFOW *)value)->dwServiceFlags1 &=
            ~(DWORD)XP1_IFS_HANDLES;
    return 0;
}

BOOL WINAPI __wrap_SetFileCompletionNotificationModes(HANDLE handle,
                                                      unsigned char flags)
{
    switch (layer_asked((SOCKET)handle)) {
    case LAYER_COVERS:
        return TRUE;
    case LAYER_REFUSES:
        SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    default:
        return __real_SetFileCompletionNotificationModes(handle, flags);
    }
}

#endif
