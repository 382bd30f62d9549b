/* resolve.c - what an aggregate may become when undefined instances may or
 * may not hold.
 *
 * A resolution makes some of a group's undefined instances true and the
 * others false.  For a single count, min or max the results of all
 * resolutions are known directly.  Otherwise the states that can be reached
 * are enumerated, one undefined instance after the other, each state kept
 * once; resolutions that lead to the same state are not told apart, so that
 * sums of small numbers stay few.  More than MAX_RESOLUTIONS states are an
 * error.
 *
 * A head's group to which no instance belongs does not exist, so there the
 * resolution with none has no result; a body aggregate of nothing may still
 * be 0. */
#include "eval/group.h"

#include <assert.h>
#include <string.h>

typedef struct resolver {
    dm_eval *e;
    groups *g;
    uint32_t group;
    size_t n;          /* undefined instances */
    rowset results;    /* what was found, each once */
    bool always;       /* every resolution has a result */
    rowset *values;    /* per aggregate: distinct values that are kept apart */
    size_t *at;        /* per aggregate: first extra word of a state */
    size_t width;      /* words of a state, extra ones included */
    bool counts;       /* the number of instances matters */
    rowset states;
    cell_list *more;   /* per aggregate */
} resolver;

static dm_status put_result(resolver *r, const dm_cell *result)
{
    uint32_t row;
    bool fresh;
    dm_status st = rowset_put(&r->results, result, &row, &fresh);
    return st == DM_OK ? st : eval_fail(r->e, st, "too many values");
}

/* ---- directly ----------------------------------------------------------- */

static dm_status put_range(resolver *r, uint64_t lo, uint64_t hi)
{
    dm_status st = DM_OK;
    if (lo == 0 && r->g->head) {
        r->always = false;
        lo = 1;
    }
    for (; lo <= hi && st == DM_OK; lo++)
        st = put_result(r, &lo);
    return st;
}

/* Distinct values that only undefined instances have. */
static dm_status new_values(resolver *r, uint32_t i, rowset *out)
{
    aggregate *a = &r->g->aggregates[i];
    uint32_t row;
    bool fresh;
    for (size_t k = 0; k < r->n; k++) {
        const dm_cell *value = &group_undefined(r->g, r->group, k)[i];
        if (a->distinct && fold_has_seen(a, r->group, *value))
            continue;
        if (rowset_put(out, value, &row, &fresh) != DM_OK)
            return error_nomem(r->e->err);
    }
    return DM_OK;
}

static dm_status resolve_count(resolver *r)
{
    const aggregate *a = &r->g->aggregates[0];
    const uint64_t *state = group_state(r->g, r->group);
    if (!a->distinct)
        return put_range(r, state[0], state[0] + r->n);
    rowset values;
    rowset_init(&values, 1);
    dm_status st = new_values(r, 0, &values);
    uint64_t sure = state[a->at];
    if (st == DM_OK)
        st = put_range(r, sure, sure + values.nrows);
    rowset_free(&values);
    return st;
}

/* The best true value, and the undefined ones that are better. */
static dm_status resolve_best(resolver *r)
{
    const aggregate *a = &r->g->aggregates[0];
    const uint64_t *state = group_state(r->g, r->group);
    bool some = state[0] > 0;
    dm_cell best = state[a->at];
    dm_status st = some ? put_result(r, &best) : DM_OK;
    r->always = some;
    for (size_t k = 0; k < r->n && st == DM_OK; k++) {
        dm_cell value = group_undefined(r->g, r->group, k)[0];
        int order = some ? cell_compare(r->e->terms, a->in, value, best) : 0;
        if (!some || (a->op == DM_MIN ? order < 0 : order > 0))
            st = put_result(r, &value);
    }
    return st;
}

/* ---- by enumeration ----------------------------------------------------- */

static bool keeps_values(const aggregate *a)
{
    return a->distinct || a->op == DM_LIST || a->op == DM_CUSTOM;
}

/* Extra words for the values that a state must tell apart: how often each
 * was taken (distinct: whether). */
static dm_status lay_out(resolver *r)
{
    dm_status st = DM_OK;
    r->width = r->g->width;
    for (uint32_t i = 0; i < r->g->naggregates && st == DM_OK; i++) {
        const aggregate *a = &r->g->aggregates[i];
        rowset_init(&r->values[i], 1);
        r->at[i] = r->width;
        r->counts |= a->op == DM_MEAN || (a->op == DM_COUNT && !a->distinct);
        if (!keeps_values(a))
            continue;
        st = new_values(r, i, &r->values[i]);
        r->width += r->values[i].nrows;
    }
    return st;
}

static dm_status put_state(resolver *r, const uint64_t *state)
{
    uint32_t row;
    bool fresh;
    char rule[RULE_NAME];
    dm_status st = rowset_put(&r->states, state, &row, &fresh);
    if (st == DM_OK && r->states.nrows > MAX_RESOLUTIONS)
        return eval_fail(r->e, DM_BUDGET, "an aggregate over %zu disputed "
                         "instances has more than %d possible values in %s",
                         r->n, MAX_RESOLUTIONS, eval_rule_name(r->e, rule));
    return st == DM_OK ? st : error_nomem(r->e->err);
}

