/* statement_hash.c - the content hash of a statement.
 *
 * Purpose: the same statement has the same hash in any table of terms, on any
 * machine, so that loading a file a second time finds what is there already.
 * Representation: XXH3, 128 bits, over kind, origin and the fields in order:
 * tag, type, size and value.  A term is written by its content: kind, size
 * and bytes of a symbol; a number's bits; of a compound its arity and the
 * hashes of functor and arguments.  A date's text is a term too.
 * Invariants: the encoding is injective up to the collision of hashes.
 * Cost: linear in the size of the statement; a compound that shares parts is
 * hashed once for each different part. */
#include "store/internal.h"

typedef struct hasher {
    const dm_terms *terms;
    map done;             /* compound -> index into `hashes` */
    VEC(hash128) hashes;
} hasher;

static bool put_hash(buf *out, hash128 hash)
{
    return put_le(out, hash.lo, 8) && put_le(out, hash.hi, 8);
}

static bool put_term(hasher *h, dm_term id, buf *out);

static bool hash_compound(hasher *h, dm_term id, hash128 *out)
{
    buf b = {0};
    uint32_t arity = terms_arity(h->terms, id);
    const dm_term *args = terms_args(h->terms, id);
    bool ok = put_le(&b, arity, 4)
              && put_term(h, terms_functor(h->terms, id), &b);
    for (uint32_t i = 0; ok && i < arity; i++)
        ok = put_term(h, args[i], &b);
    if (ok)
        *out = hash_bytes128(b.at, b.len);
    buf_free(&b);
    return ok;
}

static bool put_compound(hasher *h, dm_term id, buf *out)
{
    uint64_t index;
    if (!map_get(&h->done, id, &index)) {
        hash128 hash;
        if (!hash_compound(h, id, &hash))
            return false;
        index = h->hashes.len;
        if (!vec_push(&h->hashes, hash) || !map_put(&h->done, id, index))
            return false;
    }
    return put_hash(out, h->hashes.at[index]);
}

/* The depth of the recursion is that of the term, at most 10,000. */
static bool put_term(hasher *h, dm_term id, buf *out)
{
    size_t size;
    const char *text;
    if (id == 0)
        return put_le(out, 0, 1);
    term_kind kind = terms_kind(h->terms, id);
    if (kind == TERM_COMPOUND)
        return put_le(out, kind, 1) && put_compound(h, id, out);
    if (kind != TERM_SYMBOL)
        return term_encode(h->terms, id, 0, out);
    text = terms_text(h->terms, id, &size);
    return put_le(out, kind, 1) && put_varint(out, size)
           && buf_put(out, text, size);
}

static bool put_field(hasher *h, const dm_field *f, buf *out)
{
    if (!put_varint(out, f->tag) || !put_le(out, f->type, 1))
        return false;
    switch (f->type) {
    case DM_FIELD_TERM:
        return put_term(h, f->term, out);
    case DM_FIELD_DATE:
        return put_le(out, (uint32_t)f->date.earliest, 4)
               && put_le(out, (uint32_t)f->date.latest, 4)
               && put_le(out, f->date.flags, 4)
               && put_term(h, f->date.text, out);
    case DM_FIELD_INT:
        return put_le(out, (uint64_t)f->number, 8);
    case DM_FIELD_BYTES:
        return put_varint(out, f->size) && buf_put(out, f->bytes, f->size);
    }
    return false;
}

dm_status statement_hash(const dm_statement *st, const dm_terms *terms,
                         hash128 *out)
{
    buf b = {0};
    hasher h = {.terms = terms};
    bool ok = put_le(&b, st->kind, 1) && put_term(&h, st->origin, &b);
    for (size_t i = 0; ok && i < st->nfields; i++)
        ok = put_field(&h, &st->fields[i], &b);
    if (ok)
        *out = hash_bytes128(b.at, b.len);
    buf_free(&b);
    map_free(&h.done);
    vec_free(&h.hashes);
    return ok ? DM_OK : DM_NOMEM;
}
