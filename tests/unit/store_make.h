/* store_make.h - stores for tests: a folder of their own, a few statements. */
#ifndef TESTS_STORE_MAKE_H
#define TESTS_STORE_MAKE_H

#include "base/columns.h"
#include "store/internal.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static char make_folder_name[64];
static char make_store_name[96];
static dm_error make_err;

/* A path for a store in a new folder. */
__attribute__((unused))
static const char *make_path(void)
{
    snprintf(make_folder_name, sizeof make_folder_name,
             "/tmp/dragoman-test-XXXXXX");
    if (!mkdtemp(make_folder_name)) {
        perror("mkdtemp");
        exit(1);
    }
    snprintf(make_store_name, sizeof make_store_name, "%s/s",
             make_folder_name);
    return make_store_name;
}

/* Take away just what the store made there. */
__attribute__((unused))
static void make_clean(void)
{
    char name[128];
    unlink(make_store_name);
    snprintf(name, sizeof name, "%s-lock", make_store_name);
    unlink(name);
    rmdir(make_folder_name);
}

/* A step that has to succeed for the test to make sense. */
__attribute__((unused))
static void must(dm_status st)
{
    if (st == DM_OK)
        return;
    printf("Bail out! %s: %s\n", dm_status_name(st), make_err.text);
    exit(1);
}

__attribute__((unused))
static dm_store *make_open(const char *path)
{
    dm_store *s = NULL;
    must(store_open(path, STORE_CREATE, &s, &make_err));
    return s;
}

__attribute__((unused))
static dm_term make_symbol(dm_terms *t, const char *text)
{
    dm_term out = 0;
    must(terms_symbol(t, text, strlen(text), &out));
    return out;
}

/* Add `relation(a, b).`; the status is the caller's to judge. */
__attribute__((unused))
static dm_status make_fact(dm_store_txn *t, dm_store *s, const char *relation,
                           const char *a, int64_t b, uint64_t *serial)
{
    dm_terms *terms = terms_new(store_terms(s));
    dm_term number = 0;
    must(terms_int(terms, b, &number));
    dm_field fields[3] = {
        {.tag = DM_TAG_RELATION, .type = DM_FIELD_TERM},
        {.tag = DM_TAG_ARG, .type = DM_FIELD_TERM},
        {.tag = DM_TAG_ARG, .type = DM_FIELD_TERM},
    };
    fields[0].term = make_symbol(terms, relation);
    fields[1].term = make_symbol(terms, a);
    fields[2].term = number;
    dm_statement st = {.kind = DM_FACT, .nfields = 3, .fields = fields,
                       .origin = make_symbol(terms, "entered")};
    dm_status rc = store_add(t, &st, terms, serial, &make_err);
    terms_free(terms);
    return rc;
}

/* Add an import statement of `relation`, without its rows. */
__attribute__((unused))
static uint64_t make_import(dm_store_txn *t, dm_store *s, const char *relation)
{
    dm_terms *terms = terms_new(store_terms(s));
    uint64_t serial = 0;
    dm_field field = {.tag = DM_TAG_RELATION, .type = DM_FIELD_TERM};
    field.term = make_symbol(terms, relation);
    dm_statement st = {.kind = DM_IMPORT, .nfields = 1, .fields = &field,
                       .origin = make_symbol(terms, "entered")};
    must(store_add(t, &st, terms, &serial, &make_err));
    terms_free(terms);
    return serial;
}

/* Give it rows that are held row-major. */
__attribute__((unused))
static dm_status make_rows(dm_store_txn *t, uint64_t serial, uint32_t arity,
                           const dm_type *types, const dm_cell *rows, size_t n,
                           const dm_terms *terms, const dm_cancel *cancel,
                           dm_error *err)
{
    columns c;
    columns_init(&c, arity);
    must(columns_append_rows(&c, rows, n));
    dm_status st = store_import(t, serial, types, &c, terms, cancel, err);
    columns_free(&c);
    return st;
}

__attribute__((unused))
static dm_store_txn *make_begin(dm_store *s)
{
    dm_store_txn *t = NULL;
    must(store_begin(s, "tester", "test", &t, &make_err));
    return t;
}

__attribute__((unused))
static void make_show(void *context, const char *text)
{
    (void)context;
    diag("finding: %s", text);
}

__attribute__((unused))
static void make_hide(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* Number of findings, shown; -1 when verify failed. */
__attribute__((unused))
static long make_verify(dm_store *s)
{
    size_t count = 0;
    dm_status st = store_verify(s, make_show, NULL, &count, &make_err);
    if (st != DM_OK)
        diag("verify: %s", make_err.text);
    return st == DM_OK ? (long)count : -1;
}

/* Rows of an import, gathered. */
typedef struct gathered {
    VEC(dm_cell) cells;
    uint32_t arity;
    size_t rows;
} gathered;

__attribute__((unused))
static dm_status make_gather(void *context, const dm_cell *rows, size_t nrows,
                             dm_error *err)
{
    gathered *g = context;
    for (size_t i = 0; i < nrows * g->arity; i++)
        if (!vec_push(&g->cells, rows[i]))
            return error_nomem(err);
    g->rows += nrows;
    return DM_OK;
}

/* Random numbers, the same on every machine. */
__attribute__((unused))
static uint64_t make_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

#endif
