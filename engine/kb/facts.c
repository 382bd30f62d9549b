/* facts.c - the stored rows of a relation that hold at a view's date.
 *
 * Purpose: DM_INPUT_FACTS and DM_INPUT_BEGUN (dragoman.h).
 * Method: the facts that have begun are gathered, converted to the program's
 * column types; for a keyed state the latest beginning of each key is found,
 * of all its values and of those that have ended since; then each fact is put
 * in that holds.  Of a keyed state the values that began last hold; when they
 * have ended none does, an earlier one doesn't come back.  BEGUN leaves
 * superseding to the rules, but drops what an ended value superseded, since
 * the rules don't see that one.  Imports and table files are undated.
 * Invariants: a fact is looked at only if the program reads its relation, so
 * that what can't be evaluated yet is refused only where it matters.
 * Of imports only the rows are put in that the program looks at
 * (dm_program_selection): a bound first column is looked up in the store.
 * Cost: a row of each fact in an arena; bulk rows stream, in batches. */
#include "kb/inputs.h"

#include "base/error.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A fact that has begun. */
typedef struct begun {
    const dm_statement *statement;
    validity when;
    uint32_t key; /* index into `states` */
    dm_cell *row; /* without the day it began */
} begun;

/* The latest days on which a value of a key began; none: DM_DAY_MIN. */
typedef struct key_state {
    int32_t latest;
    int32_t latest_ended; /* of the values that have ended */
} key_state;

typedef struct filling {
    making *m;
    input *in;
    const char *name;    /* of the stored relation */
    uint32_t arity;      /* without the day it began */
    bool with_begin;
    dm_relation_kind kind;
    const uint32_t *key; /* of a keyed state */
    uint32_t nkey;       /* 0: no superseding */
    arena memory;
    VEC(begun) facts;
    rowset keys;
    VEC(key_state) states;
    /* bulk rows */
    const dm_statement *import; /* NULL: a table file */
    const dm_type *types;
    uint64_t select;     /* columns in which only `selected` matters */
    const dm_cell *selected;
    dm_cell *batch;
    size_t room; /* rows in `batch` */
    dm_cell key_cells[64];
} filling;

/* ---- types -------------------------------------------------------------- */

static const char *type_text(dm_type type)
{
    switch (type) {
    case DM_SYMBOL: return "a symbol";
    case DM_INT: return "an integer";
    case DM_FLOAT: return "a number";
    case DM_DATE: return "a date";
    case DM_INTERVAL: return "an interval";
    case DM_ANY:
    case DM_TERM: break;
    }
    return "a term";
}

static bool is_term(dm_type type)
{
    return type == DM_TERM || type == DM_ANY;
}

/* Can any cell of the one type be one of the other? */
static bool convertible(dm_type from, dm_type to)
{
    return from == to || is_term(from) || is_term(to)
           || (from == DM_INT && to == DM_FLOAT);
}

bool cell_convert(dm_terms *terms, dm_type from, dm_cell cell, dm_type to,
                  dm_cell *out, dm_status *status)
{
    dm_term term = 0;
    *status = DM_OK;
    if (from == to || (is_term(from) && is_term(to))) {
        *out = cell;
        return true;
    }
    if (is_term(from))
        return term_to_cell(terms, (dm_term)cell, to, out);
    if (is_term(to)) {
        *status = cell_to_term(terms, from, cell, &term);
        *out = term;
        return *status == DM_OK;
    }
    if (from != DM_INT || to != DM_FLOAT)
        return false;
    *out = cell_float((double)cell_get_int(cell));
    return true;
}

static dm_status term_failure(dm_status st, dm_error *err)
{
    return st == DM_NOMEM ? error_nomem(err)
                          : error_set(err, st, "too many terms");
}

/* ---- one fact ----------------------------------------------------------- */

static dm_status bad_argument(const filling *f, const dm_statement *s,
                              uint32_t i, dm_term term, dm_error *err)
{
    buf text = {0};
    const dm_terms *terms = f->m->view->terms;
    term_print(terms, term, &text);
    dm_status st = statement_fail(
        err, DM_INVALID, terms, s,
        "argument %u of %s is %s here, and not %.200s", i + 1, f->name,
        type_text(f->in->decl->columns[i].type),
        text.failed || text.len == 0 ? "?" : text.at);
    buf_free(&text);
    return st;
}

