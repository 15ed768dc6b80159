#include "answer.h"

#include <stdio.h>
#include <string.h>

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 206:
        return "Partial Content";
    case 301:
        return "Moved Permanently";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 416:
        return "Range Not Satisfiable";
    case 417:
        return "Expectation Failed";
    case 431:
        return "Request Header Fields Too Large";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Internal Server Error";
    }
}

/* The part that is asked for; 416 if the file has none of it. */
static void select_range(Answer *answer, long long first, long long last)
{
    unsigned long long size = answer->size;
    if (first < 0) { /* the last so many bytes */
        answer->length =
            (unsigned long long)last < size ? (unsigned long long)last : size;
        answer->first = size - answer->length;
    } else if ((unsigned long long)first < size) {
        answer->first = (unsigned long long)first;
        answer->length = size - answer->first;
        if (last >= 0 && (unsigned long long)(last - first) < answer->length)
            answer->length = (unsigned long long)(last - first) + 1;
    } else
        answer->length = 0;
    answer->status = answer->length > 0 ? 206 : 416;
}

void answer_with_file(Answer *answer, const Request *request,
                      unsigned long long size, HttpTime modified)
{
    answer->status = 200;
    answer->size = size;
    answer->length = size;
    answer->modified = modified;
    if (modified >= 0 && request->if_modified_since >= modified) {
        answer->status = 304;
        answer->length = 0;
    } else if (request->has_range && !request->head_only &&
               (request->if_range < 0 || request->if_range == modified))
        select_range(answer, request->first, request->last);
}

/* Goes on writing to text, in which used bytes are. */
#define add(...) \
    used += (size_t)snprintf(text + used, ANSWER_HEAD - used, __VA_ARGS__)

/* What a client shows in place of a file. */
static size_t short_body(int status, char *body, size_t size)
{
    return (size_t)snprintf(body, size,
                            "<!DOCTYPE html><title>%d</title><h1>%d %s</h1>\n",
                            status, status, reason(status));
}

size_t answer_text(const Answer *answer, HttpTime now, char text[ANSWER_HEAD])
{
    char date[HTTP_TIME_TEXT];
    char body[128];
    size_t used = 0;
    bool has_file = answer->status < 300;
    http_time_text(now, date);
    add("HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status,
        reason(answer->status), date);
    if (answer->modified >= 0) {
        /* The standard allows no time that is still to come. */
        http_time_text(answer->modified < now ? answer->modified : now, date);
        add("Last-Modified: %s\r\nAccept-Ranges: bytes\r\n", date);
    }
    if (answer->status == 206)
        add("Content-Range: bytes %llu-%llu/%llu\r\n", answer->first,
            answer->first + answer->length - 1, answer->size);
    if (answer->status == 416)
        add("Content-Range: bytes */%llu\r\n", answer->size);
    if (answer->status == 301) {
        int path = (int)strcspn(answer->moved_from, "?");
        add("Location: %.*s/%s\r\n", path, answer->moved_from,
            answer->moved_from + path);
    }
    if (answer->status == 405)
        add("Allow: GET, HEAD\r\n");
    if (has_file)
        add("Content-Type: %s\r\nContent-Length: %llu\r\n", answer->type,
            answer->length);
    else if (answer->status != 304)
        add("Content-Type: text/html\r\nContent-Length: %zu\r\n",
            short_body(answer->status, body, sizeof body));
    if (!answer->keep_alive)
        add("Connection: close\r\n");
    else if (answer->old)
        add("Connection: keep-alive\r\n");
    add("X-Content-Type-Options: nosniff\r\n\r\n");
    if (!has_file && answer->status != 304 && !answer->no_body)
        add("%s", body);
    return used;
}
