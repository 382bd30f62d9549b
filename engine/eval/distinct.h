/* distinct.h - rows read from outside, each kept once. */
#ifndef EVAL_DISTINCT_H
#define EVAL_DISTINCT_H

#include "base/columns.h"
#include "base/parallel.h"

/* Leave out the rows that are there before, keeping the order of the others;
 * on as many threads.  *done is false, and nothing changed, when a row's cells
 * don't fit 64 bits together (or are bad for hashing).  Errors: DM_NOMEM, nothing changed. */
dm_status distinct_rows(columns *rows, parallel_pool *pool, bool *done);

#endif