static dm_status bad_arity(const filling *f, const dm_statement *s,
                           uint32_t n, dm_error *err)
{
    return statement_fail(err, DM_INVALID, f->m->view->terms, s,
                          "%s has %u argument%s here, and %u where it is used",
                          f->name, n, n == 1 ? "" : "s", f->arity);
}

static dm_status convert_args(const filling *f, const dm_statement *s,
                              dm_cell *row, dm_error *err)
{
    uint32_t n = 0;
    for (const dm_field *a = statement_field(s, DM_TAG_ARG); a != NULL;
         a = statement_next(s, a), n++) {
        if (n >= f->arity)
            continue; /* counted for the message */
        if (!term_to_cell(f->m->view->terms, a->term,
                          f->in->decl->columns[n].type, &row[n]))
            return bad_argument(f, s, n, a->term, err);
    }
    return n == f->arity ? DM_OK : bad_arity(f, s, n, err);
}

/* What a later version gives its meaning. */
static dm_status check_supported(const filling *f, const dm_statement *s,
                                 validity when, dm_error *err)
{
    const dm_terms *terms = f->m->view->terms;
    if (statement_field(s, DM_TAG_PROBABILITY) != NULL)
        return statement_fail(
            err, DM_UNSUPPORTED, terms, s, "the probability of this %s is "
            "kept but can't be evaluated yet; leave out `P ::` to state it as "
            "a fact", s->kind == DM_JUDGEMENT ? "judgement" : "fact");
    if (when.vague)
        return statement_fail(
            err, DM_UNSUPPORTED, terms, s, "the date of this %s is uncertain "
            "or approximate, which is kept but can't be evaluated yet; give a "
            "plain day or month",
            s->kind == DM_JUDGEMENT ? "judgement" : "fact");
    return DM_OK;
}

static dm_status open_begin(const filling *f, const dm_statement *s,
                            dm_error *err)
{
    char day[16];
    buf atom = {0};
    const dm_terms *terms = f->m->view->terms;
    date_format(f->m->view->at, day);
    statement_atom(terms, s, &atom);
    dm_status st = statement_fail(
        err, DM_UNSUPPORTED, terms, s, "whether %.200s has begun by %s is "
        "open, since its date is no plain day; such dates can't be evaluated "
        "yet: give the day, or read at another date",
        atom.failed || atom.len == 0 ? "it" : atom.at, day);
    buf_free(&atom);
    return st;
}

/* ---- keys --------------------------------------------------------------- */

/* The number of the row's key, if it is there already; adds it if asked. */
static dm_status find_key(filling *f, const dm_cell *row, bool add,
                          uint32_t *out, dm_error *err)
{
    bool fresh = false;
    for (uint32_t i = 0; i < f->nkey; i++)
        f->key_cells[i] = row[f->key[i]];
    if (!add) {
        *out = rowset_find(&f->keys, f->key_cells);
        return DM_OK;
    }
    dm_status st = rowset_put(&f->keys, f->key_cells, out, &fresh);
    key_state none = {DM_DAY_MIN, DM_DAY_MIN};
    if (st == DM_OK && fresh && !vec_push(&f->states, none))
        st = DM_NOMEM;
    if (st != DM_OK)
        return st == DM_NOMEM
                   ? error_nomem(err)
                   : error_set(err, st, "too many rows in %s", f->name);
    assert(*out < f->states.len);
    return DM_OK;
}

static bool has_ended(const filling *f, validity when)
{
    return when.end < f->m->view->at;
}

static dm_status note_key(filling *f, begun *b, dm_error *err)
{
    dm_status st = find_key(f, b->row, true, &b->key, err);
    if (st != DM_OK)
        return st;
    key_state *state = &f->states.at[b->key];
    if (b->when.begin > state->latest)
        state->latest = b->when.begin;
    if (has_ended(f, b->when) && b->when.begin > state->latest_ended)
        state->latest_ended = b->when.begin;
    return DM_OK;
}

/* ---- the facts ---------------------------------------------------------- */

static dm_status take_fact(filling *f, const dm_statement *s, dm_error *err)
{
    begun b = {.statement = s, .when = statement_validity(s)};
    int32_t at = f->m->view->at;
    dm_status st = check_supported(f, s, b.when, err);
    if (st != DM_OK)
        return st;
    b.row = arena_alloc(&f->memory, (f->arity + (size_t)1) * sizeof *b.row);
    if (b.row == NULL)
        return error_nomem(err);
    st = convert_args(f, s, b.row, err);
    if (st != DM_OK || at < b.when.earliest)
        return st;
    if (at < b.when.begin)
        return open_begin(f, s, err);
    if (f->nkey > 0)
        st = note_key(f, &b, err);
    if (st == DM_OK && !vec_push(&f->facts, b))
        st = error_nomem(err);
    return st;
}

