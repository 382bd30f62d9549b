/* unite.h - heads of one or two columns, put in by unions of sets of values.
 *
 * Many rules end with an atom whose last variable goes straight into the head:
 * path(X, Y) if path(X, Z) and edge(Z, Y).  For each binding of the other
 * literals the head's row X gets all values of edge's row Z, which is one
 * operation on two sets; where they are bits, 64 values at a time.
 *
 * unite.c runs such rules, unite_groups.c shares out the rows, unite_row.c makes
 * one. */
#ifndef EVAL_UNITE_H
#define EVAL_UNITE_H

#include "eval/bits.h"
#include "eval/buckets.h"
#include "eval/fixpoint.h"

/* The body atom of a rule that can be united with its head, or
 * PLAN_NO_UNION. */
uint32_t unite_literal(const dm_eval *e, const dm_rule *rule);
/* The argument of that atom that its values are looked up by; UINT32_MAX for
 * a unary one. */
uint32_t unite_key(const dm_rule *rule, uint32_t literal);
/* Whether the atom's rows can be read as sets now. */
bool unite_possible(const dm_eval *e, const dm_rule *rule, uint32_t literal);
/* Turn the last steps of a planned pipeline into stages, and say what its
 * pairs name. */
dm_status unite_stages(dm_eval *e, pipeline *p);

/* Run a rule on the true side, as `what` says but for the sink, and put its
 * heads into the true part of `to`, whose `united` is set: the head's relation
 * or one like it.  Clears `united` when a cell is too large, the caller then
 * runs the rule in the plain way. */
dm_status unite_rule(fixpoint *f, const rule_run *what, eval_relation *to);
void unite_free(dm_eval *e);

/* ---- unite_groups.c ----------------------------------------------------- */

/* What one run of a rule unites, and with what. */
typedef struct uniting {
    dm_eval *e;
    eval_relation *to;
    pipeline *p;         /* the run's; NULL until it has begun */
    pair_lists parts;    /* group << 32 | source */
    size_t npairs;       /* in all parts */
    uint32_t most;       /* greatest source */
    size_t limit;        /* of pairs between two unions, about */
    pair_buckets buckets;
    bool unfit;          /* a cell is too large */
} uniting;

/* Unite the pairs of all parts with the rows of their groups. */
dm_status unite_pairs(uniting *u);

/* Pairs name values themselves, not sets of them. */
static inline bool unite_takes_values(const pipeline *p)
{
    return p->plan.of.united == PLAN_NO_UNION;
}

/* Stages lead from runs to the head's key. */
static inline bool unite_turns(const pipeline *p)
{
    return p->plan.of.keyed && p->nstages > 0;
}

/* A key's run, if there is one. */
static inline bool unite_find_run(const key_runs *runs, dm_cell *key)
{
    uint32_t number = *key < runs->at.len ? runs->at.at[*key] : 0;
    *key = number - (dm_cell)1;
    return number != 0;
}

/* ---- unite_row.c -------------------------------------------------------- */

/* Values from which a list is made instead of bits. */
enum { UNITE_FEW = 20 };

/* What each worker unites with. */
typedef struct unite_scratch {
    bits values, sources;
    uint32_t few[UNITE_FEW];
    VEC(uint32_t) list, other;
    pair_list pairs; /* room to sort in */
} unite_scratch;

/* What the number of a source stands for: a value; a key's values; a run. */
typedef struct unite_from {
    const adjacency *sets;
    const key_runs *runs;
} unite_from;

/* How many values a source has. */
static inline size_t unite_size(const unite_from *from, uint32_t source)
{
    if (from->sets)
        return adjacency_count(from->sets, source);
    if (from->runs)
        return from->runs->first.at[source + 1]
               - from->runs->first.at[source];
    return 1;
}

/* The union of the sources, ascending, into s->list; `sources` may be that of
 * s->other. */
bool unite_list(const unite_from *from, unite_scratch *s,
                const uint32_t *sources, size_t n);
/* Append to `out` key << 32 | value for each value of the sources that `key`
 * doesn't have in `to`, ascending.  False: no memory. */
bool unite_row(const unite_from *from, unite_scratch *s, uint32_t key,
               const uint32_t *sources, size_t n, const adjacency *to,
               pair_list *out);

#endif
