/* demand.c - a program that derives no more than a goal needs.
 *
 * Purpose: from a checked program and a goal, a relation of which some columns
 * have values, a program with the same rows for the goal.
 * Sources: C. Beeri, R. Ramakrishnan, On the power of magic, J. Logic
 * Programming 1991; K. Tekle, Y. Liu, More efficient datalog queries:
 * subsumptive tabling beats magic sets, SIGMOD 2011; D. Kemp, D. Srivastava,
 * P. Stuckey, Bottom-up evaluation and query optimization of well-founded
 * models, TCS 1995.
 *
 * Representation.  For a relation r asked for with the columns in a mask bound
 * there is a relation r^bf, b for bound and f for free, with the rules of r,
 * each guarded by demand^r^bf, which holds what is asked of the bound columns.
 * r itself keeps just its input rows.  A relation asked for without bound
 * columns is a copy; one that isn't reached has neither rules nor input, and
 * stays for the types that it gives to terms.
 *
 * Why the rows are the same.  Call true and possible the two sides of the
 * well-founded model; each is the least fixpoint of the rules where what is
 * negated is read off the other side.  Say that r^bf is right on a side if it
 * holds only rows that r has there, and all of them that are demanded there.
 * Components of the new program, lowest first:
 *  - Where a component just grows, all it negates or aggregates stands lower.
 *    A row of r on a side that is demanded there has a rule instance whose
 *    literals hold there; in the order in which values pass, each of its
 *    atoms is demanded as those before it hold, so it is there: at once when
 *    it stands lower, by induction on the round in which r's program derives
 *    it when it doesn't.
 *  - A literal that reads both sides (negated, an aggregate, `possible`), a
 *    relation with aggregates in its heads, a lattice, a relation that recurs
 *    through negation: these are right only when what they are asked is not
 *    undefined.  So rules that demand of them read all their atoms as
 *    `possible`: such a demand is true or false, and asks too much at worst.
 *  - In a component that does more than grow no demand may stand
 *    (`revoke`): there the demand is input, and what is demanded is closed
 *    under reading, so that the rest of the ground program is of no concern.
 * Where the new program would have a demand in such a component, the relation
 * that made it one is asked for whole, and all is written anew.
 *
 * Subsumption.  What is asked for with few bound columns serves those who have
 * more, so a relation has one variant for each of its incomparable masks.
 *
 * Cost: linear in the rules reached, times the attempts (few: each makes some
 * relation be asked for in a weaker way). */
#include "rules/demand.h"

#include <assert.h>

enum { MOST_ATTEMPTS = 64 };

/* ---- what is reached ---------------------------------------------------- */

static void reach_rule(demand *k, const dm_rule *r, index_vec *queue)
{
    for (uint32_t b = 0; b < r->nbody; b++) {
        const dm_literal *l = &r->body[b];
        if (!literal_reads(l) || k->asked[l->relation].reached)
            continue;
        k->asked[l->relation].reached = true;
        queue->at[queue->len++] = l->relation;
    }
}

static dm_status reach(demand *k, uint32_t goal)
{
    const dm_program *p = k->p;
    index_vec queue = {0};
    if (!vec_reserve(&queue, p->relations.len + 1))
        return error_nomem(k->err);
    k->asked[goal].reached = true;
    queue.at[queue.len++] = goal;
    for (size_t i = 0; i < queue.len; i++) {
        uint32_t relation = queue.at[i];
        const dm_component *c =
            &p->components[p->relations.at[relation]->component];
        for (uint32_t j = 0; j < c->nrules; j++)
            if (p->rules.at[c->rules[j]]->pub.relation == relation)
                reach_rule(k, &p->rules.at[c->rules[j]]->pub, &queue);
    }
    vec_free(&queue);
    return DM_OK;
}

/* Which columns may be bound: not those that an aggregate fills, and none of
 * a relation that has input only. */
