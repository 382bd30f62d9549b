/* unite.c - rules whose heads are put in by unions of sets of values.
 *
 * A run of a rule yields pairs: a group, which is the head's key, and a source
 * whose values are to be united with the head's row: a key of the united
 * atom's adjacency, a run of new values, or one value.  They are kept until
 * enough are there or the run ends; sorted, all that goes into one row stands
 * together, and unite_row does the rest.
 *
 * Stages.  Where the last steps before the united atom lead from variable to
 * variable and nothing else uses these, they are not run as steps: a pair's
 * source is then the first variable, and each group's set of sources is turned
 * into the next set, stage by stage.  Each value is gone through once for a
 * group, however many ways lead to it: a product of boolean matrices, row by
 * row.  When what is new is united, and its keys come first (keyed), the
 * stages lead from such a key to the head's key: then a run is the group, and
 * the pairs are turned round before the union.
 *
 * Invariants.  Nothing is added while sets are being read: pairs are united
 * between chunks of the run's first literal.  So a row rests on rows of lower
 * stages only, and the order of rows doesn't depend on the number of threads:
 * they share out the groups in order.
 *
 * Cost.  A pair: 8 bytes and its share of a radix sort.  A value: 1 to 2 ns as
 * list, 1/64 of that as bits. */
#include "eval/unite.h"

#include "base/parallel.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum {
    MANY_PAIRS = 1 << 20, /* united when there are so many */
    TASK_COST = 1 << 17,  /* values, about, that a task of stages gives */
    TASK_PAIRS = 1 << 12, /* that a task of unions takes, at least */
    SLICE_TASKS = 16,     /* of the stages of runs, between two unions */
    MOST_TASKS = 256
};

/* What one morsel gave. */
typedef struct pair_task {
    struct uniting *of;
    pair_list pairs, spare;
    size_t limit; /* of pairs, before they are thinned out */
    bool unfit;   /* a cell is too large */
} pair_task;

/* One run of a rule. */
typedef struct uniting {
    dm_eval *e;
    eval_relation *to;
    pipeline *p;      /* the run's; NULL until it has begun */
    pair_list pairs, spare, turned;
    pair_task *tasks;
    size_t ntasks;
    size_t limit;     /* of pairs */
    bool unfit;       /* a cell is too large */
} uniting;

/* Pairs, sorted by group, cut into tasks. */
typedef struct job {
    uniting *u;
    uint64_t *pairs;
    bool turn;                  /* stages of runs; else unions */
    bool sorted;                /* the pairs are, within tasks too */
    size_t ntasks, begun;
    atomic_size_t given;        /* pairs given so far, about */
    size_t first[MOST_TASKS + 1];
    pair_list out[MOST_TASKS];
} job;

/* ---- which rules -------------------------------------------------------- */

/* An atom of plain variables, one or two, of their columns' types. */
static bool is_plain(const dm_eval *e, const dm_literal *l)
{
    const dm_relation *decl = e->relations[l->relation].decl;
    if (l->kind != DM_ATOM || l->possible || l->nargs < 1 || l->nargs > 2
        || e->relations[l->relation].lattice)
        return false;
    for (uint32_t i = 0; i < l->nargs; i++)
        if (l->args[i].kind != DM_EXPR_VAR
            || l->args[i].type != decl->columns[i].type)
            return false;
    return true;
}

uint32_t unite_literal(const dm_eval *e, const dm_rule *rule)
{
    const dm_relation *head = e->relations[rule->relation].decl;
    const dm_expr *value = &rule->args[rule->nargs - 1];
    uint32_t found = PLAN_NO_UNION, n = 0;
    if (rule->nargs < 1 || rule->nargs > 2 || rule->nbody < 2
        || value->kind != DM_EXPR_VAR
        || value->type != head->columns[rule->nargs - 1].type
        || rules_count_in(rule->args, rule->nargs, value->var) != 1)
        return PLAN_NO_UNION;
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        uint32_t here = rules_count_in(l->args, l->nargs, value->var);
        n += here;
        if (here && is_plain(e, l))
            found = b;
    }
    return n == 1 ? found : PLAN_NO_UNION;
}

uint32_t unite_key(const dm_rule *rule, uint32_t literal)
{
    const dm_literal *l = &rule->body[literal];
    if (l->nargs == 1)
        return UINT32_MAX;
    return l->args[0].var == rule->args[rule->nargs - 1].var ? 1 : 0;
}

bool unite_possible(const dm_eval *e, const dm_rule *rule, uint32_t literal)
{
    uint32_t key = unite_key(rule, literal);
    return rowset_has_by(
        &e->relations[rule->body[literal].relation].part[PART_TRUE],
        key == UINT32_MAX ? 0 : key);
}

