/* test_proof.c - least derivations: smallest, spliced, aggregated, disputed,
 * deep, and checked by the verifier. */
#include "program_text.h"
#include "tap.h"

#include "read/proof.h"

static struct text_program t;
static dm_eval *e;
static dm_proof *proof;
static dm_error error;

static void begin(void)
{
    text_open(&t);
    e = NULL;
    proof = NULL;
}

static void run(void)
{
    eval_options options = {.threads = 1};
    if (dm_program_check(t.program, &error) != DM_OK)
        diag("%s", text_diagnostics(&t));
    if (eval_new(t.program, t.terms, &options, &e, &error) != DM_OK)
        abort();
}

static uint32_t relation(const char *name)
{
    uint32_t r;
    if (!dm_program_find_relation(t.program, name, &r))
        abort();
    return r;
}

static void put(const char *name, int64_t a, int64_t b, dm_truth truth)
{
    dm_cell row[2] = {cell_int(a), cell_int(b)};
    if (eval_add(e, relation(name), row, 1, truth, &error) != DM_OK)
        abort();
}

static bool prove(const char *name, int64_t a, int64_t b, size_t limit)
{
    dm_cell row[2] = {cell_int(a), cell_int(b)};
    proof_options options = {.max_instances = limit};
    eval_row at;
    if (eval_lookup(e, relation(name), row, &at) == DM_FALSE)
        return false;
    dm_status st = proof_find(e, at, &options, &proof, &error);
    if (st != DM_OK)
        diag("%s", error.text);
    return st == DM_OK;
}

static void end(void)
{
    dm_proof_free(proof);
    eval_free(e);
    text_close(&t);
}

static size_t count_kind(dm_proof_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < dm_proof_count(proof); i++)
        n += dm_proof_get(proof, i)->kind == kind;
    return n;
}

static bool verified(void)
{
    dm_status st = proof_verify(proof, e, &error);
    if (st != DM_OK)
        diag("%s", error.text);
    return st == DM_OK;
}

