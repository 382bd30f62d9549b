/* group.c - aggregation: making groups, and rows from groups.
 *
 * feed.c puts instances in.  A group whose result is the same in every
 * resolution of its undefined instances is certain.  The rows of a head are
 * distinct, having distinct keys: they needn't be hashed.
 *
 * Cost: 16 to 300 bytes of state per group. */
#include "eval/group.h"

#include <assert.h>
#include <string.h>

/* ---- making ------------------------------------------------------------- */

/* Numbers are summed as what they are, anything else as a float. */
static dm_type value_type(dm_aggregate op, dm_type type)
{
    if ((op == DM_SUM || op == DM_MEAN) && type != DM_INT)
        return DM_FLOAT;
    return type;
}

static dm_type result_type(const dm_eval *e, const aggregate *a)
{
    switch (a->op) {
    case DM_COUNT: return DM_INT;
    case DM_MEAN: return DM_FLOAT;
    case DM_LIST: return DM_TERM;
    case DM_CUSTOM:
        return dm_program_get_function(e->program, a->function)->result;
    default: return a->in;
    }
}

static void add_aggregate(dm_eval *e, groups *g, aggregate a, dm_type type)
{
    a.in = value_type(a.op, type);
    a.out = result_type(e, &a);
    a.at = g->width;
    g->width += fold_words(&a);
    rowset_init(&a.seen, 2);
    adjacency_init(&a.sets, true);
    g->aggregates[g->naggregates++] = a;
}

static dm_status new_groups(dm_eval *e, uint32_t naggregates,
                            uint32_t relation, groups **out)
{
    groups *g = mem_calloc(1, sizeof *g);
    if (!g)
        return error_nomem(e->err);
    g->to = &e->relations[relation];
    g->width = 1;
    g->aggregates = mem_calloc(naggregates + 1, sizeof *g->aggregates);
    if (!g->aggregates) {
        mem_free(g);
        return error_nomem(e->err);
    }
    *out = g;
    return DM_OK;
}

dm_status groups_of_head(dm_eval *e, uint32_t rule, groups **out)
{
    groups *g = NULL;
    const dm_rule *r = dm_program_get_rule(e->program, rule);
    dm_status st = new_groups(e, r->nargs, r->relation, &g);
    if (st != DM_OK)
        return st;
    g->head = true;
    for (uint32_t i = 0; i < r->nargs; i++) {
        const dm_expr *x = &r->args[i];
        dm_type column = g->to->decl->columns[i].type;
        if (x->kind != DM_EXPR_AGGREGATE) {
            g->key_columns[g->nkeys] = i;
            g->key_types[g->nkeys++] = column;
            continue;
        }
        aggregate a = {.op = x->aggregate, .function = x->function,
                       .column = i, .stored = column,
                       .distinct = x->aggregate == DM_COUNT && x->nargs > 0};
        add_aggregate(e, g, a, x->nargs ? x->args[0].type : DM_INT);
    }
    rowset_init(&g->keys, g->nkeys);
    *out = g;
    return DM_OK;
}

void groups_free(groups *g)
{
    if (!g)
        return;
    for (uint32_t i = 0; i < g->naggregates; i++) {
        rowset_free(&g->aggregates[i].seen);
        adjacency_free(&g->aggregates[i].sets);
        vec_free(&g->aggregates[i].values);
    }
    mem_free(g->aggregates);
    mem_free(g->direct);
    rowset_free(&g->keys);
    vec_free(&g->states);
    vec_free(&g->undefined);
    vec_free(&g->answer);
    mem_free(g->first);
    mem_free(g->order);
    mem_free(g);
}

/* ---- making ready to be read -------------------------------------------- */

/* Undefined instances by group: a counting sort. */
static dm_status sort_undefined(dm_eval *e, groups *g)
{
    size_t stride = g->naggregates + 1, n = g->undefined.len / stride;
    size_t ngroups = g->keys.nrows;
    g->first = mem_calloc(ngroups + 2, sizeof *g->first);
    g->order = mem_calloc(n + 1, sizeof *g->order);
    if (!g->first || !g->order)
        return error_nomem(e->err);
    size_t *at = g->first + 1; /* starts, which filling turns into ends */
    for (size_t i = 0; i < n; i++)
        at[g->undefined.at[i * stride] + 1]++;
    for (size_t i = 1; i <= ngroups; i++)
        at[i] += at[i - 1];
    for (size_t i = 0; i < n; i++)
        g->order[at[g->undefined.at[i * stride]]++] = (uint32_t)i;
    return DM_OK;
}

