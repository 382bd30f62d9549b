/* kb.c - knowledge bases: opening, reloading, closing, detaching.
 *
 * Purpose: the statements of a store, or of memory, as an array in order of
 * serial.
 * Representation: a statement never changes once it has a serial, so each is
 * copied once, into one arena, and kept until the base is closed.  What is
 * current is a counted array of pointers, shared with the views opened on it;
 * a reload makes a new array and copies only the statements that are new.
 * Bulk rows stay in the store; a base in memory holds them itself.
 * Invariants: `now` is in order of serial; the terms of statements are of
 * the root table.
 * Cost: opening copies every statement, some 300 ns each; a statement that
 * was withdrawn stays in memory until the base is closed. */
#include "kb/kb_internal.h"

#include "base/error.h"

#include <assert.h>
#include <string.h>

enum { ROWS_BATCH = 4096 };

/* ---- snapshots ---------------------------------------------------------- */

snapshot *snapshot_new(void)
{
    snapshot *s = mem_calloc(1, sizeof *s);
    if (s != NULL)
        s->references = 1;
    return s;
}

void snapshot_release(snapshot *s)
{
    if (s == NULL || --s->references > 0)
        return;
    vec_free(&s->statements);
    mem_free(s);
}

/* ---- loading ------------------------------------------------------------ */

typedef struct loading {
    dm_kb *kb;
    snapshot *next;
    size_t old; /* how far we are in the statements there were */
} loading;

/* Keep a statement: the copy there was, or a new one. */
static dm_status load_statement(void *context, const dm_statement *s,
                                dm_error *err)
{
    loading *l = context;
    const statement_vec *before = &l->kb->now->statements;
    const dm_statement *kept = NULL;
    dm_status st = DM_OK;
    while (l->old < before->len && before->at[l->old]->serial < s->serial)
        l->old++;
    if (l->old < before->len && before->at[l->old]->serial == s->serial)
        kept = before->at[l->old];
    else
        st = delta_copy(&l->kb->memory, s, l->kb->terms, l->kb->terms, &kept,
                        err);
    if (st == DM_OK && !vec_push(&l->next->statements, kept))
        st = error_nomem(err);
    return st;
}

static dm_status load(dm_kb *kb, dm_error *err)
{
    loading l = {.kb = kb, .next = snapshot_new()};
    if (l.next == NULL)
        return error_nomem(err);
    dm_status st = store_statements(kb->store, load_statement, &l, err);
    if (st != DM_OK) {
        snapshot_release(l.next);
        return st;
    }
    snapshot_release(kb->now);
    kb->now = l.next;
    return DM_OK;
}

dm_status dm_kb_refresh(dm_kb *kb, bool *changed, dm_error *err)
{
    store_info info = {0};
    dm_status st = DM_OK;
    bool other = false;
    if (kb->store != NULL)
        st = store_refresh(kb->store, &info, err);
    if (st == DM_OK && kb->store != NULL && info.last_txn != kb->last_txn) {
        st = load(kb, err);
        other = st == DM_OK;
    }
    if (st != DM_OK)
        return st;
    if (other)
        kb->last_txn = info.last_txn;
    if (changed != NULL)
        *changed = other;
    return DM_OK;
}

/* ---- opening and closing ------------------------------------------------ */

static void kb_free(dm_kb *kb)
{
    snapshot_release(kb->now);
    for (size_t i = 0; i < kb->imports.len; i++)
        import_free(&kb->imports.at[i]);
    vec_free(&kb->imports);
    arena_free(&kb->memory);
    if (kb->store != NULL)
        store_close(kb->store); /* the terms are the store's */
    else
        terms_free(kb->terms);
    mem_free(kb);
}

static dm_status open_store(dm_kb *kb, const char *path, unsigned flags,
                            dm_error *err)
{
    dm_status st = store_open(path, flags, &kb->store, err);
    if (st != DM_OK)
        return st;
    kb->read_only = (flags & STORE_READ_ONLY) != 0;
    kb->terms = store_terms(kb->store);
    return dm_kb_refresh(kb, NULL, err);
}

