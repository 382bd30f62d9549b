/* invent.c - recursion that can make new values without end.
 *
 * Purpose: warn before a budget has to stop the evaluation.
 * Method: values flow from columns of a recursive component into variables,
 * through `=` into other variables, and into columns of heads; an edge *grows*
 * when an operator, function or term stands in between.  A growing edge on a
 * cycle can go on for ever.  A variable that a relation from below also
 * binds has finitely many values and receives no flow; neither does one that
 * the body compares (<, <=, >, >=) with values from below; lattice columns
 * take no growth.
 * Invariants: a graph node is a column of a relation, or a variable of a
 * recursive rule.
 * Cost: linear in the size of the recursive rules. */
#include "rules/check.h"

#include <assert.h>

/* A growing edge, and where it stands. */
typedef struct growth {
    uint32_t from, to;
    uint32_t rule;
    const dm_expr *expr;
} growth;

typedef struct flow {
    check *c;
    uint32_t *first_column; /* relation -> its first node */
    uint32_t nnodes;
    graph_edges edges;
    VEC(growth) growths;
    /* the rule at hand */
    const dm_rule *rule;
    uint32_t index;
    uint32_t first_var;     /* node of its variable 0 */
    bool *in_atom;          /* by variable: an atom binds it */
    bool *finite;           /* by variable: an atom from below binds it */
    bool *tainted;          /* by variable: values of the recursion reach it */
    bool *bounded;          /* by variable: compared with what is finite */
} flow;

static bool is_inside(const flow *f, const dm_literal *l)
{
    const dm_program *p = f->c->p;
    return literal_reads(l)
           && p->relations.at[l->relation]->component
                  == p->relations.at[f->rule->relation]->component;
}

static void add_edge(flow *f, uint32_t from, uint32_t to)
{
    graph_edge e = {from, to};
    if (!vec_push(&f->edges, e))
        f->c->nomem = true;
}

/* ---- what reaches variables --------------------------------------------- */

static void mark_atom(void *context, const dm_expr *var, bool computed)
{
    flow *f = context;
    if (!computed)
        f->in_atom[var->var] = true;
}

static void mark_finite(void *context, const dm_expr *var, bool computed)
{
    flow *f = context;
    if (!computed)
        f->finite[var->var] = f->in_atom[var->var] = true;
}

static void mark_tainted(void *context, const dm_expr *var, bool computed)
{
    flow *f = context;
    if (!computed && !f->finite[var->var])
        f->tainted[var->var] = true;
}

static void mark_bounded(void *context, const dm_expr *var, bool computed)
{
    flow *f = context;
    (void)computed;
    f->bounded[var->var] = true;
}

static void each_atom_var(flow *f, bool inside, expr_visit *visit)
{
    const dm_rule *r = f->rule;
    for (uint32_t i = 0; i < r->nbody; i++) {
        const dm_literal *l = &r->body[i];
        for (uint32_t j = 0; l->kind == DM_ATOM && j < l->nargs; j++)
            if (is_inside(f, l) == inside)
                expr_each(&l->args[j], false, visit, f);
    }
}

typedef struct any_tainted {
    const flow *f;
    bool any;
} any_tainted;

static void see_tainted(void *context, const dm_expr *var, bool computed)
{
    any_tainted *a = context;
    (void)computed;
    a->any = a->any || a->f->tainted[var->var];
}

static bool is_tainted(const flow *f, const dm_expr *e)
{
    any_tainted a = {f, false};
    expr_each(e, false, see_tainted, &a);
    return a.any;
}

/* Variables that `=` gives a value, as opposed to atoms. */
typedef struct taint {
    flow *f;
    bool changed;
} taint;

static void taint_var(void *context, const dm_expr *var, bool computed)
{
    taint *t = context;
    if (computed || t->f->in_atom[var->var] || t->f->tainted[var->var])
        return;
    t->f->tainted[var->var] = t->changed = true;
}

static void spread_taint(flow *f)
{
    const dm_rule *r = f->rule;
    taint t = {f, true};
    while (t.changed) {
        t.changed = false;
        for (uint32_t i = 0; i < r->nbody; i++) {
            const dm_literal *l = &r->body[i];
            if (l->kind != DM_TEST || l->compare != DM_EQ)
                continue;
            for (int side = 0; side < 2; side++)
                if (is_tainted(f, &l->args[!side]))
                    expr_each(&l->args[side], false, taint_var, &t);
        }
    }
}

static void find_bounds(flow *f)
{
    const dm_rule *r = f->rule;
    for (uint32_t i = 0; i < r->nbody; i++) {
        const dm_literal *l = &r->body[i];
        if (l->kind != DM_TEST || l->compare == DM_EQ || l->compare == DM_NE)
            continue;
        for (int side = 0; side < 2; side++)
            if (!is_tainted(f, &l->args[!side]))
                expr_each(&l->args[side], false, mark_bounded, f);
    }
}

static void clear_rule(flow *f)
{
    for (uint32_t i = 0; i < f->rule->nvars; i++)
        f->in_atom[i] = f->finite[i] = f->tainted[i] = f->bounded[i] = false;
}

/* ---- edges -------------------------------------------------------------- */

/* Edges from the variables of `expr` to a node; `growing`: it isn't just a
 * variable. */
typedef struct pour {
    flow *f;
    uint32_t to;
    const dm_expr *expr;
    bool growing;
} pour;

static void pour_var(void *context, const dm_expr *var, bool computed)
{
    pour *k = context;
    flow *f = k->f;
    uint32_t from = f->first_var + var->var;
    (void)computed;
    if (!f->tainted[var->var] || (k->growing && f->bounded[var->var]))
        return;
    add_edge(f, from, k->to);
    growth g = {from, k->to, f->index, k->expr};
    if (k->growing && !vec_push(&f->growths, g))
        f->c->nomem = true;
}

