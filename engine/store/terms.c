/* terms.c - persisted terms.
 *
 * Purpose: the root table and the databases `terms` and `term_ids` hold the
 * same terms under the same ids.
 * Representation: a record is the kind (u8) and the symbol's bytes | int or
 * float bits u64 | date u32 | interval from u32, to u32 | functor u32,
 * arguments u32 each.  `term_ids` finds a term by the 128-bit hash of its
 * record, and serves verify and programs that don't load all terms.
 * Invariants: ids are given in order without gaps; a compound's functor and
 * arguments have smaller ids than it; nothing is interned in the root but by
 * terms_load and after a commit.  A transaction's new terms are the overlay
 * t->terms, in order: the k-th becomes id shift + k, which is known before
 * the commit.
 * Cost: loading some 150 ns a term; saving two puts. */
#include "store/internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- encoding ----------------------------------------------------------- */

static bool encode_compound(const dm_terms *t, dm_term id, dm_term shift,
                            buf *out)
{
    uint32_t arity = terms_arity(t, id);
    const dm_term *args = terms_args(t, id);
    bool ok = put_le(out, term_final(terms_functor(t, id), shift), 4);
    for (uint32_t i = 0; i < arity; i++)
        ok = put_le(out, term_final(args[i], shift), 4);
    return ok;
}

bool term_encode(const dm_terms *t, dm_term id, dm_term shift, buf *out)
{
    size_t size;
    const char *text;
    int32_t from, to;
    term_kind kind = terms_kind(t, id);
    put_le(out, kind, 1);
    switch (kind) {
    case TERM_SYMBOL:
        text = terms_text(t, id, &size);
        return buf_put(out, text, size);
    case TERM_INT:
        return put_le(out, (uint64_t)terms_get_int(t, id), 8);
    case TERM_FLOAT:
        return put_le(out, cell_float(terms_get_float(t, id)), 8);
    case TERM_DATE:
        return put_le(out, (uint32_t)terms_get_date(t, id), 4);
    case TERM_INTERVAL:
        terms_get_interval(t, id, &from, &to);
        put_le(out, (uint32_t)from, 4);
        return put_le(out, (uint32_t)to, 4);
    case TERM_COMPOUND:
        return encode_compound(t, id, shift, out);
    }
    assert(kind == 0); /* fails: there is no further kind */
    return false;
}

/* ---- loading ------------------------------------------------------------ */

typedef struct loading {
    dm_store *s;
    uint64_t last;  /* to be loaded */
    VEC(dm_term) words;
} loading;

/* Functor and arguments, all of them known. */
static dm_status load_compound(loading *l, cursor *c, dm_term *out)
{
    dm_terms *t = l->s->terms;
    size_t n = c->left / 4;
    if (n < 2 || c->left % 4 || n > UINT32_MAX)
        return DM_CORRUPT;
    if (!vec_reserve(&l->words, n))
        return DM_NOMEM;
    for (size_t i = 0; i < n; i++) {
        l->words.at[i] = (dm_term)take_le(c, 4);
        if (l->words.at[i] == 0 || l->words.at[i] > terms_count(t))
            return DM_CORRUPT;
    }
    if (terms_kind(t, l->words.at[0]) != TERM_SYMBOL)
        return DM_CORRUPT;
    return terms_compound(t, l->words.at[0], l->words.at + 1,
                          (uint32_t)(n - 1), out);
}

static dm_status load_term(loading *l, const MDB_val *value, dm_term *out)
{
    dm_terms *t = l->s->terms;
    cursor c = {value->mv_data, value->mv_size, false};
    uint64_t kind = take_le(&c, 1), a, b;
    switch (kind) {
    case TERM_SYMBOL:
        return terms_symbol(t, (const char *)c.at, c.left, out);
    case TERM_INT:
        a = take_le(&c, 8);
        return c.bad || c.left ? DM_CORRUPT : terms_int(t, (int64_t)a, out);
    case TERM_FLOAT:
        a = take_le(&c, 8);
        return c.bad || c.left ? DM_CORRUPT
                               : terms_float(t, cell_get_float(a), out);
    case TERM_DATE:
        a = take_le(&c, 4);
        return c.bad || c.left ? DM_CORRUPT
                               : terms_date(t, (int32_t)(uint32_t)a, out);
    case TERM_INTERVAL:
        a = take_le(&c, 4);
        b = take_le(&c, 4);
        return c.bad || c.left ? DM_CORRUPT
            : terms_interval(t, (int32_t)(uint32_t)a, (int32_t)(uint32_t)b,
                             out);
    case TERM_COMPOUND:
        return load_compound(l, &c, out);
    default:
        return DM_CORRUPT;
    }
}

