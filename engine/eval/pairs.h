/* pairs.h - lists of pairs of 32-bit numbers, as key << 32 | value. */
#ifndef EVAL_PAIRS_H
#define EVAL_PAIRS_H

#include "dragoman.h"

#include "base/vec.h"

#include <stdint.h>

typedef VEC(uint64_t) pair_list;
typedef VEC(pair_list) pair_lists;

/* Sort, keeping the order of what is equal, by the pair less its lowest `from`
 * bits; `spare` is room of the same kind.  Errors: DM_NOMEM. */
dm_status pairs_sort(pair_list *list, pair_list *spare, unsigned from);
/* Sort pairs by key where they are. */
dm_status pairs_sort_at(uint64_t *at, size_t n, pair_list *spare);

#endif
