/* blocks.c - sorted rows, packed.
 *
 * Purpose: a million rows cost a few hundred puts, and a scan reads memory at
 * its speed.
 * Representation: a block is schema version u32, number of rows u32, arity
 * u32, per column the least lane (u64), per column a width (0 to 8 bytes),
 * then column after column each row's lane less the least, in so many bytes.
 * All little-endian.  A value is read by loading eight bytes and masking, so
 * eight readable bytes have to follow a block: a record's checksum does.
 * Invariants: rows ascend strictly, within a block and from block to block;
 * 1 to BLOCK_ROWS rows; a block passes BLOCK_BYTES only if it has no more
 * than STEP rows.
 * Cost: packing takes some 5 ns a value, unpacking 1 to 3; 10M random pairs
 * below 2^24 take 5.1 bytes each. */
#include "store/rows.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum {
    HEAD = 12,
    STEP = 64,    /* rows by which a block grows */
    STRETCH = 256 /* rows turned together */
};

static const uint64_t TOP = UINT64_C(1) << 63;

static bool asked(const dm_cancel *cancel)
{
    return cancel && atomic_load_explicit(&cancel->asked,
                                          memory_order_relaxed);
}

static uint64_t load_le(const uint8_t *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return le64toh(x);
}

static void store_le(uint8_t *at, uint64_t x)
{
    x = htole64(x);
    memcpy(at, &x, sizeof x);
}

