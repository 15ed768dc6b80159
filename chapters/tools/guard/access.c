/* Where the program's reads and writes can be seen: in the memory functions of
   C, which it calls by name, and, if it is compiled with
       -fsanitize=thread -fno-builtin     (and not linked with it)
   everywhere, as the compiler then calls a function at each. */
#include "inside.h"

/* The program's caller, as intercept.h has it. */
#define CALLER ((void **)__builtin_dwarf_cfa() - 1)

#define ACCESS(size)                                  \
    void __tsan_read##size(void *address);            \
    void __tsan_write##size(void *address);           \
    void __tsan_unaligned_read##size(void *address);  \
    void __tsan_unaligned_write##size(void *address); \
    void __tsan_read##size(void *address)             \
    {                                                 \
        access_at(CALLER, address, size, 0);          \
    }                                                 \
    void __tsan_write##size(void *address)            \
    {                                                 \
        access_at(CALLER, address, size, 1);          \
    }                                                 \
    void __tsan_unaligned_read##size(void *address)   \
    {                                                 \
        access_at(CALLER, address, size, 0);          \
    }                                                 \
    void __tsan_unaligned_write##size(void *address)  \
    {                                                 \
        access_at(CALLER, address, size, 1);          \
    }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __tsan_read_range(void *address, size_t size);
void __tsan_write_range(void *address, size_t size);
void __tsan_read_range(void *address, size_t size)
{
    access_at(CALLER, address, size, 0);
}
void __tsan_write_range(void *address, size_t size)
{
    access_at(CALLER, address, size, 1);
}

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_vptr_read(void **address);
void __tsan_vptr_update(void **address, void *value);
void __tsan_init(void)
{
}
void __tsan_func_entry(void *caller)
{
    (void)caller;
}
void __tsan_func_exit(void)
{
}
void __tsan_vptr_read(void **address)
{
    (void)address;
}
void __tsan_vptr_update(void **address, void *value)
{
    (void)value;
    access_at(CALLER, address, sizeof *address, 1);
}

/* The compiler turns atomic operations into these. */
#define ATOMIC(bits, type)                                                     \
    type __tsan_atomic##bits##_load(const volatile type *a, int order);        \
    void __tsan_atomic##bits##_store(volatile type *a, type value, int order); \
    type __tsan_atomic##bits##_exchange(volatile type *a, type value,          \
                                        int order);                            \
    int __tsan_atomic##bits##_compare_exchange_strong(                         \
        volatile type *a, type *expected, type value, int order, int failure); \
    int __tsan_atomic##bits##_compare_exchange_weak(                           \
        volatile type *a, type *expected, type value, int order, int failure); \
    type __tsan_atomic##bits##_load(const volatile type *a, int order)         \
    {                                                                          \
        (void)order;                                                           \
        access_at(CALLER, (const void *)a, sizeof *a, 0);                      \
        return __atomic_load_n(a, __ATOMIC_SEQ_CST);                           \
    }                                                                          \
    void __tsan_atomic##bits##_store(volatile type *a, type value, int order)  \
    {                                                                          \
        (void)order;                                                           \
        access_at(CALLER, (void *)a, sizeof *a, 1);                            \
        __atomic_store_n(a, value, __ATOMIC_SEQ_CST);                          \
    }                                                                          \
    type __tsan_atomic##bits##_exchange(volatile type *a, type value,          \
                                        int order)                             \
    {                                                                          \
        (void)order;                                                           \
        access_at(CALLER, (void *)a, sizeof *a, 1);                            \
        return __atomic_exchange_n(a, value, __ATOMIC_SEQ_CST);                \
    }                                                                          \
    int __tsan_atomic##bits##_compare_exchange_strong(                         \
        volatile type *a, type *expected, type value, int order, int failure)  \
    {                                                                          \
        (void)order;                                                           \
        (void)failure;                                                         \
        access_at(CALLER, (void *)a, sizeof *a, 1);                            \
        return __atomic_compare_exchange_n(                                    \
            a, expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);        \
    }                                                                          \
    int __tsan_atomic##bits##_compare_exchange_weak(                           \
        volatile type *a, type *expected, type value, int order, int failure)  \
    {                                                                          \
        (void)order;                                                           \
        (void)failure;                                                         \
        access_at(CALLER, (void *)a, sizeof *a, 1);                            \
        return __atomic_compare_exchange_n(                                    \
            a, expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);        \
    }                                                                          \
    ATOMIC_FETCH(bits, type, add)                                              \
    ATOMIC_FETCH(bits, type, sub)                                              \
    ATOMIC_FETCH(bits, type, and)                                              \
    ATOMIC_FETCH(bits, type, or)                                               \
    ATOMIC_FETCH(bits, type, xor)                                              \
    ATOMIC_FETCH(bits, type, nand)
