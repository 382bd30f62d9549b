/* alternate.c - true and possible rows in turns, by what each turn changes.
 *
 * The alternating fixpoint (Van Gelder, JCSS 1993) lets the true rows grow,
 * reading `not a` as "a is not possible", and the possible ones shrink,
 * reading it as "a is not true".  The first possible set and the first true
 * phase on it read everything.  After that a turn costs what it changes:
 *   - rows that have become true take away the possible instances that
 *     negated them; rows left without a derivation go (retract.c);
 *   - rows that are no longer possible give the true side the instances that
 *     negate them, and rounds do the rest.
 *
 * The undefined part holds what is possible and not true, so rows leave it
 * either way.  At the end it is rebuilt without them, its stages after those
 * of the true rows, in the order it had: that is one of derivation, since
 * what remains was never without support from earlier rows.
 *
 * Components whose rules aggregate, or keep a best value, begin each turn
 * anew instead (fixpoint.c): what they read is complete, but their rows
 * can't be asked for one by one. */
#include "eval/change.h"

#include <assert.h>

/* ---- turns -------------------------------------------------------------- */

static void note_true(const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        r->before = r->part[PART_TRUE].nrows;
    }
}

static bool true_grew(const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        const eval_relation *r = fixpoint_relation(f, i);
        if (r->part[PART_TRUE].nrows > r->before)
            return true;
    }
    return false;
}

/* What has become true is not undefined any more. */
static dm_status leave_undefined(dm_eval *e, eval_relation *r)
{
    rowset *undefined = &r->part[PART_UNDEFINED];
    size_t n = r->part[PART_TRUE].nrows;
    dm_cell cells[64];
    for (size_t row = r->before; row < n; row++) {
        rowset_get(&r->part[PART_TRUE], row, cells);
        uint32_t at = rowset_find(undefined, cells);
        if (at != ROWSET_NONE && rowset_remove(undefined, at) != DM_OK)
            return error_nomem(e->err);
    }
    return DM_OK;
}

/* Run every rule from each negated literal of the component, which reads rows
 * of `source`: the true ones that are new, for what is lost, or those that are
 * gone, for what is gained. */
static dm_status run_negated(fixpoint *f, int source, retraction *t)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < f->c->nrules; i++) {
        const dm_rule *rule = fixpoint_rule(f, f->c->rules[i]);
        for (uint32_t b = 0; b < rule->nbody && st == DM_OK; b++) {
            const dm_literal *l = &rule->body[b];
            reads delta = {{0}, {0}};
            if (l->kind != DM_NOT_ATOM
                || !f->e->relations[l->relation].growing)
                continue;
            const eval_relation *r = &f->e->relations[l->relation];
            delta.lo[source] = source == PART_TRUE ? r->before : 0;
            delta.hi[source] = eval_source(f->e, l->relation, source)->nrows;
            st = source == PART_TRUE
                     ? retract_heads(t, f->c->rules[i], b, &delta)
                     : change_gain(f, f->c->rules[i], b, &delta);
        }
    }
    return st;
}

static dm_status restore(fixpoint *f, void *context)
{
    (void)f; /* the retraction knows it */
    return retract_restore(context);
}

static dm_status gain(fixpoint *f, void *context)
{
    (void)context;
    return run_negated(f, SOURCE_GONE, NULL);
}

/* New true rows make the possible ones fewer. */
static dm_status shrink(fixpoint *f, retraction *t, bool *gone)
{
    dm_status st = DM_OK;
    f->side = SIDE_POSSIBLE;
    for (uint32_t i = 0; i < f->c->nrelations && st == DM_OK; i++)
        st = leave_undefined(f->e, fixpoint_relation(f, i));
    if (st == DM_OK)
        st = retract_begin(t, f);
    if (st == DM_OK)
        st = run_negated(f, PART_TRUE, t);
    if (st == DM_OK)
        st = retract_run(t);
    if (st == DM_OK)
        st = fixpoint_rounds(f, FIRST_ALL, restore, t);
    return st == DM_OK ? retract_settle(t, gone) : st;
}

static dm_status turn(fixpoint *f, bool *more)
{
    retraction t = {0};
    bool gone = false;
    *more = false;
    dm_status st = shrink(f, &t, &gone);
    note_true(f);
    if (st == DM_OK && gone) {
        f->side = SIDE_TRUE;
        st = fixpoint_rounds(f, FIRST_ALL, gain, NULL);
        *more = true_grew(f);
    }
    retract_end(&t);
    return st;
}

/* ---- the undefined part at the end -------------------------------------- */

static dm_status put_row(dm_eval *e, rowset *to, const rowset *from,
                         size_t row)
{
    dm_cell cells[64];
    uint32_t number;
    bool fresh;
    rowset_get(from, row, cells);
    return rowset_put(to, cells, &number, &fresh) == DM_OK
               ? DM_OK : error_nomem(e->err);
}

/* Leave out the dead, and let every stage be `shift` later. */
static dm_status rebuild(dm_eval *e, eval_relation *r, uint64_t shift)
{
    rowset was = r->part[PART_UNDEFINED], *to = &r->part[PART_UNDEFINED];
    size_t inputs = r->inputs[PART_UNDEFINED];
    dm_status st = DM_OK;
    *to = fixpoint_empty_like(&was);
    r->inputs[PART_UNDEFINED] = 0;
    for (size_t row = 0; row < was.nrows && st == DM_OK; row++) {
        if (rowset_is_dead(&was, row))
            continue;
        uint64_t stage = rowset_stage(&was, row);
        if (row >= inputs && rowset_begin_round(to, stage + shift) != DM_OK)
            st = error_nomem(e->err);
        if (st == DM_OK)
            st = put_row(e, to, &was, row);
        if (row < inputs)
            r->inputs[PART_UNDEFINED] = to->nrows;
    }
    e->derived -= was.ndead < e->derived ? was.ndead : e->derived;
    rowset_free(&was);
    return st;
}

static dm_status settle(fixpoint *f, uint64_t first_stage)
{
    dm_eval *e = f->e;
    uint64_t shift = e->stage - first_stage;
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < f->c->nrelations && st == DM_OK; i++)
        st = rebuild(e, fixpoint_relation(f, i), shift);
    e->stage += shift;
    return st;
}

/* ---- the whole ---------------------------------------------------------- */

bool alternate_by_changes(const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        if (fixpoint_relation(f, i)->lattice)
            return false;
    for (uint32_t i = 0; i < f->c->nrules; i++)
        if (rules_aggregate(fixpoint_rule(f, f->c->rules[i])))
            return false;
    return true;
}

dm_status alternate_run(fixpoint *f)
{
    uint64_t first_stage = f->e->stage;
    bool more = false, grew = false;
    dm_status st = fixpoint_possible(f);
    note_true(f);
    if (st == DM_OK) {
        f->side = SIDE_TRUE;
        st = fixpoint_iterate(f, FIRST_NEGATIVE);
        more = grew = true_grew(f);
    }
    while (st == DM_OK && more)
        st = turn(f, &more);
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        fixpoint_relation(f, i)->before = SIZE_MAX;
    return st == DM_OK && grew ? settle(f, first_stage) : st;
}
