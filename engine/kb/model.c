/* model.c - models: a program evaluated on what a view shows.
 *
 * Purpose: choose the input rows of each relation, run the evaluator, and say
 * afterwards which statements stand behind an input row.
 * Representation: one `input` for each relation of the program.  Its rows are
 * collected in a set, so that each gets the number the evaluator will give it
 * (its position among the distinct ones); a backing is a row's number and a
 * statement's serial.  The rows of a bulk import are one range with one
 * statement; a row of it that was there before is a single.
 * Invariants: singles are sorted once the rows are sent; ranges ascend, and
 * hold no rows that an update put in.  The
 * rows of a lattice are bettered by others, which changes their numbers, so
 * their set is kept to find a row by its cells.
 * Cost: the set is handed over to the evaluator as it is, so that input rows
 * are in memory once, except those of a lattice; the rows of a stored import,
 * which differ from one another, are hashed when something looks them up. */
#include "kb/inputs.h"

#include "base/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- collecting rows ---------------------------------------------------- */

static dm_status row_failure(const input *in, dm_status st, dm_error *err)
{
    return st == DM_NOMEM
               ? error_nomem(err)
               : error_set(err, st, "too many rows in %s", in->decl->name);
}

dm_status input_put(input *in, const dm_cell *row, uint64_t serial,
                    dm_error *err)
{
    uint32_t number = 0;
    bool fresh = false;
    dm_status st = rowset_put(&in->rows, row, &number, &fresh);
    if (st != DM_OK)
        return row_failure(in, st, err);
    backing b = {number, serial};
    if (serial != 0 && !vec_push(&in->singles, b))
        return error_nomem(err);
    return DM_OK;
}

dm_status input_begin_range(input *in, const making *m, uint64_t serial,
                            bool distinct, dm_error *err)
{
    /* Only hashed rows are compared with those of the range. */
    if (distinct && !in->sent && in->rows.nrows > 0
        && rowset_hash(&in->rows) != DM_OK)
        return error_nomem(err);
    in->distinct = distinct;
    size_t next = in->sent && !in->lattice
                      ? eval_inputs(m->eval, in->relation, DM_TRUE)
                      : in->rows.nrows;
    backing b = {next, serial};
    return vec_push(&in->ranges, b) ? DM_OK : error_nomem(err);
}

/* Rows that were there before aren't in the range: they become singles. */
static dm_status put_repeated(input *in, const dm_cell *rows, size_t n,
                              const uint8_t *fresh, uint64_t serial,
                              dm_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (fresh[i])
            continue;
        backing b = {rowset_find(&in->rows, rows + i * in->rows.arity),
                     serial};
        if (!vec_push(&in->singles, b))
            return error_nomem(err);
    }
    return DM_OK;
}

dm_status input_put_rows(input *in, const making *m, const dm_cell *rows,
                         size_t nrows, uint64_t serial, dm_error *err)
{
    uint8_t fresh[BATCH];
    if (in->sent)
        return eval_add(m->eval, in->relation, rows, nrows, DM_TRUE, err);
    for (size_t at = 0; at < nrows; at += BATCH) {
        size_t n = nrows - at < BATCH ? nrows - at : BATCH;
        const dm_cell *batch = rows + at * in->rows.arity;
        dm_status st = in->distinct
                           ? rowset_append(&in->rows, batch, n, fresh)
                           : rowset_insert(&in->rows, batch, n, fresh);
        if (st != DM_OK)
            return row_failure(in, st, err);
        if (serial != 0)
            st = put_repeated(in, batch, n, fresh, serial, err);
        if (st != DM_OK)
            return st;
    }
    return DM_OK;
}

bool input_is_empty(const input *in)
{
    return !in->sent && in->rows.nrows == 0;
}

dm_status input_adopt(input *in, columns *rows, dm_error *err)
{
    assert(input_is_empty(in));
    if (rows->nrows >= ROWSET_NONE)
        return row_failure(in, DM_BUDGET, err);
    rowset_adopt(&in->rows, rows);
    return DM_OK;
}

static int compare_backing(const void *x, const void *y)
{
    const backing *a = x, *b = y;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return (a->serial > b->serial) - (a->serial < b->serial);
}

