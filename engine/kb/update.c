/* update.c - changing the input of a model that has been evaluated.
 *
 * Purpose: bring a model up to date without evaluating it again.
 * Representation: the rows that come and go, by relation; the evaluator does
 * the rest, and what is noted here of input rows is changed with them.
 * Invariants: a lattice's set of input rows is what the evaluator was given,
 * since its own rows do not tell. */
#include "kb/inputs.h"

#include "base/error.h"

/* ---- rows given directly ------------------------------------------------ */

/* A lattice's set of input rows, as the evaluator keeps it. */
static dm_status note_lattice(input *in, const dm_change *c, dm_error *err)
{
    size_t arity = in->rows.arity;
    for (size_t i = 0; i < c->nremoved; i++) {
        uint32_t row = rowset_find(&in->rows, c->removed + i * arity);
        if (row != ROWSET_NONE && rowset_remove(&in->rows, row) != DM_OK)
            return error_nomem(err);
    }
    dm_status st = DM_OK;
    for (size_t i = 0; i < c->nadded && st == DM_OK; i++)
        st = input_put(in, c->added + i * arity, 0, err);
    return st;
}

dm_status dm_model_change(dm_model *m, const dm_change *changes, size_t n,
                          dm_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (changes[i].relation >= m->ninputs
            || m->inputs[changes[i].relation].decl == NULL)
            return error_set(err, DM_INVALID, "a change is of no input "
                             "relation of the program");
    dm_status st = eval_update(m->eval, changes, n, err);
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        input *in = &m->inputs[changes[i].relation];
        if (in->lattice)
            st = note_lattice(in, &changes[i], err);
    }
    return st;
}
