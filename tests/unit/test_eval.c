/* test_eval.c - rules, recursion, negation, undefined rows, functions, limits.
 */
#include "eval_text.h"

#include <math.h>

static void test_closure(void)
{
    struct model m;
    model_open(&m, "edge(x: int, y: int)", NULL);
    model_rules(&m, "path(X, Y) if edge(X, Y).",
                "path(X, Z) if path(X, Y) and path(Y, Z).", NULL);
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2;2 3;3 1;4 1;1 2");
    ok(model_run(&m) == DM_OK, "closure runs");
    is_str(model_rows(&m, "path", DM_TRUE),
           "1 1; 1 2; 1 3; 2 1; 2 2; 2 3; 3 1; 3 2; 3 3; 4 1; 4 2; 4 3",
           "closure of a cycle and a tail");
    is_str(model_rows(&m, "path", DM_UNDEFINED), "", "nothing undefined");
    is_int((int64_t)eval_inputs(m.eval, model_find(&m, "edge"), DM_TRUE), 4,
           "distinct inputs");
    buf plans = {0};
    ok(eval_print_plans(m.eval, &plans) == DM_OK, "plans print");
    ok(strstr(plans.at, "new rows of literal 2") != NULL,
       "a plan for each recursive literal");
    buf_free(&plans);
    model_close(&m);
}

static void test_long_chain(void)
{
    struct model m;
    char row[40];
    model_open(&m, "edge(x: int, y: int)", NULL);
    model_rules(&m, "path(X, Y) if edge(X, Y).",
                "path(X, Y) if edge(X, Z) and path(Z, Y).", NULL);
    model_check(&m);
    for (int i = 0; i < 300; i++) {
        snprintf(row, sizeof row, "%d %d", i, i + 1);
        model_put(&m, "edge", DM_TRUE, row);
    }
    ok(model_run(&m) == DM_OK, "chain runs");
    uint32_t path = model_find(&m, "path");
    is_int((int64_t)eval_count(m.eval, path, DM_TRUE), 300 * 301 / 2,
           "closure of a chain of 300");
    dm_cell far[2] = {0, 300}, none[2] = {300, 0};
    eval_row at, first;
    ok(eval_lookup(m.eval, path, far, &at) == DM_TRUE, "its far end");
    ok(eval_lookup(m.eval, path, none, NULL) == DM_FALSE, "not backwards");
    far[1] = 1;
    eval_lookup(m.eval, path, far, &first);
    uint64_t stages = eval_stage(m.eval, at) - eval_stage(m.eval, first);
    ok(stages >= 299 && stages <= 4 * 299, "later rounds are later stages");
    model_close(&m);
}

static void test_same_generation(void)
{
    struct model m;
    model_open(&m, "parent(x: symbol, y: symbol)", NULL);
    model_rules(&m, "same(X, Y) if parent(X, P) and parent(Y, P).",
                "same(X, Y) if parent(X, P) and same(P, Q) and "
                "parent(Y, Q).", NULL);
    model_check(&m);
    model_put(&m, "parent", DM_TRUE, "b a;c a;d b;e c");
    ok(model_run(&m) == DM_OK, "same generation runs");
    is_str(model_rows(&m, "same", DM_TRUE),
           "b b; b c; c b; c c; d d; d e; e d; e e", "same generation");
    model_close(&m);
}

static void test_mutual(void)
{
    struct model m;
    model_open(&m, "next(x: int, y: int)", NULL);
    model_rules(&m, "even(0).", "odd(Y) if even(X) and next(X, Y).",
                "even(Y) if odd(X) and next(X, Y).", NULL);
    model_check(&m);
    model_put(&m, "next", DM_TRUE, "0 1;1 2;2 3;3 4;4 5");
    ok(model_run(&m) == DM_OK, "mutual recursion runs");
    is_str(model_rows(&m, "even", DM_TRUE), "0; 2; 4", "even");
    is_str(model_rows(&m, "odd", DM_TRUE), "1; 3; 5", "odd");
    model_close(&m);
}