dm_status dm_kb_open(const char *path, unsigned flags, dm_kb **out,
                     dm_error *err)
{
    dm_status st = DM_OK;
    dm_kb *kb = mem_calloc(1, sizeof *kb);
    if (kb == NULL)
        return error_nomem(err);
    kb->now = snapshot_new();
    if (kb->now == NULL) {
        st = error_nomem(err);
    } else if (path != NULL) {
        st = open_store(kb, path, flags, err);
    } else {
        kb->terms = terms_new(NULL);
        st = kb->terms != NULL ? DM_OK : error_nomem(err);
    }
    if (st != DM_OK) {
        kb_free(kb);
        return st;
    }
    *out = kb;
    return DM_OK;
}

/* What refers to the base's terms and statements must be gone. */
static dm_status check_idle(const dm_kb *kb, const char *doing, dm_error *err)
{
    if (kb->txn != NULL)
        return error_set(err, DM_BUSY, "can't %s a knowledge base with an "
                         "open transaction", doing);
    if (kb->nviews > 0)
        return error_set(err, DM_BUSY, "can't %s a knowledge base with %zu "
                         "open view%s", doing, kb->nviews,
                         kb->nviews == 1 ? "" : "s");
    return DM_OK;
}

dm_status dm_kb_close(dm_kb *kb, dm_error *err)
{
    if (kb == NULL)
        return DM_OK;
    dm_status st = check_idle(kb, "close", err);
    if (st == DM_OK)
        kb_free(kb);
    return st;
}

/* ---- detaching ---------------------------------------------------------- */

static dm_status gather_rows(void *context, const dm_cell *rows, size_t nrows,
                             dm_error *err)
{
    dm_status st = columns_append_rows(context, rows, nrows);
    return st == DM_OK ? st : error_nomem(err);
}

/* Take the rows of an import from the store into memory. */
static dm_status keep_import(dm_kb *kb, uint64_t serial, import_vec *out,
                             dm_error *err)
{
    dm_type types[64];
    uint32_t arity = 0;
    kb_import import = {.serial = serial};
    dm_status st = kb_row_types(kb, serial, &arity, types, err);
    if (st != DM_OK)
        return st;
    columns_init(&import.rows, arity);
    TRY(kb_rows(kb, serial, gather_rows, &import.rows, err), failed);
    import.types = mem_alloc((arity + (size_t)1) * sizeof *import.types);
    st = DM_NOMEM;
    if (import.types != NULL)
        memcpy(import.types, types, arity * sizeof *types);
    if (import.types != NULL && vec_push(out, import))
        return DM_OK;
    error_nomem(err);
failed:
    import_free(&import);
    return st;
}

static dm_status keep_imports(dm_kb *kb, import_vec *out, dm_error *err)
{
    for (size_t i = 0; i < kb->now->statements.len; i++) {
        const dm_statement *s = kb->now->statements.at[i];
        dm_status st = DM_OK;
        if (s->kind == DM_IMPORT)
            st = keep_import(kb, s->serial, out, err);
        if (st != DM_OK)
            return st;
    }
    return DM_OK;
}

/* Copy the store's terms in the order of their ids, so that ids stay. */
static dm_status copy_terms(const dm_terms *from, dm_terms *to, dm_error *err)
{
    for (dm_term id = 1; id <= terms_count(from); id++) {
        dm_term copy = 0;
        dm_status st = terms_copy(from, id, to, &copy);
        if (st != DM_OK)
            return st == DM_NOMEM ? error_nomem(err)
                                  : error_set(err, st, "too many terms");
        if (copy != id)
            return error_set(err, DM_CORRUPT,
                             "the store's terms are not in order");
    }
    return DM_OK;
}

dm_status dm_kb_detach(dm_kb *kb, dm_error *err)
{
    import_vec imports = {0};
    dm_terms *terms = NULL;
    dm_status st = check_idle(kb, "detach", err);
    if (st != DM_OK || kb->store == NULL)
        return st;
    terms = terms_new(NULL);
    if (terms == NULL) {
        st = error_nomem(err);
        goto failed;
    }
    TRY(copy_terms(kb->terms, terms, err), failed);
    TRY(keep_imports(kb, &imports, err), failed);
    store_close(kb->store);
    kb->store = NULL;
    kb->read_only = false;
    kb->terms = terms;
    kb->imports = imports;
    size_t n = kb->now->statements.len;
    kb->last_serial = n > 0 ? kb->now->statements.at[n - 1]->serial : 0;
    return DM_OK;
failed:
    for (size_t i = 0; i < imports.len; i++)
        import_free(&imports.at[i]);
    vec_free(&imports);
    terms_free(terms);
    return st;
}

