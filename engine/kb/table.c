/* table.c - reading tables of values from text files.
 *
 * Purpose: fact files of any size, with every bad field named by its place.
 * Representation: the file is read in pieces, not mapped, since a file that
 * shrinks under a map kills the process.  A piece begins with a row and ends
 * with a line feed, or with the file; what stands behind the last line feed is
 * carried to the next one.  A row whose quotes hold line feeds may still be
 * cut; it is read again with more of the file behind it.
 * `column_of` says which column a position of the file goes to, if any.
 * Invariants: zero bytes stand behind what was read; a line ends with LF, CRLF
 * or the end of the file; `line_start` is behind the last line end seen, so
 * that places are right inside quotes too.
 * A header is matched by name when names are given.
 * Cost: that of the rows (table_rows.c); a piece and the columns are in
 * memory, no more. */
#include "kb/table_reader.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/vec.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 21 };

/* ---- the file ----------------------------------------------------------- */

typedef struct source {
    int fd;
    size_t piece;
    size_t size;  /* of the file; 0: not known */
    size_t taken; /* bytes read so far */
    bool ended;
    VEC(char) bytes; /* the piece, and what was read behind it */
} source;

static dm_status source_open(source *s, const reader *r)
{
    struct stat info;
    s->piece = r->options->piece > 0 ? r->options->piece : PIECE;
    s->piece *= r->threads;
    s->fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        return error_errno(r->err, errno, "open", r->path);
    if (fstat(s->fd, &info) == 0 && S_ISREG(info.st_mode))
        s->size = (size_t)info.st_size;
    return DM_OK;
}

static void source_close(source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    vec_free(&s->bytes);
}

/* Read until `full` bytes are there, or all of the file is. */
static dm_status source_read(source *s, size_t full, const reader *r)
{
    if (!vec_reserve(&s->bytes, full + TABLE_PADDING))
        return error_nomem(r->err);
    while (s->bytes.len < full && !s->ended) {
        ssize_t n = read(s->fd, s->bytes.at + s->bytes.len,
                         full - s->bytes.len);
        if (n < 0 && errno != EINTR)
            return error_errno(r->err, errno, "read", r->path);
        if (n > 0) {
            s->bytes.len += (size_t)n;
            s->taken += (size_t)n;
        }
        s->ended = n == 0;
    }
    memset(s->bytes.at + s->bytes.len, 0, TABLE_PADDING);
    return DM_OK;
}

/* The next piece, from where the reader is: at least one line more than was
 * left of the last one, or the rest of the file. */
static dm_status next_piece(source *s, reader *r)
{
    size_t rest = r->at != NULL
                      ? s->bytes.len - (size_t)(r->at - s->bytes.at) : 0;
    size_t full = rest < s->piece / 2 ? s->piece : 2 * rest + 1;
    const char *feed = NULL;
    if (rest > 0)
        memmove(s->bytes.at, r->at, rest);
    s->bytes.len = rest;
    for (; feed == NULL && !s->ended; full *= 2) {
        dm_status st = source_read(s, full, r);
        if (st != DM_OK)
            return st;
        feed = memrchr(s->bytes.at + rest, '\n', s->bytes.len - rest);
    }
    r->at = r->line_start = s->bytes.at;
    r->end = s->ended ? s->bytes.at + s->bytes.len : feed + 1;
    r->last = s->ended;
    return DM_OK;
}

/* ---- the header --------------------------------------------------------- */

static void find_name(const table_options *o, field f, uint32_t *pick,
                      uint32_t position)
{
    for (uint32_t i = 0; i < o->ncolumns; i++)
        if (same_text(f.bytes, f.size, o->names[i]) && pick[i] == NO_COLUMN)
            pick[i] = position;
}

/* Find the columns by their names in the first line. */
static dm_status read_header(reader *r, uint32_t *pick)
{
    const table_options *o = r->options;
    for (uint32_t i = 0; i < o->ncolumns; i++)
        pick[i] = NO_COLUMN;
    for (uint32_t n = 0; r->at < r->end; n++, r->at++) {
        field f;
        dm_status st = reader_field(r, &f);
        if (st != DM_OK)
            return st;
        find_name(o, f, pick, n);
        if (reader_at_line_end(r))
            break;
    }
    for (uint32_t i = 0; i < o->ncolumns; i++)
        if (pick[i] == NO_COLUMN)
            return error_set(r->err, DM_INVALID,
                             "%s:1:1: no column is headed \"%s\"", r->path,
                             o->names[i]);
    return DM_OK;
}

static dm_status skip_header(reader *r)
{
    for (; r->at < r->end; r->at++) {
        field f;
        dm_status st = reader_field(r, &f);
        if (st != DM_OK || reader_at_line_end(r))
            return st;
    }
    return DM_OK;
}

static dm_status try_header(reader *r)
{
    const table_options *o = r->options;
    const char *start = r->at;
    r->cut = false;
    dm_status st = o->names != NULL && o->pick == NULL
                       ? read_header(r, r->pick) : skip_header(r);
    if (r->cut) {
        r->at = r->line_start = start;
        r->line = 1;
        return DM_OK;
    }
    if (st == DM_OK && r->at < r->end)
        reader_step_line(r);
    return st;
}

