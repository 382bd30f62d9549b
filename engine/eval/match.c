/* match.c - match operations over a batch: bind, take apart, compare.
 *
 * compile.c makes the operations.  They are run one after the other, each
 * over the whole batch; rows that don't match lose their `ok`, and what later
 * operations write there means nothing. */
#include "eval/internal.h"

#include <string.h>

typedef struct matching {
    dm_eval *e;
    batch *b;
    const rowset *rows;   /* where columns are read from; may be NULL */
    const uint32_t *row;
    dm_cell **regs;
    uint8_t *ok;
} matching;

static void gather(const matching *m, uint32_t column, dm_cell *out)
{
    column_gather(&m->rows->rows.col[column], m->row, m->b->n, out);
}

static void open_compound(const matching *m, const match_op *op)
{
    const dm_terms *terms = m->e->terms;
    const dm_cell *in = m->regs[op->from];
    for (size_t i = 0; i < m->b->n; i++) {
        dm_term t = (dm_term)in[i];
        if (!m->ok[i])
            continue;
        if (terms_kind(terms, t) != TERM_COMPOUND
            || terms_functor(terms, t) != op->e->functor
            || terms_arity(terms, t) != op->e->nargs) {
            m->ok[i] = 0;
            continue;
        }
        const dm_term *args = terms_args(terms, t);
        for (uint32_t j = 0; j < op->e->nargs; j++)
            m->regs[op->to + j][i] = args[j];
    }
}

/* The value, in the expression's type, equals the expression's. */
static dm_status match_equal(const matching *m, const match_op *op)
{
    const dm_cell *want = NULL, *have = m->regs[op->from];
    size_t top = m->e->temp_top;
    dm_status st = expr_eval(m->e, op->e, m->b, m->ok, &want);
    if (st == DM_OK && op->type != op->e->type) {
        dm_cell *same;
        st = eval_temp(m->e, &same);
        if (st == DM_OK)
            st = value_convert(m->e, op->type, op->e->type, have, m->b->n,
                               m->ok, same);
        have = same;
    }
    for (size_t i = 0; st == DM_OK && i < m->b->n; i++)
        m->ok[i] &= have[i] == want[i];
    m->e->temp_top = top;
    return st;
}

static dm_status match_one(const matching *m, const match_op *op)
{
    switch (op->kind) {
    case MATCH_COLUMN:
        gather(m, op->from, m->b->col[op->to]);
        return DM_OK;
    case MATCH_LOAD:
        gather(m, op->from, m->regs[op->to]);
        return DM_OK;
    case MATCH_BIND:
        return value_convert(m->e, op->type, op->e->type, m->regs[op->from],
                             m->b->n, m->ok, m->b->col[op->to]);
    case MATCH_EQUAL:
        return match_equal(m, op);
    case MATCH_OPEN:
        open_compound(m, op);
        return DM_OK;
    }
    return DM_OK;
}

dm_status match_all(dm_eval *e, const match_ops *ops, uint32_t nregs,
                    const dm_cell *value, batch *b, const rowset *rows,
                    const uint32_t *row, uint8_t *ok)
{
    dm_cell *few[16], **regs = few;
    size_t top = e->temp_top;
    dm_status st = DM_OK;
    if (nregs > 16 && !(regs = mem_alloc(nregs * sizeof *regs)))
        return error_nomem(e->err);
    matching m = {e, b, rows, row, regs, ok};
    for (uint32_t i = 0; i < nregs; i++)
        TRY(eval_temp(e, &regs[i]), out);
    if (value)
        memcpy(regs[0], value, b->n * sizeof *value);
    for (size_t i = 0; i < ops->len; i++)
        TRY(match_one(&m, &ops->at[i]), out);
out:
    e->temp_top = top;
    if (regs != few)
        mem_free(regs);
    return st;
}

bool match_may_reject(const match_ops *ops)
{
    for (size_t i = 0; i < ops->len; i++)
        if (ops->at[i].kind != MATCH_COLUMN && ops->at[i].kind != MATCH_LOAD)
            return true;
    return false;
}
