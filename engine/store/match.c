/* match.c - the rows of an import that begin with given cells.
 *
 * Purpose: a bound query on a stored relation reads a block or two of it.
 * Method: blocks are keyed by their first row's lanes, so that of those with
 * rows wanted the first is the one before the first key not below the wanted
 * lanes (or that one itself, when none stands before it); the others follow.
 * In a block, the rows are found by bisection.  Tuples too long for a key are
 * numbered instead: then every block is looked at.
 * Cost: a descent in LMDB, a checksum of 32 KB for each block, some
 * comparisons: 5 us. */
#include "store/internal.h"

#include <assert.h>
#include <string.h>

enum { BATCH_CELLS = 8192 };

typedef struct matching {
    row_filter filter;
    uint64_t lanes[MAX_ARITY];
    uint32_t n; /* of them are given */
    store_on_rows *visit;
    void *context;
    dm_cell cells[BATCH_CELLS];
    bool beyond; /* the rows left come behind those wanted */
} matching;

/* The first row of the block whose first columns are not below the lanes, or,
 * with `behind`, that are above them. */
static uint32_t first_row(const matching *m, const block *b, bool behind)
{
    uint32_t low = 0, high = b->rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int c = block_compare_first(b, middle, m->lanes, m->n);
        if (c < 0 || (behind && c == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static dm_status match_block(void *context, const MDB_val *k, const block *b,
                             dm_error *err)
{
    matching *m = context;
    const import_info *import = m->filter.import;
    uint32_t most = BATCH_CELLS / (b->arity ? b->arity : 1);
    dm_status st = block_belongs(m->filter.s, k, b, import, err);
    if (st != DM_OK)
        return st;
    uint32_t from = first_row(m, b, false), end = first_row(m, b, true);
    m->beyond = end < b->rows;
    while (from < end && st == DM_OK) {
        uint32_t step = end - from < most ? end - from : most;
        size_t n = step;
        block_cells(b, import->types, from, step, m->cells);
        from += step;
        st = filter_rows(&m->filter, m->cells, &n, err);
        if (st == DM_OK && n > 0)
            st = m->visit(m->context, m->cells, n, err);
    }
    return st;
}

/* ---- finding the blocks --------------------------------------------- */

/* Put the cursor on the block described above. */
static int seek(const matching *m, MDB_cursor *at, const key *prefix,
                MDB_val *k, MDB_val *value)
{
    key wanted = *prefix;
    for (uint32_t c = 0; c < m->n; c++)
        key_put(&wanted, m->lanes[c], LANE);
    *k = (MDB_val){wanted.len, wanted.at};
    int code = mdb_cursor_get(at, k, value, MDB_SET_RANGE);
    code = mdb_cursor_get(at, k, value, code == MDB_NOTFOUND ? MDB_LAST
                                                             : MDB_PREV);
    if (!code && k->mv_size >= prefix->len
        && !memcmp(k->mv_data, prefix->at, prefix->len))
        return 0;
    *k = (MDB_val){prefix->len, (void *)(uintptr_t)prefix->at};
    return code && code != MDB_NOTFOUND
               ? code : mdb_cursor_get(at, k, value, MDB_SET_RANGE);
}

static dm_status match_blocks(matching *m, MDB_cursor *at, dm_error *err)
{
    const row_filter *f = &m->filter;
    MDB_val k, value, record;
    key prefix = {.len = 0};
    dm_status st = DM_OK;
    key_put(&prefix, f->import->relation, 4);
    key_put(&prefix, f->import->serial, 8);
    int code = seek(m, at, &prefix, &k, &value);
    while (!code && st == DM_OK && !m->beyond && k.mv_size >= prefix.len
           && !memcmp(k.mv_data, prefix.at, prefix.len)) {
        block b;
        st = record_check(f->s, DB_BLOCKS, &k, &value, &record, err);
        if (st == DM_OK)
            st = block_open(f->s, &k, &record, &b, err);
        if (st == DM_OK)
            st = match_block(m, &k, &b, err);
        if (st == DM_OK)
            code = mdb_cursor_get(at, &k, &value, MDB_NEXT);
    }
    return st == DM_OK && code && code != MDB_NOTFOUND
               ? store_mdb_error(f->s, code, "look for rows", err) : st;
}

static dm_status match_rows(matching *m, dm_error *err)
{
    const row_filter *f = &m->filter;
    const import_info *import = f->import;
    MDB_cursor *at;
    if (import->arity > BLOCK_KEY_LANES)
        return blocks_scan(f->s, f->txn, import->relation, import->serial,
                           match_block, m, err);
    int code = mdb_cursor_open(f->txn, f->s->dbi[DB_BLOCKS], &at);
    if (code)
        return store_mdb_error(f->s, code, "look for rows", err);
    dm_status st = match_blocks(m, at, err);
    mdb_cursor_close(at);
    return st;
}

dm_status store_rows_match(dm_store *s, uint64_t serial, const dm_cell *prefix,
                           uint32_t n, store_on_rows *visit, void *context,
                           dm_error *err)
{
    import_info import;
    matching *m = mem_alloc(sizeof *m);
    if (!m)
        return error_nomem(err);
    m->filter = (row_filter){.s = s, .import = &import, .as_of = UINT64_MAX};
    m->n = n;
    m->visit = visit;
    m->context = context;
    m->beyond = false;
    dm_status st = read_begin(s, &m->filter.txn, err);
    if (st != DM_OK) {
        mem_free(m);
        return st;
    }
    TRY(import_load(s, m->filter.txn, serial, &import, err), done);
    assert(n <= import.arity);
    for (uint32_t c = 0; c < n; c++)
        m->lanes[c] = lane_of(import.types[c], prefix[c]);
    TRY(filter_open(&m->filter, m->lanes, n, err), done);
    TRY(match_rows(m, err), done);
done:
    filter_close(&m->filter);
    read_end(s, m->filter.txn);
    mem_free(m);
    return st;
}
