/* proof.h - the least derivation of a row (Knuth 1977), unfolded to inputs.
 *
 * The weight of a derivation is the number of its nodes.  The search runs on
 * the goal's slice of the derivation graph; when the slice is larger than the
 * limit, a derivation through earlier rows is given instead, and `least` is
 * false.  Auxiliary relations are spliced away, and the rules named are the
 * user's. */
#ifndef READ_PROOF_H
#define READ_PROOF_H

#include "eval/eval.h"

typedef dm_proof_node proof_node;
typedef dm_proof_options proof_options;

/* The proof of `row`.  It borrows the evaluation, which must outlive it. */
dm_status proof_find(dm_eval *e, eval_row row, const proof_options *options,
                     dm_proof **out, dm_error *err);
/* Independent check: every RULE node's rule, applied to its children, gives
 * its row; every ABSENT atom is false; the graph is acyclic.  DM_OK, or
 * DM_CORRUPT with the first node at fault. */
dm_status proof_verify(const dm_proof *p, dm_eval *e, dm_error *err);

#endif
