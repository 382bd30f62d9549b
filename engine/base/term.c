/* term.c - interned terms.
 *
 * Purpose: equal terms get equal 32-bit ids, so that the engine compares and
 * hashes numbers only.
 * Representation: an array of 16-byte entries, indexed by id (a root table's
 * start at 1, an overlay's at DM_TERM_OVERLAY).  Symbols' bytes and compounds'
 * words (functor, then arguments) lie in chunks that never move.  One hash
 * table with linear probing maps content to id; a slot holds 32 bits of the
 * hash beside the id, so that probing rarely touches an entry and growing
 * never does.
 * Invariants: an argument's entry is made before its compound's, hence ids
 * within a table are in order of construction; `depth` of a compound is one
 * more than the deepest argument's, at most MAX_DEPTH, which bounds every
 * recursion here; the table is at most three quarters full.
 * Cost: interning a short symbol some 50-100 ns, memory-bound when large. */
#include "base/term.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/term_internal.h"
#include "base/vec.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 10000, CHUNK = 1 << 16, MOST_CHUNK = 1 << 22,
       GROUP = 64 };

typedef struct entry {
    union {
        const char *text;
        const dm_term *words;
        int64_t number; /* int, date, interval (from low, to high) */
        double real;
    };
    uint32_t size;  /* bytes of a symbol, arity of a compound */
    uint16_t depth;
    uint8_t kind;
    uint8_t unused;
} entry;

_Static_assert(sizeof(entry) == 16, "entries are packed");

typedef struct chunk {
    struct chunk *next;
    size_t used, cap;
    _Alignas(8) char bytes[];
} chunk;

struct dm_terms {
    const dm_terms *base;
    size_t base_len;  /* of the base when this overlay was made */
    entry *at;        /* at[0] is id `first` */
    size_t len, cap;
    dm_term first;
    uint64_t *slots;  /* hash << 32 | id; 0 is empty */
    size_t nslots;    /* a power of two */
    chunk *chunks;
    size_t chunk_bytes;
};

/* ---- tables ------------------------------------------------------------- */

static dm_terms *new_table(const dm_terms *base, dm_term first)
{
    assert(!base || !base->base);
    dm_terms *t = mem_calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->base = base;
    t->base_len = base ? base->len : 0;
    t->first = first;
    t->nslots = 64;
    t->slots = mem_calloc(t->nslots, sizeof *t->slots);
    if (!t->slots) {
        mem_free(t);
        return NULL;
    }
    return t;
}

dm_terms *terms_new(const dm_terms *base)
{
    return new_table(base, base ? DM_TERM_OVERLAY : 1);
}

dm_terms *terms_new_above(const dm_terms *base)
{
    return new_table(base, (dm_term)base->len + 1);
}

void terms_free(dm_terms *t)
{
    if (!t)
        return;
    for (chunk *c = t->chunks, *next; c; c = next) {
        next = c->next;
        mem_free(c);
    }
    mem_free(t->at);
    mem_free(t->slots);
    mem_free(t);
}

uint32_t terms_count(const dm_terms *t)
{
    return (uint32_t)t->len;
}

size_t terms_bytes(const dm_terms *t)
{
    return t->cap * sizeof *t->at + t->nslots * sizeof *t->slots
           + t->chunk_bytes;
}

bool terms_has(const dm_terms *t, dm_term id)
{
    if (t->base && id >= t->first)
        return id - t->first < t->len;
    const dm_terms *root = t->base ? t->base : t;
    return id >= 1 && id <= root->len;
}

static const entry *get(const dm_terms *t, dm_term id)
{
    assert(terms_has(t, id));
    if (id < t->first)
        t = t->base;
    return &t->at[id - t->first];
}

/* ---- content ------------------------------------------------------------ */

/* What is looked for or made: an entry whose pointer is the caller's. */
static uint32_t hash_entry(const entry *e)
{
    uint64_t h;
    if (e->kind == TERM_SYMBOL)
        h = hash_bytes(e->text, e->size, TERM_SYMBOL);
    else if (e->kind == TERM_COMPOUND)
        h = hash_bytes(e->words, ((size_t)e->size + 1) * sizeof(dm_term),
                       TERM_COMPOUND);
    else
        h = hash_mix(hash_mix(e->kind, (uint64_t)e->number),
                     (uint64_t)e->number >> 7);
    return (uint32_t)(h ^ (h >> 32));
}

