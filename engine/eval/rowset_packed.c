/* rowset_packed.c - a set of rows of three or more columns, each row one word.
 *
 * Where the cells of a row fit 63 bits together, each in as many bits as its
 * column needs, a row can be told from all others by one word: a lookup is
 * then one cache miss, where slots of row numbers take one more for each
 * column.  It says whether a row is there, not which one it is.
 *
 * Invariants.  A slot is 0 or a packed row with the highest bit set; at most
 * two thirds are taken.  Rows below `synced` are in it.  Widths leave room for
 * values four times as great, if they can; a greater one has the set made
 * anew, or given up when it is too great. */
#include "eval/rowset_slots.h"

#include <assert.h>

#define TAKEN (UINT64_C(1) << 63)
enum { MOST_BITS = 63, SLACK = 2, AHEAD = 16 };

void rowset_free_packed(rowset *t)
{
    t->bytes -= t->packed.nslots * sizeof *t->packed.slots;
    mem_free(t->packed.slots);
    t->packed = (rowset_packed){.refused = t->packed.refused};
}

/* ---- layout ------------------------------------------------------------- */

static unsigned bits_of(uint64_t all)
{
    return all ? 64 - (unsigned)__builtin_clzll(all) : 1;
}

/* All bits that a column's cells and `row`'s have. */
static uint64_t all_bits(const rowset *t, uint32_t c, const dm_cell *row)
{
    uint64_t all = row ? row[c] : 0;
    const column *col = t->nrows ? &t->rows.col[c] : NULL;
    for (size_t i = 0; i < t->nrows && col->is_wide; i++)
        all |= col->wide[i];
    for (size_t i = 0; i < t->nrows && !col->is_wide; i++)
        all |= col->narrow[i];
    return all;
}

/* Widths for the rows there are and for `row` (may be NULL); false: they are
 * too wide together. */
static bool lay_out(rowset *t, const dm_cell *row)
{
    rowset_packed *p = &t->packed;
    unsigned total = 0, slack = SLACK, width[ROWSET_PACKED];
    for (uint32_t c = 0; c < t->arity; c++) {
        width[c] = bits_of(all_bits(t, c, row));
        total += width[c];
    }
    if (total > MOST_BITS)
        return false;
    while (total + slack * t->arity > MOST_BITS)
        slack--;
    for (uint32_t c = 0, at = 0; c < t->arity; c++) {
        p->width[c] = (uint8_t)(width[c] + slack > 63 ? 63
                                                      : width[c] + slack);
        p->shift[c] = (uint8_t)at;
        at += p->width[c];
    }
    return true;
}

/* A row as a word; 0: a cell is too great. */
static inline uint64_t pack(const rowset *t, const dm_cell *row)
{
    const rowset_packed *p = &t->packed;
    uint64_t word = TAKEN;
    for (uint32_t c = 0; c < t->arity; c++) {
        if (row[c] >> p->width[c])
            return 0;
        word |= row[c] << p->shift[c];
    }
    return word;
}

/* ---- slots -------------------------------------------------------------- */

static inline size_t place_of(uint64_t word, size_t nslots)
{
    uint64_t h = (word ^ word >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h >> 32 ^ h) & (nslots - 1);
}

/* Where a word is, or is to go. */
static inline size_t find(const rowset_packed *p, uint64_t word)
{
    size_t at = place_of(word, p->nslots);
    while (p->slots[at] && p->slots[at] != word)
        at = (at + 1) & (p->nslots - 1);
    return at;
}

static dm_status room(rowset *t, size_t more)
{
    rowset_packed *p = &t->packed;
    size_t n = p->nslots ? p->nslots : 64;
    while ((p->synced + more) * 3 > n * 2)
        n *= 2;
    if (n == p->nslots)
        return DM_OK;
    rowset_packed grown = *p;
    grown.slots = mem_calloc(n, sizeof *grown.slots);
    grown.nslots = n;
    if (!grown.slots)
        return DM_NOMEM;
    for (size_t i = 0; i < p->nslots; i++)
        if (p->slots[i])
            grown.slots[find(&grown, p->slots[i])] = p->slots[i];
    mem_free(p->slots);
    t->bytes += (n - p->nslots) * sizeof *p->slots;
    *p = grown;
    return DM_OK;
}

