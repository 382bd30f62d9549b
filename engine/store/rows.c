/* rows.c - bulk imports in the store: taking rows in, giving them out.
 *
 * Purpose: store_import, store_rows, and what lies between packed blocks
 * (blocks.c) and their database.
 * Representation: DB_BLOCKS has for each block the key relation u32, import's
 * serial u64, then the lanes of the block's first row, u64 each; where these
 * would take more than TUPLE_MAX bytes, the block's number u32 instead.  A
 * transaction keeps the packed blocks of its imports until its commit has
 * written them, so that a full map costs no second sort.
 * Invariants: keys of an import's blocks ascend as its rows do; term cells in
 * blocks are final ids of the root.
 * Cost: importing is one copy of the rows, only if cells have to be
 * translated, a sort, and a put for each 32 KB; reading is bound by memory.
 */
#include "store/internal.h"

#include "base/term_internal.h"
#include "store/rows.h"

#include <assert.h>
#include <string.h>

_Static_assert(MAX_ARITY == (int)ROWS_ARITY_MAX, "one limit");
_Static_assert(BLOCK_KEY_LANES * LANE == TUPLE_MAX, "one limit");

enum {
    BATCH_CELLS = 8192,  /* given to a visitor at a time: 64 KB */
    STRETCH = 1024,      /* rows of a block taken to columns together */
    POLL_ROWS = 1 << 16
};

/* ---- cells to final cells ------------------------------------------- */

typedef struct translation {
    dm_store_txn *t;
    const dm_terms *terms;
    const dm_type *types;
    uint32_t arity;
    dm_term *known; /* of the overlay's terms in order: final id, or 0 */
} translation;

static dm_status bad_cell(size_t row, uint32_t column, const char *what,
                          dm_error *err)
{
    return error_set(err, DM_INVALID, "row %zu, column %u: %s", row + 1,
                     column + 1, what);
}

/* What is wrong with a cell, or NULL; `changes` is set when it can't be stored
 * as it is. */
static const char *cell_fault(const translation *tr, dm_type type,
                              dm_cell cell, bool *changes)
{
    switch (type) {
    case DM_INT:
        return NULL;
    case DM_FLOAT: {
        double x = cell_get_float(cell);
        if (x == x && cell != cell_float(x))
            *changes = true;
        return x != x ? "not a number" : NULL;
    }
    case DM_DATE:
        return cell_get_int(cell) < INT32_MIN || cell_get_int(cell) > INT32_MAX
               ? "no such day" : NULL;
    case DM_ANY:
    case DM_SYMBOL:
    case DM_INTERVAL:
    case DM_TERM:
        break;
    }
    if (cell == 0 || cell > UINT32_MAX || !terms_has(tr->terms, (dm_term)cell))
        return "no such term";
    if (cell >= DM_TERM_OVERLAY)
        *changes = true;
    term_kind kind = terms_kind(tr->terms, (dm_term)cell);
    if (type == DM_SYMBOL && kind != TERM_SYMBOL)
        return "not a symbol";
    if (type == DM_INTERVAL && kind != TERM_INTERVAL)
        return "not an interval";
    return NULL;
}

static dm_status check_cells(const translation *tr, const columns *rows,
                             const dm_cancel *cancel, bool *changes,
                             dm_error *err)
{
    for (uint32_t c = 0; c < tr->arity; c++) {
        if (tr->types[c] == DM_INT)
            continue;
        for (size_t i = 0; i < rows->nrows; i++) {
            const char *fault = cell_fault(
                tr, tr->types[c], column_get(&rows->col[c], i), changes);
            if (fault)
                return bad_cell(i, c, fault, err);
            if (i % POLL_ROWS == 0 && cancel && atomic_load(&cancel->asked))
                return error_set(err, DM_CANCELLED,
                                 "the import was cancelled");
        }
    }
    return DM_OK;
}

static dm_status final_term(translation *tr, dm_cell *cell, dm_error *err)
{
    if (*cell < DM_TERM_OVERLAY)
        return DM_OK;
    dm_term *final = &tr->known[*cell - DM_TERM_OVERLAY];
    if (!*final) {
        dm_term made = 0;
        dm_status st = terms_copy(tr->terms, (dm_term)*cell, tr->t->terms,
                                  &made);
        if (st != DM_OK)
            return error_set(err, st, "can't keep a term of the import");
        *final = term_final(made, tr->t->shift);
    }
    *cell = *final;
    return DM_OK;
}

