/* sideways.h - inside engine/rules: how values pass sideways through a body.
 *
 * From the columns of a head that are bound, literal by literal, more
 * variables become bound: an order of the body's literals and, for each, the
 * columns that are bound when its turn comes (sideways information passing,
 * Beeri & Ramakrishnan 1991). */
#ifndef RULES_SIDEWAYS_H
#define RULES_SIDEWAYS_H

#include "rules/check.h"

#define BY_HEAD (UINT32_MAX - 1)

typedef struct sideways {
    const dm_program *p;
    const dm_rule *rule;
    uint64_t head;      /* columns of the head that are bound */
    uint32_t but;       /* a literal that passes nothing on, or NONE */
    uint64_t *masks;    /* by literal: columns bound when it is reached */
    uint32_t *binder;   /* by variable: a literal, BY_HEAD, or NONE */
    uint32_t *order;    /* literals that pass values on */
    uint32_t norder;
} sideways;

/* Pass values through `rule`, whose head's columns in `mask` are bound;
 * literal `but` (or none, NONE) passes nothing on.  With `always` an atom none
 * of whose arguments is bound passes its values on too; otherwise the atoms
 * behind it are left unbound.  Memory is of `a`. */
dm_status sideways_make(const dm_program *p, uint32_t rule, uint64_t mask,
                        uint32_t but, bool always, arena *a, sideways *out);
/* Mark in `needed` (one entry per literal) those that give `literal` the
 * values of its bound columns, and what narrows these for next to nothing. */
dm_status sideways_needed(const sideways *s, uint32_t literal, uint64_t mask,
                          arena *a, bool *needed);

/* A constant, compounds of constants included. */
bool expr_is_fixed(const dm_expr *e);
/* Whether a value of type `from` is passed into a column of type `to` and back
 * without changing: equal types, or both are term ids. */
bool type_passes(dm_type from, dm_type to);
/* Whether the head's argument `i` can be matched with a demanded value. */
bool head_passes(const dm_program *p, const dm_rule *r, uint32_t i);
/* Whether a component is evaluated by growing alone: none of its literals on
 * itself is negated, an aggregate or `possible`, and none of its relations is a
 * lattice. */
bool component_is_plain(const dm_program *p, uint32_t component);
/* Whether a literal reads more than the true rows of one side. */
static inline bool literal_is_plain(const dm_literal *l)
{
    return l->kind == DM_ATOM && !l->possible;
}

/* ---- linear rules (linear.c) -------------------------------------------- */

typedef enum linear_shape {
    LINEAR_EXIT, /* doesn't read its own relation */
    LINEAR_TAIL, /* r(X, Y) if …, r(Z, Y): what is asked of r next gives the
                    answers as they are */
    LINEAR_LEFT, /* r(X, Y) if r(X, Z), …: asks nothing new, and X stands
                    nowhere else */
    LINEAR_NOT
} linear_shape;

/* The shape of a rule of `relation` when the columns in `mask` are bound, and
 * the literal that reads the relation. */
linear_shape linear_shape_of(const dm_program *p, uint32_t rule,
                             uint64_t mask, uint32_t *literal);
/* Whether tail calls of the relation can be cut short: there are some, and
 * none of its rules is LINEAR_NOT. */
bool linear_chains(const dm_program *p, uint32_t relation, uint64_t mask);
/* The program with every composition r(X, Z) if r(X, Y) and r(Y, Z) made
 * linear, where that has the same model; NULL when there is none.  Relations
 * keep their indexes. */
dm_status linear_program(const dm_program *p, dm_program **out,
                         dm_error *err);

#endif
