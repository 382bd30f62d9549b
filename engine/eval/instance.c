/* instance.c - how a row is derived: the instances of a rule with that head.
 *
 * The rule's pipeline is planned once with the head's arguments given, and
 * tracks for each literal the row it matched.  Nothing is remembered from the
 * evaluation: the finished model is read again.
 *
 * The batches that reach the sink are unpacked into eval_instance one by one;
 * the visitor may stop, and may ask for other instances only after that. */
#include "eval/internal.h"

#include <string.h>

typedef struct visiting {
    dm_eval *e;
    const dm_rule *rule;
    uint32_t index;       /* of the rule */
    const dm_cell *head;
    dm_truth truth;
    eval_on_instance *visit;
    void *context;
    run run;
    reads *bounds;
    dm_cell *vars;
    eval_premise *premises;
    dm_cell *cells;       /* of the premises, one after the other */
    batch one;            /* a binding as a batch of one row */
} visiting;

/* ---- the head ----------------------------------------------------------- */

/* Whether the head's arguments have the cells asked for.  Aggregates are left
 * out; a lattice's value is compared. */
static dm_status check_head(visiting *v, batch *b, uint8_t *ok)
{
    dm_eval *e = v->e;
    const eval_relation *r = &e->relations[v->rule->relation];
    size_t top = e->temp_top;
    const dm_cell *column = NULL;
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < v->rule->nargs && st == DM_OK; i++) {
        const dm_expr *x = &v->rule->args[i];
        if (x->kind == DM_EXPR_AGGREGATE) {
            if (!r->lattice)
                continue;
            x = &x->args[0];
        }
        st = expr_eval_as(e, x, r->decl->columns[i].type, b, ok, &column);
        for (size_t k = 0; k < b->n && st == DM_OK; k++)
            ok[k] &= column[k] == v->head[i];
        e->temp_top = top;
    }
    return st;
}

/* ---- premises ----------------------------------------------------------- */

/* The arguments of a negated atom or a body aggregate, free ones 0. */
static dm_status argument_cells(visiting *v, uint32_t literal, dm_cell *out)
{
    dm_eval *e = v->e;
    const dm_literal *l = &v->rule->body[literal];
    const dm_relation *decl = e->relations[l->relation].decl;
    size_t top = e->temp_top;
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < l->nargs && st == DM_OK; i++) {
        const dm_expr *x = &l->args[i];
        const dm_cell *column = NULL;
        uint8_t ok = 1;
        bool result = l->kind == DM_BODY_AGGREGATE && i + 1 == l->nargs;
        out[i] = 0;
        if (dm_program_is_free(e->program, v->index, literal, i))
            continue;
        st = expr_eval_as(e, x, result ? x->type : decl->columns[i].type,
                          &v->one, &ok, &column);
        if (st == DM_OK && ok)
            out[i] = column[0];
        e->temp_top = top;
    }
    return st;
}

static bool note_row(void *context, eval_row row)
{
    eval_row *out = context;
    if (row.truth != DM_UNDEFINED)
        return true;
    *out = row;
    return false;
}

/* The first undefined row that a negated atom meets. */
static dm_status undefined_row(visiting *v, uint32_t literal,
                               const dm_cell *cells, eval_row *out)
{
    const dm_literal *l = &v->rule->body[literal];
    uint64_t mask = 0;
    for (uint32_t i = 0; i < l->nargs; i++)
        if (!dm_program_is_free(v->e->program, v->index, literal, i))
            mask |= UINT64_C(1) << i;
    return eval_match(v->e, l->relation, mask, cells, note_row, out,
                      v->e->err);
}

static dm_status fill_premise(visiting *v, uint32_t literal, uint64_t matched,
                              dm_cell **cells)
{
    const dm_literal *l = &v->rule->body[literal];
    eval_premise *p = &v->premises[literal];
    *p = (eval_premise){.kind = l->kind, .truth = DM_TRUE};
    p->row.relation = l->kind == DM_TEST ? UINT32_MAX : l->relation;
    if (l->kind == DM_TEST)
        return DM_OK;
    if (l->kind == DM_ATOM) {
        p->truth = matched & PART_BIT ? DM_UNDEFINED : DM_TRUE;
        p->row.truth = p->truth;
        p->row.row = (size_t)(matched & ~PART_BIT);
        p->cells = eval_cells(v->e, p->row);
        return p->cells ? DM_OK : error_nomem(v->e->err);
    }
    dm_status st = argument_cells(v, literal, *cells);
    p->cells = *cells;
    *cells += l->nargs;
    if (matched)
        p->truth = DM_UNDEFINED;
    if (st == DM_OK && matched && l->kind == DM_NOT_ATOM)
        st = undefined_row(v, literal, p->cells, &p->row);
    return st;
}

