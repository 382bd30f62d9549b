/* program.c - building a program, and reading a checked one.
 *
 * Purpose: the flat form of rules that everything below the text works on.
 * Representation: relations and rules are copied into the program's arena,
 * public struct first, so that handing one out costs nothing; names are found
 * through hash tables.
 * Invariants: every index inside a rule is in range and no expression nests
 * deeper than PROGRAM_MAX_DEPTH, so the passes may recurse over expressions.
 * Nothing is added once the program is checked.
 * Cost: linear in what is passed in. */
#include "rules/check.h"

#include "base/hash.h"
#include "base/term_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- names -------------------------------------------------------------- */

static uint64_t name_hash(const char *name, size_t size)
{
    return hash_bytes(name, size, 0);
}

bool name_find(const name_table *t, const char *name, size_t size,
               uint32_t *out)
{
    if (t->cap == 0)
        return false;
    uint64_t hash = name_hash(name, size);
    for (size_t i = hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
        const name_slot *s = &t->slots[i];
        if (!s->name)
            return false;
        if (s->hash == hash && strlen(s->name) == size
            && memcmp(s->name, name, size) == 0) {
            *out = s->index;
            return true;
        }
    }
}

static void name_place(name_slot *slots, size_t cap, name_slot slot)
{
    size_t i = slot.hash & (cap - 1);
    while (slots[i].name)
        i = (i + 1) & (cap - 1);
    slots[i] = slot;
}

static bool name_grow(name_table *t)
{
    size_t cap = t->cap ? t->cap * 2 : 16;
    name_slot *slots = mem_calloc(cap, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].name)
            name_place(slots, cap, t->slots[i]);
    mem_free(t->slots);
    t->slots = slots;
    t->cap = cap;
    return true;
}

/* Make room for one more name, so that name_put can't fail. */
static bool name_reserve(name_table *t)
{
    return (t->used + 1) * 2 <= t->cap || name_grow(t);
}

static void name_put(name_table *t, const char *name, uint32_t index)
{
    assert((t->used + 1) * 2 <= t->cap);
    name_slot slot = {name_hash(name, strlen(name)), name, index};
    name_place(t->slots, t->cap, slot);
    t->used++;
}

/* ---- the program -------------------------------------------------------- */

dm_status dm_program_new(dm_terms *terms, dm_program **out)
{
    dm_program *p = mem_calloc(1, sizeof *p);
    if (!p)
        return DM_NOMEM;
    p->terms = terms;
    *out = p;
    return DM_OK;
}

void dm_program_free(dm_program *p)
{
    if (!p)
        return;
    vec_free(&p->files);
    vec_free(&p->relations);
    vec_free(&p->constructors);
    vec_free(&p->functions);
    vec_free(&p->rules);
    vec_free(&p->diagnostics);
    mem_free(p->relation_names.slots);
    mem_free(p->constructor_names.slots);
    mem_free(p->function_names.slots);
    arena_free(&p->arena);
    mem_free(p);
}

static const char *copy_text(dm_program *p, const char *text)
{
    return arena_strdup(&p->arena, text, strlen(text));
}

dm_status dm_program_file(dm_program *p, const char *name, uint32_t *out)
{
    assert(!p->checked);
    const char *copy = copy_text(p, name);
    if (!copy || !vec_push(&p->files, copy))
        return DM_NOMEM;
    *out = (uint32_t)p->files.len - 1;
    return DM_OK;
}

/* ---- relations, constructors, functions --------------------------------- */

/* A name not in the table yet, whose table has room for it. */
static dm_status name_fresh(name_table *t, const char *name, const char *what,
                            dm_error *err)
{
    uint32_t other;
    if (name_find(t, name, strlen(name), &other))
        return error_set(err, DM_EXISTS, "there is a %s %s already", what,
                         name);
    if (!name_reserve(t))
        return error_nomem(err);
    return DM_OK;
}

