/* expr.c - the value of an expression over a batch of bindings.
 *
 * An expression is evaluated column by column, so that a registered function
 * is called once for many rows.  Results of calls are kept for the whole
 * evaluation (functions are pure), keyed by the function and its arguments,
 * which also spares repeated arguments within a batch.
 *
 * Temporary columns form a stack: a caller that keeps results remembers
 * e->temp_top and restores it when done.  The recursion is as deep as the
 * expression is in the rule's text. */
#include "eval/internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- calls -------------------------------------------------------------- */

static void free_memo(memo *m)
{
    rowset_free(&m->args);
    vec_free(&m->results);
    vec_free(&m->defined);
    mem_free(m->types);
    mem_free(m);
}

void expr_free_memos(dm_eval *e)
{
    while (e->memos) {
        memo *next = e->memos->next;
        free_memo(e->memos);
        e->memos = next;
    }
}

static bool same_types(const memo *m, const dm_expr *x)
{
    for (uint32_t i = 0; i < x->nargs; i++)
        if (m->types[i] != x->args[i].type)
            return false;
    return true;
}

static dm_status new_memo(dm_eval *e, const dm_expr *x, memo **out)
{
    memo *m = mem_calloc(1, sizeof *m);
    if (!m || !(m->types = mem_calloc(x->nargs + 1, sizeof *m->types))) {
        mem_free(m);
        return error_nomem(e->err);
    }
    m->function = x->function;
    m->nargs = x->nargs;
    for (uint32_t i = 0; i < x->nargs; i++)
        m->types[i] = x->args[i].type;
    rowset_init(&m->args, x->nargs);
    m->next = e->memos;
    e->memos = m;
    *out = m;
    return DM_OK;
}

static dm_status find_memo(dm_eval *e, const dm_expr *x, memo **out)
{
    for (memo *m = e->memos; m; m = m->next)
        if (m->function == x->function && m->nargs == x->nargs
            && same_types(m, x)) {
            *out = m;
            return DM_OK;
        }
    return new_memo(e, x, out);
}

/* Number the argument tuples of the batch; new ones are added to the memo. */
static dm_status number_args(dm_eval *e, memo *m, const dm_cell *const *args,
                             size_t n, const uint8_t *ok, uint32_t *number)
{
    dm_cell *row = mem_alloc((m->nargs + 1) * sizeof *row);
    bool fresh;
    dm_status st = row ? DM_OK : DM_NOMEM;
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        if (!ok[i])
            continue;
        for (uint32_t j = 0; j < m->nargs; j++)
            row[j] = args[j][i];
        st = rowset_put(&m->args, row, &number[i], &fresh);
    }
    mem_free(row);
    return st == DM_OK ? st : eval_fail(e, st, "too many calls to keep");
}

dm_status expr_call_failed(dm_eval *e, const char *name, dm_status st)
{
    char rule[RULE_NAME], text[300] = "";
    if (e->err && e->err->status == st)
        snprintf(text, sizeof text, "%.290s", e->err->text);
    return eval_fail(e, st, "%s failed%s%s in %s", name,
                     *text ? ": " : "", text, eval_rule_name(e, rule));
}

dm_status expr_check_floats(dm_eval *e, const dm_function *f, size_t n,
                            const uint8_t *defined, dm_cell *cells)
{
    char rule[RULE_NAME];
    for (size_t i = 0; f->result == DM_FLOAT && i < n; i++) {
        if (!defined[i])
            continue;
        double x = cell_get_float(cells[i]);
        if (isnan(x))
            return eval_fail(e, DM_FUNCTION, "%s gave what is not a number "
                             "in %s", f->name, eval_rule_name(e, rule));
        cells[i] = cell_float(x);
    }
    return DM_OK;
}

/* Call the function for the argument tuples from `first` on, all new. */
static dm_status call_new(dm_eval *e, const dm_function *f, memo *m,
                          size_t first)
{
    size_t n = m->args.nrows - first, top = e->temp_top;
    dm_cell *results;
    uint8_t *defined;
    dm_status st = DM_OK;
    const dm_cell **args = mem_alloc((m->nargs + 1) * sizeof *args);
    if (!args || !vec_reserve(&m->results, m->args.nrows)
        || !vec_reserve(&m->defined, m->args.nrows))
        TRY(error_nomem(e->err), out);
    for (uint32_t j = 0; j < m->nargs; j++) {
        dm_cell *column;
        TRY(eval_temp(e, &column), out);
        for (size_t i = 0; i < n; i++)
            column[i] = rowset_cell(&m->args, first + i, j);
        args[j] = column;
    }
    results = m->results.at + first;
    defined = m->defined.at + first;
    memset(defined, 1, n);
    if (e->err)
        *e->err = (dm_error){0};
    st = f->call(f->context, e->terms, n, m->types, args, results, defined,
                 e->err);
    if (st != DM_OK)
        TRY(expr_call_failed(e, f->name, st), out);
    TRY(expr_check_floats(e, f, n, defined, results), out);
    m->results.len = m->defined.len = m->args.nrows;
out:
    e->temp_top = top;
    mem_free(args);
    return st;
}

