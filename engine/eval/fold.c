/* fold.c - states of aggregates: feeding instances, giving results.
 *
 * Sums of ints are 128 bits wide, so that only their end can overflow; sums of
 * floats are exact (exact.h).  count(X) keeps sets by group, list and
 * registered aggregates keep their values, beside the states.
 *
 * Instances are taken a column at a time, in loops of their own for each
 * operation and type; one at a time where undefined ones are tried. */
#include "eval/group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 int128;

size_t fold_words(const aggregate *a)
{
    switch (a->op) {
    case DM_SUM:
    case DM_MEAN:
        return a->in == DM_FLOAT ? sizeof(exact) / 8 : sizeof(int128) / 8;
    case DM_MIN:
    case DM_MAX:
        return 2; /* the best, and whether there is one */
    default:
        return 1;
    }
}

/* ---- feeding ------------------------------------------------------------ */

static void add_number(const aggregate *a, uint64_t *state, dm_cell value)
{
    int128 sum;
    if (a->in == DM_FLOAT) {
        exact_add((exact *)state, cell_get_float(value));
        return;
    }
    memcpy(&sum, state, sizeof sum);
    sum += cell_get_int(value);
    memcpy(state, &sum, sizeof sum);
}

/* Note a value that the group may have already. */
static dm_status add_seen(dm_eval *e, aggregate *a, uint64_t *state,
                          uint32_t group, dm_cell value)
{
    dm_cell pair[2] = {group, value};
    uint32_t row, narrow = (uint32_t)value;
    bool fresh = false;
    dm_status st = DM_OK;
    if (value > ADJACENCY_MOST) {
        st = rowset_put(&a->seen, pair, &row, &fresh);
    } else if (!adjacency_has(&a->sets, group, value)) {
        fresh = true;
        st = adjacency_add(&a->sets, group, &narrow, 1);
    }
    *state += fresh;
    return st == DM_OK ? st : eval_fail(e, st, "too many values to count");
}

bool fold_has_seen(aggregate *a, uint32_t group, dm_cell value)
{
    dm_cell pair[2] = {group, value};
    return value > ADJACENCY_MOST
               ? rowset_find(&a->seen, pair) != ROWSET_NONE
               : adjacency_has(&a->sets, group, value);
}

static void take_best(const dm_eval *e, const aggregate *a, uint64_t *state,
                      dm_cell value)
{
    bool first = !state[1];
    int order = first ? 0 : cell_compare(e->terms, a->in, value, *state);
    if (first || (a->op == DM_MIN ? order < 0 : order > 0))
        *state = value;
    state[1] = 1;
}

dm_status fold_feed(dm_eval *e, groups *g, uint64_t *state, uint32_t group,
                    const dm_cell *values, bool apart)
{
    dm_status st = DM_OK;
    state[0]++;
    for (uint32_t i = 0; i < g->naggregates && st == DM_OK; i++) {
        aggregate *a = &g->aggregates[i];
        uint64_t *own = state + a->at;
        switch (a->op) {
        case DM_COUNT:
            if (a->distinct && !apart)
                st = add_seen(e, a, own, group, values[i]);
            break;
        case DM_SUM:
        case DM_MEAN:
            add_number(a, own, values[i]);
            break;
        case DM_MIN:
        case DM_MAX:
            take_best(e, a, own, values[i]);
            break;
        case DM_LIST:
        case DM_CUSTOM:
            if (!apart
                && !vec_push(&a->values, ((group_value){group, values[i]})))
                st = error_nomem(e->err);
            break;
        }
    }
    return st;
}

/* ---- feeding columns ---------------------------------------------------- */

/* Where word `at` of each group's state is. */
static inline uint64_t *own(const groups *g, uint32_t group, size_t at)
{
    return g->states.at + (size_t)group * g->width + at;
}

static void add_ints(const groups *g, const aggregate *a,
                     const uint32_t *group, size_t n, const dm_cell *value)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t *at = own(g, group[i], a->at);
        int128 sum;
        memcpy(&sum, at, sizeof sum);
        sum += cell_get_int(value[i]);
        memcpy(at, &sum, sizeof sum);
    }
}

static void add_floats(const groups *g, const aggregate *a,
                       const uint32_t *group, size_t n, const dm_cell *value)
{
    for (size_t i = 0; i < n; i++)
        exact_add((exact *)own(g, group[i], a->at), cell_get_float(value[i]));
}

