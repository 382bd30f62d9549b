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

/* How many digits come first, 0 to 8; no branch, since lengths are random. */
static inline unsigned digits_count(uint64_t x)
{
    uint64_t none = digits_none(x) >> 1 | UINT64_C(1) << 63;
    return ((unsigned)__builtin_ctzll(none) + 1) / 8;
}

/* A number of up to 15 digits, with a minus or without, at `*at`, with 17
 * readable bytes there; steps over it.  False, and nothing done, where there is
 * none, or a longer one. */
static inline bool digits_take(const char **at, int64_t *out)
{
    static const uint32_t power_of_ten[] = {1, 10, 100, 1000, 10000, 100000,
                                            1000000, 10000000};
    const char *p = *at;
    uint64_t minus = *p == '-';
    p += minus;
    uint64_t word = digits_load(p);
    unsigned n = digits_count(word);
    if (n == 0)
        return false;
    uint64_t x = digits_value(word, n);
    p += n;
    if (__builtin_expect((uint8_t)(*p - '0') <= 9, 0)) {
        word = digits_load(p);
        n = digits_count(word);
        if (n == 8)
            return false;
        x = x * power_of_ten[n] + digits_value(word, n);
        p += n;
    }
    *out = (int64_t)((x ^ (0 - minus)) + minus);
    *at = p;
    return true;
}

#endif
