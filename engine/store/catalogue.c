/* catalogue.c - relations and the versions of their schemas.
 *
 * Purpose: rows and facts name a relation by a number and a version of its
 * schema, so that columns may change while old rows stay readable.
 * Representation: `cat`: relation, version -> name u32, txn u64, arity u32,
 * one type a column; `cat_names`: name -> relation.  Columns of single facts
 * are all DM_TERM, those of imports have types; either way a version is made
 * for each list of columns that occurs, and found again by comparing.
 * Invariants: relations and the versions of each are numbered from 1 without
 * gaps, never reused, never changed: the catalogue is its own history.
 * Cost: one look-up for a relation's first statement in a transaction, then a
 * hash map. */
#include "store/internal.h"

#include <assert.h>
#include <errno.h>

static key schema_key(uint32_t relation, uint32_t version)
{
    key k = {.len = 0};
    key_put(&k, relation, 4);
    key_put(&k, version, 4);
    return k;
}

/* ---- reading ------------------------------------------------------------ */

dm_status schema_decode(const dm_store *s, const MDB_val *k,
                        const MDB_val *value, schema *out, dm_error *err)
{
    if (k->mv_size != 8)
        return record_bad(s, DB_CAT, k, "a key is malformed", err);
    cursor c = {value->mv_data, value->mv_size, false};
    schema x = {.relation = (uint32_t)key_get(k, 0, 4),
                .version = (uint32_t)key_get(k, 4, 4)};
    x.name = (dm_term)take_le(&c, 4);
    x.txn = take_le(&c, 8);
    x.arity = (uint32_t)take_le(&c, 4);
    x.types = take(&c, x.arity);
    bool ok = !c.bad && !c.left && x.relation && x.version && x.name;
    for (uint32_t i = 0; ok && i < x.arity; i++)
        ok = x.types[i] >= DM_SYMBOL && x.types[i] <= DM_TERM;
    if (!ok)
        return record_bad(s, DB_CAT, k, "a schema is malformed", err);
    *out = x;
    return DM_OK;
}

/* DM_NOT_FOUND without a text. */
static dm_status get_schema(const dm_store *s, MDB_txn *txn,
                            uint32_t relation, uint32_t version, schema *out,
                            dm_error *err)
{
    MDB_val value;
    key at = schema_key(relation, version);
    MDB_val k = {at.len, at.at};
    dm_status st = record_get(txn, s, DB_CAT, &at, &value, err);
    return st == DM_OK ? schema_decode(s, &k, &value, out, err) : st;
}

dm_status schema_load(const dm_store *s, MDB_txn *txn, uint32_t relation,
                      uint32_t version, schema *out, dm_error *err)
{
    dm_status st = get_schema(s, txn, relation, version, out, err);
    key at = schema_key(relation, version);
    MDB_val k = {at.len, at.at};
    if (st == DM_NOT_FOUND)
        return record_bad(s, DB_CAT, &k, "a schema is missing", err);
    return st;
}

dm_status relation_find(const dm_store *s, MDB_txn *txn, dm_term name,
                        uint32_t *out, dm_error *err)
{
    MDB_val value;
    key at = {.len = 0};
    key_put(&at, name, 4);
    MDB_val k = {at.len, at.at};
    dm_status st = record_get(txn, s, DB_CAT_NAMES, &at, &value, err);
    if (st == DM_NOT_FOUND) {
        *out = 0;
        return DM_OK;
    }
    if (st != DM_OK)
        return st;
    cursor c = {value.mv_data, value.mv_size, false};
    uint32_t id = (uint32_t)take_le(&c, 4);
    if (c.bad || c.left || id == 0)
        return record_bad(s, DB_CAT_NAMES, &k, "a record is malformed", err);
    *out = id;
    return DM_OK;
}

/* ---- in a write transaction --------------------------------------------- */

static dm_status add_relation(dm_store_txn *t, dm_term name, uint32_t *out,
                              dm_error *err)
{
    if (t->state.last_relation >= UINT32_MAX)
        return error_set(err, DM_BUDGET, "relation ids of %s are used up",
                         t->s->path);
    pending_relation r = {(uint32_t)t->state.last_relation + 1,
                          term_final(name, t->shift)};
    if (!vec_push(&t->relations, r))
        return error_nomem(err);
    t->state.last_relation++;
    *out = r.id;
    return DM_OK;
}

