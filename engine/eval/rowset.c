/* rowset.c - rows in order of derivation, and a hash set of them.
 *
 * Representation.  Cells are in columns, in narrow lanes.  The set is open
 * addressing over 64-bit slots: the upper half keeps 32 bits of the hash, the
 * lower half the row's number plus one; growing needs no look at the rows.
 *
 * Invariants.  nslots is 0 or a power of two, at most two thirds full.  The
 * slots hold the rows below `hashed`; the rows from there on were appended
 * and differ from all others.  A lattice rowset is always hashed.  In
 * one, a slot names the best row of its key (or, while keys are one narrow,
 * dense column, an array does that they index), and `dead` marks the rows that
 * were bettered after they had been read.
 *
 * Cost.  An insertion is one probe, two cache misses, both prefetched over a
 * batch; 16 to 24 bytes of slots a row beside its cells.  Appending to an
 * empty rowset is a copy. */
#include "base/hash.h"
#include "eval/rowset_slots.h"

#include <assert.h>
#include <string.h>

#define SEED UINT64_C(0x243F6A8885A308D3)
/* So many single lookups scan unhashed rows before hashing them pays. */
#define MAX_SCANS 8

void rowset_init(rowset *t, uint32_t arity)
{
    memset(t, 0, sizeof *t);
    t->arity = arity;
    columns_init(&t->rows, arity);
    t->lattice = ROWSET_NONE;
}

void rowset_free(rowset *t)
{
    rowset_free_indexes(t);
    rowset_free_by(t);
    rowset_free_packed(t);
    columns_free(&t->rows);
    mem_free(t->slots);
    mem_free(t->direct);
    mem_free(t->dead);
    mem_free(t->rounds);
    rowset_init(t, t->arity);
}

/* ---- rows --------------------------------------------------------------- */

/* The hash of a row's identity: all columns, or all but the lattice column. */
static inline uint64_t row_hash(const rowset *t, const dm_cell *row)
{
    uint64_t h = SEED;
    if (t->lattice == ROWSET_NONE) {
        switch (t->arity) {
        case 1:
            return hash_mix(hash_mix(h, row[0]), 1);
        case 2:
            return hash_mix(hash_mix(hash_mix(h, row[0]), row[1]), 2);
        default:
            break;
        }
    }
    for (uint32_t i = 0; i < t->arity; i++)
        if (i != t->lattice)
            h = hash_mix(h, row[i]);
    return hash_mix(h, t->arity);
}

/* Whether a row has these cells, a lattice column apart. */
static inline bool same_row(const rowset *t, size_t row, const dm_cell *cells)
{
    const column *c = t->rows.col;
    if (t->arity == 2 && t->lattice == ROWSET_NONE)
        return column_get(&c[0], row) == cells[0]
               && column_get(&c[1], row) == cells[1];
    for (uint32_t i = 0; i < t->arity; i++)
        if (column_get(&c[i], row) != cells[i] && i != t->lattice)
            return false;
    return true;
}

static dm_status room_rows(rowset *t, size_t more)
{
    if (more >= ROWSET_NONE || t->nrows + more >= ROWSET_NONE)
        return DM_BUDGET;
    size_t before = t->rows.bytes;
    dm_status st = columns_room(&t->rows, more);
    t->bytes += t->rows.bytes - before;
    return st;
}

/* Room for `more` rows and their slots, all rows being hashed. */
static dm_status make_room(rowset *t, size_t more)
{
    dm_status st = t->hashed < t->nrows ? rowset_hash(t) : DM_OK;
    if (st == DM_OK)
        st = room_rows(t, more);
    if (st == DM_OK
        && !room_slots(&t->slots, &t->nslots, t->nrows, more, &t->bytes))
        st = DM_NOMEM;
    return st;
}

dm_status rowset_reserve(rowset *t, size_t more)
{
    bool many = more >= ROWSET_NONE || t->nrows + more >= ROWSET_NONE;
    if (more == 0 || many)
        return DM_OK;
    return t->lattice == ROWSET_NONE ? make_room(t, more) : room_rows(t, more);
}

/* Append rows, row-major; widening a lane needs memory. */
static dm_status append(rowset *t, const dm_cell *rows, size_t n)
{
    size_t before = t->rows.bytes;
    dm_status st = columns_append_rows(&t->rows, rows, n);
    t->bytes += t->rows.bytes - before;
    t->nrows = t->rows.nrows;
    return st;
}

