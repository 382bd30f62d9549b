/* Terms: interning, overlays, order, copies, cells, text. */
#include "base/buf.h"
#include "base/term.h"
#include "base/term_internal.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

static dm_term sym(dm_terms *t, const char *s)
{
    dm_term id = 0;
    terms_symbol(t, s, strlen(s), &id);
    return id;
}

static dm_term num(dm_terms *t, int64_t x)
{
    dm_term id = 0;
    terms_int(t, x, &id);
    return id;
}

static dm_term real(dm_terms *t, double x)
{
    dm_term id = 0;
    terms_float(t, x, &id);
    return id;
}

static dm_term call(dm_terms *t, const char *f, dm_term a, dm_term b)
{
    dm_term args[2] = {a, b}, id = 0;
    terms_compound(t, sym(t, f), args, b ? 2 : 1, &id);
    return id;
}

static const char *text(const dm_terms *t, dm_term id)
{
    static buf b;
    buf_clear(&b);
    term_print(t, id, &b);
    return b.at;
}

static void test_interning(void)
{
    dm_terms *t = terms_new(NULL);
    dm_term id = 0;
    size_t size;
    int32_t from, to;
    is_int(sym(t, "a"), 1, "ids begin at 1");
    is_int(sym(t, "b"), 2, "and go on");
    is_int(sym(t, "a"), 1, "equal symbols");
    is_str(terms_text(t, 2, &size), "b", "text");
    is_int(size, 1, "and size");
    ok(sym(t, "1") != num(t, 1) && num(t, 1) != real(t, 1),
       "kinds are apart");
    is_int(real(t, -0.0), real(t, 0.0), "no negative zero");
    is_int(terms_float(t, NAN, &id), DM_INVALID, "no NaN");
    terms_date(t, 18730, &id);
    ok(id != num(t, 18730) && terms_get_date(t, id) == 18730, "a date");
    terms_interval(t, -5, 7, &id);
    terms_get_interval(t, id, &from, &to);
    ok(from == -5 && to == 7, "an interval");
    is_int(terms_get_int(t, num(t, INT64_MIN)), INT64_MIN, "a small int");
    dm_term f = call(t, "f", sym(t, "a"), num(t, 3));
    is_int(call(t, "f", sym(t, "a"), num(t, 3)), f, "equal compounds");
    ok(call(t, "f", num(t, 3), sym(t, "a")) != f, "others");
    is_int(terms_arity(t, f), 2, "arity");
    is_int(terms_functor(t, f), sym(t, "f"), "functor");
    is_int(terms_args(t, f)[1], num(t, 3), "arguments");
    is_int(terms_arity(t, 1), 0, "a symbol has no arity");
    is_int(terms_find_symbol(t, "nobody", 6), 0, "finding makes nothing");
    is_int(terms_find_compound(t, sym(t, "f"), terms_args(t, f), 2), f,
           "finding a compound");
    is_int(terms_symbol(t, "a\0b", 3, &id), DM_OK, "a NUL inside");
    ok(id != sym(t, "a"), "is another symbol");
    ok(terms_has(t, terms_count(t)) && !terms_has(t, 0)
       && !terms_has(t, terms_count(t) + 1), "has");
    terms_free(t);
}

static void test_many(void)
{
    dm_terms *t = terms_new(NULL);
    char name[32];
    bool right = true;
    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof name, "s%d", i);
        right = right && sym(t, name) == (dm_term)i + 1;
    }
    for (int i = 0; i < 50000; i += 7) {
        snprintf(name, sizeof name, "s%d", i);
        right = right && sym(t, name) == (dm_term)i + 1;
    }
    ok(right, "50,000 symbols");
    char *big = malloc(1 << 20);
    memset(big, 'x', 1 << 20);
    dm_term id, more[100], wide;
    terms_symbol(t, big, 1 << 20, &id);
    ok(terms_text(t, id, NULL)[(1 << 20) - 1] == 'x', "a long symbol");
    free(big);
    for (int i = 0; i < 100; i++)
        more[i] = num(t, i);
    terms_compound(t, sym(t, "w"), more, 100, &wide);
    is_int(terms_find_compound(t, sym(t, "w"), more, 100), wide,
           "100 arguments");
    ok(terms_bytes(t) > 1 << 20, "bytes");
    terms_free(t);
}

