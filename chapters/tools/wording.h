/* What printf leaves of a sentence: "1 blocks of memory are left" becomes "1
   block of memory is left", and a wait of 4294967295 ms one of INFINITE. So a
   checker writes its lesson once, for any number. */
#ifndef WORDING_H
#define WORDING_H

#include <ctype.h>
#include <string.h>

/* text[at ..] is this word, and ends there. */
static int wording_is(const char *text, const char *word)
{
    size_t size = strlen(word);
    return strncmp(text, word, size) == 0 &&
           !isalnum((unsigned char)text[size]);
}

/* The first of the words that stands here, or NULL. */
static const char *wording_one_of(const char *text, const char *const words[])
{
    while (*words != NULL && !wording_is(text, *words))
        words++;
    return *words;
}

/* In place of size characters; the text doesn't get longer. */
static void wording_put(char *text, size_t size, const char *other)
{
    size_t length = strlen(other);
    memcpy(text, other, length);
    memmove(text + length, text + size, strlen(text + size) + 1);
}

static char *wording_next(char *text)
{
    text += strcspn(text, " ");
    return *text == '\0' ? text : text + 1;
}

/* After "1 ": the noun, and the verb if nothing but what belongs to the noun
   stands between them. */
static void wording_singular(char *text)
{
    static const char *const nouns[] = {
        "associations", "blocks",  "bytes",  "callbacks", "calls",
        "characters",   "events",  "jobs",   "links",     "operations",
        "packets",      "reads",   "things", "threads",   "times",
        "sockets",      "streams", "turns",  "wakes",     "workers",
        "handles",      NULL};
    static const char *const before[] = {"more", "thread", "of", NULL};
    static const char *const between[] = {
        "of",     "memory", "them",   "its",        "a",
        "the",    "two",    "closed", "operations", "sockets",
        "stream", "reads",  "that",   "still",      NULL};
    const char *noun = NULL;
    int partitive = wording_is(text, "of");
    while (!partitive && (noun = wording_one_of(text, nouns)) == NULL &&
           wording_one_of(text, before) != NULL)
        text = wording_next(text);
    if (noun != NULL) {
        char *end = text + strlen(noun);
        memmove(end - 1, end, strlen(end) + 1);
        if (end[-1] != ' ' || wording_is(noun, "times"))
            return;
        text = end;
    }
    while (wording_one_of(text, between) != NULL)
        text = wording_next(text);
    static const char *const verbs[][2] = {
        {"are", "is"},         {"aren't", "isn't"}, {"were", "was"},
        {"weren't", "wasn't"}, {"have", "has"},     {"haven't", "hasn't"},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (wording_is(text, verbs[i][0])) {
            wording_put(text, strlen(verbs[i][0]), verbs[i][1]);
            return;
        }
}

/* "stream 1": which one, not how many. */
static int wording_names(const char *text, size_t before)
{
    static const char *const names[] = {"stream", "streams", "thread", "packet",
                                        "token",  "job",     "letter", "call",
                                        "reader", "peer",    NULL};
    size_t size = 0;
    if (before == 0 || text[before - 1] != ' ')
        return 0;
    for (size_t i = before - 1; i > 0 && isalpha((unsigned char)text[i - 1]);
         i--)
        size++;
    return wording_one_of(text + before - 1 - size, names) != NULL;
}

__attribute__((unused)) static void wording_mend(char *text)
{
    static const char infinite[] = "4294967295";
    for (char *c = text; *c != '\0'; c++) {
        if (!isdigit((unsigned char)*c) ||
            (c > text && (isalnum((unsigned char)c[-1]) || c[-1] == '.')))
            continue;
        if (wording_is(c, infinite) &&
            (wording_is(c + strlen(infinite), " ms") ||
             (c - text >= 5 && strncmp(c - 5, "wait ", 5) == 0) ||
             (c - text >= 11 && strncmp(c - 11, "timeout of ", 11) == 0))) {
            char *unit = c + strlen(infinite);
            if (wording_is(unit, " ms"))
                memmove(unit, unit + 3, strlen(unit + 3) + 1);
            wording_put(c, strlen(infinite), "INFINITE");
        } else if (wording_is(c, "1") && c[1] == ' ' &&
                   !wording_names(text, (size_t)(c - text)))
            wording_singular(c + 2);
    }
}

#endif
