/* All that an event loop of ours needs, on Windows. epoll.h has the same for
   Linux, by the same names. */
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
