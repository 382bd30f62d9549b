/* map.h - a hash map from uint64_t to uint64_t.
 *
 * Zero-initialised is empty and ready.  Keys can't be removed singly. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct map_slot {
    uint64_t key, value;
} map_slot;

typedef struct map {
    map_slot *slots;
    size_t nslots; /* 0 or a power of two */
    size_t len;
    bool has_zero; /* key 0 marks an empty slot, so it lives outside */
    uint64_t zero;
} map;

/* The value of a key; false, and `value` untouched, when it isn't there.
 * `value` may be NULL. */
bool map_get(const map *m, uint64_t key, uint64_t *value);
/* Set a key's value, new or not; false when memory ran out. */
bool map_put(map *m, uint64_t key, uint64_t value);
void map_free(map *m);

#endif
