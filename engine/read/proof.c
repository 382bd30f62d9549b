/* proof.c - the chosen derivations below a goal, unfolded for readers.
 *
 * The slice finds derivations and chooses one for each row (slice.c,
 * settle.c); here they become nodes in depth-first order, so that what is
 * marked as seen stands above.  The rows of auxiliary relations disappear:
 * the premises of their derivations take their place, on an explicit stack.
 *
 * Cost: linear in the nodes shown.  No recursion: a chain of any length is a
 * proof like others. */
#include "read/proof.h"

#include "base/buf.h"
#include "base/error.h"
#include "read/slice.h"

#include <assert.h>

/* A node that waits to be unfolded. */
typedef struct pending {
    size_t node;   /* in the proof */
    uint32_t row;  /* in the slice, or SLICE_NONE */
} pending;

/* A derivation whose premises are being taken; `next` is the next one. */
typedef struct splice {
    uint32_t derivation;
    size_t next;
    uint32_t literal; /* of the shown rule, for spliced ones; else NONE */
} splice;

struct dm_proof {
    slice slice;
    bool least;
    arena memory;
    VEC(proof_node) nodes;
    size_t *first; /* per slice node: its proof node + 1 */
    VEC(pending) stack;
    VEC(splice) splices;
    VEC(size_t) children;
    VEC(uint32_t) rows; /* of `children` */
};

/* ---- making nodes ------------------------------------------------------- */

static dm_status push_node(dm_proof *p, proof_node n, uint32_t row)
{
    size_t id = p->nodes.len;
    if (!vec_push(&p->nodes, n) || !vec_push(&p->children, id)
        || !vec_push(&p->rows, row))
        return DM_NOMEM;
    return DM_OK;
}

static dm_status push_row(dm_proof *p, uint32_t row, uint32_t literal)
{
    const slice_node *n = &p->slice.nodes.at[row];
    proof_node made = {.kind = n->input ? DM_PROOF_INPUT : DM_PROOF_RULE,
                       .truth = n->row.truth, .relation = n->row.relation,
                       .row = n->row, .cells = slice_cells(&p->slice, row),
                       .bound = UINT64_MAX, .rule = UINT32_MAX,
                       .literal = literal};
    return push_node(p, made, row);
}

static uint64_t bound_columns(const dm_proof *p, uint32_t rule,
                              uint32_t literal, uint32_t nargs)
{
    uint64_t bound = 0;
    for (uint32_t i = 0; i < nargs && i < 64; i++)
        if (!dm_program_is_free(p->slice.program, rule, literal, i))
            bound |= UINT64_C(1) << i;
    return bound;
}

static dm_status push_absent(dm_proof *p, uint32_t rule, const premise *m,
                             uint32_t literal)
{
    const dm_literal *l =
        &dm_program_get_rule(p->slice.program, rule)->body[m->literal];
    proof_node n = {.kind = DM_PROOF_ABSENT, .truth = DM_TRUE,
                    .relation = l->relation, .cells = m->cells,
                    .bound = bound_columns(p, rule, m->literal, l->nargs),
                    .rule = rule, .literal = literal};
    return push_node(p, n, SLICE_NONE);
}

/* A negated row that is disputed: the node stands for the negation, and the
 * row itself is its child when it is unfolded. */
static dm_status push_disputed(dm_proof *p, const premise *m,
                               uint32_t literal)
{
    const slice_node *s = &p->slice.nodes.at[m->node];
    proof_node n = {.kind = DM_PROOF_DISPUTED, .truth = DM_UNDEFINED,
                    .relation = s->row.relation, .row = s->row,
                    .cells = slice_cells(&p->slice, m->node),
                    .bound = UINT64_MAX, .rule = UINT32_MAX,
                    .literal = literal};
    return push_node(p, n, m->node);
}

static dm_status push_test(dm_proof *p, uint32_t rule, const premise *m,
                           uint32_t literal)
{
    const dm_rule *r = dm_program_get_rule(p->slice.program, rule);
    buf text = {0};
    test_print(p->slice.program, eval_terms(p->slice.eval), r,
               &r->body[m->literal], m->vars, &text);
    proof_node n = {.kind = DM_PROOF_TEST, .truth = DM_TRUE,
                    .relation = UINT32_MAX, .rule = rule, .literal = literal};
    n.text = text.failed ? NULL
                         : arena_strdup(&p->memory, text.at, text.len);
    buf_free(&text);
    return n.text != NULL ? push_node(p, n, SLICE_NONE) : DM_NOMEM;
}

