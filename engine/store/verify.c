/* verify.c - everything that can be wrong with a store.
 *
 * Purpose: find damage before it is believed.
 * Representation: one pass over each database in one read transaction, with
 * counters that have to agree at the end: where every statement has its index
 * entries and there are just as many entries, none is left over.
 * Invariants: pages are checked before LMDB is asked to read one; a damaged
 * record is a finding and the pass goes on behind it; only want of memory, an
 * I/O error and the like end it.
 * Cost: reads the file twice; an import of 10M rows takes about half a
 * second. */
#include "store/internal.h"

#include "store/rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TRIES = 20 };

typedef struct check {
    dm_store *s;
    MDB_txn *txn;
    store_on_finding *finding;
    void *context;
    size_t found;
    uint64_t want[DB_COUNT];  /* keys there should be, by other databases */
    uint64_t have[DB_COUNT];
    uint64_t rows;            /* current ones */
    uint64_t *added;          /* statements by transaction */
    uint64_t *closed;
    uint64_t last_serial, next_serial; /* of the log's last entry */
    int64_t last_time;
    uint64_t last_log;
    field_vec fields;
    buf text;
    /* the import that is being looked at */
    import_info import;
    uint64_t import_rows, import_blocks, import_tombs;
    uint64_t before[MAX_ARITY];
    bool has_before, bad_order;
} check;

__attribute__((format(printf, 2, 3)))
static void finding(check *c, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->found++;
    if (c->finding)
        c->finding(c->context, text);
}

/* Corruption becomes a finding; other failures stay failures. */
static dm_status judge(check *c, dm_status st, const dm_error *why,
                       dm_error *err)
{
    if (st != DM_CORRUPT && st != DM_NOT_FOUND) {
        if (st != DM_OK)
            error_set(err, st, "%s", why->text);
        return st;
    }
    finding(c, "%s", why->text);
    return DM_OK;
}

/* ---- passes --------------------------------------------------------- */

typedef dm_status visit_record(check *c, const MDB_val *k,
                               const MDB_val *value, dm_error *err);

static dm_status visit_one(check *c, store_db db, visit_record *visit,
                           const MDB_val *k, const MDB_val *value,
                           dm_error *err)
{
    MDB_val record;
    dm_error why = {.status = DM_OK};
    dm_status st = record_check(c->s, db, k, value, &record, &why);
    c->have[db]++;
    if (st == DM_OK && visit)
        st = visit(c, k, &record, &why);
    return judge(c, st, &why, err);
}

static dm_status pass(check *c, store_db db, visit_record *visit,
                      dm_error *err)
{
    MDB_cursor *at;
    MDB_val k, value;
    dm_status st = DM_OK;
    int rc = mdb_cursor_open(c->txn, c->s->dbi[db], &at);
    if (rc)
        return store_mdb_error(c->s, rc, "verify", err);
    rc = mdb_cursor_get(at, &k, &value, MDB_FIRST);
    while (!rc && st == DM_OK) {
        st = visit_one(c, db, visit, &k, &value, err);
        if (st == DM_OK)
            rc = mdb_cursor_get(at, &k, &value, MDB_NEXT);
    }
    mdb_cursor_close(at);
    if (rc && rc != MDB_NOTFOUND)
        finding(c, "database %s can't be read: %s", store_db_names[db],
                mdb_strerror(rc));
    return st;
}

/* The number in a key that consists of just it. */
static bool number_key(check *c, store_db db, const MDB_val *k, size_t size,
                       uint64_t *out)
{
    if (k->mv_size != size) {
        finding(c, "a key of database %s is malformed", store_db_names[db]);
        return false;
    }
    *out = key_get(k, 0, size);
    return true;
}

/* ---- terms ---------------------------------------------------------- */

static bool has_key(check *c, store_db db, const key *k, MDB_val *value)
{
    MDB_val where = {k->len, (void *)(uintptr_t)k->at};
    return mdb_get(c->txn, c->s->dbi[db], &where, value) == 0;
}

