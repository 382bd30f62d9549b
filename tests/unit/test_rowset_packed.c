/* Sets of packed rows: against the same rows in slots. */
#include "eval/rowset.h"
#include "tap.h"

static uint64_t state = 7;

static uint64_t draw(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005)
            + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

/* Insert the same random rows into both, in batches; how often they differ. */
static int insert_both(rowset *packed, rowset *plain, size_t n,
                       uint64_t below)
{
    dm_cell rows[3 * 64];
    uint8_t a[64], b[64];
    int wrong = 0;
    for (size_t at = 0; at < n; at += 64) {
        for (size_t i = 0; i < 3 * 64; i++)
            rows[i] = draw(below);
        if (rowset_insert(packed, rows, 64, a) != DM_OK
            || rowset_insert(plain, rows, 64, b) != DM_OK)
            return -1;
        wrong += memcmp(a, b, sizeof a) != 0;
    }
    return wrong + (packed->nrows != plain->nrows);
}

static int differ(const rowset *a, const rowset *b)
{
    int wrong = 0;
    for (size_t row = 0; row < a->nrows; row++)
        for (uint32_t c = 0; c < 3; c++)
            wrong += rowset_cell(a, row, c) != rowset_cell(b, row, c);
    return wrong;
}

static int members_differ(rowset *packed, rowset *plain, uint64_t below)
{
    dm_cell rows[3 * 64];
    uint8_t a[64], b[64];
    for (size_t i = 0; i < 3 * 64; i++)
        rows[i] = draw(below);
    rowset_get(packed, 5, rows);
    if (rowset_contains(packed, rows, 64, a) != DM_OK
        || rowset_contains(plain, rows, 64, b) != DM_OK)
        return -1;
    return memcmp(a, b, sizeof a) + !a[0];
}

/* Lists of random rows, put into one on threads and into the other one by
 * one; how often they differ. */
static int insert_lists(rowset *packed, rowset *plain, uint64_t below)
{
    enum { LISTS = 7, MOST = 3000 };
    static dm_cell cells[LISTS][3 * MOST];
    row_list lists[LISTS];
    bool done;
    for (size_t i = 0; i < LISTS; i++) {
        lists[i] = (row_list){cells[i], i == 3 ? 0 : MOST - 100 * i};
        for (size_t k = 0; k < 3 * lists[i].nrows; k++)
            cells[i][k] = draw(below);
        for (size_t at = 0; at < lists[i].nrows; at += 100)
            if (rowset_insert(plain, cells[i] + 3 * at, 100, NULL) != DM_OK)
                return -1;
    }
    if (rowset_packed_insert_lists(packed, lists, LISTS, &done) != DM_OK)
        return -1;
    return !done + (packed->nrows != plain->nrows) + differ(packed, plain);
}

/* A set that is worked on by several threads. */
static void share(unsigned threads)
{
    rowset packed, plain;
    bool possible, done;
    rowset_init(&packed, 3);
    rowset_init(&plain, 3);
    packed.packs = true;
    packed.pool = parallel_pool_new(threads);
    is_int(insert_both(&packed, &plain, 4096, 5000), 0, "single rows");
    is_int(insert_lists(&packed, &plain, 30), 0, "lists of rows");
    is_int(insert_lists(&packed, &plain, 5000), 0, "more of them");
    is_int(members_differ(&packed, &plain, 12), 0, "members");
    rowset_free_packed(&packed);
    ok(rowset_pack(&packed, &possible) == DM_OK && possible, "made anew");
    is_int(insert_lists(&packed, &plain, 40), 0, "and added to");
    dm_cell great[3] = {1, 2, UINT64_C(1) << 40};
    size_t nrows = packed.nrows;
    ok(rowset_packed_insert_lists(&packed, &(row_list){great, 1}, 1, &done)
               == DM_OK && !done && packed.nrows == nrows,
       "a cell that is too great changes nothing");
    parallel_pool_free(packed.pool);
    rowset_free(&packed);
    rowset_free(&plain);
}

int main(void)
{
    rowset packed, plain;
    share(1);
    share(2);
    share(5);
    rowset_init(&packed, 3);
    rowset_init(&plain, 3);
    packed.packs = true;
    is_int(insert_both(&packed, &plain, 4096, 12), 0, "small values");
    ok(packed.packed.made && packed.hashed == 0, "as words alone");
    is_int(insert_both(&packed, &plain, 4096, 5000), 0,
           "values for which the layout is made anew");
    ok(packed.packed.made && packed.hashed == 0, "still as words");
    is_int(members_differ(&packed, &plain, 12), 0, "members");
    is_int(insert_both(&packed, &plain, 640, UINT64_C(1) << 31), 0,
           "values that don't fit a word together");
    ok(!packed.packs && packed.packed.refused
           && packed.hashed == packed.nrows, "go into slots");
    is_int(insert_both(&packed, &plain, 4096, 40), 0, "and more of them");
    is_int(members_differ(&packed, &plain, 12), 0, "members of those");
    is_int(differ(&packed, &plain), 0, "the rows are in the same order");
    rowset_free(&packed);
    rowset_init(&packed, 3);
    packed.packs = true;
    rowset_free(&plain);
    insert_both(&packed, &plain, 1024, 9);
    ok(rowset_remove(&packed, 3) == DM_OK
           && rowset_remove(&plain, 3) == DM_OK, "a row is removed");
    is_int(insert_both(&packed, &plain, 1024, 9), 0, "and comes back");
    rowset_free(&packed);
    rowset_free(&plain);
    return done_testing();
}
