/* check.h - inside engine/rules: the program's representation and the passes
 * of its check.  Nothing outside this folder includes it.
 *
 * dm_program_check runs the passes in the order they stand here.  Each one
 * reports all the mistakes it finds and goes on; later passes leave out what
 * an earlier one showed to be malformed (literal_fits, head_fits).
 *
 * Codes and names of diagnostics: dm_diagnostic in dragoman.h. */
#ifndef RULES_CHECK_H
#define RULES_CHECK_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/vec.h"
#include "rules/program.h"

#define NONE UINT32_MAX
#define PROGRAM_MAX_ARITY 64
#define PROGRAM_MAX_DEPTH 1000
#define PROGRAM_MAX_BODY 256 /* literals: a join recurses over them */
#define PROGRAM_MAX_DIAGNOSTICS 500

/* The type of an int constant that has still to become an int or a float;
 * it occurs only inside types.c. */
#define TYPE_LITERAL ((dm_type)(DM_TERM + 1))

typedef struct program_relation {
    dm_relation pub;     /* first: the address of one is that of the other */
    dm_column *columns;  /* = pub.columns */
    uint32_t component;
    bool hidden;         /* stays for its types: not printed */
    uint64_t select;     /* dm_program_selection */
    dm_cell *selected;
    bool lattice;
    uint32_t lattice_column;
    dm_aggregate lattice_aggregate;
} program_relation;

typedef struct program_rule {
    dm_rule pub;     /* first */
    dm_expr *args;   /* = pub.args */
    uint32_t *uses;  /* per variable: how often it occurs */
} program_rule;

/* A hash table from names to indexes. */
typedef struct name_slot {
    uint64_t hash;
    const char *name; /* NULL: empty */
    uint32_t index;
} name_slot;

typedef struct name_table {
    name_slot *slots;
    size_t cap; /* a power of two, or 0 */
    size_t used;
} name_table;

struct dm_program {
    dm_terms *terms;
    arena arena; /* everything reachable, the vectors below excepted */
    VEC(const char *) files;
    VEC(program_relation *) relations;
    VEC(dm_constructor) constructors;
    VEC(dm_function) functions;
    VEC(program_rule *) rules;
    name_table relation_names, constructor_names, function_names;
    VEC(dm_diagnostic) diagnostics;
    size_t nerrors;
    uint32_t ncomponents;
    dm_component *components;
    bool checked;
};

bool name_find(const name_table *t, const char *name, size_t size,
               uint32_t *out);
/* An empty program with the files, constructors and functions of `p`. */
dm_status program_like(const dm_program *p, dm_program **out, dm_error *err);

/* ---- what passes share (check.c) ---------------------------------------- */

/* Room for one pass: `scratch` dies with it, `nomem` sticks. */
typedef struct check {
    dm_program *p;
    arena scratch;
    bool nomem;
} check;

void *check_alloc(check *c, size_t count, size_t size); /* zeroed */

/* Report a mistake.  `names` are copied; NULL ends them early. */
void check_report(check *c, const char *code, dm_severity severity,
                  dm_span span, uint32_t rule, const char *const names[4]);
/* The same, for an error: check_error(c, code, span, rule, {"a", "b"}). */
#define check_error(c, code, span, rule, ...)             \
    check_report((c), (code), DM_ERROR, (span), (rule),   \
                 (const char *const[4]){__VA_ARGS__})
#define check_warning(c, code, span, rule, ...)           \
    check_report((c), (code), DM_WARNING, (span), (rule), \
                 (const char *const[4]){__VA_ARGS__})

/* Texts for messages, in the program's arena; "" when memory ran out. */
const char *check_text(check *c, buf *b); /* also frees `b` */
const char *check_format(check *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *check_expr_text(check *c, const dm_rule *r, const dm_expr *e);
const char *check_location(check *c, dm_span span); /* LOCATION or "" */

bool literal_fits(const dm_program *p, const dm_literal *l);
bool head_fits(const dm_program *p, const dm_rule *r);
/* Whether a literal refers to a relation. */
static inline bool literal_reads(const dm_literal *l)
{
    return l->kind != DM_TEST;
}
/* The literal's span, or when unknown the rule's. */
dm_span literal_span(const dm_rule *r, const dm_literal *l);
dm_span expr_span(const dm_rule *r, const dm_expr *e);

/* Visit every variable of an expression.  `computed`: it stands inside an
 * op, call or aggregate, so that matching can't give it a value. */
typedef void expr_visit(void *context, const dm_expr *var, bool computed);
void expr_each(const dm_expr *e, bool computed, expr_visit *visit,
               void *context);
/* A free column: see dm_program_is_free. */
bool literal_is_free(const program_rule *r, const dm_literal *l, uint32_t arg);
/* A variable that occurs once, with a name beginning with "_". */
bool rule_is_anonymous(const program_rule *r, const dm_expr *e);

const char *type_name(dm_type type);
const char *aggregate_name(const dm_program *p, dm_aggregate aggregate,
                           uint32_t function);
const char *op_name(dm_op op);
const char *compare_name(dm_compare compare);

/* ---- graphs (graph.c) --------------------------------------------------- */

/* Edges from each node, packed: those of node i are to[at[i] .. at[i+1]-1]. */
typedef struct graph {
    uint32_t nnodes;
    const uint32_t *at;
    const uint32_t *to;
} graph;

typedef struct graph_edge {
    uint32_t from, to;
} graph_edge;
typedef VEC(graph_edge) graph_edges;

/* Pack edges given in any order; false when memory ran out. */
bool graph_pack(arena *a, uint32_t nnodes, const graph_edge *edges,
                size_t nedges, graph *out);
/* Strongly connected components, numbered so that every edge leads to an
 * equal or lower number (Tarjan 1972).  Nodes in `first` are visited before
 * the others.  `component` has nnodes entries. */
bool graph_components(arena *a, const graph *g, const uint32_t *first,
                      uint32_t nfirst, uint32_t *component,
                      uint32_t *ncomponents);

/* ---- the passes --------------------------------------------------------- */

void check_shape(check *c);      /* check.c: arity, places of aggregates */
void check_components(check *c); /* strata.c: components and their order */
void check_types(check *c);      /* types.c: columns, variables, expressions */
void check_safety(check *c);     /* safety.c: variables have values */
void check_lattices(check *c);   /* lattice.c: min and max that recur */
void check_aggregates(check *c); /* strata.c: none through recursion */
void check_belief(check *c);     /* strata.c: what belief rules may read */
void check_invention(check *c);  /* invent.c: recursion that makes values */
void check_style(check *c);      /* style.c: singletons, duplicates */

/* ---- printing (print.c) ------------------------------------------------- */

bool print_expr(const dm_program *p, const dm_rule *r, const dm_expr *e,
                buf *b);
bool print_literal(const dm_program *p, uint32_t rule, uint32_t literal,
                   buf *b);

#endif
