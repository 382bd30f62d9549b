/* infer.c - types of undeclared columns, and of variables.
 *
 * Purpose: what the user left out, without asking for more than is needed.
 * Method: types are ordered: unknown, then int literal, then int or float
 * (and symbol, date, interval), then term.  A variable has the narrowest type
 * of the columns its atoms read; a column the widest that rules put into it.
 * First forward only: a rule speaks once all it reads is known, so the
 * result doesn't depend on the order of rules.  Then columns that no rule
 * fills take the type that their uses want.  What is left is term, and int
 * literals are ints.
 * Invariants: a column only ever moves up, at most three times.
 * Cost: each rule is looked at when a column it mentions moved: linear, times
 * at most three moves a column. */
#include "rules/types.h"

#include <assert.h>

/* ---- the order of types ------------------------------------------------- */

static bool is_number(dm_type t)
{
    return t == DM_INT || t == DM_FLOAT || t == TYPE_LITERAL;
}

dm_type type_meet(dm_type a, dm_type b, bool *clash)
{
    if (a == b || b == DM_ANY)
        return a;
    if (a == DM_ANY)
        return b;
    if (is_number(a) && is_number(b)
        && (a == TYPE_LITERAL || b == TYPE_LITERAL))
        return a == TYPE_LITERAL ? b : a;
    if (a == DM_TERM)
        return b == DM_SYMBOL ? DM_TERM : b;
    if (b == DM_TERM)
        return a == DM_SYMBOL ? DM_TERM : a;
    *clash = true;
    return a;
}

dm_type type_join(dm_type a, dm_type b, bool *clash)
{
    if (a == DM_TERM || b == DM_TERM)
        return DM_TERM;
    return type_meet(a, b, clash);
}

static dm_type type_of_sum(dm_op op, dm_type a, dm_type b)
{
    if (a == DM_DATE && b == DM_DATE)
        return op == DM_SUB ? DM_INT : DM_DATE;
    if (a == DM_DATE)
        return op == DM_SUB && b == DM_ANY ? DM_ANY : DM_DATE;
    if (b == DM_DATE)
        return op == DM_ADD ? DM_DATE : a == DM_ANY ? DM_ANY : DM_INT;
    return DM_ANY;
}

dm_type type_of_op(dm_op op, dm_type a, dm_type b)
{
    if (op == DM_DIV)
        return DM_FLOAT;
    if (op == DM_IDIV || op == DM_MOD)
        return DM_INT;
    if (op == DM_NEG)
        return is_number(a) || a == DM_ANY ? a : DM_INT;
    if (op != DM_MUL && (a == DM_DATE || b == DM_DATE))
        return type_of_sum(op, a, b);
    if (a == DM_ANY || b == DM_ANY)
        return DM_ANY;
    if (a == DM_FLOAT || b == DM_FLOAT)
        return DM_FLOAT;
    return a == TYPE_LITERAL && b == TYPE_LITERAL ? TYPE_LITERAL : DM_INT;
}

dm_type type_of_aggregate(const dm_program *p, dm_aggregate aggregate,
                          uint32_t function, dm_type value)
{
    switch (aggregate) {
    case DM_COUNT: return DM_INT;
    case DM_MEAN: return DM_FLOAT;
    case DM_LIST: return DM_TERM;
    case DM_CUSTOM: return p->functions.at[function].result;
    case DM_SUM:
        return is_number(value) || value == DM_ANY ? value : DM_INT;
    case DM_MIN:
    case DM_MAX: break;
    }
    return value;
}

/* A constant may come as a term whatever it is: see what it is. */
dm_type type_of_const(const dm_program *p, const dm_expr *e)
{
    if (e->type == DM_INT)
        return TYPE_LITERAL;
    if (e->type == DM_TERM
        && terms_kind(p->terms, (dm_term)e->cell) == TERM_SYMBOL)
        return DM_SYMBOL;
    return e->type;
}

/* ---- finding columns ---------------------------------------------------- */

uint32_t typing_functor(const typing *t, const dm_expr *compound)
{
    size_t size;
    const char *name = terms_text(t->p->terms, compound->functor, &size);
    uint32_t i, n = compound->nargs;
    if (name_find(&t->p->constructor_names, name, size, &i))
        return t->p->constructors.at[i].arity == n ? t->of_constructor[i]
                                                   : NONE;
    if (!name_find(&t->p->relation_names, name, size, &i)
        && !(size > 1 && name[0] == '-'
             && name_find(&t->p->relation_names, name + 1, size - 1, &i)))
        return NONE;
    return t->p->relations.at[i]->pub.arity == n ? t->of_relation[i] : NONE;
}

