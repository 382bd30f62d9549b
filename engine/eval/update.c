/* update.c - bringing a finished evaluation up to date.
 *
 * Purpose: after a few input rows came or went, the same rows as from a new
 * evaluation, at a cost in proportion to what changes.
 *
 * Method: component by component, in order.  What changed below is known as
 * two sets of true rows by relation, gone and fresh, and a mark when the
 * undefined rows are not the same.  A component that reads none of it costs
 * nothing.  Otherwise
 *   - instances that are lost (a positive literal gone, a negated one fresh)
 *     make candidates of their heads, and those without other support go
 *     (retract.c);
 *   - in the first round after that, what went but is still derived comes
 *     back, and instances that are gained (a positive literal fresh, a
 *     negated one gone) give their heads; semi-naive rounds do the rest.
 * A component that aggregates, keeps best values or has undefined rows is
 * evaluated anew from its inputs, and its rows compared with the old ones; so
 * is one where taking out has taken half as long as that took before.
 *
 * Invariants: eval_relation.changed and `before` are those of relations that
 * are done with, until the end.  What is gone is not there now, what is fresh
 * was not there before; a row that went and came back is neither.  A
 * component's new rows have stages before those of later components, so rows
 * of these may rest on them and stay in order of derivation. */
#include "eval/change.h"

#include <string.h>

typedef struct updating {
    dm_eval *e;
    const eval_change **change; /* by relation, or NULL */
    rowset *gone, *fresh;       /* by relation */
    bool *blurred;              /* by relation: other rows are undefined */
    fixpoint *f;                /* the component in work: `work` */
    fixpoint work;
    retraction t;
} updating;

/* ---- what a component is touched by ------------------------------------- */

static bool has_changed(const updating *u, uint32_t relation)
{
    return u->blurred[relation] || rowset_count(&u->gone[relation])
           || rowset_count(&u->fresh[relation]);
}

static bool is_touched(const updating *u, const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        if (u->change[f->c->relations[i]])
            return true;
    for (uint32_t i = 0; i < f->c->nrules; i++) {
        const dm_rule *rule = fixpoint_rule(f, f->c->rules[i]);
        for (uint32_t b = 0; b < rule->nbody; b++)
            if (rule->body[b].kind != DM_TEST
                && has_changed(u, rule->body[b].relation))
                return true;
    }
    return false;
}

/* Whether what a rule reads can be followed row by row. */
static bool is_plain(const updating *u, const dm_rule *rule)
{
    if (rules_aggregate(rule))
        return false;
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        if (l->kind == DM_TEST)
            continue;
        if (u->blurred[l->relation]
            || (l->kind == DM_BODY_AGGREGATE && has_changed(u, l->relation)))
            return false;
    }
    return true;
}

/* Whether the component, in work, is all true or false, and plain. */
static bool can_follow(const updating *u, const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        const eval_relation *r = fixpoint_relation(f, i);
        if (r->lattice || r->put[PART_UNDEFINED].nrows)
            return false;
    }
    for (uint32_t i = 0; i < f->c->nrules; i++)
        if (!is_plain(u, fixpoint_rule(f, f->c->rules[i])))
            return false;
    return !fixpoint_is_two_sided(f) && !fixpoint_alternates(f);
}

/* ---- inputs ------------------------------------------------------------- */

static dm_status put(dm_eval *e, rowset *to, const dm_cell *row,
                     uint32_t *number)
{
    bool fresh;
    dm_status st = rowset_put(to, row, number, &fresh);
    return st == DM_OK ? st : eval_fail(e, st, "more rows than can be "
                                        "numbered");
}

/* The row is no input any more: it goes, unless it was derived first. */
static dm_status withdraw(updating *u, uint32_t relation, const dm_cell *cells)
{
    eval_relation *r = &u->e->relations[relation];
    uint32_t row = rowset_find(&r->part[PART_TRUE], cells);
    if (row == ROWSET_NONE)
        return DM_OK;
    if (row < r->inputs[PART_TRUE])
        return retract_force(&u->t, relation, row);
    dm_cell number = row;
    uint32_t at = rowset_find(&r->given, &number);
    if (at == ROWSET_NONE)
        return DM_OK;
    if (rowset_remove(&r->given, at) != DM_OK)
        return error_nomem(u->e->err);
    return retract_row(&u->t, relation, row);
}

