/* internal.h - what the files of engine/store share.
 *
 * One LMDB file holds the databases of `store_db`.  Integers in keys are
 * big-endian, so that keys sort as numbers; in values little-endian.  A value
 * that is a record ends with an 8-byte checksum over its key and itself,
 * looked at on every read.  No database is DUPSORT.  See FORMAT.md.
 *
 * A write transaction gathers its work in memory (struct dm_store_txn) and
 * writes it out at commit, so that a map that is full costs an abort, a
 * bigger map and the same writing once more.  Its new terms live in an
 * overlay of the root table until they are durable; their ids to be are known
 * from the start, since nobody else can commit meanwhile. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/term_internal.h"
#include "base/vec.h"
#include "store/rows.h"
#include "store/store.h"

#include <lmdb.h>
#include <sys/types.h>

enum {
    FORMAT_VERSION = 1,
    LANGUAGE_VERSION = 1,
    CHECKSUM = 8,       /* bytes at the end of a record */
    KEY_MAX = 511,      /* LMDB's */
    TUPLE_MAX = 400,    /* longer tuples are keyed by their hash */
    LANE = 8,           /* bytes of a value in a tuple */
    MAX_ARITY = ROWS_ARITY_MAX /* of imports */
};

typedef enum store_db {
    DB_META,      /* "format" | "state" -> record */
    DB_TERMS,     /* term u32 -> record: kind u8, payload */
    DB_TERM_IDS,  /* hash128 of that, term u32 -> empty */
    DB_STMT,      /* serial u64 -> record: statement */
    DB_HIST,      /* serial u64 -> record: closing txn u64, statement */
    DB_CUR,       /* relation u32, tuple | hash128, serial u64 -> version u32 */
    DB_CLAIMS,    /* 'i' id | 's' source: term u32, serial u64 -> empty */
    DB_CAT,       /* relation u32, version u32 -> record: schema */
    DB_CAT_NAMES, /* name term u32 -> relation u32 */
    DB_LOG,       /* txn u64 -> record */
    DB_BLOCKS,    /* relation u32, serial u64, first tuple | number -> record */
    DB_TOMB,      /* relation u32, serial u64, tuple | hash -> record: txn */
    DB_NOTES,     /* text -> record: bytes */
    DB_COUNT
} store_db;

extern const char *const store_db_names[DB_COUNT];

/* ---- keys and records (record.c) ---------------------------------------- */

typedef struct key {
    uint8_t at[KEY_MAX + 1];
    size_t len;
} key;

/* Append `size` bytes (1 to 8) of a number, big-endian. */
void key_put(key *k, uint64_t x, size_t size);
/* The number in `size` bytes of an LMDB key from `at`; the caller has looked
 * at the key's length. */
uint64_t key_get(const MDB_val *k, size_t at, size_t size);

/* Little-endian numbers and varints (LEB128) appended to a buffer. */
bool put_le(buf *b, uint64_t x, size_t size);
bool put_varint(buf *b, uint64_t x);

/* Reading a value from its front; what runs over its end gives 0 or NULL and
 * sets `bad`, so that only the end need be checked. */
typedef struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad;
} cursor;
const uint8_t *take(cursor *c, size_t size);
uint64_t take_le(cursor *c, size_t size);
uint64_t take_varint(cursor *c);

/* Write a record: value and checksum.  `flags` as mdb_put's.  Returns LMDB's
 * code. */
int record_put(MDB_txn *txn, const dm_store *s, store_db db, const key *k,
               const void *value, size_t size, unsigned flags);
/* The record of a key without its checksum, borrowed from the map: valid
 * until the transaction ends.  DM_NOT_FOUND without a text in `err`. */
dm_status record_get(MDB_txn *txn, const dm_store *s, store_db db,
                     const key *k, MDB_val *out, dm_error *err);
/* Check a record that a cursor gave; `out` is it without the checksum. */
dm_status record_check(const dm_store *s, store_db db, const MDB_val *k,
                       const MDB_val *value, MDB_val *out, dm_error *err);
/* All records whose key starts with `prefix` (NULL: all), from the first key
 * not before `from` (NULL: the prefix), checked, in key order.  `value` is
 * without the checksum.  Databases without checksums (indexes) are given
 * raw.  A status of the visitor other than DM_OK stops. */
typedef dm_status record_visit(void *context, const MDB_val *k,
                               const MDB_val *value, dm_error *err);
