/* system.c - the system relations of a view: claims, sources, questions.
 *
 * Purpose: give rules the whole of what was said (columns: dragoman.h,
 * dm_input).
 * Representation: a table of relations, each with the kind of statement that
 * it is made from, the types of its columns as letters, and a function that
 * makes the rows of one statement; `emit` checks and converts them to the
 * types the program declared.
 * Invariants: only visible statements are read; a date that is uncertain or
 * approximate is refused where it would be read; what is absent is `none`.
 * Cost: a pass over the view's statements for each relation. */
#include "kb/inputs.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { MOST_COLUMNS = 17 };

typedef struct emitter emitter;

typedef struct system_relation {
    const char *name;
    int kind;             /* of the statements; 0: made once, from none */
    uint32_t ncolumns;
    const char *types;    /* s symbol, t term, d date, i int */
    dm_status (*make)(emitter *e, const dm_statement *s);
} system_relation;

struct emitter {
    making *m;
    input *in;
    const system_relation *relation;
    dm_error *err;
    dm_term none;
};

/* ---- rows --------------------------------------------------------------- */

static dm_type type_of_letter(char letter)
{
    switch (letter) {
    case 's': return DM_SYMBOL;
    case 'd': return DM_DATE;
    case 'i': return DM_INT;
    default: return DM_TERM;
    }
}

static dm_status term_failure(emitter *e, dm_status st)
{
    return st == DM_NOMEM ? error_nomem(e->err)
                          : error_set(e->err, st, "too many terms");
}

static dm_status symbol(emitter *e, const char *text, size_t size,
                        dm_cell *out)
{
    dm_term term = 0;
    dm_status st = terms_symbol(e->m->view->terms, text, size, &term);
    *out = term;
    return st == DM_OK ? DM_OK : term_failure(e, st);
}

/* A number where a symbol is wanted (credibility 2) becomes its digits. */
static dm_status as_symbol(emitter *e, dm_cell *cell)
{
    char digits[24];
    const dm_terms *t = e->m->view->terms;
    if (terms_kind(t, (dm_term)*cell) != TERM_INT)
        return DM_OK;
    int n = snprintf(digits, sizeof digits, "%lld",
                     (long long)terms_get_int(t, (dm_term)*cell));
    return symbol(e, digits, (size_t)n, cell);
}

static dm_status bad_value(emitter *e, const dm_statement *s, uint32_t column)
{
    return statement_fail(e->err, DM_INVALID, e->m->view->terms, s,
                          "a value of %s is of another type than its column "
                          "%u", e->relation->name, column + 1);
}

/* A row of the relation's own types, made from `s` (NULL: from none). */
static dm_status emit(emitter *e, dm_cell *cells, const dm_statement *s)
{
    dm_terms *t = e->m->view->terms;
    dm_cell row[MOST_COLUMNS] = {0};
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < e->in->decl->arity; i++) {
        dm_type from = type_of_letter(e->relation->types[i]);
        dm_type to = e->in->decl->columns[i].type;
        if (from == DM_SYMBOL) {
            TRY(as_symbol(e, &cells[i]), end);
            if (terms_kind(t, (dm_term)cells[i]) != TERM_SYMBOL)
                return bad_value(e, s, i);
            from = to == DM_SYMBOL ? DM_SYMBOL : DM_TERM;
        }
        if (!cell_convert(t, from, cells[i], to, &row[i], &st))
            return st != DM_OK ? term_failure(e, st) : bad_value(e, s, i);
    }
    st = input_put(e->in, row, s != NULL ? s->serial : 0, e->err);
end:
    return st;
}

/* ---- fields ------------------------------------------------------------- */

static dm_cell term_or_none(const emitter *e, const dm_statement *s,
                            uint32_t tag)
{
    dm_term term = statement_term(s, tag);
    return term != 0 ? term : e->none;
}

