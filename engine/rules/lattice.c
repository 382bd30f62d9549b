/* lattice.c - relations that keep a least or greatest value.
 *
 * Purpose: find them, and refuse uses of their value inside the recursion that
 * a better value could take back: then results would depend on the order of
 * evaluation.
 * Representation: a variable *drifts* down or up when the value that it stands
 * for can get smaller or larger while the recursion goes on; the drift of an
 * expression follows from its operators.
 * Invariants: in a component with a recursive lattice, drifting values reach
 * only lattice columns of the same direction, and comparisons that a further
 * drift can't break.
 * Cost: linear in the size of the rules.
 * Source: K. Ross and Y. Sagiv, Monotonic aggregation in deductive databases,
 * PODS 1992. */
#include "rules/check.h"

#include <assert.h>

/* ---- finding lattices --------------------------------------------------- */

/* What min and max a head has: none, one (column, aggregate), or several. */
typedef struct head_shape {
    enum { SHAPE_NONE, SHAPE_ONE, SHAPE_SEVERAL } kind;
    uint32_t column;
    dm_aggregate aggregate;
} head_shape;

static bool is_extreme(const dm_expr *e)
{
    return e->kind == DM_EXPR_AGGREGATE
           && (e->aggregate == DM_MIN || e->aggregate == DM_MAX)
           && e->nargs == 1;
}

static head_shape shape_of(const dm_rule *r)
{
    head_shape s = {SHAPE_NONE, 0, DM_COUNT};
    unsigned aggregates = 0, extremes = 0;
    for (uint32_t i = 0; i < r->nargs; i++) {
        aggregates += r->args[i].kind == DM_EXPR_AGGREGATE;
        if (!is_extreme(&r->args[i]))
            continue;
        extremes++;
        s = (head_shape){SHAPE_ONE, i, r->args[i].aggregate};
    }
    if (extremes > 0 && aggregates > 1)
        s.kind = SHAPE_SEVERAL;
    return s;
}

static bool same_shape(head_shape a, head_shape b)
{
    return a.kind == SHAPE_ONE && b.kind == SHAPE_ONE && a.column == b.column
           && a.aggregate == b.aggregate;
}

static const char *extreme_name(dm_aggregate a)
{
    return a == DM_MIN ? "min" : "max";
}

static const char *shape_text(check *c, head_shape s)
{
    if (s.kind == SHAPE_NONE)
        return "no min or max";
    if (s.kind == SHAPE_SEVERAL)
        return "several";
    return check_format(c, "%s in argument %u", extreme_name(s.aggregate),
                        s.column + 1);
}

static bool reads_inside(const dm_program *p, const dm_rule *r,
                         const dm_literal *l)
{
    return literal_reads(l)
           && p->relations.at[l->relation]->component
                  == p->relations.at[r->relation]->component;
}

static bool is_recursive(const dm_program *p, const dm_rule *r)
{
    for (uint32_t i = 0; i < r->nbody; i++)
        if (reads_inside(p, r, &r->body[i]))
            return true;
    return false;
}

/* By relation: its first rule with a min or max, how many it has, whether
 * one of them is recursive. */
typedef struct family {
    uint32_t first, extremes;
    bool recursive;
} family;

static family *find_families(check *c)
{
    const dm_program *p = c->p;
    family *all = check_alloc(c, p->relations.len, sizeof *all);
    for (uint32_t i = 0; all && i < p->rules.len; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        family *f = &all[r->relation];
        if (shape_of(r).kind == SHAPE_NONE || !head_fits(p, r))
            continue;
        if (f->extremes++ == 0)
            f->first = i;
        f->recursive = f->recursive || is_recursive(p, r);
    }
    return all;
}

static bool joins_rules(const family *f)
{
    return f->recursive || f->extremes > 1;
}

/* One rule against the first of its relation. */
static bool rule_agrees(check *c, uint32_t rule, const family *f)
{
    const dm_program *p = c->p;
    const dm_rule *r = &p->rules.at[rule]->pub;
    const dm_rule *first = &p->rules.at[f->first]->pub;
    head_shape a = shape_of(first), b = shape_of(r);
    if (same_shape(a, b))
        return true;
    check_error(c, "lattice-mixed", r->span, rule,
                p->relations.at[r->relation]->pub.name, shape_text(c, a),
                shape_text(c, b), check_location(c, first->span));
    return false;
}

