/* intersect.c - intersections of sets of values.
 *
 * Which way is taken depends on how the two sets are kept: windows of bits are
 * combined word by word, a list is looked up in a window or in a hash set,
 * two sorted lists are merged or, when one is far shorter, searched by
 * doubling steps (Bentley and Yao 1976).  The smaller set is gone through, the
 * larger one asked, except that a list is always better gone through than a
 * hash set, and that lists are good at being gone through.
 *
 * Results are written without branches where a branch would be guessed wrong
 * half the time; so `out` has room for one value more than can be found. */
#include "eval/intersect.h"

#include <assert.h>

/* How many times longer a list is when it is searched instead of merged, or
 * gone through where the other set is a list too. */
enum { FAR_LONGER = 16, LONGER = 8 };

value_set intersect_row(const adjacency *a, dm_cell key)
{
    value_set set = {.n = adjacency_count(a, key), .sets = a, .key = key};
    if (set.n == 0)
        return set;
    const adjacency_row *r = &a->rows[key];
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        set.list = r->near;
        set.sorted = r->n < 2 || r->near[0] < r->near[1];
        break;
    case ADJACENCY_LIST:
        set.list = r->list;
        set.sorted = a->sorted;
        break;
    case ADJACENCY_BITS:
        set.words = adjacency_words(r, &set.first, &set.nwords);
        break;
    case ADJACENCY_HASH:
        break;
    }
    return set;
}

static bool word_has(const value_set *set, uint32_t value)
{
    size_t word = value / 64 - set->first;
    return word < set->nwords && (set->words[word] >> value % 64 & 1);
}

bool intersect_has(const value_set *set, uint32_t value)
{
    if (set->words)
        return word_has(set, value);
    if (set->sets)
        return adjacency_has(set->sets, set->key, value);
    for (size_t i = 0; i < set->n; i++)
        if (set->list[i] == value)
            return true;
    return false;
}

bool intersect_list(value_set *set, value_list *room)
{
    if (set->list || set->n == 0)
        return true;
    if (!vec_reserve(room, set->n))
        return false;
    adjacency_values(set->sets, set->key, room->at);
    set->list = room->at;
    set->sorted = set->words != NULL;
    return true;
}

/* ---- ways --------------------------------------------------------------- */

/* The words that both windows have: [*lo, *hi). */
static void overlap(const value_set *a, const value_set *b, size_t *lo,
                    size_t *hi)
{
    size_t end = a->first + a->nwords, other = b->first + b->nwords;
    *lo = a->first > b->first ? a->first : b->first;
    *hi = end < other ? end : other;
    *hi = *hi > *lo ? *hi : *lo;
}

static size_t by_words(const value_set *a, const value_set *b, size_t most,
                       uint32_t *out)
{
    size_t lo, hi, n = 0;
    overlap(a, b, &lo, &hi);
    for (size_t w = lo; w < hi && n < most; w++)
        for (uint64_t left = a->words[w - a->first] & b->words[w - b->first];
             left; left &= left - 1)
            out[n++] = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(left);
    return n < most ? n : most;
}

/* Bits set, without an instruction that not every machine has. */
static size_t count_bits(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333))
        + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (size_t)(x * UINT64_C(0x0101010101010101) >> 56);
}

size_t intersect_count(const value_set *a, const value_set *b)
{
    size_t lo, hi, n = 0;
    overlap(a, b, &lo, &hi);
    for (size_t w = lo; w < hi; w++) {
        uint64_t both = a->words[w - a->first] & b->words[w - b->first];
        n += both ? count_bits(both) : 0;
    }
    return n;
}

static size_t in_words(const value_set *list, const value_set *set,
                       size_t most, uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n && n < most; i++) {
        out[n] = list->list[i];
        n += word_has(set, list->list[i]);
    }
    return n;
}

static size_t asked(const value_set *list, const value_set *set, size_t most,
                    uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n && n < most; i++)
        if (intersect_has(set, list->list[i]))
            out[n++] = list->list[i];
    return n;
}

static size_t merged(const value_set *a, const value_set *b, size_t most,
                     uint32_t *out)
{
    const uint32_t *x = a->list, *y = b->list;
    const uint32_t *x_end = x + a->n, *y_end = y + b->n;
    size_t n = 0;
    while (x < x_end && y < y_end && n < most) {
        uint32_t left = *x, right = *y;
        out[n] = left;
        n += left == right;
        x += left <= right;
        y += right <= left;
    }
    return n;
}

/* The first of the ascending list's values from `at` on that isn't below. */
static size_t seek(const value_set *set, size_t at, uint32_t value)
{
    size_t step = 1, lo = at, hi = at;
    while (hi < set->n && set->list[hi] < value) {
        lo = hi + 1;
        hi += step;
        step *= 2;
    }
    hi = hi < set->n ? hi : set->n;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (set->list[middle] < value)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static size_t searched(const value_set *few, const value_set *many,
                       size_t most, uint32_t *out)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < few->n && n < most; i++) {
        at = seek(many, at, few->list[i]);
        if (at == many->n)
            break;
        if (many->list[at] == few->list[i])
            out[n++] = few->list[i];
    }
    return n;
}

/* ---- choosing ----------------------------------------------------------- */

/* `a` is a list and has no more values than `b`. */
static size_t by_list(const value_set *a, const value_set *b, size_t most,
                      uint32_t *out)
{
    if (b->words)
        return in_words(a, b, most, out);
    if (a->words && b->list && b->n <= LONGER * a->n)
        return in_words(b, a, most, out);
    if (!b->list || !a->sorted || !b->sorted)
        return asked(a, b, most, out);
    return b->n > FAR_LONGER * a->n ? searched(a, b, most, out)
                                    : merged(a, b, most, out);
}

bool intersect_by_words(const value_set *a, const value_set *b)
{
    if (!a->words || !b->words)
        return false;
    size_t lo, hi, fewest = a->n < b->n ? a->n : b->n;
    overlap(a, b, &lo, &hi);
    return hi - lo <= fewest || (!a->list && !b->list);
}

bool intersect_two(const value_set *a, const value_set *b, size_t most,
                   value_list *room, value_list *out, value_set *found)
{
    if (a->n > b->n) {
        const value_set *other = a;
        a = b;
        b = other;
    }
    value_set few = *a;
    size_t n;
    if (!vec_reserve(out, a->n + 1))
        return false;
    if (intersect_by_words(a, b)) {
        n = by_words(a, b, most, out->at);
    } else if (!a->list && a->words && b->list && b->n <= LONGER * a->n) {
        n = in_words(b, a, most, out->at);
    } else {
        if (!intersect_list(&few, room))
            return false;
        n = by_list(&few, b, most, out->at);
    }
    *found = (value_set){.n = n, .list = out->at,
                         .sorted = (few.words || few.sorted)
                                   && (b->words || b->sorted)};
    return true;
}
