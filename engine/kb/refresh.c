/* refresh.c - letting a view see what was committed since it was opened.
 *
 * Purpose: a commit of a few facts must not cost the evaluation of all models.
 * Method: the statements that the view shows before and after are compared in
 * order of serial.  If all that differ are plain facts, which nothing but
 * their own relation's rows depends on, those rows come and go in each model
 * of the view: a row goes with its last statement.
 * Invariants: until it is known that all models can follow, nothing is
 * changed.  New facts consist of terms that have the same id in the view's
 * overlay as in the root; where the overlay made one of its own, the view
 * can't follow.  Nor does it when most of a model's row numbers are those of
 * rows that went.
 * Cost: a pass over the statements, and what eval_update costs. */
#include "kb/inputs.h"

#include "base/error.h"

#include <string.h>

/* So many numbers of rows may be wasted whatever there is. */
enum { FEW_ROWS = 10000 };

/* A fact that came or went. */
typedef struct difference {
    const dm_statement *statement;
    bool came;
} difference;

typedef VEC(difference) difference_vec;
typedef VEC(dm_cell) cell_vec;

/* A model being brought up to date. */
typedef struct carrying {
    making m;
    dm_model *model;
    const difference_vec *differences;
    dm_change *changes;  /* one for each relation that has any */
    cell_vec *came, *went;
    size_t nchanges;
} carrying;

static dm_status refuse(dm_error *err)
{
    return error_set(err, DM_UNSUPPORTED, "more than plain facts has "
                     "changed: open another view");
}

/* ---- what differs ------------------------------------------------------- */

/* Whether a term of the root is the same for the view. */
static bool same_term(const dm_view *v, dm_term id)
{
    dm_term same = 0;
    return id == 0 || (terms_copy(v->kb->terms, id, v->terms, &same) == DM_OK
                       && same == id);
}

static bool is_plain(const dm_view *v, const dm_statement *s)
{
    if (s->kind != DM_FACT || !same_term(v, s->origin))
        return false;
    for (size_t i = 0; i < s->nfields; i++) {
        const dm_field *f = &s->fields[i];
        switch (f->tag) {
        case DM_TAG_BECAUSE:
        case DM_TAG_PROBABILITY:
        case DM_TAG_LABEL:
        case DM_TAG_ALIAS:
            return false;
        default:
            break;
        }
        if (f->type == DM_FIELD_DATE
            || (f->type == DM_FIELD_TERM && !same_term(v, f->term)))
            return false;
    }
    return true;
}

static dm_status note(const dm_view *v, const view_entry *e, bool came,
                      difference_vec *out, dm_error *err)
{
    difference d = {e->statement, came};
    if (!is_plain(v, e->statement))
        return refuse(err);
    return vec_push(out, d) ? DM_OK : error_nomem(err);
}

/* The next shown entry from `at` on; NULL: there is none. */
static const view_entry *shown(const entry_vec *entries, size_t *at)
{
    while (*at < entries->len && entries->at[*at].hidden != DM_VISIBLE)
        ++*at;
    return *at < entries->len ? &entries->at[*at] : NULL;
}

/* Merge what was and what is shown, both in order of serial. */
static dm_status compare(const dm_view *v, const entry_vec *before,
                         difference_vec *out, dm_error *err)
{
    size_t i = 0, k = 0;
    dm_status st = DM_OK;
    while (st == DM_OK) {
        const view_entry *was = shown(before, &i);
        const view_entry *is = shown(&v->entries, &k);
        if (was == NULL && is == NULL)
            break;
        uint64_t old = was ? was->statement->serial : UINT64_MAX;
        uint64_t now = is ? is->statement->serial : UINT64_MAX;
        if (old < now)
            st = note(v, was, false, out, err);
        else if (now < old)
            st = note(v, is, true, out, err);
        i += old <= now;
        k += now <= old;
    }
    return st;
}

/* ---- one model ---------------------------------------------------------- */

static bool is_of(const carrying *c, const input *in, const dm_statement *s)
{
    const char *name = in->decl->of != NULL ? in->decl->of : in->decl->name;
    dm_term relation = statement_term(s, DM_TAG_RELATION);
    return relation != 0
           && terms_find_symbol(c->m.view->terms, name, strlen(name))
                  == relation;
}

static bool reads_facts(const input *in)
{
    return in->decl != NULL && in->decl->input != DM_INPUT_NONE
           && in->decl->input != DM_INPUT_SYSTEM;
}

/* Where an update may number the rows of an input anew, their statements are
 * lost track of. */
static bool can_follow(const carrying *c, const input *in)
{
    const dm_program *p = eval_program(c->model->eval);
    const dm_component *component = dm_program_get_component(
        p, dm_program_component_of(p, in->relation));
    return in->decl->input == DM_INPUT_FACTS && in->decl->kind == DM_TIMELESS
           && !in->lattice && component->nrules == 0;
}

static dm_status add_row(carrying *c, input *in, const difference *d,
                         dm_error *err)
{
    dm_cell row[64];
    dm_status st = facts_row(&c->m, in, d->statement, row, err);
    cell_vec *to = d->came ? &c->came[in->relation] : &c->went[in->relation];
    for (uint32_t i = 0; i < in->decl->arity && st == DM_OK; i++)
        if (!vec_push(to, row[i]))
            st = error_nomem(err);
    if (in->decl->arity == 0)
        st = refuse(err);
    return st;
}

