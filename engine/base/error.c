/* error.c - filling in a dm_error.
 *
 * Purpose: one place that words a failure, so that callers say what they were
 * doing and nothing else.
 * Representation: dm_error is owned by the caller, of fixed size; a text that
 * is too long is cut, never allocated, so that reporting can't fail.
 * Invariant: whatever happens the status asked for is returned; the text is
 * terminated.
 * Cost: one vsnprintf. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    [DM_OK] = "ok",
    [DM_NOMEM] = "no_memory",
    [DM_IO] = "io",
    [DM_DISK_FULL] = "disk_full",
    [DM_CORRUPT] = "corrupt",
    [DM_FORMAT] = "format",
    [DM_BUSY] = "busy",
    [DM_EXISTS] = "exists",
    [DM_NOT_FOUND] = "not_found",
    [DM_READ_ONLY] = "read_only",
    [DM_INVALID] = "invalid",
    [DM_CHECK] = "check",
    [DM_BUDGET] = "budget",
    [DM_CANCELLED] = "cancelled",
    [DM_KEY] = "key",
    [DM_OVERFLOW] = "overflow",
    [DM_FUNCTION] = "function",
    [DM_FORKED] = "forked",
    [DM_UNSUPPORTED] = "unsupported",
};

const char *dm_status_name(dm_status status)
{
    size_t i = (size_t)status;
    if (i >= sizeof names / sizeof *names || !names[i])
        return "unknown";
    return names[i];
}

dm_status error_set(dm_error *err, dm_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        err->status = status;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

dm_status error_nomem(dm_error *err)
{
    return error_set(err, DM_NOMEM, "memory ran out");
}

static dm_status status_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return DM_DISK_FULL;
    case ENOMEM:
        return DM_NOMEM;
    case ENOENT:
        return DM_NOT_FOUND;
    default:
        return DM_IO;
    }
}

dm_status error_errno(dm_error *err, int errnum, const char *doing,
                      const char *path)
{
    char text[256];
    const char *said = strerror_r(errnum, text, sizeof text);
    return error_set(err, status_of_errno(errnum), "can't %s %s: %s", doing,
                     path, said);
}
