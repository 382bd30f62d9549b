/* apply.c - writing a transaction's work into the file.
 *
 * Purpose: everything a transaction gathered goes into one LMDB transaction;
 * when the map is full, LMDB's is thrown away, the map made bigger, and all
 * of it written again.
 * Representation: the order is terms, catalogue, closed statements, added
 * ones with their index entries, rows, tombstones, notes, log, counters.
 * Invariants: the writers' lock is held throughout, so nobody commits while
 * the map grows and the numbers given out stay right (LMDB's transaction id
 * shows it).  The file is as long as the commit can make it before the commit
 * starts: a file shorter than its pages was cut off, even if this process was
 * killed just behind the commit.  A failed sync leaves unknown what is on the
 * disk: the handle is dead, opening again finds the last whole state.
 * Cost: bulk is appended at the speed of LMDB; the estimate of its size makes
 * growing once enough. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

enum { PAGES_PER_PUT = 8 }; /* dirtied: the depth of the tree, and splits */

static key serial_key(uint64_t serial)
{
    key k = {.len = 0};
    key_put(&k, serial, 8);
    return k;
}

/* ---- the parts ---------------------------------------------------------- */

static int put_index(const dm_store_txn *t, MDB_txn *txn,
                     const pending_key *e)
{
    key k = {.len = e->size};
    uint8_t schema[4];
    memcpy(k.at, t->records.at + e->at, e->size);
    for (unsigned i = 0; i < sizeof schema; i++)
        schema[i] = (uint8_t)(e->schema >> (8 * i));
    size_t size = e->db == DB_CUR ? sizeof schema : 0;
    return record_put(txn, t->s, e->db, &k, schema, size, 0);
}

static int put_statement(const dm_store_txn *t, MDB_txn *txn,
                         const pending *p)
{
    key k = serial_key(p->serial);
    int rc = record_put(txn, t->s, DB_STMT, &k, t->records.at + p->at,
                        p->size, MDB_APPEND);
    for (size_t i = 0; !rc && i < p->nkeys; i++)
        rc = put_index(t, txn, &t->entries.at[p->keys + i]);
    return rc;
}

static int put_added(const dm_store_txn *t, MDB_txn *txn)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < t->added.len; i++)
        if (!t->added.at[i].withdrawn)
            rc = put_statement(t, txn, &t->added.at[i]);
    return rc;
}

static int put_imports(const dm_store_txn *t, MDB_txn *txn)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < t->imports.len; i++)
        rc = blocks_save(t->s, txn, &t->imports.at[i]);
    return rc;
}

static int put_all(const dm_store_txn *t, MDB_txn *txn)
{
    int rc = terms_save(t, txn);
    if (!rc)
        rc = catalogue_save(t, txn);
    if (!rc)
        rc = put_added(t, txn);
    if (!rc)
        rc = put_imports(t, txn);
    if (!rc)
        rc = tombstones_save(t, txn);
    if (!rc)
        rc = notes_save(t, txn);
    if (!rc)
        rc = log_save(t, txn);
    if (!rc)
        rc = state_save(t->s, txn, &t->state);
    return rc;
}

/* ---- closing statements ------------------------------------------------- */

static int drop_key(const dm_store *s, MDB_txn *txn, store_db db,
                    const key *k)
{
    MDB_val where = {k->len, (void *)(uintptr_t)k->at};
    return mdb_del(txn, s->dbi[db], &where, NULL);
}

/* `record` is the closing transaction and a copy of the statement. */
static int move_to_history(const dm_store_txn *t, MDB_txn *txn, const key *k,
                           const index_entry *entries, const buf *record)
{
    int rc = drop_key(t->s, txn, DB_STMT, k);
    for (int i = 0; !rc && i < INDEXES; i++)
        if (entries[i].used)
            rc = drop_key(t->s, txn, entries[i].db, &entries[i].k);
    if (!rc)
        rc = record_put(txn, t->s, DB_HIST, k, record->at, record->len, 0);
    return rc;
}

static dm_status close_statement(const dm_store_txn *t, MDB_txn *txn,
                                 uint64_t serial, field_vec *fields,
                                 buf *copy, int *rc, dm_error *err)
{
    dm_store *s = t->s;
    MDB_val value;
    dm_statement st;
    statement_head head;
    index_entry entries[INDEXES];
    key at = serial_key(serial);
    MDB_val k = {at.len, at.at};
    dm_status status = record_get(txn, s, DB_STMT, &at, &value, err);
    if (status == DM_NOT_FOUND)
        return record_bad(s, DB_STMT, &k, "a statement is missing", err);
    if (status == DM_OK)
        status = statement_decode(s, DB_STMT, serial, terms_count(s->terms),
                                  &k, &value, fields, &st, &head, err);
    if (status != DM_OK)
        return status;
    buf_clear(copy); /* writing moves what `value` points at */
    put_le(copy, t->number, 8);
    buf_put(copy, value.mv_data, value.mv_size);
    if (copy->failed || !statement_index(&st, &head, s->terms, 0, entries))
        return error_nomem(err);
    *rc = move_to_history(t, txn, &at, entries, copy);
    if (*rc == MDB_NOTFOUND)
        return record_bad(s, DB_STMT, &k, "a statement isn't indexed", err);
    return DM_OK;
}

