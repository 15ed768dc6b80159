#include "fetch.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "poll.h"
#include "tcpstream.h"

enum { CAPACITY = 16, REQUEST_MAX = 2048, BUFFER_MIN = 4096 };

typedef struct Fetch {
    const char *url;
    const wchar_t *file; /* for the body: NULL for none, - for stdout */
    unsigned long long start;
    TcpStream stream;
    char *data; /* the response so far, with room for a 0 behind it */
    size_t size;
    size_t capacity;
    Response response; /* points into data */
} Fetch;

static DWORD patience = INFINITE; /* milliseconds for each */
static FILE *report; /* standard error if a body goes to standard output */
static int failures;

static void check(const char *what, DWORD error)
{
    if (error != 0) {
        fprintf(stderr, "%s: error %lu\n", what, error);
        exit(1);
    }
}

static const char *explain(DWORD error)
{
    static const struct {
        DWORD error;
        const char *text;
    } known[] = {
        {ERROR_INVALID_NAME, "no http://host:port/path in ASCII, or too long"},
        {ERROR_INVALID_DATA, "no HTTP/1.0 response: is it a web server?"},
        {ERROR_NOT_SUPPORTED, "in pieces (chunked), which isn't HTTP/1.0"},
        {ERROR_HANDLE_EOF, "cut short: the server closed before the end"},
        {ERROR_WRITE_FAULT, "cannot write the file: is there room, may you?"},
        {WSAECONNRESET, "the server reset the connection"},
        {WSAETIMEDOUT, "not in time: is the address right, the timeout long?"},
        {WSAECONNREFUSED, "refused: does a server listen on this port?"},
        {WSAHOST_NOT_FOUND, "no such host: is the name right?"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].error == error)
            return known[i].text;
    return "look the number up among the Windows system error codes";
}

static DWORD save(const Fetch *fetch, const Response *response)
{
    if (fetch->file == NULL)
        return 0;
    FILE *file =
        wcscmp(fetch->file, L"-") == 0 ? stdout : _wfopen(fetch->file, L"wb");
    if (file == NULL)
        return ERROR_WRITE_FAULT;
    size_t written = fwrite(response->body, 1, response->size, file);
    int failed = fflush(file); /* fclose alone may not tell of a full disk */
    if (file != stdout)
        failed |= fclose(file);
    return written == response->size && failed == 0 ? 0 : ERROR_WRITE_FAULT;
}

/* Ends a fetch, well or badly, with the one line that tells of it. */
static void finish(Fetch *fetch, DWORD error)
{
    if (error == 0)
        error = save(fetch, &fetch->response);
    if (error == 0) {
        fprintf(report, "%d %10zu bytes %6lu ms  %s\n", fetch->response.status,
                fetch->response.size, (unsigned long)(now_ms() - fetch->start),
                fetch->url);
    } else {
        fprintf(report, "%s: %s (error %lu)\n", fetch->url, explain(error),
                error);
        failures++;
    }
    tcp_stream_close(&fetch->stream);
    free(fetch->data);
}

/* Begins to connect; the request goes out as soon as that is done. */
static DWORD begin(Fetch *fetch, Registrator *registrator, Token token)
{
    Url url;
    char request[REQUEST_MAX];
    DWORD count;
    DWORD error = http_parse_url(fetch->url, &url);
    if (error != 0)
        return error;
    int size = snprintf(request, sizeof request,
                        "GET %s%s HTTP/1.0\r\nHost: %.*s\r\n"
                        "Connection: close\r\n\r\n",
                        *url.rest == '/' ? "" : "/", url.rest,
                        (int)(url.rest - url.authority), url.authority);
    if (size < 0 || size >= REQUEST_MAX)
        return ERROR_INVALID_NAME;
    error = tcp_stream_connect(&fetch->stream, registrator, token, url.host,
                               url.port);
    if (error == 0)
        error = tcp_stream_write(&fetch->stream, request, (size_t)size, &count);
    if (error == 0)
        error = tcp_stream_set_deadline(&fetch->stream, READABLE | WRITABLE,
                                        patience);
    return error;
}

