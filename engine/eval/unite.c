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

#include <assert.h>
#include <string.h>

enum {
    MANY_PAIRS = 1 << 20, /* united when there are so many */
    FEW_PAIRS = 1 << 12,  /* of a morsel, that are put behind another's */
    PART_PAIRS = 1 << 16  /* as long as these are not many */
};

/* What one morsel gave. */
typedef struct pair_task {
    uniting *of;
    pair_list pairs, spare;
    size_t limit;  /* of pairs, before they are thinned out */
    uint32_t most; /* greatest source */
    bool unfit;    /* a cell is too large */
} pair_task;

/* The morsels of a run. */
typedef struct morsels {
    uniting u;
    pair_task *tasks;
    size_t ntasks;
    pair_lists idle; /* memory of lists that were united */
} morsels;

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

/* What is united last is what is new, its keys found from the others. */
static bool finds_runs(const pipeline *p)
{
    return !unite_takes_values(p) && p->plan.of.united == p->plan.of.delta
           && !p->plan.of.keyed;
}

/* The head's first argument, or the number of a run; NULL: all 0. */
static dm_status find_groups(dm_eval *e, const pipeline *p, const batch *b,
                             uint8_t *ok, const dm_cell **out)
{
    const dm_relation *to = e->relations[p->rule->relation].decl;
    *out = NULL;
    if (unite_turns(p))
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
    if (unite_takes_values(p))
        return expr_eval_as(e, &p->rule->args[last], to->columns[last].type,
                            b, ok, out);
    if (p->plan.of.keyed && p->nstages == 0)
        *out = b->col[p->run_slot];
    else if (p->source != UINT32_MAX)
        *out = b->col[p->source];
    return DM_OK;
}

static dm_status push_pairs(dm_eval *e, pair_task *t, const pipeline *p,
                            const dm_cell *groups, const dm_cell *sources,
                            const uint8_t *ok, size_t n)
{
    bool map = finds_runs(p) && p->nstages == 0, values = unite_takes_values(p);
    size_t bound = unite_turns(p) ? SIZE_MAX
                            : rowset_most_keys(&t->of->to->part[PART_TRUE]);
    if (!vec_reserve(&t->pairs, t->pairs.len + n))
        return error_nomem(e->err);
    uint64_t *to = t->pairs.at + t->pairs.len;
    dm_cell most = t->most;
    for (size_t i = 0; i < n; i++) {
        dm_cell group = groups ? groups[i] : 0;
        dm_cell source = sources ? sources[i] : 0;
        if (!ok[i] || (map && !unite_find_run(p->runs, &source)))
            continue;
        if (!values && source > UINT32_MAX)
            continue; /* no set has such a key */
        if (group >= bound || (values && source > ADJACENCY_MOST)) {
            t->unfit = true;
            return DM_OK;
        }
        most = source > most ? source : most;
        *to++ = group << 32 | source;
    }
    t->most = (uint32_t)most;
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

/* ---- by morsels --------------------------------------------------------- */

static dm_status begin(void *context, size_t n)
{
    morsels *m = context;
    if (n > m->ntasks) {
        pair_task *tasks = mem_realloc(m->tasks, n * sizeof *tasks);
        if (!tasks)
            return DM_NOMEM;
        memset(tasks + m->ntasks, 0, (n - m->ntasks) * sizeof *tasks);
        m->tasks = tasks;
        m->ntasks = n;
    }
    for (size_t i = 0; i < m->ntasks; i++) {
        m->tasks[i].of = &m->u;
        m->tasks[i].limit = m->u.limit / 4;
        m->tasks[i].pairs.len = 0;
        m->tasks[i].most = 0;
    }
    return DM_OK;
}

static void *task(void *context, size_t number)
{
    morsels *m = context;
    return &m->tasks[number];
}

/* Put a morsel's pairs behind the last part, or make them a part. */
static bool take_pairs(morsels *m, pair_list *from)
{
    pair_lists *parts = &m->u.parts;
    pair_list *last = parts->len ? &parts->at[parts->len - 1] : NULL;
    if (last && from->len < FEW_PAIRS && last->len < PART_PAIRS) {
        size_t need = last->len + from->len;
        if (!vec_reserve(last, need < FEW_PAIRS ? need
                                                : PART_PAIRS + FEW_PAIRS))
            return false;
        if (from->len)
            memcpy(last->at + last->len, from->at,
                   from->len * sizeof *from->at);
        last->len += from->len;
        return true;
    }
    if (!vec_push(parts, *from))
        return false;
    *from = m->idle.len ? m->idle.at[--m->idle.len] : (pair_list){0};
    return true;
}

static dm_status unite_parts(morsels *m)
{
    pair_lists *parts = &m->u.parts;
    dm_status st = m->u.npairs ? unite_pairs(&m->u) : DM_OK;
    while (parts->len && st == DM_OK) {
        if (!vec_push(&m->idle, parts->at[parts->len - 1]))
            return error_nomem(m->u.e->err);
        parts->len--;
    }
    m->u.npairs = 0;
    m->u.most = 0;
    return st;
}

static dm_status end(dm_eval *e, void *context, size_t n, size_t *given,
                     bool *stop)
{
    morsels *m = context;
    uniting *u = &m->u;
    for (size_t i = 0; i < n; i++) {
        pair_task *t = &m->tasks[i];
        *given += t->pairs.len;
        u->npairs += t->pairs.len;
        u->most = t->most > u->most ? t->most : u->most;
        u->unfit |= t->unfit;
        if (t->pairs.len && !take_pairs(m, &t->pairs))
            return error_nomem(e->err);
    }
    dm_status st = u->npairs * 2 >= u->limit && !u->unfit ? unite_parts(m)
                                                          : DM_OK;
    *stop = u->unfit;
    return st;
}

static void free_lists(pair_lists *lists)
{
    for (size_t i = 0; i < lists->len; i++)
        vec_free(&lists->at[i]);
    vec_free(lists);
}

static void free_morsels(morsels *m)
{
    for (size_t i = 0; i < m->ntasks; i++) {
        vec_free(&m->tasks[i].pairs);
        vec_free(&m->tasks[i].spare);
    }
    mem_free(m->tasks);
    free_lists(&m->idle);
    free_lists(&m->u.parts);
    buckets_free(&m->u.buckets);
}

dm_status unite_rule(fixpoint *f, const rule_run *what, eval_relation *to)
{
    dm_eval *e = f->e;
    size_t limit = e->options.force & DM_FORCE_SMALL ? 64 : MANY_PAIRS;
    morsels m = {.u = {.e = e, .to = to, .limit = limit}};
    assert(m.u.to->united && f->side == SIDE_TRUE);
    static const run_split split = {.likes = MANY_PAIRS / 4, .begin = begin,
                                    .task = task, .end = end};
    rule_run run = *what;
    run.sink = collect;
    run.context = &m;
    run.split = &split;
    run.unite = true;
    run.used = &m.u.p;
    dm_status st = rules_run(f, &run);
    if (st == DM_OK && !m.u.unfit)
        st = unite_parts(&m);
    if (m.u.unfit)
        m.u.to->united = false;
    free_morsels(&m);
    return st;
}
