#include "lines.h"

#include <string.h>

DWORD tcp_stream_read_line(TcpStream *stream, Line *line)
{
    DWORD error =
        tcp_stream_read(stream, line->text, LINE_CAPACITY - 1, &line->size);
    if (error != 0)
        return error;
    if (line->size == 0)
        return ERROR_HANDLE_EOF;
    line->text[line->size] = '\0';
    char *end = strpbrk(line->text, "\r\n");
    if (end != NULL) {
        *end = '\0';
        line->size = (DWORD)(end - line->text);
    }
    return 0;
}