static dm_status push_body_aggregate(dm_proof *p, uint32_t rule,
                                     const premise *m, uint32_t literal)
{
    const dm_literal *l =
        &dm_program_get_rule(p->slice.program, rule)->body[m->literal];
    proof_node n = {.kind = DM_PROOF_AGGREGATE, .truth = m->truth,
                    .relation = l->relation, .cells = m->cells,
                    .bound = l->grouped, .rule = rule, .literal = literal,
                    .omitted = m->omitted};
    return push_node(p, n, SLICE_NONE);
}

/* ---- taking the premises of a derivation -------------------------------- */

static dm_status push_splice(dm_proof *p, uint32_t row, uint32_t literal)
{
    splice s = {.derivation = p->slice.nodes.at[row].chosen,
                .literal = literal};
    if (s.derivation == SLICE_NONE)
        return DM_OK; /* an auxiliary input row: nothing to show */
    return vec_push(&p->splices, s) ? DM_OK : DM_NOMEM;
}

static dm_status take_row(dm_proof *p, uint32_t row, uint32_t literal)
{
    if (slice_is_aux(&p->slice, p->slice.nodes.at[row].row.relation)
        && !p->slice.nodes.at[row].input)
        return push_splice(p, row, literal);
    return push_row(p, row, literal);
}

static dm_status take(dm_proof *p, const derivation *d, const premise *m,
                      uint32_t literal)
{
    switch (m->kind) {
    case DM_ATOM:
        return take_row(p, m->node, literal);
    case DM_NOT_ATOM:
        return m->node == SLICE_NONE ? push_absent(p, d->rule, m, literal)
                                     : push_disputed(p, m, literal);
    case DM_TEST:
        return push_test(p, d->rule, m, literal);
    case DM_BODY_AGGREGATE:
        return push_body_aggregate(p, d->rule, m, literal);
    }
    return DM_INVALID;
}

/* The children from `from` on become those of `node`, and wait to be unfolded
 * in their order. */
static dm_status attach(dm_proof *p, size_t node, size_t from)
{
    size_t count = p->children.len - from;
    size_t *children = arena_alloc(&p->memory,
                                   (count + 1) * sizeof *children);
    if (children == NULL)
        return DM_NOMEM;
    for (size_t i = count; i > 0; i--) {
        pending w = {p->children.at[from + i - 1], p->rows.at[from + i - 1]};
        children[i - 1] = w.node;
        if (!vec_push(&p->stack, w))
            return DM_NOMEM;
    }
    p->nodes.at[node].children = children;
    p->nodes.at[node].nchildren = count;
    p->children.len = p->rows.len = from;
    return DM_OK;
}

static dm_status take_members(dm_proof *p, const premise *m, uint32_t literal);

/* The premises of the derivations on the splice stack above `depth`, and of
 * those spliced into them, as children in `p->children`. */
static dm_status take_premises(dm_proof *p, size_t depth)
{
    dm_status st = DM_OK;
    while (st == DM_OK && p->splices.len > depth) {
        splice *s = &p->splices.at[p->splices.len - 1];
        const derivation *d = &p->slice.derivations.at[s->derivation];
        if (s->next == d->npremises) {
            p->splices.len--;
            continue;
        }
        const premise *m = &d->premises[s->next++];
        uint32_t literal = s->literal != SLICE_NONE ? s->literal : m->literal;
        if (m->kind == DM_BODY_AGGREGATE)
            s->next += m->members;
        st = take(p, d, m, literal);
        if (st == DM_OK && m->kind == DM_BODY_AGGREGATE)
            st = take_members(p, m, literal);
    }
    return st;
}

/* The rows under a body aggregate, `m` being its heading premise: they become
 * children of the node made last.  Recursion goes as deep as braces are nested
 * in the rule. */
static dm_status take_members(dm_proof *p, const premise *m, uint32_t literal)
{
    size_t node = p->nodes.len - 1, from = p->children.len;
    size_t depth = p->splices.len;
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < m->members && st == DM_OK; i++) {
        st = take_row(p, m[1 + i].node, literal);
        if (st == DM_OK)
            st = take_premises(p, depth);
    }
    return st == DM_OK ? attach(p, node, from) : st;
}

/* ---- unfolding ---------------------------------------------------------- */

/* Is this the first time that the row is unfolded? */
static bool is_first(dm_proof *p, const pending *w)
{
    if (p->first[w->row] != 0) {
        p->nodes.at[w->node].kind = DM_PROOF_SEEN;
        p->nodes.at[w->node].same = p->first[w->row] - 1;
        return false;
    }
    p->first[w->row] = w->node + 1;
    return true;
}

