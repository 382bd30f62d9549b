/* slice.c - exploring the derivation graph below a goal.
 *
 * Representation: nodes and derivations in arrays, premises in an arena.  The
 * index maps (relation, truth, row number), packed exactly into 64 bits, to a
 * node.
 *
 * Cost: each node asks each rule of its relation once for its instances. */
#include "read/slice.h"

#include "base/error.h"

#include <assert.h>
#include <string.h>

enum { DEFAULT_INSTANCES = 100000, DEFAULT_ROWS = 1000, EARLIER_TRIES = 1000 };

/* ---- setting up --------------------------------------------------------- */

/* Rules by head relation, by counting. */
static dm_status index_rules(slice *s)
{
    uint32_t nrelations = dm_program_nrelations(s->program);
    uint32_t nrules = dm_program_nrules(s->program);
    s->rules_of = arena_zalloc(&s->memory,
                               (nrelations + 2) * sizeof *s->rules_of);
    s->rules = arena_alloc(&s->memory, (nrules + 1) * sizeof *s->rules);
    if (s->rules_of == NULL || s->rules == NULL)
        return DM_NOMEM;
    for (uint32_t i = 0; i < nrules; i++)
        s->rules_of[dm_program_get_rule(s->program, i)->relation + 2]++;
    for (uint32_t i = 2; i < nrelations + 2; i++)
        s->rules_of[i] += s->rules_of[i - 1];
    for (uint32_t i = 0; i < nrules; i++) {
        uint32_t relation = dm_program_get_rule(s->program, i)->relation;
        s->rules[s->rules_of[relation + 1]++] = i;
    }
    return DM_OK;
}

dm_status slice_init(slice *s, dm_eval *e, const proof_options *options,
                     dm_error *err)
{
    memset(s, 0, sizeof *s);
    s->eval = e;
    s->program = eval_program(e);
    s->cancel = options != NULL ? options->cancel : NULL;
    s->max_rows = options != NULL && options->max_rows > 0
                      ? options->max_rows : DEFAULT_ROWS;
    s->max_instances = options != NULL && options->max_instances > 0
                           ? options->max_instances : DEFAULT_INSTANCES;
    return index_rules(s) == DM_OK ? DM_OK : error_nomem(err);
}

void slice_free(slice *s)
{
    map_free(&s->index);
    vec_free(&s->nodes);
    vec_free(&s->derivations);
    vec_free(&s->uses);
    arena_free(&s->memory);
}

static uint64_t row_key(eval_row row)
{
    assert(row.relation < (1u << 20) && row.row < (UINT64_C(1) << 43));
    return (uint64_t)row.relation << 44 | (uint64_t)row.row << 1
           | (row.truth == DM_TRUE);
}

dm_status slice_node_of(slice *s, eval_row row, uint32_t *out, dm_error *err)
{
    uint64_t key = row_key(row), at;
    if (map_get(&s->index, key, &at)) {
        *out = (uint32_t)at;
        return DM_OK;
    }
    slice_node n = {.row = row, .chosen = SLICE_NONE, .first_use = SLICE_NONE};
    n.input = eval_is_input(s->eval, row);
    uint32_t id = (uint32_t)s->nodes.len;
    /* (asked for here so that slice_cells can't fail) */
    if (!eval_cells(s->eval, row) || !vec_push(&s->nodes, n) || !map_put(&s->index, key, id))
        return error_nomem(err);
    *out = id;
    return DM_OK;
}

const dm_cell *slice_cells(const slice *s, uint32_t node)
{
    return eval_cells(s->eval, s->nodes.at[node].row);
}

bool slice_is_aux(const slice *s, uint32_t relation)
{
    return dm_program_get_relation(s->program, relation)->aux;
}

/* ---- collecting the instances of one rule ------------------------------- */

typedef VEC(premise) premise_vec;

/* One instance as it comes from the evaluator, its borrowed parts copied. */
typedef struct gathered {
    size_t npremises;
    eval_premise *premises;
    dm_cell *vars;
} gathered;

typedef struct gathering {
    slice *s;
    const dm_rule *rule;
    size_t limit;
    size_t beyond;
    bool failed;
    VEC(gathered) at;
    /* choosing by stages: */
    uint64_t stage;
    size_t tries;
    uint64_t best;
} gathering;