static uint64_t mask_of(unsigned width)
{
    return width >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

static uint8_t width_of(uint64_t range)
{
    return (uint8_t)(range ? (71 - __builtin_clzll(range)) / 8 : 0);
}

/* ---- packing -------------------------------------------------------- */

typedef struct packer {
    const lane_set *set;
    row_blocks *out;
    uint64_t low[ROWS_ARITY_MAX];
    uint64_t high[ROWS_ARITY_MAX];
    uint64_t lanes[BLOCK_ROWS];
    uint8_t bytes[BLOCK_ROWS * 8 + 8];
} packer;

/* Bytes of the block if it had these n rows more, which widen the ranges. */
static size_t grown(packer *p, size_t from, size_t n, size_t rows,
                    uint64_t *low, uint64_t *high)
{
    size_t width = 0;
    for (uint32_t c = 0; c < p->set->arity; c++) {
        lanes_column(p->set, from, n, c, p->lanes);
        for (size_t i = 0; i < n; i++) {
            low[c] = p->lanes[i] < low[c] ? p->lanes[i] : low[c];
            high[c] = p->lanes[i] > high[c] ? p->lanes[i] : high[c];
        }
        width += width_of(high[c] - low[c]);
    }
    return HEAD + 9 * (size_t)p->set->arity + width * rows;
}

/* How many rows from `from` make a block; their ranges are left in p. */
static size_t block_length(packer *p, size_t from)
{
    uint64_t low[ROWS_ARITY_MAX], high[ROWS_ARITY_MAX];
    size_t rows = 0, left = p->set->nrows - from;
    for (uint32_t c = 0; c < ROWS_ARITY_MAX; c++) {
        low[c] = UINT64_MAX;
        high[c] = 0;
    }
    left = left < BLOCK_ROWS ? left : BLOCK_ROWS;
    while (rows < left) {
        size_t n = left - rows < STEP ? left - rows : STEP;
        if (grown(p, from + rows, n, rows + n, low, high) > BLOCK_BYTES
            && rows > 0)
            break;
        memcpy(p->low, low, sizeof low);
        memcpy(p->high, high, sizeof high);
        rows += n;
    }
    return rows;
}

static bool put_u32(buf *b, uint64_t x)
{
    uint8_t bytes[8];
    store_le(bytes, x);
    return buf_put(b, bytes, 4);
}

static bool put_head(packer *p, size_t rows)
{
    buf *b = &p->out->bytes;
    uint32_t arity = p->set->arity;
    bool ok = put_u32(b, p->out->schema) && put_u32(b, rows)
              && put_u32(b, arity);
    for (uint32_t c = 0; ok && c < arity; c++) {
        uint8_t bytes[8];
        store_le(bytes, p->low[c]);
        ok = buf_put(b, bytes, sizeof bytes);
    }
    for (uint32_t c = 0; ok && c < arity; c++) {
        uint8_t width = width_of(p->high[c] - p->low[c]);
        ok = buf_put(b, &width, 1);
    }
    return ok;
}

static bool put_column(packer *p, size_t from, size_t rows, uint32_t c)
{
    unsigned width = width_of(p->high[c] - p->low[c]);
    lanes_column(p->set, from, rows, c, p->lanes);
    if (!vec_push(&p->out->first, p->lanes[0]))
        return false;
    uint8_t *at = p->bytes;
    for (size_t i = 0; i < rows; i++, at += width)
        store_le(at, p->lanes[i] - p->low[c]);
    return buf_put(&p->out->bytes, p->bytes, rows * width);
}

static bool pack_block(packer *p, size_t from, size_t rows)
{
    row_blocks *out = p->out;
    row_block b = {.at = out->bytes.len, .lanes = out->first.len};
    if (!put_head(p, rows))
        return false;
    for (uint32_t c = 0; c < p->set->arity; c++)
        if (!put_column(p, from, rows, c))
            return false;
    b.size = out->bytes.len - b.at;
    assert(b.size <= BLOCK_BYTES || rows <= STEP);
    return vec_push(&out->at, b);
}

dm_status blocks_pack(const lane_set *set, uint32_t schema,
                      const dm_cancel *cancel, row_blocks *out, dm_error *err)
{
    packer *p = mem_alloc(sizeof *p);
    if (!p)
        return error_nomem(err);
    p->set = set;
    p->out = out;
    out->arity = set->arity;
    out->schema = schema;
    out->rows = set->nrows;
    dm_status st = DM_OK;
    for (size_t from = 0; from < set->nrows && st == DM_OK;) {
        size_t rows = block_length(p, from);
        if (!pack_block(p, from, rows))
            st = error_nomem(err);
        else if (asked(cancel))
            st = error_set(err, DM_CANCELLED, "the import was cancelled");
        from += rows;
    }
    mem_free(p);
    return st;
}

void row_blocks_free(row_blocks *b)
{
    buf_free(&b->bytes);
    vec_free(&b->at);
    vec_free(&b->first);
    b->rows = 0;
}

/* ---- unpacking ------------------------------------------------------ */

bool block_decode(const uint8_t *bytes, size_t size, block *out)
{
    if (size < HEAD)
        return false;
    uint64_t schema_rows = load_le(bytes);
    block b = {.schema = (uint32_t)schema_rows,
               .rows = (uint32_t)(schema_rows >> 32),
               .arity = (uint32_t)load_le(bytes + 8)};
    if (b.arity > ROWS_ARITY_MAX || b.rows == 0 || b.rows > BLOCK_ROWS
        || size < HEAD + 9 * (size_t)b.arity)
        return false;
    b.low = bytes + HEAD;
    b.widths = b.low + 8 * (size_t)b.arity;
    b.data = b.widths + b.arity;
    size_t width = 0;
    for (uint32_t c = 0; c < b.arity; c++) {
        if (b.widths[c] > 8)
            return false;
        width += b.widths[c];
    }
    if (size != (size_t)(b.data - bytes) + width * b.rows)
        return false;
    *out = b;
    return true;
}

/* Where the values of a column begin. */
static const uint8_t *column_data(const block *b, uint32_t column)
{
    const uint8_t *data = b->data;
    for (uint32_t c = 0; c < column; c++)
        data += (size_t)b->rows * b->widths[c];
    return data;
}

/* Loops of their own for usual widths: the compiler turns a known mask and
 * step into something faster. */
static inline void unpack_plain(const uint8_t *at, unsigned width,
                                uint64_t low, uint64_t flip, uint32_t n,
                                dm_cell *out)
{
    uint64_t mask = mask_of(width);
    for (uint32_t i = 0; i < n; i++, at += width)
        out[i] = ((load_le(at) & mask) + low) ^ flip;
}

void block_column(const block *b, dm_type type, uint32_t column,
                  uint32_t from, uint32_t n, dm_cell *out)
{
    assert(from <= b->rows && n <= b->rows - from && column < b->arity);
    unsigned width = b->widths[column];
    const uint8_t *at = column_data(b, column) + (size_t)from * width;
    uint64_t low = load_le(b->low + 8 * (size_t)column);
    uint64_t flip = type == DM_INT || type == DM_DATE ? TOP : 0;
    switch (width) {
    case 0: unpack_plain(at, 0, low, flip, n, out); break;
    case 1: unpack_plain(at, 1, low, flip, n, out); break;
    case 2: unpack_plain(at, 2, low, flip, n, out); break;
    case 3: unpack_plain(at, 3, low, flip, n, out); break;
    case 4: unpack_plain(at, 4, low, flip, n, out); break;
    default: unpack_plain(at, width, low, flip, n, out);
    }
    for (uint32_t i = 0; type == DM_FLOAT && i < n; i++)
        out[i] = lane_cell(type, out[i]);
}

/* Column by column, a stretch of rows at a time, then turned. */
void block_cells(const block *b, const dm_type *types, uint32_t from,
                 uint32_t n, dm_cell *out)
{
    dm_cell cells[STRETCH];
    for (uint32_t at = 0; at < n; at += STRETCH) {
        uint32_t rows = n - at < STRETCH ? n - at : STRETCH;
        for (uint32_t c = 0; c < b->arity; c++) {
            block_column(b, types[c], c, from + at, rows, cells);
            for (uint32_t i = 0; i < rows; i++)
                out[(size_t)(at + i) * b->arity + c] = cells[i];
        }
    }
}

uint64_t block_lane(const block *b, uint32_t row, uint32_t column)
{
    assert(row < b->rows && column < b->arity);
    unsigned width = b->widths[column];
    const uint8_t *at = column_data(b, column) + (size_t)row * width;
    return (load_le(at) & mask_of(width))
           + load_le(b->low + 8 * (size_t)column);
}

int block_compare(const block *b, uint32_t row, const uint64_t *lanes)
{
    return block_compare_first(b, row, lanes, b->arity);
}

int block_compare_first(const block *b, uint32_t row, const uint64_t *lanes,
                        uint32_t n)
{
    for (uint32_t c = 0; c < n; c++) {
        uint64_t lane = block_lane(b, row, c);
        if (lane != lanes[c])
            return lane < lanes[c] ? -1 : 1;
    }
    return 0;
}

bool block_sorted(const block *b)
{
    uint64_t lanes[ROWS_ARITY_MAX];
    for (uint32_t row = 1; row < b->rows; row++) {
        for (uint32_t c = 0; c < b->arity; c++)
            lanes[c] = block_lane(b, row, c);
        if (block_compare(b, row - 1, lanes) >= 0)
            return false;
    }
    return true;
}
