/* unite.c - heads put in by unions of sets of values.
 *
 * A run of a rule yields pairs: the head's key, and what is to be united with
 * that row: a key of the united atom's adjacency, a run of new values, or one
 * value.  They are kept until enough are there or the run ends; sorted, all
 * that goes into one row stands together.  Its values are gathered in a bitmap
 * (few: in a list), less what the row has; what is left is appended in order
 * and added to the row.
 *
 * Invariants.  Nothing is added while sets are being read: pairs are united
 * between chunks of the run's first literal.  So a row rests on rows of lower
 * stages only, and the order of rows doesn't depend on the number of threads:
 * they share out the heads' keys in order.
 *
 * Cost.  A pair: 8 bytes and its share of a radix sort.  A value: 1 to 2 ns as
 * list, 1/64 of that as bits. */
#include "eval/unite.h"

#include "base/parallel.h"
#include "eval/bits.h"

#include <assert.h>
#include <string.h>

enum {
    FEW = 48,             /* values that a list is made of */
    MANY_PAIRS = 1 << 20, /* united when there are so many */
    TASK_COST = 1 << 17,  /* values, about, that a thread is begun for */
    REPEATED = 8          /* pairs of one key that may repeat sources */
};

struct unite_scratch {
    bits values, sources;
    uint32_t few[FEW];
    VEC(uint32_t) list;
};

/* One run of a rule. */
typedef struct uniting {
    dm_eval *e;
    eval_relation *to;
    pipeline *p;      /* NULL until it has given something */
    run *run;
    pair_list pairs, spare;
    size_t limit;     /* of pairs */
    bool unfit;       /* a cell is too large */
    pair_list *fresh; /* by task: new rows */
    size_t *first;    /* by task: its first pair */
    size_t ntasks;
} uniting;

/* ---- which rules -------------------------------------------------------- */

static uint32_t count_var(const dm_expr *x, uint32_t var)
{
    uint32_t n = x->kind == DM_EXPR_VAR && x->var == var;
    for (uint32_t i = 0; i < x->nargs; i++)
        n += count_var(&x->args[i], var);
    return n;
}

static uint32_t count_in(const dm_expr *args, uint32_t nargs, uint32_t var)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < nargs; i++)
        n += count_var(&args[i], var);
    return n;
}

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
        || count_in(rule->args, rule->nargs, value->var) != 1)
        return PLAN_NO_UNION;
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        uint32_t here = count_in(l->args, l->nargs, value->var);
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

/* ---- collecting pairs --------------------------------------------------- */

/* Make room within a chunk, where nothing may be united yet: leave out what
 * comes twice, then allow for more. */
static dm_status thin_out(uniting *u)
{
    size_t kept = 0;
    dm_status st = pairs_sort(&u->pairs, &u->spare, 0);
    if (st != DM_OK)
        return error_nomem(u->e->err);
    for (size_t i = 0; i < u->pairs.len; i++)
        if (i == 0 || u->pairs.at[i] != u->pairs.at[i - 1])
            u->pairs.at[kept++] = u->pairs.at[i];
    u->pairs.len = kept;
    if (2 * kept > u->limit)
        u->limit *= 2;
    return DM_OK;
}

/* What the pairs of a batch name beside the head's key. */
static dm_status find_sources(uniting *u, const pipeline *p, const batch *b,
                              uint8_t *ok, const dm_cell **out)
{
    const dm_rule *rule = p->rule;
    uint32_t united = p->plan.of.united, last = rule->nargs - 1;
    if (united == PLAN_NO_UNION)
        return expr_eval_as(u->e, &rule->args[last],
                            u->to->decl->columns[last].type, b, ok, out);
    uint32_t key = unite_key(rule, united);
    if (united == p->plan.of.delta)
        *out = b->col[p->run_slot];
    else
        *out = key == UINT32_MAX ? NULL
                                 : b->col[rule->body[united].args[key].var];
    return DM_OK;
}

static dm_status push_pairs(uniting *u, const dm_cell *keys,
                            const dm_cell *sources, const uint8_t *ok,
                            size_t n)
{
    bool values = u->p->plan.of.united == PLAN_NO_UNION;
    size_t most = values ? ADJACENCY_MOST : UINT32_MAX;
    if (!vec_reserve(&u->pairs, u->pairs.len + n))
        return error_nomem(u->e->err);
    uint64_t *to = u->pairs.at + u->pairs.len;
    const rowset *t = &u->to->part[PART_TRUE];
    size_t bound = rowset_most_keys(t), kept = 0;
    for (size_t i = 0; i < n; i++) {
        dm_cell key = keys ? keys[i] : 0, source = sources ? sources[i] : 0;
        if (!ok[i])
            continue;
        if (key >= bound || source > most) {
            /* no set has the key of a source that large */
            if (key < bound && !values)
                continue;
            u->unfit = u->run->stop = true;
            return DM_OK;
        }
        to[kept++] = key << 32 | source;
    }
    u->pairs.len += kept;
    return DM_OK;
}

