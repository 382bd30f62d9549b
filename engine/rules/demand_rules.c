/* demand_rules.c - the rules of one relation, rewritten for what is asked.
 *
 * Purpose: for a rule of a variant, the rule that derives its rows, and rules
 * for what it demands of the relations it reads.
 * Representation: a draft, the user's rule with room for more variables and
 * literals; it is copied into the new program and thrown away.
 * Invariants: a rule keeps its place in the user's text, so that a failure
 * names it.  The variables of a draft keep their numbers.
 *
 * With X the bound columns of r, and q read with Z bound, B being what gives Z
 * its values, the rule r(X, Y) if B, q(Z, U), C becomes
 *
 *     r^bf(X, Y)    if demand^r^bf(X), B, q^bf(Z, U), C.
 *     demand^q^bf(Z) if demand^r^bf(X), B.
 *
 * Where tail calls are cut short (linear.c) chain^r^bf(S, X) says that what
 * S was asked has come down to X:
 *
 *     chain^r^bf(S, S) if demand^r^bf(S).
 *     chain^r^bf(S, Z) if chain^r^bf(S, X), B.   for r(X, Y) if B, r(Z, Y)
 *     r^bf(S, Y)       if chain^r^bf(S, X), B.   for r(X, Y) if B
 *     r^bf(X, Y)       if r^bf(X, Z), B.         for r(X, Y) if r(X, Z), B
 *
 * Cost: a rule is copied once, and in part for each literal that is asked for
 * with bound columns. */
#include "rules/demand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- drafts ------------------------------------------------------------- */

typedef struct draft {
    demand *k;
    dm_rule rule;
    const char **vars;
    dm_literal *body;
} draft;

enum { MORE_VARS = 2 * PROGRAM_MAX_ARITY, MORE_LITERALS = 2 };

/* The rule `from` with an empty body. */
static dm_status draft_open(demand *k, const dm_rule *from, draft *d)
{
    size_t nvars = (size_t)from->nvars + MORE_VARS;
    size_t nbody = (size_t)from->nbody + MORE_LITERALS;
    *d = (draft){.k = k, .rule = *from,
                 .vars = arena_alloc(&k->scratch, nvars * sizeof *d->vars),
                 .body = arena_alloc(&k->scratch, nbody * sizeof *d->body)};
    if (!d->vars || !d->body)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < from->nvars; i++)
        d->vars[i] = from->vars[i];
    d->rule.vars = d->vars;
    d->rule.body = d->body;
    d->rule.nbody = 0;
    d->rule.belief = false; /* what they may read has been checked */
    return DM_OK;
}

static dm_status draft_close(draft *d)
{
    uint32_t index;
    return dm_program_rule(d->k->out, &d->rule, &index, d->k->err);
}

static void draft_literal(draft *d, const dm_literal *l)
{
    d->body[d->rule.nbody++] = *l;
}

static dm_expr draft_var(draft *d, const char *name)
{
    dm_expr e = {.kind = DM_EXPR_VAR, .var = d->rule.nvars};
    d->vars[d->rule.nvars++] = name;
    return e;
}

/* A variable of its own name. */
static dm_expr draft_named(draft *d, const char *stem, uint32_t number)
{
    char name[16];
    int n = snprintf(name, sizeof name, "%.3s%" PRIu32, stem, number + 1);
    const char *copy = arena_strdup(&d->k->scratch, name, (size_t)n);
    return draft_var(d, copy ? copy : stem);
}

static dm_expr *draft_args(draft *d, uint32_t n)
{
    return arena_zalloc(&d->k->scratch, ((size_t)n + 1) * sizeof(dm_expr));
}

/* ---- guards ------------------------------------------------------------- */

static uint32_t bound_count(const variant *v)
{
    return (uint32_t)__builtin_popcountll(v->mask);
}

/* The head's arguments in bound columns; one that can't be matched with a
 * demanded value lets any pass. */
static uint32_t head_bound(draft *d, const variant *v, const dm_rule *r,
                           dm_expr *to)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->nargs; i++)
        if (v->mask >> i & 1)
            to[n++] = head_passes(d->k->p, r, i) ? r->args[i]
                                                 : draft_var(d, "_");
    return n;
}

/* demand^r(X). */
static dm_status guard_demand(draft *d, const variant *v, const dm_rule *r)
{
    uint32_t n = bound_count(v);
    dm_expr *args = draft_args(d, n);
    if (!args)
        return error_nomem(d->k->err);
    head_bound(d, v, r, args);
    draft_literal(d, &(dm_literal){.kind = DM_ATOM, .relation = v->demand,
                                   .nargs = n, .args = args});
    return DM_OK;
}