dm_status record_scan(MDB_txn *txn, const dm_store *s, store_db db,
                      const key *prefix, const key *from, record_visit *visit,
                      void *context, dm_error *err);
/* Are this database's values records (with a checksum)? */
bool db_has_records(store_db db);
/* DM_CORRUPT: "PATH is damaged: WHAT in database DB, key HEX" (`k` may be
 * NULL). */
dm_status record_bad(const dm_store *s, store_db db, const MDB_val *k,
                     const char *what, dm_error *err);

/* ---- the store ---------------------------------------------------------- */

/* The counters, as stored under "state". */
typedef struct store_state {
    uint64_t next_serial;  /* from 1 */
    uint64_t last_txn;
    uint64_t last_term;    /* ids 1..last_term exist */
    uint64_t last_relation;
    uint64_t rows;         /* current bulk rows, tombstones taken off */
    int64_t last_time;     /* microseconds */
} store_state;

struct dm_store {
    char *path;
    int fd;            /* of the file, our own: sizes, lock between writers */
    dev_t dev;
    ino_t ino;
    pid_t pid;         /* that opened it: guards against fork */
    unsigned flags;    /* STORE_… */
    MDB_env *env;
    MDB_dbi dbi[DB_COUNT];
    size_t page;       /* bytes of a page */
    dm_terms *terms;   /* root: exactly the terms up to state.last_term */
    store_state state; /* as of the last transaction that looked */
    unsigned readers;  /* read transactions open: the map may not move */
    dm_store_txn *writer;
    bool dead;         /* failed in a way that only opening again mends */
    bool lockless;     /* LMDB's lock file couldn't be written: see env.c */
    struct dm_store *next; /* in the registry */
};

/* ---- opening, read transactions, errors (env.c) ------------------------- */

/* store_open with a first map of `map` bytes (0: the default), for tests of
 * its growth. */
dm_status store_open_sized(const char *path, unsigned flags, size_t map,
                           dm_store **out, dm_error *err);
/* DM_FORKED, or DM_IO for a dead handle. */
dm_status store_usable(const dm_store *s, dm_error *err);
/* The status for an LMDB code and its text. */
dm_status store_mdb_error(const dm_store *s, int code, const char *doing,
                          dm_error *err);
/* Begin a read transaction and bring terms and counters up to it.  Every
 * read_begin that gave DM_OK wants its read_end. */
dm_status read_begin(dm_store *s, MDB_txn **out, dm_error *err);
void read_end(dm_store *s, MDB_txn *txn);
/* Load counters and new terms as of `txn`. */
dm_status store_update(dm_store *s, MDB_txn *txn, dm_error *err);

/* ---- registry.c, create.c, growth.c, state.c ---------------------------- */

/* Stores open in this process, by device and inode; false: it is open. */
bool registry_add(dm_store *s);
void registry_remove(dm_store *s);

/* Make a store with nothing in it at `path`, whole or not at all.  DM_OK also
 * when somebody else made one meanwhile. */
dm_status create_store(const char *path, dm_error *err);

/* First map for a file of `size` bytes. */
size_t growth_initial(uint64_t size);
/* Begin an LMDB transaction, following a map that another process grew. */
int growth_begin(const dm_store *s, unsigned flags, MDB_txn **out);
/* Make the map big enough for `more` further bytes; no transaction of this
 * process may be open.  Returns LMDB's code. */
int growth_map(dm_store *s, uint64_t more);
/* Bytes of the map that are in use. */
uint64_t growth_used(const dm_store *s);
/* LMDB may leave the file shorter than its last page; extend it to `more`
 * bytes behind the last page in use, before a commit too, so that a file that
 * is too short is always one that was cut off. */
dm_status growth_extend(dm_store *s, uint64_t more, dm_error *err);
/* Give back what growth_extend added in vain. */
void growth_trim(dm_store *s);
/* Is the device (nearly) full?  LMDB reports a short write as EIO. */
bool store_no_room(const dm_store *s);

int format_save(const dm_store *s, MDB_txn *txn);
/* DM_FORMAT when this isn't a store, or one of a newer format. */
dm_status format_check(const dm_store *s, MDB_txn *txn, dm_error *err);
dm_status state_load(const dm_store *s, MDB_txn *txn, store_state *out,
                     dm_error *err);
int state_save(const dm_store *s, MDB_txn *txn, const store_state *state);
/* Microseconds since 1970, UTC. */
int64_t store_clock(void);