static void test_negation(void)
{
    struct model m;
    model_open(&m, "edge(x: int, y: int)", NULL);
    model_rules(&m, "node(X) if edge(X, _).", "node(Y) if edge(_, Y).",
                "sink(X) if node(X) and not edge(X, _).",
                "one_way(X, Y) if edge(X, Y) and not edge(Y, X).",
                "empty(1) if not loop(_).", "loop(X) if edge(X, X).", NULL);
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2;2 1;2 3;3 4");
    ok(model_run(&m) == DM_OK, "negation runs");
    is_str(model_rows(&m, "sink", DM_TRUE), "4", "negation with a free column");
    is_str(model_rows(&m, "one_way", DM_TRUE), "2 3; 3 4", "negation");
    is_str(model_rows(&m, "empty", DM_TRUE), "1", "negation of all rows");
    model_close(&m);
}

static void test_win_move(void)
{
    struct model m;
    model_open(&m, "move(x: symbol, y: symbol)", NULL);
    model_rules(&m, "win(X) if move(X, Y) and not win(Y).", NULL);
    model_check(&m);
    /* a and b draw with each other; c and g win by going to d; e may choose
     * between a draw and a loss, f between a draw and a loss */
    model_put(&m, "move", DM_TRUE, "a b;b a;c d;e a;e c;f e;f g;h g;g d");
    ok(model_run(&m) == DM_OK, "win-move runs");
    is_str(model_rows(&m, "win", DM_TRUE), "c; g", "won positions");
    is_str(model_rows(&m, "win", DM_UNDEFINED), "a; b; e; f", "draws");
    model_close(&m);
}

static void test_undefined_inputs(void)
{
    struct model m;
    model_open(&m, "edge(x: int, y: int)", "bad(x: int)", NULL);
    model_rules(&m, "path(X, Y) if edge(X, Y).",
                "path(X, Z) if path(X, Y) and edge(Y, Z).",
                "good(X, Y) if path(X, Y) and not bad(Y).", NULL);
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2;3 4");
    model_put(&m, "edge", DM_UNDEFINED, "2 3;1 2");
    model_put(&m, "bad", DM_TRUE, "3");
    model_put(&m, "bad", DM_UNDEFINED, "2");
    ok(model_run(&m) == DM_OK, "undefined inputs run");
    is_str(model_rows(&m, "edge", DM_UNDEFINED), "2 3", "true wins");
    is_str(model_rows(&m, "path", DM_TRUE), "1 2; 3 4", "true paths");
    is_str(model_rows(&m, "path", DM_UNDEFINED), "1 3; 1 4; 2 3; 2 4",
           "undefined paths");
    is_str(model_rows(&m, "good", DM_TRUE), "3 4", "true past negation");
    is_str(model_rows(&m, "good", DM_UNDEFINED), "1 2; 1 4; 2 4",
           "undefined past negation");
    model_close(&m);
}

static void test_even_loop(void)
{
    struct model m;
    model_open(&m, "dom(x: symbol)", NULL);
    model_rules(&m, "p(X) if dom(X) and not q(X).",
                "q(X) if dom(X) and not p(X).",
                "q(a).", "r(X) if p(X).", "s(X) if dom(X) and not r(X).",
                NULL);
    model_check(&m);
    model_put(&m, "dom", DM_TRUE, "a;b");
    ok(model_run(&m) == DM_OK, "an even loop runs");
    is_str(model_rows(&m, "q", DM_TRUE), "a", "decided by a fact");
    is_str(model_rows(&m, "p", DM_UNDEFINED), "b", "undefined");
    is_str(model_rows(&m, "s", DM_TRUE), "a", "true above");
    is_str(model_rows(&m, "s", DM_UNDEFINED), "b", "undefined above");
    model_close(&m);
}

