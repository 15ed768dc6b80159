#include "write.h"

DWORD tcp_stream_start_write(TcpStream *stream, Token token, const char *data,
                             DWORD size)
{
    (void)stream;
    (void)token;
    (void)data;
    (void)size;
    return ERROR_NOT_SUPPORTED;
}
