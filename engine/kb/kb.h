/* kb.h - knowledge bases, views, models: what ties the layers together.
 *
 * A knowledge base is a store, or is held in memory.  Its statements are
 * loaded once and kept until another commit.  Bulk imports stay in the store
 * and stream into the evaluator. */
#ifndef KB_KB_H
#define KB_KB_H

#include "eval/eval.h"
#include "read/proof.h"
#include "store/store.h"

struct table_options;
struct columns;

/* The store behind a knowledge base; NULL: in memory. */
dm_store *dm_kb_store(dm_kb *kb);
/* Rows for an import statement of this transaction, from a table file. */
dm_status dm_txn_import(dm_txn *t, uint64_t serial, const char *file,
                        const struct table_options *options, uint64_t *rows,
                        dm_error *err);
/* Rows straight into the view as inputs of a relation (by name), without
 * statements: for `dragoman eval`.  Takes the rows over (also on failure) and
 * leaves the columns empty; symbols are of the view's terms.  `once`: the
 * first model that reads them takes them over, which saves copying them; to
 * make a second one is refused. */
dm_status dm_view_rows(dm_view *v, const char *relation, const dm_type *types,
                       struct columns *rows, bool once, dm_error *err);
dm_eval *dm_model_eval(dm_model *m);
/* Write the true rows of a relation, sorted by value, to a table file (the
 * options name its columns and types); how many. */
dm_status dm_model_write(dm_model *m, uint32_t relation, const char *file,
                         const struct table_options *options, size_t *count,
                         dm_error *err);

#endif