/* ---- terms.c ------------------------------------------------------------ */

/* Encode a term; ids from DM_TERM_OVERLAY up are written as `shift` + id -
 * DM_TERM_OVERLAY.  False when memory ran out. */
bool term_encode(const dm_terms *t, dm_term id, dm_term shift, buf *out);
/* The key in DB_TERM_IDS of a term whose record has this hash: hi, lo, id. */
key term_hash_key(hash128 hash, dm_term id);
/* Make the root hold the terms up to `last`. */
dm_status terms_load(dm_store *s, MDB_txn *txn, uint64_t last, dm_error *err);
/* Write the transaction's new terms. */
int terms_save(const dm_store_txn *t, MDB_txn *txn);

static inline dm_term term_final(dm_term id, dm_term shift)
{
    return id >= DM_TERM_OVERLAY ? shift + (id - DM_TERM_OVERLAY) : id;
}

/* ---- statements as records (statement_record.c, statement_hash.c) ------- */

/* A statement's record, DB_STMT (in DB_HIST 8 bytes, the closing
 * transaction, stand before it):
 *   kind u8, language u32, txn u64, origin u32, hash lo u64, hi u64,
 *   relation u32, schema u32, rows u64, then the fields: varint tag << 2 |
 *   dm_field_type, varint size, payload (T u32, D earliest u32, latest u32,
 *   flags u32, text u32, I u64, S bytes). */
typedef struct statement_head {
    uint32_t relation; /* of facts, judgements, imports; else 0 */
    uint32_t schema;   /* version */
    uint64_t rows;     /* of imports, withdrawn ones counted */
} statement_head;

typedef VEC(dm_field) field_vec;

/* Append the record, without its checksum. */
bool statement_encode(const dm_statement *st, const statement_head *head,
                      dm_term shift, buf *out);
uint32_t statement_relation(const uint8_t *record);
/* Set an encoded import's schema and rows. */
void statement_set_rows(uint8_t *record, uint32_t schema, uint64_t rows);
/* Decode what statement_encode made (`value` begins at the kind).  `fields`
 * is reused from call to call and backs out->fields; bytes are borrowed from
 * `value`.  Term ids are checked to be 1..last.  `k` is for the message. */
dm_status statement_decode(const dm_store *s, store_db db, uint64_t serial,
                           dm_term last, const MDB_val *k,
                           const MDB_val *value, field_vec *fields,
                           dm_statement *out, statement_head *head,
                           dm_error *err);
/* Is it the kind that has a tuple (facts, judgements), or rows? */
bool statement_has_tuple(const dm_statement *st);

/* The key of a tuple in DB_CUR without the serial: relation, then a lane for
 * each argument, or the hash of the lanes when they are over TUPLE_MAX. */
bool tuple_key(uint32_t relation, const dm_term *args, uint32_t nargs,
               const dm_terms *terms, dm_term shift, key *out);
/* The arguments of a fact, in order.  False when memory ran out. */
typedef VEC(dm_term) term_vec;
bool statement_args(const dm_statement *st, term_vec *out);
/* The entries of a statement in DB_CUR and DB_CLAIMS, at most INDEXES. */
enum { INDEXES = 2 };
typedef struct index_entry {
    store_db db;
    key k;
    uint32_t schema; /* value in DB_CUR */
    bool used;
} index_entry;
bool statement_index(const dm_statement *st, const statement_head *head,
                     const dm_terms *terms, dm_term shift,
                     index_entry out[INDEXES]); /* false: no memory */

/* ---- statements.c ------------------------------------------------------- */

/* A statement of DB_STMT or, else, of DB_HIST (then `closed` is not 0). */
dm_status statement_load(const dm_store *s, MDB_txn *txn, uint64_t serial,
                         field_vec *fields, dm_statement *out,
                         statement_head *head, uint64_t *closed,
                         dm_error *err);

/* ---- catalogue.c -------------------------------------------------------- */

/* A version of a relation's schema, DB_CAT: name u32, txn u64, arity u32, one
 * byte (dm_type) a column.  Facts' columns are DM_TERM. */
typedef struct schema {
    uint32_t relation, version; /* both from 1 */
    dm_term name;
    uint64_t txn;
    uint32_t arity;
    const uint8_t *types;       /* borrowed */
} schema;

dm_status schema_decode(const dm_store *s, const MDB_val *k,
                        const MDB_val *value, schema *out, dm_error *err);