dm_status input_send(input *in, const making *m, dm_error *err)
{
    if (in->sent)
        return DM_OK;
    dm_status st = in->lattice
                       ? eval_add_columns(m->eval, in->relation,
                                          &in->rows.rows, err)
                       : eval_take(m->eval, in->relation, &in->rows, err);
    in->sent = true;
    if (in->singles.len > 1)
        qsort(in->singles.at, in->singles.len, sizeof *in->singles.at,
              compare_backing);
    return st;
}

void input_free(input *in)
{
    if (in->decl == NULL)
        return;
    rowset_free(&in->rows);
    vec_free(&in->singles);
    vec_free(&in->ranges);
}

/* ---- facts by relation -------------------------------------------------- */

static int compare_facts(const void *x, const void *y)
{
    const indexed_fact *a = x, *b = y;
    if (a->relation != b->relation)
        return a->relation < b->relation ? -1 : 1;
    uint64_t one = a->statement->serial, other = b->statement->serial;
    return (one > other) - (one < other);
}

static dm_status index_facts(making *m, dm_error *err)
{
    const entry_vec *entries = &m->view->entries;
    for (size_t i = 0; i < entries->len; i++) {
        const dm_statement *s = entries->at[i].statement;
        bool wanted = s->kind == DM_FACT || s->kind == DM_JUDGEMENT
                      || s->kind == DM_IMPORT;
        if (!wanted || entries->at[i].hidden != DM_VISIBLE)
            continue;
        indexed_fact f = {statement_term(s, DM_TAG_RELATION), s};
        if (f.relation != 0 && !vec_push(&m->facts, f))
            return error_nomem(err);
    }
    if (m->facts.len > 1)
        qsort(m->facts.at, m->facts.len, sizeof *m->facts.at, compare_facts);
    return DM_OK;
}

/* The first fact whose relation is not below `relation`. */
static size_t first_fact(const making *m, uint64_t relation)
{
    size_t low = 0, high = m->facts.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->facts.at[middle].relation < relation)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const indexed_fact *facts_of(const making *m, const char *name, size_t *n)
{
    dm_term id = terms_find_symbol(m->view->terms, name, strlen(name));
    *n = 0;
    if (id == 0 || m->facts.len == 0)
        return NULL;
    size_t first = first_fact(m, id);
    *n = first_fact(m, (uint64_t)id + 1) - first;
    return m->facts.at + first;
}

/* ---- making a model ----------------------------------------------------- */

static dm_status fill(making *m, input *in, dm_error *err)
{
    dm_status st = in->decl->input == DM_INPUT_SYSTEM
                       ? system_fill(m, in, err)
                       : facts_fill(m, in, err);
    return st == DM_OK ? input_send(in, m, err) : st;
}

static dm_status fill_all(dm_model *model, making *m, const dm_program *p,
                          dm_error *err)
{
    dm_status st = index_facts(m, err);
    for (uint32_t i = 0; st == DM_OK && i < model->ninputs; i++) {
        const dm_relation *decl = dm_program_get_relation(p, i);
        input *in = &model->inputs[i];
        uint32_t column;
        dm_aggregate aggregate;
        if (decl->input == DM_INPUT_NONE)
            continue;
        in->relation = i;
        in->decl = decl;
        in->lattice = dm_program_lattice(p, i, &column, &aggregate);
        rowset_init(&in->rows, decl->arity);
        st = fill(m, in, err);
    }
    return st;
}

static void link_model(dm_model *m)
{
    m->next = m->view->models;
    if (m->next != NULL)
        m->next->previous = m;
    m->view->models = m;
}

static void unlink_model(dm_model *m)
{
    if (m->next != NULL)
        m->next->previous = m->previous;
    if (m->previous != NULL)
        m->previous->next = m->next;
    else
        m->view->models = m->next;
}

dm_status dm_model_new(dm_view *v, const dm_program *p,
                       const eval_options *options, dm_model **out,
                       dm_error *err)
{
    dm_status st = DM_OK;
    if (dm_program_terms(p) != v->terms)
        return error_set(err, DM_INVALID,
                         "the program was made for another view");
    dm_model *model = mem_calloc(1, sizeof *model);
    if (model == NULL)
        return error_nomem(err);
    making m = {.view = v,
                .cancel = options != NULL ? options->cancel : NULL};
    model->view = v;
    link_model(model);
    model->ninputs = dm_program_nrelations(p);
    model->inputs =
        mem_calloc(model->ninputs + (size_t)1, sizeof *model->inputs);
    if (model->inputs == NULL) {
        st = error_nomem(err);
        goto end;
    }
    TRY(eval_new(p, v->terms, options, &model->eval, err), end);
    m.eval = model->eval;
    TRY(fill_all(model, &m, p, err), end);
    TRY(eval_run(model->eval, err), end);
    *out = model;
end:
    vec_free(&m.facts);
    if (st != DM_OK)
        dm_model_free(model);
    return st;
}

