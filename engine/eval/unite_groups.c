/* unite_groups.c - pairs by group, turned into rows.
 *
 * All pairs of a run, put into buckets by group, are shared out in tasks of
 * whole buckets.  A task sorts a bucket's pairs, so that all sources of a group
 * stand together, and makes each group's row (unite_row.c), reading sets that
 * don't change meanwhile.  Then the tasks' rows are appended, again at the same
 * time: they are of different keys, and stand in the order of the tasks.
 *
 * Where stages lead from runs of new rows to the head's key, a first turn of
 * such tasks takes the runs through the stages; what it gives are pairs with
 * the head's key in front, which the second unites. */
#include "eval/unite.h"

#include <stdatomic.h>
#include <string.h>

enum {
    TASK_COST = 1 << 17,  /* values, about, that a task of stages gives */
    TASK_PAIRS = 1 << 12, /* that a task of unions takes, at least */
    SLICE_TASKS = 16      /* of the stages of runs, between two unions */
};

/* Groups shared out in tasks. */
typedef struct job {
    uniting *u;
    pair_buckets *buckets;
    bool turn;           /* stages of runs; else unions */
    bucket_tasks tasks;
    size_t begun;
    atomic_size_t given; /* pairs given so far, about */
    pair_list out[BUCKET_TASKS];
} job;

/* ---- one group ---------------------------------------------------------- */

static bool put_sources(unite_scratch *s, const uint64_t *pairs, size_t n)
{
    if (!vec_reserve(&s->other, n))
        return false;
    for (size_t i = 0; i < n; i++)
        s->other.at[i] = (uint32_t)pairs[i];
    s->other.len = n;
    return true;
}

/* From the sources of s->other through all stages to s->other. */
static bool go_through(const pipeline *p, unite_scratch *s)
{
    for (uint32_t i = 0; i < p->nstages; i++) {
        unite_from from = {.sets = p->stages[i].from};
        if (!unite_list(&from, s, s->other.at, s->other.len))
            return false;
        uint32_t *at = s->list.at;
        size_t cap = s->list.cap;
        s->list.at = s->other.at;
        s->list.cap = s->other.cap;
        s->other.at = at;
        s->other.cap = cap;
        s->other.len = s->list.len;
    }
    return true;
}

static void keep_runs(const key_runs *runs, unite_scratch *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->other.len; i++) {
        dm_cell source = s->other.at[i];
        if (unite_find_run(runs, &source))
            s->other.at[kept++] = (uint32_t)source;
    }
    s->other.len = kept;
}

static unite_from last_source(const pipeline *p)
{
    if (unite_takes_values(p))
        return (unite_from){NULL, NULL};
    if (p->plan.of.united == p->plan.of.delta)
        return (unite_from){NULL, p->runs};
    return (unite_from){p->from, NULL};
}

static bool unite_group(const uniting *u, unite_scratch *s,
                        const uint64_t *pairs, size_t n, pair_list *out)
{
    const pipeline *p = u->p;
    unite_from from = last_source(p);
    if (!put_sources(s, pairs, n))
        return false;
    if (!unite_turns(p)) {
        if (!go_through(p, s))
            return false;
        if (p->nstages && from.runs)
            keep_runs(from.runs, s);
    }
    return unite_row(&from, s, (uint32_t)(pairs[0] >> 32), s->other.at,
                     s->other.len, &u->to->part[PART_TRUE].by[0].sets, out);
}

/* From a run through the stages to the head's keys. */
static bool turn_group(const uniting *u, unite_scratch *s,
                       const uint64_t *pairs, size_t n, pair_list *out)
{
    if (!put_sources(s, pairs, n) || !go_through(u->p, s)
        || !vec_reserve(out, out->len + s->other.len))
        return false;
    for (size_t i = 0; i < s->other.len; i++)
        out->at[out->len++] = (uint64_t)s->other.at[i] << 32
                              | pairs[0] >> 32;
    return true;
}

/* ---- all groups --------------------------------------------------------- */

/* Whether what the tasks have given, which nobody has counted yet, is within
 * the budget; looked at now and then. */
static bool is_within(job *j, const pair_list *out, size_t *noted)
{
    enum { OFTEN = 1 << 16 };
    uint64_t bytes = j->u->e->options.budget.bytes;
    if (out->len - *noted < OFTEN)
        return true;
    size_t given = atomic_fetch_add(&j->given, out->len - *noted);
    *noted = out->len;
    return !bytes || given < bytes / sizeof *out->at;
}

