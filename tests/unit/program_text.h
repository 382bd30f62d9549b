/* program_text.h - programs for C tests, written as text.
 *
 *     struct text_program t;
 *     text_open(&t);
 *     text_relation(&t, "edge(x: int, y: int)", DM_INPUT_FACTS);
 *     text_rule(&t, "path(X, Z) if path(X, Y) and edge(Y, Z).");
 *     dm_program_check(t.program, &t.error);
 *     text_close(&t);
 *
 * A relation that isn't declared is made at its first use, its columns
 * untyped, without input.  Inside terms a name with parentheses is a compound;
 * `@f(X)` calls a function declared before.  Head aggregates and `N = sum{ V :
 * r(X, V) }` are read (one atom inside the braces); `{ r(X, _) }` counts rows.
 * Lines are numbered by rule, columns by character.  This is no parser of the
 * language: a mistake in a test's text aborts. */
#ifndef TESTS_PROGRAM_TEXT_H
#define TESTS_PROGRAM_TEXT_H

#include "base/buf.h"
#include "base/date.h"
#include "base/mem.h"
#include "rules/program.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_program {
    dm_terms *terms;
    dm_program *program;
    dm_error error;
    uint32_t nrules;
    arena arena;
    /* reading one rule */
    const char *text, *at;
    const char *vars[64];
    uint32_t nvars;
    bool belief;
};

__attribute__((unused))
static void text_open(struct text_program *t)
{
    uint32_t file;
    memset(t, 0, sizeof *t);
    t->terms = terms_new(NULL);
    if (dm_program_new(t->terms, &t->program) != DM_OK
        || dm_program_file(t->program, "test.dm", &file) != DM_OK)
        abort();
}

__attribute__((unused))
static void text_close(struct text_program *t)
{
    dm_program_free(t->program);
    terms_free(t->terms);
    arena_free(&t->arena);
}

static void text_fail(const struct text_program *t, const char *what)
{
    fprintf(stderr, "test text: %s at \"%s\" in \"%s\"\n", what, t->at,
            t->text);
    abort();
}

static void text_space(struct text_program *t)
{
    while (isspace((unsigned char)*t->at))
        t->at++;
}

static bool text_accept(struct text_program *t, const char *token)
{
    size_t n = strlen(token);
    text_space(t);
    if (strncmp(t->at, token, n) != 0
        || (isalpha((unsigned char)token[0])
            && (isalnum((unsigned char)t->at[n]) || t->at[n] == '_')))
        return false;
    t->at += n;
    return true;
}

static void text_expect(struct text_program *t, const char *token)
{
    if (!text_accept(t, token))
        text_fail(t, token);
}

static bool text_is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '@';
}

/* A name, `-r` and `r@3` included. */
static const char *text_name(struct text_program *t)
{
    text_space(t);
    const char *from = t->at;
    t->at += *t->at == '-';
    while (text_is_name(*t->at))
        t->at++;
    if (t->at == from)
        text_fail(t, "a name");
    return arena_strdup(&t->arena, from, (size_t)(t->at - from));
}

static dm_span text_span(const struct text_program *t, const char *from)
{
    uint32_t line = t->nrules + 1;
    return (dm_span){0, line, (uint32_t)(from - t->text) + 1, line,
                     (uint32_t)(t->at - t->text) + 1};
}

static dm_type text_type(const char *name)
{
    static const char *const names[] = {"any",  "symbol",   "int", "float",
                                        "date", "interval", "term"};
    for (int i = 0; i < 7; i++)
        if (strcmp(names[i], name) == 0)
            return (dm_type)i;
    abort();
}

/* "edge(x: int, y)"; fills in name, arity, columns. */
static void text_columns(struct text_program *t, const char *text,
                         dm_relation *r, dm_column columns[64])
{
    t->text = t->at = text;
    r->name = text_name(t);
    r->columns = columns;
    if (!text_accept(t, "("))
        return;
    do {
        dm_column *c = &columns[r->arity++];
        *c = (dm_column){text_name(t), DM_ANY};
        if (text_accept(t, ":"))
            c->type = text_type(text_name(t));
    } while (text_accept(t, ","));
    text_expect(t, ")");
}

