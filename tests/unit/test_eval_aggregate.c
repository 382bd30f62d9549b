/* test_eval_aggregate.c - aggregates in heads and bodies, with undefined
 * instances, through recursion; exact sums. */
#include "eval/exact.h"
#include "eval_text.h"

#include <math.h>

static void test_heads(void)
{
    struct model m;
    model_open(&m, "r(k: symbol, x: int)", "f(k: symbol, x: float)", NULL);
    model_rules(&m, "n(K, count()) if r(K, _).", "all(count()) if r(_, _).",
                "d(count(X)) if r(_, X).", "s(K, sum(X)) if r(K, X).",
                "lo(K, min(X)) if r(K, X).", "hi(K, max(X)) if r(K, X).",
                "avg(K, mean(X)) if r(K, X).", "l(K, list(X)) if r(K, X).",
                "two(K, min(X), max(X), count()) if r(K, X).",
                "fs(sum(X)) if f(_, X).", "fm(K, mean(X)) if f(K, X).",
                "none(count()) if r(K, X) and X > 100.", NULL);
    model_check(&m);
    model_put(&m, "r", DM_TRUE, "a 3;a 1;a 2;b 3;b -4");
    model_put(&m, "f", DM_TRUE,
              "a 1e300;b 1.0;c -1e300;d 1e-300;a 0.5;b 2.0");
    ok(model_run(&m) == DM_OK, "aggregates run");
    is_str(model_rows(&m, "n", DM_TRUE), "a 3; b 2", "count()");
    is_str(model_rows(&m, "all", DM_TRUE), "5", "count() of all");
    is_str(model_rows(&m, "d", DM_TRUE), "4", "count(X) is of distinct X");
    is_str(model_rows(&m, "s", DM_TRUE), "a 6; b -1", "sum");
    is_str(model_rows(&m, "lo", DM_TRUE), "a 1; b -4", "min");
    is_str(model_rows(&m, "hi", DM_TRUE), "a 3; b 3", "max");
    is_str(model_rows(&m, "avg", DM_TRUE), "a 2.0; b -0.5", "mean");
    is_str(model_rows(&m, "l", DM_TRUE), "a list(1, 2, 3); b list(-4, 3)",
           "list");
    is_str(model_rows(&m, "two", DM_TRUE), "a 1 3 3; b -4 3 2",
           "several in a head");
    is_str(model_rows(&m, "fs", DM_TRUE), "3.5", "a float sum is exact");
    is_str(model_rows(&m, "fm", DM_TRUE),
           "a 5.0e+299; b 1.5; c -1.0e+300; d 1.0e-300", "mean of floats");
    is_str(model_rows(&m, "none", DM_TRUE), "", "no group, no row");
    model_close(&m);
}

static void test_bodies(void)
{
    struct model m;
    model_open(&m, "k(k: symbol)", "r(k: symbol, x: int)", NULL);
    model_rules(&m, "n(K, N) if k(K) and N = count{ r(K, _) }.",
                "s(K, N) if k(K) and N = sum{ X : r(K, X) }.",
                "lo(K, N) if k(K) and N = min{ X : r(K, X) }.",
                "big(K) if k(K) and N = count{ r(K, _) } and N > 1.",
                "two(K) if k(K) and 2 = count{ r(K, _) }.",
                "l(K, N) if k(K) and N = list{ X : r(K, X) }.", NULL);
    model_check(&m);
    model_put(&m, "k", DM_TRUE, "a;b;c");
    model_put(&m, "r", DM_TRUE, "a 1;a 2;b 7");
    ok(model_run(&m) == DM_OK, "body aggregates run");
    is_str(model_rows(&m, "n", DM_TRUE), "a 2; b 1; c 0", "count of nothing");
    is_str(model_rows(&m, "s", DM_TRUE), "a 3; b 7; c 0", "sum of nothing");
    is_str(model_rows(&m, "lo", DM_TRUE), "a 1; b 7", "min of nothing fails");
    is_str(model_rows(&m, "big", DM_TRUE), "a", "compared");
    is_str(model_rows(&m, "two", DM_TRUE), "a", "matched with a constant");
    is_str(model_rows(&m, "l", DM_TRUE), "a list(1, 2); b list(7)", "list");
    model_close(&m);
}

