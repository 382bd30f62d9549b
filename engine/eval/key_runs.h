/* key_runs.h - some rows of a relation by key, made for one use of them. */
#ifndef EVAL_KEY_RUNS_H
#define EVAL_KEY_RUNS_H

#include "eval/buckets.h"
#include "eval/rowset.h"

/* Run i is values[first[i] .. first[i + 1]). */
typedef struct key_runs {
    VEC(uint32_t) keys;   /* distinct, ascending */
    VEC(size_t) first;    /* one more than there are keys */
    VEC(uint32_t) values;
    VEC(uint32_t) at;     /* key_runs_map: by key, its run's number + 1 */
    uint32_t most;        /* greatest value */
    pair_list rows;
    pair_buckets buckets;
} key_runs;

/* Rows [lo, hi) of one or two narrow columns by the key column `key`
 * (unary: by the key 0).  Errors: DM_NOMEM. */
dm_status key_runs_make(key_runs *k, const rowset *rows, uint32_t key,
                        size_t lo, size_t hi, parallel_pool *pool);
/* Let runs be found by key, below `at.len`. */
dm_status key_runs_map(key_runs *k);
void key_runs_free(key_runs *k);

#endif
