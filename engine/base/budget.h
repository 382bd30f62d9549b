/* budget.h - limits and cancellation, polled by every long loop. */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include "dragoman.h"

#include <stdatomic.h>

/* Set by a signal handler or another thread; polled every 1024 rows or so. */
struct dm_cancel {
    atomic_bool asked;
};

/* Seconds on a clock that only moves forward. */
double budget_now(void);

#endif
