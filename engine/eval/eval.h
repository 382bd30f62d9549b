/* eval.h - the evaluator: a checked program and input rows to a model.
 *
 * Use: eval_new, eval_add for the input rows (true or undefined), eval_run,
 * then read.  After eval_run the evaluation is read-only and its rows keep
 * their numbers, until eval_update changes its input.
 *
 * The model is the well-founded one (Van Gelder, Ross, Schlipf, JACM 1991):
 * every row of a relation is true or undefined, all others are false.  Rows
 * are in order of derivation: those of a lower `eval_stage` were there when
 * a row was derived, so a proof is found by looking only at earlier rows. */
#ifndef EVAL_EVAL_H
#define EVAL_EVAL_H

#include "rules/program.h"

typedef struct dm_eval dm_eval;
typedef dm_eval_options eval_options;
typedef dm_row eval_row;
typedef dm_change eval_change;

/* `program` (checked) and `terms` (where new terms are made; the program's
 * own table) must outlive the evaluation. */
dm_status eval_new(const dm_program *program, dm_terms *terms,
                   const eval_options *options, dm_eval **out, dm_error *err);
void eval_free(dm_eval *e);

/* Add input rows, row-major, arity cells each, before eval_run; duplicates
 * are fine, a row given as true and as undefined is true.  Number of a new
 * row: its position among the distinct rows of that truth, as added, less the
 * undefined ones before it that turned out true. */
dm_status eval_add(dm_eval *e, uint32_t relation, const dm_cell *rows,
                   size_t nrows, dm_truth truth, dm_error *err);

/* Room for so many further true rows, some of which may be duplicates. */
dm_status eval_reserve(dm_eval *e, uint32_t relation, size_t nrows,
                       dm_error *err);
/* Add true rows given in columns; those are copied. */
struct columns;
dm_status eval_add_columns(dm_eval *e, uint32_t relation,
                           const struct columns *rows, dm_error *err);
/* As eval_add of true rows, taking over all of `rows`, which are left empty;
 * `distinct` promises that they differ from one another.  After an error
 * `rows` is still the caller's. */
dm_status eval_take_columns(dm_eval *e, uint32_t relation,
                            struct columns *rows, bool distinct,
                            dm_error *err);
/* As eval_add of true rows, taking over all of `rows`, which is left empty.
 * Nothing is copied when the relation has no true rows and no lattice column.
 * After an error `rows` is still the caller's. */
struct rowset;
dm_status eval_take(dm_eval *e, uint32_t relation, struct rowset *rows,
                    dm_error *err);

/* Errors: DM_BUDGET and DM_CANCELLED, naming the rule at work, DM_OVERFLOW,
 * DM_FUNCTION, DM_NOMEM.  After an error only eval_free is allowed. */
dm_status eval_run(dm_eval *e, dm_error *err);

/* Change the true input rows of a finished evaluation, first what is removed,
 * then what is added, and bring everything derived up to date.  Removing what
 * is no input and adding what is one changes nothing.  At most one change a
 * relation.
 *
 * Rows that stay true keep their numbers, or get new ones behind all others
 * when their derivations changed; relations of components that have to be
 * evaluated anew (aggregates, lattices, disputed rows) are numbered anew.
 * Numbers of rows that went are not used again.
 * Errors: as eval_run. */
dm_status eval_update(dm_eval *e, const eval_change *changes, size_t n,
                      dm_error *err);
/* Rows of the model, and how many numbers they take; when these are several
 * times as many, evaluating anew pays. */
void eval_fill(const dm_eval *e, size_t *rows, size_t *numbers);

/* ---- reading the model -------------------------------------------------- */

const dm_program *eval_program(const dm_eval *e);
dm_terms *eval_terms(const dm_eval *e);
/* Rows that are true, or undefined. */
size_t eval_count(const dm_eval *e, uint32_t relation, dm_truth truth);
/* The cells of a row: arity of them. */
void eval_get(const dm_eval *e, eval_row row, dm_cell *out);
/* The same, kept until the next update; NULL: memory ran out. */
const dm_cell *eval_cells(const dm_eval *e, eval_row row);
/* All rows of that truth, column by column, in row order, until the next
 * update.  Where they have to be gathered, it is into `room`, columns of the
 * caller, as many and without rows. */
dm_status eval_columns(const dm_eval *e, uint32_t relation, dm_truth truth,
                       struct columns *room, const struct columns **out,
                       dm_error *err);
/* How many of a relation's rows of that truth were input when it was
 * evaluated: they come first. */
size_t eval_inputs(const dm_eval *e, uint32_t relation, dm_truth truth);
/* Whether a row is input, from the start or by an update. */
bool eval_is_input(dm_eval *e, eval_row row);
/* The truth of a tuple, and its row when it is not false. */
dm_truth eval_lookup(const dm_eval *e, uint32_t relation,
                     const dm_cell *cells, eval_row *out);
/* When a row was derived: input rows 0, then by component and round; those of
 * an update after the others of their component. */
uint64_t eval_stage(const dm_eval *e, eval_row row);

/* The rows, true then undefined, whose columns in `mask` (bit i = column i)
 * equal those of `cells`; in row order.  The callback returns false to stop.
 * Builds and keeps an index on first use of a mask (hence not const). */
typedef dm_on_row eval_visit;
dm_status eval_match(dm_eval *e, uint32_t relation, uint64_t mask,
                     const dm_cell *cells, eval_visit *visit, void *context,
                     dm_error *err);

/* ---- how a row is derived: for engine/read ------------------------------ */

/* What one literal of a rule instance rests on. */
typedef struct eval_premise {
    dm_literal_kind kind;
    eval_row row;          /* DM_ATOM; DM_NOT_ATOM: the undefined row, if
                              truth is DM_UNDEFINED */
    dm_truth truth;        /* of the literal */
    const dm_cell *cells;  /* NOT_ATOM: the atom looked for.  BODY_AGGREGATE:
                              the arguments, free columns 0 */
} eval_premise;

typedef struct eval_instance {
    uint32_t rule;
    dm_truth truth;             /* of the body */
    const dm_cell *vars;        /* one cell per variable of the rule; 0 for
                                   those only in free columns */
    size_t npremises;           /* = nbody, in the order of the body */
    const eval_premise *premises;
} eval_instance;

/* All instances of `rule` whose head is the tuple `head`, with every premise
 * true (or, for `truth` DM_UNDEFINED, none false).  For a rule with head
 * aggregates: those of the group of `head` (its aggregate columns are not
 * compared); each is one contributing row.  For a lattice column (recursive
 * min, max), those whose value equals the head's.  Borrowed for the
 * call.  The callback returns false to stop; it must not call eval_instances
 * itself. */
typedef bool eval_on_instance(void *context, const eval_instance *instance);
dm_status eval_instances(dm_eval *e, uint32_t rule, const dm_cell *head,
                         dm_truth truth, eval_on_instance *visit,
                         void *context, dm_error *err);

struct buf;
/* `--profile`: what each rule took and gave, and what relations hold. */
dm_status eval_print_profile(const dm_eval *e, struct buf *out);
/* `explain --plan`: the plan of every rule, as it was last used, with the
 * cardinalities it was made from. */
dm_status eval_print_plans(const dm_eval *e, struct buf *out);

#endif
