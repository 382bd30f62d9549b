/* linear.c - rules that call their own relation once, and what is gained.
 *
 * Purpose: closures asked from one end.  With plain demand r(X, Y) if
 * e(X, Z), r(Z, Y) computes the answers of every X that is reached, though
 * those of the first are all that is wanted: a tail call.
 * Representation: shapes of rules, found by looking at variables alone.
 * Sources: J. Naughton, R. Ramakrishnan, Y. Sagiv, J. Ullman, Efficient
 * evaluation of right-, left- and multi-linear rules, SIGMOD 1989; K. Ross,
 * Tail recursion elimination in deductive databases, TODS 1996.
 *
 * Compositions.  Where a relation r of two blocks of columns has the rule
 * r(X, Z) if r(X, Y), r(Y, Z) and its input and other rules, which don't read
 * r, derive r1, both r and the least solution of r(X, Z) if r1(X, Z) and
 * r(X, Z) if r(X, Y), r1(Y, Z) are the transitive closure of r1, since composing is
 * associative.  That holds on either side of the well-founded model, r being a
 * component of its own that just grows.
 * Cost: linear in the rules. */
#include "rules/sideways.h"

#include <assert.h>
#include <string.h>

/* ---- shapes ------------------------------------------------------------- */

static bool same_var(const dm_expr *a, const dm_expr *b)
{
    return a->kind == DM_EXPR_VAR && b->kind == DM_EXPR_VAR
           && a->var == b->var;
}

/* How many literals read the head's relation, and the last that does. */
static uint32_t own_literals(const dm_rule *r, uint32_t *literal)
{
    uint32_t n = 0;
    for (uint32_t b = 0; b < r->nbody; b++)
        if (literal_reads(&r->body[b])
            && r->body[b].relation == r->relation) {
            *literal = b;
            n++;
        }
    return n;
}

/* The columns in `mask` hand the head's variables on, which stand nowhere
 * else. */
static bool hands_on(const program_rule *r, const dm_literal *own,
                     uint64_t mask)
{
    for (uint32_t i = 0; i < r->pub.nargs; i++)
        if ((mask >> i & 1)
            && (!same_var(&r->pub.args[i], &own->args[i])
                || r->uses[r->pub.args[i].var] != 2))
            return false;
    return true;
}

static bool may_fail(const dm_expr *e)
{
    if (e->kind == DM_EXPR_OP || e->kind == DM_EXPR_CALL)
        return true;
    for (uint32_t i = 0; i < e->nargs; i++)
        if (may_fail(&e->args[i]))
            return true;
    return false;
}

static bool var_in(const dm_expr *e, uint32_t var)
{
    if (e->kind == DM_EXPR_VAR)
        return e->var == var;
    for (uint32_t i = 0; i < e->nargs; i++)
        if (var_in(&e->args[i], var))
            return true;
    return false;
}

/* Whether the head's bound columns or an atom beside `own` give `var`. */
static bool given_beside(const dm_rule *r, uint64_t mask, uint32_t own,
                         uint32_t var)
{
    for (uint32_t i = 0; i < r->nargs; i++)
        if ((mask >> i & 1) && var_in(&r->args[i], var))
            return true;
    for (uint32_t b = 0; b < r->nbody; b++)
        for (uint32_t i = 0; b != own && r->body[b].kind == DM_ATOM
                             && i < r->body[b].nargs; i++)
            if (var_in(&r->body[b].args[i], var))
                return true;
    return false;
}

/* What is called is known before the call; nothing beside it may fail, as it
 * might where the call guards it. */
static bool is_tail(const dm_program *p, const dm_rule *r, uint64_t mask,
                    uint32_t own)
{
    const dm_literal *l = &r->body[own];
    for (uint32_t b = 0; b < r->nbody; b++)
        for (uint32_t i = 0; i < r->body[b].nargs; i++)
            if (may_fail(&r->body[b].args[i]))
                return false;
    for (uint32_t i = 0; i < l->nargs; i++) {
        const dm_expr *e = &l->args[i];
        dm_type to = p->relations.at[l->relation]->columns[i].type;
        if (!(mask >> i & 1))
            continue;
        if (!type_passes(e->type, to))
            return false;
        if (!expr_is_fixed(e)
            && (e->kind != DM_EXPR_VAR || !given_beside(r, mask, own, e->var)))
            return false;
    }
    return true;
}

