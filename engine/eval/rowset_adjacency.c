/* rowset_adjacency.c - a rowset of one or two columns as sets of values by
 * key.
 *
 * It is made when first asked for, from all rows at once: they are counted by
 * key, so that each list is made in its final size; from then on rows are
 * added as they come.  Which cells are possible: keys index an array, so they
 * must be below four times the number of rows or so; values must be below
 * ADJACENCY_MOST. */
#include "eval/rowset.h"

#include "base/mem.h"

#include <assert.h>

/* Keys that cost too little to be counted: 64 MB that is touched only where
 * there are rows. */
#define FREE_KEYS ((size_t)1 << 22)

/* Rows whose key is fetched before its turn. */
enum { AHEAD = 16 };

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

static dm_status add_row(rowset *t, uint32_t key, size_t row)
{
    const column *values = &t->rows.col[value_column(t, key)];
    if (rowset_is_dead(t, row))
        return DM_OK;
    return adjacency_add(&t->by[key].sets, key_of(t, key, row),
                         &values->narrow[row], 1);
}

/* Give every key's list its final size before the rows come. */
static dm_status expect_rows(rowset *t, uint32_t key)
{
    rowset_adjacency *by = &t->by[key];
    size_t nkeys = by->sets.nkeys;
    uint32_t *count = mem_calloc(nkeys, sizeof *count);
    dm_status st = count ? DM_OK : DM_NOMEM;
    for (size_t row = 0; row < t->nrows && st == DM_OK; row++)
        count[key_of(t, key, row)]++;
    for (size_t k = 0; k < nkeys && st == DM_OK; k++)
        if (count[k] > 2)
            st = adjacency_expect(&by->sets, (uint32_t)k, count[k]);
    mem_free(count);
    return st;
}

/* All rows at once: every list gets its final size before they come. */
static dm_status add_all(rowset *t, uint32_t key)
{
    adjacency *a = &t->by[key].sets;
    const uint32_t *keys = t->rows.col[key].narrow;
    const uint32_t *values = t->rows.col[1 - key].narrow;
    dm_status st = expect_rows(t, key);
    a->sorted = false;
    for (size_t row = 0; row < t->nrows && st == DM_OK; row++) {
        if (row + AHEAD < t->nrows)
            __builtin_prefetch(&a->rows[keys[row + AHEAD]], 1);
        if (t->dead && rowset_is_dead(t, row))
            continue;
        if (!adjacency_put(a, keys[row], values[row]))
            st = adjacency_add(a, keys[row], &values[row], 1);
    }
    for (size_t k = 0; k < a->nkeys && st == DM_OK; k++)
        if (a->rows[k].n > 2)
            st = adjacency_settle(a, (uint32_t)k);
    a->most = greatest(&t->rows.col[1 - key], 0, t->nrows);
    return st;
}

static dm_status add_rows(rowset *t, uint32_t key)
{
    rowset_adjacency *by = &t->by[key];
    bool all = by->synced == 0 && t->nrows > 64 && t->arity == 2;
    dm_status st = all ? add_all(t, key) : DM_OK;
    if (all)
        by->synced = t->nrows;
    for (size_t row = by->synced; row < t->nrows && st == DM_OK; row++) {
        if (row + AHEAD < t->nrows)
            __builtin_prefetch(&by->sets.rows[key_of(t, key, row + AHEAD)], 1);
        st = add_row(t, key, row);
    }
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

/* Add runs of pairs of one key. */
static dm_status add_pairs(adjacency *a, const uint64_t *pairs, size_t n)
{
    uint32_t values[BATCH];
    dm_status st = DM_OK;
    for (size_t at = 0; at < n && st == DM_OK;) {
        uint32_t key = (uint32_t)(pairs[at] >> 32);
        size_t k = 0;
        for (; k < BATCH && at < n && pairs[at] >> 32 == key; k++)
            values[k] = (uint32_t)pairs[at++];
        st = adjacency_add(a, key, values, k);
    }
    return st;
}

dm_status rowset_append_pairs(rowset *t, const uint64_t *pairs, size_t n)
{
    rowset_adjacency *by = &t->by[0];
    assert(by->made && by->synced == t->nrows && is_possible(t, 0));
    if (n >= ROWSET_NONE || t->nrows + n >= ROWSET_NONE)
        return DM_BUDGET;
    size_t before = t->rows.bytes + by->sets.bytes;
    dm_status st = columns_room(&t->rows, n);
    if (st == DM_OK)
        st = add_pairs(&by->sets, pairs, n);
    t->bytes += t->rows.bytes + by->sets.bytes - before;
    if (st != DM_OK)
        return st;
    uint32_t *values = t->rows.col[t->arity - 1].narrow + t->nrows;
    for (size_t i = 0; i < n; i++)
        values[i] = (uint32_t)pairs[i];
    if (t->arity == 2) {
        uint32_t *keys = t->rows.col[0].narrow + t->nrows;
        for (size_t i = 0; i < n; i++)
            keys[i] = (uint32_t)(pairs[i] >> 32);
    }
    t->nrows = t->rows.nrows = by->synced = t->nrows + n;
    return DM_OK;
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
