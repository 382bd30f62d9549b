/* internal.h - what the files of the evaluator share.
 *
 * A rule's body is run as a pipeline of steps.  Bindings travel in batches of
 * up to BATCH rows, one column of cells per slot.  Slots are the rule's
 * variables, then one per body literal (the row it matched, kept only when
 * instances are asked for), then one flag: whether the binding rests on
 * something undefined, and its weight, where bindings are counted. */
#ifndef EVAL_INTERNAL_H
#define EVAL_INTERNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/vec.h"
#include "eval/eval.h"
#include "eval/key_runs.h"
#include "eval/rowset.h"
#include "rules/plan.h"

/* Parts of a relation, and sides of an evaluation: what is true, and what is
 * possible (true or undefined). */
enum { PART_TRUE = 0, PART_UNDEFINED = 1, NPARTS = 2 };
/* What a literal may read: the parts, and while a change is carried through,
 * the rows that went and those that came. */
enum { SOURCE_GONE = NPARTS, SOURCE_FRESH, NSOURCES };
typedef enum eval_side { SIDE_TRUE, SIDE_POSSIBLE } eval_side;

/* A column slot's content when a literal matched row r of part p. */
#define ROW_OF_PART(part, row) ((uint64_t)(part) << 63 | (row))
#define PART_BIT (UINT64_C(1) << 63)

/* How the values of a lattice column compete. */
typedef struct lattice_order {
    const dm_terms *terms;
    dm_type type;
    bool least;
} lattice_order;

/* The rows that were new in some round, by key. */
typedef struct new_runs {
    key_runs runs;
    int source; /* of rows [lo, hi) */
    size_t lo, hi;
    uint64_t round; /* dm_eval's count */
} new_runs;

typedef struct eval_relation {
    const dm_relation *decl;
    rowset part[NPARTS];
    size_t inputs[NPARTS]; /* rows that were put in; they come first */
    rowset given;          /* numbers of the true rows that updates put in */
    rowset put[NPARTS];    /* all that was put in, where the part does not
                              keep it: of a lattice, or undefined */
    size_t old[NPARTS];    /* while iterating: rows [old, now) are new */
    size_t now[NPARTS];
    bool growing;          /* in the component at work */
    rowset *changed[NSOURCES - NPARTS]; /* gone, fresh; NULL: nothing is */
    size_t before;         /* true rows there were before the change;
                              SIZE_MAX: there is none */
    bool united;           /* its heads are put in by unions (unite.h) */
    new_runs fresh[2];     /* by key column: for the rules that unite them */
    bool lattice;          /* dm_program_lattice */
    uint32_t lattice_column;
    dm_aggregate lattice_op;
    lattice_order order;
    bool ordering; /* second run of a lattice: only rows of `final` count */
    rowset final;
    dm_cell **shown[NPARTS]; /* blocks of rows that eval_cells has made */
    size_t nshown[NPARTS];
} eval_relation;

/* ---- pipelines ---------------------------------------------------------- */

typedef struct batch {
    size_t n;
    dm_cell **col; /* by slot; a column is there once it is used */
} batch;

/* Taking a value apart or comparing it; registers are temporary columns. */
typedef enum match_kind {
    MATCH_COLUMN, /* column -> slot, same type */
    MATCH_LOAD,   /* column -> reg */
    MATCH_BIND,   /* reg of type `type` -> slot of type e->type */
    MATCH_EQUAL,  /* reg of type `type` equals e */
    MATCH_OPEN    /* reg is a compound like e: its arguments -> regs */
} match_kind;

typedef struct match_op {
    match_kind kind;
    dm_type type;
    uint32_t from; /* column or reg */
    uint32_t to;   /* slot or reg */
    const dm_expr *e;
} match_op;

typedef VEC(match_op) match_ops;
typedef VEC(uint32_t) slot_list;

typedef struct meeting meeting;

typedef struct step {
    const dm_literal *l;
    uint32_t literal;
    plan_step *stats;
    uint64_t mask;         /* columns looked up */
    bool whole;            /* the mask holds all columns */
    bool exists;           /* one match is as good as many */
    bool counts;           /* how many matches there are is all that matters */
    const dm_expr *value;  /* TEST that binds: the side that is known */
    match_ops ops;
    uint32_t nregs;
    slot_list carry;       /* slots copied to the step's own batch */
    slot_list present;     /* slots in use after the step */
    batch out;             /* of ATOM and BODY_AGGREGATE, and slow NOT */
    uint32_t *sel, *row;   /* input row and matched row of each output row, or
                              its value when read from `from` */
    const adjacency *from; /* ATOM, NOT_ATOM: instead of an index, for what is
                              true; set for each run */
    uint32_t key;          /* the column that `from` is by */
    const uint32_t **runs; /* results of index lookups */
    uint32_t *lens;        /* and of a scan of `from`: keys */
    struct groups *groups; /* BODY_AGGREGATE */
    meeting *meeting;      /* ATOM: taken together with steps that follow
                              (meeting.h), or NULL */
} step;

