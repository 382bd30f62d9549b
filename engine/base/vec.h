/* vec.h - a typed growing array.
 *
 *     VEC(int) v = {0};
 *     if (!vec_push(&v, 7)) return error_nomem(err);
 *     for (size_t i = 0; i < v.len; i++) use(v.at[i]);
 *     vec_free(&v);
 *
 * A struct member or parameter wants a named type: typedef VEC(int) int_vec; */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

#define VEC(type)    \
    struct {         \
        type *at;    \
        size_t len;  \
        size_t cap;  \
    }

/* Make room for `need` elements in all; false when memory ran out. */
bool vec_grow(void **at, size_t *cap, size_t need, size_t size);

#define vec_reserve(v, need)                                       \
    ((need) <= (v)->cap                                            \
     || vec_grow((void **)&(v)->at, &(v)->cap, (need), sizeof *(v)->at))

/* Append `x`; false when memory ran out. */
#define vec_push(v, x) \
    (vec_reserve(v, (v)->len + 1) ? ((v)->at[(v)->len++] = (x), true) : false)

#define vec_free(v)                              \
    do {                                         \
        mem_free((v)->at);                       \
        (v)->at = NULL;                          \
        (v)->len = (v)->cap = 0;                 \
    } while (0)

#endif
