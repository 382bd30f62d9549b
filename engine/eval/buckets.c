/* buckets.c - pairs of several lists, put together by key.
 *
 * The lists, one behind the other, are cut into as many equal stretches as
 * threads can share.  Each is looked through for its greatest key and whether
 * keys ascend; then, unless all do, its pairs are counted by bucket; and each
 * stretch's pairs are put where the counts of buckets and stretches before it
 * leave room.  So the order doesn't depend on the number of threads.
 *
 * Cost: three reads and a write of a pair; 8 KB of counts a stretch. */
#include "eval/buckets.h"

#include <string.h>

enum {
    FEW = 512,   /* pairs that are just sorted */
    SHARED = 2   /* stretches a thread */
};

typedef struct stretch {
    size_t from, to;  /* of all pairs */
    size_t list;      /* where the first of them is */
    size_t offset;    /* and before that list */
    uint32_t most, first, last; /* keys */
    bool sorted;
    size_t count[BUCKETS]; /* by bucket; then where its next pair goes */
} stretch;

typedef struct filling filling;

/* What is done with n pairs of a stretch that stand together, `at` being the
 * place of the first among all. */
typedef void visit_pairs(const filling *f, stretch *s, size_t at,
                         const uint64_t *pairs, size_t n);

struct filling {
    const pair_list *lists;
    stretch *stretches;
    size_t nstretches;
    unsigned shift;   /* of a key, to its bucket */
    uint64_t *to;
    visit_pairs *visit;
};

/* The stretch's pairs from `at` on that stand in one list. */
static size_t next_span(const filling *f, const stretch *s, size_t at,
                        size_t *list, size_t *offset, const uint64_t **pairs)
{
    while (at - *offset >= f->lists[*list].len)
        *offset += f->lists[(*list)++].len;
    size_t left = f->lists[*list].len - (at - *offset);
    *pairs = f->lists[*list].at + (at - *offset);
    return left < s->to - at ? left : s->to - at;
}

static uint32_t key_of(uint64_t pair)
{
    return (uint32_t)(pair >> 32);
}

static void look(const filling *f, stretch *s, size_t at,
                 const uint64_t *pairs, size_t n)
{
    uint32_t last = at == s->from ? key_of(pairs[0]) : s->last;
    (void)f;
    if (at == s->from)
        s->first = last;
    for (size_t i = 0; i < n; i++) {
        uint32_t key = key_of(pairs[i]);
        s->sorted &= key >= last;
        s->most = key > s->most ? key : s->most;
        last = key;
    }
    s->last = last;
}

static void count(const filling *f, stretch *s, size_t at,
                  const uint64_t *pairs, size_t n)
{
    (void)at;
    for (size_t i = 0; i < n; i++)
        s->count[key_of(pairs[i]) >> f->shift]++;
}

static void scatter(const filling *f, stretch *s, size_t at,
                    const uint64_t *pairs, size_t n)
{
    (void)at;
    for (size_t i = 0; i < n; i++)
        f->to[s->count[key_of(pairs[i]) >> f->shift]++] = pairs[i];
}

static void copy(const filling *f, stretch *s, size_t at,
                 const uint64_t *pairs, size_t n)
{
    (void)s;
    memcpy(f->to + at, pairs, n * sizeof *pairs);
}

static dm_status do_stretch(void *context, size_t number, unsigned worker)
{
    const filling *f = context;
    stretch *s = &f->stretches[number];
    size_t list = s->list, offset = s->offset;
    (void)worker;
    for (size_t at = s->from; at < s->to;) {
        const uint64_t *pairs;
        size_t n = next_span(f, s, at, &list, &offset, &pairs);
        f->visit(f, s, at, pairs, n);
        at += n;
    }
    return DM_OK;
}

static dm_status do_all(filling *f, visit_pairs *v, parallel_pool *pool)
{
    f->visit = v;
    return parallel_run(pool, f->nstretches, do_stretch, f);
}

static bool cut_stretches(filling *f, size_t n, parallel_pool *pool)
{
    size_t list = 0, offset = 0;
    f->nstretches = parallel_width(pool) > 1 ? SHARED * parallel_width(pool) : 1;
    f->stretches = mem_calloc(f->nstretches, sizeof *f->stretches);
    if (!f->stretches)
        return false;
    for (size_t i = 0; i < f->nstretches; i++) {
        stretch *s = &f->stretches[i];
        s->from = n * i / f->nstretches;
        s->to = n * (i + 1) / f->nstretches;
        s->sorted = true;
        while (s->from < s->to && s->from - offset >= f->lists[list].len)
            offset += f->lists[list++].len;
        s->list = list;
        s->offset = offset;
    }
    return true;
}

