/* Demand: what a program becomes for a goal, rule by rule. */
#include "program_text.h"
#include "tap.h"

#include <stdarg.h>

typedef struct asked {
    struct text_program text;
    dm_program *less;
    uint32_t goal;
    buf printed;
} asked;

/* Check the rules, then ask for `relation` with the columns in `mask` bound to
 * the int 7. */
static const char *ask_with(asked *a, unsigned force, const char *relation,
                            uint64_t mask, va_list rules)
{
    dm_cell cells[64];
    uint32_t index;
    for (const char *r = va_arg(rules, const char *); r;
         r = va_arg(rules, const char *))
        text_rule(&a->text, r);
    if (dm_program_check(a->text.program, &a->text.error) != DM_OK) {
        diag("%s: %s", a->text.error.text, text_diagnostics(&a->text));
        abort();
    }
    for (int i = 0; i < 64; i++)
        cells[i] = cell_int(7);
    if (!dm_program_find_relation(a->text.program, relation, &index)
        || dm_program_demand(a->text.program, index, mask, cells, force,
                             &a->less, &a->goal, &a->text.error) != DM_OK)
        return a->text.error.text;
    for (uint32_t i = 0; i < dm_program_nrules(a->less); i++) {
        buf_puts(&a->printed, i ? "\n" : "");
        dm_program_print_rule(a->less, i, &a->printed);
    }
    return a->printed.len ? (const char *)a->printed.at : "";
}

