/* rowset_index.c - indexes: the rows that agree on some columns.
 *
 * Representation.  Slots over the distinct keys, or, while these are one
 * narrow, dense column, an array that they index; each key owns a run of row
 * numbers in a pool.  A run that is full moves to one of twice the room; what
 * it leaves waits for the next run of that size.  Up to two rows are kept in
 * the key itself.  A key of one or two narrow cells is known by these cells in
 * one word, others by a hash and the cells of their first row.
 *
 * Invariants.  The row numbers of a key ascend.  Rows below `synced` are in
 * the index.
 *
 * Cost.  24 to 40 bytes a key, 4 to 8 a row. */
#include "eval/rowset_slots.h"

#include "base/hash.h"

#include <assert.h>
#include <math.h>

#define INDEX_SEED UINT64_C(0x13198A2E03707344)
/* Rows whose keys are looked for together. */
enum { TOGETHER = 256 };

static void free_index(rowset_index *index)
{
    mem_free(index->slots);
    mem_free(index->direct);
    mem_free(index->keys);
    mem_free(index->pool);
    mem_free(index);
}

static size_t index_bytes(const rowset_index *index)
{
    return sizeof *index + index->nslots * sizeof *index->slots
           + index->ndirect * sizeof *index->direct
           + index->cap * sizeof *index->keys
           + index->pool_cap * sizeof *index->pool;
}

void rowset_free_indexes(rowset *t)
{
    while (t->indexes) {
        rowset_index *next = t->indexes->next;
        t->bytes -= index_bytes(t->indexes);
        free_index(t->indexes);
        t->indexes = next;
    }
}

rowset_index *rowset_get_index(const rowset *t, uint64_t mask)
{
    rowset_index *index = t->indexes;
    while (index && index->mask != mask)
        index = index->next;
    return index;
}

dm_status rowset_want_index(rowset *t, uint64_t mask, rowset_index **out)
{
    rowset_index *index = rowset_get_index(t, mask);
    assert(mask != 0);
    if (!index) {
        index = mem_calloc(1, sizeof *index);
        if (!index)
            return DM_NOMEM;
        index->mask = mask;
        index->by_hash = t->by_hash;
        for (uint32_t c = 0; c < t->arity; c++)
            if (mask >> c & 1)
                index->columns[index->ncolumns++] = c;
        index->next = t->indexes;
        t->indexes = index;
        t->bytes += sizeof *index;
    }
    *out = index;
    return DM_OK;
}

/* ---- keys --------------------------------------------------------------- */

static inline uint64_t key_hash(const rowset *t, const rowset_index *index,
                                size_t row)
{
    uint64_t h = INDEX_SEED;
    for (uint32_t i = 0; i < index->ncolumns; i++)
        h = hash_mix(h, rowset_cell(t, row, index->columns[i]));
    return hash_mix(h, index->ncolumns);
}

/* Whether different keys have different words now, as all cells are narrow. */
static bool is_exact(const rowset *t, const rowset_index *index)
{
    if (index->ncolumns == 1)
        return true;
    return index->ncolumns == 2 && !t->rows.col[index->columns[0]].is_wide
           && !t->rows.col[index->columns[1]].is_wide;
}

/* The word of a key whose first cells are `a` and (of two) `b`. */
static inline uint64_t key_word(const rowset_index *index, dm_cell a,
                                dm_cell b, uint64_t hash)
{
    if (index->ncolumns == 1)
        return a;
    return index->ncolumns == 2 && (a | b) <= UINT32_MAX ? a << 32 | b : hash;
}

static inline uint64_t row_word(const rowset *t, const rowset_index *index,
                                size_t row, uint64_t hash)
{
    return key_word(index, rowset_cell(t, row, index->columns[0]),
                    index->ncolumns == 2
                        ? rowset_cell(t, row, index->columns[1]) : 0, hash);
}

static inline const uint32_t *key_rows(const rowset_index *index,
                                       const index_key *key)
{
    return key->cap ? index->pool + key->at : key->near;
}

static bool same_key(const rowset *t, const rowset_index *index, size_t a,
                     size_t b)
{
    for (uint32_t i = 0; i < index->ncolumns; i++) {
        const column *c = &t->rows.col[index->columns[i]];
        if (column_get(c, a) != column_get(c, b))
            return false;
    }
    return true;
}

