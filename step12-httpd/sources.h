/* All that an event loop needs. On Linux tests/native/epoll.h has the same names
   for what the system has. */
#ifndef SOURCES_H
#define SOURCES_H

#ifdef _WIN32
#include "namedpipe.h"
#include "readiness.h"
#include "tcplistener.h"
#include "udpsocket.h"
#include "waker.h"
#else
#include "epoll.h"
#endif

#endif
