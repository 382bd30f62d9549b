/* divide.c - relations of several columns, divided by constants.
 *
 * Purpose: triples t(S, P, O) whose rules name P, as t(X, type, D) if
 * t(X, type, C) and t(C, subClassOf, D), are many binary relations in one.
 * Kept apart, each can be sets of values by key, and its rules unions of
 * these, where rows of three columns are hashed one by one.
 *
 * Method.  A pattern of a relation t has the same constant in all columns but
 * one or two.  For each pattern that the rules of t's component name there is
 * a relation of the columns that are left, its part, which head and literals of
 * these rules read and derive instead; and two rules tie it to t:
 *
 *     t(S, type, O) if part(S, O).      part(S, O) if t(S, type, O).
 *
 * So rules that name no constant see all rows, and what they derive reaches
 * the parts.  In the least fixpoint part and t agree by these two rules, on
 * both sides of the well-founded model, since the component just grows.
 *
 * Divided are recursive relations that some rule derives by a pattern from
 * their own component.  Rows of parts are kept twice: that pays where they are
 * derived more than once, which is what recursion does.
 *
 * Cost: linear in the rules, times the patterns of a relation. */
#include "rules/sideways.h"

#include <assert.h>

enum { LEAST_ARITY = 3, MOST_PATTERNS = 16 };

/* A relation's columns that are constant, and its part. */
typedef struct pattern {
    uint32_t relation;
    uint64_t mask;
    const dm_expr *args; /* of a literal or head that has it */
    uint32_t part;
} pattern;

typedef struct divider {
    const dm_program *p;
    dm_program *out;
    VEC(pattern) patterns;
    bool *divided;       /* by relation of p */
    arena scratch;
    dm_error *err;
} divider;

/* ---- patterns ----------------------------------------------------------- */

/* The columns in which arguments are constants; 0 unless one or two others are
 * left, which are variables. */
static uint64_t constants(const dm_program *p, uint32_t relation,
                          const dm_expr *args)
{
    const program_relation *r = p->relations.at[relation];
    uint64_t mask = 0;
    uint32_t left = 0;
    for (uint32_t i = 0; i < r->pub.arity; i++) {
        if (args[i].kind == DM_EXPR_CONST
            && args[i].type == r->columns[i].type) {
            mask |= UINT64_C(1) << i;
            continue;
        }
        left++;
        if (args[i].kind != DM_EXPR_VAR)
            return 0;
    }
    return left == 1 || left == 2 ? mask : 0;
}

static bool agrees(const pattern *t, uint64_t mask, const dm_expr *args)
{
    for (uint32_t i = 0; mask >> i; i++)
        if ((mask >> i & 1) && t->args[i].cell != args[i].cell)
            return false;
    return t->mask == mask;
}

/* The pattern of a head or literal; NULL: it has none that is known. */
static pattern *find_pattern(const divider *k, uint32_t relation,
                             const dm_expr *args)
{
    uint64_t mask = k->divided[relation] ? constants(k->p, relation, args) : 0;
    for (size_t i = 0; mask && i < k->patterns.len; i++)
        if (k->patterns.at[i].relation == relation
            && agrees(&k->patterns.at[i], mask, args))
            return &k->patterns.at[i];
    return NULL;
}

static bool note_pattern(divider *k, uint32_t relation, const dm_expr *args)
{
    uint64_t mask = k->divided[relation] ? constants(k->p, relation, args) : 0;
    if (mask == 0 || find_pattern(k, relation, args))
        return true;
    return vec_push(&k->patterns, ((pattern){relation, mask, args, NONE}));
}

static bool is_own(const divider *k, const dm_rule *r, const dm_literal *l)
{
    return literal_reads(l)
           && k->p->relations.at[l->relation]->component
                  == k->p->relations.at[r->relation]->component;
}

/* Whether a rule derives rows by a pattern from its own component. */
static bool recurs_by_pattern(const divider *k, const dm_rule *r)
{
    for (uint32_t b = 0; b < r->nbody; b++)
        if (is_own(k, r, &r->body[b]))
            return constants(k->p, r->relation, r->args) != 0;
    return false;
}

