/* select.c - inputs of which only some rows are looked at.
 *
 * Purpose: a point lookup, or a rule that reads r(7, X), needs the rows of an
 * input that begin with 7 and no others; whoever feeds the evaluator can leave
 * the rest where it is.
 * Method: the columns in which all literals that read a relation have the same
 * constant, the goal being one more literal.
 * Invariants: to leave rows out is allowed, never demanded.  Lattices are left
 * alone, whose rows compete with one another.
 * Cost: linear in the rules. */
#include "rules/demand.h"

#include <assert.h>

/* Narrow what is selected to what a reader with `cells` in the columns `mask`
 * has in common with those before it. */
static void narrow(program_relation *r, bool *read, uint64_t mask,
                   const dm_cell *cells)
{
    if (!*read)
        r->select = mask;
    for (uint32_t i = 0; i < r->pub.arity; i++)
        if (!*read)
            r->selected[i] = cells[i];
        else if (!(mask >> i & 1) || cells[i] != r->selected[i])
            r->select &= ~(UINT64_C(1) << i);
    *read = true;
}

/* The columns in which a literal has constants. */
static uint64_t constants(const program_relation *r, const dm_literal *l,
                          dm_cell *cells)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < r->pub.arity; i++) {
        const dm_expr *e = &l->args[i];
        cells[i] = e->kind == DM_EXPR_CONST ? e->cell : 0;
        if (l->kind == DM_BODY_AGGREGATE && !(l->grouped >> i & 1))
            continue;
        if (e->kind == DM_EXPR_CONST && e->type == r->columns[i].type)
            mask |= UINT64_C(1) << i;
    }
    return mask;
}

/* Rows of a state that tell when they began have one column that isn't
 * stored. */
static uint64_t stored_columns(const dm_relation *r)
{
    uint32_t n = r->arity - (r->input == DM_INPUT_BEGUN);
    return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

static bool may_select(const program_relation *r)
{
    return !r->lattice && (r->pub.input == DM_INPUT_FACTS
                           || r->pub.input == DM_INPUT_BEGUN);
}

dm_status select_inputs(dm_program *p, uint32_t goal, uint64_t mask,
                        const dm_cell *cells)
{
    size_t n = p->relations.len;
    dm_cell of_literal[PROGRAM_MAX_ARITY];
    bool *read = arena_zalloc(&p->arena, n + 1);
    if (!read)
        return DM_NOMEM;
    for (size_t i = 0; i < n; i++) {
        program_relation *r = p->relations.at[i];
        r->selected = arena_zalloc(&p->arena, (r->pub.arity + (size_t)1)
                                                  * sizeof *r->selected);
        if (!r->selected)
            return DM_NOMEM;
    }
    narrow(p->relations.at[goal], &read[goal], mask, cells);
    for (size_t i = 0; i < p->rules.len; i++) {
        const dm_rule *rule = &p->rules.at[i]->pub;
        for (uint32_t b = 0; b < rule->nbody; b++) {
            const dm_literal *l = &rule->body[b];
            if (!literal_reads(l))
                continue;
            program_relation *r = p->relations.at[l->relation];
            uint64_t bound = constants(r, l, of_literal);
            narrow(r, &read[l->relation], bound, of_literal);
        }
    }
    for (size_t i = 0; i < n; i++) {
        program_relation *r = p->relations.at[i];
        r->select &= may_select(r) ? stored_columns(&r->pub) : 0;
    }
    return DM_OK;
}

uint64_t dm_program_selection(const dm_program *p, uint32_t relation,
                              const dm_cell **cells)
{
    assert(relation < p->relations.len);
    const program_relation *r = p->relations.at[relation];
    *cells = r->selected;
    return r->select;
}
