/* table.c - reading tables of values from text files.
 *
 * Purpose: fact files of any size, with every bad field named by its place.
 * Representation: the file is read into memory as a whole, not mapped, since a
 * file that shrinks under a map kills the process.  A reader walks over it; a
 * field is a piece of the file, or of `scratch` when it has doubled quotes.
 * `column_of` says which column a position of the file goes to, if any.
 * Invariants: a zero byte stands behind the file; a line ends with LF, CRLF or
 * the end of the file; `line_start` is behind the last line end seen, so that
 * places are right inside quotes too.
 * A header is matched by name when names are given.
 * Cost: about 15 ns a number; the file and the rows are in memory together. */
#include "kb/table.h"

#include "base/buf.h"
#include "base/date.h"
#include "base/error.h"
#include "base/vec.h"
#include "kb/number.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 20, POLL_ROWS = 1024, SHOWN = 60 };
#define NO_COLUMN UINT32_MAX

typedef struct field {
    const char *bytes;
    size_t size;
} field;

typedef struct reader {
    const char *path;
    const table_options *options;
    dm_terms *terms;
    dm_error *err;
    char separator;
    bool quoted;
    uint32_t *pick;      /* NULL, or the position of each column */
    uint32_t *column_of; /* by position; NO_COLUMN: not wanted */
    uint32_t npositions;
    const char *at, *end; /* where we are in the file */
    const char *line_start;
    size_t line;
    buf scratch;
} reader;

/* ---- the file ----------------------------------------------------------- */

static dm_status read_all(int fd, const char *path, buf *out, dm_error *err)
{
    struct stat info;
    VEC(char) v = {0};
    size_t expected = READ_SIZE;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
        expected = (size_t)info.st_size + 1; /* one read more sees the end */
    for (;;) {
        size_t room = v.len < expected ? expected - v.len : READ_SIZE;
        if (!vec_reserve(&v, v.len + room)) {
            vec_free(&v);
            return error_nomem(err);
        }
        ssize_t n = read(fd, v.at + v.len, room);
        if (n > 0) {
            v.len += (size_t)n;
        } else if (n == 0) {
            v.at[v.len] = '\0'; /* there was room to read more */
            *out = (buf){.at = v.at, .len = v.len, .cap = v.cap};
            return DM_OK;
        } else if (errno != EINTR) {
            int errnum = errno;
            vec_free(&v);
            return error_errno(err, errnum, "read", path);
        }
    }
}

static dm_status read_file(const char *path, buf *out, dm_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, errno, "open", path);
    dm_status st = read_all(fd, path, out, err);
    close(fd);
    return st;
}

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

static dm_status bad_count(const reader *r, size_t line, uint32_t n)
{
    uint32_t wanted = r->npositions;
    return error_set(r->err, DM_INVALID,
                     "%s:%zu:1: the row has %u field%s, and %s%u%s wanted",
                     r->path, line, n, n == 1 ? "" : "s",
                     r->pick != NULL ? "at least " : "", wanted,
                     wanted == 1 ? " is" : " are");
}

static dm_status bad_symbol(const reader *r, dm_status st)
{
    return error_set(r->err, st,
                     "%s:%zu: can't keep the symbols of the table: %s",
                     r->path, r->line,
                     st == DM_NOMEM ? "memory ran out" : "too many");
}

/* ---- fields ------------------------------------------------------------- */

/* Is a line's end here: CR LF, LF, a last CR, or the end of the file? */
static bool at_line_end(const reader *r)
{
    const char *p = r->at;
    if (p == r->end || *p == '\n')
        return true;
    return *p == '\r' && (p + 1 == r->end || p[1] == '\n');
}

static void step_line(reader *r)
{
    assert(at_line_end(r));
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at < r->end)
        r->at++;
    r->line++;
    r->line_start = r->at;
}

/* Behind the opening quote: copy up to the closing one. */
static dm_status quoted_field(reader *r, field *out)
{
    buf_clear(&r->scratch);
    for (;;) {
        const char *p = r->at;
        while (p < r->end && *p != '"' && *p != '\n')
            p++;
        bool newline = p < r->end && *p == '\n';
        buf_put(&r->scratch, r->at, (size_t)(p + newline - r->at));
        if (p == r->end)
            return error_set(r->err, DM_INVALID,
                             "%s:%zu: a quote is not closed", r->path,
                             r->line);
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
    if (!at_line_end(r) && *r->at != r->separator)
        return error_set(r->err, DM_INVALID,
                         "%s:%zu:%zu: text behind a closing quote", r->path,
                         r->line, (size_t)(r->at - r->line_start) + 1);
    return DM_OK;
}

/* The field that begins here; stops at a separator or line end. */
static dm_status next_field(reader *r, field *out)
{
    const char *p = r->at, *end = r->end;
    char separator = r->separator;
    if (r->quoted && p < end && *p == '"') {
        r->at++;
        return quoted_field(r, out);
    }
    while (p < end && *p != separator && *p != '\n')
        p++;
    const char *stop = p;
    if (stop > r->at && stop[-1] == '\r' && (p == end || *p == '\n'))
        stop--;
    *out = (field){r->at, (size_t)(stop - r->at)};
    r->at = stop;
    return DM_OK;
}

/* ---- values ------------------------------------------------------------- */

static bool same_text(const char *text, size_t size, const char *other)
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
    dm_status st = terms_interval(r->terms, from, to, &term);
    *out = term;
    return st == DM_OK ? DM_OK : bad_symbol(r, st);
}

