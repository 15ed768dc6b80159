#include "accept.h"

#define WSAEOPNOTSUPP 10045

DWORD accept_start(Accept *accept, SOCKET listener)
{
    accept->listener = listener;
    return WSAEOPNOTSUPP;
}

DWORD accept_finish(Accept *accept, SOCKET *s)
{
    *s = accept->socket;
    return WSAEOPNOTSUPP;
}
