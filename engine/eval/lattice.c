/* lattice.c - relations that keep the best value per key.
 *
 * A recursive lattice keeps its best rows while it grows: a row that betters
 * one of an earlier round is appended, and the other is marked dead; within a
 * round the row is changed in place.  When rows died, the component is run
 * again admitting only the final rows, so that the order of rows is one of
 * derivation and nothing is left of the dead.  (Where final rows rest only on
 * dead ones, as with steps that are not monotone, they are added at the end
 * in the order of the first run.)
 *
 * A lattice that is not recursive is an aggregation over all its rules
 * together, its input rows counting as instances. */
#include "eval/fixpoint.h"

#include <assert.h>

/* ---- recursive ---------------------------------------------------------- */

static bool some_died(const fixpoint *f)
{
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        if (fixpoint_relation(f, i)->part[PART_TRUE].ndead)
            return true;
    return false;
}

/* Whether a value grows with a variable that occurs in it once, no two of the
 * variable's values giving the same. */
static bool grows_with(const dm_expr *x, uint32_t var)
{
    if (x->kind == DM_EXPR_VAR)
        return x->var == var;
    if (x->kind != DM_EXPR_OP || x->type != DM_INT || x->nargs != 2
        || (x->op != DM_ADD && x->op != DM_SUB))
        return false;
    return grows_with(&x->args[0], var)
           || (x->op == DM_ADD && grows_with(&x->args[1], var));
}

/* Whether what a rule gives is better the better the value of its atom `l`,
 * a lattice of the component, and depends on that in no other way. */
static bool is_strict_in(const dm_eval *e, const dm_rule *rule,
                         const dm_literal *l)
{
    const eval_relation *to = &e->relations[rule->relation];
    const eval_relation *from = &e->relations[l->relation];
    const dm_expr *value = &rule->args[to->lattice_column];
    const dm_expr *x = &l->args[from->lattice_column];
    if (value->kind == DM_EXPR_AGGREGATE)
        value = &value->args[0];
    return l->kind == DM_ATOM && !l->possible
           && from->lattice_op == to->lattice_op && x->kind == DM_EXPR_VAR
           && x->type == from->order.type && value->type == to->order.type
           && x->type == value->type && rules_count_uses(rule, x->var) == 2
           && grows_with(value, x->var);
}

static bool is_strict(const fixpoint *f)
{
    const dm_eval *e = f->e;
    for (uint32_t i = 0; i < f->c->nrelations; i++)
        if (!fixpoint_relation(f, i)->lattice)
            return false;
    for (uint32_t i = 0; i < f->c->nrules; i++) {
        const dm_rule *r = fixpoint_rule(f, f->c->rules[i]);
        for (uint32_t b = 0; b < r->nbody; b++)
            if (r->body[b].kind != DM_TEST
                && e->relations[r->body[b].relation].growing
                && !is_strict_in(e, r, &r->body[b]))
                return false;
    }
    return true;
}

/* Leave the dead rows out of a relation. */
static dm_status bury(dm_eval *e, eval_relation *r)
{
    size_t inputs = 0;
    rowset *t = &r->part[PART_TRUE];
    for (size_t row = 0; row < r->inputs[PART_TRUE]; row++)
        inputs += !rowset_is_dead(t, row);
    r->inputs[PART_TRUE] = inputs;
    return rowset_compact(t) == DM_OK ? DM_OK : error_nomem(e->err);
}

/* Rows of the first run that the second did not reach. */
static dm_status add_missing(dm_eval *e, eval_relation *r)
{
    rowset *to = &r->part[PART_TRUE];
    dm_cell row[64];
    uint32_t number;
    bool fresh;
    if (!r->lattice)
        return DM_OK;
    if (rowset_begin_round(to, e->stage) != DM_OK)
        return error_nomem(e->err);
    for (size_t i = 0; i < r->final.nrows; i++) {
        if (rowset_is_dead(&r->final, i))
            continue;
        rowset_get(&r->final, i, row);
        if (rowset_put(to, row, &number, &fresh) != DM_OK)
            return error_nomem(e->err);
    }
    return DM_OK;
}

