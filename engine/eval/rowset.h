/* rowset.h - distinct rows in order of derivation, with hash indexes.
 *
 * A rowset holds rows of `arity` cells, in columns (base/columns.h), numbered
 * from 0 in the order in which they came; a row's number never changes, but by
 * rowset_compact.  A set of slots finds a row by its cells; rows that are known
 * to be distinct can be appended without it, and are hashed when a lookup or
 * an insertion first needs them.  An index finds the row numbers, ascending,
 * of all rows that agree on some columns; it covers the rows up to `synced`
 * and is brought up to date between rounds, so that a join may insert into the
 * rowset it reads. */
#ifndef EVAL_ROWSET_H
#define EVAL_ROWSET_H

#include "base/columns.h"
#include "base/parallel.h"
#include "eval/adjacency.h"
#include "eval/pairs.h"

#define ROWSET_NONE UINT32_MAX
/* Rows in a batch of bindings, and of everything done in batches. */
#define BATCH 1024

/* One distinct key of an index and where its rows are. */
typedef struct index_key {
    uint64_t key; /* the cell of one column, the cells of two when narrow;
                     else a hash */
    uint32_t len;
    uint32_t cap; /* 0: up to two rows are in `near` */
    union {
        uint64_t at; /* offset of the rows in the pool */
        uint32_t near[2];
    };
} index_key;

/* Some of the keys, with all that belongs to them. */
typedef struct index_share {
    uint64_t *slots; /* hash's high 32 bits, key's number + 1 */
    size_t nslots;
    uint32_t *direct; /* else, by the cell of the one column: number + 1 */
    size_t ndirect;
    index_key *keys;
    size_t nkeys, cap;
    uint32_t *pool;
    size_t pool_len, pool_cap;
    uint64_t left[32]; /* by the power of two: place + 1 of a run left behind,
                          which names the next; 0: none */
} index_share;

enum { INDEX_SHARES = 8 };
typedef struct rowset_index {
    uint64_t mask; /* bit i: column i is in the key */
    uint32_t ncolumns;
    uint32_t columns[64];
    size_t synced;  /* rows below are in the index */
    bool by_hash;   /* keys are, or are to be, found by hash */
    bool direct;    /* they index arrays */
    unsigned nshares, shift; /* a power of two, and which */
    index_share share[INDEX_SHARES];
    struct rowset_index *next;
} rowset_index;

/* A run of rows that came in one round. */
typedef struct rowset_round {
    size_t first;
    uint64_t stage;
} rowset_round;

/* One column of a binary rowset by the other, or the values of a unary one
 * under the key 0. */
typedef struct rowset_adjacency {
    adjacency sets;
    bool made;
    size_t synced; /* rows below are in it */
} rowset_adjacency;

/* Rows of three columns or more as words: see rowset_packed.c. */
enum { ROWSET_PACKED = 8, /* columns at most */ PACKED_SHARES = 8 };
typedef struct packed_share {
    uint64_t *slots;
    size_t nslots, used;
} packed_share;
typedef struct rowset_packed {
    bool made;
    bool refused;  /* the cells are too great for it */
    unsigned nshares; /* a power of two */
    packed_share share[PACKED_SHARES];
    size_t synced; /* rows below are in it */
    uint8_t shift[ROWSET_PACKED], width[ROWSET_PACKED];
} rowset_packed;

/* How many distinct values there are in rows [lo, hi) of a column. */
typedef struct column_count {
    size_t lo, hi;
    double n;
} column_count;

