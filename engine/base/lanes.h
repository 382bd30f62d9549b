/* lanes.h - cells as unsigned integers of the same order, and rows sorted by
 * them.
 *
 * The order is that of values: of numbers, floats and days; of ids, where the
 * cell is a term. */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include "base/budget.h"
#include "base/columns.h"

enum { LANES_ARITY_MAX = 64 };

uint64_t lane_of(dm_type type, dm_cell cell);
dm_cell lane_cell(dm_type type, uint64_t lane);
/* Is it a type a column of rows may have? */
bool lane_type(dm_type type);

/* ---- rows sorted by their lanes, without duplicates ----------------- */

/* `rows`, `types` are borrowed; they must outlive the set. */
typedef struct lane_set {
    const columns *rows;
    const dm_type *types;
    uint32_t arity;
    size_t nrows;    /* without duplicates */
    uint64_t low[LANES_ARITY_MAX];   /* least lane of a column */
    uint8_t bits[LANES_ARITY_MAX];   /* of the greatest lane - low */
    uint8_t shift[LANES_ARITY_MAX];  /* where it lies in its word */
    uint8_t word[LANES_ARITY_MAX];
    uint32_t nwords;
    uint64_t *keys;  /* one word a row, sorted; or NULL, then: */
    uint32_t *order; /* numbers of `rows`, sorted; or NULL */
} lane_set;

/* Sort and dedupe.  Arity 0..64; with arity 0 one row is left, if any.
 * Errors: DM_NOMEM, DM_CANCELLED, DM_INVALID (arity, type, too many rows).
 * `out` wants lanes_free only on DM_OK. */
dm_status lanes_sort(const columns *rows, const dm_type *types,
                     const dm_cancel *cancel, lane_set *out, dm_error *err);
/* Lanes `from` .. `from + n` of a column. */
void lanes_column(const lane_set *set, size_t from, size_t n, uint32_t column,
                  uint64_t *out);
void lanes_free(lane_set *set);

#endif
