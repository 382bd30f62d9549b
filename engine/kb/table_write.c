/* table_write.c - writing tables of values to text files.
 *
 * Purpose: exports; a reader never sees half of one.
 * Representation: rows become text in a buffer that is flushed when large,
 * into a temporary file beside the target, which is renamed at the end.  A
 * symbolic link stays one: what it points to is replaced.  Devices and pipes
 * can't be replaced and are written directly (`temporary` is NULL).
 * Invariants: what is written reads back equal by table_read: a tab-separated
 * value that holds a separator or line end is refused, a comma-separated one
 * quoted.  After a failure nothing more is written; the target is as it was.
 * Cost: some 10 ns a number.  Not synced: an export can be made again. */
#include "kb/table.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "kb/number.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLUSH_SIZE = 1 << 18, MODE = 0666, PERMISSIONS = 07777, SHOWN = 60,
       MOST_TRIES = 1000, WRITTEN = 128 };

struct table_writer {
    char *path;      /* what is replaced: links followed */
    char *temporary; /* NULL: written directly */
    int fd;          /* -1: not open */
    char separator;
    bool quoted;
    bool failed;
    bool odd;        /* the separator may stand in a number */
    uint32_t ncolumns;
    const dm_type *types;
    bool special[256]; /* bytes that need quotes, or can't be written */
    terms_piece *texts; /* WRITTEN of each column: those of its symbols */
    buf text;    /* not flushed yet */
    buf scratch; /* one value */
};

/* ---- writing out -------------------------------------------------------- */

