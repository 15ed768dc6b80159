#include "lines.h"

#include <string.h>

static char text[LINE_CAPACITY];
static DWORD size;

static DWORD hand_out(Line *line)
{
    if (size == LINE_CAPACITY)
        return ERROR_INVALID_DATA;
    memcpy(line->text, text, size);
    line->text[size] = '\0';
    line->size = size;
    size = 0;
    return 0;
}

static DWORD end_line(Line *line)
{
    if (size > 0 && text[size - 1] == '\r')
        size--;
    return hand_out(line);
}

DWORD tcp_stream_read_line(TcpStream *stream, Line *line)
{
    char byte;
    DWORD count;
    DWORD error;
    while ((error = tcp_stream_read(stream, &byte, 1, &count)) == 0) {
        if (count == 0)
            return size > 0 ? hand_out(line) : ERROR_HANDLE_EOF;
        if (byte == '\n')
            return end_line(line);
        if (size >= LINE_CAPACITY - (byte != '\r'))
            return ERROR_INVALID_DATA;
        text[size++] = byte;
    }
    return error;
}
