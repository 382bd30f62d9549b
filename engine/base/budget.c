/* budget.c - the clock that budgets are measured with.
 *
 * Purpose: seconds that only move forward, whatever happens to the time of
 * day.  Cost: one call of the vDSO, some 20 ns. */
#include "base/budget.h"

#include <time.h>

double budget_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