/* Groups of symbols get the ids that one after the other would. */
static void test_groups(void)
{
    enum { N = 3000 };
    static char names[N][8];
    static terms_piece piece[N];
    static dm_term got[N];
    dm_terms *base = terms_new(NULL), *t = terms_new(base);
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "%d", i % 1999 * 7);
        piece[i] = (terms_piece){names[i], strlen(names[i])};
    }
    piece[5] = (terms_piece){NULL, 0};
    for (int i = 0; i < 100; i += 2)
        sym(base, names[i]);
    is_int(terms_symbols(t, piece, N, got), DM_OK, "many symbols at once");
    bool same = got[0] == 1 && got[2] == 2, ordered = true;
    dm_term last = DM_TERM_OVERLAY - 1;
    for (int i = 0; i < N; i++) {
        same = same && got[i] == sym(t, i == 5 ? "" : names[i]);
        ordered = ordered && got[i] <= last + 1;
        last = got[i] > last ? got[i] : last;
    }
    ok(same, "are those they are one by one");
    ok(ordered, "in order");
    terms_free(t);
    terms_free(base);
}

static void test_depth(void)
{
    dm_terms *t = terms_new(NULL);
    dm_terms *o = terms_new(NULL);
    dm_term a = num(t, 0), b = num(t, 1), copy = 0, x;
    for (int i = 0; i < 10000; i++) {
        a = call(t, "s", a, 0);
        b = call(t, "s", b, 0);
    }
    ok(a && b, "10,000 deep");
    dm_term args[1] = {a};
    is_int(terms_compound(t, sym(t, "s"), args, 1, &x), DM_INVALID,
           "but no deeper");
    ok(terms_compare(t, a, b) < 0, "compared");
    is_int(terms_copy(t, a, o, &copy), DM_OK, "copied");
    is_int(strlen(text(o, copy)), 30001, "printed");
    dm_term share = sym(t, "x");
    for (int i = 0; i < 5000; i++)
        share = call(t, "p", share, share);
    is_int(terms_copy(t, share, o, &copy), DM_OK,
           "a term with 2^5000 paths is copied once");
    terms_free(t);
    terms_free(o);
}

static void test_overlay(void)
{
    dm_terms *t = terms_new(NULL);
    dm_term a = sym(t, "a"), fa = call(t, "f", a, 0), c;
    dm_terms *o = terms_new(t);
    is_int(sym(o, "a"), a, "the base's terms");
    is_int(call(o, "f", a, 0), fa, "compounds too");
    dm_term n = sym(o, "new"), fn = call(o, "f", n, 0);
    is_int(n, DM_TERM_OVERLAY, "new ones above");
    is_int(terms_count(t), 3, "the base is as it was");
    is_int(terms_find_symbol(t, "new", 3), 0, "and knows nothing");
    is_str(text(o, fn), "f(new)", "mixed");
    dm_term late = sym(t, "new");
    is_int(sym(o, "new"), n, "what the base gains later stays two ids");
    is_int(sym(t, "new"), late, "in both");
    terms_copy(t, late, o, &c);
    is_int(c, n, "a copy finds the overlay's own");
    terms_copy(t, a, o, &c);
    is_int(c, a, "and shares what is older");
    terms_copy(o, fn, t, &c);
    is_str(text(t, c), "f(new)", "a copy down into the base");
    is_int(terms_args(t, c)[0], late, "with the base's symbol");
    terms_free(o);

    o = terms_new(t);
    dm_term g = call(o, "g", sym(o, "z"), a);
    uint32_t before = terms_count(t), many = terms_count(o);
    for (uint32_t i = 0; i < many; i++)
        terms_append(t, o, i);
    is_str(text(t, g - DM_TERM_OVERLAY + before + 1), "g(z, a)",
           "an overlay is appended");
    is_int(terms_find_symbol(t, "z", 1), before + 1, "and found");
    terms_free(o);
    terms_free(t);
}

static void test_above(void)
{
    dm_terms *t = terms_new(NULL);
    dm_term a = sym(t, "a"), copy;
    dm_terms *o = terms_new_above(t), *other = terms_new(t);
    is_int(sym(o, "a"), a, "the base's terms");
    dm_term n = sym(o, "new"), fn = call(o, "f", n, a);
    is_int(n, a + 1, "new ones follow them");
    is_str(text(o, fn), "f(new, a)", "mixed");
    ok(terms_has(o, fn) && !terms_has(o, fn + 1) && !terms_has(t, n),
       "what each has");
    sym(other, "more");
    terms_copy(o, fn, other, &copy);
    is_str(text(other, copy), "f(new, a)", "a copy into another table");
    terms_copy(o, n, t, &copy);
    is_str(text(t, copy), "new", "and into the base");
    terms_free(o);
    terms_free(other);
    terms_free(t);
}