uint32_t typing_column(const typing *t, const dm_literal *l, uint32_t arg)
{
    return t->of_relation[l->relation] + arg;
}

/* ---- types in one rule -------------------------------------------------- */

dm_type typing_of(const typing *t, const dm_expr *e)
{
    switch (e->kind) {
    case DM_EXPR_VAR:
        return t->strict && t->vars[e->var].unknown ? DM_ANY
                                                    : t->vars[e->var].type;
    case DM_EXPR_CONST: return type_of_const(t->p, e);
    case DM_EXPR_COMPOUND: return DM_TERM;
    case DM_EXPR_OP:
        return type_of_op(e->op, typing_of(t, &e->args[0]),
                          e->nargs > 1 ? typing_of(t, &e->args[1]) : DM_ANY);
    case DM_EXPR_CALL: return t->p->functions.at[e->function].result;
    case DM_EXPR_AGGREGATE:
        return type_of_aggregate(t->p, e->aggregate, e->function,
                                 e->nargs ? typing_of(t, &e->args[0])
                                          : DM_INT);
    }
    return DM_TERM;
}

/* A variable stands in a column, which may be NONE: any term. */
static void var_in_column(typing *t, const dm_expr *e, uint32_t column)
{
    typed_var *v = &t->vars[e->var];
    dm_type type = column == NONE ? DM_TERM : t->columns[column].type;
    bool clash = false;
    if (type == DM_ANY)
        v->unknown = true;
    dm_type met = type_meet(v->type, type, &clash);
    if (clash && t->report)
        typing_clash(t, e, column);
    if (met != v->type) {
        v->type = met;
        v->column = column;
        v->source = NULL;
        v->span = expr_span(t->rule, e);
    }
}

/* `fresh`: only variables that no atom gives a value to. */
static void bind_pattern(typing *t, const dm_expr *e, uint32_t column,
                         bool fresh)
{
    if (e->kind == DM_EXPR_VAR) {
        typed_var *v = &t->vars[e->var];
        if (fresh && (v->in_atom || v->type != DM_ANY))
            return;
        v->in_atom = v->in_atom || !fresh;
        var_in_column(t, e, column);
    } else if (e->kind == DM_EXPR_COMPOUND) {
        uint32_t first = typing_functor(t, e);
        for (uint32_t i = 0; i < e->nargs; i++)
            bind_pattern(t, &e->args[i], first == NONE ? NONE : first + i,
                         fresh);
    }
}

static bool define_var(typing *t, const dm_expr *e, dm_type type,
                       const dm_expr *source)
{
    typed_var *v = &t->vars[e->var];
    bool clash = false;
    if (v->in_atom)
        return false;
    /* A second definition only makes a literal's type definite. */
    dm_type met = v->type == DM_ANY || v->type == TYPE_LITERAL
                      ? type_meet(v->type, type, &clash) : v->type;
    if (met == v->type)
        return false;
    v->type = met;
    v->column = NONE;
    v->source = source;
    v->span = expr_span(t->rule, source);
    return true;
}

/* The left side of `=` gets its type from the right one. */
static bool define(typing *t, const dm_expr *e, const dm_expr *source)
{
    if (e->kind == DM_EXPR_VAR)
        return define_var(t, e, typing_of(t, source), source);
    if (e->kind == DM_EXPR_COMPOUND)
        bind_pattern(t, e, NONE, true);
    return false;
}

static bool define_aggregate(typing *t, const dm_literal *l)
{
    const dm_expr *result = &l->args[l->nargs - 1];
    dm_type value = DM_INT;
    if (!literal_fits(t->p, l))
        return false;
    if (l->value_column != NONE)
        value = t->columns[typing_column(t, l, l->value_column)].type;
    dm_type type =
        type_of_aggregate(t->p, l->aggregate, l->function, value);
    if (result->kind == DM_EXPR_VAR)
        return define_var(t, result, type, result);
    bind_pattern(t, result, NONE, true);
    return false;
}

static bool define_literal(typing *t, const dm_literal *l)
{
    if (l->kind == DM_BODY_AGGREGATE)
        return define_aggregate(t, l);
    if (l->kind != DM_TEST || l->compare != DM_EQ)
        return false;
    bool changed = define(t, &l->args[0], &l->args[1]);
    return define(t, &l->args[1], &l->args[0]) || changed;
}

