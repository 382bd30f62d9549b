/* rowset_slots.h - hash slots and arrays that find rows and keys by number:
 * what the set of rows and the indexes share. */
#ifndef EVAL_ROWSET_SLOTS_H
#define EVAL_ROWSET_SLOTS_H

#include "base/mem.h"
#include "eval/rowset.h"

#include <string.h>

/* What a slot keeps of a hash, beside a number plus 1. */
#define TAG(hash) ((hash) & UINT64_C(0xFFFFFFFF00000000))
#define PREFETCH(p) __builtin_prefetch(p)

/* The home of a hash among n slots: taken from the bits that the tag keeps,
 * so that growing can place a slot by its tag alone. */
static inline size_t home(uint64_t hash, size_t nslots)
{
    return (size_t)(hash >> 32) & (nslots - 1);
}

/* Move `slots` to `n` of them; the old ones are freed.  Bytes held are kept in
 * *bytes. */
static inline bool grow_slots(uint64_t **slots, size_t *nslots, size_t n,
                       size_t *bytes)
{
    uint64_t *grown = mem_calloc(n, sizeof *grown);
    if (!grown)
        return false;
    for (size_t i = 0; i < *nslots; i++) {
        uint64_t slot = (*slots)[i];
        if (!slot)
            continue;
        size_t at = home(slot, n);
        while (grown[at])
            at = (at + 1) & (n - 1);
        grown[at] = slot;
    }
    mem_free(*slots);
    *bytes += (n - *nslots) * sizeof *grown;
    *slots = grown;
    *nslots = n;
    return true;
}

/* Room for `more` further entries at a load of two thirds at most. */
static inline bool room_slots(uint64_t **slots, size_t *nslots, size_t used,
                       size_t more, size_t *bytes)
{
    size_t n = *nslots ? *nslots : 16;
    while ((used + more) * 3 > n * 2)
        n *= 2;
    return n == *nslots || grow_slots(slots, nslots, n, bytes);
}

/* Room for cells up to `most` in an array of numbers; 0 is none. */
static inline bool room_direct(uint32_t **direct, size_t *ndirect, size_t most,
                        size_t *bytes)
{
    size_t n = *ndirect ? *ndirect : 64;
    if (most < *ndirect)
        return true;
    while (n <= most)
        n *= 2;
    uint32_t *grown = mem_calloc(n, sizeof *grown);
    if (!grown)
        return false;
    if (*direct)
        memcpy(grown, *direct, *ndirect * sizeof *grown);
    mem_free(*direct);
    *bytes += (n - *ndirect) * sizeof *grown;
    *direct = grown;
    *ndirect = n;
    return true;
}

#endif