/* The groups of one bucket. */
static dm_status do_bucket(job *j, size_t bucket, unite_scratch *s,
                           pair_list *out, size_t *noted)
{
    pair_buckets *b = j->buckets;
    const uint64_t *pairs = b->pairs.at;
    size_t at = b->first[bucket], end = b->first[bucket + 1];
    if (buckets_sort(b, bucket, &s->pairs) != DM_OK)
        return DM_NOMEM;
    while (at < end) {
        size_t next = at + 1;
        while (next < end && pairs[next] >> 32 == pairs[at] >> 32)
            next++;
        if (!(j->turn ? turn_group : unite_group)(j->u, s, pairs + at,
                                                  next - at, out))
            return DM_NOMEM;
        if (!is_within(j, out, noted))
            return DM_BUDGET;
        at = next;
    }
    return DM_OK;
}

static dm_status do_task(void *context, size_t number, unsigned worker)
{
    job *j = context;
    size_t task = j->begun + number, noted = 0;
    dm_status st = DM_OK;
    for (size_t b = j->tasks.first[task];
         b < j->tasks.first[task + 1] && st == DM_OK; b++)
        st = do_bucket(j, b, j->u->e->scratch[worker], &j->out[task], &noted);
    return st;
}

/* How much going through a bucket takes, about. */
static size_t bucket_cost(const pair_buckets *b, size_t bucket,
                          const unite_from *from)
{
    size_t cost = 0;
    for (size_t i = b->first[bucket]; i < b->first[bucket + 1]; i++)
        cost += 4 + unite_size(from, (uint32_t)b->pairs.at[i]);
    return cost;
}

/* Tasks that give about as many values. */
static void cut_by_cost(job *j, const unite_from *from)
{
    const pair_buckets *b = j->buckets;
    size_t cost[BUCKETS] = {0}, all = 0, sum = 0;
    size_t limit = j->u->e->options.force & DM_FORCE_SMALL ? 16 : TASK_COST;
    for (size_t k = 0; k < b->n; k++)
        all += cost[k] = bucket_cost(b, k, from);
    if (limit < all / (BUCKET_TASKS / 2))
        limit = all / (BUCKET_TASKS / 2);
    j->tasks.n = 0;
    for (size_t k = 0; k < b->n; k++) {
        if (j->tasks.n == 0 || (sum > limit && j->tasks.n < BUCKET_TASKS)) {
            j->tasks.first[j->tasks.n++] = k;
            sum = 0;
        }
        sum += cost[k];
    }
    j->tasks.first[j->tasks.n] = b->n;
}

/* How large the values can be that the workers gather. */
static size_t value_bound(const uniting *u)
{
    const pipeline *p = u->p;
    size_t most = unite_takes_values(p) ? u->most
                  : p->plan.of.united == p->plan.of.delta ? p->runs->most
                                                          : p->from->most;
    for (uint32_t i = 0; i < p->nstages; i++)
        most = p->stages[i].from->most > most ? p->stages[i].from->most
                                              : most;
    return most + 1;
}

static bool room_scratch(const uniting *u)
{
    dm_eval *e = u->e;
    size_t nvalues = value_bound(u), nsources = (size_t)u->most + 1;
    nsources = nsources > nvalues ? nsources : nvalues;
    if (!e->scratch
        && !(e->scratch = mem_calloc(EVAL_THREADS, sizeof *e->scratch)))
        return false;
    for (unsigned i = 0; i < e->threads; i++) {
        if (!e->scratch[i]
            && !(e->scratch[i] = mem_calloc(1, sizeof **e->scratch)))
            return false;
        if (!bits_room(&e->scratch[i]->values, nvalues)
            || (!unite_takes_values(u->p)
                && !bits_room(&e->scratch[i]->sources, nsources)))
            return false;
    }
    return true;
}

void unite_free(dm_eval *e)
{
    for (unsigned i = 0; e->scratch && i < EVAL_THREADS; i++) {
        if (!e->scratch[i])
            continue;
        bits_free(&e->scratch[i]->values);
        bits_free(&e->scratch[i]->sources);
        vec_free(&e->scratch[i]->list);
        vec_free(&e->scratch[i]->other);
        vec_free(&e->scratch[i]->pairs);
        mem_free(e->scratch[i]);
    }
    mem_free(e->scratch);
}

static job *new_job(uniting *u, pair_buckets *buckets, bool turn)
{
    job *j = mem_calloc(1, sizeof *j);
    if (j) {
        j->u = u;
        j->buckets = buckets;
        j->turn = turn;
    }
    return j;
}

static void free_job(job *j)
{
    for (size_t i = 0; j && i < BUCKET_TASKS; i++)
        vec_free(&j->out[i]);
    mem_free(j);
}

