/* key_runs.c - some rows of a relation by key.
 *
 * The rows are made pairs and put into buckets by key; tasks of whole buckets
 * sort them and count their keys, then write these, and the values, to where
 * the tasks before leave room.
 *
 * Cost: 16 bytes a row beside the result, and a few passes over them. */
#include "eval/key_runs.h"

#include <string.h>

enum { GATHERED = 1 << 14, /* rows that a task gathers */
       TASK_PAIRS = 1 << 12 };

/* What a task of buckets has found. */
typedef struct found {
    size_t nkeys;
    uint32_t most;
} found;

typedef struct making {
    key_runs *k;
    const rowset *rows;
    uint32_t key;
    size_t lo, hi;
    bucket_tasks tasks;
    found found[BUCKET_TASKS];
    size_t begin[BUCKET_TASKS]; /* the number of the task's first run */
} making;

/* ---- rows as pairs ------------------------------------------------------ */

static size_t gather_rows(const making *m, size_t lo, size_t hi, uint64_t *to)
{
    const rowset *rows = m->rows;
    const uint32_t *keys = rows->arity == 1 ? NULL
                                            : rows->rows.col[m->key].narrow;
    const uint32_t *values =
        rows->rows.col[rows->arity == 1 ? 0 : 1 - m->key].narrow;
    size_t n = 0;
    for (size_t row = lo; row < hi; row++)
        if (!rowset_is_dead(rows, row))
            to[n++] = (uint64_t)(keys ? keys[row] : 0) << 32 | values[row];
    return n;
}

static dm_status gather_task(void *context, size_t task, unsigned worker)
{
    const making *m = context;
    size_t lo = m->lo + task * GATHERED;
    size_t hi = lo + GATHERED < m->hi ? lo + GATHERED : m->hi;
    (void)worker;
    gather_rows(m, lo, hi, m->k->rows.at + (lo - m->lo));
    return DM_OK;
}

static dm_status gather(making *m, parallel_pool *pool)
{
    pair_list *to = &m->k->rows;
    size_t n = m->hi - m->lo;
    if (n > to->cap)
        vec_free(to); /* what it holds needn't be copied */
    if (!vec_reserve(to, n))
        return DM_NOMEM;
    if (parallel_width(pool) == 1 || m->rows->dead) {
        to->len = gather_rows(m, m->lo, m->hi, to->at);
        return DM_OK;
    }
    to->len = n;
    return parallel_run(pool, (n + GATHERED - 1) / GATHERED, gather_task,
                        m);
}

/* ---- runs --------------------------------------------------------------- */

static dm_status sort_task(void *context, size_t task, unsigned worker)
{
    making *m = context;
    pair_buckets *b = &m->k->buckets;
    found *f = &m->found[task];
    pair_list spare = {0};
    dm_status st = DM_OK;
    size_t at = b->first[m->tasks.first[task]];
    (void)worker;
    for (size_t k = m->tasks.first[task];
         k < m->tasks.first[task + 1] && st == DM_OK; k++)
        st = buckets_sort(b, k, &spare);
    *f = (found){0};
    for (size_t i = at; i < b->first[m->tasks.first[task + 1]]; i++) {
        uint32_t value = (uint32_t)b->pairs.at[i];
        f->nkeys += i == at
                    || b->pairs.at[i] >> 32 != b->pairs.at[i - 1] >> 32;
        f->most = value > f->most ? value : f->most;
    }
    vec_free(&spare);
    return st;
}

static dm_status write_task(void *context, size_t task, unsigned worker)
{
    const making *m = context;
    key_runs *k = m->k;
    const pair_buckets *b = &k->buckets;
    size_t at = b->first[m->tasks.first[task]], run = m->begin[task];
    (void)worker;
    for (size_t i = at; i < b->first[m->tasks.first[task + 1]]; i++) {
        uint64_t pair = b->pairs.at[i];
        if (i == at || pair >> 32 != b->pairs.at[i - 1] >> 32) {
            k->keys.at[run] = (uint32_t)(pair >> 32);
            k->first.at[run++] = i;
        }
        k->values.at[i] = (uint32_t)pair;
    }
    return DM_OK;
}

/* Where each task's runs go. */
static dm_status make_room(making *m)
{
    key_runs *k = m->k;
    size_t n = 0;
    k->most = 0;
    for (size_t i = 0; i < m->tasks.n; i++) {
        m->begin[i] = n;
        n += m->found[i].nkeys;
        k->most = m->found[i].most > k->most ? m->found[i].most : k->most;
    }
    if (!vec_reserve(&k->values, k->buckets.pairs.len)
        || !vec_reserve(&k->keys, n) || !vec_reserve(&k->first, n + 1))
        return DM_NOMEM;
    k->values.len = k->first.at[n] = k->buckets.pairs.len;
    k->keys.len = n;
    k->first.len = n + 1;
    return DM_OK;
}

dm_status key_runs_make(key_runs *k, const rowset *rows, uint32_t key,
                        size_t lo, size_t hi, parallel_pool *pool)
{
    making m = {.k = k, .rows = rows, .key = key, .lo = lo, .hi = hi};
    for (size_t i = 0; k->at.len && i < k->keys.len; i++)
        k->at.at[k->keys.at[i]] = 0; /* as it was before key_runs_map */
    k->at.len = k->keys.len = k->first.len = 0;
    dm_status st = gather(&m, pool);
    if (st == DM_OK)
        st = buckets_fill(&k->buckets, &k->rows, 1, pool);
    if (st != DM_OK)
        return st;
    buckets_cut(&k->buckets, TASK_PAIRS, &m.tasks);
    st = parallel_run(pool, m.tasks.n, sort_task, &m);
    if (st == DM_OK)
        st = make_room(&m);
    return st == DM_OK ? parallel_run(pool, m.tasks.n, write_task, &m)
                       : st;
}

dm_status key_runs_map(key_runs *k)
{
    size_t n = k->keys.len, len = n ? (size_t)k->keys.at[n - 1] + 1 : 0;
    size_t had = k->at.cap;
    if (k->at.len)
        return DM_OK;
    if (!vec_reserve(&k->at, len))
        return DM_NOMEM;
    memset(k->at.at + had, 0, (k->at.cap - had) * sizeof *k->at.at);
    k->at.len = len;
    for (size_t i = 0; i < n; i++)
        k->at.at[k->keys.at[i]] = (uint32_t)i + 1;
    return DM_OK;
}

void key_runs_free(key_runs *k)
{
    vec_free(&k->at);
    vec_free(&k->keys);
    vec_free(&k->first);
    vec_free(&k->values);
    vec_free(&k->rows);
    buckets_free(&k->buckets);
}