static bool same(const entry *a, const entry *b)
{
    if (a->kind != b->kind || a->size != b->size)
        return false;
    if (a->kind == TERM_SYMBOL)
        return memcmp(a->text, b->text, a->size) == 0;
    if (a->kind == TERM_COMPOUND)
        return memcmp(a->words, b->words,
                      ((size_t)a->size + 1) * sizeof(dm_term)) == 0;
    return a->number == b->number;
}

/* The id in this table alone; 0 when it isn't there. */
static dm_term find_here(const dm_terms *t, const entry *key, uint32_t hash)
{
    size_t mask = t->nslots - 1;
    for (size_t i = hash & mask; t->slots[i]; i = (i + 1) & mask) {
        dm_term id = (dm_term)t->slots[i];
        if ((uint32_t)(t->slots[i] >> 32) == hash
            && same(&t->at[id - t->first], key))
            return id;
    }
    return 0;
}

static dm_term find(const dm_terms *t, const entry *key, uint32_t hash)
{
    dm_term id = find_here(t, key, hash);
    if (!id && t->base)
        id = find_here(t->base, key, hash);
    return id;
}

static void put_slot(uint64_t *slots, size_t mask, uint64_t slot)
{
    size_t i = (size_t)(slot >> 32) & mask;
    while (slots[i])
        i = (i + 1) & mask;
    slots[i] = slot;
}

static bool grow_slots(dm_terms *t)
{
    size_t n = t->nslots * 2;
    uint64_t *slots = mem_calloc(n, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < t->nslots; i++)
        if (t->slots[i])
            put_slot(slots, n - 1, t->slots[i]);
    mem_free(t->slots);
    t->slots = slots;
    t->nslots = n;
    return true;
}

/* Room for `size` bytes that never move, aligned to `align` (a power of
 * two). */
static void *make_room(dm_terms *t, size_t size, size_t align)
{
    chunk *c = t->chunks;
    size_t from = c ? (c->used + align - 1) & ~(align - 1) : 0;
    if (!c || from > c->cap || c->cap - from < size) {
        size_t usual = t->chunk_bytes < 16 * (size_t)CHUNK ? CHUNK : MOST_CHUNK;
        size_t cap = size > CHUNK / 8 ? size : usual;
        chunk *fresh = mem_alloc(sizeof *c + cap);
        if (!fresh)
            return NULL;
        fresh->used = 0;
        fresh->cap = cap;
        if (c && cap != usual) { /* a big one goes behind the current one */
            fresh->next = c->next;
            c->next = fresh;
        } else {
            fresh->next = c;
            t->chunks = fresh;
        }
        t->chunk_bytes += sizeof *c + cap;
        c = fresh;
        from = 0;
    }
    c->used = from + size;
    return c->bytes + from;
}

/* Copy the bytes that `e` points to into the table. */
static bool adopt(dm_terms *t, entry *e)
{
    if (e->kind == TERM_SYMBOL) {
        char *text = make_room(t, (size_t)e->size + 1, 1);
        if (!text)
            return false;
        memcpy(text, e->text, e->size);
        text[e->size] = '\0';
        e->text = text;
    } else if (e->kind == TERM_COMPOUND) {
        size_t size = ((size_t)e->size + 1) * sizeof(dm_term);
        dm_term *words = make_room(t, size, sizeof(dm_term));
        if (!words)
            return false;
        memcpy(words, e->words, size);
        e->words = words;
    }
    return true;
}

