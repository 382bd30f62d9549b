/* txn.c - transactions on a knowledge base.
 *
 * Purpose: all or nothing, on a store and in memory alike.
 * Representation: a delta over the current statements, its terms in an overlay
 * of its own over the root.  On a store each change also goes to the store's
 * write transaction at once; in memory the delta is applied at the commit.
 * Invariants: in the overlay equal terms have equal ids, whatever the store
 * adds to its root meanwhile, which the key check rests on; the root of a base
 * in memory grows only at a commit, so an abort leaves nothing.
 * Cost: a copy of each statement; a commit with keys looks at all statements
 * once for each key. */
#include "kb/kb_internal.h"

#include "base/error.h"

#include <assert.h>
#include <string.h>

struct dm_txn {
    dm_kb *kb;
    dm_store_txn *store; /* NULL: in memory */
    dm_terms *terms;     /* overlay over the kb's root */
    delta changes;
    uint64_t next_serial; /* in memory */
    import_vec imports;   /* in memory */
    VEC(kb_key) keys;
    bool broken; /* store and `changes` differ: only abort is left */
};

static void txn_free(dm_txn *t)
{
    if (t->kb->txn == t)
        t->kb->txn = NULL;
    for (size_t i = 0; i < t->imports.len; i++)
        import_free(&t->imports.at[i]);
    vec_free(&t->imports);
    vec_free(&t->keys);
    delta_free(&t->changes);
    terms_free(t->terms);
    mem_free(t);
}

dm_status dm_txn_begin(dm_kb *kb, const char *author, const char *message,
                       dm_txn **out, dm_error *err)
{
    dm_status st = DM_OK;
    if (kb->txn != NULL)
        return error_set(err, DM_BUSY, "a transaction is open already");
    if (kb->nsole > 0)
        return error_set(err, DM_BUSY, "a view is open that nothing may be "
                         "changed for");
    if (kb->read_only)
        return error_set(err, DM_READ_ONLY,
                         "the knowledge base was opened for reading");
    dm_txn *t = mem_calloc(1, sizeof *t);
    if (t == NULL)
        return error_nomem(err);
    t->kb = kb;
    t->next_serial = kb->last_serial + 1;
    if (kb->store != NULL) {
        TRY(store_begin(kb->store, author, message, &t->store, err), failed);
        TRY(dm_kb_refresh(kb, NULL, err), failed);
    }
    t->terms = terms_new(kb->terms);
    if (t->terms == NULL) {
        st = error_nomem(err);
        goto failed;
    }
    kb->txn = t;
    *out = t;
    return DM_OK;
failed:
    if (t->store != NULL)
        store_abort(t->store);
    txn_free(t);
    return st;
}

/* ---- changes ------------------------------------------------------------ */

dm_status dm_txn_add(dm_txn *t, const dm_statement *s, const dm_terms *terms,
                     uint64_t *serial, dm_error *err)
{
    uint64_t number = t->next_serial;
    dm_status st = DM_OK;
    if (t->store != NULL)
        st = store_add(t->store, s, terms, &number, err);
    if (st != DM_OK)
        return st;
    st = delta_add(&t->changes, s, number, terms, t->terms, NULL, err);
    if (st != DM_OK) {
        t->broken = t->broken || t->store != NULL;
        return st;
    }
    t->next_serial = number + 1;
    *serial = number;
    return DM_OK;
}

static bool is_current(const dm_txn *t, uint64_t serial)
{
    return delta_find(&t->changes, serial) != NULL
           || (dm_kb_find(t->kb, serial) != NULL
               && !delta_withdraws(&t->changes, serial));
}

dm_status dm_txn_retract(dm_txn *t, uint64_t serial, dm_error *err)
{
    dm_status st = DM_OK;
    if (!is_current(t, serial))
        return error_set(err, DM_NOT_FOUND, "there is no statement %llu",
                         (unsigned long long)serial);
    if (t->store != NULL)
        st = store_retract(t->store, serial, err);
    if (st != DM_OK)
        return st;
    st = delta_withdraw(&t->changes, serial, err);
    t->broken = t->broken || (st != DM_OK && t->store != NULL);
    return st;
}

