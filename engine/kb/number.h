/* number.h - numbers as decimal text, the same in every locale. */
#ifndef KB_NUMBER_H
#define KB_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for any int64_t in decimal. */
enum { NUMBER_INT_SIZE = 20 };

/* The whole of the text as a number: `-12`, `+7`.  False when it is none, or
 * doesn't fit. */
bool number_parse_int(const char *text, size_t size, int64_t *out);
/* `-1.5`, `2`, `.5`, `1e-3`: the nearest double, ties to even.  False when it
 * is none (`nan`, `inf`), or too large for a double. */
bool number_parse_float(const char *text, size_t size, double *out);
/* Write a number in decimal, without a NUL; returns its length, at most
 * NUMBER_INT_SIZE. */
size_t number_format_int(int64_t x, char *out);

#endif
