/* date.c - days of the proleptic Gregorian calendar.
 *
 * Purpose: between a day's number (days since 1970-01-01) and its year, month
 * and day, and its text.
 * Method: years are counted from March, so that the leap day is the last of
 * its year and month lengths follow one linear formula; 400 years are 146097
 * days exactly.
 * Invariants: DM_DAY_MIN and DM_DAY_MAX stand for the infinities and are
 * not days.
 * Cost: a few divisions. */
#include "base/date.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAYS_400 = 146097,    /* days in 400 years */
    DAYS_100 = 36524,     /* in a century that isn't a multiple of 400 */
    DAYS_4 = 1461,        /* in four years, one of them leap */
    EPOCH = 719468        /* from 0000-03-01 to 1970-01-01 */
};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool date_valid(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    if (year < -9999 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    if (month == 2 && is_leap(year))
        return day <= 29;
    return day <= lengths[month - 1];
}

/* Days from 1 March to the first of the m-th month counted from March. */
static int days_before(int m)
{
    return (153 * m + 2) / 5;
}

int32_t date_from_civil(int year, int month, int day)
{
    assert(date_valid(year, month, day));
    int m = month > 2 ? month - 3 : month + 9;
    int y = month > 2 ? year : year - 1;
    int cycle = (y >= 0 ? y : y - 399) / 400;
    int y400 = y - 400 * cycle;
    int in_cycle = 365 * y400 + y400 / 4 - y400 / 100 + days_before(m)
                   + day - 1;
    return (int32_t)(cycle * DAYS_400 + in_cycle - EPOCH);
}

void date_to_civil(int32_t days, int *year, int *month, int *day)
{
    int64_t z = (int64_t)days + EPOCH;
    int64_t cycle = (z >= 0 ? z : z - (DAYS_400 - 1)) / DAYS_400;
    int d = (int)(z - cycle * DAYS_400);
    /* Take the leap days out, so that every year has 365. */
    int y = (d - d / (DAYS_4 - 1) + d / DAYS_100 - d / (DAYS_400 - 1)) / 365;
    int in_year = d - (365 * y + y / 4 - y / 100);
    int m = (5 * in_year + 2) / 153;
    *day = in_year - days_before(m) + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(400 * cycle) + y + (m >= 10);
}

/* Write a number with at least `width` digits; returns the end. */
static char *put_number(char *out, unsigned value, int width)
{
    char reversed[12];
    int n = 0;
    while (value > 0 || n < width) {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    }
    while (n > 0)
        *out++ = reversed[--n];
    return out;
}

void date_format(int32_t days, char out[16])
{
    if (days == DM_DAY_MIN || days == DM_DAY_MAX) {
        strcpy(out, days == DM_DAY_MIN ? "-infinity" : "infinity");
        return;
    }
    int year, month, day;
    date_to_civil(days, &year, &month, &day);
    if (year < 0)
        *out++ = '-';
    out = put_number(out, (unsigned)abs(year), 4);
    *out++ = '-';
    out = put_number(out, (unsigned)month, 2);
    *out++ = '-';
    out = put_number(out, (unsigned)day, 2);
    *out = '\0';
}

/* `n` decimal digits; -1 when one of them isn't. */
static int digits(const char *text, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = 10 * value + (text[i] - '0');
    }
    return value;
}

bool date_parse(const char *text, size_t size, int32_t *days)
{
    if (size != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int year = digits(text, 4);
    int month = digits(text + 5, 2);
    int day = digits(text + 8, 2);
    if (year < 0 || !date_valid(year, month, day))
        return false;
    *days = date_from_civil(year, month, day);
    return true;
}
