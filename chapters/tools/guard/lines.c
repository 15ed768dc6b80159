/* From an address to a line of source, by the line table that the compiler
   leaves in the program's file with -g: section 6.2 of the DWARF standard,
   versions 2 to 5. Read once, when there is a fault to tell of. */
#include <stdio.h>

#include "inside.h"

typedef struct Bytes {
    const unsigned char *at, *end;
} Bytes;

static Bytes lines, line_strings, strings;
static ULONG_PTR base; /* where the file says that the program starts */

static unsigned long long number(Bytes *in, int size)
{
    unsigned long long value = 0;
    for (int i = 0; i < size; i++)
        if (in->at < in->end)
            value |= (unsigned long long)*in->at++ << (8 * i);
    return value;
}

/* Seven bits a byte, the lowest first. */
static unsigned long long packed(Bytes *in, int is_signed)
{
    unsigned long long value = 0;
    int shift = 0, byte = 0x80;
    while ((byte & 0x80) && in->at < in->end && shift < 64) {
        byte = *in->at++;
        value |= (unsigned long long)(byte & 0x7F) << shift;
        shift += 7;
    }
    if (is_signed && (byte & 0x40) && shift < 64)
        value |= ~0ull << shift;
    return value;
}

static const char *text(Bytes *in)
{
    const char *start = (const char *)in->at;
    while (in->at < in->end && *in->at != '\0')
        in->at++;
    if (in->at == in->end)
        return "";
    in->at++;
    return start;
}

static const char *text_at(Bytes in, unsigned long long offset)
{
    if (offset >= (size_t)(in.end - in.at))
        return "";
    in.at += offset;
    return text(&in);
}

static Bytes section(const unsigned char *file, size_t size, const char *name)
{
    const IMAGE_DOS_HEADER *dos = (const void *)file;
    const IMAGE_NT_HEADERS *header = (const void *)(file + dos->e_lfanew);
    const IMAGE_SECTION_HEADER *sections = IMAGE_FIRST_SECTION(header);
    const char *names = (const char *)file +
                        header->FileHeader.PointerToSymbolTable +
                        header->FileHeader.NumberOfSymbols * 18;
    for (int i = 0; i < header->FileHeader.NumberOfSections; i++) {
        const IMAGE_SECTION_HEADER *s = &sections[i];
        char own_name[9] = "";
        for (int k = 0; k < 8; k++)
            own_name[k] = (char)s->Name[k];
        const char *its = own_name;
        if (its[0] == '/') /* a long name stands among the symbols' */
            its = names + atoi(its + 1);
        size_t used = s->Misc.VirtualSize < s->SizeOfRawData
                          ? s->Misc.VirtualSize
                          : s->SizeOfRawData;
        if (its < (const char *)file + size && strcmp(its, name) == 0 &&
            s->PointerToRawData + used <= size)
            return (Bytes){file + s->PointerToRawData,
                           file + s->PointerToRawData + used};
    }
    return (Bytes){0};
}

static void read_program(void)
{
    char path[1024];
    static int tried;
    if (tried++ || GetModuleFileNameA(NULL, path, sizeof path) == 0)
        return;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    unsigned char *bytes = own((size_t)size + 1);
    size_t count = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    if (count != (size_t)size || size < 1024)
        return;
    const IMAGE_DOS_HEADER *dos = (const void *)bytes;
    const IMAGE_NT_HEADERS *header = (const void *)(bytes + dos->e_lfanew);
    base = header->OptionalHeader.ImageBase;
    lines = section(bytes, count, ".debug_line");
    line_strings = section(bytes, count, ".debug_line_str");
    strings = section(bytes, count, ".debug_str");
}

enum {
    FORM_DATA2 = 0x05,
    FORM_STRING = 0x08,
    FORM_DATA1 = 0x0b,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_DATA16 = 0x1e,
    FORM_LINE_STRP = 0x1f,
    CONTENT_PATH = 1
};

/* Version 5 says how its lists of folders and files are made. Leaves the name
   of entry number wanted in *name. */
