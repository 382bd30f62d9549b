/* triangles.c - triangles whose edges lead upwards: for each edge the
 * intersection of two sorted adjacency lists. */
#include "kernel.h"

static uint64_t common(const uint32_t *a, const uint32_t *a_end,
                       const uint32_t *b, const uint32_t *b_end)
{
    uint64_t n = 0;
    while (a < a_end && b < b_end) {
        uint32_t x = *a, y = *b;
        n += x == y;
        a += x <= y;
        b += y <= x;
    }
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("triangles FOLDER");
    table edge = read_table(argv[1], "edge", 2);
    graph g = graph_of(&edge, 0, 1, nodes_of(&edge), 1);
    uint64_t n = 0;
    for (uint32_t x = 0; x < g.nodes; x++)
        for (size_t i = g.from[x]; i < g.from[x + 1]; i++) {
            uint32_t y = g.to[i];
            n += common(g.to + g.from[x], g.to + g.from[x + 1],
                        g.to + g.from[y], g.to + g.from[y + 1]);
        }
    printf("triangles\t%lu\n", (unsigned long)n);
    return 0;
}