static dm_status withdraw_all(updating *u)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < u->f->c->nrelations; i++) {
        uint32_t relation = u->f->c->relations[i];
        const eval_change *c = u->change[relation];
        uint32_t arity = fixpoint_relation(u->f, i)->decl->arity;
        for (size_t k = 0; c && k < c->nremoved && st == DM_OK; k++)
            st = withdraw(u, relation, c->removed + k * arity);
    }
    return st;
}

static dm_status give(updating *u, eval_relation *r, const dm_cell *cells)
{
    uint32_t row, at;
    dm_status st = put(u->e, &r->part[PART_TRUE], cells, &row);
    dm_cell number = row;
    if (st == DM_OK && row >= r->inputs[PART_TRUE])
        st = put(u->e, &r->given, &number, &at);
    return st;
}

static dm_status give_all(updating *u, const fixpoint *f)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        const eval_change *c = u->change[f->c->relations[i]];
        for (size_t k = 0; c && k < c->nadded && st == DM_OK; k++)
            st = give(u, r, c->added + k * r->decl->arity);
    }
    return st;
}

/* ---- following a change ------------------------------------------------- */

/* Rules from literals below the component: an atom reads rows of `atoms`, a
 * negated one rows of `negated`. */
static dm_status run_from_below(updating *u, pipeline_use use, int atoms,
                                int negated)
{
    fixpoint *f = u->f;
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < f->c->nrules; i++) {
        const dm_rule *rule = fixpoint_rule(f, f->c->rules[i]);
        for (uint32_t b = 0; b < rule->nbody && st == DM_OK; b++) {
            const dm_literal *l = &rule->body[b];
            if ((l->kind != DM_ATOM && l->kind != DM_NOT_ATOM)
                || f->e->relations[l->relation].growing)
                continue;
            int source = l->kind == DM_ATOM ? atoms : negated;
            const rowset *rows = eval_source(f->e, l->relation, source);
            reads delta = {{0}, {0}};
            if (!rows)
                continue;
            delta.hi[source] = rows->nrows;
            st = use == USE_GAIN
                     ? change_gain(f, f->c->rules[i], b, &delta)
                     : retract_heads(&u->t, f->c->rules[i], b, &delta);
        }
    }
    return st;
}

/* The first round of what comes. */
static dm_status arrive(fixpoint *f, void *context)
{
    updating *u = context;
    dm_status st = retract_restore(&u->t);
    if (st == DM_OK)
        st = run_from_below(u, USE_GAIN, SOURCE_FRESH, SOURCE_GONE);
    return st == DM_OK ? give_all(u, f) : st;
}

/* Rows that are new and did not just come back. */
static dm_status note_fresh(updating *u, uint32_t i)
{
    const eval_relation *r = fixpoint_relation(u->f, i);
    const rowset *rows = &r->part[PART_TRUE];
    rowset *fresh = &u->fresh[u->f->c->relations[i]];
    dm_cell cells[64];
    uint32_t number;
    dm_status st = DM_OK;
    for (size_t row = r->before; row < rows->nrows && st == DM_OK; row++) {
        rowset_get(rows, row, cells);
        if (rowset_find(&u->t.gone[i], cells) == ROWSET_NONE)
            st = put(u->e, fresh, cells, &number);
    }
    return st;
}

/* Hand over what the component's relations have lost and gained. */
static dm_status note_changes(updating *u)
{
    bool gone;
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < u->f->c->nrelations && st == DM_OK; i++)
        st = note_fresh(u, i);
    if (st == DM_OK)
        st = retract_settle(&u->t, &gone);
    for (uint32_t i = 0; i < u->f->c->nrelations && st == DM_OK; i++) {
        rowset *to = &u->gone[u->f->c->relations[i]];
        *to = u->t.gone[i];
        rowset_init(&u->t.gone[i], to->arity);
    }
    return st;
}