/* Append one row with room made. */
static inline dm_status append_one(rowset *t, const dm_cell *row)
{
    size_t n = t->nrows;
    for (uint32_t i = 0; i < t->arity; i++) {
        column *c = &t->rows.col[i];
        if (row[i] > UINT32_MAX && !c->is_wide)
            return append(t, row, 1);
        column_set(c, n, row[i]);
    }
    t->rows.nrows = t->nrows = n + 1;
    return DM_OK;
}

static dm_status mark_dead(rowset *t, size_t row)
{
    size_t words = t->rows.cap / 64 + 1;
    if (row / 64 >= t->dead_words) {
        uint64_t *dead = mem_realloc(t->dead, words * sizeof *dead);
        if (!dead)
            return DM_NOMEM;
        memset(dead + t->dead_words, 0,
               (words - t->dead_words) * sizeof *dead);
        t->bytes += (words - t->dead_words) * sizeof *dead;
        t->dead = dead;
        t->dead_words = words;
    }
    t->dead[row / 64] |= UINT64_C(1) << (row % 64);
    t->ndead++;
    return DM_OK;
}

static dm_status replace(rowset *t, size_t row, dm_cell value)
{
    size_t before = t->rows.bytes;
    dm_status st = value > UINT32_MAX ? columns_widen(&t->rows, t->lattice)
                                      : DM_OK;
    t->bytes += t->rows.bytes - before;
    if (st == DM_OK)
        column_set(&t->rows.col[t->lattice], row, value);
    return st;
}

static inline bool is_better(const rowset *t, dm_cell a, dm_cell b)
{
    switch (t->order) {
    case ROWSET_LEAST:
        return (int64_t)a < (int64_t)b;
    case ROWSET_GREATEST:
        return (int64_t)a > (int64_t)b;
    case ROWSET_BY_CALL:
        break;
    }
    return t->better(t->context, a, b);
}

/* A row whose key is there already, in row `old` of a lattice rowset; *fresh:
 * whether it is better, and then in the last row or in its place. */
static inline dm_status compete(rowset *t, size_t old, const dm_cell *row,
                                uint8_t *fresh)
{
    dm_cell value = row[t->lattice];
    *fresh = 0;
    if (!is_better(t, value, rowset_cell(t, old, t->lattice)))
        return DM_OK;
    *fresh = 1;
    if (old >= t->settled)
        return replace(t, old, value);
    dm_status st = mark_dead(t, old);
    return st == DM_OK ? append_one(t, row) : st;
}

/* The same, keeping the key's slot. */
static dm_status compete_slot(rowset *t, uint64_t *slot, const dm_cell *row,
                              uint8_t *fresh)
{
    size_t before = t->nrows;
    dm_status st = compete(t, (uint32_t)*slot - 1, row, fresh);
    if (st == DM_OK && t->nrows > before) {
        *slot = TAG(*slot) | t->nrows;
        t->hashed = t->nrows;
    }
    return st;
}

/* Insert one row with room made; its number through `out`. */
static inline dm_status put(rowset *t, const dm_cell *row, uint64_t hash,
                            uint32_t *out, uint8_t *fresh)
{
    size_t mask = t->nslots - 1, at = home(hash, t->nslots);
    for (uint64_t slot; (slot = t->slots[at]) != 0; at = (at + 1) & mask) {
        if (TAG(slot) != TAG(hash))
            continue;
        *out = (uint32_t)slot - 1;
        if (!same_row(t, *out, row))
            continue;
        if (t->lattice != ROWSET_NONE)
            return compete_slot(t, &t->slots[at], row, fresh);
        *fresh = 0;
        return DM_OK;
    }
    *out = (uint32_t)t->nrows;
    dm_status st = append_one(t, row);
    if (st != DM_OK)
        return st;
    t->slots[at] = TAG(hash) | t->nrows;
    t->hashed = t->nrows;
    *fresh = 1;
    return DM_OK;
}

static inline void prefetch_cell(const column *c, size_t row)
{
    PREFETCH(c->is_wide ? (const void *)(c->wide + row)
                        : (const void *)(c->narrow + row));
}

static inline void prefetch_row(const rowset *t, size_t row)
{
    for (uint32_t c = 0; c < t->arity; c++)
        prefetch_cell(&t->rows.col[c], row);
}

