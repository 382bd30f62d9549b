/* rowset_adjacency.c - a rowset of one or two columns as sets of values by
 * key.
 *
 * It is made when first asked for, from all rows at once: they are counted by
 * key, so that each list is made in its final size; from then on rows are
 * added as they come.  Where they are many, threads share out the keys, so that
 * each adds to sets of its own, and every set gets its values in their order.
 *
 * Which cells are possible: keys index an array, so they must be below four
 * times the number of rows or so; values must be below ADJACENCY_MOST. */
#include "eval/rowset.h"

#include "base/mem.h"

#include <assert.h>

/* Keys that cost too little to be counted: 64 MB that is touched only where
 * there are rows. */
#define FREE_KEYS ((size_t)1 << 22)

enum {
    AHEAD = 16, /* rows whose key is fetched before its turn */
    BLOCK = 16  /* keys that stand side by side for one thread */
};

static uint32_t value_column(const rowset *t, uint32_t key)
{
    return t->arity == 1 ? 0 : 1 - key;
}

/* A row's key; a unary rowset has the one key 0. */
static uint32_t key_of(const rowset *t, uint32_t key, size_t row)
{
    return t->arity == 1 ? 0 : t->rows.col[key].narrow[row];
}

static bool is_possible(const rowset *t, uint32_t key)
{
    if (t->arity < 1 || t->arity > 2 || t->lattice != ROWSET_NONE)
        return false;
    if (t->nrows == 0)
        return true;
    return !t->rows.col[value_column(t, key)].is_wide
           && (t->arity == 1 || !t->rows.col[key].is_wide);
}

size_t rowset_most_keys(const rowset *t)
{
    size_t n = 4 * t->nrows;
    return n > FREE_KEYS ? n : FREE_KEYS;
}

static uint32_t greatest(const column *c, size_t from, size_t to)
{
    uint32_t most = 0;
    for (size_t row = from; row < to; row++)
        most = c->narrow[row] > most ? c->narrow[row] : most;
    return most;
}

/* Whether the rows from `from` on can be added; *nkeys: to have room for. */
static bool fits(const rowset *t, uint32_t key, size_t from, size_t *nkeys)
{
    uint32_t value = greatest(&t->rows.col[value_column(t, key)], from,
                              t->nrows);
    uint32_t most = t->arity == 1 ? 0 : greatest(&t->rows.col[key], from,
                                                 t->nrows);
    *nkeys = (size_t)most + 1;
    return value <= ADJACENCY_MOST
           && *nkeys <= rowset_most_keys(t);
}

/* ---- adding ------------------------------------------------------------- */

/* Rows that are being added, by several threads: each takes the keys of one
 * share. */
typedef struct adding {
    rowset *t;
    adjacency *to;
    uint32_t key;
    unsigned nshares;
    uint32_t *count; /* rows by key, when all are added; or NULL */
} adding;

static unsigned share_of(uint32_t key, unsigned nshares)
{
    uint32_t h = key / BLOCK * UINT32_C(0x9E3779B1);
    return (unsigned)((uint64_t)h * nshares >> 32);
}

/* The rows of [lo, hi) whose key is of the share; without a branch, as every
 * other row may be. */
static size_t sift(const adding *w, unsigned share, size_t lo, size_t hi,
                   uint32_t *rows)
{
    const uint32_t *keys = w->t->rows.col[w->key].narrow;
    size_t n = 0;
    for (size_t row = lo; row < hi; row++) {
        rows[n] = (uint32_t)row;
        n += share_of(keys[row], w->nshares) == share;
    }
    return n;
}

/* The share's rows among BATCH at most from *at on; how many. */
static size_t choose(const adding *w, unsigned share, size_t *at,
                     uint32_t *rows)
{
    const rowset *t = w->t;
    size_t lo = *at, hi = t->nrows - lo < BATCH ? t->nrows : lo + BATCH;
    size_t n = hi - lo, kept = 0;
    *at = hi;
    if (w->nshares > 1)
        n = sift(w, share, lo, hi, rows);
    else
        for (size_t i = 0; i < n; i++)
            rows[i] = (uint32_t)(lo + i);
    if (!t->dead)
        return n;
    for (size_t i = 0; i < n; i++) {
        rows[kept] = rows[i];
        kept += !rowset_is_dead(t, rows[i]);
    }
    return kept;
}

