/* sssp.c - least distances from the sources (Dijkstra 1959, a binary heap
 * whose outdated entries are skipped). */
#include "kernel.h"

/* An entry is distance << 32 | node, so that the least comes first. */
typedef struct heap {
    uint64_t *at;
    size_t n, room;
} heap;

static void push(heap *h, uint64_t entry)
{
    if (h->n + 1 >= h->room) {
        h->room = 2 * h->room + 4096;
        h->at = more(h->at, h->room * sizeof *h->at);
    }
    size_t i = ++h->n;
    for (; i > 1 && h->at[i / 2] > entry; i /= 2)
        h->at[i] = h->at[i / 2];
    h->at[i] = entry;
}

static uint64_t pop(heap *h)
{
    uint64_t least = h->at[1], last = h->at[h->n--];
    size_t i = 1;
    for (size_t child; (child = 2 * i) <= h->n; i = child) {
        if (child < h->n && h->at[child + 1] < h->at[child])
            child++;
        if (h->at[child] >= last)
            break;
        h->at[i] = h->at[child];
    }
    h->at[i] = last;
    return least;
}

static void shortest(const graph *targets, const graph *weights,
                     uint32_t *distance, heap *h)
{
    while (h->n > 0) {
        uint64_t entry = pop(h);
        uint32_t x = (uint32_t)entry, d = (uint32_t)(entry >> 32);
        if (d > distance[x])
            continue;
        for (size_t i = targets->from[x]; i < targets->from[x + 1]; i++) {
            uint32_t y = targets->to[i], further = d + weights->to[i];
            if (further < distance[y]) {
                distance[y] = further;
                push(h, pair_of(further, y));
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("sssp FOLDER");
    table edge = read_table(argv[1], "edge", 3);
    table source = read_table(argv[1], "source", 1);
    uint32_t n = nodes_of(&edge), count = 0;
    if (nodes_of(&source) > n)
        n = nodes_of(&source);
    graph targets = graph_of(&edge, 0, 1, n, 0);
    graph weights = graph_of(&edge, 0, 2, n, 0);
    uint32_t *distance = take(n * sizeof *distance);
    memset(distance, 0xff, n * sizeof *distance);
    heap h = {0};
    for (size_t i = 0; i < source.rows; i++) {
        distance[source.at[i]] = 0;
        push(&h, source.at[i]);
    }
    shortest(&targets, &weights, distance, &h);
    uint64_t sum = 0;
    for (uint32_t x = 0; x < n; x++)
        if (distance[x] != UINT32_MAX) {
            count++;
            sum += distance[x];
        }
    printf("total\t%u\t%lu\n", count, (unsigned long)sum);
    return 0;
}