/* Keep the rows for the commit; takes them over when it succeeds. */
static dm_status keep_rows(dm_txn *t, uint64_t serial, const dm_type *types,
                           columns *rows, dm_error *err)
{
    kb_import import = {.serial = serial, .rows = *rows};
    import.types = mem_alloc((rows->arity + (size_t)1)
                             * sizeof *import.types);
    if (import.types == NULL)
        return error_nomem(err);
    if (rows->arity > 0)
        memcpy(import.types, types, rows->arity * sizeof *types);
    if (!vec_push(&t->imports, import)) {
        mem_free(import.types);
        return error_nomem(err);
    }
    columns_init(rows, rows->arity);
    return DM_OK;
}

/* The symbols of a large table aren't needed in our overlay when the store
 * takes them, so they go through one that is thrown away. */
static dm_status import_rows(dm_txn *t, uint64_t serial, const char *file,
                             const table_options *o, uint64_t *count,
                             dm_error *err)
{
    columns rows = {0};
    dm_terms *own = NULL;
    dm_status st;
    if (t->store != NULL) {
        own = terms_new(t->kb->terms);
        if (own == NULL)
            return error_nomem(err);
    }
    TRY(table_read(file, o, own != NULL ? own : t->terms, &rows, err), end);
    uint64_t n = rows.nrows;
    if (t->store != NULL)
        TRY(store_import(t->store, serial, o->types, &rows, own, o->cancel,
                         err), end);
    else
        TRY(keep_rows(t, serial, o->types, &rows, err), end);
    *count = n;
end:
    columns_free(&rows);
    terms_free(own);
    return st;
}

dm_status dm_txn_import(dm_txn *t, uint64_t serial, const char *file,
                        const table_options *options, uint64_t *rows,
                        dm_error *err)
{
    const dm_statement *s = delta_find(&t->changes, serial);
    if (s == NULL || s->kind != DM_IMPORT)
        return error_set(err, DM_INVALID, "%s: statement %llu is no import "
                         "of this transaction", file,
                         (unsigned long long)serial);
    return import_rows(t, serial, file, options, rows, err);
}

dm_status dm_txn_key(dm_txn *t, const char *relation, const uint32_t *columns,
                     uint32_t ncolumns, dm_error *err)
{
    kb_key key = {.ncolumns = ncolumns};
    if (ncolumns == 0 || ncolumns > 64)
        return error_set(err, DM_INVALID, "a key has %u columns", ncolumns);
    dm_status st =
        terms_symbol(t->terms, relation, strlen(relation), &key.relation);
    if (st != DM_OK)
        return st == DM_NOMEM ? error_nomem(err)
                              : error_set(err, st, "too many terms");
    memcpy(key.columns, columns, ncolumns * sizeof *columns);
    return vec_push(&t->keys, key) ? DM_OK : error_nomem(err);
}

dm_status dm_txn_put_note(dm_txn *t, const char *key, const void *value,
                          size_t size, dm_error *err)
{
    if (t->store == NULL)
        return DM_OK; /* notes are about files and their store */
    return store_put_note(t->store, key, value, size, err);
}

/* ---- the commit --------------------------------------------------------- */

static dm_status check_keys(const dm_txn *t, dm_error *err)
{
    const statement_vec *now = &t->kb->now->statements;
    statement_vec all = {0};
    dm_status st = DM_OK;
    if (t->keys.len == 0)
        return DM_OK;
    st = delta_apply(&t->changes, now->at, now->len, &all, err);
    for (size_t i = 0; st == DM_OK && i < t->keys.len; i++)
        st = key_check(&t->keys.at[i], t->terms, all.at, all.len, err);
    vec_free(&all);
    return st;
}