/* Set the relation's rows aside and begin anew with the inputs. */
static dm_status set_aside(dm_eval *e, eval_relation *r)
{
    r->final = r->part[PART_TRUE];
    r->part[PART_TRUE] = fixpoint_empty_like(&r->final);
    r->ordering = r->lattice;
    return fixpoint_restore(e, &r->final, r->inputs[PART_TRUE],
                            r->lattice ? &r->final : NULL, NULL,
                            &r->part[PART_TRUE], &r->inputs[PART_TRUE]);
}

dm_status lattice_settle(fixpoint *f, first_rules first)
{
    dm_status st = DM_OK;
    uint64_t derived = f->e->derived;
    bool strict = is_strict(f);
    if (!some_died(f))
        return DM_OK;
    for (uint32_t i = 0; i < f->c->nrelations && strict && st == DM_OK; i++)
        st = bury(f->e, fixpoint_relation(f, i));
    if (strict)
        return st;
    for (uint32_t i = 0; i < f->c->nrelations && st == DM_OK; i++)
        st = set_aside(f->e, fixpoint_relation(f, i));
    f->e->derived = 0;
    if (st == DM_OK)
        st = fixpoint_iterate(f, first);
    f->e->derived = derived;
    f->e->stage++;
    for (uint32_t i = 0; i < f->c->nrelations; i++) {
        eval_relation *r = fixpoint_relation(f, i);
        if (st == DM_OK)
            st = add_missing(f->e, r);
        rowset_free(&r->final);
        r->ordering = false;
    }
    return st;
}

/* ---- flat --------------------------------------------------------------- */

/* All rules, and the rows put in, into one set of groups. */
static dm_status gather(fixpoint *f, eval_relation *r, groups **out)
{
    fixpoint both = *f;
    both.side = SIDE_POSSIBLE;
    f->e->rule = f->c->rules[0];
    dm_status st = groups_of_head(f->e, f->c->rules[0], out);
    for (int part = 0; part < NPARTS && st == DM_OK; part++)
        st = groups_add_rows(f->e, *out, &r->part[part], r->inputs[part],
                             part == PART_UNDEFINED);
    for (uint32_t i = 0; i < f->c->nrules && st == DM_OK; i++)
        st = rules_run(&both, &(rule_run){.rule = f->c->rules[i],
                                          .delta = PLAN_NO_DELTA,
                                          .sink = groups_sink,
                                          .context = *out});
    return st;
}

/* Put the rows made into a part: inputs first, then the others. */
static dm_status place(dm_eval *e, eval_relation *r, int part,
                       rowset *made, const rowset *inputs)
{
    rowset *to = &r->part[part];
    size_t all;
    dm_status st = fixpoint_restore(e, inputs, r->inputs[part], made, NULL,
                                    to, &r->inputs[part]);
    if (st == DM_OK && rowset_begin_round(to, e->stage) != DM_OK)
        st = error_nomem(e->err);
    if (st == DM_OK)
        st = fixpoint_restore(e, made, made->nrows, NULL, NULL, to, &all);
    e->derived += to->nrows - r->inputs[part];
    return st;
}

/* Certain rows into the true part, or the others into the other. */
static dm_status emit(fixpoint *f, eval_relation *r, groups *g, int part)
{
    rowset made, inputs = r->part[part];
    rowset_init(&made, inputs.arity);
    dm_status st = groups_emit(f->e, g, part == PART_UNDEFINED, &made, NULL);
    r->part[part] = fixpoint_empty_like(&inputs);
    if (st == DM_OK)
        st = place(f->e, r, part, &made, &inputs);
    rowset_free(&made);
    rowset_free(&inputs);
    return st;
}

dm_status lattice_run_flat(fixpoint *f)
{
    eval_relation *r = fixpoint_relation(f, 0);
    groups *g = NULL;
    assert(f->c->nrelations == 1 && r->lattice);
    dm_status st = gather(f, r, &g);
    for (int part = 0; part < NPARTS && st == DM_OK; part++) {
        f->e->stage++;
        st = emit(f, r, g, part);
    }
    groups_free(g);
    return st;
}
