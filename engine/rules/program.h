/* program.h - a program as data: relations, functions and flat rules.
 *
 * A program is built (dm_program_relation, _function, _rule), then checked
 * once (dm_program_check), which types it, orders it into components and
 * reports every mistake.  After a check without errors it is read-only.
 * Everything passed in is copied.
 *
 * A rule is flat: a head, a conjunction of literals, numbered variables.  The
 * Lua half splits disjunctions and turns nested formulas and body aggregates
 * into auxiliary relations (`aux`), which proofs splice away. */
#ifndef RULES_PROGRAM_H
#define RULES_PROGRAM_H

#include "base/budget.h"
#include "base/term.h"

typedef struct dm_program dm_program;

/* A place in the user's text: file is an index into the program's files. */
typedef struct dm_span {
    uint32_t file;
    uint32_t line, column;         /* 1-based; 0 = unknown */
    uint32_t end_line, end_column; /* just behind the last character */
} dm_span;

/* ---- relations ---------------------------------------------------------- */

typedef struct dm_column {
    const char *name; /* may be NULL */
    dm_type type;     /* DM_ANY: to be inferred */
} dm_column;

typedef enum dm_relation_kind {
    DM_TIMELESS, DM_STATE, DM_EVENT
} dm_relation_kind;

/* Where the stored rows of a relation come from when a view is evaluated; the
 * evaluator ignores it, engine/kb reads it. */
typedef enum dm_input {
    DM_INPUT_NONE,    /* rules only */
    DM_INPUT_FACTS,   /* the facts of the relation that hold in the view */
    DM_INPUT_BEGUN,   /* the same with the day they began as last column */
    DM_INPUT_SYSTEM   /* a system relation, by its name: see kb/view.h */
} dm_input;

typedef struct dm_relation {
    const char *name;
    uint32_t arity;
    const dm_column *columns;
    dm_relation_kind kind;
    dm_input input;
    const char *of;      /* DM_INPUT_*: the stored relation's name, or NULL */
    bool aux;            /* made by lowering; hidden from people */
    bool asserted;       /* belief rules may read it */
    const uint32_t *key; /* key columns, 0-based, or NULL */
    uint32_t nkey;
    dm_span span;
} dm_relation;

/* ---- expressions, literals, rules --------------------------------------- */

typedef enum dm_op {
    DM_ADD, DM_SUB, DM_MUL, DM_DIV, /* + - * /  (`/` divides floats) */
    DM_IDIV, DM_MOD,                /* div mod, on integers, floored */
    DM_NEG
} dm_op;

typedef enum dm_expr_kind {
    DM_EXPR_VAR,      /* var */
    DM_EXPR_CONST,    /* type, cell */
    DM_EXPR_COMPOUND, /* functor, args: built, or taken apart in a pattern */
    DM_EXPR_OP,       /* op, args (1 or 2) */
    DM_EXPR_CALL,     /* function, args */
    DM_EXPR_AGGREGATE /* heads only: aggregate, args (0 or 1) */
} dm_expr_kind;

typedef enum dm_aggregate {
    DM_COUNT, DM_SUM, DM_MIN, DM_MAX, DM_MEAN, DM_LIST,
    DM_CUSTOM /* `function` is a registered aggregate */
} dm_aggregate;

/* Types and places.  After the check every expression has its own type, and
 * a place has the type of its column (an argument of a compound: DM_TERM,
 * since a term's arguments are terms).  They are equal, or:
 *   place DM_TERM, expression int, float, date, interval or symbol: the value
 *     as a term (cell_to_term);
 *   place int, float, date, interval or symbol, expression DM_TERM: what is
 *     in the term (term_to_cell); a term that is not of that type matches
 *     nothing in a body, and derives nothing in a head.
 * Symbols, intervals and terms are all term ids, so only the other types are
 * really converted.  A variable that joins a term with an int, float, date or
 * interval has the latter type; one that joins a symbol with a term is a
 * term.  Int constants in float places are made floats by the check.  The
 * operands of an arithmetic DM_EXPR_OP of type float, and those of `/`, may be
 * ints: they are converted.  Arguments of a DM_EXPR_CALL are passed with
 * their own types. */
