/* rowset_packed.c - a set of rows of three or more columns, each row one word.
 *
 * Where the cells of a row fit 63 bits together, each in as many bits as its
 * column needs, a row can be told from all others by one word: a lookup is
 * then one cache miss, where slots of row numbers take one more for each
 * column.  It says whether a row is there, not which one it is.
 *
 * Where there are threads the words are shared out by their hash: each share
 * has slots of its own, so that many rows are put in at the same time.
 *
 * Invariants.  A slot is 0 or a packed row with the highest bit set; at most
 * two thirds of a share's are taken.  Rows below `synced` are in it.  Widths
 * leave room for values four times as great, if they can; a greater one has the
 * set made anew, or given up when it is too great. */
#include "eval/rowset_slots.h"

#include <assert.h>
#include <stdatomic.h>

#define TAKEN (UINT64_C(1) << 63)
enum { MOST_BITS = 63, SLACK = 2, BLOCK = 256 };

void rowset_free_packed(rowset *t)
{
    rowset_packed *p = &t->packed;
    for (unsigned i = 0; i < p->nshares; i++) {
        t->bytes -= p->share[i].nslots * sizeof *p->share[i].slots;
        mem_free(p->share[i].slots);
    }
    *p = (rowset_packed){.refused = p->refused};
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
    uint64_t word = TAKEN, beyond = 0;
    for (uint32_t c = 0; c < t->arity; c++) {
        beyond |= row[c] >> p->width[c];
        word |= row[c] << p->shift[c];
    }
    return beyond ? 0 : word;
}

/* Rows [from, from + n) as words, column by column; false: a cell is too
 * great. */
static bool pack_block(const rowset *t, size_t from, size_t n, uint64_t *words)
{
    const rowset_packed *p = &t->packed;
    uint64_t beyond = 0;
    for (size_t i = 0; i < n; i++)
        words[i] = TAKEN;
    for (uint32_t c = 0; c < t->arity; c++) {
        const column *col = &t->rows.col[c];
        for (size_t i = 0; i < n; i++) {
            uint64_t cell = col->is_wide ? col->wide[from + i]
                                         : col->narrow[from + i];
            beyond |= cell >> p->width[c];
            words[i] |= cell << p->shift[c];
        }
    }
    return !beyond;
}

/* ---- slots -------------------------------------------------------------- */

