/* Building, reading and printing programs. */
#include "program_text.h"
#include "tap.h"

static void test_relations(void)
{
    struct text_program t;
    dm_error err = {0};
    uint32_t i;
    uint32_t key[] = {0, 1};
    dm_column columns[] = {{"actor", DM_SYMBOL}, {"issue", DM_SYMBOL},
                           {"stance", DM_FLOAT}};
    dm_relation r = {.name = "position", .arity = 3, .columns = columns,
                     .kind = DM_STATE, .input = DM_INPUT_FACTS, .key = key,
                     .nkey = 2};
    text_open(&t);
    ok(dm_program_relation(t.program, &r, &i, &err) == DM_OK, "a relation");
    columns[0].name = "changed";
    is_str(dm_program_get_relation(t.program, i)->columns[0].name, "actor",
           "columns are copied");
    is_int(dm_program_get_relation(t.program, i)->key[1], 1, "so is the key");
    is_int(dm_program_relation(t.program, &r, &i, &err), DM_EXISTS,
           "names are unique");
    is_str(err.text, "there is a relation position already", "and it says so");
    r.name = "wide";
    r.arity = 65;
    is_int(dm_program_relation(t.program, &r, &i, &err), DM_INVALID,
           "65 columns are too many");
    r.arity = 1;
    is_int(dm_program_relation(t.program, &r, &i, &err), DM_INVALID,
           "a key column must exist");
    ok(dm_program_find_relation(t.program, "position", &i) && i == 0, "found");
    ok(!dm_program_find_relation(t.program, "positio", &i), "not found");
    text_close(&t);
}

static void test_many_relations(void)
{
    struct text_program t;
    char name[32];
    bool found = true;
    text_open(&t);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "r%d", i);
        text_relation(&t, name, DM_INPUT_NONE);
    }
    for (uint32_t i = 0; i < 5000; i++) {
        uint32_t index;
        snprintf(name, sizeof name, "r%u", i);
        found = found && dm_program_find_relation(t.program, name, &index)
                && index == i;
    }
    ok(found, "5,000 relations are found by name");
    text_close(&t);
}

static dm_status add_head(struct text_program *t, dm_expr arg, uint32_t nvars)
{
    dm_rule r = {.relation = 0, .nargs = 1, .args = &arg, .nvars = nvars};
    uint32_t index;
    return dm_program_rule(t->program, &r, &index, &t->error);
}

static void test_bad_rules(void)
{
    struct text_program t;
    dm_expr deep[1200];
    text_open(&t);
    text_relation(&t, "p(x)", DM_INPUT_NONE);
    dm_expr var = {.kind = DM_EXPR_VAR, .var = 3};
    dm_expr nan = {.kind = DM_EXPR_CONST, .type = DM_FLOAT,
                   .cell = UINT64_C(0x7FF8000000000000)};
    dm_expr call = {.kind = DM_EXPR_CALL, .function = 7};
    dm_expr untyped = {.kind = DM_EXPR_CONST};
    dm_expr nobody = {.kind = DM_EXPR_CONST, .type = DM_SYMBOL,
                      .cell = 1000000};
    dm_expr compound = {.kind = DM_EXPR_COMPOUND, .functor = 1000000,
                        .nargs = 1, .args = &untyped};
    is_int(add_head(&t, var, 3), DM_INVALID, "a variable out of range");
    is_int(add_head(&t, nan, 0), DM_INVALID, "not a number");
    is_int(add_head(&t, call, 0), DM_INVALID, "a function out of range");
    is_int(add_head(&t, untyped, 0), DM_INVALID, "a constant without a type");
    is_int(add_head(&t, nobody, 0), DM_INVALID, "a constant that is no term");
    is_int(add_head(&t, compound, 0), DM_INVALID, "nor is a functor");
    deep[0] = (dm_expr){.kind = DM_EXPR_CONST, .type = DM_INT};
    for (int i = 1; i < 1200; i++)
        deep[i] = (dm_expr){.kind = DM_EXPR_OP, .op = DM_NEG, .nargs = 1,
                            .args = &deep[i - 1]};
    is_int(add_head(&t, deep[1199], 0), DM_INVALID, "1,200 deep is too deep");
    is_int(add_head(&t, deep[900], 0), DM_OK, "900 deep is not");
    is_int(dm_program_nrules(t.program), 1, "refused rules leave no trace");
    text_close(&t);
}

