/* reach.c - what is reached from the sources: one breadth-first search. */
#include "kernel.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("reach FOLDER");
    table edge = read_table(argv[1], "edge", 2);
    table source = read_table(argv[1], "source", 1);
    uint32_t n = nodes_of(&edge), count = 0;
    if (nodes_of(&source) > n)
        n = nodes_of(&source);
    graph g = graph_of(&edge, 0, 1, n, 0);
    uint32_t *queue = take(n * sizeof *queue);
    char *seen = take(n);
    for (size_t i = 0; i < source.rows; i++)
        if (!seen[source.at[i]]) {
            seen[source.at[i]] = 1;
            queue[count++] = source.at[i];
        }
    for (uint32_t done = 0; done < count; done++)
        for (size_t i = g.from[queue[done]]; i < g.from[queue[done] + 1]; i++)
            if (!seen[g.to[i]]) {
                seen[g.to[i]] = 1;
                queue[count++] = g.to[i];
            }
    printf("reach\t%u\n", count);
    return 0;
}
