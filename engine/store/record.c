/* record.c - keys, checksums, and reading and writing values.
 *
 * Purpose: every access to a database passes here, so that a byte that
 * changed on the disk is found when it is read, and named.
 * Representation: keys are big-endian numbers; a record is its value and 8
 * bytes, little-endian, of XXH3 over the value, seeded with the XXH3 of the
 * key, so that a record under a wrong key is found too.  Values of indexes
 * (empty, or one u32) have no checksum: verify compares them.
 * Invariants: values are borrowed from the map and live as long as their LMDB
 * transaction.
 * Cost: a lookup and some 20 ns for the checksum of a short record. */
#include "store/internal.h"

#include <assert.h>
#include <string.h>

const char *const store_db_names[DB_COUNT] = {
    "meta", "terms", "term_ids", "stmt", "hist", "cur", "claims",
    "cat", "cat_names", "log", "blocks", "tomb", "notes",
};

bool db_has_records(store_db db)
{
    return db != DB_TERM_IDS && db != DB_CUR && db != DB_CLAIMS
           && db != DB_CAT_NAMES;
}

/* ---- numbers ------------------------------------------------------------ */

void key_put(key *k, uint64_t x, size_t size)
{
    assert(size >= 1 && size <= 8 && k->len + size <= sizeof k->at);
    for (size_t i = size; i-- > 0; x >>= 8)
        k->at[k->len + i] = (uint8_t)x;
    k->len += size;
}

uint64_t key_get(const MDB_val *k, size_t at, size_t size)
{
    const uint8_t *p = k->mv_data;
    uint64_t x = 0;
    assert(at + size <= k->mv_size);
    for (size_t i = 0; i < size; i++)
        x = x << 8 | p[at + i];
    return x;
}

bool put_le(buf *b, uint64_t x, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(x >> (8 * i));
    return buf_put(b, bytes, size);
}

bool put_varint(buf *b, uint64_t x)
{
    uint8_t bytes[10];
    size_t n = 0;
    for (; x >= 0x80; x >>= 7)
        bytes[n++] = (uint8_t)(x | 0x80);
    bytes[n++] = (uint8_t)x;
    return buf_put(b, bytes, n);
}

const uint8_t *take(cursor *c, size_t size)
{
    if (c->bad || size > c->left) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *at = c->at;
    c->at += size;
    c->left -= size;
    return at;
}

static uint64_t get_le(const uint8_t *p, size_t size)
{
    uint64_t x = 0;
    for (size_t i = size; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

uint64_t take_le(cursor *c, size_t size)
{
    const uint8_t *p = take(c, size);
    return p ? get_le(p, size) : 0;
}

uint64_t take_varint(cursor *c)
{
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *p = take(c, 1);
        if (!p || (shift == 63 && *p > 1))
            break;
        x |= (uint64_t)(*p & 0x7f) << shift;
        if (!(*p & 0x80))
            return x;
    }
    c->bad = true;
    return 0;
}

/* ---- records ------------------------------------------------------------ */

static uint64_t checksum(const void *k, size_t key_size, const void *value,
                         size_t size)
{
    return hash_bytes(value, size, hash_bytes(k, key_size, 0));
}

dm_status record_bad(const dm_store *s, store_db db, const MDB_val *k,
                     const char *what, dm_error *err)
{
    char hex[2 * 24 + 1] = "";
    size_t n = !k ? 0 : k->mv_size < 24 ? k->mv_size : 24;
    for (size_t i = 0; i < n; i++) {
        static const char digits[] = "0123456789abcdef";
        uint8_t byte = ((const uint8_t *)k->mv_data)[i];
        hex[2 * i] = digits[byte >> 4];
        hex[2 * i + 1] = digits[byte & 15];
    }
    return error_set(err, DM_CORRUPT, "%s is damaged: %s in database %s%s%s",
                     s->path, what, store_db_names[db], n ? ", key " : "",
                     hex);
}

int record_put(MDB_txn *txn, const dm_store *s, store_db db, const key *k,
               const void *value, size_t size, unsigned flags)
{
    MDB_val where = {k->len, (void *)(uintptr_t)k->at};
    bool sum = db_has_records(db);
    MDB_val room = {size + (sum ? CHECKSUM : 0), NULL};
    int rc = mdb_put(txn, s->dbi[db], &where, &room, flags | MDB_RESERVE);
    if (rc)
        return rc;
    uint8_t *to = room.mv_data;
    if (size)
        memcpy(to, value, size);
    uint64_t x = sum ? checksum(k->at, k->len, value, size) : 0;
    for (size_t i = 0; sum && i < CHECKSUM; i++)
        to[size + i] = (uint8_t)(x >> (8 * i));
    return 0;
}

dm_status record_check(const dm_store *s, store_db db, const MDB_val *k,
                       const MDB_val *value, MDB_val *out, dm_error *err)
{
    *out = *value;
    if (!db_has_records(db))
        return DM_OK;
    if (value->mv_size < CHECKSUM)
        return record_bad(s, db, k, "a record is too short", err);
    out->mv_size -= CHECKSUM;
    const uint8_t *end = (const uint8_t *)value->mv_data + out->mv_size;
    if (get_le(end, CHECKSUM)
        != checksum(k->mv_data, k->mv_size, value->mv_data, out->mv_size))
        return record_bad(s, db, k, "a record's checksum is wrong", err);
    return DM_OK;
}

dm_status record_get(MDB_txn *txn, const dm_store *s, store_db db,
                     const key *k, MDB_val *out, dm_error *err)
{
    MDB_val where = {k->len, (void *)(uintptr_t)k->at}, value;
    int rc = mdb_get(txn, s->dbi[db], &where, &value);
    if (rc == MDB_NOTFOUND)
        return DM_NOT_FOUND;
    if (rc)
        return store_mdb_error(s, rc, "read", err);
    return record_check(s, db, &where, &value, out, err);
}

static bool starts_with(const MDB_val *k, const key *prefix)
{
    return !prefix || (k->mv_size >= prefix->len
                       && !memcmp(k->mv_data, prefix->at, prefix->len));
}

dm_status record_scan(MDB_txn *txn, const dm_store *s, store_db db,
                      const key *prefix, const key *from, record_visit *visit,
                      void *context, dm_error *err)
{
    const key *start = from ? from : prefix;
    MDB_val k = {0}, value, record;
    MDB_cursor *at;
    int rc = mdb_cursor_open(txn, s->dbi[db], &at);
    if (rc)
        return store_mdb_error(s, rc, "read", err);
    if (start && start->len)
        k = (MDB_val){start->len, (void *)(uintptr_t)start->at};
    dm_status st = DM_OK;
    rc = mdb_cursor_get(at, &k, &value, k.mv_size ? MDB_SET_RANGE : MDB_FIRST);
    while (!rc && starts_with(&k, prefix)) {
        st = record_check(s, db, &k, &value, &record, err);
        if (st == DM_OK)
            st = visit(context, &k, &record, err);
        if (st != DM_OK)
            break;
        rc = mdb_cursor_get(at, &k, &value, MDB_NEXT);
    }
    mdb_cursor_close(at);
    if (st == DM_OK && rc && rc != MDB_NOTFOUND)
        st = store_mdb_error(s, rc, "read", err);
    return st;
}