/* The first text there is under one of the tags (up to a 0). */
static dm_status text_or_none(emitter *e, const dm_statement *s,
                              const uint32_t *tags, dm_cell *out)
{
    *out = e->none;
    for (; *tags != 0; tags++) {
        const dm_field *f = statement_field(s, *tags);
        if (f != NULL && f->type == DM_FIELD_BYTES)
            return symbol(e, f->bytes, f->size, out);
    }
    return DM_OK;
}

static dm_cell day_or(const dm_statement *s, uint32_t tag, int32_t otherwise)
{
    dm_date date;
    return cell_int(statement_date(s, tag, &date) ? date.latest : otherwise);
}

/* Refuse a statement with an uncertain date under one of the tags. */
static dm_status check_dates(emitter *e, const dm_statement *s,
                             const uint32_t *tags)
{
    if (!statement_vague(s, tags))
        return DM_OK;
    return statement_fail(e->err, DM_UNSUPPORTED, e->m->view->terms, s,
                          "a date here is uncertain or approximate, which is "
                          "kept but can't be evaluated yet; give a plain day "
                          "or month");
}

/* One row (id, value) for each value under the tag. */
static dm_status emit_each(emitter *e, const dm_statement *s, uint32_t tag)
{
    dm_status st = DM_OK;
    const dm_field *f = statement_field(s, tag);
    for (; st == DM_OK && f != NULL; f = statement_next(s, f)) {
        dm_cell row[] = {term_or_none(e, s, DM_TAG_ID), f->term};
        st = emit(e, row, s);
    }
    return st;
}

/* ---- claims ------------------------------------------------------------- */

/* Whose word it is in the end: the last of the chain, else the body. */
static dm_cell origin_of(const dm_statement *s, dm_cell body)
{
    dm_term origin = statement_term(s, DM_TAG_ORIGIN);
    const dm_field *f = statement_field(s, DM_TAG_CHAIN);
    dm_cell last = body;
    for (; f != NULL; f = statement_next(s, f))
        last = f->term;
    return origin != 0 ? origin : last;
}

/* The claim's own grade, else its source's. */
static dm_cell reliability_of(const emitter *e, const dm_statement *s)
{
    dm_term own = statement_term(s, DM_TAG_RELIABILITY);
    const view_source *source = view_source_of(e->m->view, s);
    if (own != 0 || source == NULL)
        return own != 0 ? own : e->none;
    return term_or_none(e, source->statement, DM_TAG_RELIABILITY);
}

/* The day by which the claim was made, on which what it says begins, too,
 * unless it says when. */
static dm_status check_claim(emitter *e, const dm_statement *s)
{
    static const uint32_t own[] = {DM_TAG_ON, DM_TAG_FROM, DM_TAG_TO,
                                   DM_TAG_SAID, 0};
    static const uint32_t of_source[] = {DM_TAG_PUBLISHED, 0};
    const view_source *source = view_source_of(e->m->view, s);
    dm_status st = check_dates(e, s, own);
    if (st == DM_OK && source != NULL
        && statement_field(s, DM_TAG_SAID) == NULL)
        st = check_dates(e, source->statement, of_source);
    return st;
}

static dm_status make_claim(emitter *e, const dm_statement *s)
{
    bool negative = statement_int(s, DM_TAG_SIGN, 1) < 0;
    int32_t said = view_said(e->m->view, s);
    validity when = statement_validity(s);
    dm_cell speaker = term_or_none(e, s, DM_TAG_SPEAKER);
    dm_cell body = statement_term(s, DM_TAG_BODY);
    dm_cell sign = 0;
    dm_status st = check_claim(e, s);
    if (st == DM_OK)
        st = symbol(e, negative ? "neg" : "pos", 3, &sign);
    if (st != DM_OK)
        return st;
    body = body != 0 ? body : speaker;
    dm_cell row[] = {
        term_or_none(e, s, DM_TAG_ID),
        term_or_none(e, s, DM_TAG_SOURCE),
        speaker,
        body,
        origin_of(s, body),
        term_or_none(e, s, DM_TAG_ACT),
        term_or_none(e, s, DM_TAG_CONTENT),
        term_or_none(e, s, DM_TAG_ATOM),
        sign,
        term_or_none(e, s, DM_TAG_HEDGE),
        cell_int(said),
        cell_int(when.begin != DM_DAY_MIN ? when.begin : said),
        cell_int(when.end),
        term_or_none(e, s, DM_TAG_VIA),
        cell_int(statement_int(s, DM_TAG_PARA, 0)),
        reliability_of(e, s),
        term_or_none(e, s, DM_TAG_CREDIBILITY),
    };
    _Static_assert(sizeof row / sizeof *row == MOST_COLUMNS, "dragoman.h");
    return emit(e, row, s);
}