static bool find_lattices(check *c)
{
    dm_program *p = c->p;
    family *all = find_families(c);
    bool any = false;
    if (!all)
        return false;
    for (size_t i = 0; i < p->relations.len; i++) {
        program_relation *r = p->relations.at[i];
        if (!joins_rules(&all[i]))
            continue;
        head_shape s = shape_of(&p->rules.at[all[i].first]->pub);
        r->lattice = any = true;
        r->lattice_column = s.column;
        r->lattice_aggregate = s.aggregate;
    }
    for (uint32_t i = 0; i < p->rules.len; i++) {
        uint32_t head = p->rules.at[i]->pub.relation;
        if (joins_rules(&all[head]) && !rule_agrees(c, i, &all[head]))
            p->relations.at[head]->lattice = false;
    }
    return any;
}

/* ---- drift -------------------------------------------------------------- */

typedef enum drift { STILL, DOWN, UP, UNSURE } drift;

typedef struct drifts {
    check *c;
    const dm_rule *rule;
    uint32_t index;
    uint32_t lattice;     /* the relation whose value drifts */
    drift *of;            /* by variable */
    uint32_t *in_literals;/* by variable: times in atoms, negations, groups */
    bool *given;          /* by variable: an atom or definition gives it */
    bool *definition;     /* by literal: an `=` that gives a value */
} drifts;

static drift turn(drift d)
{
    return d == DOWN ? UP : d == UP ? DOWN : d;
}

static drift both(drift a, drift b)
{
    if (a == STILL || a == b)
        return b;
    return b == STILL ? a : UNSURE;
}

static int const_sign(const dm_expr *e)
{
    if (e->kind != DM_EXPR_CONST)
        return 0;
    if (e->type == DM_INT)
        return cell_get_int(e->cell) >= 0 ? 1 : -1;
    if (e->type == DM_FLOAT)
        return cell_get_float(e->cell) >= 0 ? 1 : -1;
    return 0;
}

static drift scaled(drift d, int sign)
{
    if (d == STILL || sign > 0)
        return d;
    return sign < 0 ? turn(d) : UNSURE;
}

static drift drift_of(const drifts *k, const dm_expr *e);

static drift drift_of_op(const drifts *k, const dm_expr *e)
{
    const dm_expr *x = &e->args[0], *y = &e->args[e->nargs - 1];
    drift a = drift_of(k, x), b = drift_of(k, y);
    switch (e->op) {
    case DM_ADD: return both(a, b);
    case DM_SUB: return both(a, turn(b));
    case DM_NEG: return turn(a);
    case DM_MUL:
        if (a != STILL && b != STILL)
            return UNSURE;
        return a != STILL ? scaled(a, const_sign(y))
                          : scaled(b, const_sign(x));
    case DM_DIV:
    case DM_IDIV: return b != STILL ? UNSURE : scaled(a, const_sign(y));
    case DM_MOD: break;
    }
    return a == STILL && b == STILL ? STILL : UNSURE;
}

static drift drift_of(const drifts *k, const dm_expr *e)
{
    if (e->kind == DM_EXPR_VAR)
        return k->of[e->var];
    if (e->kind == DM_EXPR_OP)
        return drift_of_op(k, e);
    if (e->kind == DM_EXPR_AGGREGATE && is_extreme(e))
        return drift_of(k, &e->args[0]);
    for (uint32_t i = 0; i < e->nargs; i++)
        if (drift_of(k, &e->args[i]) != STILL)
            return UNSURE;
    return STILL;
}

/* ---- reports ------------------------------------------------------------ */

static void not_monotone(drifts *k, dm_span span, const char *value,
                         const char *why)
{
    const program_relation *r = k->c->p->relations.at[k->lattice];
    check_error(k->c, "lattice-not-monotone", span, k->index, r->pub.name,
                extreme_name(r->lattice_aggregate), value, why);
}

static void not_monotone_expr(drifts *k, const dm_expr *e, const char *why)
{
    not_monotone(k, expr_span(k->rule, e),
                 check_expr_text(k->c, k->rule, e), why);
}