static uint32_t literal_arity(const slice *s, const dm_literal *l)
{
    return dm_program_get_relation(s->program, l->relation)->arity;
}

/* Copy what the evaluator lends for the time of the call. */
static bool copy_instance(gathering *g, const eval_instance *i, gathered *out)
{
    arena *a = &g->s->memory;
    out->npremises = i->npremises;
    out->premises = arena_copy(a, i->premises,
                               i->npremises * sizeof *i->premises);
    out->vars = arena_zalloc(a, (g->rule->nvars + 1) * sizeof *i->vars);
    if (out->premises == NULL || out->vars == NULL)
        return false;
    if (g->rule->nvars > 0)
        memcpy(out->vars, i->vars, g->rule->nvars * sizeof *i->vars);
    for (size_t k = 0; k < i->npremises; k++) {
        eval_premise *p = &out->premises[k];
        if (p->cells == NULL
            || (p->kind != DM_NOT_ATOM && p->kind != DM_BODY_AGGREGATE))
            continue;
        const dm_literal *l = &g->rule->body[k];
        size_t n = literal_arity(g->s, l) + (p->kind == DM_BODY_AGGREGATE);
        dm_cell *cells = arena_alloc(a, (n + 1) * sizeof *cells);
        if (cells == NULL)
            return false;
        /* The evaluator gives as many cells as the literal has arguments. */
        memcpy(cells, p->cells, l->nargs * sizeof *cells);
        p->cells = cells;
    }
    return true;
}

static bool on_instance(void *context, const eval_instance *instance)
{
    gathering *g = context;
    gathered one;
    if (g->at.len >= g->limit) {
        g->beyond++;
        return g->beyond < g->limit * 1000;
    }
    if (!copy_instance(g, instance, &one) || !vec_push(&g->at, one))
        g->failed = true;
    return !g->failed;
}

/* ---- from instances to derivations -------------------------------------- */

/* The rows that a body aggregate took. */
typedef struct members {
    slice *s;
    premise_vec *out;
    uint32_t literal;
    size_t count;
    size_t beyond;
    dm_error *err;
    dm_status st;
} members;

static bool on_member(void *context, eval_row row)
{
    members *m = context;
    premise p = {.literal = m->literal, .kind = DM_ATOM, .truth = row.truth};
    if (m->count >= m->s->max_rows) {
        m->beyond++;
        return true;
    }
    m->st = slice_node_of(m->s, row, &p.node, m->err);
    if (m->st == DM_OK && !vec_push(m->out, p))
        m->st = error_nomem(m->err);
    m->count++;
    return m->st == DM_OK;
}

static dm_status push_members(slice *s, const dm_literal *l, premise heading,
                              premise_vec *out, dm_error *err)
{
    size_t at = out->len;
    if (!vec_push(out, heading))
        return error_nomem(err);
    members m = {.s = s, .out = out, .literal = heading.literal, .err = err};
    dm_status st = eval_match(s->eval, l->relation, l->grouped, heading.cells,
                              on_member, &m, err);
    if (st == DM_OK)
        st = m.st;
    out->at[at].members = (uint32_t)m.count;
    out->at[at].omitted = m.beyond;
    return st;
}

static dm_status push_premises(slice *s, const dm_rule *rule,
                               const gathered *g, premise_vec *out,
                               dm_error *err)
{
    for (size_t i = 0; i < g->npremises; i++) {
        const eval_premise *e = &g->premises[i];
        premise p = {.literal = (uint32_t)i, .node = SLICE_NONE,
                     .kind = e->kind, .truth = e->truth, .cells = e->cells,
                     .vars = g->vars};
        dm_status st = DM_OK;
        if (rule->body[i].possible)
            continue; /* only supplies values; the outer body has it again */
        if (e->kind == DM_ATOM
            || (e->kind == DM_NOT_ATOM && e->truth == DM_UNDEFINED))
            st = slice_node_of(s, e->row, &p.node, err);
        if (st == DM_OK && e->kind == DM_BODY_AGGREGATE)
            st = push_members(s, &rule->body[i], p, out, err);
        else if (st == DM_OK && !vec_push(out, p))
            st = error_nomem(err);
        if (st != DM_OK)
            return st;
    }
    return DM_OK;
}

/* A positive premise must be settled before its derivation counts; what is
 * negated and disputed is shown, but nothing rests on its being derived. */
static bool is_waited_for(const premise *p)
{
    return p->kind == DM_ATOM && p->node != SLICE_NONE;
}