/* Hash the rows, prefetching first their slots and then the rows that the
 * slots point to. */
static void prefetch_rows(const rowset *t, const dm_cell *rows, size_t n,
                          uint64_t *hash)
{
    for (size_t i = 0; i < n; i++) {
        hash[i] = row_hash(t, rows + i * t->arity);
        if (t->nslots)
            PREFETCH(&t->slots[home(hash[i], t->nslots)]);
    }
    for (size_t i = 0; i < n && t->nslots; i++) {
        uint64_t slot = t->slots[home(hash[i], t->nslots)];
        if (TAG(slot) == TAG(hash[i]) && (uint32_t)slot)
            prefetch_row(t, (uint32_t)slot - 1);
    }
}

/* ---- lattices of one key ------------------------------------------------ */

/* The column that the array is indexed by. */
static inline uint32_t key_column(const rowset *t)
{
    return 1 - t->lattice;
}

/* Find the keys by hash from now on. */
static dm_status leave_direct(rowset *t)
{
    mem_free(t->direct);
    t->bytes -= t->ndirect * sizeof *t->direct;
    t->direct = NULL;
    t->ndirect = t->hashed = 0;
    t->by_hash = true;
    return t->nrows ? rowset_hash(t) : DM_OK;
}

/* See that n rows can be put in: their keys into the array, unless they are
 * to be found by hash. */
static dm_status room_keys(rowset *t, const dm_cell *rows, size_t n)
{
    dm_cell most = 0;
    if (t->by_hash)
        return DM_OK;
    for (size_t i = 0; i < n && t->arity == 2; i++)
        if (rows[2 * i + key_column(t)] > most)
            most = rows[2 * i + key_column(t)];
    if (t->arity != 2 || most >= rowset_most_keys(t))
        return leave_direct(t);
    return room_direct(&t->direct, &t->ndirect, (size_t)most, &t->bytes)
               ? DM_OK : DM_NOMEM;
}

/* Name the rows that aren't in the array there. */
static void index_direct(rowset *t)
{
    for (; t->hashed < t->nrows; t->hashed++)
        if (!rowset_is_dead(t, t->hashed))
            t->direct[rowset_cell(t, t->hashed, key_column(t))] =
                (uint32_t)t->hashed + 1;
}

/* Fetch the value of row `number` - 1, if there is one. */
static inline void prefetch_best(const rowset *t, uint32_t number)
{
    if (number)
        prefetch_cell(&t->rows.col[t->lattice], number - 1);
}

static dm_status insert_direct(rowset *t, const dm_cell *rows, size_t n,
                               uint8_t *fresh)
{
    const uint32_t k = key_column(t);
    dm_status st = room_rows(t, n);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        PREFETCH(&t->direct[rows[2 * i + k]]);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        prefetch_best(t, t->direct[rows[2 * i + k]]);
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        uint32_t *best = &t->direct[rows[2 * i + k]];
        size_t before = t->nrows;
        uint8_t is_new = 1;
        st = *best ? compete(t, *best - 1, rows + 2 * i, &is_new)
                   : append_one(t, rows + 2 * i);
        if (st == DM_OK && t->nrows > before)
            *best = (uint32_t)t->nrows;
        if (fresh)
            fresh[i] = is_new;
    }
    t->hashed = t->nrows;
    return st;
}

/* ---- insertion ---------------------------------------------------------- */

/* Through the packed set, as far as it goes. */
static dm_status insert_packed(rowset *t, const dm_cell *rows, size_t n,
                               uint8_t *fresh, size_t *done)
{
    *done = 0;
    dm_status st = rowset_pack(t, &t->packs);
    return st == DM_OK && t->packs
               ? rowset_packed_insert(t, rows, n, fresh, done) : st;
}

dm_status rowset_insert(rowset *t, const dm_cell *rows, size_t n,
                        uint8_t *fresh)
{
    uint64_t hash[BATCH];
    uint8_t is_new = 0;
    uint32_t row;
    assert(n <= BATCH);
    if (n && t->lattice != ROWSET_NONE) {
        dm_status can = room_keys(t, rows, n);
        if (can != DM_OK || !t->by_hash)
            return can == DM_OK ? insert_direct(t, rows, n, fresh) : can;
    }
    if (n && t->packs) {
        size_t done;
        dm_status st = insert_packed(t, rows, n, fresh, &done);
        if (st != DM_OK || done == n)
            return st;
        rows += done * t->arity;
        n -= done;
        fresh = fresh ? fresh + done : NULL;
    }
    dm_status st = n ? make_room(t, n) : DM_OK;
    if (st != DM_OK || n == 0)
        return st;
    prefetch_rows(t, rows, n, hash);
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        st = put(t, rows + i * t->arity, hash[i], &row, &is_new);
        if (fresh)
            fresh[i] = is_new;
    }
    return st;
}

