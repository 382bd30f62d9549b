/* pairs.h - lists of pairs of 32-bit numbers, as key << 32 | value. */
#ifndef EVAL_PAIRS_H
#define EVAL_PAIRS_H

#include "base/vec.h"
#include "eval/rowset.h"

typedef VEC(uint64_t) pair_list;

/* Sort, keeping the order of what is equal, by the pair less its lowest `from`
 * bits; `spare` is room of the same kind.  Errors: DM_NOMEM. */
dm_status pairs_sort(pair_list *list, pair_list *spare, unsigned from);

/* Pairs in buckets, the keys of each below those of the next. */
enum { PAIR_BUCKETS = 1024 };
typedef struct pair_buckets {
    size_t n;
    size_t first[PAIR_BUCKETS + 1];
    bool sorted;   /* by key, within buckets too */
    uint32_t most; /* greatest key */
} pair_buckets;

/* Put the pairs into buckets: one pass, or none where they are in order. */
dm_status pairs_bucket(pair_list *list, pair_list *spare, pair_buckets *out);
/* Sort pairs by key where they are. */
dm_status pairs_sort_at(uint64_t *at, size_t n, pair_list *spare);

/* Rows of a relation by key: run i is values[first[i] .. first[i + 1]). */
typedef struct key_runs {
    VEC(uint32_t) keys;   /* distinct, ascending */
    VEC(size_t) first;    /* one more than there are keys */
    VEC(uint32_t) values;
    VEC(uint32_t) at;     /* key_runs_map: by key, its run's number + 1 */
    uint32_t most;        /* greatest value */
    pair_list pairs, spare;
} key_runs;

/* Rows [lo, hi) of one or two narrow columns by the key column `key`
 * (unary: by the key 0). */
dm_status key_runs_make(key_runs *k, const rowset *rows, uint32_t key,
                        size_t lo, size_t hi);
/* Let runs be found by key, below `at.len`. */
dm_status key_runs_map(key_runs *k);
void key_runs_free(key_runs *k);

#endif