static dm_status add_derivation(slice *s, derivation d, premise_vec *premises,
                                dm_error *err)
{
    uint32_t id = (uint32_t)s->derivations.len;
    d.npremises = premises->len;
    d.premises = arena_copy(&s->memory, premises->at,
                            premises->len * sizeof *premises->at);
    if (d.premises == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < d.npremises; i++) {
        premise *p = &d.premises[i];
        if (is_waited_for(p)) {
            slice_node *n = &s->nodes.at[p->node];
            slice_use use = {.derivation = id, .next = n->first_use};
            n->first_use = (uint32_t)s->uses.len;
            d.waiting++;
            if (!vec_push(&s->uses, use))
                return error_nomem(err);
        } else {
            d.weight++;
        }
    }
    return vec_push(&s->derivations, d) ? DM_OK : error_nomem(err);
}

static bool aggregates(const dm_rule *rule)
{
    for (uint32_t i = 0; i < rule->nargs; i++)
        if (rule->args[i].kind == DM_EXPR_AGGREGATE)
            return true;
    return false;
}

/* Does the rule fold groups, rather than improve a lattice value? */
static bool folds(const slice *s, const dm_rule *rule)
{
    uint32_t column;
    dm_aggregate aggregate;
    return aggregates(rule)
           && !dm_program_lattice(s->program, rule->relation, &column,
                                  &aggregate);
}

static dm_status gather(slice *s, uint32_t rule, uint32_t node, gathering *g,
                        dm_error *err)
{
    slice_node *n = &s->nodes.at[node];
    memset(g, 0, sizeof *g);
    g->s = s;
    g->rule = dm_program_get_rule(s->program, rule);
    g->limit = folds(s, g->rule) ? s->max_rows : s->max_instances + 1;
    dm_status st = eval_instances(s->eval, rule, slice_cells(s, node),
                                  n->row.truth, on_instance, g, err);
    if (st == DM_OK && g->failed)
        st = error_nomem(err);
    return st;
}

/* Is it this rule's group that has the head's value?  Only asked where more
 * than one rule may have a group for the head. */
static dm_status is_of_group(const slice *s, uint32_t node, gathering *g,
                             bool *out)
{
    uint32_t relation = g->rule->relation;
    size_t n = g->at.len;
    *out = true;
    if (s->rules_of[relation + 1] - s->rules_of[relation] < 2 || g->beyond > 0
        || s->nodes.at[node].row.truth != DM_TRUE)
        return DM_OK;
    const dm_cell **vars = mem_alloc((n + 1) * sizeof *vars);
    dm_cell *scratch = mem_alloc((n + 1) * sizeof *scratch);
    if (vars != NULL && scratch != NULL) {
        for (size_t i = 0; i < n; i++)
            vars[i] = g->at.at[i].vars;
        *out = group_matches(s, g->rule, slice_cells(s, node), vars, n,
                             scratch);
    }
    bool failed = vars == NULL || scratch == NULL;
    mem_free(vars);
    mem_free(scratch);
    return failed ? DM_NOMEM : DM_OK;
}

/* All instances of a group, as one derivation. */
static dm_status derive_group(slice *s, uint32_t rule, uint32_t node,
                              gathering *g, premise_vec *premises,
                              dm_error *err)
{
    bool mine;
    derivation d = {.head = node, .rule = rule, .aggregate = true,
                    .omitted = g->beyond};
    dm_status st = is_of_group(s, node, g, &mine);
    if (st != DM_OK)
        return error_nomem(err);
    if (!mine)
        return DM_OK;
    for (size_t i = 0; i < g->at.len && st == DM_OK; i++)
        st = push_premises(s, g->rule, &g->at.at[i], premises, err);
    return st == DM_OK ? add_derivation(s, d, premises, err) : st;
}

static dm_status derive_each(slice *s, uint32_t rule, uint32_t node,
                             gathering *g, premise_vec *premises,
                             dm_error *err)
{
    dm_status st = DM_OK;
    derivation d = {.head = node, .rule = rule};
    for (size_t i = 0; i < g->at.len && st == DM_OK; i++) {
        premises->len = 0;
        st = push_premises(s, g->rule, &g->at.at[i], premises, err);
        if (st == DM_OK)
            st = add_derivation(s, d, premises, err);
    }
    return st;
}

