/* hash.c - hashes of bytes.
 *
 * Purpose: the only file that includes xxHash.
 * Source: XXH3, Yann Collet, https://xxhash.com; its 64- and 128-bit results
 * have been stable since 0.8.0, so that they may be written to disk.
 * Invariants: the results don't depend on the machine's byte order.
 * Cost: about a cycle for three bytes, 20 cycles for a short string. */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

hash128 hash_bytes128(const void *bytes, size_t size)
{
    XXH128_hash_t h = XXH3_128bits(bytes, size);
    return (hash128){.lo = h.low64, .hi = h.high64};
}
