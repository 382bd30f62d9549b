/* eval.c - an evaluation: its making, input rows, budgets, and reading.
 *
 * Each relation has two rowsets, its true rows and its undefined ones; input
 * rows come first in both.  The work is done in fixpoint.c. */
#include "eval/internal.h"
#include "base/parallel.h"
#include "eval/distinct.h"
#include "eval/observed.h"
#include "eval/unite.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

/* Rows in a block of eval_cells. */
enum { SHOWN = 1024 };

/* ---- failure and limits ------------------------------------------------- */

dm_status eval_fail(dm_eval *e, dm_status status, const char *format, ...)
{
    char text[800];
    va_list args;
    if (status == DM_NOMEM)
        return error_nomem(e->err);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(e->err, status, "%s", text);
}

const char *eval_rule_name(const dm_eval *e, char text[RULE_NAME])
{
    if (e->rule == UINT32_MAX) {
        snprintf(text, RULE_NAME, "the evaluation");
        return text;
    }
    const dm_rule *r = dm_program_get_rule(e->program, e->rule);
    const char *file = dm_program_file_name(e->program, r->span.file);
    const char *head = e->relations[r->relation].decl->name;
    int n = r->name ? snprintf(text, RULE_NAME, "rule %.80s", r->name)
                    : snprintf(text, RULE_NAME, "the rule for %.80s", head);
    if (r->span.line)
        snprintf(text + n, RULE_NAME - (size_t)n, " at %.250s:%u:%u",
                 file ? file : "?", r->span.line, r->span.column);
    return text;
}

static size_t bytes_held(const dm_eval *e)
{
    size_t bytes = 0, terms = terms_bytes(e->terms);
    for (uint32_t i = 0; i < e->nrelations; i++)
        for (int part = 0; part < NPARTS; part++)
            bytes += e->relations[i].part[part].bytes;
    for (const memo *m = e->memos; m; m = m->next)
        bytes += m->args.bytes + m->results.cap * sizeof *m->results.at;
    return bytes + (terms > e->terms_base ? terms - e->terms_base : 0);
}

static dm_status used_up(dm_eval *e, const char *what)
{
    char rule[RULE_NAME];
    return eval_fail(e, DM_BUDGET, "%s used up while evaluating %s", what,
                     eval_rule_name(e, rule));
}

dm_status eval_poll(dm_eval *e)
{
    const dm_budget *b = &e->options.budget;
    char what[100], rule[RULE_NAME];
    if (e->options.cancel && atomic_load(&e->options.cancel->asked))
        return eval_fail(e, DM_CANCELLED, "cancelled while evaluating %s",
                         eval_rule_name(e, rule));
    if (b->facts && e->derived > b->facts) {
        snprintf(what, sizeof what, "budget of %llu derived rows",
                 (unsigned long long)b->facts);
        return used_up(e, what);
    }
    if (e->polls++ % 16 != 0)
        return DM_OK;
    if (b->bytes && bytes_held(e) > b->bytes) {
        snprintf(what, sizeof what, "budget of %llu bytes",
                 (unsigned long long)b->bytes);
        return used_up(e, what);
    }
    if (b->seconds > 0 && budget_now() - e->started > b->seconds) {
        snprintf(what, sizeof what, "budget of %g seconds", b->seconds);
        return used_up(e, what);
    }
    return DM_OK;
}

/* ---- scratch memory ----------------------------------------------------- */

dm_status eval_temp(dm_eval *e, dm_cell **out)
{
    if (e->temp_top == e->temps.len) {
        dm_cell *column = mem_calloc(BATCH, sizeof *column);
        if (!column || !vec_push(&e->temps, column)) {
            mem_free(column);
            return error_nomem(e->err);
        }
    }
    *out = e->temps.at[e->temp_top++];
    return DM_OK;
}

dm_status eval_worker(dm_eval *e, unsigned number, dm_error *err,
                      dm_eval **out)
{
    if (!e->workers
        && !(e->workers = mem_calloc(EVAL_THREADS, sizeof *e->workers)))
        return error_nomem(e->err);
    dm_eval **w = &e->workers[number];
    if (!*w && !(*w = mem_calloc(1, sizeof **w)))
        return error_nomem(e->err);
    dm_eval own = **w;
    **w = *e;
    (*w)->temps.at = own.temps.at;
    (*w)->temps.len = own.temps.len;
    (*w)->temps.cap = own.temps.cap;
    (*w)->temp_top = 0;
    (*w)->rows = own.rows;
    (*w)->rows_cap = own.rows_cap;
    (*w)->memos = NULL;
    (*w)->err = err;
    *out = *w;
    return DM_OK;
}