/* The share's next key from `k` on, below the number of keys; or that. */
static size_t next_key(const adding *w, unsigned share, size_t k)
{
    while (k < w->to->nkeys && k % BLOCK == 0
           && share_of((uint32_t)k, w->nshares) != share)
        k += BLOCK;
    return k < w->to->nkeys ? k : w->to->nkeys;
}

/* Give the lists of the share their final size before the rows come. */
static dm_status expect_rows(const adding *w, unsigned share)
{
    adjacency_share *s = adjacency_share_of(w->to, share);
    uint32_t rows[BATCH];
    dm_status st = DM_OK;
    for (size_t at = 0; at < w->t->nrows;)
        for (size_t i = 0, n = choose(w, share, &at, rows); i < n; i++)
            w->count[key_of(w->t, w->key, rows[i])]++;
    for (size_t k = next_key(w, share, 0); k < w->to->nkeys && st == DM_OK;
         k = next_key(w, share, k + 1))
        if (w->count[k] > 2)
            st = adjacency_expect_in(w->to, s, (uint32_t)k, w->count[k]);
    return st;
}

static dm_status settle_rows(const adding *w, unsigned share)
{
    adjacency_share *s = adjacency_share_of(w->to, share);
    dm_status st = DM_OK;
    for (size_t k = next_key(w, share, 0); k < w->to->nkeys && st == DM_OK;
         k = next_key(w, share, k + 1))
        if (w->to->rows[k].n > 2)
            st = adjacency_settle_in(w->to, s, (uint32_t)k);
    return st;
}

static dm_status add_batch(const adding *w, adjacency_share *s,
                           const uint32_t *rows, size_t n)
{
    adjacency *a = w->to;
    const rowset *t = w->t;
    const uint32_t *values = t->rows.col[value_column(t, w->key)].narrow;
    dm_status st = DM_OK;
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        if (i + AHEAD < n)
            __builtin_prefetch(&a->rows[key_of(t, w->key, rows[i + AHEAD])],
                               1);
        uint32_t key = key_of(t, w->key, rows[i]), value = values[rows[i]];
        if (!adjacency_put_in(a, s, key, value))
            st = adjacency_add_in(a, s, key, &value, 1);
    }
    return st;
}

static dm_status add_share(void *context, size_t share, unsigned worker)
{
    const adding *w = context;
    adjacency_share *s = adjacency_share_of(w->to, (unsigned)share);
    uint32_t rows[BATCH];
    dm_status st = w->count ? expect_rows(w, (unsigned)share) : DM_OK;
    (void)worker;
    for (size_t at = w->t->by[w->key].synced;
         at < w->t->nrows && st == DM_OK;) {
        size_t n = choose(w, (unsigned)share, &at, rows);
        st = add_batch(w, s, rows, n);
    }
    return st == DM_OK && w->count ? settle_rows(w, (unsigned)share) : st;
}

/* Add the rows that are new, there being room for their keys; all rows at
 * once are counted first. */
static dm_status add_rows(rowset *t, uint32_t key)
{
    rowset_adjacency *by = &t->by[key];
    size_t n = t->nrows - by->synced;
    bool all = by->synced == 0 && n > 64 && t->arity == 2;
    adding w = {.t = t, .to = &by->sets, .key = key, .nshares = 1};
    if (t->arity == 2)
        w.nshares = parallel_width(parallel_worth(t->pool, n,
                                                  t->worth_threads));
    if (all && !(w.count = mem_calloc(by->sets.nkeys, sizeof *w.count)))
        return DM_NOMEM;
    dm_status st = adjacency_shares(&by->sets, w.nshares);
    if (st == DM_OK)
        st = parallel_run(t->pool, w.nshares, add_share, &w);
    mem_free(w.count);
    adjacency_count_shares(&by->sets);
    by->synced = t->nrows;
    return st;
}

