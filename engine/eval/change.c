/* change.c - running a rule from a literal whose relation has changed.
 *
 * A positive literal that reads what has changed is the delta that rounds
 * know.  A negated one becomes an atom, so that the rows that made it false,
 * or no longer do, lead to the instances: the rule is run as a variant.
 *   USE_LOSS: the negation itself is read as the atom.
 *   USE_GAIN: the atom is added behind the body, and the negation stays, since
 *     another row may still be there where it has free columns.
 *
 * What other literals read when instances are lost: what was there before,
 * i.e. what is there and what is gone; a negated one rows that were there
 * before.  That may be too much, never too little.  Of the component in work
 * they read what is there: rows that go are taken out only when the instances
 * that rested on them are known (retract.c).  Nor are rows read that are gone
 * from below when those of the component go: instances that rested on both are
 * known from the former.
 *
 * Heads that may be lost are rows of a set of their own.  They are put in, and
 * heads that are gained, as those of an evaluation are: by unions, where these
 * are possible, so that a head costs little however many instances it has. */
#include "eval/change.h"

#include "eval/unite.h"

#include <assert.h>
#include <string.h>

/* ---- variants ----------------------------------------------------------- */

typedef struct maker {
    arena *memory;
    const dm_rule *rule;
    uint32_t literal;
    bool *elsewhere;    /* by variable: occurs outside the literal */
    uint32_t *renamed;  /* by variable */
    dm_rule variant;
} maker;

/* Copy expressions, variables renamed. */
static const dm_expr *copy_args(const maker *m, const dm_expr *args,
                                uint32_t n)
{
    dm_expr *copy = arena_copy(m->memory, args, n * sizeof *args);
    for (uint32_t i = 0; copy && i < n; i++) {
        if (copy[i].kind == DM_EXPR_VAR)
            copy[i].var = m->renamed[copy[i].var];
        if (copy[i].nargs == 0)
            continue;
        copy[i].args = copy_args(m, copy[i].args, copy[i].nargs);
        if (!copy[i].args)
            return NULL;
    }
    return copy;
}

static void mark_elsewhere(maker *m)
{
    for (uint32_t i = 0; i < m->rule->nargs; i++)
        plan_mark(&m->rule->args[i], m->elsewhere);
    for (uint32_t b = 0; b < m->rule->nbody; b++)
        for (uint32_t i = 0; b != m->literal && i < m->rule->body[b].nargs;
             i++)
            plan_mark(&m->rule->body[b].args[i], m->elsewhere);
}

/* The added atom must not bind what is free in the negation. */
static bool rename_local(maker *m)
{
    uint32_t nvars = m->rule->nvars;
    dm_type *types = arena_zalloc(m->memory, 2 * nvars * sizeof *types + 1);
    if (!types)
        return false;
    if (nvars)
        memcpy(types, m->rule->var_types, nvars * sizeof *types);
    for (uint32_t v = 0; v < nvars; v++) {
        m->renamed[v] = v;
        if (m->elsewhere[v])
            continue;
        types[m->variant.nvars] = types[v];
        m->renamed[v] = m->variant.nvars++;
    }
    m->variant.var_types = types;
    return true;
}

static bool add_atom(maker *m, dm_literal *body)
{
    const dm_literal *l = &m->rule->body[m->literal];
    dm_literal *added = &body[m->variant.nbody++];
    uint32_t nvars = m->rule->nvars;
    m->elsewhere = arena_zalloc(m->memory, nvars + (size_t)1);
    m->renamed = arena_zalloc(m->memory,
                              (nvars + (size_t)1) * sizeof *m->renamed);
    if (!m->elsewhere || !m->renamed)
        return false;
    mark_elsewhere(m);
    if (!rename_local(m))
        return false;
    *added = *l;
    added->kind = DM_ATOM;
    if (l->nargs)
        added->args = copy_args(m, l->args, l->nargs);
    return added->args != NULL || l->nargs == 0;
}

/* The variant of a rule for its negated literal; NULL: memory ran out. */
static const dm_rule *make_variant(arena *memory, const dm_rule *rule,
                                   pipeline_use use, uint32_t literal)
{
    maker m = {.memory = memory, .rule = rule, .literal = literal,
               .variant = *rule};
    dm_literal *body = arena_zalloc(memory, (rule->nbody + (size_t)1)
                                            * sizeof *body);
    if (!body)
        return NULL;
    memcpy(body, rule->body, rule->nbody * sizeof *body);
    m.variant.body = body;
    if (use == USE_LOSS)
        body[literal].kind = DM_ATOM;
    else if (!add_atom(&m, body))
        return NULL;
    return arena_copy(memory, &m.variant, sizeof m.variant);
}

/* ---- what is read ------------------------------------------------------- */

static void read_others(const fixpoint *f, pipeline_use use, bool below,
                        const dm_literal *l, reads *out)
{
    const eval_relation *r = &f->e->relations[l->relation];
    bool atom = l->kind == DM_ATOM;
    fixpoint_read_all(f->e, l->relation,
                      l->possible || !atom ? SIDE_POSSIBLE : f->side, out);
    if (use != USE_LOSS)
        return;
    const rowset *gone = eval_source(f->e, l->relation, SOURCE_GONE);
    if (atom && gone && below && !r->growing)
        out->hi[SOURCE_GONE] = gone->nrows;
    if (!atom && r->before < out->hi[PART_TRUE])
        out->hi[PART_TRUE] = r->before;
}

