/* test_table.c - numbers as text, table files read and written. */
#include "kb/number.h"
#include "kb/table.h"

#include "base/date.h"
#include "tap.h"

#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_table.XXXXXX";
static char path[200];

/* The name of a file in our folder. */
static const char *file(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *put(const char *name, const char *bytes, size_t size)
{
    FILE *f = fopen(file(name), "wb");
    if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        abort();
    return path;
}

static const char *text(const char *name, const char *content)
{
    return put(name, content, strlen(content));
}

static const char *slurp(const char *name)
{
    static char bytes[4096];
    FILE *f = fopen(file(name), "rb");
    if (f == NULL)
        return NULL;
    bytes[fread(bytes, 1, sizeof bytes - 1, f)] = '\0';
    fclose(f);
    return bytes;
}

/* ---- numbers ------------------------------------------------------------ */

static bool int_is(const char *s, int64_t want)
{
    int64_t x = ~want;
    return number_parse_int(s, strlen(s), &x) && x == want;
}

static bool no_int(const char *s)
{
    int64_t x;
    return !number_parse_int(s, strlen(s), &x);
}

static void test_ints(void)
{
    ok(int_is("0", 0) && int_is("-1", -1) && int_is("+7", 7), "small ints");
    ok(int_is("9223372036854775807", INT64_MAX), "the largest int");
    ok(int_is("-9223372036854775808", INT64_MIN), "the smallest int");
    ok(int_is("0000000000000000000000012", 12), "leading zeros");
    ok(no_int("9223372036854775808") && no_int("-9223372036854775809"),
       "one beyond them");
    ok(no_int("99999999999999999999") && no_int("18446744073709551616"),
       "far beyond them");
    ok(no_int("") && no_int("-") && no_int("1 ") && no_int("0x1")
           && no_int("1.0") && no_int("--1"), "no ints");
    char digits[NUMBER_INT_SIZE + 1] = {0};
    size_t n = number_format_int(INT64_MIN, digits);
    ok(n == 20 && strcmp(digits, "-9223372036854775808") == 0,
       "the smallest int, written");
    n = number_format_int(0, digits);
    ok(n == 1 && digits[0] == '0', "zero, written");
}

/* The same as strtod gives in the C locale, bit by bit. */
static bool float_is(const char *s)
{
    double x = 0, want = strtod(s, NULL);
    return number_parse_float(s, strlen(s), &x)
           && memcmp(&x, &want, sizeof x) == 0;
}

static bool no_float(const char *s)
{
    double x;
    return !number_parse_float(s, strlen(s), &x);
}

static void test_floats(void)
{
    static const char *const good[] = {
        "0", "-0", "1", "1.5", "-2.25", ".5", "5.", "1e3", "1E-3", "1e+22",
        "1e23", "123456789012345678901234567890", "0.1", "0.3",
        "2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324",
        "1.7976931348623157e308", "9007199254740993", "9007199254740992",
        "9007199254740991", "0.000000000000000000000000000001", "0e999999",
        "179769313486231570000000000000000000000e270", "1e-400",
        "8.442911973260991817129021e-309", "10000000000000000000000000.0",
    };
    bool all = true;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!float_is(good[i])) {
            diag("%s", good[i]);
            all = false;
        }
    ok(all, "floats are the nearest doubles");
    ok(no_float("") && no_float(".") && no_float("e5") && no_float("1e")
           && no_float("nan") && no_float("inf") && no_float("0x1p3")
           && no_float("1,5") && no_float(" 1") && no_float("1e400")
           && no_float("-"), "no floats");
    char random[64];
    all = true;
    srand(7);
    for (int i = 0; i < 20000 && all; i++) {
        snprintf(random, sizeof random, "%d%09d.%09de%d", rand() % 1000,
                 rand() % 1000000000, rand() % 1000000000, rand() % 640 - 330);
        double want = strtod(random, NULL);
        all = want > 1.7976931348623157e308 ? no_float(random)
                                            : float_is(random);
        if (!all)
            diag("%s", random);
    }
    ok(all, "random floats, too");
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL) {
        double x;
        ok(number_parse_float("0.1234567890123456789", 21, &x) && x > 0.12,
           "a locale with commas changes nothing");
        setlocale(LC_NUMERIC, "C");
    }
}

/* ---- reading ------------------------------------------------------------ */

