/* feed.c - instances into groups, a batch at a time.
 *
 * A batch's keys are turned into numbers of groups; then each aggregate takes
 * its column of values (fold.c).  Instances that are true go straight into
 * their group's state; undefined ones are only noted, resolve.c says what may
 * become of them.
 *
 * Groups are found by hash.  When many instances have come and the key is one
 * column of narrow, dense cells, they are found through an array indexed by
 * it, until a greater cell ends that.  They are numbered as they first occur,
 * either way.
 *
 * Cost: one look into the array or one probe, prefetched, per instance. */
#include "eval/group.h"

#include <assert.h>
#include <string.h>

/* Instances from which on an array pays, and entries of it that cost too
 * little then to be counted: memory is touched only where there are keys. */
enum { MANY_INSTANCES = 2048 };
#define FREE_ENTRIES ((size_t)1 << 22)

/* ---- numbers of groups -------------------------------------------------- */

/* Give groups that are new a state of zeros. */
static dm_status room_states(dm_eval *e, groups *g)
{
    size_t need = g->keys.nrows * g->width;
    if (!vec_reserve(&g->states, need))
        return error_nomem(e->err);
    memset(g->states.at + g->states.len, 0,
           (need - g->states.len) * sizeof *g->states.at);
    g->states.len = need;
    return DM_OK;
}

static bool grow_direct(groups *g, size_t most)
{
    size_t n = g->ndirect ? g->ndirect : 1024;
    while (n <= most)
        n *= 2;
    uint32_t *grown = mem_calloc(n, sizeof *grown);
    if (!grown)
        return false;
    if (g->direct)
        memcpy(grown, g->direct, g->ndirect * sizeof *grown);
    mem_free(g->direct);
    g->direct = grown;
    g->ndirect = n;
    return true;
}

/* Whether cells up to `most` can index the array, which is given room. */
static bool room_direct(groups *g, dm_cell most)
{
    size_t bound = 4 * g->fed > FREE_ENTRIES ? 4 * g->fed : FREE_ENTRIES;
    if (most >= bound)
        return false;
    return most < g->ndirect || grow_direct(g, (size_t)most);
}

/* Begin with the array: it names the groups that there are. */
static bool begin_direct(groups *g)
{
    const column *keys = g->keys.rows.col;
    dm_cell most = 0;
    for (size_t i = 0; i < g->keys.nrows; i++)
        most = column_get(keys, i) > most ? column_get(keys, i) : most;
    if (!room_direct(g, most))
        return false;
    for (size_t i = 0; i < g->keys.nrows; i++)
        g->direct[column_get(keys, i)] = (uint32_t)i + 1;
    return true;
}

/* Whether the groups of n keys are to be found through the array. */
static bool is_direct(groups *g, const dm_cell *const *keys, size_t n)
{
    dm_cell most = 0;
    if (g->nkeys != 1 || g->by_hash || g->fed < MANY_INSTANCES)
        return false;
    for (size_t i = 0; i < n; i++)
        most = keys[0][i] > most ? keys[0][i] : most;
    if ((g->direct || begin_direct(g)) && room_direct(g, most))
        return true;
    mem_free(g->direct);
    g->direct = NULL;
    g->by_hash = true;
    return false;
}

static dm_status find_direct(groups *g, const dm_cell *keys, size_t n,
                             uint32_t *group)
{
    dm_cell fresh[BATCH];
    size_t nfresh = 0;
    uint32_t ngroups = (uint32_t)g->keys.nrows;
    for (size_t i = 0; i < n; i++) {
        uint32_t *at = &g->direct[keys[i]];
        if (*at == 0) {
            fresh[nfresh++] = keys[i];
            *at = ngroups + (uint32_t)nfresh;
        }
        group[i] = *at - 1;
    }
    return rowset_append(&g->keys, fresh, nfresh, NULL);
}

static dm_status find_hashed(dm_eval *e, groups *g, const dm_cell *const *keys,
                             size_t n, uint32_t *group)
{
    dm_cell none;
    if (g->nkeys == 0) { /* the one group */
        memset(group, 0, n * sizeof *group);
        return rowset_put_batch(&g->keys, &none, 1, group);
    }
    dm_cell *rows = eval_head_rows(e, g->nkeys);
    if (!rows)
        return DM_NOMEM;
    for (uint32_t k = 0; k < g->nkeys; k++)
        for (size_t i = 0; i < n; i++)
            rows[i * g->nkeys + k] = keys[k][i];
    return rowset_put_batch(&g->keys, rows, n, group);
}

