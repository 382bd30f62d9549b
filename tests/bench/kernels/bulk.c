/* bulk.c - read pairs and leave out what comes twice: spread the packed pairs
 * over parts by a hash, then find the repeated ones in each part by a table
 * that stays in the cache. */
#include "kernel.h"

enum { PART_BITS = 12, PARTS = 1 << PART_BITS };

static uint64_t mix(uint64_t key)
{
    return key * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t key_of(const table *f, size_t row)
{
    return pair_of(f->at[2 * row], f->at[2 * row + 1]);
}

/* How many different keys there are among n, moved to the front. */
static size_t distinct(uint64_t *keys, size_t n, uint64_t *slots, size_t size)
{
    size_t kept = 0;
    memset(slots, 0xff, size * sizeof *slots);
    for (size_t i = 0; i < n; i++) {
        uint64_t key = keys[i];
        size_t at = (size_t)(mix(key) << PART_BITS >> 40) & (size - 1);
        while (slots[at] != EMPTY && slots[at] != key)
            at = (at + 1) & (size - 1);
        if (slots[at] == EMPTY) {
            slots[at] = key;
            keys[kept++] = key;
        }
    }
    return kept;
}

static uint64_t *spread(const table *f, size_t *ends)
{
    uint64_t *out = take(f->rows * sizeof *out);
    size_t sum = 0;
    for (size_t i = 0; i < f->rows; i++)
        ends[mix(key_of(f, i)) >> (64 - PART_BITS)]++;
    for (size_t p = 0; p < PARTS; p++) {
        size_t size = ends[p];
        ends[p] = sum;
        sum += size;
    }
    for (size_t i = 0; i < f->rows; i++) {
        uint64_t key = key_of(f, i);
        out[ends[mix(key) >> (64 - PART_BITS)]++] = key;
    }
    return out;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("bulk FOLDER");
    table f = read_table(argv[1], "f", 2);
    size_t *ends = take(PARTS * sizeof *ends), begin = 0, most = 0, count = 0;
    uint64_t *keys = spread(&f, ends);
    for (size_t p = 0; p < PARTS; p++) {
        most = ends[p] - begin > most ? ends[p] - begin : most;
        begin = ends[p];
    }
    size_t size = 16;
    while (size < 2 * most)
        size *= 2;
    uint64_t *slots = take(size * sizeof *slots);
    begin = 0;
    for (size_t p = 0; p < PARTS; p++) {
        count += distinct(keys + begin, ends[p] - begin, slots, size);
        begin = ends[p];
    }
    printf("f\t%zu\n", count);
    return 0;
}