static bool holds(const filling *f, const begun *b)
{
    if (f->kind == DM_EVENT)
        return true;
    if (has_ended(f, b->when))
        return false;
    if (f->nkey == 0)
        return true;
    const key_state *state = &f->states.at[b->key];
    return f->with_begin ? b->when.begin >= state->latest_ended
                         : b->when.begin == state->latest;
}

static dm_status put_facts(filling *f, dm_error *err)
{
    dm_status st = DM_OK;
    for (size_t i = 0; st == DM_OK && i < f->facts.len; i++) {
        const begun *b = &f->facts.at[i];
        if (f->with_begin)
            b->row[f->arity] = cell_int(b->when.begin);
        if (holds(f, b))
            st = input_put(f->in, b->row, b->statement->serial, err);
    }
    return st;
}

/* ---- bulk rows ---------------------------------------------------------- */

static dm_status bad_column(const filling *f, uint32_t i, dm_error *err)
{
    const char *format = "column %u of the imported %s is %s, and %s where it "
                         "is used";
    const char *is = type_text(f->types[i]);
    const char *used = type_text(f->in->decl->columns[i].type);
    char text[sizeof err->text];
    snprintf(text, sizeof text, format, i + 1, f->name, is, used);
    if (f->import == NULL)
        return error_set(err, DM_INVALID, "%.900s", text);
    return statement_fail(err, DM_INVALID, f->m->view->terms, f->import,
                          "%.600s", text);
}

static dm_status check_columns(const filling *f, dm_error *err)
{
    for (uint32_t i = 0; i < f->arity; i++)
        if (!convertible(f->types[i], f->in->decl->columns[i].type))
            return bad_column(f, i, err);
    return DM_OK;
}

/* Is the undated row superseded by a dated fact of its key? */
static bool is_superseded(filling *f, const dm_cell *row)
{
    uint32_t key = ROWSET_NONE;
    if (f->nkey == 0 || f->states.len == 0)
        return false;
    find_key(f, row, false, &key, NULL);
    if (key == ROWSET_NONE)
        return false;
    const key_state *state = &f->states.at[key];
    return (f->with_begin ? state->latest_ended : state->latest)
           != DM_DAY_MIN;
}

static dm_status convert_row(filling *f, const dm_cell *row, dm_cell *out,
                             dm_error *err)
{
    dm_status st = DM_OK;
    for (uint32_t i = 0; i < f->arity; i++) {
        if (cell_convert(f->m->view->terms, f->types[i], row[i],
                         f->in->decl->columns[i].type, &out[i], &st))
            continue;
        return st != DM_OK ? term_failure(st, err) : bad_column(f, i, err);
    }
    if (f->with_begin)
        out[f->arity] = cell_int(DM_DAY_MIN);
    return DM_OK;
}

static dm_status make_room(filling *f, size_t nrows, dm_error *err)
{
    size_t width = f->arity + (size_t)1;
    if (nrows <= f->room)
        return DM_OK;
    dm_cell *batch = mem_realloc(f->batch, nrows * width * sizeof *batch);
    if (batch == NULL)
        return error_nomem(err);
    f->batch = batch;
    f->room = nrows;
    return DM_OK;
}

static bool is_cancelled(const filling *f)
{
    return f->m->cancel != NULL
           && atomic_load_explicit(&f->m->cancel->asked,
                                   memory_order_relaxed);
}

/* At most BATCH rows: converted, those superseded left out. */
static dm_status add_rows(filling *f, const dm_cell *rows, size_t n,
                          dm_error *err)
{
    size_t width = f->in->decl->arity, kept = 0;
    dm_status st = make_room(f, n, err);
    for (size_t i = 0; st == DM_OK && i < n; i++) {
        dm_cell *out = f->batch + kept * width;
        st = convert_row(f, rows + i * f->arity, out, err);
        kept += st == DM_OK && !is_superseded(f, out);
    }
    if (st != DM_OK)
        return st;
    return input_put_rows(f->in, f->m, f->batch, kept,
                          f->import != NULL ? f->import->serial : 0, err);
}

static bool is_plain(const filling *f)
{
    for (uint32_t i = 0; i < f->arity; i++) {
        dm_type to = f->in->decl->columns[i].type;
        if (f->types[i] != to && !(is_term(f->types[i]) && is_term(to)))
            return false;
    }
    return !f->with_begin && f->states.len == 0;
}

