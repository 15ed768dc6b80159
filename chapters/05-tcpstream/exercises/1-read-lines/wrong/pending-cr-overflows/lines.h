/* Lines of text, out of a stream that knows only bytes. */
#ifndef LINES_H
#define LINES_H

#include "tcpstream.h"

enum { LINE_CAPACITY = 128 };

/* A line, or as much of it as has come. All zero before the first call of
   tcp_stream_read_line, and nobody else changes it from then on. */
typedef struct Line {
    char text[LINE_CAPACITY]; /* without the line's end, and with a 0 behind */
    DWORD size;               /* bytes of text, the 0 not counted */
    BOOL cr;                  /* came last, not added yet */
    BOOL whole;               /* handed out: the next call begins anew */
} Line;

/* Goes on with the line; never waits. 0: it is whole, and the next call begins
   the next one. Errors: WSAEWOULDBLOCK if its end hasn't come yet (register,
   and call again with the same Line after the event); ERROR_HANDLE_EOF if the
   stream is at its end; ERROR_INVALID_DATA if the line is too long for text;
   others of tcp_stream_read. */
DWORD tcp_stream_read_line(TcpStream *stream, Line *line);

#endif