static void free_scratch(dm_eval *e)
{
    for (size_t i = 0; i < e->temps.len; i++)
        mem_free(e->temps.at[i]);
    vec_free(&e->temps);
    mem_free(e->rows);
}

static void free_workers(dm_eval *e)
{
    for (unsigned i = 0; e->workers && i < EVAL_THREADS; i++) {
        if (e->workers[i])
            free_scratch(e->workers[i]);
        mem_free(e->workers[i]);
    }
    mem_free(e->workers);
}

dm_cell *eval_head_rows(dm_eval *e, uint32_t arity)
{
    size_t need = (size_t)(arity ? arity : 1) * BATCH;
    if (need > e->rows_cap) {
        dm_cell *rows = mem_realloc(e->rows, need * sizeof *rows);
        if (!rows)
            return NULL;
        e->rows = rows;
        e->rows_cap = need;
    }
    return e->rows;
}

/* ---- making ------------------------------------------------------------- */

static bool lattice_better(const void *context, dm_cell a, dm_cell b)
{
    const lattice_order *o = context;
    int order = cell_compare(o->terms, o->type, a, b);
    return o->least ? order < 0 : order > 0;
}

enum { WORTH_THREADS = 1 << 15 }; /* rows for which threads are begun */

static size_t worth_threads(const dm_eval *e)
{
    return e->options.force & DM_FORCE_SMALL ? 8 : WORTH_THREADS;
}

parallel_pool *eval_pool_for(const dm_eval *e, size_t n)
{
    return parallel_worth(e->pool, n, worth_threads(e));
}

/* Let a rowset be worked on by threads, where it is large enough. */
static void let_split(const dm_eval *e, rowset *t)
{
    t->pool = e->pool;
    t->worth_threads = worth_threads(e);
}

static void init_relation(dm_eval *e, uint32_t i)
{
    eval_relation *r = &e->relations[i];
    r->decl = dm_program_get_relation(e->program, i);
    r->before = SIZE_MAX;
    for (int part = 0; part < NPARTS; part++) {
        rowset_init(&r->part[part], r->decl->arity);
        let_split(e, &r->part[part]);
        r->part[part].by_hash = (e->options.force & DM_FORCE_HASH) != 0;
        rowset_init(&r->put[part], r->decl->arity);
    }
    rowset_init(&r->given, 1);
    r->lattice = dm_program_lattice(e->program, i, &r->lattice_column,
                                    &r->lattice_op);
    if (!r->lattice)
        return;
    r->order = (lattice_order){e->terms,
                               r->decl->columns[r->lattice_column].type,
                               r->lattice_op == DM_MIN};
    r->part[PART_TRUE].lattice = r->lattice_column;
    r->part[PART_TRUE].better = lattice_better;
    r->part[PART_TRUE].context = &r->order;
    if (r->order.type == DM_INT || r->order.type == DM_DATE)
        r->part[PART_TRUE].order = r->order.least ? ROWSET_LEAST
                                                  : ROWSET_GREATEST;
}

dm_status eval_new(const dm_program *program, dm_terms *terms,
                   const eval_options *options, dm_eval **out, dm_error *err)
{
    dm_eval *e = mem_calloc(1, sizeof *e);
    uint32_t nrules = dm_program_nrules(program);
    if (!e)
        return error_nomem(err);
    e->program = program;
    e->terms = terms;
    if (options)
        e->options = *options;
    e->rule = UINT32_MAX;
    e->threads = parallel_threads(e->options.threads);
    e->pool = e->threads > 1 ? parallel_pool_new(e->threads) : NULL;
    e->nrelations = dm_program_nrelations(program);
    e->relations = mem_calloc(e->nrelations + 1, sizeof *e->relations);
    e->pipelines = mem_calloc(nrules + 1, sizeof *e->pipelines);
    e->given = mem_calloc(nrules + 1, sizeof *e->given);
    e->profile = mem_calloc(nrules + 1, sizeof *e->profile);
    e->took = mem_calloc(dm_program_ncomponents(program) + (size_t)1,
                         sizeof *e->took);
    if (!e->relations || !e->pipelines || !e->given || !e->profile
        || !e->took || (e->threads > 1 && !e->pool)) {
        e->nrelations = 0;
        eval_free(e);
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < e->nrelations; i++)
        init_relation(e, i);
    *out = e;
    return DM_OK;
}

