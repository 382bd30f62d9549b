/* verify.c - an independent look at the chosen derivations.
 *
 * For each row that the goal rests on: it is in the model; its derivation is
 * among the instances that the evaluator gives for its rule and head; what it
 * takes as absent is absent; and no row rests on itself, found by a
 * depth-first walk on an explicit stack. */
#include "base/error.h"
#include "read/slice.h"

enum { WHITE, GREY, BLACK };

typedef struct frame {
    uint32_t node;
    size_t next; /* premise */
} frame;

typedef struct verifying {
    slice *s;
    uint8_t *colour;
    VEC(frame) stack;
} verifying;

static dm_status fault(uint32_t node, const char *what, dm_error *err)
{
    return error_set(err, DM_CORRUPT, "proof: row %u %s", node, what);
}

/* ---- one derivation ----------------------------------------------------- */

typedef struct looking {
    slice *s;
    const derivation *d;
    bool found;
    size_t contributing;
} looking;

static bool same_row(const slice *s, uint32_t node, eval_row row)
{
    const eval_row *r = &s->nodes.at[node].row;
    return r->relation == row.relation && r->truth == row.truth
           && r->row == row.row;
}

/* Is the derivation this instance? */
static bool on_candidate(void *context, const eval_instance *instance)
{
    looking *l = context;
    const dm_rule *rule = dm_program_get_rule(l->s->program, l->d->rule);
    size_t k = 0;
    bool same = true;
    l->contributing++;
    for (size_t i = 0; i < instance->npremises && same; i++) {
        if (rule->body[i].possible)
            continue; /* not shown: see push_premises */
        const premise *p = &l->d->premises[k];
        same = p->literal == i && p->truth == instance->premises[i].truth;
        if (same && p->kind == DM_ATOM)
            same = same_row(l->s, p->node, instance->premises[i].row);
        k += 1 + (p->kind == DM_BODY_AGGREGATE ? p->members : 0);
    }
    l->found = l->found || same;
    return l->d->aggregate || !l->found;
}

static bool on_any(void *context, eval_row row)
{
    dm_truth *most = context;
    if (row.truth > *most)
        *most = row.truth;
    return *most != DM_TRUE;
}

/* A negated premise: no such row, or just a disputed one. */
static dm_status check_absent(slice *s, const derivation *d, const premise *p,
                              dm_error *err)
{
    const dm_literal *l =
        &dm_program_get_rule(s->program, d->rule)->body[p->literal];
    dm_truth most = DM_FALSE;
    uint64_t mask = 0;
    for (uint32_t i = 0; i < l->nargs; i++)
        if (!dm_program_is_free(s->program, d->rule, p->literal, i))
            mask |= UINT64_C(1) << i;
    dm_status st = eval_match(s->eval, l->relation, mask, p->cells, on_any,
                              &most, err);
    if (st == DM_OK && most + p->truth > DM_TRUE)
        st = fault(d->head, "takes as absent what is there", err);
    return st;
}

static dm_status check_derivation(slice *s, const derivation *d,
                                  dm_error *err)
{
    looking l = {.s = s, .d = d};
    dm_status st = eval_instances(s->eval, d->rule, slice_cells(s, d->head),
                                  s->nodes.at[d->head].row.truth,
                                  on_candidate, &l, err);
    if (st == DM_OK && !(d->aggregate ? l.contributing > 0 : l.found))
        st = fault(d->head, "isn't derived by its rule", err);
    for (size_t i = 0; i < d->npremises && st == DM_OK; i++)
        if (d->premises[i].kind == DM_NOT_ATOM)
            st = check_absent(s, d, &d->premises[i], err);
    return st;
}

/* ---- the walk ----------------------------------------------------------- */

static dm_status enter(verifying *v, uint32_t node, dm_error *err)
{
    const slice_node *n = &v->s->nodes.at[node];
    eval_row row;
    frame f = {.node = node};
    if (v->colour[node] == BLACK)
        return DM_OK;
    if (v->colour[node] == GREY)
        return fault(node, "rests on itself", err);
    if (eval_lookup(v->s->eval, n->row.relation, slice_cells(v->s, node), &row)
        != n->row.truth)
        return fault(node, "isn't in the model", err);
    v->colour[node] = GREY;
    if (!vec_push(&v->stack, f))
        return error_nomem(err);
    if (n->input)
        return DM_OK;
    if (n->chosen == SLICE_NONE)
        return fault(node, "has no derivation", err);
    return check_derivation(v->s, &v->s->derivations.at[n->chosen], err);
}

static dm_status step(verifying *v, dm_error *err)
{
    frame *f = &v->stack.at[v->stack.len - 1];
    const slice_node *n = &v->s->nodes.at[f->node];
    const derivation *d =
        n->input ? NULL : &v->s->derivations.at[n->chosen];
    while (d != NULL && f->next < d->npremises) {
        const premise *p = &d->premises[f->next++];
        if (p->kind == DM_ATOM)
            return enter(v, p->node, err);
    }
    v->colour[f->node] = BLACK;
    v->stack.len--;
    return DM_OK;
}

dm_status slice_verify(slice *s, uint32_t goal, dm_error *err)
{
    verifying v = {.s = s};
    v.colour = mem_calloc(s->nodes.len + 1, 1);
    dm_status st = v.colour != NULL ? enter(&v, goal, err) : error_nomem(err);
    while (st == DM_OK && v.stack.len > 0)
        st = step(&v, err);
    vec_free(&v.stack);
    mem_free(v.colour);
    return st;
}
