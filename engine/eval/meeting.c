/* meeting.c - binding a variable to what several sets have in common.
 *
 * For each row of the batch the sets of its keys are intersected, the smallest
 * first.  Rows that follow one another often share a key, being the matches of
 * one row of a step before: then what is known of their common sets is kept,
 * as a list and as bits, and each row's own sets are intersected with that.
 * So the third set of a clique of four meets the intersection of the first
 * two, and not each of them.
 *
 * Where the variable isn't needed any more, nothing is made of the values:
 * they are counted, or the first is enough.
 *
 * Invariants.  The adjacencies don't change while a batch is worked on; at its
 * end `mark` is clear and nothing is kept.
 *
 * Cost.  About 1 ns for each value of the smaller set, or for each word of two
 * windows of bits. */
#include "eval/meeting.h"

#include <assert.h>
#include <string.h>

typedef struct meeting_set {
    uint32_t literal, key; /* the column that is known */
    const dm_expr *of;     /* what it is; NULL: the atom is unary */
    const adjacency *from;
    const dm_cell *keys;   /* of the batch in work */
} meeting_set;

/* A test of the variable: var `compare` x. */
typedef struct meeting_test {
    dm_compare compare;
    const dm_expr *x;
    const dm_cell *cells; /* of the batch in work */
} meeting_test;

typedef enum meeting_mode { MEET_ALL, MEET_ONE, MEET_COUNT } meeting_mode;

struct meeting {
    uint32_t var;
    uint32_t next;         /* the step behind */
    meeting_mode mode;
    bool ready;
    uint32_t last;         /* the step whose batch is filled */
    uint32_t nsets, ntests;
    meeting_set *sets;
    meeting_test *tests;
    value_list room, found[2], base;
    value_set kept;        /* what the sets in `shared` have in common */
    uint64_t shared;       /* bits of sets; 0: nothing is kept */
    dm_cell *at;           /* their keys, by set */
    VEC(uint64_t) mark;    /* bits of the list that is kept */
    const uint32_t *marked;
    size_t nmarked;
};

/* ---- making ------------------------------------------------------------- */

static bool is_var(const dm_expr *x, uint32_t var)
{
    return x->kind == DM_EXPR_VAR && x->var == var;
}

/* The test with its sides changed. */
static dm_compare turned(dm_compare compare)
{
    switch (compare) {
    case DM_LT: return DM_GT;
    case DM_LE: return DM_GE;
    case DM_GT: return DM_LT;
    case DM_GE: return DM_LE;
    case DM_EQ:
    case DM_NE: break;
    }
    return compare;
}

/* Whether a literal tests the variable against what is known and can't fail:
 * ints, or whether two symbols differ. */
static bool is_simple(const dm_literal *l, uint32_t var, meeting_test *out)
{
    if (l->kind != DM_TEST || l->compare == DM_EQ)
        return false;
    bool left = is_var(&l->args[0], var);
    const dm_expr *own = &l->args[left ? 0 : 1], *x = &l->args[left ? 1 : 0];
    *out = (meeting_test){.compare = left ? l->compare : turned(l->compare),
                          .x = x};
    return is_var(own, var) && !is_var(x, var) && x->type == own->type
           && (x->kind == DM_EXPR_VAR || x->kind == DM_EXPR_CONST)
           && (x->type == DM_INT
               || (x->type == DM_SYMBOL && l->compare == DM_NE));
}

static void add_set(meeting *m, const dm_literal *l, uint32_t literal)
{
    meeting_set *s = &m->sets[m->nsets++];
    s->literal = literal;
    for (uint32_t i = 0; i < l->nargs && l->nargs == 2; i++)
        if (!is_var(&l->args[i], m->var)) {
            s->key = i;
            s->of = &l->args[i];
        }
}

