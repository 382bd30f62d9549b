/* adjacency.h - for each key a set of values: one column of a binary relation
 * by the other.
 *
 * Keys and values are below 2^32; keys index an array, so they should be
 * dense.  Each key's values are kept in what suits them: in the row itself, as
 * a list, as a hash set, or as a window of bits.  Joins read a key's values as
 * a whole, and unions of many keys' values are made word by word (bits.h). */
#ifndef EVAL_ADJACENCY_H
#define EVAL_ADJACENCY_H

#include "dragoman.h"

#include "base/mem.h"

#include <stdbool.h>

/* How a key's values are kept. */
typedef enum adjacency_kind {
    ADJACENCY_NEAR, /* at most two, in the row */
    ADJACENCY_LIST, /* in the order in which they came */
    ADJACENCY_HASH, /* open addressing; a free slot is ADJACENCY_FREE */
    ADJACENCY_BITS  /* a window of bits */
} adjacency_kind;

typedef struct adjacency_row {
    uint32_t n;    /* values */
    uint32_t meta; /* kind << 28 | size class of the memory */
    union {
        uint32_t near[2];
        uint32_t *list;  /* LIST, HASH */
        uint64_t *words; /* BITS: [0] = number of words << 32 | first word's
                            number, then the words */
    };
} adjacency_row;

/* Memory for the values of some keys, and what has come to these since it was
 * last counted: threads that add at the same time, each to keys of its own,
 * have one each. */
typedef struct adjacency_share {
    struct arena memory;
    void **spare;        /* by size class: blocks given back */
    size_t bytes, used;
    uint32_t most;
    bool unsorted;
} adjacency_share;

typedef struct adjacency {
    bool members;        /* adjacency_has is asked: no long lists */
    bool sorted;         /* lists and near values are ascending */
    bool dense;          /* testing: bits whenever they are possible */
    adjacency_row *rows;
    size_t nkeys;        /* keys below have a row */
    size_t used;         /* keys that have values */
    size_t expected;     /* that are about to have some, at most */
    uint32_t most;       /* greatest value so far */
    size_t bytes;        /* memory held */
    adjacency_share own, *others;
    unsigned nothers;
} adjacency;

/* Values of a list that is searched from end to end, at most. */
#define ADJACENCY_SCAN 16
#define ADJACENCY_FREE UINT32_MAX
/* Greater values are refused: ADJACENCY_FREE, and bits would take too much. */
#define ADJACENCY_MOST ((UINT32_C(1) << 28) - 1)

/* Values that a list has room for, as a list. */
static inline uint32_t adjacency_list_room(const adjacency *a,
                                           const adjacency_row *r)
{
    uint32_t class = r->meta & UINT32_C(0x0FFFFFFF);
    uint32_t room = (4 + class % 4) << (class / 4) << 1;
    return a->members && room > ADJACENCY_SCAN ? ADJACENCY_SCAN : room;
}

void adjacency_init(adjacency *a, bool members);
void adjacency_free(adjacency *a);

/* Add `n` values that the key doesn't have yet.  Errors: DM_NOMEM. */
dm_status adjacency_add(adjacency *a, uint32_t key, const uint32_t *values,
                        size_t n);
/* Room for keys below `nkeys`. */
dm_status adjacency_room(adjacency *a, size_t nkeys);

/* ---- by several threads ------------------------------------------------- */

/* Let there be `n` shares. */
dm_status adjacency_shares(adjacency *a, unsigned n);
static inline adjacency_share *adjacency_share_of(adjacency *a, unsigned i)
{
    return i == 0 ? &a->own : &a->others[i - 1];
}
/* As adjacency_add, for a key that there is room for; counted later. */
dm_status adjacency_add_in(adjacency *a, adjacency_share *s, uint32_t key,
                           const uint32_t *values, size_t n);
/* Let the key's next `n` values find their room; before many are added. */
dm_status adjacency_expect_in(adjacency *a, adjacency_share *s, uint32_t key,
                              size_t n);
/* Keep the key's values as bits if that takes no more room. */
dm_status adjacency_settle_in(adjacency *a, adjacency_share *s, uint32_t key);
/* The same for one value, where there is room for it in a list.  False:
 * nothing is done. */
static inline bool adjacency_put_in(const adjacency *a, adjacency_share *s,
                                    uint32_t key, uint32_t value)
{
    adjacency_row *r = &a->rows[key];
    bool near = r->meta >> 28 == ADJACENCY_NEAR;
    if (near ? r->n == 2
             : r->meta >> 28 != ADJACENCY_LIST
                   || r->n >= adjacency_list_room(a, r))
        return false;
    uint32_t *list = near ? r->near : r->list;
    s->used += r->n == 0;
    s->most = value > s->most ? value : s->most;
    s->unsorted |= r->n && list[r->n - 1] > value;
    list[r->n++] = value;
    return true;
}
/* Count what was added through shares, when no thread is adding. */
void adjacency_count_shares(adjacency *a);

/* ---- as a whole --------------------------------------------------------- */

/* Sort what is kept as lists, near values too.  Errors: DM_NOMEM. */
dm_status adjacency_sort(adjacency *a);
/* Take a value away that the key has. */
void adjacency_remove(adjacency *a, uint32_t key, uint32_t value);

static inline adjacency_kind adjacency_kind_of(const adjacency_row *r)
{
    return (adjacency_kind)(r->meta >> 28);
}

/* Fetch a key's values, its row having been fetched. */
static inline void adjacency_prefetch(const adjacency *a, dm_cell key)
{
    if (key < a->nkeys && adjacency_kind_of(&a->rows[key]) != ADJACENCY_NEAR)
        __builtin_prefetch(a->rows[key].list);
}

/* How many values the key has. */
static inline size_t adjacency_count(const adjacency *a, dm_cell key)
{
    return key < a->nkeys ? a->rows[key].n : 0;
}

bool adjacency_has(const adjacency *a, dm_cell key, dm_cell value);
/* The key's values into `out`, in an order that depends on nothing but what
 * was added and when. */
void adjacency_values(const adjacency *a, dm_cell key, uint32_t *out);

/* Slots of a hash set. */
size_t adjacency_slots(const adjacency_row *r);
/* The window of a row of bits. */
static inline const uint64_t *adjacency_words(const adjacency_row *r,
                                              size_t *first, size_t *n)
{
    *first = (uint32_t)r->words[0];
    *n = (size_t)(r->words[0] >> 32);
    return r->words + 1;
}

#endif
