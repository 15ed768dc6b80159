#include "lines.h"

static DWORD add(Line *line, char byte)
{
    if (line->size == LINE_CAPACITY - 1)
        return ERROR_INVALID_DATA;
    line->text[line->size++] = byte;
    line->text[line->size] = '\0';
    return 0;
}

static DWORD hand_out(Line *line)
{
    line->cr = FALSE;
    line->whole = TRUE;
    return 0;
}

static DWORD take(Line *line, char byte)
{
    DWORD error = 0;
    if (line->cr)
        error = add(line, '\r');
    line->cr = FALSE;
    if (error == 0 && byte == '\r')
        line->cr = TRUE;
    else if (error == 0)
        error = add(line, byte);
    return error;
}

DWORD tcp_stream_read_line(TcpStream *stream, Line *line)
{
    char byte;
    DWORD count;
    DWORD error = 0;
    if (line->whole)
        *line = (Line){0};
    while (error == 0) {
        error = tcp_stream_read(stream, &byte, 1, &count);
        if (error == 0 && count == 0) {
            if (line->cr) {
                line->text[line->size++] = '\r';
                line->text[line->size] = '\0';
            }
            return line->size > 0 ? hand_out(line) : ERROR_HANDLE_EOF;
        }
        if (error == 0 && byte == '\n')
            return hand_out(line);
        if (error == 0)
            error = take(line, byte);
    }
    return error;
}
