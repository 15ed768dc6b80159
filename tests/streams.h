/* One connection as the step at hand has it: an Operation, from step 5 on a
   TcpStream. For steps 4 and later. */
#ifndef STREAMS_H
#define STREAMS_H

#include "pairs.h"
#include "poll.h"

#if STEP >= 5
#include "tcpstream.h"

typedef TcpStream Stream;

static inline DWORD stream_open(Stream *stream, SOCKET s)
{
    *stream = (Stream){0};
    return operation_new(s, &stream->operation);
}

static inline DWORD stream_start(Stream *stream, Registrator *registrator,
                                 Token token)
{
    return tcp_stream_register(stream, registrator, token, READABLE);
}

static inline DWORD stream_close(Stream *stream)
{
    return tcp_stream_close(stream);
}
#else
typedef struct Stream {
    Operation *operation;
} Stream;

static inline DWORD stream_open(Stream *stream, SOCKET s)
{
    return operation_new(s, &stream->operation);
}

static inline DWORD stream_start(Stream *stream, Registrator *registrator,
                                 Token token)
{
    return registrator_register(registrator, stream->operation, token,
                                READABLE);
}

static inline DWORD stream_close(Stream *stream)
{
    return operation_close(stream->operation);
}
#endif

#endif