static void look_at_rules(demand *k)
{
    const dm_program *p = k->p;
    for (size_t i = 0; i < p->rules.len; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        asked_of *a = &k->asked[r->relation];
        if (a->can == 0 && !a->strict)
            a->can = UINT64_MAX;
        for (uint32_t j = 0; j < r->nargs; j++)
            if (r->args[j].kind == DM_EXPR_AGGREGATE) {
                a->can &= ~(UINT64_C(1) << j);
                a->strict = true;
            }
    }
    for (size_t i = 0; i < p->relations.len; i++)
        if (!component_is_plain(p, p->relations.at[i]->component))
            k->asked[i].strict = true;
}

/* ---- variants ----------------------------------------------------------- */

/* Remember that the relation is asked for with `mask`; the mask that serves. */
static uint64_t ask(demand *k, asked_of *a, uint64_t mask)
{
    uint64_t best = 0;
    bool found = false;
    for (uint32_t i = 0; i < a->nmasks; i++)
        if ((a->masks[i] & ~mask) == 0 && !(found && (best & ~a->masks[i]))) {
            best = a->masks[i];
            found = true;
        }
    if (found)
        return best;
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->nmasks; i++)
        if (mask & ~a->masks[i])
            a->masks[n++] = a->masks[i];
    k->again = k->again || n < a->nmasks;
    a->nmasks = n;
    if (n < DEMAND_MOST_MASKS) {
        a->masks[a->nmasks++] = mask;
        return mask;
    }
    k->again = a->whole = true;
    return 0;
}

static bool find_variant(const demand *k, uint32_t relation, uint64_t mask,
                         uint32_t *out)
{
    for (size_t i = 0; i < k->variants.len; i++)
        if (k->variants.at[i].relation == relation
            && k->variants.at[i].mask == mask) {
            *out = (uint32_t)i;
            return true;
        }
    return false;
}

static bool note_relation(demand *k, uint32_t origin, uint32_t kind)
{
    return vec_push(&k->origin, origin) && vec_push(&k->kind, kind);
}

/* A relation about r, named `prefix` and r's name with b and f for its
 * columns, which are `columns`. */
static dm_status add_relation(demand *k, const variant *v, const char *prefix,
                              uint32_t kind, const dm_column *columns,
                              uint32_t arity, uint32_t *out)
{
    const dm_relation *r = &k->p->relations.at[v->relation]->pub;
    buf name = {0};
    buf_printf(&name, "%s%s^", prefix, r->name);
    for (uint32_t i = 0; i < r->arity; i++)
        buf_puts(&name, v->mask >> i & 1 ? "b" : "f");
    dm_relation add = {.name = name.at, .arity = arity, .columns = columns,
                       .aux = kind == DEMAND || r->aux, .span = r->span};
    dm_status st = name.failed || !note_relation(k, v->relation, kind)
                       ? error_nomem(k->err)
                       : dm_program_relation(k->out, &add, out, k->err);
    buf_free(&name);
    return st;
}

static dm_status add_relations(demand *k, variant *v)
{
    dm_status st = DM_OK;
    const dm_relation *r = &k->p->relations.at[v->relation]->pub;
    dm_column bound[2 * PROGRAM_MAX_ARITY];
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->arity; i++)
        if (v->mask >> i & 1)
            bound[n++] = r->columns[i];
    for (uint32_t i = 0; i < n; i++)
        bound[n + i] = bound[i];
    TRY(add_relation(k, v, "", ROWS, r->columns, r->arity, &v->rows), done);
    TRY(add_relation(k, v, "demand^", DEMAND, bound, n, &v->demand), done);
    if (linear_chains(k->p, v->relation, v->mask))
        st = add_relation(k, v, "chain^", DEMAND, bound, 2 * n, &v->chain);
done:
    return st;
}

