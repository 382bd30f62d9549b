/* mem.h - allocation: one door to malloc, and arenas for what dies together. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* As malloc, realloc, calloc, free; every allocation of the engine passes
 * here, so that a build with DM_FAIL_ALLOC can make the k-th one fail. */
void *mem_alloc(size_t size);
void *mem_realloc(void *ptr, size_t size);
void *mem_calloc(size_t count, size_t size);
/* As mem_calloc, for memory of which little will be touched: it is not asked
 * for in huge pages. */
void *mem_calloc_sparse(size_t count, size_t size);
void mem_free(void *ptr);

/* A copy of `size` bytes with a NUL behind it; NULL when memory ran out. */
char *mem_strdup(const char *bytes, size_t size);

#ifdef DM_FAIL_ALLOC
/* Let the next `k` allocations succeed and all later ones fail; -1: never. */
void mem_fail_after(long k);
#endif

/* An arena: allocations of any size, freed together.  Zero-initialised is
 * empty and ready. */
typedef struct arena {
    struct arena_block *head;
    size_t used; /* bytes handed out, for budgets */
} arena;

/* `size` bytes aligned to 16, uninitialised; NULL when memory ran out. */
void *arena_alloc(arena *a, size_t size);
/* The same, zeroed. */
void *arena_zalloc(arena *a, size_t size);
/* A copy of `size` bytes with a NUL behind it. */
char *arena_strdup(arena *a, const char *bytes, size_t size);
/* A copy of `size` bytes, aligned to 16. */
void *arena_copy(arena *a, const void *bytes, size_t size);
/* Free everything; the arena is empty and ready again. */
void arena_free(arena *a);

#endif