static void drop(rowset *t, uint32_t key)
{
    rowset_adjacency *by = &t->by[key];
    if (!by->made)
        return;
    t->bytes -= by->sets.bytes;
    adjacency_free(&by->sets);
    by->made = false;
    by->synced = 0;
}

void rowset_free_by(rowset *t)
{
    drop(t, 0);
    drop(t, 1);
}

void rowset_remove_by(rowset *t, size_t row)
{
    for (uint32_t key = 0; key < 2 && key < t->arity; key++) {
        rowset_adjacency *by = &t->by[key];
        if (by->made && row < by->synced)
            adjacency_remove(&by->sets, key_of(t, key, row),
                             t->rows.col[value_column(t, key)].narrow[row]);
    }
}

bool rowset_has_by(const rowset *t, uint32_t key)
{
    size_t nkeys;
    return is_possible(t, key)
           && (t->by[key].synced == t->nrows
               || fits(t, key, t->by[key].synced, &nkeys));
}

dm_status rowset_by(rowset *t, uint32_t key, bool members,
                    const adjacency **out)
{
    rowset_adjacency *by = &t->by[key];
    size_t nkeys = 1;
    *out = NULL;
    if (by->made && members && !by->sets.members)
        drop(t, key);
    if (by->made && by->synced == t->nrows) {
        *out = &by->sets;
        return DM_OK;
    }
    assert(!parallel_inside());
    if (!is_possible(t, key)
        || (t->nrows && !fits(t, key, by->synced, &nkeys))) {
        drop(t, key);
        return DM_OK;
    }
    if (!by->made)
        adjacency_init(&by->sets, members);
    by->made = true;
    size_t before = by->sets.bytes;
    by->sets.expected = t->nrows;
    dm_status st = adjacency_room(&by->sets, nkeys);
    if (st == DM_OK)
        st = add_rows(t, key);
    t->bytes += by->sets.bytes - before;
    if (st == DM_OK)
        *out = &by->sets;
    else
        drop(t, key);
    return st;
}

dm_status rowset_by_sorted(rowset *t, uint32_t key, bool growing,
                           const adjacency **out)
{
    dm_status st = rowset_by(t, key, growing, out);
    if (st != DM_OK || !*out || t->by[key].sets.members)
        return st;
    return adjacency_sort(&t->by[key].sets);
}

/* ---- rows that are known to be new -------------------------------------- */

/* Lists of pairs that are being appended: no key stands in two of them. */
typedef struct appending {
    rowset *t;
    const pair_list *lists;
    size_t *first; /* row of each list's first pair */
} appending;

/* Add runs of pairs of one key. */
static dm_status add_pairs(adjacency *a, adjacency_share *s,
                           const pair_list *pairs)
{
    uint32_t values[BATCH];
    dm_status st = DM_OK;
    for (size_t at = 0; at < pairs->len && st == DM_OK;) {
        uint32_t key = (uint32_t)(pairs->at[at] >> 32);
        size_t k = 0;
        for (; k < BATCH && at < pairs->len && pairs->at[at] >> 32 == key; k++)
            values[k] = (uint32_t)pairs->at[at++];
        st = adjacency_add_in(a, s, key, values, k);
    }
    return st;
}

static dm_status append_list(void *context, size_t number, unsigned worker)
{
    const appending *w = context;
    rowset *t = w->t;
    const pair_list *pairs = &w->lists[number];
    uint32_t *values = t->rows.col[t->arity - 1].narrow + w->first[number];
    for (size_t i = 0; i < pairs->len; i++)
        values[i] = (uint32_t)pairs->at[i];
    if (t->arity == 2) {
        uint32_t *keys = t->rows.col[0].narrow + w->first[number];
        for (size_t i = 0; i < pairs->len; i++)
            keys[i] = (uint32_t)(pairs->at[i] >> 32);
    }
    adjacency *a = &t->by[0].sets;
    return add_pairs(a, adjacency_share_of(a, worker), pairs);
}