/* Append an empty key. */
static dm_status new_key(rowset *t, rowset_index *index, uint64_t word,
                         uint32_t *out)
{
    if (index->nkeys == index->cap) {
        size_t cap = index->cap * 2 + 16;
        index_key *keys = mem_realloc(index->keys, cap * sizeof *keys);
        if (!keys)
            return DM_NOMEM;
        t->bytes += (cap - index->cap) * sizeof *keys;
        index->keys = keys;
        index->cap = cap;
    }
    *out = (uint32_t)index->nkeys;
    index->keys[index->nkeys++] = (index_key){.key = word};
    return DM_OK;
}

static dm_status find_direct(rowset *t, rowset_index *index, dm_cell cell,
                             uint32_t *out)
{
    dm_status st = DM_OK;
    *out = index->direct[cell] - 1;
    if (*out == ROWSET_NONE)
        st = new_key(t, index, cell, out);
    if (st == DM_OK)
        index->direct[cell] = *out + 1;
    return st;
}

/* The key of a row, added when it is new. */
static dm_status row_key(rowset *t, rowset_index *index, size_t row,
                         uint32_t *out)
{
    if (index->direct)
        return find_direct(t, index, rowset_cell(t, row, index->columns[0]),
                           out);
    if (!room_slots(&index->slots, &index->nslots, index->nkeys, 1,
                    &t->bytes))
        return DM_NOMEM;
    uint64_t hash = key_hash(t, index, row);
    uint64_t word = row_word(t, index, row, hash);
    bool exact = is_exact(t, index);
    size_t mask = index->nslots - 1, at = home(hash, index->nslots);
    for (uint64_t slot; (slot = index->slots[at]) != 0; at = (at + 1) & mask) {
        const index_key *key = &index->keys[(uint32_t)slot - 1];
        if (TAG(slot) != TAG(hash) || key->key != word)
            continue;
        *out = (uint32_t)slot - 1;
        if (exact || same_key(t, index, row, *key_rows(index, key)))
            return DM_OK;
    }
    dm_status st = new_key(t, index, word, out);
    if (st == DM_OK)
        index->slots[at] = TAG(hash) | index->nkeys;
    return st;
}

/* Find the keys by hash from now on. */
static dm_status leave_index_direct(rowset *t, rowset_index *index)
{
    if (!room_slots(&index->slots, &index->nslots, 0, index->nkeys,
                    &t->bytes))
        return DM_NOMEM;
    for (size_t k = 0; k < index->nkeys; k++) {
        uint64_t hash = hash_mix(hash_mix(INDEX_SEED, index->keys[k].key), 1);
        size_t at = home(hash, index->nslots);
        while (index->slots[at])
            at = (at + 1) & (index->nslots - 1);
        index->slots[at] = TAG(hash) | (k + 1);
    }
    t->bytes -= index->ndirect * sizeof *index->direct;
    mem_free(index->direct);
    index->direct = NULL;
    index->ndirect = 0;
    index->by_hash = true;
    return DM_OK;
}

/* See that the rows to come can be taken in: their cells into the array,
 * unless keys are to be found by hash. */
static dm_status room_index(rowset *t, rowset_index *index)
{
    dm_cell most = 0;
    const column *c = &t->rows.col[index->columns[0]];
    if (index->by_hash)
        return DM_OK;
    bool fits = index->ncolumns == 1 && !c->is_wide;
    for (size_t row = index->synced; fits && row < t->nrows; row++)
        most = c->narrow[row] > most ? c->narrow[row] : most;
    if (!fits || most >= 8 * t->nrows + 64)
        return leave_index_direct(t, index);
    return room_direct(&index->direct, &index->ndirect, (size_t)most,
                       &t->bytes) ? DM_OK : DM_NOMEM;
}

static bool room_pool(rowset *t, rowset_index *index, size_t more)
{
    if (index->pool_len + more <= index->pool_cap)
        return true;
    size_t cap = index->pool_cap + index->pool_cap / 2 + more + 64;
    uint32_t *pool = mem_realloc(index->pool, cap * sizeof *pool);
    if (!pool)
        return false;
    t->bytes += (cap - index->pool_cap) * sizeof *pool;
    index->pool = pool;
    index->pool_cap = cap;
    return true;
}

/* A place for a run of `cap` rows, a power of two: one that was left, or the
 * pool's end. */