void eval_forget_pipelines(dm_eval *e, uint32_t index)
{
    const dm_rule *rule = dm_program_get_rule(e->program, index);
    pipeline **all = e->pipelines[index];
    for (uint32_t i = 0; all && i < pipeline_nslots(rule); i++)
        pipeline_free(all[i]);
    mem_free(all);
    e->pipelines[index] = NULL;
    pipeline_free(e->given[index]);
    e->given[index] = NULL;
}

static void free_pipelines(dm_eval *e)
{
    uint32_t nrules = dm_program_nrules(e->program);
    for (uint32_t i = 0; i < nrules && e->given && e->pipelines; i++)
        eval_forget_pipelines(e, i);
    mem_free(e->given);
    mem_free(e->profile);
    mem_free(e->took);
    mem_free(e->pipelines);
}

void eval_forget_runs(eval_relation *r)
{
    for (int key = 0; key < 2; key++) {
        key_runs_free(&r->fresh[key].runs);
        r->fresh[key] = (new_runs){.round = 0};
    }
}

void eval_hide(eval_relation *r)
{
    for (int part = 0; part < NPARTS; part++) {
        for (size_t i = 0; i < r->nshown[part]; i++)
            mem_free(r->shown[part][i]);
        mem_free(r->shown[part]);
        r->shown[part] = NULL;
        r->nshown[part] = 0;
    }
}

static void free_relation(eval_relation *r)
{
    eval_hide(r);
    eval_forget_runs(r);
    for (int part = 0; part < NPARTS; part++) {
        rowset_free(&r->part[part]);
        rowset_free(&r->put[part]);
    }
    rowset_free(&r->given);
    rowset_free(&r->final);
}

void eval_free(dm_eval *e)
{
    if (!e)
        return;
    free_pipelines(e);
    for (uint32_t i = 0; i < e->nrelations; i++)
        free_relation(&e->relations[i]);
    mem_free(e->relations);
    expr_free_memos(e);
    observed_free(e);
    unite_free(e);
    free_workers(e);
    free_scratch(e);
    parallel_pool_free(e->pool);
    mem_free(e);
}

/* ---- input -------------------------------------------------------------- */

dm_status eval_add(dm_eval *e, uint32_t relation, const dm_cell *rows,
                   size_t nrows, dm_truth truth, dm_error *err)
{
    if (relation >= e->nrelations || e->ran || truth == DM_FALSE)
        return error_set(err, DM_INVALID, "rows are added as true or "
                         "undefined, to a relation of the program, before "
                         "the evaluation");
    int part = truth == DM_TRUE ? PART_TRUE : PART_UNDEFINED;
    eval_relation *r = &e->relations[relation];
    rowset *to = &r->part[part];
    if (rowset_reserve(to, nrows) != DM_OK)
        return error_nomem(err);
    for (size_t at = 0; at < nrows; at += BATCH) {
        size_t n = nrows - at < BATCH ? nrows - at : BATCH;
        dm_status st = rowset_insert(to, rows + at * to->arity, n, NULL);
        if (st == DM_NOMEM)
            return error_nomem(err);
        if (st != DM_OK)
            return error_set(err, st, "relation %s has more rows than can be "
                             "numbered", r->decl->name);
    }
    r->inputs[part] = to->nrows;
    return DM_OK;
}

dm_status eval_add_columns(dm_eval *e, uint32_t relation,
                           const columns *rows, dm_error *err)
{
    dm_cell *batch = mem_alloc((size_t)BATCH * (rows->arity + 1)
                               * sizeof *batch);
    dm_status st = batch ? DM_OK : error_nomem(err);
    for (size_t at = 0; at < rows->nrows && st == DM_OK; at += BATCH) {
        size_t n = rows->nrows - at < BATCH ? rows->nrows - at : BATCH;
        columns_rows(rows, at, n, batch);
        st = eval_add(e, relation, batch, n, DM_TRUE, err);
    }
    mem_free(batch);
    return st;
}

/* Leave out what repeats, if the rows are to be the relation's only ones. */
static dm_status make_distinct(dm_eval *e, const eval_relation *r,
                               columns *rows, bool *distinct)
{
    if (*distinct || r->lattice || r->part[PART_TRUE].nrows)
        return DM_OK;
    return distinct_rows(rows, e->pool, distinct);
}

