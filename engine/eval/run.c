/* run.c - running a pipeline: what it reads is brought up to date, then its
 * first literal is gone through in morsels, on several threads where that
 * pays (Leis et al., SIGMOD 2014).
 *
 * A sink that gives what it is called with to a place of its own for each
 * morsel (run_split) lets morsels run at the same time; what they gave is put
 * in afterwards, in their order, between two waves of morsels.  So nothing
 * that is being read changes, and the result is the same on any number of
 * threads.  Each thread has a copy of the pipeline's batches and of the
 * evaluation's scratch memory.
 *
 * The number of morsels in a wave follows from what the last one gave, so that
 * the rows kept between are not many more than the sink likes. */
#include "eval/internal.h"

#include "eval/meeting.h"
#include "eval/share.h"
#include "eval/unite.h"

#include <assert.h>
#include <string.h>

enum {
    MORSEL = 1024,       /* rows of the first literal, or keys */
    MOST_MORSELS = 64,   /* in a wave */
    WORTH_THREADS = 4096 /* rows for which threads are begun */
};

/* ---- what is read ------------------------------------------------------- */

static dm_status sync_index(dm_eval *e, rowset *rows, uint64_t mask)
{
    rowset_index *index;
    if (!rows || rows->nrows == 0)
        return DM_OK;
    dm_status st = rowset_want_index(rows, mask, &index);
    if (st == DM_OK)
        st = rowset_sync_index(rows, index);
    return st == DM_OK ? st : error_nomem(e->err);
}

/* Whether a step can read values by key instead of rows by an index. */
static bool may_read_sets(const dm_eval *e, const run *r, const step *s)
{
    const rowset *rows = &e->relations[s->l->relation].part[PART_TRUE];
    const reads *bounds = &r->reads[s->literal];
    return rows->arity == 2 && r->p->track != TRACK_ROWS
           && !(e->options.force & DM_FORCE_HASH)
           && (s->l->kind == DM_NOT_ATOM || bounds->lo[PART_TRUE] == 0)
           && (!r->exact || bounds->hi[PART_TRUE] == rows->nrows);
}

/* Find what a step reads its matches from, and bring it up to date. */
static dm_status sync_step(dm_eval *e, const run *r, step *s)
{
    eval_relation *relation = &e->relations[s->l->relation];
    dm_status st = DM_OK;
    s->from = NULL;
    if (may_read_sets(e, r, s)) {
        s->key = s->mask == 1 ? 0 : 1;
        st = rowset_by(&relation->part[PART_TRUE], s->key, false, &s->from);
        if (st != DM_OK)
            return error_nomem(e->err);
    }
    for (int part = s->from ? PART_UNDEFINED : PART_TRUE;
         part < NSOURCES && st == DM_OK; part++)
        st = sync_index(e, eval_source(e, s->l->relation, part), s->mask);
    return st;
}

/* Let members, or their numbers, be found without anything being made on the
 * way: threads look for them at the same time, and steps may be going through
 * sets that would be made anew. */
static dm_status sync_members(dm_eval *e, const run *r, const step *s)
{
    const rowset *first = &e->relations[s->l->relation].part[PART_TRUE];
    if (!r->p->may_split && !first->by[0].made)
        return DM_OK;
    dm_status st = DM_OK;
    for (int part = 0; part < NSOURCES && st == DM_OK; part++) {
        rowset *rows = eval_source(e, s->l->relation, part);
        if (rows && rows->nrows)
            st = join_asks_members(e, r, s, part) ? rowset_sync_members(rows)
                 : rows->hashed < rows->nrows     ? rowset_hash(rows)
                                                  : DM_OK;
    }
    return st == DM_OK ? st : error_nomem(e->err);
}

static bool is_atom(const step *s)
{
    return s->l->kind == DM_ATOM || s->l->kind == DM_NOT_ATOM;
}

static bool begins_with_scan(const pipeline *p)
{
    return p->nsteps && p->steps[0].l->kind == DM_ATOM
           && p->steps[0].mask == 0 && !p->steps[0].whole
           && !p->steps[0].exists;
}

