/* bench_store.c - what the store costs.
 *
 *     bench_store [rows [folder]]
 *
 * Loads rows of random pairs below 2^24 (10 million) as one import, durably;
 * opens the store again; scans; counts bytes; then commits single facts for
 * two seconds.  A line each: name, number, unit.  The folder decides which
 * device is measured. */
#include "store/store.h"
#include "base/budget.h"
#include "base/columns.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static dm_error err;

static void must(dm_status st)
{
    if (st == DM_OK)
        return;
    fprintf(stderr, "bench_store: %s: %s\n", dm_status_name(st), err.text);
    exit(1);
}

static void report(const char *name, double number, const char *unit)
{
    printf("%-24s %12.3f %s\n", name, number, unit);
    fflush(stdout);
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static dm_term symbol(dm_terms *t, const char *text)
{
    dm_term out = 0;
    must(terms_symbol(t, text, strlen(text), &out));
    return out;
}

static uint64_t add_import(dm_store_txn *t, dm_store *s)
{
    dm_terms *terms = terms_new(store_terms(s));
    uint64_t serial = 0;
    dm_field field = {.tag = DM_TAG_RELATION, .type = DM_FIELD_TERM};
    field.term = symbol(terms, "edge");
    dm_statement st = {.kind = DM_IMPORT, .nfields = 1, .fields = &field,
                       .origin = symbol(terms, "entered")};
    must(store_add(t, &st, terms, &serial, &err));
    terms_free(terms);
    return serial;
}

static uint64_t load(const char *path, const columns *rows)
{
    const dm_type types[2] = {DM_INT, DM_INT};
    dm_store *s = NULL;
    dm_store_txn *t = NULL;
    double start = budget_now();
    must(store_open(path, STORE_CREATE, &s, &err));
    must(store_begin(s, "bench", "load", &t, &err));
    uint64_t serial = add_import(t, s);
    must(store_import(t, serial, types, rows, store_terms(s), NULL, &err));
    double packed = budget_now();
    must(store_commit(t, NULL, &err));
    double seconds = budget_now() - start;
    report("sort and pack", packed - start, "s");
    report("load, durable", seconds, "s");
    report("load, durable", (double)rows->nrows / seconds / 1e6, "M rows/s");
    store_close(s);
    return serial;
}

typedef struct sums {
    uint64_t rows, sum;
} sums;

static dm_status add_up(void *context, const dm_cell *rows, size_t nrows,
                        dm_error *e)
{
    sums *s = context;
    (void)e;
    s->rows += nrows;
    for (size_t i = 0; i < 2 * nrows; i++)
        s->sum += rows[i];
    return DM_OK;
}

static void scan(dm_store *s, uint64_t serial, const char *name)
{
    sums total = {0};
    double start = budget_now();
    must(store_rows(s, serial, add_up, &total, &err));
    double seconds = budget_now() - start;
    report(name, (double)total.rows / seconds / 1e6, "M rows/s");
}

static void into_columns(dm_store *s, uint64_t serial)
{
    columns rows;
    columns_init(&rows, 2);
    double start = budget_now();
    must(store_columns(s, serial, &rows, &err));
    double seconds = budget_now() - start;
    report("into columns", (double)rows.nrows / seconds / 1e6, "M rows/s");
    columns_free(&rows);
}

/* Rows by their first column, one in a thousand of those there can be. */
static void look_up(dm_store *s, uint64_t serial)
{
    enum { LOOKUPS = 1000 };
    sums total = {0};
    uint64_t seed = 7;
    double start = budget_now();
    for (int i = 0; i < LOOKUPS; i++) {
        dm_cell first = next_random(&seed) >> 40;
        must(store_rows_match(s, serial, &first, 1, add_up, &total, &err));
    }
    double seconds = budget_now() - start;
    report("look up by prefix", seconds / LOOKUPS * 1e6, "us");
}

static void reopen(const char *path, uint64_t serial)
{
    dm_store *s = NULL;
    store_info info;
    size_t findings = 0;
    double start = budget_now();
    must(store_open(path, 0, &s, &err));
    report("open again", (budget_now() - start) * 1e3, "ms");
    scan(s, serial, "scan, first");
    scan(s, serial, "scan");
    into_columns(s, serial);
    look_up(s, serial);
    must(store_refresh(s, &info, &err));
    report("size", (double)info.bytes / (double)info.rows, "bytes/row");
    start = budget_now();
    must(store_verify(s, NULL, NULL, &findings, &err));
    report("verify", budget_now() - start, "s");
    report("findings", (double)findings, "");
    store_close(s);
}

static void add_fact(dm_store_txn *t, dm_store *s, int64_t n)
{
    dm_terms *terms = terms_new(store_terms(s));
    dm_field fields[2] = {{.tag = DM_TAG_RELATION, .type = DM_FIELD_TERM},
                          {.tag = DM_TAG_ARG, .type = DM_FIELD_TERM}};
    dm_statement st = {.kind = DM_FACT, .nfields = 2, .fields = fields};
    uint64_t serial;
    fields[0].term = symbol(terms, "seen");
    must(terms_int(terms, n, &fields[1].term));
    st.origin = symbol(terms, "entered");
    must(store_add(t, &st, terms, &serial, &err));
    terms_free(terms);
}

static void commits(const char *path)
{
    dm_store *s = NULL;
    must(store_open(path, 0, &s, &err));
    double start = budget_now(), seconds;
    int64_t n = 0;
    do {
        dm_store_txn *t = NULL;
        must(store_begin(s, "bench", "", &t, &err));
        add_fact(t, s, n++);
        must(store_commit(t, NULL, &err));
        seconds = budget_now() - start;
    } while (seconds < 2);
    report("one-fact commits, synced", (double)n / seconds, "/s");
    store_close(s);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 10000000;
    char folder[256], path[300], lock[310];
    snprintf(folder, sizeof folder, "%s/dragoman-bench-XXXXXX",
             argc > 2 ? argv[2] : "/tmp");
    if (n == 0 || !mkdtemp(folder)) {
        perror("bench_store");
        return 1;
    }
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(lock, sizeof lock, "%s-lock", path);
    columns rows;
    uint64_t seed = 1;
    columns_init(&rows, 2);
    for (size_t i = 0; i < n; i++) {
        dm_cell row[2] = {next_random(&seed) >> 40, next_random(&seed) >> 40};
        must(columns_append_rows(&rows, row, 1));
    }
    uint64_t serial = load(path, &rows);
    columns_free(&rows);
    reopen(path, serial);
    commits(path);
    unlink(path);
    unlink(lock);
    rmdir(folder);
    return 0;
}