static void skip_list(Bytes *in, unsigned long long wanted, const char **name)
{
    Bytes formats;
    int kinds = (int)number(in, 1);
    formats = *in;
    for (int i = 0; i < 2 * kinds; i++)
        packed(in, 0);
    unsigned long long count = packed(in, 0);
    for (unsigned long long entry = 0; entry < count && in->at < in->end;
         entry++) {
        Bytes format = formats;
        for (int i = 0; i < kinds; i++) {
            const char *is = "";
            int content = (int)packed(&format, 0);
            switch (packed(&format, 0)) {
            case FORM_STRING:
                is = text(in);
                break;
            case FORM_LINE_STRP:
                is = text_at(line_strings, number(in, 4));
                break;
            case FORM_STRP:
                is = text_at(strings, number(in, 4));
                break;
            case FORM_UDATA:
                packed(in, 0);
                break;
            case FORM_DATA1:
                number(in, 1);
                break;
            case FORM_DATA2:
                number(in, 2);
                break;
            case FORM_DATA16:
                number(in, 16);
                break;
            }
            if (content == CONTENT_PATH && entry == wanted)
                *name = is;
        }
    }
}

static const char *file_name(int version, Bytes header,
                             unsigned long long wanted)
{
    const char *name = "", *folder = "";
    if (version >= 5) {
        skip_list(&header, ~0ull, &folder);
        skip_list(&header, wanted, &name);
    } else {
        while (*text(&header) != '\0')
            ;
        for (unsigned long long i = 1;; i++) {
            const char *is = text(&header);
            if (*is == '\0')
                break;
            for (int k = 0; k < 3; k++)
                packed(&header, 0);
            if (i == wanted)
                name = is;
        }
    }
    for (const char *c = name; *c != '\0'; c++)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    return name;
}

/* Runs one unit's line program until it covers the address. */
static int find_in_unit(Bytes unit, unsigned long long address, char *where,
                        size_t size)
{
    int version = (int)number(&unit, 2);
    if (version >= 5)
        number(&unit, 2); /* sizes of an address and of a segment's number */
    unsigned long long header_size = number(&unit, 4);
    Bytes header = unit;
    unit.at += header_size;
    unsigned long long step = number(&header, 1);
    if (version >= 4)
        number(&header, 1);
    number(&header, 1);
    int line_base = (signed char)number(&header, 1);
    int line_range = (int)number(&header, 1);
    int opcode_base = (int)number(&header, 1);
    unsigned char arguments[256] = {0};
    for (int i = 1; i < opcode_base; i++)
        arguments[i] = (unsigned char)number(&header, 1);
    if (version < 2 || version > 5 || line_range == 0)
        return 0;

    typedef struct Row {
        unsigned long long address, file;
        long long line;
    } Row;
    Row row = {0, 1, 1}, before = {0, 0, 0};
    while (unit.at < unit.end) {
        int opcode = (int)number(&unit, 1), emit = 0, last = 0;
        if (opcode >= opcode_base) {
            row.address +=
                (unsigned)(opcode - opcode_base) / (unsigned)line_range * step;
            row.line += line_base + (opcode - opcode_base) % line_range;
            emit = 1;
        } else if (opcode == 0) {
            Bytes extended = unit;
            unsigned long long length = packed(&extended, 0);
            extended.end = extended.at + length;
            unit.at = extended.end;
            opcode = (int)number(&extended, 1);
            if (opcode == 1)
                emit = last = 1;
            else if (opcode == 2)
                row.address = number(&extended, (int)length - 1);
        } else {
            switch (opcode) {
            case 1:
                emit = 1;
                break;
            case 2:
                row.address += packed(&unit, 0) * step;
                break;
            case 3:
                row.line += (long long)packed(&unit, 1);
                break;
            case 4:
                row.file = packed(&unit, 0);
                break;
            case 8:
                row.address +=
                    (unsigned)(255 - opcode_base) / (unsigned)line_range * step;
                break;
            case 9:
                row.address += number(&unit, 2);
                break;
            default:
                for (int i = 0; i < arguments[opcode]; i++)
                    packed(&unit, 0);
            }
        }
        if (emit) {
            if (before.file != 0 && before.address <= address &&
                address < row.address && before.line > 0) {
                snprintf(where, size, "%s:%lld",
                         file_name(version, header, before.file - 1),
                         before.line);
                return 1;
            }
            before = row;
            before.file++; /* 0 is none */
        }
        if (last) {
            row = (Row){0, 1, 1};
            before.file = 0;
        }
    }
    return 0;
}

int line_of(ULONG_PTR offset, char *where, size_t size)
{
    read_program();
    Bytes in = lines;
    while (in.at < in.end) {
        unsigned long long length = number(&in, 4);
        Bytes unit = {in.at, in.at + length};
        if (length > (size_t)(in.end - in.at))
            return 0;
        in.at = unit.end;
        if (find_in_unit(unit, base + offset, where, size))
            return 1;
    }
    return 0;
}