static void test_undefined_heads(void)
{
    struct model m;
    model_open(&m, "r(k: symbol, x: int)", NULL);
    model_rules(&m, "n(K, count()) if r(K, _).", "s(K, sum(X)) if r(K, X).",
                "d(count(X)) if r(_, X).", "lo(K, min(X)) if r(K, X).",
                "hi(K, max(X)) if r(K, X).", "l(K, list(X)) if r(K, X).",
                "avg(K, mean(X)) if r(K, X).",
                "two(K, count(), sum(X)) if r(K, X).", NULL);
    model_check(&m);
    model_put(&m, "r", DM_TRUE, "a 3;a 5;c 1");
    model_put(&m, "r", DM_UNDEFINED, "a 1;a 4;b 3;b 4");
    ok(model_run(&m) == DM_OK, "aggregates of undefined rows run");
    is_str(model_rows(&m, "n", DM_TRUE), "c 1", "certain count");
    is_str(model_rows(&m, "n", DM_UNDEFINED), "a 2; a 3; a 4; b 1; b 2",
           "count");
    is_str(model_rows(&m, "s", DM_TRUE), "c 1", "certain sum");
    is_str(model_rows(&m, "s", DM_UNDEFINED),
           "a 12; a 13; a 8; a 9; b 3; b 4; b 7", "sum");
    is_str(model_rows(&m, "d", DM_UNDEFINED), "3; 4", "count(X)");
    is_str(model_rows(&m, "lo", DM_UNDEFINED), "a 1; a 3; b 3; b 4", "min");
    is_str(model_rows(&m, "hi", DM_TRUE), "a 5; c 1",
           "no resolution changes it");
    is_str(model_rows(&m, "hi", DM_UNDEFINED), "b 3; b 4", "max");
    is_str(model_rows(&m, "avg", DM_UNDEFINED),
           "a 3.0; a 3.25; a 4.0; b 3.0; b 3.5; b 4.0", "mean");
    is_str(model_rows(&m, "l", DM_UNDEFINED),
           "a list(1, 3, 4, 5); a list(1, 3, 5); a list(3, 4, 5); "
           "a list(3, 5); b list(3); b list(3, 4); b list(4)", "list");
    is_str(model_rows(&m, "two", DM_UNDEFINED),
           "a 2 8; a 3 12; a 3 9; a 4 13; b 1 3; b 1 4; b 2 7",
           "two aggregates vary together");
    model_close(&m);
}

static void test_undefined_bodies(void)
{
    struct model m;
    model_open(&m, "k(k: symbol)", "r(k: symbol, x: int)", NULL);
    model_rules(&m, "n(K, N) if k(K) and N = count{ r(K, _) }.",
                "s(K, N) if k(K) and N = sum{ X : r(K, X) }.",
                "lo(K, N) if k(K) and N = min{ X : r(K, X) }.",
                "some(K) if k(K) and N = count{ r(K, _) } and N > 0.", NULL);
    model_check(&m);
    model_put(&m, "k", DM_TRUE, "a;b;c;d");
    model_put(&m, "r", DM_TRUE, "a 1");
    model_put(&m, "r", DM_UNDEFINED, "a 2;b 7;d 0");
    ok(model_run(&m) == DM_OK, "body aggregates of undefined rows run");
    is_str(model_rows(&m, "n", DM_TRUE), "c 0", "certain");
    is_str(model_rows(&m, "n", DM_UNDEFINED),
           "a 1; a 2; b 0; b 1; d 0; d 1", "count");
    is_str(model_rows(&m, "s", DM_TRUE), "c 0; d 0", "0 more or less");
    is_str(model_rows(&m, "s", DM_UNDEFINED), "a 1; a 3; b 0; b 7", "sum");
    is_str(model_rows(&m, "lo", DM_TRUE), "a 1", "2 is no less");
    is_str(model_rows(&m, "lo", DM_UNDEFINED), "b 7; d 0", "min");
    is_str(model_rows(&m, "some", DM_UNDEFINED), "a; b; d", "compared");
    model_close(&m);
}