static dm_status visit_term(check *c, const MDB_val *k, const MDB_val *value,
                            dm_error *err)
{
    uint64_t id;
    MDB_val nothing;
    if (!number_key(c, DB_TERMS, k, 4, &id))
        return DM_OK;
    if (id == 0 || id > terms_count(c->s->terms)) {
        finding(c, "there should be no term %" PRIu64, id);
        return DM_OK;
    }
    buf_clear(&c->text);
    if (!term_encode(c->s->terms, (dm_term)id, 0, &c->text))
        return error_nomem(err);
    if (c->text.len != value->mv_size
        || memcmp(c->text.at, value->mv_data, c->text.len))
        finding(c, "term %" PRIu64 " is not what was loaded", id);
    hash128 hash = hash_bytes128(value->mv_data, value->mv_size);
    key where = term_hash_key(hash, (dm_term)id);
    if (!has_key(c, DB_TERM_IDS, &where, &nothing))
        finding(c, "term %" PRIu64 " is not found by its hash", id);
    c->want[DB_TERM_IDS]++;
    return DM_OK;
}

static dm_status visit_term_id(check *c, const MDB_val *k,
                               const MDB_val *value, dm_error *err)
{
    (void)err;
    if (k->mv_size != 20 || value->mv_size != 0)
        finding(c, "an entry of database term_ids is malformed");
    return DM_OK;
}

/* ---- the catalogue -------------------------------------------------- */

static dm_status visit_relation(check *c, const MDB_val *k,
                                const MDB_val *value, dm_error *err)
{
    uint64_t name;
    cursor v = {value->mv_data, value->mv_size, false};
    uint64_t relation = take_le(&v, 4);
    (void)err;
    if (!number_key(c, DB_CAT_NAMES, k, 4, &name))
        return DM_OK;
    if (v.bad || v.left || relation == 0
        || relation > c->s->state.last_relation || name == 0
        || name > terms_count(c->s->terms))
        finding(c, "the name of relation %" PRIu64 " is wrong", relation);
    return DM_OK;
}

static dm_status visit_schema(check *c, const MDB_val *k,
                              const MDB_val *value, dm_error *err)
{
    schema sch;
    uint32_t named = 0;
    dm_status st = schema_decode(c->s, k, value, &sch, err);
    if (st != DM_OK)
        return st;
    if (sch.relation == 0 || sch.relation > c->s->state.last_relation)
        finding(c, "a schema is of relation %u, which there isn't",
                sch.relation);
    if (sch.txn == 0 || sch.txn > c->s->state.last_txn)
        finding(c, "a schema of relation %u is of transaction %" PRIu64
                ", which there isn't", sch.relation, sch.txn);
    if (sch.name == 0 || sch.name > terms_count(c->s->terms)) {
        finding(c, "a schema of relation %u has no name", sch.relation);
        return DM_OK;
    }
    st = relation_find(c->s, c->txn, sch.name, &named, err);
    if (st == DM_OK && named != sch.relation)
        finding(c, "relation %u is not found by its name", sch.relation);
    return st;
}

/* ---- rows ----------------------------------------------------------- */

static void check_cells(check *c, const block *b)
{
    dm_cell cells[MAX_ARITY];
    for (uint32_t row = 0; row < b->rows; row++) {
        block_cells(b, c->import.types, row, 1, cells);
        for (uint32_t i = 0; i < b->arity; i++) {
            dm_type type = c->import.types[i];
            bool is_term = type == DM_SYMBOL || type == DM_TERM
                           || type == DM_INTERVAL;
            if (is_term && (cells[i] == 0
                            || cells[i] > terms_count(c->s->terms))) {
                finding(c, "a row of import %" PRIu64 " names a term that "
                        "there isn't", c->import.serial);
                return;
            }
        }
    }
}

static dm_status visit_block(void *context, const MDB_val *k, const block *b,
                             dm_error *err)
{
    check *c = context;
    const import_info *import = &c->import;
    key want;
    uint64_t lanes[MAX_ARITY] = {0};
    (void)err;
    c->import_blocks++;
    c->import_rows += b->rows;
    if (b->arity != import->arity || b->schema != import->schema) {
        finding(c, "a block of import %" PRIu64 " has a wrong schema",
                import->serial);
        return DM_OK;
    }
    if ((c->has_before && block_compare(b, 0, c->before) <= 0)
        || !block_sorted(b))
        c->bad_order = true;
    for (uint32_t i = 0; i < b->arity; i++) {
        lanes[i] = block_lane(b, 0, i);
        c->before[i] = block_lane(b, b->rows - 1, i);
    }
    c->has_before = true;
    block_key(import->relation, import->serial, b->arity, lanes,
              c->import_blocks - 1, &want);
    if (want.len != k->mv_size || memcmp(want.at, k->mv_data, want.len))
        finding(c, "a block of import %" PRIu64 " has a wrong key",
                import->serial);
    check_cells(c, b);
    return DM_OK;
}

