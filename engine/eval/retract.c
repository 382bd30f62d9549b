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
 * each row is looked at once.  A row that goes makes candidates of the heads
 * of later stages that it had a part in.  At the end those of the gone that
 * are derived from what remains come back as rows of a new stage.
 *
 * Cost: the instances that the rows which go had a part in, and for each
 * candidate the search for one instance. */
#include "eval/change.h"

#include <stdlib.h>
#include <string.h>

static eval_relation *relation_of(const retraction *t, uint32_t relation)
{
    return &t->f->e->relations[relation];
}

dm_status retract_begin(retraction *t, fixpoint *f)
{
    *t = (retraction){.f = f, .part = fixpoint_part(f->side)};
    t->gone = mem_calloc(f->c->nrelations, sizeof *t->gone);
    if (!t->gone)
        return error_nomem(f->e->err);
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        rowset_init(&t->gone[i], r->decl->arity);
        r->changed[SOURCE_GONE - NPARTS] = &t->gone[i];
    }
    return DM_OK;
}

void retract_end(retraction *t)
{
    for (uint32_t i = 0; t->gone && i < t->f->c->nrelations; i++) {
        fixpoint_relation(t->f, i)->changed[SOURCE_GONE - NPARTS] = NULL;
        rowset_free(&t->gone[i]);
    }
    mem_free(t->gone);
    for (size_t i = 0; i < t->buckets.len; i++)
        vec_free(&t->buckets.at[i].rows);
    vec_free(&t->buckets);
    map_free(&t->seen);
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

dm_status retract_row(retraction *t, uint32_t relation, uint32_t row)
{
    eval_relation *r = relation_of(t, relation);
    uint64_t key = (uint64_t)relation << 32 | row;
    uint64_t stage = rowset_stage(&r->part[t->part], row);
    if (stage < t->floor || is_given(t, relation, row)
        || map_get(&t->seen, key, NULL))
        return DM_OK;
    retract_bucket *bucket = bucket_of(t, stage);
    bool done = bucket && vec_push(&bucket->rows, key)
                && map_put(&t->seen, key, 0);
    return done ? DM_OK : error_nomem(t->f->e->err);
}

dm_status retract_heads(dm_eval *e, void *context, pipeline *p, run *run,
                        batch *b)
{
    retraction *t = context;
    (void)run;
    uint32_t relation = p->rule->relation, found[BATCH];
    eval_relation *r = relation_of(t, relation);
    dm_cell *rows = NULL;
    dm_status st = rules_make_rows(e, p, r, b, &rows);
    if (st != DM_OK)
        return st;
    rowset_find_batch(&r->part[t->part], rows, b->n, found);
    for (size_t i = 0; i < b->n && st == DM_OK; i++)
        if (found[i] != ROWSET_NONE)
            st = retract_row(t, relation, found[i]);
    return st;
}

/* ---- taking out --------------------------------------------------------- */

static dm_status take_out(retraction *t, uint32_t relation, uint32_t row)
{
    eval_relation *r = relation_of(t, relation);
    rowset *gone = r->changed[SOURCE_GONE - NPARTS];
    dm_cell cells[64];
    uint32_t number;
    bool fresh;
    rowset_get(&r->part[t->part], row, cells);
    if (rowset_put(gone, cells, &number, &fresh) != DM_OK
        || rowset_remove(&r->part[t->part], row) != DM_OK)
        return error_nomem(t->f->e->err);
    return DM_OK;
}

dm_status retract_force(retraction *t, uint32_t relation, uint32_t row)
{
    return take_out(t, relation, row);
}

/* Look at up to BATCH candidates of one relation. */
static dm_status judge(retraction *t, uint32_t relation, uint64_t stage,
                       const uint32_t *row, size_t n)
{
    uint8_t kept[BATCH];
    eval_relation *r = relation_of(t, relation);
    dm_status st = change_check(t->f, relation, &r->part[t->part], row, n,
                                stage, kept);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        if (!kept[i])
            st = take_out(t, relation, row[i]);
    return st;
}

static dm_status judge_relation(retraction *t, uint32_t relation,
                                const retract_bucket *bucket)
{
    uint32_t row[BATCH];
    size_t n = 0;
    dm_status st = DM_OK;
    for (size_t i = 0; i < bucket->rows.len && st == DM_OK; i++) {
        if (bucket->rows.at[i] >> 32 != relation)
            continue;
        row[n++] = (uint32_t)bucket->rows.at[i];
        if (n == BATCH) {
            st = judge(t, relation, bucket->stage, row, n);
            n = 0;
        }
    }
    return st == DM_OK ? judge(t, relation, bucket->stage, row, n) : st;
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
                st = change_run(f, USE_LOSS, f->c->rules[k], b, &delta,
                                retract_heads, t);
    }
    return st;
}

static dm_status run_bucket(retraction *t, const retract_bucket *bucket)
{
    const dm_component *c = t->f->c;
    dm_status st = DM_NOMEM;
    size_t *first = mem_calloc(c->nrelations, sizeof *first);
    if (!first)
        return error_nomem(t->f->e->err);
    for (uint32_t i = 0; i < c->nrelations; i++) {
        first[i] = t->gone[i].nrows;
        TRY(judge_relation(t, c->relations[i], bucket), out);
    }
    for (uint32_t i = 0; i < c->nrelations && st == DM_OK; i++)
        st = spread(t, i, first[i]);
out:
    mem_free(first);
    return st;
}

dm_status retract_run(retraction *t)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < t->f->c->nrelations && st == DM_OK; i++)
        st = spread(t, i, 0);
    while (st == DM_OK && t->buckets.len) {
        retract_bucket bucket = t->buckets.at[--t->buckets.len];
        t->floor = bucket.stage + 1;
        st = run_bucket(t, &bucket);
        vec_free(&bucket.rows);
    }
    return st;
}

size_t retract_count(const retraction *t)
{
    size_t n = 0;
    for (uint32_t i = 0; i < t->f->c->nrelations; i++)
        n += t->gone[i].nrows;
    return n;
}

/* ---- putting back ------------------------------------------------------- */

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
                          e->stage, derived);
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