static dm_terms *terms;
static columns rows;
static dm_error err;

/* The cell behind k others, row by row. */
static dm_cell cell(size_t k)
{
    return column_get(&rows.col[k % rows.arity], k / rows.arity);
}

/* Are these all the cells, row by row? */
static bool holds(const dm_cell *cells)
{
    size_t n = rows.nrows * rows.arity;
    for (size_t k = 0; k < n; k++)
        if (cell(k) != cells[k])
            return false;
    return true;
}

static bool same_rows(const columns *a, const columns *b)
{
    bool same = a->nrows == b->nrows && a->arity == b->arity;
    for (uint32_t c = 0; same && a->nrows > 0 && c < a->arity; c++) {
        same = a->col[c].is_wide == b->col[c].is_wide;
        for (size_t i = 0; same && i < a->nrows; i++)
            same = column_get(&a->col[c], i) == column_get(&b->col[c], i);
    }
    return same;
}

/* Pieces and threads must show in nothing: neither rows nor mistakes. */
static bool reads_alike(const char *name, const table_options *o, dm_status st)
{
    static const struct {
        size_t piece;
        unsigned threads;
    } ways[] = {{1, 1}, {2, 1}, {7, 1}, {64, 1}, {1, 2}, {9, 2}, {40, 3},
                {1 << 16, 2}};
    bool alike = true;
    for (size_t i = 0; alike && i < sizeof ways / sizeof *ways; i++) {
        table_options other = *o;
        columns got;
        dm_error e = {0};
        other.piece = ways[i].piece;
        other.threads = ways[i].threads;
        dm_status way = table_read(name, &other, terms, &got, &e);
        alike = way == st && strcmp(e.text, err.text) == 0
                && (st != DM_OK || same_rows(&got, &rows));
        if (!alike)
            diag("pieces of %zu on %u: %s: %s", ways[i].piece,
                 ways[i].threads, dm_status_name(way), e.text);
        columns_free(&got);
    }
    return alike;
}

static dm_status read_as(const char *name, const table_options *o)
{
    table_options whole = *o;
    columns_free(&rows);
    err = (dm_error){0};
    whole.threads = 1;
    dm_status st = table_read(name, &whole, terms, &rows, &err);
    return reads_alike(name, o, st) ? st : DM_EXISTS; /* never wanted here */
}

static dm_status read_types(const char *name, uint32_t n, const dm_type *types)
{
    table_options o = {.ncolumns = n, .types = types};
    return read_as(name, &o);
}

static const char *symbol_at(size_t i)
{
    size_t size;
    return terms_text(terms, (dm_term)cell(i), &size);
}

/* Does the error's text end like this (its folder left out)? */
static bool fails(dm_status got, dm_status want, const char *tail)
{
    size_t n = strlen(err.text), m = strlen(tail);
    bool same = got == want && err.status == want && n >= m
                && strcmp(err.text + n - m, tail) == 0;
    if (!same)
        diag("%s: %s", dm_status_name(got), err.text);
    return same;
}

static const dm_type two_ints[] = {DM_INT, DM_INT};
static const dm_type two_symbols[] = {DM_SYMBOL, DM_SYMBOL};

static void test_tsv(void)
{
    static const dm_type all[] = {DM_SYMBOL, DM_INT, DM_FLOAT, DM_DATE,
                                  DM_INTERVAL, DM_TERM};
    is_int(read_types(text("a.tsv", "x y\t-3\t2.5\t2021-04-13\t"
                           "2021-04-01..2021-04-30\tt\n"), 6, all), DM_OK,
           "a row of every type");
    ok(rows.nrows == 1 && rows.arity == 6, "has its size");
    is_str(symbol_at(0), "x y", "a symbol");
    is_int(cell_get_int(cell(1)), -3, "an int");
    ok(cell_get_float(cell(2)) > 2.4, "a float");
    int32_t day, from, to;
    date_parse("2021-04-13", 10, &day);
    is_int(cell_get_int(cell(3)), day, "a date");
    terms_get_interval(terms, (dm_term)cell(4), &from, &to);
    ok(from == day - 12 && to == day + 17, "an interval");
    is_str(symbol_at(5), "t", "a term");

    is_int(read_types(text("a.tsv", "1\t2\r\n3\t4"), 2, two_ints), DM_OK,
           "CRLF, and no newline at the end");
    ok(rows.nrows == 2 && cell(3) == 4, "two rows");
    is_int(read_types(text("a.tsv", ""), 2, two_ints), DM_OK, "no rows");
    is_int((int64_t)rows.nrows, 0, "none");
    is_int(read_types(text("a.tsv", "\t\n\"q\"\tb\n"), 2, two_symbols), DM_OK,
           "empty fields, and quotes that are none");
    is_str(symbol_at(1), "", "an empty symbol");
    is_str(symbol_at(2), "\"q\"", "a quote is a character");
    is_int(read_types(text("a.tsv", "\xEF\xBB\xBF""1\t2\n"), 2, two_ints),
           DM_OK, "a byte order mark is skipped");
    is_int(read_types(put("a.tsv", "a\0b\tc\n", 6), 2, two_symbols), DM_OK,
           "a zero byte");
    size_t size;
    terms_text(terms, (dm_term)cell(0), &size);
    is_int((int64_t)size, 3, "is kept");
    is_int(read_types(text("a.tsv", "()\n()"), 0, NULL), DM_OK, "no columns");
    is_int((int64_t)rows.nrows, 2, "rows nevertheless");
}

