/* Rows from outside, each kept once: against a plain search. */
#include "base/mem.h"
#include "eval/distinct.h"
#include "tap.h"

#include <stdlib.h>

static uint64_t state = 1;

static uint64_t draw(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

/* Rows of `arity` columns with values below `below`, shifted to the left. */
static void fill(columns *c, uint32_t arity, size_t n, uint64_t below,
                 unsigned shift)
{
    dm_cell row[4];
    columns_init(c, arity);
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < arity; k++)
            row[k] = draw(below) << shift;
        if (columns_append_rows(c, row, 1) != DM_OK)
            abort();
    }
}

static bool same(const columns *a, size_t i, const columns *b, size_t j)
{
    for (uint32_t k = 0; k < a->arity; k++)
        if (column_get(&a->col[k], i) != column_get(&b->col[k], j))
            return false;
    return true;
}

/* Whether `c` holds the first occurrences of `all`, in order. */
static bool is_sieved(const columns *c, const columns *all)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->nrows; i++) {
        size_t before = 0;
        while (before < kept && !same(all, i, c, before))
            before++;
        if (before < kept)
            continue;
        if (kept == c->nrows || !same(all, i, c, kept))
            return false;
        kept++;
    }
    return kept == c->nrows;
}

static parallel_pool *pool;

static void check(uint32_t arity, size_t n, uint64_t below, unsigned shift,
                  const char *name)
{
    columns all, c;
    bool done;
    fill(&all, arity, n, below, shift);
    columns_init(&c, arity);
    columns_copy(&c, &all, 0, n);
    ok(distinct_rows(&c, pool, &done) == DM_OK && done && is_sieved(&c, &all),
       name);
    columns_free(&c);
    columns_free(&all);
}

/* Too many for one share: pairs (i, i) twice, behind one another. */
static void test_many(void)
{
    enum { MANY = 3 << 20 };
    columns c;
    bool done, right = true;
    columns_init(&c, 2);
    if (columns_room(&c, 2 * (size_t)MANY) != DM_OK)
        abort();
    for (uint32_t i = 0; i < 2 * MANY; i++)
        c.col[0].narrow[i] = c.col[1].narrow[i] = (uint32_t)(i * UINT64_C(7919) % MANY);
    c.nrows = 2 * (size_t)MANY;
    ok(distinct_rows(&c, pool, &done) == DM_OK && done, "many rows");
    is_int((int64_t)c.nrows, MANY, "half of them are left");
    for (uint32_t i = 0; i < c.nrows; i++)
        right &= c.col[1].narrow[i] == (uint32_t)(i * UINT64_C(7919) % MANY);
    ok(right, "the first ones");
    columns_free(&c);
}

int main(void)
{
    columns c;
    bool done;
    pool = parallel_pool_new(2);
    check(1, 3000, 500, 0, "one column");
    check(2, 3000, 40, 0, "two columns");
    check(3, 3000, 12, 0, "three columns");
    check(2, 3000, 40, 26, "wide lanes");
    check(1, 3000, 2, 63, "one bit, the highest");
    check(4, 100, 1, 0, "rows that are all alike");
    fill(&c, 2, 100, 10, 40);
    ok(distinct_rows(&c, NULL, &done) == DM_OK && !done && c.nrows == 100,
       "cells that don't fit a word");
    columns_free(&c);
    fill(&c, 0, 5, 1, 0);
    ok(distinct_rows(&c, NULL, &done) == DM_OK && done && c.nrows == 1,
       "rows without columns");
    columns_free(&c);
    test_many();
    parallel_pool_free(pool);
    return done_testing();
}
