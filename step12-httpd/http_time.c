#include "http_time.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 86400 };

static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Days since 1970. A year is taken to begin in March: so the day that comes every
   four years is its last. */
static long long days_of(long long year, int month, int day)
{
    if (month <= 2)
        year--;
    long long era = year / 400;
    long long of_era = year % 400;
    long long of_year =
        (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static bool leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int month, int year)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29 : days[month - 1];
}

void http_time_text(HttpTime time, char text[HTTP_TIME_TEXT])
{
    /* 1970 began with a Thursday. */
    static const char weekdays[][4] = {"Thu", "Fri", "Sat", "Sun",
                                       "Mon", "Tue", "Wed"};
    long long days = time / DAY;
    int seconds = (int)(time % DAY);
    int year = 1970;
    int month = 1;
    const char *weekday = weekdays[days % 7];
    for (; days >= 365 + leap(year); year++)
        days -= 365 + leap(year);
    for (; days >= days_in(month, year); month++)
        days -= days_in(month, year);
    snprintf(text, HTTP_TIME_TEXT, "%s, %02d %s %04d %02d:%02d:%02d GMT",
             weekday, (int)days % 31 + 1, months[month - 1], year % 10000,
             seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

static int month_of(const char *name)
{
    for (int i = 0; i < 12; i++)
        if (strncmp(name, months[i], 3) == 0)
            return i + 1;
    return 0;
}

HttpTime http_time_of(const char *text, size_t size)
{
    char copy[40];
    char month_name[4] = "";
    int year = 0, day = 0, hour = 0, minute = 0, second = 0;
    int end = 0;
    if (size >= sizeof copy)
        return -1;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (sscanf(copy, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &day,
               month_name, &year, &hour, &minute, &second, &end) != 6 &&
        sscanf(copy, "%*3[A-Za-z] %3s %2d %2d:%2d:%2d %4d%n", month_name, &day,
               &hour, &minute, &second, &year, &end) != 6) {
        if (sscanf(copy, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n",
                   &day, month_name, &year, &hour, &minute, &second, &end) != 6)
            return -1;
        year += year < 70 ? 2000 : 1900;
    }
    int month = month_of(month_name);
    if (end == 0 || (size_t)end != size || month == 0 || year < 1970 ||
        day < 1 || day > days_in(month, year) || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    return days_of(year, month, day) * DAY + hour * 3600LL + minute * 60LL +
           second;
}
