/* fixpoint.h - inside the evaluation of one component.
 *
 * rules.c runs rules, fixpoint.c rounds and phases, lattice.c components whose
 * relations keep a best value per key. */
#ifndef EVAL_FIXPOINT_H
#define EVAL_FIXPOINT_H

#include "eval/internal.h"

#include <inttypes.h>

typedef struct fixpoint {
    dm_eval *e;
    const dm_component *c;
    uint32_t number;
    eval_side side;
    uint64_t round;
} fixpoint;

static inline int fixpoint_part(eval_side side)
{
    return side == SIDE_TRUE ? PART_TRUE : PART_UNDEFINED;
}

static inline eval_relation *fixpoint_relation(const fixpoint *f, uint32_t i)
{
    return &f->e->relations[f->c->relations[i]];
}

static inline const dm_rule *fixpoint_rule(const fixpoint *f, uint32_t rule)
{
    return dm_program_get_rule(f->e->program, rule);
}

/* ---- rules.c ------------------------------------------------------------ */

/* Where rules_insert_head puts heads. */
typedef struct head_sink {
    eval_relation *r;
    eval_side side;
    bool distinct; /* heads are new: they needn't be looked up */
} head_sink;
sink_fn rules_insert_head;
/* Run a rule by morsels, its heads put where `s` says. */
dm_status heads_run(fixpoint *f, uint32_t rule, uint32_t delta,
                    const head_sink *s);
/* Whether a rule gives no head twice: every atom's row can be told from the
 * head. */
bool heads_are_distinct(const dm_eval *e, const dm_rule *rule);
/* Evaluate the head's arguments into b->n rows, row-major, until the next
 * call; bindings that have no value there are left out. */
dm_status rules_make_rows(dm_eval *e, const pipeline *p,
                          const eval_relation *r, batch *b, dm_cell **rows);
/* Where a rule's pipeline of this use is kept; NULL there when there is none,
 * or none that suits the numbers of rows any more. */
dm_status rules_pipeline_at(dm_eval *e, uint32_t rule, pipeline_use use,
                            uint32_t literal, const reads *now,
                            pipeline ***out);
/* What a rule derives is a stage of its own: it may rest on what other rules
 * derived in the same round. */
dm_status rules_begin_stage(dm_eval *e, rowset *rows);

/* One run of a rule: literal `delta` (or none) reads only what is new. */
typedef struct rule_run {
    uint32_t rule, delta;
    const reads *reads; /* by literal; NULL: what each reads in a round */
    pipeline_use use;   /* with `reads` */
    sink_fn *sink; /* where instances go */
    void *context; /* of the sink, or of the split */
    const run_split *split;
    bool unite;    /* the sink takes pairs for unions */
    pipeline **used; /* NULL, or what becomes the pipeline */
} rule_run;

dm_status rules_run(fixpoint *f, const rule_run *run);
/* The same, with heads put into the part of the side. */
dm_status rules_run_plain(fixpoint *f, uint32_t rule, uint32_t delta);
/* A rule with aggregates in its head, all it reads being complete. */
dm_status rules_run_aggregate(fixpoint *f, uint32_t rule);
bool rules_aggregate(const dm_rule *rule);
/* How often a variable occurs in expressions, and in a whole rule. */
uint32_t rules_count_in(const dm_expr *args, uint32_t nargs, uint32_t var);
uint32_t rules_count_uses(const dm_rule *rule, uint32_t var);
/* Whether a rule must know the component's possible rows for its true heads:
 * it negates one of its relations, or reads one as "not false". */
bool rules_wait(const fixpoint *f, const dm_rule *rule);
/* Whether a true row of a lattice makes `row` pointless: it has the same key
 * and as good a value. */
bool rules_is_bettered(const eval_relation *r, const dm_cell *row);
/* The failure of a recursive lattice that would have to be undefined. */
dm_status rules_unsupported(dm_eval *e, const eval_relation *r);
/* Whether some literal of the rule may be undefined. */
bool rules_read_undefined(const fixpoint *f, const dm_rule *rule);

/* ---- fixpoint.c --------------------------------------------------------- */

/* Which rules the first round of a phase runs. */
typedef enum first_rules {
    FIRST_ALL,      /* all of them */
    FIRST_POSITIVE, /* those that needn't wait for the possible rows; no
                       others in later rounds either */
    FIRST_NEGATIVE, /* only those that must */
    FIRST_UNDEFINED /* those that may read something undefined */
} first_rules;

/* Stages of component i begin at i + 1, shifted by so much. */
enum { STAGE_BITS = 32 };

/* To work on a component. */
fixpoint fixpoint_of(dm_eval *e, uint32_t component);
/* Evaluate it, its inputs being there. */
dm_status fixpoint_component(fixpoint *f);
/* Go on with stages where its rows have left off. */
void fixpoint_resume(fixpoint *f);
/* Say that the component's relations are the ones in work, or no more. */
void fixpoint_set_growing(const fixpoint *f, bool growing);
/* Whether anything undefined can get into the component. */
bool fixpoint_is_two_sided(const fixpoint *f);
/* Whether its true and possible rows must be found in turns. */
bool fixpoint_alternates(const fixpoint *f);
/* Rounds until nothing is new. */
dm_status fixpoint_iterate(fixpoint *f, first_rules first);
/* The same with another first round; `rules` says which may run later. */
typedef dm_status fixpoint_first(fixpoint *f, void *context);
dm_status fixpoint_rounds(fixpoint *f, first_rules rules,
                          fixpoint_first *first, void *context);
/* The possible rows of the component anew, from the true ones. */
dm_status fixpoint_possible(fixpoint *f);
/* Put the first n rows of `from` that `keep` holds (NULL: all) and `except`
 * doesn't (NULL: all) into `to`; *kept: how many rows that has then. */
dm_status fixpoint_restore(dm_eval *e, const rowset *from, size_t n,
                           rowset *keep, rowset *except,
                           rowset *to, size_t *kept);
/* An empty rowset of the same kind. */
rowset fixpoint_empty_like(const rowset *t);

/* ---- lattice.c ---------------------------------------------------------- */

/* A component that is one lattice, not recursive. */
dm_status lattice_run_flat(fixpoint *f);
/* After a true phase that began with `first`: if rows were bettered, put the
 * final ones into an order of derivation. */
dm_status lattice_settle(fixpoint *f, first_rules first);

#endif