/* chain^r(S, X); `asked` becomes S, or anonymous variables. */
static dm_status guard_chain(draft *d, const variant *v, const dm_rule *r,
                             bool named, dm_expr **asked)
{
    uint32_t n = bound_count(v);
    dm_expr *args = draft_args(d, 2 * n);
    if (!args)
        return error_nomem(d->k->err);
    for (uint32_t i = 0; i < n; i++)
        args[i] = named ? draft_named(d, "S", i) : draft_var(d, "_");
    head_bound(d, v, r, args + n);
    draft_literal(d, &(dm_literal){.kind = DM_ATOM, .relation = v->chain,
                                   .nargs = 2 * n, .args = args});
    *asked = args;
    return DM_OK;
}

/* ---- one rule ----------------------------------------------------------- */

typedef struct rewriting {
    demand *k;
    variant v;
    const dm_rule *rule;
    linear_shape shape;
    uint32_t own;      /* the literal of LINEAR_TAIL and LINEAR_LEFT */
    sideways passing;
    uint32_t *reads;   /* by literal: its variant */
} rewriting;

static bool calls_own(const rewriting *w, uint32_t literal)
{
    return w->v.chain != NONE && literal == w->own
           && (w->shape == LINEAR_TAIL || w->shape == LINEAR_LEFT);
}

static dm_status find_reads(rewriting *w, uint32_t variant)
{
    dm_status st = DM_OK;
    const dm_rule *r = w->rule;
    w->reads = arena_alloc(&w->k->scratch,
                           ((size_t)r->nbody + 1) * sizeof *w->reads);
    if (!w->reads)
        return error_nomem(w->k->err);
    for (uint32_t b = 0; b < r->nbody && st == DM_OK; b++) {
        if (!literal_reads(&r->body[b]))
            continue;
        w->reads[b] = variant;
        if (!calls_own(w, b))
            st = demand_variant(w->k, r->body[b].relation,
                                w->passing.masks[b], &w->reads[b]);
    }
    return st;
}

/* Literal `b` reading what holds its rows now. */
static dm_literal redirected(const rewriting *w, uint32_t b)
{
    dm_literal l = w->rule->body[b];
    if (literal_reads(&l))
        l.relation = w->k->variants.at[w->reads[b]].rows;
    return l;
}

static void whole_body(const rewriting *w, draft *d, uint32_t but)
{
    for (uint32_t b = 0; b < w->rule->nbody; b++) {
        dm_literal l = redirected(w, b);
        if (b != but)
            draft_literal(d, &l);
    }
}

/* Head with S in the bound columns. */
static dm_status head_asked(const rewriting *w, draft *d, const dm_expr *asked)
{
    dm_expr *args = draft_args(d, w->rule->nargs);
    if (!args)
        return error_nomem(d->k->err);
    for (uint32_t i = 0, n = 0; i < w->rule->nargs; i++)
        args[i] = w->v.mask >> i & 1 ? asked[n++] : w->rule->args[i];
    d->rule.args = args;
    return DM_OK;
}

/* chain^r(S, Z). */
static dm_status head_chain(const rewriting *w, draft *d, const dm_expr *asked)
{
    const dm_literal *l = &w->rule->body[w->own];
    uint32_t n = bound_count(&w->v), at = n;
    dm_expr *args = draft_args(d, 2 * n);
    if (!args)
        return error_nomem(d->k->err);
    memcpy(args, asked, n * sizeof *args);
    for (uint32_t i = 0; i < l->nargs; i++)
        if (w->v.mask >> i & 1)
            args[at++] = l->args[i];
    d->rule.relation = w->v.chain;
    d->rule.args = args;
    d->rule.nargs = 2 * n;
    return DM_OK;
}

/* The rule that derives rows, or passes the call on. */
static dm_status write_rows(rewriting *w)
{
    dm_status st = DM_OK;
    draft d;
    dm_expr *asked;
    TRY(draft_open(w->k, w->rule, &d), done);
    d.rule.relation = w->v.rows;
    if (w->v.chain == NONE) {
        if (w->v.demand != NONE)
            TRY(guard_demand(&d, &w->v, w->rule), done);
    } else if (w->shape != LINEAR_LEFT) {
        TRY(guard_chain(&d, &w->v, w->rule, true, &asked), done);
        if (w->shape == LINEAR_TAIL)
            TRY(head_chain(w, &d, asked), done);
        else
            TRY(head_asked(w, &d, asked), done);
    }
    whole_body(w, &d, w->v.chain != NONE && w->shape == LINEAR_TAIL
                          ? w->own : NONE);
    st = draft_close(&d);
done:
    return st;
}

/* ---- demands ------------------------------------------------------------ */

