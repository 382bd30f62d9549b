/* bits.h - a large bitmap in which a set is gathered, read off and cleared at
 * the cost of what was put in.
 *
 * `dirty` has a bit for each 8 words (512 values), so that reading off looks
 * at no others. */
#ifndef EVAL_BITS_H
#define EVAL_BITS_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct bits {
    uint64_t *words, *dirty;
    size_t nwords;  /* a multiple of 512 */
    size_t lo, hi;  /* words of `dirty` that may not be 0: [lo, hi) */
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
    size_t nwords = (n / 64 / 512 + 1) * 512;
    if (nwords <= b->nwords)
        return true;
    bits_free(b);
    b->words = mem_calloc(nwords, sizeof *b->words);
    b->dirty = mem_calloc(nwords / 512, sizeof *b->dirty);
    if (!b->words || !b->dirty) {
        bits_free(b);
        return false;
    }
    b->nwords = nwords;
    b->lo = SIZE_MAX;
    return true;
}

static inline void bits_widen(bits *b, size_t lo, size_t hi)
{
    b->lo = lo < b->lo ? lo : b->lo;
    b->hi = hi > b->hi ? hi : b->hi;
}

static inline void bits_put(bits *b, uint32_t value)
{
    size_t at = value >> 15;
    b->words[value >> 6] |= UINT64_C(1) << (value & 63);
    b->dirty[at] |= UINT64_C(1) << (value >> 9 & 63);
    bits_widen(b, at, at + 1);
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
    for (size_t at = first >> 3; at <= (first + n - 1) >> 3; at++)
        b->dirty[at >> 6] |= UINT64_C(1) << (at & 63);
    bits_widen(b, first >> 9, ((first + n - 1) >> 9) + 1);
}

/* Call visit(context, word's number, word) for each word that isn't 0, in
 * order, clearing the set. */
typedef bool bits_visit(void *context, size_t number, uint64_t word);

static inline bool bits_take(bits *b, bits_visit *visit, void *context)
{
    bool ok = true;
    for (size_t at = b->lo; at < b->hi; at++) {
        for (uint64_t left = b->dirty[at]; left; left &= left - 1) {
            size_t word = (at * 64 + (size_t)__builtin_ctzll(left)) * 8;
            for (size_t w = word; w < word + 8; w++) {
                if (!b->words[w])
                    continue;
                ok = ok && visit(context, w, b->words[w]);
                b->words[w] = 0;
            }
        }
        b->dirty[at] = 0;
    }
    b->lo = SIZE_MAX;
    b->hi = 0;
    return ok;
}

#endif
