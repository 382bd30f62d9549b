/* sideways.c - how values pass through the body of a rule.
 *
 * Purpose: which columns of each literal are bound when the head's are, and
 * which literals give the values.
 * Representation: for each variable the literal that binds it first.
 * Invariants: what passes values on can't fail and makes no values: atoms
 * without arithmetic and calls, comparisons of variables and constants.  So
 * demands are finite where the program is, and ask for nothing that the whole
 * evaluation would not have met.  Where a component is evaluated by more than
 * growing, its own atoms pass nothing on, so that what is demanded of it rests
 * on lower components only.
 * Cost: quadratic in the length of the body.
 *
 * Order: comparisons; then inputs before what is derived, what stands lower
 * before what recurs, more bound columns before fewer, as written.  An atom
 * without a bound argument could pass on a whole relation: that is what is
 * asked for when nothing is bound, so by default it passes nothing. */
#include "rules/sideways.h"

#include <assert.h>
#include <string.h>

bool expr_is_fixed(const dm_expr *e)
{
    if (e->kind == DM_EXPR_CONST)
        return true;
    for (uint32_t i = 0; e->kind == DM_EXPR_COMPOUND && i < e->nargs; i++)
        if (!expr_is_fixed(&e->args[i]))
            return false;
    return e->kind == DM_EXPR_COMPOUND;
}

static bool is_term(dm_type t)
{
    return t == DM_SYMBOL || t == DM_INTERVAL || t == DM_TERM;
}

bool type_passes(dm_type from, dm_type to)
{
    return from == to || (is_term(from) && is_term(to));
}

bool head_passes(const dm_program *p, const dm_rule *r, uint32_t i)
{
    const dm_expr *e = &r->args[i];
    dm_type to = p->relations.at[r->relation]->columns[i].type;
    return type_passes(e->type, to)
           && (e->kind == DM_EXPR_VAR || expr_is_fixed(e));
}

bool component_is_plain(const dm_program *p, uint32_t component)
{
    const dm_component *c = &p->components[component];
    for (uint32_t i = 0; i < c->nrelations; i++)
        if (p->relations.at[c->relations[i]]->lattice)
            return false;
    for (uint32_t i = 0; i < c->nrules; i++) {
        const dm_rule *r = &p->rules.at[c->rules[i]]->pub;
        for (uint32_t b = 0; b < r->nbody; b++) {
            const dm_literal *l = &r->body[b];
            if (literal_reads(l) && !literal_is_plain(l)
                && p->relations.at[l->relation]->component == component)
                return false;
        }
    }
    return true;
}

/* ---- which literals pass values on -------------------------------------- */

static bool is_computed(const dm_expr *e)
{
    if (e->kind == DM_EXPR_OP || e->kind == DM_EXPR_CALL
        || e->kind == DM_EXPR_AGGREGATE)
        return true;
    for (uint32_t i = 0; i < e->nargs; i++)
        if (is_computed(&e->args[i]))
            return true;
    return false;
}

static uint32_t component_of(const dm_program *p, uint32_t relation)
{
    return p->relations.at[relation]->component;
}

static bool is_input(const dm_program *p, uint32_t relation)
{
    return p->components[component_of(p, relation)].nrules == 0;
}

/* A variable or constant is what a test may compare. */
static bool test_passes(const dm_literal *l)
{
    for (uint32_t i = 0; i < 2; i++)
        if (l->args[i].kind != DM_EXPR_VAR && !expr_is_fixed(&l->args[i]))
            return false;
    return true;
}

static bool passes_on(const sideways *s, const dm_literal *l)
{
    if (l->kind == DM_TEST)
        return test_passes(l);
    if (l->kind != DM_ATOM)
        return false;
    for (uint32_t i = 0; i < l->nargs; i++)
        if (is_computed(&l->args[i]))
            return false;
    uint32_t head = component_of(s->p, s->rule->relation);
    return component_of(s->p, l->relation) != head
           || component_is_plain(s->p, head);
}

static bool is_bound(const sideways *s, const dm_expr *e)
{
    return e->kind == DM_EXPR_VAR ? s->binder[e->var] != NONE
                                  : expr_is_fixed(e);
}

/* The columns of a literal that are bound now, by values that pass. */
static uint64_t bound_columns(const sideways *s, const dm_literal *l)
{
    uint64_t mask = 0;
    uint32_t n = l->nargs - (l->kind == DM_BODY_AGGREGATE);
    for (uint32_t i = 0; literal_reads(l) && i < n; i++) {
        const dm_expr *e = &l->args[i];
        dm_type to = s->p->relations.at[l->relation]->columns[i].type;
        if (l->kind == DM_BODY_AGGREGATE && !(l->grouped >> i & 1))
            continue;
        if (is_bound(s, e) && type_passes(e->type, to))
            mask |= UINT64_C(1) << i;
    }
    return mask;
}

/* ---- the order ---------------------------------------------------------- */

static bool test_ready(const sideways *s, const dm_literal *l)
{
    bool left = is_bound(s, &l->args[0]), right = is_bound(s, &l->args[1]);
    return (left && right) || (l->compare == DM_EQ && (left || right));
}

/* The smaller, the sooner; NONE: not now. */
static uint32_t rank_of(const sideways *s, const dm_literal *l, bool always)
{
    if (!passes_on(s, l))
        return NONE;
    if (l->kind == DM_TEST)
        return test_ready(s, l) ? 0 : NONE;
    uint64_t mask = bound_columns(s, l);
    uint32_t bound = (uint32_t)__builtin_popcountll(mask);
    uint32_t open = PROGRAM_MAX_ARITY - bound;
    bool own = component_of(s->p, l->relation)
               == component_of(s->p, s->rule->relation);
    if (bound == 0 && !always)
        return NONE;
    if (bound == 0)
        return is_input(s->p, l->relation) ? 400 : own ? 600 : 500;
    return (is_input(s->p, l->relation) ? 100 : own ? 300 : 200) + open;
}