/* p(X) if q(X) and q(X) and …, `n` times: what the check says. */
static dm_status check_long(uint32_t n, const char **code)
{
    static const char *const names[] = {"X"};
    struct text_program t;
    dm_literal body[300];
    dm_expr x = {.kind = DM_EXPR_VAR};
    const dm_diagnostic *found;
    uint32_t rule;
    text_open(&t);
    text_relation(&t, "p(x: int)", DM_INPUT_NONE);
    text_relation(&t, "q(x: int)", DM_INPUT_FACTS);
    for (uint32_t i = 0; i < n; i++)
        body[i] = (dm_literal){.kind = DM_ATOM, .relation = 1, .nargs = 1,
                               .args = &x};
    dm_rule r = {.nargs = 1, .args = &x, .nbody = n, .body = body, .nvars = 1,
                 .vars = names};
    dm_status st = dm_program_rule(t.program, &r, &rule, &t.error);
    if (st == DM_OK)
        st = dm_program_check(t.program, &t.error);
    *code = dm_program_diagnostics(t.program, &found) > 0 ? found->code : "";
    text_close(&t);
    return st;
}

/* A join recurses over the body, so its length has to be bounded. */
static void test_long_bodies(void)
{
    const char *code;
    is_int(check_long(256, &code), DM_OK, "256 literals are fine");
    is_int(check_long(257, &code), DM_CHECK, "257 are too many");
    is_str(code, "body-size", "which is a mistake of the rule");
}

static void is_printed(const char *rule, const char *want)
{
    struct text_program t;
    buf b = {0};
    text_open(&t);
    ok(dm_program_print_rule(t.program, text_rule(&t, rule), &b), "printed");
    is_str(b.at, want, rule);
    buf_free(&b);
    text_close(&t);
}

static void test_print_rule(void)
{
    is_printed("p(1, a).", "p(1, a).");
    is_printed("halt if p(X) and not q(X, _).",
               "halt if p(X) and not q(X, _).");
    is_printed("p(X + 1) if q(X),X<10.", "p(X + 1) if q(X) and X < 10.");
    is_printed("p((X + 1) * 2) if q(X).", "p((X + 1) * 2) if q(X).");
    is_printed("p(X - (1 - X) - 2) if q(X).", "p(X - (1 - X) - 2) if q(X).");
    is_printed("p(X div 2 / 3.5) if q(X).", "p(X div 2 / 3.5) if q(X).");
    is_printed("p(- (X + 1)) if q(X).", "p(-(X + 1)) if q(X).");
    is_printed("d(X) if e(X) and X > 2021-04-13.",
               "d(X) if e(X) and X > 2021-04-13.");
    is_printed("w(A, sum(W), count()) if p(A, W).",
               "w(A, sum(W), count()) if p(A, W).");
    is_printed("w(A, N) if a(A) and N = sum{ S : p(_, A, S) }.",
               "w(A, N) if a(A) and N = sum{ V : p(_, A, V) }.");
    is_printed("w(A, N) if a(A) and N = count{ p(_, A) }.",
               "w(A, N) if a(A) and N = count{ p(_, A) }.");
    is_printed("s(C) if c(and(not(or(a, f(C))), b)).",
               "s(C) if c(not (a or f(C)) and b).");
    is_printed("-joins(A) if refuses(A, -talks(A)).",
               "-joins(A) if refuses(A, -talks(A)).");
    is_printed("holds_out(A, P) if refuses(A, P), can_block(A, P), "
               "gains_by_waiting(A, P), not pays_for_delay(A, P).",
               "holds_out(A, P) if refuses(A, P) and can_block(A, P) "
               "and gains_by_waiting(A, P)\n"
               "                and not pays_for_delay(A, P).");
}