static void test_resolution_limit(void)
{
    struct model m;
    char row[40];
    model_open(&m, "r(x: int)", NULL);
    model_rules(&m, "n(count()) if r(_).", "s(sum(X)) if r(X).", NULL);
    model_check(&m);
    for (int i = 0; i < 14; i++) {
        snprintf(row, sizeof row, "%d", 1 << i);
        model_put(&m, "r", DM_UNDEFINED, row);
    }
    ok(eval_run(m.eval, &m.error) == DM_BUDGET, "too many resolutions");
    ok(strstr(m.error.text, "14 disputed instances") != NULL, "and says so");
    model_close(&m);
}

static dm_status product(void *context, dm_terms *terms, size_t nvalues,
                         dm_type type, const dm_cell *values, dm_cell *result,
                         uint8_t *defined, dm_error *err)
{
    int64_t p = 1;
    (void)context, (void)terms, (void)type, (void)err;
    for (size_t i = 0; i < nvalues; i++)
        p *= cell_get_int(values[i]);
    *result = cell_int(p);
    *defined = nvalues < 3;
    return DM_OK;
}

/* text_rule has no notation for custom aggregates: the rule is put together
 * here. */
static void test_custom(void)
{
    struct model m;
    uint32_t f, rule;
    model_open(&m, "r(k: symbol, x: int)", "p(k: symbol, x: int)", NULL);
    dm_function def = {.name = "product", .nargs = 1, .result = DM_INT,
                       .fold = product};
    dm_program_function(m.text.program, &def, &f, NULL);
    dm_expr vars[2] = {{.kind = DM_EXPR_VAR, .var = 0},
                       {.kind = DM_EXPR_VAR, .var = 1}};
    dm_expr head[2] = {vars[0],
                       {.kind = DM_EXPR_AGGREGATE, .aggregate = DM_CUSTOM,
                        .function = f, .nargs = 1, .args = &vars[1]}};
    dm_literal body = {.kind = DM_ATOM, .relation = 0, .nargs = 2,
                       .args = vars};
    const char *names[2] = {"K", "X"};
    dm_rule r = {.relation = 1, .nargs = 2, .args = head, .nbody = 1,
                 .body = &body, .nvars = 2, .vars = names};
    dm_program_rule(m.text.program, &r, &rule, NULL);
    model_check(&m);
    model_put(&m, "r", DM_TRUE, "a 2;a 5;b 1;b 2;b 3;c 4");
    model_put(&m, "r", DM_UNDEFINED, "c 1;c 5;d 1");
    ok(model_run(&m) == DM_OK, "a registered aggregate runs");
    is_str(model_rows(&m, "p", DM_TRUE), "a 10", "and may have no value");
    is_str(model_rows(&m, "p", DM_UNDEFINED), "c 20; c 4; d 1",
           "with undefined instances");
    model_close(&m);
}

/* ---- lattices ----------------------------------------------------------- */

static void test_shortest(void)
{
    struct model m;
    model_open(&m, "link(x: symbol, y: symbol, d: int)", NULL);
    model_rules(&m, "dist(Y, min(0)) if link(s, _, _) and Y = s.",
                "dist(Y, min(D + W)) if dist(X, D) and link(X, Y, W).",
                NULL);
    model_check(&m);
    model_put(&m, "link", DM_TRUE,
              "s a 10;s b 1;b c 1;c a 1;a d 1;d s 1;c d 7");
    ok(model_run(&m) == DM_OK, "shortest paths run");
    is_str(model_rows(&m, "dist", DM_TRUE), "a 3; b 1; c 2; d 4; s 0",
           "only the least stays");
    uint32_t dist = model_find(&m, "dist");
    eval_row before, after;
    dm_cell cells[2];
    model_row(&m, "dist", "a 3", cells);
    eval_lookup(m.eval, dist, cells, &before);
    model_row(&m, "dist", "d 4", cells);
    eval_lookup(m.eval, dist, cells, &after);
    ok(eval_stage(m.eval, before) < eval_stage(m.eval, after),
       "stages order derivations after bettered rows went");
    model_row(&m, "dist", "a 10", cells);
    ok(eval_lookup(m.eval, dist, cells, NULL) == DM_FALSE, "bettered rows");
    model_close(&m);
}

