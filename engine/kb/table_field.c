/* table_field.c - one field of a table: where it ends, what it is worth.
 *
 * Purpose: the slow way, which knows quotes, line ends of every kind, all
 * types and all mistakes; table_rows.c has the fast one for ints.
 * Representation: a field is a stretch of the piece, or of `scratch` when it
 * was quoted.  Symbols of the piece wait, with the cells they are for, and are
 * interned many at a time, since each costs some cache misses that can be
 * waited for together.
 * Invariants: terms are made in the file's order, so that their ids don't
 * depend on batches; nothing that waits outlives the batch of rows.
 * Cost: eight bytes at a time to a field's end; a symbol some 40 ns. */
#include "kb/table_reader.h"

#include "base/date.h"
#include "base/error.h"
#include "kb/digits.h"
#include "kb/number.h"

#include <assert.h>
#include <string.h>

enum { SHOWN = 60 };

/* ---- mistakes ----------------------------------------------------------- */

static const char *type_wanted(dm_type type)
{
    switch (type) {
    case DM_INT: return "a 64-bit integer";
    case DM_FLOAT: return "a number";
    case DM_DATE: return "a date such as 2021-04-13";
    case DM_INTERVAL: return "an interval such as 2021-04-13..2021-04-20";
    case DM_ANY:
    case DM_SYMBOL:
    case DM_TERM: break;
    }
    return "a value";
}

/* `at` is where the field begins in the file, its quote included. */
static dm_status bad_field(reader *r, const char *at, field f, dm_type type)
{
    size_t column = at < r->line_start ? 1 : (size_t)(at - r->line_start) + 1;
    size_t shown = f.size < SHOWN ? f.size : SHOWN;
    return error_set(r->err, DM_INVALID, "%s:%zu:%zu: \"%.*s%s\" is not %s",
                     r->path, r->line, column, (int)shown, f.bytes,
                     shown < f.size ? "..." : "", type_wanted(type));
}

static dm_status bad_symbol(const reader *r, dm_status st)
{
    return error_set(r->err, st,
                     "%s:%zu: can't keep the symbols of the table: %s",
                     r->path, r->line,
                     st == DM_NOMEM ? "memory ran out" : "too many");
}

/* ---- fields ------------------------------------------------------------- */

bool reader_at_line_end(const reader *r)
{
    const char *p = r->at;
    if (p == r->end || *p == '\n')
        return true;
    return *p == '\r' && (p + 1 == r->end || p[1] == '\n');
}

void reader_step_line(reader *r)
{
    assert(reader_at_line_end(r));
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at < r->end)
        r->at++;
    r->line++;
    r->line_start = r->at;
}

/* Behind the opening quote: copy up to the closing one.  When the piece ends
 * first, `cut` is set and the status means nothing. */
static dm_status quoted_field(reader *r, field *out)
{
    buf_clear(&r->scratch);
    for (;;) {
        const char *p = r->at;
        while (p < r->end && *p != '"' && *p != '\n')
            p++;
        bool newline = p < r->end && *p == '\n';
        buf_put(&r->scratch, r->at, (size_t)(p + newline - r->at));
        if (p == r->end) {
            r->cut = !r->last;
            return r->cut ? DM_INVALID
                          : error_set(r->err, DM_INVALID,
                                      "%s:%zu: a quote is not closed",
                                      r->path, r->line);
        }
        r->at = p + 1;
        if (newline) {
            r->line++;
            r->line_start = r->at;
        } else if (r->at < r->end && *r->at == '"') {
            buf_put(&r->scratch, "\"", 1);
            r->at++;
        } else {
            break;
        }
    }
    if (r->scratch.failed)
        return error_nomem(r->err);
    *out = (field){r->scratch.len > 0 ? r->scratch.at : "", r->scratch.len};
    if (!reader_at_line_end(r) && *r->at != r->separator)
        return error_set(r->err, DM_INVALID,
                         "%s:%zu:%zu: text behind a closing quote", r->path,
                         r->line, (size_t)(r->at - r->line_start) + 1);
    return DM_OK;
}

/* The high bit of the first byte that is zero, at least. */
static uint64_t zero_bytes(uint64_t x)
{
    return (x - UINT64_C(0x0101010101010101)) & ~x
           & UINT64_C(0x8080808080808080);
}

/* The first separator or line feed; needs eight readable bytes at `end`. */
static const char *field_end(const char *p, const char *end, char separator)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t first = (uint8_t)separator * ones, second = '\n' * ones;
    for (; p < end; p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        word = le64toh(word);
        uint64_t found = zero_bytes(word ^ first) | zero_bytes(word ^ second);
        if (found == 0)
            continue;
        p += __builtin_ctzll(found) / 8;
        return p < end ? p : end;
    }
    return end;
}