static dm_status read_symbol(const reader *r, field f, dm_cell *out)
{
    dm_term term = 0;
    dm_status st = terms_symbol(r->terms, f.bytes, f.size, &term);
    *out = term;
    return st == DM_OK ? DM_OK : bad_symbol(r, st);
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

/* ---- rows --------------------------------------------------------------- */

/* The short way for most fields there are: up to 18 digits, then a separator or
 * line end.  False, and nothing done, for all else. */
static bool short_int(reader *r, dm_cell *out)
{
    const char *start = r->at, *p = start + (*start == '-'), *digits = p;
    uint64_t x = 0;
    for (; *p >= '0' && *p <= '9'; p++) /* the zero byte stops it */
        x = 10 * x + (uint64_t)(*p - '0');
    if (p == digits || p - digits > 18)
        return false;
    r->at = p;
    if (p < r->end && *p != r->separator && !at_line_end(r)) {
        r->at = start;
        return false;
    }
    *out = cell_int(*start == '-' ? -(int64_t)x : (int64_t)x);
    return true;
}

static dm_status read_field(reader *r, uint32_t column, dm_cell *row)
{
    const char *at = r->at;
    field f;
    if (column != NO_COLUMN && r->options->types[column] == DM_INT
        && short_int(r, &row[column]))
        return DM_OK;
    dm_status st = next_field(r, &f);
    if (st != DM_OK || column == NO_COLUMN)
        return st;
    return read_value(r, at, f, r->options->types[column], &row[column]);
}

static dm_status read_row(reader *r, dm_cell *row)
{
    size_t line = r->line;
    uint32_t n = 0;
    for (;; r->at++) {
        uint32_t column = n < r->npositions ? r->column_of[n] : NO_COLUMN;
        dm_status st = read_field(r, column, row);
        if (st != DM_OK)
            return st;
        n++;
        if (at_line_end(r))
            break;
    }
    if (n < r->npositions || (n > r->npositions && r->pick == NULL))
        return bad_count(r, line, n);
    return DM_OK;
}

/* Several columns may be picked from one position: copy to the later ones. */
static void copy_picked(const reader *r, dm_cell *row)
{
    for (uint32_t i = 0; r->pick != NULL && i < r->options->ncolumns; i++)
        row[i] = row[r->column_of[r->pick[i]]];
}

/* Without columns a row is `()`, as Souffle has it. */
static dm_status read_unit(reader *r)
{
    field f;
    dm_status st = next_field(r, &f);
    if (st == DM_OK && (!same_text(f.bytes, f.size, "()") || !at_line_end(r)))
        st = error_set(r->err, DM_INVALID, "%s:%zu:1: a relation without "
                       "columns has rows `()` only", r->path, r->line);
    return st;
}

static dm_status poll(const reader *r, size_t nrows)
{
    const dm_cancel *cancel = r->options->cancel;
    if (nrows % POLL_ROWS == 0 && cancel != NULL
        && atomic_load_explicit(&cancel->asked, memory_order_relaxed))
        return error_set(r->err, DM_CANCELLED, "reading %s was stopped",
                         r->path);
    return DM_OK;
}

static dm_status read_rows(reader *r, table *out)
{
    uint32_t n = r->options->ncolumns;
    VEC(dm_cell) cells = {0};
    size_t nrows = 0;
    dm_status st = DM_OK;
    for (; st == DM_OK && r->at < r->end; step_line(r)) {
        TRY(poll(r, nrows), end);
        if (!vec_reserve(&cells, cells.len + n)) {
            st = error_nomem(r->err);
            goto end;
        }
        TRY(n == 0 ? read_unit(r) : read_row(r, cells.at + cells.len), end);
        if (n > 0)
            copy_picked(r, cells.at + cells.len);
        cells.len += n;
        nrows++;
    }
    *out = (table){.ncolumns = n, .nrows = nrows, .rows = cells.at};
    return DM_OK;
end:
    vec_free(&cells);
    return st;
}

/* ---- the header --------------------------------------------------------- */

static void find_name(const table_options *o, field f, uint32_t *pick,
                      uint32_t position)
{
    for (uint32_t i = 0; i < o->ncolumns; i++)
        if (same_text(f.bytes, f.size, o->names[i]) && pick[i] == NO_COLUMN)
            pick[i] = position;
}

/* Find the columns by their names in the first line. */
static dm_status read_header(reader *r, uint32_t *pick)
{
    const table_options *o = r->options;
    for (uint32_t i = 0; i < o->ncolumns; i++)
        pick[i] = NO_COLUMN;
    for (uint32_t n = 0; r->at < r->end; n++, r->at++) {
        field f;
        dm_status st = next_field(r, &f);
        if (st != DM_OK)
            return st;
        find_name(o, f, pick, n);
        if (at_line_end(r))
            break;
    }
    for (uint32_t i = 0; i < o->ncolumns; i++)
        if (pick[i] == NO_COLUMN)
            return error_set(r->err, DM_INVALID,
                             "%s:1:1: no column is headed \"%s\"", r->path,
                             o->names[i]);
    return DM_OK;
}

static dm_status skip_header(reader *r)
{
    for (; r->at < r->end; r->at++) {
        field f;
        dm_status st = next_field(r, &f);
        if (st != DM_OK || at_line_end(r))
            return st;
    }
    return DM_OK;
}

static dm_status header(reader *r)
{
    const table_options *o = r->options;
    dm_status st = DM_OK;
    if (!o->header)
        return DM_OK;
    st = o->names != NULL && o->pick == NULL ? read_header(r, r->pick)
                                             : skip_header(r);
    if (st == DM_OK && r->at < r->end)
        step_line(r);
    return st;
}

/* ---- positions ---------------------------------------------------------- */

static dm_status make_pick(reader *r)
{
    const table_options *o = r->options;
    if (o->pick == NULL && !(o->header && o->names != NULL))
        return DM_OK;
    r->pick = mem_alloc((o->ncolumns + (size_t)1) * sizeof *r->pick);
    if (r->pick == NULL)
        return error_nomem(r->err);
    if (o->pick != NULL && o->ncolumns > 0)
        memcpy(r->pick, o->pick, o->ncolumns * sizeof *r->pick);
    return DM_OK;
}

/* From `pick`, known once the header is read, to `column_of`. */
static dm_status make_positions(reader *r)
{
    uint32_t n = r->options->ncolumns;
    r->npositions = r->pick == NULL ? n : 0;
    for (uint32_t i = 0; r->pick != NULL && i < n; i++) {
        if (r->pick[i] >= 1000000)
            return error_set(r->err, DM_INVALID, "%s: there is no column %u",
                             r->path, r->pick[i]);
        if (r->pick[i] >= r->npositions)
            r->npositions = r->pick[i] + 1;
    }
    r->column_of =
        mem_alloc((r->npositions + (size_t)1) * sizeof *r->column_of);
    if (r->column_of == NULL)
        return error_nomem(r->err);
    for (uint32_t i = 0; i < r->npositions; i++)
        r->column_of[i] = r->pick == NULL ? i : NO_COLUMN;
    for (uint32_t i = n; r->pick != NULL && i-- > 0;)
        r->column_of[r->pick[i]] = i; /* the first column that wants it */
    return DM_OK;
}

/* Columns that share a position share its value, hence its type. */
static dm_status check_types(const reader *r)
{
    const table_options *o = r->options;
    for (uint32_t i = 0; i < o->ncolumns; i++) {
        if (o->types[i] == DM_ANY)
            return error_set(r->err, DM_INVALID,
                             "%s: the type of column %u is not known",
                             r->path, i + 1);
        uint32_t first = r->column_of[r->pick != NULL ? r->pick[i] : i];
        if (o->types[first] != o->types[i])
            return error_set(r->err, DM_INVALID,
                             "%s: columns %u and %u are one column of the "
                             "file, and of different types", r->path,
                             first + 1, i + 1);
    }
    return DM_OK;
}

/* ---- the whole ---------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The separator, and whether fields may be quoted, by the file's name. */
static void set_format(reader *r)
{
    bool csv = ends_with(r->path, ".csv");
    r->separator = r->options->separator;
    r->quoted = r->options->quoted;
    if (r->separator == '\0') {
        r->separator = csv ? ',' : '\t';
        r->quoted = r->quoted || csv;
    }
}

static void skip_mark(reader *r)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* UTF-8's, by some editors */
    if (r->end - r->at >= 3 && memcmp(r->at, mark, 3) == 0)
        r->line_start = r->at += 3;
}

dm_status table_read(const char *path, const table_options *options,
                     dm_terms *terms, table *out, dm_error *err)
{
    buf text = {0};
    reader r = {.path = path, .options = options, .terms = terms, .err = err,
                .line = 1};
    dm_status st = DM_OK;
    assert(options->ncolumns == 0 || options->types != NULL);
    set_format(&r);
    TRY(read_file(path, &text, err), end);
    r.at = r.line_start = text.at;
    r.end = text.at + text.len;
    skip_mark(&r);
    TRY(make_pick(&r), end);
    TRY(header(&r), end);
    TRY(make_positions(&r), end);
    TRY(check_types(&r), end);
    TRY(read_rows(&r, out), end);
end:
    buf_free(&r.scratch);
    buf_free(&text);
    mem_free(r.pick);
    mem_free(r.column_of);
    return st;
}

void table_free(table *t)
{
    mem_free(t->rows);
    *t = (table){0};
}
