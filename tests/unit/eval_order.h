/* eval_order.h - whether the rows of a model are in order of derivation. */
#ifndef TESTS_EVAL_ORDER_H
#define TESTS_EVAL_ORDER_H

#include "base/vec.h"
#include "eval_text.h"

typedef VEC(eval_row) order_rows;

struct ordering {
    dm_eval *eval;
    eval_row row;
    bool found;
    size_t unsupported;
};

static bool on_order_instance(void *context, const eval_instance *instance)
{
    struct ordering *o = context;
    uint64_t stage = eval_stage(o->eval, o->row);
    for (size_t i = 0; i < instance->npremises; i++) {
        const eval_premise *p = &instance->premises[i];
        if (p->kind == DM_ATOM && eval_stage(o->eval, p->row) >= stage)
            return true;
    }
    o->found = true;
    return false;
}

/* Whether some instance derives the row from rows of earlier stages. */
static void order_find(struct ordering *o)
{
    const dm_program *p = eval_program(o->eval);
    dm_cell cells[64];
    uint32_t arity = dm_program_get_relation(p, o->row.relation)->arity;
    memcpy(cells, eval_cells(o->eval, o->row), arity * sizeof *cells);
    o->found = false;
    for (uint32_t i = 0; i < dm_program_nrules(p) && !o->found; i++)
        if (dm_program_get_rule(p, i)->relation == o->row.relation)
            eval_instances(o->eval, i, cells, o->row.truth, on_order_instance,
                           o, NULL);
}

static bool note_order_row(void *context, eval_row row)
{
    order_rows *rows = context;
    if (!vec_push(rows, row))
        abort();
    return true;
}

/* How many rows of the model, inputs excepted, have no derivation from rows
 * of earlier stages. */
__attribute__((unused))
static size_t order_check(dm_eval *e)
{
    struct ordering o = {.eval = e};
    for (uint32_t r = 0; r < dm_program_nrelations(eval_program(e)); r++) {
        order_rows rows = {0};
        if (eval_match(e, r, 0, NULL, note_order_row, &rows, NULL) != DM_OK)
            abort();
        for (size_t i = 0; i < rows.len; i++) {
            o.row = rows.at[i];
            if (eval_is_input(e, o.row))
                continue;
            order_find(&o);
            o.unsupported += !o.found;
        }
        vec_free(&rows);
    }
    return o.unsupported;
}

#endif