static dm_status write_out(table_writer *w, dm_error *err)
{
    size_t done = 0;
    while (done < w->text.len) {
        ssize_t n = write(w->fd, w->text.at + done, w->text.len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return error_errno(err, errno, "write", w->path);
    }
    return DM_OK;
}

static dm_status flush(table_writer *w, dm_error *err)
{
    dm_status st = w->text.failed ? error_nomem(err) : write_out(w, err);
    buf_clear(&w->text);
    w->failed = w->failed || st != DM_OK;
    return st;
}

static void writer_free(table_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    if (w->temporary != NULL)
        unlink(w->temporary);
    mem_free(w->path);
    mem_free(w->temporary);
    mem_free((void *)(uintptr_t)w->types);
    mem_free(w->texts);
    buf_free(&w->text);
    buf_free(&w->scratch);
    mem_free(w);
}

/* ---- values ------------------------------------------------------------- */

/* Does it hold what can't stand in a field as it is? */
static bool is_special(const table_writer *w, const char *text, size_t size)
{
    bool special = false;
    for (size_t i = 0; i < size; i++)
        special |= w->special[(uint8_t)text[i]];
    return special;
}

static void put_quoted(table_writer *w, const char *text, size_t size)
{
    buf_puts(&w->text, "\"");
    while (size > 0) {
        const char *quote = memchr(text, '"', size);
        size_t n = quote == NULL ? size : (size_t)(quote - text) + 1;
        buf_put(&w->text, text, n);
        if (quote != NULL)
            buf_puts(&w->text, "\"");
        text += n;
        size -= n;
    }
    buf_puts(&w->text, "\"");
}

static dm_status put_text(table_writer *w, const char *text, size_t size,
                          dm_error *err)
{
    bool special = is_special(w, text, size);
    if (special && w->quoted) {
        put_quoted(w, text, size);
        return DM_OK;
    }
    if (special) {
        w->failed = true;
        return error_set(err, DM_INVALID,
                         "%s: the value \"%.*s\" holds a separator or line "
                         "end; write a .csv file", w->path,
                         (int)(size < SHOWN ? size : SHOWN), text);
    }
    buf_put(&w->text, text, size);
    return DM_OK;
}

/* What isn't a symbol: as the language writes it. */
static dm_status put_printed(table_writer *w, const dm_terms *terms,
                             dm_type type, dm_cell cell, dm_error *err)
{
    buf_clear(&w->scratch);
    if (!cell_print(terms, type, cell, &w->scratch))
        return error_nomem(err);
    return put_text(w, w->scratch.at, w->scratch.len, err);
}

static bool is_term(dm_type type)
{
    return type != DM_INT && type != DM_FLOAT && type != DM_DATE;
}

/* There is room.  A separator among the digits needs the slow way. */
static void put_int(buf *text, dm_cell cell)
{
    text->len += number_format_int(cell_get_int(cell), text->at + text->len);
}

/* Row `from + i` of the columns; the texts of its symbols are at `i`. */
static dm_status put_row(table_writer *w, const dm_terms *terms,
                         const dm_cell *const *cells, size_t from, size_t i,
                         dm_error *err)
{
    dm_status st = DM_OK;
    for (uint32_t c = 0; c < w->ncolumns && st == DM_OK; c++) {
        if (!buf_room(&w->text, NUMBER_INT_SIZE + 2))
            return error_nomem(err);
        if (c > 0)
            w->text.at[w->text.len++] = w->separator;
        const terms_piece *text = &w->texts[c * (size_t)WRITTEN + i];
        if (w->types[c] == DM_INT && !w->odd)
            put_int(&w->text, cells[c][from + i]);
        else if (is_term(w->types[c]) && text->bytes != NULL)
            st = put_text(w, text->bytes, text->size, err);
        else
            st = put_printed(w, terms, w->types[c], cells[c][from + i], err);
    }
    if (w->ncolumns == 0)
        buf_puts(&w->text, "()");
    buf_put(&w->text, "\n", 1);
    return st;
}

/* At most WRITTEN rows from row `from` on. */
static dm_status put_rows(table_writer *w, const dm_terms *terms,
                          const dm_cell *const *cells, size_t from, size_t n,
                          dm_error *err)
{
    dm_status st = DM_OK;
    for (uint32_t c = 0; c < w->ncolumns; c++)
        if (is_term(w->types[c]))
            terms_texts(terms, cells[c] + from, n,
                        w->texts + c * (size_t)WRITTEN);
    for (size_t i = 0; i < n && st == DM_OK; i++)
        st = put_row(w, terms, cells, from, i, err);
    return st;
}

dm_status table_write(table_writer *w, const dm_terms *terms,
                      const dm_cell *const *cells, size_t nrows,
                      dm_error *err)
{
    dm_status st = DM_OK;
    assert(!w->failed);
    for (size_t at = 0; at < nrows && st == DM_OK; at += WRITTEN) {
        size_t n = nrows - at < WRITTEN ? nrows - at : WRITTEN;
        st = put_rows(w, terms, cells, at, n, err);
        if (st == DM_OK && w->text.len >= FLUSH_SIZE)
            st = flush(w, err);
    }
    w->failed = w->failed || st != DM_OK;
    return st;
}

static dm_status put_header(table_writer *w, const table_options *o,
                            dm_error *err)
{
    if (!o->header || o->names == NULL)
        return DM_OK;
    for (uint32_t i = 0; i < o->ncolumns; i++) {
        if (i > 0)
            buf_put(&w->text, &w->separator, 1);
        dm_status st = put_text(w, o->names[i], strlen(o->names[i]), err);
        if (st != DM_OK)
            return st;
    }
    buf_puts(&w->text, "\n");
    return DM_OK;
}

/* ---- files -------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The file that is meant: a link's target, if there is one. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL); /* libc's memory */
    const char *name = real != NULL ? real : path;
    char *copy = mem_strdup(name, strlen(name));
    free(real);
    return copy;
}