static bool take_run(rowset *t, rowset_index *index, uint32_t cap,
                     uint64_t *out)
{
    uint64_t *left = &index->left[__builtin_ctz(cap)];
    if (*left) {
        *out = *left - 1;
        memcpy(left, index->pool + *out, sizeof *left);
        return true;
    }
    if (!room_pool(t, index, cap))
        return false;
    *out = index->pool_len;
    index->pool_len += cap;
    return true;
}

static void leave_run(rowset_index *index, uint64_t at, uint32_t cap)
{
    if (cap < 4 || (cap & (cap - 1)))
        return; /* placed in its exact length */
    uint64_t *left = &index->left[__builtin_ctz(cap)];
    memcpy(index->pool + at, left, sizeof *left);
    *left = at + 1;
}

/* Add a row to its key's run, moving the run when it is full. */
static dm_status key_append(rowset *t, rowset_index *index, index_key *key,
                            uint32_t row)
{
    if (key->len < 2 && key->cap == 0) {
        key->near[key->len++] = row;
        return DM_OK;
    }
    if (key->len >= key->cap) {
        uint32_t cap = 4;
        uint64_t to;
        while (cap <= key->cap)
            cap *= 2;
        if (!take_run(t, index, cap, &to))
            return DM_NOMEM;
        memcpy(index->pool + to, key_rows(index, key),
               key->len * sizeof *index->pool);
        leave_run(index, key->at, key->cap);
        key->at = to;
        key->cap = cap;
    }
    index->pool[key->at + key->len++] = row;
    return DM_OK;
}

/* Fetch what the keys of rows from `row` on will be found through. */
static void prefetch_rows_keys(const rowset *t, const rowset_index *index,
                               size_t row)
{
    uint64_t hash[TOGETHER];
    size_t n = t->nrows - row < TOGETHER ? t->nrows - row : TOGETHER;
    if (index->direct || index->nslots == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        hash[i] = key_hash(t, index, row + i);
        PREFETCH(&index->slots[home(hash[i], index->nslots)]);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t slot = index->slots[home(hash[i], index->nslots)];
        if ((uint32_t)slot)
            PREFETCH(&index->keys[(uint32_t)slot - 1]);
    }
}

/* Add rows one at a time. */
static dm_status sync_few(rowset *t, rowset_index *index)
{
    dm_status st = DM_OK;
    uint32_t key;
    for (size_t first = index->synced; index->synced < t->nrows;
         index->synced++) {
        size_t row = index->synced;
        if ((row - first) % TOGETHER == 0)
            prefetch_rows_keys(t, index, row);
        if (rowset_is_dead(t, row))
            continue;
        st = row_key(t, index, row, &key);
        if (st == DM_OK)
            st = key_append(t, index, &index->keys[key], (uint32_t)row);
        if (st != DM_OK)
            return st;
    }
    return DM_OK;
}

/* Give every key that needs it a run of exactly its length. */
static dm_status place_runs(rowset *t, rowset_index *index,
                            const uint32_t *want)
{
    for (size_t k = 0; k < index->nkeys; k++) {
        index_key *key = &index->keys[k];
        if (want[k] <= 2)
            continue;
        if (!room_pool(t, index, want[k]))
            return DM_NOMEM;
        uint32_t first = key->near[0];
        key->at = index->pool_len;
        key->cap = want[k];
        index->pool[key->at] = first;
        index->pool_len += want[k];
    }
    return DM_OK;
}

/* The first filling: count the rows of each key, then place each run once.
 * While counting, a key holds just its first row, for comparisons. */
static dm_status sync_all(rowset *t, rowset_index *index)
{
    dm_status st = DM_NOMEM;
    uint32_t *key = mem_alloc(t->nrows * sizeof *key);
    uint32_t *want = mem_calloc(t->nrows, sizeof *want);
    if (!key || !want || !room_pool(t, index, t->nrows))
        goto out;
    for (size_t r = 0; r < t->nrows; r++) {
        if (r % TOGETHER == 0)
            prefetch_rows_keys(t, index, r);
        if (rowset_is_dead(t, r))
            continue;
        st = row_key(t, index, r, &key[r]);
        if (st != DM_OK)
            goto out;
        index_key *k = &index->keys[key[r]];
        if (want[key[r]]++ == 0)
            k->near[k->len++] = (uint32_t)r;
    }
    st = place_runs(t, index, want);
    for (size_t r = 0; r < t->nrows && st == DM_OK; r++) {
        if (rowset_is_dead(t, r))
            continue;
        index_key *k = &index->keys[key[r]];
        if (*key_rows(index, k) != r)
            st = key_append(t, index, k, (uint32_t)r);
    }
    if (st == DM_OK)
        index->synced = t->nrows;
out:
    if (st != DM_OK) { /* leave it empty */
        if (index->slots)
            memset(index->slots, 0, index->nslots * sizeof *index->slots);
        if (index->direct)
            memset(index->direct, 0, index->ndirect * sizeof *index->direct);
        index->nkeys = index->pool_len = 0;
        memset(index->left, 0, sizeof index->left);
    }
    mem_free(key);
    mem_free(want);
    return st;
}

