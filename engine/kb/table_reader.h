/* table_reader.h - what the files that read tables share.
 *
 * table.c takes the file in pieces that begin with a row and end with a line;
 * table_rows.c turns a piece into rows; table_field.c reads one field. */
#ifndef KB_TABLE_READER_H
#define KB_TABLE_READER_H

#include "base/buf.h"
#include "base/mem.h"
#include "kb/table.h"

enum {
    TABLE_ROWS = 1024,    /* in a batch */
    TABLE_SYMBOLS = 1024, /* that wait to be interned together */
    TABLE_PADDING = 16    /* zero bytes behind the last piece */
};

#define NO_COLUMN UINT32_MAX

typedef struct field {
    const char *bytes;
    size_t size;
} field;

/* Texts whose terms are wanted, in the file's order. */
typedef struct waiting {
    terms_piece text[TABLE_SYMBOLS];
    dm_cell *cell[TABLE_SYMBOLS];
    size_t n;
} waiting;

typedef struct share share;

typedef struct reader {
    const char *path;
    const table_options *options;
    dm_terms *terms;
    dm_error *err;
    char separator;
    bool quoted;
    unsigned threads;    /* to read on, 1 or more */
    bool is_ints;        /* all columns are, position by position */
    uint32_t *pick;      /* NULL, or the position of each column */
    uint32_t *column_of; /* by position; NO_COLUMN: not wanted */
    uint32_t npositions;
    const char *at, *end; /* where we are in the piece */
    const char *line_start;
    size_t line;
    bool last; /* the file ends with the piece */
    bool cut;  /* a quoted field goes on behind the piece */
    buf scratch;
    dm_cell **cell; /* the batch: TABLE_ROWS cells of each column */
    dm_cell *cells; /* what they point into */
    waiting *waiting;      /* NULL: no column has terms */
    share *shares;         /* of the threads, when there are several */
    unsigned nshares;
    bool is_share;
} reader;

/* ---- table_field.c ------------------------------------------------------ */

/* The field that begins here; stops at a separator or line end. */
dm_status reader_field(reader *r, field *out);
/* The value of the field that begins here, into the cell; NO_COLUMN skips it.
 * A symbol's cell is written by reader_intern at the latest. */
dm_status reader_value(reader *r, uint32_t column, dm_cell *out);
/* Intern the symbols that wait. */
dm_status reader_intern(reader *r);
/* Is a line's end here: CR LF, LF, a last CR, or the end of the file? */
bool reader_at_line_end(const reader *r);
void reader_step_line(reader *r);
bool same_text(const char *text, size_t size, const char *other);

/* ---- table_rows.c ------------------------------------------------------- */

/* Room for a batch; needs column_of. */
dm_status reader_start(reader *r);
void reader_stop(reader *r);
/* Append the rows of the piece, all but one that is cut. */
dm_status reader_rows(reader *r, columns *out);

#endif