/* Recursion and a cycle through negation in one component: `not q` must not
 * be read before the possible rows are known. */
static void test_mixed_component(void)
{
    struct model m;
    model_open(&m, "e(x: int)", NULL);
    model_rules(&m, "p(X, X) if e(X).", "p(0, W) if p(W, Y) and not q(Y).",
                "q(W) if p(W, _).", NULL);
    model_check(&m);
    model_put(&m, "e", DM_TRUE, "1");
    ok(model_run(&m) == DM_OK, "a mixed component runs");
    is_str(model_rows(&m, "p", DM_TRUE), "1 1", "blocked by a true row");
    is_str(model_rows(&m, "p", DM_UNDEFINED), "", "nothing is left open");
    is_str(model_rows(&m, "q", DM_TRUE), "1", "the row that blocks");
    model_close(&m);
}

/* A literal read as "not false": h(X) if possibly u(X) and f(X).  text_rule
 * has no notation for it. */
static void test_possible(void)
{
    struct model m;
    uint32_t rule;
    model_open(&m, "u(x: int)", "f(x: int)", "h(x: int)", NULL);
    model_rules(&m, "g(X) if u(X) and not h(X).", NULL);
    dm_expr x = {.kind = DM_EXPR_VAR};
    dm_literal body[2] = {
        {.kind = DM_ATOM, .relation = 0, .nargs = 1, .args = &x,
         .possible = true},
        {.kind = DM_ATOM, .relation = 1, .nargs = 1, .args = &x}};
    const char *names[1] = {"X"};
    dm_rule r = {.relation = 2, .nargs = 1, .args = &x, .nbody = 2,
                 .body = body, .nvars = 1, .vars = names};
    dm_program_rule(m.text.program, &r, &rule, NULL);
    model_check(&m);
    model_put(&m, "u", DM_TRUE, "4");
    model_put(&m, "u", DM_UNDEFINED, "1;2");
    model_put(&m, "f", DM_TRUE, "1;3;4");
    ok(model_run(&m) == DM_OK, "a possible literal runs");
    is_str(model_rows(&m, "h", DM_TRUE), "1; 4", "it leaves the truth alone");
    is_str(model_rows(&m, "g", DM_UNDEFINED), "2", "negated: false");
    model_close(&m);
}

static void test_expressions(void)
{
    struct model m;
    model_open(&m, "n(x: int)", "f(x: float)", NULL);
    model_rules(&m, "a(Y) if n(X) and Y = X * 2 - 1.",
                "b(X, Y) if n(X) and n(Y) and n(X + Y).",
                "d(X div 2, X mod 2) if n(X).",
                "h(X / 2) if f(X).",
                "less(X) if n(X) and X < 2.",
                "pair(X) if n(X) and X != 1 and 1 <= X.", NULL);
    model_check(&m);
    model_put(&m, "n", DM_TRUE, "-3;1;2;3");
    model_put(&m, "f", DM_TRUE, "1.0;-0.0");
    ok(model_run(&m) == DM_OK, "expressions run");
    is_str(model_rows(&m, "a", DM_TRUE), "-7; 1; 3; 5", "binding =");
    is_str(model_rows(&m, "b", DM_TRUE), "1 1; 1 2; 2 1",
           "an expression as an argument");
    is_str(model_rows(&m, "d", DM_TRUE), "-2 1; 0 1; 1 0; 1 1",
           "div and mod are floored");
    is_str(model_rows(&m, "h", DM_TRUE), "0.0; 0.5", "no minus zero");
    is_str(model_rows(&m, "less", DM_TRUE), "-3; 1", "<");
    is_str(model_rows(&m, "pair", DM_TRUE), "2; 3", "!= and <=");
    model_close(&m);
}