/* Taking out is given up when it is expected to have taken half as long as
 * evaluating the component did; or, to see that this works, at once almost.
 * (What it takes to make indexes, once, doesn't count.) */
static void set_patience(const updating *u, retraction *t)
{
    static const double rate = 5e7; /* bindings a second */
    enum { FEW = 100, LEAST = 1000000 };
    double half = u->e->took[u->f->number] / 2 * rate;
    t->most = u->e->options.force & DM_FORCE_SMALL ? FEW
              : half > LEAST ? (uint64_t)half : LEAST;
}

/* What comes, what went being known. */
static dm_status follow_fresh(updating *u)
{
    dm_status st = fixpoint_rounds(u->f, FIRST_ALL, arrive, u);
    return st == DM_OK ? note_changes(u) : st;
}

/* *followed: false when the component is to be evaluated anew. */
static dm_status follow(updating *u, bool *followed)
{
    fixpoint *f = u->f;
    f->side = SIDE_TRUE;
    fixpoint_resume(f);
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        r->before = r->part[PART_TRUE].nrows;
    }
    dm_status st = retract_begin(&u->t, f);
    set_patience(u, &u->t);
    if (st == DM_OK)
        st = withdraw_all(u);
    if (st == DM_OK)
        st = run_from_below(u, USE_LOSS, SOURCE_GONE, SOURCE_FRESH);
    if (st == DM_OK)
        st = retract_run(&u->t);
    *followed = !u->t.given_up;
    if (st == DM_OK)
        st = *followed ? follow_fresh(u) : retract_undo(&u->t);
    retract_end(&u->t);
    return st;
}

/* ---- evaluating a component anew ---------------------------------------- */

/* Put the inputs that remain into `to`; `was`: the rows there were. */
static dm_status copy_inputs(dm_eval *e, eval_relation *r, const rowset *was,
                             rowset *to)
{
    dm_cell cells[64];
    uint32_t number;
    dm_status st = DM_OK;
    for (size_t row = 0; row < was->nrows && st == DM_OK; row++) {
        dm_cell key = row;
        if (rowset_is_dead(was, row)
            || (row >= r->inputs[PART_TRUE]
                && rowset_find(&r->given, &key) == ROWSET_NONE))
            continue;
        rowset_get(was, row, cells);
        st = put(e, to, cells, &number);
    }
    return st;
}

static dm_status change_inputs(dm_eval *e, const eval_change *c, rowset *to)
{
    dm_status st = DM_OK;
    uint32_t number;
    for (size_t k = 0; k < c->nremoved && st == DM_OK; k++) {
        uint32_t row = rowset_find(to, c->removed + k * to->arity);
        if (row != ROWSET_NONE && rowset_remove(to, row) != DM_OK)
            st = error_nomem(e->err);
    }
    for (size_t k = 0; k < c->nadded && st == DM_OK; k++)
        st = put(e, to, c->added + k * to->arity, &number);
    return st;
}

/* Begin a relation anew with its inputs, which `inputs` becomes. */
static dm_status begin_inputs(updating *u, uint32_t relation,
                              const rowset *was, rowset *inputs)
{
    eval_relation *r = &u->e->relations[relation];
    const eval_change *c = u->change[relation];
    rowset *given = r->lattice ? &r->put[PART_TRUE] : inputs;
    dm_status st = r->lattice ? DM_OK : copy_inputs(u->e, r, was, given);
    if (st == DM_OK && c)
        st = change_inputs(u->e, c, given);
    if (st == DM_OK && rowset_add_all(&r->part[PART_TRUE], given) != DM_OK)
        st = error_nomem(u->e->err);
    if (st == DM_OK && rowset_add_all(&r->part[PART_UNDEFINED],
                                      &r->put[PART_UNDEFINED]) != DM_OK)
        st = error_nomem(u->e->err);
    for (int part = 0; part < NPARTS; part++)
        r->inputs[part] = r->part[part].nrows;
    rowset_free(&r->given);
    return st;
}