static void unchecked(drifts *k, const dm_expr *e, const char *why)
{
    const program_relation *r = k->c->p->relations.at[k->lattice];
    check_warning(k->c, "lattice-unchecked", expr_span(k->rule, e), k->index,
                  r->pub.name, extreme_name(r->lattice_aggregate),
                  check_expr_text(k->c, k->rule, e), why);
}

/* Complain unless the expression is still or drifts as wanted. */
static void want_drift(drifts *k, const dm_expr *e, drift wanted,
                       const char *why)
{
    drift d = drift_of(k, e);
    if (d == UNSURE && wanted != STILL)
        unchecked(k, e, why);
    else if (d != STILL && d != wanted)
        not_monotone_expr(k, e, why);
}

/* ---- one rule ----------------------------------------------------------- */

static const program_relation *lattice_atom(const drifts *k,
                                            const dm_literal *l)
{
    const dm_program *p = k->c->p;
    if (l->kind != DM_ATOM || !reads_inside(p, k->rule, l)
        || !literal_fits(p, l) || !p->relations.at[l->relation]->lattice)
        return NULL;
    return p->relations.at[l->relation];
}

static void count_var(void *context, const dm_expr *var, bool computed)
{
    drifts *k = context;
    (void)computed;
    k->in_literals[var->var]++;
}

static void give_var(void *context, const dm_expr *var, bool computed)
{
    drifts *k = context;
    if (!computed)
        k->given[var->var] = true;
}

static void count_literal(drifts *k, const dm_literal *l)
{
    uint32_t n = l->nargs - (l->kind == DM_BODY_AGGREGATE);
    for (uint32_t i = 0; i < n && literal_reads(l); i++)
        expr_each(&l->args[i], false, count_var, k);
    for (uint32_t i = 0; i < n && l->kind == DM_ATOM; i++)
        expr_each(&l->args[i], false, give_var, k);
    if (l->kind == DM_BODY_AGGREGATE)
        expr_each(&l->args[n], false, give_var, k);
}

/* The value's argument must be a variable of its own. */
static void start_drift(drifts *k, const dm_literal *l)
{
    const program_relation *r = lattice_atom(k, l);
    if (!r)
        return;
    const dm_expr *e = &l->args[r->lattice_column];
    k->lattice = l->relation;
    if (e->kind != DM_EXPR_VAR)
        not_monotone_expr(k, e, "join");
    else
        k->of[e->var] = r->lattice_aggregate == DM_MIN ? DOWN : UP;
}

static void is_given(void *context, const dm_expr *var, bool computed)
{
    drifts *k = ((void **)context)[0];
    bool *all = ((void **)context)[1];
    (void)computed;
    *all = *all && k->given[var->var];
}

static bool all_given(drifts *k, const dm_expr *e)
{
    bool all = true;
    void *context[2] = {k, &all};
    expr_each(e, false, is_given, context);
    return all;
}

static bool define_by(drifts *k, const dm_expr *var, const dm_expr *value)
{
    if (var->kind != DM_EXPR_VAR || k->given[var->var]
        || !all_given(k, value))
        return false;
    k->given[var->var] = true;
    k->of[var->var] = drift_of(k, value);
    return true;
}

/* Pass values through `=`, until nothing new is given. */
static void spread_drift(drifts *k)
{
    const dm_rule *r = k->rule;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < r->nbody; i++) {
            const dm_literal *l = &r->body[i];
            if (l->kind != DM_TEST || l->compare != DM_EQ || k->definition[i])
                continue;
            k->definition[i] = define_by(k, &l->args[0], &l->args[1])
                               || define_by(k, &l->args[1], &l->args[0]);
            again = again || k->definition[i];
        }
    }
}

static void check_test(drifts *k, const dm_literal *l)
{
    const dm_expr *a = &l->args[0], *b = &l->args[1];
    drift left = STILL, right = STILL;
    if (l->compare == DM_LT || l->compare == DM_LE) {
        left = DOWN;
        right = UP;
    } else if (l->compare == DM_GT || l->compare == DM_GE) {
        left = UP;
        right = DOWN;
    }
    want_drift(k, a, left, "comparison");
    want_drift(k, b, right, "comparison");
}