static dm_status collect(dm_eval *e, void *context, pipeline *p, run *r,
                         batch *b)
{
    uniting *u = context;
    const dm_cell *keys = NULL, *sources = NULL;
    uint8_t ok[BATCH];
    size_t top = e->temp_top;
    dm_status st = DM_OK;
    u->p = p;
    u->run = r;
    memset(ok, 1, b->n);
    if (p->rule->nargs == 2)
        TRY(expr_eval_as(e, &p->rule->args[0], u->to->decl->columns[0].type,
                         b, ok, &keys), out);
    TRY(find_sources(u, p, b, ok, &sources), out);
    st = push_pairs(u, keys, sources, ok, b->n);
    if (st == DM_OK && u->pairs.len >= u->limit)
        st = thin_out(u);
out:
    e->temp_top = top;
    return st;
}

/* ---- sources ------------------------------------------------------------ */

/* How many values a pair brings, about. */
static inline size_t source_size(const uniting *u, uint32_t source)
{
    const pipeline *p = u->p;
    if (p->plan.of.united == PLAN_NO_UNION)
        return 1;
    if (p->plan.of.united == p->plan.of.delta)
        return p->runs.first.at[source + 1] - p->runs.first.at[source];
    return adjacency_count(p->from, source);
}

/* A source's values as a list; long enough a one must be `out`. */
static inline size_t list_source(const uniting *u, uint32_t source,
                                 uint32_t *out)
{
    const pipeline *p = u->p;
    size_t n = source_size(u, source);
    if (p->plan.of.united == PLAN_NO_UNION)
        *out = source;
    else if (p->plan.of.united == p->plan.of.delta)
        memcpy(out, p->runs.values.at + p->runs.first.at[source], n * sizeof *out);
    else
        adjacency_values(p->from, source, out);
    return n;
}

static void put_list(bits *b, const uint32_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bits_put(b, values[i]);
}

static void put_row(bits *b, const adjacency_row *r)
{
    size_t first, n;
    const uint64_t *words;
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
        put_list(b, r->near, r->n);
        break;
    case ADJACENCY_LIST:
        put_list(b, r->list, r->n);
        break;
    case ADJACENCY_HASH:
        for (size_t i = 0, k = adjacency_slots(r); i < k; i++)
            if (r->list[i] != ADJACENCY_FREE)
                bits_put(b, r->list[i]);
        break;
    case ADJACENCY_BITS:
        words = adjacency_words(r, &first, &n);
        bits_or(b, words, first, n);
        break;
    }
}

static void put_source(const uniting *u, uint32_t source, bits *b)
{
    const pipeline *p = u->p;
    if (p->plan.of.united == PLAN_NO_UNION)
        bits_put(b, source);
    else if (p->plan.of.united == p->plan.of.delta)
        put_list(b, p->runs.values.at + p->runs.first.at[source],
                 source_size(u, source));
    else if (source < p->from->nkeys)
        put_row(b, &p->from->rows[source]);
}

/* Values that sources can have: below it. */
static size_t value_bound(const uniting *u)
{
    const pipeline *p = u->p;
    if (p->plan.of.united == PLAN_NO_UNION)
        return (size_t)ADJACENCY_MOST + 1;
    if (p->plan.of.united == p->plan.of.delta)
        return (size_t)p->runs.most + 1;
    return (size_t)p->from->most + 1;
}

/* ---- one row ------------------------------------------------------------ */

/* Sort a few values; how many are left when those that come twice are out. */
static size_t sort_few(uint32_t *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 1; i < n; i++) {
        uint32_t x = v[i];
        size_t k = i;
        for (; k > 0 && v[k - 1] > x; k--)
            v[k] = v[k - 1];
        v[k] = x;
    }
    for (size_t i = 0; i < n; i++)
        if (i == 0 || v[i] != v[i - 1])
            v[kept++] = v[i];
    return kept;
}

static bool unite_few(const uniting *u, unite_scratch *s,
                      const uint64_t *pairs, size_t n, pair_list *out)
{
    const adjacency *to = &u->to->part[PART_TRUE].by[0].sets;
    uint64_t key = pairs[0] >> 32;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        k += list_source(u, (uint32_t)pairs[i], s->few + k);
    k = sort_few(s->few, k);
    if (!vec_reserve(out, out->len + k))
        return false;
    for (size_t i = 0; i < k; i++)
        if (!adjacency_has(to, key, s->few[i]))
            out->at[out->len++] = key << 32 | s->few[i];
    return true;
}

