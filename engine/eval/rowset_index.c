/* rowset_index.c - indexes: the rows that agree on some columns.
 *
 * Representation.  Slots over the distinct keys, or, while these are one
 * narrow, dense column, an array that they index; each key owns a run of row
 * numbers in a pool.  A run that is full moves to one of twice the room; what
 * it leaves waits for the next run of that size.  Up to two rows are kept in
 * the key itself.  A key of one or two narrow cells is known by these cells in
 * one word, others by a hash and the cells of their first row.
 *
 * Where there are threads the keys are shared out, by the lowest bits of the
 * hash or of the cell; a share has all of the above to itself, and many rows
 * are taken in by all shares at the same time.
 *
 * Invariants.  The row numbers of a key ascend.  Rows below `synced` are in
 * the index.
 *
 * Cost.  24 to 40 bytes a key, 4 to 8 a row. */
#include "eval/rowset_slots.h"

#include "base/hash.h"

#include <assert.h>

#define INDEX_SEED UINT64_C(0x13198A2E03707344)
/* Rows whose keys are looked for together. */
enum { TOGETHER = 256 };

static size_t share_bytes(const index_share *s)
{
    return s->nslots * sizeof *s->slots + s->ndirect * sizeof *s->direct
           + s->cap * sizeof *s->keys + s->pool_cap * sizeof *s->pool;
}

static void free_share(index_share *s)
{
    mem_free(s->slots);
    mem_free(s->direct);
    mem_free(s->keys);
    mem_free(s->pool);
}

static size_t index_bytes(const rowset_index *index)
{
    size_t n = sizeof *index;
    for (unsigned i = 0; i < index->nshares; i++)
        n += share_bytes(&index->share[i]);
    return n;
}

