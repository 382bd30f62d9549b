/* neg.c - the difference of two relations (hash sets of packed pairs), and who
 * has no successor (a byte for each node). */
#include "kernel.h"

static key_set set_of(const table *t)
{
    key_set s = new_set(t->rows);
    uint64_t batch[BATCH];
    size_t n = 0;
    for (size_t i = 0; i < t->rows; i++) {
        batch[n++] = pair_of(t->at[2 * i], t->at[2 * i + 1]);
        if (n == BATCH || i + 1 == t->rows) {
            insert_batch(&s, batch, n);
            n = 0;
        }
    }
    return s;
}

static size_t without_successor(const table *a)
{
    uint32_t n = nodes_of(a);
    char *is_first = take(n), *is_second = take(n);
    size_t count = 0;
    for (size_t i = 0; i < a->rows; i++) {
        is_first[a->at[2 * i]] = 1;
        is_second[a->at[2 * i + 1]] = 1;
    }
    for (uint32_t x = 0; x < n; x++)
        count += is_second[x] && !is_first[x];
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("neg FOLDER");
    table a = read_table(argv[1], "a", 2), b = read_table(argv[1], "b", 2);
    key_set in_a = set_of(&a), in_b = set_of(&b);
    uint64_t *d = take(in_a.n * sizeof *d);
    size_t n = 0;
    for (size_t i = 0; i < in_a.n; i++)
        if (!holds(&in_b, in_a.keys[i]))
            d[n++] = in_a.keys[i];
    printf("d\t%zu\nnoout\t%zu\n", n, without_successor(&a));
    return 0;
}