static void test_mistakes(void)
{
    ok(fails(read_types(text("a.tsv", "1\t2\n33\tx\n"), 2, two_ints),
             DM_INVALID, "/a.tsv:2:4: \"x\" is not a 64-bit integer"),
       "a bad field has its place");
    ok(fails(read_types(text("a.tsv", "1\t2\n1\n"), 2, two_ints), DM_INVALID,
             "/a.tsv:2:1: the row has 1 field, and 2 are wanted"),
       "too few fields");
    ok(fails(read_types(text("a.tsv", "1\t2\t3\n"), 2, two_ints), DM_INVALID,
             "/a.tsv:1:1: the row has 3 fields, and 2 are wanted"),
       "too many fields");
    ok(fails(read_types(text("a.tsv", "1\t2\n\n"), 2, two_ints), DM_INVALID,
             ":2:1: \"\" is not a 64-bit integer"), "an empty line");
    static const dm_type day[] = {DM_DATE}, span[] = {DM_INTERVAL},
                         real[] = {DM_FLOAT}, any[] = {DM_ANY};
    ok(fails(read_types(text("a.tsv", "2021-02-29\n"), 1, day), DM_INVALID,
             ":1:1: \"2021-02-29\" is not a date such as 2021-04-13"),
       "a day that never was");
    ok(fails(read_types(text("a.tsv", "2021-02-02..2021-02-01\n"), 1, span),
             DM_INVALID, "such as 2021-04-13..2021-04-20"),
       "an interval backwards");
    ok(fails(read_types(text("a.tsv", "nan\n"), 1, real), DM_INVALID,
             "\"nan\" is not a number"), "NaN");
    ok(fails(read_types(text("a.tsv", "a\n"), 1, any), DM_INVALID,
             "a.tsv: the type of column 1 is not known"), "no type");
    ok(fails(read_types(text("a.tsv", "x\n"), 0, NULL), DM_INVALID,
             ":1:1: a relation without columns has rows `()` only"),
       "no columns");
    is_int(read_types(file("none.tsv"), 1, two_ints), DM_NOT_FOUND,
           "no such file");
    is_int(read_types(folder, 1, two_ints), DM_IO, "a folder");
    dm_cancel cancel = {true};
    table_options o = {.ncolumns = 2, .types = two_ints, .cancel = &cancel};
    is_int(read_as(text("a.tsv", "1\t2\n"), &o), DM_CANCELLED, "cancelled");
    ok(rows.col == NULL, "nothing is given on failure");
}