static dm_status add_batch(void *context, const dm_cell *rows, size_t nrows,
                           dm_error *err)
{
    filling *f = context;
    bool plain = is_plain(f);
    dm_status st = DM_OK;
    for (size_t at = 0; st == DM_OK && at < nrows; at += BATCH) {
        size_t n = nrows - at < BATCH ? nrows - at : BATCH;
        const dm_cell *batch = rows + at * f->arity;
        if (is_cancelled(f))
            return error_set(err, DM_CANCELLED, "loading %s was stopped",
                             f->name);
        st = plain ? input_put_rows(f->in, f->m, batch, n, f->import != NULL
                                    ? f->import->serial : 0, err)
                   : add_rows(f, batch, n, err);
    }
    return st;
}

/* A store sorts the rows of an import and drops duplicates; an import in
 * memory, or converted (ints to floats), may have some. */
static bool is_distinct(const filling *f)
{
    return f->m->view->kb->store != NULL && is_plain(f);
}

/* The rows of an import as they come from the store, in one piece. */
static dm_status adopt_import(filling *f, uint64_t serial, dm_error *err)
{
    columns rows;
    columns_init(&rows, f->arity);
    dm_status st = kb_columns(f->m->view->kb, serial, &rows, err);
    if (st == DM_OK && is_cancelled(f))
        st = error_set(err, DM_CANCELLED, "loading %s was stopped", f->name);
    if (st == DM_OK)
        st = input_adopt(f->in, &rows, err);
    columns_free(&rows);
    return st;
}

/* Rows of which the program looks at some. */
static dm_status add_selected(void *context, const dm_cell *rows, size_t nrows,
                              dm_error *err)
{
    filling *f = context;
    dm_status st = DM_OK;
    for (size_t r = 0; r < nrows && st == DM_OK; r++) {
        const dm_cell *row = rows + r * f->arity;
        bool wanted = true;
        for (uint32_t i = 0; i < f->arity && wanted; i++)
            wanted = !(f->select >> i & 1) || row[i] == f->selected[i];
        if (wanted)
            st = add_batch(f, row, 1, err);
    }
    return st;
}

/* The rows that agree with what is selected, in the columns that are stored as
 * the program has them; the first ones of these are looked up. */
static dm_status put_selected(filling *f, uint64_t serial, dm_error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->arity; i++)
        if (f->types[i] != f->in->decl->columns[i].type)
            f->select &= ~(UINT64_C(1) << i);
    while (n < f->arity && (f->select >> n & 1))
        n++;
    if (n > 0)
        return kb_rows_match(f->m->view->kb, serial, f->selected, n,
                             add_selected, f, err);
    return kb_rows(f->m->view->kb, serial, f->select ? add_selected
                                                     : add_batch, f, err);
}

static dm_status put_import(filling *f, const dm_statement *s, dm_error *err)
{
    dm_type types[64];
    uint32_t arity = 0;
    dm_kb *kb = f->m->view->kb;
    dm_status st = kb_row_types(kb, s->serial, &arity, types, err);
    if (st != DM_OK)
        return st;
    f->import = s;
    f->types = types;
    if (arity == 0 && dm_kb_find(kb, s->serial) == NULL)
        return statement_fail(err, DM_NOT_FOUND, f->m->view->terms, s,
                              "the rows of %s were retracted after this view "
                              "was opened", f->name);
    if (arity != f->arity)
        return arity == 0 ? DM_OK : bad_arity(f, s, arity, err);
    TRY(check_columns(f, err), end);
    TRY(input_begin_range(f->in, f->m, s->serial, is_distinct(f), err), end);
    f->select = dm_program_selection(eval_program(f->m->eval),
                                     f->in->relation, &f->selected);
    if (f->select != 0)
        st = put_selected(f, s->serial, err);
    else
        st = is_distinct(f) && input_is_empty(f->in)
             ? adopt_import(f, s->serial, err)
             : kb_rows(kb, s->serial, add_batch, f, err);
end:
    return st;
}

static const char *stored_name(const dm_relation *decl)
{
    return decl->of != NULL ? decl->of : decl->name;
}

