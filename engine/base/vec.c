/* vec.c - growing the arrays of vec.h.
 *
 * Purpose: the one function behind the VEC macros.
 * Invariants: on failure the array is as it was.
 * Cost: capacities grow by half, at least to 8, so appending n elements
 * copies O(n) of them. */
#include "base/vec.h"

#include <stdint.h>

bool vec_grow(void **at, size_t *cap, size_t need, size_t size)
{
    size_t more = *cap + *cap / 2;
    if (more < need)
        more = need;
    if (more < 8)
        more = 8;
    if (more > SIZE_MAX / size)
        return false;
    void *moved = mem_realloc(*at, more * size);
    if (!moved)
        return false;
    *at = moved;
    *cap = more;
    return true;
}