static void test_compounds(void)
{
    struct model m;
    model_open(&m, "n(x: int)", "t(x: term)", NULL);
    model_rules(&m, "made(f(X, g(a, X))) if n(X).",
                "taken(X, Y) if made(f(X, g(Y, X))).",
                "same(X) if made(f(X, g(_, 2))).",
                "apart(A) if made(T) and T = f(_, A).",
                "missing(X) if n(X) and not made(f(X, g(b, X))).",
                "back(f(X, g(a, X))) if made(f(X, _)) and n(X).",
                "ints(Y) if t(X) and n(Y) and X = Y.",
                "as_int(X) if t(X) and n(X).", NULL);
    model_check(&m);
    model_put(&m, "n", DM_TRUE, "1;2");
    model_put(&m, "t", DM_TRUE, "2;x;2.5");
    ok(model_run(&m) == DM_OK, "compounds run");
    is_str(model_rows(&m, "made", DM_TRUE), "f(1, g(a, 1)); f(2, g(a, 2))",
           "built");
    is_str(model_rows(&m, "taken", DM_TRUE), "1 a; 2 a", "taken apart");
    is_str(model_rows(&m, "same", DM_TRUE), "2", "with a constant inside");
    is_str(model_rows(&m, "apart", DM_TRUE), "g(a, 1); g(a, 2)", "by =");
    is_str(model_rows(&m, "missing", DM_TRUE), "1; 2", "in a negation");
    is_str(model_rows(&m, "back", DM_TRUE), "f(1, g(a, 1)); f(2, g(a, 2))",
           "built again");
    is_str(model_rows(&m, "ints", DM_TRUE), "2", "an int out of a term");
    is_str(model_rows(&m, "as_int", DM_TRUE), "2", "joined by its value");
    model_close(&m);
}

/* A recursive atom whose argument is computed from what other atoms bind. */
static void test_late_delta(void)
{
    struct model m;
    model_open(&m, "n(x: int)", NULL);
    model_rules(&m, "a(0).", "a(X) if n(X) and a(X - 1).",
                "b(X, X) if n(X) and X < 2.",
                "b(X, Y + 1) if n(X) and b(X, Y) and b(X - 1, Y).", NULL);
    model_check(&m);
    model_put(&m, "n", DM_TRUE, "0;1;2;3;5");
    ok(model_run(&m) == DM_OK, "computed arguments in recursion run");
    is_str(model_rows(&m, "a", DM_TRUE), "0; 1; 2; 3", "counting up");
    is_str(model_rows(&m, "b", DM_TRUE), "0 0; 1 1", "two recursive atoms");
    model_close(&m);
}

/* ---- functions ---------------------------------------------------------- */

static int calls, rows_called;

static dm_status half(void *context, dm_terms *terms, size_t nrows,
                      const dm_type *types, const dm_cell *const *args,
                      dm_cell *result, uint8_t *defined, dm_error *err)
{
    (void)context, (void)terms, (void)types, (void)err;
    calls++;
    rows_called += (int)nrows;
    for (size_t i = 0; i < nrows; i++) {
        int64_t x = cell_get_int(args[0][i]);
        defined[i] = x % 2 == 0;
        result[i] = cell_int(x / 2);
    }
    return DM_OK;
}

static void test_functions(void)
{
    struct model m;
    uint32_t f;
    model_open(&m, "n(x: int)", NULL);
    dm_function def = {.name = "half", .nargs = 1, .result = DM_INT,
                       .call = half};
    dm_program_function(m.text.program, &def, &f, NULL);
    model_rules(&m, "h(X, Y) if n(X) and Y = @half(X).",
                "q(@half(@half(X))) if n(X).", NULL);
    model_check(&m);
    model_put(&m, "n", DM_TRUE, "1;2;4;8");
    ok(model_run(&m) == DM_OK, "functions run");
    is_str(model_rows(&m, "h", DM_TRUE), "2 1; 4 2; 8 4",
           "a function with values for some");
    is_str(model_rows(&m, "q", DM_TRUE), "1; 2", "nested");
    is_int(rows_called, 4, "every argument once");
    ok(calls < 4, "called in batches");
    model_close(&m);
}

