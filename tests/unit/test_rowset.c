/* Rows that are appended unhashed, and evaluations that take them over. */
#include "eval/rowset.h"
#include "eval_text.h"

enum { MANY = 5000 };

/* Row i of a set of distinct pairs, in ascending order. */
static void make_row(dm_cell *row, size_t i)
{
    row[0] = i / 7;
    row[1] = i % 7;
}

static void append_range(rowset *t, size_t from, size_t to)
{
    dm_cell rows[2 * BATCH];
    for (size_t at = from; at < to; at += BATCH) {
        size_t n = to - at < BATCH ? to - at : BATCH;
        for (size_t i = 0; i < n; i++)
            make_row(rows + 2 * i, at + i);
        if (rowset_append(t, rows, n, NULL) != DM_OK)
            abort();
    }
}

static uint32_t find_row(rowset *t, size_t i)
{
    dm_cell row[2];
    make_row(row, i);
    return rowset_find(t, row);
}

static void test_scanning(void)
{
    rowset t;
    rowset_init(&t, 2);
    is_int(find_row(&t, 0), ROWSET_NONE, "nothing in an empty set");
    append_range(&t, 0, MANY);
    is_int((int64_t)t.nrows, MANY, "all rows are there");
    is_int((int64_t)t.nslots, 0, "no slots are made for them");
    is_int(find_row(&t, 4321), 4321, "a lookup finds a row");
    is_int(find_row(&t, MANY), ROWSET_NONE, "and misses what isn't there");
    is_int((int64_t)t.nslots, 0, "still without slots");
    for (size_t i = 0; i < 20; i++)
        find_row(&t, i);
    is_int((int64_t)t.hashed, MANY, "many lookups make them");
    int wrong = 0;
    for (size_t i = 0; i < MANY; i++)
        wrong += find_row(&t, i) != i;
    is_int(wrong, 0, "every row is found by its cells");
    is_int(find_row(&t, MANY), ROWSET_NONE, "and no other");
    rowset_free(&t);
}

static void test_insertion(void)
{
    rowset t;
    dm_cell row[2];
    uint32_t number;
    bool fresh;
    rowset_init(&t, 2);
    append_range(&t, 0, MANY);
    make_row(row, 17);
    ok(rowset_put(&t, row, &number, &fresh) == DM_OK && !fresh
       && number == 17, "an insertion sees the rows appended before");
    make_row(row, MANY);
    ok(rowset_put(&t, row, &number, &fresh) == DM_OK && fresh
       && number == MANY, "a new row goes behind them");
    is_int((int64_t)t.hashed, (int64_t)t.nrows, "all are hashed then");
    rowset_free(&t);
}

static void test_after_others(void)
{
    rowset t;
    dm_cell rows[2 * 4];
    uint8_t fresh[4];
    uint32_t number;
    bool is_new;
    rowset_init(&t, 2);
    make_row(rows, 2);
    rowset_put(&t, rows, &number, &is_new);
    for (size_t i = 0; i < 4; i++)
        make_row(rows + 2 * i, i);
    ok(rowset_append(&t, rows, 4, fresh) == DM_OK, "rows after a single one");
    ok(fresh[0] && fresh[1] && !fresh[2] && fresh[3], "which is left out");
    is_int((int64_t)t.nrows, 4, "the others are appended");
    is_int(find_row(&t, 2), 0, "the single one keeps its number");
    is_int(find_row(&t, 3), 3, "the last one follows the others");
    ok(rowset_hash(&t) == DM_OK, "hash them");
    for (size_t i = 0; i < 4; i++)
        make_row(rows + 2 * i, i + 3);
    ok(rowset_append(&t, rows, 4, fresh) == DM_OK && !fresh[0] && fresh[1]
       && t.nrows == 7, "a second range is compared with the first");
    is_int(find_row(&t, 6), 6, "and found");
    rowset_free(&t);
}

static void test_batches(void)
{
    rowset t;
    dm_cell rows[2 * BATCH];
    uint32_t found[BATCH];
    rowset_init(&t, 2);
    append_range(&t, 0, 300);
    for (size_t i = 0; i < BATCH; i++)
        make_row(rows + 2 * i, i);
    rowset_find_batch(&t, rows, BATCH, found);
    int wrong = 0;
    for (uint32_t i = 0; i < BATCH; i++)
        wrong += found[i] != (i < 300 ? i : ROWSET_NONE);
    is_int(wrong, 0, "a batch of lookups");
    rowset_free(&t);
    rowset_init(&t, 2);
    rowset_find_batch(&t, rows, 2, found);
    ok(found[0] == ROWSET_NONE && found[1] == ROWSET_NONE, "in an empty set");
    ok(rowset_reserve(&t, 1000) == DM_OK && t.rows.cap >= 1000, "room ahead");
    size_t cap = t.rows.cap;
    rowset_insert(&t, rows, 1000, NULL);
    is_int((int64_t)t.rows.cap, (int64_t)cap, "is used");
    ok(rowset_reserve(&t, SIZE_MAX) == DM_OK, "too much room is no error");
    rowset_free(&t);
}