static dm_status eval_call(dm_eval *e, const dm_expr *x,
                           const dm_cell *const *args, size_t n, uint8_t *ok,
                           dm_cell *out)
{
    const dm_function *f = dm_program_get_function(e->program, x->function);
    uint32_t number[BATCH];
    memo *m = NULL;
    dm_status st = find_memo(e, x, &m);
    if (st != DM_OK)
        return st;
    size_t first = m->args.nrows;
    st = number_args(e, m, args, n, ok, number);
    if (st == DM_OK && m->args.nrows > first)
        st = call_new(e, f, m, first);
    if (st != DM_OK)
        m->function = UINT32_MAX; /* arguments without results: forget it */
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        if (!ok[i])
            continue;
        ok[i] = m->defined.at[number[i]];
        out[i] = m->results.at[number[i]];
    }
    return st;
}

/* ---- expressions -------------------------------------------------------- */

static dm_status eval_compound(dm_eval *e, const dm_expr *x,
                               const dm_cell *const *args, size_t n,
                               const uint8_t *ok, dm_cell *out)
{
    dm_term *terms = mem_alloc((x->nargs + 1) * sizeof *terms), made;
    dm_status st = terms ? DM_OK : DM_NOMEM;
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        if (!ok[i])
            continue;
        for (uint32_t j = 0; j < x->nargs; j++)
            terms[j] = (dm_term)args[j][i];
        st = terms_compound(e->terms, x->functor, terms, x->nargs, &made);
        if (st == DM_OK)
            out[i] = made;
    }
    mem_free(terms);
    char rule[RULE_NAME];
    return st == DM_OK ? st : eval_fail(e, st, "can't make a term in %s",
                                        eval_rule_name(e, rule));
}

/* The type that a node wants its argument in. */
static dm_type argument_type(const dm_expr *x, uint32_t i)
{
    if (x->kind == DM_EXPR_COMPOUND)
        return DM_TERM;
    if (x->kind != DM_EXPR_OP)
        return x->args[i].type;
    if (x->type == DM_FLOAT)
        return DM_FLOAT;
    return x->args[i].type == DM_DATE ? DM_DATE : DM_INT;
}

/* A compound, operation or call with its arguments evaluated. */
static dm_status eval_node(dm_eval *e, const dm_expr *x, const batch *b,
                           uint8_t *ok, dm_cell *out)
{
    dm_status st = DM_OK;
    size_t top = e->temp_top;
    const dm_cell **args = mem_calloc(x->nargs + 1, sizeof *args);
    if (!args)
        return error_nomem(e->err);
    for (uint32_t i = 0; i < x->nargs; i++)
        TRY(expr_eval_as(e, &x->args[i], argument_type(x, i), b, ok,
                         &args[i]), out);
    if (x->kind == DM_EXPR_COMPOUND)
        st = eval_compound(e, x, args, b->n, ok, out);
    else if (x->kind == DM_EXPR_CALL)
        st = eval_call(e, x, args, b->n, ok, out);
    else
        st = value_op(e, x, args[0], x->nargs > 1 ? args[1] : NULL, b->n, ok,
                      out);
out:
    e->temp_top = top;
    mem_free(args);
    return st;
}

dm_status expr_eval(dm_eval *e, const dm_expr *x, const batch *b, uint8_t *ok,
                    const dm_cell **out)
{
    dm_cell *column;
    if (x->kind == DM_EXPR_VAR) {
        *out = b->col[x->var];
        assert(*out);
        return DM_OK;
    }
    dm_status st = eval_temp(e, &column);
    if (st != DM_OK)
        return st;
    *out = column;
    if (x->kind != DM_EXPR_CONST)
        return eval_node(e, x, b, ok, column);
    for (size_t i = 0; i < b->n; i++)
        column[i] = x->cell;
    return DM_OK;
}

dm_status expr_eval_as(dm_eval *e, const dm_expr *x, dm_type type,
                       const batch *b, uint8_t *ok, const dm_cell **out)
{
    const dm_cell *own;
    dm_cell *column;
    dm_status st = expr_eval(e, x, b, ok, &own);
    if (st != DM_OK)
        return st;
    if (x->type == type) {
        *out = own;
        return DM_OK;
    }
    st = eval_temp(e, &column);
    *out = column;
    return st != DM_OK ? st
                       : value_convert(e, x->type, type, own, b->n, ok,
                                       column);
}
