#include "intercept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The system's functions are looked up by name, as this object has taken their
   names. A function that WSAIoctl handed out is in real_, too. */
static FARPROC find(const char *library, const char *name)
{
    HMODULE module = LoadLibraryA(library);
    FARPROC found = module == NULL ? NULL : GetProcAddress(module, name);
    if (found == NULL) {
        fprintf(stderr, "%s has no %s\n", library, name);
        exit(1);
    }
    return found;
}

#ifdef _WIN64
#define DECORATED(name, bytes) #name
#else
#define DECORATED(name, bytes) "_" #name "@" #bytes
#endif

/* For each call: the function that takes the import's name, thunk_; the one
   that calls the system, real_call_; and the pointer to it, real_.

   __imp_NAME is the pointer by which code compiled with dllimport calls. */
#define DEFINE(library, type, name, bytes, parameters, arguments)            \
    typedef type(WINAPI *Type_##name) parameters;                            \
    static _Atomic(Type_##name) real_##name;                                 \
    static type real_call_##name(const void *caller,                         \
                                 INTERCEPT_LIST parameters)                  \
    {                                                                        \
        (void)caller;                                                        \
        if (real_##name == NULL)                                             \
            real_##name = (Type_##name)(void *)find(#library ".dll", #name); \
        return real_##name arguments;                                        \
    }                                                                        \
    type WINAPI thunk_##name parameters __asm__(DECORATED(name, bytes));     \
    type WINAPI thunk_##name parameters                                      \
    {                                                                        \
        return intercept.name((void **)__builtin_dwarf_cfa() - 1,            \
                              INTERCEPT_LIST arguments);                     \
    }                                                                        \
    extern const Type_##name import_##name __asm__(                          \
        "__imp_" DECORATED(name, bytes));                                    \
    const Type_##name import_##name = thunk_##name;

INTERCEPTED(DEFINE)

/* A function that WSAIoctl is asked for is handed out as ours. */
static void hand_out(const GUID *id, void **function)
{
    static const GUID accept_ex = WSAID_ACCEPTEX, connect_ex = WSAID_CONNECTEX,
                      disconnect_ex = WSAID_DISCONNECTEX,
                      transmit_file = WSAID_TRANSMITFILE;
#define HAND_OUT(guid, name)                    \
    if (memcmp(id, &guid, sizeof guid) == 0) {  \
        real_##name = (Type_##name) * function; \
        *function = (void *)thunk_##name;       \
    }
    HAND_OUT(accept_ex, AcceptEx)
    HAND_OUT(connect_ex, ConnectEx)
    HAND_OUT(disconnect_ex, DisconnectEx)
    HAND_OUT(transmit_file, TransmitFile)
}

static int ioctl(const void *caller, SOCKET s, DWORD code, void *in,
                 DWORD in_size, void *out, DWORD out_size, DWORD *bytes,
                 OVERLAPPED *overlapped,
                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int result = real_call_WSAIoctl(caller, s, code, in, in_size, out, out_size,
                                    bytes, overlapped, routine);
    if (result == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER &&
        in_size >= sizeof(GUID) && out_size >= sizeof(void *))
        hand_out(in, out);
    return result;
}

#define FIRST(library, type, name, bytes, parameters, arguments) \
    .name = real_call_##name,
Intercept intercept = {INTERCEPTED(FIRST)};

__attribute__((constructor(101))) static void begin(void)
{
    intercept.WSAIoctl = ioctl;
}

#ifdef _WIN64
/* Is this in the program itself, by its own header? */
static int ours(ULONG_PTR address, ULONG_PTR image)
{
    const IMAGE_DOS_HEADER *dos = (const void *)image;
    const IMAGE_NT_HEADERS *header = (const void *)(image + dos->e_lfanew);
    return address - image < header->OptionalHeader.SizeOfImage;
}

/* On to the caller's frame. The place looked at is a byte before the one it
   returns to, as a call may be the last of its function, or the next
   instruction look like the end of one. Returns 0 at the last frame. */
static int go_up(CONTEXT *context, int returned)
{
    DWORD64 image, frame;
    void *data;
    RUNTIME_FUNCTION *function =
        RtlLookupFunctionEntry(context->Rip - returned, &image, NULL);
    if (function == NULL) { /* it has no frame */
        if (IsBadReadPtr((void *)context->Rsp, sizeof context->Rip))
            return 0;
        context->Rip = *(DWORD64 *)context->Rsp;
        context->Rsp += sizeof context->Rip;
    } else {
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, image, context->Rip - returned,
                         function, context, &data, &frame, NULL);
    }
    return context->Rip != 0;
}

int intercept_callers_in(const CONTEXT *from, const void *caller,
                         ULONG_PTR *offsets, int capacity)
{
    enum { FRAMES = 40 };
    CONTEXT context = *from;
    ULONG_PTR image = (ULONG_PTR)GetModuleHandleA(NULL);
    int count = 0, returned = 0;
    for (int i = 0; i < FRAMES && count < capacity; i++) {
        /* The stack above the place where the return address was. */
        if ((caller == NULL || context.Rsp > (ULONG_PTR)caller) &&
            ours(context.Rip - returned, image))
            offsets[count++] = context.Rip - returned - image;
        if (!go_up(&context, returned))
            break;
        returned = 1;
    }
    return count;
}

int intercept_callers(const void *caller, ULONG_PTR *offsets, int capacity)
{
    CONTEXT context;
    RtlCaptureContext(&context);
    return intercept_callers_in(&context, caller, offsets, capacity);
}

int intercept_frame(const void *caller, const void *address,
                    InterceptFrame *frame)
{
    CONTEXT context;
    DWORD64 image;
    RtlCaptureContext(&context);
    for (int returned = 0;; returned = 1) {
        RUNTIME_FUNCTION *function =
            RtlLookupFunctionEntry(context.Rip - returned, &image, NULL);
        int below = context.Rsp > (ULONG_PTR)address;
        if (!go_up(&context, returned))
            return 0;
        if (context.Rsp <= (ULONG_PTR)address)
            continue;
        if (below || context.Rsp <= (ULONG_PTR)caller)
            return 0;
        frame->function = function == NULL ? 0 : function->BeginAddress;
        frame->end = context.Rsp;
        return 1;
    }
}
#else
/* Without frame pointers the stack can't be followed. */
int intercept_callers_in(const CONTEXT *from, const void *caller,
                         ULONG_PTR *offsets, int capacity)
{
    ULONG_PTR place =
        caller == NULL ? from->Eip : *(const ULONG_PTR *)caller - 1;
    if (capacity < 1)
        return 0;
    offsets[0] = place - (ULONG_PTR)GetModuleHandleA(NULL);
    return 1;
}

int intercept_callers(const void *caller, ULONG_PTR *offsets, int capacity)
{
    return intercept_callers_in(NULL, caller, offsets, capacity);
}

int intercept_frame(const void *caller, const void *address,
                    InterceptFrame *frame)
{
    *frame = (InterceptFrame){0, 0};
    return address > caller;
}
#endif