/* The groups of n keys, made where they are new. */
static dm_status find_groups(dm_eval *e, groups *g, const dm_cell *const *keys,
                             size_t n, uint32_t *group)
{
    dm_status st;
    g->fed += n;
    st = is_direct(g, keys, n) ? find_direct(g, keys[0], n, group)
                               : find_hashed(e, g, keys, n, group);
    if (st != DM_OK)
        return eval_fail(e, st, "too many groups");
    return room_states(e, g);
}

uint32_t groups_find(groups *g, const dm_cell *key)
{
    if (!g->direct)
        return rowset_find(&g->keys, key);
    return *key < g->ndirect ? g->direct[*key] - 1 : ROWSET_NONE;
}

/* ---- instances ---------------------------------------------------------- */

static dm_status note_undefined(dm_eval *e, groups *g, uint32_t group,
                                const dm_cell *const *values, size_t i)
{
    if (!vec_push(&g->undefined, (dm_cell)group))
        return error_nomem(e->err);
    for (uint32_t k = 0; k < g->naggregates; k++)
        if (!vec_push(&g->undefined, values[k] ? values[k][i] : 0))
            return error_nomem(e->err);
    return DM_OK;
}

/* Keep, of a column, the cells of the rows in `kept`. */
static dm_status keep_cells(dm_eval *e, const dm_cell **column,
                            const uint32_t *kept, size_t n)
{
    dm_cell *to;
    dm_status st = *column ? eval_temp(e, &to) : DM_OK;
    if (st != DM_OK || !*column)
        return st;
    for (size_t i = 0; i < n; i++)
        to[i] = (*column)[kept[i]];
    *column = to;
    return DM_OK;
}

/* Leave out the rows whose ok is 0; *n: how many there are. */
static dm_status leave_out(dm_eval *e, const dm_cell **columns, size_t ncolumns,
                           const uint8_t *ok, size_t *n)
{
    uint32_t kept[BATCH];
    size_t nkept = 0;
    dm_status st = DM_OK;
    for (size_t i = 0; i < *n; i++) {
        kept[nkept] = (uint32_t)i;
        nkept += ok[i] != 0;
    }
    for (size_t c = 0; c < ncolumns && nkept < *n && st == DM_OK; c++)
        st = keep_cells(e, &columns[c], kept, nkept);
    *n = nkept;
    return st;
}

/* Note the undefined rows; *n: how many others are left in the columns. */
static dm_status take_undefined(dm_eval *e, groups *g, const dm_cell *flags,
                                const dm_cell **values,
                                const dm_cell *weights, uint32_t *group,
                                size_t *n)
{
    uint8_t sure[BATCH];
    size_t before = *n, kept = 0;
    dm_status st = DM_OK;
    for (size_t i = 0; i < before && st == DM_OK; i++) {
        sure[i] = flags[i] == 0;
        uint64_t times = sure[i] ? 0 : weights ? weights[i] : 1;
        for (; times && st == DM_OK; times--)
            st = note_undefined(e, g, group[i], values, i);
    }
    if (st == DM_OK)
        st = leave_out(e, values, g->naggregates + 1, sure, n);
    for (size_t i = 0; i < before && st == DM_OK; i++)
        if (sure[i])
            group[kept++] = group[i];
    return st;
}

/* Count the instances that a row stands for beside the one that was fed. */
static dm_status add_weights(dm_eval *e, groups *g, const uint32_t *group,
                             size_t n, const dm_cell *weights)
{
    bool over = false;
    char rule[RULE_NAME];
    for (size_t i = 0; i < n; i++) {
        uint64_t *count = group_state(g, group[i]);
        over |= __builtin_add_overflow(*count, weights[i] - 1, count)
                || *count > (uint64_t)INT64_MAX;
    }
    return !over ? DM_OK
                 : eval_fail(e, DM_OVERFLOW, "there are more instances than "
                             "can be counted, in %s", eval_rule_name(e, rule));
}

/* Feed n rows whose ok is set, given as columns: keys, then one of values per
 * aggregate (or NULL), then weights (or NULL), then the flags of what is
 * undefined. */
static dm_status feed_columns(dm_eval *e, groups *g, size_t n,
                              const dm_cell **columns, const uint8_t *ok)
{
    uint32_t group[BATCH];
    const dm_cell **values = columns + g->nkeys;
    size_t ncolumns = g->nkeys + g->naggregates + 2;
    dm_status st = leave_out(e, columns, ncolumns, ok, &n);
    if (st == DM_OK && n)
        st = find_groups(e, g, columns, n, group);
    const dm_cell **weights = values + g->naggregates;
    if (st == DM_OK && n)
        st = take_undefined(e, g, columns[ncolumns - 1], values, *weights,
                            group, &n);
    if (st == DM_OK && n)
        st = fold_columns(e, g, group, n, values);
    return st == DM_OK && *weights ? add_weights(e, g, group, n, *weights)
                                   : st;
}

