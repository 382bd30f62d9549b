/* statement_record.c - statements as bytes, and the index entries they have.
 *
 * Purpose: one place that knows the layout of a statement's record.
 * Representation: internal.h.  A field carries its type beside its tag, so
 * that a reader keeps, hashes and copies fields whose tag it doesn't know.
 * Tuples in keys are lanes of 8 bytes that sort by kind, then value for
 * numbers and dates, by id for other terms: kind (4 bits), then 60 bits.  An
 * int or float that doesn't fit in 60 bits loses low bits there, so that
 * find_fact compares the statement itself.
 * Invariants: what is decoded names only terms that exist.
 * Cost: linear in the size of the record. */
#include "store/internal.h"

#include <assert.h>
#include <string.h>

enum {
    HEAD_RELATION = 1 + 4 + 8 + 4 + 16, /* offsets in the record */
    HEAD_SCHEMA = HEAD_RELATION + 4,
    HEAD_ROWS = HEAD_SCHEMA + 4
};

bool statement_has_tuple(const dm_statement *st)
{
    return st->kind == DM_FACT || st->kind == DM_JUDGEMENT;
}

/* ---- encoding ----------------------------------------------------------- */

static bool encode_field(const dm_field *f, dm_term shift, buf *out)
{
    put_varint(out, (uint64_t)f->tag << 2 | f->type);
    switch (f->type) {
    case DM_FIELD_TERM:
        put_varint(out, 4);
        return put_le(out, term_final(f->term, shift), 4);
    case DM_FIELD_DATE:
        put_varint(out, 16);
        put_le(out, (uint32_t)f->date.earliest, 4);
        put_le(out, (uint32_t)f->date.latest, 4);
        put_le(out, f->date.flags, 4);
        return put_le(out, term_final(f->date.text, shift), 4);
    case DM_FIELD_INT:
        put_varint(out, 8);
        return put_le(out, (uint64_t)f->number, 8);
    case DM_FIELD_BYTES:
        put_varint(out, f->size);
        return f->size == 0 || buf_put(out, f->bytes, f->size);
    }
    return false;
}

bool statement_encode(const dm_statement *st, const statement_head *head,
                      dm_term shift, buf *out)
{
    put_le(out, st->kind, 1);
    put_le(out, LANGUAGE_VERSION, 4);
    put_le(out, st->txn, 8);
    put_le(out, term_final(st->origin, shift), 4);
    put_le(out, st->hash.lo, 8);
    put_le(out, st->hash.hi, 8);
    put_le(out, head->relation, 4);
    put_le(out, head->schema, 4);
    put_le(out, head->rows, 8);
    for (size_t i = 0; i < st->nfields; i++)
        encode_field(&st->fields[i], shift, out);
    return !out->failed;
}

static void set_le(uint8_t *to, uint64_t x, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(x >> (8 * i));
}

uint32_t statement_relation(const uint8_t *record)
{
    cursor c = {record + HEAD_RELATION, 4, false};
    return (uint32_t)take_le(&c, 4);
}

void statement_set_rows(uint8_t *record, uint32_t schema, uint64_t rows)
{
    set_le(record + HEAD_SCHEMA, schema, 4);
    set_le(record + HEAD_ROWS, rows, 8);
}

/* ---- decoding ----------------------------------------------------------- */

static bool decode_field(cursor *c, dm_term last, dm_field *out)
{
    uint64_t tag = take_varint(c);
    size_t size = (size_t)take_varint(c);
    const uint8_t *at = take(c, size);
    if (c->bad || tag >> 2 == 0 || tag >> 2 > UINT32_MAX)
        return false;
    cursor v = {at, size, false};
    *out = (dm_field){.tag = (uint32_t)(tag >> 2),
                      .type = (dm_field_type)(tag & 3)};
    switch (out->type) {
    case DM_FIELD_TERM:
        out->term = (dm_term)take_le(&v, 4);
        return !v.bad && !v.left && out->term >= 1 && out->term <= last;
    case DM_FIELD_DATE:
        out->date.earliest = (int32_t)(uint32_t)take_le(&v, 4);
        out->date.latest = (int32_t)(uint32_t)take_le(&v, 4);
        out->date.flags = (uint32_t)take_le(&v, 4);
        out->date.text = (dm_term)take_le(&v, 4);
        return !v.bad && !v.left && out->date.text <= last;
    case DM_FIELD_INT:
        out->number = (int64_t)take_le(&v, 8);
        return !v.bad && !v.left;
    case DM_FIELD_BYTES:
        out->bytes = (const char *)at;
        out->size = size;
        return true;
    }
    return false;
}

static bool decode_head(cursor *c, dm_statement *st, statement_head *head)
{
    uint64_t kind = take_le(c, 1);
    take_le(c, 4); /* version of the language: there is one so far */
    st->kind = (dm_kind)kind;
    st->txn = take_le(c, 8);
    st->origin = (dm_term)take_le(c, 4);
    st->hash.lo = take_le(c, 8);
    st->hash.hi = take_le(c, 8);
    head->relation = (uint32_t)take_le(c, 4);
    head->schema = (uint32_t)take_le(c, 4);
    head->rows = take_le(c, 8);
    return !c->bad && kind >= DM_FACT && kind <= DM_IMPORT;
}