/* Cells that are terms: from the overlay to the root. */
static dm_status copy_rows(dm_txn *t, kb_import *import, dm_error *err)
{
    for (uint32_t c = 0; c < import->rows.arity; c++) {
        dm_type type = import->types[c];
        if (type == DM_INT || type == DM_FLOAT || type == DM_DATE)
            continue;
        column *col = import->rows.nrows > 0 ? &import->rows.col[c] : NULL;
        for (size_t i = 0; i < import->rows.nrows; i++) {
            dm_term copy = 0;
            dm_status st = terms_copy(t->terms, (dm_term)column_get(col, i),
                                      t->kb->terms, &copy);
            if (st != DM_OK)
                return st == DM_NOMEM ? error_nomem(err)
                                      : error_set(err, st, "too many terms");
            column_set(col, i, copy);
        }
    }
    return DM_OK;
}

/* Rows of imports that were retracted again are dropped. */
static dm_status take_imports(dm_txn *t, dm_error *err)
{
    dm_kb *kb = t->kb;
    if (!vec_reserve(&kb->imports, kb->imports.len + t->imports.len))
        return error_nomem(err);
    for (size_t i = 0; i < t->imports.len; i++) {
        dm_status st = copy_rows(t, &t->imports.at[i], err);
        if (st != DM_OK)
            return st;
    }
    for (size_t i = 0; i < t->imports.len; i++)
        if (delta_find(&t->changes, t->imports.at[i].serial) != NULL) {
            kb->imports.at[kb->imports.len++] = t->imports.at[i];
            t->imports.at[i] = (kb_import){0};
        }
    return DM_OK;
}

/* Copies of the added statements, in the base's memory and terms. */
static dm_status copy_added(const dm_txn *t, delta *out, uint64_t number,
                            dm_error *err)
{
    for (size_t i = 0; i < t->changes.added.len; i++) {
        const dm_statement *copy = NULL;
        dm_statement s = *t->changes.added.at[i];
        s.txn = number;
        dm_status st = delta_copy(&t->kb->memory, &s, t->terms, t->kb->terms,
                                  &copy, err);
        if (st == DM_OK && !vec_push(&out->added, copy))
            st = error_nomem(err);
        if (st != DM_OK)
            return st;
    }
    return DM_OK;
}

static dm_status commit_in_memory(dm_txn *t, uint64_t *number, dm_error *err)
{
    dm_kb *kb = t->kb;
    const statement_vec *now = &kb->now->statements;
    delta copied = {.withdrawn = t->changes.withdrawn};
    snapshot *next = snapshot_new();
    dm_status st = DM_NOMEM;
    if (next == NULL) {
        error_nomem(err);
        goto end;
    }
    TRY(copy_added(t, &copied, kb->last_txn + 1, err), end);
    TRY(delta_apply(&copied, now->at, now->len, &next->statements, err), end);
    TRY(take_imports(t, err), end);
    snapshot_release(kb->now);
    kb->now = next;
    next = NULL;
    kb->last_serial = t->next_serial - 1;
    *number = ++kb->last_txn;
end:
    snapshot_release(next);
    vec_free(&copied.added);
    return st;
}

/* What is committed stays so, even if memory runs out while it is loaded:
 * the next refresh will do that. */
static dm_status commit_to_store(dm_txn *t, uint64_t *number, dm_error *err)
{
    uint64_t txn = 0;
    dm_status st = store_commit(t->store, &txn, err);
    t->store = NULL;
    if (st != DM_OK)
        return st;
    *number = txn;
    dm_kb_refresh(t->kb, NULL, NULL);
    return DM_OK;
}

dm_status dm_txn_commit(dm_txn *t, uint64_t *number, dm_error *err)
{
    uint64_t txn = 0;
    dm_status st = t->broken
        ? error_set(err, DM_INVALID, "a change failed half-way; the "
                    "transaction can't be committed")
        : check_keys(t, err);
    if (st == DM_OK && t->store != NULL)
        st = commit_to_store(t, &txn, err);
    else if (st == DM_OK)
        st = commit_in_memory(t, &txn, err);
    dm_txn_abort(t);
    if (st == DM_OK && number != NULL)
        *number = txn;
    return st;
}

void dm_txn_abort(dm_txn *t)
{
    if (t == NULL)
        return;
    if (t->store != NULL)
        store_abort(t->store);
    txn_free(t);
}