/* Where a row's new values go, word by word. */
typedef struct emission {
    uint64_t key;
    const adjacency_row *row; /* what it has; NULL: nothing to look at */
    const adjacency *in;
    size_t first, n;          /* its window, if it has bits */
    pair_list *out;
} emission;

static bool emit_word(void *context, size_t number, uint64_t word)
{
    emission *m = context;
    pair_list *out = m->out;
    if (m->n && number - m->first < m->n)
        word &= ~m->row->words[1 + number - m->first];
    if (!vec_reserve(out, out->len + 64))
        return false;
    uint64_t base = m->key << 32 | number << 6;
    size_t len = out->len;
    for (; word; word &= word - 1)
        out->at[len++] = base + (uint64_t)__builtin_ctzll(word);
    if (m->row && !m->n) { /* a hash set */
        size_t kept = out->len;
        for (size_t i = out->len; i < len; i++)
            if (!adjacency_has(m->in, m->key, (uint32_t)out->at[i]))
                out->at[kept++] = out->at[i];
        len = kept;
    }
    out->len = len;
    return true;
}

/* Append what the gathered values have beyond the row's own. */
static bool emit_new(const uniting *u, bits *values, uint64_t key,
                     pair_list *out)
{
    const adjacency *to = &u->to->part[PART_TRUE].by[0].sets;
    emission m = {.key = key, .in = to, .out = out};
    const adjacency_row *r = key < to->nkeys ? &to->rows[key] : NULL;
    if (!r || r->n == 0)
        return bits_take(values, emit_word, &m);
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_NEAR:
    case ADJACENCY_LIST:
        for (uint32_t i = 0; i < r->n; i++)
            bits_drop(values, adjacency_kind_of(r) == ADJACENCY_NEAR
                                  ? r->near[i] : r->list[i]);
        break;
    case ADJACENCY_BITS:
        adjacency_words(r, &m.first, &m.n);
        m.row = r;
        break;
    case ADJACENCY_HASH:
        m.row = r;
        break;
    }
    return bits_take(values, emit_word, &m);
}

static bool note_source(void *context, size_t number, uint64_t word)
{
    unite_scratch *s = context;
    if (!vec_reserve(&s->list, s->list.len + 64))
        return false;
    for (; word; word &= word - 1)
        s->list.at[s->list.len++] =
            (uint32_t)(number << 6) + (uint32_t)__builtin_ctzll(word);
    return true;
}

/* Each source once. */
static bool unite_sources(const uniting *u, unite_scratch *s,
                          const uint64_t *pairs, size_t n)
{
    s->list.len = 0;
    for (size_t i = 0; i < n; i++)
        bits_put(&s->sources, (uint32_t)pairs[i]);
    bool ok = bits_take(&s->sources, note_source, s);
    for (size_t i = 0; i < s->list.len && ok; i++)
        put_source(u, s->list.at[i], &s->values);
    return ok;
}

static bool unite_row(const uniting *u, unite_scratch *s,
                      const uint64_t *pairs, size_t n, pair_list *out)
{
    bool from_sets = u->p->plan.of.united != PLAN_NO_UNION
                     && u->p->plan.of.united != u->p->plan.of.delta;
    size_t total = 0;
    for (size_t i = 0; i < n && total <= FEW; i++)
        total += source_size(u, (uint32_t)pairs[i]);
    if (total <= FEW)
        return unite_few(u, s, pairs, n, out);
    if (!from_sets || n < REPEATED)
        for (size_t i = 0; i < n; i++)
            put_source(u, (uint32_t)pairs[i], &s->values);
    else if (!unite_sources(u, s, pairs, n))
        return false;
    return emit_new(u, &s->values, pairs[0] >> 32, out);
}

/* ---- all rows ----------------------------------------------------------- */

static dm_status unite_task(void *context, size_t task, unsigned worker)
{
    uniting *u = context;
    unite_scratch *s = u->e->scratch[worker];
    const uint64_t *pairs = u->pairs.at;
    size_t at = u->first[task], end = u->first[task + 1];
    while (at < end) {
        size_t next = at + 1;
        while (next < end && pairs[next] >> 32 == pairs[at] >> 32)
            next++;
        if (!unite_row(u, s, pairs + at, next - at, &u->fresh[task]))
            return DM_NOMEM;
        at = next;
    }
    return DM_OK;
}

