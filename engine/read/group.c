/* group.c - which of several rules gave an aggregate its value.
 *
 * Rules that aggregate into one relation each aggregate by themselves, so a
 * row of it is the value of one rule's group; the others may have groups with
 * the same key.  Only plain variables are folded here, with the built-in
 * aggregates; anything else is taken to match, as most relations have one
 * such rule. */
#include "read/slice.h"

#include <math.h>
#include <stdlib.h>

static double number(dm_type type, dm_cell cell)
{
    return type == DM_FLOAT ? cell_get_float(cell)
                            : (double)cell_get_int(cell);
}

static int by_cell(const void *a, const void *b)
{
    dm_cell x = *(const dm_cell *)a, y = *(const dm_cell *)b;
    return x < y ? -1 : x > y;
}

/* How many of the values differ; sorts them. */
static size_t distinct(dm_cell *values, size_t n)
{
    size_t count = 0;
    qsort(values, n, sizeof *values, by_cell);
    for (size_t i = 0; i < n; i++)
        count += i == 0 || values[i] != values[i - 1];
    return count;
}

/* The fold of `n` values as a double; false when it isn't known here. */
static bool fold(dm_aggregate aggregate, dm_type type, dm_cell *values,
                 size_t n, double *out)
{
    double sum = 0, least = INFINITY, most = -INFINITY;
    bool numeric = type == DM_INT || type == DM_FLOAT || type == DM_DATE;
    if (aggregate == DM_COUNT) {
        *out = (double)distinct(values, n);
        return true;
    }
    if (!numeric)
        return false;
    for (size_t i = 0; i < n; i++) {
        double x = number(type, values[i]);
        sum += x;
        least = fmin(least, x);
        most = fmax(most, x);
    }
    switch (aggregate) {
    case DM_SUM: *out = sum; return true;
    case DM_MIN: *out = least; return true;
    case DM_MAX: *out = most; return true;
    case DM_MEAN: *out = sum / (double)n; return true;
    default: return false;
    }
}

static bool argument_matches(const dm_rule *rule, const dm_expr *e,
                             dm_type type, dm_cell head,
                             const dm_cell *const *vars, size_t n,
                             dm_cell *scratch)
{
    double got, wanted = number(type, head);
    if (e->kind != DM_EXPR_AGGREGATE || e->aggregate == DM_CUSTOM)
        return true;
    if (e->nargs == 0)
        return (double)n == wanted;
    if (e->args[0].kind != DM_EXPR_VAR
        || (type != DM_INT && type != DM_FLOAT && type != DM_DATE))
        return true;
    for (size_t i = 0; i < n; i++)
        scratch[i] = vars[i][e->args[0].var];
    if (!fold(e->aggregate, rule->var_types[e->args[0].var], scratch, n, &got))
        return true;
    return fabs(got - wanted) <= 1e-9 * fmax(1.0, fabs(wanted));
}

bool group_matches(const slice *s, const dm_rule *rule, const dm_cell *head,
                   const dm_cell *const *vars, size_t n, dm_cell *scratch)
{
    const dm_relation *r = dm_program_get_relation(s->program, rule->relation);
    for (uint32_t i = 0; i < rule->nargs; i++)
        if (!argument_matches(rule, &rule->args[i], r->columns[i].type,
                              head[i], vars, n, scratch))
            return false;
    return true;
}