static void add_tests(meeting *m, const pipeline *p)
{
    meeting_test test;
    while (m->next < p->nsteps
           && is_simple(p->steps[m->next].l, m->var, &test)) {
        m->tests[m->ntests++] = test;
        m->next++;
    }
}

static meeting_mode mode_of(const pipeline *p, bool needed)
{
    return needed ? MEET_ALL : p->track == TRACK_NONE ? MEET_ONE
                               : p->weighs            ? MEET_COUNT
                                                      : MEET_ALL;
}

dm_status meeting_make(dm_eval *e, pipeline *p, uint32_t k,
                       const uint8_t *needed_after)
{
    step *s = &p->steps[k];
    uint32_t met = s->stats->met, nsets = met + 1;
    meeting *m = arena_zalloc(&p->memory, sizeof *m);
    s->meeting = m;
    if (m) {
        m->sets = arena_zalloc(&p->memory, nsets * sizeof *m->sets);
        m->at = arena_zalloc(&p->memory, nsets * sizeof *m->at);
        m->tests = arena_zalloc(&p->memory,
                                (p->nsteps - k) * sizeof *m->tests);
    }
    if (!m || !m->sets || !m->at || !m->tests)
        return error_nomem(e->err);
    assert(k + met < p->nsteps && (s->mask == 1 || s->mask == 2));
    m->var = s->l->args[s->mask == 1 ? 1 : 0].var;
    m->last = k + met;
    m->next = k + met + 1;
    for (uint32_t i = 0; i <= met; i++)
        add_set(m, p->steps[k + i].l, p->steps[k + i].literal);
    add_tests(m, p);
    m->mode = mode_of(p, needed_after[(size_t)(m->next - 1) * p->nslots
                                      + m->var] != 0);
    return DM_OK;
}

dm_status meeting_copy(dm_eval *e, const meeting *m, arena *memory,
                       meeting **out)
{
    meeting *copy = arena_zalloc(memory, sizeof *copy);
    *out = copy;
    if (!copy)
        return error_nomem(e->err);
    copy->sets = arena_zalloc(memory, m->nsets * sizeof *m->sets);
    copy->at = arena_zalloc(memory, m->nsets * sizeof *m->at);
    copy->tests = arena_zalloc(memory, (m->ntests + 1) * sizeof *m->tests);
    if (!copy->sets || !copy->at || !copy->tests)
        return error_nomem(e->err);
    copy->var = m->var;
    copy->last = m->last;
    copy->next = m->next;
    copy->mode = m->mode;
    copy->nsets = m->nsets;
    copy->ntests = m->ntests;
    memcpy(copy->tests, m->tests, m->ntests * sizeof *m->tests);
    return DM_OK;
}

void meeting_follow(meeting *copy, const meeting *m)
{
    copy->ready = m->ready;
    memcpy(copy->sets, m->sets, m->nsets * sizeof *m->sets);
}

void meeting_free(meeting *m)
{
    if (!m)
        return;
    vec_free(&m->room);
    vec_free(&m->found[0]);
    vec_free(&m->found[1]);
    vec_free(&m->base);
    vec_free(&m->mark);
}

/* ---- sets for a run ----------------------------------------------------- */

/* Whether a literal reads all that is true, and nothing undefined. */
static bool reads_sets(const run *r, const rowset *rows, const reads *b)
{
    for (int source = PART_TRUE + 1; source < NSOURCES; source++)
        if (b->lo[source] < b->hi[source])
            return false;
    return b->lo[PART_TRUE] == 0 && b->hi[PART_TRUE] > 0
           && (!r->exact || b->hi[PART_TRUE] == rows->nrows);
}

