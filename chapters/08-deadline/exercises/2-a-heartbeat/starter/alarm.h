/* Alarm: tells a loop that it is time, once or again and again. Any thread may call
   any of its functions, but the one that closes it must be the last. */
#ifndef ALARM_H
#define ALARM_H

#include "registrator.h"

typedef struct Alarm {
    struct Bell *bell; /* NULL once closed */
} Alarm;

/* Every function here returns 0 for success or a Win32 error code;
   ERROR_INVALID_PARAMETER if the alarm is closed. */

/* Makes an alarm that is not set. token (not 0) is that of its events. The caller
   ends with alarm_close. Errors: ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY,
   those of registrator_attach. */
DWORD alarm_open(Alarm *alarm, Registrator *registrator, Token token);

/* Has an event of NOTIFIED come delay milliseconds from now, and every period after
   that; its bytes tell how many beats are due. period 0: once only; delay INFINITE:
   not at all. Errors: those of source_set_timer. */
DWORD alarm_set(Alarm *alarm, DWORD delay, DWORD period);

/* From now on no event comes. */
DWORD alarm_close(Alarm *alarm);

#endif