/* Whether what literal `b` is asked must not be undefined. */
static bool asks_strictly(const rewriting *w, uint32_t b)
{
    const dm_literal *l = &w->rule->body[b];
    return !literal_is_plain(l) || w->k->asked[l->relation].strict;
}

static dm_status demand_guard(const rewriting *w, draft *d)
{
    dm_expr *ignored;
    if (w->v.demand == NONE)
        return DM_OK;
    if (w->v.chain != NONE && w->shape != LINEAR_LEFT)
        return guard_chain(d, &w->v, w->rule, false, &ignored);
    return guard_demand(d, &w->v, w->rule);
}

static dm_status demand_head(const rewriting *w, draft *d, uint32_t b,
                             const variant *asked)
{
    const dm_literal *l = &w->rule->body[b];
    dm_expr *args = draft_args(d, bound_count(asked));
    uint32_t n = 0;
    if (!args)
        return error_nomem(d->k->err);
    for (uint32_t i = 0; i < l->nargs && i < 64; i++)
        if (asked->mask >> i & 1)
            args[n++] = l->args[i];
    d->rule.relation = asked->demand;
    d->rule.args = args;
    d->rule.nargs = n;
    return DM_OK;
}

static bool same_expr(const dm_expr *a, const dm_expr *b)
{
    return a->kind == b->kind
           && ((a->kind == DM_EXPR_VAR && a->var == b->var)
               || (a->kind == DM_EXPR_CONST && a->cell == b->cell
                   && a->type == b->type));
}

/* demand^r(X) if demand^r(X) … says nothing. */
static bool is_idle(const draft *d)
{
    const dm_rule *r = &d->rule;
    if (r->nbody == 0 || r->body[0].relation != r->relation)
        return false;
    for (uint32_t i = 0; i < r->nargs; i++)
        if (!same_expr(&r->args[i], &r->body[0].args[i]))
            return false;
    return true;
}

/* A demand that must not be undefined: its atoms read what is possible.  The
 * guard need not where all demands of the relation are such. */
static void make_possible(const rewriting *w, draft *d)
{
    for (uint32_t i = 0; i < d->rule.nbody; i++)
        if (d->body[i].kind == DM_ATOM
            && !(d->body[i].relation == w->v.demand
                 && w->k->asked[w->v.relation].strict))
            d->body[i].possible = true;
}

/* What literal `b` is asked. */
static dm_status write_demand(rewriting *w, uint32_t b)
{
    dm_status st = DM_OK;
    draft d;
    const dm_rule *r = w->rule;
    variant asked = w->k->variants.at[w->reads[b]];
    bool *needed = arena_zalloc(&w->k->scratch, r->nbody + (size_t)1);
    if (!needed)
        return error_nomem(w->k->err);
    if (sideways_needed(&w->passing, b, asked.mask, &w->k->scratch, needed)
        != DM_OK)
        return error_nomem(w->k->err);
    TRY(draft_open(w->k, r, &d), done);
    TRY(demand_head(w, &d, b, &asked), done);
    TRY(demand_guard(w, &d), done);
    for (uint32_t i = 0; i < r->nbody; i++) {
        dm_literal l = redirected(w, i);
        if (needed[i])
            draft_literal(&d, &l);
    }
    if (asks_strictly(w, b))
        make_possible(w, &d);
    if (!is_idle(&d))
        st = draft_close(&d);
done:
    return st;
}

static dm_status write_rule(demand *k, uint32_t variant, uint32_t rule)
{
    dm_status st = DM_OK;
    rewriting w = {.k = k, .v = k->variants.at[variant], .own = NONE,
                   .rule = &k->p->rules.at[rule]->pub};
    w.shape = linear_shape_of(k->p, rule, w.v.mask, &w.own);
    bool tail = w.v.chain != NONE && w.shape == LINEAR_TAIL;
    if (sideways_make(k->p, rule, w.v.mask, tail ? w.own : NONE,
                      k->force & DM_FORCE_DEMAND, &k->scratch, &w.passing)
        != DM_OK)
        return error_nomem(k->err);
    TRY(find_reads(&w, variant), done);
    if (k->again)
        goto done;
    TRY(write_rows(&w), done);
    for (uint32_t b = 0; b < w.rule->nbody; b++)
        if (literal_reads(&w.rule->body[b]) && !calls_own(&w, b)
            && k->variants.at[w.reads[b]].demand != NONE)
            TRY(write_demand(&w, b), done);
done:
    return st;
}

/* ---- what no rule of the user's says ------------------------------------ */

static void draft_blank(demand *k, uint32_t relation, dm_rule *rule)
{
    const dm_relation *r = &k->p->relations.at[relation]->pub;
    *rule = (dm_rule){.span = r->span, .generated = true};
}

