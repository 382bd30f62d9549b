/* log.c - who changed what, when and why.
 *
 * Purpose: one record a transaction; with the history it gives every earlier
 * state.
 * Representation: internal.h.  Additions aren't copied: a statement names the
 * transaction that added it.
 * Invariants: transactions are numbered from 1 without gaps; their times
 * don't decrease.
 * Cost: one put a commit. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

static bool put_text(buf *b, const char *text)
{
    size_t size = strlen(text);
    return put_varint(b, size) && (size == 0 || buf_put(b, text, size));
}

int log_save(const dm_store_txn *t, MDB_txn *txn)
{
    buf b = {0};
    key k = {.len = 0};
    key_put(&k, t->number, 8);
    put_le(&b, (uint64_t)t->state.last_time, 8);
    put_le(&b, t->nadded, 8);
    put_le(&b, t->retracted.len, 8);
    put_le(&b, t->first_serial, 8);
    put_le(&b, t->state.next_serial, 8);
    put_le(&b, t->tombstones.len, 8);
    put_text(&b, t->author);
    put_text(&b, t->message);
    for (size_t i = 0; i < t->retracted.len; i++)
        put_le(&b, t->retracted.at[i], 8);
    int rc = b.failed ? ENOMEM : record_put(txn, t->s, DB_LOG, &k, b.at, b.len,
                                            MDB_APPEND);
    buf_free(&b);
    return rc;
}

/* Append a text and its NUL; false when memory ran out. */
static bool take_text(cursor *c, buf *text)
{
    size_t size = (size_t)take_varint(c);
    const uint8_t *at = take(c, size);
    if (c->bad)
        return true;
    return (size == 0 || buf_put(text, at, size)) && buf_put(text, "", 1);
}

dm_status log_decode(const dm_store *s, const MDB_val *k, const MDB_val *value,
                     buf *text, log_entry *out, dm_error *err)
{
    cursor c = {value->mv_data, value->mv_size, false};
    log_entry e = {.retracted = NULL};
    if (k->mv_size != 8)
        return record_bad(s, DB_LOG, k, "a key is malformed", err);
    e.info.txn = key_get(k, 0, 8);
    e.info.microseconds = (int64_t)take_le(&c, 8);
    e.info.added = take_le(&c, 8);
    e.info.retracted = take_le(&c, 8);
    e.first_serial = take_le(&c, 8);
    e.next_serial = take_le(&c, 8);
    e.withdrawn_rows = take_le(&c, 8);
    buf_clear(text);
    if (!take_text(&c, text))
        return error_nomem(err);
    size_t message = text->len;
    if (!take_text(&c, text))
        return error_nomem(err);
    if (c.bad || c.left % 8 || c.left / 8 != e.info.retracted
        || e.next_serial < e.first_serial
        || e.info.added > e.next_serial - e.first_serial)
        return record_bad(s, DB_LOG, k, "a record is malformed", err);
    e.info.author = text->at;
    e.info.message = text->at + message;
    e.retracted = c.at;
    *out = e;
    return DM_OK;
}

typedef struct scan {
    const dm_store *s;
    store_on_commit *visit;
    void *context;
    buf text;
} scan;

static dm_status on_record(void *context, const MDB_val *k,
                           const MDB_val *value, dm_error *err)
{
    scan *c = context;
    log_entry e;
    dm_status st = log_decode(c->s, k, value, &c->text, &e, err);
    return st == DM_OK ? c->visit(c->context, &e.info, err) : st;
}

dm_status store_log(dm_store *s, store_on_commit *visit, void *context,
                    dm_error *err)
{
    MDB_txn *txn;
    scan c = {.s = s, .visit = visit, .context = context};
    dm_status st = read_begin(s, &txn, err);
    if (st != DM_OK)
        return st;
    st = record_scan(txn, s, DB_LOG, NULL, NULL, on_record, &c, err);
    read_end(s, txn);
    buf_free(&c.text);
    return st;
}