static dm_status translate(translation *tr, columns *rows, dm_error *err)
{
    for (uint32_t c = 0; c < tr->arity; c++) {
        dm_type type = tr->types[c];
        if (type == DM_INT || type == DM_DATE)
            continue;
        for (size_t i = 0; i < rows->nrows; i++) {
            dm_cell cell = column_get(&rows->col[c], i);
            dm_status st = DM_OK;
            if (type == DM_FLOAT)
                cell = cell_float(cell_get_float(cell));
            else
                st = final_term(tr, &cell, err);
            if (st != DM_OK)
                return st;
            column_set(&rows->col[c], i, cell); /* not greater than before */
        }
    }
    return DM_OK;
}

/* `copy` becomes the rows as they are stored, or stays empty when they are
 * stored as they are. */
static dm_status final_cells(dm_store_txn *t, const dm_type *types,
                             const columns *rows, const dm_terms *terms,
                             const dm_cancel *cancel, columns *copy,
                             dm_error *err)
{
    translation tr = {.t = t, .terms = terms, .types = types,
                      .arity = rows->arity};
    bool changes = false;
    dm_status st = check_cells(&tr, rows, cancel, &changes, err);
    if (st != DM_OK || !changes)
        return st;
    tr.known = mem_calloc(terms_count(terms) + (size_t)1, sizeof *tr.known);
    if (!tr.known || columns_copy(copy, rows, 0, rows->nrows) != DM_OK)
        st = error_nomem(err);
    else
        st = translate(&tr, copy, err);
    mem_free(tr.known);
    return st;
}

/* ---- importing ------------------------------------------------------ */

/* The import `serial` of this transaction, which has no rows yet. */
static dm_status find_import(const dm_store_txn *t, uint64_t serial,
                             const pending **out, dm_error *err)
{
    uint64_t i = serial - t->first_serial;
    if (serial < t->first_serial || i >= t->added.len
        || t->added.at[i].withdrawn)
        return error_set(err, DM_NOT_FOUND, "statement %llu was not added in "
                         "this transaction", (unsigned long long)serial);
    const pending *p = &t->added.at[i];
    if ((uint8_t)t->records.at[p->at] != DM_IMPORT)
        return error_set(err, DM_INVALID, "statement %llu is no import",
                         (unsigned long long)serial);
    for (size_t j = 0; j < t->imports.len; j++)
        if (t->imports.at[j].serial == serial)
            return error_set(err, DM_EXISTS, "import %llu has its rows "
                             "already", (unsigned long long)serial);
    *out = p;
    return DM_OK;
}

static dm_status pack(const columns *rows, const dm_type *types,
                      uint32_t schema, const dm_cancel *cancel,
                      row_blocks *out, dm_error *err)
{
    lane_set set;
    dm_status st = lanes_sort(rows, types, cancel, &set, err);
    if (st != DM_OK)
        return st;
    st = blocks_pack(&set, schema, cancel, out, err);
    lanes_free(&set);
    return st;
}

static dm_status check_types(uint32_t arity, const dm_type *types,
                             dm_error *err)
{
    if (arity > ROWS_ARITY_MAX)
        return error_set(err, DM_INVALID, "rows of %u columns: %d is the most",
                         arity, ROWS_ARITY_MAX);
    for (uint32_t c = 0; c < arity; c++)
        if (!lane_type(types[c]))
            return error_set(err, DM_INVALID, "column %u has no type", c + 1);
    return DM_OK;
}

dm_status store_import(dm_store_txn *t, uint64_t serial, const dm_type *types,
                       const columns *rows, const dm_terms *terms,
                       const dm_cancel *cancel, dm_error *err)
{
    uint32_t arity = rows->arity;
    pending_import import = {.serial = serial};
    const pending *p = NULL;
    columns copy;
    uint32_t schema = 0;
    dm_status st;
    columns_init(&copy, arity);
    TRY(store_usable(t->s, err), done);
    TRY(find_import(t, serial, &p, err), done);
    TRY(check_types(arity, types, err), done);
    import.relation = statement_relation((uint8_t *)t->records.at + p->at);
    TRY(final_cells(t, types, rows, terms, cancel, &copy, err), done);
    TRY(catalogue_schema(t, import.relation, arity, types, &schema, err),
        done);
    TRY(pack(copy.nrows ? &copy : rows, types, schema, cancel, &import.rows,
             err), done);
    if (!vec_push(&t->imports, import)) {
        st = error_nomem(err);
        goto done;
    }
    statement_set_rows((uint8_t *)t->records.at + p->at, schema,
                       import.rows.rows);
    t->state.rows += import.rows.rows;
    t->bytes += import.rows.bytes.len
                + import.rows.at.len * (2 * LANE * (uint64_t)arity + 4096);
done:
    columns_free(&copy);
    if (st != DM_OK)
        row_blocks_free(&import.rows);
    return st;
}

/* ---- the database of blocks ----------------------------------------- */

