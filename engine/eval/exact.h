/* exact.h - sums of doubles without rounding until the end.
 *
 * The sum is a fixed-point integer wide enough for every double: bit 0 weighs
 * 2^-1074 (Kulisch's long accumulator).  So the order of additions can't
 * show.  Zero-initialised is the empty sum.  Two equal sums have equal bytes.
 */
#ifndef EVAL_EXACT_H
#define EVAL_EXACT_H

#include <stdint.h>

/* 2098 bits for all doubles, and 78 more for 2^77 summands and the sign. */
#define EXACT_WORDS 34

typedef struct exact {
    uint64_t word[EXACT_WORDS]; /* two's complement, lowest first */
    uint64_t infinite;          /* bit 0: +infinity was added, bit 1: - */
} exact;

/* Add a double that is no NaN. */
void exact_add(exact *sum, double x);
/* The sum rounded once, to nearest, ties to even; NaN when both infinities
 * were added. */
double exact_round(const exact *sum);

#endif
