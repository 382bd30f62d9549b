/* statement.c - checking a statement, and reading its fields.
 *
 * Fields are few (claims have about fifteen), so a scan beats any index. */
#include "store/statement.h"

#include "base/error.h"
#include "base/term_internal.h"

static dm_status field_check(const dm_field *f, const dm_terms *terms,
                             dm_error *err)
{
    dm_term term = 0;
    if (f->tag == 0)
        return error_set(err, DM_INVALID, "a statement's field has no tag");
    switch (f->type) {
    case DM_FIELD_TERM:
        term = f->term;
        if (term == 0)
            return error_set(err, DM_INVALID,
                             "a statement's field %u has no value", f->tag);
        break;
    case DM_FIELD_DATE:
        term = f->date.text;
        break;
    case DM_FIELD_INT:
    case DM_FIELD_BYTES:
        break;
    default:
        return error_set(err, DM_INVALID,
                         "a statement's field %u has no type", f->tag);
    }
    if (term != 0 && !terms_has(terms, term))
        return error_set(err, DM_INVALID,
                         "a statement's field %u names no term", f->tag);
    return DM_OK;
}

dm_status statement_validate(const dm_statement *s, const dm_terms *terms,
                             dm_error *err)
{
    dm_status st = DM_OK;
    if (s->kind < DM_FACT || s->kind > DM_IMPORT)
        return error_set(err, DM_INVALID, "a statement has no kind");
    if (s->origin != 0 && !terms_has(terms, s->origin))
        return error_set(err, DM_INVALID, "a statement's origin is no term");
    for (size_t i = 0; st == DM_OK && i < s->nfields; i++)
        st = field_check(&s->fields[i], terms, err);
    return st;
}

const dm_field *statement_field(const dm_statement *s, uint32_t tag)
{
    for (size_t i = 0; i < s->nfields; i++)
        if (s->fields[i].tag == tag)
            return &s->fields[i];
    return NULL;
}

const dm_field *statement_next(const dm_statement *s, const dm_field *after)
{
    const dm_field *end = s->fields + s->nfields;
    for (const dm_field *f = after + 1; f < end; f++)
        if (f->tag == after->tag)
            return f;
    return NULL;
}

dm_term statement_term(const dm_statement *s, uint32_t tag)
{
    const dm_field *f = statement_field(s, tag);
    return f != NULL && f->type == DM_FIELD_TERM ? f->term : 0;
}

int64_t statement_int(const dm_statement *s, uint32_t tag, int64_t otherwise)
{
    const dm_field *f = statement_field(s, tag);
    return f != NULL && f->type == DM_FIELD_INT ? f->number : otherwise;
}

bool statement_date(const dm_statement *s, uint32_t tag, dm_date *out)
{
    const dm_field *f = statement_field(s, tag);
    if (f == NULL || f->type != DM_FIELD_DATE)
        return false;
    *out = f->date;
    return true;
}