static void test_widths(void)
{
    static const dm_cell rows[] = {1, 2, 3, 4, 5, 6};
    for (uint32_t arity = 0; arity <= 3; arity++) {
        rowset t;
        rowset_init(&t, arity);
        size_t n = arity == 0 ? 1 : 6 / arity;
        ok(rowset_append(&t, rows, n, NULL) == DM_OK && t.nrows == n,
           "rows of some columns");
        is_int(rowset_find(&t, rows + (n - 1) * arity), (int64_t)n - 1,
               "the last row of them");
        ok(rowset_insert(&t, rows, n, NULL) == DM_OK && t.nrows == n,
           "none is put in twice");
        rowset_free(&t);
    }
}

static bool is_less(const void *context, dm_cell a, dm_cell b)
{
    (void)context;
    return a < b;
}

/* Least values of keys of which one is too large for an array. */
static void test_large_keys(void)
{
    rowset t;
    bool right = true;
    rowset_init(&t, 2);
    t.lattice = 1;
    t.better = is_less;
    for (dm_cell value = 30; value > 0; value--) {
        t.settled = t.nrows;
        for (dm_cell i = 0; i < 20; i++)
            rowset_insert(&t, (dm_cell[]){i, value + i}, 1, NULL);
        if (value == 20)
            ok(t.direct && !t.by_hash, "found through an array");
        if (value == 15)
            rowset_insert(&t, (dm_cell[]){UINT64_C(1) << 40, 7}, 1, NULL);
    }
    ok(!t.direct && t.by_hash, "found by hash after a large key");
    for (dm_cell i = 0; i < 20; i++) {
        uint32_t row = rowset_find_key(&t, (dm_cell[]){i, 0});
        right = right && row != ROWSET_NONE && rowset_cell(&t, row, 1) == i + 1
                && !rowset_is_dead(&t, row);
    }
    ok(right, "each key's least value");
    is_int((int64_t)(t.nrows - t.ndead), 21, "one row of each is alive");
    rowset_free(&t);
}

static void compact(bool by_hash)
{
    rowset t;
    rowset_index *index;
    rowset_init(&t, 2);
    t.lattice = 1;
    t.better = is_less;
    t.by_hash = by_hash;
    for (dm_cell stage = 1; stage <= 3; stage++) {
        rowset_begin_round(&t, stage);
        t.settled = t.nrows;
        for (dm_cell i = 0; i < 300; i++)
            if (i % stage == 0)
                rowset_insert(&t, (dm_cell[]){i, 10 - stage}, 1, NULL);
    }
    rowset_want_index(&t, 1, &index);
    rowset_sync_index(&t, index);
    is_int((int64_t)t.nrows, 300 + 150 + 100, "rows with those bettered");
    ok(rowset_compact(&t) == DM_OK, "take these out");
    is_int((int64_t)t.nrows, 300, "one row per key");
    bool right = t.ndead == 0;
    for (dm_cell i = 0; i < 300; i++) {
        dm_cell stage = i % 3 == 0 ? 3 : i % 2 == 0 ? 2 : 1;
        uint32_t row = rowset_find(&t, (dm_cell[]){i, 10 - stage});
        right = right && row != ROWSET_NONE && rowset_stage(&t, row) == stage;
    }
    ok(right, "the best ones, found, in their stages");
    rowset_free(&t);
}

/* The rows that an index finds, against a look at all rows; with threads the
 * keys are shared out. */