/* What meets later shares more if the rows of the scan before come key by key,
 * not as they were put in. */
static dm_status sync_scan(dm_eval *e, const run *r)
{
    step *s = &r->p->steps[0];
    const reads *b = &r->reads[s->literal];
    eval_relation *relation = &e->relations[s->l->relation];
    rowset *rows = &relation->part[PART_TRUE];
    bool meets = false;
    s->from = NULL;
    for (uint32_t k = 1; k < r->p->nsteps; k++)
        meets |= r->p->steps[k].meeting
                 && meeting_is_ready(r->p->steps[k].meeting);
    if (!meets || rows->arity != 2 || relation->growing
        || b->lo[PART_TRUE] || b->hi[PART_TRUE] != rows->nrows)
        return DM_OK;
    s->key = rows->by[1].made && !rows->by[0].made;
    return rowset_by(rows, s->key, false, &s->from) == DM_OK
               ? DM_OK : error_nomem(e->err);
}

/* For `explain --plan`: what a step finds its matches in. */
static void note_source(const dm_eval *e, const step *s)
{
    const rowset *rows = &e->relations[s->l->relation].part[PART_TRUE];
    if (!is_atom(s))
        return;
    if (s->whole)
        s->stats->from = rows->by[0].made ? "members of sets"
                         : rows->packed.made ? "packed words" : "hash set";
    else if (s->mask == 0)
        s->stats->from = "rows";
    else
        s->stats->from = s->from ? "sets by key" : "index";
}

/* The same of stages and the united atom. */
static void note_union(const pipeline *p)
{
    for (uint32_t i = 0; i < p->nstages; i++)
        p->plan.steps[p->nsteps + i].from = "whole sets, stage by stage";
    if (p->plan.of.united != PLAN_NO_UNION)
        p->plan.steps[p->plan.nsteps - 1].from =
            p->plan.of.united != p->plan.of.delta ? "whole sets"
            : p->plan.of.keyed ? "runs of new rows, whose keys come first"
                               : "runs of new rows";
}

static dm_status sync_steps(dm_eval *e, run *r)
{
    dm_status st = DM_OK;
    for (uint32_t k = 0; k < r->p->nsteps && st == DM_OK; k++) {
        step *s = &r->p->steps[k];
        if (s->meeting)
            st = meeting_sync(e, r, s);
        if (s->meeting && meeting_is_ready(s->meeting))
            k += meeting_steps(s->meeting) - 1;
        else if (st == DM_OK && is_atom(s) && !s->whole && s->mask != 0)
            st = sync_step(e, r, s);
    }
    for (uint32_t k = 0; k < r->p->nsteps && st == DM_OK; k++) {
        const step *s = &r->p->steps[k];
        if (s->meeting && meeting_is_ready(s->meeting))
            k += meeting_steps(s->meeting) - 1;
        else if (is_atom(s) && s->whole)
            st = sync_members(e, r, s);
        note_source(e, s);
    }
    note_union(r->p);
    return st == DM_OK && begins_with_scan(r->p) ? sync_scan(e, r) : st;
}

/* Where a literal reads the rows that are new. */
static int find_source(const reads *b)
{
    for (int source = 0; source < NSOURCES; source++)
        if (b->lo[source] < b->hi[source])
            return source;
    return PART_TRUE;
}

/* What is new of the united atom by key, made once a round. */
static dm_status sync_runs(dm_eval *e, pipeline *p, uint32_t key,
                           const reads *b)
{
    uint32_t relation = p->rule->body[p->plan.of.united].relation;
    new_runs *fresh = &e->relations[relation].fresh[key];
    int source = find_source(b);
    size_t lo = b->lo[source], hi = b->hi[source];
    dm_status st = DM_OK;
    if (fresh->round != e->rounds || fresh->source != source
        || fresh->lo != lo || fresh->hi != hi) {
        st = key_runs_make(&fresh->runs, eval_source(e, relation, source), key,
                           lo, hi, eval_pool_for(e, hi - lo));
        *fresh = (new_runs){fresh->runs, source, lo, hi,
                            st == DM_OK ? e->rounds : 0};
    }
    p->runs = &fresh->runs;
    return st == DM_OK && !p->plan.of.keyed ? key_runs_map(&fresh->runs)
                                            : st;
}

