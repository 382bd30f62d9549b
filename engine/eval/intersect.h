/* intersect.h - what two sets of values have in common, however each of them
 * is kept. */
#ifndef EVAL_INTERSECT_H
#define EVAL_INTERSECT_H

#include "base/vec.h"
#include "eval/adjacency.h"

typedef VEC(uint32_t) value_list;

/* A set of n values: a row of an adjacency, or what was found.  It has a list
 * or a window of bits or both, or it is a hash set and has neither. */
typedef struct value_set {
    size_t n;
    const uint32_t *list; /* NULL: none */
    bool sorted;          /* the list is ascending */
    const uint64_t *words; /* NULL: none */
    size_t first, nwords;
    const adjacency *sets; /* the adjacency that it is a row of, or NULL */
    dm_cell key;
} value_set;

/* The values of a key, borrowed. */
value_set intersect_row(const adjacency *a, dm_cell key);
bool intersect_has(const value_set *set, uint32_t value);
/* Replace the set by a list of it, in `room`, if it has none.  False: no
 * memory. */
bool intersect_list(value_set *set, value_list *room);
/* The common values, or `most` of them, into `out`; *found is a list in it,
 * ascending if both are.  `room` is what may be needed on the way. */
bool intersect_two(const value_set *a, const value_set *b, size_t most,
                   value_list *room, value_list *out, value_set *found);
/* Whether both are best gone through word by word. */
bool intersect_by_words(const value_set *a, const value_set *b);
/* How many values two windows have in common. */
size_t intersect_count(const value_set *a, const value_set *b);

#endif
