/* agg.c - count and sum by group, in arrays over dense groups.  Rows are told
 * apart by their number, which a bit each remembers. */
#include "kernel.h"

static uint32_t most_in(const table *t, unsigned column)
{
    uint32_t most = 0;
    for (size_t i = 0; i < t->rows; i++)
        if (t->at[i * t->columns + column] > most)
            most = t->at[i * t->columns + column];
    return most;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("agg FOLDER");
    table sale = read_table(argv[1], "sale", 3);
    uint32_t groups = most_in(&sale, 1) + 1, used = 0;
    uint64_t *seen = take((most_in(&sale, 0) / 64 + 1) * sizeof *seen);
    uint64_t *count = take(groups * sizeof *count);
    uint64_t *sum = take(groups * sizeof *sum), counts = 0, sums = 0;
    for (size_t i = 0; i < sale.rows; i++) {
        const uint32_t *row = sale.at + 3 * i;
        if (seen[row[0] / 64] >> row[0] % 64 & 1)
            give_up("a number comes twice");
        seen[row[0] / 64] |= UINT64_C(1) << row[0] % 64;
        count[row[1]]++;
        sum[row[1]] += row[2];
    }
    for (uint32_t g = 0; g < groups; g++) {
        used += count[g] > 0;
        counts += count[g];
        sums += sum[g];
    }
    printf("total\t%u\t%lu\t%lu\n", used, (unsigned long)counts,
           (unsigned long)sums);
    return 0;
}