/* The values that are to be united: all of a relation's, or what is new. */
static dm_status sync_union(dm_eval *e, const run *r)
{
    pipeline *p = r->p;
    uint32_t united = p->plan.of.united;
    if (united == PLAN_NO_UNION)
        return DM_OK;
    uint32_t key = unite_key(p->rule, united);
    rowset *rows =
        &e->relations[p->rule->body[united].relation].part[PART_TRUE];
    const reads *b = &r->reads[united];
    key = key == UINT32_MAX ? 0 : key;
    dm_status st = united == p->plan.of.delta
                       ? sync_runs(e, p, key, b)
                       : rowset_by(rows, key, false, &p->from);
    for (uint32_t i = 0; i < p->nstages && st == DM_OK; i++) {
        set_stage *s = &p->stages[i];
        const dm_literal *l = &p->rule->body[s->literal];
        st = rowset_by(&e->relations[l->relation].part[PART_TRUE], s->key,
                       false, &s->from);
        assert(st != DM_OK || s->from);
    }
    assert(st != DM_OK || united == p->plan.of.delta || p->from);
    return st == DM_OK ? st : error_nomem(e->err);
}

/* Whether some atom has nothing to read, so that nothing can come out. */
static bool reads_nothing(const reads *b)
{
    for (int source = 0; source < NSOURCES; source++)
        if (b->lo[source] < b->hi[source])
            return false;
    return true;
}

static bool is_empty(const run *r)
{
    uint32_t united = r->p->plan.of.united;
    if (united != PLAN_NO_UNION && reads_nothing(&r->reads[united]))
        return true;
    for (uint32_t i = 0; i < r->p->nstages; i++)
        if (reads_nothing(&r->reads[r->p->stages[i].literal]))
            return true;
    for (uint32_t k = 0; k < r->p->nsteps; k++) {
        const step *s = &r->p->steps[k];
        if (s->l->kind == DM_ATOM && reads_nothing(&r->reads[s->literal]))
            return true;
    }
    return false;
}

static dm_status start(dm_eval *e, run *r)
{
    pipeline *p = r->p;
    if (p->track != TRACK_NONE)
        p->start.col[p->flag_slot][0] = 0;
    if (p->weighs)
        p->start.col[p->weight_slot][0] = 1;
    p->start.n = 1;
    return join_step(e, r, 0, &p->start);
}

/* ---- morsels ------------------------------------------------------------ */

/* What a run goes through: rows of one part of its first literal, or the keys
 * of what is new. */
typedef struct domain {
    bool keyed;
    bool by_key; /* keys of the sets that it is read from, not rows */
    int part;
    size_t lo, hi;
    size_t rows; /* how many there are */
} domain;

typedef struct worker {
    dm_eval *e;
    pipeline *p;
    reads *reads;
    dm_error err;
    size_t failed; /* its task that did */
} worker;

typedef struct wave {
    run *run;
    domain d;
    size_t morsel;
    worker workers[EVAL_THREADS];
} wave;

static dm_status go_through_keys(dm_eval *e, run *r, size_t lo, size_t hi)
{
    pipeline *p = r->p;
    uint32_t united = p->plan.of.united;
    uint32_t key = unite_key(p->rule, united);
    dm_cell *keys = key == UINT32_MAX
        ? NULL : p->start.col[p->rule->body[united].args[key].var];
    dm_cell *number = p->start.col[p->run_slot];
    size_t n = 0;
    for (size_t at = lo; at < hi; at++, n++) {
        number[n] = at;
        if (keys)
            keys[n] = p->runs->keys.at[at];
    }
    p->start.n = n;
    return join_step(e, r, 0, &p->start);
}

static dm_status go_through_rows(dm_eval *e, run *r, reads *own, int part,
                                 size_t lo, size_t hi)
{
    reads *first = &own[r->p->steps[0].literal];
    memcpy(own, r->reads, r->p->rule->nbody * sizeof *own);
    *first = (reads){{0}, {0}};
    first->lo[part] = lo;
    first->hi[part] = hi;
    r->reads = own;
    return start(e, r);
}

