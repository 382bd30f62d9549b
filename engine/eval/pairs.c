/* pairs.c - sorting pairs, and rows by key.
 *
 * Sorting is by radix, the lowest digit first, skipping digits in which all
 * pairs agree; what is in order already is only looked at. */
#include "eval/pairs.h"

#include <string.h>

/* Bits of a digit for many pairs and for few; so few are just put in place. */
enum { DIGIT = 11, SHORT_DIGIT = 6, FEW = 512, HANDFUL = 24 };

static void sort_digit(const uint64_t *from, uint64_t *to, size_t n,
                       unsigned shift, unsigned digit)
{
    size_t first[(1 << DIGIT) + 1];
    uint64_t ndigits = UINT64_C(1) << digit;
    memset(first, 0, (ndigits + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[(from[i] >> shift & (ndigits - 1)) + 1]++;
    for (size_t d = 1; d < ndigits; d++)
        first[d] += first[d - 1];
    for (size_t i = 0; i < n; i++)
        to[first[from[i] >> shift & (ndigits - 1)]++] = from[i];
}

static void insert_sorted(uint64_t *at, size_t n, unsigned from)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t pair = at[i];
        size_t k = i;
        for (; k > 0 && at[k - 1] >> from > pair >> from; k--)
            at[k] = at[k - 1];
        at[k] = pair;
    }
}

dm_status pairs_sort(pair_list *list, pair_list *spare, unsigned from)
{
    uint64_t differ = 0;
    bool sorted = true;
    for (size_t i = 1; i < list->len; i++) {
        differ |= list->at[i] ^ list->at[0];
        sorted &= list->at[i] >> from >= list->at[i - 1] >> from;
    }
    if (sorted)
        return DM_OK;
    if (list->len <= HANDFUL) {
        insert_sorted(list->at, list->len, from);
        return DM_OK;
    }
    if (!vec_reserve(spare, list->len))
        return DM_NOMEM;
    unsigned digit = list->len < FEW ? SHORT_DIGIT : DIGIT;
    for (unsigned shift = from; shift < 64 && differ >> shift;
         shift += digit) {
        if ((differ >> shift & ((UINT64_C(1) << digit) - 1)) == 0)
            continue;
        sort_digit(list->at, spare->at, list->len, shift, digit);
        pair_list sorted_now = *spare;
        sorted_now.len = list->len;
        *spare = *list;
        *list = sorted_now;
    }
    return DM_OK;
}

dm_status pairs_sort_at(uint64_t *at, size_t n, pair_list *spare)
{
    uint64_t differ = 0, *from = at, *to;
    for (size_t i = 1; i < n; i++)
        differ |= at[i] ^ at[0];
    if (n <= HANDFUL) {
        insert_sorted(at, n, 32);
        return DM_OK;
    }
    if (!vec_reserve(spare, n))
        return DM_NOMEM;
    to = spare->at;
    for (unsigned shift = 32; shift < 64 && differ >> shift;
         shift += SHORT_DIGIT) {
        if ((differ >> shift & ((1u << SHORT_DIGIT) - 1)) == 0)
            continue;
        sort_digit(from, to, n, shift, SHORT_DIGIT);
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != at)
        memcpy(at, from, n * sizeof *at);
    return DM_OK;
}

/* As one bucket. */
static void bucket_all(const pair_list *list, pair_buckets *out)
{
    out->n = 1;
    out->first[0] = 0;
    out->first[1] = list->len;
}

/* As many buckets of pairs in order as keep each key in one. */
static void bucket_sorted(const pair_list *list, pair_buckets *out)
{
    size_t step = list->len / PAIR_BUCKETS + 1;
    out->n = 0;
    out->first[0] = 0;
    for (size_t at = step; at < list->len; at += step) {
        while (at < list->len
               && list->at[at] >> 32 == list->at[at - 1] >> 32)
            at++;
        if (at < list->len)
            out->first[++out->n] = at;
    }
    out->first[++out->n] = list->len;
}

