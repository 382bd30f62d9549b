/* test_kb.c - knowledge bases and transactions, in memory and on a store:
 * the same tests on both, then what only one of them has. */
#include "kb_help.h"

#include "kb/delta.h"
#include "kb/kb_internal.h"

static char store_file[64];

static dm_kb *open_kb(bool on_store)
{
    dm_kb *kb;
    if (!on_store) {
        must(dm_kb_open(NULL, 0, &kb, &error));
        return kb;
    }
    strcpy(store_file, temporary(""));
    unlink(store_file);
    must(dm_kb_open(store_file, STORE_CREATE, &kb, &error));
    return kb;
}

static void remove_store(void)
{
    char lock[80];
    snprintf(lock, sizeof lock, "%s-lock", store_file);
    unlink(store_file);
    unlink(lock);
}

/* ---- statements --------------------------------------------------------- */

static void test_statements(dm_kb *kb)
{
    making s;
    uint64_t number = 0;
    make(&s, scratch_terms(), DM_CLAIM, "abc.dm", 7);
    term(&s, DM_TAG_ID, "abc.c3");
    bytes(&s, DM_TAG_TEXT, "said so");
    bytes(&s, DM_TAG_DOC, "");
    date(&s, DM_TAG_SAID, "2021-04-01", "2021-04-30", DM_DATE_NOT_A_DAY);
    dm_txn *t = begin(kb);
    uint64_t one = add(t, &s);
    is_int((int64_t)dm_kb_count(kb), 0, "not there before the commit");
    must(dm_txn_commit(t, &number, &error));
    is_int((int64_t)number, 1, "the first transaction");
    is_int((int64_t)one, 1, "the first serial");
    const dm_statement *got = dm_kb_find(kb, one);
    ok(got != NULL && dm_kb_get(kb, 0) == got, "found by serial");
    ok(got->kind == DM_CLAIM && got->txn == 1 && got->nfields == 5,
       "as it was added");
    is_str(text_of(dm_kb_terms(kb), statement_term(got, DM_TAG_ID)), "abc.c3",
           "a term");
    is_str(text_of(dm_kb_terms(kb), got->origin), "abc.dm", "its file");
    dm_date said = {0};
    ok(statement_date(got, DM_TAG_SAID, &said)
           && said.latest == day("2021-04-30"), "a date");
    is_str(text_of(dm_kb_terms(kb), said.text), "some month", "its text");
    ok(statement_field(got, DM_TAG_TEXT)->size == 7, "bytes");
    dm_hash hash;
    must(statement_hash(&s.statement, s.terms, &hash));
    ok(hash.lo == got->hash.lo && hash.hi == got->hash.hi, "its hash");
}

static void test_changes(dm_kb *kb)
{
    making s;
    uint64_t number;
    size_t before = dm_kb_count(kb);
    uint32_t terms_before = terms_count(dm_kb_terms(kb));
    dm_txn *t = begin(kb), *other;
    fact(&s, scratch_terms(), 1, "only_tried", "a");
    uint64_t tried = add(t, &s);
    is_int(dm_txn_begin(kb, "x", "y", &other, &error), DM_BUSY,
           "one transaction at a time");
    is_int(dm_kb_close(kb, &error), DM_BUSY, "no closing meanwhile");
    is_str(error.text, "can't close a knowledge base with an open transaction",
           "with the reason");
    dm_txn_abort(t);
    is_int((int64_t)dm_kb_count(kb), (int64_t)before,
           "an abort leaves nothing");
    ok(terms_count(dm_kb_terms(kb)) == terms_before
           || dm_kb_store(kb) != NULL, "no terms either");

    t = begin(kb);
    uint64_t first = add(t, &s);
    ok(first >= tried, "serials go on");
    fact(&s, scratch_terms(), 2, "r", "b");
    uint64_t second = add(t, &s);
    must(dm_txn_retract(t, first, &error));
    is_int(dm_txn_retract(t, first, &error), DM_NOT_FOUND, "only once");
    is_int(dm_txn_retract(t, 999, &error), DM_NOT_FOUND, "no such serial");
    must(dm_txn_commit(t, &number, &error));
    ok(dm_kb_find(kb, first) == NULL && dm_kb_find(kb, second) != NULL,
       "added and retracted at once");

    t = begin(kb);
    must(dm_txn_retract(t, second, &error));
    ok(dm_kb_find(kb, second) != NULL, "there until the commit");
    must(dm_txn_commit(t, &number, &error));
    ok(dm_kb_find(kb, second) == NULL, "then gone");
    is_int((int64_t)dm_kb_count(kb), (int64_t)before, "as before");
}

