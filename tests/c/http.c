// steps: 05
/* The two parsers of step 5 against what people type and servers send. */
#include "http.h"

#include <string.h>

#include "tap.h"

#define LETTERS_50 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"
#define HOST_250 LETTERS_50 LETTERS_50 LETTERS_50 LETTERS_50 LETTERS_50

static const struct {
    const char *text;
    const char *host; /* NULL if it must be refused */
    const char *port;
    const char *rest;
} urls[] = {
    {"http://example.org", "example.org", "80", ""},
    {"http://example.org/", "example.org", "80", "/"},
    {"http://example.org:8080", "example.org", "8080", ""},
    {"http://example.org:8080/a/b?c=d", "example.org", "8080", "/a/b?c=d"},
    {"http://127.0.0.1:1/x:y", "127.0.0.1", "1", "/x:y"},
    {"http://a/[b]", "a", "80", "/[b]"},
    {"http://a:65535/", "a", "65535", "/"},
    {"http://a:00080/", "a", "00080", "/"},
    {"http://[::1]:8080/x", "::1", "8080", "/x"},
    {"http://[fe80::1]", "fe80::1", "80", ""},
    {"http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", "80", "/"},
    {"http://" HOST_250 "abcde/", HOST_250 "abcde", "80", "/"},
    {"HTTP://a/B", "a", "80", "/B"},
    {"hTtP://A", "A", "80", ""},
    {"http://a?b", "a", "80", "?b"},
    {"http://a:1?b", "a", "1", "?b"},
    {"http://a-b_c~d.e./", "a-b_c~d.e.", "80", "/"},
    {"http://a/%E6%97%A5?x=1&y=$(z)'!*;,@:^|`{}\\<>\"", "a", "80",
     "/%E6%97%A5?x=1&y=$(z)'!*;,@:^|`{}\\<>\""},
    {"", NULL, NULL, NULL},
    {"http", NULL, NULL, NULL},
    {"http:/a", NULL, NULL, NULL},
    {"http://", NULL, NULL, NULL},
    {"http:///path", NULL, NULL, NULL},
    {"http://:80/", NULL, NULL, NULL},
    {"http://?", NULL, NULL, NULL},
    {"https://example.org/", NULL, NULL, NULL},
    {"ftp://example.org/", NULL, NULL, NULL},
    {"example.org", NULL, NULL, NULL},
    {"  http://a/", NULL, NULL, NULL},
    {"http://a:", NULL, NULL, NULL},
    {"http://a:/", NULL, NULL, NULL},
    {"http://a:x/", NULL, NULL, NULL},
    {"http://a:80x/", NULL, NULL, NULL},
    {"http://a:-1/", NULL, NULL, NULL},
    {"http://a:+1/", NULL, NULL, NULL},
    {"http://a: 80/", NULL, NULL, NULL},
    {"http://a:0/", NULL, NULL, NULL},
    {"http://a:000/", NULL, NULL, NULL},
    {"http://a:65536/", NULL, NULL, NULL},
    {"http://a:70000/", NULL, NULL, NULL},
    {"http://a:4294967376/", NULL, NULL, NULL},
    {"http://a:80:80/", NULL, NULL, NULL},
    {"http://a b/", NULL, NULL, NULL},
    {"http://[", NULL, NULL, NULL},
    {"http://[]/", NULL, NULL, NULL},
    {"http://[::1", NULL, NULL, NULL},
    {"http://[::1]x/", NULL, NULL, NULL},
    {"http://[example]/", NULL, NULL, NULL},
    {"http://[127.0.0.1]/", NULL, NULL, NULL},
    {"http://[12]/", NULL, NULL, NULL},
    {"http://[fe80::1%25eth0]/", NULL, NULL, NULL},
    {"http://a@b/", NULL, NULL, NULL},
    {"http://a:1@b/", NULL, NULL, NULL},
    {"http://@b/", NULL, NULL, NULL},
    {"http://a%62/", NULL, NULL, NULL},
    {"http://a\\b/", NULL, NULL, NULL},
    {"http://a;b/", NULL, NULL, NULL},
    {"http://a#b", NULL, NULL, NULL},
    {"http://a/#b", NULL, NULL, NULL},
    {"httpx://a/", NULL, NULL, NULL},
    {"http:///", NULL, NULL, NULL},
    {"http://::1/", NULL, NULL, NULL},
    {"http://a]/", NULL, NULL, NULL},
    /* What would make a second line, or a second word, of the request. */
    {"http://a/b c", NULL, NULL, NULL},
    {"http://a/b ", NULL, NULL, NULL},
    {"http://a/\x01", NULL, NULL, NULL},
    {"http://a/\x1B[2J", NULL, NULL, NULL},
    {"http://a/\x7F", NULL, NULL, NULL},
    /* And what a request has no letters for. */
    {"http://a/\xE6\x97\xA5", NULL, NULL, NULL},
    {"http://a/?\xFF", NULL, NULL, NULL},
    {"http://\xC3\xA4.example/", NULL, NULL, NULL},
    {"http://a/b\tc", NULL, NULL, NULL},
    {"http://a/b\r\nHost: c", NULL, NULL, NULL},
    {"http://" HOST_250 "abcdef/", NULL, NULL, NULL},
    {"http://" HOST_250 HOST_250 "/", NULL, NULL, NULL},
    {"http://[" HOST_250 "]/", NULL, NULL, NULL},
};