dm_status rowset_sync_index(rowset *t, rowset_index *index)
{
    if (index->synced == t->nrows)
        return DM_OK;
    assert(!parallel_inside());
    dm_status st = room_index(t, index);
    if (st != DM_OK)
        return st;
    return index->synced == 0 && t->nrows > 64 ? sync_all(t, index)
                                               : sync_few(t, index);
}

/* Hash the keys, prefetching first their slots and then what those name. */
static void prefetch_keys(const rowset_index *index,
                          const dm_cell *const *keys, size_t n,
                          uint64_t *hash)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t h = INDEX_SEED;
        for (uint32_t j = 0; j < index->ncolumns; j++)
            h = hash_mix(h, keys[j][i]);
        hash[i] = hash_mix(h, index->ncolumns);
        PREFETCH(&index->slots[home(hash[i], index->nslots)]);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t slot = index->slots[home(hash[i], index->nslots)];
        if ((uint32_t)slot)
            PREFETCH(&index->keys[(uint32_t)slot - 1]);
    }
}

/* Whether the rows of `run` have the i-th key. */
static inline bool run_has_key(const rowset *t, const rowset_index *index,
                               const uint32_t *run,
                               const dm_cell *const *keys, size_t i)
{
    for (uint32_t j = 0; j < index->ncolumns; j++)
        if (rowset_cell(t, run[0], index->columns[j]) != keys[j][i])
            return false;
    return true;
}

/* The same where keys index an array. */
static void find_batch_direct(const rowset_index *index, const dm_cell *cells,
                              size_t n, const uint32_t **rows, uint32_t *len)
{
    for (size_t i = 0; i < n; i++)
        if (cells[i] < index->ndirect)
            PREFETCH(&index->direct[cells[i]]);
    for (size_t i = 0; i < n; i++)
        if (cells[i] < index->ndirect && index->direct[cells[i]])
            PREFETCH(&index->keys[index->direct[cells[i]] - 1]);
    for (size_t i = 0; i < n; i++) {
        if (cells[i] >= index->ndirect || !index->direct[cells[i]])
            continue;
        const index_key *key = &index->keys[index->direct[cells[i]] - 1];
        rows[i] = key_rows(index, key);
        len[i] = key->len;
        PREFETCH(rows[i]);
    }
}

void index_find_batch(const rowset *t, const rowset_index *index,
                      const dm_cell *const *keys, size_t n,
                      const uint32_t **rows, uint32_t *len)
{
    uint64_t hash[BATCH];
    assert(n <= BATCH);
    memset(len, 0, n * sizeof *len);
    if (index->nkeys == 0)
        return;
    if (index->direct) {
        find_batch_direct(index, keys[0], n, rows, len);
        return;
    }
    prefetch_keys(index, keys, n, hash);
    size_t mask = index->nslots - 1;
    bool exact = is_exact(t, index), two = index->ncolumns == 2;
    for (size_t i = 0; i < n; i++) {
        size_t at = home(hash[i], index->nslots);
        dm_cell second = two ? keys[1][i] : 0;
        uint64_t word = key_word(index, keys[0][i], second, hash[i]);
        if (exact && two && (keys[0][i] | second) > UINT32_MAX)
            continue; /* no row has such a cell */
        for (uint64_t slot; (slot = index->slots[at]) != 0;
             at = (at + 1) & mask) {
            const index_key *key = &index->keys[(uint32_t)slot - 1];
            if (TAG(slot) != TAG(hash[i]) || key->key != word)
                continue;
            const uint32_t *run = key_rows(index, key);
            if (!exact && !run_has_key(t, index, run, keys, i))
                continue;
            rows[i] = run;
            len[i] = key->len;
            PREFETCH(run);
            break;
        }
    }
}