/* ---- keys --------------------------------------------------------------- */

typedef struct dated {
    int value;
    const char *on, *from, *to;
    bool likely;
} dated;

static void seat(making *s, int line, const char *who, const dated *d)
{
    fact(s, scratch_terms(), line, "seat", who);
    number(s, DM_TAG_ARG, d->value);
    if (d->on != NULL)
        date(s, DM_TAG_ON, d->on, NULL, 0);
    if (d->from != NULL)
        date(s, DM_TAG_FROM, d->from, NULL, 0);
    if (d->to != NULL)
        date(s, DM_TAG_TO, d->to, NULL, 0);
    if (d->likely)
        bytes(s, DM_TAG_PROBABILITY, "likely");
}

/* What a commit of these facts on one key gives; what was committed is
 * retracted again. */
static dm_status together(dm_kb *kb, const dated *facts, size_t n)
{
    static const uint32_t column = 0;
    making s;
    uint64_t number, serials[8];
    dm_txn *t = begin(kb);
    must(dm_txn_key(t, "seat", &column, 1, &error));
    for (size_t i = 0; i < n; i++) {
        seat(&s, (int)i + 1, "us", &facts[i]);
        serials[i] = add(t, &s);
    }
    seat(&s, 99, "uk", &facts[0]);
    serials[n] = add(t, &s);
    dm_status st = dm_txn_commit(t, &number, &error);
    if (st != DM_OK)
        return st;
    t = begin(kb);
    for (size_t i = 0; i <= n; i++)
        must(dm_txn_retract(t, serials[i], &error));
    must(dm_txn_commit(t, &number, &error));
    return DM_OK;
}

static void test_keys(dm_kb *kb)
{
    size_t before = dm_kb_count(kb);
#define TOGETHER(...)                            \
    together(kb, (const dated[]){__VA_ARGS__},   \
             sizeof((const dated[]){__VA_ARGS__}) / sizeof(dated))
    is_int(TOGETHER({.value = 1}, {.value = 2}), DM_KEY, "two undated values");
    is_str(error.text, "f.dm:2: seat(us, 2) breaks a key, since there is "
           "f.dm:1: seat(us, 1)", "both are named");
    is_int((int64_t)dm_kb_count(kb), (int64_t)before, "nothing is committed");
    is_int(TOGETHER({.value = 1}, {.value = 1}), DM_OK, "the same value twice");
    is_int(TOGETHER({.value = 1, .on = "2021-01-01"},
                    {.value = 2, .on = "2021-01-01"}), DM_KEY, "on one day");
    is_int(TOGETHER({.value = 1, .on = "2021-01-01"},
                    {.value = 2, .on = "2021-01-02"}), DM_OK, "on two days");
    is_int(TOGETHER({.value = 1}, {.value = 2, .on = "2021-01-01"}), DM_OK,
           "undated and dated");
    is_int(TOGETHER({.value = 1, .from = "2021-01-01", .to = "2021-01-31"},
                    {.value = 2, .from = "2021-01-31", .to = "2021-02-28"}),
           DM_KEY, "intervals that share a day");
    is_int(TOGETHER({.value = 1, .from = "2021-01-01", .to = "2021-01-30"},
                    {.value = 2, .from = "2021-01-31", .to = "2021-02-28"}),
           DM_OK, "intervals in a row");
    is_int(TOGETHER({.value = 1, .from = "2021-01-01", .to = "2021-12-31"},
                    {.value = 1, .from = "2021-01-02", .to = "2021-01-03"},
                    {.value = 2, .from = "2021-06-01", .to = "2021-06-02"}),
           DM_KEY, "one that is hidden by a shorter one");
    is_int(TOGETHER({.value = 1, .from = "2021-01-01", .to = "2021-12-31"},
                    {.value = 1, .from = "2021-02-01", .to = "2022-12-31"},
                    {.value = 1, .from = "2021-03-01", .to = "2021-03-02"}),
           DM_OK, "one value, overlapping itself");
    is_int(TOGETHER({.value = 1, .from = "2021-01-01", .to = "2021-12-31"},
                    {.value = 2, .on = "2021-06-01"}), DM_OK,
           "an interval, and a day within it");
    is_int(TOGETHER({.value = 1, .likely = true}, {.value = 2}), DM_OK,
           "a probability doesn't clash");
#undef TOGETHER
    /* a clash with what was there before */
    making s;
    uint64_t number;
    static const uint32_t column = 0;
    const dated one = {.value = 1}, two = {.value = 2};
    seat(&s, 1, "us", &one);
    uint64_t old = commit(kb, &s);
    dm_txn *t = begin(kb);
    must(dm_txn_key(t, "seat", &column, 1, &error));
    seat(&s, 2, "us", &two);
    add(t, &s);
    is_int(dm_txn_commit(t, &number, &error), DM_KEY, "with an older fact");
    t = begin(kb);
    must(dm_txn_key(t, "seat", &column, 1, &error));
    must(dm_txn_retract(t, old, &error));
    add(t, &s);
    is_int(dm_txn_commit(t, &number, &error), DM_OK,
           "not with one that is retracted");
    t = begin(kb);
    is_int(dm_txn_key(t, "seat", &column, 0, &error), DM_INVALID,
           "a key without columns");
    dm_txn_abort(t);
}

