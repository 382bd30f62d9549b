/* term_value.c - terms and cells by value: order and conversion.
 *
 * Purpose: an order of terms that doesn't depend on ids, so that results are
 * the same whatever was interned first; cells to terms and back.
 * Invariants: the order is total; numbers of both kinds are compared exactly
 * (never by converting an int64_t to a double).
 * Cost: comparing goes down both terms together; it recurses for all
 * arguments but the last, so at most as deep as terms nest (10,000). */
#include "base/term.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int order_real(double a, double b)
{
    return (a > b) - (a < b);
}

/* An int against a float; equal ones: the int first. */
static int order_mixed(int64_t i, double d)
{
    if (d >= 0x1p63)
        return -1;
    if (d < -0x1p63)
        return 1;
    double whole = trunc(d);
    int by_whole = order(i, (int64_t)whole);
    if (by_whole)
        return by_whole;
    return d < whole ? 1 : -1;
}

static int compare_numbers(const dm_terms *t, dm_term a, dm_term b)
{
    bool a_int = terms_kind(t, a) == TERM_INT;
    bool b_int = terms_kind(t, b) == TERM_INT;
    if (a_int && b_int)
        return order(terms_get_int(t, a), terms_get_int(t, b));
    if (!a_int && !b_int)
        return order_real(terms_get_float(t, a), terms_get_float(t, b));
    if (a_int)
        return order_mixed(terms_get_int(t, a), terms_get_float(t, b));
    return -order_mixed(terms_get_int(t, b), terms_get_float(t, a));
}

static int compare_intervals(const dm_terms *t, dm_term a, dm_term b)
{
    int32_t a_from, a_to, b_from, b_to;
    terms_get_interval(t, a, &a_from, &a_to);
    terms_get_interval(t, b, &b_from, &b_to);
    return a_from != b_from ? order(a_from, b_from) : order(a_to, b_to);
}

static int compare_symbols(const dm_terms *t, dm_term a, dm_term b)
{
    size_t a_size, b_size;
    const char *a_text = terms_text(t, a, &a_size);
    const char *b_text = terms_text(t, b, &b_size);
    int c = memcmp(a_text, b_text, a_size < b_size ? a_size : b_size);
    return c ? c : (a_size > b_size) - (a_size < b_size);
}

static int rank(term_kind kind)
{
    static const uint8_t ranks[] = {
        [TERM_INT] = 0,    [TERM_FLOAT] = 0,  [TERM_DATE] = 1,
        [TERM_INTERVAL] = 2, [TERM_SYMBOL] = 3, [TERM_COMPOUND] = 4,
    };
    return ranks[kind];
}

static int compare_atomic(const dm_terms *t, dm_term a, dm_term b)
{
    switch (terms_kind(t, a)) {
    case TERM_INT:
    case TERM_FLOAT:
        return compare_numbers(t, a, b);
    case TERM_DATE:
        return order(terms_get_date(t, a), terms_get_date(t, b));
    case TERM_INTERVAL:
        return compare_intervals(t, a, b);
    case TERM_SYMBOL:
        return compare_symbols(t, a, b);
    case TERM_COMPOUND:
        break;
    }
    assert(false); /* a compound isn't atomic */
    return 0;
}

/* All of two compounds but their last arguments. */
static int compare_start(const dm_terms *t, dm_term a, dm_term b)
{
    uint32_t arity = terms_arity(t, a);
    int c = order(arity, terms_arity(t, b));
    if (!c)
        c = terms_compare(t, terms_functor(t, a), terms_functor(t, b));
    const dm_term *a_args = terms_args(t, a), *b_args = terms_args(t, b);
    for (uint32_t i = 0; !c && i + 1 < arity; i++)
        c = terms_compare(t, a_args[i], b_args[i]);
    return c;
}

int terms_compare(const dm_terms *t, dm_term a, dm_term b)
{
    while (a != b) {
        term_kind a_kind = terms_kind(t, a), b_kind = terms_kind(t, b);
        int c = rank(a_kind) - rank(b_kind);
        if (c)
            return c;
        if (a_kind != TERM_COMPOUND)
            return compare_atomic(t, a, b);
        c = compare_start(t, a, b);
        if (c)
            return c;
        uint32_t last = terms_arity(t, a) - 1;
        a = terms_args(t, a)[last];
        b = terms_args(t, b)[last];
    }
    return 0;
}

/* ---- cells -------------------------------------------------------------- */

dm_cell cell_float(double x)
{
    dm_cell c;
    assert(!isnan(x));
    x += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&c, &x, sizeof c);
    return c;
}

double cell_get_float(dm_cell c)
{
    double x;
    memcpy(&x, &c, sizeof x);
    return x;
}

dm_status cell_to_term(dm_terms *t, dm_type type, dm_cell cell, dm_term *out)
{
    switch (type) {
    case DM_INT:
        return terms_int(t, cell_get_int(cell), out);
    case DM_FLOAT:
        return terms_float(t, cell_get_float(cell), out);
    case DM_DATE:
        return terms_date(t, (int32_t)cell_get_int(cell), out);
    case DM_ANY:
    case DM_SYMBOL:
    case DM_INTERVAL:
    case DM_TERM:
        break;
    }
    *out = (dm_term)cell;
    return DM_OK;
}

static bool to_float(const dm_terms *t, dm_term term, dm_cell *out)
{
    term_kind kind = terms_kind(t, term);
    if (kind == TERM_FLOAT)
        *out = cell_float(terms_get_float(t, term));
    else if (kind == TERM_INT)
        *out = cell_float((double)terms_get_int(t, term));
    else
        return false;
    return true;
}

bool term_to_cell(const dm_terms *t, dm_term term, dm_type type, dm_cell *out)
{
    term_kind kind = terms_kind(t, term);
    switch (type) {
    case DM_INT:
        if (kind != TERM_INT)
            return false;
        *out = cell_int(terms_get_int(t, term));
        return true;
    case DM_FLOAT:
        return to_float(t, term, out);
    case DM_DATE:
        if (kind != TERM_DATE)
            return false;
        *out = cell_int(terms_get_date(t, term));
        return true;
    case DM_SYMBOL:
    case DM_INTERVAL:
        if (kind != (type == DM_SYMBOL ? TERM_SYMBOL : TERM_INTERVAL))
            return false;
        break;
    case DM_ANY:
    case DM_TERM:
        break;
    }
    *out = term;
    return true;
}

int cell_compare(const dm_terms *t, dm_type type, dm_cell a, dm_cell b)
{
    switch (type) {
    case DM_INT:
    case DM_DATE:
        return order(cell_get_int(a), cell_get_int(b));
    case DM_FLOAT:
        return order_real(cell_get_float(a), cell_get_float(b));
    case DM_ANY:
    case DM_SYMBOL:
    case DM_INTERVAL:
    case DM_TERM:
        break;
    }
    return terms_compare(t, (dm_term)a, (dm_term)b);
}
