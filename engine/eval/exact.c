/* exact.c - a long accumulator for doubles.
 *
 * A double is m * 2^(p - 1074) with m < 2^53 and p from 0 to 2045, so adding
 * it touches two words and then carries.  Cost: a few operations an addition,
 * 280 bytes a sum.  Reference: U. Kulisch, "Computer Arithmetic and Validity",
 * 2013, chapter 8. */
#include "eval/exact.h"

#include <math.h>
#include <string.h>

static void add_at(exact *sum, unsigned at, uint64_t x)
{
    while (at < EXACT_WORDS && x != 0) {
        x = __builtin_add_overflow(sum->word[at], x, &sum->word[at]);
        at++;
    }
}

static void sub_at(exact *sum, unsigned at, uint64_t x)
{
    while (at < EXACT_WORDS && x != 0) {
        x = __builtin_sub_overflow(sum->word[at], x, &sum->word[at]);
        at++;
    }
}

void exact_add(exact *sum, double x)
{
    uint64_t bits, mantissa;
    if (isinf(x)) {
        sum->infinite |= x > 0 ? 1 : 2;
        return;
    }
    memcpy(&bits, &x, sizeof bits);
    unsigned exponent = (unsigned)(bits >> 52) & 0x7FF;
    mantissa = bits & ((UINT64_C(1) << 52) - 1);
    if (exponent)
        mantissa |= UINT64_C(1) << 52, exponent--;
    unsigned at = exponent / 64, shift = exponent % 64;
    uint64_t low = mantissa << shift;
    uint64_t high = shift ? mantissa >> (64 - shift) : 0;
    if (x >= 0) {
        add_at(sum, at, low);
        add_at(sum, at + 1, high);
    } else {
        sub_at(sum, at, low);
        sub_at(sum, at + 1, high);
    }
}

static int bit(const exact *sum, int i)
{
    return (int)(sum->word[i / 64] >> (i % 64) & 1);
}

/* The index of the highest bit set, or -1. */
static int top_bit(const exact *sum)
{
    for (int w = EXACT_WORDS; w-- > 0;)
        if (sum->word[w])
            return w * 64 + 63 - __builtin_clzll(sum->word[w]);
    return -1;
}

static int any_below(const exact *sum, int i)
{
    for (int w = 0; w < i / 64; w++)
        if (sum->word[w])
            return 1;
    return (sum->word[i / 64] & ((UINT64_C(1) << (i % 64)) - 1)) != 0;
}

static double round_magnitude(const exact *sum)
{
    int top = top_bit(sum);
    if (top < 0)
        return 0;
    int low = top > 52 ? top - 52 : 0;
    uint64_t m = 0;
    for (int i = top; i >= low; i--)
        m = m << 1 | (uint64_t)bit(sum, i);
    if (low > 0 && bit(sum, low - 1)
        && (any_below(sum, low - 1) || (m & 1)))
        m++;
    return ldexp((double)m, low - 1074);
}

double exact_round(const exact *sum)
{
    if (sum->infinite == 3)
        return NAN;
    if (sum->infinite)
        return sum->infinite == 1 ? INFINITY : -INFINITY;
    if (!(sum->word[EXACT_WORDS - 1] >> 63))
        return round_magnitude(sum);
    exact negated = {{0}, 0};
    for (unsigned w = 0; w < EXACT_WORDS; w++)
        sub_at(&negated, w, sum->word[w]);
    return -round_magnitude(&negated);
}
