/* Bulk rows: lanes, sorting, packed blocks, imports, withdrawn rows. */
#include "store_make.h"

#include <math.h>

/* ---- sorting against qsort ------------------------------------------ */

static uint32_t ref_arity;
static const dm_type *ref_types;

static int ref_compare(const void *x, const void *y)
{
    const dm_cell *a = x, *b = y;
    for (uint32_t c = 0; c < ref_arity; c++) {
        uint64_t p = lane_of(ref_types[c], a[c]);
        uint64_t q = lane_of(ref_types[c], b[c]);
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

static size_t ref_sort(dm_cell *rows, size_t n)
{
    size_t size = ref_arity * sizeof *rows, kept = 0;
    qsort(rows, n, size, ref_compare);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || ref_compare(rows + (kept - 1) * ref_arity,
                                  rows + i * ref_arity) != 0)
            memmove(rows + kept++ * ref_arity, rows + i * ref_arity, size);
    return kept;
}

static dm_cell random_cell(dm_type type, unsigned bits, uint64_t *seed)
{
    uint64_t x = make_random(seed) >> (64 - bits);
    if (type == DM_FLOAT)
        return cell_float(((double)x - 1000.0) / 7.0);
    if (type == DM_INT)
        return cell_int((int64_t)(x - (bits < 64 ? 77 : 0)));
    return type == DM_DATE ? cell_int((int64_t)(x & 0xffff)) : (x & 0xfff) + 1;
}

/* The rows of packed blocks; false when they don't come apart. */
static bool unpack(const row_blocks *blocks, gathered *out)
{
    for (size_t i = 0; i < blocks->at.len; i++) {
        const row_block *at = &blocks->at.at[i];
        uint8_t *bytes = mem_alloc(at->size + 8);
        block b;
        memcpy(bytes, blocks->bytes.at + at->at, at->size);
        memset(bytes + at->size, 0xee, 8);
        bool good = block_decode(bytes, at->size, &b) && block_sorted(&b)
                    && b.arity == blocks->arity && b.schema == blocks->schema;
        dm_cell *cells = mem_alloc((b.rows * b.arity + 1) * sizeof *cells);
        if (good) {
            block_cells(&b, ref_types, 0, b.rows, cells);
            make_gather(out, cells, b.rows, NULL);
        }
        mem_free(cells);
        mem_free(bytes);
        if (!good)
            return false;
    }
    return true;
}

static void sort_case(const char *name, uint32_t arity, const dm_type *types,
                      const unsigned *bits, size_t n)
{
    uint64_t seed = n + arity;
    dm_cell *rows = mem_alloc((n * arity + 1) * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < arity; c++)
            rows[i * arity + c] = random_cell(types[c], bits[c], &seed);
    lane_set set;
    columns given;
    row_blocks blocks = {0};
    gathered got = {.arity = arity};
    columns_init(&given, arity);
    must(columns_append_rows(&given, rows, n));
    ref_arity = arity;
    ref_types = types;
    must(lanes_sort(&given, types, NULL, &set, &make_err));
    must(blocks_pack(&set, 7, NULL, &blocks, &make_err));
    bool good = unpack(&blocks, &got);
    size_t want = ref_sort(rows, n);
    ok(good && got.rows == want && set.nrows == want && blocks.rows == want
       && (want == 0 || memcmp(got.cells.at, rows,
                               want * arity * sizeof *rows) == 0), name);
    lanes_free(&set);
    columns_free(&given);
    row_blocks_free(&blocks);
    vec_free(&got.cells);
    mem_free(rows);
}

static void test_sorting(void)
{
    const dm_type mixed[5] = {DM_INT, DM_FLOAT, DM_SYMBOL, DM_DATE, DM_TERM};
    const dm_type ints[3] = {DM_INT, DM_INT, DM_INT};
    sort_case("nothing", 2, ints, (unsigned[]){8, 8}, 0);
    sort_case("one row", 2, ints, (unsigned[]){8, 8}, 1);
    sort_case("few values, many duplicates", 2, ints, (unsigned[]){3, 3},
              5000);
    sort_case("one column", 1, ints, (unsigned[]){20}, 30000);
    sort_case("pairs in one word", 2, ints, (unsigned[]){24, 24}, 300000);
    sort_case("pairs of 64 bits: two words", 2, ints, (unsigned[]){64, 64},
              100000);
    sort_case("two words, ties in the first", 3, ints,
              (unsigned[]){4, 60, 60}, 20000);
    sort_case("every type", 5, mixed, (unsigned[]){30, 30, 8, 12, 9}, 70000);
    sort_case("a constant column", 3, ints, (unsigned[]){1, 1, 40}, 3000);
}

static void test_lanes(void)
{
    const double floats[] = {-INFINITY, -1e300, -1.5, -1e-300, 0, 1e-300, 1.5,
                             1e300, INFINITY};
    const int64_t ints[] = {INT64_MIN, -5, -1, 0, 1, 5, INT64_MAX};
    bool good = true;
    for (size_t i = 0; i < 9; i++) {
        uint64_t lane = lane_of(DM_FLOAT, cell_float(floats[i]));
        good &= lane_cell(DM_FLOAT, lane) == cell_float(floats[i]);
        good &= i == 0 || lane_of(DM_FLOAT, cell_float(floats[i - 1])) < lane;
    }
    ok(good, "lanes of floats keep their order and come back");
    good = true;
    for (size_t i = 0; i < 7; i++) {
        uint64_t lane = lane_of(DM_INT, cell_int(ints[i]));
        good &= lane_cell(DM_INT, lane) == cell_int(ints[i]);
        good &= i == 0 || lane_of(DM_INT, cell_int(ints[i - 1])) < lane;
    }
    ok(good, "lanes of ints, too");
}

static void test_decode(void)
{
    const dm_type types[2] = {DM_INT, DM_INT};
    dm_cell rows[200];
    lane_set set;
    columns given;
    row_blocks blocks = {0};
    block b;
    size_t accepted = 0;
    for (size_t i = 0; i < 200; i++)
        rows[i] = i * 1000;
    columns_init(&given, 2);
    must(columns_append_rows(&given, rows, 100));
    must(lanes_sort(&given, types, NULL, &set, &make_err));
    must(blocks_pack(&set, 1, NULL, &blocks, &make_err));
    size_t size = blocks.bytes.len;
    uint8_t *bytes = mem_calloc(size + 8, 1);
    memcpy(bytes, blocks.bytes.at, size);
    for (size_t cut = 0; cut < size; cut++)
        accepted += block_decode(bytes, cut, &b);
    is_int(accepted, 0, "a block that is cut off is refused");
    ok(block_decode(bytes, size, &b) && b.rows == 100, "a whole one isn't");
    bytes[12 + 16] = 9;
    ok(!block_decode(bytes, size, &b), "a width over 8 is");
    mem_free(bytes);
    lanes_free(&set);
    columns_free(&given);
    row_blocks_free(&blocks);
}

/* ---- in a store ----------------------------------------------------- */

static const dm_type PAIR[2] = {DM_INT, DM_INT};

/* An import of `n` rows of `arity` ints, committed; row i is i * 7 + column,
 * given in descending order and twice. */
static uint64_t import_ints(dm_store *s, const char *relation, uint32_t arity,
                            size_t n)
{
    dm_type types[MAX_ARITY];
    dm_cell *rows = mem_alloc((2 * n * arity + 1) * sizeof *rows);
    for (uint32_t c = 0; c < MAX_ARITY; c++)
        types[c] = DM_INT;
    for (size_t i = 0; i < 2 * n; i++)
        for (uint32_t c = 0; c < arity; c++)
            rows[i * arity + c] = cell_int((int64_t)((n - 1 - i % n) * 7 + c));
    dm_store_txn *t = make_begin(s);
    uint64_t serial = make_import(t, s, relation);
    must(make_rows(t, serial, arity, types, rows, 2 * n, store_terms(s),
                      NULL, &make_err));
    must(store_commit(t, NULL, &make_err));
    mem_free(rows);
    return serial;
}

static gathered rows_of(dm_store *s, uint64_t serial, uint64_t as_of,
                        uint32_t arity)
{
    gathered g = {.arity = arity};
    dm_status st = store_rows_as_of(s, as_of, serial, make_gather, &g,
                                    &make_err);
    if (st != DM_OK)
        diag("%s", make_err.text);
    return g;
}

static void check_ints(dm_store *s, uint64_t serial, uint32_t arity, size_t n,
                       const char *name)
{
    gathered g = rows_of(s, serial, UINT64_MAX, arity);
    bool good = g.rows == n;
    for (size_t i = 0; good && i < n; i++)
        for (uint32_t c = 0; c < arity; c++)
            good &= cell_get_int(g.cells.at[i * arity + c])
                    == (int64_t)(i * 7 + c);
    ok(good, name);
    vec_free(&g.cells);
}

static void test_import(void)
{
    const char *path = make_path();
    dm_store *s = make_open(path);
    store_info info;
    uint32_t arity = 0;
    dm_type types[64];
    uint64_t pairs = import_ints(s, "edge", 2, 50000);
    uint64_t wide = import_ints(s, "wide", 60, 700);
    uint64_t none = import_ints(s, "none", 3, 0);
    uint64_t unit = import_ints(s, "unit", 0, 4);
    must(store_refresh(s, &info, &make_err));
    is_int(info.rows, 50000 + 700 + 0 + 1, "rows are counted once");
    check_ints(s, pairs, 2, 50000, "pairs come back sorted");
    check_ints(s, wide, 60, 700, "tuples too long for a key do, too");
    check_ints(s, none, 3, 0, "and no rows");
    gathered g = rows_of(s, unit, UINT64_MAX, 0);
    is_int(g.rows, 1, "a relation without columns has one row");
    must(store_import_types(s, none, &arity, types, &make_err));
    ok(arity == 3 && types[2] == DM_INT, "types are known without rows");
    is_int(make_verify(s), 0, "verify finds nothing");
    store_close(s);
    s = make_open(path);
    check_ints(s, pairs, 2, 50000, "the same after opening again");
    is_int(store_import_types(s, 99, &arity, types, &make_err), DM_NOT_FOUND,
           "no such import");
    store_close(s);
    make_clean();
}

static void test_terms(void)
{
    dm_store *s = make_open(make_path());
    dm_store_txn *t = make_begin(s);
    must(make_fact(t, s, "known", "a", 1, &(uint64_t){0}));
    must(store_commit(t, NULL, &make_err));
    dm_terms *overlay = terms_new(store_terms(s));
    dm_cell rows[2 * 500];
    const dm_type types[2] = {DM_SYMBOL, DM_FLOAT};
    for (size_t i = 0; i < 500; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%zu", i % 250);
        rows[2 * i] = make_symbol(overlay, i == 0 ? "a" : name);
        rows[2 * i + 1] = i == 3 ? UINT64_C(1) << 63 : cell_float(0.5);
    }
    t = make_begin(s);
    uint64_t serial = make_import(t, s, "named");
    must(make_rows(t, serial, 2, types, rows, 500, overlay, NULL,
                   &make_err));
    must(store_commit(t, NULL, &make_err));
    gathered g = rows_of(s, serial, UINT64_MAX, 2);
    size_t seen = 0, zero = 0;
    for (size_t i = 0; i < g.rows; i++) {
        size_t size;
        const char *text = terms_text(store_terms(s),
                                      (dm_term)g.cells.at[2 * i], &size);
        seen += text && (text[0] == 'n' || text[0] == 'a');
        zero += g.cells.at[2 * i + 1] == 0;
    }
    is_int(g.rows, 252, "a, n0 to n249, and n3 twice");
    is_int(seen, 252, "symbols of an overlay became the root's");
    is_int(zero, 1, "-0.0 became 0.0");
    is_int(make_verify(s), 0, "verify finds nothing");
    vec_free(&g.cells);
    terms_free(overlay);
    store_close(s);
    make_clean();
}

static dm_status try_import(dm_store_txn *t, uint64_t serial, dm_type type,
                            dm_cell cell, const dm_cancel *cancel)
{
    dm_cell row[2] = {1, cell};
    const dm_type types[2] = {DM_INT, type};
    return make_rows(t, serial, 2, types, row, 1, store_terms(t->s), cancel,
                        &make_err);
}

static void test_refused(void)
{
    dm_store *s = make_open(make_path());
    dm_cancel cancel = {.asked = true};
    uint64_t fact;
    dm_store_txn *t = make_begin(s);
    uint64_t serial = make_import(t, s, "p");
    must(make_fact(t, s, "q", "a", 1, &fact));
    is_int(try_import(t, serial, DM_FLOAT, UINT64_C(0x7ff8) << 48, NULL),
           DM_INVALID, "not a number");
    is_int(try_import(t, serial, DM_SYMBOL, 4711, NULL), DM_INVALID,
           "a term that there isn't");
    is_int(try_import(t, serial, DM_DATE, UINT64_C(1) << 40, NULL), DM_INVALID,
           "a day out of range");
    is_int(try_import(t, serial, DM_ANY, 1, NULL), DM_INVALID, "no type");
    is_int(try_import(t, fact, DM_INT, 1, NULL), DM_INVALID, "not an import");
    is_int(try_import(t, serial + 70, DM_INT, 1, NULL), DM_NOT_FOUND,
           "no such statement");
    is_int(try_import(t, serial, DM_INT, 1, &cancel), DM_CANCELLED,
           "cancelled");
    must(try_import(t, serial, DM_INT, 1, NULL));
    is_int(try_import(t, serial, DM_INT, 1, NULL), DM_EXISTS, "twice");
    must(store_commit(t, NULL, &make_err));
    is_int(make_verify(s), 0, "verify finds nothing");
    store_close(s);
    make_clean();
}

/* ---- withdrawn rows ------------------------------------------------- */

static dm_status withdraw(dm_store *s, uint64_t serial, const dm_cell *rows,
                          size_t n, uint64_t *txn)
{
    dm_store_txn *t = make_begin(s);
    dm_status st = store_withdraw_rows(t, serial, rows, n, &make_err);
    if (st != DM_OK) {
        store_abort(t);
        return st;
    }
    return store_commit(t, txn, &make_err);
}

static void test_withdraw(uint32_t arity, const char *name)
{
    const char *path = make_path();
    dm_store *s = make_open(path);
    uint64_t serial = import_ints(s, "edge", arity, 20000), txn = 0;
    dm_cell rows[2 * MAX_ARITY];
    store_info info;
    for (uint32_t c = 0; c < arity; c++) {
        rows[c] = c;
        rows[arity + c] = 7 * 12345 + c;
    }
    diag("%s", name);
    is_int(withdraw(s, serial, rows, 2, &txn), DM_OK, "two rows go");
    is_int(withdraw(s, serial, rows, 1, NULL), DM_NOT_FOUND, "once only");
    rows[0] = 1;
    is_int(withdraw(s, serial, rows, 1, NULL), DM_NOT_FOUND, "if there");
    store_close(s);
    s = make_open(path);
    gathered now = rows_of(s, serial, UINT64_MAX, arity);
    gathered then = rows_of(s, serial, txn - 1, arity);
    is_int(now.rows, 19998, "a scan leaves them out");
    ok(now.rows && now.cells.at[0] == 7, "just them");
    is_int(then.rows, 20000, "as of before they are there");
    must(store_refresh(s, &info, &make_err));
    is_int(info.rows, 19998, "they don't count");
    is_int(make_verify(s), 0, "verify finds nothing");
    dm_store_txn *t = make_begin(s);
    must(store_retract(t, serial, &make_err));
    must(store_commit(t, NULL, &make_err));
    must(store_refresh(s, &info, &make_err));
    is_int(info.rows, 0, "nor do a withdrawn import's");
    is_int(make_verify(s), 0, "verify finds nothing");
    vec_free(&now.cells);
    vec_free(&then.cells);
    store_close(s);
    make_clean();
}

/* Rows and their statement in one transaction, both withdrawn. */
static void test_withdraw_both(void)
{
    dm_store *s = make_open(make_path());
    uint64_t serial = import_ints(s, "edge", 2, 100);
    store_info info;
    dm_cell row[2] = {7, 8};
    dm_store_txn *t = make_begin(s);
    must(store_withdraw_rows(t, serial, row, 1, &make_err));
    must(store_retract(t, serial, &make_err));
    must(store_commit(t, NULL, &make_err));
    must(store_refresh(s, &info, &make_err));
    is_int(info.rows, 0, "a row and its import withdrawn together");
    t = make_begin(s);
    serial = make_import(t, s, "edge");
    must(make_rows(t, serial, 2, PAIR, row, 1, store_terms(s), NULL,
                   &make_err));
    must(store_retract(t, serial, &make_err));
    must(store_commit(t, NULL, &make_err));
    must(store_refresh(s, &info, &make_err));
    is_int(info.rows, 0, "an import withdrawn in its own transaction");
    is_int(make_verify(s), 0, "verify finds nothing");
    store_close(s);
    make_clean();
}

/* ---- rows by their first columns ------------------------------------ */

/* Are the rows that begin with these cells those of `all` that do, in order,
 * and given to columns, too? */
static bool matches(dm_store *s, uint64_t serial, const gathered *all,
                    const dm_cell *prefix, uint32_t n)
{
    gathered got = {.arity = all->arity};
    must(store_rows_match(s, serial, prefix, n, make_gather, &got, &make_err));
    size_t at = 0;
    bool same = true;
    for (size_t i = 0; same && i < all->rows; i++) {
        const dm_cell *row = all->cells.at + i * all->arity;
        if (n > 0 && memcmp(row, prefix, n * sizeof *row) != 0)
            continue;
        same = at < got.rows
               && memcmp(got.cells.at + at * all->arity, row,
                         all->arity * sizeof *row) == 0;
        at++;
    }
    same = same && at == got.rows;
    vec_free(&got.cells);
    return same;
}

static bool in_columns(dm_store *s, uint64_t serial, const gathered *all)
{
    columns c;
    columns_init(&c, all->arity);
    must(store_columns(s, serial, &c, &make_err));
    bool same = c.nrows == all->rows;
    for (size_t k = 0; same && k < c.nrows * c.arity; k++)
        same = column_get(&c.col[k % c.arity], k / c.arity) == all->cells.at[k];
    columns_free(&c);
    return same;
}

/* Rows x, x's square, y: some keys fill several blocks, many are alone. */
static uint64_t import_keys(dm_store *s, uint32_t arity)
{
    enum { N = 60000 };
    dm_type types[MAX_ARITY] = {DM_INT, DM_FLOAT};
    dm_cell *rows = mem_calloc((size_t)N * arity, sizeof *rows);
    for (uint32_t c = 2; c < arity; c++)
        types[c] = DM_INT;
    for (size_t i = 0; i < N; i++) {
        dm_cell *row = rows + i * arity;
        int64_t x = i < 1000 ? (int64_t)i - 500 : 1000 + (int64_t)(i / 20000);
        row[0] = cell_int(x);
        row[1] = cell_float((double)(x * x) / 4);
        row[2] = cell_int((int64_t)(i * 977 % N) - 30000);
    }
    dm_store_txn *t = make_begin(s);
    uint64_t serial = make_import(t, s, "keys");
    must(make_rows(t, serial, arity, types, rows, N, store_terms(s), NULL,
                   &make_err));
    must(store_commit(t, NULL, &make_err));
    mem_free(rows);
    return serial;
}

static void check_matches(dm_store *s, uint64_t serial, uint32_t arity,
                          const char *name)
{
    gathered all = rows_of(s, serial, UINT64_MAX, arity);
    bool same = in_columns(s, serial, &all);
    ok(same, name);
    for (int64_t x = -503; x < 1006; x += x < 998 ? 7 : 1) {
        dm_cell prefix[2] = {cell_int(x), cell_float((double)(x * x) / 4)};
        same = same && matches(s, serial, &all, prefix, 1)
               && matches(s, serial, &all, prefix, 2);
        prefix[1] = cell_float((double)(x * x) / 4 + 1);
        same = same && matches(s, serial, &all, prefix, 2);
    }
    for (size_t i = 0; i < all.rows; i += 997)
        same = same && matches(s, serial, &all, all.cells.at + i * arity,
                               arity);
    ok(same && matches(s, serial, &all, NULL, 0), "rows by their first cells");
    vec_free(&all.cells);
}

static void test_match(uint32_t arity, const char *name)
{
    dm_store *s = make_open(make_path());
    uint64_t before = import_ints(s, "before", arity, 30);
    uint64_t serial = import_keys(s, arity);
    uint64_t none = import_ints(s, "keys", arity, 0);
    dm_cell first = 0;
    gathered got = {.arity = arity};
    check_matches(s, serial, arity, name);
    must(store_rows_match(s, none, &first, 1, make_gather, &got, &make_err));
    is_int(got.rows, 0, "no rows, though another import has some");
    must(store_rows_match(s, before, &first, 1, make_gather, &got, &make_err));
    is_int(got.rows, 1, "nor do others show");
    gathered all = rows_of(s, serial, UINT64_MAX, arity);
    dm_store_txn *t = make_begin(s);
    for (size_t i = 0; i < all.rows; i += 501)
        must(store_withdraw_rows(t, serial, all.cells.at + i * arity, 1,
                                 &make_err));
    must(store_commit(t, NULL, &make_err));
    check_matches(s, serial, arity, "withdrawn rows are left out");
    is_int(store_rows_match(s, 99, &first, 1, make_gather, &got, &make_err),
           DM_NOT_FOUND, "no such import");
    vec_free(&all.cells);
    vec_free(&got.cells);
    store_close(s);
    make_clean();
}

/* Without columns there is a row, or none. */
static void test_match_unit(void)
{
    dm_store *s = make_open(make_path());
    uint64_t serial = import_ints(s, "unit", 0, 4);
    gathered got = {.arity = 0};
    columns c;
    columns_init(&c, 0);
    must(store_rows_match(s, serial, NULL, 0, make_gather, &got, &make_err));
    is_int(got.rows, 1, "the row without columns");
    must(store_columns(s, serial, &c, &make_err));
    is_int(c.nrows, 1, "is one in columns");
    columns_free(&c);
    store_close(s);
    make_clean();
}

int main(void)
{
    test_lanes();
    test_sorting();
    test_decode();
    test_import();
    test_terms();
    test_refused();
    test_withdraw(2, "rows keyed by their lanes");
    test_withdraw(60, "rows keyed by their hash");
    test_withdraw_both();
    test_match(3, "rows into columns");
    test_match(60, "rows too long for a key into columns");
    test_match_unit();
    return done_testing();
}
