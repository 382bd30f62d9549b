/* table_rows.c - a piece of a table to rows.
 *
 * Purpose: numbers at the speed at which memory takes them.
 * Representation: rows are read in batches, column by column, small enough for
 * the first cache, and appended to the columns as a whole, which narrows and
 * widens them.  Rows of nothing but short ints, as most tables have, are read
 * by one loop; whatever it doesn't understand, it leaves to the slow way, row
 * by row.  On several threads each takes a stretch of lines; if anything is
 * wrong in one, the piece is read again by one thread, which then says what
 * was wrong and where.
 * Invariants: the fast loop never passes the piece's end, since a line feed or
 * zero bytes stand there.
 * Cost: an int some 3 ns. */
#include "kb/table_reader.h"

#include "base/error.h"
#include "base/parallel.h"
#include "kb/digits.h"

#include <assert.h>
#include <string.h>

enum { LEAST_SHARE = 1 << 16 /* bytes worth a thread */ };

/* ---- mistakes ----------------------------------------------------------- */

static dm_status bad_count(const reader *r, size_t line, uint32_t n)
{
    uint32_t wanted = r->npositions;
    return error_set(r->err, DM_INVALID,
                     "%s:%zu:1: the row has %u field%s, and %s%u%s wanted",
                     r->path, line, n, n == 1 ? "" : "s",
                     r->pick != NULL ? "at least " : "", wanted,
                     wanted == 1 ? " is" : " are");
}

/* ---- the slow way ------------------------------------------------------- */

static dm_status read_row(reader *r, size_t i)
{
    size_t line = r->line;
    uint32_t n = 0;
    for (;; r->at++) {
        uint32_t column = n < r->npositions ? r->column_of[n] : NO_COLUMN;
        dm_cell *out = column == NO_COLUMN ? NULL : &r->cell[column][i];
        dm_status st = reader_value(r, column, out);
        if (st != DM_OK)
            return st;
        n++;
        if (reader_at_line_end(r))
            break;
    }
    if (n < r->npositions || (n > r->npositions && r->pick == NULL))
        return bad_count(r, line, n);
    return DM_OK;
}

/* Without columns a row is `()`, as Souffle has it. */
static dm_status read_unit(reader *r)
{
    field f;
    dm_status st = reader_field(r, &f);
    if (st == DM_OK
        && (!same_text(f.bytes, f.size, "()") || !reader_at_line_end(r)))
        st = error_set(r->err, DM_INVALID, "%s:%zu:1: a relation without "
                       "columns has rows `()` only", r->path, r->line);
    return st;
}

/* One row, as number `i` of the batch.  A row that is cut isn't begun. */
static dm_status slow_row(reader *r, size_t i)
{
    const char *start = r->at;
    size_t line = r->line;
    dm_status st = r->options->ncolumns == 0 ? read_unit(r) : read_row(r, i);
    if (r->cut) {
        r->at = r->line_start = start;
        r->line = line;
        return DM_OK;
    }
    if (st == DM_OK)
        reader_step_line(r);
    return st;
}

/* ---- the fast way ------------------------------------------------------- */

/* A row of short ints, as number `i`; false, and nothing done, for others. */
static inline bool short_row(const reader *r, const char **at, uint32_t n,
                             size_t i)
{
    const char *p = *at;
    for (uint32_t c = 0;; c++) {
        int64_t x;
        if (!digits_take(&p, &x))
            return false;
        r->cell[c][i] = cell_int(x);
        if (c + 1 == n)
            break;
        if (*p++ != r->separator)
            return false;
    }
    p += *p == '\r';
    if (*p++ != '\n')
        return false;
    *at = p;
    return true;
}

/* As many rows as it can; how many the batch then has. */
static size_t short_rows(reader *r, size_t i)
{
    const char *at = r->at;
    size_t first = i;
    uint32_t n = r->options->ncolumns;
    while (i < TABLE_ROWS && at < r->end && short_row(r, &at, n, i))
        i++;
    r->at = r->line_start = at;
    r->line += i - first;
    return i;
}

/* ---- batches ------------------------------------------------------------ */

static dm_status read_batch(reader *r, size_t *n)
{
    dm_status st = DM_OK;
    size_t i = 0;
    while (i < TABLE_ROWS && r->at < r->end && !r->cut && st == DM_OK) {
        if (r->is_ints)
            i = short_rows(r, i);
        if (i == TABLE_ROWS || r->at == r->end)
            break;
        st = slow_row(r, i);
        i += !r->cut;
    }
    *n = i;
    return st;
}

/* Several columns may be picked from one position: copy to the later ones. */
static void copy_picked(const reader *r, size_t n)
{
    for (uint32_t i = 0; r->pick != NULL && i < r->options->ncolumns; i++) {
        uint32_t first = r->column_of[r->pick[i]];
        if (first != i)
            memcpy(r->cell[i], r->cell[first], n * sizeof **r->cell);
    }
}

static dm_status poll(const reader *r)
{
    const dm_cancel *cancel = r->options->cancel;
    if (cancel != NULL
        && atomic_load_explicit(&cancel->asked, memory_order_relaxed))
        return error_set(r->err, DM_CANCELLED, "reading %s was stopped",
                         r->path);
    return DM_OK;
}