/* The rows of all differences, by relation; nothing is changed yet. */
static dm_status gather(carrying *c, dm_error *err)
{
    dm_status st = DM_OK;
    for (size_t i = 0; i < c->differences->len; i++) {
        const difference *d = &c->differences->at[i];
        for (uint32_t r = 0; r < c->model->ninputs && st == DM_OK; r++) {
            input *in = &c->model->inputs[r];
            if (!reads_facts(in) || !is_of(c, in, d->statement))
                continue;
            st = can_follow(c, in) ? add_row(c, in, d, err) : refuse(err);
        }
    }
    return st;
}

/* Forget statements; keep, of the rows that went, those without another. */
static void drop_backings(carrying *c, input *in)
{
    uint32_t arity = in->decl->arity;
    cell_vec *went = &c->went[in->relation];
    size_t at = 0, kept = 0;
    for (size_t i = 0; i < c->differences->len; i++) {
        const difference *d = &c->differences->at[i];
        eval_row row;
        if (d->came || !is_of(c, in, d->statement))
            continue;
        const dm_cell *cells = went->at + at;
        at += arity;
        if (eval_lookup(c->model->eval, in->relation, cells, &row) != DM_TRUE)
            continue;
        input_forget(in, row.row, d->statement->serial);
        if (input_is_backed(c->model, in, row.row))
            continue;
        memmove(went->at + kept, cells, arity * sizeof *cells);
        kept += arity;
    }
    went->len = kept;
}

static dm_status add_backings(carrying *c, input *in, dm_error *err)
{
    const dm_cell *cells = c->came[in->relation].at;
    dm_status st = DM_OK;
    for (size_t i = 0; i < c->differences->len && st == DM_OK; i++) {
        const difference *d = &c->differences->at[i];
        eval_row row;
        if (!d->came || !is_of(c, in, d->statement))
            continue;
        if (eval_lookup(c->model->eval, in->relation, cells, &row) == DM_TRUE)
            st = input_back(in, row.row, d->statement->serial, err);
        cells += in->decl->arity;
    }
    return st;
}

static dm_status apply(carrying *c, dm_error *err)
{
    dm_model *m = c->model;
    for (uint32_t r = 0; r < m->ninputs; r++) {
        if (c->came[r].len == 0 && c->went[r].len == 0)
            continue;
        uint32_t arity = m->inputs[r].decl->arity;
        drop_backings(c, &m->inputs[r]);
        c->changes[c->nchanges++] = (dm_change){
            .relation = r, .added = c->came[r].at, .removed = c->went[r].at,
            .nadded = c->came[r].len / arity,
            .nremoved = c->went[r].len / arity};
    }
    dm_status st = eval_update(m->eval, c->changes, c->nchanges, err);
    for (size_t i = 0; i < c->nchanges && st == DM_OK; i++)
        st = add_backings(c, &m->inputs[c->changes[i].relation], err);
    return st;
}

static dm_status begin(carrying *c, const dm_view *v, dm_model *m,
                       const difference_vec *differences, dm_error *err)
{
    size_t n = m->ninputs + (size_t)1;
    *c = (carrying){.m = {.view = (dm_view *)(uintptr_t)v, .eval = m->eval},
                    .model = m, .differences = differences,
                    .changes = mem_calloc(n, sizeof *c->changes),
                    .came = mem_calloc(n, sizeof *c->came),
                    .went = mem_calloc(n, sizeof *c->went)};
    if (c->changes == NULL || c->came == NULL || c->went == NULL)
        return error_nomem(err);
    size_t rows, numbers;
    eval_fill(m->eval, &rows, &numbers);
    return numbers > 2 * rows + FEW_ROWS ? refuse(err) : gather(c, err);
}

static void finish(carrying *c)
{
    for (uint32_t i = 0; c->model && i < c->model->ninputs; i++) {
        if (c->came != NULL)
            vec_free(&c->came[i]);
        if (c->went != NULL)
            vec_free(&c->went[i]);
    }
    mem_free(c->changes);
    mem_free(c->came);
    mem_free(c->went);
}

/* ---- the whole ---------------------------------------------------------- */

static dm_status carry_all(dm_view *v, const difference_vec *differences,
                           dm_error *err)
{
    size_t n = 0;
    dm_status st = DM_OK;
    for (dm_model *m = v->models; m != NULL; m = m->next)
        n++;
    carrying *all = mem_calloc(n + 1, sizeof *all);
    if (all == NULL)
        return error_nomem(err);
    size_t i = 0;
    for (dm_model *m = v->models; m != NULL && st == DM_OK; m = m->next)
        st = begin(&all[i++], v, m, differences, err);
    for (i = 0; i < n && st == DM_OK && differences->len > 0; i++) {
        st = apply(&all[i], err);
        if (st == DM_UNSUPPORTED) /* too late to go back */
            st = DM_INVALID;
    }
    for (i = 0; i < n; i++)
        finish(&all[i]);
    mem_free(all);
    return st;
}

dm_status dm_view_refresh(dm_view *v, dm_error *err)
{
    difference_vec differences = {0};
    entry_vec before = v->entries;
    snapshot *base = v->base;
    if (base == v->kb->now)
        return DM_OK;
    if (v->scenario.added.len > 0 || v->scenario.withdrawn.len > 0)
        return refuse(err);
    v->entries = (entry_vec){0};
    v->base = v->kb->now;
    v->base->references++;
    dm_status st = view_update(v, err);
    if (st == DM_OK)
        st = compare(v, &before, &differences, err);
    if (st == DM_OK)
        st = carry_all(v, &differences, err);
    vec_free(&differences);
    if (st != DM_UNSUPPORTED) {
        snapshot_release(base);
        vec_free(&before);
        return st;
    }
    snapshot_release(v->base); /* as it was */
    vec_free(&v->entries);
    v->base = base;
    v->entries = before;
    v->known.len = 0;
    dm_error ignored;
    dm_status again = view_update(v, &ignored);
    return again == DM_OK ? st : again;
}