static dm_status make_condition(emitter *e, const dm_statement *s)
{
    static const struct {
        uint32_t tag;
        const char *name;
    } modes[] = {{DM_TAG_IF, "if"}, {DM_TAG_ONLY_IF, "only_if"},
                 {DM_TAG_UNTIL, "until"}};
    dm_status st = DM_OK;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const dm_field *f = statement_field(s, modes[i].tag);
        for (; f != NULL; f = statement_next(s, f)) {
            dm_cell row[] = {term_or_none(e, s, DM_TAG_ID), 0, f->term};
            TRY(symbol(e, modes[i].name, strlen(modes[i].name), &row[1]),
                end);
            TRY(emit(e, row, s), end);
        }
    }
end:
    return st;
}

static dm_status make_from(emitter *e, const dm_statement *s)
{
    dm_status st = DM_OK;
    int64_t position = 0;
    const dm_field *f = statement_field(s, DM_TAG_CHAIN);
    for (; st == DM_OK && f != NULL; f = statement_next(s, f)) {
        dm_cell row[] = {term_or_none(e, s, DM_TAG_ID), cell_int(++position),
                         f->term};
        st = emit(e, row, s);
    }
    return st;
}

static dm_status make_after(emitter *e, const dm_statement *s)
{
    return emit_each(e, s, DM_TAG_AFTER);
}

static dm_status make_due(emitter *e, const dm_statement *s)
{
    static const uint32_t dates[] = {DM_TAG_BY, 0};
    dm_cell row[] = {term_or_none(e, s, DM_TAG_ID),
                     day_or(s, DM_TAG_BY, DM_DAY_MAX)};
    if (statement_field(s, DM_TAG_BY) == NULL)
        return DM_OK;
    dm_status st = check_dates(e, s, dates);
    return st == DM_OK ? emit(e, row, s) : st;
}

/* ---- sources, questions, names ------------------------------------------ */

static dm_status make_source(emitter *e, const dm_statement *s)
{
    static const uint32_t title[] = {DM_TAG_TITLE, 0};
    static const uint32_t publisher[] = {DM_TAG_PUBLISHER, 0};
    static const uint32_t dates[] = {DM_TAG_PUBLISHED, 0};
    dm_cell row[] = {term_or_none(e, s, DM_TAG_ID), 0, 0,
                     day_or(s, DM_TAG_PUBLISHED, DM_DAY_MIN),
                     term_or_none(e, s, DM_TAG_RELIABILITY)};
    dm_status st = check_dates(e, s, dates);
    if (st == DM_OK)
        st = text_or_none(e, s, title, &row[1]);
    if (st == DM_OK)
        st = text_or_none(e, s, publisher, &row[2]);
    return st == DM_OK ? emit(e, row, s) : st;
}

static dm_status make_question(emitter *e, const dm_statement *s)
{
    static const uint32_t text[] = {DM_TAG_TITLE, DM_TAG_LABEL, DM_TAG_DOC,
                                    0};
    static const uint32_t resolves[] = {DM_TAG_RESOLVES, 0};
    static const uint32_t dates[] = {DM_TAG_BY, 0};
    dm_cell row[] = {term_or_none(e, s, DM_TAG_ID), 0,
                     term_or_none(e, s, DM_TAG_PROCESS),
                     day_or(s, DM_TAG_BY, DM_DAY_MAX), 0};
    dm_status st = check_dates(e, s, dates);
    if (st == DM_OK)
        st = text_or_none(e, s, text, &row[1]);
    if (st == DM_OK)
        st = text_or_none(e, s, resolves, &row[4]);
    return st == DM_OK ? emit(e, row, s) : st;
}