void rowset_free_indexes(rowset *t)
{
    while (t->indexes) {
        rowset_index *next = t->indexes->next;
        t->bytes -= index_bytes(t->indexes);
        for (unsigned i = 0; i < t->indexes->nshares; i++)
            free_share(&t->indexes->share[i]);
        mem_free(t->indexes);
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

static unsigned count_shares(const rowset *t)
{
    unsigned n = 1;
    while (n < parallel_width(t->pool) && n < INDEX_SHARES)
        n *= 2;
    return n;
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
        index->nshares = count_shares(t);
        while (index->nshares >> index->shift > 1)
            index->shift++;
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

size_t rowset_index_keys(const rowset_index *index)
{
    size_t n = 0;
    for (unsigned i = 0; i < index->nshares; i++)
        n += index->share[i].nkeys;
    return n;
}

/* ---- keys --------------------------------------------------------------- */

/* The hash of a row's key; of keys in an array, the cell. */
static inline uint64_t key_hash(const rowset *t, const rowset_index *index,
                                size_t row)
{
    uint64_t h = INDEX_SEED;
    if (index->direct)
        return rowset_cell(t, row, index->columns[0]);
    for (uint32_t i = 0; i < index->ncolumns; i++)
        h = hash_mix(h, rowset_cell(t, row, index->columns[i]));
    return hash_mix(h, index->ncolumns);
}

static inline unsigned share_of(const rowset_index *index, uint64_t hash)
{
    return (unsigned)hash & (index->nshares - 1);
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

static inline const uint32_t *key_rows(const index_share *s,
                                       const index_key *key)
{
    return key->cap ? s->pool + key->at : key->near;
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
static dm_status new_key(index_share *s, uint64_t word, uint32_t *out)
{
    if (s->nkeys == s->cap) {
        size_t cap = s->cap * 2 + 16;
        index_key *keys = mem_realloc(s->keys, cap * sizeof *keys);
        if (!keys)
            return DM_NOMEM;
        s->keys = keys;
        s->cap = cap;
    }
    *out = (uint32_t)s->nkeys;
    s->keys[s->nkeys++] = (index_key){.key = word};
    return DM_OK;
}

static dm_status find_direct(const rowset_index *index, index_share *s,
                             dm_cell cell, uint32_t *out)
{
    dm_status st = DM_OK;
    uint32_t *number = &s->direct[cell >> index->shift];
    *out = *number - 1;
    if (*out == ROWSET_NONE)
        st = new_key(s, cell, out);
    if (st == DM_OK)
        *number = *out + 1;
    return st;
}

/* The key of a row, added when it is new. */
static dm_status row_key(const rowset *t, const rowset_index *index,
                         index_share *s, size_t row, uint64_t hash,
                         uint32_t *out)
{
    size_t bytes = 0; /* counted by index_bytes */
    if (index->direct)
        return find_direct(index, s, hash, out);
    if (!room_slots(&s->slots, &s->nslots, s->nkeys, 1, &bytes))
        return DM_NOMEM;
    uint64_t word = row_word(t, index, row, hash);
    bool exact = is_exact(t, index);
    size_t mask = s->nslots - 1, at = home(hash, s->nslots);
    for (uint64_t slot; (slot = s->slots[at]) != 0; at = (at + 1) & mask) {
        const index_key *key = &s->keys[(uint32_t)slot - 1];
        if (TAG(slot) != TAG(hash) || key->key != word)
            continue;
        *out = (uint32_t)slot - 1;
        if (exact || same_key(t, index, row, *key_rows(s, key)))
            return DM_OK;
    }
    dm_status st = new_key(s, word, out);
    if (st == DM_OK)
        s->slots[at] = TAG(hash) | s->nkeys;
    return st;
}

/* ---- from arrays to hashes ---------------------------------------------- */

/* Find the keys by hash from now on: rows are taken in anew. */
static void leave_direct(rowset_index *index)
{
    for (unsigned i = 0; i < index->nshares; i++) {
        free_share(&index->share[i]);
        index->share[i] = (index_share){.nkeys = 0};
    }
    index->direct = false;
    index->by_hash = true;
    index->synced = 0;
}

/* See that the rows to come can be taken in: their cells into arrays, unless
 * keys are to be found by hash. */
static dm_status room_index(rowset *t, rowset_index *index)
{
    dm_cell most = 0;
    const column *c = &t->rows.col[index->columns[0]];
    if (index->by_hash)
        return DM_OK;
    bool fits = index->ncolumns == 1 && !c->is_wide;
    for (size_t row = index->synced; fits && row < t->nrows; row++)
        most = c->narrow[row] > most ? c->narrow[row] : most;
    if (!fits || most >= 8 * t->nrows + 64) {
        leave_direct(index);
        return DM_OK;
    }
    index->direct = true;
    for (unsigned i = 0; i < index->nshares; i++) {
        index_share *s = &index->share[i];
        size_t bytes = 0; /* counted by index_bytes */
        if (!room_direct(&s->direct, &s->ndirect, (size_t)most >> index->shift,
                         &bytes))
            return DM_NOMEM;
    }
    return DM_OK;
}

/* ---- runs --------------------------------------------------------------- */

static bool room_pool(index_share *s, size_t more)
{
    if (s->pool_len + more <= s->pool_cap)
        return true;
    size_t cap = s->pool_cap + s->pool_cap / 2 + more + 64;
    uint32_t *pool = mem_realloc(s->pool, cap * sizeof *pool);
    if (!pool)
        return false;
    s->pool = pool;
    s->pool_cap = cap;
    return true;
}

/* A place for a run of `cap` rows, a power of two: one that was left, or the
 * pool's end. */
static bool take_run(index_share *s, uint32_t cap, uint64_t *out)
{
    uint64_t *left = &s->left[__builtin_ctz(cap)];
    if (*left) {
        *out = *left - 1;
        memcpy(left, s->pool + *out, sizeof *left);
        return true;
    }
    if (!room_pool(s, cap))
        return false;
    *out = s->pool_len;
    s->pool_len += cap;
    return true;
}

static void leave_run(index_share *s, uint64_t at, uint32_t cap)
{
    if (cap < 4 || (cap & (cap - 1)))
        return; /* placed in its exact length */
    uint64_t *left = &s->left[__builtin_ctz(cap)];
    memcpy(s->pool + at, left, sizeof *left);
    *left = at + 1;
}

/* Add a row to its key's run, moving the run when it is full. */
static dm_status key_append(index_share *s, index_key *key, uint32_t row)
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
        if (!take_run(s, cap, &to))
            return DM_NOMEM;
        memcpy(s->pool + to, key_rows(s, key), key->len * sizeof *s->pool);
        leave_run(s, key->at, key->cap);
        key->at = to;
        key->cap = cap;
    }
    s->pool[key->at + key->len++] = row;
    return DM_OK;
}

/* ---- taking rows in ----------------------------------------------------- */

/* Some rows of one share, and the hashes of their keys. */
typedef struct some_rows {
    size_t n;
    uint32_t row[TOGETHER];
    uint64_t hash[TOGETHER];
} some_rows;

/* The share's rows among the next ones from *at on; what their keys are found
 * through is fetched. */
static void choose(const rowset *t, const rowset_index *index, unsigned share,
                   size_t *at, some_rows *out)
{
    const index_share *s = &index->share[share];
    size_t end = t->nrows - *at < TOGETHER ? t->nrows : *at + TOGETHER;
    size_t n = 0;
    for (size_t row = *at; row < end; row++) {
        out->hash[n] = key_hash(t, index, row);
        out->row[n] = (uint32_t)row;
        n += (share_of(index, out->hash[n]) == share)
             & !rowset_is_dead(t, row);
    }
    out->n = n;
    *at = end;
    if (index->direct || s->nslots == 0)
        return;
    for (size_t i = 0; i < n; i++)
        PREFETCH(&s->slots[home(out->hash[i], s->nslots)]);
    for (size_t i = 0; i < n; i++) {
        uint64_t slot = s->slots[home(out->hash[i], s->nslots)];
        if ((uint32_t)slot)
            PREFETCH(&s->keys[(uint32_t)slot - 1]);
    }
}

/* The keys of some rows; neighbours often have the same. */
static dm_status find_keys(const rowset *t, const rowset_index *index,
                           index_share *s, const some_rows *r, uint32_t *key)
{
    dm_status st = DM_OK;
    for (size_t i = 0; i < r->n && st == DM_OK; i++) {
        if (i && r->hash[i] == r->hash[i - 1]
            && same_key(t, index, r->row[i], r->row[i - 1]))
            key[i] = key[i - 1];
        else
            st = row_key(t, index, s, r->row[i], r->hash[i], &key[i]);
        if (st == DM_OK && s->keys[key[i]].len == 0)
            st = key_append(s, &s->keys[key[i]], r->row[i]);
    }
    return st;
}

/* Add rows one at a time.  A key that is new has its first row already. */
static dm_status sync_few(const rowset *t, rowset_index *index,
                          unsigned share)
{
    index_share *s = &index->share[share];
    uint32_t key[TOGETHER];
    some_rows r;
    dm_status st = DM_OK;
    for (size_t at = index->synced; at < t->nrows && st == DM_OK;) {
        choose(t, index, share, &at, &r);
        st = find_keys(t, index, s, &r, key);
        for (size_t i = 0; i < r.n && st == DM_OK; i++) {
            index_key *k = &s->keys[key[i]];
            if (key_rows(s, k)[k->len - 1] != r.row[i])
                st = key_append(s, k, r.row[i]);
        }
    }
    return st;
}

/* Give every key that needs it a run of exactly its length. */
static dm_status place_runs(index_share *s, const uint32_t *want)
{
    for (size_t k = 0; k < s->nkeys; k++) {
        index_key *key = &s->keys[k];
        if (want[k] <= 2)
            continue;
        if (!room_pool(s, want[k]))
            return DM_NOMEM;
        uint32_t first = key->near[0];
        key->at = s->pool_len;
        key->cap = want[k];
        s->pool[key->at] = first;
        s->pool_len += want[k];
    }
    return DM_OK;
}

/* Leave a share empty. */
static void empty_share(index_share *s)
{
    if (s->slots)
        memset(s->slots, 0, s->nslots * sizeof *s->slots);
    if (s->direct)
        memset(s->direct, 0, s->ndirect * sizeof *s->direct);
    s->nkeys = s->pool_len = 0;
    memset(s->left, 0, sizeof s->left);
}

typedef VEC(uint32_t) numbers;

/* The keys of all rows of the share, and how many rows each has. */
static dm_status count_rows(const rowset *t, rowset_index *index,
                            unsigned share, numbers *rows, numbers *keys,
                            numbers *want)
{
    index_share *s = &index->share[share];
    uint32_t key[TOGETHER];
    some_rows r;
    for (size_t at = 0; at < t->nrows;) {
        choose(t, index, share, &at, &r);
        if (find_keys(t, index, s, &r, key) != DM_OK
            || !vec_reserve(rows, rows->len + r.n)
            || !vec_reserve(keys, rows->len + r.n)
            || !vec_reserve(want, s->nkeys))
            return DM_NOMEM;
        for (size_t i = 0; i < r.n; i++) {
            keys->at[rows->len] = key[i];
            rows->at[rows->len++] = r.row[i];
        }
        for (; want->len < s->nkeys; want->len++)
            want->at[want->len] = 0;
        for (size_t i = 0; i < r.n; i++)
            want->at[key[i]]++;
    }
    return DM_OK;
}

/* The first filling: count the rows of each key, then place each run once.
 * While counting, a key holds just its first row, for comparisons. */
static dm_status sync_all(const rowset *t, rowset_index *index,
                          unsigned share)
{
    index_share *s = &index->share[share];
    numbers rows = {0}, keys = {0}, want = {0};
    dm_status st = count_rows(t, index, share, &rows, &keys, &want);
    if (st == DM_OK && !room_pool(s, rows.len))
        st = DM_NOMEM;
    if (st == DM_OK)
        st = place_runs(s, want.at);
    for (size_t i = 0; i < rows.len && st == DM_OK; i++) {
        index_key *k = &s->keys[keys.at[i]];
        if (*key_rows(s, k) != rows.at[i])
            st = key_append(s, k, rows.at[i]);
    }
    if (st != DM_OK)
        empty_share(s);
    vec_free(&rows);
    vec_free(&keys);
    vec_free(&want);
    return st;
}

typedef struct syncing {
    const rowset *t;
    rowset_index *index;
    bool all;
} syncing;

static dm_status sync_share(void *context, size_t share, unsigned worker)
{
    const syncing *s = context;
    (void)worker;
    return (s->all ? sync_all : sync_few)(s->t, s->index, (unsigned)share);
}

dm_status rowset_sync_index(rowset *t, rowset_index *index)
{
    if (index->synced == t->nrows)
        return DM_OK;
    assert(!parallel_inside());
    size_t before = index_bytes(index);
    dm_status st = room_index(t, index);
    size_t n = t->nrows - index->synced;
    syncing s = {t, index, index->synced == 0 && t->nrows > 64};
    if (st == DM_OK)
        st = parallel_run(parallel_worth(t->pool, n, t->worth_threads),
                          index->nshares, sync_share, &s);
    if (st == DM_OK)
        index->synced = t->nrows;
    for (unsigned i = 0; st != DM_OK && i < index->nshares; i++)
        empty_share(&index->share[i]);
    if (st != DM_OK)
        index->synced = 0;
    t->bytes += index_bytes(index) - before;
    return st;
}

/* ---- looking up --------------------------------------------------------- */

/* The share of a key; with `one` there is no other. */
static inline const index_share *share_at(const rowset_index *index,
                                          uint64_t hash, bool one)
{
    return &index->share[one ? 0 : share_of(index, hash)];
}

/* Hash the keys, prefetching first their slots and then what those name. */
static inline void prefetch_keys(const rowset_index *index,
                                 const dm_cell *const *keys, size_t n,
                                 uint64_t *hash, bool one)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t h = INDEX_SEED;
        for (uint32_t j = 0; j < index->ncolumns; j++)
            h = hash_mix(h, keys[j][i]);
        hash[i] = hash_mix(h, index->ncolumns);
        const index_share *s = share_at(index, hash[i], one);
        if (s->nslots)
            PREFETCH(&s->slots[home(hash[i], s->nslots)]);
    }
    for (size_t i = 0; i < n; i++) {
        const index_share *s = share_at(index, hash[i], one);
        uint64_t slot = s->nslots ? s->slots[home(hash[i], s->nslots)] : 0;
        if ((uint32_t)slot)
            PREFETCH(&s->keys[(uint32_t)slot - 1]);
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

/* Where an array says which key a cell is; NULL: it is beyond. */
static inline const uint32_t *direct_at(const rowset_index *index,
                                        dm_cell cell)
{
    const index_share *s = &index->share[share_of(index, cell)];
    return cell >> index->shift < s->ndirect
               ? &s->direct[cell >> index->shift] : NULL;
}

/* The same where keys index arrays. */
static void find_batch_direct(const rowset_index *index, const dm_cell *cells,
                              size_t n, const uint32_t **rows, uint32_t *len)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t *number = direct_at(index, cells[i]);
        if (number)
            PREFETCH(number);
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t *number = direct_at(index, cells[i]);
        if (number && *number)
            PREFETCH(&index->share[share_of(index, cells[i])]
                          .keys[*number - 1]);
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t *number = direct_at(index, cells[i]);
        if (!number || !*number)
            continue;
        const index_share *s = &index->share[share_of(index, cells[i])];
        const index_key *key = &s->keys[*number - 1];
        rows[i] = key_rows(s, key);
        len[i] = key->len;
        PREFETCH(rows[i]);
    }
}

static inline void find_batch(const rowset *t, const rowset_index *index,
                              const dm_cell *const *keys, size_t n,
                              const uint32_t **rows, uint32_t *len, bool one)
{
    uint64_t hash[BATCH];
    prefetch_keys(index, keys, n, hash, one);
    bool exact = is_exact(t, index), two = index->ncolumns == 2;
    for (size_t i = 0; i < n; i++) {
        const index_share *s = share_at(index, hash[i], one);
        dm_cell second = two ? keys[1][i] : 0;
        uint64_t word = key_word(index, keys[0][i], second, hash[i]);
        if (s->nkeys == 0
            || (exact && two && (keys[0][i] | second) > UINT32_MAX))
            continue; /* no row has such a cell */
        size_t mask = s->nslots - 1, at = home(hash[i], s->nslots);
        for (uint64_t slot; (slot = s->slots[at]) != 0; at = (at + 1) & mask) {
            const index_key *key = &s->keys[(uint32_t)slot - 1];
            if (TAG(slot) != TAG(hash[i]) || key->key != word)
                continue;
            const uint32_t *run = key_rows(s, key);
            if (!exact && !run_has_key(t, index, run, keys, i))
                continue;
            rows[i] = run;
            len[i] = key->len;
            PREFETCH(run);
            break;
        }
    }
}

void index_find_batch(const rowset *t, const rowset_index *index,
                      const dm_cell *const *keys, size_t n,
                      const uint32_t **rows, uint32_t *len)
{
    assert(n <= BATCH);
    memset(len, 0, n * sizeof *len);
    if (index->direct)
        find_batch_direct(index, keys[0], n, rows, len);
    else if (index->nshares == 1)
        find_batch(t, index, keys, n, rows, len, true);
    else
        find_batch(t, index, keys, n, rows, len, false);
}