void dm_model_free(dm_model *m)
{
    if (m == NULL)
        return;
    unlink_model(m);
    for (uint32_t i = 0; m->inputs != NULL && i < m->ninputs; i++)
        input_free(&m->inputs[i]);
    mem_free(m->inputs);
    eval_free(m->eval);
    mem_free(m);
}

dm_eval *dm_model_eval(dm_model *m)
{
    return m->eval;
}

/* ---- backing ------------------------------------------------------------ */

/* The first of `n` sorted backings whose row is not below `row`. */
static size_t first_backing(const backing *at, size_t n, size_t row)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where a backing is, or would be, among the singles. */
static size_t single_place(const input *in, size_t row, uint64_t serial)
{
    size_t at = first_backing(in->singles.at, in->singles.len, row);
    while (at < in->singles.len && in->singles.at[at].row == row
           && in->singles.at[at].serial < serial)
        at++;
    return at;
}

static bool is_single(const input *in, size_t at, size_t row, uint64_t serial)
{
    return at < in->singles.len && in->singles.at[at].row == row
           && (serial == 0 || in->singles.at[at].serial == serial);
}

dm_status input_back(input *in, size_t row, uint64_t serial, dm_error *err)
{
    size_t at = single_place(in, row, serial);
    backing b = {row, serial};
    if (is_single(in, at, row, serial))
        return DM_OK;
    if (!vec_push(&in->singles, b))
        return error_nomem(err);
    backing *to = in->singles.at + at;
    memmove(to + 1, to, (in->singles.len - 1 - at) * sizeof *to);
    *to = b;
    return DM_OK;
}

void input_forget(input *in, size_t row, uint64_t serial)
{
    size_t at = single_place(in, row, serial);
    if (!is_single(in, at, row, serial))
        return;
    backing *from = in->singles.at + at;
    memmove(from, from + 1, (in->singles.len - 1 - at) * sizeof *from);
    in->singles.len--;
}

bool input_is_backed(const dm_model *m, const input *in, size_t row)
{
    size_t at = single_place(in, row, 0);
    return is_single(in, at, row, 0)
           || (in->ranges.len > 0 && row >= in->ranges.at[0].row
               && row < eval_inputs(m->eval, in->relation, DM_TRUE));
}

/* The statement of the range that holds the row; 0: none. */
static uint64_t range_serial(const input *in, size_t row)
{
    size_t next = first_backing(in->ranges.at, in->ranges.len, row + 1);
    return next > 0 ? in->ranges.at[next - 1].serial : 0;
}

/* The number under which an input row was put; SIZE_MAX: it wasn't. */
static size_t input_number(const dm_model *m, input *in, eval_row row)
{
    if (in->lattice) {
        dm_cell cells[64];
        eval_get(m->eval, row, cells);
        uint32_t n = rowset_find(&in->rows, cells);
        return n == ROWSET_NONE ? SIZE_MAX : n;
    }
    return eval_is_input(m->eval, row) ? row.row : SIZE_MAX;
}

size_t dm_model_backing(const dm_model *m, eval_row row, uint64_t *serials,
                        size_t max)
{
    if (row.relation >= m->ninputs || row.truth != DM_TRUE)
        return 0;
    input *in = &m->inputs[row.relation];
    size_t number = in->decl != NULL ? input_number(m, in, row) : SIZE_MAX;
    size_t n = 0;
    if (number == SIZE_MAX)
        return 0;
    bool sent = in->lattice || number < eval_inputs(m->eval, row.relation,
                                                    DM_TRUE);
    uint64_t bulk = sent ? range_serial(in, number) : 0, last = 0;
    size_t i = first_backing(in->singles.at, in->singles.len, number);
    if (bulk != 0 && n++ < max)
        serials[0] = bulk;
    for (; i < in->singles.len && in->singles.at[i].row == number; i++) {
        uint64_t serial = in->singles.at[i].serial;
        if (serial == bulk || serial == last)
            continue;
        last = serial;
        if (n < max)
            serials[n] = serial;
        n++;
    }
    return n;
}