static dm_status make_option(emitter *e, const dm_statement *s)
{
    return emit_each(e, s, DM_TAG_OPTION);
}

/* An entity is a fact with a label, of which it is the first argument. */
static dm_status make_label(emitter *e, const dm_statement *s)
{
    static const uint32_t label[] = {DM_TAG_LABEL, 0};
    dm_cell row[] = {statement_term(s, DM_TAG_ARG), 0};
    if (statement_field(s, DM_TAG_LABEL) == NULL || row[0] == 0)
        return DM_OK;
    dm_status st = text_or_none(e, s, label, &row[1]);
    return st == DM_OK ? emit(e, row, s) : st;
}

static dm_status make_today(emitter *e, const dm_statement *s)
{
    dm_cell row[] = {cell_int(e->m->view->at)};
    return emit(e, row, s);
}

static dm_status make_known_until(emitter *e, const dm_statement *s)
{
    dm_cell row[] = {cell_int(e->m->view->known_by)};
    return emit(e, row, s);
}

/* ---- the table ---------------------------------------------------------- */

static const system_relation relations[] = {
    {"claim", DM_CLAIM, 17, "ssssssttssdddsiss", make_claim},
    {"claim_condition", DM_CLAIM, 3, "sst", make_condition},
    {"claim_from", DM_CLAIM, 3, "sis", make_from},
    {"claim_after", DM_CLAIM, 2, "ss", make_after},
    {"claim_due", DM_CLAIM, 2, "sd", make_due},
    {"source_info", DM_SOURCE, 5, "sssds", make_source},
    {"question", DM_QUESTION, 5, "sssds", make_question},
    {"question_option", DM_QUESTION, 2, "ss", make_option},
    {"label", DM_FACT, 2, "ss", make_label},
    {"today", 0, 1, "d", make_today},
    {"known_until", 0, 1, "d", make_known_until},
};

static const system_relation *find_relation(const char *name)
{
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++)
        if (strcmp(relations[i].name, name) == 0)
            return &relations[i];
    return NULL;
}

/* A column may be declared of its type, or hold it as a term. */
static dm_status check_columns(const system_relation *r,
                               const dm_relation *decl, dm_error *err)
{
    if (decl->arity > r->ncolumns)
        return error_set(err, DM_INVALID,
                         "the system relation %s has %u columns, not %u",
                         r->name, r->ncolumns, decl->arity);
    for (uint32_t i = 0; i < decl->arity; i++) {
        dm_type wanted = type_of_letter(r->types[i]);
        dm_type type = decl->columns[i].type;
        if (type != wanted && type != DM_TERM && type != DM_ANY)
            return error_set(err, DM_INVALID, "column %u of the system "
                             "relation %s has another type here", i + 1,
                             r->name);
    }
    return DM_OK;
}

static dm_status make_all(emitter *e)
{
    const entry_vec *entries = &e->m->view->entries;
    dm_status st = DM_OK;
    if (e->relation->kind == 0)
        return e->relation->make(e, NULL);
    for (size_t i = 0; st == DM_OK && i < entries->len; i++) {
        const view_entry *entry = &entries->at[i];
        if (entry->hidden == DM_VISIBLE
            && (int)entry->statement->kind == e->relation->kind)
            st = e->relation->make(e, entry->statement);
    }
    return st;
}

dm_status system_fill(making *m, input *in, dm_error *err)
{
    const char *name = in->decl->of != NULL ? in->decl->of : in->decl->name;
    const system_relation *r = find_relation(name);
    if (r == NULL)
        return error_set(err, DM_INVALID, "there is no system relation %s",
                         name);
    emitter e = {.m = m, .in = in, .relation = r, .err = err};
    dm_cell none = 0;
    dm_status st = check_columns(r, in->decl, err);
    if (st == DM_OK)
        st = symbol(&e, "none", 4, &none);
    e.none = (dm_term)none;
    return st == DM_OK ? make_all(&e) : st;
}