/* The failure of a job, in words. */
static dm_status job_failed(const uniting *u, dm_status st)
{
    dm_eval *e = u->e;
    char rule[RULE_NAME];
    if (st == DM_BUDGET)
        return eval_fail(e, st, "budget of %llu bytes used up while "
                         "evaluating %s",
                         (unsigned long long)e->options.budget.bytes,
                         eval_rule_name(e, rule));
    return error_nomem(e->err);
}

static dm_status append_fresh(uniting *u, const job *j)
{
    dm_eval *e = u->e;
    char rule[RULE_NAME];
    size_t n = 0;
    for (size_t i = 0; i < j->tasks.n; i++)
        n += j->out[i].len;
    e->derived += n;
    dm_status st = rowset_append_pairs(&u->to->part[PART_TRUE], j->out,
                                       j->tasks.n, eval_pool_for(e, n));
    return st == DM_OK ? st : eval_fail(e, st, "relation %s has more rows "
                                        "than can be numbered, in %s",
                                        u->to->decl->name,
                                        eval_rule_name(e, rule));
}

static dm_status run_unions(uniting *u, job *j)
{
    dm_eval *e = u->e;
    size_t size = e->options.force & DM_FORCE_SMALL ? 0 : TASK_PAIRS;
    buckets_cut(j->buckets, size, &j->tasks);
    dm_status st = parallel_run(e->pool, j->tasks.n,
                                do_task, j);
    return st == DM_OK ? append_fresh(u, j) : job_failed(u, st);
}

/* Unite pairs with the rows of their groups.  What is added is a stage of its
 * own, so that what is read later in the same round lies below what is derived
 * from it. */
static dm_status unite_lists(uniting *u, pair_list *lists, size_t nlists,
                             size_t npairs)
{
    dm_eval *e = u->e;
    rowset *t = &u->to->part[PART_TRUE];
    const adjacency *sets;
    job *j = new_job(u, &u->buckets, false);
    dm_status st = j ? eval_poll(e) : error_nomem(e->err);
    e->stage++;
    if (st != DM_OK)
        goto out;
    if (buckets_fill(&u->buckets, lists, nlists, eval_pool_for(e, npairs))
            != DM_OK
        || rowset_by(t, 0, true, &sets) != DM_OK || !sets
        || rowset_begin_round(t, e->stage) != DM_OK)
        st = error_nomem(e->err);
    else if (u->buckets.most >= rowset_most_keys(t))
        u->unfit = true; /* a head's key out of the stages */
    else
        st = run_unions(u, j);
out:
    free_job(j);
    return st;
}

static size_t count_pairs(const pair_list *lists, size_t n)
{
    size_t npairs = 0;
    for (size_t i = 0; i < n; i++)
        npairs += lists[i].len;
    return npairs;
}

/* Unite what the tasks from `from` on have given, and forget it. */
static dm_status unite_given(uniting *u, job *j, size_t from, size_t npairs)
{
    dm_status st = unite_lists(u, j->out + from, j->begun - from, npairs);
    for (size_t i = from; i < j->begun; i++)
        vec_free(&j->out[i]);
    return st;
}

/* Take runs through the stages, and unite what has come of some of them. */
static dm_status turn_all(uniting *u, job *j)
{
    dm_eval *e = u->e;
    size_t from = 0;
    dm_status st = DM_OK;
    while (st == DM_OK && j->begun < j->tasks.n && !u->unfit) {
        size_t n = j->tasks.n - j->begun;
        n = n < SLICE_TASKS ? n : SLICE_TASKS;
        st = parallel_run(e->pool, n, do_task, j);
        j->begun += n;
        if (st != DM_OK)
            return job_failed(u, st);
        size_t npairs = count_pairs(j->out + from, j->begun - from);
        if (npairs < u->limit && j->begun < j->tasks.n)
            continue;
        st = unite_given(u, j, from, npairs);
        from = j->begun;
    }
    return st;
}

static dm_status unite_turned(uniting *u)
{
    pair_buckets runs = {.n = 0};
    unite_from from = {.sets = u->p->stages[0].from};
    job *j = new_job(u, &runs, true);
    dm_status st = !j || buckets_fill(&runs, u->parts.at, u->parts.len,
                                      eval_pool_for(u->e, u->npairs))
                             != DM_OK
                       ? error_nomem(u->e->err) : DM_OK;
    if (st == DM_OK) {
        cut_by_cost(j, &from);
        st = turn_all(u, j);
    }
    free_job(j);
    buckets_free(&runs);
    return st;
}

dm_status unite_pairs(uniting *u)
{
    if (!room_scratch(u))
        return error_nomem(u->e->err);
    return unite_turns(u->p)
               ? unite_turned(u)
               : unite_lists(u, u->parts.at, u->parts.len, u->npairs);
}
