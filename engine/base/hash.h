/* hash.h - hashing of bytes and of tuples (xxHash's XXH3; see decisions). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "dragoman.h"

typedef dm_hash hash128;

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed);
hash128 hash_bytes128(const void *bytes, size_t size);

/* Mix one cell into a running hash: cheap and good enough for tables whose
 * size is a power of two. */
static inline uint64_t hash_mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ (h >> 32);
}

static inline uint64_t hash_cells(const dm_cell *cells, size_t n)
{
    uint64_t h = UINT64_C(0x243F6A8885A308D3);
    for (size_t i = 0; i < n; i++)
        h = hash_mix(h, cells[i]);
    return h ^ (h >> 29);
}

#endif