static dm_status do_morsel(void *context, size_t number, unsigned who)
{
    wave *w = context;
    worker *by = &w->workers[who];
    run r = *w->run;
    size_t lo = w->d.lo + number * w->morsel;
    size_t hi = lo + w->morsel < w->d.hi ? lo + w->morsel : w->d.hi;
    r.p = by->p;
    r.by_key = w->d.by_key;
    r.context = r.split->task(w->run->context, number);
    dm_status st = w->d.keyed
                       ? go_through_keys(by->e, &r, lo, hi)
                       : go_through_rows(by->e, &r, by->reads, w->d.part, lo,
                                         hi);
    if (st != DM_OK && by->failed == SIZE_MAX)
        by->failed = number;
    return st;
}

/* The lowest failure is the one that one thread would have met. */
static void take_error(dm_eval *e, const wave *w, unsigned threads)
{
    const worker *lowest = &w->workers[0];
    for (unsigned i = 1; i < threads; i++)
        if (w->workers[i].failed < lowest->failed)
            lowest = &w->workers[i];
    if (lowest != &w->workers[0] && e->err)
        *e->err = lowest->err;
}

static void add_counts(pipeline *p, pipeline *copy)
{
    for (uint32_t k = 0; k < p->nsteps; k++) {
        p->plan.steps[k].actual_in += copy->plan.steps[k].actual_in;
        p->plan.steps[k].actual_out += copy->plan.steps[k].actual_out;
        copy->plan.steps[k].actual_in = copy->plan.steps[k].actual_out = 0;
    }
}

/* Make, and bring up to date, the others' copies. */
static dm_status equip(dm_eval *e, wave *w, unsigned threads)
{
    pipeline *p = w->run->p;
    dm_status st = DM_OK;
    size_t size = (p->rule->nbody + 1) * sizeof(reads);
    for (unsigned i = 0; i < threads && st == DM_OK; i++) {
        worker *by = &w->workers[i];
        *by = (worker){.e = e, .p = p, .failed = SIZE_MAX};
        if (i > 0)
            st = eval_worker(e, i, &by->err, &by->e);
        if (i > 0 && st == DM_OK)
            st = pipeline_copy(e, p, i, &by->p);
        if (st == DM_OK && !(by->reads = mem_alloc(size)))
            st = error_nomem(e->err);
    }
    return st;
}

static size_t next_size(const run *r, size_t n, size_t given)
{
    if (given > r->split->likes)
        return n > 1 ? n / 2 : 1;
    return 4 * given < r->split->likes && n < MOST_MORSELS ? 2 * n : n;
}

static dm_status do_waves(dm_eval *e, wave *w, parallel_pool *pool)
{
    run *r = w->run;
    size_t size = 8;
    dm_status st = DM_OK;
    while (st == DM_OK && w->d.lo < w->d.hi && !r->stop) {
        size_t left = (w->d.hi - w->d.lo + w->morsel - 1) / w->morsel;
        size_t n = left < size ? left : size, given = 0;
        TRY(eval_poll(e), out);
        TRY(r->split->begin(r->context, n), nomem);
        st = parallel_run(pool, n, do_morsel, w);
        if (st != DM_OK)
            take_error(e, w, parallel_width(pool));
        else
            st = r->split->end(e, r->context, n, &given, &r->stop);
        w->d.lo += n * w->morsel;
        size = next_size(r, size, given);
    }
    goto out;
nomem:
    st = error_nomem(e->err);
out:
    return st;
}