static dm_status columns_copy(dm_program *p, const dm_column *columns,
                              uint32_t n, dm_column **out, dm_error *err)
{
    dm_column *copy = arena_zalloc(&p->arena, (n + 1) * sizeof *copy);
    if (!copy)
        return error_nomem(err);
    for (uint32_t i = 0; columns && i < n; i++) {
        if (columns[i].type > DM_TERM)
            return error_set(err, DM_INVALID, "column %u has no such type",
                             i + 1);
        copy[i] = columns[i];
        if (columns[i].name && !(copy[i].name = copy_text(p, columns[i].name)))
            return error_nomem(err);
    }
    *out = copy;
    return DM_OK;
}

static dm_status key_copy(dm_program *p, dm_relation *r, dm_error *err)
{
    for (uint32_t i = 0; i < r->nkey; i++)
        if (r->key[i] >= r->arity)
            return error_set(err, DM_INVALID, "relation %s has no column %u",
                             r->name, r->key[i] + 1);
    if (r->nkey > 0) {
        r->key = arena_copy(&p->arena, r->key, r->nkey * sizeof *r->key);
        if (!r->key)
            return error_nomem(err);
    } else {
        r->key = NULL;
    }
    return DM_OK;
}

dm_status dm_program_relation(dm_program *p, const dm_relation *relation,
                              uint32_t *out, dm_error *err)
{
    assert(!p->checked);
    dm_status st = DM_OK;
    if (relation->arity > PROGRAM_MAX_ARITY)
        return error_set(err, DM_INVALID, "relation %s has over %d columns",
                         relation->name, PROGRAM_MAX_ARITY);
    TRY(name_fresh(&p->relation_names, relation->name, "relation", err), done);
    program_relation *r = arena_zalloc(&p->arena, sizeof *r);
    if (!r)
        return error_nomem(err);
    r->pub = *relation;
    r->pub.name = copy_text(p, relation->name);
    r->pub.of = relation->of ? copy_text(p, relation->of) : NULL;
    if (!r->pub.name || (relation->of && !r->pub.of))
        return error_nomem(err);
    TRY(columns_copy(p, relation->columns, relation->arity, &r->columns, err),
        done);
    r->pub.columns = r->columns;
    TRY(key_copy(p, &r->pub, err), done);
    if (!vec_push(&p->relations, r))
        return error_nomem(err);
    *out = (uint32_t)p->relations.len - 1;
    name_put(&p->relation_names, r->pub.name, *out);
done:
    return st;
}

dm_status dm_program_constructor(dm_program *p, const dm_constructor *c,
                                 uint32_t *out, dm_error *err)
{
    assert(!p->checked);
    dm_status st = DM_OK;
    dm_constructor copy = *c;
    dm_column *columns = NULL;
    TRY(name_fresh(&p->constructor_names, c->name, "constructor", err), done);
    TRY(columns_copy(p, c->columns, c->arity, &columns, err), done);
    copy.columns = columns;
    copy.name = copy_text(p, c->name);
    if (!copy.name || !vec_push(&p->constructors, copy))
        return error_nomem(err);
    *out = (uint32_t)p->constructors.len - 1;
    name_put(&p->constructor_names, copy.name, *out);
done:
    return st;
}

dm_status dm_program_function(dm_program *p, const dm_function *function,
                              uint32_t *out, dm_error *err)
{
    assert(!p->checked);
    dm_status st = DM_OK;
    if (!function->call == !function->fold)
        return error_set(err, DM_INVALID,
                         "%s must be a function or an aggregate",
                         function->name);
    if (function->result > DM_TERM)
        return error_set(err, DM_INVALID, "%s has no such type as its result",
                         function->name);
    TRY(name_fresh(&p->function_names, function->name, "function", err), done);
    dm_function copy = *function;
    copy.name = copy_text(p, function->name);
    if (copy.result == DM_ANY)
        copy.result = DM_TERM;
    if (!copy.name || !vec_push(&p->functions, copy))
        return error_nomem(err);
    *out = (uint32_t)p->functions.len - 1;
    name_put(&p->function_names, copy.name, *out);
done:
    return st;
}

/* ---- rules -------------------------------------------------------------- */

/* What copying a rule needs at hand. */
typedef struct rule_copier {
    dm_program *p;
    program_rule *rule;
    dm_error *err;
} rule_copier;