static void import_key(uint32_t relation, uint64_t serial, key *out)
{
    out->len = 0;
    key_put(out, relation, 4);
    key_put(out, serial, 8);
}

void block_key(uint32_t relation, uint64_t serial, uint32_t arity,
               const uint64_t *first, uint64_t number, key *out)
{
    import_key(relation, serial, out);
    if (arity > BLOCK_KEY_LANES) {
        key_put(out, number, 4);
        return;
    }
    for (uint32_t c = 0; c < arity; c++)
        key_put(out, first[c], LANE);
}

int blocks_save(const dm_store *s, MDB_txn *txn, const pending_import *p)
{
    const row_blocks *rows = &p->rows;
    for (size_t i = 0; i < rows->at.len; i++) {
        const row_block *b = &rows->at.at[i];
        const uint64_t *first = rows->arity ? rows->first.at + b->lanes : NULL;
        key k;
        block_key(p->relation, p->serial, rows->arity, first, i, &k);
        int code = record_put(txn, s, DB_BLOCKS, &k, rows->bytes.at + b->at,
                              b->size, 0);
        if (code)
            return code;
    }
    return 0;
}

dm_status block_open(const dm_store *s, const MDB_val *k, const MDB_val *value,
                     block *out, dm_error *err)
{
    return block_decode(value->mv_data, value->mv_size, out)
               ? DM_OK
               : record_bad(s, DB_BLOCKS, k, "malformed block", err);
}

dm_status block_belongs(const dm_store *s, const MDB_val *k, const block *b,
                        const import_info *import, dm_error *err)
{
    return b->arity == import->arity && b->schema == import->schema
               ? DM_OK
               : record_bad(s, DB_BLOCKS, k, "block of another schema", err);
}

typedef struct block_scan {
    const dm_store *s;
    block_visit *visit;
    void *context;
} block_scan;

static dm_status on_record(void *context, const MDB_val *k,
                           const MDB_val *value, dm_error *err)
{
    block_scan *scan = context;
    block b;
    dm_status st = block_open(scan->s, k, value, &b, err);
    return st == DM_OK ? scan->visit(scan->context, k, &b, err) : st;
}

dm_status blocks_scan(const dm_store *s, MDB_txn *txn, uint32_t relation,
                      uint64_t serial, block_visit *visit, void *context,
                      dm_error *err)
{
    block_scan scan = {s, visit, context};
    key prefix;
    import_key(relation, serial, &prefix);
    return record_scan(txn, s, DB_BLOCKS, &prefix, NULL, on_record, &scan,
                       err);
}

dm_status import_load(const dm_store *s, MDB_txn *txn, uint64_t serial,
                      import_info *out, dm_error *err)
{
    field_vec fields = {0};
    dm_statement statement;
    statement_head head;
    uint64_t closed = 0;
    schema columns;
    dm_status st = statement_load(s, txn, serial, &fields, &statement, &head,
                                  &closed, err);
    vec_free(&fields);
    if (st != DM_OK)
        return st;
    if (statement.kind != DM_IMPORT || head.schema == 0)
        return error_set(err, DM_NOT_FOUND, "statement %llu has no rows",
                         (unsigned long long)serial);
    st = schema_load(s, txn, head.relation, head.schema, &columns, err);
    if (st != DM_OK)
        return st;
    *out = (import_info){.serial = serial, .relation = head.relation,
                         .schema = head.schema, .arity = columns.arity,
                         .current = closed == 0, .rows = head.rows};
    bool sane = columns.arity <= MAX_ARITY;
    for (uint32_t c = 0; sane && c < columns.arity; c++) {
        out->types[c] = (dm_type)columns.types[c];
        sane = lane_type(out->types[c]);
    }
    return sane ? DM_OK
                : record_bad(s, DB_CAT, NULL, "wrong columns of an import",
                             err);
}

/* ---- reading rows --------------------------------------------------- */

typedef struct reading {
    row_filter filter;
    store_on_rows *visit;
    void *context;
    dm_cell *cells;
    size_t batch; /* rows that fit in it */
} reading;

static dm_status on_block(void *context, const MDB_val *k, const block *b,
                          dm_error *err)
{
    reading *r = context;
    const import_info *import = r->filter.import;
    dm_status st = block_belongs(r->filter.s, k, b, import, err);
    for (uint32_t from = 0; from < b->rows && st == DM_OK;) {
        uint32_t step = b->rows - from < r->batch ? b->rows - from
                                                  : (uint32_t)r->batch;
        size_t n = step;
        block_cells(b, import->types, from, step, r->cells);
        from += step;
        st = filter_rows(&r->filter, r->cells, &n, err);
        if (st == DM_OK && n > 0)
            st = r->visit(r->context, r->cells, n, err);
    }
    return st;
}

