// libs: -lntdll
/* Tags of versions: sent with a file, and known when they come back. */
#include "check.h"
#include <stdio.h>
#include <string.h>

#include "answer.h"

enum { SIZE = 1000, WHEN = 784111777 };

static Request request;
static char text[ANSWER_HEAD];
static char tag[200];

/* A request with this header, its line's end included. */
static void ask(const char *header)
{
    char head[1200];
    size_t taken;
    int size = snprintf(head, sizeof head,
                        "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", header);
    require(request_parse(head, (size_t)size, &request, &taken) == 200,
            "the request with %s is not understood", header);
}

/* The status for a file like this, and in tag what its answer says. */
static int answered(unsigned long long size, HttpTime modified)
{
    Answer answer = {.type = "text/plain", .modified = -1, .keep_alive = true};
    answer_with_file(&answer, &request, size, modified);
    size_t length = answer_text(&answer, WHEN, text);
    require(length == strlen(text) && strstr(text, "\r\n\r\n") != NULL,
            "the head is not whole: %.300s", text);
    const char *found = strstr(text, "\r\nETag: ");
    tag[0] = '\0';
    if (found != NULL)
        snprintf(tag, sizeof tag, "%.*s", (int)strcspn(found + 8, "\r"),
                 found + 8);
    if (answer.status == 304)
        expect(answer.length == 0, "304 has no body",
               "an answer of 304 is to send %llu bytes", answer.length);
    return answer.status;
}

static void sent(void)
{
    char first[200];
    stage("an answer with a file");
    ask("");
    need(answered(SIZE, WHEN) == 200, "200",
         "without a tag the status is not 200");
    size_t size = strlen(tag);
    need(size > 2 && tag[0] == '"' && tag[size - 1] == '"',
         "200 has a tag, in quotes", "the answer has no ETag in quotes: '%s'",
         tag);
    expect(strchr(tag + 1, '"') == tag + size - 1 && strchr(tag, ' ') == NULL,
           "without quotes or blanks in it", "no client can send %s back", tag);
    strcpy(first, tag);
    answered(SIZE + 1, WHEN);
    expect(strcmp(tag, first) != 0, "another size, another tag",
           "files of %d and %d bytes are both %s", SIZE, SIZE + 1, tag);
    answered(SIZE, WHEN + 1);
    expect(strcmp(tag, first) != 0, "another time, another tag",
           "a file that was written a second later is %s still", tag);
    answered(1, 23);
    strcpy(first, tag);
    answered(12, 3);
    expect(strcmp(tag, first) != 0, "size and time apart",
           "a byte of second 23 and 12 bytes of second 3 are both %s", tag);
    ask("Range: bytes=0-9\r\n");
    expect(answered(SIZE, WHEN) == 206 && tag[0] != '\0', "206 has it, too",
           "a part of the file has no ETag");
    ask("Range: bytes=5000-\r\n");
    expect(answered(SIZE, WHEN) == 416 && tag[0] == '\0', "416 has none",
           "416 says %s: of what is that a version?", tag);
    Answer none = {.status = 404, .modified = -1};
    answer_text(&none, WHEN, text);
    expect(strstr(text, "ETag") == NULL, "404 has none", "404 says ETag");
}

/* Whether a list with the file's tag in place of % is answered with 304. */
static void gives(int status, const char *list)
{
    char header[600];
    char filled[500] = "";
    for (const char *c = list; *c != '\0'; c++) {
        size_t used = strlen(filled);
        if (*c == '%')
            snprintf(filled + used, sizeof filled - used, "%s", tag);
        else
            snprintf(filled + used, sizeof filled - used, "%c", *c);
    }
    char mine[200];
    strcpy(mine, tag);
    snprintf(header, sizeof header, "If-None-Match: %s\r\n", filled);
    ask(header);
    int got = answered(SIZE, WHEN);
    expect(got == status, list,
           "If-None-Match: %s: %d, not %d (the file is %s)", filled, got,
           status, mine);
    if (got == 304)
        expect(strcmp(tag, mine) == 0, "304 says which",
               "304 has ETag '%s', not %s", tag, mine);
    strcpy(tag, mine);
}

static void known(void)
{
    stage("a tag comes back");
    ask("");
    answered(SIZE, WHEN);
    gives(304, "%");
    gives(200, "\"other\"");
    gives(304, "\"other\", %");
    gives(304, "%,\"other\"");
    gives(304, "W/%");
    gives(304, "W/\"a\" ,  W/%");
    gives(304, "*");
    gives(304, "\"a,b\", %");
    gives(200, "\"a,\"");
    gives(200, "other, %");
    gives(200, "\"open");
    gives(304, "%, \"open");
    gives(200, "W/");
    gives(200, ",,");
    stage("what has no list");
    ask("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    expect(answered(SIZE, WHEN) == 304, "If-Modified-Since as before",
           "If-Modified-Since is not heeded any more");
    ask("If-None-Match: \"other\"\r\n"
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    expect(answered(SIZE, WHEN) == 200, "the tag comes before the time",
           "another tag, and the same second: 304. Which of the two is to be "
           "believed?");
}

void examine(const Checker *table)
{
    BEGIN(table);
    sent();
    known();
}
