/* bits.h - a large bitmap in which a set is gathered, read off and cleared at
 * the cost of what was put in.
 *
 * `dirty` has a byte for each 8 words (512 values), so that reading off looks
 * at no others; bytes, since they are set without being read. */
#ifndef EVAL_BITS_H
#define EVAL_BITS_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct bits {
    uint64_t *words;
    uint8_t *dirty;
    size_t nwords; /* a multiple of 64 */
    size_t lo, hi; /* bytes of `dirty` that may be set: [lo, hi) */
} bits;

static inline void bits_free(bits *b)
{
    mem_free(b->words);
    mem_free(b->dirty);
    memset(b, 0, sizeof *b);
}

/* Room for values below `n`; the set must be empty.  False: no memory. */
static inline bool bits_room(bits *b, size_t n)
{
    size_t nwords = (n / 64 / 64 + 1) * 64;
    if (nwords <= b->nwords)
        return true;
    bits_free(b);
    b->words = mem_calloc(nwords, sizeof *b->words);
    b->dirty = mem_calloc(nwords / 8, 1);
    if (!b->words || !b->dirty) {
        bits_free(b);
        return false;
    }
    b->nwords = nwords;
    b->lo = SIZE_MAX;
    return true;
}

/* Note that words [first, last] may not be 0. */
static inline void bits_soil(bits *b, size_t first, size_t last)
{
    first >>= 3;
    last >>= 3;
    memset(b->dirty + first, 1, last - first + 1);
    b->lo = first < b->lo ? first : b->lo;
    b->hi = last >= b->hi ? last + 1 : b->hi;
}

/* Put values in; those that follow one another should be close. */
static inline void bits_put(bits *b, const uint32_t *values, size_t n)
{
    size_t word = n ? values[0] >> 6 : 0, lo = b->lo, hi = b->hi;
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = values[i] >> 6;
        if (at != word) {
            b->words[word] |= all;
            b->dirty[word >> 3] = 1;
            lo = word >> 3 < lo ? word >> 3 : lo;
            hi = word >> 3 >= hi ? (word >> 3) + 1 : hi;
            word = at;
            all = 0;
        }
        all |= UINT64_C(1) << (values[i] & 63);
    }
    b->lo = lo;
    b->hi = hi;
    if (n) {
        b->words[word] |= all;
        bits_soil(b, word, word);
    }
}

static inline void bits_drop(bits *b, uint32_t value)
{
    if (value >> 6 < b->nwords)
        b->words[value >> 6] &= ~(UINT64_C(1) << (value & 63));
}

/* Put the values of a window of words in. */
static inline void bits_or(bits *b, const uint64_t *from, size_t first,
                           size_t n)
{
    uint64_t *to = b->words + first;
    if (first + n > b->nwords) /* empty words beyond the greatest value */
        n = b->nwords - first;
    for (size_t w = 0; w < n; w++)
        to[w] |= from[w];
    bits_soil(b, first, first + n - 1);
}

/* Call visit(context, word's number, word) for each word that isn't 0, in
 * order, clearing the set. */
typedef bool bits_visit(void *context, size_t number, uint64_t word);

static inline bool bits_take(bits *b, bits_visit *visit, void *context)
{
    bool ok = true;
    for (size_t at = b->lo; at < b->hi; at++) {
        uint64_t eight;
        if (at + 8 <= b->hi) {
            memcpy(&eight, b->dirty + at, sizeof eight);
            if (!eight) {
                at += 7;
                continue;
            }
        }
        if (!b->dirty[at])
            continue;
        b->dirty[at] = 0;
        for (size_t w = at * 8; w < at * 8 + 8; w++) {
            uint64_t word = b->words[w];
            if (!word)
                continue;
            b->words[w] = 0;
            ok = ok && visit(context, w, word);
        }
    }
    b->lo = SIZE_MAX;
    b->hi = 0;
    return ok;
}

#endif