typedef struct dm_expr {
    dm_expr_kind kind;
    dm_type type; /* CONST: given; all others: set by the check */
    union {
        uint32_t var;
        dm_cell cell;
        dm_term functor;
        dm_op op;
        dm_aggregate aggregate;
    };
    uint32_t function; /* CALL, and AGGREGATE with DM_CUSTOM */
    uint32_t nargs;
    const struct dm_expr *args;
    dm_span span;
} dm_expr;

typedef enum dm_compare {
    DM_EQ, DM_NE, DM_LT, DM_LE, DM_GT, DM_GE
} dm_compare;

typedef enum dm_literal_kind {
    DM_ATOM,     /* relation(args).  An op or call among the arguments is a
                    filter: its variables are bound by literals that can come
                    earlier, or by variables and compounds of the same atom */
    DM_NOT_ATOM, /* not relation(args); variables bound elsewhere, except an
                    anonymous one (a direct argument, name beginning with
                    "_", occurring once in the rule): that column is free,
                    i.e. no row whatever agrees with the others.  See
                    dm_program_is_free */
    DM_TEST,     /* args[0] compare args[1]; `=` also binds, either way, and
                    takes compounds apart.  The sides have one type, or one
                    is DM_TERM (compare as terms), or, not for = and !=, one
                    is int and one float (compare as numbers) */
    DM_BODY_AGGREGATE /* args[nargs-1] = aggregate over the rows of `relation`
                    that agree with args[0..nargs-2]; there the columns not
                    in `grouped` are free (their args are ignored) */
} dm_literal_kind;

typedef struct dm_literal {
    dm_literal_kind kind;
    uint32_t relation;
    dm_compare compare;
    dm_aggregate aggregate;
    uint32_t function;      /* DM_CUSTOM */
    uint32_t value_column;  /* what is aggregated; UINT32_MAX: rows (count()) */
    uint64_t grouped;       /* BODY_AGGREGATE: bit i set = column i is bound */
    uint32_t nargs;
    const dm_expr *args;
    dm_span span;
} dm_literal;

typedef struct dm_rule {
    uint32_t relation; /* of the head */
    uint32_t nargs;
    const dm_expr *args;
    uint32_t nbody;
    const dm_literal *body;
    uint32_t nvars;
    const char *const *vars; /* names, for messages; "_" for anonymous ones */
    dm_type *var_types;      /* set by the check */
    const char *name;        /* label, or NULL */
    uint32_t user;           /* the user's rule it stems from */
    bool belief;             /* a belief rule: reads claims and asserted only */
    bool generated;          /* made by lowering, e.g. claim to fact */
    dm_span span;
} dm_rule;

/* ---- functions ---------------------------------------------------------- */

/* A registered pure function, called on column batches: `args[i][r]` is the
 * i-th argument of row r, `result[r]` its value; `defined[r]` = 0 when the
 * function has no value there, and the row is dropped.  `types` are those of
 * the arguments.  New terms are made in `terms`. */
typedef dm_status dm_call(void *context, dm_terms *terms, size_t nrows,
                          const dm_type *types, const dm_cell *const *args,
                          dm_cell *result, uint8_t *defined, dm_error *err);
/* A registered aggregate: the values of one group, in order of value, each
 * as often as it occurs. */
typedef dm_status dm_fold(void *context, dm_terms *terms, size_t nvalues,
                          dm_type type, const dm_cell *values, dm_cell *result,
                          uint8_t *defined, dm_error *err);

typedef struct dm_function {
    const char *name;
    uint32_t nargs;   /* UINT32_MAX: any number */
    dm_type result;
    dm_call *call;    /* a function … */
    dm_fold *fold;    /* … or an aggregate */
    void *context;
} dm_function;

/* ---- constructors ------------------------------------------------------- */

/* A functor that is not a relation (`term bargain_with(means).`), with the
 * types of its arguments; DM_ANY is any term.  Functors that are relations,
 * explicit negatives (`-r`) included, get their types from the relation;
 * unknown ones take any terms. */
typedef struct dm_constructor {
    const char *name;
    uint32_t arity;
    const dm_column *columns;
} dm_constructor;

/* ---- building ----------------------------------------------------------- */

/* An empty program whose constants are interned in `terms` (not owned; must
 * outlive the program). */
