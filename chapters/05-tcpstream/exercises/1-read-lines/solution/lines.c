#include "lines.h"

/* text has room for 127 bytes and a 0. In the place of the 0 there may be a \r
   meanwhile: it needs no room if a \n follows. */
static DWORD add(Line *line, char byte)
{
    DWORD room = byte == '\r' ? LINE_CAPACITY : LINE_CAPACITY - 1;
    if (line->size >= room)
        return ERROR_INVALID_DATA;
    line->text[line->size++] = byte;
    return 0;
}

static DWORD hand_out(Line *line)
{
    if (line->size == LINE_CAPACITY)
        return ERROR_INVALID_DATA;
    line->text[line->size] = '\0';
    line->whole = TRUE;
    return 0;
}

/* At a \n. If there is a \r before it, that belongs to the line's end. */
static DWORD end_line(Line *line)
{
    if (line->size > 0 && line->text[line->size - 1] == '\r')
        line->size--;
    return hand_out(line);
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
            return end_line(line);
        if (error == 0)
            error = add(line, byte);
    }
    return error;
}
