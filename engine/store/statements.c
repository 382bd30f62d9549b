/* statements.c - reading statements: current ones, earlier ones, by tuple.
 *
 * Purpose: scans of `stmt` and `hist`, and look-ups in `cur`.
 * Representation: the present and the history are kept apart, so that a scan
 * of the present never sees the history.  The state after transaction T is
 * what is current and was added by T at the latest, merged by serial with
 * what was added by T and closed after it.
 * Invariants: a statement is in exactly one of the two databases; what a
 * visitor is given is borrowed for its call.
 * Cost: linear in what is scanned; as-of scans all of the history once. */
#include "store/internal.h"

#include <assert.h>
#include <inttypes.h>

static key serial_key(uint64_t serial)
{
    key k = {.len = 0};
    key_put(&k, serial, 8);
    return k;
}

/* ---- one statement ------------------------------------------------------ */

/* Take the closing transaction off the front of a record of `hist`. */
static dm_status take_closed(const dm_store *s, const MDB_val *k,
                             MDB_val *value, uint64_t *closed, dm_error *err)
{
    cursor c = {value->mv_data, value->mv_size, false};
    *closed = take_le(&c, 8);
    if (c.bad || *closed == 0)
        return record_bad(s, DB_HIST, k, "a record is malformed", err);
    *value = (MDB_val){c.left, (void *)(uintptr_t)c.at};
    return DM_OK;
}

dm_status statement_load(const dm_store *s, MDB_txn *txn, uint64_t serial,
                         field_vec *fields, dm_statement *out,
                         statement_head *head, uint64_t *closed,
                         dm_error *err)
{
    MDB_val value;
    store_db db = DB_STMT;
    uint64_t when = 0;
    key at = serial_key(serial);
    MDB_val k = {at.len, at.at};
    dm_status st = record_get(txn, s, db, &at, &value, err);
    if (st == DM_NOT_FOUND) {
        db = DB_HIST;
        st = record_get(txn, s, db, &at, &value, err);
        if (st == DM_OK)
            st = take_closed(s, &k, &value, &when, err);
    }
    if (st == DM_NOT_FOUND)
        return error_set(err, st, "there is no statement %" PRIu64, serial);
    if (st == DM_OK)
        st = statement_decode(s, db, serial, terms_count(s->terms), &k, &value,
                              fields, out, head, err);
    if (st == DM_OK)
        *closed = when;
    return st;
}

/* ---- scans -------------------------------------------------------------- */

typedef struct closed {
    uint64_t serial;
    MDB_val value; /* without the closing transaction */
} closed;

typedef struct scan {
    const dm_store *s;
    uint64_t txn;            /* as of; UINT64_MAX: now */
    store_on_statement *visit;
    void *context;
    field_vec fields;
    VEC(closed) closed;      /* that were current then, by serial */
    size_t next;             /* of them to be shown */
} scan;

static dm_status serial_of(const dm_store *s, store_db db, const MDB_val *k,
                           uint64_t *serial, dm_error *err)
{
    if (k->mv_size != 8)
        return record_bad(s, db, k, "a key is malformed", err);
    *serial = key_get(k, 0, 8);
    return DM_OK;
}

static dm_status decode(scan *c, store_db db, uint64_t serial,
                        const MDB_val *value, dm_statement *out, dm_error *err)
{
    statement_head head;
    key at = serial_key(serial);
    MDB_val k = {at.len, at.at};
    return statement_decode(c->s, db, serial, terms_count(c->s->terms), &k,
                            value, &c->fields, out, &head, err);
}

/* Show the closed statements with a serial up to `until`. */
static dm_status show_closed(scan *c, uint64_t until, dm_error *err)
{
    for (; c->next < c->closed.len; c->next++) {
        dm_statement st;
        const closed *h = &c->closed.at[c->next];
        if (h->serial > until)
            break;
        dm_status rc = decode(c, DB_HIST, h->serial, &h->value, &st, err);
        if (rc == DM_OK)
            rc = c->visit(c->context, &st, err);
        if (rc != DM_OK)
            return rc;
    }
    return DM_OK;
}

static dm_status on_current(void *context, const MDB_val *k,
                            const MDB_val *value, dm_error *err)
{
    scan *c = context;
    dm_statement st = {0};
    uint64_t serial = 0;
    dm_status rc = serial_of(c->s, DB_STMT, k, &serial, err);
    if (rc == DM_OK)
        rc = decode(c, DB_STMT, serial, value, &st, err);
    if (rc != DM_OK || st.txn > c->txn)
        return rc;
    rc = show_closed(c, serial, err);
    /* That may have overwritten the fields. */
    if (rc == DM_OK && c->closed.len)
        rc = decode(c, DB_STMT, serial, value, &st, err);
    return rc == DM_OK ? c->visit(c->context, &st, err) : rc;
}

