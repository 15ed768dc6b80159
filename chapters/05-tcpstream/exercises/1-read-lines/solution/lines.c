#include "lines.h"

static DWORD add(Line *line, char byte)
{
    if (line->size == LINE_CAPACITY - 1)
        return ERROR_INVALID_DATA;
    line->text[line->size++] = byte;
    line->text[line->size] = '\0';
    return 0;
}

/* What has come is a line; a \r before its \n belongs to the line's end. */
static DWORD hand_out(Line *line)
{
    if (line->size > 0 && line->text[line->size - 1] == '\r')
        line->text[--line->size] = '\0';
    line->whole = TRUE;
    return 0;
}

DWORD tcp_stream_read_line(TcpStream *stream, Line *line)
{
    char byte;
    DWORD count;
    DWORD error = 0;
    if (line->whole)
        *line = (Line){0};
    while (error == 0) {
        /* A byte at a time: the stream copies it out of its buffer, no system
           call is made, and what stands behind the line stays there. */
        error = tcp_stream_read(stream, &byte, 1, &count);
        if (error == 0 && count == 0)
            return line->size > 0 ? hand_out(line) : ERROR_HANDLE_EOF;
        if (error == 0 && byte == '\n')
            return hand_out(line);
        if (error == 0)
            error = add(line, byte);
    }
    return error;
}