/* ---- imports ------------------------------------------------------------ */

static const dm_type edge_types[] = {DM_SYMBOL, DM_INT};

static uint64_t import(dm_kb *kb, dm_txn *t, const char *content,
                       dm_status want)
{
    making s;
    table_options o = {.ncolumns = 2, .types = edge_types, .separator = '\t'};
    uint64_t rows = 0;
    char path[64];
    (void)kb;
    make(&s, scratch_terms(), DM_IMPORT, "i.dm", 1);
    term(&s, DM_TAG_RELATION, "edge");
    uint64_t serial = add(t, &s);
    strcpy(path, temporary(content));
    is_int(dm_txn_import(t, serial, path, &o, &rows, &error), want,
           "an import");
    unlink(path);
    if (want == DM_OK)
        is_int((int64_t)rows, 2, "of two rows");
    return serial;
}

static dm_status add_ints(void *context, const dm_cell *cells, size_t n,
                          dm_error *err)
{
    int64_t *sum = context;
    (void)err;
    for (size_t i = 0; i < n; i++)
        *sum += cell_get_int(cells[2 * i + 1]);
    return DM_OK;
}

/* Rows of an import by their first cells, and all of them in columns. */
static void check_rows(dm_kb *kb, uint64_t serial)
{
    int64_t sum = 0;
    columns c;
    dm_cell prefix[2] = {terms_find_symbol(kb->terms, "b", 1), 2};
    must(kb_rows_match(kb, serial, prefix, 1, add_ints, &sum, &error));
    is_int(sum, 2, "rows of b");
    must(kb_rows_match(kb, serial, prefix, 2, add_ints, &sum, &error));
    is_int(sum, 4, "the row b, 2");
    prefix[1] = 1;
    must(kb_rows_match(kb, serial, prefix, 2, add_ints, &sum, &error));
    is_int(sum, 4, "no row b, 1");
    must(kb_rows_match(kb, serial, NULL, 0, add_ints, &sum, &error));
    is_int(sum, 7, "all rows");
    must(kb_rows_match(kb, serial + 1000, prefix, 1, add_ints, &sum, &error));
    is_int(sum, 7, "no such import, no rows");
    columns_init(&c, 2);
    must(kb_columns(kb, serial, &c, &error));
    is_int((int64_t)c.nrows, 2, "all rows in columns");
    must(kb_columns(kb, serial + 1000, &c, &error));
    is_int((int64_t)c.nrows, 2, "and none of no import");
    columns_free(&c);
}