static dm_status visit_import_tomb(void *context, const MDB_val *k,
                                   const MDB_val *value, dm_error *err)
{
    check *c = context;
    dm_cell row[MAX_ARITY];
    bool there = false;
    cursor v = {value->mv_data, value->mv_size, false};
    uint64_t txn = take_le(&v, 8);
    c->import_tombs++;
    if (!tombstone_row(&c->import, k, value, row))
        return record_bad(c->s, DB_TOMB, k, "a tombstone is malformed", err);
    if (txn == 0 || txn > c->s->state.last_txn)
        finding(c, "a row of import %" PRIu64 " was withdrawn by transaction %"
                PRIu64 ", which there isn't", c->import.serial, txn);
    dm_status st = import_has_row(c->s, c->txn, &c->import, row, &there, err);
    if (st == DM_OK && !there)
        finding(c, "a withdrawn row is not in import %" PRIu64,
                c->import.serial);
    return st;
}

static dm_status check_blocks(check *c, dm_error *err)
{
    const import_info *import = &c->import;
    dm_status st = blocks_scan(c->s, c->txn, import->relation, import->serial,
                               visit_block, c, err);
    if (st != DM_OK)
        return st;
    if (c->import_rows != import->rows)
        finding(c, "import %" PRIu64 " has %" PRIu64 " rows, not %" PRIu64,
                import->serial, c->import_rows, import->rows);
    if (c->bad_order)
        finding(c, "the rows of import %" PRIu64 " are not in order",
                import->serial);
    return DM_OK;
}

/* The blocks and tombstones of an import, current or not. */
static dm_status check_rows(check *c, uint64_t serial, bool current,
                            dm_error *err)
{
    key prefix = {.len = 0};
    c->import_rows = c->import_blocks = c->import_tombs = 0;
    c->has_before = c->bad_order = false;
    dm_status st = import_load(c->s, c->txn, serial, &c->import, err);
    if (st != DM_OK)
        return st == DM_NOT_FOUND ? DM_OK : st; /* it never got rows */
    st = check_blocks(c, err);
    key_put(&prefix, c->import.relation, 4);
    key_put(&prefix, serial, 8);
    if (st == DM_OK)
        st = record_scan(c->txn, c->s, DB_TOMB, &prefix, NULL,
                         visit_import_tomb, c, err);
    c->want[DB_BLOCKS] += c->import_blocks;
    c->want[DB_TOMB] += c->import_tombs;
    if (current)
        c->rows += c->import_rows - c->import_tombs;
    return st;
}

/* ---- statements ----------------------------------------------------- */

static bool known_txn(const check *c, uint64_t txn)
{
    return txn >= 1 && txn <= c->s->state.last_txn;
}

static void check_hash(check *c, const dm_statement *st)
{
    hash128 hash;
    if (statement_hash(st, c->s->terms, &hash) == DM_OK
        && (hash.lo != st->hash.lo || hash.hi != st->hash.hi))
        finding(c, "statement %" PRIu64 " has a wrong hash", st->serial);
}

static dm_status check_relation(check *c, const dm_statement *st,
                                const statement_head *head, dm_error *err)
{
    uint32_t relation = 0;
    schema sch;
    if (!statement_has_tuple(st) && st->kind != DM_IMPORT)
        return DM_OK;
    dm_term name = statement_term(st, DM_TAG_RELATION);
    dm_status rc = DM_OK;
    if (name)
        rc = relation_find(c->s, c->txn, name, &relation, err);
    if (rc != DM_OK)
        return rc;
    if (relation != head->relation)
        finding(c, "statement %" PRIu64 " has a wrong relation", st->serial);
    if (head->schema == 0)
        return DM_OK;
    return schema_load(c->s, c->txn, head->relation, head->schema, &sch, err);
}

static void check_indexed(check *c, const dm_statement *st,
                          const statement_head *head)
{
    index_entry entries[INDEXES];
    if (!statement_index(st, head, c->s->terms, 0, entries))
        return;
    for (int i = 0; i < INDEXES; i++) {
        const index_entry *e = &entries[i];
        MDB_val value;
        if (!e->used)
            continue;
        c->want[e->db]++;
        bool there = has_key(c, e->db, &e->k, &value);
        if (there && e->db == DB_CUR) {
            cursor v = {value.mv_data, value.mv_size, false};
            there = take_le(&v, 4) == e->schema && !v.bad && !v.left;
        }
        if (!there)
            finding(c, "statement %" PRIu64 " is not in index %s", st->serial,
                    store_db_names[e->db]);
    }
}