static dm_status finish(dm_eval *e, groups *g)
{
    if (g->finished)
        return DM_OK;
    fold_sort(e, g);
    g->finished = true;
    return sort_undefined(e, g);
}

dm_status groups_of_literal(dm_eval *e, const dm_literal *l, groups **out)
{
    groups *g = NULL;
    dm_status st = new_groups(e, 1, l->relation, &g);
    if (st != DM_OK)
        return st;
    for (uint32_t i = 0; i + 1 < l->nargs; i++)
        if (l->grouped >> i & 1)
            g->key_columns[g->nkeys++] = i;
    bool rows = l->value_column == UINT32_MAX;
    aggregate a = {.op = l->aggregate, .function = l->function,
                   .column = l->value_column,
                   .distinct = l->aggregate == DM_COUNT && !rows};
    add_aggregate(e, g, a, rows
                  ? DM_INT : g->to->decl->columns[l->value_column].type);
    g->aggregates[0].stored = g->aggregates[0].out;
    rowset_init(&g->keys, g->nkeys);
    for (int part = 0; part < NPARTS && st == DM_OK; part++) {
        const rowset *all = &g->to->part[part];
        st = groups_add_rows(e, g, all, all->nrows, part == PART_UNDEFINED);
    }
    if (st == DM_OK)
        st = finish(e, g);
    if (st == DM_OK)
        *out = g;
    else
        groups_free(g);
    return st;
}

/* ---- reading ------------------------------------------------------------ */

/* A group's results into g->answer; certain or possible ones. */
static dm_status answer(dm_eval *e, groups *g, uint32_t group, bool *certain)
{
    dm_cell results[64];
    bool defined;
    g->answer.len = 0;
    *certain = true;
    if (group_nundefined(g, group) > 0)
        return group_resolve(e, g, group, &g->answer, certain);
    dm_status st = fold_result(e, g, group_state(g, group), group, NULL,
                               results, &defined);
    for (uint32_t i = 0; st == DM_OK && defined && i < g->naggregates; i++)
        if (!vec_push(&g->answer, results[i]))
            return error_nomem(e->err);
    return st;
}

/* Write a head row for a group and a tuple of results. */
static dm_status emit(dm_eval *e, groups *g, uint32_t group,
                      const dm_cell *results, rowset *out,
                      rowset *except)
{
    dm_cell row[64], key[64];
    uint32_t number;
    bool fresh;
    rowset_get(&g->keys, group, key);
    for (uint32_t k = 0; k < g->nkeys; k++)
        row[g->key_columns[k]] = key[k];
    for (uint32_t i = 0; i < g->naggregates; i++) {
        const aggregate *a = &g->aggregates[i];
        uint8_t ok = 1;
        dm_status st = value_convert(e, a->out, a->stored, &results[i], 1,
                                     &ok, &row[a->column]);
        if (st != DM_OK || !ok)
            return st;
    }
    if (except && rowset_find(except, row) != ROWSET_NONE)
        return DM_OK;
    dm_status st = rowset_put(out, row, &number, &fresh);
    return st == DM_OK ? st : eval_fail(e, st, "too many rows");
}

/* Results of n groups from `first` on, column by column in the types of the
 * head's columns; ok is cleared where there is none. */
static dm_status results_of(dm_eval *e, groups *g, uint32_t first, size_t n,
                            const dm_cell **columns, uint8_t *ok)
{
    dm_cell *own[64], one[64], *stored;
    bool defined;
    dm_status st = DM_OK;
    for (uint32_t k = 0; k < g->naggregates && st == DM_OK; k++)
        st = eval_temp(e, &own[k]);
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        uint32_t group = first + (uint32_t)i;
        st = fold_result(e, g, group_state(g, group), group, NULL, one,
                         &defined);
        ok[i] = defined;
        for (uint32_t k = 0; k < g->naggregates; k++)
            own[k][i] = one[k];
    }
    for (uint32_t k = 0; k < g->naggregates && st == DM_OK; k++) {
        const aggregate *a = &g->aggregates[k];
        columns[a->column] = own[k];
        if (a->out == a->stored)
            continue;
        TRY(eval_temp(e, &stored), out);
        st = value_convert(e, a->out, a->stored, own[k], n, ok, stored);
        columns[a->column] = stored;
    }