dm_status reader_field(reader *r, field *out)
{
    if (r->quoted && r->at < r->end && *r->at == '"') {
        r->at++;
        return quoted_field(r, out);
    }
    const char *p = field_end(r->at, r->end, r->separator), *stop = p;
    if (stop > r->at && stop[-1] == '\r' && (p == r->end || *p == '\n'))
        stop--;
    *out = (field){r->at, (size_t)(stop - r->at)};
    r->at = stop;
    return DM_OK;
}

/* ---- values ------------------------------------------------------------- */

bool same_text(const char *text, size_t size, const char *other)
{
    return strlen(other) == size && memcmp(text, other, size) == 0;
}

static bool parse_day(const char *text, size_t size, int32_t *out)
{
    if (same_text(text, size, "-infinity"))
        *out = DM_DAY_MIN;
    else if (same_text(text, size, "infinity"))
        *out = DM_DAY_MAX;
    else
        return date_parse(text, size, out);
    return true;
}

/* `A..B`, or one day alone. */
static bool parse_days(field f, int32_t *from, int32_t *to)
{
    const char *dots = memmem(f.bytes, f.size, "..", 2);
    if (dots == NULL) {
        bool ok = parse_day(f.bytes, f.size, from);
        *to = *from;
        return ok;
    }
    size_t first = (size_t)(dots - f.bytes);
    return parse_day(f.bytes, first, from)
           && parse_day(dots + 2, f.size - first - 2, to) && *from <= *to;
}

static dm_status read_interval(reader *r, const char *at, field f,
                               dm_cell *out)
{
    int32_t from = 0, to = 0;
    dm_term term = 0;
    if (!parse_days(f, &from, &to))
        return bad_field(r, at, f, DM_INTERVAL);
    dm_status st = reader_intern(r);
    if (st != DM_OK)
        return st;
    st = terms_interval(r->terms, from, to, &term);
    *out = term;
    return st == DM_OK ? DM_OK : bad_symbol(r, st);
}

dm_status reader_intern(reader *r)
{
    waiting *w = r->waiting;
    dm_term term[TABLE_SYMBOLS];
    if (w == NULL || w->n == 0)
        return DM_OK;
    dm_status st = terms_symbols(r->terms, w->text, w->n, term);
    if (st != DM_OK)
        return bad_symbol(r, st);
    for (size_t i = 0; i < w->n; i++)
        *w->cell[i] = term[i];
    w->n = 0;
    return DM_OK;
}

/* What lies in `scratch` can't wait. */
static dm_status read_symbol(reader *r, field f, dm_cell *out)
{
    waiting *w = r->waiting;
    bool passes = r->scratch.len > 0 && f.bytes == r->scratch.at;
    w->text[w->n] = (terms_piece){f.bytes, f.size};
    w->cell[w->n++] = out;
    return passes || w->n == TABLE_SYMBOLS ? reader_intern(r) : DM_OK;
}

static dm_status read_value(reader *r, const char *at, field f, dm_type type,
                            dm_cell *out)
{
    int64_t number = 0;
    double real = 0;
    int32_t day = 0;
    switch (type) {
    case DM_INT:
        if (!number_parse_int(f.bytes, f.size, &number))
            return bad_field(r, at, f, type);
        *out = cell_int(number);
        return DM_OK;
    case DM_FLOAT:
        if (!number_parse_float(f.bytes, f.size, &real))
            return bad_field(r, at, f, type);
        *out = cell_float(real);
        return DM_OK;
    case DM_DATE:
        if (!parse_day(f.bytes, f.size, &day))
            return bad_field(r, at, f, type);
        *out = cell_int(day);
        return DM_OK;
    case DM_INTERVAL:
        return read_interval(r, at, f, out);
    case DM_ANY:
    case DM_SYMBOL:
    case DM_TERM:
        break;
    }
    return read_symbol(r, f, out);
}

/* The short way for most fields there are: a number, then a separator or line
 * end.  False, and nothing done, for all else. */
static bool short_int(reader *r, dm_cell *out)
{
    const char *start = r->at;
    int64_t x = 0;
    if (r->at >= r->end || !digits_take(&r->at, &x))
        return false;
    if (r->at < r->end && *r->at != r->separator && !reader_at_line_end(r)) {
        r->at = start;
        return false;
    }
    *out = cell_int(x);
    return true;
}

dm_status reader_value(reader *r, uint32_t column, dm_cell *out)
{
    const char *at = r->at;
    field f;
    if (column != NO_COLUMN && r->options->types[column] == DM_INT
        && short_int(r, out))
        return DM_OK;
    dm_status st = reader_field(r, &f);
    if (st != DM_OK || column == NO_COLUMN)
        return st;
    return read_value(r, at, f, r->options->types[column], out);
}