dm_status groups_sink(dm_eval *e, void *context, pipeline *p, run *r,
                      batch *b)
{
    groups *g = context;
    (void)r;
    const dm_cell *columns[131];
    uint8_t ok[BATCH];
    size_t top = e->temp_top, n = 0;
    dm_status st = DM_OK;
    memset(ok, 1, b->n);
    for (uint32_t k = 0; k < g->nkeys; k++)
        TRY(expr_eval_as(e, &p->rule->args[g->key_columns[k]],
                         g->key_types[k], b, ok, &columns[n++]), out);
    for (uint32_t i = 0; i < g->naggregates; i++) {
        const aggregate *a = &g->aggregates[i];
        const dm_expr *x = &p->rule->args[a->column];
        columns[n++] = NULL;
        if (x->nargs)
            TRY(expr_eval_as(e, x->args, a->in, b, ok, &columns[n - 1]), out);
    }
    columns[n++] = p->weighs ? b->col[p->weight_slot] : NULL;
    columns[n] = b->col[p->flag_slot];
    st = feed_columns(e, g, b->n, columns, ok);
out:
    e->temp_top = top;
    return st;
}

/* ---- rows of a relation ------------------------------------------------- */

static dm_status read_column(dm_eval *e, const rowset *rows, uint32_t column,
                             size_t from, size_t n, const dm_cell **out)
{
    dm_cell *cells;
    dm_status st = eval_temp(e, &cells);
    if (st == DM_OK)
        column_read(&rows->rows.col[column], from, n, cells);
    *out = cells;
    return st;
}

/* A relation's values in the type that the aggregate takes. */
static dm_status read_values(dm_eval *e, const groups *g, const aggregate *a,
                             const rowset *rows, size_t from, size_t n,
                             uint8_t *ok, const dm_cell **out)
{
    *out = NULL;
    if (a->column >= g->to->decl->arity)
        return DM_OK; /* count() */
    dm_type type = g->to->decl->columns[a->column].type;
    dm_status st = read_column(e, rows, a->column, from, n, out);
    if (st != DM_OK || type == a->in)
        return st;
    dm_cell *converted;
    st = eval_temp(e, &converted);
    if (st == DM_OK)
        st = value_convert(e, type, a->in, *out, n, ok, converted);
    *out = converted;
    return st;
}

static dm_status add_batch(dm_eval *e, groups *g, const rowset *rows,
                           size_t from, size_t n, bool undefined)
{
    const dm_cell *columns[131];
    dm_cell *flags;
    uint8_t ok[BATCH];
    size_t c = 0;
    dm_status st = eval_temp(e, &flags);
    for (size_t i = 0; i < n; i++)
        ok[i] = !rowset_is_dead(rows, from + i);
    for (uint32_t k = 0; k < g->nkeys && st == DM_OK; k++)
        st = read_column(e, rows, g->key_columns[k], from, n, &columns[c++]);
    for (uint32_t k = 0; k < g->naggregates && st == DM_OK; k++)
        st = read_values(e, g, &g->aggregates[k], rows, from, n, ok,
                         &columns[c++]);
    if (st != DM_OK)
        return st;
    for (size_t i = 0; i < n; i++)
        flags[i] = undefined;
    columns[c++] = NULL;
    columns[c] = flags;
    return feed_columns(e, g, n, columns, ok);
}

/* Rows are counted as one group: nothing of a row matters. */
static bool counts_rows(const groups *g)
{
    return g->nkeys == 0 && g->naggregates == 1
           && g->aggregates[0].op == DM_COUNT && !g->aggregates[0].distinct
           && g->aggregates[0].column >= g->to->decl->arity;
}

dm_status groups_add_rows(dm_eval *e, groups *g, const rowset *rows,
                          size_t n, bool undefined)
{
    dm_status st = DM_OK;
    size_t top = e->temp_top, all = n;
    bool counted = n && !undefined && !rows->ndead && counts_rows(g);
    n = counted ? 1 : n;
    for (size_t at = 0; at < n && st == DM_OK; at += BATCH) {
        st = eval_poll(e);
        if (st == DM_OK)
            st = add_batch(e, g, rows, at, n - at < BATCH ? n - at : BATCH,
                           undefined);
        e->temp_top = top;
    }
    if (counted && st == DM_OK)
        *group_state(g, 0) += all - 1;
    return st;
}