/* What the fast way must leave to the slow one, and where its words end. */
static void test_fast_ints(void)
{
    static const char *const good[] = {
        "0", "-0", "-1", "7", "12345678", "123456789", "-12345678",
        "1234567890123456", "123456789012345", "-123456789012345678",
        "4294967295", "4294967296", "-4294967296", "9223372036854775807",
        "-9223372036854775808", "+5", "000000000000000000000000009",
        "00000000", "99999999", "9999999999999999",
    };
    enum { N = sizeof good / sizeof *good };
    static const char *const ends[] = {"\n", "\r\n"};
    char content[4096];
    for (size_t e = 0; e < 2; e++) {
        size_t n = 0;
        for (size_t i = 0; i < N * N; i++)
            n += (size_t)snprintf(content + n, sizeof content - n, "%s\t%s%s",
                                  good[i / N], good[i % N], ends[e]),
            n = n > sizeof content - 128 ? 0 : n;
        is_int(read_types(put("a.tsv", content, n), 2, two_ints), DM_OK,
               "ints of all lengths");
        bool right = rows.nrows > 20;
        for (size_t i = 0; i < rows.nrows; i++) {
            size_t k = N * N - rows.nrows + i;
            right = right
                    && cell_get_int(cell(2 * i)) == strtoll(good[k / N], NULL,
                                                            10)
                    && cell_get_int(cell(2 * i + 1)) == strtoll(good[k % N],
                                                                NULL, 10);
        }
        ok(right, "are read right");
    }
    ok(fails(read_types(text("a.tsv", "1\t2\n3\t9223372036854775808\n"), 2,
                        two_ints), DM_INVALID,
             ":2:3: \"9223372036854775808\" is not a 64-bit integer"),
       "one too large");
    ok(fails(read_types(text("a.tsv", "1\t2\n3\t4 \n"), 2, two_ints),
             DM_INVALID, ":2:3: \"4 \" is not a 64-bit integer"),
       "a space behind");
    ok(fails(read_types(text("a.tsv", "1\t2\n-\t4\n"), 2, two_ints),
             DM_INVALID, ":2:1: \"-\" is not a 64-bit integer"), "a sign");
    is_int(read_types(text("a.tsv", "1\t-2\r"), 2, two_ints), DM_OK,
           "a last CR");
    is_int(cell_get_int(cell(1)), -2, "ends the line");
}

/* Enough rows for several batches and pieces, the mistake far down. */
static void test_long(void)
{
    enum { N = 5000, LONG = 20000 };
    char *content = malloc(N * 24 + 3 * LONG);
    size_t n = 0;
    if (content == NULL)
        abort();
    for (size_t i = 0; i < N; i++)
        n += (size_t)sprintf(content + n, "%zu\t%s\n", i * i,
                             i == N - 7 ? "no" : "1");
    ok(fails(read_types(put("a.tsv", content, n), 2, two_ints), DM_INVALID,
             "/a.tsv:4994:10: \"no\" is not a 64-bit integer"),
       "a mistake far down has its place");
    *strstr(content, "no") = '4';
    *strchr(content, 'o') = '2';
    is_int(read_types(put("a.tsv", content, n), 2, two_ints), DM_OK,
           "many rows");
    ok(rows.nrows == N && cell(2 * (N - 7) + 1) == 42
           && cell(2 * (N - 1)) == (N - 1) * (N - 1), "all are there");
    memset(content, 'x', 3 * LONG);
    content[LONG] = '\t';
    content[2 * LONG] = '\n';
    content[2 * LONG + 5] = '\t';
    is_int(read_types(put("a.tsv", content, 3 * LONG), 2, two_symbols), DM_OK,
           "long lines");
    size_t size;
    ok(rows.nrows == 2 && terms_text(terms, (dm_term)cell(3), &size)
           && size == LONG - 6, "are whole");
    free(content);
}

/* Ids of symbols are in the file's order, whatever waits for what. */
static void test_order(void)
{
    static const dm_type types[] = {DM_SYMBOL, DM_INTERVAL, DM_SYMBOL};
    table_options o = {.ncolumns = 3, .types = types, .separator = ',',
                       .quoted = true};
    dm_terms *fresh = terms_new(NULL);
    columns got;
    const char *name = text("a.csv", "a,2021-01-01,\"b\"\nc,2021-01-02,a\n");
    is_int(table_read(name, &o, fresh, &got, &err), DM_OK,
           "terms of all kinds");
    static const dm_cell want[] = {1, 2, 3, 4, 5, 1};
    bool right = got.nrows == 2;
    for (size_t i = 0; right && i < 6; i++)
        right = column_get(&got.col[i % 3], i / 3) == want[i];
    ok(right, "are numbered in the file's order");
    columns_free(&got);
    terms_free(fresh);
}

