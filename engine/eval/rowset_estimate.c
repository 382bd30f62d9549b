/* rowset_estimate.c - how many distinct values or keys there are, for plans.
 *
 * A column of narrow values is counted by a bitmap; other keys are estimated
 * from a sample (Charikar et al., PODS 2000: the GEE estimator), or known from
 * an index or sets that are there.  What was counted of a column is kept. */
#include "eval/rowset.h"

#include "base/hash.h"
#include "base/mem.h"

#include <math.h>

#define SEED UINT64_C(0x13198A2E03707344)

static uint64_t key_hash(const rowset *t, uint64_t mask, size_t row)
{
    uint64_t h = SEED;
    for (uint32_t c = 0; c < t->arity; c++)
        if (mask >> c & 1)
            h = hash_mix(h, rowset_cell(t, row, c));
    return hash_mix(h, mask);
}

/* Distinct keys, and those seen once, among `n` sampled rows. */
static void sample(const rowset *t, uint64_t mask, size_t n,
                   double *distinct, double *once)
{
    enum { SLOTS = 2048 };
    uint32_t slot[SLOTS] = {0}; /* hash bits; 0 = free */
    uint8_t seen[SLOTS] = {0};
    double d = 0, f = 0;
    for (size_t i = 0; i < n; i++) {
        size_t row = (size_t)((double)i * (double)t->nrows / (double)n);
        uint64_t h = key_hash(t, mask, row);
        uint32_t tag = (uint32_t)(h >> 32) | 1;
        size_t at = (size_t)h & (SLOTS - 1);
        while (slot[at] && slot[at] != tag)
            at = (at + 1) & (SLOTS - 1);
        if (!slot[at]) {
            slot[at] = tag;
            seen[at] = 1;
            d++, f++;
        } else if (seen[at] == 1) {
            seen[at] = 2;
            f--;
        }
    }
    *distinct = d;
    *once = f;
}

double rowset_distinct(const rowset *t, uint64_t mask)
{
    rowset_index *index = rowset_get_index(t, mask);
    if (t->nrows == 0 || mask == 0)
        return 1;
    if (t->arity == 2 && (mask == 1 || mask == 2)) {
        const rowset_adjacency *by = &t->by[mask - 1];
        if (by->made && by->synced * 2 >= t->nrows && by->sets.used)
            return (double)by->sets.used;
    }
    if (index && index->synced * 2 >= t->nrows && index->synced)
        return (double)rowset_index_keys(index);
    size_t n = t->nrows < BATCH ? t->nrows : BATCH;
    double distinct, once;
    sample(t, mask, n, &distinct, &once);
    double est = distinct - once + once * sqrt((double)t->nrows / (double)n);
    return est < 1 ? 1 : est;
}

/* ---- one column --------------------------------------------------------- */

/* Rows that are counted rather than sampled, and values that are. */
enum { COUNTED_ROWS = 1 << 20, COUNTED_VALUES = 1 << 26 };

/* By a bitmap; negative when that can't be done. */
static double count_distinct(const column *c, size_t lo, size_t hi)
{
    uint32_t most = 0;
    double n = 0;
    if (c->is_wide || hi - lo > COUNTED_ROWS)
        return -1;
    for (size_t row = lo; row < hi; row++)
        most = c->narrow[row] > most ? c->narrow[row] : most;
    if (most > COUNTED_VALUES || most / 64 > 8 * (hi - lo) + 1024)
        return -1;
    uint64_t *seen = mem_calloc(most / 64 + 1, sizeof *seen);
    if (!seen)
        return -1;
    for (size_t row = lo; row < hi; row++) {
        uint64_t *word = &seen[c->narrow[row] / 64];
        uint64_t bit = UINT64_C(1) << c->narrow[row] % 64;
        n += (*word & bit) == 0;
        *word |= bit;
    }
    mem_free(seen);
    return n;
}

/* Whether rows [0, hi) are as good as rows [0, n). */
static bool are_most(size_t hi, size_t n)
{
    return hi >= n - n / 8 && n >= hi - hi / 8;
}

double rowset_distinct_in(rowset *t, uint32_t column, size_t lo, size_t hi)
{
    if (hi <= lo)
        return 1;
    if (lo == 0 && t->arity == 2 && t->by[column].made
        && are_most(hi, t->by[column].synced))
        return (double)t->by[column].sets.used;
    column_count *known = column < 4 ? &t->distinct[column][lo > 0] : NULL;
    if (known && known->lo == lo && are_most(hi, known->hi))
        return known->n;
    double n = count_distinct(&t->rows.col[column], lo, hi);
    if (n < 0) {
        n = rowset_distinct(t, UINT64_C(1) << column);
        n = n < (double)(hi - lo) ? n : (double)(hi - lo);
    }
    if (known)
        *known = (column_count){lo, hi, n};
    return n;
}
