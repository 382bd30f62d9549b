/* budget.h - limits and cancellation, polled by every long loop. */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include "dragoman.h"

#include <stdatomic.h>

/* Set by a signal handler or another thread; polled every 1024 rows or so. */
typedef struct dm_cancel {
    atomic_bool asked;
} dm_cancel;

/* Limits of one evaluation; 0 is no limit. */
typedef struct dm_budget {
    uint64_t facts;   /* derived rows */
    uint64_t rounds;  /* rounds of one fixpoint */
    uint64_t bytes;   /* memory of relations, indexes and new terms */
    double seconds;   /* wall clock */
} dm_budget;

/* Seconds on a clock that only moves forward. */
double budget_now(void);

#endif