static void test_joined_lattice(void)
{
    struct model m;
    model_open(&m, "a(k: symbol, x: int)", "b(k: symbol, x: int)",
               "lo(k: symbol, x: int)", NULL);
    model_rules(&m, "lo(K, min(X)) if a(K, X).", "lo(K, min(X)) if b(K, X).",
                NULL);
    model_check(&m);
    model_put(&m, "lo", DM_TRUE, "q 0;t 3;p 7");
    model_put(&m, "a", DM_TRUE, "p 3;q 1;r 9;u 1");
    model_put(&m, "b", DM_TRUE, "p 2;q 5");
    model_put(&m, "b", DM_UNDEFINED, "r 4;s 6;u 2");
    ok(model_run(&m) == DM_OK, "min over several rules runs");
    is_str(model_rows(&m, "lo", DM_TRUE), "p 2; q 0; t 3; u 1", "joined");
    is_str(model_rows(&m, "lo", DM_UNDEFINED), "r 4; r 9; s 6",
           "with undefined instances");
    is_int((int64_t)eval_inputs(m.eval, model_find(&m, "lo"), DM_TRUE), 2,
           "inputs that stand");
    model_close(&m);
}

static dm_status run_disputed(const char *undefined, const char *want)
{
    struct model m;
    model_open(&m, "link(x: symbol, y: symbol, d: int)", NULL);
    model_rules(&m, "dist(Y, min(0)) if link(s, _, _) and Y = s.",
                "dist(Y, min(D + W)) if dist(X, D) and link(X, Y, W).",
                NULL);
    model_check(&m);
    model_put(&m, "link", DM_TRUE, "s a 1;a b 1");
    model_put(&m, "link", DM_UNDEFINED, undefined);
    dm_status st = eval_run(m.eval, &m.error);
    if (st == DM_OK)
        is_str(model_rows(&m, "dist", DM_TRUE), want, "least distances");
    model_close(&m);
    return st;
}

static void test_undefined_lattice(void)
{
    ok(run_disputed("s b 1", "") == DM_UNSUPPORTED,
       "a recursive min that a disputed row would change is refused");
    ok(run_disputed("s b 5", "a 1; b 2; s 0") == DM_OK,
       "one that it would not change is certain");
}

/* ---- exact sums --------------------------------------------------------- */

static double sum_of(const double *x, size_t n)
{
    exact sum = {{0}, 0};
    for (size_t i = 0; i < n; i++)
        exact_add(&sum, x[i]);
    return exact_round(&sum);
}

static void test_exact(void)
{
    const double a[] = {1e308, 1e308, -1e308, -1e308, 0.1};
    const double b[] = {0.1, 0.2, 0.3, -0.6};
    const double c[] = {1, 0x1p-53, 0x1p-53};
    const double d[] = {1, 0x1p-53};
    const double e[] = {-1, -0x1p-53, -0x1p-105};
    const double f[] = {4.9e-324, 4.9e-324, -1e-320};
    const double g[] = {1e308, 1e308};
    const double h[] = {INFINITY, 1, -INFINITY};
    ok(sum_of(a, 5) == 0.1, "no overflow on the way");
    ok(sum_of(b, 4) == 2.7755575615628914e-17, "rounded once");
    ok(sum_of(c, 3) == 1 + 0x1p-52, "halves add up");
    ok(sum_of(d, 2) == 1, "ties to even");
    ok(sum_of(e, 3) == -1 - 0x1p-52, "a bit far below decides");
    ok(sum_of(f, 3) == -1e-320 + 2 * 4.9e-324, "subnormals");
    ok(isinf(sum_of(g, 2)), "too large is infinite");
    ok(isnan(sum_of(h, 3)), "both infinities");
}