static dm_status append(dm_terms *t, entry e, uint32_t hash, dm_term *out)
{
    if (t->len >= DM_TERM_OVERLAY - 2)
        return DM_BUDGET;
    if (4 * (t->len + 1) > 3 * t->nslots && !grow_slots(t))
        return DM_NOMEM;
    if (t->len == t->cap
        && !vec_grow((void **)&t->at, &t->cap, t->len + 1, sizeof e))
        return DM_NOMEM;
    if (!adopt(t, &e))
        return DM_NOMEM;
    dm_term id = t->first + (dm_term)t->len;
    t->at[t->len++] = e;
    put_slot(t->slots, t->nslots - 1, (uint64_t)hash << 32 | id);
    *out = id;
    return DM_OK;
}

static dm_status intern(dm_terms *t, entry e, dm_term *out)
{
    uint32_t hash = hash_entry(&e);
    dm_term id = find(t, &e, hash);
    if (!id)
        return append(t, e, hash, out);
    *out = id;
    return DM_OK;
}

/* ---- interning ---------------------------------------------------------- */

static bool symbol_entry(const char *bytes, size_t size, entry *e)
{
    if (size > UINT32_MAX - 1)
        return false;
    *e = (entry){.text = size ? bytes : "",
                 .size = (uint32_t)size,
                 .kind = TERM_SYMBOL};
    return true;
}

dm_status terms_symbol(dm_terms *t, const char *bytes, size_t size,
                       dm_term *out)
{
    entry e;
    if (!symbol_entry(bytes, size, &e))
        return DM_INVALID;
    uint32_t hash = hash_entry(&e);
    dm_term id = find(t, &e, hash);
    if (id) {
        *out = id;
        return DM_OK;
    }
    return append(t, e, hash, out);
}

/* Fetch the slots where a search for the hash begins. */
static void fetch_slots(const dm_terms *t, uint32_t hash)
{
    for (; t; t = t->base)
        __builtin_prefetch(&t->slots[hash & (t->nslots - 1)]);
}

/* The first entry with that hash, which is nearly always the one meant; NULL:
 * the table has none.  Needs the slots only. */
static const entry *likely_entry(const dm_terms *t, uint32_t hash)
{
    for (; t; t = t->base) {
        size_t mask = t->nslots - 1;
        for (size_t i = hash & mask; t->slots[i]; i = (i + 1) & mask)
            if ((uint32_t)(t->slots[i] >> 32) == hash)
                return &t->at[(dm_term)t->slots[i] - t->first];
    }
    return NULL;
}

