/* style.c - what is legal, but hardly meant.
 *
 * Purpose: variables that occur once, rules written twice.
 * Method: lowering makes several rules of one, so a variable is single only
 * when it is in every rule of its user's rule where it occurs; rules are
 * compared by a hash of their form, variables numbered by first occurrence.
 * Cost: O(size log size). */
#include "rules/check.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- variables that occur once ------------------------------------------ */

typedef struct occurrence {
    uint32_t user, rule, var;
    uint32_t uses;
    const char *name;
} occurrence;

static int by_user_and_name(const void *left, const void *right)
{
    const occurrence *a = left, *b = right;
    if (a->user != b->user)
        return a->user < b->user ? -1 : 1;
    int order = strcmp(a->name, b->name);
    if (order != 0)
        return order;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static size_t collect_rule(const program_rule *r, uint32_t rule,
                           occurrence *out)
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->pub.nvars; i++)
        if (r->uses[i] > 0 && r->pub.vars[i][0] != '_')
            out[n++] = (occurrence){r->pub.user, rule, i, r->uses[i],
                                    r->pub.vars[i]};
    return n;
}

typedef struct finder {
    uint32_t var;
    const dm_expr *found;
} finder;

static void find_var(void *context, const dm_expr *var, bool computed)
{
    finder *f = context;
    (void)computed;
    if (var->var == f->var && !f->found)
        f->found = var;
}

static const dm_expr *where_is(const dm_rule *r, uint32_t var)
{
    finder f = {var, NULL};
    for (uint32_t i = 0; i < r->nargs && !f.found; i++)
        expr_each(&r->args[i], false, find_var, &f);
    for (uint32_t i = 0; i < r->nbody && !f.found; i++)
        for (uint32_t j = 0; j < r->body[i].nargs && !f.found; j++)
            expr_each(&r->body[i].args[j], false, find_var, &f);
    return f.found;
}

static void report_single(check *c, const occurrence *o)
{
    const dm_program *p = c->p;
    const dm_rule *r = &p->rules.at[o->rule]->pub;
    const dm_expr *e = where_is(r, o->var);
    check_warning(c, "singleton-variable", e ? expr_span(r, e) : r->span,
                  o->rule, o->name, p->relations.at[r->relation]->pub.name);
}

static void report_singles(check *c, const occurrence *all, size_t n)
{
    for (size_t i = 0, next; i < n; i = next) {
        bool single = true;
        for (next = i; next < n && all[next].user == all[i].user
                       && strcmp(all[next].name, all[i].name) == 0; next++)
            single = single && all[next].uses == 1;
        if (single && !c->p->rules.at[all[i].rule]->pub.generated)
            report_single(c, &all[i]);
    }
}

static void check_singles(check *c)
{
    const dm_program *p = c->p;
    size_t n = 0;
    for (size_t i = 0; i < p->rules.len; i++)
        n += p->rules.at[i]->pub.nvars;
    occurrence *all = check_alloc(c, n, sizeof *all);
    if (!all)
        return;
    n = 0;
    for (uint32_t i = 0; i < p->rules.len; i++)
        n += collect_rule(p->rules.at[i], i, all + n);
    qsort(all, n, sizeof *all, by_user_and_name);
    report_singles(c, all, n);
}

/* ---- rules written twice ------------------------------------------------ */

/* The form of a rule as bytes; variables by first occurrence. */
typedef struct form {
    buf bytes;
    uint32_t *number; /* by variable: 0 or its number */
    uint32_t next;
} form;

static void put_word(form *f, uint64_t word)
{
    buf_put(&f->bytes, &word, sizeof word);
}

static uint32_t number_of(form *f, uint32_t var)
{
    if (f->number[var] == 0)
        f->number[var] = ++f->next;
    return f->number[var];
}

