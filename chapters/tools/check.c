/* The part that all checkers of exercises share. It is linked with the
   checker, which calls the student's code, and with that code.

   Every line it prints starts with a word that was made up for this one run.
   The word comes by standard input and is read before anything of the student's
   can run, so that code which prints "ok 1" itself, or ends the program with
   exit(0), proves nothing. The judge takes no other lines. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "check.h"
#include "wording.h"

enum {
    STAGE_MS = 3000,
    WHOLE_MS = 9000,
    TICK_MS = 20,
    WORD_MAX = 64,
    LINE = 1024
};

static char word[WORD_MAX];
static HANDLE output;
/* Taken before the student's code runs, which could put others into the table
   of imports. */
static WINBOOL(WINAPI *write_file)(HANDLE, LPCVOID, DWORD, LPDWORD,
                                   LPOVERLAPPED);
static WINBOOL(WINAPI *terminate)(HANDLE, UINT);
static HANDLE main_thread;
static ULONGLONG start;
static volatile LONG stage_ticks; /* how often the watch has looked at it */
static char stage_text[256] = "starting";
static int points, failures;

static void say_list(const char *kind, const char *format, va_list arguments)
{
    char text[LINE], line[2 * LINE];
    DWORD written;
    vsnprintf(text, sizeof text, format, arguments);
    wording_mend(text);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    /* A line of its own, whatever the student's code has printed before. */
    int size = snprintf(line, sizeof line, "\n%s %s%s\n", word, kind, text);
    write_file(output, line, (DWORD)size, &written, NULL);
}

__attribute__((format(printf, 2, 3))) static void say(const char *kind,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_list(kind, format, arguments);
    va_end(arguments);
}

__attribute__((noreturn)) static void leave(unsigned status)
{
    terminate((HANDLE)-1, status);
    abort();
}

static void stage_begins(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(stage_text, sizeof stage_text, format, arguments);
    va_end(arguments);
    InterlockedExchange(&stage_ticks, 0);
    say("# stage: ", "%s", stage_text);
}

static int expected(int held, const char *name, const char *lesson, ...)
{
    points++;
    say(held ? "ok " : "not ok ", "%d - %s", points, name);
    if (!held) {
        va_list arguments;
        va_start(arguments, lesson);
        say_list("# lesson: ", lesson, arguments);
        va_end(arguments);
        failures++;
    }
    return held;
}

__attribute__((noreturn)) static void give_up(void)
{
    say("# ", "gave up");
    leave(1);
}

static void required(int held, const char *lesson, ...)
{
    va_list arguments;
    if (held)
        return;
    say("not ok ", "%d - the check can go on", ++points);
    va_start(arguments, lesson);
    say_list("# lesson: ", lesson, arguments);
    va_end(arguments);
    give_up();
}

typedef struct Work {
    void (*run)(void *);
    void *argument;
} Work;

static DWORD WINAPI run_work(void *argument)
{
    Work work = *(Work *)argument;
    free(argument);
    work.run(work.argument);
    return 0;
}

static void start_work(void (*run)(void *), void *argument)
{
    Work *work = malloc(sizeof *work);
    HANDLE thread = NULL;
    if (work != NULL) {
        *work = (Work){run, argument};
        thread = CreateThread(NULL, 0, run_work, work, 0, NULL);
    }
    if (thread == NULL) {
        say("# checker: ", "no thread could be started");
        leave(1);
    }
    CloseHandle(thread);
}

static unsigned long clock_ms(void)
{
    return (unsigned long)(GetTickCount64() - start);
}

static void rest(unsigned long time)
{
    Sleep(time);
}

/* Where a thread is and who called it, as offsets from the program's start: the
   judge turns them into functions and lines. */