dm_status statement_decode(const dm_store *s, store_db db, uint64_t serial,
                           dm_term last, const MDB_val *k,
                           const MDB_val *value, field_vec *fields,
                           dm_statement *out, statement_head *head,
                           dm_error *err)
{
    cursor c = {value->mv_data, value->mv_size, false};
    dm_statement st = {.serial = serial};
    if (!decode_head(&c, &st, head))
        return record_bad(s, db, k, "a statement is malformed", err);
    if (st.origin == 0 || st.origin > last)
        return record_bad(s, db, k, "a statement's origin is wrong", err);
    fields->len = 0;
    while (c.left > 0) {
        dm_field f;
        if (!decode_field(&c, last, &f))
            return record_bad(s, db, k, "a statement's field is wrong", err);
        if (!vec_push(fields, f))
            return error_nomem(err);
    }
    st.nfields = fields->len;
    st.fields = fields->at;
    *out = st;
    return DM_OK;
}

/* ---- keys of the indexes ------------------------------------------------ */

/* 60 bits that order like the number; too big ones share the ends. */
static uint64_t lane_int(int64_t x)
{
    const int64_t end = (int64_t)1 << 59;
    x = x < -end ? -end : x > end - 1 ? end - 1 : x;
    return (uint64_t)(x + end);
}

static uint64_t lane_float(double x)
{
    uint64_t bits = cell_float(x);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return bits >> 4;
}

static uint64_t lane_day(int32_t day)
{
    return (uint64_t)((int64_t)day - INT32_MIN);
}

static uint64_t tuple_lane(const dm_terms *terms, dm_term id, dm_term shift)
{
    uint64_t kind = terms_kind(terms, id), x = term_final(id, shift);
    if (kind == TERM_INT)
        x = lane_int(terms_get_int(terms, id));
    else if (kind == TERM_FLOAT)
        x = lane_float(terms_get_float(terms, id));
    else if (kind == TERM_DATE)
        x = lane_day(terms_get_date(terms, id));
    return kind << 60 | x;
}

/* Lanes, or their hash: fed in pieces, since a tuple may be long. */
static bool long_tuple(const dm_term *args, uint32_t nargs,
                       const dm_terms *terms, dm_term shift, key *out)
{
    buf b = {0};
    for (uint32_t i = 0; i < nargs; i++)
        put_le(&b, tuple_lane(terms, args[i], shift), LANE);
    if (!b.failed) {
        hash128 h = hash_bytes128(b.at, b.len);
        key_put(out, h.hi, 8);
        key_put(out, h.lo, 8);
    }
    bool ok = !b.failed;
    buf_free(&b);
    return ok;
}

bool tuple_key(uint32_t relation, const dm_term *args, uint32_t nargs,
               const dm_terms *terms, dm_term shift, key *out)
{
    out->len = 0;
    key_put(out, relation, 4);
    if ((uint64_t)nargs * LANE > TUPLE_MAX)
        return long_tuple(args, nargs, terms, shift, out);
    for (uint32_t i = 0; i < nargs; i++)
        key_put(out, tuple_lane(terms, args[i], shift), LANE);
    return true;
}

bool statement_args(const dm_statement *st, term_vec *out)
{
    out->len = 0;
    const dm_field *f = statement_field(st, DM_TAG_ARG);
    for (; f; f = statement_next(st, f))
        if (f->type == DM_FIELD_TERM && !vec_push(out, f->term))
            return false;
    return true;
}

static void index_claim(const dm_statement *st, char which, uint32_t tag,
                        dm_term shift, index_entry *out)
{
    dm_term id = statement_term(st, tag);
    out->used = id != 0;
    if (!id)
        return;
    out->db = DB_CLAIMS;
    out->k.len = 0;
    key_put(&out->k, (uint8_t)which, 1);
    key_put(&out->k, term_final(id, shift), 4);
    key_put(&out->k, st->serial, 8);
}

bool statement_index(const dm_statement *st, const statement_head *head,
                     const dm_terms *terms, dm_term shift,
                     index_entry out[INDEXES])
{
    bool ok = true;
    out[0].used = out[1].used = false;
    if (statement_has_tuple(st) && head->relation) {
        term_vec args = {0};
        ok = statement_args(st, &args)
             && tuple_key(head->relation, args.at, (uint32_t)args.len, terms,
                          shift, &out[0].k);
        vec_free(&args);
        if (ok)
            key_put(&out[0].k, st->serial, 8);
        out[0].db = DB_CUR;
        out[0].schema = head->schema;
        out[0].used = true;
    } else if (st->kind == DM_CLAIM) {
        index_claim(st, 'i', DM_TAG_ID, shift, &out[0]);
        index_claim(st, 's', DM_TAG_SOURCE, shift, &out[1]);
    }
    return ok;
}
