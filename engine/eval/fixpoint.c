/* fixpoint.c - components in order, rounds within them, two sides where the
 * well-founded model needs them.
 *
 * A component's true rows are found by semi-naive rounds.  In the first round
 * every rule reads all there is; afterwards a rule is run once per recursive
 * literal, which then reads only the last round's rows, those before it all
 * rows, those behind it the rows of earlier rounds: so no instance is found
 * twice.
 *
 * When something undefined can come in, or the component has a cycle through
 * negation, its possible rows are computed as well: the least fixpoint with
 * `not a` read as "a is not true".  What is possible and not true is kept in
 * the undefined part.  With such a cycle the two alternate (alternate.c): the
 * true part only grows, reading `not a` as "a is not possible"; when it no
 * longer does, the undefined part stands.  Components without any of this pay
 * nothing.
 *
 * Stages: every round has a number of its own, rising through the evaluation;
 * the undefined part of a component is always computed after its true part.
 * Each component has a range of stages to itself, so that rows which an update
 * adds to a component are still before those of later ones. */
#include "eval/change.h"

#include "base/budget.h"

/* ---- rounds ------------------------------------------------------------- */

static dm_status begin_round(fixpoint *f)
{
    dm_eval *e = f->e;
    int part = fixpoint_part(f->side);
    char rule[RULE_NAME];
    if (e->options.budget.rounds && f->round >= e->options.budget.rounds)
        return eval_fail(e, DM_BUDGET, "budget of %" PRIu64 " rounds used up "
                         "while evaluating %s", e->options.budget.rounds,
                         eval_rule_name(e, rule));
    f->round++;
    e->rounds++;
    e->stage++;
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        rowset *rows = &fixpoint_relation(f, i)->part[part];
        rows->settled = rows->nrows;
        if (rowset_begin_round(rows, e->stage) != DM_OK)
            return error_nomem(e->err);
    }
    return DM_OK;
}

/* After a round: what it added is what the next one reads as new. */
static bool advance(fixpoint *f)
{
    int part = fixpoint_part(f->side);
    size_t fresh = 0;
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        r->old[part] = r->now[part];
        r->now[part] = r->part[part].nrows;
        fresh += r->now[part] - r->old[part];
    }
    if (f->e->options.trace)
        fprintf(f->e->options.trace, "eval: component %u %s round %" PRIu64
                ": %zu new rows\n", f->number,
                f->side == SIDE_TRUE ? "true" : "possible", f->round, fresh);
    return fresh > 0;
}

/* Whether new rows of this side can come to a literal.  What is read as "not
 * false" is all there before a true phase begins. */
static bool reads_new(const fixpoint *f, const dm_literal *l)
{
    return l->kind == DM_ATOM && f->e->relations[l->relation].growing
           && (!l->possible || f->side == SIDE_POSSIBLE);
}

/* Before there are possible rows `not a` can't be read: the rules that need
 * it wait (FIRST_POSITIVE). */
static dm_status run_deltas(fixpoint *f, first_rules first)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < f->c->nrules && st == DM_OK; i++) {
        uint32_t rule = f->c->rules[i];
        const dm_rule *r = fixpoint_rule(f, rule);
        if (first == FIRST_POSITIVE && rules_wait(f, r))
            continue;
        for (uint32_t b = 0; b < r->nbody && st == DM_OK; b++)
            if (reads_new(f, &r->body[b]))
                st = rules_run_plain(f, rule, b);
    }
    return st;
}

static bool is_first(const fixpoint *f, const dm_rule *rule, first_rules first)
{
    switch (first) {
    case FIRST_ALL:
        return true;
    case FIRST_POSITIVE:
        return !rules_wait(f, rule);
    case FIRST_NEGATIVE:
        return rules_wait(f, rule);
    case FIRST_UNDEFINED:
        return rules_read_undefined(f, rule);
    }
    return false;
}

static dm_status run_first(fixpoint *f, first_rules first)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < f->c->nrules && st == DM_OK; i++) {
        uint32_t rule = f->c->rules[i];
        const dm_rule *r = fixpoint_rule(f, rule);
        if (!is_first(f, r, first))
            continue;
        if (rules_aggregate(r) && !f->e->relations[r->relation].lattice)
            st = rules_run_aggregate(f, rule);
        else
            st = rules_run_plain(f, rule, PLAN_NO_DELTA);
    }
    return st;
}

static dm_status first_by_rules(fixpoint *f, void *context)
{
    return run_first(f, *(const first_rules *)context);
}

dm_status fixpoint_iterate(fixpoint *f, first_rules first)
{
    return fixpoint_rounds(f, first, first_by_rules, &first);
}