static dm_status begin_anew(updating *u, uint32_t relation, rowset *was)
{
    eval_relation *r = &u->e->relations[relation];
    rowset inputs;
    rowset_init(&inputs, r->decl->arity);
    for (int part = 0; part < NPARTS; part++) {
        was[part] = r->part[part];
        r->part[part] = fixpoint_empty_like(&was[part]);
    }
    dm_status st = begin_inputs(u, relation, &was[PART_TRUE], &inputs);
    rowset_free(&inputs);
    return st;
}

/* Those of up to BATCH rows, row-major, that `b` lacks into `out`. */
static dm_status put_lacking(dm_eval *e, const dm_cell *rows, size_t n,
                             rowset *b, rowset *out)
{
    uint8_t found[BATCH];
    uint32_t number;
    dm_status st = n ? rowset_contains(b, rows, n, found) : DM_OK;
    if (st != DM_OK)
        return error_nomem(e->err);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        if (!found[i])
            st = put(e, out, rows + i * out->arity, &number);
    return st;
}

/* Rows of `a` that `b` lacks into `out`. */
static dm_status subtract(dm_eval *e, const rowset *a, rowset *b, rowset *out)
{
    dm_cell *rows = eval_head_rows(e, a->arity);
    size_t n = 0;
    dm_status st = rows ? DM_OK : error_nomem(e->err);
    for (size_t row = 0; row < a->nrows && st == DM_OK; row++) {
        if (rowset_is_dead(a, row))
            continue;
        rowset_get(a, row, rows + n++ * a->arity);
        if (n == BATCH) {
            st = put_lacking(e, rows, n, b, out);
            n = 0;
        }
    }
    return st == DM_OK ? put_lacking(e, rows, n, b, out) : st;
}

static dm_status compare(updating *u, uint32_t relation, rowset *was)
{
    dm_eval *e = u->e;
    eval_relation *r = &e->relations[relation];
    rowset other;
    rowset_init(&other, r->decl->arity);
    dm_status st = subtract(e, &was[PART_TRUE], &r->part[PART_TRUE],
                            &u->gone[relation]);
    if (st == DM_OK)
        st = subtract(e, &r->part[PART_TRUE], &was[PART_TRUE],
                      &u->fresh[relation]);
    if (st == DM_OK)
        st = subtract(e, &was[PART_UNDEFINED], &r->part[PART_UNDEFINED],
                      &other);
    u->blurred[relation] = other.nrows > 0
                           || rowset_count(&was[PART_UNDEFINED])
                              != rowset_count(&r->part[PART_UNDEFINED]);
    r->before = 0;
    rowset_free(&other);
    return st;
}

static dm_status redo(updating *u)
{
    fixpoint *f = u->f;
    dm_status st = DM_OK;
    rowset *was = mem_calloc(f->c->nrelations, NPARTS * sizeof *was);
    if (!was)
        return error_nomem(u->e->err);
    for (uint32_t i = 0; i < f->c->nrules; i++)
        eval_forget_pipelines(u->e, f->c->rules[i]); /* they may keep what
                                            the old rows aggregate to */
    for (uint32_t i = 0; i < f->c->nrelations && st == DM_OK; i++)
        st = begin_anew(u, f->c->relations[i], was + NPARTS * i);
    if (st == DM_OK)
        st = fixpoint_component(f);
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        if (st == DM_OK)
            st = compare(u, f->c->relations[i], was + NPARTS * i);
        rowset_free(&was[NPARTS * i + PART_TRUE]);
        rowset_free(&was[NPARTS * i + PART_UNDEFINED]);
    }
    mem_free(was);
    return st;
}

/* ---- the whole ---------------------------------------------------------- */