/* A name for a test: no line break may get into it. */
static const char *shown(const char *text, size_t size)
{
    static char name[64];
    size_t i = 0;
    for (; i < size && i < sizeof name - 1; i++)
        name[i] = text[i] < ' ' || text[i] == '#' ? '~' : text[i];
    name[i] = '\0';
    return name;
}

static void test_url(int i)
{
    Url url;
    DWORD error = http_parse_url(urls[i].text, &url);
    if (urls[i].host == NULL)
        is(error, ERROR_INVALID_NAME, "refused: \"%s\"",
           shown(urls[i].text, strlen(urls[i].text)));
    else
        ok(error == 0 && strcmp(url.host, urls[i].host) == 0 &&
               strcmp(url.port, urls[i].port) == 0 &&
               strcmp(url.rest, urls[i].rest) == 0 &&
               url.authority + strlen(url.authority) ==
                   url.rest + strlen(url.rest),
           "taken: \"%s\"", shown(urls[i].text, strlen(urls[i].text)));
}

/* Text with its size, in which there may be a NUL. */
#define TEXT(t) t, sizeof(t) - 1
#define OK_LINE "HTTP/1.0 200 OK\r\n"

static const struct {
    const char *text;
    size_t size;
    DWORD error;
    int status;
    const char *body;
    size_t body_size;
} responses[] = {
    {TEXT(OK_LINE "\r\n"), 0, 200, TEXT("")},
    {TEXT(OK_LINE "\r\nbody"), 0, 200, TEXT("body")},
    {TEXT("HTTP/1.1 404 Not Found\r\n\r\n"), 0, 404, TEXT("")},
    {TEXT("HTTP/1.1 204\r\n\r\n"), 0, 204, TEXT("")},
    {TEXT(OK_LINE "Content-Length: 4\r\n\r\nbody"), 0, 200, TEXT("body")},
    {TEXT(OK_LINE "Content-Length:4\r\n\r\nbody"), 0, 200, TEXT("body")},
    {TEXT(OK_LINE "CONTENT-length: \t 4\r\n\r\nbody"), 0, 200, TEXT("body")},
    {TEXT(OK_LINE "A: b\r\nContent-Length: 4\r\nC: d\r\n\r\nbody"), 0, 200,
     TEXT("body")},
    {TEXT(OK_LINE "Content-Length: 0\r\n\r\n"), 0, 200, TEXT("")},
    {TEXT(OK_LINE "Content-Length: 2\r\n\r\nbody"), 0, 200, TEXT("bo")},
    {TEXT(OK_LINE "Content-Lengthy: 99\r\n\r\nbody"), 0, 200, TEXT("body")},
    {TEXT(OK_LINE "X-Content-Length: 99\r\n\r\nbody"), 0, 200, TEXT("body")},
    {TEXT(OK_LINE "\r\nContent-Length: 99\r\n\r\n"), 0, 200,
     TEXT("Content-Length: 99\r\n\r\n")},
    {TEXT(OK_LINE "Content-Length: 3\r\n\r\n\0\r\n"), 0, 200, TEXT("\0\r\n")},
    {TEXT(OK_LINE "\r\n\0\0"), 0, 200, TEXT("\0\0")},
    {TEXT(OK_LINE "Content-Length: 5\r\n\r\nbody"), ERROR_HANDLE_EOF, 200,
     TEXT("body")},
    {TEXT(OK_LINE "Content-Length: 4294967296\r\n\r\nbody"), ERROR_HANDLE_EOF,
     200, TEXT("body")},
    {TEXT(OK_LINE "Content-Length: 99999999999999999999999\r\n\r\nbody"),
     ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT(OK_LINE "Content-Length: 18446744073709551615\r\n\r\nbody"),
     ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT(OK_LINE "Content-Length: 18446744073709551614\r\n\r\nbody"),
     ERROR_HANDLE_EOF, 0, NULL, 0},
    /* Lines may end without a CR, and the first blank one ends the header. */
    {TEXT("HTTP/1.0 200 OK\n\nbody"), 0, 200, TEXT("body")},
    {TEXT("HTTP/1.0 200\n\nbody"), 0, 200, TEXT("body")},
    {TEXT("HTTP/1.0 200 OK\nA: b\n\nbo\r\n\r\ndy"), 0, 200,
     TEXT("bo\r\n\r\ndy")},
    {TEXT("HTTP/1.0 200 OK\nContent-Length: 4\n\nbody"), 0, 200, TEXT("body")},
    {TEXT("HTTP/1.0 200 OK\r\nA: b\n\r\nbo\n\ndy"), 0, 200, TEXT("bo\n\ndy")},
    {TEXT(OK_LINE "A: b\r\n\nbo\r\n\r\ndy"), 0, 200, TEXT("bo\r\n\r\ndy")},
    {TEXT(OK_LINE "\r\n\r\n\r\n"), 0, 200, TEXT("\r\n\r\n")},
    {TEXT(OK_LINE "\n\nbody"), 0, 200, TEXT("\nbody")},
    /* A line that goes on in the next. */
    {TEXT(OK_LINE "A: b\r\n Content-Length: 2\r\n\r\nbody"), 0, 200,
     TEXT("body")},
    {TEXT(OK_LINE "A: b\r\n\tc\r\nContent-Length: 2\r\n\r\nbody"), 0, 200,
     TEXT("bo")},
    {TEXT(OK_LINE "Content-Length:\r\n 4\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4\r\n 5\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4\r\n\t\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    /* Blanks around a length, and before its colon. */
    {TEXT(OK_LINE "Content-Length: 4 \t\r\n\r\nbody"), 0, 200, TEXT("body")},
    {TEXT(OK_LINE "Content-Length : 2\r\n\r\nbody"), 0, 200, TEXT("bo")},
    {TEXT(OK_LINE "Content-Length: 0004\r\n\r\nbody"), 0, 200, TEXT("body")},
    /* No length at all. */
    {TEXT(OK_LINE "Content-Length: 4x\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4 5\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4, 4\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4;\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 0x4\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: +4\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4.0\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: \"4\"\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: \v4\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4\0\r\n\r\nbody"), ERROR_HANDLE_EOF, 0, NULL,
     0},
    {TEXT(OK_LINE "Content-Length: 4\r5\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    /* Two lengths, even the same. */
    {TEXT(OK_LINE "Content-Length: 4\r\nContent-Length: 2\r\n\r\nbody"),
     ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4\r\nA: b\r\ncontent-length: 4\r\n\r\nbody"),
     ERROR_INVALID_DATA, 0, NULL, 0},
    /* Encoded for the way. */
    {TEXT(OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     ERROR_NOT_SUPPORTED, 0, NULL, 0},
    {TEXT(OK_LINE "transfer-encoding:gzip, chunked\r\n\r\n0\r\n\r\n"),
     ERROR_NOT_SUPPORTED, 0, NULL, 0},
    {TEXT(OK_LINE "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
     ERROR_NOT_SUPPORTED, 0, NULL, 0},
    {TEXT(OK_LINE "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
     ERROR_NOT_SUPPORTED, 0, NULL, 0},
    {TEXT(OK_LINE "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "0\r\n\r\n"),
     ERROR_NOT_SUPPORTED, 0, NULL, 0},
    /* No body, whatever they promise. */
    {TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"), 0, 204,
     TEXT("")},
    {TEXT("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody"), 0, 304,
     TEXT("")},
    /* Nobody said that we would go on. */
    {TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody"),
     ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.1 101 Switching Protocols\r\n\r\nbody"), ERROR_INVALID_DATA,
     0, NULL, 0},
    {TEXT("HTTP/1.0 099 OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0 20 OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0 2000 OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0 200OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0  200 OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.10 200 OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1. 200 OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("\r\nHTTP/1.0 200 OK\r\n\r\nbody"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT(""), ERROR_HANDLE_EOF, 0, NULL, 0},
    {TEXT("\r\n\r\n"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0 200 OK"), ERROR_HANDLE_EOF, 0, NULL, 0},
    {TEXT("HTTP/1.0 200 OK\r\n"), ERROR_HANDLE_EOF, 0, NULL, 0},
    {TEXT("HTTP/1.0 200 \0OK\r\n\r\nbody"), ERROR_HANDLE_EOF, 0, NULL, 0},
    {TEXT("\0HTTP/1.0 200 OK\r\n\r\n"), ERROR_HANDLE_EOF, 0, NULL, 0},
    {TEXT("HTTP/2 200\r\n\r\n"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0 OK\r\n\r\n"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("ICY 200 OK\r\n\r\nmusic"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("<html>hello</html>\r\n\r\n"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("SSH-2.0-OpenSSH\r\n\r\n"), ERROR_INVALID_DATA, 0, NULL, 0},
    /* The status is on the first line or nowhere. */
    {TEXT("HTTP/1.0 \r\n\r\n200"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0 -20 OK\r\n\r\n"), ERROR_INVALID_DATA, 0, NULL, 0},
    {TEXT("HTTP/1.0 99999999999 OK\r\n\r\n"), ERROR_INVALID_DATA, 0, NULL, 0},
    /* A length that is none must not make a body of nothing out of one. */
    {TEXT(OK_LINE "Content-Length: abc\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: -1\r\n\r\nbody"), ERROR_INVALID_DATA, 0,
     NULL, 0},
    {TEXT(OK_LINE "Content-Length: \r\n\r\n2ody"), ERROR_INVALID_DATA, 0, NULL,
     0},
};

static void test_response(int i)
{
    Response response = {0};
    size_t size = responses[i].size;
    /* A block of its own, so that a read behind its end may be noticed. */
    char *text = malloc(size + 1);
    memcpy(text, responses[i].text, size + 1);
    DWORD error = http_parse_response(text, size, TRUE, &response);
    int right = error == responses[i].error;
    if (right && responses[i].body != NULL)
        right = response.status == responses[i].status &&
                response.size == responses[i].body_size &&
                memcmp(response.body, responses[i].body, response.size) == 0 &&
                response.body + response.size <= text + size;
    if (!ok(right, "\"%s\"", shown(responses[i].text, size)))
        printf("# error %lu, status %d, %llu bytes\n", error, response.status,
               (unsigned long long)response.size);
    free(text);
}

/* Parses a copy that ends where the text does. */
static DWORD parse(const char *text, size_t size, BOOL ended)
{
    Response response;
    char *copy = calloc(size + 1, 1);
    memcpy(copy, text, size);
    DWORD error = http_parse_response(copy, size, ended, &response);
    free(copy);
    return error;
}

/* Every beginning of a good response is one that lacks something, and the whole
   is whole before the stream ends, if it says how long it is. */
static void test_cut_short(void)
{
    static const char whole[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
    static const char open[] = "HTTP/1.1 200 OK\nServer: x\n\n0123456789";
    int right = 1;
    for (size_t size = 0; size < strlen(whole); size++)
        right &= parse(whole, size, TRUE) == ERROR_HANDLE_EOF &&
                 parse(whole, size, FALSE) == ERROR_HANDLE_EOF;
    ok(right, "a response cut anywhere is told from a whole one");
    is(parse(whole, strlen(whole), FALSE), 0,
       "one with a length is whole when that much has come");
    right = 1;
    for (size_t size = 0; size <= strlen(open); size++)
        right &= parse(open, size, FALSE) == ERROR_HANDLE_EOF;
    ok(right, "one without a length isn't before the stream ends");
    is(parse(open, strlen(open), TRUE), 0, "then it is");
}

/* What can't become a response is refused before its end. */
static void test_refused_early(void)
{
    static const char *const texts[] = {
        "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 100 Continue\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        DWORD error = parse(texts[i], strlen(texts[i]), FALSE);
        ok(error == ERROR_INVALID_DATA || error == ERROR_NOT_SUPPORTED,
           "refused at once: \"%s\"", shown(texts[i], strlen(texts[i])));
    }
    char *endless = malloc(70000);
    memset(endless, 'x', 70000);
    memcpy(endless, "HTTP/1.1 200 OK\r\n", 17);
    is(parse(endless, 60000, FALSE), ERROR_HANDLE_EOF,
       "a header of 60,000 bytes");
    is(parse(endless, 70000, FALSE), ERROR_INVALID_DATA,
       "a header without an end is refused after 64 KB");
    free(endless);
}

/* Garbage made from the characters that mean something. */
static void test_garbage(void)
{
    static const char *const words[] = {
        "HTTP/1.", "0 ", "200", "\r\n", "\n",   "\r",   "Content-Length:",
        "-",       "9",  ":",   " ",    "\x80", "\xFF", "http://",
        "[",       "]"};
    enum { WORDS = sizeof words / sizeof *words };
    unsigned seed = 1;
    int inside = 1;
    for (int round = 0; round < 20000; round++) {
        char text[256] = "";
        Url url;
        Response response;
        for (int i = 0; i < 12; i++) {
            seed = seed * 1103515245u + 12345u;
            strcat(text, words[(seed >> 16) % WORDS]);
        }
        size_t size = strlen(text);
        if (http_parse_url(text, &url) == 0)
            inside &= strchr("/?", *url.rest) != NULL && strlen(url.host) > 0;
        DWORD error = http_parse_response(text, size, round % 2, &response);
        if (error == 0)
            inside &= response.body >= text &&
                      response.body + response.size <= text + size;
    }
    ok(inside, "garbage is refused or stays inside its text");
}

int main(void)
{
    for (int i = 0; i < (int)(sizeof urls / sizeof *urls); i++)
        test_url(i);
    for (int i = 0; i < (int)(sizeof responses / sizeof *responses); i++)
        test_response(i);
    test_cut_short();
    test_refused_early();
    test_garbage();
    return done_testing();
}
