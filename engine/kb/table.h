/* table.h - tables of values in text files: tab-separated, comma-separated.
 *
 * Tab-separated as Souffle's fact files: one row a line, no quoting, no
 * header.  Comma-separated as RFC 4180: quotes, doubled quotes inside,
 * newlines in quotes.  Numbers are checked against their column's type; a bad
 * field is an error with file, line and column. */
#ifndef KB_TABLE_H
#define KB_TABLE_H

#include "base/budget.h"
#include "base/columns.h"
#include "base/term.h"

typedef struct table_options {
    char separator;      /* '\t' or ',' (any one byte); 0: by the file's name */
    bool quoted;         /* RFC 4180 quoting */
    bool header;         /* the first line names the columns */
    uint32_t ncolumns;
    const dm_type *types;
    const uint32_t *pick; /* NULL, or ncolumns positions in the file (0-based) */
    const dm_cancel *cancel;
    const char *const *names; /* NULL, or the columns' names: with `header`,
                                 columns are found by them; on writing they
                                 are the first line */
    unsigned threads;    /* to read numbers on; 0: all; shows in nothing */
    size_t piece;        /* bytes read at a time; 0: some megabytes */
} table_options;

/* Read a whole file; symbols are interned in `terms`, in the file's order.
 * `out` needs no columns_init, and columns_free only after DM_OK.  Errors:
 * DM_IO, DM_NOT_FOUND, DM_INVALID (the first bad field:
 * "FILE:LINE:COLUMN: …"), DM_NOMEM, DM_CANCELLED. */
dm_status table_read(const char *path, const table_options *options,
                     dm_terms *terms, columns *out, dm_error *err);

/* Write rows as text, given in batches, each as one array of cells per column,
 * to a temporary file that is renamed at the end. */
typedef struct table_writer table_writer;
dm_status table_create(const char *path, const table_options *options,
                       table_writer **out, dm_error *err);
dm_status table_write(table_writer *w, const dm_terms *terms,
                      const dm_cell *const *cells, size_t nrows,
                      dm_error *err);
/* Finish and free, also on failure. */
dm_status table_finish(table_writer *w, dm_error *err);
void table_abandon(table_writer *w);

#endif
