/* check.c - dm_program_check: the passes in order, and what they share.
 *
 * Purpose: say everything that is wrong with a program, at once, as data.
 * Representation: a diagnostic is a code, a place and up to four texts in the
 * program's arena; the Lua half words it.
 * Invariants: a program is sealed after its check, whatever came out; when
 * memory runs out the whole check fails with DM_NOMEM.
 * Cost: O(size log size). */
#include "rules/check.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shared by the passes ----------------------------------------------- */

void *check_alloc(check *c, size_t count, size_t size)
{
    void *at = arena_zalloc(&c->scratch, (count + 1) * size);
    if (!at)
        c->nomem = true;
    return at;
}

void check_report(check *c, const char *code, dm_severity severity,
                  dm_span span, uint32_t rule, const char *const names[4])
{
    dm_program *p = c->p;
    dm_diagnostic d = {code, severity, span, rule, {"", "", "", ""}};
    if (severity == DM_ERROR)
        p->nerrors++;
    if (p->diagnostics.len >= PROGRAM_MAX_DIAGNOSTICS)
        return;
    for (int i = 0; i < 4 && names[i]; i++) {
        d.names[i] = arena_strdup(&p->arena, names[i], strlen(names[i]));
        if (!d.names[i])
            c->nomem = true;
    }
    if (!vec_push(&p->diagnostics, d))
        c->nomem = true;
}

const char *check_text(check *c, buf *b)
{
    const char *text = "";
    if (!b->failed && b->len > 0)
        text = arena_strdup(&c->p->arena, b->at, b->len);
    if (b->failed || !text) {
        c->nomem = true;
        text = "";
    }
    buf_free(b);
    return text;
}

const char *check_format(check *c, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = size < 0 ? 0 : (size_t)size;
    if (len >= sizeof text)
        len = sizeof text - 1;
    const char *copy = arena_strdup(&c->p->arena, text, len);
    if (!copy)
        c->nomem = true;
    return copy ? copy : "";
}

const char *check_expr_text(check *c, const dm_rule *r, const dm_expr *e)
{
    buf b = {0};
    print_expr(c->p, r, e, &b);
    return check_text(c, &b);
}

const char *check_location(check *c, dm_span span)
{
    const char *file = dm_program_file_name(c->p, span.file);
    if (span.line == 0)
        return "";
    return check_format(c, "%s:%" PRIu32 ":%" PRIu32, file ? file : "?",
                        span.line, span.column);
}

bool literal_fits(const dm_program *p, const dm_literal *l)
{
    if (l->kind == DM_TEST)
        return true;
    uint32_t extra = l->kind == DM_BODY_AGGREGATE;
    return l->nargs == p->relations.at[l->relation]->pub.arity + extra;
}

bool head_fits(const dm_program *p, const dm_rule *r)
{
    return r->nargs == p->relations.at[r->relation]->pub.arity;
}

dm_span literal_span(const dm_rule *r, const dm_literal *l)
{
    return l->span.line ? l->span : r->span;
}

dm_span expr_span(const dm_rule *r, const dm_expr *e)
{
    return e->span.line ? e->span : r->span;
}

void expr_each(const dm_expr *e, bool computed, expr_visit *visit,
               void *context)
{
    if (e->kind == DM_EXPR_VAR) {
        visit(context, e, computed);
        return;
    }
    computed = computed || e->kind != DM_EXPR_COMPOUND;
    for (uint32_t i = 0; i < e->nargs; i++)
        expr_each(&e->args[i], computed, visit, context);
}

bool rule_is_anonymous(const program_rule *r, const dm_expr *e)
{
    return e->kind == DM_EXPR_VAR && r->uses[e->var] == 1
           && r->pub.vars[e->var][0] == '_';
}

bool literal_is_free(const program_rule *r, const dm_literal *l, uint32_t arg)
{
    if (l->kind == DM_BODY_AGGREGATE)
        return arg + 1 < l->nargs && !(l->grouped >> arg & 1);
    return l->kind == DM_NOT_ATOM && rule_is_anonymous(r, &l->args[arg]);
}

const char *type_name(dm_type type)
{
    static const char *const names[] = {"any",  "symbol",   "int",  "float",
                                        "date", "interval", "term", "int"};
    assert(type <= TYPE_LITERAL);
    return names[type];
}

const char *aggregate_name(const dm_program *p, dm_aggregate aggregate,
                           uint32_t function)
{
    static const char *const names[] = {"count", "sum",  "min",
                                        "max",   "mean", "list"};
    if (aggregate == DM_CUSTOM)
        return p->functions.at[function].name;
    return names[aggregate];
}

