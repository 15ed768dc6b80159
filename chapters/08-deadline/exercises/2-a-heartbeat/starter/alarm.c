#include "alarm.h"

DWORD alarm_open(Alarm *alarm, Registrator *registrator, Token token)
{
    *alarm = (Alarm){0};
    (void)registrator;
    (void)token;
    return ERROR_NOT_SUPPORTED;
}

DWORD alarm_set(Alarm *alarm, DWORD delay, DWORD period)
{
    (void)alarm;
    (void)delay;
    (void)period;
    return ERROR_NOT_SUPPORTED;
}

DWORD alarm_close(Alarm *alarm)
{
    (void)alarm;
    return ERROR_NOT_SUPPORTED;
}