static void say_place(CONTEXT context)
{
    char text[LINE] = "";
    size_t size = 0;
#ifdef _WIN64
    DWORD64 base, image = (DWORD64)GetModuleHandle(NULL);
    for (int depth = 0; depth < 24 && (depth == 0 || context.Rip != 0);
         depth++) {
        RUNTIME_FUNCTION *function =
            RtlLookupFunctionEntry(context.Rip, &base, NULL);
        if (function != NULL && base == image)
            size += (size_t)snprintf(text + size, sizeof text - size, " %llx",
                                     context.Rip - image - (depth > 0));
        if (function == NULL) { /* no code at all, or a leaf: its caller is on
                                   top of the stack */
            if (IsBadReadPtr((void *)context.Rsp, sizeof context.Rip))
                break;
            context.Rip = *(DWORD64 *)context.Rsp;
            context.Rsp += sizeof context.Rip;
        } else {
            void *data;
            DWORD64 frame;
            RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, function,
                             &context, &data, &frame, NULL);
        }
    }
#else
    (void)context;
    (void)size;
#endif
    say("# at:", "%s", text);
}

static EXCEPTION_POINTERS *volatile crash;

static void say_crash(const EXCEPTION_RECORD *record)
{
    static const char *const access[] = {"reading", "writing"};
    if (record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION)
        say("# crash: ", "%s address %#llx",
            record->ExceptionInformation[0] < 2
                ? access[record->ExceptionInformation[0]]
                : "calling a function at",
            (unsigned long long)record->ExceptionInformation[1]);
    else if (record->ExceptionCode == EXCEPTION_STACK_OVERFLOW)
        say("# crash: ", "the stack is full (a function that calls itself?)");
    else
        say("# crash: ", "exception %#lx", record->ExceptionCode);
}

/* There may be little stack left, so another thread tells of it. */
static LONG WINAPI crashed(EXCEPTION_POINTERS *exception)
{
    InterlockedCompareExchangePointer((void *volatile *)&crash, exception,
                                      NULL);
    Sleep(INFINITE);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Ends a check that hangs. A stage is timed by the turns of this loop, which come
   late when the machine is busy. */
static DWORD WINAPI watch(void *unused)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    (void)unused;
    for (;;) {
        if (crash != NULL) {
            say_crash(crash->ExceptionRecord);
            say_place(*crash->ContextRecord);
            leave(2);
        }
        if (stage_ticks >= STAGE_MS / TICK_MS ||
            GetTickCount64() - start >= WHOLE_MS)
            break;
        Sleep(TICK_MS);
        InterlockedIncrement(&stage_ticks);
    }
    SuspendThread(main_thread);
    say("# hang: ", "%d", (int)stage_ticks * TICK_MS / 1000);
    if (GetThreadContext(main_thread, &context))
        say_place(context);
    leave(3);
}

/* What the student's program starts is not to outlive it. */
static void hold_children(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags =
                                      JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}};
    HANDLE job = CreateJobObject(NULL, NULL);
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                            sizeof limits);
    AssignProcessToJobObject(job, GetCurrentProcess());
}

static void ended(void)
{
    say("1..", "%d", points);
}

int main(void)
{
    static const Checker table = {
        .stage = stage_begins,
        .expect = expected,
        .give_up = give_up,
        .require = required,
        .in_thread = start_work,
        .milliseconds = clock_ms,
        .sleep = rest,
        .end = ended,
    };
    ULONG reserve = 64 * 1024;
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
                    GetCurrentProcess(), &main_thread, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    setvbuf(stdout, NULL, _IONBF, 0);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(crashed);
    SetThreadStackGuarantee(&reserve);
    hold_children();
    start = GetTickCount64();
    CloseHandle(CreateThread(NULL, 0, watch, NULL, 0, NULL));
    examine(&table);
    leave(failures > 0);
}

/* Where the program starts: before its C runtime, and so before a constructor
   of the student's. */
void mainCRTStartup(void);
void check_start(void);
__attribute__((force_align_arg_pointer)) void check_start(void)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD size = 0;
    write_file = WriteFile;
    terminate = TerminateProcess;
    /* A copy, in case the student's code closes its standard output. */
    DuplicateHandle(GetCurrentProcess(), GetStdHandle(STD_OUTPUT_HANDLE),
                    GetCurrentProcess(), &output, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    ReadFile(input, word, sizeof word - 1, &size, NULL);
    word[strcspn(word, "\r\n")] = '\0';
    mainCRTStartup();
}