/* Find what may be divided. */
static bool choose(divider *k)
{
    const dm_program *p = k->p;
    bool any = false;
    for (size_t i = 0; i < p->rules.len; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        const program_relation *head = p->relations.at[r->relation];
        if (head->pub.arity < LEAST_ARITY || head->lattice
            || !component_is_plain(p, head->component)
            || !recurs_by_pattern(k, r))
            continue;
        any = k->divided[r->relation] = true;
    }
    return any;
}

/* A relation that is named in too many ways is left as it is; whether any is
 * divided. */
static bool leave_crowded(divider *k)
{
    bool any = false;
    for (uint32_t i = 0; i < k->p->relations.len; i++) {
        size_t n = 0;
        for (size_t t = 0; t < k->patterns.len; t++)
            n += k->patterns.at[t].relation == i;
        if (n > MOST_PATTERNS)
            k->divided[i] = false;
        any |= k->divided[i];
    }
    return any;
}

static bool find_patterns(divider *k)
{
    const dm_program *p = k->p;
    for (size_t i = 0; i < p->rules.len; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        if (!note_pattern(k, r->relation, r->args))
            return false;
        for (uint32_t b = 0; b < r->nbody; b++)
            if (is_own(k, r, &r->body[b])
                && !note_pattern(k, r->body[b].relation, r->body[b].args))
                return false;
    }
    return true;
}

/* ---- parts -------------------------------------------------------------- */

/* The arguments that aren't in the mask. */
static dm_expr *left_over(divider *k, uint32_t relation, uint64_t mask,
                          const dm_expr *args)
{
    uint32_t arity = k->p->relations.at[relation]->pub.arity, n = 0;
    dm_expr *out = arena_alloc(&k->scratch, (arity + 1) * sizeof *out);
    for (uint32_t i = 0; out && i < arity; i++)
        if (!(mask >> i & 1))
            out[n++] = args[i];
    return out;
}

static uint32_t count_left(const dm_relation *r, uint64_t mask)
{
    return r->arity - (uint32_t)__builtin_popcountll(mask);
}

/* The part's relation, named like t(_, type, _). */
static dm_status add_part(divider *k, pattern *t, const dm_rule *by)
{
    const dm_relation *r = &k->p->relations.at[t->relation]->pub;
    dm_column columns[2];
    uint32_t n = 0;
    buf name = {0};
    buf_printf(&name, "%s(", r->name);
    for (uint32_t i = 0; i < r->arity; i++) {
        buf_puts(&name, i ? ", " : "");
        if (t->mask >> i & 1)
            name.failed |= !print_expr(k->p, by, &t->args[i], &name);
        else
            buf_puts(&name, "_");
        if (!(t->mask >> i & 1))
            columns[n++] = r->columns[i];
    }
    buf_puts(&name, ")");
    dm_relation part = {.name = name.at, .arity = n, .columns = columns,
                        .aux = true, .span = r->span};
    dm_status st = name.failed ? error_nomem(k->err)
                               : dm_program_relation(k->out, &part, &t->part,
                                                     k->err);
    buf_free(&name);
    return st;
}

/* The rules that tie a part to its relation; they stand where a rule stands
 * that names it. */
static dm_status tie(divider *k, const pattern *t, const dm_rule *by)
{
    static const char *const names[] = {"A", "B"};
    const dm_relation *r = &k->p->relations.at[t->relation]->pub;
    dm_expr *all = arena_alloc(&k->scratch, r->arity * sizeof *all);
    uint32_t n = 0, index;
    if (!all)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < r->arity; i++)
        all[i] = t->mask >> i & 1 ? t->args[i]
                                  : (dm_expr){.kind = DM_EXPR_VAR, .var = n++};
    dm_expr *own = left_over(k, t->relation, t->mask, all);
    if (!own)
        return error_nomem(k->err);
    dm_literal whole = {.kind = DM_ATOM, .relation = t->relation,
                        .nargs = r->arity, .args = all};
    dm_literal part = {.kind = DM_ATOM, .relation = t->part, .nargs = n,
                       .args = own};
    dm_rule rule = {.relation = t->relation, .nargs = r->arity, .args = all,
                    .nbody = 1, .body = &part, .nvars = n, .vars = names,
                    .user = by->user, .generated = true, .span = by->span};
    dm_status st = dm_program_rule(k->out, &rule, &index, k->err);
    rule.relation = t->part;
    rule.nargs = n;
    rule.args = own;
    rule.body = &whole;
    return st == DM_OK ? dm_program_rule(k->out, &rule, &index, k->err) : st;
}

