/* rules.c - running one rule: what its literals read, where its heads go.
 *
 * On the true side `not a` means "a is not possible", on the possible side "a
 * is not true"; join.c reads negations from the rowsets as they are, so only
 * the bounds of positive literals are decided here. */
#include "eval/fixpoint.h"
#include "eval/observed.h"
#include "eval/unite.h"

#include <string.h>

/* ---- what a literal reads ----------------------------------------------- */

void fixpoint_read_all(const dm_eval *e, uint32_t relation, eval_side side,
                       reads *out)
{
    const eval_relation *r = &e->relations[relation];
    *out = (reads){.hi = {r->part[PART_TRUE].nrows,
                          side == SIDE_TRUE
                              ? 0 : r->part[PART_UNDEFINED].nrows}};
}

/* Bounds of a literal of the component when literal `delta` reads what is
 * new: those before it read all rows, those behind it the earlier ones. */
static void read_growing(const fixpoint *f, uint32_t literal, uint32_t delta,
                         const eval_relation *r, reads *out)
{
    int part = fixpoint_part(f->side);
    *out = (reads){.hi = {r->part[PART_TRUE].nrows, 0}};
    out->hi[part] = r->now[part];
    if (delta == PLAN_NO_DELTA || literal < delta)
        return;
    if (literal > delta) {
        out->hi[part] = r->old[part];
        return;
    }
    out->lo[part] = r->old[part];
    if (f->side == SIDE_POSSIBLE)
        out->hi[PART_TRUE] = 0;
}

/* A literal that holds unless false reads what is possible on both sides. */
static void read_literal(const fixpoint *f, const dm_rule *rule, uint32_t b,
                         uint32_t delta, reads *out)
{
    const dm_literal *l = &rule->body[b];
    const eval_relation *r = &f->e->relations[l->relation];
    eval_side side = l->possible || l->kind != DM_ATOM ? SIDE_POSSIBLE
                                                       : f->side;
    if (r->growing && l->kind == DM_ATOM && side == f->side)
        read_growing(f, b, delta, r, out);
    else
        fixpoint_read_all(f->e, l->relation, side, out);
}

static void find_reads(const fixpoint *f, const dm_rule *rule, uint32_t delta,
                       reads *out)
{
    for (uint32_t b = 0; b < rule->nbody; b++) {
        out[b] = (reads){0};
        if (rule->body[b].kind != DM_TEST)
            read_literal(f, rule, b, delta, &out[b]);
    }
}

bool rules_wait(const fixpoint *f, const dm_rule *rule)
{
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        if ((l->kind == DM_NOT_ATOM || l->possible)
            && f->e->relations[l->relation].growing)
            return true;
    }
    return false;
}

bool rules_read_undefined(const fixpoint *f, const dm_rule *rule)
{
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        if (l->kind != DM_TEST
            && f->e->relations[l->relation].part[PART_UNDEFINED].nrows)
            return true;
    }
    return rules_wait(f, rule);
}

/* ---- looking at rules ---------------------------------------------------- */

uint32_t rules_count_in(const dm_expr *args, uint32_t nargs, uint32_t var)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < nargs; i++) {
        n += args[i].kind == DM_EXPR_VAR && args[i].var == var;
        n += rules_count_in(args[i].args, args[i].nargs, var);
    }
    return n;
}

uint32_t rules_count_uses(const dm_rule *rule, uint32_t var)
{
    uint32_t n = rules_count_in(rule->args, rule->nargs, var);
    for (uint32_t b = 0; b < rule->nbody; b++)
        n += rules_count_in(rule->body[b].args, rule->body[b].nargs, var);
    return n;
}

bool rules_aggregate(const dm_rule *rule)
{
    for (uint32_t i = 0; i < rule->nargs; i++)
        if (rule->args[i].kind == DM_EXPR_AGGREGATE)
            return true;
    return false;
}

/* ---- pipelines ---------------------------------------------------------- */

/* Whether the rows that a plan counted on have become others by far. */
static bool is_stale(const dm_eval *e, const pipeline *p, const reads *now)
{
    if (p->updating != e->updating)
        return true;
    for (uint32_t k = 0; k < p->plan.nsteps; k++) {
        const plan_step *s = &p->plan.steps[k];
        if (p->rule->body[s->literal].kind != DM_ATOM
            || (e->updating && s->literal == p->plan.of.delta))
            continue;
        const reads *r = &now[s->literal];
        double rows = 0, times = s->literal == p->plan.of.delta ? 3 : 8;
        for (int source = 0; source < NSOURCES; source++)
            rows += (double)(r->hi[source] - r->lo[source]);
        if (rows > times * s->rows + 256 || s->rows > times * rows + 256)
            return true;
    }
    return false;
}

/* How much dearer than rows a union may look to be preferred: it leaves out
 * what comes twice, which no estimate knows.  An update plans for the few rows
 * that happen to be new first, and runs the plan on many. */