/* What the stretches are as a whole. */
static void sum_up(const filling *f, pair_buckets *b)
{
    const stretch *before = NULL;
    b->sorted = true;
    b->most = 0;
    for (size_t i = 0; i < f->nstretches; i++) {
        const stretch *s = &f->stretches[i];
        if (s->from == s->to)
            continue;
        b->sorted &= s->sorted && (!before || before->last <= s->first);
        b->most = s->most > b->most ? s->most : b->most;
        before = s;
    }
}

/* Counts by stretch become places, bucket by bucket. */
static void place(const filling *f, pair_buckets *b)
{
    size_t at = 0;
    b->n = BUCKETS;
    for (size_t k = 0; k < BUCKETS; k++) {
        b->first[k] = at;
        for (size_t i = 0; i < f->nstretches; i++) {
            size_t n = f->stretches[i].count[k];
            f->stretches[i].count[k] = at;
            at += n;
        }
    }
    b->first[BUCKETS] = at;
}

/* As many buckets of pairs in order as keep each key in one. */
static void divide_sorted(pair_buckets *b)
{
    const uint64_t *pairs = b->pairs.at;
    size_t n = b->pairs.len, step = n / BUCKETS + 1;
    b->n = 0;
    b->first[0] = 0;
    for (size_t at = step; at < n; at += step) {
        while (at < n && key_of(pairs[at]) == key_of(pairs[at - 1]))
            at++;
        if (at < n)
            b->first[++b->n] = at;
    }
    b->first[++b->n] = n;
}

static dm_status scatter_all(filling *f, pair_buckets *b, parallel_pool *pool)
{
    while (b->most >> f->shift >= BUCKETS)
        f->shift++;
    dm_status st = do_all(f, count, pool);
    if (st != DM_OK)
        return st;
    place(f, b);
    return do_all(f, scatter, pool);
}

static void swap(pair_list *a, pair_list *b)
{
    pair_list other = *a;
    *a = *b;
    *b = other;
}

/* A few pairs are sorted at once. */
static dm_status fill_few(pair_buckets *b, pair_list *lists, size_t nlists)
{
    uint64_t room[FEW];
    pair_list spare = {room, 0, FEW};
    b->pairs.len = 0;
    for (size_t i = 0; i < nlists; i++)
        for (size_t k = 0; k < lists[i].len; k++)
            b->pairs.at[b->pairs.len++] = lists[i].at[k];
    dm_status st = pairs_sort_at(b->pairs.at, b->pairs.len, &spare);
    b->sorted = true;
    b->most = b->pairs.len ? key_of(b->pairs.at[b->pairs.len - 1]) : 0;
    divide_sorted(b);
    return st;
}

static dm_status fill_many(pair_buckets *b, pair_list *lists, size_t nlists,
                           parallel_pool *pool)
{
    filling f = {.lists = lists, .to = b->pairs.at};
    if (!cut_stretches(&f, b->pairs.len, pool))
        return DM_NOMEM;
    dm_status st = do_all(&f, look, pool);
    sum_up(&f, b);
    if (st == DM_OK && !b->sorted)
        st = scatter_all(&f, b, pool);
    else if (st == DM_OK && nlists == 1)
        swap(&b->pairs, lists);
    else if (st == DM_OK)
        st = do_all(&f, copy, pool);
    if (st == DM_OK && b->sorted)
        divide_sorted(b);
    mem_free(f.stretches);
    return st;
}

dm_status buckets_fill(pair_buckets *b, pair_list *lists, size_t nlists,
                       parallel_pool *pool)
{
    size_t n = 0;
    for (size_t i = 0; i < nlists; i++)
        n += lists[i].len;
    if (n > b->pairs.cap)
        vec_free(&b->pairs); /* what it holds needn't be copied */
    if (!vec_reserve(&b->pairs, n))
        return DM_NOMEM;
    b->pairs.len = n;
    b->n = 1;
    b->first[0] = 0;
    b->first[1] = n;
    return n < FEW ? fill_few(b, lists, nlists)
                   : fill_many(b, lists, nlists, pool);
}

dm_status buckets_sort(pair_buckets *b, size_t bucket, pair_list *spare)
{
    size_t at = b->first[bucket];
    return b->sorted ? DM_OK
                     : pairs_sort_at(b->pairs.at + at,
                                     b->first[bucket + 1] - at, spare);
}

void buckets_cut(const pair_buckets *b, size_t size, bucket_tasks *out)
{
    size_t n = b->pairs.len, begun = 0;
    if (size < n / (BUCKET_TASKS / 2))
        size = n / (BUCKET_TASKS / 2);
    out->n = 0;
    for (size_t k = 0; k < b->n; k++) {
        if (b->first[k] == b->first[k + 1])
            continue;
        if (out->n == 0
            || (b->first[k] - begun > size && out->n < BUCKET_TASKS)) {
            out->first[out->n++] = k;
            begun = b->first[k];
        }
    }
    out->first[out->n] = b->n;
}

void buckets_free(pair_buckets *b)
{
    vec_free(&b->pairs);
}