static dm_status header(reader *r, source *s)
{
    dm_status st = r->options->header ? try_header(r) : DM_OK;
    while (st == DM_OK && r->cut) {
        st = next_piece(s, r);
        if (st == DM_OK)
            st = try_header(r);
    }
    return st;
}

/* ---- positions ---------------------------------------------------------- */

static dm_status make_pick(reader *r)
{
    const table_options *o = r->options;
    if (o->pick == NULL && !(o->header && o->names != NULL))
        return DM_OK;
    r->pick = mem_alloc((o->ncolumns + (size_t)1) * sizeof *r->pick);
    if (r->pick == NULL)
        return error_nomem(r->err);
    if (o->pick != NULL && o->ncolumns > 0)
        memcpy(r->pick, o->pick, o->ncolumns * sizeof *r->pick);
    return DM_OK;
}

/* From `pick`, known once the header is read, to `column_of`. */
static dm_status make_positions(reader *r)
{
    uint32_t n = r->options->ncolumns;
    r->npositions = r->pick == NULL ? n : 0;
    for (uint32_t i = 0; r->pick != NULL && i < n; i++) {
        if (r->pick[i] >= 1000000)
            return error_set(r->err, DM_INVALID, "%s: there is no column %u",
                             r->path, r->pick[i]);
        if (r->pick[i] >= r->npositions)
            r->npositions = r->pick[i] + 1;
    }
    r->column_of =
        mem_alloc((r->npositions + (size_t)1) * sizeof *r->column_of);
    if (r->column_of == NULL)
        return error_nomem(r->err);
    for (uint32_t i = 0; i < r->npositions; i++)
        r->column_of[i] = r->pick == NULL ? i : NO_COLUMN;
    for (uint32_t i = n; r->pick != NULL && i-- > 0;)
        r->column_of[r->pick[i]] = i; /* the first column that wants it */
    return DM_OK;
}

/* Columns that share a position share its value, hence its type. */
static dm_status check_types(const reader *r)
{
    const table_options *o = r->options;
    for (uint32_t i = 0; i < o->ncolumns; i++) {
        if (o->types[i] == DM_ANY)
            return error_set(r->err, DM_INVALID,
                             "%s: the type of column %u is not known",
                             r->path, i + 1);
        uint32_t first = r->column_of[r->pick != NULL ? r->pick[i] : i];
        if (o->types[first] != o->types[i])
            return error_set(r->err, DM_INVALID,
                             "%s: columns %u and %u are one column of the "
                             "file, and of different types", r->path,
                             first + 1, i + 1);
    }
    return DM_OK;
}

/* ---- the whole ---------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The separator, and whether fields may be quoted, by the file's name. */
static void set_format(reader *r)
{
    bool csv = ends_with(r->path, ".csv");
    r->separator = r->options->separator;
    r->quoted = r->options->quoted;
    if (r->separator == '\0') {
        r->separator = csv ? ',' : '\t';
        r->quoted = r->quoted || csv;
    }
}

static void skip_mark(reader *r)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* UTF-8's, by some editors */
    if (r->end - r->at >= 3 && memcmp(r->at, mark, 3) == 0)
        r->line_start = r->at += 3;
}

/* Once a piece has been read: room for the rows of the file, if it goes on like
 * that.  Memory that is never touched costs nothing, and is given back. */
static void expect_rows(const source *s, columns *out)
{
    if (s->ended || s->taken == 0 || s->size <= s->taken)
        return;
    double more = (double)(s->size - s->taken) / (double)s->taken
                  * (double)out->nrows * 1.02;
    (void)columns_room(out, (size_t)more);
}

static dm_status read_pieces(reader *r, source *s, columns *out)
{
    dm_status st = reader_rows(r, out);
    expect_rows(s, out);
    while (st == DM_OK && !r->last) {
        st = next_piece(s, r);
        if (st == DM_OK)
            st = reader_rows(r, out);
    }
    columns_trim(out);
    return st;
}

dm_status table_read(const char *path, const table_options *options,
                     dm_terms *terms, columns *out, dm_error *err)
{
    source s = {.fd = -1};
    reader r = {.path = path, .options = options, .terms = terms, .err = err,
                .line = 1, .threads = parallel_threads(options->threads)};
    dm_status st = DM_OK;
    assert(options->ncolumns == 0 || options->types != NULL);
    columns_init(out, options->ncolumns);
    set_format(&r);
    TRY(source_open(&s, &r), end);
    TRY(next_piece(&s, &r), end);
    skip_mark(&r);
    TRY(make_pick(&r), end);
    TRY(header(&r, &s), end);
    TRY(make_positions(&r), end);
    TRY(check_types(&r), end);
    TRY(reader_start(&r), end);
    TRY(read_pieces(&r, &s, out), end);
end:
    if (st != DM_OK)
        columns_free(out);
    reader_stop(&r);
    source_close(&s);
    buf_free(&r.scratch);
    mem_free(r.pick);
    mem_free(r.column_of);
    return st;
}
