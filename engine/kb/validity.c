/* validity.c - when a statement holds, and how to name it in messages.
 *
 * Representation: `on D` begins on some day of D and has no end; `during
 * A..B` is all of A to all of B; without dates a statement holds always.  A
 * date's qualifiers make the validity vague.
 * Invariants: earliest <= begin, and equal for `during`; a place always has a
 * file's name: what was typed at the prompt is `entered`.
 * Cost: a scan of the fields. */
#include "kb/kb_internal.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

enum { VAGUE = DM_DATE_UNCERTAIN | DM_DATE_APPROXIMATE };

validity statement_validity(const dm_statement *s)
{
    validity v = {.earliest = DM_DAY_MIN, .begin = DM_DAY_MIN,
                  .end = DM_DAY_MAX};
    dm_date on, from, to;
    if (statement_date(s, DM_TAG_ON, &on)) {
        v.earliest = on.earliest;
        v.begin = on.latest;
        v.vague = (on.flags & VAGUE) != 0;
        return v;
    }
    if (statement_date(s, DM_TAG_FROM, &from)) {
        v.earliest = v.begin = from.earliest;
        v.vague = (from.flags & VAGUE) != 0;
    }
    if (statement_date(s, DM_TAG_TO, &to)) {
        v.end = to.latest;
        v.during = to.latest != DM_DAY_MAX;
        v.vague = v.vague || (to.flags & VAGUE) != 0;
    }
    return v;
}

bool statement_vague(const dm_statement *s, const uint32_t *tags)
{
    dm_date date;
    for (; *tags != 0; tags++)
        if (statement_date(s, *tags, &date) && (date.flags & VAGUE) != 0)
            return true;
    return false;
}

void statement_place(const dm_terms *t, const dm_statement *s, buf *out)
{
    int64_t line = statement_int(s, DM_TAG_LINE, 0);
    if (s->origin != 0 && terms_kind(t, s->origin) == TERM_SYMBOL) {
        size_t size;
        const char *name = terms_text(t, s->origin, &size);
        buf_put(out, name, size);
    } else {
        buf_puts(out, "entered");
    }
    if (line > 0)
        buf_printf(out, ":%lld", (long long)line);
}

static void print_relation(const dm_terms *t, dm_term relation, buf *out)
{
    size_t size;
    if (relation == 0) {
        buf_puts(out, "?");
    } else if (terms_kind(t, relation) == TERM_SYMBOL) {
        const char *name = terms_text(t, relation, &size);
        buf_put(out, name, size);
    } else {
        term_print(t, relation, out);
    }
}

void statement_atom(const dm_terms *t, const dm_statement *s, buf *out)
{
    const dm_field *arg = statement_field(s, DM_TAG_ARG);
    print_relation(t, statement_term(s, DM_TAG_RELATION), out);
    if (arg == NULL)
        return;
    for (const char *before = "("; arg != NULL; before = ", ") {
        buf_puts(out, before);
        term_print(t, arg->term, out);
        arg = statement_next(s, arg);
    }
    buf_puts(out, ")");
}

dm_status statement_fail(dm_error *err, dm_status status, const dm_terms *t,
                         const dm_statement *s, const char *format, ...)
{
    buf place = {0};
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    statement_place(t, s, &place);
    error_set(err, status, "%.300s: %.690s",
              place.failed || place.len == 0 ? "?" : place.at, text);
    buf_free(&place);
    return status;
}
