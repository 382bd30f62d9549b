/* safety.c - range restriction: every variable gets its value from somewhere.
 *
 * Purpose: no rule may range over infinitely many values, and some order of
 * its literals lets each be evaluated with what it needs.
 * Representation: a literal is one or two *actions*, each needing some
 * variables and then giving others: an atom needs the variables of arithmetic
 * and calls in its arguments and gives the rest; `l = r` gives l's pattern
 * once r is known, or the other way round; a body aggregate needs its group
 * and gives its result.
 * Invariants: an action counts what it still needs; at zero it fires.  What
 * the firing reaches doesn't depend on the order of literals.
 * Cost: linear in the size of the rule. */
#include "rules/check.h"

#include <assert.h>

typedef struct action {
    uint32_t missing;     /* needs that have no value yet */
    uint32_t gives, ngives;
    bool fired;
} action;

typedef struct safety {
    check *c;
    const program_rule *rule;
    uint32_t index;
    VEC(action) actions;
    VEC(uint32_t) gives;
    VEC(graph_edge) needs;    /* variable -> action */
    VEC(uint32_t) queue;      /* variables that got a value */
    bool *bound, *hoped, *told; /* by variable */
    uint32_t *own;            /* by variable: last action to match it */
    uint32_t current;         /* the action being collected */
} safety;

/* ---- collecting actions ------------------------------------------------- */

static void collect_give(void *context, const dm_expr *var, bool computed)
{
    safety *s = context;
    if (computed)
        return;
    s->own[var->var] = s->current;
    if (!vec_push(&s->gives, var->var))
        s->c->nomem = true;
}

static void push_need(safety *s, uint32_t var)
{
    graph_edge e = {var, s->current};
    s->actions.at[s->current].missing++;
    if (!vec_push(&s->needs, e))
        s->c->nomem = true;
}

/* A variable inside arithmetic is needed, unless the same action's pattern
 * gives it: p(X, X + 1). */
static void collect_need(void *context, const dm_expr *var, bool computed)
{
    safety *s = context;
    if (computed && s->own[var->var] != s->current)
        push_need(s, var->var);
}

static void collect_need_all(void *context, const dm_expr *var, bool computed)
{
    (void)computed;
    push_need(context, var->var);
}

static void begin_action(safety *s)
{
    action a = {.gives = (uint32_t)s->gives.len};
    s->current = (uint32_t)s->actions.len;
    if (!vec_push(&s->actions, a))
        s->c->nomem = true;
}

static void end_action(safety *s)
{
    action *a = &s->actions.at[s->current];
    a->ngives = (uint32_t)s->gives.len - a->gives;
}

/* The action that matches `args` and gives their variables, once all of
 * `known` (n of them) have values. */
static void add_action(safety *s, const dm_expr *args, uint32_t nargs,
                       const dm_expr *known, uint32_t nknown)
{
    begin_action(s);
    if (s->c->nomem)
        return;
    for (uint32_t i = 0; i < nargs; i++)
        expr_each(&args[i], false, collect_give, s);
    for (uint32_t i = 0; i < nargs; i++)
        expr_each(&args[i], false, collect_need, s);
    for (uint32_t i = 0; i < nknown; i++)
        expr_each(&known[i], true, collect_need_all, s);
    end_action(s);
}

static void collect_literal(safety *s, const dm_literal *l)
{
    if (l->kind == DM_ATOM) {
        add_action(s, l->args, l->nargs, NULL, 0);
    } else if (l->kind == DM_TEST && l->compare == DM_EQ) {
        add_action(s, &l->args[0], 1, &l->args[1], 1);
        add_action(s, &l->args[1], 1, &l->args[0], 1);
    } else if (l->kind == DM_BODY_AGGREGATE) {
        uint32_t n = l->nargs - 1;
        add_action(s, &l->args[n], 1, l->args, n);
    }
}

/* ---- firing ------------------------------------------------------------- */

static void fire(safety *s, action *a)
{
    a->fired = true;
    for (uint32_t i = 0; i < a->ngives; i++) {
        uint32_t var = s->gives.at[a->gives + i];
        if (s->bound[var])
            continue;
        s->bound[var] = true;
        if (!vec_push(&s->queue, var))
            s->c->nomem = true;
    }
}

static void propagate(safety *s)
{
    graph g;
    if (!graph_pack(&s->c->scratch, s->rule->pub.nvars, s->needs.at,
                    s->needs.len, &g)) {
        s->c->nomem = true;
        return;
    }
    for (size_t i = 0; i < s->actions.len; i++)
        if (s->actions.at[i].missing == 0)
            fire(s, &s->actions.at[i]);
    for (size_t i = 0; i < s->queue.len; i++) {
        uint32_t var = s->queue.at[i];
        for (uint32_t e = g.at[var]; e < g.at[var + 1]; e++) {
            action *a = &s->actions.at[g.to[e]];
            if (--a->missing == 0)
                fire(s, a);
        }
    }
}

/* A variable that an unfired action would give: its trouble has another
 * cause, which is reported instead. */
