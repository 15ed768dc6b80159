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

/* The numbers of a date, in a pattern dd, mm and so on; its month has a name there, b. */
typedef struct Date {
    int day, year, hour, minute, second, month;
} Date;

static int *number_of(Date *date, char letter)
{
    switch (letter) {
    case 'd':
        return &date->day;
    case 'y':
        return &date->year;
    case 'h':
        return &date->hour;
    case 'm':
        return &date->minute;
    case 's':
        return &date->second;
    default:
        return NULL;
    }
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Whether the text is like the pattern: w is a weekday's letters, b a month's three,
   each letter of a number one digit or, at its beginning, a blank; what is in capitals
   and all signs stand for themselves. */
static bool like(const char *text, size_t size, const char *pattern, Date *date)
{
    const char *end = text + size;
    *date = (Date){0};
    for (; *pattern != '\0' && text < end; pattern++) {
        int *number = number_of(date, *pattern);
        if (*pattern == 'w') {
            while (text < end && is_letter(*text))
                text++;
        } else if (*pattern == 'b') {
            if (end - text < 3)
                return false;
            date->month = month_of(text);
            text += 3;
        } else if (number != NULL) {
            int digit = *text == ' ' && *number == 0 ? 0 : *text - '0';
            if (digit < 0 || digit > 9)
                return false;
            *number = 10 * *number + digit;
            text++;
        } else if (*text++ != *pattern) {
            return false;
        }
    }
    return *pattern == '\0' && text == end;
}

HttpTime http_time_of(const char *text, size_t size)
{
    Date date;
    if (!like(text, size, "w, dd b yyyy hh:mm:ss GMT", &date) &&
        !like(text, size, "w b dd hh:mm:ss yyyy", &date)) {
        if (!like(text, size, "w, dd-b-yy hh:mm:ss GMT", &date))
            return -1;
        date.year += date.year < 70 ? 2000 : 1900;
    }
    if (date.month == 0 || date.year < 1970 || date.day < 1 ||
        date.day > days_in(date.month, date.year) || date.hour > 23 ||
        date.minute > 59 || date.second > 60)
        return -1;
    return days_of(date.year, date.month, date.day) * DAY + date.hour * 3600LL +
           date.minute * 60LL + date.second;
}