/* Doubles the room for the response when less than a read's worth is left. */
static DWORD make_room(Fetch *fetch)
{
    if (fetch->capacity - fetch->size > CONNECTION_BUFFER)
        return 0;
    size_t capacity = fetch->capacity > 0 ? fetch->capacity * 2 : BUFFER_MIN;
    char *data = realloc(fetch->data, capacity);
    if (data == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    fetch->data = data;
    fetch->capacity = capacity;
    return 0;
}

/* Takes in what has arrived. 0 if the answer is whole; if not, WSAEWOULDBLOCK,
   and the next read is started. */
static DWORD advance(Fetch *fetch, Registrator *registrator, Token token)
{
    DWORD count = 0, error, answer;
    do {
        fetch->size += count;
        error = make_room(fetch);
        if (error != 0)
            return error;
        error = tcp_stream_read(&fetch->stream, fetch->data + fetch->size,
                                CONNECTION_BUFFER, &count);
    } while (error == 0 && count > 0);
    fetch->data[fetch->size] = '\0';
    answer = http_parse_response(fetch->data, fetch->size, error == 0,
                                 &fetch->response);
    if (answer != ERROR_HANDLE_EOF || error == 0)
        return answer;
    if (error != WSAEWOULDBLOCK)
        return error;
    error = tcp_stream_register(&fetch->stream, registrator, token, READABLE);
    return error == 0 ? WSAEWOULDBLOCK : error;
}

/* WSAEWOULDBLOCK: the first read is started. */
static DWORD connected(Fetch *fetch, Registrator *registrator,
                       const Event *event)
{
    if (event->error != 0)
        return event->error;
    DWORD error = tcp_stream_register(&fetch->stream, registrator, event->token,
                                      READABLE);
    return error == 0 ? WSAEWOULDBLOCK : error;
}

static void fetch_all(Fetch *fetches, int count)
{
    Poll poll;
    Registrator registrator;
    Event list[CAPACITY];
    Events events = {.list = list, .capacity = CAPACITY};
    int running = 0;
    check("creating the poll", poll_create(&poll));
    check("making a registrator", poll_registrator(&poll, &registrator));
    for (int i = 0; i < count; i++) {
        fetches[i].start = now_ms();
        DWORD error = begin(&fetches[i], &registrator, (Token)i);
        if (error != 0)
            finish(&fetches[i], error);
        else
            running++;
    }
    while (running > 0) {
        check("waiting", poll_wait(&poll, &events, INFINITE));
        for (ULONG i = 0; i < events.count; i++) {
            Fetch *fetch = &fetches[list[i].token];
            DWORD error = list[i].ready == WRITABLE
                              ? connected(fetch, &registrator, &list[i])
                              : advance(fetch, &registrator, list[i].token);
            if (error == WSAEWOULDBLOCK)
                continue;
            finish(fetch, error);
            running--;
        }
    }
    check("destroying the poll", poll_destroy(&poll));
    check("releasing", registrator_release(&registrator));
}

/* The same text for as long as the program runs, with an invalid character for
   each that no URL may have. */
static const char *ascii(const wchar_t *text)
{
    char *copy = calloc(wcslen(text) + 1, 1);
    check("starting", copy == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0);
    for (size_t i = 0; text[i] != L'\0'; i++)
        copy[i] = (char)(text[i] > L' ' && text[i] <= L'~' ? text[i] : 0xFF);
    return copy;
}

/* Turns the arguments into fetches; -1 if they make no sense. */
static int parse_arguments(int argc, wchar_t **argv, Fetch *fetches)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        if (wcscmp(argv[i], L"-o") == 0 && i + 1 < argc) {
            fetches[count].file = argv[++i];
            if (wcscmp(argv[i], L"-") == 0)
                report = stderr;
        } else if (wcscmp(argv[i], L"--timeout") == 0 && i + 1 < argc) {
            wchar_t *end;
            patience = wcstoul(argv[++i], &end, 10);
            if (end == argv[i] || *end != L'\0')
                return -1;
        } else if (*argv[i] == L'-') {
            return -1;
        } else {
            fetches[count++].url = ascii(argv[i]);
        }
    }
    return fetches[count].file == NULL ? count : -1;
}

int fetch(int argc, wchar_t **argv)
{
    Fetch *fetches = calloc((size_t)argc + 1, sizeof *fetches);
    check("starting", fetches == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0);
    report = stdout;
    int count = parse_arguments(argc, argv, fetches);
    if (count > 0) {
        _setmode(_fileno(stdout), _O_BINARY);
        fetch_all(fetches, count);
        fflush(report);
        check("writing the report", ferror(report) ? ERROR_WRITE_FAULT : 0);
    }
    free(fetches);
    return count <= 0 ? 2 : failures > 0;
}