static dm_status on_hist(void *context, const MDB_val *k,
                         const MDB_val *value, dm_error *err)
{
    scan *c = context;
    uint64_t serial = 0, when = 0;
    MDB_val record = *value;
    dm_statement st = {0};
    dm_status rc = serial_of(c->s, DB_HIST, k, &serial, err);
    if (rc == DM_OK)
        rc = take_closed(c->s, k, &record, &when, err);
    if (rc == DM_OK)
        rc = decode(c, DB_HIST, serial, &record, &st, err);
    if (rc != DM_OK || st.txn > c->txn || when <= c->txn)
        return rc;
    closed h = {serial, record};
    return vec_push(&c->closed, h) ? DM_OK : error_nomem(err);
}

static dm_status scan_statements(dm_store *s, scan *c, dm_error *err)
{
    MDB_txn *txn;
    dm_status st = read_begin(s, &txn, err);
    if (st != DM_OK)
        return st;
    if (c->txn != UINT64_MAX && c->txn > s->state.last_txn)
        st = error_set(err, DM_NOT_FOUND, "there is no transaction %" PRIu64
                       " in %s", c->txn, s->path);
    if (st == DM_OK && c->txn != UINT64_MAX)
        st = record_scan(txn, s, DB_HIST, NULL, NULL, on_hist, c, err);
    if (st == DM_OK)
        st = record_scan(txn, s, DB_STMT, NULL, NULL, on_current, c, err);
    if (st == DM_OK)
        st = show_closed(c, UINT64_MAX, err);
    read_end(s, txn);
    vec_free(&c->fields);
    vec_free(&c->closed);
    return st;
}

dm_status store_statements(dm_store *s, store_on_statement *visit,
                           void *context, dm_error *err)
{
    scan c = {.s = s, .txn = UINT64_MAX, .visit = visit, .context = context};
    return scan_statements(s, &c, err);
}

dm_status store_statements_as_of(dm_store *s, uint64_t txn,
                                 store_on_statement *visit, void *context,
                                 dm_error *err)
{
    scan c = {.s = s, .txn = txn, .visit = visit, .context = context};
    if (txn == UINT64_MAX)
        return error_set(err, DM_NOT_FOUND, "there is no such transaction");
    return scan_statements(s, &c, err);
}

/* ---- by tuple ----------------------------------------------------------- */

typedef struct search {
    const dm_store *s;
    MDB_txn *txn;
    size_t prefix; /* bytes of relation and tuple */
    const dm_term *args;
    uint32_t nargs;
    uint64_t *serials;
    size_t max, len;
    field_vec fields;
    term_vec found;
} search;

/* Stops a scan that has seen enough; never given to the caller. */
enum { ENOUGH = DM_EXISTS };

static bool same_args(const search *c)
{
    bool same = c->found.len == c->nargs;
    for (uint32_t i = 0; same && i < c->nargs; i++)
        same = c->found.at[i] == c->args[i];
    return same;
}

static dm_status on_cur(void *context, const MDB_val *k, const MDB_val *value,
                        dm_error *err)
{
    search *c = context;
    dm_statement st;
    statement_head head;
    uint64_t closed;
    (void)value;
    /* Longer tuples that begin so come after: a lane's first byte, its kind,
     * is greater than a serial's. */
    if (k->mv_size != c->prefix + 8)
        return (dm_status)ENOUGH;
    if (c->len == c->max)
        return (dm_status)ENOUGH;
    uint64_t serial = key_get(k, c->prefix, 8);
    dm_status rc = statement_load(c->s, c->txn, serial, &c->fields, &st, &head,
                                  &closed, err);
    if (rc == DM_NOT_FOUND || (rc == DM_OK && closed))
        return record_bad(c->s, DB_CUR, k, "an entry is of no current "
                          "statement", err);
    if (rc != DM_OK)
        return rc;
    if (!statement_args(&st, &c->found))
        return error_nomem(err);
    /* The key may stand for several tuples: a hash, big numbers. */
    if (same_args(c))
        c->serials[c->len++] = serial;
    return DM_OK;
}

static dm_status find(search *c, dm_term relation, dm_error *err)
{
    key k;
    uint32_t id;
    const dm_terms *terms = c->s->terms;
    bool known = terms_has(terms, relation);
    for (uint32_t i = 0; known && i < c->nargs; i++)
        known = terms_has(terms, c->args[i]);
    if (!known)
        return DM_OK;
    dm_status st = relation_find(c->s, c->txn, relation, &id, err);
    if (st != DM_OK || id == 0)
        return st;
    if (!tuple_key(id, c->args, c->nargs, terms, 0, &k))
        return error_nomem(err);
    c->prefix = k.len;
    st = record_scan(c->txn, c->s, DB_CUR, &k, NULL, on_cur, c, err);
    return st == (dm_status)ENOUGH ? DM_OK : st;
}

dm_status store_find_fact(dm_store *s, dm_term relation, const dm_term *args,
                          uint32_t nargs, uint64_t *serials, size_t max,
                          size_t *out, dm_error *err)
{
    search c = {.s = s, .args = args, .nargs = nargs, .serials = serials,
                .max = max};
    dm_status st = read_begin(s, &c.txn, err);
    if (st != DM_OK)
        return st;
    st = find(&c, relation, err);
    read_end(s, c.txn);
    vec_free(&c.fields);
    vec_free(&c.found);
    if (st == DM_OK)
        *out = c.len;
    return st;
}
