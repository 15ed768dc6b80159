// steps: 12+
/* Heads of requests: what is understood, what is refused and with which status,
   wherever the bytes are cut. */
#include "request.h"
#include "tap.h"

#include <string.h>

#define HOST "Host: x\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST

static Request request;
static size_t taken;

static int parse(const char *text)
{
    return request_parse(text, strlen(text), &request, &taken);
}

static const struct {
    const char *name;
    const char *text;
    int status;
} heads[] = {
    {"a request", GET "\r\n", 200},
    {"HEAD", "HEAD /a?b HTTP/1.1\r\n" HOST "\r\n", 200},
    {"LF alone", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
    {"LF alone behind a header", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
    {"LF alone for the end", GET "\n", 400},
    {"LF alone first", "\n" GET "\r\n", 400},
    {"empty lines first", "\r\n\r\n" GET "\r\n", 200},
    {"HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", 200},
    {"HTTP/1.1 without one", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two hosts", GET HOST "\r\n", 400},
    {"an absolute target", "GET http://x/a HTTP/1.1\r\n" HOST "\r\n", 200},
    {"one without a path", "GET HTTP://x HTTP/1.1\r\n" HOST "\r\n", 200},
    {"one without a host", "GET http:///a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"another scheme", "GET ftp://x/ HTTP/1.1\r\n" HOST "\r\n", 400},
    {"no slash", "GET a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"a fragment", "GET /#a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"a letter that isn't of ASCII", "GET /\xC3\xA9 HTTP/1.1\r\n" HOST "\r\n",
     400},
    {"a blank in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400},
    {"two blanks", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"HTTP/0.9", "GET /\r\n\r\n", 400},
    {"HTTP/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 505},
    {"HTTP/1.10", "GET / HTTP/1.10\r\n" HOST "\r\n", 400},
    {"http/1.1", "GET / http/1.1\r\n" HOST "\r\n", 400},
    {"TLS", "\x16\x03\x01\x02\n\n", 400},
    {"POST", "POST / HTTP/1.1\r\n" HOST "\r\n", 405},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 405},
    {"get", "get / HTTP/1.1\r\n" HOST "\r\n", 501},
    {"a method with a colon", "GE:T / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"a body", GET "Content-Length: 5\r\n\r\n", 413},
    {"a body of nothing", GET "Content-Length: 0\r\n\r\n", 200},
    {"a body of -1", GET "Content-Length: -1\r\n\r\n", 400},
    {"a body of 5, 5", GET "Content-Length: 5, 5\r\n\r\n", 400},
    {"a body beyond all numbers",
     GET "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {"chunks", GET "Transfer-Encoding: chunked\r\n\r\n", 501},
    {"expecting 100", GET "Expect: 100-continue\r\n\r\n", 200},
    {"expecting more", GET "Expect: gold\r\n\r\n", 417},
    {"a folded line", GET " a\r\n\r\n", 400},
    {"a blank before the colon", GET "A : b\r\n\r\n", 400},
    {"no colon", GET "A\r\n\r\n", 400},
    {"no name", GET ": b\r\n\r\n", 400},
    {"no value", GET "A:\r\n\r\n", 200},
    {"CR in a value", GET "A: b\rc\r\n\r\n", 400},
    {"another alphabet in a value", GET "A: \xC3\xA9\r\n\r\n", 200},
    {"no end yet", GET, 0},
    {"no line yet", "GET / HT", 0},
    {"nothing", "", 0}};

/* Each head by itself, and again with one byte after the other. */
static void whole_and_cut(void)
{
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t size = strlen(heads[i].text);
        is((unsigned)parse(heads[i].text), (unsigned)heads[i].status, "%s: %d",
           heads[i].name, heads[i].status);
        size_t whole = taken;
        int status = 0;
        size_t n = 0;
        for (; status == 0 && n <= size; n++)
            status = request_parse(heads[i].text, n, &request, &taken);
        ok(status == heads[i].status && (status == 0 || taken <= n) &&
               (status != 200 || taken == whole),
           "%s: the same byte by byte", heads[i].name);
    }
}

static void limits(void)
{
    static char text[REQUEST_HEAD + 100];
    memset(text, 'a', sizeof text - 1);
    is((unsigned)parse(text), 414, "a first line without an end");
    memcpy(text, "GET /", 5);
    memcpy(text + REQUEST_TARGET + 3, " HTTP/1.1\r\n" HOST "\r\n", 23);
    is((unsigned)parse(text), 200, "the longest target");
    is(strlen(request.target), REQUEST_TARGET - 1, "whole");
    memset(text, 'a', sizeof text - 1);
    memcpy(text, "GET /", 5);
    memcpy(text + REQUEST_TARGET + 4, " HTTP/1.1\r\n" HOST "\r\n", 23);
    is((unsigned)parse(text), 414, "one byte more");
    memset(text, 'a', sizeof text - 1);
    memcpy(text, GET "A: ", 28);
    is((unsigned)parse(text), 431, "a head without an end");
    memcpy(text + REQUEST_HEAD - 4, "\r\n\r\n", 4);
    is((unsigned)parse(text), 200, "the longest head");
    is(taken, REQUEST_HEAD, "is taken whole");
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = "\r\n"[i % 2];
    is((unsigned)parse(text), 431, "nothing but empty lines");
}

static void facts(void)
{
    parse(GET "\r\nGET /next HTTP/1.1\r\n");
    is(taken, strlen(GET) + 2, "what is behind the head stays");
    ok(request.keep_alive && !request.old && !request.head_only,
       "HTTP/1.1 keeps alive");
    parse("GET / HTTP/1.0\r\n\r\n");
    ok(!request.keep_alive && request.old, "HTTP/1.0 doesn't");
    parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    ok(request.keep_alive, "unless it says so");
    parse(GET "Connection: foo, Close\r\n\r\n");
    ok(!request.keep_alive, "close, in a list");
    parse("HEAD http://x:80/a/b?c HTTP/1.1\r\n" HOST "\r\n");
    ok(request.head_only && strcmp(request.target, "/a/b?c") == 0,
       "the target from its slash on");
    parse("GET http://x HTTP/1.1\r\n" HOST "\r\n");
    ok(strcmp(request.target, "/") == 0, "or one slash");
}

static void ranges(void)
{
    static const struct {
        const char *text;
        int has;
        long long first, last;
    } cases[] = {
        {"bytes=0-0", 1, 0, 0}, {"bytes=5-", 1, 5, -1},
        {"bytes=-5", 1, -1, 5}, {"Bytes = 5 - 9", 1, 5, 9},
        {"bytes=9-5", 0, 0, 0}, {"bytes=-", 0, 0, 0},
        {"bytes=5", 0, 0, 0},   {"bytes=1-2,4-5", 0, 0, 0},
        {"bytes=a-b", 0, 0, 0}, {"bytes=--5", 0, 0, 0},
        {"lines=1-2", 0, 0, 0}, {"bytes=0-99999999999999999999", 0, 0, 0},
        {"", 0, 0, 0}};
    char text[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, GET "Range: %s\r\n\r\n", cases[i].text);
        is((unsigned)parse(text), 200, "range \"%s\"", cases[i].text);
        ok(request.has_range == cases[i].has &&
               (!cases[i].has || (request.first == cases[i].first &&
                                  request.last == cases[i].last)),
           "is %s", cases[i].has ? "understood" : "passed over");
    }
    parse(GET "Range: bytes=1-2\r\nRange: bytes=3-4\r\n\r\n");
    ok(!request.has_range, "two of them: passed over");
    parse(GET "Range: bytes=1-2\r\nIf-Range: \"a\"\r\n\r\n");
    ok(!request.has_range, "for another version: passed over");
    parse(GET "Range: bytes=1-2\r\n"
              "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    ok(request.has_range && request.if_range == 784111777,
       "for one of a certain time");
    parse(GET "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    ok(request.if_modified_since == 784111777, "If-Modified-Since");
    parse(GET "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "If-None-Match: \"a\"\r\n\r\n");
    ok(request.if_modified_since == -1, "If-None-Match goes first");
}

static void times(void)
{
    static const struct {
        const char *text;
        HttpTime time;
    } cases[] = {{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
                 {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
                 {"Sun Nov  6 08:49:37 1994", 784111777},
                 {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
                 {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
                 {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
                 {"Wed, 29 Feb 2023 00:00:00 GMT", -1},
                 {"Sun, 06 Nov 1994 24:49:37 GMT", -1},
                 {"Sun, 06 Nov 1994 08:49:37", -1},
                 {"Sun, 06 Nov 1994 08:49:37 GMT+1", -1},
                 {"Sun, 06 Nov 1994 08:49:37 CET", -1},
                 {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
                 {"Sun, 06 Abc 1994 08:49:37 GMT", -1},
                 {"Sun, 06 No", -1},
                 {"Sun, 06 Nov 199", -1},
                 {"Sun, 1  Nov 1994 08:49:37 GMT", -1},
                 {"Sun, 06 Nov 1994 08:49:3: GMT", -1},
                 {"Sun, 06 Nov 1994 -1:49:37 GMT", -1},
                 {"784111777", -1},
                 {"", -1}};
    char text[HTTP_TIME_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok(http_time_of(cases[i].text, strlen(cases[i].text)) == cases[i].time,
           "time \"%s\"", cases[i].text);
    int same = 1;
    for (HttpTime time = 0; time < 253402300800; time += 86399 * 7) {
        http_time_text(time, text);
        same &= http_time_of(text, strlen(text)) == time;
    }
    ok(same, "written and read: the same, for eight thousand years");
    http_time_text(784111777, text);
    ok(strcmp(text, cases[0].text) == 0, "with the right day of the week");
}

int main(void)
{
    whole_and_cut();
    limits();
    facts();
    ranges();
    times();
    return done_testing();
}