/* DM_CORRUPT when it isn't there: statements name only what is. */
dm_status schema_load(const dm_store *s, MDB_txn *txn, uint32_t relation,
                      uint32_t version, schema *out, dm_error *err);
/* The relation of a name; 0 when there is none. */
dm_status relation_find(const dm_store *s, MDB_txn *txn, dm_term name,
                        uint32_t *out, dm_error *err);
/* The id of a relation, made when it is new; then the version of its schema
 * with these columns, likewise.  `name` is of t->terms.  `types` NULL: all
 * DM_TERM. */
dm_status catalogue_relation(dm_store_txn *t, dm_term name, uint32_t *out,
                             dm_error *err);
dm_status catalogue_schema(dm_store_txn *t, uint32_t relation, uint32_t arity,
                           const dm_type *types, uint32_t *version,
                           dm_error *err);
int catalogue_save(const dm_store_txn *t, MDB_txn *txn);

/* ---- log.c, notes.c ----------------------------------------------------- */

/* DB_LOG: time u64, added u64, retracted u64, first serial u64, next serial
 * u64, withdrawn rows u64, author and message (varint size, bytes), the
 * retracted serials u64.  Serials first..next - 1 were given to statements;
 * `added` of them were kept (others were retracted before the commit). */
typedef struct log_entry {
    store_commit_info info; /* author and message: in `text` */
    uint64_t first_serial, next_serial; /* the statements added */
    uint64_t withdrawn_rows;
    const uint8_t *retracted; /* info.retracted serials, u64 each */
} log_entry;

/* `text` receives author and message, NUL-terminated; reused. */
dm_status log_decode(const dm_store *s, const MDB_val *k, const MDB_val *value,
                     buf *text, log_entry *out, dm_error *err);
int log_save(const dm_store_txn *t, MDB_txn *txn);
int notes_save(const dm_store_txn *t, MDB_txn *txn);

/* ---- bulk rows (rows.h: blocks.c; rows.c match.c tombstones.c) ------------ */

/* The rows of one import of a write transaction: packed blocks (rows.h),
 * kept until commit writes them (again, when the map had to grow). */
typedef struct pending_import {
    uint64_t serial;
    uint32_t relation;
    row_blocks rows;
} pending_import;

typedef struct import_info {
    uint64_t serial;
    uint32_t relation, schema, arity;
    bool current;      /* false: the statement is in the history */
    uint64_t rows;
    dm_type types[MAX_ARITY];
} import_info;

/* The key of a block: by its first row's lanes, or by its number. */
void block_key(uint32_t relation, uint64_t serial, uint32_t arity,
               const uint64_t *first, uint64_t number, key *out);
/* Write them to DB_BLOCKS.  Returns LMDB's code. */
int blocks_save(const dm_store *s, MDB_txn *txn, const pending_import *p);
/* The blocks of an import in key order, checked and taken apart. */
typedef dm_status block_visit(void *context, const MDB_val *k, const block *b,
                              dm_error *err);
/* Take a checked record apart. */
dm_status block_open(const dm_store *s, const MDB_val *k, const MDB_val *value,
                     block *out, dm_error *err);
/* DM_CORRUPT when a block isn't of the import's schema. */
dm_status block_belongs(const dm_store *s, const MDB_val *k, const block *b,
                        const import_info *import, dm_error *err);
dm_status blocks_scan(const dm_store *s, MDB_txn *txn, uint32_t relation,
                      uint64_t serial, block_visit *visit, void *context,
                      dm_error *err);

/* DM_NOT_FOUND when the statement is no import or has no rows. */
dm_status import_load(const dm_store *s, MDB_txn *txn, uint64_t serial,
                      import_info *out, dm_error *err);
/* As store_rows, as of transaction `txn`. */
dm_status store_rows_as_of(dm_store *s, uint64_t txn, uint64_t serial,
                           store_on_rows *visit, void *context, dm_error *err);
/* Leaves out the rows that had been withdrawn by transaction `as_of`. */
typedef struct row_filter {
    const dm_store *s;
    MDB_txn *txn;
    const import_info *import;
    uint64_t as_of;
    map withdrawn; /* their hashes */
} row_filter;
/* Get ready for rows that begin with `n` lanes (0: all rows); wants
 * filter_close, also on failure. */
dm_status filter_open(row_filter *f, const uint64_t *lanes, uint32_t n,
                      dm_error *err);
