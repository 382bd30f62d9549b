/* Columns of cells: widening, growing, copying, reading back. */
#include "base/columns.h"
#include "tap.h"

static const dm_cell big = UINT64_C(1) << 40;

static bool holds(const columns *c, size_t row, dm_cell a, dm_cell b)
{
    dm_cell cells[2];
    columns_row(c, row, cells);
    return cells[0] == a && cells[1] == b;
}

static void fill(columns *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        dm_cell row[2] = {i, 3 * i};
        if (columns_append_rows(c, row, 1) != DM_OK)
            return;
    }
}

static void test_widening(void)
{
    columns c;
    columns_init(&c, 2);
    fill(&c, 1000);
    ok(!c.col[0].is_wide && !c.col[1].is_wide, "small cells: narrow lanes");
    dm_cell a[3] = {7, big, UINT64_MAX}, b[3] = {1, 2, UINT32_MAX};
    const dm_cell *cells[2] = {a, b};
    is_int(columns_append(&c, cells, 3), DM_OK, "append by columns");
    ok(c.col[0].is_wide && !c.col[1].is_wide, "only the one that must widens");
    ok(holds(&c, 999, 999, 2997) && holds(&c, 1001, big, 2)
           && holds(&c, 1002, UINT64_MAX, UINT32_MAX),
       "rows before and after are kept");
    columns_free(&c);
    ok(c.nrows == 0 && c.bytes == 0, "freed");
}

static void test_copying(void)
{
    columns c, d;
    uint32_t rows[3] = {2, 0, 999};
    dm_cell out[6];
    columns_init(&c, 2);
    columns_init(&d, 2);
    fill(&c, 1000);
    is_int(columns_widen(&c, 1), DM_OK, "widen by hand");
    is_int(columns_copy(&d, &c, 990, 10), DM_OK, "narrow from wide");
    ok(holds(&d, 0, 990, 2970) && d.nrows == 10, "copied");
    is_int(columns_copy(&c, &d, 1, 2), DM_OK, "and back");
    ok(holds(&c, 1001, 992, 2976), "to the end");
    column_gather(&c.col[1], rows, 3, out);
    ok(out[0] == 6 && out[1] == 0 && out[2] == 2997, "gather by number");
    columns_rows(&c, 5, 3, out);
    ok(out[0] == 5 && out[1] == 15 && out[5] == 21, "rows, row-major");
    column_read(&d.col[0], 8, 2, out);
    ok(out[0] == 998 && out[1] == 999, "one column");
    columns_truncate(&c, 3);
    columns_trim(&c);
    ok(holds(&c, 2, 2, 6), "trimmed");
    columns_free(&c);
    columns_free(&d);
}

static void test_without_columns(void)
{
    columns c;
    columns_init(&c, 0);
    is_int(columns_append_rows(&c, NULL, 1), DM_OK, "rows without columns");
    is_int((int64_t)c.nrows, 1, "are counted");
    columns_free(&c);
}

int main(void)
{
    test_widening();
    test_copying();
    test_without_columns();
    return done_testing();
}