/* An atom that leads from one variable to another which nothing else uses: it
 * is gone through by whole sets, between the steps and the union. */
typedef struct set_stage {
    uint32_t literal, key; /* the column of the variable that is given */
    const adjacency *from; /* set for each run */
} set_stage;

/* What the flag's slot and the rows' slots hold.  TRACK_ORIGIN: in place of
 * the flag, the number of the head that the binding started from. */
typedef enum tracking {
    TRACK_NONE, TRACK_FLAG, TRACK_ROWS, TRACK_ORIGIN
} tracking;

typedef struct pipeline {
    const dm_rule *rule;
    uint32_t index; /* of the rule */
    plan plan;
    tracking track;
    uint32_t nslots, flag_slot, row_slot; /* row_slot + literal */
    uint32_t run_slot;     /* keyed: the run's number */
    uint32_t weight_slot;  /* when it `weighs`: how many instances a binding
                              stands for, that differ in what isn't needed */
    bool weighs;
    uint32_t nstages;
    set_stage *stages;     /* from the steps to the united atom, or, keyed, to
                              the head's key */
    uint32_t source;       /* variable that a pair names beside its group:
                              given to the first stage or the united atom */
    const adjacency *from; /* values that are united; set for each run */
    const key_runs *runs;  /* new rows by key, when those are united */
    uint32_t nsteps;
    step *steps;
    match_ops head;        /* head_bound: taking the head's arguments apart */
    uint32_t nregs;
    slot_list head_slots;
    batch start;
    arena memory;
    bool may_split; /* running it makes no terms and calls nothing */
    struct pipeline **copies; /* by thread: the same with batches of its own */
    bool is_copy;
    arena variant;         /* the rule, when it is one of change.c's */
    bool updating;         /* made for an update, where few rows are new */
    uint32_t share_at;     /* TRACK_ORIGIN: heads that agree in the slots */
    slot_list share_by;    /* share_by go together up to this step (share.h) */
} pipeline;

/* Which rows a literal reads: of each source, [lo, hi). */
typedef struct reads {
    size_t lo[NSOURCES], hi[NSOURCES];
} reads;

/* How a sink is shared out to morsels that run at the same time. */
typedef struct run_split {
    size_t likes; /* bindings that a wave should give at most, about */
    /* Room for what n morsels give.  Errors: DM_NOMEM. */
    dm_status (*begin)(void *context, size_t n);
    /* What the sink is called with for a morsel. */
    void *(*task)(void *context, size_t number);
    /* They have ended, and no step is reading: put in, in order, what they
     * gave; how much, and whether it is enough. */
    dm_status (*end)(dm_eval *e, void *context, size_t n, size_t *given,
                     bool *stop);
} run_split;

struct run;
typedef dm_status sink_fn(dm_eval *e, void *context, pipeline *p,
                          struct run *r, batch *b);

/* One run of a pipeline. */
typedef struct run {
    pipeline *p;
    eval_side side;
    const reads *reads; /* by body literal */
    sink_fn *sink;
    void *context;
    const run_split *split; /* NULL: the sink is called as it comes */
    bool stop;          /* the sink has seen enough */
    bool by_key;        /* the bounds of the first literal are not rows but
                           keys of the sets that it is read from */
    bool exact;         /* nothing beyond the bounds may be read */
    const uint8_t *settled; /* TRACK_ORIGIN: heads that need no more bindings;
                               may be NULL */
    struct sharing *share;  /* the flag's slot holds groups of heads; or NULL */
} run;

/* ---- the evaluation ----------------------------------------------------- */

/* Results of a pure function, by its arguments. */
typedef struct memo {
    uint32_t function, nargs;
    dm_type *types;
    rowset args;
    VEC(dm_cell) results;
    VEC(uint8_t) defined;
    struct memo *next;
} memo;

