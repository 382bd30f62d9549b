/* rederive.c - whether heads are derived from what is there.
 *
 * Asked of many heads at once: for each rule a pipeline starts from those that
 * no rule before it has settled, a batch at a time, and each binding knows
 * from which head it stems (TRACK_ORIGIN).  Heads that agree in what its first
 * steps look at go through these together (share.h), so before each rule the
 * heads are put in order by that.
 *
 * Cost: what the rules' bodies match up to the first instance of a head; all
 * of it where there is none. */
#include "eval/change.h"

#include <string.h>

typedef struct checking {
    fixpoint *f;
    const rowset *heads;
    const uint32_t *row;   /* of `heads`, that are asked about */
    uint64_t stage;
    uint8_t *derived;      /* by place in `row` */
    pair_list left, spare; /* those not settled: what they are sorted by, and
                              their places */
    uint32_t batch[BATCH]; /* rows in work */
    uint8_t settled[BATCH];
    uint64_t work;         /* bindings that steps took and gave */
} checking;

/* ---- one batch ---------------------------------------------------------- */

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
                     == rowset_cell(c->heads, c->batch[origin[k]], i);
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

static uint64_t count_bindings(const pipeline *p)
{
    uint64_t n = 0;
    for (uint32_t k = 0; k < p->nsteps; k++)
        n += p->plan.steps[k].actual_in + p->plan.steps[k].actual_out;
    return n;
}

/* Run a rule from `n` of the heads that are left, from `first` on. */
static dm_status check_batch(checking *c, pipeline *p, const reads *bounds,
                             size_t first, size_t n)
{
    dm_status st = eval_poll(c->f->e);
    run how = {.p = p, .side = c->f->side, .reads = bounds,
               .sink = settle_heads, .context = c, .exact = true,
               .settled = c->settled};
    uint64_t before = count_bindings(p);
    memset(c->settled, 0, n);
    for (size_t i = 0; i < n; i++)
        c->batch[i] = c->row[(uint32_t)c->left.at[first + i]];
    if (st == DM_OK)
        st = pipeline_run_heads(c->f->e, &how, c->heads, c->batch, n);
    c->work += n + count_bindings(p) - before;
    for (size_t i = 0; i < n && st == DM_OK; i++)
        if (c->settled[i])
            c->derived[(uint32_t)c->left.at[first + i]] = 1;
    return st;
}

/* ---- one rule ----------------------------------------------------------- */

/* All rows; of growing relations those before the stage, if it is limited. */
static void find_bounds(const checking *c, const dm_rule *rule, bool limited,
                        reads *bounds)
{
    const fixpoint *f = c->f;
    int part = fixpoint_part(f->side);
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        const eval_relation *r = &f->e->relations[l->relation];
        bool atom = l->kind == DM_ATOM;
        if (l->kind != DM_TEST)
            fixpoint_read_all(f->e, l->relation,
                              l->possible || !atom ? SIDE_POSSIBLE : f->side,
                              &bounds[b]);
        if (limited && atom && r->growing)
            bounds[b].hi[part] = rowset_before_stage(&r->part[part], c->stage);
    }
}

static dm_status get_pipeline(const checking *c, uint32_t rule,
                              const reads *bounds, pipeline **out)
{
    dm_eval *e = c->f->e;
    pipeline **at = NULL;
    plan_request request = {.rule = rule, .delta = PLAN_NO_DELTA,
                            .united = PLAN_NO_UNION, .head_bound = true};
    dm_status st = rules_pipeline_at(e, rule, USE_CHECK, 0, bounds, &at);
    if (st == DM_OK && !*at)
        st = pipeline_make(e, &request, TRACK_ORIGIN, bounds, at);
    *out = st == DM_OK ? *at : NULL;
    return st;
}

/* Put the heads that are left in order by the column that the pipeline shares
 * its first steps by. */
static dm_status sort_heads(checking *c, const pipeline *p)
{
    const dm_rule *rule = p->rule;
    uint32_t by = UINT32_MAX;
    for (uint32_t i = 0; p->share_by.len && i < rule->nargs; i++)
        if (rule->args[i].kind == DM_EXPR_VAR
            && rule->args[i].var == p->share_by.at[0])
            by = i;
    if (!p->share_at || by == UINT32_MAX)
        return DM_OK;
    for (size_t i = 0; i < c->left.len; i++) {
        uint32_t place = (uint32_t)c->left.at[i];
        dm_cell cell = rowset_cell(c->heads, c->row[place], by);
        c->left.at[i] = cell << 32 | place; /* (its low half will do) */
    }
    return pairs_sort(&c->left, &c->spare, 32) == DM_OK
               ? DM_OK : error_nomem(c->f->e->err);
}

/* Go on with the heads that are not settled. */
static void keep_unsettled(checking *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->left.len; i++)
        if (!c->derived[(uint32_t)c->left.at[i]])
            c->left.at[kept++] = c->left.at[i];
    c->left.len = kept;
}

static dm_status check_by(checking *c, uint32_t rule)
{
    const dm_rule *r = fixpoint_rule(c->f, rule);
    pipeline *p = NULL;
    reads *bounds = mem_calloc(r->nbody + (size_t)2, sizeof *bounds);
    dm_status st = bounds ? DM_OK : error_nomem(c->f->e->err);
    c->f->e->rule = rule;
    if (st != DM_OK)
        return st;
    find_bounds(c, r, false, bounds);
    TRY(get_pipeline(c, rule, bounds, &p), out);
    find_bounds(c, r, true, bounds);
    TRY(sort_heads(c, p), out);
    for (size_t at = 0; at < c->left.len && st == DM_OK; at += BATCH) {
        size_t n = c->left.len - at < BATCH ? c->left.len - at : BATCH;
        st = check_batch(c, p, bounds, at, n);
    }
    keep_unsettled(c);
out:
    mem_free(bounds);
    return st;
}

/* ---- all rules ---------------------------------------------------------- */

dm_status change_check(fixpoint *f, uint32_t relation, const rowset *heads,
                       const uint32_t *row, size_t n, uint64_t stage,
                       uint8_t *derived, uint64_t *work)
{
    checking c = {.f = f, .heads = heads, .row = row, .stage = stage,
                  .derived = derived};
    dm_status st = vec_reserve(&c.left, n) ? DM_OK : error_nomem(f->e->err);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        c.left.at[c.left.len++] = i;
    memset(derived, 0, n);
    for (uint32_t i = 0; i < f->c->nrules && c.left.len && st == DM_OK; i++)
        if (fixpoint_rule(f, f->c->rules[i])->relation == relation)
            st = check_by(&c, f->c->rules[i]);
    vec_free(&c.left);
    vec_free(&c.spare);
    *work += c.work;
    return st;
}