static dm_status read_rows(reader *r, columns *out)
{
    dm_status st = DM_OK;
    r->cut = false;
    while (r->at < r->end && !r->cut && st == DM_OK) {
        size_t n = 0;
        st = poll(r);
        if (st == DM_OK)
            st = read_batch(r, &n);
        if (st == DM_OK)
            st = reader_intern(r);
        if (st != DM_OK)
            return st;
        copy_picked(r, n);
        if (columns_append(out, (const dm_cell *const *)r->cell, n) != DM_OK)
            st = error_nomem(r->err);
    }
    return st;
}

/* ---- several threads ---------------------------------------------------- */

struct share {
    reader r;
    columns rows;
};

static dm_status make_shares(reader *r)
{
    unsigned n = r->threads;
    r->shares = mem_calloc(n, sizeof *r->shares);
    if (r->shares == NULL)
        return error_nomem(r->err);
    for (unsigned i = 0; i < n; i++) {
        share *s = &r->shares[i];
        s->r = *r;
        s->r.err = NULL; /* what is wrong is said by the second reading */
        s->r.is_share = true;
        s->r.shares = NULL;
        s->r.nshares = 0;
        s->r.cell = NULL;
        s->r.cells = NULL;
        s->r.scratch = (buf){0};
        columns_init(&s->rows, r->options->ncolumns);
        r->nshares = i + 1;
        dm_status st = reader_start(&s->r);
        if (st != DM_OK)
            return error_nomem(r->err);
    }
    return DM_OK;
}

static dm_status read_share(void *context, size_t task, unsigned worker)
{
    share *s = (share *)context + task;
    (void)worker;
    return read_rows(&s->r, &s->rows);
}

/* Give each thread its stretch of lines, as even as lines allow. */
static void share_out(reader *r)
{
    const char *at = r->at;
    for (unsigned i = 0; i < r->nshares; i++) {
        reader *s = &r->shares[i].r;
        size_t left = (size_t)(r->end - at);
        const char *end = at + left / (r->nshares - i);
        const char *feed = i + 1 < r->nshares && left > 0
                               ? memchr(end, '\n', (size_t)(r->end - end))
                               : NULL;
        s->at = s->line_start = at;
        s->end = at = feed != NULL ? feed + 1 : r->end;
        columns_truncate(&r->shares[i].rows, 0);
    }
}

/* Append the rows of a piece in which every line is a row, and right; false,
 * and nothing done, when one is not. */
static bool read_shared(reader *r, columns *out, dm_status *st)
{
    size_t nrows = out->nrows;
    share_out(r);
    *st = parallel_run_once(r->nshares, r->nshares, read_share, r->shares);
    for (unsigned i = 0; *st == DM_OK && i < r->nshares; i++) {
        const columns *rows = &r->shares[i].rows;
        *st = columns_copy(out, rows, 0, rows->nrows);
    }
    if (*st != DM_OK) {
        columns_truncate(out, nrows);
        return false;
    }
    r->at = r->line_start = r->end;
    r->line += out->nrows - nrows;
    return true;
}

dm_status reader_rows(reader *r, columns *out)
{
    dm_status st;
    size_t size = (size_t)(r->end - r->at);
    size_t least = r->options->piece > 0 ? 1 : LEAST_SHARE;
    if (r->nshares > 1 && size / r->nshares >= least
        && read_shared(r, out, &st))
        return DM_OK;
    return read_rows(r, out);
}

/* ---- the whole ---------------------------------------------------------- */

static bool makes_terms(dm_type type)
{
    return type != DM_INT && type != DM_FLOAT && type != DM_DATE;
}

/* Is each position an int's column, and the batch loop sure to see its end? */
static bool all_ints(const reader *r)
{
    uint32_t n = r->options->ncolumns;
    bool ints = n > 0 && n == r->npositions && r->separator != '-'
                && !(r->separator >= '0' && r->separator <= '9');
    for (uint32_t i = 0; ints && i < n; i++)
        ints = r->options->types[i] == DM_INT && r->column_of[i] == i;
    return ints;
}

dm_status reader_start(reader *r)
{
    uint32_t n = r->options->ncolumns;
    bool terms = false;
    for (uint32_t i = 0; i < n; i++)
        terms = terms || makes_terms(r->options->types[i]);
    r->is_ints = all_ints(r);
    r->cells = mem_alloc(((size_t)n + 1) * TABLE_ROWS * sizeof *r->cells);
    r->cell = mem_alloc(((size_t)n + 1) * sizeof *r->cell);
    if (terms)
        r->waiting = mem_calloc(1, sizeof *r->waiting);
    if (r->cells == NULL || r->cell == NULL || (terms && r->waiting == NULL))
        return error_nomem(r->err);
    for (uint32_t i = 0; i < n; i++)
        r->cell[i] = r->cells + (size_t)i * TABLE_ROWS;
    /* Terms get their ids in the file's order; quotes may hold line ends. */
    if (r->threads > 1 && n > 0 && !terms && !r->quoted && !r->is_share)
        return make_shares(r);
    return DM_OK;
}

void reader_stop(reader *r)
{
    for (unsigned i = 0; i < r->nshares; i++) {
        columns_free(&r->shares[i].rows);
        buf_free(&r->shares[i].r.scratch);
        reader_stop(&r->shares[i].r);
    }
    mem_free(r->shares);
    mem_free(r->cells);
    mem_free(r->cell);
    mem_free(r->waiting);
}