/* Each pass over a group waits for memory that the one before asked for. */
static dm_status intern_group(dm_terms *t, const terms_piece *text, size_t n,
                              dm_term *out)
{
    entry e[GROUP];
    uint32_t hash[GROUP];
    const entry *likely[GROUP];
    for (size_t i = 0; i < n; i++) {
        if (!symbol_entry(text[i].bytes, text[i].size, &e[i]))
            return DM_INVALID;
        hash[i] = hash_entry(&e[i]);
        fetch_slots(t, hash[i]);
    }
    for (size_t i = 0; i < n; i++) {
        likely[i] = likely_entry(t, hash[i]);
        if (likely[i])
            __builtin_prefetch(likely[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (likely[i] && likely[i]->kind == TERM_SYMBOL)
            __builtin_prefetch(likely[i]->text);
    dm_status st = DM_OK;
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        out[i] = find(t, &e[i], hash[i]);
        if (!out[i])
            st = append(t, e[i], hash[i], &out[i]);
    }
    return st;
}

dm_status terms_symbols(dm_terms *t, const terms_piece *text, size_t n,
                        dm_term *out)
{
    dm_status st = DM_OK;
    for (size_t i = 0; i < n && st == DM_OK; i += GROUP)
        st = intern_group(t, text + i, n - i < GROUP ? n - i : GROUP, out + i);
    return st;
}

dm_term terms_find_symbol(const dm_terms *t, const char *bytes, size_t size)
{
    entry e;
    return symbol_entry(bytes, size, &e) ? find(t, &e, hash_entry(&e)) : 0;
}

dm_status terms_int(dm_terms *t, int64_t value, dm_term *out)
{
    return intern(t, (entry){.number = value, .kind = TERM_INT}, out);
}

dm_status terms_float(dm_terms *t, double value, dm_term *out)
{
    if (isnan(value))
        return DM_INVALID;
    /* Adding 0.0 turns -0.0 into 0.0 and changes nothing else. */
    return intern(t, (entry){.real = value + 0.0, .kind = TERM_FLOAT}, out);
}

dm_status terms_date(dm_terms *t, int32_t day, dm_term *out)
{
    return intern(t, (entry){.number = day, .kind = TERM_DATE}, out);
}

dm_status terms_interval(dm_terms *t, int32_t from, int32_t to, dm_term *out)
{
    uint64_t both = (uint64_t)(uint32_t)to << 32 | (uint32_t)from;
    entry e = {.number = (int64_t)both, .kind = TERM_INTERVAL};
    return intern(t, e, out);
}

enum { FEW = 16 };

/* Functor and arguments side by side, on the stack when they are few. */
static dm_term *words_of(dm_term functor, const dm_term *args, uint32_t arity,
                         dm_term few[FEW])
{
    dm_term *words = few;
    if (arity >= FEW)
        words = mem_alloc(((size_t)arity + 1) * sizeof *words);
    if (!words)
        return NULL;
    words[0] = functor;
    memcpy(words + 1, args, arity * sizeof *args);
    return words;
}

static unsigned depth_over(const dm_terms *t, const dm_term *args,
                           uint32_t arity)
{
    unsigned depth = 0;
    for (uint32_t i = 0; i < arity; i++) {
        unsigned d = get(t, args[i])->depth;
        depth = d > depth ? d : depth;
    }
    return depth + 1;
}

dm_status terms_compound(dm_terms *t, dm_term functor, const dm_term *args,
                         uint32_t arity, dm_term *out)
{
    if (arity == 0 || arity == UINT32_MAX)
        return DM_INVALID;
    assert(terms_kind(t, functor) == TERM_SYMBOL);
    unsigned depth = depth_over(t, args, arity);
    if (depth > MAX_DEPTH)
        return DM_INVALID;
    dm_term few[FEW];
    dm_term *words = words_of(functor, args, arity, few);
    if (!words)
        return DM_NOMEM;
    entry e = {.words = words,
               .size = arity,
               .depth = (uint16_t)depth,
               .kind = TERM_COMPOUND};
    dm_status st = intern(t, e, out);
    if (words != few)
        mem_free(words);
    return st;
}

dm_term terms_find_compound(const dm_terms *t, dm_term functor,
                            const dm_term *args, uint32_t arity)
{
    dm_term few[FEW];
    if (arity == 0 || arity == UINT32_MAX)
        return 0;
    dm_term *words = words_of(functor, args, arity, few);
    if (!words)
        return 0;
    entry e = {.words = words, .size = arity, .kind = TERM_COMPOUND};
    dm_term id = find(t, &e, hash_entry(&e));
    if (words != few)
        mem_free(words);
    return id;
}

dm_status terms_append(dm_terms *to, const dm_terms *from, uint32_t nth)
{
    assert(from->base == to && nth < from->len);
    entry e = from->at[nth];
    dm_term words[FEW], *moved = NULL, id;
    dm_status st;
    if (e.kind == TERM_COMPOUND) {
        moved = words_of(e.words[0], e.words + 1, e.size, words);
        if (!moved)
            return DM_NOMEM;
        for (uint32_t i = 0; i <= e.size; i++)
            if (moved[i] >= from->first)
                moved[i] = (dm_term)(to->len - nth) + 1
                           + (moved[i] - from->first);
        e.words = moved;
    }
    st = append(to, e, hash_entry(&e), &id);
    if (moved && moved != words)
        mem_free(moved);
    return st;
}

/* ---- reading ------------------------------------------------------------ */

term_kind terms_kind(const dm_terms *t, dm_term id)
{
    return (term_kind)get(t, id)->kind;
}

void terms_texts(const dm_terms *t, const dm_cell *cells, size_t n,
                 terms_piece *out)
{
    for (size_t i = 0; i < n; i++)
        __builtin_prefetch(get(t, (dm_term)cells[i]));
    for (size_t i = 0; i < n; i++) {
        const entry *e = get(t, (dm_term)cells[i]);
        out[i] = e->kind == TERM_SYMBOL ? (terms_piece){e->text, e->size}
                                        : (terms_piece){NULL, 0};
        __builtin_prefetch(out[i].bytes);
    }
}

const char *terms_text(const dm_terms *t, dm_term id, size_t *size)
{
    const entry *e = get(t, id);
    assert(e->kind == TERM_SYMBOL);
    if (size)
        *size = e->size;
    return e->text;
}

int64_t terms_get_int(const dm_terms *t, dm_term id)
{
    assert(terms_kind(t, id) == TERM_INT);
    return get(t, id)->number;
}

double terms_get_float(const dm_terms *t, dm_term id)
{
    assert(terms_kind(t, id) == TERM_FLOAT);
    return get(t, id)->real;
}

int32_t terms_get_date(const dm_terms *t, dm_term id)
{
    assert(terms_kind(t, id) == TERM_DATE);
    return (int32_t)get(t, id)->number;
}

void terms_get_interval(const dm_terms *t, dm_term id, int32_t *from,
                        int32_t *to)
{
    uint64_t both = (uint64_t)get(t, id)->number;
    assert(terms_kind(t, id) == TERM_INTERVAL);
    *from = (int32_t)(uint32_t)both;
    *to = (int32_t)(uint32_t)(both >> 32);
}

dm_term terms_functor(const dm_terms *t, dm_term id)
{
    assert(terms_kind(t, id) == TERM_COMPOUND);
    return get(t, id)->words[0];
}

uint32_t terms_arity(const dm_terms *t, dm_term id)
{
    const entry *e = get(t, id);
    return e->kind == TERM_COMPOUND ? e->size : 0;
}

const dm_term *terms_args(const dm_terms *t, dm_term id)
{
    assert(terms_kind(t, id) == TERM_COMPOUND);
    return get(t, id)->words + 1;
}

/* ---- copying ------------------------------------------------------------ */

/* Is `id` the same term in both tables, since they share its root?  What the
 * root gained after an overlay was made may have an id of the overlay's own,
 * so that it must be looked up. */
static bool is_shared(const dm_terms *from, dm_term id, const dm_terms *to)
{
    const dm_terms *root = from->base ? from->base : from;
    if (from == to)
        return true;
    if (from->base && id >= from->first)
        return false;
    return to == root || (to->base == root && id <= to->base_len);
}

/* `done` maps the compounds copied so far: without it a term that shares its
 * parts would be walked once for each path to a part. */
static dm_status copy(const dm_terms *from, dm_term id, dm_terms *to,
                      map *done, dm_term *out);

static dm_status copy_compound(const dm_terms *from, const entry *e,
                               dm_terms *to, map *done, dm_term *out)
{
    dm_term few[FEW];
    dm_term *words = words_of(e->words[0], e->words + 1, e->size, few);
    dm_status st = words ? DM_OK : DM_NOMEM;
    for (uint32_t i = 0; st == DM_OK && i <= e->size; i++)
        st = copy(from, e->words[i], to, done, &words[i]);
    if (st == DM_OK)
        st = terms_compound(to, words[0], words + 1, e->size, out);
    if (words != few)
        mem_free(words);
    return st;
}

static dm_status copy(const dm_terms *from, dm_term id, dm_terms *to,
                      map *done, dm_term *out)
{
    if (is_shared(from, id, to)) {
        *out = id;
        return DM_OK;
    }
    uint64_t copied;
    const entry *e = get(from, id);
    if (e->kind != TERM_COMPOUND)
        return intern(to, *e, out);
    if (map_get(done, id, &copied)) {
        *out = (dm_term)copied;
        return DM_OK;
    }
    dm_status st = copy_compound(from, e, to, done, out);
    if (st == DM_OK && !map_put(done, id, *out))
        st = DM_NOMEM;
    return st;
}

dm_status terms_copy(const dm_terms *from, dm_term id, dm_terms *to,
                     dm_term *out)
{
    map done = {0};
    dm_term copied;
    dm_status st = copy(from, id, to, &done, &copied);
    if (st == DM_OK)
        *out = copied;
    map_free(&done);
    return st;
}