static void test_print_rules(void)
{
    struct text_program t;
    buf b = {0};
    text_open(&t);
    text_relation(&t, "edge(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "path(x, y)", DM_INPUT_NONE);
    text_rule(&t, "path(X, Y) if edge(X, Y).");
    text_rule(&t, "step: path(X, Z) if path(X, Y) and edge(Y, Z).");
    text_rule(&t, "lone(X) if edge(X, _) and not path(X, X).");
    text_rule(&t, "win(X) if edge(X, Y) and not win(Y).");
    is_int(dm_program_check(t.program, &t.error), DM_OK, "checks");
    dm_program_print_rules(t.program, &b);
    is_str(b.at,
           "relation edge(x: int, y: int).  -- stored facts\n"
           "relation path(x: int, y: int).  -- 2 rules\n"
           "relation lone(_: int).          -- 1 rule\n"
           "relation win(_: int).           -- 1 rule\n"
           "\n"
           "path(X, Y) if edge(X, Y).\n"
           "-- step\n"
           "path(X, Z) if path(X, Y) and edge(Y, Z).\n"
           "\n"
           "lone(X) if edge(X, _) and not path(X, X).\n"
           "\n"
           "win(X) if edge(X, Y) and not win(Y).\n", "relations and rules");
    buf_clear(&b);
    dm_program_print_strata(t.program, &b);
    is_str(b.at,
           "no rules: edge/2\n"
           "\n"
           "stratum 1: path/2\n"
           "  -- recursive\n"
           "  path(X, Y) if edge(X, Y).\n"
           "  path(X, Z) if path(X, Y) and edge(Y, Z).\n"
           "\n"
           "stratum 2: lone/1\n"
           "  lone(X) if edge(X, _) and not path(X, X).\n"
           "\n"
           "stratum 3: win/1\n"
           "  -- recursive through negation: well-founded\n"
           "  win(X) if edge(X, Y) and not win(Y).\n", "strata");
    buf_free(&b);
    text_close(&t);
}

static void test_components(void)
{
    struct text_program t;
    uint32_t a, b, c, d;
    text_open(&t);
    text_rule(&t, "d(X) if c(X) and not b(X).");
    text_rule(&t, "a(X) if b(X).");
    text_rule(&t, "b(X) if a(X).");
    text_rule(&t, "b(X) if c(X).");
    text_rule(&t, "c(1).");
    is_int(dm_program_check(t.program, &t.error), DM_OK, "checks");
    dm_program_find_relation(t.program, "a", &a);
    dm_program_find_relation(t.program, "b", &b);
    dm_program_find_relation(t.program, "c", &c);
    dm_program_find_relation(t.program, "d", &d);
    uint32_t ka = dm_program_component_of(t.program, a);
    uint32_t kc = dm_program_component_of(t.program, c);
    uint32_t kd = dm_program_component_of(t.program, d);
    is_int(dm_program_component_of(t.program, b), ka, "a and b are one");
    ok(kc < ka && ka < kd, "what is read comes first");
    const dm_component *k = dm_program_get_component(t.program, ka);
    ok(k->recursive && !k->negation, "recursive, no negation inside");
    is_int(k->nrelations, 2, "two relations");
    is_int(k->nrules, 3, "three rules");
    ok(!dm_program_get_component(t.program, kd)->recursive, "d is not");
    text_close(&t);
}

static void test_belief_first(void)
{
    struct text_program t;
    uint32_t early, believed, claim;
    text_open(&t);
    text_rule(&t, "early(1).");
    text_relation(&t, "claim(c: symbol)", DM_INPUT_SYSTEM);
    t.belief = true;
    text_rule(&t, "believed(C) if claim(C).");
    t.belief = false;
    is_int(dm_program_check(t.program, &t.error), DM_OK, "checks");
    dm_program_find_relation(t.program, "early", &early);
    dm_program_find_relation(t.program, "believed", &believed);
    dm_program_find_relation(t.program, "claim", &claim);
    is_int(dm_program_component_of(t.program, claim), 0, "claims come first");
    is_int(dm_program_component_of(t.program, believed), 1, "then belief");
    is_int(dm_program_component_of(t.program, early), 2, "then the rest");
    text_close(&t);
}

int main(void)
{
    test_relations();
    test_many_relations();
    test_bad_rules();
    test_long_bodies();
    test_print_rule();
    test_print_rules();
    test_components();
    test_belief_first();
    return done_testing();
}