typedef struct rowset {
    uint32_t arity;
    uint32_t lattice; /* column in which rows of one key compete; or NONE */
    bool (*better)(const void *context, dm_cell a, dm_cell b);
    const void *context;
    enum { ROWSET_BY_CALL, ROWSET_LEAST, ROWSET_GREATEST } order; /* of ints */
    bool by_hash;     /* keys of a lattice, and of indexes made from now on,
                         are (to be) found by hash */
    uint32_t *direct; /* lattice: else, by the one key's cell: best row + 1 */
    size_t ndirect;
    columns rows;
    size_t nrows; /* = rows.nrows */
    uint64_t *slots; /* hash's high 32 bits, row + 1 */
    size_t nslots;
    size_t hashed; /* rows below are in the slots */
    column_count distinct[4][2]; /* by column: counted of all rows, and of
                                    some, last */
    unsigned scans; /* lookups that looked at all rows instead */
    uint64_t *dead; /* lattice: bit set = superseded; NULL until needed */
    size_t ndead, dead_words;
    size_t settled; /* lattice: rows from here on may be improved in place */
    rowset_round *rounds;
    size_t nrounds, rounds_cap;
    rowset_index *indexes;
    rowset_adjacency by[2]; /* by key column */
    rowset_packed packed;
    bool packs; /* rows are inserted through `packed`, if it is possible */
    parallel_pool *pool; /* borrowed: for many rows; or NULL */
    size_t worth_threads; /* rows for which it is used */
    size_t bytes; /* memory held, indexes included */
} rowset;

void rowset_init(rowset *t, uint32_t arity);
void rowset_free(rowset *t);

/* The cells of a row: arity of them. */
static inline void rowset_get(const rowset *t, size_t row, dm_cell *out)
{
    columns_row(&t->rows, row, out);
}

static inline dm_cell rowset_cell(const rowset *t, size_t row, uint32_t column)
{
    return column_get(&t->rows.col[column], row);
}

static inline bool rowset_is_dead(const rowset *t, size_t row)
{
    return t->dead && row / 64 < t->dead_words
           && (t->dead[row / 64] >> (row % 64) & 1);
}

/* Insert `n` rows, row-major; n <= BATCH.  `fresh`, if not NULL, gets for each
 * whether it was new.  Errors: DM_NOMEM; DM_BUDGET when row numbers run out.*/
dm_status rowset_insert(rowset *t, const dm_cell *rows, size_t n,
                        uint8_t *fresh);
/* As rowset_insert for one row; its number and whether it was new. */
dm_status rowset_put(rowset *t, const dm_cell *row, uint32_t *out,
                     bool *fresh);
/* As rowset_insert, giving the rows' numbers. */
dm_status rowset_put_batch(rowset *t, const dm_cell *rows, size_t n,
                           uint32_t *out);
/* Room for `more` further rows, so that inserting them moves nothing; without
 * effect when they are more than can be numbered. */
dm_status rowset_reserve(rowset *t, size_t more);
/* Take over `rows`, which are distinct, when the rowset is empty and no
 * lattice; they are left empty. */
void rowset_adopt(rowset *t, columns *rows);
/* Insert all rows of another one that are not dead. */
dm_status rowset_add_all(rowset *t, const rowset *from);
/* Append rows that differ from one another and from all rows that were so
 * appended since the last rowset_hash; not to a lattice.  Those that are there
 * from before are left out; n, `fresh` and errors as for rowset_insert. */
dm_status rowset_append(rowset *t, const dm_cell *rows, size_t n,
                        uint8_t *fresh);
/* Take all rows into the slots.  DM_NOMEM leaves the rowset as it was. */
dm_status rowset_hash(rowset *t);
/* The row with these cells, or ROWSET_NONE.  May hash the rows. */
uint32_t rowset_find(rowset *t, const dm_cell *cells);
/* The row of a lattice rowset with the key of these cells, or ROWSET_NONE. */
uint32_t rowset_find_key(const rowset *t, const dm_cell *cells);
/* As rowset_find for `n` <= BATCH keys, row-major, with prefetching. */
void rowset_find_batch(rowset *t, const dm_cell *rows, size_t n,
                       uint32_t *out);
/* Rows added from here on belong to `stage`. */
dm_status rowset_begin_round(rowset *t, uint64_t stage);
uint64_t rowset_stage(const rowset *t, size_t row);
/* The stage of rows that are added now; 0: of no round. */
uint64_t rowset_last_stage(const rowset *t);
/* How many rows there are of stages before `stage`. */
size_t rowset_before_stage(const rowset *t, uint64_t stage);
/* Take a row, not dead yet, out of the set; not of a lattice.  It keeps its
 * number and cells, and indexes may still give it.  Errors: DM_NOMEM. */
dm_status rowset_remove(rowset *t, size_t row);
/* Take the dead rows out for good: the others are numbered anew, and keep
 * their stages.  Indexes are dropped.  Errors: DM_NOMEM. */
