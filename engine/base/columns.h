/* columns.h - rows of cells kept column by column, in lanes as narrow as the
 * values allow.
 *
 * A column's lane is 4 bytes wide while all its cells are below 2^32 (ids of
 * terms, and the ints of most data), else 8: it is widened when a greater cell
 * comes.  A row's number never changes.  Zero-initialised is not ready:
 * columns_init. */
#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

#include "dragoman.h"

#include <stdbool.h>

typedef struct column {
    union {
        void *at;
        uint32_t *narrow;
        uint64_t *wide;
    };
    bool is_wide;
} column;

typedef struct columns {
    uint32_t arity;
    size_t nrows, cap;
    column *col;  /* arity of them; NULL until there is a row */
    size_t bytes; /* memory held */
} columns;

void columns_init(columns *c, uint32_t arity);
void columns_free(columns *c);

static inline dm_cell column_get(const column *c, size_t row)
{
    return c->is_wide ? c->wide[row] : c->narrow[row];
}

/* Write a cell that fits the lane. */
static inline void column_set(column *c, size_t row, dm_cell cell)
{
    if (c->is_wide)
        c->wide[row] = cell;
    else
        c->narrow[row] = (uint32_t)cell;
}

/* Room for `more` rows; grows by half at least.  Errors: DM_NOMEM. */
dm_status columns_room(columns *c, size_t more);
/* Give column `i` lanes of 8 bytes. */
dm_status columns_widen(columns *c, uint32_t i);
/* Append `n` rows given as one array of cells per column. */
dm_status columns_append(columns *c, const dm_cell *const *cells, size_t n);
/* Append `n` rows given row-major. */
dm_status columns_append_rows(columns *c, const dm_cell *rows, size_t n);
/* Append rows [from, from + n) of another set of as many columns. */
dm_status columns_copy(columns *c, const columns *other, size_t from,
                       size_t n);
/* Forget all rows from `nrows` on. */
void columns_truncate(columns *c, size_t nrows);
/* Give back what room is left over, where that is worth it. */
void columns_trim(columns *c);

/* The cells of one row: arity of them. */
void columns_row(const columns *c, size_t row, dm_cell *out);
/* Rows [from, from + n), row-major. */
void columns_rows(const columns *c, size_t from, size_t n, dm_cell *out);
/* The cells of one column in `n` rows, by number. */
void column_gather(const column *c, const uint32_t *row, size_t n,
                   dm_cell *out);
/* The cells of rows [from, from + n) of one column. */
void column_read(const column *c, size_t from, size_t n, dm_cell *out);

#endif
