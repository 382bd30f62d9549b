/* graph.c - directed graphs in packed form, and their components.
 *
 * Purpose: the dependency graph of relations and the value flow of columns.
 * Representation: edges sorted by source (counting sort), with offsets.
 * Invariants: components are numbered in the order in which Tarjan's algorithm
 * finishes them, so an edge never leads to a higher number.
 * Cost: O(nodes + edges), no recursion.
 * Source: R. Tarjan, Depth-first search and linear graph algorithms, SIAM J.
 * Comput. 1972. */
#include "rules/check.h"

#include <assert.h>

bool graph_pack(arena *a, uint32_t nnodes, const graph_edge *edges,
                size_t nedges, graph *out)
{
    uint32_t *at = arena_zalloc(a, ((size_t)nnodes + 2) * sizeof *at);
    uint32_t *to = arena_alloc(a, (nedges + 1) * sizeof *to);
    if (!at || !to)
        return false;
    for (size_t i = 0; i < nedges; i++)
        at[edges[i].from + 2]++;
    for (uint32_t i = 2; i < nnodes + 2; i++)
        at[i] += at[i - 1];
    for (size_t i = 0; i < nedges; i++)
        to[at[edges[i].from + 1]++] = edges[i].to;
    *out = (graph){nnodes, at, to};
    return true;
}

/* The state of a search.  order: 0 not seen, else 1 + when it was seen; low:
 * the earliest node known to be reachable; next: the next edge to follow. */
typedef struct search {
    const graph *g;
    uint32_t *order, *low, *next;
    uint32_t *path, npath;   /* the way from the root */
    uint32_t *open, nopen;   /* seen, component not known yet */
    uint32_t *component, ncomponents;
    uint32_t clock;
} search;

static void enter(search *s, uint32_t node)
{
    s->order[node] = s->low[node] = ++s->clock;
    s->next[node] = s->g->at[node];
    s->path[s->npath++] = node;
    s->open[s->nopen++] = node;
}

static void leave(search *s)
{
    uint32_t node = s->path[--s->npath];
    if (s->low[node] == s->order[node]) {
        uint32_t member;
        do {
            member = s->open[--s->nopen];
            s->component[member] = s->ncomponents;
        } while (member != node);
        s->ncomponents++;
    }
    if (s->npath > 0) {
        uint32_t parent = s->path[s->npath - 1];
        if (s->low[node] < s->low[parent])
            s->low[parent] = s->low[node];
    }
}

static void follow(search *s, uint32_t node)
{
    uint32_t to = s->g->to[s->next[node]++];
    if (s->order[to] == 0)
        enter(s, to);
    else if (s->component[to] == NONE && s->order[to] < s->low[node])
        s->low[node] = s->order[to];
}

static void visit(search *s, uint32_t root)
{
    if (s->order[root] != 0)
        return;
    enter(s, root);
    while (s->npath > 0) {
        uint32_t node = s->path[s->npath - 1];
        if (s->next[node] < s->g->at[node + 1])
            follow(s, node);
        else
            leave(s);
    }
    assert(s->nopen == 0);
}

bool graph_components(arena *a, const graph *g, const uint32_t *first,
                      uint32_t nfirst, uint32_t *component,
                      uint32_t *ncomponents)
{
    size_t n = (size_t)g->nnodes + 1;
    uint32_t *room = arena_zalloc(a, 5 * n * sizeof *room);
    if (!room)
        return false;
    search s = {.g = g, .order = room, .low = room + n, .next = room + 2 * n,
                .path = room + 3 * n, .open = room + 4 * n,
                .component = component};
    for (uint32_t i = 0; i < g->nnodes; i++)
        component[i] = NONE;
    for (uint32_t i = 0; i < nfirst; i++)
        visit(&s, first[i]);
    for (uint32_t i = 0; i < g->nnodes; i++)
        visit(&s, i);
    *ncomponents = s.ncomponents;
    return true;
}