dm_status rowset_put_batch(rowset *t, const dm_cell *rows, size_t n,
                           uint32_t *out)
{
    uint64_t hash[BATCH];
    uint8_t is_new;
    assert(n <= BATCH && t->lattice == ROWSET_NONE);
    dm_status st = n ? make_room(t, n) : DM_OK;
    if (st != DM_OK || n == 0)
        return st;
    prefetch_rows(t, rows, n, hash);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        st = put(t, rows + i * t->arity, hash[i], &out[i], &is_new);
    return st;
}

dm_status rowset_put(rowset *t, const dm_cell *row, uint32_t *out,
                     bool *fresh)
{
    uint8_t is_new = 0;
    if (t->lattice != ROWSET_NONE) {
        dm_status put_in = rowset_insert(t, row, 1, &is_new);
        *fresh = is_new != 0;
        *out = put_in == DM_OK ? rowset_find_key(t, row) : ROWSET_NONE;
        return put_in;
    }
    dm_status st = make_room(t, 1);
    if (st == DM_OK)
        st = put(t, row, row_hash(t, row), out, &is_new);
    *fresh = is_new != 0;
    return st;
}

dm_status rowset_add_all(rowset *t, const rowset *from)
{
    dm_cell cells[64];
    uint32_t number;
    bool fresh;
    dm_status st = DM_OK;
    for (size_t row = 0; row < from->nrows && st == DM_OK; row++) {
        if (rowset_is_dead(from, row))
            continue;
        rowset_get(from, row, cells);
        st = rowset_put(t, cells, &number, &fresh);
    }
    return st;
}

/* The hashed row that is the same but for a lattice column. */
static inline uint32_t find_key(const rowset *t, const dm_cell *cells,
                                uint64_t hash)
{
    if (t->direct) {
        dm_cell key = cells[key_column(t)];
        return key < t->ndirect ? t->direct[key] - 1 : ROWSET_NONE;
    }
    size_t mask = t->nslots - 1, at = home(hash, t->nslots);
    if (t->nslots == 0)
        return ROWSET_NONE;
    for (uint64_t slot; (slot = t->slots[at]) != 0; at = (at + 1) & mask) {
        uint32_t row = (uint32_t)slot - 1;
        if (TAG(slot) == TAG(hash) && same_row(t, row, cells))
            return row;
    }
    return ROWSET_NONE;
}

static inline uint32_t find(const rowset *t, const dm_cell *cells,
                            uint64_t hash)
{
    uint32_t row = find_key(t, cells, hash);
    if (row != ROWSET_NONE && t->lattice != ROWSET_NONE
        && rowset_cell(t, row, t->lattice) != cells[t->lattice])
        return ROWSET_NONE;
    return row;
}

uint32_t rowset_find_key(const rowset *t, const dm_cell *cells)
{
    assert(t->hashed == t->nrows);
    return t->nrows ? find_key(t, cells, row_hash(t, cells)) : ROWSET_NONE;
}

/* Look at every row that is not hashed. */
static uint32_t find_unhashed(const rowset *t, const dm_cell *cells)
{
    for (size_t row = t->hashed; row < t->nrows; row++)
        if (same_row(t, row, cells))
            return (uint32_t)row;
    return ROWSET_NONE;
}

uint32_t rowset_find(rowset *t, const dm_cell *cells)
{
    uint64_t hash = row_hash(t, cells);
    uint32_t row = find(t, cells, hash);
    if (row != ROWSET_NONE || t->hashed == t->nrows)
        return row;
    if (t->scans++ < MAX_SCANS || rowset_hash(t) != DM_OK)
        return find_unhashed(t, cells);
    return find(t, cells, hash);
}