static void put_expr(form *f, const dm_expr *e)
{
    put_word(f, (uint64_t)e->kind);
    switch (e->kind) {
    case DM_EXPR_VAR: put_word(f, number_of(f, e->var)); break;
    case DM_EXPR_CONST:
        put_word(f, (uint64_t)e->type);
        put_word(f, e->cell);
        break;
    case DM_EXPR_COMPOUND: put_word(f, e->functor); break;
    case DM_EXPR_OP: put_word(f, (uint64_t)e->op); break;
    case DM_EXPR_CALL: put_word(f, e->function); break;
    case DM_EXPR_AGGREGATE:
        put_word(f, (uint64_t)e->aggregate);
        put_word(f, e->aggregate == DM_CUSTOM ? e->function : 0);
        break;
    }
    put_word(f, e->nargs);
    for (uint32_t i = 0; i < e->nargs; i++)
        put_expr(f, &e->args[i]);
}

static void put_literal(form *f, const dm_literal *l)
{
    put_word(f, (uint64_t)l->kind);
    put_word(f, literal_reads(l) ? l->relation : (uint64_t)l->compare);
    if (l->kind == DM_BODY_AGGREGATE) {
        put_word(f, (uint64_t)l->aggregate);
        put_word(f, l->aggregate == DM_CUSTOM ? l->function : 0);
        put_word(f, l->value_column);
        put_word(f, l->grouped);
    }
    put_word(f, l->nargs);
    for (uint32_t i = 0; i < l->nargs; i++)
        put_expr(f, &l->args[i]);
}

typedef struct fingerprint {
    hash128 hash;
    uint32_t rule;
} fingerprint;

static fingerprint fingerprint_of(form *f, const dm_rule *r, uint32_t rule)
{
    buf_clear(&f->bytes);
    f->next = 0;
    for (uint32_t i = 0; i < r->nvars; i++)
        f->number[i] = 0;
    put_word(f, r->relation);
    put_word(f, r->nargs);
    for (uint32_t i = 0; i < r->nargs; i++)
        put_expr(f, &r->args[i]);
    for (uint32_t i = 0; i < r->nbody; i++)
        put_literal(f, &r->body[i]);
    return (fingerprint){hash_bytes128(f->bytes.at, f->bytes.len), rule};
}

static int by_hash(const void *left, const void *right)
{
    const fingerprint *a = left, *b = right;
    if (a->hash.hi != b->hash.hi)
        return a->hash.hi < b->hash.hi ? -1 : 1;
    if (a->hash.lo != b->hash.lo)
        return a->hash.lo < b->hash.lo ? -1 : 1;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static void report_twins(check *c, const fingerprint *all, size_t n)
{
    const dm_program *p = c->p;
    for (size_t i = 1, first = 0; i < n; i++) {
        if (all[i].hash.hi != all[first].hash.hi
            || all[i].hash.lo != all[first].hash.lo) {
            first = i;
            continue;
        }
        const dm_rule *a = &p->rules.at[all[first].rule]->pub;
        const dm_rule *b = &p->rules.at[all[i].rule]->pub;
        if (a->user != b->user)
            check_warning(c, "duplicate-rule", b->span, all[i].rule,
                          p->relations.at[b->relation]->pub.name,
                          check_location(c, a->span));
    }
}

static void check_twins(check *c)
{
    const dm_program *p = c->p;
    uint32_t nvars = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->rules.len; i++)
        if (p->rules.at[i]->pub.nvars > nvars)
            nvars = p->rules.at[i]->pub.nvars;
    form f = {.number = check_alloc(c, nvars, sizeof *f.number)};
    fingerprint *all = check_alloc(c, p->rules.len, sizeof *all);
    if (!f.number || !all)
        return;
    for (uint32_t i = 0; i < p->rules.len && !f.bytes.failed; i++) {
        const program_rule *r = p->rules.at[i];
        bool aux = p->relations.at[r->pub.relation]->pub.aux;
        if (!aux && !r->pub.generated)
            all[n++] = fingerprint_of(&f, &r->pub, i);
    }
    c->nomem = c->nomem || f.bytes.failed;
    buf_free(&f.bytes);
    if (c->nomem)
        return;
    qsort(all, n, sizeof *all, by_hash);
    report_twins(c, all, n);
}

void check_style(check *c)
{
    check_singles(c);
    check_twins(c);
}
