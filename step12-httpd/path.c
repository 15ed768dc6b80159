#include "path.h"

#include <string.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char upper(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    return c;
}

/* Resolves %XX up to the query. */
static int decode(const char *target, char *path, size_t size, size_t *length)
{
    *length = 0;
    while (*target != '\0' && *target != '?') {
        char c = *target++;
        if (c == '%') {
            int high = digit(target[0]);
            int low = high < 0 ? -1 : digit(target[1]);
            if (low < 0)
                return 400;
            c = (char)(16 * high + low);
            target += 2;
        }
        if (*length + 1 >= size)
            return 414;
        path[(*length)++] = c;
    }
    path[*length] = '\0';
    return 200;
}

/* How many bytes the character at text has, 0 if it isn't one of UTF-8: too long,
   half of a pair, or beyond the last. */
static size_t character(const unsigned char *text)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80             ? 1
                  : (text[0] & 0xE0) == 0xC0 ? 2
                  : (text[0] & 0xF0) == 0xE0 ? 3
                  : (text[0] & 0xF8) == 0xF0 ? 4
                                             : 0;
    if (size <= 1)
        return size;
    unsigned long value = text[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3F);
    }
    if (value < least[size] || value > 0x10FFFF ||
        (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    return size;
}

/* Names of devices, in every folder and with whatever behind a dot. The digits may
   be the three small raised ones, too. */
static bool is_device(const char *name, size_t size)
{
    static const char *const names[] = {"CON", "PRN",    "AUX",
                                        "NUL", "CONIN$", "CONOUT$"};
    const char *dot = memchr(name, '.', size);
    char start[8] = "";
    if (dot != NULL)
        size = (size_t)(dot - name);
    while (size > 0 && name[size - 1] == ' ')
        size--;
    if (size >= sizeof start)
        return false;
    for (size_t i = 0; i < size; i++)
        start[i] = upper(name[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(start, names[i]) == 0)
            return true;
    if (strncmp(start, "COM", 3) != 0 && strncmp(start, "LPT", 3) != 0)
        return false;
    return (size == 4 && start[3] >= '0' && start[3] <= '9') ||
           (size == 5 && start[3] == '\xC2' &&
            strchr("\xB9\xB2\xB3", start[4]) != NULL);
}

/* Whether Windows takes the name for that of a file in the folder, and of this one.
   "." and "..", and what it would cut off at the end, are not. */
static bool is_file_name(const char *name, size_t size)
{
    size_t step;
    if (size == 0 || name[size - 1] == '.' || name[size - 1] == ' ')
        return false;
    for (size_t i = 0; i < size; i += step) {
        unsigned char c = (unsigned char)name[i];
        step = character((const unsigned char *)name + i);
        if (step == 0 || c < ' ' || strchr("\\:*?\"<>|\x7F", c) != NULL)
            return false;
    }
    return !is_device(name, size);
}

int path_of(const char *target, char *path, size_t size)
{
    size_t length;
    int status = *target == '/' ? decode(target + 1, path, size, &length) : 400;
    if (status != 200)
        return status;
    if (memchr(path, '\0', length) != NULL)
        return 404;
    for (char *name = path; *name != '\0';) {
        size_t end = strcspn(name, "/");
        if (!is_file_name(name, end))
            return 404;
        name += end;
        if (*name == '/')
            name++;
    }
    if (length > 0 && path[length - 1] != '/')
        return 200;
    if (length + sizeof "index.html" > size)
        return 414;
    strcpy(path + length, "index.html");
    return 200;
}

const char *path_type(const char *path)
{
    static const char *const types[][2] = {
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"txt", "text/plain; charset=utf-8"},
        {"json", "application/json"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"ico", "image/x-icon"},
        {"woff2", "font/woff2"},
        {"pdf", "application/pdf"},
        {"epub", "application/epub+zip"}};
    const char *name = strrchr(path, '/');
    const char *dot = strrchr(name == NULL ? path : name, '.');
    char ending[8] = "";
    if (dot != NULL)
        for (size_t i = 0; i + 1 < sizeof ending && dot[i + 1] != '\0'; i++)
            ending[i] = (char)(dot[i + 1] >= 'A' && dot[i + 1] <= 'Z'
                                   ? dot[i + 1] + 'a' - 'A'
                                   : dot[i + 1]);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(ending, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}
