/* delta.c - a signed change to a set of statements, in memory.
 *
 * Purpose: one type for what a transaction is about to change and for what a
 * scenario supposes, so that both are read the same way.
 * Representation: pointers to copies in an arena, sorted by serial; sorted
 * serials of what is withdrawn.
 * Invariants: a serial is in at most one of the two lists; serials are added
 * in ascending order.
 * Cost: adding is a copy and a hash; finding a binary search; withdrawing
 * moves the serials behind it; applying is one merge. */
#include "kb/delta.h"

#include "base/error.h"

#include <assert.h>
#include <string.h>

/* ---- copies ------------------------------------------------------------- */

static dm_status copy_term(const dm_terms *from, dm_term *term, dm_terms *to,
                           dm_error *err)
{
    if (*term == 0 || from == to)
        return DM_OK;
    dm_status st = terms_copy(from, *term, to, term);
    if (st == DM_NOMEM)
        return error_nomem(err);
    return st == DM_OK ? DM_OK : error_set(err, st, "no room for more terms");
}

static dm_status copy_field(arena *memory, dm_field *f, const dm_terms *from,
                            dm_terms *to, dm_error *err)
{
    switch (f->type) {
    case DM_FIELD_TERM:
        return copy_term(from, &f->term, to, err);
    case DM_FIELD_DATE:
        return copy_term(from, &f->date.text, to, err);
    case DM_FIELD_BYTES:
        f->bytes = arena_strdup(memory, f->size > 0 ? f->bytes : "", f->size);
        return f->bytes != NULL ? DM_OK : error_nomem(err);
    case DM_FIELD_INT:
        break;
    }
    return DM_OK;
}

dm_status delta_copy(arena *memory, const dm_statement *s,
                     const dm_terms *from, dm_terms *to,
                     const dm_statement **out, dm_error *err)
{
    dm_statement *copy = arena_copy(memory, s, sizeof *s);
    dm_field *fields = arena_alloc(memory, (s->nfields + 1) * sizeof *fields);
    if (copy == NULL || fields == NULL)
        return error_nomem(err);
    if (s->nfields > 0)
        memcpy(fields, s->fields, s->nfields * sizeof *fields);
    copy->fields = fields;
    dm_status st = copy_term(from, &copy->origin, to, err);
    for (size_t i = 0; st == DM_OK && i < s->nfields; i++)
        st = copy_field(memory, &fields[i], from, to, err);
    if (st == DM_OK)
        *out = copy;
    return st;
}

/* ---- finding ------------------------------------------------------------ */

const dm_statement *statements_find(const dm_statement *const *at, size_t n,
                                    uint64_t serial)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at[middle]->serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && at[low]->serial == serial ? at[low] : NULL;
}

/* The place of the first withdrawn serial that is not below `serial`. */
static size_t withdrawn_place(const delta *d, uint64_t serial)
{
    size_t low = 0, high = d->withdrawn.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->withdrawn.at[middle] < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool delta_withdraws(const delta *d, uint64_t serial)
{
    size_t i = withdrawn_place(d, serial);
    return i < d->withdrawn.len && d->withdrawn.at[i] == serial;
}

const dm_statement *delta_find(const delta *d, uint64_t serial)
{
    return statements_find(d->added.at, d->added.len, serial);
}

/* ---- changing ----------------------------------------------------------- */

dm_status delta_add(delta *d, const dm_statement *s, uint64_t serial,
                    const dm_terms *from, dm_terms *to,
                    const dm_statement **out, dm_error *err)
{
    const dm_statement *copy = NULL;
    dm_statement numbered = *s;
    assert(d->added.len == 0
           || d->added.at[d->added.len - 1]->serial < serial);
    dm_status st = statement_validate(s, from, err);
    if (st != DM_OK)
        return st;
    numbered.serial = serial;
    if (statement_hash(s, from, &numbered.hash) != DM_OK)
        return error_nomem(err);
    st = delta_copy(&d->memory, &numbered, from, to, &copy, err);
    if (st != DM_OK)
        return st;
    if (!vec_push(&d->added, copy))
        return error_nomem(err);
    if (out != NULL)
        *out = copy;
    return DM_OK;
}

/* Take out the statement again, if it was added here. */
static bool take_out(delta *d, uint64_t serial)
{
    for (size_t i = d->added.len; i-- > 0;) {
        if (d->added.at[i]->serial != serial)
            continue;
        memmove(d->added.at + i, d->added.at + i + 1,
                (d->added.len - i - 1) * sizeof *d->added.at);
        d->added.len--;
        return true;
    }
    return false;
}

dm_status delta_withdraw(delta *d, uint64_t serial, dm_error *err)
{
    if (delta_withdraws(d, serial))
        return DM_OK;
    if (delta_find(d, serial) != NULL && take_out(d, serial))
        return DM_OK;
    if (!vec_reserve(&d->withdrawn, d->withdrawn.len + 1))
        return error_nomem(err);
    size_t i = withdrawn_place(d, serial);
    memmove(d->withdrawn.at + i + 1, d->withdrawn.at + i,
            (d->withdrawn.len - i) * sizeof *d->withdrawn.at);
    d->withdrawn.at[i] = serial;
    d->withdrawn.len++;
    return DM_OK;
}

dm_status delta_apply(const delta *d, const dm_statement *const *at, size_t n,
                      statement_vec *out, dm_error *err)
{
    size_t i = 0, next = 0, most = n + d->added.len;
    if (!vec_reserve(out, out->len + most))
        return error_nomem(err);
    while (i < n || next < d->added.len) {
        bool from_base = next == d->added.len
                         || (i < n
                             && at[i]->serial < d->added.at[next]->serial);
        const dm_statement *s = from_base ? at[i++] : d->added.at[next++];
        if (!from_base || !delta_withdraws(d, s->serial))
            out->at[out->len++] = s;
    }
    return DM_OK;
}

void delta_free(delta *d)
{
    vec_free(&d->added);
    vec_free(&d->withdrawn);
    arena_free(&d->memory);
}