dm_status demand_variant(demand *k, uint32_t relation, uint64_t mask,
                         uint32_t *out)
{
    asked_of *a = &k->asked[relation];
    uint32_t arity = k->p->relations.at[relation]->pub.arity;
    if (arity < 64)
        mask &= (UINT64_C(1) << arity) - 1;
    mask = a->whole || (k->force & DM_FORCE_NO_DEMAND)
               ? 0 : ask(k, a, mask & a->can);
    if (find_variant(k, relation, mask, out))
        return DM_OK;
    variant v = {relation, mask, relation, NONE, NONE};
    dm_status st = mask != 0 ? add_relations(k, &v) : DM_OK;
    *out = (uint32_t)k->variants.len;
    if (st == DM_OK && !vec_push(&k->variants, v))
        st = error_nomem(k->err);
    return st;
}

/* ---- one attempt -------------------------------------------------------- */

static dm_status copy_relations(demand *k)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < k->p->relations.len && st == DM_OK; i++) {
        dm_relation copy = k->p->relations.at[i]->pub;
        uint32_t index;
        if (!k->asked[i].reached)
            copy.input = DM_INPUT_NONE;
        if (!note_relation(k, i, ROWS))
            return error_nomem(k->err);
        st = dm_program_relation(k->out, &copy, &index, k->err);
    }
    return st;
}

static dm_status write_all(demand *k, uint32_t relation, uint64_t mask,
                           const dm_cell *cells, uint32_t *goal)
{
    dm_status st = DM_OK;
    TRY(program_like(k->p, &k->out, k->err), done);
    TRY(copy_relations(k), done);
    TRY(demand_variant(k, relation, mask, goal), done);
    TRY(demand_seed(k, *goal, cells), done);
    for (uint32_t i = 0; i < k->variants.len && !k->again; i++)
        TRY(demand_write(k, i), done);
done:
    return st;
}

/* What isn't used stays hidden. */
static void hide_unused(demand *k)
{
    dm_program *out = k->out;
    for (size_t i = 0; i < k->p->relations.len; i++) {
        program_relation *r = out->relations.at[i];
        r->hidden = r->pub.input == DM_INPUT_NONE
                    && out->components[r->component].nrules == 0;
    }
}

/* ---- what was asked in vain --------------------------------------------- */

static bool holds_demand(const demand *k, const dm_component *c)
{
    for (uint32_t i = 0; i < c->nrelations; i++)
        if (k->kind.at[c->relations[i]] == DEMAND)
            return true;
    return false;
}

static bool set_whole(demand *k, uint32_t relation)
{
    asked_of *a = &k->asked[k->origin.at[relation]];
    bool fresh = !a->whole;
    a->whole = true;
    return fresh;
}

static bool aggregates(const dm_rule *r)
{
    for (uint32_t i = 0; i < r->nargs; i++)
        if (r->args[i].kind == DM_EXPR_AGGREGATE)
            return true;
    return false;
}

/* The relations that keep a component from just growing are asked for whole;
 * true when one wasn't. */
static bool revoke(demand *k, uint32_t component)
{
    const dm_program *out = k->out;
    const dm_component *c = &out->components[component];
    bool any = false;
    for (uint32_t i = 0; i < c->nrelations; i++)
        if (out->relations.at[c->relations[i]]->lattice)
            any |= set_whole(k, c->relations[i]);
    for (uint32_t i = 0; i < c->nrules; i++) {
        const dm_rule *r = &out->rules.at[c->rules[i]]->pub;
        for (uint32_t b = 0; b < r->nbody; b++) {
            const dm_literal *l = &r->body[b];
            if (!literal_reads(l)
                || out->relations.at[l->relation]->component != component)
                continue;
            if (aggregates(r))
                any |= set_whole(k, r->relation);
            if (!literal_is_plain(l))
                any |= set_whole(k, k->kind.at[r->relation] == DEMAND
                                        ? r->relation : l->relation);
        }
    }
    return any;
}