static void closure(void)
{
    text_relation(&t, "edge(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "path(x: int, y: int)", DM_INPUT_NONE);
    text_rule(&t, "path(X, Y) if edge(X, Y).");
    text_rule(&t, "path(X, Z) if path(X, Y) and edge(Y, Z).");
    run();
}

static void test_least(void)
{
    begin();
    closure();
    /* Two ways from 1 to 4: over 2 and 3, and over 5. */
    put("edge", 1, 2, DM_TRUE);
    put("edge", 2, 3, DM_TRUE);
    put("edge", 3, 4, DM_TRUE);
    put("edge", 1, 5, DM_TRUE);
    put("edge", 5, 4, DM_TRUE);
    ok(eval_run(e, &error) == DM_OK && prove("path", 1, 4, 0), "a proof");
    ok(dm_proof_least(proof), "which is least");
    is_int((int64_t)dm_proof_count(proof), 4, "of four nodes: the short way");
    is_int((int64_t)count_kind(DM_PROOF_INPUT), 2, "two inputs");
    is_int(dm_proof_get(proof, 0)->rule, 1, "by the recursive rule");
    is_int(dm_proof_get(proof, 0)->literal, UINT32_MAX, "the root has no parent");
    ok(verified(), "it verifies");
    end();
}

static void test_deep(void)
{
    enum { N = 3000 };
    begin();
    text_relation(&t, "edge(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "from(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "reach(x: int, y: int)", DM_INPUT_NONE);
    text_rule(&t, "reach(X, Y) if from(X, Y).");
    text_rule(&t, "reach(X, Z) if reach(X, Y) and edge(Y, Z).");
    run();
    put("from", 0, 0, DM_TRUE);
    for (int i = 0; i < 100 * N / 3; i++)
        put("edge", i, i + 1, DM_TRUE);
    ok(eval_run(e, &error) == DM_OK && prove("reach", 0, 100 * N / 3, 1000000),
       "a chain of 100,000 steps");
    is_int((int64_t)dm_proof_count(proof), 2 * (100 * N / 3) + 2,
           "two nodes a step");
    ok(verified(), "it verifies");
    dm_proof_free(proof);
    ok(prove("reach", 0, 100 * N / 3, 10), "beyond the limit of instances");
    ok(!dm_proof_least(proof), "it isn't called least");
    is_int((int64_t)dm_proof_count(proof), 2 * (100 * N / 3) + 2,
           "but is a proof all the same");
    ok(verified(), "that verifies");
    end();
}

static void test_negation(void)
{
    begin();
    text_relation(&t, "p(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "q(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "r(x: int, y: int)", DM_INPUT_NONE);
    text_rule(&t, "r(X, Y) if p(X, Y) and not q(X, _) and X < Y.");
    run();
    put("p", 1, 2, DM_TRUE);
    put("p", 3, 4, DM_TRUE);
    put("q", 3, 9, DM_UNDEFINED);
    ok(eval_run(e, &error) == DM_OK && prove("r", 1, 2, 0), "a negation");
    is_int((int64_t)count_kind(DM_PROOF_ABSENT), 1, "is one absence");
    is_int((int64_t)count_kind(DM_PROOF_TEST), 1, "and a test");
    for (size_t i = 0; i < dm_proof_count(proof); i++) {
        const proof_node *n = dm_proof_get(proof, i);
        if (n->kind == DM_PROOF_ABSENT)
            is_int((int64_t)n->bound, 1, "its second column is open");
        if (n->kind == DM_PROOF_TEST)
            is_str(n->text, "1 < 2", "the test has its values");
    }
    ok(verified(), "it verifies");
    dm_proof_free(proof);
    ok(prove("r", 3, 4, 0), "a negation of something disputed");
    is_int(dm_proof_get(proof, 0)->truth, DM_UNDEFINED, "is disputed");
    is_int((int64_t)count_kind(DM_PROOF_DISPUTED), 1, "and says by what");
    end();
}

static void test_draw(void)
{
    begin();
    text_relation(&t, "move(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "win(x: int, y: int)", DM_INPUT_NONE);
    text_rule(&t, "win(X, 0) if move(X, Y) and not win(Y, 0).");
    run();
    put("move", 1, 2, DM_TRUE);
    put("move", 2, 1, DM_TRUE);
    ok(eval_run(e, &error) == DM_OK && prove("win", 1, 0, 0), "a draw");
    is_int((int64_t)count_kind(DM_PROOF_DISPUTED), 2, "each rests on the other");
    is_int((int64_t)count_kind(DM_PROOF_SEEN), 1, "and the circle is closed");
    end();
}

static void test_aggregates(void)
{
    begin();
    text_relation(&t, "paid(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "total(x: int, y: int)", DM_INPUT_NONE);
    text_relation(&t, "many(x: int, y: int)", DM_INPUT_NONE);
    text_rule(&t, "total(X, sum(Y)) if paid(X, Y).");
    text_rule(&t, "many(X, N) if total(X, _) and N = count{ paid(X, _) }.");
    run();
    for (int i = 0; i < 5; i++)
        put("paid", 1, i, DM_TRUE);
    put("paid", 2, 7, DM_TRUE);
    ok(eval_run(e, &error) == DM_OK && prove("total", 1, 10, 0), "a sum");
    is_int(dm_proof_get(proof, 0)->kind, DM_PROOF_AGGREGATE, "is an aggregate");
    is_int((int64_t)count_kind(DM_PROOF_INPUT), 5, "of the rows of its group");
    ok(verified(), "it verifies");
    dm_proof_free(proof);
    ok(prove("many", 1, 5, 0), "a count in a body");
    is_int((int64_t)count_kind(DM_PROOF_AGGREGATE), 2, "is an aggregate, too");
    ok(verified(), "it verifies");
    end();
}

/* Of two rules that aggregate into one relation, the one whose value it is. */
static void test_two_sums(void)
{
    begin();
    text_relation(&t, "a(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "b(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "total(x: int, y: int)", DM_INPUT_NONE);
    text_rule(&t, "total(X, sum(Y)) if a(X, Y).");
    text_rule(&t, "total(X, sum(Y)) if b(X, Y).");
    run();
    put("a", 1, 2, DM_TRUE);
    put("b", 1, 3, DM_TRUE);
    put("b", 1, 4, DM_TRUE);
    ok(eval_run(e, &error) == DM_OK && prove("total", 1, 7, 0), "two sums");
    is_int(dm_proof_get(proof, 0)->rule, 1, "the second rule's");
    is_int((int64_t)count_kind(DM_PROOF_INPUT), 2, "two rows");
    end();
}

/* Rules without a body, and with as many premises as an array of them takes
 * at first. */
static void test_sizes(void)
{
    eval_row row;
    dm_cell one = cell_int(1);
    begin();
    text_relation(&t, "unit(x: int)", DM_INPUT_NONE);
    text_relation(&t, "p(x: int, y: int)", DM_INPUT_FACTS);
    text_relation(&t, "q(x: int, y: int)", DM_INPUT_NONE);
    text_rule(&t, "unit(1).");
    text_rule(&t, "q(X, Y) if p(X, Y) and p(X, 2) and p(X, 3) and p(X, 4) "
                  "and p(X, 5) and p(X, 6) and p(X, 7) and p(X, 8).");
    run();
    for (int64_t i = 1; i <= 8; i++)
        put("p", 1, i, DM_TRUE);
    eval_run(e, &error);
    is_int(eval_lookup(e, relation("unit"), &one, &row), DM_TRUE, "a fact");
    ok(proof_find(e, row, NULL, &proof, &error) == DM_OK, "of a rule");
    is_int((int64_t)dm_proof_count(proof), 1, "is a node by itself");
    dm_proof_free(proof);
    ok(prove("q", 1, 1, 0) && verified(), "eight premises");
    is_int((int64_t)dm_proof_get(proof, 0)->nchildren, 8, "are eight children");
    end();
}

int main(void)
{
    test_least();
    test_deep();
    test_negation();
    test_draw();
    test_aggregates();
    test_two_sums();
    test_sizes();
    return done_testing();
}
