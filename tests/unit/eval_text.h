/* eval_text.h - evaluations for C tests: rules and rows as text.
 *
 *     struct model m;
 *     model_open(&m, "edge(x: int, y: int)", NULL);
 *     model_rules(&m, "path(X, Y) if edge(X, Y).", NULL);
 *     model_check(&m);
 *     model_put(&m, "edge", DM_TRUE, "1 2;2 3");
 *     model_run(&m);
 *     is_str(model_rows(&m, "path", DM_TRUE), "1 2; 2 3", "path");
 *     model_close(&m);
 *
 * Rows are written cells apart by spaces, rows by ";", and read sorted as
 * text.  A cell is read by its column's type: an int, a float, else a symbol.
 */
#ifndef TESTS_EVAL_TEXT_H
#define TESTS_EVAL_TEXT_H

#include "eval/eval.h"
#include "program_text.h"
#include "tap.h"

struct model {
    struct text_program text;
    dm_eval *eval;
    eval_options options;
    dm_error error;
    char rows[20000];
};

/* `declared` relations until NULL, all inputs. */
__attribute__((unused))
static void model_open(struct model *m, const char *declared, ...)
{
    va_list args;
    memset(m, 0, sizeof *m);
    text_open(&m->text);
    va_start(args, declared);
    for (; declared; declared = va_arg(args, const char *))
        text_relation(&m->text, declared, DM_INPUT_FACTS);
    va_end(args);
}

__attribute__((unused))
static void model_rules(struct model *m, const char *rule, ...)
{
    va_list args;
    va_start(args, rule);
    for (; rule; rule = va_arg(args, const char *))
        text_rule(&m->text, rule);
    va_end(args);
}

__attribute__((unused))
static void model_check(struct model *m)
{
    if (dm_program_check(m->text.program, &m->error) != DM_OK) {
        diag("%s: %s", m->error.text, text_diagnostics(&m->text));
        abort();
    }
    if (eval_new(m->text.program, m->text.terms, &m->options, &m->eval,
                 &m->error) != DM_OK)
        abort();
}

__attribute__((unused))
static uint32_t model_find(const struct model *m, const char *relation)
{
    uint32_t i;
    if (!dm_program_find_relation(m->text.program, relation, &i)) {
        diag("no relation %s", relation);
        abort();
    }
    return i;
}

__attribute__((unused))
static dm_cell model_cell(struct model *m, dm_type type, const char *text)
{
    dm_term term;
    bool number = isdigit((unsigned char)*text) || *text == '-';
    if (type == DM_INT)
        return cell_int(strtoll(text, NULL, 10));
    if (type == DM_FLOAT)
        return cell_float(strtod(text, NULL));
    dm_status st = type == DM_TERM && number && strchr(text, '.')
                   ? terms_float(m->text.terms, strtod(text, NULL), &term)
                   : type == DM_TERM && number
                   ? terms_int(m->text.terms, strtoll(text, NULL, 10), &term)
                   : terms_symbol(m->text.terms, text, strlen(text), &term);
    if (st != DM_OK)
        abort();
    return term;
}

/* A row's cells from text like "1 2 a". */
__attribute__((unused))
static void model_row(struct model *m, const char *relation,
                      const char *text, dm_cell *cells)
{
    const dm_relation *r = dm_program_get_relation(
        m->text.program, model_find(m, relation));
    char copy[1000], *save = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    char *word = strtok_r(copy, " ", &save);
    for (uint32_t i = 0; i < r->arity && word; i++) {
        cells[i] = model_cell(m, r->columns[i].type, word);
        word = strtok_r(NULL, " ", &save);
    }
}

__attribute__((unused))
static void model_put(struct model *m, const char *relation, dm_truth truth,
                      const char *rows)
{
    char copy[4000], *save = NULL;
    snprintf(copy, sizeof copy, "%s", rows);
    for (char *row = strtok_r(copy, ";", &save); row;
         row = strtok_r(NULL, ";", &save)) {
        dm_cell cells[64];
        model_row(m, relation, row, cells);
        if (eval_add(m->eval, model_find(m, relation), cells, 1, truth,
                     &m->error) != DM_OK)
            abort();
    }
}

__attribute__((unused))
static dm_status model_run(struct model *m)
{
    dm_status st = eval_run(m->eval, &m->error);
    if (st != DM_OK)
        diag("%s", m->error.text);
    return st;
}

static int model_by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct model_rows_of {
    dm_truth truth;
    eval_row *rows;
    size_t n;
};

static bool model_note_row(void *context, eval_row row)
{
    struct model_rows_of *of = context;
    if (row.truth == of->truth)
        of->rows[of->n++] = row;
    return true;
}

__attribute__((unused))
static const char *model_rows(struct model *m, const char *relation,
                              dm_truth truth)
{
    uint32_t rel = model_find(m, relation);
    const dm_relation *r = dm_program_get_relation(m->text.program, rel);
    size_t n = eval_count(m->eval, rel, truth), at = 0;
    char **lines = calloc(n + 1, sizeof *lines);
    struct model_rows_of of = {truth, calloc(n + 1, sizeof(eval_row)), 0};
    if (eval_match(m->eval, rel, 0, NULL, model_note_row, &of, NULL) != DM_OK
        || of.n != n)
        abort();
    for (size_t i = 0; i < n; i++) {
        buf b = {0};
        const dm_cell *cells = eval_cells(m->eval, of.rows[i]);
        for (uint32_t c = 0; c < r->arity; c++) {
            buf_puts(&b, c ? " " : "");
            cell_print(m->text.terms, r->columns[c].type, cells[c], &b);
        }
        lines[i] = b.at ? b.at : mem_strdup("", 0);
    }
    qsort(lines, n, sizeof *lines, model_by_text);
    m->rows[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(m->rows + at, sizeof m->rows - at, "%s%s",
                               i ? "; " : "", lines[i]);
        if (at >= sizeof m->rows)
            abort();
        mem_free(lines[i]);
    }
    free(lines);
    free(of.rows);
    return m->rows;
}

__attribute__((unused))
static void model_close(struct model *m)
{
    eval_free(m->eval);
    text_close(&m->text);
}

#endif
