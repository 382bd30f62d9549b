/* demand.h - inside engine/rules: the state of one demand transformation. */
#ifndef RULES_DEMAND_H
#define RULES_DEMAND_H

#include "rules/sideways.h"

/* So many incomparable sets of bound columns are kept of one relation; one
 * that is asked for in more ways is evaluated in full. */
#define DEMAND_MOST_MASKS 3

/* A relation as it is asked for.  Nothing is bound in one that is wanted
 * whole: `rows` is the relation itself then, and nothing demands it. */
typedef struct variant {
    uint32_t relation; /* of the program that is rewritten */
    uint64_t mask;     /* its bound columns */
    uint32_t rows;     /* holds its rows, in the new program */
    uint32_t demand;   /* holds what is asked of the bound columns; or NONE */
    uint32_t chain;    /* pairs of what was asked and what that calls in its
                          turn, where tail calls are cut short; or NONE */
} variant;

/* What is known of a relation, through all attempts. */
typedef struct asked_of {
    bool reached;
    bool whole;      /* not to be asked with bound columns */
    bool strict;     /* its demand must not be undefined */
    uint64_t can;    /* columns that may be bound */
    uint32_t nmasks;
    uint64_t masks[DEMAND_MOST_MASKS];
} asked_of;

typedef VEC(variant) variant_vec;
typedef VEC(uint32_t) index_vec;

typedef struct demand {
    const dm_program *p;
    dm_program *out;
    unsigned force;
    asked_of *asked;      /* by relation of p */
    variant_vec variants; /* of this attempt; those to be written come last */
    index_vec origin;     /* relation of `out` -> that of p */
    index_vec kind;       /* relation of `out` -> ROWS, DEMAND */
    bool again;           /* a relation is asked for in a weaker way */
    arena scratch;
    dm_error *err;
} demand;

enum { ROWS, DEMAND };

/* demand.c: the variant that serves a literal of which the columns in `mask`
 * are bound. */
dm_status demand_variant(demand *k, uint32_t relation, uint64_t mask,
                         uint32_t *out);
/* select.c: find what is selected of the inputs of a program made for the goal
 * `cells` in the columns in `mask`. */
dm_status select_inputs(dm_program *p, uint32_t goal, uint64_t mask,
                        const dm_cell *cells);
/* demand_rules.c: write all rules of a variant, and what they demand. */
dm_status demand_write(demand *k, uint32_t variant);
/* The fact that a goal asks for. */
dm_status demand_seed(demand *k, uint32_t variant, const dm_cell *cells);

#endif