static void pour_expr(flow *f, const dm_expr *e, uint32_t to, bool growing)
{
    pour k = {f, to, e, growing};
    expr_each(e, false, pour_var, &k);
}

/* From a column into the variables of its argument's pattern. */
typedef struct drain {
    flow *f;
    uint32_t from;
} drain;

static void drain_var(void *context, const dm_expr *var, bool computed)
{
    drain *k = context;
    if (!computed && !k->f->finite[var->var])
        add_edge(k->f, k->from, k->f->first_var + var->var);
}

static void atom_edges(flow *f, const dm_literal *l)
{
    for (uint32_t i = 0; i < l->nargs; i++) {
        drain k = {f, f->first_column[l->relation] + i};
        expr_each(&l->args[i], false, drain_var, &k);
    }
}

/* `e = value` gives the variables of e their values. */
typedef struct equal {
    flow *f;
    const dm_expr *value;
    bool whole; /* e is the variable itself: a term isn't taken apart */
} equal;

static void equal_var(void *context, const dm_expr *var, bool computed)
{
    equal *k = context;
    flow *f = k->f;
    bool growing = k->whole && k->value->kind != DM_EXPR_VAR;
    if (computed || f->in_atom[var->var]
        || (growing && f->bounded[var->var]))
        return;
    pour_expr(f, k->value, f->first_var + var->var, growing);
}

static void test_edges(flow *f, const dm_literal *l)
{
    for (int side = 0; side < 2 && l->compare == DM_EQ; side++) {
        const dm_expr *e = &l->args[side];
        equal k = {f, &l->args[!side], e->kind == DM_EXPR_VAR};
        expr_each(e, false, equal_var, &k);
    }
}

static void head_edges(flow *f)
{
    const dm_rule *r = f->rule;
    const program_relation *head = f->c->p->relations.at[r->relation];
    for (uint32_t i = 0; i < r->nargs; i++) {
        const dm_expr *e = &r->args[i];
        if ((head->lattice && i == head->lattice_column)
            || e->kind == DM_EXPR_AGGREGATE)
            continue;
        pour_expr(f, e, f->first_column[r->relation] + i,
                  e->kind != DM_EXPR_VAR);
    }
}

static void rule_edges(flow *f)
{
    const dm_rule *r = f->rule;
    clear_rule(f);
    each_atom_var(f, false, mark_finite);
    each_atom_var(f, true, mark_atom);
    each_atom_var(f, true, mark_tainted);
    spread_taint(f);
    find_bounds(f);
    for (uint32_t i = 0; i < r->nbody; i++) {
        const dm_literal *l = &r->body[i];
        if (l->kind == DM_ATOM && is_inside(f, l) && literal_fits(f->c->p, l))
            atom_edges(f, l);
        else if (l->kind == DM_TEST)
            test_edges(f, l);
    }
    if (head_fits(f->c->p, r))
        head_edges(f);
}

/* ---- the pass ----------------------------------------------------------- */

static void warn_of_growth(flow *f)
{
    const dm_program *p = f->c->p;
    graph g;
    uint32_t n, *component;
    const dm_expr *last = NULL;
    component = check_alloc(f->c, f->nnodes, sizeof *component);
    if (!component
        || !graph_pack(&f->c->scratch, f->nnodes, f->edges.at, f->edges.len,
                       &g)
        || !graph_components(&f->c->scratch, &g, NULL, 0, component, &n)) {
        f->c->nomem = true;
        return;
    }
    for (size_t i = 0; i < f->growths.len; i++) {
        const growth *e = &f->growths.at[i];
        const dm_rule *r = &p->rules.at[e->rule]->pub;
        if (component[e->from] != component[e->to] || e->expr == last)
            continue;
        last = e->expr;
        check_warning(f->c, "unbounded-invention", expr_span(r, e->expr),
                      e->rule, p->relations.at[r->relation]->pub.name,
                      check_expr_text(f->c, r, e->expr),
                      r->name ? r->name : "");
    }
}

static bool flow_room(flow *f)
{
    const dm_program *p = f->c->p;
    uint32_t nvars = 0;
    f->first_column =
        check_alloc(f->c, p->relations.len, sizeof *f->first_column);
    for (size_t i = 0; f->first_column && i < p->relations.len; i++) {
        f->first_column[i] = f->nnodes;
        f->nnodes += p->relations.at[i]->pub.arity;
    }
    for (size_t i = 0; i < p->rules.len; i++)
        if (p->rules.at[i]->pub.nvars > nvars)
            nvars = p->rules.at[i]->pub.nvars;
    f->in_atom = check_alloc(f->c, nvars, sizeof *f->in_atom);
    f->finite = check_alloc(f->c, nvars, sizeof *f->finite);
    f->tainted = check_alloc(f->c, nvars, sizeof *f->tainted);
    f->bounded = check_alloc(f->c, nvars, sizeof *f->bounded);
    return !f->c->nomem;
}

void check_invention(check *c)
{
    dm_program *p = c->p;
    flow f = {.c = c};
    if (!flow_room(&f))
        return;
    for (uint32_t i = 0; i < p->rules.len && !c->nomem; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        uint32_t component = p->relations.at[r->relation]->component;
        if (!p->components[component].recursive)
            continue;
        f.rule = r;
        f.index = i;
        f.first_var = f.nnodes;
        f.nnodes += r->nvars;
        rule_edges(&f);
    }
    if (f.growths.len > 0 && !c->nomem)
        warn_of_growth(&f);
    vec_free(&f.edges);
    vec_free(&f.growths);
}
