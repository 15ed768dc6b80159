/* HttpTime: the time as HTTP writes it.
   https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats */
#ifndef HTTP_TIME_H
#define HTTP_TIME_H

#include <stddef.h>

typedef long long HttpTime; /* seconds since 1970; -1 for none */

enum { HTTP_TIME_TEXT = 30 }; /* with the zero behind it */

/* Writes "Sun, 06 Nov 1994 08:49:37 GMT". The time is of the years 1970 to 9999. */
void http_time_text(HttpTime time, char text[HTTP_TIME_TEXT]);

/* The time, in that form or in one of the two that were used before, or -1. */
HttpTime http_time_of(const char *text, size_t size);

#endif