static void test_imports(dm_kb *kb)
{
    uint64_t number, rows;
    making s;
    dm_txn *t = begin(kb);
    uint64_t serial = import(kb, t, "new_symbol\t1\nb\t2\n", DM_OK);
    fact(&s, scratch_terms(), 1, "r", "a");
    uint64_t plain = add(t, &s);
    is_int(dm_txn_import(t, plain, "none", NULL, &rows, &error), DM_INVALID,
           "only for an import statement");
    must(dm_txn_commit(t, &number, &error));
    check_rows(kb, serial);
    t = begin(kb);
    import(kb, t, "b\tx\n", DM_INVALID);
    dm_txn_abort(t);
}

/* ---- stores only -------------------------------------------------------- */

static void test_reopen(dm_kb *kb)
{
    dm_kb *again;
    bool changed = true;
    uint64_t number;
    char note[4];
    size_t count = dm_kb_count(kb);
    must(dm_kb_refresh(kb, &changed, &error));
    ok(!changed, "nobody else wrote");
    dm_txn *t = begin(kb);
    must(dm_txn_put_note(t, "k", "abc", 4, &error));
    must(dm_txn_commit(t, &number, &error));
    must(store_get_note(dm_kb_store(kb), "k", note, 4, &error));
    is_str(note, "abc", "a note");
    must(dm_kb_close(kb, &error));
    must(dm_kb_open(store_file, STORE_READ_ONLY, &again, &error));
    is_int((int64_t)dm_kb_count(again), (int64_t)count, "all is there again");
    is_int(dm_txn_begin(again, "x", "y", &t, &error), DM_READ_ONLY,
           "reading only");
    uint64_t last = dm_kb_get(again, count - 1)->serial;
    must(dm_kb_detach(again, &error));
    ok(dm_kb_store(again) == NULL, "detached");
    is_int((int64_t)dm_kb_count(again), (int64_t)count, "with its statements");
    is_str(text_of(dm_kb_terms(again), dm_kb_get(again, 0)->origin), "abc.dm",
           "and terms");
    making s;
    fact(&s, scratch_terms(), 1, "r", "z");
    ok(commit(again, &s) > last, "it takes changes in memory");
    must(dm_kb_detach(again, &error));
    must(dm_kb_close(again, &error));
    is_int(dm_kb_open("/no/such/store", 0, &again, &error), DM_NOT_FOUND,
           "no such store");
}

/* ---- deltas ------------------------------------------------------------- */

static void test_delta(void)
{
    delta d = {0};
    making s;
    statement_vec all = {0};
    const dm_statement *base[3], *got = NULL;
    dm_terms *t = scratch_terms();
    arena memory = {0};
    for (size_t i = 0; i < 3; i++) {
        fact(&s, t, (int)i, "r", "a");
        s.statement.serial = 2 * i + 1;
        must(delta_copy(&memory, &s.statement, t, t, &base[i], &error));
    }
    must(delta_add(&d, &s.statement, 4, t, t, &got, &error));
    must(delta_add(&d, &s.statement, 9, t, t, NULL, &error));
    must(delta_withdraw(&d, 5, &error));
    must(delta_withdraw(&d, 1, &error));
    must(delta_withdraw(&d, 5, &error));
    must(delta_withdraw(&d, 9, &error));
    must(delta_apply(&d, base, 3, &all, &error));
    ok(all.len == 2 && all.at[0] == base[1] && all.at[1] == got,
       "a delta applied");
    ok(delta_withdraws(&d, 1) && delta_withdraws(&d, 5)
           && !delta_withdraws(&d, 3) && !delta_withdraws(&d, 9),
       "what is withdrawn");
    ok(delta_find(&d, 4) == got && delta_find(&d, 9) == NULL, "what is added");
    vec_free(&all);
    delta_free(&d);
    arena_free(&memory);
}

int main(void)
{
    for (int on_store = 0; on_store <= 1; on_store++) {
        dm_kb *kb = open_kb(on_store);
        test_statements(kb);
        test_changes(kb);
        test_keys(kb);
        test_imports(kb);
        if (on_store)
            test_reopen(kb); /* and closes it */
        else
            must(dm_kb_close(kb, &error));
    }
    remove_store();
    test_delta();
    is_int(dm_kb_close(NULL, &error), DM_OK, "closing nothing");
    terms_free(scratch_terms());
    return done_testing();
}
