/* tombstones.c - withdrawn rows of an import.
 *
 * Purpose: a bulk import is one statement; a few of its rows can still be
 * withdrawn, without touching its blocks and without losing the history.
 * Representation: DB_TOMB has for each withdrawn row the key relation u32,
 * import's serial u64, then the row's lanes, u64 each, or their 128-bit hash
 * where they take more than TUPLE_MAX bytes; the value is the withdrawing
 * transaction u64, then, behind a hash, the lanes themselves.
 * Invariants: a tombstone's row is in the import; it is never taken away.
 * Cost: a scan of an import loads the hashes of its tombstones and asks the
 * database only for rows whose hash is among them; withdrawing a row is a
 * search for its block and in it. */
#include "store/internal.h"

#include "store/rows.h"

#include <string.h>

/* ---- keys ----------------------------------------------------------- */

static bool is_hashed(const import_info *import)
{
    return import->arity > BLOCK_KEY_LANES;
}

/* The lanes of a row, big-endian, as they stand in a key. */
static void row_bytes(const import_info *import, const dm_cell *row,
                      uint8_t out[MAX_ARITY * LANE])
{
    for (uint32_t c = 0; c < import->arity; c++) {
        uint64_t lane = lane_of(import->types[c], row[c]);
        for (unsigned b = 0; b < LANE; b++)
            out[c * LANE + b] = (uint8_t)(lane >> (56 - 8 * b));
    }
}

static void bytes_row(const import_info *import, const uint8_t *bytes,
                      dm_cell *row)
{
    for (uint32_t c = 0; c < import->arity; c++) {
        uint64_t lane = 0;
        for (unsigned b = 0; b < LANE; b++)
            lane = lane << 8 | bytes[c * LANE + b];
        row[c] = lane_cell(import->types[c], lane);
    }
}

static void import_prefix(const import_info *import, key *out)
{
    out->len = 0;
    key_put(out, import->relation, 4);
    key_put(out, import->serial, 8);
}

static void tombstone_key(const import_info *import, const uint8_t *bytes,
                          key *out)
{
    size_t size = import->arity * (size_t)LANE;
    import_prefix(import, out);
    if (is_hashed(import)) {
        hash128 h = hash_bytes128(bytes, size);
        key_put(out, h.hi, 8);
        key_put(out, h.lo, 8);
    } else if (size) {
        memcpy(out->at + out->len, bytes, size);
        out->len += size;
    }
}

/* ---- reading -------------------------------------------------------- */

typedef struct loader {
    const dm_store *s;
    const import_info *import;
    uint64_t as_of;
    map *set;
    uint64_t count;
} loader;

bool tombstone_row(const import_info *import, const MDB_val *k,
                   const MDB_val *value, dm_cell *row)
{
    size_t size = import->arity * (size_t)LANE, head = 4 + 8;
    uint8_t bytes[MAX_ARITY * LANE];
    key made;
    const uint8_t *from = (const uint8_t *)k->mv_data + head;
    if (is_hashed(import)) {
        if (value->mv_size != 8 + size)
            return false;
        from = (const uint8_t *)value->mv_data + 8;
    } else if (value->mv_size != 8 || k->mv_size != head + size) {
        return false;
    }
    if (size)
        memcpy(bytes, from, size);
    bytes_row(import, bytes, row);
    tombstone_key(import, bytes, &made);
    return made.len == k->mv_size && !memcmp(made.at, k->mv_data, made.len);
}

static dm_status on_tombstone(void *context, const MDB_val *k,
                              const MDB_val *value, dm_error *err)
{
    loader *l = context;
    dm_cell row[MAX_ARITY];
    if (!tombstone_row(l->import, k, value, row))
        return record_bad(l->s, DB_TOMB, k, "malformed tombstone", err);
    cursor c = {value->mv_data, value->mv_size, false};
    if (take_le(&c, 8) > l->as_of)
        return DM_OK;
    l->count++;
    if (l->set && !map_put(l->set, hash_cells(row, l->import->arity), 1))
        return error_nomem(err);
    return DM_OK;
}

/* Those of rows that begin with `n` lanes, as far as keys tell. */
static dm_status scan_tombstones(loader *l, MDB_txn *txn,
                                 const uint64_t *lanes, uint32_t n,
                                 dm_error *err)
{
    key prefix;
    import_prefix(l->import, &prefix);
    for (uint32_t c = 0; c < n && !is_hashed(l->import); c++)
        key_put(&prefix, lanes[c], LANE);
    return record_scan(txn, l->s, DB_TOMB, &prefix, NULL, on_tombstone, l,
                       err);
}

