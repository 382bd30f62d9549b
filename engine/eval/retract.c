/* retract.c - taking out rows that have lost their derivation.
 *
 * Delete and rederive (Gupta, Mumick, Subrahmanian, SIGMOD 1993), with the
 * order of derivation put to use: a row whose derivation may be lost is kept
 * if some instance derives it from rows of earlier stages that are still
 * there.  Such support can't run in circles, so nothing need be taken out
 * only to be put back later, but for rows whose remaining derivations all
 * use rows of their own stage or of later ones.
 *
 * Method: candidates wait in buckets by stage, and the lowest stage is looked
 * at first, so that everything its rows may rest on is settled by then and
 * each row is looked at once.  Rows that go make candidates of the heads of
 * later stages that they had a part in: these are put into a set of their own
 * as if they were derived (change_lose), and what is new there waits.  Only
 * then are the rows taken out, so an instance is found from the first of its
 * rows to go, all others being there.  At the end those of the gone that are
 * derived from what remains come back as rows of a new stage.
 *
 * Cost: the heads of the instances that the rows which go had a part in, and
 * for each of these the search for one instance, which all its rules are gone
 * through for when there is none.  So what loses much of its rows may cost more
 * than to be evaluated anew: the caller says when to give up. */
#include "eval/change.h"

#include <string.h>

enum { MOST = 16 * BATCH }; /* candidates looked at together */

/* ---- begin and end ------------------------------------------------------ */

/* A relation like `r` for heads that may be lost. */
static void init_lost(const retraction *t, const eval_relation *r,
                      eval_relation *lost)
{
    lost->decl = r->decl;
    lost->united = r->united && t->part == PART_TRUE;
    rowset_init(&lost->part[PART_TRUE], r->decl->arity);
}

dm_status retract_begin(retraction *t, fixpoint *f)
{
    uint32_t n = f->c->nrelations;
    *t = (retraction){.f = f, .part = fixpoint_part(f->side)};
    t->gone = mem_calloc(n, sizeof *t->gone);
    t->lost = mem_calloc(n, sizeof *t->lost);
    t->noted = mem_calloc(n, sizeof *t->noted);
    if (!t->gone || !t->lost || !t->noted)
        return error_nomem(f->e->err);
    for (uint32_t i = 0; i < n; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        rowset_init(&t->gone[i], r->decl->arity);
        init_lost(t, r, &t->lost[i]);
        r->changed[SOURCE_GONE - NPARTS] = &t->gone[i];
    }
    return DM_OK;
}

void retract_end(retraction *t)
{
    for (uint32_t i = 0; t->f && i < t->f->c->nrelations; i++) {
        fixpoint_relation(t->f, i)->changed[SOURCE_GONE - NPARTS] = NULL;
        if (t->gone)
            rowset_free(&t->gone[i]);
        if (t->lost)
            rowset_free(&t->lost[i].part[PART_TRUE]);
    }
    mem_free(t->gone);
    mem_free(t->lost);
    mem_free(t->noted);
    for (size_t i = 0; i < t->buckets.len; i++)
        vec_free(&t->buckets.at[i].rows);
    vec_free(&t->buckets);
    vec_free(&t->going);
}

/* Which relation of the component it is. */
static uint32_t place_of(const retraction *t, uint32_t relation)
{
    uint32_t i = 0;
    while (t->f->c->relations[i] != relation)
        i++;
    return i;
}

/* ---- candidates --------------------------------------------------------- */

/* The bucket of a stage, made when missing; NULL: memory ran out. */
static retract_bucket *bucket_of(retraction *t, uint64_t stage)
{
    size_t lo = 0, hi = t->buckets.len; /* the first not above `stage` */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->buckets.at[mid].stage > stage)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < t->buckets.len && t->buckets.at[lo].stage == stage)
        return &t->buckets.at[lo];
    retract_bucket empty = {.stage = stage};
    if (!vec_push(&t->buckets, empty))
        return NULL;
    retract_bucket *at = t->buckets.at + lo;
    memmove(at + 1, at, (t->buckets.len - 1 - lo) * sizeof *at);
    *at = empty;
    return at;
}

static bool is_given(const retraction *t, uint32_t relation, uint32_t row)
{
    dm_truth truth = t->part == PART_TRUE ? DM_TRUE : DM_UNDEFINED;
    return eval_is_input(t->f->e, (eval_row){relation, truth, row});
}

/* Let a row of relation `i` of the component wait to be looked at. */
static dm_status note_row(retraction *t, uint32_t i, uint32_t row)
{
    uint32_t relation = t->f->c->relations[i];
    uint64_t stage = rowset_stage(&fixpoint_relation(t->f, i)->part[t->part],
                                  row);
    if (stage < t->floor || is_given(t, relation, row))
        return DM_OK;
    retract_bucket *bucket = bucket_of(t, stage);
    return bucket && vec_push(&bucket->rows, (uint64_t)i << 32 | row)
               ? DM_OK : error_nomem(t->f->e->err);
}