static double union_bonus(const dm_eval *e)
{
    return e->updating ? 8 : 2;
}

/* The same rule planned with its last atom united; kept if that is cheaper. */
static dm_status try_union(dm_eval *e, const plan_request *request,
                           const reads *now, pipeline **p)
{
    pipeline *other;
    dm_status st = pipeline_make(e, request, TRACK_NONE, now, &other);
    if (st != DM_OK) /* the other atoms may not do without this one */
        return st == DM_INVALID ? DM_OK : st;
    bool better = (*p)->plan.of.united == PLAN_NO_UNION
                      ? other->plan.cost <= union_bonus(e) * (*p)->plan.cost
                            || (e->options.force & DM_FORCE_BITS)
                      : other->plan.cost < (*p)->plan.cost;
    pipeline_free(better ? *p : other);
    if (better)
        *p = other;
    return DM_OK;
}

/* Where what is new is to be united, its keys may come first or last. */
static dm_status try_unions(dm_eval *e, plan_request request,
                            const reads *now, pipeline **p)
{
    const dm_rule *rule = dm_program_get_rule(e->program, request.rule);
    request.united = unite_literal(e, rule);
    if (request.united == PLAN_NO_UNION
        || !unite_possible(e, rule, request.united))
        return DM_OK;
    dm_status st = DM_OK;
    request.keyed = request.united == request.delta;
    if (request.keyed)
        st = try_union(e, &request, now, p);
    request.keyed = false;
    return st == DM_OK ? try_union(e, &request, now, p) : st;
}

static dm_status make_pipeline(dm_eval *e, const rule_run *run,
                               const reads *now, pipeline **out)
{
    const dm_rule *r = dm_program_get_rule(e->program, run->rule);
    tracking track = rules_aggregate(r) ? TRACK_FLAG : TRACK_NONE;
    plan_request request = {
        .rule = run->rule, .delta = run->delta, .united = PLAN_NO_UNION,
        .written = (e->options.force & DM_FORCE_WRITTEN) != 0};
    dm_status st = pipeline_make(e, &request, track, now, out);
    if (st == DM_OK && run->unite)
        st = try_unions(e, request, now, out);
    return st;
}

/* Whether a pipeline can't serve the run as it is. */
static bool is_unfit(const dm_eval *e, const pipeline *p, const rule_run *run,
                     const reads *now)
{
    uint32_t united = p->plan.of.united;
    if (is_stale(e, p, now))
        return true;
    if (united == PLAN_NO_UNION)
        return false;
    if (!run->unite || !unite_possible(e, p->rule, united))
        return true;
    for (uint32_t i = 0; i < p->nstages; i++) {
        const dm_literal *l = &p->rule->body[p->stages[i].literal];
        if (!rowset_has_by(&e->relations[l->relation].part[PART_TRUE],
                           p->stages[i].key))
            return true;
    }
    return false;
}

/* Where a rule's pipeline of some use is kept. */
static dm_status pipeline_place(dm_eval *e, uint32_t rule, pipeline_use use,
                                uint32_t literal, pipeline ***out)
{
    const dm_rule *r = dm_program_get_rule(e->program, rule);
    pipeline ***of = &e->pipelines[rule];
    if (!*of && !(*of = mem_calloc(pipeline_nslots(r), sizeof **of)))
        return error_nomem(e->err);
    *out = &(*of)[pipeline_slot(r, use, literal)];
    return DM_OK;
}

dm_status rules_pipeline_at(dm_eval *e, uint32_t rule, pipeline_use use,
                            uint32_t literal, const reads *now,
                            pipeline ***out)
{
    dm_status st = pipeline_place(e, rule, use, literal, out);
    if (st == DM_OK && **out
        && (is_stale(e, **out, now)
            || (**out)->plan.of.united != PLAN_NO_UNION)) {
        pipeline_free(**out);
        **out = NULL;
    }
    return st;
}

static dm_status get_pipeline(dm_eval *e, const rule_run *run,
                              const reads *now, pipeline **out)
{
    pipeline **p = NULL;
    pipeline_use use = run->reads ? run->use
                       : run->delta == PLAN_NO_DELTA ? USE_ALL : USE_DELTA;
    dm_status st = pipeline_place(e, run->rule, use, run->delta, &p);
    if (st == DM_OK && *p
        && (is_unfit(e, *p, run, now)
            || (!run->reads && observed_surprise(e, *p)))) {
        if (!run->reads)
            st = observed_note(e, *p);
        pipeline_free(*p);
        *p = NULL;
    }
    if (st == DM_OK && !*p)
        st = make_pipeline(e, run, now, p);
    *out = st == DM_OK ? *p : NULL;
    return st;
}