static dm_status expand_by(slice *s, uint32_t rule, uint32_t node,
                           dm_error *err)
{
    gathering g;
    premise_vec premises = {0};
    dm_status st = gather(s, rule, node, &g, err);
    s->ninstances += g.at.len;
    if (st == DM_OK && g.at.len > 0)
        st = (folds(s, g.rule) ? derive_group : derive_each)(
            s, rule, node, &g, &premises, err);
    vec_free(&premises);
    vec_free(&g.at);
    return st;
}

static dm_status poll(const slice *s, dm_error *err)
{
    if (s->cancel != NULL && atomic_load(&s->cancel->asked))
        return error_set(err, DM_CANCELLED, "interrupted");
    return DM_OK;
}

dm_status slice_explore(slice *s, uint32_t goal, dm_error *err)
{
    dm_status st = DM_OK;
    assert(goal == 0);
    /* New nodes go to the end of the array, so it is the queue. */
    for (uint32_t i = goal; i < s->nodes.len && st == DM_OK; i++) {
        uint32_t relation = s->nodes.at[i].row.relation;
        s->nodes.at[i].explored = true;
        if (s->nodes.at[i].input)
            continue;
        st = poll(s, err);
        for (uint32_t r = s->rules_of[relation];
             r < s->rules_of[relation + 1] && st == DM_OK; r++)
            st = expand_by(s, s->rules[r], i, err);
        if (s->ninstances > s->max_instances) {
            s->overflow = true;
            break;
        }
    }
    return st;
}

/* ---- the fallback: rows of earlier stages ------------------------------- */

/* The latest stage of an instance's positive premises; UINT64_MAX when one is
 * not earlier than the head. */
static uint64_t latest(const gathering *g, const eval_instance *instance)
{
    uint64_t most = 0;
    for (size_t i = 0; i < instance->npremises; i++) {
        const eval_premise *p = &instance->premises[i];
        if (p->kind != DM_ATOM)
            continue;
        uint64_t stage = eval_stage(g->s->eval, p->row);
        if (stage >= g->stage)
            return UINT64_MAX;
        if (stage > most)
            most = stage;
    }
    return most;
}

static bool on_earlier(void *context, const eval_instance *instance)
{
    gathering *g = context;
    uint64_t stage = latest(g, instance);
    if (stage < g->best) {
        gathered one;
        g->best = stage;
        g->at.len = 0;
        if (!copy_instance(g, instance, &one) || !vec_push(&g->at, one))
            g->failed = true;
    }
    return !g->failed && ++g->tries < EARLIER_TRIES && g->best > 0;
}

static dm_status choose_by(slice *s, uint32_t rule, uint32_t node,
                           dm_error *err)
{
    gathering g = {.s = s, .rule = dm_program_get_rule(s->program, rule)};
    premise_vec premises = {0};
    if (folds(s, g.rule))
        return expand_by(s, rule, node, err);
    g.stage = eval_stage(s->eval, s->nodes.at[node].row);
    g.best = UINT64_MAX;
    dm_status st = eval_instances(s->eval, rule, slice_cells(s, node),
                                  s->nodes.at[node].row.truth, on_earlier, &g,
                                  err);
    if (st == DM_OK && g.failed)
        st = error_nomem(err);
    if (st == DM_OK && g.at.len > 0)
        st = derive_each(s, rule, node, &g, &premises, err);
    vec_free(&premises);
    vec_free(&g.at);
    return st;
}

dm_status slice_choose_earlier(slice *s, uint32_t goal, dm_error *err)
{
    dm_status st = DM_OK;
    for (uint32_t i = goal; i < s->nodes.len && st == DM_OK; i++) {
        uint32_t relation = s->nodes.at[i].row.relation;
        uint32_t before = (uint32_t)s->derivations.len;
        s->nodes.at[i].settled = true;
        if (s->nodes.at[i].input)
            continue;
        st = poll(s, err);
        for (uint32_t r = s->rules_of[relation];
             r < s->rules_of[relation + 1] && st == DM_OK; r++) {
            st = choose_by(s, s->rules[r], i, err);
            if (s->derivations.len > before)
                break;
        }
        if (st == DM_OK && s->derivations.len > before)
            s->nodes.at[i].chosen = before;
        else if (st == DM_OK)
            st = error_set(err, DM_CORRUPT, "a row has no derivation");
    }
    return st;
}