static void best_ints(const groups *g, const aggregate *a,
                      const uint32_t *group, size_t n, const dm_cell *value)
{
    bool least = a->op == DM_MIN;
    for (size_t i = 0; i < n; i++) {
        uint64_t *at = own(g, group[i], a->at);
        int64_t have = cell_get_int(at[0]), x = cell_get_int(value[i]);
        if (!at[1] || (least ? x < have : x > have))
            at[0] = value[i];
        at[1] = 1;
    }
}

static void best_values(const dm_eval *e, const groups *g, const aggregate *a,
                        const uint32_t *group, size_t n, const dm_cell *value)
{
    for (size_t i = 0; i < n; i++)
        take_best(e, a, own(g, group[i], a->at), value[i]);
}

static dm_status see_values(dm_eval *e, const groups *g, aggregate *a,
                            const uint32_t *group, size_t n,
                            const dm_cell *value)
{
    dm_status st = DM_OK;
    for (size_t i = 0; i < n; i++)
        if (group[i] < a->sets.nkeys)
            __builtin_prefetch(&a->sets.rows[group[i]]);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        st = add_seen(e, a, own(g, group[i], a->at), group[i], value[i]);
    return st;
}

static dm_status list_values(dm_eval *e, aggregate *a, const uint32_t *group,
                             size_t n, const dm_cell *value)
{
    if (!vec_reserve(&a->values, a->values.len + n))
        return error_nomem(e->err);
    for (size_t i = 0; i < n; i++)
        a->values.at[a->values.len++] = (group_value){group[i], value[i]};
    return DM_OK;
}

static dm_status fold_column(dm_eval *e, const groups *g, aggregate *a,
                             const uint32_t *group, size_t n,
                             const dm_cell *value)
{
    switch (a->op) {
    case DM_COUNT:
        return a->distinct ? see_values(e, g, a, group, n, value) : DM_OK;
    case DM_SUM:
    case DM_MEAN:
        (a->in == DM_FLOAT ? add_floats : add_ints)(g, a, group, n, value);
        break;
    case DM_MIN:
    case DM_MAX:
        if (a->in == DM_INT || a->in == DM_DATE)
            best_ints(g, a, group, n, value);
        else
            best_values(e, g, a, group, n, value);
        break;
    case DM_LIST:
    case DM_CUSTOM:
        return list_values(e, a, group, n, value);
    }
    return DM_OK;
}

dm_status fold_columns(dm_eval *e, groups *g, const uint32_t *group, size_t n,
                       const dm_cell *const *values)
{
    dm_status st = DM_OK;
    for (size_t i = 0; i < n; i++)
        __builtin_prefetch(own(g, group[i], 0), 1);
    for (size_t i = 0; i < n; i++)
        ++*own(g, group[i], 0);
    for (uint32_t k = 0; k < g->naggregates && st == DM_OK; k++)
        st = fold_column(e, g, &g->aggregates[k], group, n, values[k]);
    return st;
}

/* ---- lists -------------------------------------------------------------- */

typedef struct value_order {
    const dm_terms *terms;
    dm_type type;
} value_order;

static int by_group_and_value(const void *x, const void *y, void *context)
{
    const group_value *a = x, *b = y;
    const value_order *o = context;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return cell_compare(o->terms, o->type, a->value, b->value);
}

static int by_value(const void *x, const void *y, void *context)
{
    const value_order *o = context;
    return cell_compare(o->terms, o->type, *(const dm_cell *)x,
                        *(const dm_cell *)y);
}

void fold_sort(dm_eval *e, groups *g)
{
    for (uint32_t i = 0; i < g->naggregates; i++) {
        aggregate *a = &g->aggregates[i];
        value_order o = {e->terms, a->in};
        if (a->values.len)
            qsort_r(a->values.at, a->values.len, sizeof *a->values.at,
                    by_group_and_value, &o);
    }
}