/* Whether the last step leads to `var`, which only it and what follows use;
 * *key: the column that is given. */
static bool is_stage(const dm_eval *e, const pipeline *p, uint32_t var,
                     uint32_t *key)
{
    const plan_step *s = &p->plan.steps[p->nsteps - 1];
    const dm_literal *l = &p->rule->body[s->literal];
    if (!is_plain(e, l) || l->nargs != 2 || s->literal == p->plan.of.delta
        || (s->mask != 1 && s->mask != 2))
        return false;
    *key = s->mask == 1 ? 0 : 1;
    return l->args[1 - *key].var == var && l->args[*key].var != var
           && rules_count_uses(p->rule, var) == 2
           && rowset_has_by(&e->relations[l->relation].part[PART_TRUE], *key);
}

/* The variable that the stages lead to: the head's key or that of the united
 * atom. */
static uint32_t last_variable(const pipeline *p)
{
    const dm_rule *rule = p->rule;
    if (p->plan.of.keyed)
        return rule->nargs == 2 && rule->args[0].kind == DM_EXPR_VAR
                   ? rule->args[0].var : UINT32_MAX;
    uint32_t key = unite_key(rule, p->plan.of.united);
    return key == UINT32_MAX
               ? UINT32_MAX : rule->body[p->plan.of.united].args[key].var;
}

dm_status unite_stages(dm_eval *e, pipeline *p)
{
    uint32_t key;
    p->source = last_variable(p);
    p->stages = mem_calloc(p->nsteps + 1, sizeof *p->stages);
    if (!p->stages)
        return error_nomem(e->err);
    while (p->source != UINT32_MAX && p->nsteps > 0
           && is_stage(e, p, p->source, &key)) {
        uint32_t literal = p->plan.steps[--p->nsteps].literal;
        memmove(p->stages + 1, p->stages, p->nstages * sizeof *p->stages);
        p->stages[0] = (set_stage){.literal = literal, .key = key};
        p->nstages++;
        p->source = p->rule->body[literal].args[key].var;
    }
    return DM_OK;
}

/* ---- collecting pairs --------------------------------------------------- */

/* Make room within a morsel, where nothing may be united yet: leave out what
 * comes twice, then allow for more. */
static dm_status thin_out(dm_eval *e, pair_task *t)
{
    size_t kept = 0;
    dm_status st = pairs_sort(&t->pairs, &t->spare, 0);
    if (st != DM_OK)
        return error_nomem(e->err);
    for (size_t i = 0; i < t->pairs.len; i++)
        if (i == 0 || t->pairs.at[i] != t->pairs.at[i - 1])
            t->pairs.at[kept++] = t->pairs.at[i];
    t->pairs.len = kept;
    if (2 * kept > t->limit)
        t->limit *= 2;
    return DM_OK;
}

static bool unites_values(const pipeline *p)
{
    return p->plan.of.united == PLAN_NO_UNION;
}

/* Stages lead from runs to the head's key. */
static bool turns(const pipeline *p)
{
    return p->plan.of.keyed && p->nstages > 0;
}

/* What is united last is what is new, its keys found from the others. */
static bool finds_runs(const pipeline *p)
{
    return !unites_values(p) && p->plan.of.united == p->plan.of.delta
           && !p->plan.of.keyed;
}

/* The head's first argument, or the number of a run; NULL: all 0. */
static dm_status find_groups(dm_eval *e, const pipeline *p, const batch *b,
                             uint8_t *ok, const dm_cell **out)
{
    const dm_relation *to = e->relations[p->rule->relation].decl;
    *out = NULL;
    if (turns(p))
        *out = b->col[p->run_slot];
    else if (p->rule->nargs == 2)
        return expr_eval_as(e, &p->rule->args[0], to->columns[0].type, b, ok,
                            out);
    return DM_OK;
}

static dm_status find_sources(dm_eval *e, const pipeline *p, const batch *b,
                              uint8_t *ok, const dm_cell **out)
{
    const dm_relation *to = e->relations[p->rule->relation].decl;
    uint32_t last = p->rule->nargs - 1;
    *out = NULL;
    if (unites_values(p))
        return expr_eval_as(e, &p->rule->args[last], to->columns[last].type,
                            b, ok, out);
    if (p->plan.of.keyed && p->nstages == 0)
        *out = b->col[p->run_slot];
    else if (p->source != UINT32_MAX)
        *out = b->col[p->source];
    return DM_OK;
}

