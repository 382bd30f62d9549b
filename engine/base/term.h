/* term.h - interned terms: symbols, numbers, dates, intervals, compounds.
 *
 * Equal terms have equal ids within a table.  A table may be an overlay over
 * a base: lookups try the base first, new terms get ids from DM_TERM_OVERLAY
 * up and die with the overlay.  The base must outlive the overlay; what the
 * base gains later under a term that the overlay already holds stays two ids,
 * so an overlay looks into itself first. */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include "dragoman.h"

#define DM_TERM_OVERLAY UINT32_C(0x80000000)

typedef enum term_kind {
    TERM_SYMBOL = 1,
    TERM_INT,
    TERM_FLOAT,
    TERM_DATE,
    TERM_INTERVAL, /* two days, inclusive */
    TERM_COMPOUND  /* functor (a symbol) and one or more arguments */
} term_kind;

typedef struct dm_terms dm_terms;

/* A new table, over `base` or, with NULL, a root; NULL: memory ran out. */
dm_terms *terms_new(const dm_terms *base);
/* The same with ids that follow those of the base, which gains no terms as
 * long as the table is there: dense ids are what sets by key need. */
dm_terms *terms_new_above(const dm_terms *base);
void terms_free(dm_terms *t);

/* Number of terms in this table, base not counted; ids of a root are
 * 1..terms_count. */
uint32_t terms_count(const dm_terms *t);
/* Bytes held by this table, base not counted. */
size_t terms_bytes(const dm_terms *t);

/* Interning.  Errors: DM_NOMEM; DM_BUDGET when ids run out; DM_INVALID for a
 * NaN, or a term nested over 10,000 deep. */
dm_status terms_symbol(dm_terms *t, const char *bytes, size_t size,
                       dm_term *out);
/* A text. */
typedef struct terms_piece {
    const char *bytes;
    size_t size;
} terms_piece;
/* As terms_symbol for `n` texts one after the other, but much faster in a
 * large table.  After an error some of them are interned. */
dm_status terms_symbols(dm_terms *t, const terms_piece *text, size_t n,
                        dm_term *out);
dm_status terms_int(dm_terms *t, int64_t value, dm_term *out);
dm_status terms_float(dm_terms *t, double value, dm_term *out);
dm_status terms_date(dm_terms *t, int32_t day, dm_term *out);
dm_status terms_interval(dm_terms *t, int32_t from, int32_t to, dm_term *out);
dm_status terms_compound(dm_terms *t, dm_term functor, const dm_term *args,
                         uint32_t arity, dm_term *out);
/* As the above without making anything; 0 when there is no such term. */
dm_term terms_find_symbol(const dm_terms *t, const char *bytes, size_t size);
dm_term terms_find_compound(const dm_terms *t, dm_term functor,
                            const dm_term *args, uint32_t arity);

/* Reading.  Pointers stay valid as long as the table. */
term_kind terms_kind(const dm_terms *t, dm_term id);
const char *terms_text(const dm_terms *t, dm_term id, size_t *size);
/* The texts of `n` terms given as cells, with fewer waits for memory than one
 * by one; no bytes where a term isn't a symbol. */
void terms_texts(const dm_terms *t, const dm_cell *cells, size_t n,
                 terms_piece *out);
int64_t terms_get_int(const dm_terms *t, dm_term id);
double terms_get_float(const dm_terms *t, dm_term id);
int32_t terms_get_date(const dm_terms *t, dm_term id);
void terms_get_interval(const dm_terms *t, dm_term id, int32_t *from,
                        int32_t *to);
dm_term terms_functor(const dm_terms *t, dm_term id);
uint32_t terms_arity(const dm_terms *t, dm_term id);
const dm_term *terms_args(const dm_terms *t, dm_term id);

/* Order by value, never by id: numbers (ints and floats together by size,
 * int before float when equal), dates, intervals, symbols (bytewise),
 * compounds (arity, functor, arguments).  <0, 0, >0. */
int terms_compare(const dm_terms *t, dm_term a, dm_term b);

/* The same term in another table (or its overlay), e.g. from a view's
 * overlay into the root when it is committed. */
dm_status terms_copy(const dm_terms *from, dm_term id, dm_terms *to,
                     dm_term *out);

/* Cells.  cell_to_term interns numbers and dates.  term_to_cell is false when
 * the term is not of that type (an int is accepted as a float). */
dm_status cell_to_term(dm_terms *t, dm_type type, dm_cell cell, dm_term *out);
bool term_to_cell(const dm_terms *t, dm_term term, dm_type type, dm_cell *out);
int cell_compare(const dm_terms *t, dm_type type, dm_cell a, dm_cell b);

static inline dm_cell cell_int(int64_t x) { return (dm_cell)x; }
static inline int64_t cell_get_int(dm_cell c) { return (int64_t)c; }
dm_cell cell_float(double x); /* -0.0 becomes 0.0; x is not NaN */
double cell_get_float(dm_cell c);

struct buf;
/* Append a term or cell as the language writes it: symbols bare where they
 * are identifiers, else quoted; 2021-04-13; f(a, 1, 2.5). */
bool term_print(const dm_terms *t, dm_term id, struct buf *out);
bool cell_print(const dm_terms *t, dm_type type, dm_cell cell,
                struct buf *out);

#endif