/* Take rows from `synced` on in; false: a cell is too great for the layout. */
static bool add_rows(rowset *t)
{
    enum { BLOCK = 256 };
    rowset_packed *p = &t->packed;
    dm_cell row[ROWSET_PACKED];
    uint64_t words[BLOCK];
    while (p->synced < t->nrows) {
        size_t n = t->nrows - p->synced < BLOCK ? t->nrows - p->synced : BLOCK;
        for (size_t i = 0; i < n; i++) {
            rowset_get(t, p->synced + i, row);
            words[i] = pack(t, row);
            if (!words[i])
                return false;
            PREFETCH(&p->slots[place_of(words[i], p->nslots)]);
        }
        for (size_t i = 0; i < n; i++)
            p->slots[find(p, words[i])] = words[i];
        p->synced += n;
    }
    return true;
}

/* Make it anew, so that `row` (may be NULL) fits, with room for `more`. */
static dm_status remake(rowset *t, const dm_cell *row, size_t more,
                        bool *possible)
{
    rowset_free_packed(t);
    *possible = lay_out(t, row);
    t->packed.refused = !*possible;
    if (!*possible)
        return DM_OK;
    dm_status st = room(t, t->nrows + more);
    t->packed.made = st == DM_OK;
    if (st == DM_OK && !add_rows(t))
        assert(!"the layout was made for these rows");
    return st;
}

dm_status rowset_pack(rowset *t, bool *possible)
{
    rowset_packed *p = &t->packed;
    *possible = t->arity >= 3 && t->arity <= ROWSET_PACKED && !p->refused
                && !t->dead && !t->by_hash && t->lattice == ROWSET_NONE;
    if (!*possible || (p->made && p->synced == t->nrows))
        return DM_OK;
    assert(!parallel_inside());
    if (!p->made)
        return remake(t, NULL, 0, possible);
    dm_status st = room(t, t->nrows - p->synced);
    if (st != DM_OK || add_rows(t))
        return st;
    return remake(t, NULL, 0, possible);
}

/* ---- rows --------------------------------------------------------------- */

void rowset_packed_contains(const rowset *t, const dm_cell *rows, size_t n,
                            uint8_t *out)
{
    uint64_t words[BATCH];
    const rowset_packed *p = &t->packed;
    assert(n <= BATCH && p->made && p->synced == t->nrows);
    for (size_t i = 0; i < n; i++) {
        words[i] = pack(t, rows + i * t->arity);
        if (words[i])
            PREFETCH(&p->slots[place_of(words[i], p->nslots)]);
    }
    for (size_t i = 0; i < n; i++)
        out[i] = words[i] && p->slots[find(p, words[i])];
}

/* Append one row that is not there. */
static dm_status append(rowset *t, const dm_cell *row)
{
    size_t before = t->rows.bytes;
    dm_status st = columns_append_rows(&t->rows, row, 1);
    t->bytes += t->rows.bytes - before;
    t->nrows = t->rows.nrows;
    return st;
}

dm_status rowset_packed_insert(rowset *t, const dm_cell *rows, size_t n,
                               uint8_t *fresh, size_t *done)
{
    uint64_t words[BATCH];
    rowset_packed *p = &t->packed;
    bool possible = true;
    assert(n <= BATCH && p->made && p->synced == t->nrows);
    *done = 0;
    if (t->nrows + n >= ROWSET_NONE)
        return DM_BUDGET;
    dm_status st = room(t, n);
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        words[i] = pack(t, rows + i * t->arity);
        if (words[i])
            PREFETCH(&p->slots[place_of(words[i], p->nslots)]);
    }
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        const dm_cell *row = rows + i * t->arity;
        uint64_t word = pack(t, row); /* the layout may be another by now */
        if (!word) {
            st = remake(t, row, n - i, &possible);
            if (st != DM_OK || !possible)
                return st;
            word = pack(t, row);
        }
        size_t at = find(p, word);
        bool is_new = !p->slots[at];
        if (is_new) {
            p->slots[at] = word;
            st = append(t, row);
            p->synced = t->nrows;
        }
        if (fresh)
            fresh[i] = is_new;
        *done = i + 1;
    }
    return st;
}