dm_status catalogue_relation(dm_store_txn *t, dm_term name, uint32_t *out,
                             dm_error *err)
{
    uint64_t known;
    uint32_t id = 0;
    dm_status st = DM_OK;
    if (map_get(&t->relation_ids, name, &known)) {
        *out = (uint32_t)known;
        return DM_OK;
    }
    if (name < DM_TERM_OVERLAY)
        st = relation_find(t->s, t->mdb, name, &id, err);
    if (st == DM_OK && id == 0)
        st = add_relation(t, name, &id, err);
    if (st == DM_OK
        && (!map_put(&t->relation_names, id, term_final(name, t->shift))
            || !map_put(&t->relation_ids, name, id)))
        st = error_nomem(err);
    if (st == DM_OK)
        *out = id;
    return st;
}

static bool same_columns(const schema *x, uint32_t arity,
                         const dm_type *types)
{
    bool same = x->arity == arity;
    for (uint32_t i = 0; same && i < arity; i++)
        same = x->types[i] == (types ? types[i] : DM_TERM);
    return same;
}

/* The version with these columns, among the stored ones, then the
 * transaction's; `next` is the first free number. */
static dm_status find_schema(dm_store_txn *t, uint32_t relation,
                             uint32_t arity, const dm_type *types,
                             uint32_t *version, uint32_t *next, dm_error *err)
{
    schema x;
    dm_status st = DM_OK;
    *version = 0;
    for (*next = 1; !*version; ++*next) {
        st = get_schema(t->s, t->mdb, relation, *next, &x, err);
        if (st != DM_OK)
            break;
        if (same_columns(&x, arity, types))
            *version = *next;
    }
    for (size_t i = 0; i < t->schemas.len && !*version; i++) {
        const schema *y = &t->schemas.at[i];
        if (y->relation != relation)
            continue;
        *next = y->version + 1;
        if (same_columns(y, arity, types))
            *version = y->version;
    }
    return st == DM_NOT_FOUND ? DM_OK : st;
}

static dm_status add_schema(dm_store_txn *t, uint32_t relation,
                            uint32_t version, uint32_t arity,
                            const dm_type *types, dm_error *err)
{
    uint64_t name = 0; /* catalogue_relation has put it there */
    bool named = map_get(&t->relation_names, relation, &name);
    assert(named);
    (void)named;
    uint8_t *bytes = arena_alloc(&t->keep, arity);
    if (!bytes)
        return error_nomem(err);
    for (uint32_t i = 0; i < arity; i++)
        bytes[i] = (uint8_t)(types ? types[i] : DM_TERM);
    schema x = {.relation = relation, .version = version,
                .name = (dm_term)name, .txn = t->number,
                .arity = arity, .types = bytes};
    return vec_push(&t->schemas, x) ? DM_OK : error_nomem(err);
}

dm_status catalogue_schema(dm_store_txn *t, uint32_t relation, uint32_t arity,
                           const dm_type *types, uint32_t *version,
                           dm_error *err)
{
    uint64_t known, which = (uint64_t)relation << 32 | arity;
    uint32_t found, next;
    if (!types && map_get(&t->fact_schemas, which, &known)) {
        *version = (uint32_t)known;
        return DM_OK;
    }
    dm_status st = find_schema(t, relation, arity, types, &found, &next, err);
    if (st == DM_OK && found == 0) {
        found = next;
        st = add_schema(t, relation, found, arity, types, err);
    }
    if (st == DM_OK && !types && !map_put(&t->fact_schemas, which, found))
        st = error_nomem(err);
    if (st == DM_OK)
        *version = found;
    return st;
}

/* ---- saving ------------------------------------------------------------- */

static int save_schema(const dm_store_txn *t, MDB_txn *txn, const schema *x)
{
    buf b = {0};
    key k = schema_key(x->relation, x->version);
    put_le(&b, x->name, 4);
    put_le(&b, x->txn, 8);
    put_le(&b, x->arity, 4);
    buf_put(&b, x->types, x->arity);
    int rc = b.failed ? ENOMEM
                      : record_put(txn, t->s, DB_CAT, &k, b.at, b.len, 0);
    buf_free(&b);
    return rc;
}

int catalogue_save(const dm_store_txn *t, MDB_txn *txn)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < t->relations.len; i++) {
        const pending_relation *r = &t->relations.at[i];
        uint8_t id[4];
        key k = {.len = 0};
        key_put(&k, r->name, 4);
        for (unsigned j = 0; j < sizeof id; j++)
            id[j] = (uint8_t)(r->id >> (8 * j));
        rc = record_put(txn, t->s, DB_CAT_NAMES, &k, id, sizeof id, 0);
    }
    for (size_t i = 0; !rc && i < t->schemas.len; i++)
        rc = save_schema(t, txn, &t->schemas.at[i]);
    return rc;
}