/* Up to BATCH of the heads lost from `first` on. */
static dm_status note_batch(retraction *t, uint32_t i, size_t first, size_t n)
{
    dm_eval *e = t->f->e;
    const rowset *lost = &t->lost[i].part[PART_TRUE];
    uint32_t found[BATCH];
    dm_cell *rows = eval_head_rows(e, lost->arity);
    dm_status st = rows ? DM_OK : error_nomem(e->err);
    if (st != DM_OK)
        return st;
    for (size_t k = 0; k < n; k++)
        rowset_get(lost, first + k, rows + k * lost->arity);
    rowset_find_batch(&fixpoint_relation(t->f, i)->part[t->part], rows, n,
                      found);
    for (size_t k = 0; k < n && st == DM_OK; k++)
        if (found[k] != ROWSET_NONE)
            st = note_row(t, i, found[k]);
    return st;
}

/* Let the heads that may be lost wait, those that are new. */
static dm_status note_lost(retraction *t)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < t->f->c->nrelations; i++) {
        size_t *at = &t->noted[i], nrows = t->lost[i].part[PART_TRUE].nrows;
        while (*at < nrows && st == DM_OK) {
            size_t n = nrows - *at < BATCH ? nrows - *at : BATCH;
            st = note_batch(t, i, *at, n);
            *at += n;
        }
    }
    return st;
}

dm_status retract_row(retraction *t, uint32_t relation, uint32_t row)
{
    dm_cell cells[64];
    uint32_t i = place_of(t, relation);
    rowset_get(&fixpoint_relation(t->f, i)->part[t->part], row, cells);
    return rowset_insert(&t->lost[i].part[PART_TRUE], cells, 1, NULL) == DM_OK
               ? DM_OK : error_nomem(t->f->e->err);
}

dm_status retract_heads(retraction *t, uint32_t rule, uint32_t literal,
                        const reads *delta)
{
    uint32_t i = place_of(t, fixpoint_rule(t->f, rule)->relation);
    uint64_t derived = t->f->e->derived;
    dm_status st = change_lose(t->f, rule, literal, delta, &t->lost[i]);
    t->f->e->derived = derived; /* they are no rows of the model */
    return st;
}

/* ---- taking out --------------------------------------------------------- */

/* A row of relation `i` of the component goes. */
static dm_status let_go(retraction *t, uint32_t i, uint32_t row)
{
    dm_cell cells[64];
    uint32_t number;
    bool fresh;
    rowset_get(&fixpoint_relation(t->f, i)->part[t->part], row, cells);
    if (rowset_put(&t->gone[i], cells, &number, &fresh) != DM_OK
        || (fresh && !vec_push(&t->going, (uint64_t)i << 32 | row)))
        return error_nomem(t->f->e->err);
    return DM_OK;
}

dm_status retract_force(retraction *t, uint32_t relation, uint32_t row)
{
    return let_go(t, place_of(t, relation), row);
}

static bool gives_up(retraction *t)
{
    t->given_up |= t->most && t->work > t->most;
    return t->given_up;
}

/* Look at up to MOST candidates of relation `i` of the component. */
static dm_status judge(retraction *t, uint32_t i, uint64_t stage,
                       const uint32_t *row, size_t n)
{
    uint8_t kept[MOST];
    dm_status st = change_check(t->f, t->f->c->relations[i],
                                &fixpoint_relation(t->f, i)->part[t->part],
                                row, n, stage, kept, &t->work);
    for (size_t k = 0; k < n && st == DM_OK; k++)
        if (!kept[k])
            st = let_go(t, i, row[k]);
    return st;
}

static dm_status judge_relation(retraction *t, uint32_t i,
                                const retract_bucket *bucket)
{
    VEC(uint32_t) rows = {0};
    dm_status st = DM_OK;
    for (size_t k = 0; k < bucket->rows.len && st == DM_OK; k++)
        if (bucket->rows.at[k] >> 32 == i
            && !vec_push(&rows, (uint32_t)bucket->rows.at[k]))
            st = error_nomem(t->f->e->err);
    for (size_t at = 0; at < rows.len && st == DM_OK && !gives_up(t);
         at += MOST)
        st = judge(t, i, bucket->stage, rows.at + at,
                   rows.len - at < MOST ? rows.len - at : MOST);
    vec_free(&rows);
    return st;
}

/* Heads that the rows of a relation which went from `first` on had a part
 * in. */
