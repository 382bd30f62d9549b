/* dragoman.h - the Dragoman knowledge engine without Lua.
 *
 * A knowledge base (dm_kb) keeps statements: facts, claims, sources, rules.
 * A view (dm_view) selects what was known by a date and read at a date, plus
 * a scenario.  A program (dm_program) is a checked list of rules, given as
 * data.  Evaluating a program in a view yields a model (dm_model): what is
 * true, what is disputed.  A proof (dm_proof) unfolds one row of a model.
 *
 * Handles are opaque.  A function that can fail returns a dm_status and takes
 * a dm_error for the detail (NULL is allowed).  Results come through the last
 * parameters and are untouched on failure.  No function calls longjmp; there
 * are no globals, and several engines may live in one process.  A handle may
 * be used by one thread at a time.  `_close` and `_free` accept NULL.
 */
#ifndef DRAGOMAN_H
#define DRAGOMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DM_VERSION "0.1.0"

/* ---- status and errors -------------------------------------------------- */

typedef enum dm_status {
    DM_OK = 0,
    DM_NOMEM,       /* memory ran out */
    DM_IO,          /* the operating system refused: file, disk, permission */
    DM_DISK_FULL,   /* no room on the device; the previous state is intact */
    DM_CORRUPT,     /* a store is damaged: a checksum or structure is wrong */
    DM_FORMAT,      /* not a Dragoman store, or one of a newer format */
    DM_BUSY,        /* in use in a way that excludes this call */
    DM_EXISTS,      /* it is there already */
    DM_NOT_FOUND,   /* no such thing */
    DM_READ_ONLY,   /* opened for reading */
    DM_INVALID,     /* a caller's mistake: an argument is out of its domain */
    DM_CHECK,       /* the program has mistakes: see its diagnostics */
    DM_BUDGET,      /* a budget (facts, rounds, bytes, time) is used up */
    DM_CANCELLED,   /* the user asked to stop */
    DM_KEY,         /* a fact breaks a key */
    DM_OVERFLOW,    /* integer overflow or division by zero in a rule */
    DM_FUNCTION,    /* a registered function failed */
    DM_FORKED,      /* a handle from before fork() was used in the child */
    DM_UNSUPPORTED  /* stored for a later version; can't be evaluated yet */
} dm_status;

/* The detail of a failure.  `text` is a sentence for the user, without a full
 * stop, naming the thing at fault. */
typedef struct dm_error {
    dm_status status;
    char text[1000];
} dm_error;

/* The name of a status ("disk_full"), stable, static. */
const char *dm_status_name(dm_status status);

/* ---- values ------------------------------------------------------------- */

/* The type of a column.  DM_ANY is "not declared, to be inferred". */
typedef enum dm_type {
    DM_ANY = 0,
    DM_SYMBOL,   /* a name or string: a term id */
    DM_INT,      /* int64_t */
    DM_FLOAT,    /* double: no NaN, -0.0 is 0.0 */
    DM_DATE,     /* a day: int64_t days since 1970-01-01, proleptic Gregorian */
    DM_INTERVAL, /* an interval of days: a term id */
    DM_TERM      /* any term: a term id */
} dm_type;

/* One value in a column, read by the column's type: a term id, an int64_t
 * cast, or the bits of a double. */
typedef uint64_t dm_cell;

/* An interned term.  0 is no term. */
typedef uint32_t dm_term;

/* Days that stand for the infinities of a validity. */
#define DM_DAY_MIN INT32_MIN
#define DM_DAY_MAX INT32_MAX

#ifdef __cplusplus
}
#endif
#endif
