/* delta.h - a signed change to a set of statements, in memory.
 *
 * The pending changes of a transaction and the scenario of a view are both
 * deltas: statements added, in order of serial, and serials withdrawn. */
#ifndef KB_DELTA_H
#define KB_DELTA_H

#include "base/mem.h"
#include "base/vec.h"
#include "store/statement.h"

typedef VEC(const dm_statement *) statement_vec;
typedef VEC(uint64_t) serial_vec;

/* Zero-initialised is empty and ready. */
typedef struct delta {
    arena memory; /* of the statements added */
    statement_vec added;
    serial_vec withdrawn;
} delta;

/* A copy of `s` in `memory`, its terms taken from one table to another (or
 * left, if they are the same). */
dm_status delta_copy(arena *memory, const dm_statement *s,
                     const dm_terms *from, dm_terms *to,
                     const dm_statement **out, dm_error *err);
/* The statement with `serial` among `n` sorted ones, or NULL. */
const dm_statement *statements_find(const dm_statement *const *at, size_t n,
                                    uint64_t serial);

/* Add a copy of `s` under `serial`, higher than all before. `out` may be
 * NULL. */
dm_status delta_add(delta *d, const dm_statement *s, uint64_t serial,
                    const dm_terms *from, dm_terms *to,
                    const dm_statement **out, dm_error *err);
/* Withdraw a statement: one that was added here is taken out again. */
dm_status delta_withdraw(delta *d, uint64_t serial, dm_error *err);
bool delta_withdraws(const delta *d, uint64_t serial);
/* A statement that was added, or NULL. */
const dm_statement *delta_find(const delta *d, uint64_t serial);
/* Append to `out` the `n` sorted statements as the delta changes them. */
dm_status delta_apply(const delta *d, const dm_statement *const *at, size_t n,
                      statement_vec *out, dm_error *err);
void delta_free(delta *d);

#endif
