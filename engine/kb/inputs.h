/* inputs.h - the input rows of a model, and the statements behind them. */
#ifndef KB_INPUTS_H
#define KB_INPUTS_H

#include "eval/rowset.h"
#include "kb/kb_internal.h"

/* A row and a statement behind it; as the start of a range: this row and
 * those after it, up to the next start.  Serial 0: no statement. */
typedef struct backing {
    size_t row;
    uint64_t serial;
} backing;

/* The input rows of one relation. */
typedef struct input {
    uint32_t relation;
    const dm_relation *decl; /* NULL: the relation has no input */
    bool lattice;
    bool distinct; /* rows put as a range now differ from one another */
    bool sent;   /* `rows` are with the evaluator; more go there directly */
    rowset rows; /* distinct, numbered as the evaluator will; given up once
                    they are sent, except those of a lattice */
    VEC(backing) singles; /* once sent: sorted by row, then serial */
    VEC(backing) ranges;  /* sorted by row */
} input;

struct dm_model {
    dm_view *view;
    dm_eval *eval;
    uint32_t ninputs; /* relations of the program */
    input *inputs;    /* by relation */
    dm_model *next, *previous;
};

/* A visible fact, judgement or import. */
typedef struct indexed_fact {
    dm_term relation;
    const dm_statement *statement;
} indexed_fact;

typedef VEC(indexed_fact) index_vec;

/* What a model is made from. */
typedef struct making {
    dm_view *view;
    dm_eval *eval;
    index_vec facts; /* by relation, then serial */
    const dm_cancel *cancel;
} making;

/* model.c: those of a relation, by its name. */
const indexed_fact *facts_of(const making *m, const char *name, size_t *n);
/* One row, stated by `serial` (0: by none). */
dm_status input_put(input *in, const dm_cell *row, uint64_t serial,
                    dm_error *err);
/* Many rows, all stated by `serial` (0: by none): what is put next, up to the
 * next range.  Single rows must be put before.  `distinct` promises that the
 * rows of the range differ from one another, which saves hashing them. */
dm_status input_begin_range(input *in, const making *m, uint64_t serial,
                            bool distinct, dm_error *err);
dm_status input_put_rows(input *in, const making *m, const dm_cell *rows,
                         size_t nrows, uint64_t serial, dm_error *err);
/* No row has been put yet? */
bool input_is_empty(const input *in);
/* As input_put_rows, the first ever, of rows that differ from one another; they
 * are taken over. */
dm_status input_adopt(input *in, columns *rows, dm_error *err);
/* Give the rows to the evaluator.  Rows that are put afterwards go there
 * directly, which saves half the memory, but a row that was there before gets
 * no further backing. */
dm_status input_send(input *in, const making *m, dm_error *err);
/* Note that a single row is stated by `serial`, or no more; at any time. */
dm_status input_back(input *in, size_t row, uint64_t serial, dm_error *err);
void input_forget(input *in, size_t row, uint64_t serial);
/* Whether any statement, or a table, stands behind an input row. */
bool input_is_backed(const dm_model *m, const input *in, size_t row);
void input_free(input *in);

/* facts.c: DM_INPUT_FACTS and DM_INPUT_BEGUN. */
dm_status facts_fill(making *m, input *in, dm_error *err);
/* The row of a fact, with the columns of `in`. */
dm_status facts_row(making *m, input *in, const dm_statement *s, dm_cell *row,
                    dm_error *err);
/* A cell of one type as one of another; false when it isn't of that type, or,
 * with a `status` other than DM_OK, when terms ran out. */
bool cell_convert(dm_terms *terms, dm_type from, dm_cell cell, dm_type to,
                  dm_cell *out, dm_status *status);

/* system.c: DM_INPUT_SYSTEM. */
dm_status system_fill(making *m, input *in, dm_error *err);

#endif
