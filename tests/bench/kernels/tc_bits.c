/* tc_bits.c - transitive closure, a row of bits for each node: from every node
 * a breadth-first search that marks what it meets in the node's row. */
#include "kernel.h"

static size_t search(const graph *g, uint32_t source, uint64_t *row,
                     uint32_t *queue)
{
    size_t n = 0;
    for (size_t done = 0, x = source;; x = queue[done++]) {
        for (size_t i = g->from[x]; i < g->from[x + 1]; i++) {
            uint32_t y = g->to[i];
            uint64_t bit = UINT64_C(1) << (y & 63);
            if (!(row[y >> 6] & bit)) {
                row[y >> 6] |= bit;
                queue[n++] = y;
            }
        }
        if (done == n)
            return n;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("tc_bits FOLDER");
    table edge = read_table(argv[1], "edge", 2);
    uint32_t n = nodes_of(&edge);
    graph g = graph_of(&edge, 0, 1, n, 1);
    size_t words = (n + 63) / 64, count = 0;
    uint64_t *rows = take(n * words * sizeof *rows);
    uint32_t *queue = take(n * sizeof *queue);
    for (uint32_t x = 0; x < n; x++)
        count += search(&g, x, rows + x * words, queue);
    printf("path\t%zu\n", count);
    return 0;
}