dm_status meeting_sync(dm_eval *e, const run *r, step *s)
{
    meeting *m = s->meeting;
    m->ready = !(e->options.force & DM_FORCE_HASH);
    for (uint32_t i = 0; i < m->nsets && m->ready; i++) {
        meeting_set *set = &m->sets[i];
        const dm_literal *l = &r->p->rule->body[set->literal];
        eval_relation *relation = &e->relations[l->relation];
        rowset *rows = &relation->part[PART_TRUE];
        if (!(m->ready = reads_sets(r, rows, &r->reads[set->literal])))
            break;
        if (rowset_by_sorted(rows, set->key, relation->growing, &set->from)
            != DM_OK)
            return error_nomem(e->err);
        m->ready = set->from != NULL;
    }
    return DM_OK;
}

bool meeting_is_ready(const meeting *m)
{
    return m->ready;
}

uint32_t meeting_steps(const meeting *m)
{
    return m->nsets;
}

/* ---- what is kept from row to row --------------------------------------- */

typedef struct meeting_work {
    dm_eval *e;
    run *r;
    meeting *m;
    step *s;
    const batch *in;
    size_t n; /* of s->sel and s->row */
} meeting_work;

static dm_cell key_at(const meeting_set *s, size_t i)
{
    return s->keys ? s->keys[i] : 0;
}

static bool mark_list(meeting *m)
{
    size_t most = 0;
    for (size_t i = 0; i < m->kept.n; i++)
        most = m->kept.list[i] > most ? m->kept.list[i] : most;
    size_t had = m->mark.cap;
    if (!vec_reserve(&m->mark, most / 64 + 1))
        return false;
    if (m->mark.cap > had)
        memset(m->mark.at + had, 0, (m->mark.cap - had) * sizeof *m->mark.at);
    for (size_t i = 0; i < m->kept.n; i++)
        m->mark.at[m->kept.list[i] / 64] |= UINT64_C(1)
                                            << m->kept.list[i] % 64;
    m->marked = m->kept.list;
    m->nmarked = m->kept.n;
    m->kept.words = m->mark.at;
    m->kept.first = 0;
    m->kept.nwords = most / 64 + 1;
    return true;
}

static void keep_nothing(meeting *m)
{
    for (size_t i = 0; i < m->nmarked; i++)
        m->mark.at[m->marked[i] / 64] = 0;
    m->nmarked = 0;
    m->shared = 0;
}

/* Intersect `set` with the rows of the sets in `which`, the smallest first. */
static bool meet(meeting *m, size_t i, uint64_t which, size_t most,
                 value_set *set)
{
    unsigned turn = 0;
    while (which && set->n) {
        value_set next = {.n = SIZE_MAX};
        unsigned smallest = 0;
        for (uint64_t left = which; left; left &= left - 1) {
            unsigned k = (unsigned)__builtin_ctzll(left);
            size_t n = adjacency_count(m->sets[k].from,
                                       key_at(&m->sets[k], i));
            if (n < next.n) {
                next.n = n;
                smallest = k;
            }
        }
        which &= ~(UINT64_C(1) << smallest);
        const meeting_set *s = &m->sets[smallest];
        next = intersect_row(s->from, key_at(s, i));
        if (set->n == SIZE_MAX)
            *set = next;
        else if (!intersect_two(set, &next, which ? SIZE_MAX : most, &m->room,
                                &m->found[turn ^= 1], set))
            return false;
    }
    return true;
}

/* The sets whose keys in the next row are the same. */
static uint64_t shared_with_next(const meeting *m, size_t i, size_t n)
{
    uint64_t shared = 0;
    for (uint32_t k = 0; i + 1 < n && k < m->nsets; k++)
        if (key_at(&m->sets[k], i) == key_at(&m->sets[k], i + 1))
            shared |= UINT64_C(1) << k;
    return shared;
}

static bool still_shared(const meeting *m, size_t i)
{
    for (uint64_t left = m->shared; left; left &= left - 1) {
        unsigned k = (unsigned)__builtin_ctzll(left);
        if (key_at(&m->sets[k], i) != m->at[k])
            return false;
    }
    return m->shared != 0;
}