linear_shape linear_shape_of(const dm_program *p, uint32_t rule,
                             uint64_t mask, uint32_t *literal)
{
    const program_rule *r = p->rules.at[rule];
    uint32_t n = own_literals(&r->pub, literal);
    for (uint32_t i = 0; i < r->pub.nargs; i++)
        if ((mask >> i & 1) && !head_passes(p, &r->pub, i))
            return LINEAR_NOT;
    if (n != 1)
        return n == 0 ? LINEAR_EXIT : LINEAR_NOT;
    const dm_literal *own = &r->pub.body[*literal];
    if (!literal_is_plain(own))
        return LINEAR_NOT;
    if (hands_on(r, own, mask))
        return LINEAR_LEFT;
    uint32_t arity = r->pub.nargs;
    uint64_t all = arity >= 64 ? UINT64_MAX : (UINT64_C(1) << arity) - 1;
    return hands_on(r, own, all & ~mask)
                   && is_tail(p, &r->pub, mask, *literal)
               ? LINEAR_TAIL : LINEAR_NOT;
}

bool linear_chains(const dm_program *p, uint32_t relation, uint64_t mask)
{
    const program_relation *r = p->relations.at[relation];
    const dm_component *c = &p->components[r->component];
    uint32_t literal;
    bool tail = false;
    if (mask == 0 || c->nrelations != 1 || !component_is_plain(p, r->component)
        || 2 * __builtin_popcountll(mask) > PROGRAM_MAX_ARITY)
        return false;
    for (uint32_t i = 0; i < c->nrules; i++) {
        linear_shape shape = linear_shape_of(p, c->rules[i], mask, &literal);
        if (shape == LINEAR_NOT)
            return false;
        tail = tail || shape == LINEAR_TAIL;
    }
    return tail;
}

/* ---- compositions ------------------------------------------------------- */

/* The columns of the first block, or 0 when the rule is no composition.  Each
 * variable of the body stands twice: in the head and one atom, or in both. */
static uint64_t composition_block(const dm_program *p, const program_rule *r)
{
    const dm_rule *rule = &r->pub;
    uint64_t first = 0;
    if (rule->nbody != 2 || rule->nargs == 0)
        return 0;
    const dm_literal *a = &rule->body[0], *b = &rule->body[1];
    if (!literal_is_plain(a) || !literal_is_plain(b)
        || a->relation != rule->relation || b->relation != rule->relation)
        return 0;
    const dm_column *columns = p->relations.at[rule->relation]->columns;
    for (uint32_t i = 0; i < rule->nargs; i++) {
        const dm_expr *x = &a->args[i], *y = &b->args[i];
        if (rule->args[i].kind != DM_EXPR_VAR || x->kind != DM_EXPR_VAR
            || y->kind != DM_EXPR_VAR || r->uses[x->var] != 2
            || r->uses[y->var] != 2 || x->type != columns[i].type
            || y->type != columns[i].type)
            return 0;
        if (same_var(&rule->args[i], x))
            first |= UINT64_C(1) << i;
        else if (!same_var(&rule->args[i], y))
            return 0;
    }
    return first;
}

/* What is between stands in the second block of the first atom and the first
 * block of the second one, in the same order. */
static bool blocks_meet(const dm_rule *r, uint64_t first)
{
    const dm_literal *a = &r->body[0], *b = &r->body[1];
    uint32_t j = 0;
    if (2 * (uint32_t)__builtin_popcountll(first) != r->nargs)
        return false;
    for (uint32_t i = 0; i < r->nargs; i++) {
        if (first >> i & 1)
            continue;
        while (!(first >> j & 1))
            j++;
        if (!same_var(&a->args[i], &b->args[j++]))
            return false;
    }
    return true;
}

static bool has_aggregate(const dm_rule *r)
{
    for (uint32_t i = 0; i < r->nargs; i++)
        if (r->args[i].kind == DM_EXPR_AGGREGATE)
            return true;
    return false;
}

/* The rule that composes the relation with itself, if all others leave it
 * alone; else NONE. */
static uint32_t composition_of(const dm_program *p, uint32_t relation)
{
    const program_relation *r = p->relations.at[relation];
    const dm_component *c = &p->components[r->component];
    uint32_t found = NONE, literal;
    if (c->nrelations != 1 || r->lattice)
        return NONE;
    for (uint32_t i = 0; i < c->nrules; i++) {
        const program_rule *rule = p->rules.at[c->rules[i]];
        if (own_literals(&rule->pub, &literal) == 0
            && !has_aggregate(&rule->pub))
            continue;
        uint64_t first = composition_block(p, rule);
        if (found != NONE || first == 0 || !blocks_meet(&rule->pub, first))
            return NONE;
        found = c->rules[i];
    }
    return found;
}