/* What guards the input rows, whose arguments are `vars`; they become rows of
 * what is asked: S instead of X where tail calls are cut short. */
static dm_status guard_inputs(draft *d, const variant *v, const dm_expr *vars,
                              dm_expr *rows)
{
    const dm_relation *r = &d->k->p->relations.at[v->relation]->pub;
    uint32_t n = bound_count(v), at = 0;
    bool chain = v->chain != NONE;
    dm_expr *args = draft_args(d, 2 * n);
    if (!args)
        return error_nomem(d->k->err);
    for (uint32_t i = 0; i < r->arity; i++) {
        if (!(v->mask >> i & 1))
            continue;
        args[chain ? n + at : at] = vars[i];
        if (chain)
            rows[i] = args[at] = draft_named(d, "S", at);
        at++;
    }
    draft_literal(d, &(dm_literal){.kind = DM_ATOM, .args = args,
                                   .relation = chain ? v->chain : v->demand,
                                   .nargs = chain ? 2 * n : n});
    return DM_OK;
}

/* The input rows of r: r^bf(X, Y) if demand^r^bf(X), r(X, Y).  A lattice's
 * join with those of its rules. */
static dm_status write_inputs(demand *k, const variant *v)
{
    dm_status st = DM_OK;
    draft d;
    dm_rule blank;
    const program_relation *r = k->p->relations.at[v->relation];
    uint32_t arity = r->pub.arity;
    draft_blank(k, v->relation, &blank);
    TRY(draft_open(k, &blank, &d), done);
    dm_expr *vars = draft_args(&d, arity), *rows = draft_args(&d, arity);
    if (!vars || !rows)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < arity; i++)
        rows[i] = vars[i] = draft_named(&d, "X", i);
    if (r->lattice)
        rows[r->lattice_column] = (dm_expr){
            .kind = DM_EXPR_AGGREGATE, .aggregate = r->lattice_aggregate,
            .nargs = 1, .args = &vars[r->lattice_column]};
    TRY(guard_inputs(&d, v, vars, rows), done);
    d.rule.relation = v->rows;
    d.rule.args = rows;
    d.rule.nargs = arity;
    draft_literal(&d, &(dm_literal){.kind = DM_ATOM, .relation = v->relation,
                                    .nargs = arity, .args = vars});
    st = draft_close(&d);
done:
    return st;
}

/* chain^r(S, S) if demand^r(S). */
static dm_status write_chain(demand *k, const variant *v)
{
    dm_status st = DM_OK;
    draft d;
    dm_rule blank;
    uint32_t n = bound_count(v);
    draft_blank(k, v->relation, &blank);
    TRY(draft_open(k, &blank, &d), done);
    dm_expr *twice = draft_args(&d, 2 * n);
    if (!twice)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < n; i++)
        twice[i] = twice[n + i] = draft_named(&d, "S", i);
    d.rule.relation = v->chain;
    d.rule.args = twice;
    d.rule.nargs = 2 * n;
    draft_literal(&d, &(dm_literal){.kind = DM_ATOM, .relation = v->demand,
                                    .nargs = n, .args = twice});
    st = draft_close(&d);
done:
    return st;
}

dm_status demand_write(demand *k, uint32_t variant)
{
    dm_status st = DM_OK;
    struct variant v = k->variants.at[variant];
    const program_relation *r = k->p->relations.at[v.relation];
    const dm_component *c = &k->p->components[r->component];
    if (v.demand != NONE && r->pub.input != DM_INPUT_NONE)
        TRY(write_inputs(k, &v), done);
    if (v.chain != NONE)
        TRY(write_chain(k, &v), done);
    for (uint32_t i = 0; i < c->nrules && !k->again; i++)
        if (k->p->rules.at[c->rules[i]]->pub.relation == v.relation)
            TRY(write_rule(k, variant, c->rules[i]), done);
done:
    return st;
}

dm_status demand_seed(demand *k, uint32_t variant, const dm_cell *cells)
{
    dm_status st = DM_OK;
    draft d;
    dm_rule blank;
    struct variant v = k->variants.at[variant];
    const dm_relation *r = &k->p->relations.at[v.relation]->pub;
    uint32_t n = 0;
    if (v.demand == NONE)
        return DM_OK;
    draft_blank(k, v.relation, &blank);
    TRY(draft_open(k, &blank, &d), done);
    dm_expr *args = draft_args(&d, r->arity);
    if (!args)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < r->arity; i++)
        if (v.mask >> i & 1)
            args[n++] = (dm_expr){.kind = DM_EXPR_CONST, .cell = cells[i],
                                  .type = r->columns[i].type};
    d.rule.relation = v.demand;
    d.rule.args = args;
    d.rule.nargs = n;
    st = draft_close(&d);
done:
    return st;
}