/* Keep what the sets in `shared` have in common in row i. */
static bool keep(meeting *m, size_t i, uint64_t shared)
{
    m->shared = shared;
    for (uint32_t k = 0; k < m->nsets; k++)
        m->at[k] = key_at(&m->sets[k], i);
    m->kept = (value_set){.n = SIZE_MAX};
    if (!meet(m, i, shared, SIZE_MAX, &m->kept))
        return false;
    if (m->kept.n == 0)
        return true;
    if (!m->kept.sets || !(m->kept.list || m->kept.words)) {
        /* what was found will be overwritten */
        if (!vec_reserve(&m->base, m->kept.n))
            return false;
        if (m->kept.list)
            memcpy(m->base.at, m->kept.list,
                   m->kept.n * sizeof *m->base.at);
        else if (!intersect_list(&m->kept, &m->base))
            return false;
        m->kept.list = m->base.at;
        m->kept.sets = NULL;
    }
    return m->kept.words || mark_list(m);
}

/* ---- rows --------------------------------------------------------------- */

/* Fill the last step's batch with what was collected and go on. */
static dm_status flush(meeting_work *w)
{
    const meeting *m = w->m;
    const pipeline *p = w->r->p;
    const step *last = &p->steps[m->last];
    batch *out = &p->steps[m->last].out;
    const step *s = w->s;
    if (w->n == 0)
        return DM_OK;
    dm_status st = eval_poll(w->e);
    for (size_t c = 0; c < last->present.len; c++) {
        uint32_t slot = last->present.at[c];
        const dm_cell *from = w->in->col[slot];
        dm_cell *to = out->col[slot];
        if (slot == m->var)
            for (size_t i = 0; i < w->n; i++)
                to[i] = s->row[i];
        else
            for (size_t i = 0; i < w->n; i++)
                to[i] = from[s->sel[i]];
    }
    if (st == DM_OK && m->mode == MEET_COUNT)
        st = batch_weigh(w->e, p, out, s->row, w->n);
    out->n = w->n;
    for (const step *t = last; t < &p->steps[m->next]; t++)
        t->stats->actual_out += w->n;
    w->n = 0;
    return st == DM_OK ? join_step(w->e, w->r, m->next, out) : st;
}

static dm_status push(meeting_work *w, size_t i, size_t value)
{
    size_t most = w->e->options.force & DM_FORCE_SMALL ? 3 : BATCH;
    w->s->sel[w->n] = (uint32_t)i;
    w->s->row[w->n] = (uint32_t)value;
    return ++w->n == most ? flush(w) : DM_OK;
}

/* The values that pass a test; *not: one that doesn't, if below *end. */
static void narrow(const meeting_test *t, size_t i, int64_t *begin,
                   int64_t *end)
{
    int64_t x = cell_get_int(t->cells[i]);
    int64_t from = INT64_MIN, to = INT64_MAX;
    if (t->compare == DM_GE)
        from = x;
    else if (t->compare == DM_GT)
        from = x < INT64_MAX ? x + 1 : x;
    else if (t->compare == DM_LT)
        to = x;
    else if (t->compare == DM_LE)
        to = x < INT64_MAX ? x + 1 : x;
    *begin = from > *begin ? from : *begin;
    *end = to < *end ? to : *end;
}

/* Keep, of what was found for row i, what passes the tests. */
static size_t pass(const meeting *m, size_t i, const value_set *set,
                   uint32_t *out)
{
    int64_t begin = 0, end = (int64_t)1 << 32;
    size_t n = 0;
    for (uint32_t t = 0; t < m->ntests; t++)
        narrow(&m->tests[t], i, &begin, &end);
    for (size_t k = 0; k < set->n; k++) {
        out[n] = set->list[k];
        n += set->list[k] >= begin && set->list[k] < end;
    }
    for (uint32_t t = 0; t < m->ntests; t++) {
        size_t had = n;
        if (m->tests[t].compare != DM_NE)
            continue;
        n = 0;
        for (size_t k = 0; k < had; k++) {
            out[n] = out[k];
            n += out[k] != m->tests[t].cells[i];
        }
    }
    return n;
}

