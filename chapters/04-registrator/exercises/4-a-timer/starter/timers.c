#include "timers.h"

/* Milliseconds since the system was started.
   https://learn.microsoft.com/windows/win32/api/sysinfoapi/nf-sysinfoapi-gettickcount64 */
unsigned long long WINAPI GetTickCount64(void);

unsigned long long timers_clock(void)
{
    return GetTickCount64();
}

void timers_insert(Timer **list, Timer *timer)
{
    while (*list != NULL && (*list)->due <= timer->due)
        list = &(*list)->next;
    timer->next = *list;
    *list = timer;
}

Timer *timers_take_due(Timer **list)
{
    Timer *first = *list;
    if (first == NULL || first->due > timers_clock())
        return NULL;
    *list = first->next;
    return first;
}

DWORD timers_wait(const Timer *list)
{
    unsigned long long now = timers_clock();
    if (list == NULL)
        return INFINITE;
    if (list->due <= now)
        return 0;
    /* Less than INFINITE, whatever a timer was set to. */
    return list->due - now < INFINITE ? (DWORD)(list->due - now) : INFINITE - 1;
}
