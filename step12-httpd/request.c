#include "request.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A piece of the head. */
typedef struct Text {
    const char *at;
    size_t size;
} Text;

static bool is(Text text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.at, word, text.size) == 0;
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c + 'a' - 'A');
    return c;
}

/* word is in small letters. */
static bool is_in_any_case(Text text, const char *word)
{
    size_t i = 0;
    while (i < text.size && word[i] != '\0' && lower(text.at[i]) == word[i])
        i++;
    return i == text.size && word[i] == '\0';
}

/* What is before the first such character, or all; *rest is what is behind it. */
static Text cut(Text text, char at, Text *rest)
{
    const char *found = text.size == 0 ? NULL : memchr(text.at, at, text.size);
    size_t size = found == NULL ? text.size : (size_t)(found - text.at);
    size_t behind = found == NULL ? size : size + 1;
    *rest = (Text){text.at + behind, text.size - behind};
    return (Text){text.at, size};
}

static Text trim(Text text)
{
    while (text.size > 0 && (*text.at == ' ' || *text.at == '\t'))
        text = (Text){text.at + 1, text.size - 1};
    while (text.size > 0 &&
           (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* Of ASCII, neither blank nor control, whether or not char has a sign here. */
static bool is_visible(char c)
{
    return c > ' ' && c < 0x7F;
}

/* Whether the name is of the characters that HTTP allows for one. */
static bool is_token(Text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_visible(text.at[i]) ||
            strchr("\"(),/:;<=>?@[\\]{}", text.at[i]) != NULL)
            return false;
    return text.size > 0;
}

/* The number that the digits make, or -1 if there are others, none, or too many. */
static long long number(Text text)
{
    long long value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' ||
            value > (LLONG_MAX - 9) / 10)
            return -1;
        value = 10 * value + text.at[i] - '0';
    }
    return text.size == 0 ? -1 : value;
}

/* Takes a line out of what came, without the CR and LF that end it. An LF alone stays
   in it, to be refused: for others it may not be an end. Returns false if its end has
   not come. */
static bool take_line(Text *rest, Text *line)
{
    if (rest->size == 0 || memchr(rest->at, '\n', rest->size) == NULL)
        return false;
    *line = cut(*rest, '\n', rest);
    if (line->size > 0 && line->at[line->size - 1] == '\r')
        line->size--;
    else
        line->size++;
    return true;
}

/* No other character that controls anything belongs into a head. */
static bool is_plain(Text line)
{
    for (size_t i = 0; i < line.size; i++)
        if (((unsigned char)line.at[i] < ' ' && line.at[i] != '\t') ||
            line.at[i] == 0x7F)
            return false;
    return true;
}

static int parse_method(Text method, Request *request)
{
    static const char *const known[] = {"POST",    "PUT",     "DELETE", "PATCH",
                                        "OPTIONS", "CONNECT", "TRACE"};
    request->head_only = is(method, "HEAD");
    if (request->head_only || is(method, "GET"))
        return 200;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is(method, known[i]))
            return 405;
    return is_token(method) ? 501 : 400;
}

/* "/path?query", or, as to a proxy, "http://host/path?query". */
static int parse_target(Text target, Request *request)
{
    Text rest;
    if (target.size >= 7 && is_in_any_case((Text){target.at, 7}, "http://")) {
        Text behind = {target.at + 7, target.size - 7};
        Text host = cut(behind, '/', &rest);
        if (host.size == 0)
            return 400;
        target = (Text){behind.at + host.size, behind.size - host.size};
        if (target.size == 0)
            target = (Text){"/", 1};
    }
    if (target.size == 0 || *target.at != '/')
        return 400;
    if (target.size >= REQUEST_TARGET)
        return 414;
    for (size_t i = 0; i < target.size; i++)
        if (!is_visible(target.at[i]) || target.at[i] == '#')
            return 400; /* what is not of ASCII comes as %XX */
    memcpy(request->target, target.at, target.size);
    request->target[target.size] = '\0';
    return 200;
}

static int parse_version(Text version, Request *request)
{
    if (version.size != 8 || memcmp(version.at, "HTTP/", 5) != 0 ||
        version.at[6] != '.' || number((Text){version.at + 5, 1}) < 0 ||
        number((Text){version.at + 7, 1}) < 0)
        return 400;
    if (version.at[5] != '1')
        return 505;
    request->old = version.at[7] == '0';
    request->keep_alive = !request->old;
    return 200;
}

