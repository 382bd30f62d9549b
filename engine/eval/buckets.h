/* buckets.h - pairs of several lists, put together by key. */
#ifndef EVAL_BUCKETS_H
#define EVAL_BUCKETS_H

#include "base/parallel.h"
#include "eval/pairs.h"

/* So many buckets at most; and tasks that these are cut into. */
enum { BUCKETS = 1024, BUCKET_TASKS = 256 };

/* Pairs in buckets, the keys of each below those of the next. */
typedef struct pair_buckets {
    pair_list pairs; /* bucket b: [first[b], first[b + 1]) */
    size_t n, first[BUCKETS + 1];
    bool sorted;     /* by key, within buckets too */
    uint32_t most;   /* greatest key */
} pair_buckets;

/* Put the pairs of all lists into buckets, in the order in which they come
 * where keys are equal.  The memory of a single list may change places with
 * that of the buckets.  Errors: DM_NOMEM. */
dm_status buckets_fill(pair_buckets *b, pair_list *lists, size_t nlists,
                       parallel_pool *pool);
/* Sort the pairs of one bucket by key.  Errors: DM_NOMEM. */
dm_status buckets_sort(pair_buckets *b, size_t bucket, pair_list *spare);

/* The buckets in tasks of about `size` pairs or more: task i is the buckets
 * [first[i], first[i + 1]). */
typedef struct bucket_tasks {
    size_t n, first[BUCKET_TASKS + 1];
} bucket_tasks;
void buckets_cut(const pair_buckets *b, size_t size, bucket_tasks *out);

void buckets_free(pair_buckets *b);

#endif