/* ---- many groups -------------------------------------------------------- */

enum { MANY = 3000 };

/* The group whose key is too large for an array that keys index; the next
 * one's is negative. */
static int64_t large_group;

static int64_t key_of(int64_t i)
{
    return i == large_group       ? INT64_C(1) << 40
           : i == large_group + 1 ? -7
                                  : i;
}

/* Four values a group, whose sum overflows on the way; two are the same. */
static void put_many(struct model *m)
{
    static dm_cell rows[4 * MANY][3];
    uint32_t r = model_find(m, "r");
    for (int64_t i = 0; i < 4 * MANY; i++) {
        int64_t group = i % MANY, values[4] = {INT64_MAX - group, group + 5,
                                               group + 5, group - INT64_MAX};
        rows[i][0] = cell_int(i);
        rows[i][1] = cell_int(key_of(group));
        rows[i][2] = cell_int(values[i / MANY]);
    }
    if (eval_add(m->eval, r, rows[0], 4 * MANY, DM_TRUE, &m->error) != DM_OK)
        abort();
}

/* How many rows of `relation` hold for their key what `expected` says, in the
 * order of the groups. */
static int64_t count_right(struct model *m, const char *relation,
                           uint32_t arity, int64_t (*expected)(int64_t group,
                                                               uint32_t column))
{
    int64_t right = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        eval_row row = {model_find(m, relation), DM_TRUE, i};
        const dm_cell *cells = eval_cells(m->eval, row);
        bool good = cells != NULL;
        for (uint32_t c = 0; good && c < arity; c++)
            good = cell_get_int(cells[c]) == expected(i, c);
        right += good;
    }
    return right;
}

static int64_t expect_all(int64_t group, uint32_t column)
{
    int64_t want[] = {key_of(group), 4, 2 * group + 10, group - INT64_MAX,
                      INT64_MAX - group, 3};
    return want[column];
}

static int64_t expect_most(int64_t group, uint32_t column)
{
    return column == 0 ? key_of(group) : INT64_MAX - group;
}

static int64_t expect_pairs(int64_t group, uint32_t column)
{
    return column == 1 ? 4 : key_of(group);
}

static void test_many_groups(int64_t large)
{
    struct model m;
    large_group = large;
    model_open(&m, "r(i: int, k: int, x: int)", NULL);
    model_rules(&m, "all(K, count(), sum(X), min(X), max(X), count(X)) "
                    "if r(_, K, X).",
                "most(K, N) if all(K, _, _, _, _, _) "
                "and N = max{ X : r(_, K, X) }.",
                "pairs(K, count(), K) if r(_, K, X).",
                "total(sum(X), count(X), count()) if r(_, _, X).", NULL);
    model_check(&m);
    put_many(&m);
    ok(model_run(&m) == DM_OK, "many groups");
    is_int(count_right(&m, "all", 6, expect_all), MANY, "in a head");
    is_int(count_right(&m, "most", 2, expect_most), MANY, "in a body");
    is_int(count_right(&m, "pairs", 3, expect_pairs), MANY,
           "by several columns");
    is_str(model_rows(&m, "total", DM_TRUE), "9027000 9000 12000",
           "all as one group");
    model_close(&m);
}

int main(void)
{
    test_heads();
    test_bodies();
    test_undefined_heads();
    test_undefined_bodies();
    test_resolution_limit();
    test_custom();
    test_shortest();
    test_joined_lattice();
    test_undefined_lattice();
    test_exact();
    test_many_groups(10);
    test_many_groups(MANY / 2);
    test_many_groups(MANY - 2);
    test_many_groups(MANY);
    return done_testing();
}
