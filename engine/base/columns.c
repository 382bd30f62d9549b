/* columns.c - growing, widening and copying columns.
 *
 * All columns have the same capacity, so that a row is one number.  Cost: a
 * realloc of every column when the capacity grows by half; large ones are
 * moved by the kernel's page tables, not copied. */
#include "base/columns.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

static size_t width(const column *c)
{
    return c->is_wide ? sizeof *c->wide : sizeof *c->narrow;
}

void columns_init(columns *c, uint32_t arity)
{
    *c = (columns){.arity = arity};
}

void columns_free(columns *c)
{
    for (uint32_t i = 0; c->col && i < c->arity; i++)
        mem_free(c->col[i].at);
    mem_free(c->col);
    columns_init(c, c->arity);
}

static dm_status resize(columns *c, size_t cap)
{
    if (!c->col && !(c->col = mem_calloc(c->arity + 1, sizeof *c->col)))
        return DM_NOMEM;
    for (uint32_t i = 0; i < c->arity; i++) {
        size_t lane = width(&c->col[i]);
        void *at = mem_realloc(c->col[i].at, cap * lane);
        if (!at)
            return DM_NOMEM; /* columns grown already keep their room */
        c->col[i].at = at;
    }
    for (uint32_t i = 0; i < c->arity; i++) {
        c->bytes += cap * width(&c->col[i]);
        c->bytes -= c->cap * width(&c->col[i]);
    }
    c->cap = cap;
    return DM_OK;
}

dm_status columns_room(columns *c, size_t more)
{
    size_t need = c->nrows + more, cap = c->cap + c->cap / 2 + 16;
    if (need <= c->cap && c->col)
        return DM_OK;
    return need < c->nrows ? DM_NOMEM : resize(c, need > cap ? need : cap);
}

dm_status columns_widen(columns *c, uint32_t i)
{
    assert(i < c->arity);
    if (columns_room(c, 0) != DM_OK)
        return DM_NOMEM;
    column *col = &c->col[i];
    if (col->is_wide)
        return DM_OK;
    uint64_t *wide = mem_alloc(c->cap * sizeof *wide);
    if (!wide)
        return DM_NOMEM;
    for (size_t row = 0; row < c->nrows; row++)
        wide[row] = col->narrow[row];
    mem_free(col->at);
    col->wide = wide;
    col->is_wide = true;
    c->bytes += c->cap * (sizeof *wide - sizeof(uint32_t));
    return DM_OK;
}

void columns_truncate(columns *c, size_t nrows)
{
    assert(nrows <= c->nrows);
    c->nrows = nrows;
}

void columns_trim(columns *c)
{
    if (c->cap > c->nrows + c->nrows / 16 + 1024)
        (void)resize(c, c->nrows ? c->nrows : 1);
}

/* ---- appending ---------------------------------------------------------- */

/* Write `n` cells, `stride` apart, behind the rows; widens when one needs it. */
static dm_status put_cells(columns *c, uint32_t i, const dm_cell *cells,
                           size_t stride, size_t n)
{
    column *col = &c->col[i];
    dm_cell all = 0;
    if (!col->is_wide) {
        uint32_t *to = col->narrow + c->nrows;
        for (size_t k = 0; k < n; k++) {
            all |= cells[k * stride];
            to[k] = (uint32_t)cells[k * stride];
        }
        if (all <= UINT32_MAX)
            return DM_OK;
        dm_status st = columns_widen(c, i);
        if (st != DM_OK)
            return st;
    }
    uint64_t *to = col->wide + c->nrows;
    for (size_t k = 0; k < n; k++)
        to[k] = cells[k * stride];
    return DM_OK;
}

dm_status columns_append(columns *c, const dm_cell *const *cells, size_t n)
{
    dm_status st = columns_room(c, n);
    for (uint32_t i = 0; i < c->arity && st == DM_OK; i++)
        st = put_cells(c, i, cells[i], 1, n);
    c->nrows += st == DM_OK ? n : 0;
    return st;
}

dm_status columns_append_rows(columns *c, const dm_cell *rows, size_t n)
{
    dm_status st = columns_room(c, n);
    for (uint32_t i = 0; i < c->arity && st == DM_OK; i++)
        st = put_cells(c, i, rows + i, c->arity, n);
    c->nrows += st == DM_OK ? n : 0;
    return st;
}

static dm_status copy_column(columns *c, uint32_t i, const column *from,
                             size_t first, size_t n)
{
    column *to = &c->col[i];
    dm_status st = from->is_wide ? columns_widen(c, i) : DM_OK;
    if (st != DM_OK || n == 0)
        return st;
    if (to->is_wide == from->is_wide)
        memcpy((char *)to->at + c->nrows * width(to),
               (const char *)from->at + first * width(from), n * width(to));
    else
        for (size_t k = 0; k < n; k++)
            to->wide[c->nrows + k] = from->narrow[first + k];
    return DM_OK;
}

dm_status columns_copy(columns *c, const columns *other, size_t from,
                       size_t n)
{
    assert(c->arity == other->arity && from + n <= other->nrows);
    dm_status st = columns_room(c, n);
    for (uint32_t i = 0; i < c->arity && st == DM_OK && n; i++)
        st = copy_column(c, i, &other->col[i], from, n);
    c->nrows += st == DM_OK ? n : 0;
    return st;
}

/* ---- reading ------------------------------------------------------------ */

void columns_row(const columns *c, size_t row, dm_cell *out)
{
    for (uint32_t i = 0; i < c->arity; i++)
        out[i] = column_get(&c->col[i], row);
}

void columns_rows(const columns *c, size_t from, size_t n, dm_cell *out)
{
    for (uint32_t i = 0; i < c->arity; i++)
        for (size_t k = 0; k < n; k++)
            out[k * c->arity + i] = column_get(&c->col[i], from + k);
}

void column_gather(const column *c, const uint32_t *row, size_t n,
                   dm_cell *out)
{
    if (c->is_wide)
        for (size_t k = 0; k < n; k++)
            out[k] = c->wide[row[k]];
    else
        for (size_t k = 0; k < n; k++)
            out[k] = c->narrow[row[k]];
}

void column_read(const column *c, size_t from, size_t n, dm_cell *out)
{
    if (c->is_wide)
        memcpy(out, c->wide + from, n * sizeof *out);
    else
        for (size_t k = 0; k < n; k++)
            out[k] = c->narrow[from + k];
}