static dm_status run_domain(dm_eval *e, run *r, domain d)
{
    wave w = {.run = r, .d = d,
              .morsel = e->options.force & DM_FORCE_SMALL ? 3
                        : d.keyed  ? MORSEL / 4
                        : d.by_key ? 1 + MORSEL * (d.hi - d.lo) / (d.rows + 1)
                                   : MORSEL};
    size_t worth = e->options.force & DM_FORCE_SMALL ? 4 : WORTH_THREADS;
    parallel_pool *pool = r->p->may_split && d.rows >= worth ? e->pool : NULL;
    unsigned threads = parallel_width(pool);
    if (d.lo >= d.hi)
        return DM_OK;
    dm_status st = equip(e, &w, threads);
    if (st == DM_OK)
        st = do_waves(e, &w, pool);
    for (unsigned i = 0; i < threads; i++) {
        mem_free(w.workers[i].reads);
        if (i > 0 && w.workers[i].p)
            add_counts(r->p, w.workers[i].p);
    }
    return st;
}

static dm_status run_parts(dm_eval *e, run *r)
{
    const reads *first = &r->reads[r->p->steps[0].literal];
    dm_status st = DM_OK;
    const adjacency *sets = r->p->steps[0].from;
    for (int part = 0; part < NSOURCES && st == DM_OK && !r->stop; part++) {
        domain d = {.part = part, .lo = first->lo[part],
                    .hi = first->hi[part],
                    .rows = first->hi[part] - first->lo[part]};
        if (part == PART_TRUE && sets) {
            d.by_key = true;
            d.hi = sets->nkeys;
        }
        st = run_domain(e, r, d);
    }
    return st;
}

/* All of it as one morsel. */
static dm_status run_whole(dm_eval *e, run *r)
{
    run one = *r;
    size_t given;
    if (!r->split)
        return start(e, r);
    if (r->split->begin(r->context, 1) != DM_OK)
        return error_nomem(e->err);
    one.context = r->split->task(r->context, 0);
    dm_status st = start(e, &one);
    return st == DM_OK ? r->split->end(e, r->context, 1, &given, &r->stop)
                       : st;
}

dm_status pipeline_run(dm_eval *e, run *r)
{
    const plan_request *of = &r->p->plan.of;
    if (is_empty(r))
        return DM_OK;
    dm_status st = sync_steps(e, r);
    if (st == DM_OK)
        st = sync_union(e, r);
    if (st != DM_OK)
        return st;
    if (of->keyed)
        return run_domain(e, r, (domain){.keyed = true,
                                         .hi = r->p->runs->keys.len,
                                         .rows = r->p->runs->keys.len});
    return r->split && begins_with_scan(r->p) ? run_parts(e, r)
                                              : run_whole(e, r);
}

/* ---- heads that are given ----------------------------------------------- */

dm_status pipeline_run_head(dm_eval *e, run *r, const dm_cell *head)
{
    pipeline *p = r->p;
    uint8_t ok = 1;
    uint32_t row = 0;
    if (is_empty(r))
        return DM_OK;
    dm_status st = sync_steps(e, r);
    if (st != DM_OK)
        return st;
    rowset one;
    column cells[64];
    rowset_init(&one, p->rule->nargs);
    for (uint32_t i = 0; i < p->rule->nargs; i++) /* only read */
        cells[i] = (column){.at = (void *)(uintptr_t)&head[i],
                            .is_wide = true};
    one.rows.col = cells;
    p->start.n = 1;
    st = match_all(e, &p->head, p->nregs, NULL, &p->start, &one, &row, &ok);
    return st == DM_OK && ok ? start(e, r) : st;
}

dm_status pipeline_run_heads(dm_eval *e, run *r, const rowset *rows,
                             const uint32_t *row, size_t n)
{
    pipeline *p = r->p;
    uint8_t ok[BATCH];
    assert(n <= BATCH && p->track == TRACK_ORIGIN);
    if (n == 0 || is_empty(r))
        return DM_OK;
    dm_status st = sync_steps(e, r);
    if (st != DM_OK)
        return st;
    memset(ok, 1, n);
    p->start.n = n;
    for (size_t i = 0; i < n; i++)
        p->start.col[p->flag_slot][i] = i;
    st = match_all(e, &p->head, p->nregs, NULL, &p->start, rows, row, ok);
    if (st != DM_OK)
        return st;
    batch_compact(&p->start, &p->head_slots, ok);
    return p->share_at && p->start.n > 1 ? share_run(e, r)
                                         : join_step(e, r, 0, &p->start);
}
