/* Updates of finished evaluations, compared with evaluations from scratch. */
#include "eval_order.h"

enum { NODES = 12, STEPS = 60, PAIRS = NODES * NODES };

static uint64_t state = 1;

/* xorshift64* (Vigna 2016) */
static uint32_t draw(uint32_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % n;
}

/* The input: edges and starts that are there. */
struct input {
    bool edge[PAIRS], start[NODES];
};

static void open_program(struct model *m, const char *const *rules,
                         unsigned force)
{
    model_open(m, "edge(x: int, y: int)", "start(x: int)", NULL);
    m->options.force = force;
    for (; *rules; rules++)
        model_rules(m, *rules, NULL);
    model_check(m);
}

static void put_all(struct model *m, const struct input *in)
{
    for (dm_cell i = 0; i < PAIRS; i++) {
        dm_cell row[2] = {i / NODES, i % NODES};
        if (in->edge[i] && eval_add(m->eval, 0, row, 1, DM_TRUE, NULL))
            abort();
    }
    for (dm_cell i = 0; i < NODES; i++)
        if (in->start[i] && eval_add(m->eval, 1, &i, 1, DM_TRUE, NULL))
            abort();
}

/* Flip up to `n` input rows, in the set and in the evaluation. */
static dm_status flip(struct model *m, struct input *in, uint32_t n)
{
    dm_cell added[2 * PAIRS], removed[2 * PAIRS], starts[2][NODES];
    eval_change c[2] = {{.relation = 0, .added = added, .removed = removed},
                        {.relation = 1, .added = starts[0],
                         .removed = starts[1]}};
    bool flipped[PAIRS] = {0};
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = draw(PAIRS);
        if (flipped[i])
            continue;
        flipped[i] = true;
        dm_cell *to = in->edge[i] ? removed + 2 * c[0].nremoved++
                                  : added + 2 * c[0].nadded++;
        to[0] = i / NODES;
        to[1] = i % NODES;
        in->edge[i] = !in->edge[i];
    }
    if (draw(3) == 0) {
        uint32_t i = draw(NODES);
        starts[in->start[i]][0] = i;
        c[1].nadded = !in->start[i];
        c[1].nremoved = in->start[i];
        in->start[i] = !in->start[i];
    }
    return eval_update(m->eval, c, 2, &m->error);
}

/* How many relations have other rows than those evaluated from scratch. */
static int count_differences(struct model *m, struct model *again)
{
    int wrong = 0;
    for (uint32_t r = 0; r < dm_program_nrelations(m->text.program); r++) {
        const char *name = dm_program_get_relation(m->text.program, r)->name;
        for (int t = DM_UNDEFINED; t <= DM_TRUE; t++) {
            char *was = strdup(model_rows(m, name, (dm_truth)t));
            const char *now = model_rows(again, name, (dm_truth)t);
            if (strcmp(was, now) != 0) {
                wrong++;
                diag("%s, truth %d:\n%s\nfrom scratch:\n%s", name, t, was,
                     now);
            }
            free(was);
        }
    }
    return wrong;
}

static void test_random(const char *name, const char *const *rules,
                        uint32_t edges, uint32_t flips, unsigned force)
{
    static struct model m, again;
    struct input in = {0};
    int wrong = 0, unordered = 0;
    for (uint32_t i = 0; i < edges; i++)
        in.edge[draw(PAIRS)] = true;
    in.start[0] = true;
    open_program(&m, rules, force);
    put_all(&m, &in);
    ok(model_run(&m) == DM_OK && order_check(m.eval) == 0, name);
    for (int step = 0; step < STEPS && !wrong; step++) {
        if (flip(&m, &in, 1 + draw(flips)) != DM_OK) {
            diag("%s", m.error.text);
            wrong++;
        }
        open_program(&again, rules, 0);
        put_all(&again, &in);
        model_run(&again);
        wrong += count_differences(&m, &again);
        unordered += order_check(m.eval) != 0;
        model_close(&again);
    }
    is_int(wrong, 0, "the rows are those evaluated from scratch");
    is_int(unordered, 0, "and in order of derivation");
    model_close(&m);
}

static const char *const closure[] = {
    "path(X, Y) if edge(X, Y).",
    "path(X, Y) if path(X, Z) and edge(Z, Y).", NULL};
static const char *const doubled[] = {
    "path(X, Y) if edge(X, Y).",
    "path(X, Y) if path(X, Z) and path(Z, Y).", NULL};