static dm_status show(visiting *v, const pipeline *p, const batch *b,
                      size_t i)
{
    dm_cell *cells = v->cells;
    dm_status st = DM_OK;
    v->one.n = 1;
    for (uint32_t var = 0; var < v->rule->nvars; var++) {
        v->vars[var] = b->col[var] ? b->col[var][i] : 0;
        v->one.col[var] = &v->vars[var];
    }
    for (uint32_t k = 0; k < v->rule->nbody && st == DM_OK; k++) {
        const dm_cell *matched = b->col[p->row_slot + k];
        st = fill_premise(v, k, matched ? matched[i] : 0, &cells);
    }
    if (st != DM_OK)
        return st;
    eval_instance instance = {
        .rule = p->index, .vars = v->vars,
        .truth = b->col[p->flag_slot][i] ? DM_UNDEFINED : DM_TRUE,
        .npremises = v->rule->nbody, .premises = v->premises};
    if (!v->visit(v->context, &instance))
        v->run.stop = true;
    return DM_OK;
}

static dm_status visit_batch(dm_eval *e, void *context, pipeline *p, run *r,
                             batch *b)
{
    visiting *v = context;
    uint8_t ok[BATCH];
    memset(ok, 1, b->n);
    (void)e; /* = v->e */
    (void)r; /* = &v->run */
    dm_status st = check_head(v, b, ok);
    for (size_t i = 0; i < b->n && st == DM_OK && !v->run.stop; i++)
        if (ok[i])
            st = show(v, p, b, i);
    return st;
}

/* ---- the call ----------------------------------------------------------- */

static size_t premise_cells(const dm_rule *rule)
{
    size_t n = 0;
    for (uint32_t b = 0; b < rule->nbody; b++)
        n += rule->body[b].nargs;
    return n;
}

static bool allocate(visiting *v, arena *memory)
{
    const dm_rule *r = v->rule;
    v->bounds = arena_zalloc(memory, (r->nbody + 1) * sizeof *v->bounds);
    v->vars = arena_zalloc(memory, (r->nvars + 1) * sizeof *v->vars);
    v->one.col = arena_zalloc(memory, (r->nvars + 1) * sizeof *v->one.col);
    v->premises = arena_zalloc(memory, (r->nbody + 1) * sizeof *v->premises);
    v->cells = arena_zalloc(memory,
                            (premise_cells(r) + 1) * sizeof *v->cells);
    return v->bounds && v->vars && v->one.col && v->premises && v->cells;
}

static dm_status visit_all(visiting *v)
{
    dm_eval *e = v->e;
    dm_status st = DM_OK;
    run *r = &v->run;
    *r = (run){.side = v->truth == DM_TRUE ? SIDE_TRUE : SIDE_POSSIBLE,
               .reads = v->bounds, .sink = visit_batch, .context = v};
    for (uint32_t b = 0; b < v->rule->nbody; b++) {
        const dm_literal *l = &v->rule->body[b];
        if (l->kind != DM_TEST)
            fixpoint_read_all(e, l->relation,
                              l->possible || l->kind != DM_ATOM
                                  ? SIDE_POSSIBLE : r->side,
                              &v->bounds[b]);
    }
    if (!e->given[v->index])
        st = pipeline_make(e, &(plan_request){.rule = v->index,
                                              .delta = PLAN_NO_DELTA,
                                              .united = PLAN_NO_UNION,
                                              .head_bound = true},
                           TRACK_ROWS, v->bounds, &e->given[v->index]);
    r->p = e->given[v->index];
    return st == DM_OK ? pipeline_run_head(e, r, v->head) : st;
}

dm_status eval_instances(dm_eval *e, uint32_t rule, const dm_cell *head,
                         dm_truth truth, eval_on_instance *visit,
                         void *context, dm_error *err)
{
    arena memory = {0};
    dm_error *saved_err = e->err;
    uint32_t saved_rule = e->rule;
    visiting v = {.e = e, .rule = dm_program_get_rule(e->program, rule),
                  .index = rule, .head = head, .truth = truth,
                  .visit = visit, .context = context};
    if (!e->ran || e->failed)
        return error_set(err, DM_INVALID, "there is no model to read");
    e->err = err;
    e->rule = rule;
    e->started = budget_now();
    dm_status st = allocate(&v, &memory) ? visit_all(&v) : error_nomem(err);
    e->err = saved_err;
    e->rule = saved_rule;
    arena_free(&memory);
    return st;
}