/* Where a group's values begin in the sorted list. */
static size_t first_of(const aggregate *a, uint32_t group)
{
    size_t lo = 0, hi = a->values.len;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (a->values.at[mid].group < group)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* All values of a group in order: those of true instances, and `more`. */
static dm_status collect(dm_eval *e, const aggregate *a, uint32_t group,
                         const cell_list *more, cell_list *out)
{
    const group_value *v = a->values.at;
    for (size_t i = first_of(a, group);
         i < a->values.len && v[i].group == group; i++)
        if (!vec_push(out, v[i].value))
            return error_nomem(e->err);
    if (!more || more->len == 0)
        return DM_OK;
    for (size_t i = 0; i < more->len; i++)
        if (!vec_push(out, more->at[i]))
            return error_nomem(e->err);
    value_order o = {e->terms, a->in};
    qsort_r(out->at, out->len, sizeof *out->at, by_value, &o);
    return DM_OK;
}

static dm_status make_list(dm_eval *e, const aggregate *a,
                           const cell_list *values, dm_cell *out)
{
    dm_term list, *args = mem_alloc((values->len + 1) * sizeof *args);
    dm_status st = args ? terms_symbol(e->terms, "list", 4, &list) : DM_NOMEM;
    for (size_t i = 0; i < values->len && st == DM_OK; i++)
        st = cell_to_term(e->terms, a->in, values->at[i], &args[i]);
    if (st == DM_OK)
        st = terms_compound(e->terms, list, args, (uint32_t)values->len,
                            &list);
    mem_free(args);
    if (st != DM_OK)
        return eval_fail(e, st, "can't make a list term");
    *out = list;
    return DM_OK;
}

static dm_status call_fold(dm_eval *e, const aggregate *a,
                           const cell_list *values, dm_cell *out,
                           bool *defined)
{
    const dm_function *f = dm_program_get_function(e->program, a->function);
    uint8_t has = 1;
    if (e->err)
        *e->err = (dm_error){0};
    dm_status st = f->fold(f->context, e->terms, values->len, a->in,
                           values->at, out, &has, e->err);
    if (st != DM_OK)
        return expr_call_failed(e, f->name, st);
    if (!has)
        *defined = false;
    return expr_check_floats(e, f, 1, &has, out);
}

static dm_status list_result(dm_eval *e, const aggregate *a, uint32_t group,
                             const cell_list *more, dm_cell *out,
                             bool *defined)
{
    cell_list values = {0};
    dm_status st = collect(e, a, group, more, &values);
    if (st == DM_OK && values.len == 0)
        *defined = false;
    else if (st == DM_OK && a->op == DM_LIST)
        st = make_list(e, a, &values, out);
    else if (st == DM_OK)
        st = call_fold(e, a, &values, out, defined);
    vec_free(&values);
    return st;
}

/* ---- results ------------------------------------------------------------ */

static dm_status sum_result(dm_eval *e, const aggregate *a,
                            const uint64_t *own, uint64_t n, dm_cell *out)
{
    char rule[RULE_NAME];
    if (a->in == DM_FLOAT) {
        double sum = exact_round((const exact *)own);
        if (isnan(sum))
            return eval_fail(e, DM_OVERFLOW, "a sum of both infinities in %s",
                             eval_rule_name(e, rule));
        *out = cell_float(a->op == DM_MEAN ? sum / (double)n : sum);
        return DM_OK;
    }
    int128 sum;
    memcpy(&sum, own, sizeof sum);
    if (a->op == DM_MEAN)
        *out = cell_float((double)sum / (double)n);
    else if (sum < INT64_MIN || sum > INT64_MAX)
        return eval_fail(e, DM_OVERFLOW, "integer overflow in a sum in %s",
                         eval_rule_name(e, rule));
    else
        *out = cell_int((int64_t)sum);
    return DM_OK;
}

static dm_status one_result(dm_eval *e, const aggregate *a,
                            const uint64_t *state, uint32_t group,
                            const cell_list *more, dm_cell *out,
                            bool *defined)
{
    const uint64_t *own = state + a->at;
    switch (a->op) {
    case DM_COUNT:
        *out = a->distinct ? own[0] + (more ? more->len : 0) : state[0];
        return DM_OK;
    case DM_SUM:
        return sum_result(e, a, own, state[0], out);
    case DM_MEAN:
        if (state[0] > 0)
            return sum_result(e, a, own, state[0], out);
        *defined = false;
        return DM_OK;
    case DM_MIN:
    case DM_MAX:
        *out = own[0];
        if (state[0] == 0)
            *defined = false;
        return DM_OK;
    case DM_LIST:
    case DM_CUSTOM:
        return list_result(e, a, group, more, out, defined);
    }
    return DM_OK;
}

dm_status fold_result(dm_eval *e, groups *g, const uint64_t *state,
                      uint32_t group, const cell_list *more, dm_cell *out,
                      bool *defined)
{
    dm_status st = DM_OK;
    *defined = true;
    for (uint32_t i = 0; i < g->naggregates && st == DM_OK; i++)
        st = one_result(e, &g->aggregates[i], state, group,
                        more ? &more[i] : NULL, &out[i], defined);
    return st;
}