/* Let later components see what has become of these relations. */
static void publish(const updating *u)
{
    for (uint32_t i = 0; i < u->f->c->nrelations; i++) {
        uint32_t relation = u->f->c->relations[i];
        eval_relation *r = &u->e->relations[relation];
        rowset *gone = &u->gone[relation], *fresh = &u->fresh[relation];
        r->changed[SOURCE_GONE - NPARTS] = rowset_count(gone) ? gone : NULL;
        r->changed[SOURCE_FRESH - NPARTS] = rowset_count(fresh) ? fresh : NULL;
    }
}

static dm_status run_components(updating *u)
{
    dm_status st = DM_OK;
    uint32_t n = dm_program_ncomponents(u->e->program);
    for (uint32_t i = 0; i < n && st == DM_OK; i++) {
        u->work = fixpoint_of(u->e, i);
        u->f = &u->work;
        if (!is_touched(u, u->f))
            continue;
        fixpoint_set_growing(u->f, true);
        bool followed = u->e->updating = can_follow(u, u->f);
        if (followed)
            st = follow(u, &followed);
        u->e->updating = false;
        if (st == DM_OK && !followed)
            st = redo(u);
        fixpoint_set_growing(u->f, false);
        publish(u);
    }
    return st;
}

static dm_status begin(updating *u, const eval_change *changes, size_t n)
{
    uint32_t nrelations = u->e->nrelations;
    u->change = mem_calloc(nrelations + (size_t)1, sizeof *u->change);
    u->gone = mem_calloc(nrelations + (size_t)1, sizeof *u->gone);
    u->fresh = mem_calloc(nrelations + (size_t)1, sizeof *u->fresh);
    u->blurred = mem_calloc(nrelations + (size_t)1, sizeof *u->blurred);
    if (!u->change || !u->gone || !u->fresh || !u->blurred)
        return error_nomem(u->e->err);
    for (uint32_t i = 0; i < nrelations; i++) {
        eval_hide(&u->e->relations[i]);
        rowset_init(&u->gone[i], u->e->relations[i].decl->arity);
        rowset_init(&u->fresh[i], u->e->relations[i].decl->arity);
    }
    for (size_t i = 0; i < n; i++) {
        if (changes[i].relation >= nrelations
            || u->change[changes[i].relation])
            return error_set(u->e->err, DM_INVALID, "a change names no "
                             "relation of the program, or one twice");
        u->change[changes[i].relation] = &changes[i];
    }
    return DM_OK;
}

static void finish(updating *u)
{
    for (uint32_t i = 0; i < u->e->nrelations; i++) {
        eval_relation *r = &u->e->relations[i];
        memset(r->changed, 0, sizeof r->changed);
        r->before = SIZE_MAX;
        if (u->gone && u->fresh) {
            rowset_free(&u->gone[i]);
            rowset_free(&u->fresh[i]);
        }
    }
    mem_free(u->change);
    mem_free(u->gone);
    mem_free(u->fresh);
    mem_free(u->blurred);
}

dm_status eval_update(dm_eval *e, const eval_change *changes, size_t n,
                      dm_error *err)
{
    updating u = {.e = e};
    if (!e->ran || e->failed)
        return error_set(err, DM_INVALID, "there is no model to update");
    e->err = err;
    e->started = budget_now();
    e->derived = 0;
    e->rounds++; /* runs of what is new are not those of an earlier change */
    dm_status st = begin(&u, changes, n);
    if (st == DM_OK) {
        st = run_components(&u);
        e->failed = st != DM_OK;
    }
    finish(&u);
    e->err = NULL;
    e->rule = UINT32_MAX;
    return st;
}

void eval_fill(const dm_eval *e, size_t *rows, size_t *numbers)
{
    *rows = *numbers = 0;
    for (uint32_t i = 0; i < e->nrelations; i++)
        for (int part = 0; part < NPARTS; part++) {
            *rows += rowset_count(&e->relations[i].part[part]);
            *numbers += e->relations[i].part[part].nrows;
        }
}