static dm_status bad_rule(rule_copier *k, const char *what)
{
    const dm_rule *r = &k->rule->pub;
    const char *file = dm_program_file_name(k->p, r->span.file);
    return error_set(k->err, DM_INVALID, "the rule at %s:%u: %s",
                     file ? file : "?", r->span.line, what);
}

static dm_status const_check(rule_copier *k, const dm_expr *e)
{
    if (e->type == DM_ANY || e->type > DM_TERM)
        return bad_rule(k, "a constant without a type");
    bool is_term = e->type == DM_SYMBOL || e->type == DM_INTERVAL
                   || e->type == DM_TERM;
    if (is_term && (e->cell > UINT32_MAX
                    || !terms_has(k->p->terms, (dm_term)e->cell)))
        return bad_rule(k, "a constant that is no term");
    if (e->type == DM_FLOAT && isnan(cell_get_float(e->cell)))
        return bad_rule(k, "a constant that is not a number");
    return DM_OK;
}

static dm_status op_check(rule_copier *k, const dm_expr *e)
{
    if (e->op > DM_NEG || e->nargs != (e->op == DM_NEG ? 1u : 2u))
        return bad_rule(k, "an operator with a wrong number of operands");
    return DM_OK;
}

static dm_status expr_check(rule_copier *k, const dm_expr *e)
{
    const dm_rule *r = &k->rule->pub;
    if (e->nargs > 0 && !e->args)
        return bad_rule(k, "arguments are missing");
    switch (e->kind) {
    case DM_EXPR_VAR:
        return e->var < r->nvars ? DM_OK : bad_rule(k, "no such variable");
    case DM_EXPR_CONST:
        return const_check(k, e);
    case DM_EXPR_COMPOUND:
        if (!terms_has(k->p->terms, e->functor)
            || terms_kind(k->p->terms, e->functor) != TERM_SYMBOL)
            return bad_rule(k, "a functor that is not a symbol");
        return e->nargs > 0 ? DM_OK : bad_rule(k, "a term without arguments");
    case DM_EXPR_OP:
        return op_check(k, e);
    case DM_EXPR_CALL:
        return e->function < k->p->functions.len
                   ? DM_OK : bad_rule(k, "no such function");
    case DM_EXPR_AGGREGATE:
        if (e->aggregate > DM_CUSTOM || e->nargs > 1)
            return bad_rule(k, "no such aggregate");
        if (e->aggregate == DM_CUSTOM && e->function >= k->p->functions.len)
            return bad_rule(k, "no such function");
        return DM_OK;
    }
    return bad_rule(k, "no such kind of expression");
}

static dm_status exprs_copy(rule_copier *k, const dm_expr *from, uint32_t n,
                            unsigned depth, dm_expr **out);

static dm_status expr_copy(rule_copier *k, const dm_expr *from,
                           unsigned depth, dm_expr *to)
{
    dm_status st = expr_check(k, from);
    if (st != DM_OK)
        return st;
    *to = *from;
    to->args = NULL;
    if (from->kind == DM_EXPR_VAR)
        k->rule->uses[from->var]++;
    if (from->kind == DM_EXPR_VAR || from->kind == DM_EXPR_CONST) {
        to->nargs = 0;
        return DM_OK;
    }
    to->type = DM_ANY;
    dm_expr *args = NULL;
    st = exprs_copy(k, from->args, from->nargs, depth + 1, &args);
    to->args = args;
    return st;
}

static dm_status exprs_copy(rule_copier *k, const dm_expr *from, uint32_t n,
                            unsigned depth, dm_expr **out)
{
    dm_status st = DM_OK;
    if (depth > PROGRAM_MAX_DEPTH)
        return bad_rule(k, "an expression nested too deeply");
    dm_expr *copy = arena_zalloc(&k->p->arena, ((size_t)n + 1) * sizeof *copy);
    if (!copy)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < n && st == DM_OK; i++)
        st = expr_copy(k, &from[i], depth, &copy[i]);
    *out = copy;
    return st;
}

