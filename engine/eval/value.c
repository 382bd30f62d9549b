/* value.c - conversion, comparison and arithmetic on columns of cells.
 *
 * All functions take a column of n cells and a vector `ok`; where ok is 0 the
 * cell is not looked at and what is written there means nothing.  A
 * conversion that has no result clears ok; an arithmetic mistake is an error
 * that names the rule.  Numbers of different types are compared by exact
 * value: an int is not rounded to be compared with a float. */
#include "eval/internal.h"

#include <math.h>
#include <string.h>

static const double two_63 = 9223372036854775808.0;

/* ---- conversion --------------------------------------------------------- */

static bool is_id(dm_type type)
{
    return type == DM_SYMBOL || type == DM_INTERVAL || type == DM_TERM;
}

/* The int with exactly this value, if there is one. */
static bool float_to_int(double x, int64_t *out)
{
    if (!(x >= -two_63 && x < two_63) || x != floor(x))
        return false;
    *out = (int64_t)x;
    return true;
}

/* One cell, types differ; false: no value. */
static bool convert(dm_eval *e, dm_type from, dm_type to, dm_cell in,
                    dm_cell *out, dm_status *st)
{
    if (to == DM_TERM) {
        dm_term term = (dm_term)in;
        if (!is_id(from))
            *st = cell_to_term(e->terms, from, in, &term);
        *out = term;
        return *st == DM_OK;
    }
    if (from == DM_TERM)
        return term_to_cell(e->terms, (dm_term)in, to, out);
    if (from == DM_INT && to == DM_FLOAT) {
        *out = cell_float((double)cell_get_int(in));
        return true;
    }
    int64_t n;
    if (from == DM_FLOAT && to == DM_INT
        && float_to_int(cell_get_float(in), &n)) {
        *out = cell_int(n);
        return true;
    }
    return false;
}

dm_status value_convert(dm_eval *e, dm_type from, dm_type to,
                        const dm_cell *in, size_t n, uint8_t *ok,
                        dm_cell *out)
{
    dm_status st = DM_OK;
    if (from == to || (is_id(from) && to == DM_TERM)) {
        memcpy(out, in, n * sizeof *out);
        return DM_OK;
    }
    for (size_t i = 0; i < n; i++)
        if (ok[i] && !convert(e, from, to, in[i], &out[i], &st)) {
            if (st != DM_OK)
                return eval_fail(e, st, "can't make a term");
            ok[i] = 0;
        }
    return DM_OK;
}

dm_status value_convert_strict(dm_eval *e, dm_type from, dm_type to,
                               const dm_cell *in, size_t n, uint8_t *ok,
                               dm_cell *out)
{
    if (from == DM_TERM && to == DM_FLOAT)
        for (size_t i = 0; i < n; i++)
            if (ok[i] && terms_kind(e->terms, (dm_term)in[i]) != TERM_FLOAT)
                ok[i] = 0;
    return value_convert(e, from, to, in, n, ok, out);
}

/* ---- comparison --------------------------------------------------------- */