#define ATOMIC_FETCH(bits, type, what)                                    \
    type __tsan_atomic##bits##_fetch_##what(volatile type *a, type value, \
                                            int order);                   \
    type __tsan_atomic##bits##_fetch_##what(volatile type *a, type value, \
                                            int order)                    \
    {                                                                     \
        (void)order;                                                      \
        access_at(CALLER, (void *)a, sizeof *a, 1);                       \
        return __atomic_fetch_##what(a, value, __ATOMIC_SEQ_CST);         \
    }
ATOMIC(8, unsigned char)
ATOMIC(16, unsigned short)
ATOMIC(32, unsigned)
ATOMIC(64, unsigned long long)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* The memory functions. What the program finds by name is ours. */

static void copy(char *to, const char *from, size_t size)
{
    __asm__ volatile("rep movsb"
                     : "+D"(to), "+S"(from), "+c"(size)
                     :
                     : "memory");
}

void *memcpy(void *to, const void *from, size_t size)
{
    access_at(CALLER, from, size, 0);
    access_at(CALLER, to, size, 1);
    copy(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    access_at(CALLER, from, size, 0);
    access_at(CALLER, to, size, 1);
    if ((ULONG_PTR)to - (ULONG_PTR)from >= size)
        copy(to, from, size);
    else
        while (size-- > 0)
            ((volatile char *)to)[size] = ((const char *)from)[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *start = to;
    access_at(CALLER, to, size, 1);
    __asm__ volatile("rep stosb"
                     : "+D"(start), "+c"(size)
                     : "a"(value)
                     : "memory");
    return to;
}

int memcmp(const void *one, const void *other, size_t size)
{
    access_at(CALLER, one, size, 0);
    access_at(CALLER, other, size, 0);
    for (const unsigned char *a = one, *b = other; size > 0; a++, b++, size--)
        if (*a != *b)
            return *a - *b;
    return 0;
}

void *memchr(const void *start, int value, size_t size)
{
    access_at(CALLER, start, size, 0);
    for (const unsigned char *a = start; size > 0; a++, size--)
        if (*a == (unsigned char)value)
            return (void *)a;
    return NULL;
}

static size_t length(const char *text)
{
    size_t size = 0;
    while (((const volatile char *)text)[size] != '\0')
        size++;
    return size;
}

size_t strlen(const char *text)
{
    size_t size = length(text);
    access_at(CALLER, text, size + 1, 0);
    return size;
}

char *strcpy(char *to, const char *from)
{
    size_t size = length(from) + 1;
    access_at(CALLER, from, size, 0);
    access_at(CALLER, to, size, 1);
    copy(to, from, size);
    return to;
}

int strcmp(const char *one, const char *other)
{
    size_t size = 0;
    while (one[size] != '\0' && one[size] == other[size])
        size++;
    access_at(CALLER, one, size + 1, 0);
    access_at(CALLER, other, size + 1, 0);
    return (unsigned char)one[size] - (unsigned char)other[size];
}