static const char *const layers[] = {
    "path(X, Y) if edge(X, Y).",
    "path(X, Y) if path(X, Z) and edge(Z, Y).",
    "far(X, Y) if path(X, Y) and not edge(X, Y).",
    "dead(X) if edge(_, X) and not edge(X, _).",
    "lone(X) if start(X) and not path(X, _) and not path(_, X).",
    "next(X, Y) if far(X, Z) and far(Z, Y) and not dead(Y).",
    "back(X, X + 100) if path(X, Y) and path(Y, X) and X < Y.",
    "fixed(7) if not lone(1).",
    "loop(X) if edge(X, X).", NULL};
static const char *const mutual[] = {
    "even(X, Y) if edge(X, Z) and odd(Z, Y).",
    "odd(X, Y) if edge(X, Y).",
    "odd(X, Y) if edge(X, Z) and even(Z, Y) and not start(Z).",
    "both(X, Y) if even(X, Y) and odd(X, Y).", NULL};
/* Values and aliases: heads that many instances have. */
static const char *const aliases[] = {
    "flow(X, Y) if edge(X, Y).",
    "flow(X, X) if edge(X, _).",
    "flow(X, Y) if flow(X, Z) and flow(Z, Y).",
    "flow(X, Y) if edge(X, Z) and alias(Z, Y).",
    "alias(X, W) if edge(Y, X) and value(Y, Z) and edge(Z, W) and start(X).",
    "value(X, Y) if flow(Z, X) and flow(Z, Y).",
    "value(X, Y) if flow(Z, X) and alias(Z, W) and flow(W, Y).", NULL};
/* Heads that agree in what the first steps look at. */
static const char *const triples[] = {
    "path(X, Y) if edge(X, Y).",
    "path(X, Y) if path(X, Z) and edge(Z, Y).",
    "via(X, Y, Z) if edge(X, Y) and path(Y, Z).",
    "via(X, Y, Z + 1) if via(X, Y, W) and edge(W, Z) and not edge(Z, W).",
    "via(X, Y, Z) if via(X, V, Z) and edge(V, W) and path(W, Y) and start(V).",
    "same(X, 1) if via(X, Y, X) and not start(Y).",
    "none() if via(_, _, 3) and same(_, _).", NULL};
static const char *const own[] = {
    "edge(Y, X) if edge(X, Y) and start(X).",
    "start(Y) if start(X) and edge(X, Y) and X < Y.", NULL};
static const char *const groups[] = {
    "path(X, Y) if edge(X, Y).",
    "path(X, Y) if path(X, Z) and edge(Z, Y).",
    "degree(X, count()) if path(X, _).",
    "high(X) if degree(X, N) and N > 4.",
    "alone(X) if start(X) and not high(X).",
    "near(X, Y) if path(X, Y) and not high(Y).", NULL};
static const char *const best[] = {
    "hops(X, min(0)) if start(X).",
    "hops(Y, min(D + 1)) if hops(X, D) and edge(X, Y).",
    "late(X) if hops(X, D) and D > 2.",
    "never(X) if edge(X, _) and not hops(X, _).", NULL};
static const char *const game[] = {
    "win(X) if edge(X, Y) and not win(Y).",
    "path(X, Y) if edge(X, Y).",
    "path(X, Y) if path(X, Z) and edge(Z, Y).",
    "safe(X) if path(X, Y) and win(Y).",
    "idle(X) if start(X) and not safe(X).", NULL};

static void test_numbers(void)
{
    struct model m;
    eval_row kept, later;
    dm_cell cells[2] = {1, 2}, gone[2] = {2, 3}, back[2] = {1, 3};
    open_program(&m, closure, 0);
    model_put(&m, "edge", DM_TRUE, "1 2;2 3;5 6");
    model_run(&m);
    uint32_t path = model_find(&m, "path");
    eval_lookup(m.eval, path, cells, &kept);
    eval_change c = {.relation = 0, .removed = gone, .nremoved = 1};
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_OK, "an update");
    is_str(model_rows(&m, "path", DM_TRUE), "1 2; 5 6", "what is left");
    is_int((int64_t)eval_count(m.eval, path, DM_TRUE), 2, "counted");
    ok(eval_lookup(m.eval, path, back, &later) == DM_FALSE, "gone");
    c = (eval_change){.relation = 0, .added = gone, .nadded = 1};
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_OK, "and back");
    is_str(model_rows(&m, "path", DM_TRUE), "1 2; 1 3; 2 3; 5 6", "as before");
    ok(eval_lookup(m.eval, path, cells, &later) == DM_TRUE
       && later.row == kept.row, "a row that stayed has its number");
    ok(eval_lookup(m.eval, path, back, &later) == DM_TRUE && later.row > 3,
       "one that came back has another");
    ok(eval_lookup(m.eval, 0, gone, &later) == DM_TRUE
       && eval_is_input(m.eval, later), "an input that came is one");
    c = (eval_change){.relation = 99};
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_INVALID, "no relation");
    model_close(&m);
}