static int count_wrong(rowset *t, uint64_t mask)
{
    rowset_index *index;
    int wrong = 0;
    if (rowset_want_index(t, mask, &index) != DM_OK
        || rowset_sync_index(t, index) != DM_OK)
        return -1;
    for (size_t row = 0; row < t->nrows; row += 97) {
        dm_cell cells[3];
        const dm_cell *keys[3];
        const uint32_t *found = NULL;
        uint32_t n = 0, k = 0;
        rowset_get(t, row, cells);
        for (uint32_t i = 0; i < index->ncolumns; i++)
            keys[i] = &cells[index->columns[i]];
        index_find_batch(t, index, keys, 1, &found, &n);
        for (size_t other = 0; other < t->nrows; other++) {
            bool same = true;
            for (uint32_t i = 0; i < index->ncolumns; i++)
                same &= rowset_cell(t, other, index->columns[i]) == *keys[i];
            wrong += same && (k >= n || found[k] != other);
            k += same;
        }
        wrong += k != n;
    }
    return wrong;
}

static void share_index(unsigned threads, dm_cell factor)
{
    rowset t;
    uint64_t state = 5;
    int wrong = 0;
    rowset_init(&t, 3);
    t.pool = parallel_pool_new(threads);
    for (int part = 0; part < 3; part++) {
        for (int i = 0; i < 2000; i++) {
            dm_cell row[3];
            for (int c = 0; c < 3; c++) {
                state = state * UINT64_C(6364136223846793005) + 1;
                row[c] = (state >> 33) % (c == 1 ? 3 : 400) * factor;
            }
            rowset_insert(&t, row, 1, NULL);
        }
        if (part == 1 && factor == 1) /* too great for an array */
            rowset_insert(&t, (dm_cell[]){1u << 30, 1, 1}, 1, NULL);
        for (uint64_t mask = 1; mask < 8; mask++)
            wrong += count_wrong(&t, mask);
    }
    is_int(wrong, 0, "indexes find the rows, ascending");
    parallel_pool_free(t.pool);
    rowset_free(&t);
}

/* ---- evaluations -------------------------------------------------------- */

/* Give rows like "1 2;2 3", which are distinct, to a relation, unhashed. */
static dm_status take(struct model *m, const char *relation, const char *text)
{
    char copy[4000], *save = NULL;
    uint32_t number = model_find(m, relation);
    rowset rows;
    rowset_init(&rows, dm_program_get_relation(m->text.program,
                                               number)->arity);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *row = strtok_r(copy, ";", &save); row;
         row = strtok_r(NULL, ";", &save)) {
        dm_cell cells[64];
        model_row(m, relation, row, cells);
        if (rowset_append(&rows, cells, 1, NULL) != DM_OK)
            abort();
    }
    dm_status st = eval_take(m->eval, number, &rows, &m->error);
    if (st == DM_OK)
        is_int((int64_t)rows.nrows, 0, "the rows are taken");
    rowset_free(&rows);
    return st;
}

static void test_taking(void)
{
    struct model m;
    dm_cell cells[2];
    eval_row row;
    model_open(&m, "edge(x: int, y: int)", "blocked(x: int)", NULL);
    model_rules(&m, "edge(X, Y) if edge(Y, X) and X < 2.",
                "path(X, Y) if edge(X, Y).",
                "path(X, Z) if path(X, Y) and edge(Y, Z).",
                "open(X) if edge(X, _) and not blocked(X).",
                "known(X, Y) if path(X, Y) and edge(X, Y).", NULL);
    model_check(&m);
    ok(take(&m, "edge", "1 2;2 1;2 3;3 4") == DM_OK, "edges");
    ok(take(&m, "blocked", "3;9") == DM_OK, "blocked ones");
    ok(model_run(&m) == DM_OK, "a run");
    is_str(model_rows(&m, "edge", DM_TRUE), "1 2; 2 1; 2 3; 3 4",
           "rules derive nothing twice into taken rows");
    is_int((int64_t)eval_inputs(m.eval, model_find(&m, "edge"), DM_TRUE), 4,
           "four of them were put in");
    is_int((int64_t)eval_count(m.eval, model_find(&m, "path"), DM_TRUE), 9,
           "paths");
    is_str(model_rows(&m, "open", DM_TRUE), "1; 2", "negation");
    is_str(model_rows(&m, "known", DM_TRUE), "1 2; 2 1; 2 3; 3 4",
           "membership");
    model_row(&m, "blocked", "9", cells);
    ok(eval_lookup(m.eval, model_find(&m, "blocked"), cells, &row) == DM_TRUE
       && row.row == 1, "a row is looked up");
    model_row(&m, "blocked", "4", cells);
    ok(eval_lookup(m.eval, model_find(&m, "blocked"), cells, &row)
       == DM_FALSE, "a row that isn't there");
    model_close(&m);
}