/* ---- the program with them made linear ---------------------------------- */

typedef struct linearizer {
    const dm_program *p;
    dm_program *out;
    uint32_t *once; /* by relation: the one without the composition, or NONE */
    arena scratch;
    dm_error *err;
} linearizer;

static dm_status copy_relations(linearizer *k, const uint32_t *composition)
{
    dm_status st = DM_OK;
    uint32_t index;
    for (size_t i = 0; i < k->p->relations.len && st == DM_OK; i++) {
        dm_relation copy = k->p->relations.at[i]->pub;
        if (composition[i] != NONE)
            copy.input = DM_INPUT_NONE; /* it is read by the other one */
        st = dm_program_relation(k->out, &copy, &index, k->err);
    }
    return st;
}

static dm_status add_once(linearizer *k, uint32_t relation)
{
    buf name = {0};
    const dm_relation *r = &k->p->relations.at[relation]->pub;
    buf_printf(&name, "%s^once", r->name);
    dm_relation once = *r;
    once.name = name.at;
    once.of = r->of ? r->of : r->name;
    once.aux = true;
    dm_status st = name.failed
                       ? error_nomem(k->err)
                       : dm_program_relation(k->out, &once,
                                             &k->once[relation], k->err);
    buf_free(&name);
    return st;
}

/* r(X…) if once(X…). */
static dm_status add_step(linearizer *k, uint32_t relation, const dm_rule *by)
{
    const dm_relation *r = &k->p->relations.at[relation]->pub;
    dm_expr *vars = arena_zalloc(&k->scratch, r->arity * sizeof *vars);
    const char **names = arena_zalloc(&k->scratch, r->arity * sizeof *names);
    uint32_t index;
    if (!vars || !names)
        return error_nomem(k->err);
    for (uint32_t i = 0; i < r->arity; i++) {
        vars[i] = (dm_expr){.kind = DM_EXPR_VAR, .var = i};
        names[i] = by->vars[by->args[i].var];
    }
    dm_literal body = {.kind = DM_ATOM, .relation = k->once[relation],
                       .nargs = r->arity, .args = vars};
    dm_rule rule = {.relation = relation, .nargs = r->arity, .args = vars,
                    .nbody = 1, .body = &body, .nvars = r->arity,
                    .vars = names, .user = by->user, .generated = true,
                    .span = by->span};
    return dm_program_rule(k->out, &rule, &index, k->err);
}

static dm_status copy_rule(linearizer *k, const dm_rule *r)
{
    dm_rule copy = *r;
    copy.belief = false; /* what they may read has been checked */
    dm_literal pair[2];
    uint32_t literal, index, once = k->once[r->relation];
    if (once != NONE && own_literals(r, &literal) == 0) {
        copy.relation = once;
    } else if (once != NONE) {
        memcpy(pair, r->body, sizeof pair);
        pair[1].relation = once;
        copy.body = pair;
    }
    return dm_program_rule(k->out, &copy, &index, k->err);
}

static dm_status linearize(linearizer *k, const uint32_t *composition)
{
    dm_status st = DM_OK;
    const dm_program *p = k->p;
    TRY(program_like(p, &k->out, k->err), done);
    TRY(copy_relations(k, composition), done);
    for (uint32_t i = 0; i < p->relations.len; i++) {
        k->once[i] = NONE;
        if (composition[i] == NONE)
            continue;
        TRY(add_once(k, i), done);
        TRY(add_step(k, i, &p->rules.at[composition[i]]->pub), done);
    }
    for (size_t i = 0; i < p->rules.len; i++)
        TRY(copy_rule(k, &p->rules.at[i]->pub), done);
    TRY(dm_program_check(k->out, k->err), done);
done:
    return st;
}

dm_status linear_program(const dm_program *p, dm_program **out,
                         dm_error *err)
{
    dm_status st = DM_OK;
    size_t n = p->relations.len + 1;
    bool any = false;
    linearizer k = {.p = p, .err = err};
    uint32_t *composition = arena_alloc(&k.scratch, n * sizeof *composition);
    k.once = arena_alloc(&k.scratch, n * sizeof *k.once);
    *out = NULL;
    if (!composition || !k.once) {
        st = error_nomem(err);
        goto done;
    }
    for (uint32_t i = 0; i < p->relations.len; i++) {
        composition[i] = composition_of(p, i);
        any = any || composition[i] != NONE;
    }
    if (!any)
        goto done;
    TRY(linearize(&k, composition), done);
    *out = k.out;
    k.out = NULL;
done:
    dm_program_free(k.out);
    arena_free(&k.scratch);
    return st;
}
