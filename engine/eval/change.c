/* change.c - running a rule from a literal whose relation has changed.
 *
 * A positive literal that reads what has changed is the delta that rounds
 * know.  A negated one becomes an atom, so that the rows that made it false,
 * or no longer do, lead to the instances: the rule is run as a variant.
 *   USE_LOSS: the negation itself is read as the atom.
 *   USE_GAIN: the atom is added behind the body, and the negation stays, since
 *     another row may still be there where it has free columns.
 * Whether a head is derived is asked of many heads at once: the pipeline
 * starts from them, and each binding knows from which (TRACK_ORIGIN).
 *
 * What other literals read when instances are lost: what was there before,
 * i.e. what is there and what is gone; a negated one rows that were there
 * before.  That may be too much, never too little. */
#include "eval/change.h"

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

static void read_others(const fixpoint *f, pipeline_use use,
                        const dm_literal *l, reads *out)
{
    const eval_relation *r = &f->e->relations[l->relation];
    bool atom = l->kind == DM_ATOM;
    fixpoint_read_all(f->e, l->relation,
                      l->possible || !atom ? SIDE_POSSIBLE : f->side, out);
    if (use != USE_LOSS)
        return;
    const rowset *gone = eval_source(f->e, l->relation, SOURCE_GONE);
    if (atom && gone)
        out->hi[SOURCE_GONE] = gone->nrows;
    if (!atom && r->before < out->hi[PART_TRUE])
        out->hi[PART_TRUE] = r->before;
}

static dm_status find_bounds(const fixpoint *f, pipeline_use use,
                             const dm_rule *rule, reads **out)
{
    reads *bounds = mem_calloc(rule->nbody + (size_t)2, sizeof *bounds);
    if (!bounds)
        return error_nomem(f->e->err);
    for (uint32_t b = 0; b < rule->nbody; b++)
        if (rule->body[b].kind != DM_TEST)
            read_others(f, use, &rule->body[b], &bounds[b]);
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
    dm_status st = rules_pipeline_at(f->e, rule, negated ? use : USE_DELTA,
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

dm_status change_run(fixpoint *f, pipeline_use use, uint32_t rule,
                     uint32_t literal, const reads *delta, sink_fn *sink,
                     void *context)
{
    const dm_rule *r = fixpoint_rule(f, rule);
    bool added = use == USE_GAIN && r->body[literal].kind == DM_NOT_ATOM;
    uint32_t at = added ? r->nbody : literal;
    reads *bounds;
    pipeline *p = NULL;
    f->e->rule = rule;
    dm_status st = find_bounds(f, use, r, &bounds);
    if (st != DM_OK)
        return st;
    bounds[at] = *delta;
    st = eval_poll(f->e);
    if (st == DM_OK)
        st = get_pipeline(f, use, rule, literal, at, bounds, &p);
    run how = {.p = p, .side = f->side, .reads = bounds, .sink = sink,
               .context = context, .exact = true};
    if (st == DM_OK)
        st = pipeline_run(f->e, &how);
    mem_free(bounds);
    return st;
}

dm_status change_gain(fixpoint *f, uint32_t rule, uint32_t literal,
                      const reads *delta)
{
    eval_relation *to = &f->e->relations[fixpoint_rule(f, rule)->relation];
    head_sink head = {to, f->side, false};
    dm_status st = rules_begin_stage(f->e, &to->part[fixpoint_part(f->side)]);
    return st == DM_OK ? change_run(f, USE_GAIN, rule, literal, delta,
                                    rules_insert_head, &head) : st;
}

/* ---- is a head derived? ------------------------------------------------- */

typedef struct checking {
    const rowset *heads;
    uint32_t row[BATCH];   /* that are asked about */
    uint32_t place[BATCH]; /* where they stand in the caller's batch */
    uint8_t settled[BATCH];
    size_t n;
} checking;

/* Bindings whose head, where it is computed, has other cells than the row
 * they started from don't count. */
static dm_status compare_heads(dm_eval *e, const checking *c,
                               const pipeline *p, const batch *b, uint8_t *ok)
{
    const eval_relation *r = &e->relations[p->rule->relation];
    const dm_cell *origin = b->col[p->flag_slot], *column;
    size_t top = e->temp_top;
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < p->rule->nargs && st == DM_OK; i++) {
        const dm_expr *x = &p->rule->args[i];
        dm_type type = r->decl->columns[i].type;
        if (x->kind == DM_EXPR_VAR && x->type == type)
            continue;
        st = expr_eval_as(e, x, type, b, ok, &column);
        for (size_t k = 0; k < b->n && st == DM_OK; k++)
            ok[k] &= column[k]
                     == rowset_cell(c->heads, c->row[origin[k]], i);
        e->temp_top = top;
    }
    return st;
}

static dm_status settle_heads(dm_eval *e, void *context, pipeline *p,
                              run *r, batch *b)
{
    checking *c = context;
    (void)r;
    uint8_t ok[BATCH];
    memset(ok, 1, b->n);
    dm_status st = compare_heads(e, c, p, b, ok);
    for (size_t i = 0; i < b->n && st == DM_OK; i++)
        if (ok[i])
            c->settled[b->col[p->flag_slot][i]] = 1;
    return st;
}

/* Growing relations are read up to the stage. */
static void limit_bounds(const fixpoint *f, const dm_rule *rule,
                         uint64_t stage, reads *bounds)
{
    int part = fixpoint_part(f->side);
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        const eval_relation *r = &f->e->relations[l->relation];
        if (l->kind == DM_ATOM && r->growing)
            bounds[b].hi[part] = rowset_before_stage(&r->part[part], stage);
    }
}