/* A drifting variable in a second literal is matched there. */
static void check_joins(drifts *k, const dm_literal *l)
{
    const program_relation *source = lattice_atom(k, l);
    for (uint32_t i = 0; i < l->nargs; i++) {
        const dm_expr *e = &l->args[i];
        bool own = source && i == source->lattice_column
                   && e->kind == DM_EXPR_VAR && k->in_literals[e->var] == 1;
        if (!own && drift_of(k, e) != STILL)
            not_monotone_expr(k, e, l->kind == DM_BODY_AGGREGATE ? "aggregate"
                              : l->kind == DM_NOT_ATOM ? "negation" : "join");
    }
}

static void check_head(drifts *k)
{
    const dm_rule *r = k->rule;
    const program_relation *head = k->c->p->relations.at[r->relation];
    for (uint32_t i = 0; i < r->nargs; i++) {
        const dm_expr *e = &r->args[i];
        drift wanted = head->lattice_aggregate == DM_MIN ? DOWN : UP;
        if (head->lattice && i == head->lattice_column)
            want_drift(k, e, wanted, "direction");
        else if (drift_of(k, e) != STILL)
            not_monotone_expr(k, e, "key");
    }
}

static void clear_drifts(drifts *k)
{
    for (uint32_t i = 0; i < k->rule->nvars; i++) {
        k->of[i] = STILL;
        k->in_literals[i] = 0;
        k->given[i] = false;
    }
    for (uint32_t i = 0; i < k->rule->nbody; i++)
        k->definition[i] = false;
}

static void drift_rule(drifts *k)
{
    const dm_rule *r = k->rule;
    clear_drifts(k);
    for (uint32_t i = 0; i < r->nbody; i++) {
        count_literal(k, &r->body[i]);
        start_drift(k, &r->body[i]);
    }
    spread_drift(k);
    for (uint32_t i = 0; i < r->nbody; i++) {
        if (r->body[i].kind != DM_TEST)
            check_joins(k, &r->body[i]);
        else if (!k->definition[i])
            check_test(k, &r->body[i]);
    }
    check_head(k);
}

/* ---- components --------------------------------------------------------- */

/* Recursion through negation and a lattice at once has no meaning here. */
static void refuse_negation(drifts *k)
{
    const dm_program *p = k->c->p;
    const dm_rule *r = k->rule;
    for (uint32_t i = 0; i < r->nbody; i++) {
        buf text = {0};
        if (r->body[i].kind != DM_NOT_ATOM
            || !reads_inside(p, r, &r->body[i]))
            continue;
        print_literal(p, k->index, i, &text);
        not_monotone(k, literal_span(r, &r->body[i]),
                     check_text(k->c, &text), "negation");
    }
}

static void check_component(drifts *k, const dm_component *comp)
{
    const dm_program *p = k->c->p;
    k->lattice = NONE;
    for (uint32_t i = 0; i < comp->nrelations && k->lattice == NONE; i++)
        if (p->relations.at[comp->relations[i]]->lattice)
            k->lattice = comp->relations[i];
    if (k->lattice == NONE || !comp->recursive)
        return;
    for (uint32_t i = 0; i < comp->nrules; i++) {
        k->index = comp->rules[i];
        k->rule = &p->rules.at[k->index]->pub;
        refuse_negation(k);
        if (is_recursive(p, k->rule))
            drift_rule(k);
    }
}

static bool drifts_room(drifts *k)
{
    const dm_program *p = k->c->p;
    uint32_t nvars = 0, nbody = 0;
    for (size_t i = 0; i < p->rules.len; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        nvars = r->nvars > nvars ? r->nvars : nvars;
        nbody = r->nbody > nbody ? r->nbody : nbody;
    }
    k->of = check_alloc(k->c, nvars, sizeof *k->of);
    k->in_literals = check_alloc(k->c, nvars, sizeof *k->in_literals);
    k->given = check_alloc(k->c, nvars, sizeof *k->given);
    k->definition = check_alloc(k->c, nbody, sizeof *k->definition);
    return !k->c->nomem;
}

void check_lattices(check *c)
{
    drifts k = {.c = c};
    if (!find_lattices(c) || !drifts_room(&k))
        return;
    for (uint32_t i = 0; i < c->p->ncomponents; i++)
        check_component(&k, &c->p->components[i]);
}
