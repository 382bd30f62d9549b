/* unite_row.c - the union of some sets, less what a row has.
 *
 * A few values are gathered in a list and sorted; more in a bitmap, in which
 * sets of bits are or-ed word by word.  Sources that may repeat are gathered
 * in a bitmap of their own first, so that each set is gone through once. */
#include "eval/unite.h"

#include <string.h>

enum { REPEATED = 8 }; /* sources from which it pays to look for repetition */

/* ---- sources ------------------------------------------------------------ */

static size_t list_source(const unite_from *from, uint32_t source,
                          uint32_t *out)
{
    size_t n = unite_size(from, source);
    if (from->sets)
        adjacency_values(from->sets, source, out);
    else if (from->runs)
        memcpy(out, from->runs->values.at + from->runs->first.at[source],
               n * sizeof *out);
    else
        *out = source;
    return n;
}

static void put_slots(bits *b, const adjacency_row *r)
{
    for (size_t i = 0, n = adjacency_slots(r); i < n; i++)
        if (r->list[i] != ADJACENCY_FREE)
            bits_put(b, &r->list[i], 1);
}

static void put_row(bits *b, const adjacency_row *r)
{
    size_t first, n;
    const uint64_t *words;
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        bits_put(b, r->near, r->n);
        break;
    case ADJACENCY_LIST:
        bits_put(b, r->list, r->n);
        break;
    case ADJACENCY_HASH:
        put_slots(b, r);
        break;
    case ADJACENCY_BITS:
        words = adjacency_words(r, &first, &n);
        bits_or(b, words, first, n);
        break;
    }
}

static void put_source(const unite_from *from, uint32_t source, bits *b)
{
    if (from->sets && source < from->sets->nkeys)
        put_row(b, &from->sets->rows[source]);
    else if (from->runs)
        bits_put(b, from->runs->values.at + from->runs->first.at[source],
                 unite_size(from, source));
    else if (!from->sets)
        bits_put(b, &source, 1);
}

static void prefetch_row(const unite_from *from, uint32_t source)
{
    if (from->sets && source < from->sets->nkeys)
        __builtin_prefetch(&from->sets->rows[source]);
}

static void prefetch_source(const unite_from *from, uint32_t source)
{
    if (from->sets && source < from->sets->nkeys)
        __builtin_prefetch(from->sets->rows[source].list);
}

/* ---- the union ---------------------------------------------------------- */

static bool note_word(void *context, size_t number, uint64_t word)
{
    unite_scratch *s = context;
    if (!vec_reserve(&s->list, s->list.len + 64))
        return false;
    for (; word; word &= word - 1)
        s->list.at[s->list.len++] =
            (uint32_t)(number << 6) + (uint32_t)__builtin_ctzll(word);
    return true;
}

/* Gather the sources' values as bits, each source once where they are many;
 * *total: how many were put in. */
static bool gather(const unite_from *from, unite_scratch *s,
                   const uint32_t *sources, size_t n, size_t *total)
{
    bool ok = true;
    *total = 0;
    if (from->sets && n >= REPEATED) {
        bits_put(&s->sources, sources, n);
        s->list.len = 0;
        ok = bits_take(&s->sources, note_word, s);
        sources = s->list.at;
        n = s->list.len;
    }
    for (size_t i = 0; i < n && ok; i++) {
        if (i + 16 < n)
            prefetch_row(from, sources[i + 16]);
        if (i + 6 < n)
            prefetch_source(from, sources[i + 6]);
        put_source(from, sources[i], &s->values);
        *total += unite_size(from, sources[i]);
    }
    return ok;
}

/* Sort a few values; how many are left when those that come twice are out. */
static size_t sort_few(uint32_t *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 1; i < n; i++) {
        uint32_t x = v[i];
        size_t k = i;
        if (v[k - 1] < x)
            continue;
        for (; k > 0 && v[k - 1] > x; k--)
            v[k] = v[k - 1];
        v[k] = x;
    }
    for (size_t i = 0; i < n; i++)
        if (i == 0 || v[i] != v[i - 1])
            v[kept++] = v[i];
    return kept;
}

/* The union in s->few, sorted, when it is small: how many values there are;
 * else SIZE_MAX. */