bool filter_is_empty(const row_filter *f);
/* Drop them from `*n` rows, row-major. */
dm_status filter_rows(const row_filter *f, dm_cell *rows, size_t *n,
                      dm_error *err);
void filter_close(row_filter *f);
/* Number of rows of an import withdrawn up to transaction `as_of`; `set`
 * (may be NULL) maps the rows' hashes. */
dm_status tombstones_load(const dm_store *s, MDB_txn *txn,
                          const import_info *import, uint64_t as_of, map *set,
                          uint64_t *count, dm_error *err);
dm_status tombstone_exact(const dm_store *s, MDB_txn *txn,
                          const import_info *import, const dm_cell *row,
                          uint64_t as_of, bool *out, dm_error *err);
/* The row of a stored tombstone; false when it is malformed. */
bool tombstone_row(const import_info *import, const MDB_val *k,
                   const MDB_val *value, dm_cell *row);
/* Is the row in the import's blocks, withdrawn or not? */
dm_status import_has_row(const dm_store *s, MDB_txn *txn,
                         const import_info *import, const dm_cell *row,
                         bool *out, dm_error *err);
/* Withdraw single rows of a current import; cells are of the root. */
dm_status store_withdraw_rows(dm_store_txn *t, uint64_t serial,
                              const dm_cell *rows, size_t nrows,
                              dm_error *err);
int tombstones_save(const dm_store_txn *t, MDB_txn *txn);

/* ---- whole-file checks (pages.c) ------------------------------------ */

/* Before LMDB maps it: is the file an LMDB file of whole meta pages, not cut
 * off?  DM_FORMAT, DM_CORRUPT, DM_IO. */
dm_status pages_check_file(int fd, const char *path, dm_error *err);
/* Walk the pages of all trees as of `txn`, bounds first, so that LMDB won't
 * fault on them.  Faults go to `finding`, counted in `count`; with `finding`
 * NULL the first one is DM_CORRUPT.  Called at every open. */
dm_status pages_check_tree(const dm_store *s, MDB_txn *txn,
                           store_on_finding *finding, void *context,
                           size_t *count, dm_error *err);

/* ---- the write transaction (txn.c, apply.c) ----------------------------- */

typedef struct pending {
    uint64_t serial;
    size_t at, size;  /* of its record, in t->records */
    size_t keys, nkeys; /* of its index entries, in t->entries */
    bool withdrawn;   /* added and retracted in one transaction: not kept */
} pending;

typedef struct pending_key {
    store_db db;
    uint32_t schema;
    size_t at, size;  /* of the key, in t->records */
} pending_key;

typedef struct pending_relation {
    uint32_t id;
    dm_term name; /* final */
} pending_relation;

typedef struct pending_note {
    const char *key;
    size_t key_size;
    const void *value;
    size_t size;
} pending_note;

typedef struct pending_tombstone { /* filled and read by tombstones.c */
    const uint8_t *key;
    size_t key_size;
    const uint8_t *lanes;  /* of a row whose key is its hash, else NULL */
    size_t size;
} pending_tombstone;

struct dm_store_txn {
    dm_store *s;
    MDB_txn *mdb;          /* holds LMDB's writer lock until commit */
    uint64_t number;
    store_state state;     /* as it will be */
    uint64_t first_serial;
    dm_terms *terms;       /* overlay: the new terms */
    dm_term shift;         /* final id of its first term */
    arena keep;            /* names, notes, tombstones */
    const char *author;
    const char *message;
    buf records;
    VEC(pending) added;    /* serial order: at[i].serial = first_serial + i */
    VEC(pending_key) entries;
    uint64_t nadded;       /* not withdrawn */
    VEC(uint64_t) retracted; /* stored statements, in call order */
    map retracted_set;
    VEC(pending_relation) relations;
    VEC(schema) schemas;   /* types in keep, name final */
    map relation_ids;      /* term of t->terms -> relation */
    map relation_names;    /* relation -> final term */
    map fact_schemas;      /* relation << 32 | arity -> version */
    VEC(pending_import) imports;
    VEC(pending_note) notes;
    VEC(pending_tombstone) tombstones;
    map withdrawn;         /* tombstones by hash of key and lanes */
    uint64_t bytes;        /* a guess at what commit will write */
    bool broken;           /* a call failed half-way: only abort is left */
};

/* Write everything into a new LMDB transaction, growing the map as needed,
 * and commit it (apply.c). */
dm_status apply_commit(dm_store_txn *t, dm_error *err);

#endif