static dm_status close_retracted(const dm_store_txn *t, MDB_txn *txn, int *rc,
                                 dm_error *err)
{
    buf copy = {0};
    field_vec fields = {0};
    dm_status st = DM_OK;
    for (size_t i = 0; st == DM_OK && !*rc && i < t->retracted.len; i++)
        st = close_statement(t, txn, t->retracted.at[i], &fields, &copy, rc,
                             err);
    vec_free(&fields);
    buf_free(&copy);
    return st;
}

/* ---- room --------------------------------------------------------------- */

/* A guess at the bytes that will be written. */
static uint64_t room_needed(const dm_store_txn *t)
{
    uint64_t terms = 2 * (uint64_t)terms_bytes(t->terms)
                     + 100 * (uint64_t)terms_count(t->terms);
    return t->bytes + t->bytes / 4 + terms + ((uint64_t)1 << 20);
}

/* No commit can use more than this, but for the end of the map. */
static uint64_t room_limit(const dm_store_txn *t)
{
    uint64_t puts = 2 * (uint64_t)terms_count(t->terms) + t->entries.len
                    + t->added.len + 4 * t->retracted.len
                    + t->tombstones.len + t->notes.len + t->relations.len
                    + t->schemas.len + 16;
    for (size_t i = 0; i < t->imports.len; i++)
        puts += t->imports.at[i].rows.at.len;
    return room_needed(t) + puts * PAGES_PER_PUT * t->s->page;
}

static uint64_t map_size(const dm_store *s)
{
    MDB_envinfo info;
    return mdb_env_info(s->env, &info) ? 0 : (uint64_t)info.me_mapsize;
}

/* Make the file long enough for the commit; see growth.c. */
static dm_status extend(const dm_store_txn *t, dm_error *err)
{
    uint64_t map = map_size(t->s), used = growth_used(t->s);
    uint64_t left = map > used ? map - used : 0, limit = room_limit(t);
    dm_status st = growth_extend(t->s, limit < left ? limit : left, NULL);
    if (st != DM_OK) /* a limit on the size of files? */
        st = growth_extend(t->s, room_needed(t), err);
    return st;
}

/* Begin anew, as transaction `id`, in a map that has room for `more`. */
static int grow(dm_store_txn *t, size_t id, uint64_t more)
{
    if (t->mdb) /* else the commit itself met the end of the map */
        mdb_txn_abort(t->mdb);
    t->mdb = NULL;
    int rc = growth_map(t->s, more);
    if (!rc)
        rc = growth_begin(t->s, 0, &t->mdb);
    if (rc)
        t->mdb = NULL;
    else if (mdb_txn_id(t->mdb) != id)
        rc = EBUSY; /* somebody wrote without our lock */
    return rc;
}

/* ---- the commit --------------------------------------------------------- */

static bool is_fatal(const dm_store *s, int rc)
{
    return rc != ENOMEM && rc != MDB_MAP_FULL && rc != ENOSPC && rc != EDQUOT
           && !(rc == EIO && store_no_room(s));
}

/* Write all of it once.  `*rc` is LMDB's code: MDB_MAP_FULL asks for another
 * time. */
static dm_status attempt(dm_store_txn *t, int *rc, dm_error *err)
{
    *rc = 0;
    dm_status st = close_retracted(t, t->mdb, rc, err);
    if (st == DM_OK && !*rc)
        *rc = put_all(t, t->mdb);
    if (st == DM_OK && !*rc)
        st = extend(t, err);
    if (st != DM_OK || *rc)
        return st;
    *rc = mdb_txn_commit(t->mdb);
    t->mdb = NULL;
    if (*rc && is_fatal(t->s, *rc))
        t->s->dead = true;
    return DM_OK;
}

/* The new terms enter the root.  When memory runs out in the middle, the rest
 * is loaded from the file by the next transaction. */
static void adopt_terms(dm_store_txn *t)
{
    uint32_t n = terms_count(t->terms);
    for (uint32_t i = 0; i < n; i++)
        if (terms_append(t->s->terms, t->terms, i) != DM_OK)
            return;
}

dm_status apply_commit(dm_store_txn *t, dm_error *err)
{
    dm_store *s = t->s;
    size_t id = mdb_txn_id(t->mdb);
    uint64_t more = room_needed(t);
    dm_status st = DM_OK;
    int rc = 0;
    if (growth_used(s) + more > map_size(s))
        rc = grow(t, id, more);
    while (!rc) {
        st = attempt(t, &rc, err);
        if (st != DM_OK || rc != MDB_MAP_FULL)
            break;
        rc = grow(t, id, more);
    }
    if (st == DM_OK && rc)
        st = store_mdb_error(s, rc, "write to", err);
    /* Before the lock is released: nobody else commits meanwhile. */
    if (t->mdb) {
        mdb_txn_abort(t->mdb);
        t->mdb = NULL;
    }
    /* After a failed sync either meta page may be the one on the disk: no
     * page that the newer one names may be cut off. */
    if (!s->dead)
        growth_trim(s);
    if (st == DM_OK) {
        s->state = t->state;
        adopt_terms(t);
    }
    return st;
}
