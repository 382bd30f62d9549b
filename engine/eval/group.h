/* group.h - inside aggregation: groups, their states, their resolutions.
 *
 * group.c makes and reads groups, feed.c puts instances into them, fold.c
 * keeps states and gives results, resolve.c says what undefined instances may
 * change. */
#ifndef EVAL_GROUP_H
#define EVAL_GROUP_H

#include "eval/exact.h"
#include "eval/internal.h"

/* At most so many different resolutions of a group's undefined instances. */
#define MAX_RESOLUTIONS 4096

typedef struct group_value {
    uint32_t group;
    dm_cell value;
} group_value;

typedef VEC(group_value) value_list;
typedef VEC(dm_cell) cell_list;

/* One aggregate of a head, or the one of a literal. */
typedef struct aggregate {
    dm_aggregate op;
    bool distinct;        /* count(X) */
    uint32_t function;    /* DM_CUSTOM */
    uint32_t column;      /* of the head; of the literal's relation */
    dm_type in, out, stored; /* of values, of the result, of the column */
    size_t at;            /* first word of its state */
    adjacency sets;       /* distinct: values up to ADJACENCY_MOST by group */
    rowset seen;          /* distinct: (group, greater value) */
    value_list values;    /* LIST, CUSTOM: of true instances */
} aggregate;

/* A state is `width` words per group: how many instances, then what each
 * aggregate keeps. */
struct groups {
    bool head;                 /* of a head: a group has an instance */
    const eval_relation *to;   /* the head's relation, or the literal's */
    uint32_t nkeys;
    uint32_t key_columns[64];
    dm_type key_types[64];
    uint32_t naggregates;
    aggregate *aggregates;
    size_t width;
    rowset keys;               /* a group is a row */
    uint32_t *direct;          /* NULL, or by the one key's cell: group + 1 */
    bool by_hash;              /* there is to be no such array */
    size_t ndirect;
    size_t fed;                /* instances so far */
    VEC(uint64_t) states;
    cell_list undefined;       /* instances: group, a value per aggregate */
    bool finished;             /* sorted; ready to be read */
    size_t *first;             /* per group: its undefined instances, sorted */
    uint32_t *order;
    cell_list answer;          /* of groups_values, groups_emit */
};

/* fold.c */

/* Words that an aggregate's state takes. */
size_t fold_words(const aggregate *a);
/* Take one instance into a state; sets and lists, which are kept by `group`,
 * are left out when `apart`. */
dm_status fold_feed(dm_eval *e, groups *g, uint64_t *state, uint32_t group,
                    const dm_cell *values, bool apart);
/* Take `n` <= BATCH instances into their groups' states, given as one column
 * of values per aggregate (NULL: it takes none). */
dm_status fold_columns(dm_eval *e, groups *g, const uint32_t *group, size_t n,
                       const dm_cell *const *values);
/* Whether a true instance of the group had this value; of count(X). */
bool fold_has_seen(aggregate *a, uint32_t group, dm_cell value);
/* The aggregates' results for a state: one cell each, in the type `out`.
 * `more` (NULL: none) holds, per aggregate, values kept apart.  *defined is
 * false when some aggregate has no value. */
dm_status fold_result(dm_eval *e, groups *g, const uint64_t *state,
                      uint32_t group, const cell_list *more, dm_cell *out,
                      bool *defined);
/* Sort the lists of values; before the first result. */
void fold_sort(dm_eval *e, groups *g);

/* feed.c: the number of a key's group, or ROWSET_NONE. */
uint32_t groups_find(groups *g, const dm_cell *key);

/* resolve.c: the different results that the resolutions of a group's
 * undefined instances give, tuples of naggregates cells appended to `out`.
 * *certain: there is just one, and no resolution is without. */
dm_status group_resolve(dm_eval *e, groups *g, uint32_t group,
                        cell_list *out, bool *certain);

static inline uint64_t *group_state(groups *g, uint32_t group)
{
    return g->states.at + (size_t)group * g->width;
}

static inline size_t group_nundefined(const groups *g, uint32_t group)
{
    return g->first[group + 1] - g->first[group];
}

/* The i-th undefined instance of a group: a value per aggregate. */
static inline const dm_cell *group_undefined(const groups *g, uint32_t group,
                                             size_t i)
{
    size_t number = g->order[g->first[group] + i];
    return g->undefined.at + number * (g->naggregates + 1) + 1;
}

#endif
