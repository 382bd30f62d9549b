/* Exports: rows of every type, in order of their values. */
#include "kb_help.h"

enum { COLUMNS = 6, ROWS = 6000 };

static const dm_type types[COLUMNS] = {DM_SYMBOL, DM_TERM, DM_INT, DM_FLOAT,
                                       DM_DATE, DM_SYMBOL};
static dm_terms *terms;
static char folder[] = "/tmp/test_export.XXXXXX";

static const char *file(const char *name)
{
    static char path[2][200];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* ---- random cells ------------------------------------------------------- */

static uint64_t state = 5;

static int64_t pick(int64_t n)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (int64_t)(state >> 33) % n;
}

/* Symbols that begin alike, differ late, or are the start of another. */
static dm_term random_symbol(void)
{
    static const char *const starts[] = {"", "item", "item_", "item_number",
                                         "item_number_", "\xC3\xA9"};
    char name[64];
    snprintf(name, sizeof name, "%s%d", starts[pick(6)], (int)pick(300));
    return name_of(terms, name);
}

static dm_term random_term(void)
{
    dm_term id = 0, args[2];
    switch (pick(5)) {
    case 0: must(terms_int(terms, pick(50) - 25, &id)); break;
    case 1: must(terms_float(terms, (double)pick(50) / 2 - 9, &id)); break;
    case 2: must(terms_date(terms, (int32_t)pick(900), &id)); break;
    case 3:
        args[0] = random_symbol();
        must(terms_int(terms, pick(9), &args[1]));
        must(terms_compound(terms, name_of(terms, "f"), args, 2, &id));
        break;
    default: id = random_symbol();
    }
    return id;
}

static void random_row(dm_cell *row)
{
    row[0] = pick(4) ? name_of(terms, "item_same") : random_symbol();
    row[1] = random_term();
    row[2] = cell_int(pick(3) ? pick(20) - 10 : INT64_MIN + pick(9));
    row[3] = cell_float((double)(pick(40) - 20) / 4);
    row[4] = cell_int(pick(30000) - 15000);
    char name[32];
    snprintf(name, sizeof name, "prefix_longer_than_eight_%d", (int)pick(2000));
    row[5] = name_of(terms, name);
}

/* ---- against a sort by comparing ---------------------------------------- */

static int compare(const void *x, const void *y)
{
    const dm_cell *a = x, *b = y;
    for (int c = 0; c < COLUMNS; c++) {
        int order = cell_compare(terms, types[c], a[c], b[c]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* The distinct rows, but for those equal to `without`, if it is given. */
static void write_reference(dm_cell *rows, const dm_cell *without,
                            const table_options *o)
{
    table_writer *w;
    qsort(rows, ROWS, COLUMNS * sizeof *rows, compare);
    must(table_create(file("want.tsv"), o, &w, &error));
    for (size_t i = 0; i < ROWS; i++) {
        const dm_cell *row = rows + i * COLUMNS, *at[COLUMNS];
        for (size_t c = 0; c < COLUMNS; c++)
            at[c] = row + c;
        if ((i == 0 || compare(row - COLUMNS, row) != 0)
            && (without == NULL || compare(row, without) != 0))
            must(table_write(w, terms, at, 1, &error));
    }
    must(table_finish(w, &error));
}

static bool same_files(const char *a, const char *b)
{
    FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
    int c = 0, d = 0;
    size_t n = 0;
    while (x != NULL && y != NULL && c == d && c != EOF) {
        c = getc(x);
        d = getc(y);
        n++;
    }
    if (x != NULL)
        fclose(x);
    if (y != NULL)
        fclose(y);
    return n > 1 && c == d;
}

static uint32_t declare(dm_program *p, const char *name, uint32_t arity)
{
    dm_column columns[COLUMNS] = {{0}};
    uint32_t out = 0;
    for (uint32_t i = 0; i < arity; i++)
        columns[i].type = types[i];
    dm_relation like = {.name = name, .arity = arity, .columns = columns,
                        .kind = DM_TIMELESS, .input = DM_INPUT_FACTS};
    must(dm_program_relation(p, &like, &out, &error));
    return out;
}

static void test_rows(dm_model *m, uint32_t full, dm_cell *cells)
{
    table_options o = {.ncolumns = COLUMNS, .types = types};
    size_t count = 0;
    dm_cell gone[COLUMNS];
    dm_eval *e = dm_model_eval(m);
    must(dm_model_write(m, full, file("got.tsv"), &o, &count, &error));
    write_reference(cells, NULL, &o);
    is_int(count, eval_count(e, full, DM_TRUE), "all rows");
    ok(same_files(file("got.tsv"), file("want.tsv")), "in order of values");
    memcpy(gone, cells + ROWS / 2 * COLUMNS, sizeof gone);
    eval_change change = {.relation = full, .removed = gone, .nremoved = 1};
    must(eval_update(e, &change, 1, &error));
    must(dm_model_write(m, full, file("got.tsv"), &o, &count, &error));
    write_reference(cells, gone, &o);
    is_int(count, eval_count(e, full, DM_TRUE), "all rows but one");
    ok(same_files(file("got.tsv"), file("want.tsv")), "that was taken out");
    dm_cancel cancel = {true};
    o.cancel = &cancel;
    is_int(dm_model_write(m, full, file("none.tsv"), &o, &count, &error),
           DM_CANCELLED, "cancelled");
}

static void test_few(dm_model *m, uint32_t empty, uint32_t unit)
{
    table_options o = {.ncolumns = COLUMNS, .types = types};
    size_t count = 7;
    must(dm_model_write(m, empty, file("got.tsv"), &o, &count, &error));
    is_int(count, 0, "no rows");
    o.ncolumns = 0;
    must(dm_model_write(m, unit, file("got.tsv"), &o, &count, &error));
    is_int(count, 1, "the row without columns");
}

int main(void)
{
    dm_kb *kb;
    dm_view *v;
    dm_program *p;
    dm_model *m;
    columns rows;
    dm_cell *cells = malloc(ROWS * COLUMNS * sizeof *cells);
    if (cells == NULL || mkdtemp(folder) == NULL)
        abort();
    must(dm_kb_open(NULL, 0, &kb, &error));
    must(dm_view_open(kb, NULL, &v, &error));
    terms = dm_view_terms(v);
    for (size_t i = 0; i < ROWS; i++)
        random_row(cells + i * COLUMNS);
    columns_init(&rows, COLUMNS);
    must(columns_append_rows(&rows, cells, ROWS));
    must(dm_program_new(terms, &p));
    uint32_t full = declare(p, "full", COLUMNS);
    uint32_t empty = declare(p, "empty", COLUMNS);
    uint32_t unit = declare(p, "unit", 0);
    must(dm_view_rows(v, "full", types, &rows, true, &error));
    rows = (columns){.nrows = 1};
    must(dm_view_rows(v, "unit", types, &rows, true, &error));
    must(dm_program_check(p, &error));
    must(dm_model_new(v, p, NULL, &m, &error));
    test_rows(m, full, cells);
    test_few(m, empty, unit);
    dm_view_close(v);
    dm_program_free(p);
    must(dm_kb_close(kb, &error));
    unlink(file("got.tsv"));
    unlink(file("want.tsv"));
    ok(rmdir(folder) == 0, "no other file is left behind");
    free(cells);
    return done_testing();
}