static void asked_open(asked *a)
{
    memset(a, 0, sizeof *a);
    text_open(&a->text);
    text_relation(&a->text, "edge(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&a->text, "node(x: int)", DM_INPUT_FACTS);
    text_relation(&a->text, "unused(x: int)", DM_INPUT_FACTS);
}

static void asked_close(asked *a)
{
    buf_free(&a->printed);
    dm_program_free(a->less);
    text_close(&a->text);
}

/* Rules until NULL; the rewritten ones must read as `expected`. */
static void becomes(const char *name, const char *expected, unsigned force,
                    const char *relation, uint64_t mask, ...)
{
    asked a;
    va_list rules;
    asked_open(&a);
    va_start(rules, mask);
    is_str(ask_with(&a, force, relation, mask, rules), expected, name);
    va_end(rules);
    asked_close(&a);
}

/* ---- closures ----------------------------------------------------------- */

static void test_closures(void)
{
    becomes("calls itself at the left: nothing more is asked",
            "demand^path^bf(7).\n"
            "path^bf(X, Y) if demand^path^bf(X) and edge(X, Y).\n"
            "path^bf(X, Y) if demand^path^bf(X) and path^bf(X, Z) and "
            "edge(Z, Y).",
            0, "path", 1, "path(X, Y) if edge(X, Y).",
            "path(X, Y) if path(X, Z) and edge(Z, Y).", NULL);
    becomes("calls itself at the end: only what is reached is kept",
            "demand^path^bf(7).\n"
            "chain^path^bf(S1, S1) if demand^path^bf(S1).\n"
            "path^bf(S1, Y) if chain^path^bf(S1, X) and edge(X, Y).\n"
            "chain^path^bf(S1, Z) if chain^path^bf(S1, X) and edge(X, Z).",
            0, "path", 1, "path(X, Y) if edge(X, Y).",
            "path(X, Y) if edge(X, Z) and path(Z, Y).", NULL);
    becomes("the other way round, the left call is the last one",
            "demand^path^fb(7).\n"
            "chain^path^fb(S1, S1) if demand^path^fb(S1).\n"
            "path^fb(X, S1) if chain^path^fb(S1, Y) and edge(X, Y).\n"
            "chain^path^fb(S1, Z) if chain^path^fb(S1, Y) and edge(Z, Y).",
            0, "path", 2, "path(X, Y) if edge(X, Y).",
            "path(X, Y) if path(X, Z) and edge(Z, Y).", NULL);
    becomes("a composition is made linear",
            "demand^path^bf(7).\n"
            "path^bf(X, Y) if demand^path^bf(X) and path^once^bf(X, Y).\n"
            "demand^path^once^bf(X) if demand^path^bf(X).\n"
            "path^bf(X, Y) if demand^path^bf(X) and path^bf(X, Z) and "
            "path^once^bf(Z, Y).\n"
            "demand^path^once^bf(Z) if demand^path^bf(X) and "
            "path^bf(X, Z).\n"
            "path^once^bf(X, Y) if demand^path^once^bf(X) and edge(X, Y).",
            0, "path", 1, "path(X, Y) if edge(X, Y).",
            "path(X, Y) if path(X, Z) and path(Z, Y).", NULL);
    becomes("calls in between pass what they are asked on",
            "demand^sg^bf(7).\n"
            "sg^bf(X, Y) if demand^sg^bf(X) and edge(P, X) and edge(P, Y).\n"
            "sg^bf(X, Y) if demand^sg^bf(X) and edge(A, X) and sg^bf(A, B) "
            "and edge(B, Y).\n"
            "demand^sg^bf(A) if demand^sg^bf(X) and edge(A, X).",
            0, "sg", 1, "sg(X, Y) if edge(P, X) and edge(P, Y).",
            "sg(X, Y) if edge(A, X) and sg(A, B) and edge(B, Y).", NULL);
}

/* ---- what is asked for whole -------------------------------------------- */

static void test_whole(void)
{
    becomes("nothing bound: what isn't reached is left out",
            "a(X) if edge(X, Y) and b(Y).\nb(X) if node(X).", 0, "a", 0,
            "a(X) if edge(X, Y) and b(Y).", "b(X) if node(X).",
            "c(X) if unused(X) and a(X).", NULL);
    becomes("never by demand", "a(X, Y) if edge(X, Y).", DM_FORCE_NO_DEMAND,
            "a", 1, "a(X, Y) if edge(X, Y).", "b(X) if a(X, _).", NULL);
    becomes("constants of a rule bind",
            "a(X) if b^bf(3, X).\ndemand^b^bf(3).\n"
            "b^bf(X, Y) if demand^b^bf(X) and edge(X, Y).",
            0, "a", 0, "a(X) if b(3, X).", "b(X, Y) if edge(X, Y).", NULL);
    becomes("an atom with nothing bound passes nothing on",
            "a(X) if node(X) and b(X, Y).\nb(X, Y) if edge(X, Y).", 0, "a", 0,
            "a(X) if node(X) and b(X, Y).", "b(X, Y) if edge(X, Y).", NULL);
    becomes("unless it is forced to",
            "a(X) if node(X) and b^bf(X, Y).\ndemand^b^bf(X) if node(X).\n"
            "b^bf(X, Y) if demand^b^bf(X) and edge(X, Y).",
            DM_FORCE_DEMAND, "a", 0, "a(X) if node(X) and b(X, Y).",
            "b(X, Y) if edge(X, Y).", NULL);
    becomes("what is asked for whole serves all",
            "a(X) if b(3, X) and b(Y, X) and Y > X.\n"
            "b(X, Y) if edge(X, Y).",
            DM_FORCE_NO_DEMAND, "a", 1,
            "a(X) if b(3, X) and b(Y, X) and Y > X.",
            "b(X, Y) if edge(X, Y).", NULL);
    becomes("computed values are not asked for",
            "demand^a^b(7).\n"
            "a^b(X) if demand^a^b(X) and node(X) and b(X + 1).\n"
            "b(X) if node(X).",
            0, "a", 1, "a(X) if node(X) and b(X + 1).",
            "b(X) if node(X).", NULL);
    becomes("two ways of asking, one weaker: it serves both",
            "a(X) if b^bf(3, X) and b^bf(4, 5).\ndemand^b^bf(3).\n"
            "demand^b^bf(4).\n"
            "b^bf(X, Y) if demand^b^bf(X) and edge(X, Y).",
            0, "a", 0, "a(X) if b(3, X) and b(4, 5).",
            "b(X, Y) if edge(X, Y).", NULL);
}

/* ---- negation, aggregates, lattices ------------------------------------- */

static void test_two_sides(void)
{
    becomes("a negated atom is asked by what is never undefined",
            "demand^a^b(7).\n"
            "a^b(X) if demand^a^b(X) and node(X) and not b^b(X).\n"
            "demand^b^b(X) if possibly demand^a^b(X) and possibly node(X).\n"
            "b^b(X) if demand^b^b(X) and edge(X, _).",
            0, "a", 1, "a(X) if node(X) and not b(X).", "b(X) if edge(X, _).",
            NULL);
    becomes("games are asked for what can be reached",
            "demand^win^b(7).\n"
            "win^b(X) if demand^win^b(X) and edge(X, Y) and not win^b(Y).\n"
            "demand^win^b(Y) if demand^win^b(X) and possibly edge(X, Y).",
            0, "win", 1, "win(X) if edge(X, Y) and not win(Y).", NULL);
    becomes("a group is asked for",
            "demand^a^bf(7).\na^bf(X, count(Y)) if demand^a^bf(X) and "
            "edge(X, Y).",
            0, "a", 3, "a(X, count(Y)) if edge(X, Y).", NULL);
    becomes("an aggregate in a body is asked by what is grouped",
            "demand^a^bf(7).\n"
            "a^bf(X, N) if demand^a^bf(X) and node(X) and "
            "N = count{ b^bf(X, _) }.\n"
            "demand^b^bf(X) if possibly demand^a^bf(X) and "
            "possibly node(X).\n"
            "b^bf(X, Y) if demand^b^bf(X) and edge(X, Y).",
            0, "a", 1, "a(X, N) if node(X) and N = count{ b(X, _) }.",
            "b(X, Y) if edge(X, Y).", NULL);
    becomes("a lattice is asked by its key",
            "demand^d^bff(7).\n"
            "d^bff(X, Y, min(D)) if demand^d^bff(X) and edge(X, Y) and "
            "D = 1.\n"
            "d^bff(X, Y, min(D + 1)) if demand^d^bff(X) and d^bff(X, Z, D) "
            "and edge(Z, Y).",
            0, "d", 1, "d(X, Y, min(D)) if edge(X, Y) and D = 1.",
            "d(X, Y, min(D + 1)) if d(X, Z, D) and edge(Z, Y).", NULL);
    becomes("where a demand would rest on what it is for, all is wanted",
            "demand^a^bf(7).\n"
            "a^bf(X, Y) if demand^a^bf(X) and edge(X, Y).\n"
            "a^bf(X, Y) if demand^a^bf(X) and a^bf(X, Z) and edge(Z, Y) "
            "and not b(Z).\nb(X) if edge(X, 3).",
            0, "a", 1, "a(X, Y) if edge(X, Y).",
            "a(X, Y) if a(X, Z) and edge(Z, Y) and not b(Z).",
            "b(X) if edge(X, 3).", NULL);
}

/* ---- inputs and refusals ------------------------------------------------ */

static void test_inputs(void)
{
    asked a;
    uint32_t unused;
    asked_open(&a);
    text_relation(&a.text, "r(x: int, y: int)", DM_INPUT_FACTS);
    text_rule(&a.text, "r(X, Y) if edge(X, Y).");
    text_rule(&a.text, "s(X) if unused(X) and r(X, X).");
    ok(dm_program_check(a.text.program, NULL) == DM_OK, "it is fine");
    dm_cell cells[2] = {cell_int(7), 0};
    uint32_t r, edge;
    dm_program_find_relation(a.text.program, "r", &r);
    ok(dm_program_demand(a.text.program, r, 1, cells, 0, &a.less, &a.goal,
                         NULL) == DM_OK, "it is rewritten");
    dm_program_print_rule(a.less, 1, &a.printed);
    is_str((const char *)a.printed.at,
           "r^bf(X1, X2) if demand^r^bf(X1) and r(X1, X2).",
           "input rows are asked for like others");
    dm_program_find_relation(a.less, "unused", &unused);
    dm_program_find_relation(a.less, "edge", &edge);
    is_int(dm_program_get_relation(a.less, unused)->input, DM_INPUT_NONE,
           "input that isn't needed is not read");
    is_int(dm_program_get_relation(a.less, edge)->input, DM_INPUT_FACTS,
           "what is needed is");
    is_str(dm_program_get_relation(a.less, a.goal)->name, "r^bf",
           "the goal's relation");
    asked_close(&a);
}

static void test_refused(void)
{
    asked a;
    asked_open(&a);
    dm_cell cells[2] = {0};
    is_int(dm_program_demand(a.text.program, 0, 1, cells, 0, &a.less, &a.goal,
                             NULL), DM_INVALID, "a program not checked");
    dm_program_check(a.text.program, NULL);
    is_int(dm_program_demand(a.text.program, 99, 1, cells, 0, &a.less,
                             &a.goal, NULL), DM_INVALID, "no such relation");
    asked_close(&a);
}

int main(void)
{
    test_closures();
    test_whole();
    test_two_sides();
    test_inputs();
    test_refused();
    return done_testing();
}
