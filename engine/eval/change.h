/* change.h - carrying a change of some rows through a component.
 *
 * change.c runs rules from a changed literal: which instances are lost, which
 * are gained.  rederive.c says whether heads are derived, and retract.c takes
 * rows out that lose their last derivation.
 * Both serve the turns of the alternating fixpoint (alternate.c), where true
 * rows take possible ones away, and updates of a finished model.
 *
 * While a change is carried through, eval_relation.changed names the rows
 * that went and those that came, and `before` says how many true rows there
 * were; both are put back at the end. */
#ifndef EVAL_CHANGE_H
#define EVAL_CHANGE_H

#include "base/map.h"
#include "eval/fixpoint.h"

/* ---- change.c ----------------------------------------------------------- */

/* Run a rule from literal `literal`, an atom or a negated one, which reads
 * the rows `delta`.
 *
 * Lose: put into the true part of `to`, a relation like the head's, a superset
 * of the heads of instances that there were before the change and that rested
 * on these rows, or on their absence if the literal is negated. */
dm_status change_lose(fixpoint *f, uint32_t rule, uint32_t literal,
                      const reads *delta, eval_relation *to);
/* Gain: put into the part of the side the heads of instances that hold now,
 * and rest on these rows, or, negated, on the absence of an atom of which
 * these rows are instances. */
dm_status change_gain(fixpoint *f, uint32_t rule, uint32_t literal,
                      const reads *delta);

/* ---- rederive.c --------------------------------------------------------- */

/* Which of the rows row[0 .. n) of `heads`, a set of the relation's tuples, are
 * derived by a rule of the component from what is there, on growing relations
 * from rows before `stage`: derived[i] = 1, else 0.  How many bindings that
 * took is added to *work. */
dm_status change_check(fixpoint *f, uint32_t relation, const rowset *heads,
                       const uint32_t *row, size_t n, uint64_t stage,
                       uint8_t *derived, uint64_t *work);

/* ---- retract.c ---------------------------------------------------------- */

/* Rows that may have lost their derivation, of one stage. */
typedef struct retract_bucket {
    uint64_t stage;
    VEC(uint64_t) rows; /* relation << 32 | row */
} retract_bucket;

typedef struct retraction {
    fixpoint *f;
    int part;
    uint64_t floor;   /* rows of stages below can't be lost any more */
    VEC(retract_bucket) buckets; /* by stage, the lowest last */
    eval_relation *lost; /* by relation of the component: like it, the rows
                            that may have lost a derivation */
    size_t *noted;    /* by relation: of these so many are or were in a
                         bucket */
    rowset *gone;     /* by relation: rows that went */
    VEC(uint64_t) going; /* of these, rows that are not taken out yet */
    uint64_t work;    /* bindings that looking for instances took */
    uint64_t most;    /* of these, after which to give up; 0: any number */
    bool given_up;
} retraction;

/* Begin with the rows of the side's part; `changed` of the component's
 * relations names what goes until retract_end. */
dm_status retract_begin(retraction *t, fixpoint *f);
/* A row may have lost a derivation. */
dm_status retract_row(retraction *t, uint32_t relation, uint32_t row);
/* A row is not given any more, and goes, though it may come back. */
dm_status retract_force(retraction *t, uint32_t relation, uint32_t row);
/* Heads of a rule of the component may have lost an instance: change_lose. */
dm_status retract_heads(retraction *t, uint32_t rule, uint32_t literal,
                        const reads *delta);
/* Take out all rows left without a derivation from rows of earlier stages,
 * and what rests on them; or give up. */
dm_status retract_run(retraction *t);
/* Having given up: put back all that went. */
dm_status retract_undo(retraction *t);
/* In a round: put back the rows that still have a derivation. */
dm_status retract_restore(retraction *t);
/* After it: what came back is not gone; *gone: whether anything is. */
dm_status retract_settle(retraction *t, bool *gone);
void retract_end(retraction *t);

/* ---- alternate.c -------------------------------------------------------- */

/* Whether turns can go by changes in this component. */
bool alternate_by_changes(const fixpoint *f);
/* True and possible rows in turns, until neither changes; the rules that
 * needn't wait have run. */
dm_status alternate_run(fixpoint *f);

#endif
