/* number.c - numbers as decimal text, the same in every locale.
 *
 * Purpose: table files hold mostly numbers, so reading them must be fast, and
 * exact: what was written with enough digits comes back bit by bit.
 * Representation: a decimal is up to 19 significant digits in a uint64_t and
 * a power of ten; `exact` is false when further digits were dropped.
 * Invariants: when digits and power of ten are both exact doubles, one
 * multiplication or division rounds correctly (Clinger, PLDI 1990); in all
 * other cases strtod does it, in the C locale, where the point is a point.
 * Cost: some nanoseconds a digit; strtod about 100 ns. */
#include "kb/number.h"

#include "base/mem.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 19, EXACT_POWER = 22, SHORT_TEXT = 128 };
#define EXACT_DIGITS (UINT64_C(1) << 53)
#define POWER_LIMIT 1000000

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Step over a sign; is it a minus? */
static bool take_sign(const char **at, const char *end)
{
    if (*at < end && (**at == '-' || **at == '+'))
        return *(*at)++ == '-';
    return false;
}

/* ---- integers ----------------------------------------------------------- */

bool number_parse_int(const char *text, size_t size, int64_t *out)
{
    const char *at = text, *end = text + size;
    bool minus = take_sign(&at, end);
    uint64_t x = 0;
    if (at == end)
        return false;
    while (end - at > MOST_DIGITS && *at == '0')
        at++;
    if (end - at > MOST_DIGITS)
        return false;
    for (; at < end; at++) {
        if (!is_digit(*at))
            return false;
        x = 10 * x + (uint64_t)(*at - '0'); /* 19 digits fit */
    }
    if (x > (uint64_t)INT64_MAX + minus)
        return false;
    *out = minus ? (int64_t)(0 - x) : (int64_t)x;
    return true;
}

/* How many digits it has. */
static unsigned count_digits(uint64_t x)
{
    unsigned n = 1;
    for (; x >= 10000; x /= 10000)
        n += 4;
    return n + (x >= 10) + (x >= 100) + (x >= 1000);
}

size_t number_format_int(int64_t x, char *out)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334"
        "3536373839404142434445464748495051525354555657585960616263646566676869"
        "707172737475767778798081828384858687888990919293949596979899";
    uint64_t rest = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    char *at = out;
    *at = '-';
    at += x < 0;
    unsigned n = count_digits(rest);
    size_t size = (size_t)(at - out) + n;
    for (; n > 2; n -= 2, rest /= 100)
        memcpy(at + n - 2, pairs + 2 * (rest % 100), 2);
    if (n == 2)
        memcpy(at, pairs + 2 * rest, 2);
    else
        *at = (char)('0' + rest);
    return size;
}

/* ---- floats ------------------------------------------------------------- */

typedef struct decimal {
    bool minus;
    bool exact;      /* all digits are in `digits` */
    uint64_t digits;
    int64_t power;
} decimal;

/* Take digits into `d`; those behind the point lower its power.  Returns how
 * many there were. */
static size_t take_digits(const char **at, const char *end, bool behind_point,
                          decimal *d)
{
    const char *start = *at;
    for (; *at < end && is_digit(**at); ++*at) {
        unsigned digit = (unsigned)(**at - '0');
        if (d->digits < UINT64_C(1000000000000000000)) {
            d->digits = 10 * d->digits + digit;
            d->power -= behind_point;
        } else {
            d->exact = d->exact && digit == 0;
            d->power += !behind_point;
        }
    }
    return (size_t)(*at - start);
}

static bool take_exponent(const char **at, const char *end, decimal *d)
{
    if (*at == end || (**at != 'e' && **at != 'E'))
        return true;
    ++*at;
    bool minus = take_sign(at, end);
    const char *start = *at;
    int64_t x = 0;
    for (; *at < end && is_digit(**at); ++*at)
        if (x < POWER_LIMIT)
            x = 10 * x + (**at - '0');
    d->power += minus ? -x : x;
    return *at > start;
}

/* sign digits [. digits] [e sign digits], with a digit somewhere before e. */
static bool parse_decimal(const char *text, size_t size, decimal *out)
{
    const char *at = text, *end = text + size;
    *out = (decimal){.exact = true};
    out->minus = take_sign(&at, end);
    size_t ndigits = take_digits(&at, end, false, out);
    if (at < end && *at == '.') {
        at++;
        ndigits += take_digits(&at, end, true, out);
    }
    return ndigits > 0 && take_exponent(&at, end, out) && at == end;
}

/* Clinger's fast path: both parts are exact as doubles. */
static bool convert_exactly(const decimal *d, double *out)
{
    static const double power_of_ten[EXACT_POWER + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    double x = (double)d->digits;
    int64_t power = d->digits == 0 ? 0 : d->power;
    if (!d->exact || d->digits > EXACT_DIGITS || power > EXACT_POWER
        || power < -EXACT_POWER)
        return false;
    x = power < 0 ? x / power_of_ten[-power] : x * power_of_ten[power];
    *out = d->minus ? -x : x;
    return true;
}

/* strtod on a text that is known to be a number. */
static bool convert_slowly(const char *text, size_t size, double *out)
{
    char near[SHORT_TEXT], *copy = near;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c == (locale_t)0)
        return false;
    if (size >= sizeof near)
        copy = mem_alloc(size + 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
        copy[size] = '\0';
        *out = strtod_l(copy, NULL, c);
    }
    bool ok = copy != NULL && isfinite(*out);
    if (copy != near)
        mem_free(copy);
    freelocale(c);
    return ok;
}

bool number_parse_float(const char *text, size_t size, double *out)
{
    decimal d;
    double x = 0;
    if (!parse_decimal(text, size, &d))
        return false;
    if (!convert_exactly(&d, &x) && !convert_slowly(text, size, &x))
        return false;
    *out = x;
    return true;
}