static size_t gather_few(const unite_from *from, unite_scratch *s,
                         const uint32_t *sources, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n && total <= UNITE_FEW; i++)
        total += unite_size(from, sources[i]);
    if (total > UNITE_FEW)
        return SIZE_MAX;
    total = 0;
    for (size_t i = 0; i < n; i++)
        total += list_source(from, sources[i], s->few + total);
    return sort_few(s->few, total);
}

bool unite_list(const unite_from *from, unite_scratch *s,
                const uint32_t *sources, size_t n)
{
    size_t few = gather_few(from, s, sources, n);
    if (few == SIZE_MAX) {
        size_t total;
        if (!gather(from, s, sources, n, &total))
            return false;
        s->list.len = 0;
        return bits_take(&s->values, note_word, s);
    }
    if (!vec_reserve(&s->list, few))
        return false;
    if (few)
        memcpy(s->list.at, s->few, few * sizeof *s->few);
    s->list.len = few;
    return true;
}

/* ---- less what the row has ---------------------------------------------- */

/* Where a row's new values go, word by word. */
typedef struct emission {
    uint32_t key;
    const adjacency *to;      /* to be asked for each value, or NULL */
    const uint64_t *words;    /* the row's window, if it has bits */
    size_t first, n;
    pair_list *out;
} emission;

static void ask_each(const emission *m, size_t from)
{
    pair_list *out = m->out;
    size_t kept = from;
    for (size_t i = from; i < out->len; i++)
        if (!adjacency_has(m->to, m->key, (uint32_t)out->at[i]))
            out->at[kept++] = out->at[i];
    out->len = kept;
}

static bool emit_word(void *context, size_t number, uint64_t word)
{
    emission *m = context;
    pair_list *out = m->out;
    uint64_t base = (uint64_t)m->key << 32 | number << 6;
    size_t len = out->len;
    if (number - m->first < m->n)
        word &= ~m->words[number - m->first];
    if (!vec_reserve(out, len + 64))
        return false;
    for (; word; word &= word - 1)
        out->at[out->len++] = base + (uint64_t)__builtin_ctzll(word);
    if (m->to)
        ask_each(m, len);
    return true;
}

static void drop_slots(bits *b, const adjacency_row *r)
{
    for (size_t i = 0, n = adjacency_slots(r); i < n; i++)
        if (r->list[i] != ADJACENCY_FREE)
            bits_drop(b, r->list[i]);
}

/* Append the gathered values, of which `total` were put in, that the row
 * doesn't have.  A hash set is asked for each or, when these may be many, gone
 * through once. */
static bool emit_new(unite_scratch *s, size_t total, uint32_t key,
                     const adjacency *to, pair_list *out)
{
    emission m = {.key = key, .out = out};
    const adjacency_row *r = key < to->nkeys ? &to->rows[key] : NULL;
    if (r) {
        switch (adjacency_kind_of(r)) {
        case ADJACENCY_NEAR:
            for (uint32_t i = 0; i < r->n; i++)
                bits_drop(&s->values, r->near[i]);
            break;
        case ADJACENCY_LIST:
            for (uint32_t i = 0; i < r->n; i++)
                bits_drop(&s->values, r->list[i]);
            break;
        case ADJACENCY_HASH:
            if (adjacency_slots(r) <= 2 * total)
                drop_slots(&s->values, r);
            else
                m.to = to;
            break;
        case ADJACENCY_BITS:
            m.words = adjacency_words(r, &m.first, &m.n);
            break;
        }
    }
    return bits_take(&s->values, emit_word, &m);
}

bool unite_row(const unite_from *from, unite_scratch *s, uint32_t key,
               const uint32_t *sources, size_t n, const adjacency *to,
               pair_list *out)
{
    size_t few = gather_few(from, s, sources, n), total;
    if (few == SIZE_MAX)
        return gather(from, s, sources, n, &total)
               && emit_new(s, total, key, to, out);
    if (!vec_reserve(out, out->len + few))
        return false;
    for (size_t i = 0; i < few; i++)
        if (!adjacency_has(to, key, s->few[i]))
            out->at[out->len++] = (uint64_t)key << 32 | s->few[i];
    return true;
}