static inline uint64_t hash(uint64_t word)
{
    uint64_t h = (word ^ word >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

/* The share is told by the hash's highest bits, the slot by its lowest. */
static inline unsigned share_of(const rowset_packed *p, uint64_t h)
{
    return (unsigned)(h >> 61) & (p->nshares - 1);
}

/* Where a word is, or is to go. */
static inline uint64_t *find(const packed_share *s, uint64_t h, uint64_t word)
{
    size_t at = (size_t)h & (s->nslots - 1);
    while (s->slots[at] && s->slots[at] != word)
        at = (at + 1) & (s->nslots - 1);
    return &s->slots[at];
}

static inline void prefetch(const rowset_packed *p, uint64_t h)
{
    const packed_share *s = &p->share[share_of(p, h)];
    PREFETCH(&s->slots[h & (s->nslots - 1)]);
}

/* Room for `more` words in one share. */
static dm_status room(packed_share *s, size_t more)
{
    size_t n = s->nslots ? s->nslots : 64;
    while ((s->used + more) * 3 > n * 2)
        n *= 2;
    if (n == s->nslots)
        return DM_OK;
    packed_share grown = {mem_calloc(n, sizeof *grown.slots), n, s->used};
    if (!grown.slots)
        return DM_NOMEM;
    for (size_t i = 0; i < s->nslots; i++)
        if (s->slots[i])
            *find(&grown, hash(s->slots[i]), s->slots[i]) = s->slots[i];
    mem_free(s->slots);
    *s = grown;
    return DM_OK;
}

static size_t slot_bytes(const rowset_packed *p)
{
    size_t n = 0;
    for (unsigned i = 0; i < p->nshares; i++)
        n += p->share[i].nslots * sizeof *p->share[i].slots;
    return n;
}

/* Enter those of n words that are of the share; of the others, and (with
 * `fresh`) of those that were there, 0 remains in `fresh`. */
static dm_status enter(rowset_packed *p, unsigned share, const uint64_t *words,
                       size_t n, uint64_t *fresh)
{
    packed_share *s = &p->share[share];
    uint64_t h[BLOCK];
    uint16_t own[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t size = n - at < BLOCK ? n - at : BLOCK, k = 0;
        for (size_t i = 0; i < size; i++) {
            h[k] = hash(words[at + i]);
            own[k] = (uint16_t)i;
            k += words[at + i] != 0 && share_of(p, h[k]) == share;
        }
        if (room(s, k) != DM_OK)
            return DM_NOMEM;
        for (size_t i = 0; i < k; i++)
            PREFETCH(&s->slots[h[i] & (s->nslots - 1)]);
        for (size_t i = 0; i < k; i++) {
            uint64_t word = words[at + own[i]];
            uint64_t *slot = find(s, h[i], word);
            s->used += *slot == 0;
            if (fresh && *slot == 0)
                fresh[at + own[i]] = word;
            *slot = word;
        }
    }
    return DM_OK;
}

typedef struct syncing {
    rowset *t;
    atomic_bool beyond;
} syncing;

static dm_status sync_share(void *context, size_t share, unsigned worker)
{
    syncing *s = context;
    rowset *t = s->t;
    uint64_t words[BLOCK];
    dm_status st = DM_OK;
    (void)worker;
    for (size_t at = t->packed.synced; at < t->nrows && st == DM_OK;
         at += BLOCK) {
        size_t n = t->nrows - at < BLOCK ? t->nrows - at : BLOCK;
        if (!pack_block(t, at, n, words)) {
            atomic_store(&s->beyond, true);
            return DM_OK;
        }
        st = enter(&t->packed, (unsigned)share, words, n, NULL);
    }
    return st;
}

/* Take rows from `synced` on in; *possible: the layout was made for them. */
static dm_status add_rows(rowset *t, bool *possible)
{
    syncing s = {.t = t};
    rowset_packed *p = &t->packed;
    size_t before = slot_bytes(p);
    dm_status st = parallel_run(parallel_worth(t->pool, t->nrows - p->synced,
                                               t->worth_threads),
                                p->nshares, sync_share, &s);
    t->bytes += slot_bytes(p) - before;
    *possible = !atomic_load(&s.beyond);
    if (st == DM_OK && *possible)
        p->synced = t->nrows;
    return st;
}

/* Make it anew, so that `row` (may be NULL) fits. */
static dm_status remake(rowset *t, const dm_cell *row, bool *possible)
{
    unsigned width = parallel_width(t->pool);
    rowset_free_packed(t);
    *possible = lay_out(t, row);
    t->packed.refused = !*possible;
    if (!*possible)
        return DM_OK;
    t->packed.nshares = 1;
    while (t->packed.nshares < width && t->packed.nshares < PACKED_SHARES)
        t->packed.nshares *= 2;
    dm_status st = add_rows(t, possible);
    assert(st != DM_OK || *possible);
    t->packed.made = st == DM_OK;
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
        return remake(t, NULL, possible);
    dm_status st = add_rows(t, possible);
    return st != DM_OK || *possible ? st : remake(t, NULL, possible);
}

/* ---- rows --------------------------------------------------------------- */

void rowset_packed_contains(const rowset *t, const dm_cell *rows, size_t n,
                            uint8_t *out)
{
    uint64_t words[BATCH], h[BATCH];
    const rowset_packed *p = &t->packed;
    assert(n <= BATCH && p->made && p->synced == t->nrows);
    memset(out, 0, n);
    if (t->nrows == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        words[i] = pack(t, rows + i * t->arity);
        h[i] = hash(words[i]);
        if (p->share[share_of(p, h[i])].nslots)
            prefetch(p, h[i]);
    }
    for (size_t i = 0; i < n; i++) {
        const packed_share *s = &p->share[share_of(p, h[i])];
        out[i] = words[i] && s->nslots && *find(s, h[i], words[i]);
    }
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

/* Enter one word, there being a layout that it fits. */
static dm_status enter_one(rowset *t, uint64_t word, bool *is_new)
{
    rowset_packed *p = &t->packed;
    uint64_t h = hash(word);
    packed_share *s = &p->share[share_of(p, h)];
    size_t before = s->nslots;
    if (room(s, 1) != DM_OK)
        return DM_NOMEM;
    t->bytes += (s->nslots - before) * sizeof *s->slots;
    uint64_t *slot = find(s, h, word);
    *is_new = *slot == 0;
    s->used += *is_new;
    *slot = word;
    return DM_OK;
}

dm_status rowset_packed_insert(rowset *t, const dm_cell *rows, size_t n,
                               uint8_t *fresh, size_t *done)
{
    rowset_packed *p = &t->packed;
    bool possible = true, is_new = false;
    dm_status st = DM_OK;
    assert(n <= BATCH && p->made && p->synced == t->nrows);
    *done = 0;
    if (t->nrows + n >= ROWSET_NONE)
        return DM_BUDGET;
    for (size_t i = 0; i < n; i++) {
        uint64_t word = pack(t, rows + i * t->arity);
        if (word && p->share[share_of(p, hash(word))].nslots)
            prefetch(p, hash(word));
    }
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        const dm_cell *row = rows + i * t->arity;
        uint64_t word = pack(t, row); /* the layout may be another by now */
        if (!word) {
            st = remake(t, row, &possible);
            if (st != DM_OK || !possible)
                return st;
            word = pack(t, row);
        }
        st = enter_one(t, word, &is_new);
        if (st == DM_OK && is_new) {
            st = append(t, row);
            p->synced = t->nrows;
        }
        if (fresh)
            fresh[i] = is_new;
        *done = i + 1;
    }
    return st;
}

/* ---- many rows ---------------------------------------------------------- */

/* Lists of rows that are being put in, and their words: those of each list
 * from `first` on. */
typedef struct inserting {
    rowset *t;
    const row_list *lists;
    size_t nlists;
    size_t *first;   /* one more than there are lists */
    size_t *row;     /* where each list's new rows go */
    uint64_t *words;
    uint64_t *fresh; /* the words of rows that are new, else 0 */
    atomic_bool beyond;
} inserting;

static dm_status pack_list(void *context, size_t number, unsigned worker)
{
    inserting *w = context;
    const row_list *list = &w->lists[number];
    const rowset *t = w->t;
    uint64_t *words = w->words + w->first[number];
    uint32_t arity = t->arity;
    bool beyond = false;
    (void)worker;
    for (size_t i = 0; i < list->nrows; i++) {
        const dm_cell *row = list->cells + i * arity;
        words[i] = pack(t, row);
        beyond |= words[i] == 0;
        for (uint32_t c = 0; c < arity; c++)
            beyond |= row[c] > UINT32_MAX && !t->rows.col[c].is_wide;
    }
    if (beyond)
        atomic_store(&w->beyond, true);
    return DM_OK;
}

static dm_status enter_share(void *context, size_t share, unsigned worker)
{
    const inserting *w = context;
    (void)worker;
    return enter(&w->t->packed, (unsigned)share, w->words,
                 w->first[w->nlists], w->fresh);
}

static dm_status append_list(void *context, size_t number, unsigned worker)
{
    const inserting *w = context;
    const row_list *list = &w->lists[number];
    const uint64_t *fresh = w->fresh + w->first[number];
    uint32_t arity = w->t->arity;
    (void)worker;
    for (uint32_t c = 0; c < arity; c++) {
        column *col = &w->t->rows.col[c];
        size_t row = w->row[number];
        for (size_t i = 0; i < list->nrows; i++)
            if (fresh[i])
                column_set(col, row++, list->cells[i * arity + c]);
    }
    return DM_OK;
}

/* How many rows of each list are new, as places for them. */
static size_t place_lists(const inserting *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->nlists; i++) {
        w->row[i] = w->t->nrows + n;
        for (size_t k = w->first[i]; k < w->first[i + 1]; k++)
            n += w->fresh[k] != 0;
    }
    return n;
}

static dm_status append_fresh(const inserting *w)
{
    rowset *t = w->t;
    size_t n = place_lists(w), before = t->rows.bytes;
    dm_status st = t->nrows + n >= ROWSET_NONE ? DM_BUDGET
                                               : columns_room(&t->rows, n);
    t->bytes += t->rows.bytes - before;
    if (st == DM_OK)
        st = parallel_run(t->pool, w->nlists, append_list, (void *)w);
    if (st == DM_OK)
        t->nrows = t->rows.nrows = t->packed.synced = t->nrows + n;
    return st;
}

static bool room_lists(inserting *w)
{
    size_t n = 0;
    w->first = mem_alloc((w->nlists + 1) * sizeof *w->first);
    w->row = mem_alloc((w->nlists + 1) * sizeof *w->row);
    for (size_t i = 0; w->first && i < w->nlists; i++) {
        w->first[i] = n;
        n += w->lists[i].nrows;
    }
    if (w->first)
        w->first[w->nlists] = n;
    w->words = mem_alloc(n * sizeof *w->words);
    w->fresh = mem_calloc(n, sizeof *w->fresh);
    return w->first && w->row && w->words && w->fresh;
}

dm_status rowset_packed_insert_lists(rowset *t, const row_list *lists,
                                     size_t nlists, bool *done)
{
    inserting w = {.t = t, .lists = lists, .nlists = nlists};
    rowset_packed *p = &t->packed;
    dm_status st = room_lists(&w) ? DM_OK : DM_NOMEM;
    assert(p->made && p->synced == t->nrows);
    *done = false;
    if (st == DM_OK)
        st = parallel_run(t->pool, nlists, pack_list, &w);
    if (st == DM_OK && !atomic_load(&w.beyond)) {
        size_t before = slot_bytes(p);
        st = parallel_run(t->pool, p->nshares, enter_share, &w);
        t->bytes += slot_bytes(p) - before;
        if (st == DM_OK)
            st = append_fresh(&w);
        *done = true;
    }
    mem_free(w.first);
    mem_free(w.row);
    mem_free(w.words);
    mem_free(w.fresh);
    return st;
}
