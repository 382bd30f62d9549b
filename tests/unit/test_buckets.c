/* Pairs in buckets, and rows by key, against a plain stable sort. */
#include "eval/key_runs.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;

static uint32_t any(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(state >> 33) % below;
}

/* Lists of pairs in all; the values say where a pair stood. */
static size_t make_lists(pair_list *lists, size_t nlists, size_t most,
                         uint32_t nkeys, bool ascending)
{
    size_t n = 0;
    for (size_t i = 0; i < nlists; i++)
        for (size_t k = any((uint32_t)most + 1); k > 0; k--, n++) {
            uint64_t key = ascending ? n / 3 : any(nkeys);
            if (!vec_push(&lists[i], key << 32 | n))
                abort();
        }
    return n;
}

/* Every key in one bucket, buckets ascending, no pair lost, and once a bucket
 * is sorted, pairs of one key in their order. */
static bool are_right(pair_buckets *b, size_t n)
{
    pair_list spare = {0};
    uint8_t *seen = calloc(n + 1, 1);
    bool right = seen && b->pairs.len == n && b->first[0] == 0
                 && b->first[b->n] == n;
    for (size_t k = 0; right && k < b->n; k++)
        right = buckets_sort(b, k, &spare) == DM_OK;
    for (size_t i = 0; right && i < n; i++) {
        uint64_t pair = b->pairs.at[i];
        right = (uint32_t)pair < n && !seen[(uint32_t)pair]
                && (i == 0 || b->pairs.at[i - 1] < pair);
        seen[(uint32_t)pair] = 1;
    }
    for (size_t k = 1; right && k < b->n; k++)
        right = b->first[k] == 0 || b->first[k] == n
                || b->pairs.at[b->first[k] - 1] >> 32
                       != b->pairs.at[b->first[k]] >> 32;
    vec_free(&spare);
    free(seen);
    return right && (n == 0 || b->most == b->pairs.at[n - 1] >> 32);
}

static void fill(unsigned threads, size_t nlists, size_t most, uint32_t nkeys,
                 bool ascending)
{
    pair_list *lists = calloc(nlists, sizeof *lists);
    pair_buckets b = {.n = 0};
    bucket_tasks tasks;
    parallel_pool *pool = parallel_pool_new(threads);
    size_t n = make_lists(lists, nlists, most, nkeys, ascending);
    is_int(buckets_fill(&b, lists, nlists, pool), DM_OK, "filled");
    buckets_cut(&b, 100, &tasks);
    ok(n == 0 || (tasks.n > 0 && tasks.n <= BUCKET_TASKS
                  && b.first[tasks.first[0]] == 0
                  && tasks.first[tasks.n] == b.n), "tasks hold all buckets");
    ok(are_right(&b, n), "every pair once, keys apart, order kept");
    for (size_t i = 0; i < nlists; i++)
        vec_free(&lists[i]);
    free(lists);
    buckets_free(&b);
    parallel_pool_free(pool);
}

/* Rows [lo, hi) by the second column. */
static void make_runs(unsigned threads, size_t n, uint32_t nkeys)
{
    rowset t;
    key_runs k = {0};
    parallel_pool *pool = parallel_pool_new(threads);
    size_t lo = n / 3, hi = n - n / 7, wrong = 0, seen = 0;
    rowset_init(&t, 2);
    for (size_t i = 0; i < n; i++) {
        dm_cell row[2] = {i, any(nkeys)};
        if (rowset_insert(&t, row, 1, NULL) != DM_OK)
            abort();
    }
    for (int again = 0; again < 2; again++) {
        is_int(key_runs_make(&k, &t, 1, lo, hi, pool), DM_OK, "runs");
        is_int(key_runs_map(&k), DM_OK, "found by key");
    }
    for (size_t r = 0; r < k.keys.len; r++) {
        wrong += r && k.keys.at[r - 1] >= k.keys.at[r];
        wrong += k.at.at[k.keys.at[r]] != r + 1;
        wrong += k.first.at[r] >= k.first.at[r + 1];
        for (size_t i = k.first.at[r]; i < k.first.at[r + 1]; i++, seen++) {
            uint32_t row = k.values.at[i];
            wrong += row < lo || row >= hi || row > k.most
                     || rowset_cell(&t, row, 1) != k.keys.at[r];
        }
    }
    ok(wrong == 0 && seen == hi - lo, "every row once, under its key");
    key_runs_free(&k);
    parallel_pool_free(pool);
    rowset_free(&t);
}

int main(void)
{
    for (unsigned threads = 1; threads <= 3; threads++) {
        fill(threads, 1, 0, 1, false);
        fill(threads, 3, 100, 50, false);
        fill(threads, 5, 9000, 7, false);
        fill(threads, 40, 3000, 100000, false);
        fill(threads, 1, 60000, UINT32_MAX, false);
        fill(threads, 1, 60000, 1, false);
        fill(threads, 9, 5000, 1, true);
        fill(threads, 1, 5000, 1, true);
        make_runs(threads, 40, 5);
        make_runs(threads, 50000, 1000);
        make_runs(threads, 50000, 200000);
    }
    return done_testing();
}