dm_status rowset_compact(rowset *t);
/* Free what finds rows, and room for more of them; it is made again when it is
 * asked for. */
void rowset_let_go(rowset *t);
/* Rows that are not dead. */
static inline size_t rowset_count(const rowset *t)
{
    return t->nrows - t->ndead;
}

/* The index on `mask` (not 0), made when missing; not brought up to date. */
dm_status rowset_want_index(rowset *t, uint64_t mask, rowset_index **out);
rowset_index *rowset_get_index(const rowset *t, uint64_t mask);
void rowset_free_indexes(rowset *t);
/* How many distinct keys there are. */
size_t rowset_index_keys(const rowset_index *index);
/* Take all rows into the index. */
dm_status rowset_sync_index(rowset *t, rowset_index *index);
/* Rows of up to BATCH keys: `keys[j]` is the column of the j-th key column,
 * n cells.  Ascending row numbers, valid until the next sync. */
void index_find_batch(const rowset *t, const rowset_index *index,
                      const dm_cell *const *keys, size_t n,
                      const uint32_t **rows, uint32_t *len);

/* ---- rowset_packed.c ---------------------------------------------------- */

/* Bring the packed set up to date, made when missing; *possible: there is
 * one. */
dm_status rowset_pack(rowset *t, bool *possible);
void rowset_free_packed(rowset *t);
/* Whether each of n <= BATCH rows is in the packed set, which is up to date. */
void rowset_packed_contains(const rowset *t, const dm_cell *rows, size_t n,
                            uint8_t *out);
/* Insert into a packed set that is up to date; *done: how many of the rows
 * were, before one that made it impossible. */
dm_status rowset_packed_insert(rowset *t, const dm_cell *rows, size_t n,
                               uint8_t *fresh, size_t *done);
/* Rows, row-major; borrowed. */
typedef struct row_list {
    const dm_cell *cells;
    size_t nrows;
} row_list;
/* Insert all rows of the lists, in their order, on the rowset's threads, into
 * a packed set that is up to date; *done: false if a cell is too great, then
 * nothing is changed. */
dm_status rowset_packed_insert_lists(rowset *t, const row_list *lists,
                                     size_t nlists, bool *done);

/* ---- rowset_adjacency.c ------------------------------------------------- */

/* The rows as sets of values by the key column `key` (unary: 0), brought up
 * to date.  With `members` adjacency_has is fast.  NULL, and no error, where
 * cells are too large or too sparse for it, or the rows are a lattice. */
dm_status rowset_by(rowset *t, uint32_t key, bool members,
                    const adjacency **out);
/* The same for sets that are to be intersected: lists are sorted, or there are
 * none that are long.  `growing`: rows are added in any order from now on. */
dm_status rowset_by_sorted(rowset *t, uint32_t key, bool growing,
                           const adjacency **out);
/* Whether rowset_by would give one, made up to now or from now on. */
bool rowset_has_by(const rowset *t, uint32_t key);
/* Keys from here on are too large for it, as many rows as there are. */
size_t rowset_most_keys(const rowset *t);
/* Append rows that are not there, as key << 32 | value of a rowset that is
 * up to date by column 0; unary: the key is 0.  The lists are ascending, and
 * no key is in two of them. */
dm_status rowset_append_pairs(rowset *t, const pair_list *lists, size_t nlists,
                              parallel_pool *pool);
/* Let rowset_contains and rowset_find_batch find rows without making anything
 * on the way. */
dm_status rowset_sync_members(rowset *t);
/* Whether each of n <= BATCH rows, row-major, is there. */
dm_status rowset_contains(rowset *t, const dm_cell *rows, size_t n,
                          uint8_t *out);
/* Take a row's value away from its keys. */
void rowset_remove_by(rowset *t, size_t row);
void rowset_free_by(rowset *t);

/* ---- rowset_estimate.c -------------------------------------------------- */

/* Distinct values in rows [lo, hi) of one column: exact where they are narrow
 * and not too many, else estimated. */
double rowset_distinct_in(rowset *t, uint32_t column, size_t lo, size_t hi);
/* Estimated number of distinct keys on `mask`: exact when indexed, else from
 * a sample (Charikar et al., PODS 2000: the GEE estimator). */
double rowset_distinct(const rowset *t, uint64_t mask);

#endif