out:
    return st;
}

/* Rows of n groups from `first` on, row-major; *n: how many have one. */
static dm_status make_rows(dm_eval *e, groups *g, uint32_t first, size_t *n,
                           dm_cell *rows)
{
    const dm_cell *columns[64];
    uint8_t ok[BATCH];
    size_t kept = 0;
    uint32_t arity = g->nkeys + g->naggregates;
    dm_cell *key;
    dm_status st = results_of(e, g, first, *n, columns, ok);
    for (uint32_t k = 0; k < g->nkeys && st == DM_OK; k++) {
        TRY(eval_temp(e, &key), out);
        column_read(&g->keys.rows.col[k], first, *n, key);
        columns[g->key_columns[k]] = key;
    }
    for (size_t i = 0; i < *n && st == DM_OK; i++) {
        for (uint32_t c = 0; c < arity; c++)
            rows[kept * arity + c] = columns[c][i];
        kept += ok[i];
    }
    *n = kept;
out:
    return st;
}

/* Write the rows of all groups, which are all certain. */
static dm_status emit_certain(dm_eval *e, groups *g, rowset *out)
{
    bool append = out->nrows == 0 && out->lattice == ROWSET_NONE;
    size_t n, top = e->temp_top;
    dm_status st = DM_OK;
    for (size_t at = 0; at < g->keys.nrows && st == DM_OK; at += n) {
        n = g->keys.nrows - at < BATCH ? g->keys.nrows - at : BATCH;
        size_t kept = n;
        dm_cell *rows = eval_head_rows(e, g->nkeys + g->naggregates);
        st = rows ? eval_poll(e) : error_nomem(e->err);
        if (st == DM_OK)
            st = make_rows(e, g, (uint32_t)at, &kept, rows);
        e->temp_top = top;
        if (st != DM_OK)
            break;
        st = append ? rowset_append(out, rows, kept, NULL)
                    : rowset_insert(out, rows, kept, NULL);
        if (st != DM_OK)
            st = eval_fail(e, st, "too many rows");
    }
    return st;
}

dm_status groups_emit(dm_eval *e, groups *g, bool undefined, rowset *out,
                      rowset *except)
{
    bool certain = true;
    dm_status st = finish(e, g);
    if (st == DM_OK && g->undefined.len == 0)
        return undefined ? DM_OK : emit_certain(e, g, out);
    for (uint32_t i = 0; i < g->keys.nrows && st == DM_OK; i++) {
        if (i % BATCH == 0)
            st = eval_poll(e);
        if (undefined && group_nundefined(g, i) == 0)
            continue;
        if (st == DM_OK)
            st = answer(e, g, i, &certain);
        if (certain == undefined)
            continue;
        for (size_t k = 0; k < g->answer.len && st == DM_OK;
             k += g->naggregates)
            st = emit(e, g, i, g->answer.at + k, out, except);
    }
    return st;
}

/* The value of no rows at all: count and sum have one. */
static dm_status answer_nothing(dm_eval *e, groups *g)
{
    const aggregate *a = &g->aggregates[0];
    g->answer.len = 0;
    if (a->op != DM_COUNT && a->op != DM_SUM)
        return DM_OK;
    if (!vec_push(&g->answer, a->out == DM_FLOAT ? cell_float(0) : 0))
        return error_nomem(e->err);
    return DM_OK;
}

dm_status groups_values(dm_eval *e, groups *g, const dm_cell *key,
                        const dm_cell **values, size_t *nvalues,
                        bool *certain)
{
    uint32_t group = groups_find(g, key);
    assert(g->finished && g->naggregates == 1);
    *certain = true;
    dm_status st = group == ROWSET_NONE ? answer_nothing(e, g)
                                        : answer(e, g, group, certain);
    *values = g->answer.at;
    *nvalues = g->answer.len;
    return st;
}