void rowset_find_batch(rowset *t, const dm_cell *rows, size_t n, uint32_t *out)
{
    uint64_t hash[BATCH];
    assert(n <= BATCH);
    if (n == 1 || (t->hashed < t->nrows && rowset_hash(t) != DM_OK)) {
        for (size_t i = 0; i < n; i++)
            out[i] = rowset_find(t, rows + i * t->arity);
        return;
    }
    prefetch_rows(t, rows, n, hash);
    for (size_t i = 0; i < n; i++)
        out[i] = find(t, rows + i * t->arity, hash[i]);
}

/* ---- rows known to be distinct ------------------------------------------ */

/* Hashes of rows [from, from + n), column by column. */
static void hash_rows(const rowset *t, size_t from, size_t n, uint64_t *hash)
{
    dm_cell cells[BATCH];
    for (size_t i = 0; i < n; i++)
        hash[i] = SEED;
    for (uint32_t c = 0; c < t->arity; c++) {
        if (c == t->lattice)
            continue;
        column_read(&t->rows.col[c], from, n, cells);
        for (size_t i = 0; i < n; i++)
            hash[i] = hash_mix(hash[i], cells[i]);
    }
    for (size_t i = 0; i < n; i++)
        hash[i] = hash_mix(hash[i], t->arity);
}

dm_status rowset_hash(rowset *t)
{
    uint64_t hash[BATCH];
    assert(!parallel_inside() || t->hashed == t->nrows);
    if (t->direct) {
        index_direct(t);
        return DM_OK;
    }
    if (!room_slots(&t->slots, &t->nslots, t->hashed, t->nrows - t->hashed,
                    &t->bytes))
        return DM_NOMEM;
    size_t mask = t->nslots - 1;
    while (t->hashed < t->nrows) {
        size_t n = t->nrows - t->hashed < BATCH ? t->nrows - t->hashed : BATCH;
        hash_rows(t, t->hashed, n, hash);
        for (size_t i = 0; i < n; i++)
            PREFETCH(&t->slots[home(hash[i], t->nslots)]);
        for (size_t i = 0; i < n; i++) {
            size_t at = home(hash[i], t->nslots);
            if (rowset_is_dead(t, t->hashed++))
                continue;
            while (t->slots[at])
                at = (at + 1) & mask;
            t->slots[at] = TAG(hash[i]) | t->hashed;
        }
    }
    return DM_OK;
}

/* Append those of the rows that aren't hashed. */
static dm_status append_others(rowset *t, const dm_cell *rows, size_t n,
                               uint8_t *fresh)
{
    uint64_t hash[BATCH];
    dm_status st = DM_OK;
    prefetch_rows(t, rows, n, hash);
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        const dm_cell *row = rows + i * t->arity;
        bool is_new = find(t, row, hash[i]) == ROWSET_NONE;
        if (is_new)
            st = append_one(t, row);
        if (fresh)
            fresh[i] = is_new;
    }
    return st;
}

dm_status rowset_append(rowset *t, const dm_cell *rows, size_t n,
                        uint8_t *fresh)
{
    assert(n <= BATCH && t->lattice == ROWSET_NONE);
    dm_status st = n ? room_rows(t, n) : DM_OK;
    if (st != DM_OK || n == 0)
        return st;
    if (t->hashed > 0)
        return append_others(t, rows, n, fresh);
    if (fresh)
        memset(fresh, 1, n);
    return append(t, rows, n);
}

void rowset_adopt(rowset *t, columns *rows)
{
    assert(t->nrows == 0 && t->lattice == ROWSET_NONE);
    t->bytes -= t->rows.bytes;
    columns_free(&t->rows);
    t->rows = *rows;
    t->nrows = rows->nrows;
    t->bytes += rows->bytes;
    columns_init(rows, t->arity);
}

/* ---- rounds ------------------------------------------------------------- */

dm_status rowset_begin_round(rowset *t, uint64_t stage)
{
    if (t->nrounds && t->rounds[t->nrounds - 1].first == t->nrows) {
        t->rounds[t->nrounds - 1].stage = stage; /* the last one was empty */
        return DM_OK;
    }
    if (t->nrounds == t->rounds_cap) {
        size_t cap = t->rounds_cap * 2 + 4;
        rowset_round *rounds = mem_realloc(t->rounds, cap * sizeof *rounds);
        if (!rounds)
            return DM_NOMEM;
        t->bytes += (cap - t->rounds_cap) * sizeof *rounds;
        t->rounds = rounds;
        t->rounds_cap = cap;
    }
    t->rounds[t->nrounds].first = t->nrows;
    t->rounds[t->nrounds++].stage = stage;
    return DM_OK;
}

