/* notes.c - a small table of texts and bytes for engine/kb.
 *
 * Purpose: what belongs to a store but is no knowledge, such as the hash that
 * a file had when it was synced.
 * Representation: `notes`: the text of the key, or, when it is over the size
 * of a key, its first bytes and the 128-bit hash of all of it; the record is
 * the whole key (varint size, bytes) and the value.
 * Invariants: a note is written with the transaction it was put in, and lost
 * with it.
 * Cost: one look-up or put. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

enum { PLAIN = 400 }; /* bytes of a text that are the key themselves */

static void note_key(const char *text, size_t size, key *out)
{
    out->len = size < PLAIN ? size : PLAIN;
    memcpy(out->at, text, out->len);
    if (size < PLAIN)
        return;
    hash128 h = hash_bytes128(text, size);
    key_put(out, h.hi, 8);
    key_put(out, h.lo, 8);
}

/* ---- reading ------------------------------------------------------------ */

static dm_status get(const dm_store *s, MDB_txn *txn, const char *text,
                     void *value, size_t size, dm_error *err)
{
    key at;
    MDB_val record;
    size_t length = strlen(text);
    note_key(text, length, &at);
    MDB_val k = {at.len, at.at};
    dm_status st = at.len == 0 ? DM_NOT_FOUND
                               : record_get(txn, s, DB_NOTES, &at, &record,
                                            err);
    if (st == DM_NOT_FOUND)
        return error_set(err, st, "there is no note on %s", text);
    if (st != DM_OK)
        return st;
    cursor c = {record.mv_data, record.mv_size, false};
    size_t n = (size_t)take_varint(&c);
    const uint8_t *whole = take(&c, n);
    if (c.bad || n != length || memcmp(whole, text, n) != 0)
        return record_bad(s, DB_NOTES, &k, "a record is malformed", err);
    if (c.left != size)
        return error_set(err, DM_INVALID,
                         "the note on %s has %zu bytes, not %zu", text,
                         c.left, size);
    if (size)
        memcpy(value, c.at, size);
    return DM_OK;
}

dm_status store_get_note(dm_store *s, const char *key, void *value,
                         size_t size, dm_error *err)
{
    MDB_txn *txn;
    dm_status st = read_begin(s, &txn, err);
    if (st != DM_OK)
        return st;
    st = get(s, txn, key, value, size, err);
    read_end(s, txn);
    return st;
}

/* ---- writing ------------------------------------------------------------ */

dm_status store_put_note(dm_store_txn *t, const char *key, const void *value,
                         size_t size, dm_error *err)
{
    dm_status st = store_usable(t->s, err);
    if (st != DM_OK)
        return st;
    if (*key == '\0')
        return error_set(err, DM_INVALID, "a note wants a key");
    pending_note n = {.key_size = strlen(key), .size = size};
    n.key = arena_strdup(&t->keep, key, n.key_size);
    n.value = arena_copy(&t->keep, value, size);
    if (!n.key || !n.value || !vec_push(&t->notes, n))
        return error_nomem(err);
    return DM_OK;
}

static int save(const dm_store_txn *t, MDB_txn *txn, const pending_note *n,
                buf *record)
{
    key k;
    note_key(n->key, n->key_size, &k);
    buf_clear(record);
    put_varint(record, n->key_size);
    buf_put(record, n->key, n->key_size);
    if (n->size)
        buf_put(record, n->value, n->size);
    if (record->failed)
        return ENOMEM;
    return record_put(txn, t->s, DB_NOTES, &k, record->at, record->len, 0);
}

int notes_save(const dm_store_txn *t, MDB_txn *txn)
{
    int rc = 0;
    buf record = {0};
    for (size_t i = 0; !rc && i < t->notes.len; i++)
        rc = save(t, txn, &t->notes.at[i], &record);
    buf_free(&record);
    return rc;
}
