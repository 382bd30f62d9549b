/* Intersections of sets of every kind, and atoms that bind a variable at once.
 */
#include "eval/intersect.h"
#include "eval_text.h"

#include <stdlib.h>

/* ---- sets --------------------------------------------------------------- */

/* The keys of a small zoo of sets, and what their values are: every step-th
 * number from `first` on. */
static const struct kind {
    const char *name;
    adjacency_kind kind;
    uint32_t first, step, n;
} kinds[] = {
    {"near", ADJACENCY_NEAR, 300, 60, 2},
    {"a short list", ADJACENCY_LIST, 0, 300, 12},
    {"a long list", ADJACENCY_LIST, 0, 6000, 40},
    {"a very long list", ADJACENCY_LIST, 90, 3000, 900},
    {"bits", ADJACENCY_BITS, 0, 2, 3000},
    {"other bits", ADJACENCY_BITS, 4000, 5, 1500},
    {"a hash set", ADJACENCY_HASH, 0, 3000, 300},
    {"none", ADJACENCY_NEAR, 0, 1, 0},
};
enum { NKINDS = sizeof kinds / sizeof *kinds };

static bool holds(const struct kind *k, uint32_t value)
{
    return value >= k->first && (value - k->first) % k->step == 0
           && (value - k->first) / k->step < k->n;
}

/* Put a kind's values in, those of a list the last first. */
static void fill(adjacency *a, uint32_t key, const struct kind *k)
{
    for (uint32_t i = 0; i < k->n; i++) {
        uint32_t number = k->kind == ADJACENCY_LIST ? k->n - 1 - i : i;
        uint32_t value = k->first + number * k->step;
        if (adjacency_add(a, key, &value, 1) != DM_OK)
            abort();
    }
}