/* Will a relation that is filled later read the same rows? */
static bool read_again(const filling *f)
{
    const dm_program *p = eval_program(f->m->eval);
    for (uint32_t i = f->in->relation + 1; i < dm_program_nrelations(p); i++) {
        const dm_relation *decl = dm_program_get_relation(p, i);
        if (decl->input != DM_INPUT_NONE && decl->input != DM_INPUT_SYSTEM
            && strcmp(stored_name(decl), f->name) == 0)
            return true;
    }
    return false;
}

static dm_status add_columns(filling *f, const columns *rows, dm_error *err)
{
    dm_cell *batch = mem_alloc(BATCH * (rows->arity + (size_t)1)
                               * sizeof *batch);
    dm_status st = batch != NULL ? DM_OK : error_nomem(err);
    for (size_t at = 0; st == DM_OK && at < rows->nrows; at += BATCH) {
        size_t n = rows->nrows - at < BATCH ? rows->nrows - at : BATCH;
        columns_rows(rows, at, n, batch);
        st = add_batch(f, batch, n, err);
    }
    mem_free(batch);
    return st;
}

/* Put in the rows of a table: handed over, if nobody else is to read them. */
static dm_status put_rows(filling *f, view_table *t, dm_error *err)
{
    bool give = t->once && !read_again(f);
    dm_status st;
    if (give && is_plain(f))
        st = eval_take_columns(f->m->eval, f->in->relation, &t->rows, false,
                               err);
    else
        st = add_columns(f, &t->rows, err);
    if (st == DM_OK && give) {
        columns_free(&t->rows);
        t->gone = true;
    }
    return st;
}

static dm_status put_table(filling *f, view_table *t, dm_error *err)
{
    if (t->gone)
        return error_set(err, DM_INVALID, "the rows of %s were read for one "
                         "evaluation, and it has been made", f->name);
    f->import = NULL;
    f->types = t->types;
    if (t->rows.arity != f->arity)
        return error_set(err, DM_INVALID, "the table of %s has %u columns, "
                         "and the relation %u where it is used", f->name,
                         t->rows.arity, f->arity);
    dm_status st = check_columns(f, err);
    if (st == DM_OK)
        st = input_begin_range(f->in, f->m, 0, false, err);
    return st == DM_OK ? put_rows(f, t, err) : st;
}

static dm_status put_tables(filling *f, dm_error *err)
{
    dm_view *v = f->m->view;
    dm_status st = input_send(f->in, f->m, err);
    for (size_t i = 0; st == DM_OK && i < v->tables.len; i++)
        if (strcmp(v->tables.at[i].relation, f->name) == 0)
            st = put_table(f, &v->tables.at[i], err);
    return st;
}

/* ---- the whole ---------------------------------------------------------- */

/* Only the values of a keyed state supersede each other. */
static void set_key(filling *f)
{
    const dm_relation *decl = f->in->decl;
    if (f->kind != DM_STATE || decl->key == NULL)
        return;
    f->key = decl->key;
    f->nkey = decl->nkey;
}

static dm_status fill(filling *f, dm_error *err)
{
    size_t n;
    const indexed_fact *at = facts_of(f->m, f->name, &n);
    dm_status st = DM_OK;
    for (size_t i = 0; st == DM_OK && i < n; i++)
        if (at[i].statement->kind != DM_IMPORT)
            st = take_fact(f, at[i].statement, err);
    if (st == DM_OK)
        st = put_facts(f, err);
    for (size_t i = 0; st == DM_OK && i < n; i++)
        if (at[i].statement->kind == DM_IMPORT)
            st = put_import(f, at[i].statement, err);
    return st == DM_OK ? put_tables(f, err) : st;
}

dm_status facts_row(making *m, input *in, const dm_statement *s, dm_cell *row,
                    dm_error *err)
{
    const dm_relation *decl = in->decl;
    filling f = {.m = m, .in = in, .arity = decl->arity,
                 .name = decl->of != NULL ? decl->of : decl->name};
    return convert_args(&f, s, row, err);
}

dm_status facts_fill(making *m, input *in, dm_error *err)
{
    const dm_relation *decl = in->decl;
    filling f = {.m = m, .in = in, .kind = decl->kind,
                 .name = stored_name(decl),
                 .with_begin = decl->input == DM_INPUT_BEGUN};
    assert(decl->arity > 0 || !f.with_begin);
    f.arity = decl->arity - f.with_begin;
    set_key(&f);
    rowset_init(&f.keys, f.nkey);
    dm_status st = fill(&f, err);
    arena_free(&f.memory);
    vec_free(&f.facts);
    rowset_free(&f.keys);
    vec_free(&f.states);
    mem_free(f.batch);
    return st;
}