/* Whether some atom has nothing to read, so that nothing can come out. */
static bool reads_nothing(const dm_rule *rule, const reads *bounds)
{
    for (uint32_t b = 0; b < rule->nbody; b++) {
        bool any = rule->body[b].kind != DM_ATOM;
        for (int source = 0; source < NSOURCES; source++)
            any |= bounds[b].lo[source] < bounds[b].hi[source];
        if (!any)
            return true;
    }
    return false;
}

/* (In an update most rules have nothing to read in most rounds; and a plan
 * that is made for no rows is bad for some.) */
static dm_status run_reading(fixpoint *f, const rule_run *how,
                             const reads *bounds)
{
    dm_eval *e = f->e;
    pipeline *p = NULL;
    dm_status st = eval_poll(e);
    if (e->updating && reads_nothing(fixpoint_rule(f, how->rule), bounds))
        return st;
    if (st == DM_OK)
        st = get_pipeline(e, how, bounds, &p);
    if (st == DM_OK && how->used)
        *how->used = p;
    run one = {.p = p, .side = f->side, .reads = bounds, .sink = how->sink,
               .context = how->context, .split = how->split,
               .exact = how->reads != NULL};
    return st == DM_OK ? pipeline_run(e, &one) : st;
}

dm_status rules_run(fixpoint *f, const rule_run *how)
{
    const dm_rule *r = fixpoint_rule(f, how->rule);
    reads few[16], *bounds = few;
    f->e->rule = how->rule;
    if (how->reads)
        return run_reading(f, how, how->reads);
    if (r->nbody > 16 && !(bounds = mem_alloc(r->nbody * sizeof *bounds)))
        return error_nomem(f->e->err);
    find_reads(f, r, how->delta, bounds);
    dm_status st = run_reading(f, how, bounds);
    if (bounds != few)
        mem_free(bounds);
    return st;
}

dm_status rules_begin_stage(dm_eval *e, rowset *rows)
{
    return rowset_begin_round(rows, ++e->stage) == DM_OK
               ? DM_OK : error_nomem(e->err);
}

/* Count a run that began at `began` with so many rows in `rows`. */
static void count_run(dm_eval *e, uint32_t rule, double began, size_t before,
                      const rowset *rows)
{
    rule_profile *p = &e->profile[rule];
    p->runs++;
    p->rows += rows->nrows - before;
    p->seconds += budget_now() - began;
}

static dm_status run_plain(fixpoint *f, uint32_t rule, uint32_t delta,
                           head_sink *s)
{
    s->distinct = !f->c->recursive && f->side == SIDE_TRUE
                  && s->r->part[PART_TRUE].nrows == 0
                  && heads_are_distinct(f->e, fixpoint_rule(f, rule));
    if (s->r->united && !rowset_has_by(&s->r->part[PART_TRUE], 0))
        s->r->united = false; /* rows were appended that no set can hold */
    if (!s->distinct && s->r->united && f->side == SIDE_TRUE) {
        dm_status st = unite_rule(f, &(rule_run){.rule = rule, .delta = delta},
                                  s->r);
        if (st != DM_OK || s->r->united)
            return st;
    }
    rowset *to = &s->r->part[fixpoint_part(f->side)];
    dm_status st = rules_begin_stage(f->e, to);
    if (st == DM_OK)
        st = heads_run(f, rule, delta, s);
    if (s->distinct && !rowset_has_by(to, 0))
        s->r->united = false;
    return st;
}

dm_status rules_run_plain(fixpoint *f, uint32_t rule, uint32_t delta)
{
    const dm_rule *r = fixpoint_rule(f, rule);
    head_sink s = {&f->e->relations[r->relation], f->side, false};
    rowset *rows = &s.r->part[fixpoint_part(f->side)];
    double began = budget_now();
    size_t before = rows->nrows;
    dm_status st = run_plain(f, rule, delta, &s);
    count_run(f->e, rule, began, before, rows);
    return st;
}

dm_status rules_run_aggregate(fixpoint *f, uint32_t rule)
{
    const dm_rule *r = fixpoint_rule(f, rule);
    eval_relation *to = &f->e->relations[r->relation];
    rowset *part = &to->part[fixpoint_part(f->side)];
    bool undefined = f->side == SIDE_POSSIBLE;
    size_t before = part->nrows;
    groups *g = NULL;
    fixpoint both = *f;
    double began = budget_now();
    both.side = SIDE_POSSIBLE;
    f->e->rule = rule;
    dm_status st = groups_of_head(f->e, rule, &g);
    if (st == DM_OK)
        st = rules_run(&both, &(rule_run){.rule = rule,
                                          .delta = PLAN_NO_DELTA,
                                          .sink = groups_sink, .context = g});
    if (st == DM_OK)
        st = groups_emit(f->e, g, undefined, part,
                         undefined ? &to->part[PART_TRUE] : NULL);
    f->e->derived += part->nrows - before;
    count_run(f->e, rule, began, before, part);
    groups_free(g);
    return st;
}