/* A key's run, if there is one. */
static bool find_run(const key_runs *runs, dm_cell *key)
{
    uint32_t number = *key < runs->at.len ? runs->at.at[*key] : 0;
    *key = number - (dm_cell)1;
    return number != 0;
}

static dm_status push_pairs(dm_eval *e, pair_task *t, const pipeline *p,
                            const dm_cell *groups, const dm_cell *sources,
                            const uint8_t *ok, size_t n)
{
    bool map = finds_runs(p) && p->nstages == 0, values = unites_values(p);
    size_t bound = turns(p) ? SIZE_MAX
                            : rowset_most_keys(&t->of->to->part[PART_TRUE]);
    if (!vec_reserve(&t->pairs, t->pairs.len + n))
        return error_nomem(e->err);
    uint64_t *to = t->pairs.at + t->pairs.len;
    for (size_t i = 0; i < n; i++) {
        dm_cell group = groups ? groups[i] : 0;
        dm_cell source = sources ? sources[i] : 0;
        if (!ok[i] || (map && !find_run(&p->runs, &source)))
            continue;
        if (!values && source > UINT32_MAX)
            continue; /* no set has such a key */
        if (group >= bound || (values && source > ADJACENCY_MOST)) {
            t->unfit = true;
            return DM_OK;
        }
        *to++ = group << 32 | source;
    }
    t->pairs.len = (size_t)(to - t->pairs.at);
    return DM_OK;
}

static dm_status collect(dm_eval *e, void *context, pipeline *p, run *r,
                         batch *b)
{
    pair_task *t = context;
    const dm_cell *groups, *sources;
    uint8_t ok[BATCH];
    size_t top = e->temp_top;
    dm_status st = DM_OK;
    memset(ok, 1, b->n);
    TRY(find_groups(e, p, b, ok, &groups), out);
    TRY(find_sources(e, p, b, ok, &sources), out);
    TRY(push_pairs(e, t, p, groups, sources, ok, b->n), out);
    r->stop = t->unfit;
    if (t->pairs.len >= t->limit)
        st = thin_out(e, t);
out:
    e->temp_top = top;
    return st;
}

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
        if (find_run(runs, &source))
            s->other.at[kept++] = (uint32_t)source;
    }
    s->other.len = kept;
}

static unite_from last_source(const pipeline *p)
{
    if (unites_values(p))
        return (unite_from){NULL, NULL};
    if (p->plan.of.united == p->plan.of.delta)
        return (unite_from){NULL, &p->runs};
    return (unite_from){p->from, NULL};
}

