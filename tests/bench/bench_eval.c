/* bench_eval.c - the evaluator alone: closure, reachability, a game.
 *
 *     bench_eval [repetitions]       PLANS=1 prints the plans as well
 *
 * Rows are made and added first; "run" is the time of eval_run. */
#include "../unit/program_text.h"
#include "eval/eval.h"

typedef struct graph {
    dm_cell *rows;
    size_t n;
} graph;

static uint64_t state = 1;

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014) */
static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static graph random_graph(uint64_t nodes, size_t edges)
{
    graph g = {mem_alloc(2 * edges * sizeof(dm_cell)), edges};
    for (size_t i = 0; i < 2 * edges; i++)
        g.rows[i] = draw() % nodes;
    return g;
}

static graph chain(size_t n)
{
    graph g = {mem_alloc(2 * n * sizeof(dm_cell)), n};
    for (size_t i = 0; i < n; i++) {
        g.rows[2 * i] = i;
        g.rows[2 * i + 1] = i + 1;
    }
    return g;
}

/* Parents of a tree in which every node has `width` children. */
static graph tree(size_t nodes, size_t width)
{
    graph g = {mem_alloc(2 * nodes * sizeof(dm_cell)), nodes - 1};
    for (size_t i = 1; i < nodes; i++) {
        g.rows[2 * (i - 1)] = i;
        g.rows[2 * (i - 1) + 1] = (i - 1) / width;
    }
    return g;
}

static void check(const char *what, dm_status st, const dm_error *err)
{
    if (st == DM_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err->text);
    exit(1);
}

static void run(const char *name, const char *const *rules, graph g,
                const char *result)
{
    struct text_program t;
    dm_eval *e = NULL;
    dm_error err = {0};
    uint32_t out = 0;
    text_open(&t);
    text_relation(&t, "edge(x: int, y: int)", DM_INPUT_FACTS);
    for (; *rules; rules++)
        text_rule(&t, *rules);
    check(name, dm_program_check(t.program, &err), &err);
    eval_options options = {.threads = 1};
    check(name, eval_new(t.program, t.terms, &options, &e, &err), &err);
    dm_program_find_relation(t.program, result, &out);
    double start = budget_now();
    check(name, eval_add(e, 0, g.rows, g.n, DM_TRUE, &err), &err);
    double added = budget_now();
    check(name, eval_run(e, &err), &err);
    double end = budget_now();
    printf("%-10s %10zu rows  add %.3f s  run %.3f s\n", name,
           eval_count(e, out, DM_TRUE), added - start, end - added);
    if (getenv("PLANS")) {
        buf plans = {0};
        eval_print_plans(e, &plans);
        fputs(plans.at, stdout);
        buf_free(&plans);
    }
    eval_free(e);
    text_close(&t);
    mem_free(g.rows);
}

static const char *const closure[] = {
    "path(X, Y) if edge(X, Y).",
    "path(X, Y) if path(X, Z) and edge(Z, Y).", NULL};
static const char *const reach[] = {
    "reach(0) if edge(_, _).",
    "reach(Y) if reach(X) and edge(X, Y).", NULL};
static const char *const generation[] = {
    "same(X, Y) if edge(X, P) and edge(Y, P).",
    "same(X, Y) if edge(X, P) and same(P, Q) and edge(Y, Q).", NULL};
static const char *const hops[] = {
    "best(Y, min(0)) if edge(0, _) and Y = 0.",
    "best(Y, min(D + 1)) if best(X, D) and edge(X, Y).", NULL};
static const char *const groups[] = {
    "g(X, count(), sum(Y)) if edge(X, Y).", NULL};
static const char *const absent[] = {
    "last(Y) if edge(_, Y) and not edge(Y, _).", NULL};
static const char *const game[] = {
    "win(X) if edge(X, Y) and not win(Y).", NULL};

int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 1;
    while (times-- > 0) {
        state = 1;
        run("tc_rand", closure, random_graph(2000, 8000), "path");
        run("tc_chain", closure, chain(3000), "path");
        run("reach", reach, random_graph(400000, 1000000), "reach");
        run("sg_tree", generation, tree(3280, 3), "same");
        run("hops", hops, random_graph(50000, 300000), "best");
        run("agg", groups, random_graph(50000, 1000000), "g");
        run("neg", absent, random_graph(500000, 1000000), "last");
        run("win", game, random_graph(500000, 1000000), "win");
    }
    return 0;
}
