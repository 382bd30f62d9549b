/* rows.h - bulk rows in memory: lanes, sorting, packed blocks.
 *
 * Internal to engine/store, and free of LMDB: sort.c and blocks.c depend on
 * engine/base only.  What joins them to the file is rows.c. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "base/budget.h"
#include "base/buf.h"
#include "base/columns.h"
#include "base/error.h"
#include "base/vec.h"

enum {
    ROWS_ARITY_MAX = 64,
    BLOCK_KEY_LANES = 50, /* 400 bytes; longer tuples: a block number */
    BLOCK_BYTES = 32744,  /* eight pages with LMDB's header and the checksum */
    BLOCK_ROWS = 8192
};

/* ---- lanes: cells as unsigned integers whose order is the order of values
 * (of ids, where the cell is a term) ------------------------------------- */

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
    uint64_t low[ROWS_ARITY_MAX];   /* least lane of a column */
    uint8_t bits[ROWS_ARITY_MAX];   /* of the greatest lane - low */
    uint8_t shift[ROWS_ARITY_MAX];  /* where it lies in its word */
    uint8_t word[ROWS_ARITY_MAX];
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

/* ---- packed blocks -------------------------------------------------- */

/* One block within row_blocks. */
typedef struct row_block {
    size_t at, size;  /* of `bytes` */
    size_t lanes;     /* where its first tuple starts in `first` */
} row_block;

/* The rows of one import, sorted and packed: what is written to the file, and
 * written again when the transaction is replayed. */
typedef struct row_blocks {
    uint32_t arity;
    uint32_t schema;
    uint64_t rows;
    buf bytes;
    VEC(row_block) at;
    VEC(uint64_t) first; /* lanes of the blocks' first tuples */
} row_blocks;

/* Errors: DM_NOMEM, DM_CANCELLED.  `out` is zero-initialised by the caller
 * and wants row_blocks_free in any case. */
dm_status blocks_pack(const lane_set *set, uint32_t schema,
                      const dm_cancel *cancel, row_blocks *out,
                      dm_error *err);
void row_blocks_free(row_blocks *b);

/* A packed block, taken apart; points into the bytes. */
typedef struct block {
    uint32_t arity;
    uint32_t rows;
    uint32_t schema;
    const uint8_t *low;     /* arity times 8 bytes */
    const uint8_t *widths;  /* arity bytes, 0..8 */
    const uint8_t *data;    /* column after column */
} block;

/* Take a block apart.  `size` bytes hold the block; at least 8 readable bytes
 * must follow them (the record's checksum).  False: malformed. */
bool block_decode(const uint8_t *bytes, size_t size, block *out);
/* Rows from .. from + n as cells, row-major. */
void block_cells(const block *b, const dm_type *types, uint32_t from,
                 uint32_t n, dm_cell *out);
/* One column's cells of rows from .. from + n. */
void block_column(const block *b, dm_type type, uint32_t column,
                  uint32_t from, uint32_t n, dm_cell *out);
/* One value as a lane. */
uint64_t block_lane(const block *b, uint32_t row, uint32_t column);
/* <0, 0, >0: a row against a tuple of lanes; its first `n` against these. */
int block_compare(const block *b, uint32_t row, const uint64_t *lanes);
int block_compare_first(const block *b, uint32_t row, const uint64_t *lanes,
                        uint32_t n);
/* Are the rows in strictly ascending order? */
bool block_sorted(const block *b);

#endif