static bool unite_group(const uniting *u, unite_scratch *s,
                        const uint64_t *pairs, size_t n, pair_list *out)
{
    const pipeline *p = u->p;
    unite_from from = last_source(p);
    if (!put_sources(s, pairs, n))
        return false;
    if (!turns(p)) {
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

static dm_status do_task(void *context, size_t number, unsigned worker)
{
    job *j = context;
    size_t task = j->begun + number;
    unite_scratch *s = j->u->e->scratch[worker];
    size_t at = j->first[task], end = j->first[task + 1], noted = 0;
    if (!j->sorted
        && pairs_sort_at(j->pairs + at, end - at, &s->pairs) != DM_OK)
        return DM_NOMEM;
    while (at < end) {
        size_t next = at + 1;
        while (next < end && j->pairs[next] >> 32 == j->pairs[at] >> 32)
            next++;
        if (!(j->turn ? turn_group : unite_group)(j->u, s, j->pairs + at,
                                                  next - at, &j->out[task]))
            return DM_NOMEM;
        if (!is_within(j, &j->out[task], &noted))
            return DM_BUDGET;
        at = next;
    }
    return DM_OK;
}

/* Tasks of whole buckets, of about as many pairs. */
static void cut_buckets(job *j, const pair_list *pairs,
                        const pair_buckets *buckets)
{
    size_t limit = pairs->len / (MOST_TASKS / 4);
    if (!(j->u->e->options.force & DM_FORCE_SMALL) && limit < TASK_PAIRS)
        limit = TASK_PAIRS;
    j->pairs = pairs->at;
    j->sorted = buckets->sorted;
    j->ntasks = 0;
    for (size_t b = 0; b < buckets->n; b++) {
        size_t at = buckets->first[b];
        if (j->ntasks == 0
            || (at - j->first[j->ntasks - 1] > limit
                && j->ntasks < MOST_TASKS))
            j->first[j->ntasks++] = at;
    }
    j->first[j->ntasks] = pairs->len;
}

/* Tasks of whole groups that give about as many values. */
static void cut(job *j, const unite_from *from, const pair_list *pairs)
{
    size_t cost = 0;
    size_t limit = j->u->e->options.force & DM_FORCE_SMALL ? 16 : TASK_COST;
    j->pairs = pairs->at;
    j->sorted = true;
    j->ntasks = pairs->len ? 1 : 0;
    j->first[0] = 0;
    for (size_t i = 0; i < pairs->len; i++) {
        bool begins = i && pairs->at[i] >> 32 != pairs->at[i - 1] >> 32;
        if (begins && cost > limit && j->ntasks < MOST_TASKS) {
            j->first[j->ntasks++] = i;
            cost = 0;
        }
        cost += 4 + unite_size(from, (uint32_t)pairs->at[i]);
    }
    j->first[j->ntasks] = pairs->len;
}

static size_t greatest(const pair_list *pairs)
{
    uint32_t most = 0;
    for (size_t i = 0; i < pairs->len; i++)
        most = (uint32_t)pairs->at[i] > most ? (uint32_t)pairs->at[i] : most;
    return most;
}

/* How large the values can be that the workers gather. */
static size_t value_bound(const uniting *u)
{
    const pipeline *p = u->p;
    size_t most = unites_values(p) ? greatest(&u->pairs)
                  : p->plan.of.united == p->plan.of.delta ? p->runs.most
                                                          : p->from->most;
    for (uint32_t i = 0; i < p->nstages; i++)
        most = p->stages[i].from->most > most ? p->stages[i].from->most
                                              : most;
    return most + 1;
}

static bool room_scratch(const uniting *u)
{
    dm_eval *e = u->e;
    size_t nvalues = value_bound(u), nsources = greatest(&u->pairs) + 1;
    nsources = nsources > nvalues ? nsources : nvalues;
    if (!e->scratch
        && !(e->scratch = mem_calloc(EVAL_THREADS, sizeof *e->scratch)))
        return false;
    for (unsigned i = 0; i < e->threads; i++) {
        if (!e->scratch[i]
            && !(e->scratch[i] = mem_calloc(1, sizeof **e->scratch)))
            return false;
        if (!bits_room(&e->scratch[i]->values, nvalues)
            || (!unites_values(u->p)
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

static job *new_job(uniting *u, bool turn)
{
    job *j = mem_calloc(1, sizeof *j);
    if (j) {
        j->u = u;
        j->turn = turn;
    }
    return j;
}

static void free_job(job *j)
{
    for (size_t i = 0; j && i < MOST_TASKS; i++)
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
    rowset *t = &u->to->part[PART_TRUE];
    dm_status st = DM_OK;
    for (size_t i = 0; i < j->ntasks && st == DM_OK; i++) {
        u->e->derived += j->out[i].len;
        if (j->out[i].len)
            st = rowset_append_pairs(t, j->out[i].at, j->out[i].len);
    }
    char rule[RULE_NAME];
    return st == DM_OK ? st : eval_fail(u->e, st, "relation %s has more rows "
                                        "than can be numbered, in %s",
                                        u->to->decl->name,
                                        eval_rule_name(u->e, rule));
}

/* Unite pairs with the rows of their groups.  What is added is a stage of its
 * own, so that what is read later in the same round lies below what is derived
 * from it. */
static dm_status unite_sorted(uniting *u, pair_list *pairs)
{
    dm_eval *e = u->e;
    rowset *t = &u->to->part[PART_TRUE];
    const adjacency *sets;
    pair_buckets buckets;
    job *j = new_job(u, false);
    dm_status st = j ? eval_poll(e) : error_nomem(e->err);
    e->stage++;
    if (st != DM_OK)
        goto out;
    st = DM_NOMEM;
    if (pairs_bucket(pairs, &u->spare, &buckets) != DM_OK
        || rowset_by(t, 0, true, &sets) != DM_OK || !sets
        || rowset_begin_round(t, e->stage) != DM_OK)
        goto out;
    if (buckets.most >= rowset_most_keys(t)) {
        u->unfit = true; /* a head's key out of the stages */
        st = DM_OK;
        goto out;
    }
    cut_buckets(j, pairs, &buckets);
    st = parallel_run(j->ntasks > 1 ? e->threads : 1, j->ntasks, do_task, j);
    st = st == DM_OK ? append_fresh(u, j) : job_failed(u, st);
out:
    free_job(j);
    return st == DM_NOMEM ? error_nomem(e->err) : st;
}

static bool take_turned(uniting *u, job *j, size_t ntasks)
{
    for (size_t i = j->begun; i < j->begun + ntasks; i++) {
        const pair_list *from = &j->out[i];
        if (!vec_reserve(&u->turned, u->turned.len + from->len))
            return false;
        if (from->len)
            memcpy(u->turned.at + u->turned.len, from->at,
                   from->len * sizeof *from->at);
        u->turned.len += from->len;
        vec_free(&j->out[i]);
    }
    return true;
}

/* Take runs through the stages, and unite what has come of some of them. */
static dm_status unite_turned(uniting *u)
{
    dm_eval *e = u->e;
    job *j = new_job(u, true);
    unite_from from = {.sets = u->p->stages[0].from};
    dm_status st = j && pairs_sort(&u->pairs, &u->spare, 32) == DM_OK
                       ? DM_OK : DM_NOMEM;
    if (st == DM_OK)
        cut(j, &from, &u->pairs);
    while (st == DM_OK && j->begun < j->ntasks) {
        size_t n = j->ntasks - j->begun;
        n = n < SLICE_TASKS ? n : SLICE_TASKS;
        st = parallel_run(n > 1 ? e->threads : 1, n, do_task, j);
        if (st != DM_OK)
            st = job_failed(u, st);
        else if (!take_turned(u, j, n))
            st = DM_NOMEM;
        j->begun += n;
        if (st == DM_OK
            && (u->turned.len >= u->limit || j->begun == j->ntasks)) {
            st = unite_sorted(u, &u->turned);
            u->turned.len = 0;
        }
    }
    free_job(j);
    return st == DM_NOMEM ? error_nomem(e->err) : st;
}

static dm_status unite_pairs(uniting *u)
{
    dm_status st = DM_OK;
    if (u->pairs.len == 0)
        return DM_OK;
    if (!room_scratch(u))
        st = error_nomem(u->e->err);
    else
        st = turns(u->p) ? unite_turned(u) : unite_sorted(u, &u->pairs);
    u->pairs.len = 0;
    return st;
}

/* ---- by morsels --------------------------------------------------------- */

static dm_status begin(void *context, size_t n)
{
    uniting *u = context;
    if (n > u->ntasks) {
        pair_task *tasks = mem_realloc(u->tasks, n * sizeof *tasks);
        if (!tasks)
            return DM_NOMEM;
        memset(tasks + u->ntasks, 0, (n - u->ntasks) * sizeof *tasks);
        u->tasks = tasks;
        u->ntasks = n;
    }
    for (size_t i = 0; i < u->ntasks; i++) {
        u->tasks[i].of = u;
        u->tasks[i].limit = u->limit / 4;
        u->tasks[i].pairs.len = 0;
    }
    return DM_OK;
}

static void *task(void *context, size_t number)
{
    uniting *u = context;
    return &u->tasks[number];
}

static dm_status end(dm_eval *e, void *context, size_t n, size_t *given,
                     bool *stop)
{
    uniting *u = context;
    for (size_t i = 0; i < n; i++) {
        const pair_list *from = &u->tasks[i].pairs;
        if (!vec_reserve(&u->pairs, u->pairs.len + from->len))
            return error_nomem(e->err);
        if (from->len)
            memcpy(u->pairs.at + u->pairs.len, from->at,
                   from->len * sizeof *from->at);
        u->pairs.len += from->len;
        *given += from->len;
        u->unfit |= u->tasks[i].unfit;
    }
    dm_status st = u->pairs.len * 2 >= u->limit && !u->unfit
                       ? unite_pairs(u) : DM_OK;
    *stop = u->unfit;
    return st;
}

static void free_uniting(uniting *u)
{
    for (size_t i = 0; i < u->ntasks; i++) {
        vec_free(&u->tasks[i].pairs);
        vec_free(&u->tasks[i].spare);
    }
    mem_free(u->tasks);
    vec_free(&u->pairs);
    vec_free(&u->spare);
    vec_free(&u->turned);
}

dm_status unite_rule(fixpoint *f, uint32_t rule, uint32_t delta)
{
    dm_eval *e = f->e;
    const dm_rule *r = fixpoint_rule(f, rule);
    uniting u = {.e = e, .to = &e->relations[r->relation],
                 .limit = e->options.force & DM_FORCE_SMALL ? 64
                                                            : MANY_PAIRS};
    assert(u.to->united && f->side == SIDE_TRUE);
    static const run_split split = {.likes = MANY_PAIRS / 4, .begin = begin,
                                    .task = task, .end = end};
    rule_run run = {.rule = rule, .delta = delta, .sink = collect,
                    .context = &u, .split = &split, .unite = true,
                    .used = &u.p};
    dm_status st = rules_run(f, &run);
    if (st == DM_OK && !u.unfit)
        st = unite_pairs(&u);
    if (u.unfit)
        u.to->united = false;
    free_uniting(&u);
    return st;
}