uint64_t rowset_stage(const rowset *t, size_t row)
{
    size_t lo = 0, hi = t->nrounds; /* the first round begins after row? */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->rounds[mid].first <= row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? t->rounds[lo - 1].stage : 0;
}

uint64_t rowset_last_stage(const rowset *t)
{
    return t->nrounds ? t->rounds[t->nrounds - 1].stage : 0;
}

size_t rowset_before_stage(const rowset *t, uint64_t stage)
{
    size_t lo = 0, hi = t->nrounds; /* the first round of `stage` or later */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->rounds[mid].stage < stage)
            lo = mid + 1;
        else
            hi = mid;
    }
    return stage == 0 ? 0 : lo < t->nrounds ? t->rounds[lo].first : t->nrows;
}

/* ---- removal ------------------------------------------------------------ */

/* Empty slot `at`, moving back what had to pass it. */
static void free_slot(rowset *t, size_t at)
{
    size_t mask = t->nslots - 1, next = at;
    for (;;) {
        next = (next + 1) & mask;
        uint64_t slot = t->slots[next];
        if (!slot)
            break;
        size_t passed = (next - home(slot, t->nslots)) & mask;
        if (passed < ((next - at) & mask))
            continue;
        t->slots[at] = slot;
        at = next;
    }
    t->slots[at] = 0;
}

dm_status rowset_remove(rowset *t, size_t row)
{
    dm_cell cells[64];
    assert(t->lattice == ROWSET_NONE && !rowset_is_dead(t, row));
    dm_status st = t->hashed < t->nrows ? rowset_hash(t) : DM_OK;
    if (st == DM_OK)
        st = mark_dead(t, row);
    if (st != DM_OK)
        return st;
    rowset_get(t, row, cells);
    size_t mask = t->nslots - 1, at = home(row_hash(t, cells), t->nslots);
    while ((uint32_t)t->slots[at] != row + 1)
        at = (at + 1) & mask;
    free_slot(t, at);
    rowset_remove_by(t, row);
    rowset_free_packed(t);
    t->packs = false;
    return DM_OK;
}

/* Move the rows that aren't dead to the front; how many there are. */
static size_t move_rows(rowset *t)
{
    size_t kept = 0, round = 0;
    for (size_t row = 0; row < t->nrows; row++) {
        while (round < t->nrounds && t->rounds[round].first == row)
            t->rounds[round++].first = kept;
        if (rowset_is_dead(t, row))
            continue;
        for (uint32_t c = 0; c < t->arity && kept < row; c++)
            column_set(&t->rows.col[c], kept,
                       column_get(&t->rows.col[c], row));
        kept++;
    }
    for (; round < t->nrounds; round++)
        t->rounds[round].first = kept;
    return kept;
}

void rowset_let_go(rowset *t)
{
    rowset_free_indexes(t);
    rowset_free_by(t);
    rowset_free_packed(t);
    t->bytes -= t->rows.bytes;
    columns_trim(&t->rows);
    t->bytes += t->rows.bytes;
    if (t->lattice != ROWSET_NONE)
        return; /* its slots say which rows count */
    t->bytes -= t->nslots * sizeof *t->slots;
    mem_free(t->slots);
    t->slots = NULL;
    t->nslots = t->hashed = 0;
}

dm_status rowset_compact(rowset *t)
{
    if (t->ndead == 0)
        return DM_OK;
    columns_truncate(&t->rows, move_rows(t));
    t->nrows = t->settled = t->rows.nrows;
    mem_free(t->dead);
    t->bytes -= t->dead_words * sizeof *t->dead;
    t->dead = NULL;
    t->ndead = t->dead_words = 0;
    memset(t->distinct, 0, sizeof t->distinct);
    rowset_free_indexes(t);
    rowset_free_by(t);
    t->bytes -= t->nslots * sizeof *t->slots + t->rows.bytes;
    columns_trim(&t->rows);
    t->bytes += t->rows.bytes;
    mem_free(t->slots);
    t->slots = NULL;
    t->nslots = t->hashed = 0;
    if (t->direct)
        memset(t->direct, 0, t->ndirect * sizeof *t->direct);
    return rowset_hash(t);
}
