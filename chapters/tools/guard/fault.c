#include <stdarg.h>
#include <stdio.h>

#include "inside.h"

/* What the program ends with. */
enum { STOPPED = 255 };

static const struct {
    const char *rule, *section;
} rules[] = {
    [RULE_ONE_START] = {"an OVERLAPPED serves one operation at a time: start "
                        "again when its packet has been taken out",
                        "02-operation.html#lent"},
    [RULE_OUTLIVE] = {"an operation's OVERLAPPED and buffers stay in their "
                      "place until its packet has been taken out",
                      "02-operation.html#lent"},
    [RULE_HANDS_OFF] = {"an operation's OVERLAPPED and buffers are the "
                        "system's until its packet has been taken out",
                        "02-operation.html#lent"},
    [RULE_ONE_BUFFER] = {"what one operation fills, no other may use until "
                         "its packet has been taken out",
                         "02-operation.html#lent"},
    [RULE_KNOWN_PACKET] = {"a packet's pointer is used only where it is known "
                           "what was started with it",
                           "02-operation.html#layout-trick"},
    [RULE_POSTED] = {"a posted packet's pointer is no operation's, and what it "
                     "points to must live until the packet is taken out",
                     "04-registrator.html#wake"},
    [RULE_CLOSED] = {"a handle is closed once and not used after: its number "
                     "may be another's by then",
                     "03-selector.html#order"},
    [RULE_END] = {"what was started is taken out, and what was opened is "
                  "closed, before the program ends",
                  "03-selector.html#order"},
    [RULE_HEAP] = {"a block is freed once and not used after",
                   "02-operation.html#lent"},
};

Place place_of(const void *caller)
{
    Place place = {0};
    place.depth = intercept_callers(caller, place.offsets, PLACE_DEPTH);
    return place;
}

/* Text that is put together without the heap. */
typedef struct Text {
    char text[4096];
    size_t size;
} Text;

__attribute__((format(gnu_printf, 2, 3))) static void
add(Text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text->text + text->size,
                          sizeof text->text - text->size, format, arguments);
    va_end(arguments);
    if (added > 0)
        text->size += (size_t)added;
    if (text->size >= sizeof text->text)
        text->size = sizeof text->text - 1;
}

/* The line that matters first: where the book's ffi.c makes the calls, who
   called that. */
static void add_place(Text *text, const Place *place)
{
    enum { LINE = 80 };
    char lines[PLACE_DEPTH][LINE];
    int count = 0, first = 0;
    for (int i = 0; i < place->depth; i++)
        if (line_of(place->offsets[i], lines[count], LINE) &&
            strncmp(lines[count], "crtexe.c:", 9) != 0) /* that calls main */
            count++;
    while (first + 1 < count && strncmp(lines[first], "ffi.c:", 6) == 0)
        first++;
    if (count == 0) {
        if (place->depth == 0)
            add(text, "the system's code");
        else
            add(text, "offset %#llx (compile with -g to see the line)",
                (unsigned long long)place->offsets[0]);
        return;
    }
    add(text, "%s", lines[first]);
    if (first > 0)
        add(text, " (by %s)", lines[0]);
    for (int i = first + 1; i < count; i++)
        add(text, "%s%s", i == first + 1 ? ", called from " : ", ", lines[i]);
}

void fault(Rule rule, const Place *here, const Loan *loan,
           const char *other_did, const Place *other, const char *format, ...)
{
    static Text text;
    char what[400];
    va_list arguments;
    DWORD written;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    add(&text, "\nguard: %s", what);
    if (here != NULL) {
        add(&text, "\n  at ");
        add_place(&text, here);
    }
    if (loan != NULL) {
        add(&text, "\n  %s by %s at ", loan->posted ? "posted" : "lent",
            loan->call);
        add_place(&text, &loan->place);
    }
    if (other != NULL) {
        add(&text, "\n  %s at ", other_did);
        add_place(&text, other);
    }
    add(&text, "\n  rule: %s\n  see book/out/html/%s\n", rules[rule].rule,
        rules[rule].section);
    fflush(NULL);
    HANDLE error = GetStdHandle(STD_ERROR_HANDLE);
    system_calls.WriteFile != NULL
        ? system_calls.WriteFile(&error, error, text.text, (DWORD)text.size,
                                 &written, NULL)
        : 0;
    TerminateProcess(GetCurrentProcess(), STOPPED);
    abort();
}

void *own(size_t size)
{
    void *block = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
    if (block == NULL) {
        fputs("guard: no memory left for its own lists\n", stderr);
        TerminateProcess(GetCurrentProcess(), STOPPED);
    }
    return block;
}

void disown(void *block)
{
    HeapFree(GetProcessHeap(), 0, block);
}