/* Open a new file beside the target, under a name nobody has. */
static dm_status open_temporary(table_writer *w, dm_error *err)
{
    static atomic_int counter;
    size_t size = strlen(w->path) + 64;
    w->temporary = mem_alloc(size);
    if (w->temporary == NULL)
        return error_nomem(err);
    for (int i = 0; i < MOST_TRIES; i++) {
        snprintf(w->temporary, size, "%s.%ld-%d.tmp", w->path, (long)getpid(),
                 atomic_fetch_add(&counter, 1));
        w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                     MODE);
        if (w->fd >= 0 || errno != EEXIST)
            break;
    }
    if (w->fd >= 0)
        return DM_OK;
    int errnum = errno;
    mem_free(w->temporary);
    w->temporary = NULL; /* not ours to unlink */
    return error_errno(err, errnum, "create", w->path);
}

static dm_status open_target(table_writer *w, dm_error *err)
{
    struct stat info;
    bool there = stat(w->path, &info) == 0;
    if (there && !S_ISREG(info.st_mode)) {
        w->fd = open(w->path, O_WRONLY | O_CLOEXEC);
        return w->fd >= 0 ? DM_OK
                          : error_errno(err, errno, "write", w->path);
    }
    if (there && access(w->path, W_OK) != 0) /* rename wouldn't mind */
        return error_errno(err, errno, "write", w->path);
    dm_status st = open_temporary(w, err);
    if (st == DM_OK && there
        && fchmod(w->fd, info.st_mode & PERMISSIONS) != 0)
        return error_errno(err, errno, "write", w->path);
    return st;
}

/* The bytes that have a meaning. */
static void set_special(table_writer *w)
{
    w->odd = strchr("-0123456789", w->separator) != NULL;
    w->special['"'] = w->quoted;
    w->special['\n'] = w->special['\r'] = true;
    w->special[(uint8_t)w->separator] = true;
}

static dm_status prepare(table_writer *w, const char *path,
                         const table_options *o, dm_error *err)
{
    bool csv = ends_with(path, ".csv");
    w->separator = o->separator;
    w->quoted = o->quoted;
    if (w->separator == '\0') {
        w->separator = csv ? ',' : '\t';
        w->quoted = w->quoted || csv;
    }
    set_special(w);
    w->ncolumns = o->ncolumns;
    dm_type *types = mem_alloc((o->ncolumns + (size_t)1) * sizeof *types);
    w->types = types;
    w->texts = mem_calloc(o->ncolumns + (size_t)1, WRITTEN * sizeof *w->texts);
    w->path = resolve(path);
    if (types == NULL || w->texts == NULL || w->path == NULL)
        return error_nomem(err);
    if (o->ncolumns > 0)
        memcpy(types, o->types, o->ncolumns * sizeof *types);
    return DM_OK;
}

dm_status table_create(const char *path, const table_options *options,
                       table_writer **out, dm_error *err)
{
    dm_status st;
    table_writer *w = mem_calloc(1, sizeof *w);
    if (w == NULL)
        return error_nomem(err);
    w->fd = -1;
    TRY(prepare(w, path, options, err), failed);
    TRY(open_target(w, err), failed);
    TRY(put_header(w, options, err), failed);
    *out = w;
    return DM_OK;
failed:
    writer_free(w);
    return st;
}

/* Closing may be what tells of a full disk (NFS, quotas). */
static dm_status close_file(table_writer *w, dm_error *err)
{
    int fd = w->fd;
    w->fd = -1;
    if (close(fd) != 0 && errno != EINTR)
        return error_errno(err, errno, "write", w->path);
    if (w->temporary == NULL)
        return DM_OK;
    if (rename(w->temporary, w->path) != 0)
        return error_errno(err, errno, "write", w->path);
    mem_free(w->temporary);
    w->temporary = NULL;
    return DM_OK;
}

dm_status table_finish(table_writer *w, dm_error *err)
{
    dm_status st = DM_OK;
    if (w->failed)
        st = error_set(err, DM_IO, "can't write %s", w->path);
    else
        st = flush(w, err);
    if (st == DM_OK)
        st = close_file(w, err);
    writer_free(w);
    return st;
}

void table_abandon(table_writer *w)
{
    if (w != NULL)
        writer_free(w);
}
