/* settle.c - the least derivation of each row (Knuth, "A generalization of
 * Dijkstra's algorithm", Information Processing Letters 6, 1977).
 *
 * A derivation counts once all its positive premises are settled; its weight
 * is then one for its head (none for an auxiliary row, which isn't shown), one
 * for each premise that is no row, and the weights of its rows.  Rows are
 * settled in order of weight, ties by the order in which derivations were
 * found, so that the same proof is found every time.
 *
 * Weights are those of trees and can grow exponentially with depth: they
 * saturate.  Cost: O(n log n) in premises. */
#include "base/error.h"
#include "read/slice.h"

typedef struct heap_item {
    uint64_t weight;
    uint32_t node;
    uint32_t derivation; /* SLICE_NONE: an input */
} heap_item;

typedef VEC(heap_item) heap;

static bool before(const heap_item *a, const heap_item *b)
{
    if (a->weight != b->weight)
        return a->weight < b->weight;
    if (a->derivation != b->derivation)
        return a->derivation < b->derivation;
    return a->node < b->node;
}

static bool heap_push(heap *h, heap_item item)
{
    if (!vec_push(h, item))
        return false;
    size_t i = h->len - 1;
    while (i > 0 && before(&item, &h->at[(i - 1) / 2])) {
        h->at[i] = h->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->at[i] = item;
    return true;
}

static heap_item heap_pop(heap *h)
{
    heap_item top = h->at[0], last = h->at[--h->len];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->len)
            break;
        if (child + 1 < h->len && before(&h->at[child + 1], &h->at[child]))
            child++;
        if (!before(&h->at[child], &last))
            break;
        h->at[i] = h->at[child];
        i = child;
    }
    if (h->len > 0)
        h->at[i] = last;
    return top;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* All premises of derivation `d` are settled: offer it to its head. */
static bool offer(slice *s, heap *h, uint32_t id)
{
    const derivation *d = &s->derivations.at[id];
    bool aux = slice_is_aux(s, s->nodes.at[d->head].row.relation);
    heap_item item = {add(d->weight, aux ? 0 : 1), d->head, id};
    return s->nodes.at[d->head].settled || heap_push(h, item);
}

/* What can be offered at once: inputs, and derivations from no row. */
static bool start(slice *s, heap *h)
{
    for (uint32_t i = 0; i < s->nodes.len; i++) {
        heap_item item = {1, i, SLICE_NONE};
        if (s->nodes.at[i].input && !heap_push(h, item))
            return false;
    }
    for (uint32_t i = 0; i < s->derivations.len; i++)
        if (s->derivations.at[i].waiting == 0 && !offer(s, h, i))
            return false;
    return true;
}

/* A node is settled: tell the derivations that wait for it. */
static bool tell(slice *s, heap *h, uint32_t node)
{
    uint64_t weight = s->nodes.at[node].weight;
    for (uint32_t u = s->nodes.at[node].first_use; u != SLICE_NONE;
         u = s->uses.at[u].next) {
        derivation *d = &s->derivations.at[s->uses.at[u].derivation];
        d->weight = add(d->weight, weight);
        if (--d->waiting == 0 && !offer(s, h, s->uses.at[u].derivation))
            return false;
    }
    return true;
}

dm_status slice_settle(slice *s, dm_error *err)
{
    heap h = {0};
    bool fits = start(s, &h);
    while (fits && h.len > 0) {
        heap_item item = heap_pop(&h);
        slice_node *n = &s->nodes.at[item.node];
        if (n->settled)
            continue;
        n->settled = true;
        n->chosen = item.derivation;
        n->weight = item.weight;
        fits = tell(s, &h, item.node);
    }
    vec_free(&h);
    return fits ? DM_OK : error_nomem(err);
}