dm_status tombstones_load(const dm_store *s, MDB_txn *txn,
                          const import_info *import, uint64_t as_of, map *set,
                          uint64_t *count, dm_error *err)
{
    loader l = {s, import, as_of, set, 0};
    dm_status st = scan_tombstones(&l, txn, NULL, 0, err);
    if (st == DM_OK)
        *count = l.count;
    return st;
}

dm_status tombstone_exact(const dm_store *s, MDB_txn *txn,
                          const import_info *import, const dm_cell *row,
                          uint64_t as_of, bool *out, dm_error *err)
{
    uint8_t bytes[MAX_ARITY * LANE];
    size_t size = import->arity * (size_t)LANE;
    MDB_val value;
    key k;
    row_bytes(import, row, bytes);
    tombstone_key(import, bytes, &k);
    dm_status st = record_get(txn, s, DB_TOMB, &k, &value, err);
    *out = false;
    if (st == DM_NOT_FOUND)
        return DM_OK;
    if (st != DM_OK)
        return st;
    if (value.mv_size < 8)
        return record_bad(s, DB_TOMB, NULL, "malformed tombstone", err);
    cursor c = {value.mv_data, value.mv_size, false};
    bool withdrawn = take_le(&c, 8) <= as_of;
    *out = withdrawn && (!is_hashed(import)
                         || (c.left == size && !memcmp(c.at, bytes, size)));
    return DM_OK;
}

/* ---- leaving rows out ------------------------------------------------- */

dm_status filter_open(row_filter *f, const uint64_t *lanes, uint32_t n,
                      dm_error *err)
{
    loader l = {f->s, f->import, f->as_of, &f->withdrawn, 0};
    return scan_tombstones(&l, f->txn, lanes, n, err);
}

bool filter_is_empty(const row_filter *f)
{
    return f->withdrawn.len == 0 && !f->withdrawn.has_zero;
}

dm_status filter_rows(const row_filter *f, dm_cell *rows, size_t *n,
                      dm_error *err)
{
    uint32_t arity = f->import->arity;
    size_t kept = 0;
    for (size_t i = 0; i < *n && !filter_is_empty(f); i++) {
        const dm_cell *row = rows + i * arity;
        bool gone = map_get(&f->withdrawn, hash_cells(row, arity), NULL);
        if (gone) {
            dm_status st = tombstone_exact(f->s, f->txn, f->import, row,
                                           f->as_of, &gone, err);
            if (st != DM_OK)
                return st;
        }
        if (gone)
            continue;
        if (kept != i)
            memmove(rows + kept * arity, row, arity * sizeof *row);
        kept++;
    }
    *n = filter_is_empty(f) ? *n : kept;
    return DM_OK;
}

void filter_close(row_filter *f)
{
    map_free(&f->withdrawn);
}

/* ---- is a row in the import? ---------------------------------------- */

typedef struct search {
    uint64_t lanes[MAX_ARITY];
    bool found;
} search;