/* Test and hand on what was found for row i. */
static dm_status give(meeting_work *w, size_t i, value_set *set)
{
    meeting *m = w->m;
    dm_status st = DM_OK;
    if (set->n == 0)
        return st;
    if (!m->ntests && m->mode == MEET_COUNT)
        return push(w, i, set->n);
    if (!intersect_list(set, &m->room)
        || !vec_reserve(&m->found[0], set->n + 1))
        return error_nomem(w->e->err);
    if (m->ntests) {
        set->n = pass(m, i, set, m->found[0].at);
        set->list = m->found[0].at;
    }
    if (m->mode == MEET_COUNT || (m->mode == MEET_ONE && set->n))
        return set->n ? push(w, i, set->n) : DM_OK;
    for (size_t k = 0; k < set->n && st == DM_OK; k++)
        st = push(w, i, set->list[k]);
    return st;
}

/* Counting what two windows have in common needs no list of it. */
static bool count_words(meeting *m, size_t i, uint64_t rest, value_set *set)
{
    if (m->mode != MEET_COUNT || m->ntests || !rest || (rest & (rest - 1)))
        return false;
    const meeting_set *s = &m->sets[__builtin_ctzll(rest)];
    value_set other = intersect_row(s->from, key_at(s, i));
    if (!intersect_by_words(set, &other))
        return false;
    *set = (value_set){.n = intersect_count(set, &other)};
    return true;
}

static dm_status meet_row(meeting_work *w, size_t i)
{
    meeting *m = w->m;
    uint64_t all = m->nsets < 64 ? (UINT64_C(1) << m->nsets) - 1 : UINT64_MAX;
    value_set set = {.n = SIZE_MAX};
    uint64_t rest = all;
    size_t most = m->mode == MEET_ONE && !m->ntests ? 1 : SIZE_MAX;
    if (!still_shared(m, i)) {
        keep_nothing(m);
        uint64_t shared = shared_with_next(m, i, w->in->n);
        if (shared && !keep(m, i, shared))
            return error_nomem(w->e->err);
    }
    if (m->shared) {
        rest = all & ~m->shared;
        set = m->kept;
    }
    if (set.n == 0 || count_words(m, i, rest, &set))
        return give(w, i, &set);
    if (!meet(m, i, rest, most, &set))
        return error_nomem(w->e->err);
    return give(w, i, &set);
}

/* Columns of keys and of what the variable is compared with. */
static dm_status evaluate(meeting_work *w, uint8_t *ok)
{
    meeting *m = w->m;
    dm_status st = DM_OK;
    for (uint32_t k = 0; k < m->nsets && st == DM_OK; k++)
        if (m->sets[k].of)
            st = expr_eval(w->e, m->sets[k].of, w->in, ok, &m->sets[k].keys);
    for (uint32_t t = 0; t < m->ntests && st == DM_OK; t++)
        st = expr_eval(w->e, m->tests[t].x, w->in, ok, &m->tests[t].cells);
    return st;
}

dm_status meeting_run(dm_eval *e, run *r, uint32_t k, batch *b)
{
    step *s = &r->p->steps[k];
    meeting_work w = {.e = e, .r = r, .m = s->meeting, .s = s, .in = b};
    uint8_t ok[BATCH];
    size_t top = e->temp_top;
    dm_status st = eval_poll(e);
    assert(w.m->ready);
    memset(ok, 1, b->n);
    if (st == DM_OK)
        st = evaluate(&w, ok);
    for (size_t i = 0; i < b->n && st == DM_OK && !r->stop; i++)
        if (ok[i])
            st = meet_row(&w, i);
    if (st == DM_OK)
        st = flush(&w);
    keep_nothing(w.m);
    e->temp_top = top;
    return st;
}