const char *op_name(dm_op op)
{
    static const char *const names[] = {"+", "-", "*", "/", "div", "mod", "-"};
    return names[op];
}

const char *compare_name(dm_compare compare)
{
    static const char *const names[] = {"=", "!=", "<", "<=", ">", ">="};
    return names[compare];
}

/* ---- shape: arities, and where aggregates stand ------------------------- */

typedef struct shape {
    check *c;
    const dm_rule *rule;
    uint32_t index;
} shape;

static void shape_arity(shape *s, const char *name, const char *what,
                        uint32_t expected, uint32_t given, dm_span span)
{
    check_error(s->c, "arity", span, s->index, name,
                check_format(s->c, "%" PRIu32, expected),
                check_format(s->c, "%" PRIu32, given), what);
}

/* A constructor's arity is checked here; that of a relation's term is left to
 * lowering, which knows the declaration even where the program doesn't. */
static void shape_term(shape *s, const dm_expr *e)
{
    const dm_program *p = s->c->p;
    size_t size;
    const char *name = terms_text(p->terms, e->functor, &size);
    uint32_t i;
    if (!name_find(&p->constructor_names, name, size, &i))
        return;
    const dm_constructor *k = &p->constructors.at[i];
    if (k->arity != e->nargs)
        shape_arity(s, k->name, "term", k->arity, e->nargs,
                    expr_span(s->rule, e));
}

/* `aggregate`: it is used as one. */
static void shape_function(shape *s, uint32_t function, bool aggregate,
                           dm_span span)
{
    const dm_function *f = &s->c->p->functions.at[function];
    if (!f->fold == aggregate)
        check_error(s->c, "function-kind", span, s->index, f->name,
                    f->fold ? "aggregate" : "function",
                    aggregate ? "aggregate" : "function");
}

static void shape_call(shape *s, const dm_expr *e)
{
    const dm_function *f = &s->c->p->functions.at[e->function];
    shape_function(s, e->function, false, expr_span(s->rule, e));
    if (f->nargs != UINT32_MAX && f->nargs != e->nargs)
        shape_arity(s, f->name, "function", f->nargs, e->nargs,
                    expr_span(s->rule, e));
}

static void shape_aggregate(shape *s, dm_aggregate aggregate,
                            uint32_t function, bool has_value, dm_span span)
{
    if (aggregate == DM_CUSTOM)
        shape_function(s, function, true, span);
    if (!has_value && aggregate != DM_COUNT)
        check_error(s->c, "aggregate-value", span, s->index,
                    aggregate_name(s->c->p, aggregate, function));
}

/* `top`: an argument of the head, where an aggregate may stand. */
static void shape_expr(shape *s, const dm_expr *e, bool top)
{
    dm_span span = expr_span(s->rule, e);
    if (e->kind == DM_EXPR_COMPOUND)
        shape_term(s, e);
    else if (e->kind == DM_EXPR_CALL)
        shape_call(s, e);
    else if (e->kind == DM_EXPR_AGGREGATE && top)
        shape_aggregate(s, e->aggregate, e->function, e->nargs == 1, span);
    else if (e->kind == DM_EXPR_AGGREGATE)
        check_error(s->c, "aggregate-place", span, s->index,
                    aggregate_name(s->c->p, e->aggregate, e->function));
    for (uint32_t i = 0; i < e->nargs; i++)
        shape_expr(s, &e->args[i], false);
}

static void shape_literal(shape *s, const dm_literal *l)
{
    const dm_program *p = s->c->p;
    dm_span span = literal_span(s->rule, l);
    for (uint32_t i = 0; i < l->nargs; i++)
        shape_expr(s, &l->args[i], false);
    if (!literal_fits(p, l)) {
        const dm_relation *r = &p->relations.at[l->relation]->pub;
        uint32_t extra = l->kind == DM_BODY_AGGREGATE;
        shape_arity(s, r->name, "relation", r->arity, l->nargs - extra, span);
    }
    if (l->kind == DM_BODY_AGGREGATE)
        shape_aggregate(s, l->aggregate, l->function,
                        l->value_column != NONE, span);
}

