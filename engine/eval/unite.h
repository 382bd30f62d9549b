/* unite.h - heads of one or two columns, put in by unions of sets of values.
 *
 * Many rules end with an atom whose last variable goes straight into the head:
 * path(X, Y) if path(X, Z) and edge(Z, Y).  For each binding of the other
 * literals the head's row X gets all values of edge's row Z, which is one
 * operation on two sets; where they are bits, 64 values at a time. */
#ifndef EVAL_UNITE_H
#define EVAL_UNITE_H

#include "eval/fixpoint.h"

/* The body atom of a rule that can be united with its head, or
 * PLAN_NO_UNION. */
uint32_t unite_literal(const dm_eval *e, const dm_rule *rule);
/* The argument of that atom that its values are looked up by; UINT32_MAX for
 * a unary one. */
uint32_t unite_key(const dm_rule *rule, uint32_t literal);
/* Whether the atom's rows can be read as sets now. */
bool unite_possible(const dm_eval *e, const dm_rule *rule, uint32_t literal);

/* Run a rule, literal `delta` (or none) reading only what is new, and put its
 * heads into the true part of a relation of the component whose `united` is
 * set; clears `united` when a cell is too large, the caller then runs the rule
 * in the plain way. */
dm_status unite_rule(fixpoint *f, uint32_t rule, uint32_t delta);

/* What a worker unites with. */
typedef struct unite_scratch unite_scratch;
void unite_free(dm_eval *e);

#endif