dm_status fixpoint_rounds(fixpoint *f, first_rules rules,
                          fixpoint_first *first, void *context)
{
    int part = fixpoint_part(f->side);
    f->round = 0;
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        r->old[part] = r->now[part] = r->part[part].nrows;
    }
    dm_status st = begin_round(f);
    if (st == DM_OK)
        st = first(f, context);
    while (st == DM_OK && advance(f) && f->c->recursive) {
        st = begin_round(f);
        if (st == DM_OK)
            st = run_deltas(f, rules);
    }
    return st;
}

/* ---- the undefined part ------------------------------------------------- */

rowset fixpoint_empty_like(const rowset *t)
{
    rowset empty;
    rowset_init(&empty, t->arity);
    empty.lattice = t->lattice;
    empty.better = t->better;
    empty.context = t->context;
    empty.order = t->order;
    empty.by_hash = t->by_hash;
    return empty;
}

dm_status fixpoint_restore(dm_eval *e, const rowset *from, size_t n,
                           rowset *keep, rowset *except,
                           rowset *to, size_t *kept)
{
    dm_cell row[64];
    uint32_t number;
    bool fresh;
    for (size_t i = 0; i < n; i++) {
        rowset_get(from, i, row);
        if ((keep && rowset_find(keep, row) == ROWSET_NONE)
            || (except && rowset_find(except, row) != ROWSET_NONE))
            continue;
        if (rowset_put(to, row, &number, &fresh) != DM_OK)
            return error_nomem(e->err);
    }
    *kept = to->nrows;
    return DM_OK;
}

/* Undefined inputs of a recursive lattice may only be pointless ones. */
static dm_status check_lattice_inputs(dm_eval *e, eval_relation *r)
{
    const rowset *rows = &r->part[PART_UNDEFINED];
    dm_cell row[64];
    for (size_t i = 0; r->lattice && i < rows->nrows; i++) {
        rowset_get(rows, i, row);
        if (!rules_is_bettered(r, row))
            return rules_unsupported(e, r);
    }
    return DM_OK;
}

/* Empty an undefined part but for the inputs that are not true. */
static dm_status reset_relation(dm_eval *e, eval_relation *r)
{
    rowset *to = &r->part[PART_UNDEFINED], was = *to;
    size_t derived = was.nrows - r->inputs[PART_UNDEFINED];
    if (was.nrows == 0)
        return DM_OK;
    dm_status st = check_lattice_inputs(e, r);
    if (st != DM_OK)
        return st;
    if (r->lattice)
        r->inputs[PART_UNDEFINED] = 0;
    *to = fixpoint_empty_like(&was);
    st = fixpoint_restore(e, &was, r->inputs[PART_UNDEFINED], NULL,
                          &r->part[PART_TRUE], to,
                          &r->inputs[PART_UNDEFINED]);
    e->derived -= derived < e->derived ? derived : e->derived;
    rowset_free(&was);
    return st;
}

dm_status fixpoint_possible(fixpoint *f)
{
    dm_status st = DM_OK;
    f->side = SIDE_POSSIBLE;
    for (uint32_t i = 0; i < f->c->nrelations && st == DM_OK; i++)
        st = reset_relation(f->e, fixpoint_relation(f, i));
    return st == DM_OK ? fixpoint_iterate(f, FIRST_UNDEFINED) : st;
}

static size_t count_true(const fixpoint *f)
{
    size_t n = 0;
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        n += fixpoint_relation(f, i)->part[PART_TRUE].nrows;
    return n;
}

/* True and possible part in turns, each possible part found anew. */
static dm_status alternate_anew(fixpoint *f)
{
    dm_status st = fixpoint_possible(f);
    while (st == DM_OK) {
        size_t before = count_true(f);
        f->side = SIDE_TRUE;
        st = fixpoint_iterate(f, FIRST_NEGATIVE);
        if (st != DM_OK || count_true(f) == before)
            break;
        st = fixpoint_possible(f);
    }
    return st;
}

/* ---- components --------------------------------------------------------- */

/* Whether anything undefined can get into the component. */
bool fixpoint_is_two_sided(const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        if (fixpoint_relation(f, i)->part[PART_UNDEFINED].nrows)
            return true;
    for (uint32_t i = 0; i < f->c->nrules; i++)
        if (rules_read_undefined(f, fixpoint_rule(f, f->c->rules[i])))
            return true;
    return false;
}

bool fixpoint_alternates(const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrules; i++)
        if (rules_wait(f, fixpoint_rule(f, f->c->rules[i])))
            return true;
    return false;
}