static dm_status broken(void *context, dm_terms *terms, size_t nrows,
                        const dm_type *types, const dm_cell *const *args,
                        dm_cell *result, uint8_t *defined, dm_error *err)
{
    (void)terms, (void)types, (void)args, (void)defined, (void)err;
    for (size_t i = 0; i < nrows; i++)
        result[i] = cell_float(1) | UINT64_C(0x7FF8) << 48; /* NaN */
    return context ? DM_FUNCTION : DM_OK;
}

static void test_broken_function(void)
{
    for (int failing = 0; failing < 2; failing++) {
        struct model m;
        uint32_t f;
        model_open(&m, "n(x: int)", NULL);
        dm_function def = {.name = "broken", .nargs = 1, .result = DM_FLOAT,
                           .call = broken, .context = failing ? &m : NULL};
        dm_program_function(m.text.program, &def, &f, NULL);
        model_rules(&m, "h(@broken(X)) if n(X).", NULL);
        model_check(&m);
        model_put(&m, "n", DM_TRUE, "1");
        ok(eval_run(m.eval, &m.error) == DM_FUNCTION,
           failing ? "a function fails" : "a function gives NaN");
        ok(strstr(m.error.text, "broken") && strstr(m.error.text, "test.dm:1"),
           "function and rule are named");
        model_close(&m);
    }
}

/* ---- mistakes and limits ------------------------------------------------ */

static dm_status run_rule(const char *rule, const char *rows, char *text)
{
    struct model m;
    model_open(&m, "n(x: int)", NULL);
    model_rules(&m, rule, NULL);
    model_check(&m);
    model_put(&m, "n", DM_TRUE, rows);
    dm_status st = eval_run(m.eval, &m.error);
    memcpy(text, m.error.text, 199);
    model_close(&m);
    return st;
}

static void test_overflow(void)
{
    char text[200] = "";
    ok(run_rule("a(X * X) if n(X).", "4000000000", text) == DM_OVERFLOW,
       "multiplication overflows");
    ok(strstr(text, "test.dm:1") != NULL, "the rule is named");
    ok(run_rule("a(1 div X) if n(X).", "0", text) == DM_OVERFLOW,
       "division by zero");
    ok(strstr(text, "division by zero") != NULL, "and says so");
    ok(run_rule("a(1 mod X) if n(X).", "0", text) == DM_OVERFLOW, "mod 0");
    ok(run_rule("a(0 - X) if n(X).", "-9223372036854775808", text)
           == DM_OVERFLOW, "subtraction overflows");
    ok(run_rule("a(X div Y) if n(X) and Y = 0 - 1.",
                "-9223372036854775808", text) == DM_OVERFLOW,
       "div -1 overflows");
    ok(run_rule("a(Y) if n(X) and X != 0 and Y = 6 div X.", "0;2", text)
           == DM_OK, "a guard before a division");
    ok(run_rule("a(sum(X)) if n(X).", "9223372036854775807;1", text)
           == DM_OVERFLOW, "a sum overflows");
    ok(run_rule("a(sum(X)) if n(X).",
                "9223372036854775807;1;-9223372036854775808", text) == DM_OK,
       "only its end counts");
}

static dm_status run_limited(dm_budget budget, const dm_cancel *cancel,
                             char *text)
{
    struct model m;
    model_open(&m, "n(x: int)", NULL);
    m.options.budget = budget;
    m.options.cancel = cancel;
    model_rules(&m, "n(X + 1) if n(X).", NULL);
    model_check(&m);
    model_put(&m, "n", DM_TRUE, "0");
    dm_status st = eval_run(m.eval, &m.error);
    memcpy(text, m.error.text, 199);
    model_close(&m);
    return st;
}