static dm_status on_term(void *context, const MDB_val *k,
                         const MDB_val *value, dm_error *err)
{
    loading *l = context;
    const dm_store *s = l->s;
    dm_term next = terms_count(s->terms) + 1, id = 0;
    if (k->mv_size != 4 || key_get(k, 0, 4) != next || next > l->last)
        return record_bad(s, DB_TERMS, k, "a term is out of sequence", err);
    dm_status st = load_term(l, value, &id);
    if (st == DM_NOMEM)
        return error_nomem(err);
    /* Two equal terms would give the id of the first. */
    if (st != DM_OK || id != next)
        return record_bad(s, DB_TERMS, k, "a term is wrong", err);
    return DM_OK;
}

dm_status terms_load(dm_store *s, MDB_txn *txn, uint64_t last, dm_error *err)
{
    loading l = {.s = s, .last = last};
    if (terms_count(s->terms) > last)
        return error_set(err, DM_INVALID, "terms were made in the table of %s "
                         "outside of a transaction", s->path);
    if (terms_count(s->terms) == last)
        return DM_OK;
    key from = {.len = 0};
    key_put(&from, terms_count(s->terms) + 1, 4);
    dm_status st = record_scan(txn, s, DB_TERMS, NULL, &from, on_term, &l,
                               err);
    vec_free(&l.words);
    if (st == DM_OK && terms_count(s->terms) != last)
        st = record_bad(s, DB_TERMS, NULL, "terms are missing at the end",
                        err);
    return st;
}

/* ---- saving ------------------------------------------------------------- */

typedef struct hashed {
    hash128 hash;
    dm_term id;
} hashed;

static int by_hash(const void *x, const void *y)
{
    const hashed *a = x, *b = y;
    if (a->hash.hi != b->hash.hi)
        return a->hash.hi < b->hash.hi ? -1 : 1;
    if (a->hash.lo != b->hash.lo)
        return a->hash.lo < b->hash.lo ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

key term_hash_key(hash128 hash, dm_term id)
{
    key k = {.len = 0};
    key_put(&k, hash.hi, 8);
    key_put(&k, hash.lo, 8);
    key_put(&k, id, 4);
    return k;
}

static int save_terms(const dm_store_txn *t, MDB_txn *txn, hashed *all,
                      uint32_t n, buf *record)
{
    for (uint32_t i = 0; i < n; i++) {
        key k = {.len = 0};
        buf_clear(record);
        if (!term_encode(t->terms, DM_TERM_OVERLAY + i, t->shift, record))
            return ENOMEM;
        all[i].hash = hash_bytes128(record->at, record->len);
        all[i].id = t->shift + i;
        key_put(&k, all[i].id, 4);
        int rc = record_put(txn, t->s, DB_TERMS, &k, record->at, record->len,
                            MDB_APPEND);
        if (rc)
            return rc;
    }
    return 0;
}

int terms_save(const dm_store_txn *t, MDB_txn *txn)
{
    uint32_t n = terms_count(t->terms);
    buf record = {0};
    hashed *all = mem_alloc(n * sizeof *all);
    if (!all)
        return ENOMEM;
    int rc = save_terms(t, txn, all, n, &record);
    if (!rc && n > 1) /* neighbours in the tree one after the other */
        qsort(all, n, sizeof *all, by_hash);
    for (uint32_t i = 0; !rc && i < n; i++) {
        key k = term_hash_key(all[i].hash, all[i].id);
        rc = record_put(txn, t->s, DB_TERM_IDS, &k, NULL, 0, 0);
    }
    mem_free(all);
    buf_free(&record);
    return rc;
}