dm_status dm_program_new(dm_terms *terms, dm_program **out);
void dm_program_free(dm_program *p);
dm_status dm_program_file(dm_program *p, const char *name, uint32_t *out);
/* Names are unique; arity at most 64.  Errors: DM_EXISTS, DM_INVALID. */
dm_status dm_program_relation(dm_program *p, const dm_relation *relation,
                              uint32_t *out, dm_error *err);
dm_status dm_program_function(dm_program *p, const dm_function *function,
                              uint32_t *out, dm_error *err);
/* Errors: DM_EXISTS for the name of another constructor, DM_INVALID. */
dm_status dm_program_constructor(dm_program *p, const dm_constructor *c,
                                 uint32_t *out, dm_error *err);
/* Indexes out of range, NaN and expressions nested over 1,000 deep are
 * DM_INVALID; a wrong arity is a diagnostic. */
dm_status dm_program_rule(dm_program *p, const dm_rule *rule, uint32_t *out,
                          dm_error *err);

/* ---- checking ----------------------------------------------------------- */

typedef enum dm_severity { DM_WARNING, DM_ERROR } dm_severity;

/* One mistake: a stable code ("unsafe-variable", "type-mismatch", "arity",
 * "aggregate-cycle", "unbounded-invention", "belief-reads", …; the table is
 * in rules/check.h), the place, and up to four strings that the message is
 * worded from.  They come sorted by place, at most 500. */
typedef struct dm_diagnostic {
    const char *code;
    dm_severity severity;
    dm_span span;
    uint32_t rule; /* UINT32_MAX: none */
    const char *names[4];
} dm_diagnostic;

/* Check and seal.  DM_OK when there is no error (warnings may exist),
 * DM_CHECK when there is one. */
dm_status dm_program_check(dm_program *p, dm_error *err);
size_t dm_program_diagnostics(const dm_program *p, const dm_diagnostic **out);

/* ---- reading a checked program ------------------------------------------ */

/* A strongly connected component of the dependency graph, lowest first. */
typedef struct dm_component {
    uint32_t nrelations;
    const uint32_t *relations;
    uint32_t nrules;
    const uint32_t *rules; /* whose head is in the component */
    bool recursive;
    bool negation; /* a cycle through negation: well-founded evaluation */
} dm_component;

const dm_terms *dm_program_terms(const dm_program *p);
const char *dm_program_file_name(const dm_program *p, uint32_t file);
uint32_t dm_program_nrelations(const dm_program *p);
const dm_relation *dm_program_get_relation(const dm_program *p, uint32_t i);
bool dm_program_find_relation(const dm_program *p, const char *name,
                              uint32_t *out);
uint32_t dm_program_nrules(const dm_program *p);
const dm_rule *dm_program_get_rule(const dm_program *p, uint32_t i);
uint32_t dm_program_nfunctions(const dm_program *p);
const dm_function *dm_program_get_function(const dm_program *p, uint32_t i);
uint32_t dm_program_ncomponents(const dm_program *p);
const dm_component *dm_program_get_component(const dm_program *p, uint32_t i);
/* The component of a relation. */
uint32_t dm_program_component_of(const dm_program *p, uint32_t relation);
/* Whether a relation is a lattice: all its rules have the same head aggregate,
 * min or max, in the same single column, and it is recursive or has several
 * rules.  Its rows join across rules (and input rows): one per combination of
 * the other columns, holding the least or greatest value.  May be recursive;
 * the check has refused uses that are not monotone. */
bool dm_program_lattice(const dm_program *p, uint32_t relation,
                        uint32_t *column, dm_aggregate *aggregate);
/* Whether argument `arg` of a DM_NOT_ATOM is a free column, or that of a
 * DM_BODY_AGGREGATE (not in `grouped`). */
bool dm_program_is_free(const dm_program *p, uint32_t rule, uint32_t literal,
                        uint32_t arg);

/* ---- printing ----------------------------------------------------------- */

struct buf;
bool dm_program_print_rule(const dm_program *p, uint32_t rule, struct buf *b);
/* All relations with their types, all rules (`explain --rules`). */
bool dm_program_print_rules(const dm_program *p, struct buf *b);
/* Components with relations, rules, recursion, negation (`--strata`). */
bool dm_program_print_strata(const dm_program *p, struct buf *b);

#endif