static void test_order(void)
{
    dm_terms *t = terms_new(NULL);
    dm_term iv, day;
    terms_interval(t, 1, 2, &iv);
    terms_date(t, 5, &day);
    dm_term order[] = {
        real(t, -INFINITY), num(t, INT64_MIN), num(t, -1), real(t, -0.5),
        num(t, 0), real(t, 0), real(t, 0.5), num(t, 1), num(t, 1LL << 53),
        real(t, 0x1p53), num(t, (1LL << 53) + 1), num(t, INT64_MAX),
        real(t, 0x1p63), real(t, INFINITY), day, iv, sym(t, ""), sym(t, "a"),
        sym(t, "ab"), sym(t, "b"), sym(t, "\xc3\xa4"),
        call(t, "z", num(t, 1), 0), call(t, "a", num(t, 1), num(t, 1)),
        call(t, "a", num(t, 1), num(t, 2)), call(t, "b", num(t, 0), num(t, 0)),
    };
    int n = (int)(sizeof order / sizeof *order);
    bool right = true;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int c = terms_compare(t, order[i], order[j]);
            if ((c > 0) - (c < 0) != (i > j) - (i < j)) {
                diag("%d against %d: %d", i, j, c);
                right = false;
            }
        }
    ok(right, "the order by value is total");
    ok(cell_compare(t, DM_INT, cell_int(-1), cell_int(1)) < 0
       && cell_compare(t, DM_FLOAT, cell_float(-1), cell_float(1)) < 0
       && cell_compare(t, DM_DATE, cell_int(-1), cell_int(1)) < 0
       && cell_compare(t, DM_SYMBOL, sym(t, "b"), sym(t, "a")) > 0,
       "cells by type");
    terms_free(t);
}

static void test_cells(void)
{
    dm_terms *t = terms_new(NULL);
    dm_cell c;
    dm_term id;
    ok(term_to_cell(t, num(t, -3), DM_INT, &c) && cell_get_int(c) == -3,
       "an int");
    ok(term_to_cell(t, num(t, 2), DM_FLOAT, &c) && cell_get_float(c) == 2,
       "an int as a float");
    ok(!term_to_cell(t, real(t, 2), DM_INT, &c), "but not a float as an int");
    ok(!term_to_cell(t, num(t, 2), DM_SYMBOL, &c)
       && !term_to_cell(t, sym(t, "x"), DM_DATE, &c)
       && !term_to_cell(t, sym(t, "x"), DM_INTERVAL, &c), "other types");
    ok(term_to_cell(t, num(t, 2), DM_TERM, &c) && c == num(t, 2), "any term");
    cell_to_term(t, DM_DATE, cell_int(18730), &id);
    is_str(text(t, id), "2021-04-13", "a date's cell");
    cell_to_term(t, DM_FLOAT, cell_float(-0.0), &id);
    is_str(text(t, id), "0.0", "a float's");
    cell_to_term(t, DM_SYMBOL, sym(t, "x"), &id);
    is_int(id, sym(t, "x"), "a symbol's");
    buf b = {0};
    cell_print(t, DM_INT, cell_int(-7), &b);
    cell_print(t, DM_DATE, cell_int(DM_DAY_MAX), &b);
    is_str(b.at, "-7infinity", "printing");
    buf_free(&b);
    terms_free(t);
}

static void test_text(void)
{
    dm_terms *t = terms_new(NULL);
    dm_term a = sym(t, "a"), b = sym(t, "b");
    is_str(text(t, sym(t, "us_forces2")), "us_forces2", "an identifier");
    is_str(text(t, sym(t, "Taliban")), "\"Taliban\"", "a capital");
    is_str(text(t, sym(t, "not")), "\"not\"", "a reserved word");
    is_str(text(t, sym(t, "")), "\"\"", "nothing");
    is_str(text(t, sym(t, "a \"b\"\n\\\x01")), "\"a \\\"b\\\"\\n\\\\\\x01\"",
           "escapes");
    is_str(text(t, real(t, 0.1)), "0.1", "a float");
    is_str(text(t, real(t, 1)), "1.0", "a whole one");
    is_str(text(t, real(t, 1e300)), "1.0e+300", "a big one");
    is_str(text(t, real(t, 0.1 + 0.2)), "0.30000000000000004", "exactly");
    is_str(text(t, call(t, "f", a, num(t, -1))), "f(a, -1)", "a compound");
    is_str(text(t, call(t, "-r", a, 0)), "-r(a)", "an explicit negative");
    is_str(text(t, call(t, "not", call(t, "and", a, b), 0)), "not (a and b)",
           "formulas");
    is_str(text(t, call(t, "or", call(t, "f", a, 0), b)), "f(a) or b", "or");
    dm_term iv;
    terms_interval(t, 18730, DM_DAY_MAX, &iv);
    is_str(text(t, iv), "2021-04-13..infinity", "an interval");
    terms_free(t);
}

int main(void)
{
    test_interning();
    test_many();
    test_groups();
    test_depth();
    test_overlay();
    test_above();
    test_order();
    test_cells();
    test_text();
    return done_testing();
}
