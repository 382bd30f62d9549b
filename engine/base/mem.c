/* mem.c - the one door to malloc, and arenas.
 *
 * Purpose: every allocation of the engine passes here, so that a test build
 * (DM_FAIL_ALLOC) can make the k-th one fail and see that all is cleaned up.
 * Representation: an arena is a list of blocks, the newest first; a block is
 * filled from its start.  Sizes double from 4 KB to 1 MB, and are a quarter of
 * what is used where that is more, up to 16 MB; what doesn't fit in a block of
 * that size gets one of its own.
 * Invariants: what an arena hands out is aligned to 16 and never moves.
 * What is large is asked for in huge pages: in tables of many megabytes half
 * the time of a lookup can go into finding the page, and a fault for each 4 KB
 * takes longer than filling it.  Room that is never touched still costs none,
 * but for the last huge page.
 * Cost: an arena allocation is an addition and a comparison. */
#include "base/mem.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 16, FIRST_BLOCK = 4096, LAST_BLOCK = 1 << 20,
       GREATEST_BLOCK = 1 << 24, LARGE = 1 << 22 };

#ifdef DM_FAIL_ALLOC
static long allowed = -1;

void mem_fail_after(long k)
{
    allowed = k;
}

static int refuse(void)
{
    if (allowed < 0)
        return 0;
    if (allowed == 0)
        return 1;
    allowed--;
    return 0;
}
#else
#define refuse() 0
#endif

/* No object is bigger than PTRDIFF_MAX; sanitizers stop at such a request. */
static int is_absurd(size_t size)
{
    return size > PTRDIFF_MAX;
}

/* Only a hint: failure changes nothing.  The page malloc keeps its header in is
 * asked for too, since a mapping in two parts can't be moved, only copied. */
static void *in_huge_pages(void *ptr, size_t size)
{
    const uintptr_t page = 4096;
    if (size >= LARGE && ptr) {
        uintptr_t from = (uintptr_t)ptr & ~(page - 1);
        (void)madvise((void *)from, (uintptr_t)ptr + size - from,
                      MADV_HUGEPAGE);
    }
    return ptr;
}

void *mem_alloc(size_t size)
{
    if (is_absurd(size) || refuse())
        return NULL;
    return in_huge_pages(malloc(size ? size : 1), size);
}

void *mem_realloc(void *ptr, size_t size)
{
    if (is_absurd(size) || refuse())
        return NULL;
    return in_huge_pages(realloc(ptr, size ? size : 1), size);
}

void *mem_calloc(size_t count, size_t size)
{
    void *ptr = refuse() ? NULL : calloc(count ? count : 1, size ? size : 1);
    return ptr ? in_huge_pages(ptr, count * size) : NULL; /* no overflow */
}

void *mem_calloc_sparse(size_t count, size_t size)
{
    return refuse() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void mem_free(void *ptr)
{
    free(ptr);
}

char *mem_strdup(const char *bytes, size_t size)
{
    char *copy = size < SIZE_MAX ? mem_alloc(size + 1) : NULL;
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

struct arena_block {
    struct arena_block *next;
    size_t used, cap; /* of bytes */
    size_t pad;       /* keeps bytes aligned */
    _Alignas(16) unsigned char bytes[];
};

static struct arena_block *block_new(const arena *a, size_t need)
{
    size_t cap = a->head ? 2 * a->head->cap : FIRST_BLOCK;
    size_t most = a->used / 4 < LAST_BLOCK ? LAST_BLOCK : a->used / 4;
    if (most > GREATEST_BLOCK)
        most = GREATEST_BLOCK;
    if (cap > most)
        cap = most;
    if (cap < need)
        cap = need;
    struct arena_block *b = mem_alloc(sizeof *b + cap);
    if (!b)
        return NULL;
    b->next = NULL;
    b->used = 0;
    b->cap = cap;
    b->pad = 0;
    return b;
}

/* A block for one big allocation goes behind the head, which stays in use. */
static void link_block(arena *a, struct arena_block *b, size_t size)
{
    if (a->head && size > LAST_BLOCK / 4) {
        b->next = a->head->next;
        a->head->next = b;
    } else {
        b->next = a->head;
        a->head = b;
    }
}

void *arena_alloc(arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct arena_block *b = a->head;
    if (!b || b->cap - b->used < size) {
        b = block_new(a, size);
        if (!b)
            return NULL;
        link_block(a, b, size);
    }
    void *out = b->bytes + b->used;
    b->used += size;
    a->used += size;
    assert(((uintptr_t)out & (ALIGN - 1)) == 0);
    return out;
}

void *arena_zalloc(arena *a, size_t size)
{
    void *out = arena_alloc(a, size);
    if (out)
        memset(out, 0, size);
    return out;
}

char *arena_strdup(arena *a, const char *bytes, size_t size)
{
    char *out = size < SIZE_MAX ? arena_alloc(a, size + 1) : NULL;
    if (!out)
        return NULL;
    if (size)
        memcpy(out, bytes, size);
    out[size] = '\0';
    return out;
}

void *arena_copy(arena *a, const void *bytes, size_t size)
{
    void *out = arena_alloc(a, size);
    if (out && size)
        memcpy(out, bytes, size);
    return out;
}

void arena_free(arena *a)
{
    struct arena_block *b = a->head;
    while (b) {
        struct arena_block *next = b->next;
        mem_free(b);
        b = next;
    }
    a->head = NULL;
    a->used = 0;
}
