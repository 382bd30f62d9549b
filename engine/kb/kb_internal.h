/* kb_internal.h - what the files of engine/kb share. */
#ifndef KB_KB_INTERNAL_H
#define KB_KB_INTERNAL_H

#include "base/buf.h"
#include "kb/delta.h"
#include "kb/kb.h"
#include "kb/table.h"

/* ---- knowledge bases: kb.c ---------------------------------------------- */

/* The current statements at some moment, shared by the base and the views
 * that were opened then. */
typedef struct snapshot {
    size_t references;
    statement_vec statements; /* in order of serial */
} snapshot;

/* The rows of an import that is held in memory. */
typedef struct kb_import {
    uint64_t serial;
    dm_type *types;
    columns rows;
} kb_import;

typedef VEC(kb_import) import_vec;

struct dm_kb {
    dm_store *store;   /* NULL: in memory */
    bool read_only;
    dm_terms *terms;   /* the root; of the store, if there is one */
    arena memory;      /* all statements ever loaded */
    snapshot *now;
    uint64_t last_txn;
    uint64_t last_serial; /* in memory only */
    import_vec imports;   /* in memory only, in order of serial */
    size_t nviews;
    size_t nsole;         /* views for whom nothing may change */
    dm_txn *txn;          /* the open one */
};

/* One reference, no statements; NULL: memory ran out. */
snapshot *snapshot_new(void);
void snapshot_release(snapshot *s);

void import_free(kb_import *import);
const kb_import *kb_find_import(const dm_kb *kb, uint64_t serial);
/* Column types of an import's rows; arity 0 when it has none. */
dm_status kb_row_types(dm_kb *kb, uint64_t serial, uint32_t *arity,
                       dm_type types[64], dm_error *err);
/* The same, appended to columns; of a store they are distinct. */
dm_status kb_columns(dm_kb *kb, uint64_t serial, columns *out, dm_error *err);
/* Those whose first `n` columns equal the cells in `prefix`: by a search in a
 * store's blocks, else by looking at all. */
dm_status kb_rows_match(dm_kb *kb, uint64_t serial, const dm_cell *prefix,
                        uint32_t n, store_on_rows *visit, void *context,
                        dm_error *err);
/* Its rows, in batches; none is fine. */
dm_status kb_rows(dm_kb *kb, uint64_t serial, store_on_rows *visit,
                  void *context, dm_error *err);

/* ---- keys: keys.c ------------------------------------------------------- */

typedef struct kb_key {
    dm_term relation; /* symbol, its name */
    uint32_t ncolumns;
    uint32_t columns[64];
} kb_key;

/* DM_KEY when two facts among the statements break the key. */
dm_status key_check(const kb_key *key, const dm_terms *terms,
                    const dm_statement *const *at, size_t n, dm_error *err);

/* ---- when a statement holds, and how to name it: validity.c ------------- */

/* It begins on some day from `earliest` to `begin`, and ends with the day
 * `end`. */
typedef struct validity {
    int32_t earliest, begin; /* undated: DM_DAY_MIN */
    int32_t end;             /* open: DM_DAY_MAX */
    bool during;             /* an end was given */
    bool vague;              /* a date is uncertain or approximate */
} validity;

validity statement_validity(const dm_statement *s);
/* Whether one of the dates under these tags (up to a 0) is uncertain or
 * approximate. */
bool statement_vague(const dm_statement *s, const uint32_t *tags);
/* Append `FILE:LINE`; the atom of a fact. */
void statement_place(const dm_terms *t, const dm_statement *s, buf *out);
void statement_atom(const dm_terms *t, const dm_statement *s, buf *out);
/* A failure that begins with the statement's place. */
dm_status statement_fail(dm_error *err, dm_status status, const dm_terms *t,
                         const dm_statement *s, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* ---- views: view.c ------------------------------------------------------ */

typedef struct view_source {
    dm_term id;
    const dm_statement *statement;
    int32_t published; /* last day; unknown: DM_DAY_MIN */
} view_source;

typedef struct view_entry {
    const dm_statement *statement;
    dm_hidden hidden;
} view_entry;

/* Rows without statements: dm_view_rows. */
typedef struct view_table {
    char *relation;
    dm_type *types;
    columns rows;
    bool once; /* a model takes the rows over */
    bool gone; /* one did */
} view_table;

typedef VEC(view_source) source_vec;
typedef VEC(view_entry) entry_vec;
typedef VEC(dm_term) term_vec;

struct dm_view {
    dm_kb *kb;
    bool sole;
    snapshot *base;
    dm_terms *terms; /* overlay over the kb's */
    int32_t at, known_by;
    bool all_sources, all_speakers;
    term_vec sources, speakers; /* sorted by id */
    VEC(view_table) tables;
    delta scenario;
    uint64_t next_serial;
    source_vec known;  /* sources that are stated, sorted by id */
    entry_vec entries; /* base, then scenario */
    dm_model *models;  /* list of the open ones */
};

/* Look at every statement of base and scenario anew. */
dm_status view_update(dm_view *v, dm_error *err);
/* The source with this id that was stated last, hidden ones too, or NULL. */
const view_source *view_find_source(const dm_view *v, dm_term id);
/* The source that a statement is in, or NULL. */
const view_source *view_source_of(const dm_view *v, const dm_statement *s);
/* The last day on which a claim may have been said: by its `said`, else by
 * its source's publication; neither: DM_DAY_MIN. */
int32_t view_said(const dm_view *v, const dm_statement *s);

#endif