static void bind_from(const dm_expr *e, uint32_t by, uint32_t *binder)
{
    if (e->kind == DM_EXPR_VAR && binder[e->var] == NONE)
        binder[e->var] = by;
    for (uint32_t i = 0; e->kind == DM_EXPR_COMPOUND && i < e->nargs; i++)
        bind_from(&e->args[i], by, binder);
}

static void place(sideways *s, uint32_t literal)
{
    const dm_literal *l = &s->rule->body[literal];
    s->masks[literal] = bound_columns(s, l);
    s->order[s->norder++] = literal;
    for (uint32_t i = 0; i < l->nargs; i++)
        bind_from(&l->args[i], literal, s->binder);
}

static bool is_placed(const sideways *s, uint32_t literal)
{
    for (uint32_t i = 0; i < s->norder; i++)
        if (s->order[i] == literal)
            return true;
    return false;
}

static bool place_next(sideways *s, bool always)
{
    uint32_t best = NONE, least = NONE;
    for (uint32_t b = 0; b < s->rule->nbody; b++) {
        uint32_t rank = b == s->but || is_placed(s, b)
                            ? NONE : rank_of(s, &s->rule->body[b], always);
        if (rank < least) {
            least = rank;
            best = b;
        }
    }
    if (best != NONE)
        place(s, best);
    return best != NONE;
}

static void bind_head(sideways *s, uint64_t mask)
{
    for (uint32_t i = 0; i < s->rule->nargs; i++) {
        if (!(mask >> i & 1) || !head_passes(s->p, s->rule, i))
            continue;
        s->head |= UINT64_C(1) << i;
        bind_from(&s->rule->args[i], BY_HEAD, s->binder);
    }
}

dm_status sideways_make(const dm_program *p, uint32_t rule, uint64_t mask,
                        uint32_t but, bool always, arena *a, sideways *out)
{
    const dm_rule *r = &p->rules.at[rule]->pub;
    size_t n = (size_t)r->nbody + 1, nvars = (size_t)r->nvars + 1;
    *out = (sideways){.p = p, .rule = r, .but = but,
                      .masks = arena_zalloc(a, n * sizeof *out->masks),
                      .binder = arena_alloc(a, nvars * sizeof *out->binder),
                      .order = arena_alloc(a, n * sizeof *out->order)};
    if (!out->masks || !out->binder || !out->order)
        return DM_NOMEM;
    for (uint32_t v = 0; v < r->nvars; v++)
        out->binder[v] = NONE;
    bind_head(out, mask);
    while (place_next(out, always))
        continue;
    for (uint32_t b = 0; b < r->nbody; b++)
        if (!is_placed(out, b))
            out->masks[b] = bound_columns(out, &r->body[b]);
    return DM_OK;
}

/* ---- what a demand needs ------------------------------------------------ */

typedef struct need {
    const sideways *s;
    bool *needed; /* by literal */
    bool *known;  /* by variable */
} need;

static void need_literal(need *n, uint32_t literal);

static void need_vars(need *n, const dm_expr *e)
{
    if (e->kind == DM_EXPR_VAR) {
        uint32_t by = n->s->binder[e->var];
        n->known[e->var] = true;
        if (by < n->s->rule->nbody)
            need_literal(n, by);
    }
    for (uint32_t i = 0; i < e->nargs; i++)
        need_vars(n, &e->args[i]);
}

/* The literals that it takes its own values from are needed, too. */
static void need_literal(need *n, uint32_t literal)
{
    const dm_literal *l = &n->s->rule->body[literal];
    if (n->needed[literal])
        return;
    n->needed[literal] = true;
    for (uint32_t i = 0; i < l->nargs; i++)
        need_vars(n, &l->args[i]);
}

static bool all_known(const need *n, const dm_expr *e)
{
    if (e->kind == DM_EXPR_VAR)
        return n->known[e->var];
    for (uint32_t i = 0; i < e->nargs; i++)
        if (!all_known(n, &e->args[i]))
            return false;
    return true;
}

/* Comparisons and inputs that only narrow what is known. */
static void need_filters(need *n, uint32_t literal)
{
    const sideways *s = n->s;
    for (uint32_t i = 0; i < s->norder && s->order[i] != literal; i++) {
        const dm_literal *l = &s->rule->body[s->order[i]];
        bool known = l->kind == DM_TEST || is_input(s->p, l->relation);
        for (uint32_t k = 0; k < l->nargs && known; k++)
            known = all_known(n, &l->args[k]);
        n->needed[s->order[i]] |= known;
    }
}

dm_status sideways_needed(const sideways *s, uint32_t literal, uint64_t mask,
                          arena *a, bool *needed)
{
    const dm_literal *l = &s->rule->body[literal];
    need n = {s, needed, arena_zalloc(a, s->rule->nvars + (size_t)1)};
    if (!n.known)
        return DM_NOMEM;
    memset(needed, 0, s->rule->nbody * sizeof *needed);
    for (uint32_t i = 0; i < s->rule->nargs; i++)
        if (s->head >> i & 1)
            need_vars(&n, &s->rule->args[i]);
    for (uint32_t i = 0; i < l->nargs; i++)
        if (i < 64 && (mask >> i & 1))
            need_vars(&n, &l->args[i]);
    assert(!needed[literal]);
    need_filters(&n, literal);
    return DM_OK;
}
