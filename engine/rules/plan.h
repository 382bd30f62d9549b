/* plan.h - in which order a rule's body is evaluated, and by which lookups.
 *
 * A plan is made from the cardinalities of the moment, which the evaluator
 * gives through plan_stats.  It is a sequence of steps, one per body literal;
 * every step is an atom read whole or looked up by the columns in `mask`, or
 * a filter on what is bound by then. */
#ifndef RULES_PLAN_H
#define RULES_PLAN_H

#include "rules/program.h"

/* What the planner asks about the relation of a body literal. */
typedef struct plan_stats {
    const void *context;
    /* Rows that the literal will read. */
    double (*rows)(const void *context, uint32_t literal);
    /* Distinct combinations of the columns in `mask` among them. */
    double (*distinct)(const void *context, uint32_t literal, uint64_t mask);
    /* NULL, or by how much the literals of a set (plan_step.literals) were seen
     * to give more rows than these numbers say, or fewer; 0: not known. */
    double (*observed)(const void *context, uint64_t literals);
} plan_stats;

typedef enum plan_reason {
    PLAN_DELTA,    /* what is new comes first: everything joins to it */
    PLAN_CHEAPEST, /* what follows makes it cheaper than fewer matches */
    PLAN_FEWEST,   /* fewest matches a row, of the atoms that could follow */
    PLAN_ONLY,     /* no other atom could come here */
    PLAN_MEMBER,   /* all its columns are known: a membership test */
    PLAN_FILTER,   /* a test or negation, as soon as its variables are bound */
    PLAN_UNION,    /* its values are put into the head as a whole */
    PLAN_MET,      /* binds its variable together with the atom before it */
    PLAN_WRITTEN   /* may fail (division, call): not before what precedes it */
} plan_reason;

typedef struct plan_step {
    uint32_t literal;   /* index in the body */
    uint64_t mask;      /* columns looked up; 0: all rows are read */
    double rows;        /* rows of the relation when planned */
    double matches;     /* estimated rows out per row in */
    double out;         /* estimated rows after the step */
    double plain;       /* the same by rows and distinct values alone */
    uint64_t literals;  /* those joined so far, as bits; 0: they are too many */
    plan_reason reason;
    uint32_t met;       /* so many steps that follow are atoms of the variable
                           that this one binds: all of them bind it at once,
                           to what their sets have in common */
    const char *from;   /* what it was read from, once evaluated; static */
    uint64_t actual_in; /* counted while evaluating */
    uint64_t actual_out;
} plan_step;

/* When several atoms bind a variable at once. */
typedef enum plan_meet {
    PLAN_MEET_CHEAP, /* where that is expected to cost less */
    PLAN_MEET_ALWAYS,
    PLAN_MEET_NEVER
} plan_meet;

#define PLAN_NO_DELTA UINT32_MAX
#define PLAN_NO_UNION UINT32_MAX

typedef struct plan_request {
    uint32_t rule;
    const dm_rule *variant; /* NULL, or another body under the rule's head; not
                               for plan_print */
    uint32_t delta;  /* body literal that reads only new rows, or NO_DELTA */
    uint32_t united; /* body atom whose last step it is to be, for each binding
                        of the others as a whole, or NO_UNION */
    bool keyed;      /* the united atom is the delta, and the distinct keys of
                        what is new come first: they are bound from the start */
    bool head_bound; /* the head's plain arguments are given */
    bool written;    /* atoms in the order written, as far as possible */
    plan_meet meet;
} plan_request;

typedef struct plan {
    plan_request of;
    double cost;     /* estimated rows of all steps together */
    uint32_t nsteps;
    plan_step *steps;
} plan;

/* Plan a rule.  `out->steps` is the caller's, to be freed by plan_free.
 * Errors: DM_NOMEM; DM_INVALID when the body can't be ordered, which the
 * check should have refused. */
dm_status plan_make(const dm_program *p, const plan_request *request,
                    const plan_stats *stats, plan *out, dm_error *err);
void plan_free(plan *pl);
/* Append the plan for people: order, lookups, estimates, counts, reasons. */
bool plan_print(const dm_program *p, const plan *pl, struct buf *out);

/* Whether an expression's value can be turned into the column's type and
 * looked up there; if not, the column is read and compared. */
bool plan_indexable(dm_type expr, dm_type column);
/* Whether all variables of an expression are among `bound`. */
bool plan_bound(const dm_expr *e, const bool *bound);
/* Mark the variables that matching `e` binds. */
void plan_bind(const dm_expr *e, bool *bound);
/* Mark the variables that occur in `e`. */
void plan_mark(const dm_expr *e, bool *seen);

#endif