/* Forth and back, so that chains of `=` in either order take one sweep. */
static bool define_all(typing *t)
{
    const dm_rule *r = t->rule;
    bool changed = false;
    for (uint32_t i = 0; i < r->nbody; i++)
        changed |= define_literal(t, &r->body[i]);
    for (uint32_t i = r->nbody; changed && i-- > 0;)
        define_literal(t, &r->body[i]);
    return changed;
}

void typing_vars(typing *t)
{
    const dm_rule *r = t->rule;
    for (uint32_t i = 0; i < r->nvars; i++)
        t->vars[i] = (typed_var){.column = NONE};
    for (uint32_t i = 0; i < r->nbody; i++) {
        const dm_literal *l = &r->body[i];
        if (l->kind != DM_ATOM || !literal_fits(t->p, l))
            continue;
        for (uint32_t j = 0; j < l->nargs; j++)
            bind_pattern(t, &l->args[j], typing_column(t, l, j), false);
    }
    while (define_all(t)) {}
}

/* ---- the worklist ------------------------------------------------------- */

static void wait_for(typing *t, uint32_t rule)
{
    size_t n = t->p->rules.len;
    if (t->queued[rule])
        return;
    t->queued[rule] = true;
    t->queue[(t->head + t->waiting++) % n] = rule;
}

static bool next_rule(typing *t)
{
    if (t->waiting == 0)
        return false;
    t->index = t->queue[t->head];
    t->head = (t->head + 1) % t->p->rules.len;
    t->waiting--;
    t->queued[t->index] = false;
    t->rule = &t->p->rules.at[t->index]->pub;
    return true;
}

static uint32_t owner_of(const typing *t, uint32_t column)
{
    uint32_t i;
    const char *name = t->columns[column].owner;
    bool found = dm_program_find_relation(t->p, name, &i);
    assert(found);
    (void)found;
    return i;
}

/* A value of this type goes into a column. */
static void raise_column(typing *t, uint32_t column, dm_type type,
                         dm_span span)
{
    typed_column *k = &t->columns[column];
    bool clash = false;
    if (k->declared || type == DM_ANY)
        return;
    dm_type joined = type_join(k->type, type, &clash);
    if (joined == k->type)
        return;
    k->type = joined;
    k->from = span;
    uint32_t relation = owner_of(t, column);
    for (uint32_t e = t->readers.at[relation];
         e < t->readers.at[relation + 1]; e++)
        wait_for(t, t->readers.to[e]);
}

static void raise_head(typing *t)
{
    const dm_rule *r = t->rule;
    uint32_t first = t->of_relation[r->relation];
    if (!head_fits(t->p, r))
        return;
    for (uint32_t i = 0; i < r->nargs; i++)
        raise_column(t, first + i, typing_of(t, &r->args[i]),
                     expr_span(r, &r->args[i]));
}

/* ---- what uses want ----------------------------------------------------- */

static bool unsettled(dm_type type)
{
    return type == DM_ANY || type == TYPE_LITERAL;
}

/* Narrow a variable without a type by a place where it is used. */
static void want_var(typing *t, const dm_expr *e, dm_type type)
{
    bool clash = false;
    if (e->kind == DM_EXPR_VAR && unsettled(t->vars[e->var].type))
        t->vars[e->var].type =
            type_meet(t->vars[e->var].type, type, &clash);
}

static void want_numbers(typing *t, const dm_expr *e)
{
    for (uint32_t i = 0; i < e->nargs; i++)
        want_numbers(t, &e->args[i]);
    if (e->kind != DM_EXPR_OP)
        return;
    for (uint32_t i = 0; i < e->nargs; i++) {
        dm_type other = typing_of(t, &e->args[e->nargs - 1 - i]);
        if (e->op == DM_IDIV || e->op == DM_MOD)
            other = DM_INT;
        if (is_number(other))
            want_var(t, &e->args[i], other);
    }
}

/* A value in a known column; in a term's arguments as well. */
static void want_column(typing *t, const dm_expr *e, uint32_t column)
{
    if (e->kind == DM_EXPR_VAR && column != NONE)
        want_var(t, e, t->columns[column].type);
    uint32_t first = e->kind == DM_EXPR_COMPOUND ? typing_functor(t, e) : NONE;
    for (uint32_t i = 0; i < e->nargs && first != NONE; i++)
        want_column(t, &e->args[i], first + i);
    want_numbers(t, e);
}

