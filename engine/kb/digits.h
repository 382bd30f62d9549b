/* digits.h - runs of decimal digits, eight at a time.
 *
 * Method: eight bytes as one word of which each byte is a digit's value; pairs,
 * fours and eights of them are added up by three multiplications (D. Lemire,
 * "Quickly parsing eight digits", 2018). */
#ifndef KB_DIGITS_H
#define KB_DIGITS_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Each byte's value as a digit, the first one lowest; over 9: none. */
static inline uint64_t digits_load(const char *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return le64toh(x) ^ UINT64_C(0x3030303030303030);
}

/* The high bit of each byte that is no digit. */
static inline uint64_t digits_none(uint64_t x)
{
    uint64_t low = x & UINT64_C(0x7F7F7F7F7F7F7F7F);
    return ((low + UINT64_C(0x7676767676767676)) | x)
           & UINT64_C(0x8080808080808080);
}

/* The number that the first `n` digits (1 to 8) make. */
static inline uint64_t digits_value(uint64_t x, unsigned n)
{
    const uint64_t mask = UINT64_C(0x000000FF000000FF);
    x <<= 64 - 8 * n; /* zeros in front */
    x = x * 10 + (x >> 8);
    return ((x & mask) * UINT64_C(0x000F424000000064)
            + (x >> 16 & mask) * UINT64_C(0x0000271000000001)) >> 32;
}

/* A number of up to 15 digits, with a minus or without, at `*at`, with sixteen
 * readable bytes there; steps over it.  False, and nothing done, where there is
 * none, or a longer one. */
static inline bool digits_take(const char **at, int64_t *out)
{
    static const uint32_t power_of_ten[] = {1, 10, 100, 1000, 10000, 100000,
                                            1000000, 10000000};
    const char *p = *at;
    bool minus = *p == '-';
    p += minus;
    uint64_t word = digits_load(p), none = digits_none(word), x;
    if (__builtin_expect(none != 0, 1)) {
        unsigned n = (unsigned)__builtin_ctzll(none) / 8;
        if (n == 0)
            return false;
        x = digits_value(word, n);
        p += n;
    } else {
        x = digits_value(word, 8);
        p += 8;
        word = digits_load(p);
        none = digits_none(word);
        if (none == 0)
            return false;
        unsigned n = (unsigned)__builtin_ctzll(none) / 8;
        if (n > 0)
            x = x * power_of_ten[n] + digits_value(word, n);
        p += n;
    }
    *out = minus ? -(int64_t)x : (int64_t)x;
    *at = p;
    return true;
}

#endif
