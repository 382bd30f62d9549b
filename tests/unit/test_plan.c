/* In which order the planner joins atoms: by what statistics say, by what comes
 * after, and by what joins were seen to give. */
#include "eval_text.h"
#include "rules/plan.h"

/* ---- plans from made-up statistics --------------------------------------- */

/* Rows and distinct values, by literal and column. */
struct figures {
    double rows[4], distinct[4][3];
    uint64_t seen; /* literals that gave `factor` times what was expected */
    double factor;
};

static double rows_of(const void *context, uint32_t literal)
{
    return ((const struct figures *)context)->rows[literal];
}

/* Columns are taken to be independent. */
static double distinct_of(const void *context, uint32_t literal, uint64_t mask)
{
    const struct figures *f = context;
    double n = 1;
    for (uint32_t c = 0; c < 3; c++)
        if (mask >> c & 1)
            n *= f->distinct[literal][c];
    return n < f->rows[literal] ? n : f->rows[literal];
}

static double seen_of(const void *context, uint64_t literals)
{
    const struct figures *f = context;
    return literals == f->seen ? f->factor : 0;
}

/* The literals of the only rule in the order planned, counted from 1. */
static const char *order_of(struct text_program *t, const struct figures *f,
                            uint32_t delta)
{
    static char text[32];
    plan_stats stats = {f, rows_of, distinct_of, seen_of};
    plan_request request = {.delta = delta, .united = PLAN_NO_UNION,
                            .meet = PLAN_MEET_NEVER};
    plan p;
    if (plan_make(t->program, &request, &stats, &p, &t->error) != DM_OK)
        return t->error.text;
    for (uint32_t k = 0; k < p.nsteps; k++)
        snprintf(text + 2 * k, 3, "%u ", p.steps[k].literal + 1);
    text[2 * p.nsteps - 1] = '\0';
    plan_free(&p);
    return text;
}

static void test_what_comes_after(void)
{
    /* From each new row r leads to 8 and s to 40; but t, looked up by what r
     * gives, leads on to 35 and by what s gives to one; the third is a filter
     * then. */
    struct figures f = {
        .rows = {10, 8000, 40000, 35000},
        .distinct = {{10}, {1000, 1000}, {1000, 1000}, {1000, 35000}}};
    struct text_program t;
    text_open(&t);
    text_rule(&t, "p(X) if q(X) and r(X, Y) and s(X, Z) and t(Y, Z).");
    if (dm_program_check(t.program, &t.error) != DM_OK)
        abort();
    is_str(order_of(&t, &f, 0), "1 3 4 2",
           "an atom with more matches comes first when less comes after it");
    is_str(order_of(&t, &f, PLAN_NO_DELTA), "1 3 4 2", "without a delta too");
    f.distinct[3][0] = 35000;
    is_str(order_of(&t, &f, 0), "1 2 4 3", "and last when it doesn't");
    text_close(&t);
}

static void test_what_was_seen(void)
{
    struct figures f = {.rows = {10, 5000, 8000, 0},
                        .distinct = {{10, 10}, {1000, 1000}, {1000, 1000}}};
    struct text_program t;
    text_open(&t);
    text_rule(&t, "p(Z) if q(X, Y) and r(X, Z) and s(Y, Z).");
    if (dm_program_check(t.program, &t.error) != DM_OK)
        abort();
    is_str(order_of(&t, &f, 0), "1 2 3", "fewer matches come first");
    f.seen = 1 << 0 | 1 << 1;
    f.factor = 20;
    is_str(order_of(&t, &f, 0), "1 3 2",
           "not those that were seen to be many");
    f.seen = 1 << 0 | 1 << 2;
    is_str(order_of(&t, &f, 0), "1 2 3", "unless others are seen to be more");
    f.factor = 0.01;
    is_str(order_of(&t, &f, 0), "1 3 2", "or few were seen");
    text_close(&t);
}

/* ---- plans made anew ----------------------------------------------------- */

/* A thousand objects that one variable each points to, and one that a thousand
 * point to; only that one has fields. */
static void test_skew(void)
{
    struct model m;
    buf plans = {0};
    model_open(&m, "start(x: int)", NULL);
    model_rules(&m, "n(X) if start(X).", "n(X + 1) if n(X) and X < 1000.",
                "points(X, X) if n(X).", "points(X + 1000, 0) if n(X).",
                "load(X, X mod 300, X) if n(X).",
                "field(0, X) if start(X).",
                "field(O, F + 1) if field(O, F) and F < 299.",
                "field(O, T) if found(O, T) and T < 0.",
                "found(F, T) if field(O, F) and points(V, O) "
                "and load(V, F, T).", NULL);
    model_check(&m);
    model_put(&m, "start", DM_TRUE, "1");
    model_run(&m);
    if (eval_print_plans(m.eval, &plans) != DM_OK)
        abort();
    const char *of = strstr(plans.at, "found(F, T) if");
    const char *second = of ? strstr(of, "    2. load") : NULL;
    ok(second != NULL, "what gave more than expected is joined later");
    if (!second)
        diag("%s", plans.at);
    buf_free(&plans);
    model_close(&m);
}

int main(void)
{
    test_what_comes_after();
    test_what_was_seen();
    test_skew();
    return done_testing();
}