static bool has_own_aggregate(const demand *k, const dm_component *c,
                              uint32_t component)
{
    for (uint32_t i = 0; i < c->nrules; i++) {
        const dm_rule *r = &k->out->rules.at[c->rules[i]]->pub;
        for (uint32_t b = 0; aggregates(r) && b < r->nbody; b++)
            if (literal_reads(&r->body[b])
                && k->out->relations.at[r->body[b].relation]->component
                       == component)
                return true;
    }
    return false;
}

/* Look for demands where none may be; what can't be told apart makes all of
 * the component whole. */
static bool revoke_all(demand *k)
{
    bool any = false;
    for (uint32_t i = 0; i < k->out->ncomponents; i++) {
        const dm_component *c = &k->out->components[i];
        if (!holds_demand(k, c) || (component_is_plain(k->out, i)
                                    && !has_own_aggregate(k, c, i)))
            continue;
        any = true;
        if (!revoke(k, i))
            for (uint32_t j = 0; j < c->nrelations; j++)
                set_whole(k, c->relations[j]);
    }
    return any;
}

static void everything_whole(demand *k)
{
    for (size_t i = 0; i < k->p->relations.len; i++)
        k->asked[i].whole = true;
}

static void forget(demand *k)
{
    dm_program_free(k->out);
    k->out = NULL;
    k->variants.len = k->origin.len = k->kind.len = 0;
    k->again = false;
    arena_free(&k->scratch);
}

/* One attempt; *done: it will do. */
static dm_status attempt(demand *k, uint32_t relation, uint64_t mask,
                         const dm_cell *cells, uint32_t *goal, bool *done)
{
    dm_status st = DM_OK;
    forget(k);
    TRY(write_all(k, relation, mask, cells, goal), end);
    if (k->again)
        goto end;
    st = dm_program_check(k->out, k->err);
    if (st != DM_OK && st != DM_CHECK)
        goto end;
    if (revoke_all(k)) {
        st = DM_OK;
    } else if (st == DM_CHECK && !k->asked[relation].whole) {
        everything_whole(k); /* a guard too many in a long rule, say */
        st = DM_OK;
    } else {
        *done = st == DM_OK;
    }
end:
    return st;
}

static dm_status transform(demand *k, uint32_t relation, uint64_t mask,
                           const dm_cell *cells, uint32_t *goal)
{
    dm_status st = DM_OK;
    bool done = false;
    TRY(reach(k, relation), end);
    look_at_rules(k);
    for (int i = 0; !done; i++) {
        if (i == MOST_ATTEMPTS)
            everything_whole(k);
        TRY(attempt(k, relation, mask, cells, goal, &done), end);
    }
    *goal = k->variants.at[*goal].rows;
    hide_unused(k);
    if (!(k->force & DM_FORCE_NO_DEMAND)
        && select_inputs(k->out, *goal, mask, cells) != DM_OK)
        st = error_nomem(k->err);
end:
    return st;
}

dm_status dm_program_demand(const dm_program *p, uint32_t relation,
                            uint64_t mask, const dm_cell *cells,
                            unsigned force, dm_program **out, uint32_t *goal,
                            dm_error *err)
{
    dm_status st = DM_OK;
    dm_program *linear = NULL;
    if (!p->checked || p->nerrors > 0 || relation >= p->relations.len)
        return error_set(err, DM_INVALID, "a goal of a checked program");
    if (!(force & DM_FORCE_NO_DEMAND))
        TRY(linear_program(p, &linear, err), end);
    demand k = {.p = linear ? linear : p, .force = force, .err = err};
    k.asked = mem_calloc(k.p->relations.len + 1, sizeof *k.asked);
    if (!k.asked) {
        st = error_nomem(err);
        goto free;
    }
    st = transform(&k, relation, mask, cells, goal);
    if (st == DM_OK) {
        *out = k.out;
        k.out = NULL;
    }
free:
    forget(&k);
    vec_free(&k.variants);
    vec_free(&k.origin);
    vec_free(&k.kind);
    mem_free(k.asked);
end:
    dm_program_free(linear);
    return st;
}