static void test_csv(void)
{
    is_int(read_types(text("a.csv", "a,\"b, c\"\n\"say \"\"hi\"\"\",\"\"\r\n"
                           "\"two\nlines\",x"), 2, two_symbols), DM_OK,
           "quoted fields");
    is_int((int64_t)rows.nrows, 3, "three rows");
    is_str(symbol_at(1), "b, c", "a comma");
    is_str(symbol_at(2), "say \"hi\"", "doubled quotes");
    is_str(symbol_at(3), "", "an empty field");
    is_str(symbol_at(4), "two\nlines", "a line end");
    ok(fails(read_types(text("a.csv", "a,b\n\"a,b\n"), 2, two_symbols),
             DM_INVALID, "a.csv:3: a quote is not closed"), "an open quote");
    ok(fails(read_types(text("a.csv", "\"a\"x,b\n"), 2, two_symbols),
             DM_INVALID, "a.csv:1:4: text behind a closing quote"),
       "text behind a quote");
    ok(fails(read_types(text("a.csv", "\"1\n2\",3\n"), 2, two_ints),
             DM_INVALID, "\" is not a 64-bit integer"),
       "a bad field of two lines");
    table_options o = {.ncolumns = 2, .types = two_ints, .separator = ';'};
    is_int(read_as(text("a.csv", "1;2\n"), &o), DM_OK, "another separator");
    is_int((int64_t)cell(1), 2, "is used");
}

static void test_columns(void)
{
    static const char *const names[] = {"to", "from"};
    static const uint32_t pick[] = {2, 0}, twice[] = {1, 1};
    table_options o = {.ncolumns = 2, .types = two_ints, .header = true,
                       .names = names};
    is_int(read_as(text("a.csv", "from,\"x\",to,y\n1,no,2,no\n"), &o), DM_OK,
           "columns by name");
    ok(cell(0) == 2 && cell(1) == 1, "in our order");
    ok(fails(read_as(text("a.csv", "from,too\n1,2\n"), &o), DM_INVALID,
             "a.csv:1:1: no column is headed \"to\""), "a missing column");
    ok(fails(read_as(text("a.csv", "from,x,to\n1,2\n"), &o), DM_INVALID,
             ":2:1: the row has 2 fields, and at least 3 are wanted"),
       "a row that is too short");
    o.names = NULL;
    is_int(read_as(text("a.csv", "from,to\n1,2\n"), &o), DM_OK,
           "a header without names is skipped");
    is_int((int64_t)rows.nrows, 1, "one row");
    is_int(read_as(text("a.csv", ""), &o), DM_OK, "not even a header");
    o.header = false;
    o.pick = pick;
    is_int(read_as(text("a.tsv", "1\tx\t3\tmore\n"), &o), DM_OK, "picked");
    ok(cell(0) == 3 && cell(1) == 1, "by position");
    o.pick = twice;
    is_int(read_as(text("a.tsv", "1\t2\n"), &o), DM_OK, "one column twice");
    ok(cell(0) == 2 && cell(1) == 2, "gives it twice");
}

/* ---- writing ------------------------------------------------------------ */

/* Cells given row by row. */
static dm_status write_cells(table_writer *w, const dm_cell *cells,
                             uint32_t ncolumns, size_t n)
{
    const dm_cell *at[8];
    dm_cell *turned = malloc((n * ncolumns + 1) * sizeof *turned);
    if (turned == NULL)
        abort();
    for (uint32_t c = 0; c < ncolumns; c++) {
        at[c] = turned + c * n;
        for (size_t i = 0; i < n; i++)
            turned[c * n + i] = cells[i * ncolumns + c];
    }
    dm_status st = table_write(w, terms, at, n, &err);
    free(turned);
    return st;
}

static dm_status write_as(const char *name, const table_options *o,
                          const dm_cell *cells, size_t n)
{
    table_writer *w;
    err = (dm_error){0};
    dm_status st = table_create(name, o, &w, &err);
    if (st != DM_OK)
        return st;
    st = write_cells(w, cells, o->ncolumns, n);
    if (st == DM_OK)
        return table_finish(w, &err);
    table_abandon(w);
    return st;
}

static dm_cell symbol(const char *s)
{
    dm_term t = 0;
    terms_symbol(terms, s, strlen(s), &t);
    return t;
}