static dm_status check_by(fixpoint *f, uint32_t rule, uint64_t stage,
                          checking *c)
{
    const dm_rule *r = fixpoint_rule(f, rule);
    reads *bounds;
    pipeline **at;
    f->e->rule = rule;
    dm_status st = find_bounds(f, USE_CHECK, r, &bounds);
    if (st != DM_OK)
        return st;
    st = rules_pipeline_at(f->e, rule, USE_CHECK, 0, bounds, &at);
    plan_request request = {.rule = rule, .delta = PLAN_NO_DELTA,
                            .united = PLAN_NO_UNION, .head_bound = true};
    if (st == DM_OK && !*at)
        st = pipeline_make(f->e, &request, TRACK_ORIGIN, bounds, at);
    limit_bounds(f, r, stage, bounds);
    memset(c->settled, 0, c->n);
    run how = {.p = st == DM_OK ? *at : NULL, .side = f->side,
               .reads = bounds, .sink = settle_heads, .context = c,
               .exact = true, .settled = c->settled};
    if (st == DM_OK)
        st = pipeline_run_heads(f->e, &how, c->heads, c->row, c->n);
    mem_free(bounds);
    return st;
}

/* Note what is settled, and go on with the others. */
static void keep_unsettled(checking *c, uint8_t *settled)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (c->settled[i]) {
            settled[c->place[i]] = 1;
            continue;
        }
        c->row[kept] = c->row[i];
        c->place[kept++] = c->place[i];
    }
    c->n = kept;
}

dm_status change_check(fixpoint *f, uint32_t relation, const rowset *heads,
                       const uint32_t *row, size_t n, uint64_t stage,
                       uint8_t *settled)
{
    checking c = {.heads = heads, .n = n};
    dm_status st = n ? eval_poll(f->e) : DM_OK;
    assert(n <= BATCH);
    memset(settled, 0, n);
    for (size_t i = 0; i < n; i++) {
        c.row[i] = row[i];
        c.place[i] = (uint32_t)i;
    }
    for (uint32_t i = 0; i < f->c->nrules && c.n > 0 && st == DM_OK; i++) {
        if (fixpoint_rule(f, f->c->rules[i])->relation != relation)
            continue;
        st = check_by(f, f->c->rules[i], stage, &c);
        keep_unsettled(&c, settled);
    }
    return st;
}