dm_status eval_take_columns(dm_eval *e, uint32_t relation, columns *rows,
                            bool distinct, dm_error *err)
{
    eval_relation *r = relation < e->nrelations ? &e->relations[relation]
                                                : NULL;
    dm_status st = DM_OK;
    if (r && !e->ran)
        st = make_distinct(e, r, rows, &distinct);
    if (st != DM_OK)
        return error_nomem(err);
    if (r && !e->ran && distinct && !r->lattice && !r->part[PART_TRUE].nrows
        && rows->nrows < ROWSET_NONE) {
        columns_trim(rows);
        rowset_adopt(&r->part[PART_TRUE], rows);
        r->inputs[PART_TRUE] = r->part[PART_TRUE].nrows;
        return DM_OK;
    }
    if (r && !e->ran)
        st = eval_reserve(e, relation, rows->nrows, err);
    if (st == DM_OK)
        st = eval_add_columns(e, relation, rows, err);
    if (st == DM_OK)
        columns_free(rows);
    return st;
}

dm_status eval_reserve(dm_eval *e, uint32_t relation, size_t nrows,
                       dm_error *err)
{
    assert(relation < e->nrelations && !e->ran);
    dm_status st =
        rowset_reserve(&e->relations[relation].part[PART_TRUE], nrows);
    return st == DM_OK ? st : error_nomem(err);
}

dm_status eval_take(dm_eval *e, uint32_t relation, rowset *rows,
                    dm_error *err)
{
    eval_relation *r = relation < e->nrelations ? &e->relations[relation]
                                                : NULL;
    uint32_t arity = rows->arity;
    assert(!r || arity == r->decl->arity);
    if (!r || e->ran || r->lattice || r->part[PART_TRUE].nrows) {
        dm_status st = eval_add_columns(e, relation, &rows->rows, err);
        if (st == DM_OK)
            rowset_free(rows);
        return st;
    }
    rowset_free(&r->part[PART_TRUE]);
    r->part[PART_TRUE] = *rows;
    let_split(e, &r->part[PART_TRUE]);
    r->inputs[PART_TRUE] = rows->nrows;
    rowset_init(rows, arity);
    return DM_OK;
}

/* Copy inputs that the evaluation may drop, for updates. */
static dm_status keep_inputs(dm_eval *e)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < e->nrelations; i++) {
        eval_relation *r = &e->relations[i];
        for (int part = r->lattice ? PART_TRUE : PART_UNDEFINED;
             part < NPARTS && st == DM_OK; part++)
            st = rowset_add_all(&r->put[part], &r->part[part]);
    }
    return st == DM_OK ? st : error_nomem(e->err);
}

dm_status eval_run(dm_eval *e, dm_error *err)
{
    if (e->ran)
        return error_set(err, DM_INVALID, "evaluated already");
    e->ran = true;
    e->err = err;
    e->started = budget_now();
    e->terms_base = terms_bytes(e->terms);
    dm_status st = keep_inputs(e);
    if (st == DM_OK)
        st = fixpoint_run(e);
    e->failed = st != DM_OK;
    e->err = NULL;
    e->rule = UINT32_MAX;
    return st;
}

/* ---- reading ------------------------------------------------------------ */

const dm_program *eval_program(const dm_eval *e)
{
    return e->program;
}

dm_terms *eval_terms(const dm_eval *e)
{
    return e->terms;
}

static int part_of(dm_truth truth)
{
    assert(truth != DM_FALSE);
    return truth == DM_TRUE ? PART_TRUE : PART_UNDEFINED;
}

static rowset *rows_of(const dm_eval *e, uint32_t relation, dm_truth truth)
{
    return &e->relations[relation].part[part_of(truth)];
}

size_t eval_count(const dm_eval *e, uint32_t relation, dm_truth truth)
{
    return rowset_count(rows_of(e, relation, truth));
}

void eval_get(const dm_eval *e, eval_row row, dm_cell *out)
{
    rowset_get(rows_of(e, row.relation, row.truth), row.row, out);
}

/* Rows as their readers want them, SHOWN at a time, made when first asked for
 * and kept. */
const dm_cell *eval_cells(const dm_eval *e, eval_row row)
{
    static const dm_cell none;
    eval_relation *r = &e->relations[row.relation];
    int part = part_of(row.truth);
    const rowset *rows = &r->part[part];
    size_t block = row.row / SHOWN, first = block * SHOWN;
    size_t n = rows->nrows - first < SHOWN ? rows->nrows - first : SHOWN;
    if (rows->arity == 0)
        return &none;
    if (!r->shown[part]) {
        size_t nblocks = rows->nrows / SHOWN + 1;
        r->shown[part] = mem_calloc(nblocks, sizeof *r->shown[part]);
        if (!r->shown[part])
            return NULL;
        r->nshown[part] = nblocks;
    }
    dm_cell **at = &r->shown[part][block];
    if (!*at) {
        *at = mem_alloc(n * rows->arity * sizeof **at);
        if (!*at)
            return NULL;
        columns_rows(&rows->rows, first, n, *at);
    }
    return *at + (row.row - first) * rows->arity;
}

