/* sg.c - same generation, a row of bits for each node.  A pair that is new
 * goes on a list; each pair on it leads to the pairs of its children. */
#include "kernel.h"

typedef struct pairs {
    uint64_t *bits, *list;
    size_t words, n, room;
} pairs;

static void add(pairs *p, uint32_t x, uint32_t y)
{
    uint64_t *word = p->bits + x * p->words + (y >> 6);
    uint64_t bit = UINT64_C(1) << (y & 63);
    if (*word & bit)
        return;
    *word |= bit;
    if (p->n == p->room) {
        p->room = 2 * p->room + 4096;
        p->list = more(p->list, p->room * sizeof *p->list);
    }
    p->list[p->n++] = pair_of(x, y);
}

/* Pairs of a child of a and a child of b. */
static void add_children(pairs *p, const graph *g, uint32_t a, uint32_t b,
                         int same)
{
    for (size_t i = g->from[a]; i < g->from[a + 1]; i++)
        for (size_t j = g->from[b]; j < g->from[b + 1]; j++)
            if (same || g->to[i] != g->to[j])
                add(p, g->to[i], g->to[j]);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("sg FOLDER");
    table edge = read_table(argv[1], "edge", 2);
    uint32_t n = nodes_of(&edge);
    graph g = graph_of(&edge, 0, 1, n, 1);
    pairs sg = {.words = (n + 63) / 64};
    sg.bits = take(n * sg.words * sizeof *sg.bits);
    for (uint32_t a = 0; a < n; a++)
        add_children(&sg, &g, a, a, 0);
    for (size_t done = 0; done < sg.n; done++)
        add_children(&sg, &g, (uint32_t)(sg.list[done] >> 32),
                     (uint32_t)sg.list[done], 1);
    printf("sg\t%zu\n", sg.n);
    return 0;
}
