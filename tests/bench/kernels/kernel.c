/* kernel.c - reading, adjacency, a hash set: what kernels share (kernel.h). */
#include "kernel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

_Noreturn void give_up(const char *why)
{
    fprintf(stderr, "kernel: %s\n", why);
    exit(1);
}

void *take(size_t bytes)
{
    void *p = calloc(bytes ? bytes : 1, 1);
    if (!p)
        give_up("no memory");
    return p;
}

void *more(void *old, size_t bytes)
{
    void *p = realloc(old, bytes);
    if (!p)
        give_up("no memory");
    return p;
}

/* ---- reading ------------------------------------------------------------- */

static const char *map_file(const char *folder, const char *relation,
                            size_t *size)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s.facts", folder, relation);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        give_up(path);
    *size = (size_t)st.st_size;
    if (*size == 0)
        return "";
    const char *at = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
                          fd, 0);
    if (at == MAP_FAILED)
        give_up(path);
    return at;
}

/* Every number ends with a tab or a newline, the last one with a newline. */
table read_table(const char *folder, const char *relation, unsigned columns)
{
    size_t size, n = 0;
    const char *at = map_file(folder, relation, &size), *end = at + size;
    /* A number takes two bytes at least. */
    uint32_t *out = malloc(size / 2 * sizeof *out + 1);
    if (!out)
        give_up("no memory");
    while (at < end) {
        uint32_t x = 0;
        for (unsigned char c; (c = (unsigned char)(*at++ - '0')) < 10;)
            x = 10 * x + c;
        out[n++] = x;
    }
    if (n % columns != 0)
        give_up("a row is too short");
    if (size > 0)
        munmap((void *)(uintptr_t)(end - size), size);
    return (table){more(out, n * sizeof *out + 1), n / columns, columns};
}

uint32_t nodes_of(const table *t)
{
    uint32_t most = 0;
    for (size_t i = 0; i < t->rows; i++)
        for (unsigned c = 0; c < t->columns && c < 2; c++)
            if (t->at[i * t->columns + c] > most)
                most = t->at[i * t->columns + c];
    return most + 1;
}

/* ---- adjacency ----------------------------------------------------------- */

static graph group(const table *t, unsigned key, unsigned value,
                   uint32_t nodes)
{
    graph g = {nodes, take(t->rows * sizeof(uint32_t)),
               take(((size_t)nodes + 2) * sizeof(size_t))};
    size_t *place = g.from + 1;
    for (size_t i = 0; i < t->rows; i++)
        place[t->at[i * t->columns + key] + 1]++;
    for (size_t k = 1; k <= nodes; k++)
        place[k] += place[k - 1];
    for (size_t i = 0; i < t->rows; i++) {
        const uint32_t *row = t->at + i * t->columns;
        g.to[place[row[key]]++] = row[value];
    }
    return g;
}

/* Twice grouped, the values of each key are in order. */
static graph sort_graph(graph g)
{
    size_t n = g.from[g.nodes];
    table t = {take(2 * n * sizeof(uint32_t)), n, 2};
    uint32_t nodes = g.nodes;
    for (uint32_t k = 0; k < g.nodes; k++)
        for (size_t i = g.from[k]; i < g.from[k + 1]; i++) {
            t.at[2 * i] = k;
            t.at[2 * i + 1] = g.to[i];
            if (g.to[i] >= nodes)
                nodes = g.to[i] + 1;
        }
    graph back = group(&t, 1, 0, nodes);
    size_t row = 0;
    for (uint32_t v = 0; v < nodes; v++)
        for (size_t i = back.from[v]; i < back.from[v + 1]; i++) {
            t.at[2 * row] = back.to[i];
            t.at[2 * row++ + 1] = v;
        }
    return group(&t, 0, 1, g.nodes);
}

static void drop_repeated(graph *g)
{
    size_t n = 0, from = 0;
    for (uint32_t k = 0; k < g->nodes; k++) {
        size_t first = n, end = g->from[k + 1];
        for (; from < end; from++)
            if (n == first || g->to[n - 1] != g->to[from])
                g->to[n++] = g->to[from];
        g->from[k] = first;
    }
    g->from[g->nodes] = n;
}

graph graph_of(const table *t, unsigned key, unsigned value, uint32_t nodes,
               int sorted)
{
    graph g = group(t, key, value, nodes);
    if (sorted) {
        g = sort_graph(g);
        drop_repeated(&g);
    }
    return g;
}

/* ---- a hash set ---------------------------------------------------------- */

static size_t hash(uint64_t key)
{
    key *= UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(key ^ key >> 32);
}

static void set_slots(key_set *s, size_t n)
{
    s->mask = n - 1;
    s->slots = malloc(n * sizeof *s->slots);
    if (!s->slots)
        give_up("no memory");
    memset(s->slots, 0xff, n * sizeof *s->slots);
}

key_set new_set(size_t expected)
{
    key_set s = {0};
    size_t n = 4096;
    while (n < 2 * expected)
        n *= 2;
    set_slots(&s, n);
    return s;
}

static void grow(key_set *s)
{
    free(s->slots);
    set_slots(s, 2 * (s->mask + 1));
    for (size_t i = 0; i < s->n; i++) {
        size_t at = hash(s->keys[i]) & s->mask;
        if (i + 16 < s->n)
            __builtin_prefetch(s->slots + (hash(s->keys[i + 16]) & s->mask));
        while (s->slots[at] != EMPTY)
            at = (at + 1) & s->mask;
        s->slots[at] = s->keys[i];
    }
}

void insert_batch(key_set *s, const uint64_t *keys, size_t n)
{
    size_t at[BATCH];
    if (2 * (s->n + n) > s->mask)
        grow(s);
    if (s->n + n > s->room) {
        s->room = 2 * s->room + 64 * BATCH;
        s->keys = more(s->keys, s->room * sizeof *s->keys);
    }
    for (size_t i = 0; i < n; i++) {
        at[i] = hash(keys[i]) & s->mask;
        __builtin_prefetch(s->slots + at[i], 1);
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = at[i];
        while (s->slots[k] != EMPTY && s->slots[k] != keys[i])
            k = (k + 1) & s->mask;
        if (s->slots[k] == EMPTY) {
            s->slots[k] = keys[i];
            s->keys[s->n++] = keys[i];
        }
    }
}

int holds(const key_set *s, uint64_t key)
{
    size_t at = hash(key) & s->mask;
    while (s->slots[at] != EMPTY && s->slots[at] != key)
        at = (at + 1) & s->mask;
    return s->slots[at] == key;
}