static dm_status aggregate_check(rule_copier *k, const dm_literal *l)
{
    if (l->nargs == 0 || l->nargs - 1 > PROGRAM_MAX_ARITY)
        return bad_rule(k, "an aggregate without a result");
    if (l->aggregate > DM_CUSTOM)
        return bad_rule(k, "no such aggregate");
    if (l->aggregate == DM_CUSTOM && l->function >= k->p->functions.len)
        return bad_rule(k, "no such function");
    if (l->value_column != NONE && l->value_column >= l->nargs - 1)
        return bad_rule(k, "an aggregate over a column that is not there");
    return DM_OK;
}

static dm_status literal_check(rule_copier *k, const dm_literal *l)
{
    if (l->nargs > 0 && !l->args)
        return bad_rule(k, "arguments are missing");
    if (l->kind == DM_TEST)
        return l->nargs == 2 && l->compare <= DM_GE
                   ? DM_OK : bad_rule(k, "a comparison without two sides");
    if (l->relation >= k->p->relations.len)
        return bad_rule(k, "no such relation");
    if (l->kind == DM_BODY_AGGREGATE)
        return aggregate_check(k, l);
    return l->kind <= DM_BODY_AGGREGATE
               ? DM_OK : bad_rule(k, "no such kind of literal");
}

/* The free columns of a body aggregate are ignored, whatever they hold: the
 * copy has an int 0 there, and no variable is counted. */
static dm_status literal_args(rule_copier *k, const dm_literal *from,
                              dm_expr **out)
{
    if (from->kind != DM_BODY_AGGREGATE)
        return exprs_copy(k, from->args, from->nargs, 0, out);
    dm_status st = DM_OK;
    size_t size = from->nargs * sizeof **out;
    dm_expr *copy = arena_zalloc(&k->p->arena, size);
    if (!copy)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < from->nargs && st == DM_OK; i++) {
        if (i + 1 == from->nargs || from->grouped >> i & 1)
            st = expr_copy(k, &from->args[i], 0, &copy[i]);
        else
            copy[i] = (dm_expr){.kind = DM_EXPR_CONST, .type = DM_INT,
                                .span = from->args[i].span};
    }
    *out = copy;
    return st;
}

static dm_status body_copy(rule_copier *k, const dm_rule *from)
{
    dm_status st = DM_OK;
    size_t size = ((size_t)from->nbody + 1) * sizeof(dm_literal);
    dm_literal *body = arena_zalloc(&k->p->arena, size);
    if (!body)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < from->nbody && st == DM_OK; i++) {
        st = literal_check(k, &from->body[i]);
        if (st != DM_OK)
            break;
        dm_expr *args = NULL;
        body[i] = from->body[i];
        st = literal_args(k, &from->body[i], &args);
        body[i].args = args;
    }
    k->rule->pub.body = body;
    return st;
}

static dm_status vars_copy(rule_copier *k, const dm_rule *from)
{
    dm_rule *r = &k->rule->pub;
    size_t n = (size_t)from->nvars + 1;
    const char **names = arena_zalloc(&k->p->arena, n * sizeof *names);
    r->var_types = arena_zalloc(&k->p->arena, n * sizeof *r->var_types);
    k->rule->uses = arena_zalloc(&k->p->arena, n * sizeof *k->rule->uses);
    if (!names || !r->var_types || !k->rule->uses)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < from->nvars; i++) {
        const char *name = from->vars && from->vars[i] ? from->vars[i] : "_";
        if (!(names[i] = copy_text(k->p, name)))
            return error_nomem(k->err);
    }
    r->vars = names;
    r->name = from->name ? copy_text(k->p, from->name) : NULL;
    return from->name && !r->name ? error_nomem(k->err) : DM_OK;
}

