/* As much of HTTP/1.0 as a fetch needs.
   https://www.rfc-editor.org/rfc/rfc9112 */
#ifndef HTTP_H
#define HTTP_H

#include "ffi.h"

typedef struct Url {
    char host[256];
    char port[6];
    const char *authority; /* host and port as written, */
    const char
        *rest; /* and path and query, both inside the text: "", /a or ?b */
} Url;

/* Takes http://host[:port][/path] apart; the host may be an [IPv6] address.
   Errors: ERROR_INVALID_NAME, also for what is not ASCII, a user before the host
   and a # behind the path.
   https://www.rfc-editor.org/rfc/rfc3986 */
DWORD http_parse_url(const char *text, Url *url);

typedef struct Response {
    int status;
    const char *body; /* inside the text that was parsed */
    size_t size;
} Response;

/* Looks at what has come of a response; text[size] must be 0, and ended tells
   whether the stream has ended.
   Errors: ERROR_HANDLE_EOF if something is missing yet, or for good;
   ERROR_INVALID_DATA if it is no HTTP response; ERROR_NOT_SUPPORTED if its body
   is encoded for the way. */
DWORD http_parse_response(const char *text, size_t size, BOOL ended,
                          Response *response);

#endif
