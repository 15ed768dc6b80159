#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "%*1[Hh]%*1[Tt]%*1[Tt]%*1[Pp]://"
#define HEADER_MAX 65536
#define NO_LENGTH (~0ULL)

DWORD http_parse_url(const char *text, Url *url)
{
    int end = 0;
    /* What goes into the request goes as it is: nothing that would end it. */
    for (const char *c = text; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || *c == '#')
            return ERROR_INVALID_NAME;
    if ((sscanf(text, SCHEME "[%255[0-9A-Fa-f:.]]%n", url->host, &end) != 1 ||
         end == 0 || strchr(url->host, ':') == NULL) &&
        sscanf(text, SCHEME "%255[-._~0-9A-Za-z]%n", url->host, &end) != 1)
        return ERROR_INVALID_NAME;
    url->authority = text + strlen("http://");
    text += end;
    end = 0;
    strcpy(url->port, "80");
    if (*text == ':' && (sscanf(text, ":%5[0-9]%n", url->port, &end) != 1 ||
                         atoi(url->port) - 1U >= 65535))
        return ERROR_INVALID_NAME;
    url->rest = text + end;
    return strchr("/?", *url->rest) != NULL ? 0 : ERROR_INVALID_NAME;
}

/* Finds a field in the lines behind text; NULL if none has this name. */
static const char *field(const char *text, const char *body, const char *name)
{
    size_t size = strlen(name);
    while ((text = strchr(text, '\n') + 1) < body)
        if (_strnicmp(text, name, size) == 0 && strchr(" \t:", text[size]))
            return text + size + strspn(text + size, " \t:");
    return NULL;
}

DWORD http_parse_response(const char *text, size_t size, BOOL ended,
                          Response *response)
{
    unsigned long long length = NO_LENGTH;
    const char *end = strchr(text, '\n'), *value;
    char *behind;
    /* Not by sscanf: it may look for the end of all that has come. */
    if (end != NULL &&
        (strncmp(text, "HTTP/1.", 7) != 0 || strspn(text + 7, "01") != 1 ||
         text[8] != ' ' || strspn(text + 9, "0123456789") != 3 ||
         text[9] < '2' || strchr(" \r\n", text[12]) == NULL))
        return ERROR_INVALID_DATA;
    while (end != NULL && end[1 + (end[1] == '\r')] != '\n')
        end = strchr(end + 1, '\n');
    if (end == NULL)
        return size > HEADER_MAX ? ERROR_INVALID_DATA : ERROR_HANDLE_EOF;
    response->status = atoi(text + 9);
    response->body = end + 2 + (end[1] == '\r');
    response->size = size - (size_t)(response->body - text);
    if (field(text, response->body, "Transfer-Encoding") != NULL)
        return ERROR_NOT_SUPPORTED;
    value = field(text, response->body, "Content-Length");
    if (value != NULL) {
        length = strtoull(value, &behind, 10);
        behind += strspn(behind, " \t\r");
        if (*value < '0' || *value > '9' || *behind != '\n' ||
            strchr(" \t", behind[1]) != NULL || length == NO_LENGTH ||
            field(value, response->body, "Content-Length") != NULL)
            return ERROR_INVALID_DATA;
    }
    if (response->status == 204 || response->status == 304)
        length = 0;
    if (length > response->size)
        return ended && length == NO_LENGTH ? 0 : ERROR_HANDLE_EOF;
    response->size = (size_t)length;
    return 0;
}