dm_status dm_program_rule(dm_program *p, const dm_rule *rule, uint32_t *out,
                          dm_error *err)
{
    assert(!p->checked);
    dm_status st = DM_OK;
    program_rule *copy = arena_zalloc(&p->arena, sizeof *copy);
    if (!copy)
        return error_nomem(err);
    copy->pub = *rule;
    rule_copier k = {p, copy, err};
    if (rule->relation >= p->relations.len)
        return bad_rule(&k, "no such relation in the head");
    if ((rule->nargs > 0 && !rule->args) || (rule->nbody > 0 && !rule->body))
        return bad_rule(&k, "arguments are missing");
    TRY(vars_copy(&k, rule), done);
    TRY(exprs_copy(&k, rule->args, rule->nargs, 0, &copy->args), done);
    copy->pub.args = copy->args;
    TRY(body_copy(&k, rule), done);
    if (!vec_push(&p->rules, copy))
        return error_nomem(err);
    *out = (uint32_t)p->rules.len - 1;
done:
    return st;
}

/* ---- the same surroundings ---------------------------------------------- */

static dm_status copy_surroundings(const dm_program *p, dm_program *to,
                                   dm_error *err)
{
    dm_status st = DM_OK;
    uint32_t index;
    for (size_t i = 0; i < p->files.len && st == DM_OK; i++)
        if (dm_program_file(to, p->files.at[i], &index) != DM_OK)
            st = error_nomem(err);
    for (size_t i = 0; i < p->constructors.len && st == DM_OK; i++)
        st = dm_program_constructor(to, &p->constructors.at[i], &index, err);
    for (size_t i = 0; i < p->functions.len && st == DM_OK; i++)
        st = dm_program_function(to, &p->functions.at[i], &index, err);
    return st;
}

dm_status program_like(const dm_program *p, dm_program **out, dm_error *err)
{
    dm_program *like = NULL;
    if (dm_program_new(p->terms, &like) != DM_OK)
        return error_nomem(err);
    dm_status st = copy_surroundings(p, like, err);
    if (st == DM_OK)
        *out = like;
    else
        dm_program_free(like);
    return st;
}

/* ---- reading ------------------------------------------------------------ */

const dm_terms *dm_program_terms(const dm_program *p)
{
    return p->terms;
}

const char *dm_program_file_name(const dm_program *p, uint32_t file)
{
    return file < p->files.len ? p->files.at[file] : NULL;
}

uint32_t dm_program_nrelations(const dm_program *p)
{
    return (uint32_t)p->relations.len;
}

const dm_relation *dm_program_get_relation(const dm_program *p, uint32_t i)
{
    assert(i < p->relations.len);
    return &p->relations.at[i]->pub;
}

bool dm_program_find_relation(const dm_program *p, const char *name,
                              uint32_t *out)
{
    return name_find(&p->relation_names, name, strlen(name), out);
}

uint32_t dm_program_nrules(const dm_program *p)
{
    return (uint32_t)p->rules.len;
}

const dm_rule *dm_program_get_rule(const dm_program *p, uint32_t i)
{
    assert(i < p->rules.len);
    return &p->rules.at[i]->pub;
}

uint32_t dm_program_nfunctions(const dm_program *p)
{
    return (uint32_t)p->functions.len;
}

const dm_function *dm_program_get_function(const dm_program *p, uint32_t i)
{
    assert(i < p->functions.len);
    return &p->functions.at[i];
}

uint32_t dm_program_ncomponents(const dm_program *p)
{
    return p->ncomponents;
}

const dm_component *dm_program_get_component(const dm_program *p, uint32_t i)
{
    assert(i < p->ncomponents);
    return &p->components[i];
}

uint32_t dm_program_component_of(const dm_program *p, uint32_t relation)
{
    assert(p->checked && relation < p->relations.len);
    return p->relations.at[relation]->component;
}

bool dm_program_lattice(const dm_program *p, uint32_t relation,
                        uint32_t *column, dm_aggregate *aggregate)
{
    assert(p->checked && relation < p->relations.len);
    const program_relation *r = p->relations.at[relation];
    if (!r->lattice)
        return false;
    *column = r->lattice_column;
    *aggregate = r->lattice_aggregate;
    return true;
}

bool dm_program_is_free(const dm_program *p, uint32_t rule, uint32_t literal,
                        uint32_t arg)
{
    assert(rule < p->rules.len);
    const program_rule *r = p->rules.at[rule];
    assert(literal < r->pub.nbody && arg < r->pub.body[literal].nargs);
    return literal_is_free(r, &r->pub.body[literal], arg);
}