/* Where the lists' rows go; how many there are, and their greatest key. */
static size_t place_lists(appending *w, size_t nlists, uint32_t *most)
{
    size_t n = 0;
    *most = 0;
    for (size_t i = 0; i < nlists; i++) {
        const pair_list *list = &w->lists[i];
        w->first[i] = w->t->nrows + n;
        n += list->len;
        if (list->len) {
            uint32_t key = (uint32_t)(list->at[list->len - 1] >> 32);
            *most = key > *most ? key : *most;
        }
    }
    return n;
}

dm_status rowset_append_pairs(rowset *t, const pair_list *lists, size_t nlists,
                              parallel_pool *pool)
{
    rowset_adjacency *by = &t->by[0];
    appending w = {.t = t, .lists = lists};
    uint32_t most;
    assert(by->made && by->synced == t->nrows && is_possible(t, 0));
    if (!(w.first = mem_alloc((nlists + 1) * sizeof *w.first)))
        return DM_NOMEM;
    size_t n = place_lists(&w, nlists, &most);
    size_t before = t->rows.bytes + by->sets.bytes;
    dm_status st = n >= ROWSET_NONE || t->nrows + n >= ROWSET_NONE
                       ? DM_BUDGET : columns_room(&t->rows, n);
    if (st == DM_OK)
        st = adjacency_room(&by->sets, (size_t)most + 1);
    if (st == DM_OK)
        st = adjacency_shares(&by->sets, parallel_width(pool));
    if (st == DM_OK)
        st = parallel_run(pool, nlists, append_list, &w);
    adjacency_count_shares(&by->sets);
    t->bytes += t->rows.bytes + by->sets.bytes - before;
    mem_free(w.first);
    if (st == DM_OK)
        t->nrows = t->rows.nrows = by->synced = t->nrows + n;
    return st;
}

/* Rows of three columns or more: by packed words, unless hashed already. */
static dm_status pack_members(rowset *t, bool *possible)
{
    bool hashed = t->nrows && t->hashed == t->nrows && !t->packed.made;
    *possible = false;
    return t->arity < 3 || hashed ? DM_OK : rowset_pack(t, possible);
}

dm_status rowset_sync_members(rowset *t)
{
    const adjacency *a = NULL;
    bool packed;
    dm_status st = pack_members(t, &packed);
    if (st == DM_OK && (t->arity == 1 || t->arity == 2))
        st = rowset_by(t, 0, true, &a);
    return st == DM_OK && !a && !packed ? rowset_hash(t) : st;
}

dm_status rowset_contains(rowset *t, const dm_cell *rows, size_t n,
                          uint8_t *out)
{
    const adjacency *a = NULL;
    uint32_t found[BATCH];
    bool hashed = t->nrows && t->hashed == t->nrows && !t->by[0].made;
    bool packed;
    dm_status st = pack_members(t, &packed);
    if (st == DM_OK && (t->arity == 1 || t->arity == 2) && !hashed)
        st = rowset_by(t, 0, true, &a);
    if (st != DM_OK)
        return st;
    if (packed) {
        rowset_packed_contains(t, rows, n, out);
        return DM_OK;
    }
    if (!a) {
        rowset_find_batch(t, rows, n, found);
        for (size_t i = 0; i < n; i++)
            out[i] = found[i] != ROWSET_NONE;
        return DM_OK;
    }
    for (size_t i = 0; i < n && t->arity == 2; i++)
        if (rows[2 * i] < a->nkeys)
            __builtin_prefetch(&a->rows[rows[2 * i]]);
    for (size_t i = 0; i < n && t->arity == 2; i++)
        adjacency_prefetch(a, rows[2 * i]);
    for (size_t i = 0; i < n; i++)
        out[i] = t->arity == 2 ? adjacency_has(a, rows[2 * i], rows[2 * i + 1])
                               : adjacency_has(a, 0, rows[i]);
    return DM_OK;
}