/* An int and a float by exact value. */
static int compare_mixed(int64_t a, double b)
{
    if (b >= two_63)
        return -1;
    if (b < -two_63)
        return 1;
    int64_t whole = (int64_t)b; /* towards zero */
    if (a != whole)
        return a < whole ? -1 : 1;
    double rest = b - (double)whole;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

static bool holds(dm_compare op, int order)
{
    switch (op) {
    case DM_EQ: return order == 0;
    case DM_NE: return order != 0;
    case DM_LT: return order < 0;
    case DM_LE: return order <= 0;
    case DM_GT: return order > 0;
    case DM_GE: return order >= 0;
    }
    return false;
}

/* Two cells of different types; terms of both are made when they are no
 * numbers. */
static dm_status compare_types(dm_eval *e, dm_type ta, dm_cell a, dm_type tb,
                               dm_cell b, int *out)
{
    if (ta == DM_INT && tb == DM_FLOAT) {
        *out = compare_mixed(cell_get_int(a), cell_get_float(b));
        return DM_OK;
    }
    if (ta == DM_FLOAT && tb == DM_INT) {
        *out = -compare_mixed(cell_get_int(b), cell_get_float(a));
        return DM_OK;
    }
    dm_term x = (dm_term)a, y = (dm_term)b;
    dm_status st = is_id(ta) ? DM_OK : cell_to_term(e->terms, ta, a, &x);
    if (st == DM_OK && !is_id(tb))
        st = cell_to_term(e->terms, tb, b, &y);
    if (st != DM_OK)
        return eval_fail(e, st, "can't make a term");
    *out = terms_compare(e->terms, x, y);
    return DM_OK;
}

/* Ints and dates, the hot case, and equality of anything of one type. */
static bool compare_fast(dm_compare op, dm_type type, const dm_cell *a,
                         const dm_cell *b, size_t n, uint8_t *ok)
{
    if (op == DM_EQ || op == DM_NE) {
        for (size_t i = 0; i < n; i++)
            ok[i] &= (a[i] == b[i]) == (op == DM_EQ);
        return true;
    }
    if (type != DM_INT && type != DM_DATE)
        return false;
    for (size_t i = 0; i < n; i++) {
        int64_t x = cell_get_int(a[i]), y = cell_get_int(b[i]);
        ok[i] &= holds(op, x < y ? -1 : x > y);
    }
    return true;
}

dm_status value_compare(dm_eval *e, dm_compare op, dm_type ta,
                        const dm_cell *a, dm_type tb, const dm_cell *b,
                        size_t n, uint8_t *ok)
{
    bool same = ta == tb || (is_id(ta) && is_id(tb));
    if (same && compare_fast(op, ta, a, b, n, ok))
        return DM_OK;
    for (size_t i = 0; i < n; i++) {
        int order = 0;
        if (!ok[i])
            continue;
        if (same)
            order = cell_compare(e->terms, ta == tb ? ta : DM_TERM, a[i],
                                 b[i]);
        else {
            dm_status st = compare_types(e, ta, a[i], tb, b[i], &order);
            if (st != DM_OK)
                return st;
        }
        ok[i] = holds(op, order);
    }
    return DM_OK;
}

/* ---- arithmetic --------------------------------------------------------- */

static const char *op_name(dm_op op)
{
    static const char *const names[] = {"+", "-", "*", "/", "div", "mod",
                                        "-"};
    return names[op];
}

static dm_status overflow(dm_eval *e, dm_op op, int64_t a, int64_t b)
{
    char rule[RULE_NAME];
    if (op == DM_NEG)
        return eval_fail(e, DM_OVERFLOW, "integer overflow in -(%lld) in %s",
                         (long long)a, eval_rule_name(e, rule));
    return eval_fail(e, DM_OVERFLOW, "%s in %lld %s %lld in %s",
                     b == 0 && (op == DM_IDIV || op == DM_MOD)
                         ? "division by zero" : "integer overflow",
                     (long long)a, op_name(op), (long long)b,
                     eval_rule_name(e, rule));
}

/* Rounded towards minus infinity; b is not 0 and nothing overflows. */
static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

/* False on overflow or division by zero. */
static bool int_op(dm_op op, int64_t a, int64_t b, int64_t *out)
{
    switch (op) {
    case DM_ADD: return !__builtin_add_overflow(a, b, out);
    case DM_SUB: return !__builtin_sub_overflow(a, b, out);
    case DM_MUL: return !__builtin_mul_overflow(a, b, out);
    case DM_NEG: return !__builtin_sub_overflow((int64_t)0, a, out);
    case DM_DIV: return false;
    case DM_IDIV:
    case DM_MOD:
        break;
    }
    if (b == 0 || (a == INT64_MIN && b == -1 && op == DM_IDIV))
        return false;
    if (b == -1) {
        *out = op == DM_MOD ? 0 : -a;
        return true;
    }
    int64_t q = floor_div(a, b);
    *out = op == DM_IDIV ? q : a - q * b;
    return true;
}

static bool infinite_day(int64_t day)
{
    return day == DM_DAY_MIN || day == DM_DAY_MAX;
}

/* A day moved by days: the infinities stay, others may not reach them. */
static bool move_day(dm_op op, int64_t day, int64_t days, int64_t *out)
{
    if (infinite_day(day)) {
        *out = day;
        return true;
    }
    return int_op(op, day, days, out) && *out > DM_DAY_MIN
           && *out < DM_DAY_MAX;
}

/* int op int, day op days, day - day: the cells are all integers. */
static dm_status int_column(dm_eval *e, const dm_expr *x, const dm_cell *a,
                            const dm_cell *b, size_t n, const uint8_t *ok,
                            dm_cell *out)
{
    bool first_day = x->nargs == 2 && x->args[0].type == DM_DATE;
    for (size_t i = 0; i < n; i++) {
        int64_t r, p, q;
        if (!ok[i])
            continue;
        p = cell_get_int(a[i]);
        q = b ? cell_get_int(b[i]) : 0;
        bool fine = x->type != DM_DATE ? int_op(x->op, p, q, &r)
                    : first_day ? move_day(x->op, p, q, &r)
                                : move_day(x->op, q, p, &r);
        if (!fine)
            return overflow(e, x->op, p, q);
        out[i] = cell_int(r);
    }
    return DM_OK;
}

/* C's fmod rounds towards zero; mod is floored, like div. */
static double floor_mod(double a, double b)
{
    double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static double float_op(dm_op op, double a, double b)
{
    switch (op) {
    case DM_ADD: return a + b;
    case DM_SUB: return a - b;
    case DM_MUL: return a * b;
    case DM_DIV: return a / b;
    case DM_IDIV: return floor(a / b);
    case DM_MOD: return floor_mod(a, b);
    case DM_NEG: return -a;
    }
    return 0;
}

static dm_status float_column(dm_eval *e, dm_op op, const dm_cell *a,
                              const dm_cell *b, size_t n, const uint8_t *ok,
                              dm_cell *out)
{
    bool divides = op == DM_DIV || op == DM_IDIV || op == DM_MOD;
    char rule[RULE_NAME];
    for (size_t i = 0; i < n; i++) {
        if (!ok[i])
            continue;
        double p = cell_get_float(a[i]), q = b ? cell_get_float(b[i]) : 0;
        if (divides && q == 0)
            return eval_fail(e, DM_OVERFLOW, "division by zero in %.17g %s 0 "
                             "in %s", p, op_name(op), eval_rule_name(e, rule));
        double r = float_op(op, p, q);
        if (isnan(r))
            return eval_fail(e, DM_OVERFLOW, "%.17g %s %.17g is not a number "
                             "in %s", p, op_name(op), q,
                             eval_rule_name(e, rule));
        out[i] = cell_float(r);
    }
    return DM_OK;
}

dm_status value_op(dm_eval *e, const dm_expr *x, const dm_cell *a,
                   const dm_cell *b, size_t n, uint8_t *ok, dm_cell *out)
{
    if (x->type == DM_FLOAT)
        return float_column(e, x->op, a, b, n, ok, out);
    return int_column(e, x, a, b, n, ok, out);
}
