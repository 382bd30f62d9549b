/* slice.h - the part of the derivation graph that a goal rests on.
 *
 * Nodes are rows of the model; a derivation is one way to get its head from
 * premises: a rule instance, or all instances of an aggregate's group.  A node
 * is settled when its least derivation is known. */
#ifndef READ_SLICE_H
#define READ_SLICE_H

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "read/proof.h"

#define SLICE_NONE UINT32_MAX

typedef struct premise {
    uint32_t literal;     /* of the derivation's rule */
    uint32_t node;        /* the row it rests on, or SLICE_NONE */
    dm_literal_kind kind; /* BODY_AGGREGATE: the heading of the `members`
                             premises (of kind DM_ATOM) that follow it */
    dm_truth truth;
    const dm_cell *cells; /* NOT_ATOM, BODY_AGGREGATE: the arguments */
    const dm_cell *vars;  /* DM_TEST: the instance's variables */
    uint32_t members;
    size_t omitted;       /* BODY_AGGREGATE: members beyond the limit */
} premise;

typedef struct derivation {
    uint32_t head;        /* node */
    uint32_t rule;
    bool aggregate;       /* premises of several instances of one group */
    size_t omitted;       /* instances of the group beyond the limit */
    size_t npremises;
    premise *premises;
    uint32_t waiting;     /* premises whose node isn't settled */
    uint64_t weight;      /* of what is settled */
} derivation;

typedef struct slice_node {
    eval_row row;
    bool input;
    bool explored;
    bool settled;
    uint32_t chosen;      /* derivation, or SLICE_NONE */
    uint64_t weight;
    uint32_t first_use;   /* list of uses: derivations that wait for it */
} slice_node;

typedef struct slice_use {
    uint32_t derivation;
    uint32_t next;
} slice_use;

typedef struct slice {
    dm_eval *eval;
    const dm_program *program;
    const dm_cancel *cancel;
    size_t max_rows;
    size_t max_instances;
    size_t ninstances;
    bool overflow;        /* more instances than the limit */
    arena memory;
    map index;            /* hash of a row -> node + 1 (see slice_node_of) */
    VEC(slice_node) nodes;
    VEC(derivation) derivations;
    VEC(slice_use) uses;
    uint32_t *rules_of;   /* first rule of each relation in `rules` */
    uint32_t *rules;
} slice;

dm_status slice_init(slice *s, dm_eval *e, const proof_options *options,
                     dm_error *err);
void slice_free(slice *s);
/* The node of a row, made when it is new. */
dm_status slice_node_of(slice *s, eval_row row, uint32_t *out, dm_error *err);
const dm_cell *slice_cells(const slice *s, uint32_t node);
bool slice_is_aux(const slice *s, uint32_t relation);

/* Find all derivations that `goal` can rest on, until `overflow`. */
dm_status slice_explore(slice *s, uint32_t goal, dm_error *err);
/* Choose the least derivation of every node. */
dm_status slice_settle(slice *s, dm_error *err);
/* Choose, below `goal`, derivations from rows of earlier stages. */
dm_status slice_choose_earlier(slice *s, uint32_t goal, dm_error *err);
/* Are the chosen derivations below `goal` what they claim to be? */
dm_status slice_verify(slice *s, uint32_t goal, dm_error *err);

/* Do the `n` instances of a group, given by their variables, fold to the head
 * of the rule?  `scratch` has room for n cells.  True when in doubt. */
bool group_matches(const slice *s, const dm_rule *rule, const dm_cell *head,
                   const dm_cell *const *vars, size_t n, dm_cell *scratch);

/* Append a test with the values of `vars` filled in: "10 < 50". */
struct buf;
void test_print(const dm_program *p, const dm_terms *terms,
                const dm_rule *rule, const dm_literal *l, const dm_cell *vars,
                struct buf *out);

#endif
