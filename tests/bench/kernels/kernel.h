/* kernel.h - what the hand-written kernels share.
 *
 * A kernel is plain C for one program, on one thread: the limit that a general
 * engine is measured against.  It reads FOLDER/RELATION.facts itself, whole,
 * prints the counts that the engines print, and never frees: the process is
 * what is measured.  Numbers in fact files are below 2^32. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a fact file, one after the other. */
typedef struct table {
    uint32_t *at;
    size_t rows;
    unsigned columns;
} table;

/* Adjacency: the values of key k are to[from[k]] to to[from[k + 1] - 1]. */
typedef struct graph {
    uint32_t nodes, *to;
    size_t *from;
} graph;

/* A set of 64-bit keys that are not EMPTY, in order of insertion too. */
typedef struct key_set {
    uint64_t *slots, *keys;
    size_t mask, n, room;
} key_set;

enum { BATCH = 1024 };
#define EMPTY UINT64_MAX

void *take(size_t bytes);           /* zeroed memory, or the end */
void *more(void *old, size_t bytes);
_Noreturn void give_up(const char *why);

table read_table(const char *folder, const char *relation, unsigned columns);
uint32_t nodes_of(const table *t);  /* one more than the largest of the first
                                       two columns */
/* The values of `value` by those of `key`, columns of t, in the order given;
 * `sorted`: ascending, each once. */
graph graph_of(const table *t, unsigned key, unsigned value, uint32_t nodes,
               int sorted);

key_set new_set(size_t expected);
/* Insert at most BATCH keys: hash them all, fetch the slots, then probe. */
void insert_batch(key_set *s, const uint64_t *keys, size_t n);
int holds(const key_set *s, uint64_t key);

static inline uint64_t pair_of(uint32_t x, uint32_t y)
{
    return (uint64_t)x << 32 | y;
}

#endif
