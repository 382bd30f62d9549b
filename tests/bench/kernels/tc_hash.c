/* tc_hash.c - transitive closure by semi-naive rounds over packed pairs in a
 * hash set, in batches. */
#include "kernel.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("tc_hash FOLDER");
    table edge = read_table(argv[1], "edge", 2);
    graph g = graph_of(&edge, 0, 1, nodes_of(&edge), 1);
    key_set path = new_set(edge.rows);
    uint64_t batch[BATCH];
    size_t n = 0;
    for (size_t i = 0; i < edge.rows; i++) {
        batch[n++] = pair_of(edge.at[2 * i], edge.at[2 * i + 1]);
        if (n == BATCH || i + 1 == edge.rows) {
            insert_batch(&path, batch, n);
            n = 0;
        }
    }
    for (size_t done = 0; done < path.n; done++) {
        uint64_t x = path.keys[done] >> 32 << 32;
        uint32_t y = (uint32_t)path.keys[done];
        for (size_t i = g.from[y]; i < g.from[y + 1]; i++) {
            batch[n++] = x | g.to[i];
            if (n == BATCH) {
                insert_batch(&path, batch, n);
                n = 0;
            }
        }
        if (done + 1 == path.n) {
            insert_batch(&path, batch, n);
            n = 0;
        }
    }
    printf("path\t%zu\n", path.n);
    return 0;
}