dm_status eval_columns(const dm_eval *e, uint32_t relation, dm_truth truth,
                       columns *room, const columns **out, dm_error *err)
{
    const rowset *rows = rows_of(e, relation, truth);
    *out = rows->ndead > 0 ? room : &rows->rows;
    for (size_t at = 0, end; *out == room && at < rows->nrows; at = end + 1) {
        for (end = at; end < rows->nrows && !rowset_is_dead(rows, end);)
            end++;
        if (columns_copy(room, &rows->rows, at, end - at) != DM_OK)
            return error_nomem(err);
    }
    return DM_OK;
}

size_t eval_inputs(const dm_eval *e, uint32_t relation, dm_truth truth)
{
    return e->relations[relation].inputs[part_of(truth)];
}

bool eval_is_input(dm_eval *e, eval_row row)
{
    eval_relation *r = &e->relations[row.relation];
    dm_cell number = row.row;
    return row.row < r->inputs[part_of(row.truth)]
           || (row.truth == DM_TRUE
               && rowset_find(&r->given, &number) != ROWSET_NONE);
}

dm_truth eval_lookup(const dm_eval *e, uint32_t relation,
                     const dm_cell *cells, eval_row *out)
{
    static const dm_truth truths[] = {DM_TRUE, DM_UNDEFINED};
    for (int i = 0; i < 2; i++) {
        uint32_t row = rowset_find(rows_of(e, relation, truths[i]), cells);
        if (row == ROWSET_NONE)
            continue;
        if (out)
            *out = (eval_row){relation, truths[i], row};
        return truths[i];
    }
    return DM_FALSE;
}

uint64_t eval_stage(const dm_eval *e, eval_row row)
{
    return rowset_stage(rows_of(e, row.relation, row.truth), row.row);
}

static dm_status find_rows(rowset *rows, uint64_t mask, const dm_cell *cells,
                           const uint32_t **out, uint32_t *n)
{
    rowset_index *index;
    const dm_cell *keys[64];
    dm_status st = rowset_want_index(rows, mask, &index);
    if (st == DM_OK)
        st = rowset_sync_index(rows, index);
    if (st != DM_OK)
        return st;
    for (uint32_t i = 0; i < index->ncolumns; i++)
        keys[i] = &cells[index->columns[i]];
    index_find_batch(rows, index, keys, 1, out, n);
    return DM_OK;
}

dm_status eval_match(dm_eval *e, uint32_t relation, uint64_t mask,
                     const dm_cell *cells, eval_visit *visit, void *context,
                     dm_error *err)
{
    static const dm_truth truths[] = {DM_TRUE, DM_UNDEFINED};
    for (int i = 0; i < 2; i++) {
        rowset *rows = &e->relations[relation].part[part_of(truths[i])];
        const uint32_t *list = NULL;
        uint32_t n = (uint32_t)rows->nrows;
        if (mask && n && find_rows(rows, mask, cells, &list, &n) != DM_OK)
            return error_nomem(err);
        for (uint32_t k = 0; k < n; k++) {
            eval_row row = {relation, truths[i], list ? list[k] : k};
            if (!rowset_is_dead(rows, row.row) && !visit(context, row))
                return DM_OK;
        }
    }
    return DM_OK;
}

/* ---- plans -------------------------------------------------------------- */

dm_status eval_print_plans(const dm_eval *e, struct buf *out)
{
    uint32_t nrules = dm_program_nrules(e->program);
    for (uint32_t i = 0; i < nrules; i++) {
        const dm_rule *rule = dm_program_get_rule(e->program, i);
        if (rule->nbody == 0)
            continue;
        dm_program_print_rule(e->program, i, out);
        if (out->len && out->at[out->len - 1] != '\n')
            buf_puts(out, "\n");
        if (!e->pipelines[i])
            buf_puts(out, "  not evaluated\n");
        for (uint32_t d = 0; e->pipelines[i] && d <= rule->nbody; d++)
            if (e->pipelines[i][d])
                plan_print(e->program, &e->pipelines[i][d]->plan, out);
    }
    return out->failed ? DM_NOMEM : DM_OK;
}
