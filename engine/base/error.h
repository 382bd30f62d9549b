/* error.h - filling in a dm_error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "dragoman.h"

/* Record a failure in `err` (may be NULL) and return `status`, so that
 * `return error_set(err, DM_IO, "can't read %s", path);` is one line. */
dm_status error_set(dm_error *err, dm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* DM_NOMEM with its standard text. */
dm_status error_nomem(dm_error *err);

/* The status and text for an errno value: ENOSPC and EDQUOT are
 * DM_DISK_FULL, ENOMEM is DM_NOMEM, ENOENT is DM_NOT_FOUND, others DM_IO. */
dm_status error_errno(dm_error *err, int errnum, const char *doing,
                      const char *path);

/* Evaluate a call that returns dm_status; on failure jump to `label`, with
 * the status in the local variable `st`. */
#define TRY(call, label)          \
    do {                          \
        st = (call);              \
        if (st != DM_OK)          \
            goto label;           \
    } while (0)

#endif