static bool in_block(const block *b, const uint64_t *lanes)
{
    uint32_t low = 0, high = b->rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = block_compare(b, middle, lanes);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static dm_status search_block(void *context, const MDB_val *k, const block *b,
                              dm_error *err)
{
    search *look = context;
    (void)k;
    (void)err;
    if (!look->found)
        look->found = in_block(b, look->lanes);
    return DM_OK;
}

/* Put the cursor on the last block that doesn't begin behind the row. */
static int seek_block(MDB_cursor *at, const import_info *import,
                      const search *look, MDB_val *k, MDB_val *value)
{
    key wanted;
    block_key(import->relation, import->serial, import->arity, look->lanes, 0,
              &wanted);
    *k = (MDB_val){wanted.len, wanted.at};
    int code = mdb_cursor_get(at, k, value, MDB_SET_RANGE);
    if (code == MDB_NOTFOUND)
        return mdb_cursor_get(at, k, value, MDB_LAST);
    if (code)
        return code;
    if (k->mv_size == wanted.len && !memcmp(k->mv_data, wanted.at, wanted.len))
        return 0;
    return mdb_cursor_get(at, k, value, MDB_PREV);
}

static dm_status search_near(const dm_store *s, MDB_txn *txn,
                             const import_info *import, search *look,
                             dm_error *err)
{
    MDB_cursor *at = NULL;
    MDB_val k, value, record;
    block b;
    key prefix;
    dm_status st = DM_OK;
    int code = mdb_cursor_open(txn, s->dbi[DB_BLOCKS], &at);
    if (code)
        return store_mdb_error(s, code, "look for a row", err);
    import_prefix(import, &prefix);
    code = seek_block(at, import, look, &k, &value);
    if (code == MDB_NOTFOUND)
        goto done;
    if (code) {
        st = store_mdb_error(s, code, "look for a row", err);
        goto done;
    }
    if (k.mv_size < prefix.len || memcmp(k.mv_data, prefix.at, prefix.len))
        goto done;
    TRY(record_check(s, DB_BLOCKS, &k, &value, &record, err), done);
    if (!block_decode(record.mv_data, record.mv_size, &b)
        || b.arity != import->arity)
        st = record_bad(s, DB_BLOCKS, &k, "malformed block", err);
    else
        look->found = in_block(&b, look->lanes);
done:
    mdb_cursor_close(at);
    return st;
}

dm_status import_has_row(const dm_store *s, MDB_txn *txn,
                         const import_info *import, const dm_cell *row,
                         bool *out, dm_error *err)
{
    search look = {.found = false};
    dm_status st;
    for (uint32_t c = 0; c < import->arity; c++)
        look.lanes[c] = lane_of(import->types[c], row[c]);
    if (is_hashed(import))
        st = blocks_scan(s, txn, import->relation, import->serial,
                         search_block, &look, err);
    else
        st = search_near(s, txn, import, &look, err);
    *out = look.found;
    return st;
}

/* ---- withdrawing ---------------------------------------------------- */

static dm_status keep_tombstone(dm_store_txn *t, const import_info *import,
                                const dm_cell *row, dm_error *err)
{
    uint8_t bytes[MAX_ARITY * LANE];
    size_t size = import->arity * (size_t)LANE;
    key k;
    row_bytes(import, row, bytes);
    tombstone_key(import, bytes, &k);
    pending_tombstone p = {.key_size = k.len};
    uint64_t hash = hash_bytes(k.at, k.len, 0);
    if (map_get(&t->withdrawn, hash, NULL))
        return error_set(err, DM_NOT_FOUND,
                         "import %llu: the row was withdrawn already",
                         (unsigned long long)import->serial);
    p.key = arena_copy(&t->keep, k.at, k.len);
    if (is_hashed(import)) {
        p.size = size;
        p.lanes = arena_copy(&t->keep, bytes, size);
    }
    if (!p.key || (p.size && !p.lanes) || !vec_push(&t->tombstones, p))
        return error_nomem(err);
    if (!map_put(&t->withdrawn, hash, 1)) {
        t->tombstones.len--;
        return error_nomem(err);
    }
    t->state.rows--;
    t->bytes += k.len + p.size + 64;
    return DM_OK;
}

static dm_status withdraw_row(dm_store_txn *t, const import_info *import,
                              const dm_cell *row, dm_error *err)
{
    bool there = false, gone = false;
    dm_status st = import_has_row(t->s, t->mdb, import, row, &there, err);
    if (st == DM_OK && there)
        st = tombstone_exact(t->s, t->mdb, import, row, UINT64_MAX, &gone,
                             err);
    if (st != DM_OK)
        return st;
    if (!there || gone)
        return error_set(err, DM_NOT_FOUND, "import %llu has no such row%s",
                         (unsigned long long)import->serial,
                         gone ? " any more" : "");
    return keep_tombstone(t, import, row, err);
}

dm_status store_withdraw_rows(dm_store_txn *t, uint64_t serial,
                              const dm_cell *rows, size_t nrows, dm_error *err)
{
    import_info import;
    dm_status st = store_usable(t->s, err);
    if (st != DM_OK)
        return st;
    if (serial >= t->first_serial)
        return error_set(err, DM_INVALID, "rows of import %llu can be "
                         "withdrawn once it is committed",
                         (unsigned long long)serial);
    st = import_load(t->s, t->mdb, serial, &import, err);
    if (st == DM_OK && (!import.current
                        || map_get(&t->retracted_set, serial, NULL)))
        st = error_set(err, DM_NOT_FOUND, "import %llu is withdrawn",
                       (unsigned long long)serial);
    for (size_t i = 0; i < nrows && st == DM_OK; i++)
        st = withdraw_row(t, &import, rows + i * import.arity, err);
    return st;
}

int tombstones_save(const dm_store_txn *t, MDB_txn *txn)
{
    for (size_t i = 0; i < t->tombstones.len; i++) {
        const pending_tombstone *p = &t->tombstones.at[i];
        uint8_t value[8 + MAX_ARITY * LANE];
        key k = {.len = p->key_size};
        memcpy(k.at, p->key, p->key_size);
        for (unsigned b = 0; b < 8; b++)
            value[b] = (uint8_t)(t->number >> (8 * b));
        if (p->size)
            memcpy(value + 8, p->lanes, p->size);
        int code = record_put(txn, t->s, DB_TOMB, &k, value, 8 + p->size, 0);
        if (code)
            return code;
    }
    return 0;
}
