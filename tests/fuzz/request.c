/* A fuzzer for what step 12 makes of a client's bytes, natively, with libFuzzer:
   make fuzz [SECONDS=60]. What it found worth keeping is in corpus/. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "path.h"

/* Stops the fuzzer, which then shows the bytes. */
static void must(int held)
{
    if (!held)
        abort();
}

/* No name that leads elsewhere: each part is one that could stand alone. */
static void check_path(const char *path)
{
    must(*path != '/' && strpbrk(path, "\\:*?\"<>|") == NULL);
    for (const char *name = path; name != NULL;
         name = strchr(name, '/'), name = name == NULL ? NULL : name + 1) {
        size_t size = strcspn(name, "/");
        must(size > 0 && name[size - 1] != '.' && name[size - 1] != ' ');
    }
}

static void check_answer(const Request *request)
{
    static const unsigned long long sizes[] = {0, 1, 10, 70000, 1ULL << 40};
    char text[ANSWER_HEAD];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Answer answer = {.type = "a/b", .modified = 0};
        answer_with_file(&answer, request, sizes[i], 784111777);
        must(answer.first + answer.length <= sizes[i]);
        must(answer.status != 206 || answer.length > 0);
        must(answer_text(&answer, 784111777, text) == strlen(text));
    }
    Answer answer = {
        .status = 301, .modified = -1, .moved_from = request->target};
    must(answer_text(&answer, 784111777, text) == strlen(text));
    must(strstr(text, "\r\n\r\n") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Request request, again;
    static char path[REQUEST_TARGET + 16];
    size_t taken, taken_again;
    char *bytes = malloc(size + 1); /* so that a look behind them is noticed */
    memcpy(bytes, data, size);
    bytes = realloc(bytes, size > 0 ? size : 1);
    int status = request_parse(bytes, size, &request, &taken);
    must(taken <= size && (status != 0 || size < REQUEST_HEAD));
    /* What comes behind a whole head changes nothing, */
    if (status == 200)
        must(request_parse(bytes, taken, &again, &taken_again) == 200 &&
             taken_again == taken && strcmp(again.target, request.target) == 0);
    /* and what lacks its last byte isn't whole. */
    if (status == 200)
        must(request_parse(bytes, taken - 1, &again, &taken_again) == 0);
    if (status == 200) {
        must(request.target[0] == '/');
        for (const char *at = request.target; *at != '\0'; at++)
            must(*at > ' ' && *at < 0x7F);
        if (path_of(request.target, path, sizeof path) == 200)
            check_path(path);
        check_answer(&request);
    }
    free(bytes);
    return 0;
}