/* `below`: the literal that has changed is of no relation in work. */
static dm_status find_bounds(const fixpoint *f, pipeline_use use, bool below,
                             const dm_rule *rule, reads **out)
{
    reads *bounds = mem_calloc(rule->nbody + (size_t)2, sizeof *bounds);
    if (!bounds)
        return error_nomem(f->e->err);
    for (uint32_t b = 0; b < rule->nbody; b++)
        if (rule->body[b].kind != DM_TEST)
            read_others(f, use, below, &rule->body[b], &bounds[b]);
    *out = bounds;
    return DM_OK;
}

/* ---- runs --------------------------------------------------------------- */

/* The pipeline for a change in a literal, made when there is none. */
static dm_status get_pipeline(fixpoint *f, pipeline_use use, uint32_t rule,
                              uint32_t literal, uint32_t delta,
                              const reads *bounds, pipeline **out)
{
    const dm_rule *r = fixpoint_rule(f, rule);
    bool negated = r->body[literal].kind == DM_NOT_ATOM;
    plan_request request = {.rule = rule, .delta = delta,
                            .united = PLAN_NO_UNION};
    pipeline **at;
    dm_status st = rules_pipeline_at(f->e, rule, use,
                                     literal, bounds, &at);
    if (st == DM_OK && !*at && negated) {
        arena memory = {0};
        const dm_rule *v = make_variant(&memory, r, use, literal);
        request.variant = v;
        st = v ? pipeline_make(f->e, &request, TRACK_NONE, bounds, at)
               : error_nomem(f->e->err);
        if (st == DM_OK)
            (*at)->variant = memory;
        else
            arena_free(&memory);
    } else if (st == DM_OK && !*at) {
        st = pipeline_make(f->e, &request, TRACK_NONE, bounds, at);
    }
    *out = *at;
    return st;
}

/* Run a rule whose literals read `bounds`, the changed one, which is literal
 * `delta` of the body or its variant's, what has changed. */
static dm_status run_plain(fixpoint *f, pipeline_use use, uint32_t rule,
                           uint32_t literal, uint32_t delta,
                           const reads *bounds, head_sink *to)
{
    pipeline *p = NULL;
    dm_status st = eval_poll(f->e);
    if (st == DM_OK)
        st = get_pipeline(f, use, rule, literal, delta, bounds, &p);
    run how = {.p = p, .side = f->side, .reads = bounds,
               .sink = rules_insert_head, .context = to, .exact = true};
    return st == DM_OK ? pipeline_run(f->e, &how) : st;
}

/* Whether all literals but the changed one read true rows that are there. */
static bool reads_sets(const dm_rule *rule, uint32_t literal,
                       const reads *bounds)
{
    for (uint32_t b = 0; b < rule->nbody; b++)
        if (b != literal && (bounds[b].hi[PART_UNDEFINED]
                             || bounds[b].hi[SOURCE_GONE]))
            return false;
    return rule->body[literal].kind == DM_ATOM;
}

/* The same with heads put in by unions, if that is possible; *done. */
static dm_status run_union(fixpoint *f, pipeline_use use, uint32_t rule,
                           uint32_t literal, const reads *bounds,
                           const head_sink *to, bool *done)
{
    rule_run run = {.rule = rule, .delta = literal, .reads = bounds,
                    .use = use};
    *done = to->r->united && to->side == SIDE_TRUE
            && reads_sets(fixpoint_rule(f, rule), literal, bounds)
            && rowset_has_by(&to->r->part[PART_TRUE], 0);
    dm_status st = *done ? unite_rule(f, &run, to->r) : DM_OK;
    *done &= to->r->united;
    return st;
}

static dm_status run_change(fixpoint *f, pipeline_use use, uint32_t rule,
                            uint32_t literal, const reads *delta,
                            head_sink *to)
{
    const dm_rule *r = fixpoint_rule(f, rule);
    const dm_literal *l = &r->body[literal];
    bool added = use == USE_GAIN && l->kind == DM_NOT_ATOM;
    uint32_t at = added ? r->nbody : literal;
    reads *bounds = NULL;
    bool done;
    f->e->rule = rule;
    dm_status st = find_bounds(f, use, !f->e->relations[l->relation].growing,
                               r, &bounds);
    if (st != DM_OK)
        return st;
    bounds[at] = *delta;
    st = run_union(f, use, rule, literal, bounds, to, &done);
    if (st == DM_OK && !done)
        st = run_plain(f, use, rule, literal, at, bounds, to);
    mem_free(bounds);
    return st;
}

dm_status change_lose(fixpoint *f, uint32_t rule, uint32_t literal,
                      const reads *delta, eval_relation *to)
{
    head_sink head = {to, SIDE_TRUE, false};
    return run_change(f, USE_LOSS, rule, literal, delta, &head);
}

dm_status change_gain(fixpoint *f, uint32_t rule, uint32_t literal,
                      const reads *delta)
{
    eval_relation *to = &f->e->relations[fixpoint_rule(f, rule)->relation];
    head_sink head = {to, f->side, false};
    dm_status st = rules_begin_stage(f->e, &to->part[fixpoint_part(f->side)]);
    return st == DM_OK ? run_change(f, USE_GAIN, rule, literal, delta, &head)
                       : st;
}