/* A row that is put in and derived stays until both are gone. */
static void test_twofold(void)
{
    struct model m;
    dm_cell pair[2] = {1, 3}, edge[2] = {2, 3};
    model_open(&m, "edge(x: int, y: int)", "path(x: int, y: int)", NULL);
    model_rules(&m, closure[0], closure[1], NULL);
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2;2 3");
    model_put(&m, "path", DM_TRUE, "1 3;7 8");
    model_run(&m);
    eval_change c = {.relation = 1, .removed = pair, .nremoved = 1};
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_OK, "withdrawn");
    is_str(model_rows(&m, "path", DM_TRUE), "1 2; 1 3; 2 3; 7 8", "derived");
    is_int((int64_t)order_check(m.eval), 0, "and known to be");
    c = (eval_change){.relation = 1, .added = pair, .nadded = 1};
    eval_change d = {.relation = 0, .removed = edge, .nremoved = 1};
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_OK
       && eval_update(m.eval, &d, 1, &m.error) == DM_OK, "put in again");
    is_str(model_rows(&m, "path", DM_TRUE), "1 2; 1 3; 7 8", "given");
    c = (eval_change){.relation = 1, .removed = pair, .nremoved = 1};
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_OK, "withdrawn again");
    is_str(model_rows(&m, "path", DM_TRUE), "1 2; 7 8", "neither");
    model_close(&m);
}

/* Taking out that takes too long is given up: the component is evaluated
 * anew, its rows are numbered without gaps. */
static void test_giving_up(void)
{
    struct model m;
    dm_cell few[2] = {1, 2}, many[2] = {5, 6};
    size_t rows, numbers;
    const char *const far[] = {closure[0], closure[1],
                               "far(X) if path(X, 9).", NULL};
    open_program(&m, far, DM_FORCE_SMALL);
    model_put(&m, "edge", DM_TRUE, "1 2;2 3;3 4;4 5;5 6;6 7;7 8;8 9");
    model_run(&m);
    eval_change c = {.relation = 0, .removed = few, .nremoved = 1};
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_OK, "few rows go");
    eval_fill(m.eval, &rows, &numbers);
    ok(numbers > rows, "their numbers stay empty");
    c.removed = many;
    ok(eval_update(m.eval, &c, 1, &m.error) == DM_OK, "many rows go");
    is_str(model_rows(&m, "path", DM_TRUE), "2 3; 2 4; 2 5; 3 4; 3 5; 4 5; "
           "6 7; 6 8; 6 9; 7 8; 7 9; 8 9", "what is left");
    is_str(model_rows(&m, "far", DM_TRUE), "6; 7; 8", "and what rests on it");
    is_int((int64_t)eval_count(m.eval, model_find(&m, "path"), DM_TRUE), 12,
           "counted");
    eval_row row;
    dm_cell last[2] = {8, 9};
    ok(eval_lookup(m.eval, model_find(&m, "path"), last, &row) == DM_TRUE
       && row.row < 12, "numbered anew");
    is_int((int64_t)order_check(m.eval), 0, "in order");
    model_close(&m);
}

static void test_all(uint32_t edges, unsigned force)
{
    test_random("closure", closure, edges, 3, force);
    test_random("closure by doubling", doubled, edges, 2, force);
    test_random("layers with negation", layers, edges, 3, force);
    test_random("mutual recursion", mutual, edges, 4, force);
    test_random("values and aliases", aliases, edges, 3, force);
    test_random("triples", triples, edges, 3, force);
    test_random("inputs that are derived", own, edges, 3, force);
    test_random("aggregates", groups, edges, 3, force);
    test_random("least values", best, edges, 3, force);
    test_random("a game", game, edges, 3, force);
}

int main(void)
{
    test_numbers();
    test_twofold();
    test_giving_up();
    for (uint32_t edges = 8; edges <= 32; edges *= 2)
        test_all(edges, 0);
    test_all(16, DM_FORCE_SMALL);
    test_all(16, DM_FORCE_HASH);
    return done_testing();
}