/* What a rule's runs took and gave. */
typedef struct rule_profile {
    double seconds;
    uint64_t rows, runs;
} rule_profile;

struct dm_eval {
    const dm_program *program;
    dm_terms *terms;
    eval_options options;
    eval_relation *relations;
    uint32_t nrelations;
    pipeline ***pipelines;   /* by rule, then pipeline_slot; or NULL */
    pipeline **given;        /* by rule: with the head given */
    rule_profile *profile;   /* by rule */
    VEC(struct observation) observed; /* observed.h */
    double *took;            /* by component: seconds to evaluate it */
    memo *memos;
    VEC(dm_cell *) temps;    /* temporary columns, used as a stack */
    size_t temp_top;
    dm_error *err;           /* of the call in progress */
    uint32_t rule;           /* at work, or UINT32_MAX */
    uint64_t derived, stage;
    uint64_t rounds;         /* begun so far, of all components */
    size_t terms_base;       /* bytes of terms at the start */
    double started;
    unsigned polls;
    bool ran, failed;
    bool updating;           /* following a change: see update.c */
    dm_cell *rows;           /* BATCH rows of a head */
    size_t rows_cap;
    unsigned threads;        /* the width of the pool */
    parallel_pool *pool;
    struct unite_scratch **scratch; /* by thread; see unite.c */
    struct dm_eval **workers;       /* by thread: eval_worker */
};

enum { EVAL_THREADS = 64 };

/* The rows of a source; NULL: there are none. */
static inline rowset *eval_source(const dm_eval *e, uint32_t relation,
                                  int source)
{
    eval_relation *r = &e->relations[relation];
    return source < NPARTS ? &r->part[source] : r->changed[source - NPARTS];
}