/* The rows that the filter, which is open, leaves. */
static dm_status visit_rows(reading *r, dm_error *err)
{
    const row_filter *f = &r->filter;
    size_t width = f->import->arity ? f->import->arity : 1;
    r->batch = BATCH_CELLS / width;
    r->cells = mem_alloc(r->batch * width * sizeof *r->cells);
    if (!r->cells)
        return error_nomem(err);
    dm_status st = blocks_scan(f->s, f->txn, f->import->relation,
                               f->import->serial, on_block, r, err);
    mem_free(r->cells);
    return st;
}

dm_status store_rows_as_of(dm_store *s, uint64_t txn, uint64_t serial,
                           store_on_rows *visit, void *context, dm_error *err)
{
    import_info import;
    reading r = {.filter = {.s = s, .import = &import, .as_of = txn},
                 .visit = visit, .context = context};
    dm_status st = read_begin(s, &r.filter.txn, err);
    if (st != DM_OK)
        return st;
    TRY(import_load(s, r.filter.txn, serial, &import, err), done);
    TRY(filter_open(&r.filter, NULL, 0, err), done);
    TRY(visit_rows(&r, err), done);
done:
    filter_close(&r.filter);
    read_end(s, r.filter.txn);
    return st;
}

dm_status store_rows(dm_store *s, uint64_t serial, store_on_rows *visit,
                     void *context, dm_error *err)
{
    return store_rows_as_of(s, UINT64_MAX, serial, visit, context, err);
}

/* ---- rows into columns ---------------------------------------------- */

typedef struct filling {
    const dm_store *s;
    const import_info *import;
    columns *out;
    dm_cell cells[STRETCH * ROWS_ARITY_MAX];
} filling;

static dm_status add_block(void *context, const MDB_val *k, const block *b,
                           dm_error *err)
{
    filling *f = context;
    const dm_cell *at[ROWS_ARITY_MAX];
    dm_status st = block_belongs(f->s, k, b, f->import, err);
    for (uint32_t from = 0; from < b->rows && st == DM_OK; from += STRETCH) {
        uint32_t n = b->rows - from < STRETCH ? b->rows - from : STRETCH;
        for (uint32_t c = 0; c < b->arity; c++) {
            dm_cell *cells = f->cells + (size_t)c * STRETCH;
            block_column(b, f->import->types[c], c, from, n, cells);
            at[c] = cells;
        }
        if (columns_append(f->out, at, n) != DM_OK)
            st = error_nomem(err);
    }
    return st;
}

static dm_status add_blocks(const row_filter *filter, columns *out,
                            dm_error *err)
{
    const import_info *import = filter->import;
    filling *f = mem_alloc(sizeof *f);
    if (!f)
        return error_nomem(err);
    f->s = filter->s;
    f->import = import;
    f->out = out;
    dm_status st = blocks_scan(filter->s, filter->txn, import->relation,
                               import->serial, add_block, f, err);
    mem_free(f);
    return st;
}

static dm_status add_rows(void *context, const dm_cell *rows, size_t n,
                          dm_error *err)
{
    return columns_append_rows(context, rows, n) == DM_OK ? DM_OK
                                                          : error_nomem(err);
}

dm_status store_columns(dm_store *s, uint64_t serial, columns *out,
                        dm_error *err)
{
    import_info import;
    reading r = {.filter = {.s = s, .import = &import, .as_of = UINT64_MAX},
                 .visit = add_rows, .context = out};
    dm_status st = read_begin(s, &r.filter.txn, err);
    if (st != DM_OK)
        return st;
    TRY(import_load(s, r.filter.txn, serial, &import, err), done);
    assert(import.arity == out->arity);
    (void)columns_room(out, import.rows); /* if not, it grows by and by */
    TRY(filter_open(&r.filter, NULL, 0, err), done);
    if (filter_is_empty(&r.filter))
        st = add_blocks(&r.filter, out, err);
    else
        st = visit_rows(&r, err);
done:
    filter_close(&r.filter);
    read_end(s, r.filter.txn);
    return st;
}

dm_status store_import_types(dm_store *s, uint64_t serial, uint32_t *arity,
                             dm_type types[64], dm_error *err)
{
    import_info import;
    MDB_txn *mdb = NULL;
    dm_status st = read_begin(s, &mdb, err);
    if (st != DM_OK)
        return st;
    st = import_load(s, mdb, serial, &import, err);
    read_end(s, mdb);
    if (st != DM_OK)
        return st;
    *arity = import.arity;
    memcpy(types, import.types, import.arity * sizeof *types);
    return DM_OK;
}