static void make_zoo(adjacency *plain, adjacency *hashed)
{
    adjacency_init(plain, false);
    adjacency_init(hashed, true);
    for (uint32_t i = 0; i < NKINDS; i++)
        fill(kinds[i].kind == ADJACENCY_HASH ? hashed : plain, i, &kinds[i]);
    is_int(adjacency_room(plain, NKINDS), DM_OK, "room");
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* How many of the values found are wrong, or missing. */
static int errors_of(const value_set *found, value_list *room,
                     const struct kind *a, const struct kind *b)
{
    int wrong = 0;
    size_t expected = 0;
    for (uint32_t i = 0; i < a->n; i++)
        expected += holds(b, a->first + i * a->step);
    value_set set = *found;
    if (!intersect_list(&set, room))
        abort();
    for (size_t i = 0; i < set.n; i++) {
        wrong += !holds(a, set.list[i]) || !holds(b, set.list[i]);
        wrong += found->sorted && i && set.list[i - 1] >= set.list[i];
    }
    uint32_t *sorted = malloc((set.n + 1) * sizeof *sorted);
    if (set.n)
        memcpy(sorted, set.list, set.n * sizeof *sorted);
    qsort(sorted, set.n, sizeof *sorted, by_number);
    for (size_t i = 1; i < set.n; i++)
        wrong += sorted[i - 1] == sorted[i];
    free(sorted);
    return wrong + (set.n != expected);
}

static value_set row_of(const adjacency *plain, const adjacency *hashed,
                        uint32_t i)
{
    return intersect_row(kinds[i].kind == ADJACENCY_HASH ? hashed : plain, i);
}

static void test_pairs(const adjacency *plain, const adjacency *hashed,
                       const char *how)
{
    value_list room = {0}, out = {0}, list = {0};
    int wrong = 0;
    for (uint32_t i = 0; i < NKINDS; i++)
        for (uint32_t j = 0; j < NKINDS; j++) {
            value_set a = row_of(plain, hashed, i), one, found;
            value_set b = row_of(plain, hashed, j);
            if (!intersect_two(&a, &b, SIZE_MAX, &room, &out, &found))
                abort();
            bool right = errors_of(&found, &list, &kinds[i], &kinds[j]) == 0;
            size_t n = found.n;
            if (intersect_by_words(&a, &b))
                right = right && intersect_count(&a, &b) == n;
            if (!intersect_two(&a, &b, 1, &room, &out, &one))
                abort();
            right = right && one.n == (n > 0)
                    && (n == 0 || holds(&kinds[i], *one.list));
            wrong += !right;
            if (!right)
                diag("%s and %s: %zu", kinds[i].name, kinds[j].name, n);
        }
    is_int(wrong, 0, how);
    vec_free(&room);
    vec_free(&out);
    vec_free(&list);
}

static void test_sets(void)
{
    adjacency plain, hashed;
    make_zoo(&plain, &hashed);
    int wrong = 0;
    for (uint32_t i = 0; i < NKINDS; i++)
        if (kinds[i].n)
            wrong += adjacency_kind_of(&(kinds[i].kind == ADJACENCY_HASH
                                         ? &hashed : &plain)->rows[i])
                     != kinds[i].kind;
    is_int(wrong, 0, "the sets are of the kinds they should be of");
    test_pairs(&plain, &hashed, "all pairs, as they came");
    is_int(adjacency_sort(&plain), DM_OK, "lists are sorted");
    value_set list = intersect_row(&plain, 3);
    ok(list.sorted && list.list[0] == 90, "the least value comes first");
    for (uint32_t i = 0; i < NKINDS; i++)
        for (uint32_t v = 0; v < 4000; v++)
            wrong += intersect_has(&(value_set){.n = kinds[i].n,
                                       .sets = &plain, .key = i}, v)
                     != (kinds[i].kind != ADJACENCY_HASH
                         && holds(&kinds[i], v));
    is_int(wrong, 0, "and searched");
    test_pairs(&plain, &hashed, "all pairs, sorted");
    uint32_t greater = 6000000;
    is_int(adjacency_add(&plain, 2, &greater, 1), DM_OK, "a value behind");
    ok(plain.sorted, "keeps the order");
    uint32_t less = 7;
    is_int(adjacency_add(&plain, 2, &less, 1), DM_OK, "one before others");
    ok(!plain.sorted && adjacency_has(&plain, 2, 7)
           && adjacency_has(&plain, 2, 12000), "doesn't");
    adjacency_free(&plain);
    adjacency_free(&hashed);
}

/* ---- models ------------------------------------------------------------- */

enum { NODES = 60 };

/* Whether there is an edge; nodes 0 and 1 lead to many. */
static bool has_edge(uint32_t x, uint32_t y)
{
    return x != y && (x * 7 + y * 13 + x * y) % (x < 2 ? 2 : 5) == 0;
}

static void put_edges(struct model *m, uint32_t far)
{
    uint32_t e = model_find(m, "e");
    for (uint32_t x = NODES; x-- > 0;)
        for (uint32_t y = 0; y < NODES; y++)
            if (has_edge(x, y)
                && eval_add(m->eval, e, (dm_cell[]){x * far, y * far}, 1,
                            DM_TRUE, &m->error) != DM_OK)
                abort();
}

static int64_t count_of(struct model *m, const char *relation)
{
    dm_cell cell;
    uint32_t r = model_find(m, relation);
    if (eval_count(m->eval, r, DM_TRUE) != 1)
        return -1;
    eval_get(m->eval, (eval_row){r, DM_TRUE, 0}, &cell);
    return cell_get_int(cell);
}

/* Bodies that close cycles, and how many bindings they have. */
static void expect(int64_t *triangles, int64_t *upward, int64_t *cliques,
                   int64_t *cycles, int64_t *paths)
{
    *triangles = *upward = *cliques = *cycles = *paths = 0;
    for (uint32_t x = 0; x < NODES; x++)
        for (uint32_t y = 0; y < NODES; y++)
            for (uint32_t z = 0; has_edge(x, y) && z < NODES; z++) {
                bool closed = has_edge(y, z) && has_edge(x, z);
                *triangles += closed;
                *upward += closed && x < y && y < z;
                *paths += has_edge(y, z);
                for (uint32_t w = 0; has_edge(y, z) && w < NODES; w++) {
                    *cycles += has_edge(z, w) && has_edge(w, x);
                    *cliques += closed && has_edge(x, w) && has_edge(y, w)
                                && has_edge(z, w);
                }
            }
}

static void test_model(unsigned force, uint32_t far, const char *how)
{
    struct model m;
    int64_t triangles, upward, cliques, cycles, paths;
    model_open(&m, "e(x: int, y: int)", NULL);
    m.options.force = force;
    model_rules(&m,
        "triangles(count()) if e(X, Y) and e(Y, Z) and e(X, Z).",
        "upward(count()) if e(X, Y) and X < Y and e(Y, Z) and Z > Y "
        "and e(X, Z) and Z != X.",
        "cliques(count()) if e(X, Y) and e(Y, Z) and e(X, Z) and e(X, W) "
        "and e(Y, W) and e(Z, W).",
        "cycles(count()) if e(X, Y) and e(Y, Z) and e(Z, W) and e(W, X).",
        "paths(count()) if e(X, Y) and e(Y, Z).",
        "t(X, Y, Z) if e(X, Y) and e(Y, Z) and e(X, Z).",
        "all(count()) if t(X, Y, Z).",
        "in_one(X, Y) if e(X, Y) and e(X, Z) and e(Y, Z).",
        "ones(count()) if in_one(X, Y).",
        "pairs(count()) if t(X, Y, _).", NULL);
    model_check(&m);
    put_edges(&m, far);
    is_int(model_run(&m), DM_OK, how);
    expect(&triangles, &upward, &cliques, &cycles, &paths);
    is_int(count_of(&m, "triangles"), triangles, "triangles");
    is_int(count_of(&m, "upward"), upward, "triangles upwards");
    is_int(count_of(&m, "cliques"), cliques, "cliques");
    is_int(count_of(&m, "cycles"), cycles, "cycles of four");
    is_int(count_of(&m, "paths"), paths, "paths");
    is_int(count_of(&m, "all"), triangles, "triangles as rows");
    is_int(count_of(&m, "pairs"), triangles, "counted with what isn't named");
    ok(count_of(&m, "ones") > 0, "sides of triangles");
    model_close(&m);
}

/* What is undefined isn't in the sets; what is counted then is disputed. */
static void test_undefined(void)
{
    struct model m;
    model_open(&m, "e(x: int, y: int)", NULL);
    m.options.force = DM_FORCE_MULTIWAY;
    model_rules(&m, "t(X, Y, Z) if e(X, Y) and e(Y, Z) and e(X, Z).",
                "n(count()) if e(X, Y) and e(Y, Z) and e(X, Z).", NULL);
    model_check(&m);
    model_put(&m, "e", DM_TRUE, "1 2;2 3;1 3;2 4");
    model_put(&m, "e", DM_UNDEFINED, "1 4");
    is_int(model_run(&m), DM_OK, "a model with an undefined edge");
    is_str(model_rows(&m, "t", DM_TRUE), "1 2 3", "a triangle");
    is_str(model_rows(&m, "t", DM_UNDEFINED), "1 2 4", "a disputed one");
    is_str(model_rows(&m, "n", DM_UNDEFINED), "1; 2", "one or two");
    model_close(&m);
}

/* Some node has so many ways on that their fourth power can't be counted. */
static void test_overflow(void)
{
    struct model m;
    model_open(&m, "e(x: int, y: int)", NULL);
    model_rules(&m, "n(count()) if e(X, A) and e(X, B) and e(X, C) "
                "and e(X, D) and e(X, F) and e(X, G).", NULL);
    model_check(&m);
    uint32_t e = model_find(&m, "e");
    for (dm_cell y = 0; y < 2000; y++)
        if (eval_add(m.eval, e, (dm_cell[]){1, y}, 1, DM_TRUE, &m.error)
            != DM_OK)
            abort();
    is_int(eval_run(m.eval, &m.error), DM_OVERFLOW, "too many to count");
    model_close(&m);
}

int main(void)
{
    test_sets();
    test_model(0, 1, "as it suits");
    test_model(DM_FORCE_MULTIWAY, 1, "many at once");
    test_model(DM_FORCE_MULTIWAY | DM_FORCE_SMALL, 1, "small batches");
    test_model(DM_FORCE_MULTIWAY, 1000, "values far apart");
    test_model(DM_FORCE_MULTIWAY, 3000000, "values too far apart");
    test_model(DM_FORCE_MULTIWAY | DM_FORCE_WRITTEN, 1, "as written");
    test_model(DM_FORCE_BINARY, 1, "two at a time");
    test_undefined();
    test_overflow();
    return done_testing();
}
