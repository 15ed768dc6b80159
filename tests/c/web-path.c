// steps: 12+
/* From what is asked for to a file's name: nothing that Windows would read
   otherwise, or elsewhere, gets through. */
#include "answer.h"
#include "path.h"
#include "tap.h"

#include <string.h>

static char path[4096];

static void names(void)
{
    static const char *const pairs[][2] = {
        {"/", "index.html"},
        {"/?a=/../b", "index.html"},
        {"/a.html", "a.html"},
        {"/a%20b/", "a b/index.html"},
        {"/a%2fb", "a/b"},
        {"/%C3%A9", "\xC3\xA9"},
        {"/%e2%82%ac", "\xE2\x82\xAC"},
        {"/%F0%9F%98%80", "\xF0\x9F\x98\x80"},
        {"/.hidden", ".hidden"},
        {"/a..b", "a..b"},
        {"/...a", "...a"},
        {"/console.html", "console.html"},
        {"/com.html", "com.html"},
        {"/com10", "com10"},
        {"/lpt", "lpt"},
        {"/nully", "nully"},
        {"/%25", "%"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ok(path_of(pairs[i][0], path, sizeof path) == 200 &&
               strcmp(path, pairs[i][1]) == 0,
           "%s is %s", pairs[i][0], pairs[i][1]);
}

static void refused(void)
{
    static const char *const targets[] = {"/..",
                                          "/../a",
                                          "/a/..",
                                          "/a/../b",
                                          "/%2e%2e/a",
                                          "/%2e./a",
                                          "/.",
                                          "/./a",
                                          "/..%2fa",
                                          "/..%5ca",
                                          "/a%5c..%5cb",
                                          "/..\\a",
                                          "//",
                                          "//a",
                                          "/a//b",
                                          "/%2f",
                                          "/c:",
                                          "/c:/windows",
                                          "/C%3A/windows",
                                          "/a::$DATA",
                                          "/a:b",
                                          "/a.",
                                          "/a.%20",
                                          "/a%20",
                                          "/a./b",
                                          "/a%20/b",
                                          "/a...",
                                          "/con",
                                          "/CON.html",
                                          "/aux.a.b",
                                          "/a/nul",
                                          "/a/nul/b",
                                          "/nul%20.txt",
                                          "/COM1",
                                          "/com0.txt",
                                          "/lpt9",
                                          "/com%C2%B9",
                                          "/CONIN$",
                                          "/conout$.txt",
                                          "/prn/",
                                          "/a%00",
                                          "/a%00.html",
                                          "/%01",
                                          "/%7f",
                                          "/a*",
                                          "/a%3f",
                                          "/a%22",
                                          "/%3ca%3e",
                                          "/a%7cb",
                                          "/%C0%AE%C0%AE/a",
                                          "/%e0%80%af",
                                          "/%ed%a0%80",
                                          "/%f4%90%80%80",
                                          "/%ff",
                                          "/%C3",
                                          "/%3f%3f/c",
                                          "/%5c%5c.%5cc"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        is((unsigned)path_of(targets[i], path, sizeof path), 404,
           "%s is no file", targets[i]);
    is((unsigned)path_of("/%", path, sizeof path), 400, "half a percent");
    is((unsigned)path_of("/%1", path, sizeof path), 400, "one digit");
    is((unsigned)path_of("/%g1", path, sizeof path), 400, "no digit");
    is((unsigned)path_of("a", path, sizeof path), 400, "no slash");
    is((unsigned)path_of("/abc", path, 4), 200, "just long enough");
    is((unsigned)path_of("/abcd", path, 4), 414, "one byte too long");
    is((unsigned)path_of("/a/", path, sizeof "a/index.html"), 200,
       "with the index, too");
    is((unsigned)path_of("/a/", path, sizeof "a/index.html" - 1), 414,
       "and that too long");
}

/* Every byte, by itself and in a name. */
static void every_byte(void)
{
    char target[16];
    int right = 1;
    for (unsigned c = 0; c < 256; c++) {
        int good =
            c > ' ' && c < 0x7F && strchr("\"*:<>?\\|/.", (int)c) == NULL;
        snprintf(target, sizeof target, "/%%%02x", c);
        int alone = path_of(target, path, sizeof path);
        snprintf(target, sizeof target, "/a%%%02Xb", c);
        int within = path_of(target, path, sizeof path);
        int good_within = good || c == ' ' || c == '.' || c == '/';
        if (alone != (good ? 200 : 404) ||
            within != (good_within ? 200 : 404)) {
            right = 0;
            printf("# byte %u: %d, %d\n", c, alone, within);
        }
    }
    ok(right, "each of 256 bytes, alone and in a name");
}

static void ranges(void)
{
    static const struct {
        long long first, last;
        unsigned long long size;
        int status;
        unsigned long long from, length;
    } cases[] = {{0, 0, 10, 206, 0, 1},    {0, 9, 10, 206, 0, 10},
                 {0, 99, 10, 206, 0, 10},  {5, -1, 10, 206, 5, 5},
                 {9, 9, 10, 206, 9, 1},    {10, -1, 10, 416, 0, 0},
                 {10, 20, 10, 416, 0, 0},  {-1, 3, 10, 206, 7, 3},
                 {-1, 99, 10, 206, 0, 10}, {-1, 0, 10, 416, 0, 0},
                 {0, -1, 0, 416, 0, 0},    {-1, 5, 0, 416, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Request request = {.has_range = true,
                           .first = cases[i].first,
                           .last = cases[i].last,
                           .if_range = -1,
                           .if_modified_since = -1};
        Answer answer = {0};
        answer_with_file(&answer, &request, cases[i].size, 1000);
        ok(answer.status == cases[i].status &&
               answer.length == cases[i].length &&
               (answer.length == 0 || answer.first == cases[i].from),
           "%lld-%lld of %llu: %d", cases[i].first, cases[i].last,
           cases[i].size, cases[i].status);
    }
}

static void conditions(void)
{
    Request request = {.if_modified_since = 1000, .if_range = -1};
    Answer answer = {0};
    answer_with_file(&answer, &request, 10, 1000);
    is((unsigned)answer.status, 304, "not modified since: 304");
    answer_with_file(&answer, &request, 10, 1001);
    is((unsigned)answer.status, 200, "modified: 200");
    request = (Request){.has_range = true,
                        .last = 4,
                        .if_modified_since = -1,
                        .if_range = 1000};
    answer_with_file(&answer, &request, 10, 1000);
    is((unsigned)answer.status, 206, "the range of that version");
    answer_with_file(&answer, &request, 10, 1001);
    is((unsigned)answer.status, 200, "of another: all of it");
    request.head_only = true;
    answer_with_file(&answer, &request, 10, 1000);
    is((unsigned)answer.status, 200, "to HEAD a range is nothing");
    request = (Request){.if_modified_since = -1, .if_range = -1};
    answer_with_file(&answer, &request, 10, -11644473600);
    is((unsigned)answer.status, 200, "a file without a time: 200");
}

static void heads(void)
{
    static char text[ANSWER_HEAD];
    static char target[REQUEST_TARGET];
    Answer answer = {.status = 301, .modified = -1, .moved_from = target};
    memset(target, 'a', sizeof target - 1);
    size_t size = answer_text(&answer, 0, text);
    is(size, strlen(text), "the longest head fits");
    ok(strstr(text, target) != NULL, "whole");
    answer.moved_from = "/a?b";
    answer_text(&answer, 0, text);
    ok(strstr(text, "\r\nLocation: /a/?b\r\n") != NULL,
       "the slash goes before the query");
    static const int statuses[] = {301, 400, 403, 404, 405, 408, 413, 414,
                                   416, 417, 431, 500, 501, 503, 505};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char *body;
        size_t length = 0;
        answer.status = statuses[i];
        answer_text(&answer, 0, text);
        body = strstr(text, "\r\n\r\n");
        sscanf(strstr(text, "Content-Length: ") + 16, "%zu", &length);
        ok(body != NULL && strlen(body + 4) == length && length > 40,
           "%d says how long its body is", statuses[i]);
    }
    answer = (Answer){.status = 200, .modified = 2000, .type = ""};
    answer_text(&answer, 1000, text);
    ok(strstr(text, "\r\nLast-Modified: Thu, 01 Jan 1970 00:16:40 GMT\r\n") !=
           NULL,
       "nothing has been modified later than now");
    answer = (Answer){.status = 304, .modified = 0};
    answer_text(&answer, 0, text);
    ok(strstr(text, "Content-Length") == NULL, "304 has none");
}

static void types(void)
{
    ok(strcmp(path_type("a.b/c.HTML"), "text/html; charset=utf-8") == 0,
       "HTML in any case");
    ok(strcmp(path_type("a.html/b"), "application/octet-stream") == 0,
       "a folder's name is no type");
    ok(strcmp(path_type("a.htmlhtmlhtml"), "application/octet-stream") == 0,
       "a long ending");
    ok(strcmp(path_type("a."), "application/octet-stream") == 0, "none");
}

int main(void)
{
    names();
    refused();
    every_byte();
    ranges();
    conditions();
    heads();
    types();
    return done_testing();
}