__attribute__((unused))
static uint32_t text_relation_with(struct text_program *t, const char *text,
                                   dm_relation r)
{
    dm_column columns[64];
    uint32_t index;
    text_columns(t, text, &r, columns);
    if (dm_program_relation(t->program, &r, &index, &t->error) != DM_OK)
        text_fail(t, t->error.text);
    return index;
}

__attribute__((unused))
static uint32_t text_relation(struct text_program *t, const char *text,
                              dm_input input)
{
    return text_relation_with(t, text, (dm_relation){.input = input});
}

__attribute__((unused))
static void text_constructor(struct text_program *t, const char *text)
{
    dm_column columns[64];
    dm_relation r = {0};
    uint32_t index;
    text_columns(t, text, &r, columns);
    dm_constructor c = {r.name, r.arity, columns};
    if (dm_program_constructor(t->program, &c, &index, &t->error) != DM_OK)
        text_fail(t, t->error.text);
}

static uint32_t text_find(struct text_program *t, const char *name,
                          uint32_t arity)
{
    uint32_t index;
    dm_column columns[64] = {{NULL, DM_ANY}};
    dm_relation r = {.name = name, .arity = arity, .columns = columns};
    if (dm_program_find_relation(t->program, name, &index))
        return index;
    if (dm_program_relation(t->program, &r, &index, &t->error) != DM_OK)
        text_fail(t, t->error.text);
    return index;
}

static uint32_t text_find_function(struct text_program *t, const char *name)
{
    for (uint32_t i = 0; i < dm_program_nfunctions(t->program); i++)
        if (strcmp(dm_program_get_function(t->program, i)->name, name) == 0)
            return i;
    text_fail(t, "no such function");
    return 0;
}

/* ---- expressions -------------------------------------------------------- */

static dm_expr text_sum(struct text_program *t);

static dm_expr *text_args(struct text_program *t, const char *close,
                          uint32_t *n)
{
    dm_expr args[65] = {{0}};
    *n = 0;
    while (!text_accept(t, close)) {
        if (*n > 0)
            text_expect(t, ",");
        args[(*n)++] = text_sum(t);
    }
    return arena_copy(&t->arena, args, (*n + 1) * sizeof *args);
}

static dm_expr text_var(struct text_program *t, const char *name)
{
    dm_expr e = {.kind = DM_EXPR_VAR};
    for (e.var = 0; strcmp(name, "_") != 0 && e.var < t->nvars; e.var++)
        if (strcmp(t->vars[e.var], name) == 0)
            return e;
    e.var = t->nvars;
    t->vars[t->nvars++] = name;
    return e;
}

static dm_expr text_number(struct text_program *t)
{
    char *end;
    dm_expr e = {.kind = DM_EXPR_CONST, .type = DM_INT};
    int32_t day;
    if (strlen(t->at) > 10 && date_parse(t->at, 10, &day)) {
        t->at += 10;
        e.type = DM_DATE;
        e.cell = cell_int(day);
        return e;
    }
    e.cell = cell_int(strtoll(t->at, &end, 10));
    if (*end == '.' && isdigit((unsigned char)end[1])) {
        e.type = DM_FLOAT;
        e.cell = cell_float(strtod(t->at, &end));
    }
    t->at = end;
    return e;
}

static dm_term text_symbol(struct text_program *t, const char *name)
{
    dm_term term;
    if (terms_symbol(t->terms, name, strlen(name), &term) != DM_OK)
        abort();
    return term;
}

static bool text_aggregate(const char *name, dm_aggregate *out)
{
    static const char *const names[] = {"count", "sum",  "min",
                                        "max",   "mean", "list"};
    for (int i = 0; i < 6; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (dm_aggregate)i;
            return true;
        }
    return false;
}

