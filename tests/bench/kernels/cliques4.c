/* cliques4.c - cliques of four whose edges lead upwards: what the lists of an
 * edge's ends have in common, intersected with the list of each of its nodes.
 */
#include "kernel.h"

/* The common elements, into `out`; their number. */
static size_t intersect(const uint32_t *a, const uint32_t *a_end,
                        const uint32_t *b, const uint32_t *b_end,
                        uint32_t *out)
{
    size_t n = 0;
    while (a < a_end && b < b_end) {
        uint32_t x = *a, y = *b;
        out[n] = x;
        n += x == y;
        a += x <= y;
        b += y <= x;
    }
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("cliques4 FOLDER");
    table edge = read_table(argv[1], "edge", 2);
    graph g = graph_of(&edge, 0, 1, nodes_of(&edge), 1);
    uint32_t *both = take((g.nodes + 1) * sizeof *both);
    uint32_t *all = take((g.nodes + 1) * sizeof *all);
    uint64_t n = 0;
    for (uint32_t x = 0; x < g.nodes; x++)
        for (size_t i = g.from[x]; i < g.from[x + 1]; i++) {
            uint32_t y = g.to[i];
            size_t k = intersect(g.to + g.from[x], g.to + g.from[x + 1],
                                 g.to + g.from[y], g.to + g.from[y + 1], both);
            for (size_t j = 0; j < k; j++) {
                uint32_t z = both[j];
                n += intersect(both, both + k, g.to + g.from[z],
                               g.to + g.from[z + 1], all);
            }
        }
    printf("cliques\t%lu\n", (unsigned long)n);
    return 0;
}
