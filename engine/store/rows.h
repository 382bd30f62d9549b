/* rows.h - bulk rows in memory: packed blocks.
 *
 * Internal to engine/store, and free of LMDB: blocks.c depends on engine/base
 * only.  What joins blocks to the file is rows.c. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "base/budget.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/lanes.h"
#include "base/vec.h"

enum {
    ROWS_ARITY_MAX = LANES_ARITY_MAX,
    BLOCK_KEY_LANES = 50, /* 400 bytes; longer tuples: a block number */
    BLOCK_BYTES = 32744,  /* eight pages with LMDB's header and the checksum */
    BLOCK_ROWS = 8192
};

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