static bool room_scratch(const uniting *u, unsigned threads)
{
    dm_eval *e = u->e;
    size_t nvalues = value_bound(u), nsources = 0;
    if (u->p->plan.of.united != PLAN_NO_UNION
        && u->p->plan.of.united != u->p->plan.of.delta)
        for (size_t i = 0; i < u->pairs.len; i++)
            if ((uint32_t)u->pairs.at[i] >= nsources)
                nsources = (size_t)(uint32_t)u->pairs.at[i] + 1;
    if (u->p->plan.of.united == PLAN_NO_UNION) {
        nvalues = 0;
        for (size_t i = 0; i < u->pairs.len; i++)
            if ((uint32_t)u->pairs.at[i] >= nvalues)
                nvalues = (size_t)(uint32_t)u->pairs.at[i] + 1;
    }
    if (!e->scratch
        && !(e->scratch = mem_calloc(EVAL_THREADS, sizeof *e->scratch)))
        return false;
    for (unsigned i = 0; i < threads; i++) {
        if (!e->scratch[i]
            && !(e->scratch[i] = mem_calloc(1, sizeof *e->scratch[i])))
            return false;
        if (!bits_room(&e->scratch[i]->values, nvalues)
            || !bits_room(&e->scratch[i]->sources, nsources))
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
        mem_free(e->scratch[i]);
    }
    mem_free(e->scratch);
}

/* Cut the pairs into tasks of about the same cost, each of whole rows. */
static dm_status cut(uniting *u, size_t most)
{
    size_t cost = 0, n = u->pairs.len, limit = TASK_COST;
    if (u->e->options.force & DM_FORCE_SMALL)
        limit = 16;
    u->ntasks = 0;
    for (size_t i = 0; i < n; i++) {
        bool begins = i == 0 || u->pairs.at[i] >> 32
                                    != u->pairs.at[i - 1] >> 32;
        if (begins && (i == 0 || (cost > limit && u->ntasks < most))) {
            u->first[u->ntasks++] = i;
            cost = 0;
        }
        cost += 4 + source_size(u, (uint32_t)u->pairs.at[i]) / 8;
    }
    u->first[u->ntasks] = n;
    return DM_OK;
}

/* Rows of one flush are a stage of their own, so that what is read later in
 * the same round lies below what is derived from it. */
static dm_status append_fresh(uniting *u)
{
    rowset *t = &u->to->part[PART_TRUE];
    dm_status st = DM_OK;
    for (size_t i = 0; i < u->ntasks && st == DM_OK; i++) {
        u->e->derived += u->fresh[i].len;
        if (u->fresh[i].len)
            st = rowset_append_pairs(t, u->fresh[i].at, u->fresh[i].len);
    }
    char rule[RULE_NAME];
    return st == DM_OK ? st : eval_fail(u->e, st, "relation %s has more rows "
                                        "than can be numbered, in %s",
                                        u->to->decl->name,
                                        eval_rule_name(u->e, rule));
}

static dm_status unite_pairs(uniting *u)
{
    enum { MOST_TASKS = 256 };
    dm_eval *e = u->e;
    rowset *t = &u->to->part[PART_TRUE];
    const adjacency *sets;
    pair_list fresh[MOST_TASKS] = {{0}};
    size_t first[MOST_TASKS + 1];
    dm_status st = DM_OK;
    if (u->pairs.len == 0)
        return DM_OK;
    u->fresh = fresh;
    u->first = first;
    e->stage++;
    TRY(pairs_sort(&u->pairs, &u->spare, 32), out);
    TRY(rowset_by(t, 0, true, &sets), out);
    TRY(rowset_begin_round(t, e->stage), out);
    cut(u, MOST_TASKS);
    unsigned threads = u->ntasks > 1 ? e->threads : 1;
    if (!sets || !room_scratch(u, threads))
        TRY(DM_NOMEM, out);
    TRY(parallel_run(threads, u->ntasks, unite_task, u), out);
    st = append_fresh(u);
out:
    for (size_t i = 0; i < MOST_TASKS; i++)
        vec_free(&fresh[i]);
    u->pairs.len = 0;
    return st == DM_NOMEM ? error_nomem(e->err) : st;
}

static dm_status between_chunks(void *context)
{
    uniting *u = context;
    return u->pairs.len * 2 >= u->limit && !u->unfit ? unite_pairs(u) : DM_OK;
}

dm_status unite_rule(fixpoint *f, uint32_t rule, uint32_t delta)
{
    dm_eval *e = f->e;
    const dm_rule *r = fixpoint_rule(f, rule);
    uniting u = {.e = e, .to = &e->relations[r->relation],
                 .limit = e->options.force & DM_FORCE_SMALL ? 64
                                                            : MANY_PAIRS};
    assert(u.to->united && f->side == SIDE_TRUE);
    rule_run run = {.rule = rule, .delta = delta, .sink = collect,
                    .context = &u, .between = between_chunks, .unite = true};
    dm_status st = rules_run(f, &run);
    if (st == DM_OK && !u.unfit)
        st = unite_pairs(&u);
    if (u.unfit)
        u.to->united = false;
    vec_free(&u.pairs);
    vec_free(&u.spare);
    return st;
}