/* Take one undefined instance into a state. */
static dm_status take(resolver *r, uint64_t *state, const dm_cell *values)
{
    dm_status st = fold_feed(r->e, r->g, state, r->group, values, true);
    if (!r->counts && state[0] > 1)
        state[0] = 1;
    for (uint32_t i = 0; i < r->g->naggregates; i++) {
        const aggregate *a = &r->g->aggregates[i];
        uint32_t row = keeps_values(a) ? rowset_find(&r->values[i],
                                                     &values[i])
                                       : ROWSET_NONE;
        if (row == ROWSET_NONE)
            continue;
        uint64_t *times = &state[r->at[i] + row];
        *times = a->distinct ? 1 : *times + 1;
    }
    return st;
}

static dm_status enumerate(resolver *r, uint64_t *state)
{
    memset(state, 0, r->width * sizeof *state);
    memcpy(state, group_state(r->g, r->group), r->g->width * sizeof *state);
    if (!r->counts && state[0] > 1)
        state[0] = 1;
    dm_status st = put_state(r, state);
    for (size_t k = 0; k < r->n && st == DM_OK; k++) {
        size_t before = r->states.nrows;
        st = eval_poll(r->e);
        for (size_t i = 0; i < before && st == DM_OK; i++) {
            rowset_get(&r->states, i, state);
            st = take(r, state, group_undefined(r->g, r->group, k));
            if (st == DM_OK)
                st = put_state(r, state);
        }
    }
    return st;
}

/* The values that a state took, beside those of true instances. */
static dm_status list_more(resolver *r, const uint64_t *state)
{
    for (uint32_t i = 0; i < r->g->naggregates; i++) {
        r->more[i].len = 0;
        for (size_t v = 0; v < r->values[i].nrows; v++)
            for (uint64_t t = 0; t < state[r->at[i] + v]; t++)
                if (!vec_push(&r->more[i], rowset_cell(&r->values[i], v, 0)))
                    return error_nomem(r->e->err);
    }
    return DM_OK;
}

static dm_status put_results(resolver *r, uint64_t *state)
{
    dm_cell result[64];
    dm_status st = DM_OK;
    for (size_t i = 0; i < r->states.nrows && st == DM_OK; i++) {
        rowset_get(&r->states, i, state);
        bool defined = state[0] > 0 || !r->g->head;
        if (defined) {
            st = list_more(r, state);
            if (st == DM_OK)
                st = fold_result(r->e, r->g, state, r->group, r->more, result,
                                 &defined);
        }
        if (!defined)
            r->always = false;
        else if (st == DM_OK)
            st = put_result(r, result);
    }
    return st;
}

static dm_status resolve_all(resolver *r)
{
    uint32_t n = r->g->naggregates;
    uint64_t *state = NULL;
    dm_status st;
    r->values = mem_calloc(n, sizeof *r->values);
    r->at = mem_calloc(n, sizeof *r->at);
    r->more = mem_calloc(n, sizeof *r->more);
    if (!r->values || !r->at || !r->more)
        TRY(error_nomem(r->e->err), out);
    TRY(lay_out(r), out);
    rowset_init(&r->states, (uint32_t)r->width);
    state = mem_alloc(r->width * sizeof *state);
    if (!state)
        TRY(error_nomem(r->e->err), out);
    TRY(enumerate(r, state), out);
    st = put_results(r, state);
out:
    for (uint32_t i = 0; i < n; i++) {
        if (r->values)
            rowset_free(&r->values[i]);
        if (r->more)
            vec_free(&r->more[i]);
    }
    rowset_free(&r->states);
    mem_free(r->values);
    mem_free(r->at);
    mem_free(r->more);
    mem_free(state);
    return st;
}

dm_status group_resolve(dm_eval *e, groups *g, uint32_t group,
                        cell_list *out, bool *certain)
{
    resolver r = {.e = e, .g = g, .group = group, .always = true,
                  .n = group_nundefined(g, group)};
    dm_aggregate op = g->aggregates[0].op;
    assert(g->finished);
    rowset_init(&r.results, g->naggregates);
    dm_status st = g->naggregates > 1 ? resolve_all(&r)
                   : op == DM_COUNT ? resolve_count(&r)
                   : op == DM_MIN || op == DM_MAX ? resolve_best(&r)
                   : resolve_all(&r);
    for (size_t i = 0; i < r.results.nrows && st == DM_OK; i++)
        for (uint32_t k = 0; k < g->naggregates && st == DM_OK; k++)
            if (!vec_push(out, rowset_cell(&r.results, i, k)))
                st = error_nomem(e->err);
    *certain = r.always && r.results.nrows == 1;
    rowset_free(&r.results);
    return st;
}