/* ---- estimates ---------------------------------------------------------- */

/* Distinct keys, and those seen once, among `n` sampled rows. */
static void sample(const rowset *t, const rowset_index *keys, size_t n,
                   double *distinct, double *once)
{
    enum { SLOTS = 2048 };
    uint32_t slot[SLOTS] = {0}; /* hash bits; 0 = free */
    uint8_t seen[SLOTS] = {0};
    double d = 0, f = 0;
    for (size_t i = 0; i < n; i++) {
        size_t row = (size_t)((double)i * (double)t->nrows / (double)n);
        uint64_t h = key_hash(t, keys, row);
        uint32_t tag = (uint32_t)(h >> 32) | 1;
        size_t at = (size_t)h & (SLOTS - 1);
        while (slot[at] && slot[at] != tag)
            at = (at + 1) & (SLOTS - 1);
        if (!slot[at]) {
            slot[at] = tag;
            seen[at] = 1;
            d++, f++;
        } else if (seen[at] == 1) {
            seen[at] = 2;
            f--;
        }
    }
    *distinct = d;
    *once = f;
}

double rowset_distinct(const rowset *t, uint64_t mask)
{
    rowset_index *index = rowset_get_index(t, mask);
    if (t->nrows == 0 || mask == 0)
        return 1;
    if (t->arity == 2 && (mask == 1 || mask == 2)) {
        const rowset_adjacency *by = &t->by[mask - 1];
        if (by->made && by->synced * 2 >= t->nrows && by->sets.used)
            return (double)by->sets.used;
    }
    if (index && index->synced * 2 >= t->nrows && index->nkeys)
        return (double)index->nkeys;
    rowset_index columns = {.mask = mask};
    for (uint32_t c = 0; c < t->arity; c++)
        if (mask >> c & 1)
            columns.columns[columns.ncolumns++] = c;
    size_t n = t->nrows < BATCH ? t->nrows : BATCH;
    double distinct, once;
    sample(t, &columns, n, &distinct, &once);
    double est = distinct - once + once * sqrt((double)t->nrows / (double)n);
    return est < 1 ? 1 : est;
}

/* ---- one column --------------------------------------------------------- */

/* Rows that are counted rather than sampled, and values that are. */
enum { COUNTED_ROWS = 1 << 20, COUNTED_VALUES = 1 << 26 };

/* By a bitmap; negative when that can't be done. */
static double count_distinct(const column *c, size_t lo, size_t hi)
{
    uint32_t most = 0;
    double n = 0;
    if (c->is_wide || hi - lo > COUNTED_ROWS)
        return -1;
    for (size_t row = lo; row < hi; row++)
        most = c->narrow[row] > most ? c->narrow[row] : most;
    if (most > COUNTED_VALUES || most / 64 > 8 * (hi - lo) + 1024)
        return -1;
    uint64_t *seen = mem_calloc(most / 64 + 1, sizeof *seen);
    if (!seen)
        return -1;
    for (size_t row = lo; row < hi; row++) {
        uint64_t *word = &seen[c->narrow[row] / 64];
        uint64_t bit = UINT64_C(1) << c->narrow[row] % 64;
        n += (*word & bit) == 0;
        *word |= bit;
    }
    mem_free(seen);
    return n;
}

/* Whether rows [0, hi) are as good as rows [0, n). */
static bool are_most(size_t hi, size_t n)
{
    return hi >= n - n / 8 && n >= hi - hi / 8;
}

double rowset_distinct_in(rowset *t, uint32_t column, size_t lo, size_t hi)
{
    if (hi <= lo)
        return 1;
    if (lo == 0 && t->arity == 2 && t->by[column].made
        && are_most(hi, t->by[column].synced))
        return (double)t->by[column].sets.used;
    column_count *known = column < 4 ? &t->distinct[column][lo > 0] : NULL;
    if (known && known->lo == lo && are_most(hi, known->hi))
        return known->n;
    double n = count_distinct(&t->rows.col[column], lo, hi);
    if (n < 0) {
        n = rowset_distinct(t, UINT64_C(1) << column);
        n = n < (double)(hi - lo) ? n : (double)(hi - lo);
    }
    if (known)
        *known = (column_count){lo, hi, n};
    return n;
}