dm_status pairs_bucket(pair_list *list, pair_list *spare, pair_buckets *out)
{
    size_t count[PAIR_BUCKETS + 1] = {0}, n = list->len;
    unsigned shift = 0;
    *out = (pair_buckets){.sorted = true};
    for (size_t i = 0; i < n; i++) {
        uint32_t key = (uint32_t)(list->at[i] >> 32);
        out->sorted &= i == 0 || key >= list->at[i - 1] >> 32;
        out->most = key > out->most ? key : out->most;
    }
    if (out->sorted) {
        bucket_sorted(list, out);
        return DM_OK;
    }
    bucket_all(list, out);
    if (n < FEW)
        return DM_OK;
    if (!vec_reserve(spare, n))
        return DM_NOMEM;
    while (out->most >> shift >= PAIR_BUCKETS)
        shift++;
    for (size_t i = 0; i < n; i++)
        count[(list->at[i] >> 32 >> shift) + 1]++;
    for (size_t b = 0; b < PAIR_BUCKETS; b++)
        count[b + 1] += count[b];
    out->n = PAIR_BUCKETS;
    memcpy(out->first, count, sizeof count);
    for (size_t i = 0; i < n; i++)
        spare->at[count[list->at[i] >> 32 >> shift]++] = list->at[i];
    spare->len = n;
    pair_list swap = *list;
    *list = *spare;
    *spare = swap;
    return DM_OK;
}

static dm_status gather(key_runs *k, const rowset *rows, uint32_t key,
                        size_t lo, size_t hi)
{
    const uint32_t *keys = rows->arity == 1 ? NULL
                                            : rows->rows.col[key].narrow;
    const uint32_t *values =
        rows->rows.col[rows->arity == 1 ? 0 : 1 - key].narrow;
    k->pairs.len = 0;
    if (!vec_reserve(&k->pairs, hi - lo))
        return DM_NOMEM;
    for (size_t row = lo; row < hi; row++)
        if (!rowset_is_dead(rows, row))
            k->pairs.at[k->pairs.len++] =
                (uint64_t)(keys ? keys[row] : 0) << 32 | values[row];
    return pairs_sort(&k->pairs, &k->spare, 32);
}

dm_status key_runs_make(key_runs *k, const rowset *rows, uint32_t key,
                        size_t lo, size_t hi)
{
    dm_status st = gather(k, rows, key, lo, hi);
    for (size_t i = 0; k->at.len && i < k->keys.len; i++)
        k->at.at[k->keys.at[i]] = 0; /* as it was before key_runs_map */
    k->at.len = 0;
    k->keys.len = k->first.len = 0;
    k->most = 0;
    if (st != DM_OK || !vec_reserve(&k->values, k->pairs.len))
        return DM_NOMEM;
    for (size_t i = 0; i < k->pairs.len; i++) {
        uint32_t of = (uint32_t)(k->pairs.at[i] >> 32);
        uint32_t value = (uint32_t)k->pairs.at[i];
        if ((i == 0 || of != k->keys.at[k->keys.len - 1])
            && (!vec_push(&k->keys, of) || !vec_push(&k->first, i)))
            return DM_NOMEM;
        k->values.at[i] = value;
        k->most = value > k->most ? value : k->most;
    }
    return vec_push(&k->first, k->pairs.len) ? DM_OK : DM_NOMEM;
}

dm_status key_runs_map(key_runs *k)
{
    size_t n = k->keys.len, len = n ? (size_t)k->keys.at[n - 1] + 1 : 0;
    size_t had = k->at.cap;
    if (!vec_reserve(&k->at, len))
        return DM_NOMEM;
    memset(k->at.at + had, 0, (k->at.cap - had) * sizeof *k->at.at);
    k->at.len = len;
    for (size_t i = 0; i < n; i++)
        k->at.at[k->keys.at[i]] = (uint32_t)i + 1;
    return DM_OK;
}

void key_runs_free(key_runs *k)
{
    vec_free(&k->at);
    vec_free(&k->keys);
    vec_free(&k->first);
    vec_free(&k->values);
    vec_free(&k->pairs);
    vec_free(&k->spare);
}
