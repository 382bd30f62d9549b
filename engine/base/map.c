/* map.c - the hash map of map.h.
 *
 * Purpose: small side tables: what was copied, what was cached.
 * Representation: linear probing in a table of a power of two of slots; key 0
 * means empty, so the value of key 0 is kept apart.
 * Invariants: at most half of the slots are used.
 * Cost: one cache miss for a lookup. */
#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"

/* The slot of a key, or the empty one where it belongs. */
static map_slot *place(const map *m, uint64_t key)
{
    size_t mask = m->nslots - 1;
    size_t i = (size_t)hash_mix(0, key) & mask;
    while (m->slots[i].key && m->slots[i].key != key)
        i = (i + 1) & mask;
    return &m->slots[i];
}

static bool grow(map *m)
{
    map more = *m;
    more.nslots = m->nslots ? 2 * m->nslots : 16;
    more.slots = mem_calloc(more.nslots, sizeof *more.slots);
    if (!more.slots)
        return false;
    for (size_t i = 0; i < m->nslots; i++)
        if (m->slots[i].key)
            *place(&more, m->slots[i].key) = m->slots[i];
    mem_free(m->slots);
    *m = more;
    return true;
}

bool map_get(const map *m, uint64_t key, uint64_t *value)
{
    const map_slot zero = {0, m->zero};
    const map_slot *slot = &zero;
    if (key && !m->nslots)
        return false;
    if (key)
        slot = place(m, key);
    if (key ? !slot->key : !m->has_zero)
        return false;
    if (value)
        *value = slot->value;
    return true;
}

bool map_put(map *m, uint64_t key, uint64_t value)
{
    if (!key) {
        m->has_zero = true;
        m->zero = value;
        return true;
    }
    if (2 * (m->len + 1) > m->nslots && !grow(m))
        return false;
    map_slot *slot = place(m, key);
    m->len += slot->key == 0;
    *slot = (map_slot){key, value};
    return true;
}

void map_free(map *m)
{
    mem_free(m->slots);
    *m = (map){0};
}