static void shape_rule(shape *s)
{
    const dm_rule *r = s->rule;
    const dm_relation *head = &s->c->p->relations.at[r->relation]->pub;
    if (head->input == DM_INPUT_SYSTEM)
        check_error(s->c, "derived-system", r->span, s->index, head->name);
    if (!head_fits(s->c->p, r))
        shape_arity(s, head->name, "relation", head->arity, r->nargs, r->span);
    if (r->nbody > PROGRAM_MAX_BODY)
        check_error(s->c, "body-size", r->span, s->index, head->name,
                    check_format(s->c, "%d", PROGRAM_MAX_BODY),
                    check_format(s->c, "%" PRIu32, r->nbody));
    for (uint32_t i = 0; i < r->nargs; i++)
        shape_expr(s, &r->args[i], true);
    for (uint32_t i = 0; i < r->nbody; i++)
        shape_literal(s, &r->body[i]);
}

void check_shape(check *c)
{
    for (uint32_t i = 0; i < c->p->rules.len; i++) {
        shape s = {c, &c->p->rules.at[i]->pub, i};
        shape_rule(&s);
    }
}

/* ---- the check ---------------------------------------------------------- */

static int by_place(const void *left, const void *right)
{
    const dm_diagnostic *a = left, *b = right;
    if (a->span.file != b->span.file)
        return a->span.file < b->span.file ? -1 : 1;
    if (a->span.line != b->span.line)
        return a->span.line < b->span.line ? -1 : 1;
    if (a->span.column != b->span.column)
        return a->span.column < b->span.column ? -1 : 1;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    int order = strcmp(a->code, b->code);
    return order ? order : strcmp(a->names[0], b->names[0]);
}

static bool same_place(const dm_diagnostic *a, const dm_diagnostic *b)
{
    return a->span.line != 0 && a->span.file == b->span.file
           && a->span.line == b->span.line
           && a->span.column == b->span.column
           && strcmp(a->names[0], b->names[0]) == 0;
}

/* Lowering makes several rules of one, and each repeats its mistakes. */
static bool same_mistake(const dm_diagnostic *a, const dm_diagnostic *b)
{
    if (!same_place(a, b) || strcmp(a->code, b->code) != 0)
        return false;
    for (int i = 1; i < 4; i++)
        if (strcmp(a->names[i], b->names[i]) != 0)
            return false;
    return true;
}

/* That a variable occurs once goes without saying when it has no value. */
static bool says_more(const dm_diagnostic *b, const dm_diagnostic *a)
{
    return same_place(a, b) && strcmp(a->code, "singleton-variable") == 0
           && strcmp(b->code, "unsafe-variable") == 0;
}

static void sort_diagnostics(dm_program *p)
{
    size_t n = 0;
    if (p->diagnostics.len == 0)
        return;
    qsort(p->diagnostics.at, p->diagnostics.len, sizeof *p->diagnostics.at,
          by_place);
    for (size_t i = 0; i < p->diagnostics.len; i++) {
        const dm_diagnostic *d = &p->diagnostics.at[i];
        if (n > 0 && says_more(d, &p->diagnostics.at[n - 1]))
            p->diagnostics.at[n - 1] = *d;
        else if (n == 0 || !same_mistake(&p->diagnostics.at[n - 1], d))
            p->diagnostics.at[n++] = *d;
    }
    if (p->diagnostics.len < PROGRAM_MAX_DIAGNOSTICS)
        p->nerrors = 0;
    for (size_t i = 0; i < n && p->diagnostics.len < PROGRAM_MAX_DIAGNOSTICS;
         i++)
        p->nerrors += p->diagnostics.at[i].severity == DM_ERROR;
    p->diagnostics.len = n;
}

static bool run_passes(dm_program *p)
{
    static void (*const passes[])(check *) = {
        check_shape,    check_components, check_types,
        check_safety,   check_lattices,   check_aggregates,
        check_belief,   check_invention,  check_style};
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        check c = {.p = p};
        passes[i](&c);
        arena_free(&c.scratch);
        if (c.nomem)
            return false;
    }
    return true;
}

dm_status dm_program_check(dm_program *p, dm_error *err)
{
    if (p->checked)
        return error_set(err, DM_INVALID, "the program is checked already");
    if (!run_passes(p))
        return error_nomem(err);
    sort_diagnostics(p);
    p->checked = true;
    if (p->nerrors > 0)
        return error_set(err, DM_CHECK, "the rules have %zu mistake%s",
                         p->nerrors, p->nerrors == 1 ? "" : "s");
    return DM_OK;
}

size_t dm_program_diagnostics(const dm_program *p, const dm_diagnostic **out)
{
    *out = p->diagnostics.at;
    return p->diagnostics.len;
}