static dm_status unfold_disputed(dm_proof *p, const pending *w)
{
    p->children.len = p->rows.len = 0;
    dm_status st = push_row(p, w->row, 0);
    return st == DM_OK ? attach(p, w->node, 0) : st;
}

static dm_status unfold(dm_proof *p, const pending *w)
{
    if (w->row == SLICE_NONE || p->nodes.at[w->node].kind == DM_PROOF_INPUT)
        return DM_OK;
    if (p->nodes.at[w->node].kind == DM_PROOF_DISPUTED)
        return unfold_disputed(p, w);
    if (!is_first(p, w))
        return DM_OK;
    uint32_t chosen = p->slice.nodes.at[w->row].chosen;
    if (chosen == SLICE_NONE)
        return DM_CORRUPT;
    const derivation *d = &p->slice.derivations.at[chosen];
    proof_node *n = &p->nodes.at[w->node];
    n->kind = d->aggregate ? DM_PROOF_AGGREGATE : DM_PROOF_RULE;
    n->rule = d->rule;
    n->omitted = d->omitted;
    splice s = {.derivation = chosen, .literal = SLICE_NONE};
    p->children.len = p->rows.len = 0;
    if (!vec_push(&p->splices, s))
        return DM_NOMEM;
    dm_status st = take_premises(p, 0);
    return st == DM_OK ? attach(p, w->node, 0) : st;
}

static dm_status unfold_all(dm_proof *p, uint32_t goal, dm_error *err)
{
    p->first = arena_zalloc(&p->memory,
                            (p->slice.nodes.len + 1) * sizeof *p->first);
    dm_status st = p->first != NULL ? push_row(p, goal, UINT32_MAX)
                                    : DM_NOMEM;
    pending root = {0, goal};
    if (st == DM_OK && !vec_push(&p->stack, root))
        st = DM_NOMEM;
    while (st == DM_OK && p->stack.len > 0) {
        pending w = p->stack.at[--p->stack.len];
        st = unfold(p, &w);
    }
    if (st == DM_NOMEM)
        return error_nomem(err);
    if (st != DM_OK)
        return error_set(err, st, "a row has no derivation");
    return st;
}

/* ---- the interface ------------------------------------------------------ */

/* The least derivations, or when the slice is too large, some. */
static dm_status choose(dm_proof *p, dm_eval *e, eval_row row,
                        const proof_options *options, dm_error *err)
{
    uint32_t goal;
    dm_status st;
    p->least = true;
    TRY(slice_init(&p->slice, e, options, err), end);
    TRY(slice_node_of(&p->slice, row, &goal, err), end);
    TRY(slice_explore(&p->slice, goal, err), end);
    if (!p->slice.overflow)
        return slice_settle(&p->slice, err);
    slice_free(&p->slice);
    p->least = false;
    TRY(slice_init(&p->slice, e, options, err), end);
    TRY(slice_node_of(&p->slice, row, &goal, err), end);
    st = slice_choose_earlier(&p->slice, goal, err);
end:
    return st;
}

dm_status proof_find(dm_eval *e, eval_row row, const proof_options *options,
                     dm_proof **out, dm_error *err)
{
    dm_status st;
    dm_proof *p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return error_nomem(err);
    TRY(choose(p, e, row, options, err), end);
    TRY(unfold_all(p, 0, err), end);
    *out = p;
    p = NULL;
end:
    dm_proof_free(p);
    return st;
}

void dm_proof_free(dm_proof *p)
{
    if (p == NULL)
        return;
    slice_free(&p->slice);
    vec_free(&p->nodes);
    vec_free(&p->stack);
    vec_free(&p->splices);
    vec_free(&p->children);
    vec_free(&p->rows);
    arena_free(&p->memory);
    mem_free(p);
}

size_t dm_proof_count(const dm_proof *p)
{
    return p->nodes.len;
}

const proof_node *dm_proof_get(const dm_proof *p, size_t i)
{
    assert(i < p->nodes.len);
    return &p->nodes.at[i];
}

bool dm_proof_least(const dm_proof *p)
{
    return p->least;
}

dm_status proof_verify(const dm_proof *p, dm_eval *e, dm_error *err)
{
    slice s = p->slice; /* read only: nothing of it grows or is freed */
    if (s.eval != e)
        return error_set(err, DM_INVALID, "a proof of another evaluation");
    return slice_verify(&s, 0, err);
}
