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
    POLL_ROWS = 1 << 16
};

/* ---- cells to final cells ------------------------------------------- */

typedef struct translation {
    dm_store_txn *t;
    const dm_terms *terms;
    const dm_type *types;
    uint32_t arity;
    map known; /* overlay id -> final id */
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

static dm_status check_cells(const translation *tr, const dm_cell *rows,
                             size_t nrows, const dm_cancel *cancel,
                             bool *changes, dm_error *err)
{
    for (uint32_t c = 0; c < tr->arity; c++) {
        if (tr->types[c] == DM_INT)
            continue;
        for (size_t i = 0; i < nrows; i++) {
            const char *fault = cell_fault(tr, tr->types[c],
                                           rows[i * tr->arity + c], changes);
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
    uint64_t final;
    if (*cell < DM_TERM_OVERLAY)
        return DM_OK;
    if (!map_get(&tr->known, *cell, &final)) {
        dm_term made;
        dm_status st = terms_copy(tr->terms, (dm_term)*cell, tr->t->terms,
                                  &made);
        if (st != DM_OK)
            return error_set(err, st, "can't keep a term of the import");
        final = term_final(made, tr->t->shift);
        if (!map_put(&tr->known, *cell, final))
            return error_nomem(err);
    }
    *cell = final;
    return DM_OK;
}

static dm_status translate(translation *tr, dm_cell *cells, size_t nrows,
                           dm_error *err)
{
    for (uint32_t c = 0; c < tr->arity; c++) {
        dm_type type = tr->types[c];
        if (type == DM_INT || type == DM_DATE)
            continue;
        for (size_t i = 0; i < nrows; i++) {
            dm_cell *cell = &cells[i * tr->arity + c];
            dm_status st = DM_OK;
            if (type == DM_FLOAT)
                *cell = cell_float(cell_get_float(*cell));
            else
                st = final_term(tr, cell, err);
            if (st != DM_OK)
                return st;
        }
    }
    return DM_OK;
}

/* `*copy` becomes the rows as they are stored, or stays NULL when they are
 * stored as they are. */
static dm_status final_cells(dm_store_txn *t, uint32_t arity,
                             const dm_type *types, const dm_cell *rows,
                             size_t nrows, const dm_terms *terms,
                             const dm_cancel *cancel, dm_cell **copy,
                             dm_error *err)
{
    translation tr = {.t = t, .terms = terms, .types = types, .arity = arity};
    bool changes = false;
    dm_status st = check_cells(&tr, rows, nrows, cancel, &changes, err);
    if (st != DM_OK || !changes)
        return st;
    size_t size = nrows * arity * sizeof *rows;
    dm_cell *cells = mem_alloc(size);
    if (!cells)
        return error_nomem(err);
    memcpy(cells, rows, size);
    st = translate(&tr, cells, nrows, err);
    map_free(&tr.known);
    if (st != DM_OK)
        mem_free(cells);
    else
        *copy = cells;
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

static dm_status pack(const dm_cell *rows, size_t nrows, uint32_t arity,
                      const dm_type *types, uint32_t schema,
                      const dm_cancel *cancel, row_blocks *out, dm_error *err)
{
    lane_set set;
    dm_status st = lanes_sort(rows, nrows, arity, types, cancel, &set, err);
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

dm_status store_import(dm_store_txn *t, uint64_t serial, uint32_t arity,
                       const dm_type *types, const dm_cell *rows, size_t nrows,
                       const dm_terms *terms, const dm_cancel *cancel,
                       dm_error *err)
{
    pending_import import = {.serial = serial};
    const pending *p = NULL;
    dm_cell *copy = NULL;
    uint32_t schema = 0;
    dm_status st;
    TRY(store_usable(t->s, err), done);
    TRY(find_import(t, serial, &p, err), done);
    TRY(check_types(arity, types, err), done);
    import.relation = statement_relation((uint8_t *)t->records.at + p->at);
    TRY(final_cells(t, arity, types, rows, nrows, terms, cancel, &copy, err),
        done);
    TRY(catalogue_schema(t, import.relation, arity, types, &schema, err),
        done);
    TRY(pack(copy ? copy : rows, nrows, arity, types, schema, cancel,
             &import.rows, err), done);
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
    mem_free(copy);
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
    if (!block_decode(value->mv_data, value->mv_size, &b))
        return record_bad(scan->s, DB_BLOCKS, k, "malformed block", err);
    return scan->visit(scan->context, k, &b, err);
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
    const dm_store *s;
    MDB_txn *txn;
    const import_info *import;
    uint64_t as_of;
    map withdrawn; /* hashes of withdrawn rows */
    store_on_rows *visit;
    void *context;
    dm_cell *cells;
    size_t batch; /* rows that fit in it */
} reading;

/* Leave withdrawn rows out; `*n` becomes the number of those left. */
static dm_status filter(reading *r, size_t *n, dm_error *err)
{
    uint32_t arity = r->import->arity;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        const dm_cell *row = r->cells + i * arity;
        bool gone = map_get(&r->withdrawn, hash_cells(row, arity), NULL);
        if (gone) {
            dm_status st = tombstone_exact(r->s, r->txn, r->import, row,
                                           r->as_of, &gone, err);
            if (st != DM_OK)
                return st;
        }
        if (gone)
            continue;
        if (kept != i)
            memmove(r->cells + kept * arity, row, arity * sizeof *row);
        kept++;
    }
    *n = kept;
    return DM_OK;
}

static dm_status on_block(void *context, const MDB_val *k, const block *b,
                          dm_error *err)
{
    reading *r = context;
    if (b->arity != r->import->arity || b->schema != r->import->schema)
        return record_bad(r->s, DB_BLOCKS, k, "block of another schema", err);
    for (uint32_t from = 0; from < b->rows;) {
        uint32_t step = b->rows - from < r->batch ? b->rows - from
                                                  : (uint32_t)r->batch;
        size_t n = step;
        block_cells(b, r->import->types, from, step, r->cells);
        from += step;
        dm_status st = r->withdrawn.len || r->withdrawn.has_zero
                       ? filter(r, &n, err) : DM_OK;
        if (st == DM_OK && n > 0)
            st = r->visit(r->context, r->cells, n, err);
        if (st != DM_OK)
            return st;
    }
    return DM_OK;
}

static dm_status read_rows(reading *r, dm_error *err)
{
    uint64_t count = 0;
    uint32_t arity = r->import->arity;
    r->batch = BATCH_CELLS / (arity ? arity : 1);
    dm_status st = tombstones_load(r->s, r->txn, r->import, r->as_of,
                                   &r->withdrawn, &count, err);
    if (st != DM_OK)
        goto done;
    r->cells = mem_alloc(r->batch * (arity ? arity : 1) * sizeof *r->cells);
    if (!r->cells) {
        st = error_nomem(err);
        goto done;
    }
    st = blocks_scan(r->s, r->txn, r->import->relation, r->import->serial,
                     on_block, r, err);
done:
    mem_free(r->cells);
    map_free(&r->withdrawn);
    return st;
}

dm_status store_rows_as_of(dm_store *s, uint64_t txn, uint64_t serial,
                           store_on_rows *visit, void *context, dm_error *err)
{
    import_info import;
    MDB_txn *mdb = NULL;
    dm_status st = read_begin(s, &mdb, err);
    if (st != DM_OK)
        return st;
    st = import_load(s, mdb, serial, &import, err);
    if (st == DM_OK) {
        reading r = {.s = s, .txn = mdb, .import = &import, .as_of = txn,
                     .visit = visit, .context = context};
        st = read_rows(&r, err);
    }
    read_end(s, mdb);
    return st;
}

dm_status store_rows(dm_store *s, uint64_t serial, store_on_rows *visit,
                     void *context, dm_error *err)
{
    return store_rows_as_of(s, UINT64_MAX, serial, visit, context, err);
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