static void test_limits(void)
{
    char text[200] = "";
    dm_cancel cancel = {0};
    atomic_init(&cancel.asked, true);
    ok(run_limited((dm_budget){.facts = 5000}, NULL, text) == DM_BUDGET,
       "a budget of rows");
    ok(strstr(text, "5000") && strstr(text, "test.dm:1"),
       "names budget and rule");
    ok(run_limited((dm_budget){.rounds = 100}, NULL, text) == DM_BUDGET,
       "a budget of rounds");
    ok(run_limited((dm_budget){.bytes = 1 << 20}, NULL, text) == DM_BUDGET,
       "a budget of bytes");
    ok(run_limited((dm_budget){.seconds = 0.02}, NULL, text) == DM_BUDGET,
       "a budget of time");
    ok(run_limited((dm_budget){0}, &cancel, text) == DM_CANCELLED,
       "cancelled");
}

static bool count_row(void *context, eval_row row)
{
    int *n = context;
    *n = *n * 10 + (int)row.row + (row.truth == DM_UNDEFINED ? 5 : 1);
    return true;
}

static void test_match(void)
{
    struct model m;
    int seen = 0;
    dm_cell key[2] = {0, 7};
    model_open(&m, "e(x: int, y: int)", NULL);
    model_check(&m);
    model_put(&m, "e", DM_TRUE, "1 7;2 8;3 7");
    model_put(&m, "e", DM_UNDEFINED, "4 7");
    model_run(&m);
    ok(eval_match(m.eval, 0, 2, key, count_row, &seen, NULL) == DM_OK,
       "match by a column");
    is_int(seen, 135, "rows in order, true ones first");
    seen = 0;
    eval_match(m.eval, 0, 0, key, count_row, &seen, NULL);
    is_int(seen, 1235, "all rows");
    model_close(&m);
}

/* Many rows, so that batches, slots and runs of indexes grow. */
static void test_many(void)
{
    struct model m;
    dm_cell row[2];
    model_open(&m, "e(x: int, y: int)", NULL);
    model_rules(&m, "two(X, Z) if e(X, Y) and e(Y, Z).",
                "n(X, count()) if e(X, _).",
                "both(X, Y) if e(X, Y) and e(Y, X).", NULL);
    model_check(&m);
    for (int i = 0; i < 100; i++)
        for (int k = 0; k < 100; k++) {
            row[0] = cell_int(i);
            row[1] = cell_int(k);
            if (i != k)
                eval_add(m.eval, 0, row, 1, DM_TRUE, NULL);
        }
    ok(model_run(&m) == DM_OK, "a dense graph runs");
    is_int((int64_t)eval_count(m.eval, model_find(&m, "two"), DM_TRUE), 10000,
           "two steps");
    is_int((int64_t)eval_count(m.eval, model_find(&m, "both"), DM_TRUE), 9900,
           "both ways");
    eval_row at;
    row[1] = 99;
    ok(eval_lookup(m.eval, model_find(&m, "n"), row, &at) == DM_TRUE,
       "counted");
    model_close(&m);
}

/* Heads that are distinct by construction come before others of their
 * relation, with cells that sets can't hold, and ones that come again. */