/* Relations whose rows can be sets of values by key have their heads put in
 * by unions, others as packed words, as long as nothing undefined must be told
 * apart. */
static void set_united(const fixpoint *f)
{
    if (f->e->options.force & DM_FORCE_HASH)
        return;
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        rowset *rows = &r->part[PART_TRUE];
        r->united = !r->lattice && rowset_has_by(rows, 0);
        rows->packs = !r->lattice && !r->united && rows->hashed == 0;
    }
}

static dm_status run_phases(fixpoint *f)
{
    if (!f->c->recursive && f->c->nrules && fixpoint_relation(f, 0)->lattice)
        return lattice_run_flat(f);
    bool two_sided = fixpoint_is_two_sided(f);
    bool in_turns = fixpoint_alternates(f);
    if (!two_sided)
        set_united(f);
    first_rules first = in_turns ? FIRST_POSITIVE : FIRST_ALL;
    f->side = SIDE_TRUE;
    dm_status st = fixpoint_iterate(f, first);
    if (st == DM_OK)
        st = lattice_settle(f, first);
    if (st != DM_OK || !two_sided)
        return st;
    if (!in_turns)
        return fixpoint_possible(f);
    return alternate_by_changes(f) ? alternate_run(f) : alternate_anew(f);
}

void fixpoint_set_growing(const fixpoint *f, bool growing)
{
    for (uint32_t k = 0; k < f->c->nrelations; k++)
        fixpoint_relation(f, k)->growing = growing;
}

fixpoint fixpoint_of(dm_eval *e, uint32_t component)
{
    return (fixpoint){.e = e, .number = component,
                      .c = dm_program_get_component(e->program, component)};
}

dm_status fixpoint_component(fixpoint *f)
{
    double began = budget_now();
    f->e->stage = (uint64_t)(f->number + 1) << STAGE_BITS;
    fixpoint_set_growing(f, true);
    dm_status st = run_phases(f);
    fixpoint_set_growing(f, false);
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        eval_forget_runs(fixpoint_relation(f, i));
    f->e->took[f->number] = budget_now() - began;
    return st;
}

void fixpoint_resume(fixpoint *f)
{
    dm_eval *e = f->e;
    e->stage = (uint64_t)(f->number + 1) << STAGE_BITS;
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        for (int part = 0; part < NPARTS; part++) {
            const rowset *rows = &fixpoint_relation(f, i)->part[part];
            uint64_t last = rowset_last_stage(rows);
            if (last > e->stage)
                e->stage = last;
        }
}

/* ---- memory that is needed no more --------------------------------------- */

/* By relation: the last component whose rules read or derive it, + 1. */
static uint32_t *find_last_uses(const dm_eval *e)
{
    const dm_program *p = e->program;
    uint32_t *last = mem_calloc(e->nrelations + 1, sizeof *last);
    for (uint32_t i = 0; last && i < dm_program_ncomponents(p); i++) {
        const dm_component *c = dm_program_get_component(p, i);
        for (uint32_t k = 0; k < c->nrelations; k++)
            last[c->relations[k]] = i + 1;
        for (uint32_t k = 0; k < c->nrules; k++) {
            const dm_rule *rule = dm_program_get_rule(p, c->rules[k]);
            for (uint32_t b = 0; b < rule->nbody; b++)
                if (rule->body[b].kind != DM_TEST)
                    last[rule->body[b].relation] = i + 1;
        }
    }
    return last;
}

/* Free what nothing will need after component i: its pipelines, and what finds
 * rows of relations that were read for the last time. */
static void let_go(dm_eval *e, uint32_t i, const uint32_t *last)
{
    const dm_component *c = dm_program_get_component(e->program, i);
    for (uint32_t k = 0; k < c->nrules; k++)
        eval_forget_pipelines(e, c->rules[k]);
    for (uint32_t r = 0; r < e->nrelations; r++)
        for (int part = 0; part < NPARTS && last[r] == i + 1; part++)
            rowset_let_go(&e->relations[r].part[part]);
}

dm_status fixpoint_run(dm_eval *e)
{
    dm_status st = DM_OK;
    uint32_t n = dm_program_ncomponents(e->program);
    uint32_t *last = e->options.once ? find_last_uses(e) : NULL;
    if (e->options.once && !last)
        return error_nomem(e->err);
    for (uint32_t i = 0; i < n && st == DM_OK; i++) {
        fixpoint f = fixpoint_of(e, i);
        st = fixpoint_component(&f);
        if (last)
            let_go(e, i, last);
    }
    mem_free(last);
    return st;
}