/* ---- rules -------------------------------------------------------------- */

static dm_status copy_relations(divider *k)
{
    dm_status st = DM_OK;
    uint32_t index;
    for (uint32_t i = 0; i < k->p->relations.len && st == DM_OK; i++)
        st = dm_program_relation(k->out, &k->p->relations.at[i]->pub, &index,
                                 k->err);
    return st;
}

static bool redirect(divider *k, const pattern *t, uint32_t *relation,
                     uint32_t *nargs, const dm_expr **args)
{
    *args = left_over(k, t->relation, t->mask, *args);
    *nargs = count_left(&k->p->relations.at[t->relation]->pub, t->mask);
    *relation = t->part;
    return *args != NULL;
}

static dm_status copy_rule(divider *k, const dm_rule *r)
{
    dm_rule copy = *r;
    uint32_t index;
    dm_literal *body = arena_alloc(&k->scratch,
                                   ((size_t)r->nbody + 1) * sizeof *body);
    bool ok = body != NULL;
    copy.belief = false; /* what they may read has been checked */
    copy.body = body;
    for (uint32_t b = 0; ok && b < r->nbody; b++) {
        body[b] = r->body[b];
        const pattern *t = is_own(k, r, &body[b])
                               ? find_pattern(k, body[b].relation,
                                              body[b].args) : NULL;
        ok = !t || redirect(k, t, &body[b].relation, &body[b].nargs,
                            &body[b].args);
    }
    const pattern *head = find_pattern(k, r->relation, r->args);
    if (ok && head)
        ok = redirect(k, head, &copy.relation, &copy.nargs, &copy.args);
    return ok ? dm_program_rule(k->out, &copy, &index, k->err)
              : error_nomem(k->err);
}

/* A rule that names a pattern, for its place and its names. */
static const dm_rule *rule_of(const divider *k, const pattern *t)
{
    for (size_t i = 0; i < k->p->rules.len; i++) {
        const dm_rule *r = &k->p->rules.at[i]->pub;
        if (r->args == t->args)
            return r;
        for (uint32_t b = 0; b < r->nbody; b++)
            if (r->body[b].args == t->args)
                return r;
    }
    return NULL;
}

static dm_status write_all(divider *k)
{
    dm_status st = DM_OK;
    TRY(program_like(k->p, &k->out, k->err), done);
    TRY(copy_relations(k), done);
    for (size_t i = 0; i < k->patterns.len; i++) {
        pattern *t = &k->patterns.at[i];
        const dm_rule *by = rule_of(k, t);
        if (!k->divided[t->relation])
            continue;
        assert(by);
        TRY(add_part(k, t, by), done);
        TRY(tie(k, t, by), done);
    }
    for (size_t i = 0; i < k->p->rules.len; i++)
        TRY(copy_rule(k, &k->p->rules.at[i]->pub), done);
    TRY(dm_program_check(k->out, k->err), done);
done:
    return st;
}

dm_status dm_program_divide(const dm_program *p, dm_program **out,
                            dm_error *err)
{
    dm_status st = DM_OK;
    divider k = {.p = p, .err = err};
    *out = NULL;
    if (!p->checked || p->nerrors > 0)
        return error_set(err, DM_INVALID, "a checked program");
    k.divided = arena_zalloc(&k.scratch, p->relations.len + 1);
    if (!k.divided) {
        st = error_nomem(err);
    } else if (choose(&k)) {
        st = !find_patterns(&k) ? error_nomem(err)
             : leave_crowded(&k) ? write_all(&k) : DM_OK;
        if (st == DM_OK)
            *out = k.out;
        else
            dm_program_free(k.out);
    }
    vec_free(&k.patterns);
    arena_free(&k.scratch);
    return st;
}
