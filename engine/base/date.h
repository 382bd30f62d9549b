/* date.h - civil days, and dates known to lie between two of them. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "dragoman.h"

/* Days since 1970-01-01 of a proleptic Gregorian date; the caller has checked
 * that it exists (date_valid).  Years -9999..9999. */
int32_t date_from_civil(int year, int month, int day);
void date_to_civil(int32_t days, int *year, int *month, int *day);
bool date_valid(int year, int month, int day);

/* Write "2021-04-13" ("-infinity", "infinity" for the ends); needs 16 bytes. */
void date_format(int32_t days, char out[16]);
/* Read "2021-04-13" exactly; false when it is not a valid date. */
bool date_parse(const char *text, size_t size, int32_t *days);

#endif