static dm_status check_statement(check *c, store_db db, uint64_t serial,
                                 const MDB_val *k, const MDB_val *value,
                                 dm_statement *st, statement_head *head,
                                 dm_error *err)
{
    dm_status rc = statement_decode(c->s, db, serial,
                                    terms_count(c->s->terms), k, value,
                                    &c->fields, st, head, err);
    if (rc != DM_OK)
        return rc;
    if (serial == 0 || serial >= c->s->state.next_serial)
        finding(c, "statement %" PRIu64 " is out of sequence", serial);
    if (known_txn(c, st->txn))
        c->added[st->txn]++;
    else
        finding(c, "statement %" PRIu64 " is of transaction %" PRIu64
                ", which there isn't", serial, st->txn);
    check_hash(c, st);
    return check_relation(c, st, head, err);
}

static dm_status visit_statement(check *c, const MDB_val *k,
                                 const MDB_val *value, dm_error *err)
{
    uint64_t serial;
    dm_statement st;
    statement_head head;
    if (!number_key(c, DB_STMT, k, 8, &serial))
        return DM_OK;
    dm_status rc = check_statement(c, DB_STMT, serial, k, value, &st, &head,
                                   err);
    if (rc != DM_OK)
        return rc;
    check_indexed(c, &st, &head);
    return st.kind == DM_IMPORT ? check_rows(c, serial, true, err) : DM_OK;
}

static dm_status visit_hist(check *c, const MDB_val *k, const MDB_val *value,
                            dm_error *err)
{
    uint64_t serial;
    dm_statement st;
    statement_head head;
    key twin = {.len = 0};
    MDB_val there;
    cursor v = {value->mv_data, value->mv_size, false};
    uint64_t closed = take_le(&v, 8);
    MDB_val record = {v.left, (void *)(uintptr_t)v.at};
    if (!number_key(c, DB_HIST, k, 8, &serial))
        return DM_OK;
    dm_status rc = check_statement(c, DB_HIST, serial, k, &record, &st, &head,
                                   err);
    if (rc != DM_OK)
        return rc;
    if (known_txn(c, closed))
        c->closed[closed]++;
    if (!known_txn(c, closed) || closed <= st.txn)
        finding(c, "statement %" PRIu64 " was closed by transaction %" PRIu64
                ", added by %" PRIu64, serial, closed, st.txn);
    key_put(&twin, serial, 8);
    if (has_key(c, DB_STMT, &twin, &there))
        finding(c, "statement %" PRIu64 " is current and closed", serial);
    return st.kind == DM_IMPORT ? check_rows(c, serial, false, err) : DM_OK;
}

/* ---- the log -------------------------------------------------------- */

/* Is statement `serial` closed by transaction `txn`? */
static bool closed_by(check *c, uint64_t serial, uint64_t txn)
{
    key k = {.len = 0};
    MDB_val value;
    key_put(&k, serial, 8);
    if (!has_key(c, DB_HIST, &k, &value))
        return false;
    cursor v = {value.mv_data, value.mv_size, false};
    return take_le(&v, 8) == txn && !v.bad;
}

static void check_sequence(check *c, const log_entry *e)
{
    uint64_t txn = e->info.txn;
    if (txn != c->last_log + 1)
        finding(c, "transaction %" PRIu64 " is out of sequence", txn);
    if (e->info.microseconds < c->last_time)
        finding(c, "transaction %" PRIu64 " is earlier than the one before",
                txn);
    if (e->first_serial != c->next_serial)
        finding(c, "transaction %" PRIu64 " has wrong serials", txn);
    c->last_log = txn;
    c->last_time = e->info.microseconds;
    c->next_serial = e->next_serial;
}

static dm_status visit_log(check *c, const MDB_val *k, const MDB_val *value,
                           dm_error *err)
{
    log_entry e;
    dm_status st = log_decode(c->s, k, value, &c->text, &e, err);
    if (st != DM_OK)
        return st;
    uint64_t txn = e.info.txn;
    check_sequence(c, &e);
    if (!known_txn(c, txn))
        return DM_OK;
    if (c->added[txn] != e.info.added)
        finding(c, "transaction %" PRIu64 " added %" PRIu64 " statements, "
                "there are %" PRIu64, txn, e.info.added, c->added[txn]);
    if (c->closed[txn] != e.info.retracted)
        finding(c, "transaction %" PRIu64 " withdrew %" PRIu64 " statements, "
                "there are %" PRIu64, txn, e.info.retracted, c->closed[txn]);
    cursor v = {e.retracted, 8 * (size_t)e.info.retracted, false};
    for (uint64_t i = 0; i < e.info.retracted; i++) {
        uint64_t serial = take_le(&v, 8);
        if (!closed_by(c, serial, txn))
            finding(c, "transaction %" PRIu64 " withdrew statement %" PRIu64
                    ", which the history hasn't got", txn, serial);
    }
    return DM_OK;
}