static dm_status spread(retraction *t, uint32_t i, size_t first)
{
    fixpoint *f = t->f;
    reads delta = {{0}, {0}};
    dm_status st = DM_OK;
    delta.lo[SOURCE_GONE] = first;
    delta.hi[SOURCE_GONE] = t->gone[i].nrows;
    if (delta.lo[SOURCE_GONE] == delta.hi[SOURCE_GONE])
        return DM_OK;
    for (uint32_t k = 0; k < f->c->nrules && st == DM_OK; k++) {
        const dm_rule *rule = fixpoint_rule(f, f->c->rules[k]);
        for (uint32_t b = 0; b < rule->nbody && st == DM_OK; b++)
            if (rule->body[b].kind == DM_ATOM
                && rule->body[b].relation == f->c->relations[i])
                st = retract_heads(t, f->c->rules[k], b, &delta);
    }
    return st;
}

/* Take out what goes, all that rested on it being known. */
static dm_status take_out(retraction *t)
{
    for (size_t k = 0; k < t->going.len; k++) {
        uint32_t i = (uint32_t)(t->going.at[k] >> 32);
        rowset *part = &fixpoint_relation(t->f, i)->part[t->part];
        if (rowset_remove(part, (uint32_t)t->going.at[k]) != DM_OK)
            return error_nomem(t->f->e->err);
    }
    t->going.len = 0;
    return DM_OK;
}

/* Let the rows go that went since there were `first` of them by relation. */
static dm_status go(retraction *t, const size_t *first)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < t->f->c->nrelations && st == DM_OK; i++)
        st = spread(t, i, first[i]);
    if (st == DM_OK)
        st = take_out(t);
    return st == DM_OK ? note_lost(t) : st;
}

static dm_status run_bucket(retraction *t, const retract_bucket *bucket,
                            size_t *first)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < t->f->c->nrelations && st == DM_OK; i++) {
        first[i] = t->gone[i].nrows;
        st = judge_relation(t, i, bucket);
    }
    return st == DM_OK ? go(t, first) : st;
}

dm_status retract_run(retraction *t)
{
    size_t *first = mem_calloc(t->f->c->nrelations, sizeof *first);
    dm_status st = first ? go(t, first) : error_nomem(t->f->e->err);
    while (st == DM_OK && t->buckets.len && !gives_up(t)) {
        retract_bucket bucket = t->buckets.at[--t->buckets.len];
        t->floor = bucket.stage + 1;
        st = run_bucket(t, &bucket, first);
        vec_free(&bucket.rows);
    }
    mem_free(first);
    return st;
}

/* ---- putting back ------------------------------------------------------- */

dm_status retract_undo(retraction *t)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < t->f->c->nrelations && st == DM_OK; i++)
        st = rowset_add_all(&fixpoint_relation(t->f, i)->part[t->part],
                            &t->gone[i]);
    return st == DM_OK ? st : error_nomem(t->f->e->err);
}

static dm_status put_back(retraction *t, uint32_t i, const uint32_t *row,
                          size_t n)
{
    dm_eval *e = t->f->e;
    eval_relation *r = fixpoint_relation(t->f, i);
    uint8_t derived[BATCH];
    dm_cell cells[64];
    uint32_t number;
    bool fresh;
    dm_status st = rules_begin_stage(e, &r->part[t->part]);
    if (st == DM_OK)
        st = change_check(t->f, t->f->c->relations[i], &t->gone[i], row, n,
                          e->stage, derived, &t->work);
    for (size_t k = 0; k < n && st == DM_OK; k++) {
        if (!derived[k])
            continue;
        rowset_get(&t->gone[i], row[k], cells);
        st = rowset_put(&r->part[t->part], cells, &number, &fresh);
    }
    return st == DM_OK ? st : eval_fail(e, st, "relation %s has more rows "
                                        "than can be numbered",
                                        r->decl->name);
}

dm_status retract_restore(retraction *t)
{
    uint32_t row[BATCH];
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < t->f->c->nrelations; i++)
        for (size_t at = 0; at < t->gone[i].nrows && st == DM_OK;) {
            size_t n = 0;
            while (n < BATCH && at < t->gone[i].nrows)
                row[n++] = (uint32_t)at++;
            st = put_back(t, i, row, n);
        }
    return st;
}

dm_status retract_settle(retraction *t, bool *gone)
{
    dm_cell cells[64];
    *gone = false;
    for (uint32_t i = 0; i < t->f->c->nrelations; i++) {
        rowset *part = &fixpoint_relation(t->f, i)->part[t->part];
        for (size_t k = 0; k < t->gone[i].nrows; k++) {
            rowset_get(&t->gone[i], k, cells);
            if (rowset_find(part, cells) != ROWSET_NONE
                && rowset_remove(&t->gone[i], k) != DM_OK)
                return error_nomem(t->f->e->err);
        }
        *gone |= rowset_count(&t->gone[i]) > 0;
    }
    return DM_OK;
}
