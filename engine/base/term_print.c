/* term_print.c - terms and cells as the language writes them.
 *
 * Purpose: text that reads back as the same term.
 * Method: a symbol is bare when it is an identifier in lower case that is no
 * reserved word, else quoted; a float has a decimal point, and as few digits as
 * read back exactly; the functors and, or, not print as the words they
 * stand for, with parentheses where one is inside another; `-r` is the
 * explicit negative of r.
 * Cost: linear in the text; recursion as deep as terms nest (10,000). */
#include "base/term.h"

#include "base/buf.h"
#include "base/date.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_word(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || c == '_';
}

static bool is_reserved(const char *text, size_t size)
{
    static const char *const words[] = {"and", "or", "not", "if"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0)
            return true;
    return false;
}

static bool is_identifier(const char *text, size_t size)
{
    if (size == 0 || !is_lower(text[0]) || is_reserved(text, size))
        return false;
    for (size_t i = 1; i < size; i++)
        if (!is_word(text[i]))
            return false;
    return true;
}

static void print_char(char c, buf *out)
{
    if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", c);
    else if (c == '\n')
        buf_puts(out, "\\n");
    else if (c == '\t')
        buf_puts(out, "\\t");
    else if (c == '\r')
        buf_puts(out, "\\r");
    else if ((unsigned char)c < 0x20 || c == 0x7f)
        buf_printf(out, "\\x%02x", (unsigned)(unsigned char)c);
    else
        buf_put(out, &c, 1);
}

static void print_quoted(const char *text, size_t size, buf *out)
{
    buf_puts(out, "\"");
    for (size_t i = 0; i < size; i++)
        print_char(text[i], out);
    buf_puts(out, "\"");
}

static void print_name(const char *text, size_t size, buf *out)
{
    if (is_identifier(text, size))
        buf_put(out, text, size);
    else
        print_quoted(text, size, out);
}

static void print_float(double x, buf *out)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    if (isinf(x) || strchr(text, '.')) {
        buf_puts(out, text);
        return;
    }
    size_t mantissa = strcspn(text, "e");
    buf_put(out, text, mantissa);
    buf_puts(out, ".0");
    buf_puts(out, text + mantissa);
}

static void print_day(int32_t day, buf *out)
{
    char text[16];
    date_format(day, text);
    buf_puts(out, text);
}

static void print_interval(const dm_terms *t, dm_term id, buf *out)
{
    int32_t from, to;
    terms_get_interval(t, id, &from, &to);
    print_day(from, out);
    buf_puts(out, "..");
    print_day(to, out);
}

/* ---- compounds ---------------------------------------------------------- */

static void print(const dm_terms *t, dm_term id, buf *out);

/* "and", "or" or "not" when the term is that formula, else NULL. */
static const char *formula(const dm_terms *t, dm_term id)
{
    static const char *const words[] = {"not", "and", "or"};
    uint32_t arity = terms_arity(t, id);
    if (arity == 0 || arity > 2)
        return NULL;
    size_t size;
    const char *name = terms_text(t, terms_functor(t, id), &size);
    for (size_t i = arity == 1 ? 0 : 1; i < (arity == 1 ? 1 : 3); i++)
        if (size == strlen(words[i]) && memcmp(name, words[i], size) == 0)
            return words[i];
    return NULL;
}

static void print_operand(const dm_terms *t, dm_term id, buf *out)
{
    bool inside = formula(t, id) != NULL;
    if (inside)
        buf_puts(out, "(");
    print(t, id, out);
    if (inside)
        buf_puts(out, ")");
}

static void print_formula(const dm_terms *t, dm_term id, const char *word,
                          buf *out)
{
    const dm_term *args = terms_args(t, id);
    if (terms_arity(t, id) == 1) {
        buf_puts(out, "not ");
        print_operand(t, args[0], out);
        return;
    }
    print_operand(t, args[0], out);
    buf_printf(out, " %s ", word);
    print_operand(t, args[1], out);
}

static void print_functor(const dm_terms *t, dm_term id, buf *out)
{
    size_t size;
    const char *name = terms_text(t, terms_functor(t, id), &size);
    if (size > 1 && name[0] == '-' && is_identifier(name + 1, size - 1))
        buf_put(out, name, size);
    else
        print_name(name, size, out);
}

static void print_compound(const dm_terms *t, dm_term id, buf *out)
{
    const char *word = formula(t, id);
    if (word) {
        print_formula(t, id, word, out);
        return;
    }
    print_functor(t, id, out);
    const dm_term *args = terms_args(t, id);
    for (uint32_t i = 0; i < terms_arity(t, id); i++) {
        buf_puts(out, i ? ", " : "(");
        print(t, args[i], out);
    }
    buf_puts(out, ")");
}

static void print(const dm_terms *t, dm_term id, buf *out)
{
    size_t size;
    const char *text;
    if (out->failed)
        return;
    switch (terms_kind(t, id)) {
    case TERM_SYMBOL:
        text = terms_text(t, id, &size);
        print_name(text, size, out);
        break;
    case TERM_INT:
        buf_printf(out, "%" PRId64, terms_get_int(t, id));
        break;
    case TERM_FLOAT:
        print_float(terms_get_float(t, id), out);
        break;
    case TERM_DATE:
        print_day(terms_get_date(t, id), out);
        break;
    case TERM_INTERVAL:
        print_interval(t, id, out);
        break;
    case TERM_COMPOUND:
        print_compound(t, id, out);
        break;
    }
}

bool term_print(const dm_terms *t, dm_term id, buf *out)
{
    print(t, id, out);
    return !out->failed;
}

bool cell_print(const dm_terms *t, dm_type type, dm_cell cell, buf *out)
{
    if (type == DM_INT)
        buf_printf(out, "%" PRId64, cell_get_int(cell));
    else if (type == DM_FLOAT)
        print_float(cell_get_float(cell), out);
    else if (type == DM_DATE)
        print_day((int32_t)cell_get_int(cell), out);
    else
        print(t, (dm_term)cell, out);
    return !out->failed;
}