static void test_distinct_heads(void)
{
    struct model m;
    model_open(&m, "a(x: int, y: int)", "b(x: int, y: int)", "c(x: int)",
               "q(x: int, y: int)", NULL);
    model_rules(&m, "p(X, Y) if a(X, Y) and not b(X, Y).",
                "p(X, Z) if b(X, Y) and a(Y, Z).",
                "p(X, X) if c(X) and a(X, _).",
                "two(X, Y, Z) if b(X, Y) and b(Y, Z) and c(Z).",
                "q(X, Y) if b(X, Y) and X < Y.",
                "swapped(Y, X) if b(X, Y).", "first(X) if a(X, _).",
                "any if c(X) and X > 1.", "again(X) if c(X) and any.", NULL);
    model_check(&m);
    model_put(&m, "a", DM_TRUE, "-1 5;1 2;2 3;-1 6;2 -9;7 7");
    model_put(&m, "b", DM_TRUE, "1 2;2 -1;3 1;2 2");
    model_put(&m, "c", DM_TRUE, "2;-1;7");
    model_put(&m, "q", DM_TRUE, "1 2;9 9");
    ok(model_run(&m) == DM_OK, "distinct heads run");
    is_str(model_rows(&m, "p", DM_TRUE),
           "-1 -1; -1 5; -1 6; 1 -9; 1 3; 2 -9; 2 2; 2 3; 2 5; 2 6; 3 2; 7 7",
           "beside others");
    is_str(model_rows(&m, "two", DM_TRUE), "1 2 -1; 1 2 2; 2 2 -1; 2 2 2; 3 1 2",
           "of a join");
    is_str(model_rows(&m, "q", DM_TRUE), "1 2; 9 9", "beside rows put in");
    is_str(model_rows(&m, "swapped", DM_TRUE), "-1 2; 1 3; 2 1; 2 2",
           "swapped");
    is_str(model_rows(&m, "first", DM_TRUE), "-1; 1; 2; 7",
           "heads that aren't distinct");
    is_str(model_rows(&m, "again", DM_TRUE), "-1; 2; 7", "under a condition");
    model_close(&m);
}

/* What the profile says a relation is kept as. */
static bool is_kept_as(const struct model *m, const char *kind,
                       const char *relation)
{
    char want[80];
    buf profile = {0};
    snprintf(want, sizeof want, "  %s: %s\n", relation, kind);
    bool found = eval_print_profile(m->eval, &profile) == DM_OK
                 && strstr(profile.at, want) != NULL;
    if (!found)
        diag("%s", profile.at);
    buf_free(&profile);
    return found;
}

/* What finds rows goes after the last rules that read them, and comes back. */
static void test_once(void)
{
    struct model m;
    model_open(&m, "edge(x: int, y: int, w: int)", "blocked(x: int)", NULL);
    model_rules(&m, "path(X, Y) if edge(X, Y, _).",
                "path(X, Z) if path(X, Y) and edge(Y, Z, _).",
                "free(X, Y) if path(X, Y) and not blocked(X).",
                "back(X) if free(X, Y) and path(Y, X).", NULL);
    m.options.once = true;
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2 5;2 3 5;3 1 5;3 4 6;7 8 6");
    model_put(&m, "blocked", DM_TRUE, "1");
    ok(model_run(&m) == DM_OK, "evaluated once");
    is_str(model_rows(&m, "back", DM_TRUE), "2; 3", "the same rows");
    is_str(model_rows(&m, "free", DM_TRUE),
           "2 1; 2 2; 2 3; 2 4; 3 1; 3 2; 3 3; 3 4; 7 8",
           "of a relation in between too");
    ok(is_kept_as(&m, "rows alone", "edge"), "inputs are rows alone");
    ok(is_kept_as(&m, "rows alone", "path"), "and so are derived rows");
    const dm_cell gone[] = {3, 1, 5}, come[] = {8, 7, 1};
    eval_change change = {.relation = 0, .added = come, .nadded = 1,
                          .removed = gone, .nremoved = 1};
    is_int(eval_update(m.eval, &change, 1, &m.error), DM_OK,
           "a change finds its way all the same");
    is_str(model_rows(&m, "back", DM_TRUE), "7; 8", "and is carried through");
    model_close(&m);
}

int main(void)
{
    test_closure();
    test_long_chain();
    test_same_generation();
    test_mutual();
    test_negation();
    test_win_move();
    test_undefined_inputs();
    test_even_loop();
    test_mixed_component();
    test_possible();
    test_expressions();
    test_compounds();
    test_late_delta();
    test_functions();
    test_broken_function();
    test_overflow();
    test_limits();
    test_match();
    test_many();
    test_distinct_heads();
    test_once();
    return done_testing();
}