static int parse_first_line(Text line, Request *request)
{
    Text rest;
    Text method = cut(line, ' ', &rest);
    Text target = cut(rest, ' ', &rest);
    int status = parse_version(rest, request);
    if (status == 200)
        status = parse_method(method, request);
    return status != 200 ? status : parse_target(target, request);
}

/* "bytes=5-9", "bytes=5-" or "bytes=-5". What is anything else is passed over, as
   the standard allows, and all is sent. */
static void parse_range(Text value, Request *request)
{
    Text rest, last;
    Text unit = cut(value, '=', &rest);
    Text first = trim(cut(trim(rest), '-', &last));
    last = trim(last);
    request->first = first.size == 0 ? -1 : number(first);
    request->last = last.size == 0 ? -1 : number(last);
    request->has_range =
        is_in_any_case(trim(unit), "bytes") &&
        memchr(value.at, '-', value.size) != NULL &&
        (request->first >= 0 || first.size == 0) &&
        (request->last >= 0 || last.size == 0) &&
        (first.size > 0 || last.size > 0) &&
        (first.size == 0 || last.size == 0 || request->first <= request->last);
}

/* "keep-alive", "close", or a list with either. */
static void parse_connection(Text value, Request *request)
{
    bool close = false;
    bool keep = request->keep_alive;
    while (value.size > 0) {
        Text word = trim(cut(value, ',', &value));
        close |= is_in_any_case(word, "close");
        keep |= is_in_any_case(word, "keep-alive");
    }
    request->keep_alive = keep && !close;
}

/* What has been seen of headers that may come once or not together. */
typedef struct Seen {
    int hosts;
    int ranges;
    bool if_none_match;
    bool has_if_range;
} Seen;

static int parse_header(Text line, Request *request, Seen *seen)
{
    Text value;
    Text name = cut(line, ':', &value);
    if (!is_token(name) || name.size == line.size)
        return 400; /* a line that goes on with the one before is one, too */
    value = trim(value);
    if (is_in_any_case(name, "host"))
        seen->hosts++;
    else if (is_in_any_case(name, "content-length"))
        return is(value, "0") ? 200 : number(value) < 0 ? 400 : 413;
    else if (is_in_any_case(name, "transfer-encoding"))
        return 501;
    else if (is_in_any_case(name, "connection"))
        parse_connection(value, request);
    else if (is_in_any_case(name, "expect"))
        return is_in_any_case(value, "100-continue") ? 200 : 417;
    else if (is_in_any_case(name, "if-modified-since"))
        request->if_modified_since = http_time_of(value.at, value.size);
    else if (is_in_any_case(name, "if-none-match"))
        seen->if_none_match = true;
    else if (is_in_any_case(name, "if-range")) {
        seen->has_if_range = true;
        request->if_range = http_time_of(value.at, value.size);
    } else if (is_in_any_case(name, "range") && seen->ranges++ == 0)
        parse_range(value, request);
    return 200;
}

/* What the headers make of each other. */
static int settle(Request *request, const Seen *seen)
{
    if (seen->hosts > 1 || (seen->hosts == 0 && !request->old))
        return 400;
    if (seen->if_none_match)
        request->if_modified_since = -1; /* we name no version: none matches */
    if (seen->has_if_range && request->if_range < 0)
        request->has_range = false; /* another kind of name for a version */
    if (seen->ranges > 1)
        request->has_range = false;
    return 200;
}

int request_parse(const char *bytes, size_t size, Request *request,
                  size_t *taken)
{
    Text rest = {bytes, size < REQUEST_HEAD ? size : REQUEST_HEAD};
    Text line;
    Seen seen = {0};
    *request = (Request){.if_range = -1, .if_modified_since = -1};
    *taken = 0;
    /* Empty lines before a request are passed over. */
    do
        if (!take_line(&rest, &line))
            return size < REQUEST_HEAD         ? 0
                   : rest.size == REQUEST_HEAD ? 414
                                               : 431;
    while (line.size == 0);
    int status = is_plain(line) ? parse_first_line(line, request) : 400;
    while (status == 200) {
        if (!take_line(&rest, &line))
            return size < REQUEST_HEAD ? 0 : 431;
        if (line.size == 0)
            break;
        status = is_plain(line) ? parse_header(line, request, &seen) : 400;
    }
    *taken = (size_t)(rest.at - bytes);
    return status != 200 ? status : settle(request, &seen);
}
