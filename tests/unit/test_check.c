/* The check: every diagnostic, and what must pass without one. */
#include "program_text.h"
#include "tap.h"

#include <time.h>

/* ---- helpers ------------------------------------------------------------ */

static dm_status twice(void *context, dm_terms *terms, size_t nrows,
                       const dm_type *types, const dm_cell *const *args,
                       dm_cell *result, uint8_t *defined, dm_error *err)
{
    (void)context, (void)terms, (void)types, (void)err;
    for (size_t i = 0; i < nrows; i++) {
        result[i] = args[0][i];
        defined[i] = 1;
    }
    return DM_OK;
}

static dm_status median(void *context, dm_terms *terms, size_t nvalues,
                        dm_type type, const dm_cell *values, dm_cell *result,
                        uint8_t *defined, dm_error *err)
{
    (void)context, (void)terms, (void)type, (void)err;
    *result = values[nvalues / 2];
    *defined = 1;
    return DM_OK;
}

/* The declarations that the cases below share. */
static void declare(struct text_program *t)
{
    dm_function f = {.name = "twice", .nargs = 1, .result = DM_INT,
                     .call = twice};
    dm_function g = {.name = "median", .nargs = 1, .result = DM_FLOAT,
                     .fold = median};
    uint32_t index;
    text_open(t);
    dm_program_function(t->program, &f, &index, &t->error);
    dm_program_function(t->program, &g, &index, &t->error);
    text_relation(t, "sym(s: symbol)", DM_INPUT_FACTS);
    text_relation(t, "int(i: int)", DM_INPUT_FACTS);
    text_relation(t, "flo(f: float)", DM_INPUT_FACTS);
    text_relation(t, "day(d: date)", DM_INPUT_FACTS);
    text_relation(t, "span(i: interval)", DM_INPUT_FACTS);
    text_relation(t, "any(t: term)", DM_INPUT_FACTS);
    text_relation(t, "edge(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(t, "link(x: symbol, y: symbol)", DM_INPUT_FACTS);
    text_relation(t, "cost(x: symbol, y: symbol, c: int)", DM_INPUT_FACTS);
    text_relation(t, "claim(c: symbol)", DM_INPUT_SYSTEM);
    text_relation_with(t, "trusts(a: symbol, b: symbol)",
                       (dm_relation){.input = DM_INPUT_FACTS,
                                     .asserted = true});
    text_constructor(t, "price(thing: symbol, amount: float)");
}

static void add_rules(struct text_program *t, const char *rules)
{
    char rule[512];
    while (*rules) {
        size_t n = strcspn(rules, "\n");
        snprintf(rule, sizeof rule, "%.*s", (int)n, rules);
        t->belief = strncmp(rule, "belief ", 7) == 0;
        text_rule(t, rule + (t->belief ? 7 : 0));
        rules += n + (rules[n] == '\n');
    }
}

/* Rules as the name of a test. */
static const char *one_line(struct text_program *t, const char *rules)
{
    char *name = arena_strdup(&t->arena, rules, strlen(rules));
    for (char *at = name; *at; at++)
        if (*at == '\n')
            *at = ' ';
    return name;
}

/* Rules, one a line ("belief " before a belief rule), and the diagnostics. */
static void says(const char *rules, const char *want)
{
    struct text_program t;
    declare(&t);
    add_rules(&t, rules);
    dm_program_check(t.program, &t.error);
    is_str(text_diagnostics(&t), want, one_line(&t, rules));
    text_close(&t);
}

static void fine(const char *rules)
{
    says(rules, "");
}

/* The inferred types of a relation: "int, float". */
static void typed(const char *rules, const char *relation, const char *want)
{
    static const char *const names[] = {"any",  "symbol",   "int", "float",
                                        "date", "interval", "term"};
    struct text_program t;
    buf b = {0};
    uint32_t i;
    declare(&t);
    add_rules(&t, rules);
    is_int(dm_program_check(t.program, &t.error), DM_OK,
           one_line(&t, rules));
    dm_program_find_relation(t.program, relation, &i);
    const dm_relation *r = dm_program_get_relation(t.program, i);
    for (uint32_t j = 0; j < r->arity; j++)
        buf_printf(&b, "%s%s", j ? ", " : "", names[r->columns[j].type]);
    is_str(b.at, want, relation);
    buf_free(&b);
    text_close(&t);
}

/* ---- shape -------------------------------------------------------------- */

static void test_shape(void)
{
    says("p(X) if edge(X).", "1:9 arity edge | 2 | 1 | relation");
    says("p(X) if int(X) and not edge(X, 1, 2) and edge(X).",
         "1:20 arity edge | 2 | 3 | relation\n"
         "1:42 arity edge | 2 | 1 | relation");
    says("edge(X) if int(X).", "1:1 arity edge | 2 | 1 | relation");
    says("p(@twice(X, X)) if int(X).",
         "1:3 arity twice | 1 | 2 | function");
    says("p(price(X)) if sym(X).", "1:3 arity price | 2 | 1 | term");
    says("claim(X) if sym(X).", "1:1 derived-system claim");
    says("p(@median(X)) if int(X).",
         "1:3 function-kind median | aggregate | function");
    says("p(sum(X) + 1) if int(X).", "1:3 aggregate-place sum");
    says("p(X) if int(X) and min(X) < 3.", "1:20 aggregate-place min");
    says("p(sum()) if int(X).",
         "1:3 aggregate-value sum\n1:17 singleton-variable X | p");
    fine("p(count(), count(X)) if int(X).");
}

/* ---- types -------------------------------------------------------------- */

static void test_inference(void)
{
    typed("p(X, Y) if edge(X, Y).", "p", "int, int");
    typed("p(1, a, 2.5, 2021-04-13).", "p", "int, symbol, float, date");
    typed("p(1).\np(2.5).", "p", "float");
    typed("p(2.5).\np(1).", "p", "float");
    typed("p(X) if q(X).\nq(X) if p(X).", "p", "term");
    typed("p(X) if q(X).\nq(X) if p(X).\nq(1).", "p", "int");
    typed("p(X) if p(X) and int(X).", "p", "int");
    typed("p(X) if any(X).", "p", "term");
    typed("p(X) if any(X) and int(X).", "p", "int");
    typed("p(X) if any(X) and sym(X).", "p", "term");
    typed("p(X) if any(X).\np(X) if int(X).", "p", "term");
    typed("p(X) if int(X).\np(X) if any(X).", "p", "term");
    typed("p(f(X)) if int(X).", "p", "term");
    typed("p(X, A) if any(price(X, A)).", "p", "symbol, float");
    typed("p(X, Y) if any(edge(X, Y)).", "p", "int, int");
    typed("p(X) if any(-sym(X)).", "p", "symbol");
    typed("p(X) if any(unknown(X)).", "p", "term");
    typed("p(X, Y) if any(T) and T = edge(X, Y).", "p", "int, int");
    typed("p(count(), sum(X), mean(X), max(X), list(X)) if int(X).", "p",
          "int, int, float, int, term");
    typed("p(sum(X), min(X)) if flo(X).", "p", "float, float");
    typed("p(N, S) if N = count{ int(_) } and S = sum{ V : flo(V) }.", "p",
          "int, float");
    typed("p(X + 1, X / 2, X div 2, X * 0.5, - X) if int(X).", "p",
          "int, float, int, float, int");
    typed("p(D + 1, D - 1, D - E) if day(D) and day(E).", "p",
          "date, date, int");
    typed("p(@twice(X)) if int(X).", "p", "int");
    typed("p(Y) if int(X) and Z = X + 1 and Y = Z.", "p", "int");
    typed("p(Y) if Y = Z and Z = X + 1 and int(X).", "p", "int");
}

static void test_inference_from_use(void)
{
    typed("p(X) if in(X) and X > 10.", "in", "int");
    typed("p(X) if in(X) and X > 10.", "p", "int");
    typed("p(X) if in(X) and int(X).", "in", "int");
    typed("p(X) if in(X) and X = a.", "in", "symbol");
    typed("p(X + 1) if in(X).", "in", "int");
    typed("p(X * 0.5) if in(X).", "in", "float");
    typed("int(X) if in(X).", "in", "int");
    typed("q(X) if r(X).\nr(X) if in(X).\nint(X) if q(X).", "in", "int");
    typed("p(1).\nq(X) if p(X) and flo(X).", "p", "float");
    typed("p(1).\nq(X) if p(X) and flo(X).", "q", "float");
    typed("p(1).\nq(X) if p(X) and any(X).", "p", "int");
    typed("p(X) if int(X) and not in(X).", "in", "int");
    typed("p(N) if N = sum{ V : in(V) }.", "in", "int");
    typed("p(X) if sym(X) and in(X, b).", "in", "symbol, symbol");
}

static void test_mismatch(void)
{
    says("p(X) if int(X) and flo(X).",
         "1:24 type-mismatch X | int (argument 1 (i) of int) | "
         "float (argument 1 (f) of flo) | test.dm:1:13");
    says("p(X) if int(X) and sym(X).",
         "1:24 type-mismatch X | int (argument 1 (i) of int) | "
         "symbol (argument 1 (s) of sym) | test.dm:1:13");
    says("p(1).\np(a).", "2:3 type-mismatch a | symbol | "
         "int (argument 1 of p) | test.dm:1:3");
    says("flo(X) if int(X).", "1:5 type-mismatch X | "
         "int (argument 1 (i) of int) | float (argument 1 (f) of flo) | "
         "test.dm:1:15");
    says("int(2.5).", "1:5 type-mismatch 2.5 | float | "
         "int (argument 1 (i) of int)");
    fine("flo(2).\nflo(1 + 2 * 3).");
    says("day(3).", "1:5 type-mismatch 3 | int | date (argument 1 (d) of day)");
    says("p(X) if int(X) and not sym(X).",
         "1:28 type-mismatch X | int (argument 1 (i) of int) | "
         "symbol (argument 1 (s) of sym) | test.dm:1:13");
    says("flo(Y) if int(X) and Y = X + 1.",
         "1:5 type-mismatch Y | int (X + 1) | "
         "float (argument 1 (f) of flo) | test.dm:1:26");
    says("p(price(X, b)) if sym(X).", "1:12 type-mismatch b | symbol | "
         "float (argument 2 (amount) of price)");
    says("sym(f(a)).", "1:5 type-mismatch f(a) | term | "
         "symbol (argument 1 (s) of sym)");
    fine("sym(X) if any(X).\nany(X) if int(X).\nint(X) if any(X).");
    fine("any(1).\nany(a).\nany(2.5).\nany(2021-04-13).");
    fine("p(price(a, 2)).");
}

static void test_compare(void)
{
    says("p(X) if int(X) and sym(Y) and X < Y.",
         "1:31 type-compare < | X | Y | int and symbol");
    says("p(X) if int(X) and flo(Y) and X = Y.",
         "1:31 type-compare = | X | Y | int and float");
    says("p(X) if span(X) and span(Y) and X < Y.",
         "1:33 type-compare < | X | Y | interval and interval");
    says("p(N) if int(N) and N = sum{ V : flo(V) }.",
         "1:20 type-compare = | N | sum | int and float");
    fine("p(X) if int(X) and flo(Y) and X < Y.");
    fine("p(X) if flo(X) and X > 3 and X != 4.");
    fine("p(X) if any(X) and int(Y) and X = Y and X != a.");
    fine("p(X) if sym(X) and sym(Y) and X < Y.");
}

static void test_arithmetic(void)
{
    says("p(X + 1) if sym(X).", "1:3 type-arithmetic + | X | symbol | number");
    says("p(X mod 2) if flo(X).", "1:3 type-arithmetic mod | X | float | int");
    says("p(X + Y) if day(X) and day(Y).",
         "1:7 type-arithmetic + | Y | date | int");
    says("p(X - 0.5) if day(X).",
         "1:7 type-arithmetic - | 0.5 | float | int or date");
    says("p(1 - X) if day(X).", "1:3 type-arithmetic - | 1 | int | date");
    says("p(X * 2) if day(X).", "1:3 type-arithmetic * | X | date | number");
    says("p(X + 1) if any(X).", "1:3 type-arithmetic + | X | term | number");
    says("p(sum(X)) if sym(X).",
         "1:7 type-aggregate sum | X | symbol | number");
    says("p(N) if N = mean{ V : sym(V) }.",
         "1:9 type-aggregate mean | argument 1 (s) of sym | symbol | number");
    fine("p(X * Y) if int(X) and flo(Y).");
    fine("p(1 + X) if day(X).");
}

/* The check leaves every expression typed and int literals converted. */
static void test_types_set(void)
{
    struct text_program t;
    declare(&t);
    add_rules(&t, "flo(2).\n"
                  "p(X * 2, f(Y)) if flo(X) and int(Y) and not edge(Y, _).");
    is_int(dm_program_check(t.program, &t.error), DM_OK, "checks");
    const dm_rule *fact = dm_program_get_rule(t.program, 0);
    is_int(fact->args[0].type, DM_FLOAT, "2 in a float column is a float");
    ok(cell_get_float(fact->args[0].cell) == 2.0, "and is 2.0");
    const dm_rule *r = dm_program_get_rule(t.program, 1);
    is_int(r->args[0].type, DM_FLOAT, "the product is a float");
    is_int(r->args[0].args[1].type, DM_FLOAT, "so is its literal");
    is_int(r->args[1].type, DM_TERM, "a compound is a term");
    is_int(r->args[1].args[0].type, DM_INT, "its argument has its own type");
    is_int(r->var_types[1], DM_INT, "variables have types");
    is_int(r->body[2].args[1].type, DM_INT, "free ones too");
    ok(dm_program_is_free(t.program, 1, 2, 1), "the second column is free");
    ok(!dm_program_is_free(t.program, 1, 2, 0), "the first isn't");
    text_close(&t);
}

/* ---- safety ------------------------------------------------------------- */

static void test_safety(void)
{
    says("p(X, Y) if int(X).", "1:6 unsafe-variable Y | head | p");
    says("p(X) if int(X) and not edge(X, Y).",
         "1:32 unsafe-variable Y | negation | edge");
    says("p(X) if int(X) and Y < X.",
         "1:20 unsafe-variable Y | comparison | <");
    says("p(_) if int(_).", "1:3 unsafe-variable _ | head | p");
    says("p(X) if X = Y + 1.", "1:13 unsafe-variable Y | arithmetic | +");
    says("p(X) if X + 1 = Y and int(Y).",
         "1:9 unsafe-variable X | arithmetic | +");
    says("p(X) if X = Y and Y = X.", "1:9 unsafe-variable X | comparison | =\n"
         "1:13 unsafe-variable Y | comparison | =");
    says("p(@twice(X)) if int(1).",
         "1:10 unsafe-variable X | function | twice");
    says("p(sum(X)) if int(1).", "1:7 unsafe-variable X | aggregate | sum");
    says("p(X) if not int(X).", "1:17 unsafe-variable X | negation | int");
    says("p(N) if N = sum{ V : cost(a, B, V) }.",
         "1:30 unsafe-variable B | aggregate | sum");
    says("p(X) if sym(X) and not any(f(X, _)).",
         "1:33 unsafe-variable _ | negation | any");
    says("p(X, Y) if edge(X, Y + 1) and edge(Y, X + 1).",
         "1:20 unsafe-variable Y | arithmetic | +\n"
         "1:39 unsafe-variable X | arithmetic | +");
    fine("p(X) if edge(X, X + 1).");
    fine("p(X, Y) if edge(X, Y + 1) and int(Y).");
    fine("p(X, Y) if any(T) and f(X, g(Y)) = T.");
    fine("p(X, Z) if Y = X + 1 and Z = Y * 2 and int(X).");
    fine("p(X) if int(X) and not edge(X, _) and not edge(_, X).");
    fine("p(A, N) if sym(A) and N = sum{ V : cost(A, _, V) }.");
    fine("p(X) if sym(X) and not any(f(X, a)).");
    fine("p(3).\nhalt if not p(3).");
}

/* ---- components --------------------------------------------------------- */

static void test_aggregate_cycle(void)
{
    says("p(A, count(B)) if link(A, B) and p(B, _).",
         "1:34 aggregate-cycle count | p | p -> p");
    says("p(A, sum(N)) if q(A, N).\nq(A, N) if r(A, N).\n"
         "r(A, N) if p(A, N).\nr(A, 1) if sym(A).",
         "1:17 aggregate-cycle sum | p | p -> q -> r -> p");
    says("p(A, N) if sym(A) and N = count{ p(A, _) }.",
         "1:23 aggregate-cycle count | p | p -> p");
    fine("p(A, count(B)) if link(A, B).\np(A, N) if p(B, N) and link(A, B).");
}

static void is_lattice(const char *rules, const char *relation, int column,
                       dm_aggregate aggregate)
{
    struct text_program t;
    uint32_t i, got = 99;
    dm_aggregate op = DM_COUNT;
    declare(&t);
    add_rules(&t, rules);
    dm_program_check(t.program, &t.error);
    is_str(text_diagnostics(&t), "", one_line(&t, rules));
    dm_program_find_relation(t.program, relation, &i);
    bool lattice = dm_program_lattice(t.program, i, &got, &op);
    is_int(lattice, column >= 0, "lattice or not");
    if (column >= 0) {
        is_int(got, column, "its column");
        is_int(op, aggregate, "its aggregate");
    }
    text_close(&t);
}

#define REACH "reach(A, B, min(D)) if cost(A, B, D).\n"

static void test_lattice(void)
{
    is_lattice(REACH "reach(A, B, min(D + C)) if reach(A, X, D) "
               "and cost(X, B, C).", "reach", 2, DM_MIN);
    is_lattice(REACH "reach(A, B, min(E)) if reach(A, X, D) "
               "and cost(X, B, C) and E = D + C and E < 10.", "reach", 2,
               DM_MIN);
    is_lattice("p(A, max(D)) if cost(A, _, D).", "p", -1, DM_MAX);
    is_lattice("p(A, max(D)) if cost(A, _, D).\n"
               "p(A, max(D)) if cost(_, A, D).", "p", 1, DM_MAX);
    is_lattice(REACH "reach(A, B, min(D + 1)) if reach(B, A, D).\n"
               "far(A) if reach(A, _, D) and D > 9 and not reach(_, A, D).",
               "reach", 2, DM_MIN);
    is_lattice(REACH "reach(A, B, min(D + E)) if reach(A, C, D) "
               "and reach(C, B, E).", "reach", 2, DM_MIN);
    says(REACH "reach(A, B, D) if reach(B, A, D).", "");
    says(REACH "reach(A, B, min(D)) if reach(B, A, D).\n"
         "reach(A, B, D) if cost(A, B, D).",
         "3:1 lattice-mixed reach | min in argument 3 | no min or max | "
         "test.dm:1:1");
    says(REACH "reach(A, B, max(D)) if cost(B, A, D).",
         "2:1 lattice-mixed reach | min in argument 3 | max in argument 3 | "
         "test.dm:1:1");
}

static void test_lattice_monotone(void)
{
    says(REACH "reach(A, B, min(D + 1)) if reach(B, A, D) and D > 5.",
         "2:47 lattice-not-monotone reach | min | D | comparison");
    says(REACH "reach(A, B, min(0 - D)) if reach(B, A, D).",
         "2:13 lattice-not-monotone reach | min | min(0 - D) | direction");
    says(REACH "reach(A, B, min(1)) if reach(B, A, 5).",
         "2:36 lattice-not-monotone reach | min | 5 | join");
    says(REACH "reach(A, B, min(D)) if reach(B, A, D) and int(D).",
         "2:36 lattice-not-monotone reach | min | D | join\n"
         "2:47 lattice-not-monotone reach | min | D | join");
    says(REACH "reach(A, B, min(D)) if reach(B, A, D) and step(A, D).\n"
         "step(A, D) if reach(A, _, D).",
         "2:36 lattice-not-monotone reach | min | D | join\n"
         "2:51 lattice-not-monotone reach | min | D | join\n"
         "3:9 lattice-not-monotone reach | min | D | key");
    says(REACH "reach(A, B, min(D)) if reach(B, A, D) and not reach(A, A, _).",
         "2:43 lattice-not-monotone reach | min | not reach(A, A, _) | "
         "negation");
    says(REACH "reach(A, B, min(D * C)) if reach(A, X, D) "
         "and cost(X, B, C).",
         "2:13 lattice-unchecked reach | min | min(D * C) | direction");
    fine(REACH "reach(A, B, min(D * 2)) if reach(B, A, D) and D < 5.");
}

static void test_belief(void)
{
    says("belief believed(C) if claim(C) and sym(C).",
         "1:29 belief-reads believed | sym");
    says("trusts(A, B) if link(A, B).\n"
         "belief believed(C) if claim(C) and trusts(C, _).",
         "1:17 belief-reads believed | link | trusts");
    fine("belief believed(C) if claim(C) and trusted(C).\n"
         "belief trusted(C) if trusts(C, _) and not claim(C).");
}

/* ---- warnings ----------------------------------------------------------- */

static void test_invention(void)
{
    says("n(0).\ngrow: n(X + 1) if n(X).",
         "2:9 unbounded-invention n | X + 1 | grow");
    says("n(0).\nn(Y) if n(X) and Y = X + 1.",
         "2:22 unbounded-invention n | X + 1");
    says("t(a).\nt(f(X)) if t(X).", "2:3 unbounded-invention t | f(X)");
    says("a(X + 1) if b(X).\nb(X) if a(X).\nb(1).",
         "1:3 unbounded-invention a | X + 1");
    says("n(0).\nn(@twice(X)) if n(X).",
         "2:3 unbounded-invention n | twice(X)");
    fine("n(0).\nn(X + 1) if n(X) and X < 10.");
    fine("n(0).\nn(Y) if n(X) and Y = X + 1 and Y < 10.");
    fine("n(0).\nn(Y) if n(X) and Y = X + 1 and int(Y).");
    fine("n(0).\nn(X + 1) if n(X) and int(X).");
    fine("p(a, b).\np(X, f(X)) if p(X, _).");
    fine("t(a).\nt(X) if t(f(X)).");
    fine("n(0).\nm(X + 1) if n(X).");
    fine(REACH "reach(A, B, min(D + 1)) if reach(B, A, D).");
}

static void test_style(void)
{
    says("p(X) if edge(X, Y).", "1:17 singleton-variable Y | p");
    fine("p(X) if edge(X, _Y).");
    says("p(X) if edge(X, Y), int(Y).\np(A) if edge(A, B), int(B).",
         "2:1 duplicate-rule p | test.dm:1:1");
    fine("p(X) if edge(X, Y), int(Y).\np(A) if edge(B, A), int(B).");
}

/* ---- the whole ---------------------------------------------------------- */

static void test_all_at_once(void)
{
    struct text_program t;
    const dm_diagnostic *d;
    declare(&t);
    add_rules(&t, "p(X, Y) if int(X) and edge(X).\n"
                  "q(X) if int(X) and flo(X).\n"
                  "claim(X) if not sym(X).");
    is_int(dm_program_check(t.program, &t.error), DM_CHECK, "mistakes");
    is_str(t.error.text, "the rules have 5 mistakes", "counted");
    size_t n = dm_program_diagnostics(t.program, &d);
    is_int(n, 5, "all of them are told");
    is_int(d[0].span.line, 1, "in order");
    is_int(dm_program_check(t.program, &t.error), DM_INVALID,
           "a program is checked once");
    text_close(&t);
}

static void test_no_rules(void)
{
    struct text_program t;
    text_open(&t);
    is_int(dm_program_check(t.program, &t.error), DM_OK, "an empty program");
    is_int(dm_program_ncomponents(t.program), 0, "has no components");
    text_close(&t);
}

static void test_many(void)
{
    struct text_program t;
    char rule[128];
    text_open(&t);
    text_relation(&t, "r0(x)", DM_INPUT_FACTS);
    for (int i = 0; i < 10000; i++) {
        snprintf(rule, sizeof rule, "r%d(X) if r%d(X) and not s%d(X).", i + 1,
                 i, i % 7);
        text_rule(&t, rule);
    }
    text_rule(&t, "last(X) if r10000(X) and X < 3.");
    clock_t from = clock();
    is_int(dm_program_check(t.program, &t.error), DM_OK, "10,000 rules");
    double seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
    diag("10,000 rules in a chain checked in %.1f ms", seconds * 1000);
    ok(seconds < 2, "in good time");
    is_int(dm_program_get_relation(t.program, 0)->columns[0].type, DM_INT,
           "types travel the whole chain");
    text_close(&t);
}

static void test_many_mistakes(void)
{
    struct text_program t;
    const dm_diagnostic *d;
    char rule[128];
    text_open(&t);
    for (int i = 0; i < 3000; i++) {
        snprintf(rule, sizeof rule, "r(X, count(Y)) if r%d(X, Z) and "
                 "r(Z, Y).", i);
        text_rule(&t, rule);
    }
    is_int(dm_program_check(t.program, &t.error), DM_CHECK, "3,000 mistakes");
    ok(dm_program_diagnostics(t.program, &d) <= 500, "at most 500 are told");
    text_close(&t);
}

#ifdef DM_FAIL_ALLOC
/* Whatever allocation fails, the check says so and nothing leaks. */
static void test_no_memory(void)
{
    dm_status st = DM_NOMEM;
    long k = 0;
    for (; st == DM_NOMEM && k < 100000; k++) {
        struct text_program t;
        declare(&t);
        add_rules(&t, REACH "reach(A, B, min(D * C)) if reach(A, X, D) "
                      "and cost(X, B, C).\n"
                      "n(X + 1) if n(X) and not n(f(Y)) and day(X).\n"
                      "p(A, N) if sym(A) and N = count{ p(A, _) }.\n"
                      "p(A, N) if sym(A) and N = count{ p(A, _) }.");
        mem_fail_after(k);
        st = dm_program_check(t.program, &t.error);
        mem_fail_after(-1);
        text_close(&t);
    }
    is_int(st, DM_CHECK, "the mistakes come out in the end");
    diag("%ld allocations", k);
}
#endif

int main(void)
{
#ifdef DM_FAIL_ALLOC
    test_no_memory();
#endif
    test_shape();
    test_inference();
    test_inference_from_use();
    test_mismatch();
    test_compare();
    test_arithmetic();
    test_types_set();
    test_safety();
    test_aggregate_cycle();
    test_lattice();
    test_lattice_monotone();
    test_belief();
    test_invention();
    test_style();
    test_all_at_once();
    test_no_rules();
    test_many();
    test_many_mistakes();
    return done_testing();
}