static void test_write(void)
{
    static const dm_type types[] = {DM_SYMBOL, DM_INT, DM_FLOAT, DM_DATE,
                                    DM_INTERVAL};
    static const char *const names[] = {"s", "i", "f", "d", "span, of"};
    dm_term span;
    terms_interval(terms, 0, 1, &span);
    const dm_cell row[] = {symbol("a \"b\", c"), cell_int(INT64_MIN),
                           cell_float(0.1), cell_int(18730), span};
    table_options o = {.ncolumns = 5, .types = types, .names = names,
                       .header = true};
    is_int(write_as(file("w.csv"), &o, row, 1), DM_OK, "written");
    is_str(slurp("w.csv"), "s,i,f,d,\"span, of\"\n\"a \"\"b\"\", c\","
           "-9223372036854775808,0.1,2021-04-13,1970-01-01..1970-01-02\n",
           "with header and quotes");
    is_int(read_as(file("w.csv"), &o), DM_OK, "it reads");
    ok(rows.nrows == 1 && holds(row), "and is the same");
    o.header = false;
    const dm_cell bad[] = {symbol("a\tb"), 1, cell_float(1), 0, span};
    is_int(write_as(file("w.tsv"), &o, bad, 1), DM_INVALID,
           "a tab can't be written");
    ok(slurp("w.tsv") == NULL, "and leaves nothing");
    o.ncolumns = 0;
    is_int(write_as(file("u.tsv"), &o, NULL, 2), DM_OK, "no columns");
    is_str(slurp("u.tsv"), "()\n()\n", "are rows nevertheless");
}

static void test_targets(void)
{
    static const dm_type types[] = {DM_INT};
    table_options o = {.ncolumns = 1, .types = types};
    const dm_cell one[] = {1}, two[] = {2};
    char target[200], link[200];
    struct stat info;
    strcpy(target, text("old.tsv", "old\n"));
    strcpy(link, file("link.tsv"));
    chmod(target, 0640);
    ok(symlink("old.tsv", link) == 0, "a link");
    is_int(write_as(link, &o, one, 1), DM_OK, "written through a link");
    ok(lstat(link, &info) == 0 && S_ISLNK(info.st_mode), "which stays one");
    is_str(slurp("old.tsv"), "1\n", "what it points to is new");
    ok(stat(target, &info) == 0 && (info.st_mode & 0777) == 0640,
       "with the old permissions");
    table_writer *w;
    is_int(table_create(target, &o, &w, &err), DM_OK, "begun");
    is_int(write_cells(w, two, 1, 1), DM_OK, "a row");
    is_str(slurp("old.tsv"), "1\n", "the old file is there until the end");
    table_abandon(w);
    is_str(slurp("old.tsv"), "1\n", "and when it is given up");
    is_int(write_as("/dev/null", &o, one, 1), DM_OK, "a device");
    ok(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode),
       "stays a device");
    if (access("/dev/full", W_OK) == 0)
        is_int(write_as("/dev/full", &o, one, 1), DM_DISK_FULL, "a full disk");
    else
        skip("a full disk", "no /dev/full");
    is_int(write_as(file("no/such.tsv"), &o, one, 1), DM_NOT_FOUND,
           "no such folder");
    unlink(link);
}

/* Enough rows to flush many times. */
static void test_many(void)
{
    enum { N = 100000 };
    dm_cell *cells = malloc(2 * N * sizeof *cells);
    table_options o = {.ncolumns = 2, .types = two_ints};
    if (cells == NULL)
        abort();
    for (size_t i = 0; i < 2 * N; i++)
        cells[i] = cell_int((int64_t)(i * 7919) - 5000);
    is_int(write_as(file("many.tsv"), &o, cells, N), DM_OK, "many rows");
    is_int(read_as(file("many.tsv"), &o), DM_OK, "read again");
    ok(rows.nrows == N && holds(cells), "are the same");
    free(cells);
}

int main(void)
{
    static const char *const made[] = {"a.tsv", "a.csv", "w.csv", "u.tsv",
                                       "old.tsv", "many.tsv"};
    terms = terms_new(NULL);
    if (terms == NULL || mkdtemp(folder) == NULL)
        abort();
    test_ints();
    test_floats();
    test_tsv();
    test_mistakes();
    test_fast_ints();
    test_long();
    test_order();
    test_csv();
    test_columns();
    test_write();
    test_targets();
    test_many();
    columns_free(&rows);
    terms_free(terms);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        unlink(file(made[i]));
    ok(rmdir(folder) == 0, "no other file is left behind");
    return done_testing();
}