/* eval.c */
dm_status eval_fail(dm_eval *e, dm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Free the pipelines of a rule. */
void eval_forget_pipelines(dm_eval *e, uint32_t rule);
/* Free the rows by key that rounds have made. */
void eval_forget_runs(eval_relation *r);
/* Forget the blocks that eval_cells made. */
void eval_hide(eval_relation *r);
/* The threads for work on so many rows or pairs; NULL: the caller's alone. */
parallel_pool *eval_pool_for(const dm_eval *e, size_t n);
/* Check budgets and cancellation; called once a batch. */
dm_status eval_poll(dm_eval *e);
/* The rule at work, for messages: "rule NAME at FILE:LINE:COLUMN". */
#define RULE_NAME 400
const char *eval_rule_name(const dm_eval *e, char text[RULE_NAME]);
/* A temporary column of BATCH cells; give it back by restoring temp_top. */
dm_status eval_temp(dm_eval *e, dm_cell **out);
/* The evaluation as thread `number` sees it: with scratch memory, and an
 * error, of its own. */
dm_status eval_worker(dm_eval *e, unsigned number, dm_error *err,
                      dm_eval **out);
/* Room for BATCH rows, row-major, until the next call; NULL: no memory. */
dm_cell *eval_head_rows(dm_eval *e, uint32_t arity);

/* value.c: columns of cells.  `ok` is cleared where there is no value. */
dm_status value_convert(dm_eval *e, dm_type from, dm_type to,
                        const dm_cell *in, size_t n, uint8_t *ok,
                        dm_cell *out);
/* As value_convert, but an int in a term is no float. */
dm_status value_convert_strict(dm_eval *e, dm_type from, dm_type to,
                               const dm_cell *in, size_t n, uint8_t *ok,
                               dm_cell *out);
dm_status value_compare(dm_eval *e, dm_compare op, dm_type ta,
                        const dm_cell *a, dm_type tb, const dm_cell *b,
                        size_t n, uint8_t *ok);
dm_status value_op(dm_eval *e, const dm_expr *x, const dm_cell *a,
                   const dm_cell *b, size_t n, uint8_t *ok, dm_cell *out);

/* expr.c: the value of an expression over a batch, in its own type; the
 * column is borrowed from the batch or a temporary. */
dm_status expr_eval(dm_eval *e, const dm_expr *x, const batch *b, uint8_t *ok,
                    const dm_cell **out);
/* The same, converted. */
dm_status expr_eval_as(dm_eval *e, const dm_expr *x, dm_type type,
                       const batch *b, uint8_t *ok, const dm_cell **out);
/* Refuse NaN among what a registered function gave; -0.0 becomes 0.0. */
dm_status expr_check_floats(dm_eval *e, const dm_function *f, size_t n,
                            const uint8_t *defined, dm_cell *cells);
/* A registered function's failure, with the rule that called it. */
dm_status expr_call_failed(dm_eval *e, const char *name, dm_status st);
void expr_free_memos(dm_eval *e);

/* compile.c */
dm_status pipeline_make(dm_eval *e, const plan_request *request,
                        tracking track, const reads *asked, pipeline **out);
void pipeline_free(pipeline *p);

/* What a rule's pipelines are for: all it reads; what is new of a literal;
 * instances that are lost or gained through a literal (change.c); whether a
 * head is derived. */
typedef enum pipeline_use {
    USE_ALL, USE_DELTA, USE_LOSS, USE_GAIN, USE_CHECK
} pipeline_use;

static inline uint32_t pipeline_nslots(const dm_rule *rule)
{
    return 3 * rule->nbody + 2;
}

static inline uint32_t pipeline_slot(const dm_rule *rule, pipeline_use use,
                                     uint32_t literal)
{
    switch (use) {
    case USE_ALL: return 0;
    case USE_DELTA: return 1 + literal;
    case USE_LOSS: return 1 + rule->nbody + literal;
    case USE_GAIN: return 1 + 2 * rule->nbody + literal;
    case USE_CHECK: return 1 + 3 * rule->nbody;
    }
    return 0;
}

/* A thread's copy of a pipeline, made when first asked for and brought up to
 * date with what `p` reads. */
dm_status pipeline_copy(dm_eval *e, pipeline *p, unsigned thread,
                        pipeline **out);

/* join.c: hand a batch to step k, and so on to the sink. */
dm_status join_step(dm_eval *e, run *r, uint32_t k, batch *b);
/* Whether a step that knows all columns asks one source, which has rows, only
 * whether a row is there; else it needs the row's number. */
bool join_asks_members(const dm_eval *e, const run *r, const step *s,
                       int part);

/* run.c */
dm_status pipeline_run(dm_eval *e, run *r);
/* Run it from one given binding of the head. */
dm_status pipeline_run_head(dm_eval *e, run *r, const dm_cell *head);
/* Run a TRACK_ORIGIN pipeline from n <= BATCH given heads, rows of `rows`. */
dm_status pipeline_run_heads(dm_eval *e, run *r, const rowset *rows,
                             const uint32_t *row, size_t n);
/* Drop the rows whose ok is 0 from the batch's slots. */
void batch_compact(batch *b, const slot_list *slots, const uint8_t *ok);
/* Multiply the weights of the first n rows by `counts`.  Errors: DM_OVERFLOW.*/
dm_status batch_weigh(dm_eval *e, const pipeline *p, batch *b,
                      const uint32_t *counts, size_t n);

/* match.c: run `ops` over a batch whose columns come from the rows `row` of
 * `rows`; `value`, if not NULL, is what register 0 holds. */
dm_status match_all(dm_eval *e, const match_ops *ops, uint32_t nregs,
                    const dm_cell *value, batch *b, const rowset *rows,
                    const uint32_t *row, uint8_t *ok);
/* Whether the operations can reject a row. */
bool match_may_reject(const match_ops *ops);

/* group.c: aggregation. */
typedef struct groups groups;
/* Groups of all rows of a body aggregate's relation. */
dm_status groups_of_literal(dm_eval *e, const dm_literal *l, groups **out);
/* Groups of a rule with aggregates in its head, or of several with a lattice
 * column; filled by running a pipeline into groups_sink. */
dm_status groups_of_head(dm_eval *e, uint32_t rule, groups **out);
sink_fn groups_sink;
/* Add the first `n` rows, which are complete (inputs of a lattice), undefined
 * or not. */
dm_status groups_add_rows(dm_eval *e, groups *g, const rowset *rows,
                          size_t n, bool undefined);
/* Write the rows of the groups that are certain, or of those that are not, in
 * order of first occurrence. */
dm_status groups_emit(dm_eval *e, groups *g, bool undefined, rowset *out,
                      rowset *except);
/* Values of a key (the grouped columns): certain or possible ones. */
dm_status groups_values(dm_eval *e, groups *g, const dm_cell *key,
                        const dm_cell **values, size_t *nvalues,
                        bool *certain);
void groups_free(groups *g);

/* fixpoint.c */
dm_status fixpoint_run(dm_eval *e);
/* The rows a literal reads when all of them are to be read. */
void fixpoint_read_all(const dm_eval *e, uint32_t relation, eval_side side,
                       reads *out);


#endif
