/* test_lattice.c - least values through recursion on random graphs: what they
 * are, and that rows stay in an order of derivation when bettered ones go. */
#include "eval_order.h"

enum { NODES = 60, LINKS = 240, ROUNDS = 8, FAR = 1 << 20 };

struct graph {
    dm_cell link[LINKS][3];
};

static uint32_t state = 7;

/* xorshift (Marsaglia, Journal of Statistical Software, 2003) */
static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static void make_graph(struct graph *g)
{
    for (size_t i = 0; i < LINKS; i++) {
        g->link[i][0] = draw(NODES);
        g->link[i][1] = draw(NODES);
        g->link[i][2] = draw(20);
    }
}

/* Rows to start with, and programs of one relation least(x, d). */
struct variant {
    const char *name, *start, *step;
    bool weighs;
    uint64_t limit; /* values from there on lead no further */
};

static const struct variant variants[] = {
    {"distances", "least(X, min(D)) if first(X, D).",
     "least(Y, min(D + W)) if least(X, D) and link(X, Y, W).", true, FAR},
    {"distances from the other side", "least(X, min(D)) if first(X, D).",
     "least(Y, min(W + D - 1 + 1)) if link(X, Y, W) and least(X, D).", true,
     FAR},
    {"bounded distances", "least(X, min(D)) if first(X, D).",
     "least(Y, min(D + W)) if least(X, D) and link(X, Y, W) and D < 30.",
     true, 30},
    {"labels", "least(X, min(X)) if first(X, _).",
     "least(Y, min(D)) if least(X, D) and link(X, Y, _).", false, FAR},
};

static void expect(const struct graph *g, const struct variant *v,
                   uint64_t *least)
{
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < LINKS; i++) {
            const dm_cell *l = g->link[i];
            uint64_t d = least[l[0]] + (v->weighs ? l[2] : 0);
            if (least[l[0]] >= v->limit || d >= least[l[1]])
                continue;
            least[l[1]] = d;
            again = true;
        }
    }
}

static void add(struct model *m, const char *relation, const dm_cell *row)
{
    if (eval_add(m->eval, model_find(m, relation), row, 1, DM_TRUE, &m->error)
        != DM_OK)
        abort();
}

/* Whether the model's least(x, d) is what is expected. */
static bool is_right(const struct model *m, const uint64_t *least)
{
    size_t n = 0, found = 0;
    uint32_t relation = model_find(m, "least");
    for (uint64_t x = 0; x < NODES; x++) {
        dm_cell row[2] = {x, least[x]};
        n += least[x] < FAR;
        found += least[x] < FAR
                 && eval_lookup(m->eval, relation, row, NULL) == DM_TRUE;
    }
    return found == n && eval_count(m->eval, relation, DM_TRUE) == n;
}

/* A few nodes begin, some of them as rows put in. */
static void begin(struct model *m, const struct variant *v, uint64_t *least)
{
    for (size_t i = 0; i < NODES; i++)
        least[i] = FAR;
    for (size_t i = 0; i < 5; i++) {
        dm_cell row[2] = {draw(NODES), draw(40)};
        bool input = i < 2;
        add(m, input ? "least" : "first", row);
        uint64_t d = input || v->weighs ? row[1] : row[0];
        if (d < least[row[0]])
            least[row[0]] = d;
    }
}

static void test_variant(const struct variant *v)
{
    static struct graph g;
    size_t right = 0, unsupported = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct model m;
        uint64_t least[NODES];
        make_graph(&g);
        model_open(&m, "link(x: int, y: int, w: int)",
                   "first(x: int, d: int)", "least(x: int, d: int)", NULL);
        model_rules(&m, v->start, v->step, NULL);
        model_check(&m);
        for (size_t i = 0; i < LINKS; i++)
            add(&m, "link", g.link[i]);
        begin(&m, v, least);
        expect(&g, v, least);
        if (model_run(&m) == DM_OK)
            right += is_right(&m, least);
        unsupported += order_check(m.eval);
        model_close(&m);
    }
    is_int((int64_t)right, ROUNDS, v->name);
    is_int((int64_t)unsupported, 0, "every row rests on earlier ones");
}

/* The same value reached again, by way of one that is bettered later: the
 * row must come behind what it finally rests on. */
static void test_constant_step(void)
{
    struct model m;
    model_open(&m, "link(x: int, y: int, w: int)", NULL);
    model_rules(&m, "far(1, min(0)) if link(1, _, _).",
                "far(Y, min(D + W)) if far(X, D) and link(X, Y, W).",
                "far(Y, min(D - D + 5)) if far(X, D) and link(Y, X, 100).",
                NULL);
    model_check(&m);
    model_put(&m, "link", DM_TRUE, "1 2 9;1 3 1;3 4 1;4 2 1;7 2 100");
    ok(model_run(&m) == DM_OK, "a step whose value is always the same");
    is_str(model_rows(&m, "far", DM_TRUE), "1 0; 2 3; 3 1; 4 2; 7 5",
           "its values");
    is_int((int64_t)order_check(m.eval), 0, "in an order of derivation");
    model_close(&m);
}

int main(void)
{
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        test_variant(&variants[i]);
    test_constant_step();
    return done_testing();
}
