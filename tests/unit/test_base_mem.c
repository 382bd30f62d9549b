/* Allocation, arenas, vectors, buffers, hashes, maps, errors, clock. */
#include "base/budget.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "tap.h"

#include <errno.h>
#include <stdint.h>

static void test_arena(void)
{
    arena a = {0};
    bool aligned = true, kept = true;
    unsigned char *first = arena_zalloc(&a, 100);
    ok(first && first[0] == 0 && first[99] == 0, "zalloc zeroes");
    memset(first, 7, 100);
    for (size_t i = 1; i < 3000; i++) {
        unsigned char *p = arena_alloc(&a, i);
        aligned = aligned && p && ((uintptr_t)p & 15) == 0;
        memset(p, 9, i);
    }
    for (size_t i = 0; i < 100; i++)
        kept = kept && first[i] == 7;
    ok(aligned, "allocations are aligned to 16");
    ok(kept, "and don't overlap");
    ok(arena_alloc(&a, 5u << 20) != NULL, "a big one");
    is_str(arena_strdup(&a, "abcdef", 3), "abc", "strdup ends with NUL");
    is_str(arena_copy(&a, "xyz", 4), "xyz", "copy");
    ok(a.used >= 5u << 20, "used counts bytes");
    ok(arena_alloc(&a, SIZE_MAX - 3) == NULL, "an absurd size is refused");
    arena_free(&a);
    ok(a.used == 0 && arena_alloc(&a, 1) != NULL, "usable after free");
    arena_free(&a);
}

static void test_vec_buf(void)
{
    VEC(int) v = {0};
    bool right = true;
    buf b = {0};
    for (int i = 0; i < 1000; i++)
        right = vec_push(&v, i) && right;
    for (int i = 0; i < 1000; i++)
        right = right && v.at[i] == i;
    ok(right && v.len == 1000, "a vector keeps what is pushed");
    vec_free(&v);
    ok(v.at == NULL && v.cap == 0, "vec_free empties");
    void *at = NULL;
    size_t cap = 0;
    ok(!vec_grow(&at, &cap, SIZE_MAX / 2, 16), "too big a vector");
    ok(buf_puts(&b, "a") && buf_put(&b, "bcd", 2)
       && buf_printf(&b, "-%d-%s", 42, "end"), "appending");
    is_str(b.at, "abc-42-end", "texts in a row");
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "%d", i % 10);
    is_int(b.len, 5010, "a long buffer");
    buf_clear(&b);
    ok(b.len == 0 && b.at[0] == '\0', "buf_clear");
    ok(buf_put(&b, NULL, 0), "nothing is fine");
    ok(!buf_put(&b, "x", SIZE_MAX - 1) && b.failed, "an absurd size fails");
    ok(!buf_puts(&b, "x"), "and later ones too");
    buf_free(&b);
}

static void test_hash_map(void)
{
    map m = {0};
    uint64_t v = 5;
    bool right = true;
    ok(!map_get(&m, 0, &v) && !map_get(&m, 3, &v) && v == 5, "an empty map");
    for (uint64_t i = 0; i < 10000; i++)
        right = map_put(&m, i * i, i) && right;
    for (uint64_t i = 0; i < 10000; i++)
        right = right && map_get(&m, i * i, &v) && v == i;
    ok(right, "10,000 keys, 0 among them");
    ok(!map_get(&m, 2, NULL), "and no others");
    ok(map_put(&m, 4, 99) && map_get(&m, 4, &v) && v == 99, "replacing");
    map_free(&m);
    ok(hash_bytes("abc", 3, 0) != hash_bytes("abc", 3, 1), "seeds differ");
    hash128 a = hash_bytes128("abc", 3), b = hash_bytes128("abd", 3);
    ok(a.lo != b.lo && a.hi != b.hi, "128 bits");
    ok(a.hi == UINT64_C(0x06b05ab6733a6185)
       && a.lo == UINT64_C(0x78af5f94892f3950), "XXH3 is what it always was");
    dm_cell x[2] = {1, 2}, y[2] = {2, 1};
    ok(hash_cells(x, 2) != hash_cells(y, 2), "cells in another order");
}

static void test_error(void)
{
    dm_error e = {0};
    char longer[3000];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    is_int(error_set(&e, DM_IO, "can't %s", "x"), DM_IO, "status returned");
    is_str(e.text, "can't x", "text");
    is_int(error_set(NULL, DM_KEY, "x"), DM_KEY, "no error wanted");
    error_set(&e, DM_IO, "%s", longer);
    is_int(strlen(e.text), sizeof e.text - 1, "a long text is cut");
    is_int(error_errno(&e, ENOSPC, "write", "f"), DM_DISK_FULL, "ENOSPC");
    is_int(error_errno(&e, ENOENT, "open", "f"), DM_NOT_FOUND, "ENOENT");
    is_str(e.text, "can't open f: No such file or directory", "its text");
    is_int(error_errno(&e, EACCES, "open", "f"), DM_IO, "EACCES");
    is_int(error_errno(&e, ENOMEM, "open", "f"), DM_NOMEM, "ENOMEM");
    is_str(dm_status_name(DM_DISK_FULL), "disk_full", "names");
    is_str(dm_status_name(DM_UNSUPPORTED), "unsupported", "the last one");
    is_str(dm_status_name((dm_status)99), "unknown", "and no other");
}

int main(void)
{
    test_arena();
    test_vec_buf();
    test_hash_map();
    test_error();
    double before = budget_now();
    ok(budget_now() >= before, "the clock moves forward");
    return done_testing();
}