/* ---- reading ------------------------------------------------------------ */

dm_terms *dm_kb_terms(dm_kb *kb)
{
    return kb->terms;
}

dm_store *dm_kb_store(dm_kb *kb)
{
    return kb->store;
}

size_t dm_kb_count(const dm_kb *kb)
{
    return kb->now->statements.len;
}

const dm_statement *dm_kb_get(const dm_kb *kb, size_t i)
{
    assert(i < kb->now->statements.len);
    return kb->now->statements.at[i];
}

const dm_statement *dm_kb_find(const dm_kb *kb, uint64_t serial)
{
    return statements_find(kb->now->statements.at, kb->now->statements.len,
                           serial);
}

/* ---- bulk rows ---------------------------------------------------------- */

void import_free(kb_import *import)
{
    mem_free(import->types);
    columns_free(&import->rows);
    *import = (kb_import){0};
}

const kb_import *kb_find_import(const dm_kb *kb, uint64_t serial)
{
    for (size_t i = 0; i < kb->imports.len; i++)
        if (kb->imports.at[i].serial == serial)
            return &kb->imports.at[i];
    return NULL;
}

dm_status kb_row_types(dm_kb *kb, uint64_t serial, uint32_t *arity,
                       dm_type types[64], dm_error *err)
{
    *arity = 0;
    if (kb->store != NULL) {
        dm_status st =
            store_import_types(kb->store, serial, arity, types, err);
        return st == DM_NOT_FOUND ? DM_OK : st;
    }
    const kb_import *import = kb_find_import(kb, serial);
    if (import != NULL) {
        *arity = import->rows.arity;
        memcpy(types, import->types, import->rows.arity * sizeof *types);
    }
    return DM_OK;
}

static dm_status visit_columns(const columns *c, store_on_rows *visit,
                               void *context, dm_error *err)
{
    size_t width = (size_t)c->arity + 1;
    dm_cell *batch = mem_alloc(ROWS_BATCH * width * sizeof *batch);
    dm_status st = batch != NULL ? DM_OK : error_nomem(err);
    for (size_t i = 0; i < c->nrows && st == DM_OK; i += ROWS_BATCH) {
        size_t n = c->nrows - i < ROWS_BATCH ? c->nrows - i : ROWS_BATCH;
        columns_rows(c, i, n, batch);
        st = visit(context, batch, n, err);
    }
    mem_free(batch);
    return st;
}

dm_status kb_rows(dm_kb *kb, uint64_t serial, store_on_rows *visit,
                  void *context, dm_error *err)
{
    if (kb->store != NULL) {
        dm_status st = store_rows(kb->store, serial, visit, context, err);
        return st == DM_NOT_FOUND ? DM_OK : st;
    }
    const kb_import *import = kb_find_import(kb, serial);
    return import != NULL ? visit_columns(&import->rows, visit, context, err)
                          : DM_OK;
}

dm_status kb_columns(dm_kb *kb, uint64_t serial, columns *out, dm_error *err)
{
    if (kb->store != NULL) {
        dm_status st = store_columns(kb->store, serial, out, err);
        return st == DM_NOT_FOUND ? DM_OK : st;
    }
    const kb_import *import = kb_find_import(kb, serial);
    if (import == NULL)
        return DM_OK;
    dm_status st = columns_copy(out, &import->rows, 0, import->rows.nrows);
    return st == DM_OK ? st : error_nomem(err);
}

static bool begins_with(const columns *c, size_t row, const dm_cell *prefix,
                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (column_get(&c->col[i], row) != prefix[i])
            return false;
    return true;
}

dm_status kb_rows_match(dm_kb *kb, uint64_t serial, const dm_cell *prefix,
                        uint32_t n, store_on_rows *visit, void *context,
                        dm_error *err)
{
    if (kb->store != NULL) {
        dm_status st = store_rows_match(kb->store, serial, prefix, n, visit,
                                        context, err);
        return st == DM_NOT_FOUND ? DM_OK : st;
    }
    const kb_import *import = kb_find_import(kb, serial);
    dm_cell cells[64];
    dm_status st = DM_OK;
    for (size_t i = 0; import != NULL && i < import->rows.nrows && st == DM_OK;
         i++)
        if (begins_with(&import->rows, i, prefix, n)) {
            columns_row(&import->rows, i, cells);
            st = visit(context, cells, 1, err);
        }
    return st;
}
