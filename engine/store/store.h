/* store.h - statements, terms and bulk rows, durably, in one LMDB file.
 *
 * The only folder that knows LMDB.  Promises: a commit is atomic, isolated
 * and synced; readers in any number of processes see one snapshot; a full
 * disk or an I/O error is a status; the map grows by itself; a damaged or
 * foreign file is refused.  No LMDB transaction outlives a call, except a
 * write transaction between store_begin and store_commit.
 *
 * The root term table belongs to the store: it holds exactly the persisted
 * terms, and grows on store_refresh and inside a write transaction. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/budget.h"
#include "store/statement.h"

struct columns;

typedef struct dm_store dm_store;
typedef struct dm_store_txn dm_store_txn;

enum { STORE_CREATE = 1, STORE_READ_ONLY = 2 };

/* Open the store in file `path` (its lock file is `path`-lock).  Creation
 * writes a temporary file and renames it.  The same file can't be opened
 * twice in one process: DM_BUSY.  Errors: DM_NOT_FOUND, DM_FORMAT,
 * DM_CORRUPT, DM_IO, DM_READ_ONLY, DM_DISK_FULL. */
dm_status store_open(const char *path, unsigned flags, dm_store **out,
                     dm_error *err);
void store_close(dm_store *s);
const char *store_path(const dm_store *s);
/* Is this file a Dragoman store (its first bytes, not its name)? */
bool store_is_store(const char *path);

/* The root terms.  Terms may be interned in it only through a write
 * transaction (store_add does). */
dm_terms *store_terms(dm_store *s);

/* ---- reading: each call is one short read transaction ------------------- */

typedef struct store_info {
    uint64_t last_txn;    /* number of the last commit; 0: none yet */
    uint64_t statements;  /* current ones */
    uint64_t terms;
    uint64_t rows;        /* bulk rows */
    uint64_t bytes;       /* size of the file */
} store_info;

/* See what other processes committed since; terms become loaded. */
dm_status store_refresh(dm_store *s, store_info *out, dm_error *err);

/* All current statements in serial order, from the snapshot of one
 * transaction.  Borrowed for the call.  A callback returns a status; other
 * than DM_OK stops the scan and is returned. */
typedef dm_status store_on_statement(void *context, const dm_statement *s,
                                     dm_error *err);
dm_status store_statements(dm_store *s, store_on_statement *visit,
                           void *context, dm_error *err);

/* The rows of a bulk import, in batches, row-major, `arity` cells each; types
 * as given when it was imported.  Withdrawn rows are left out. */
typedef dm_status store_on_rows(void *context, const dm_cell *rows,
                                size_t nrows, dm_error *err);
dm_status store_rows(dm_store *s, uint64_t serial, store_on_rows *visit,
                     void *context, dm_error *err);
/* The same rows appended to columns of as many; they differ from one another,
 * in order of the store's lanes (terms by id). */
dm_status store_columns(dm_store *s, uint64_t serial, struct columns *out,
                        dm_error *err);
/* Those of them whose first `n` columns equal the cells in `prefix`, by a
 * search in the blocks; in batches and order as above. */
dm_status store_rows_match(dm_store *s, uint64_t serial, const dm_cell *prefix,
                           uint32_t n, store_on_rows *visit, void *context,
                           dm_error *err);
/* Arity and column types of a bulk import's rows.  DM_NOT_FOUND when the
 * statement has no rows. */
dm_status store_import_types(dm_store *s, uint64_t serial, uint32_t *arity,
                             dm_type types[64], dm_error *err);
/* The statements that assert a tuple of single facts (not bulk), by the index
 * `cur`: serials in order. */
dm_status store_find_fact(dm_store *s, dm_term relation, const dm_term *args,
                          uint32_t nargs, uint64_t *serials, size_t max,
                          size_t *out, dm_error *err);

/* The log. */
typedef struct store_commit_info {
    uint64_t txn;
    int64_t microseconds; /* UTC, since 1970, non-decreasing */
    const char *author;
    const char *message;
    uint64_t added, retracted;
} store_commit_info;
typedef dm_status store_on_commit(void *context,
                                  const store_commit_info *info, dm_error *err);
dm_status store_log(dm_store *s, store_on_commit *visit, void *context,
                    dm_error *err);
/* All statements as they were after transaction `txn` (current and closed
 * ones), in serial order. */
dm_status store_statements_as_of(dm_store *s, uint64_t txn,
                                 store_on_statement *visit, void *context,
                                 dm_error *err);

/* A small key-value table for engine/kb, e.g. the hash a file had when it was
 * synced last.  `value` takes exactly `size` bytes; DM_NOT_FOUND when there
 * is no such note, DM_INVALID when it has another size. */
dm_status store_get_note(dm_store *s, const char *key, void *value,
                         size_t size, dm_error *err);

/* Everything that can be wrong with a store, one line each. */
typedef void store_on_finding(void *context, const char *text);
dm_status store_verify(dm_store *s, store_on_finding *finding, void *context,
                       size_t *count, dm_error *err);

/* ---- writing ------------------------------------------------------------ */

/* Begin the one write transaction; waits for other processes, DM_BUSY when
 * this handle has one already.  Loads what others committed. */
dm_status store_begin(dm_store *s, const char *author, const char *message,
                      dm_store_txn **out, dm_error *err);
/* Add a statement whose terms are ids of `terms` (the root, or an overlay
 * over it).  Gives the new serial.  A map that is full grows, and the work of
 * the transaction is replayed, unseen by the caller. */
dm_status store_add(dm_store_txn *t, const dm_statement *statement,
                    const dm_terms *terms, uint64_t *serial, dm_error *err);
/* Withdraw a current statement (it moves to the history). */
dm_status store_retract(dm_store_txn *t, uint64_t serial, dm_error *err);
/* Give rows to the import statement `serial`, added in this transaction:
 * cells of the given types; duplicates are removed.  Symbol and term cells
 * are ids of `terms`. */
dm_status store_import(dm_store_txn *t, uint64_t serial, const dm_type *types,
                       const struct columns *rows, const dm_terms *terms,
                       const dm_cancel *cancel, dm_error *err);
dm_status store_put_note(dm_store_txn *t, const char *key, const void *value,
                         size_t size, dm_error *err);
/* Make it durable and free the transaction, also on failure (then nothing of
 * it exists).  Gives the transaction's number. */
dm_status store_commit(dm_store_txn *t, uint64_t *txn, dm_error *err);
void store_abort(dm_store_txn *t);

#endif