static void hope(safety *s)
{
    for (size_t i = 0; i < s->actions.len; i++) {
        const action *a = &s->actions.at[i];
        for (uint32_t j = 0; j < a->ngives && !a->fired; j++)
            s->hoped[s->gives.at[a->gives + j]] = true;
    }
}

/* ---- reporting ---------------------------------------------------------- */

typedef struct site {
    safety *s;
    const char *where, *name;
    bool strict;     /* variables of the pattern need values as well */
    bool hoped;      /* report those that only unfired actions would give */
    unsigned found;
} site;

static void report_var(void *context, const dm_expr *var, bool computed)
{
    site *k = context;
    safety *s = k->s;
    if (s->bound[var->var] || s->told[var->var] || (!computed && !k->strict)
        || (s->hoped[var->var] && !k->hoped))
        return;
    s->told[var->var] = true;
    k->found++;
    check_error(s->c, "unsafe-variable", expr_span(&s->rule->pub, var),
                s->index, s->rule->pub.vars[var->var], k->where, k->name);
}

/* Walk down to what names the place: an operator, function or aggregate. */
static void report_expr(site k, const dm_expr *e, unsigned *found)
{
    const dm_program *p = k.s->c->p;
    if (e->kind == DM_EXPR_VAR) {
        report_var(&k, e, k.strict);
        *found += k.found;
        return;
    }
    k.strict = k.strict || e->kind != DM_EXPR_COMPOUND;
    if (e->kind == DM_EXPR_OP) {
        k.where = "arithmetic";
        k.name = op_name(e->op);
    } else if (e->kind == DM_EXPR_CALL) {
        k.where = "function";
        k.name = p->functions.at[e->function].name;
    } else if (e->kind == DM_EXPR_AGGREGATE) {
        k.where = "aggregate";
        k.name = aggregate_name(p, e->aggregate, e->function);
    }
    for (uint32_t i = 0; i < e->nargs; i++)
        report_expr(k, &e->args[i], found);
}

static void report_literal(safety *s, const dm_literal *l, bool hoped,
                           unsigned *found)
{
    const dm_program *p = s->c->p;
    site k = {.s = s, .hoped = hoped, .strict = l->kind != DM_ATOM};
    uint32_t n = l->nargs;
    if (l->kind == DM_TEST) {
        k.where = "comparison";
        k.name = compare_name(l->compare);
    } else if (l->kind == DM_BODY_AGGREGATE) {
        k.where = "aggregate";
        k.name = aggregate_name(p, l->aggregate, l->function);
        n--;
    } else {
        k.where = l->kind == DM_NOT_ATOM ? "negation" : "atom";
        k.name = p->relations.at[l->relation]->pub.name;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!literal_is_free(s->rule, l, i))
            report_expr(k, &l->args[i], found);
}

static unsigned report_all(safety *s, bool hoped)
{
    const dm_rule *r = &s->rule->pub;
    unsigned found = 0;
    const char *head = s->c->p->relations.at[r->relation]->pub.name;
    site k = {.s = s, .where = "head", .name = head, .strict = true,
              .hoped = hoped};
    for (uint32_t i = 0; i < r->nbody; i++)
        report_literal(s, &r->body[i], hoped, &found);
    for (uint32_t i = 0; i < r->nargs; i++)
        report_expr(k, &r->args[i], &found);
    return found;
}

/* ---- the pass ----------------------------------------------------------- */

static void safety_clear(safety *s, uint32_t nvars)
{
    for (uint32_t i = 0; i < nvars; i++) {
        s->bound[i] = s->hoped[i] = s->told[i] = false;
        s->own[i] = NONE;
    }
    s->actions.len = s->gives.len = s->needs.len = s->queue.len = 0;
}

static void safety_rule(safety *s)
{
    const dm_rule *r = &s->rule->pub;
    safety_clear(s, r->nvars);
    for (uint32_t i = 0; i < r->nbody && !s->c->nomem; i++)
        collect_literal(s, &r->body[i]);
    if (!s->c->nomem)
        propagate(s);
    if (s->c->nomem)
        return;
    hope(s);
    if (report_all(s, false) == 0)
        report_all(s, true);
}

static bool safety_room(safety *s)
{
    uint32_t most = 0;
    for (size_t i = 0; i < s->c->p->rules.len; i++)
        if (s->c->p->rules.at[i]->pub.nvars > most)
            most = s->c->p->rules.at[i]->pub.nvars;
    s->bound = check_alloc(s->c, most, sizeof *s->bound);
    s->hoped = check_alloc(s->c, most, sizeof *s->hoped);
    s->told = check_alloc(s->c, most, sizeof *s->told);
    s->own = check_alloc(s->c, most, sizeof *s->own);
    return !s->c->nomem;
}

void check_safety(check *c)
{
    safety s = {.c = c};
    if (!safety_room(&s))
        return;
    for (uint32_t i = 0; i < c->p->rules.len && !c->nomem; i++) {
        s.rule = c->p->rules.at[i];
        s.index = i;
        safety_rule(&s);
    }
    vec_free(&s.actions);
    vec_free(&s.gives);
    vec_free(&s.needs);
    vec_free(&s.queue);
}
