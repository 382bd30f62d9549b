/* Games and other cycles through negation, against retrograde analysis. */
#include "eval_order.h"

enum { NODES = 3000, EDGES = 7000, LOST = 1, WON = 2 };

struct game {
    uint32_t from[EDGES], to[EDGES], left[NODES]; /* left: moves not lost */
    uint8_t value[NODES];                         /* 0: drawn */
};

static uint64_t state;

/* xorshift64* (Vigna 2016) */
static uint32_t draw(uint32_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % n;
}

static void make_game(struct game *g, uint64_t seed)
{
    memset(g, 0, sizeof *g);
    state = seed;
    for (size_t i = 0; i < EDGES; i++) {
        g->from[i] = draw(NODES);
        g->to[i] = draw(NODES);
        g->left[g->from[i]]++;
    }
}

/* One pass of retrograde analysis; whether anything changed. */
static bool solve_more(struct game *g)
{
    bool changed = false;
    uint32_t open[NODES] = {0};
    for (size_t i = 0; i < EDGES; i++)
        open[g->from[i]] += g->value[g->to[i]] != WON;
    for (size_t i = 0; i < EDGES; i++)
        if (g->value[g->to[i]] == LOST && g->value[g->from[i]] == 0) {
            g->value[g->from[i]] = WON;
            changed = true;
        }
    for (size_t v = 0; v < NODES; v++)
        if (open[v] == 0 && g->value[v] == 0) {
            g->value[v] = LOST;
            changed = true;
        }
    return changed;
}

static void open_model(struct model *m, const struct game *g,
                       const char *const *rules)
{
    model_open(m, "edge(x: int, y: int)", "start(x: int)", NULL);
    for (; *rules; rules++)
        model_rules(m, *rules, NULL);
    model_check(m);
    for (size_t i = 0; i < EDGES; i++) {
        dm_cell cells[2] = {g->from[i], g->to[i]};
        if (eval_add(m->eval, 0, cells, 1, DM_TRUE, &m->error) != DM_OK)
            abort();
    }
    ok(model_run(m) == DM_OK, "a run");
}

/* How many nodes have another truth than the game's value says. */
static int count_wrong(struct model *m, const struct game *g)
{
    uint32_t win = model_find(m, "win");
    int wrong = 0;
    for (dm_cell v = 0; v < NODES; v++) {
        dm_truth want = g->value[v] == WON ? DM_TRUE
                        : g->value[v] == LOST ? DM_FALSE : DM_UNDEFINED;
        wrong += eval_lookup(m->eval, win, &v, NULL) != want;
    }
    return wrong;
}

static void test_game(uint64_t seed, const char *const *rules,
                      const char *name)
{
    static struct game g;
    struct model m;
    make_game(&g, seed);
    while (solve_more(&g))
        continue;
    open_model(&m, &g, rules);
    is_int(count_wrong(&m, &g), 0, name);
    uint32_t win = model_find(&m, "win");
    ok(eval_count(m.eval, win, DM_TRUE) > 0
       && eval_count(m.eval, win, DM_UNDEFINED) > 0, "some won, some drawn");
    is_int(order_check(m.eval), 0, "rows are in order of derivation");
    model_close(&m);
}

static const char *const plain[] = {
    "win(X) if edge(X, Y) and not win(Y).", NULL};
/* The same with losing positions told by another relation, and with positive
 * recursion beside the negation: whoever can move to a lost position, by way
 * of a chain of forced moves or not. */
static const char *const two[] = {
    "win(X) if edge(X, Y) and lost(Y).",
    "lost(X) if node(X) and not safe(X).",
    "safe(X) if edge(X, Y) and not win(Y).",
    "node(X) if edge(X, _).",
    "node(X) if edge(_, X).", NULL};
/* With free columns under the negation: a position is won if it has a move to
 * one without an escape; escapes are the moves to positions not won. */
static const char *const escapes[] = {
    "escape(X, Y) if edge(X, Y) and not win(Y).",
    "win(X) if edge(X, Y) and not escape(Y, _).", NULL};
/* Rows that support one another: those in a circle must fall together. */
static const char *const circles[] = {
    "win(X) if edge(X, Y) and not win(Y) and not never(X).",
    "never(X) if circle(X) and not win(X) and start(X).",
    "circle(X) if edge(X, Y) and circle(Y) and not win(Y).",
    "circle(X) if edge(X, X) and not win(X).", NULL};

static void test_undefined_inputs(void)
{
    struct model m;
    model_open(&m, "edge(x: int, y: int)", "win(x: int)", NULL);
    model_rules(&m, plain[0], NULL);
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2;2 3;4 5;5 4");
    model_put(&m, "win", DM_UNDEFINED, "2;3;7");
    ok(model_run(&m) == DM_OK, "a run");
    is_str(model_rows(&m, "win", DM_TRUE), "", "none is won for sure");
    is_str(model_rows(&m, "win", DM_UNDEFINED), "1; 2; 3; 4; 5; 7",
           "inputs stay disputed");
    is_int((int64_t)eval_inputs(m.eval, model_find(&m, "win"), DM_UNDEFINED),
           3, "and are counted as inputs");
    model_close(&m);
    model_open(&m, "edge(x: int, y: int)", "win(x: int)", NULL);
    model_rules(&m, plain[0], NULL);
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2;2 3;3 4;5 6;6 5");
    model_put(&m, "win", DM_UNDEFINED, "3;5;8");
    ok(model_run(&m) == DM_OK, "a run");
    is_str(model_rows(&m, "win", DM_TRUE), "1; 3", "won in two turns");
    is_str(model_rows(&m, "win", DM_UNDEFINED), "5; 6; 8", "the others");
    is_int((int64_t)eval_inputs(m.eval, model_find(&m, "win"), DM_UNDEFINED),
           2, "an input that has become true is no undefined input");
    is_int(order_check(m.eval), 0, "rows are in order of derivation");
    model_close(&m);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        test_game(seed, plain, "a game");
        test_game(seed, two, "a game over three relations");
        test_game(seed, escapes, "a game with free columns");
        test_game(seed, circles, "a game with circles");
    }
    test_undefined_inputs();
    return done_testing();
}