static void want_test(typing *t, const dm_literal *l)
{
    want_numbers(t, &l->args[0]);
    want_numbers(t, &l->args[1]);
    want_var(t, &l->args[0], typing_of(t, &l->args[1]));
    want_var(t, &l->args[1], typing_of(t, &l->args[0]));
}

static void want_literal(typing *t, const dm_literal *l)
{
    if (l->kind == DM_TEST) {
        want_test(t, l);
        return;
    }
    for (uint32_t i = 0; i < l->nargs && literal_fits(t->p, l); i++)
        if (l->kind != DM_BODY_AGGREGATE
            || (i + 1 < l->nargs && l->grouped >> i & 1))
            want_column(t, &l->args[i], typing_column(t, l, i));
}

static void raise_use(typing *t, const dm_expr *e, uint32_t column)
{
    typed_column *k = &t->columns[column];
    if (k->declared || !unsettled(k->type))
        return;
    dm_type type = typing_of(t, e);
    if (k->type == DM_ANY || is_number(type))
        raise_column(t, column, type, expr_span(t->rule, e));
}

static void raise_uses(typing *t)
{
    const dm_rule *r = t->rule;
    for (uint32_t i = 0; i < r->nbody; i++) {
        const dm_literal *l = &r->body[i];
        uint32_t n = l->nargs - (l->kind == DM_BODY_AGGREGATE);
        if (!literal_reads(l) || !literal_fits(t->p, l))
            continue;
        for (uint32_t j = 0; j < n; j++)
            if (l->kind != DM_BODY_AGGREGATE || (l->grouped >> j & 1))
                raise_use(t, &l->args[j], typing_column(t, l, j));
    }
}

/* sum and mean are of numbers. */
static void raise_aggregates(typing *t)
{
    const dm_rule *r = t->rule;
    for (uint32_t i = 0; i < r->nbody; i++) {
        const dm_literal *l = &r->body[i];
        if (l->kind != DM_BODY_AGGREGATE || !literal_fits(t->p, l)
            || l->value_column == NONE
            || (l->aggregate != DM_SUM && l->aggregate != DM_MEAN))
            continue;
        uint32_t column = typing_column(t, l, l->value_column);
        if (t->columns[column].type == DM_ANY)
            raise_column(t, column, TYPE_LITERAL, literal_span(r, l));
    }
}

static void look_both_ways(typing *t)
{
    const dm_rule *r = t->rule;
    t->strict = true;
    typing_vars(t);
    raise_head(t);
    t->strict = false;
    typing_vars(t);
    for (uint32_t i = 0; i < r->nbody; i++)
        want_literal(t, &r->body[i]);
    if (head_fits(t->p, r))
        for (uint32_t i = 0; i < r->nargs; i++)
            want_column(t, &r->args[i], t->of_relation[r->relation] + i);
    raise_uses(t);
    raise_aggregates(t);
}

/* ---- all rules ---------------------------------------------------------- */

static void queue_all(typing *t)
{
    for (uint32_t i = 0; i < t->p->ncomponents; i++) {
        const dm_component *k = &t->p->components[i];
        for (uint32_t j = 0; j < k->nrules; j++)
            wait_for(t, k->rules[j]);
    }
}

static size_t count_columns(const dm_program *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->relations.len; i++)
        n += p->relations.at[i]->pub.arity;
    for (size_t i = 0; i < p->constructors.len; i++)
        n += p->constructors.at[i].arity;
    return n;
}

static bool anything_unsettled(const typing *t)
{
    size_t n = count_columns(t->p);
    for (size_t i = 0; i < n; i++)
        if (unsettled(t->columns[i].type))
            return true;
    return false;
}

void typing_infer(typing *t)
{
    t->strict = true;
    queue_all(t);
    while (next_rule(t)) {
        typing_vars(t);
        raise_head(t);
    }
    if (anything_unsettled(t))
        queue_all(t);
    while (next_rule(t))
        look_both_ways(t);
    t->strict = false;
    size_t n = count_columns(t->p);
    for (size_t i = 0; i < n; i++) {
        if (t->columns[i].type == DM_ANY)
            t->columns[i].type = DM_TERM;
        else if (t->columns[i].type == TYPE_LITERAL)
            t->columns[i].type = DM_INT;
    }
}
