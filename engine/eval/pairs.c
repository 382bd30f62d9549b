/* pairs.c - sorting pairs.
 *
 * Sorting is by radix, the lowest digit first, skipping digits in which all
 * pairs agree; what is in order already is only looked at. */
#include "eval/pairs.h"

#include <string.h>

/* Bits of a digit for many pairs and for few; so few are just put in place. */
enum { DIGIT = 11, ONE_DIGIT = 8, SHORT_DIGIT = 6, FEW = 512, HANDFUL = 24 };

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

/* Digits as long as the keys differ, if that is one short digit. */
dm_status pairs_sort_at(uint64_t *at, size_t n, pair_list *spare)
{
    uint64_t differ = 0, *from = at, *to;
    for (size_t i = 1; i < n; i++)
        differ |= at[i] ^ at[0];
    differ >>= 32;
    if (differ == 0)
        return DM_OK;
    if (n <= HANDFUL) {
        insert_sorted(at, n, 32);
        return DM_OK;
    }
    if (!vec_reserve(spare, n))
        return DM_NOMEM;
    to = spare->at;
    unsigned digit = differ >> ONE_DIGIT ? SHORT_DIGIT : ONE_DIGIT;
    for (unsigned shift = 0; differ >> shift; shift += digit) {
        if ((differ >> shift & ((1u << digit) - 1)) == 0)
            continue;
        sort_digit(from, to, n, 32 + shift, digit);
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != at)
        memcpy(at, from, n * sizeof *at);
    return DM_OK;
}
