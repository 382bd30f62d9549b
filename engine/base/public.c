/* public.c - the part of dragoman.h that is about values, for programs that
 * embed the engine: thin doors to terms, cells, dates and cancellation. */
#include "base/budget.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/term.h"

_Static_assert((int)DM_KIND_SYMBOL == (int)TERM_SYMBOL
                   && (int)DM_KIND_COMPOUND == (int)TERM_COMPOUND,
               "one list of kinds");

dm_status dm_terms_new(const dm_terms *base, dm_terms **out)
{
    dm_terms *t = terms_new(base);
    if (t == NULL)
        return DM_NOMEM;
    *out = t;
    return DM_OK;
}

void dm_terms_free(dm_terms *t)
{
    terms_free(t);
}

dm_status dm_terms_symbol(dm_terms *t, const char *bytes, size_t size,
                          dm_term *out)
{
    return terms_symbol(t, bytes, size, out);
}

dm_status dm_terms_int(dm_terms *t, int64_t value, dm_term *out)
{
    return terms_int(t, value, out);
}

dm_status dm_terms_float(dm_terms *t, double value, dm_term *out)
{
    return terms_float(t, value, out);
}

dm_status dm_terms_date(dm_terms *t, int32_t day, dm_term *out)
{
    return terms_date(t, day, out);
}

dm_status dm_terms_compound(dm_terms *t, dm_term functor, const dm_term *args,
                            uint32_t arity, dm_term *out)
{
    return terms_compound(t, functor, args, arity, out);
}

dm_term_kind dm_terms_kind(const dm_terms *t, dm_term id)
{
    return (dm_term_kind)terms_kind(t, id);
}

const char *dm_terms_text(const dm_terms *t, dm_term id, size_t *size)
{
    return terms_text(t, id, size);
}

char *dm_cell_text(const dm_terms *t, dm_type type, dm_cell cell)
{
    buf b = {0};
    cell_print(t, type, cell, &b);
    char *text = b.failed ? NULL : mem_strdup(b.at, b.len);
    buf_free(&b);
    return text;
}

void dm_free(void *text)
{
    mem_free(text);
}

dm_cell dm_cell_int(int64_t value)
{
    return cell_int(value);
}

dm_cell dm_cell_float(double value)
{
    return cell_float(value);
}

int64_t dm_cell_get_int(dm_cell cell)
{
    return cell_get_int(cell);
}

double dm_cell_get_float(dm_cell cell)
{
    return cell_get_float(cell);
}

int32_t dm_day(int year, int month, int day)
{
    return date_from_civil(year, month, day);
}

dm_status dm_cancel_new(dm_cancel **out)
{
    dm_cancel *c = mem_calloc(1, sizeof *c);
    if (c == NULL)
        return DM_NOMEM;
    *out = c;
    return DM_OK;
}

void dm_cancel_free(dm_cancel *c)
{
    mem_free(c);
}

void dm_cancel_ask(dm_cancel *c)
{
    atomic_store(&c->asked, true);
}

void dm_cancel_clear(dm_cancel *c)
{
    atomic_store(&c->asked, false);
}
