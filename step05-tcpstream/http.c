#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DWORD http_parse_url(const char *text, Url *url)
{
    int end = 0;
    /* A blank or a line's end would become part of the request's grammar. */
    if (strpbrk(text, " \t\r\n#") != NULL)
        return ERROR_INVALID_NAME;
    if ((sscanf(text, "http://[%255[0-9A-Fa-f:.]]%n", url->host, &end) != 1 ||
         end == 0) &&
        sscanf(text, "http://%255[^][:/?]%n", url->host, &end) != 1)
        return ERROR_INVALID_NAME;
    url->authority = text + strlen("http://");
    text += end;
    strcpy(url->port, "80");
    if (*text == ':') {
        if (sscanf(text, ":%5[0-9]%n", url->port, &end) != 1 ||
            atoi(url->port) > 65535)
            return ERROR_INVALID_NAME;
        text += end;
    }
    url->authority_size = (int)(text - url->authority);
    url->path = *text == '\0' ? "/" : text;
    return *url->path == '/' ? 0 : ERROR_INVALID_NAME;
}

/* Finds a header of the response; NULL if it has none of this name. */
static const char *header(const char *text, const char *body, const char *name)
{
    size_t length = strlen(name);
    for (; text < body; text = strchr(text, '\n') + 1)
        if (_strnicmp(text, name, length) == 0)
            return text + length;
    return NULL;
}

DWORD http_parse_response(const char *text, size_t size, Response *response)
{
    char status[4], after[2];
    const char *end = strstr(text, "\r\n\r\n");
    if (end == NULL ||
        sscanf(text, "HTTP/1.%*1[01]%*1[ ]%3[0-9]%1[ \r]", status, after) != 2)
        return ERROR_INVALID_DATA;
    response->status = atoi(status);
    response->body = end + 4;
    response->size = size - (size_t)(response->body - text);
    const char *length = header(text, response->body, "Content-Length:");
    if (length == NULL)
        return 0;
    length += strspn(length, " \t");
    if (strspn(length, "0123456789") == 0)
        return ERROR_INVALID_DATA;
    unsigned long long promised = strtoull(length, NULL, 10);
    if (promised > response->size)
        return ERROR_HANDLE_EOF;
    response->size = (size_t)promised;
    return 0;
}