static void test_undefined(void)
{
    struct model m;
    model_open(&m, "move(x: int, y: int)", NULL);
    model_rules(&m, "win(X) if move(X, Y) and not win(Y).", NULL);
    model_check(&m);
    model_put(&m, "move", DM_UNDEFINED, "1 2;5 6");
    ok(take(&m, "move", "1 2;2 1;2 3;3 4;7 7") == DM_OK, "moves");
    ok(model_run(&m) == DM_OK, "a run");
    is_str(model_rows(&m, "move", DM_UNDEFINED), "5 6",
           "a row that is true, too, isn't undefined");
    is_str(model_rows(&m, "win", DM_TRUE), "3", "won");
    is_str(model_rows(&m, "win", DM_UNDEFINED), "1; 2; 5; 7", "open");
    model_close(&m);
}

static void test_added_to(void)
{
    struct model m;
    model_open(&m, "e(x: int, y: int)", NULL);
    model_rules(&m, "n(count()) if e(_, _).", "first(X) if e(X, _).",
                NULL);
    model_check(&m);
    model_put(&m, "e", DM_TRUE, "1 1;2 2");
    ok(take(&m, "e", "2 2;3 3;4 4") == DM_OK, "rows after others");
    model_put(&m, "e", DM_TRUE, "4 4;5 5");
    ok(model_run(&m) == DM_OK, "a run");
    is_str(model_rows(&m, "n", DM_TRUE), "5", "each is counted once");
    is_str(model_rows(&m, "first", DM_TRUE), "1; 2; 3; 4; 5", "all there");
    model_close(&m);
    model_open(&m, "e(x: int, y: int)", NULL);
    model_rules(&m, "first(X) if e(X, _).", NULL);
    model_check(&m);
    ok(take(&m, "e", "2 2;3 3;4 4") == DM_OK, "rows before others");
    model_put(&m, "e", DM_TRUE, "4 4;5 5");
    ok(model_run(&m) == DM_OK, "a run");
    is_str(model_rows(&m, "e", DM_TRUE), "2 2; 3 3; 4 4; 5 5",
           "those added later are compared with them");
    ok(take(&m, "e", "8 8") == DM_INVALID, "nothing is taken after a run");
    model_close(&m);
}

static void test_lattice(void)
{
    struct model m;
    model_open(&m, "edge(x: int, y: int, d: int)", "dist(x: int, d: int)",
               NULL);
    model_rules(&m, "dist(Y, min(D + E)) if dist(X, D) and edge(X, Y, E).",
                NULL);
    model_check(&m);
    ok(take(&m, "edge", "1 2 5;1 3 1;3 2 1") == DM_OK, "edges");
    ok(take(&m, "dist", "1 0;2 9") == DM_OK, "distances");
    ok(model_run(&m) == DM_OK, "a run");
    is_str(model_rows(&m, "dist", DM_TRUE), "1 0; 2 2; 3 1", "the least");
    model_close(&m);
}

static bool count_row(void *context, eval_row row)
{
    (void)row;
    ++*(int *)context;
    return true;
}

static void test_reading(void)
{
    struct model m;
    dm_cell cells[2];
    int n = 0;
    model_open(&m, "e(x: int, y: int)", NULL);
    model_check(&m);
    rowset rows;
    rowset_init(&rows, 2);
    append_range(&rows, 0, MANY);
    ok(eval_take(m.eval, 0, &rows, &m.error) == DM_OK && model_run(&m)
       == DM_OK, "many rows and no rules");
    make_row(cells, 700);
    ok(eval_match(m.eval, 0, 1, cells, count_row, &n, &m.error) == DM_OK
       && n == 7, "those that match");
    n = 0;
    ok(eval_match(m.eval, 0, 3, cells, count_row, &n, &m.error) == DM_OK
       && n == 1, "the one that matches wholly");
    int wrong = 0;
    for (size_t i = 0; i < 2 * MANY; i++) {
        eval_row row = {0};
        make_row(cells, i);
        dm_truth truth = eval_lookup(m.eval, 0, cells, &row);
        wrong += truth != (i < MANY ? DM_TRUE : DM_FALSE)
                 || (i < MANY && row.row != i);
    }
    is_int(wrong, 0, "lookups");
    model_close(&m);
}

int main(void)
{
    share_index(1, 1);
    share_index(3, 1);
    share_index(2, UINT64_C(1) << 35);
    test_scanning();
    test_insertion();
    test_after_others();
    test_batches();
    test_widths();
    compact(false);
    compact(true);
    test_large_keys();
    test_taking();
    test_undefined();
    test_added_to();
    test_lattice();
    test_reading();
    return done_testing();
}