static dm_expr text_primary(struct text_program *t)
{
    dm_expr e = {.kind = DM_EXPR_CONST, .type = DM_SYMBOL};
    text_space(t);
    const char *from = t->at;
    if (isdigit((unsigned char)*t->at)) {
        e = text_number(t);
    } else if (text_accept(t, "(")) {
        e = text_sum(t);
        text_expect(t, ")");
    } else if (text_accept(t, "- ")) {
        dm_expr operand = text_primary(t);
        e = (dm_expr){.kind = DM_EXPR_OP, .op = DM_NEG, .nargs = 1,
                      .args = arena_copy(&t->arena, &operand, sizeof e)};
    } else {
        const char *name = text_name(t);
        dm_aggregate aggregate;
        if (isupper((unsigned char)name[0]) || name[0] == '_') {
            e = text_var(t, name);
        } else if (!text_accept(t, "(")) {
            e.cell = text_symbol(t, name);
        } else if (name[0] == '@') {
            e.kind = DM_EXPR_CALL;
            e.function = text_find_function(t, name + 1);
            e.args = text_args(t, ")", &e.nargs);
        } else if (text_aggregate(name, &aggregate)) {
            e.kind = DM_EXPR_AGGREGATE;
            e.aggregate = aggregate;
            e.args = text_args(t, ")", &e.nargs);
        } else {
            e.kind = DM_EXPR_COMPOUND;
            e.functor = text_symbol(t, name);
            e.args = text_args(t, ")", &e.nargs);
        }
    }
    e.span = text_span(t, from);
    return e;
}

static dm_expr text_infix(struct text_program *t, const char *from, dm_op op,
                          dm_expr left, dm_expr right)
{
    dm_expr args[2] = {left, right};
    return (dm_expr){.kind = DM_EXPR_OP, .op = op, .nargs = 2,
                     .args = arena_copy(&t->arena, args, sizeof args),
                     .span = text_span(t, from)};
}

static dm_expr text_product(struct text_program *t)
{
    text_space(t);
    const char *from = t->at;
    dm_expr e = text_primary(t);
    for (;;) {
        if (text_accept(t, "*"))
            e = text_infix(t, from, DM_MUL, e, text_primary(t));
        else if (text_accept(t, "/"))
            e = text_infix(t, from, DM_DIV, e, text_primary(t));
        else if (text_accept(t, "div"))
            e = text_infix(t, from, DM_IDIV, e, text_primary(t));
        else if (text_accept(t, "mod"))
            e = text_infix(t, from, DM_MOD, e, text_primary(t));
        else
            return e;
    }
}

static dm_expr text_sum(struct text_program *t)
{
    text_space(t);
    const char *from = t->at;
    dm_expr e = text_product(t);
    for (;;) {
        if (text_accept(t, "+"))
            e = text_infix(t, from, DM_ADD, e, text_product(t));
        else if (text_accept(t, "- "))
            e = text_infix(t, from, DM_SUB, e, text_product(t));
        else
            return e;
    }
}

/* ---- literals ----------------------------------------------------------- */

/* Whether what follows is an atom: a name that no operator follows. */
static bool text_at_atom(struct text_program *t)
{
    const char *p;
    int depth = 0;
    text_space(t);
    p = t->at + (*t->at == '-');
    if (!islower((unsigned char)*p))
        return false;
    while (text_is_name(*p))
        p++;
    if (*p == '(')
        do {
            depth += (*p == '(') - (*p == ')');
            p++;
        } while (depth > 0 && *p);
    while (isspace((unsigned char)*p))
        p++;
    return !strchr("=<>!+*/", *p) || *p == '\0';
}

static dm_literal text_atom(struct text_program *t, dm_literal_kind kind)
{
    dm_literal l = {.kind = kind};
    const char *name = text_name(t);
    if (text_accept(t, "("))
        l.args = text_args(t, ")", &l.nargs);
    l.relation = text_find(t, name, l.nargs);
    return l;
}

static dm_compare text_compare(struct text_program *t)
{
    static const char *const ops[] = {"=", "!=", "<=", ">=", "<", ">"};
    static const dm_compare values[] = {DM_EQ, DM_NE, DM_LE,
                                        DM_GE, DM_LT, DM_GT};
    for (int i = 0; i < 6; i++)
        if (text_accept(t, ops[i]))
            return values[i];
    text_fail(t, "a comparison");
    return DM_EQ;
}

