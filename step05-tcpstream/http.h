/* As much of HTTP/1.0 as a fetch needs.
   https://www.rfc-editor.org/rfc/rfc1945 */
#ifndef HTTP_H
#define HTTP_H

#include "ffi.h"

typedef struct Url {
    char host[256];
    char port[6];
    const char *authority; /* host and port as written, */
    int authority_size;
    const char *path; /* and the rest, all inside the text that was parsed */
} Url;

/* Takes http://host[:port][/path] apart; the host may be an [IPv6] address.
   Errors: ERROR_INVALID_NAME. */
DWORD http_parse_url(const char *text, Url *url);

typedef struct Response {
    int status;
    const char *body; /* inside the text that was parsed */
    size_t size;
} Response;

/* Looks at a whole response, up to the end of the stream; text[size] must be 0.
   Errors: ERROR_INVALID_DATA if it is no HTTP response; ERROR_HANDLE_EOF if it
   is shorter than its Content-Length says. */
DWORD http_parse_response(const char *text, size_t size, Response *response);

#endif
