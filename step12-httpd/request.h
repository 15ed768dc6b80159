/* Request: the head of an HTTP/1.1 request, understood or refused. Bytes in, facts
   out: it knows nothing of sockets, and of the system it needs nothing.
   https://www.rfc-editor.org/rfc/rfc9112 and rfc9110 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>

#include "http_time.h"

enum {
    REQUEST_HEAD = 8192,  /* bytes of a head, its empty line among them */
    REQUEST_TARGET = 2048 /* bytes of a target, with the zero behind it */
};

typedef struct Request {
    bool head_only;  /* HEAD and not GET */
    bool keep_alive; /* another request may follow */
    bool old;        /* of HTTP/1.0: it must be told of keep_alive */
    bool has_range;  /* Range: bytes=first-last, of which one may be missing: */
    long long first; /* -1 for "the last so many bytes" */
    long long last;  /* -1 for "to the end" */
    HttpTime if_range;
    HttpTime if_modified_since;
    char target[REQUEST_TARGET]; /* as it came, from its first slash on */
} Request;

/* Looks at size bytes that have come. Returns 0 if more must come; 200 if *request
   is filled and the head is *taken bytes long; or the status that refuses it:
   400, 405 (known, but not GET or HEAD), 413 (with a body), 414, 417, 431, 501,
   505. After those the connection can't be used for another. */
int request_parse(const char *bytes, size_t size, Request *request,
                  size_t *taken);

#endif