/* Which variables are free inside braces: "_", and the value. */
static void text_braces(struct text_program *t, dm_expr result, dm_literal *l)
{
    const char *value = NULL;
    dm_expr args[65];
    if (!strchr(t->at, ':') || strchr(t->at, '}') < strchr(t->at, ':'))
        l->value_column = UINT32_MAX;
    else {
        value = text_name(t);
        text_expect(t, ":");
    }
    dm_literal inner = text_atom(t, DM_ATOM);
    text_expect(t, "}");
    l->relation = inner.relation;
    for (uint32_t i = 0; i < inner.nargs; i++) {
        const dm_expr *e = args + i;
        args[i] = inner.args[i];
        const char *name = e->kind == DM_EXPR_VAR ? t->vars[e->var] : "";
        if (value && strcmp(name, value) == 0)
            l->value_column = i;
        else if (strcmp(name, "_") != 0)
            l->grouped |= UINT64_C(1) << i;
    }
    args[inner.nargs] = result;
    l->nargs = inner.nargs + 1;
    l->args = arena_copy(&t->arena, args, l->nargs * sizeof *args);
}

static dm_literal text_test(struct text_program *t)
{
    dm_literal l = {.kind = DM_TEST};
    dm_expr args[2];
    args[0] = text_sum(t);
    l.compare = text_compare(t);
    text_space(t);
    const char *from = t->at;
    const char *word = islower((unsigned char)*from) ? text_name(t) : "";
    if (text_aggregate(word, &l.aggregate) && text_accept(t, "{")) {
        l.kind = DM_BODY_AGGREGATE;
        text_braces(t, args[0], &l);
        return l;
    }
    t->at = from;
    args[1] = text_sum(t);
    l.nargs = 2;
    l.args = arena_copy(&t->arena, args, sizeof args);
    return l;
}

static dm_literal text_literal(struct text_program *t)
{
    dm_literal l;
    text_space(t);
    const char *from = t->at;
    if (text_accept(t, "not"))
        l = text_atom(t, DM_NOT_ATOM);
    else if (text_at_atom(t))
        l = text_atom(t, DM_ATOM);
    else
        l = text_test(t);
    l.span = text_span(t, from);
    return l;
}

/* Add a rule; "name: head if …." gives it a name. */
__attribute__((unused))
static uint32_t text_rule(struct text_program *t, const char *text)
{
    dm_literal body[64];
    uint32_t index;
    dm_rule r = {.body = body, .vars = t->vars, .user = t->nrules,
                 .belief = t->belief};
    t->text = t->at = text;
    t->nvars = 0;
    const char *colon = strstr(text, ": ");
    if (colon && colon < strchr(text, '(') && !strchr(text, '{')) {
        r.name = text_name(t);
        text_expect(t, ":");
    }
    dm_literal head = text_atom(t, DM_ATOM);
    if (text_accept(t, "if"))
        do
            body[r.nbody++] = text_literal(t);
        while (text_accept(t, "and") || text_accept(t, ","));
    text_expect(t, ".");
    r.relation = head.relation;
    r.nargs = head.nargs;
    r.args = head.args;
    r.nvars = t->nvars;
    r.span = text_span(t, text);
    t->nrules++;
    if (dm_program_rule(t->program, &r, &index, &t->error) != DM_OK)
        text_fail(t, t->error.text);
    return index;
}

/* One diagnostic a line: "1:12 code name name …". */
__attribute__((unused))
static const char *text_diagnostics(struct text_program *t)
{
    const dm_diagnostic *d;
    size_t n = dm_program_diagnostics(t->program, &d);
    buf b = {0};
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s%u:%u %s", i ? "\n" : "", d[i].span.line,
                   d[i].span.column, d[i].code);
        for (int j = 0; j < 4; j++)
            if (d[i].names[j][0])
                buf_printf(&b, "%s%s", j ? " | " : " ", d[i].names[j]);
    }
    const char *text = arena_strdup(&t->arena, b.at ? b.at : "", b.len);
    buf_free(&b);
    return text;
}

#endif