/* ---- the whole store ------------------------------------------------ */

static void compare(check *c, const char *what, uint64_t have, uint64_t want)
{
    if (have != want)
        finding(c, "%s: %" PRIu64 " of them, not %" PRIu64, what, have, want);
}

static void check_counts(check *c)
{
    const store_state *state = &c->s->state;
    c->want[DB_META] = 2;
    c->want[DB_TERMS] = state->last_term;
    c->want[DB_CAT_NAMES] = state->last_relation;
    c->want[DB_LOG] = state->last_txn;
    for (int db = 0; db < DB_COUNT; db++)
        if (db != DB_STMT && db != DB_HIST && db != DB_CAT && db != DB_NOTES)
            compare(c, store_db_names[db], c->have[db], c->want[db]);
    compare(c, "current rows", c->rows, state->rows);
    if (c->last_log == state->last_txn && state->last_txn > 0) {
        compare(c, "serials", c->next_serial, state->next_serial);
        if (c->last_time != state->last_time)
            finding(c, "the time of the last transaction is wrong");
    }
}

static dm_status check_all(check *c, dm_error *err)
{
    static const struct {
        store_db db;
        visit_record *visit;
    } passes[] = {
        {DB_META, NULL},           {DB_TERMS, visit_term},
        {DB_TERM_IDS, visit_term_id}, {DB_CAT_NAMES, visit_relation},
        {DB_CAT, visit_schema},    {DB_STMT, visit_statement},
        {DB_HIST, visit_hist},     {DB_LOG, visit_log},
        {DB_CUR, NULL},            {DB_CLAIMS, NULL},
        {DB_BLOCKS, NULL},         {DB_TOMB, NULL},
        {DB_NOTES, NULL},
    };
    size_t ntxns = (size_t)c->s->state.last_txn + 1;
    dm_status st = DM_OK;
    c->next_serial = 1;
    c->added = mem_calloc(ntxns, sizeof *c->added);
    c->closed = mem_calloc(ntxns, sizeof *c->closed);
    if (!c->added || !c->closed)
        st = error_nomem(err);
    for (size_t i = 0; i < sizeof passes / sizeof *passes && st == DM_OK; i++)
        st = pass(c, passes[i].db, passes[i].visit, err);
    if (st == DM_OK)
        check_counts(c);
    mem_free(c->added);
    mem_free(c->closed);
    vec_free(&c->fields);
    buf_free(&c->text);
    return st;
}

/* Pages first: an LMDB transaction that reads nothing yet.  A writer may
 * overtake us twice and take the meta page away: then once more. */
static dm_status check_pages(check *c, dm_error *err)
{
    dm_status st = DM_BUSY;
    for (int i = 0; i < TRIES && st == DM_BUSY; i++) {
        MDB_txn *txn;
        int rc = growth_begin(c->s, MDB_RDONLY, &txn);
        if (rc)
            return store_mdb_error(c->s, rc, "verify", err);
        st = pages_check_tree(c->s, txn, c->finding, c->context, &c->found,
                              err);
        mdb_txn_abort(txn);
    }
    return st;
}

dm_status store_verify(dm_store *s, store_on_finding *visit, void *context,
                       size_t *count, dm_error *err)
{
    check c = {.s = s, .finding = visit, .context = context};
    dm_error why = {.status = DM_OK};
    dm_status st = store_usable(s, err);
    if (st != DM_OK)
        return st;
    st = check_pages(&c, &why);
    if (st == DM_OK && c.found == 0) {
        st = read_begin(s, &c.txn, &why);
        if (st == DM_OK) {
            st = check_all(&c, &why);
            read_end(s, c.txn);
        }
    }
    if (st == DM_CORRUPT && c.found == 0)
        finding(&c, "%s", why.text);
    if (st == DM_OK || st == DM_CORRUPT) {
        if (count)
            *count = c.found;
        return DM_OK;
    }
    return error_set(err, st, "%s", why.text);
}
