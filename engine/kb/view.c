/* view.c - views: what was known by a date, read at a date, and supposed.
 *
 * Purpose: which statements a reader may see, each hidden one with its reason.
 * Representation: a snapshot of the base and a delta, the scenario; `entries`
 * holds the statements of both in that order, each with why it is hidden; the
 * sources that are stated, sorted by id, for their publication.
 * Invariants: all terms are of the view's overlay or its root, as it was when
 * the view was opened or last refreshed; entries and sources are right after every call.
 * Method: a statement is judged by its source, its own dates and its speaker;
 * then those that rest on claims, by the claims that are hidden, whatever hid
 * them.  A claim stated anew under the id of a hidden one counts as shown.
 * Cost: a pass over all statements when a view is opened; adding a fact to
 * the scenario is constant, adding or withdrawing what others may rest on is
 * another pass. */
#include "kb/kb_internal.h"

#include "base/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SERIAL (UINT64_C(1) << 63)

/* ---- sources ------------------------------------------------------------ */

static int compare_sources(const void *x, const void *y)
{
    const view_source *a = x, *b = y;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    uint64_t one = a->statement->serial, other = b->statement->serial;
    return (one > other) - (one < other);
}

/* Of several with one id, which stand in order of serial, the last. */
const view_source *view_find_source(const dm_view *v, dm_term id)
{
    size_t low = 0, high = v->known.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->known.at[middle].id <= id)
            low = middle + 1;
        else
            high = middle;
    }
    if (id == 0 || low == 0 || v->known.at[low - 1].id != id)
        return NULL;
    return &v->known.at[low - 1];
}

/* The id of the source that the statement is in, or is; 0: none. */
static dm_term source_id(const dm_statement *s)
{
    return statement_term(s, s->kind == DM_SOURCE ? DM_TAG_ID
                                                  : DM_TAG_SOURCE);
}

const view_source *view_source_of(const dm_view *v, const dm_statement *s)
{
    return view_find_source(v, source_id(s));
}

/* A month of `said` in which the source was published ends with the
 * publication: nobody can quote what is said later. */
int32_t view_said(const dm_view *v, const dm_statement *s)
{
    const view_source *source = view_source_of(v, s);
    int32_t published = source != NULL ? source->published : DM_DAY_MIN;
    dm_date said;
    if (!statement_date(s, DM_TAG_SAID, &said))
        return published;
    if (said.latest > published && said.earliest <= published)
        return published;
    return said.latest;
}

static dm_status gather_sources(dm_view *v, dm_error *err)
{
    v->known.len = 0;
    for (size_t i = 0; i < v->entries.len; i++) {
        const view_entry *e = &v->entries.at[i];
        if (e->statement->kind != DM_SOURCE
            || e->hidden == DM_HIDDEN_WITHDRAWN)
            continue;
        dm_date published = {.latest = DM_DAY_MIN};
        statement_date(e->statement, DM_TAG_PUBLISHED, &published);
        view_source source = {statement_term(e->statement, DM_TAG_ID),
                              e->statement, published.latest};
        if (!vec_push(&v->known, source))
            return error_nomem(err);
    }
    if (v->known.len > 1)
        qsort(v->known.at, v->known.len, sizeof *v->known.at,
              compare_sources);
    return DM_OK;
}

/* ---- why a statement is hidden ------------------------------------------ */

static int compare_terms(const void *x, const void *y)
{
    dm_term a = *(const dm_term *)x, b = *(const dm_term *)y;
    return (a > b) - (a < b);
}

static bool listed(const term_vec *list, dm_term id)
{
    return list->len > 0
           && bsearch(&id, list->at, list->len, sizeof id, compare_terms)
                  != NULL;
}

static bool is_later(const dm_view *v, const dm_statement *s)
{
    const view_source *source = view_source_of(v, s);
    dm_date made;
    if (source != NULL && source->published > v->known_by)
        return true;
    if (s->kind == DM_CLAIM)
        return view_said(v, s) > v->known_by;
    return s->kind == DM_JUDGEMENT
           && statement_field(s, DM_TAG_BECAUSE) == NULL
           && statement_date(s, DM_TAG_MADE, &made)
           && made.latest > v->known_by;
}

/* What hides a statement by itself. */
static dm_hidden hidden_itself(const dm_view *v, const dm_statement *s)
{
    dm_term source = source_id(s);
    if (is_later(v, s))
        return DM_HIDDEN_LATER;
    if (source != 0 && !v->all_sources && !listed(&v->sources, source))
        return DM_HIDDEN_SOURCE;
    if (s->kind == DM_CLAIM && !v->all_speakers
        && !listed(&v->speakers, statement_term(s, DM_TAG_SPEAKER))
        && !listed(&v->speakers, statement_term(s, DM_TAG_BODY)))
        return DM_HIDDEN_SPEAKER;
    return DM_VISIBLE;
}

/* The ids of the claims that are shown, or of those that are hidden. */
static dm_status claim_ids(const dm_view *v, bool shown, term_vec *out,
                           dm_error *err)
{
    for (size_t i = 0; i < v->entries.len; i++) {
        const view_entry *e = &v->entries.at[i];
        dm_term id = statement_term(e->statement, DM_TAG_ID);
        if (e->statement->kind == DM_CLAIM && id != 0
            && (e->hidden == DM_VISIBLE) == shown && !vec_push(out, id))
            return error_nomem(err);
    }
    if (out->len > 1)
        qsort(out->at, out->len, sizeof *out->at, compare_terms);
    return DM_OK;
}

static bool rests_on_hidden(const dm_statement *s, const term_vec *hidden,
                            const term_vec *shown)
{
    const dm_field *f = statement_field(s, DM_TAG_BECAUSE);
    for (; f != NULL; f = statement_next(s, f))
        if (listed(hidden, f->term) && !listed(shown, f->term))
            return true;
    return false;
}

static dm_status hide_resting(dm_view *v, dm_error *err)
{
    term_vec hidden = {0}, shown = {0};
    dm_status st = claim_ids(v, false, &hidden, err);
    if (st == DM_OK && hidden.len > 0)
        st = claim_ids(v, true, &shown, err);
    for (size_t i = 0; st == DM_OK && hidden.len > 0 && i < v->entries.len;
         i++) {
        view_entry *e = &v->entries.at[i];
        bool fact = e->statement->kind == DM_FACT
                    || e->statement->kind == DM_JUDGEMENT;
        if (e->hidden == DM_VISIBLE && fact
            && rests_on_hidden(e->statement, &hidden, &shown))
            e->hidden = DM_HIDDEN_BECAUSE;
    }
    vec_free(&hidden);
    vec_free(&shown);
    return st;
}

dm_status view_update(dm_view *v, dm_error *err)
{
    const statement_vec *base = &v->base->statements;
    const statement_vec *added = &v->scenario.added;
    v->entries.len = 0;
    if (!vec_reserve(&v->entries, base->len + added->len))
        return error_nomem(err);
    for (size_t i = 0; i < base->len; i++) {
        bool gone = delta_withdraws(&v->scenario, base->at[i]->serial);
        v->entries.at[v->entries.len++] = (view_entry){
            base->at[i], gone ? DM_HIDDEN_WITHDRAWN : DM_VISIBLE};
    }
    for (size_t i = 0; i < added->len; i++)
        v->entries.at[v->entries.len++] =
            (view_entry){added->at[i], DM_VISIBLE};
    dm_status st = gather_sources(v, err);
    for (size_t i = 0; st == DM_OK && i < v->entries.len; i++)
        if (v->entries.at[i].hidden == DM_VISIBLE)
            v->entries.at[i].hidden =
                hidden_itself(v, v->entries.at[i].statement);
    return st == DM_OK ? hide_resting(v, err) : st;
}

/* ---- opening ------------------------------------------------------------ */

/* The default date: the latest publication; without, the latest day that any
 * statement mentions; without, the end of time. */
static int32_t default_at(const dm_kb *kb)
{
    int32_t published = DM_DAY_MIN, mentioned = DM_DAY_MIN;
    for (size_t i = 0; i < dm_kb_count(kb); i++) {
        const dm_statement *s = dm_kb_get(kb, i);
        for (size_t j = 0; j < s->nfields; j++) {
            const dm_field *f = &s->fields[j];
            if (f->type != DM_FIELD_DATE || f->date.latest == DM_DAY_MAX)
                continue;
            if (f->date.latest > mentioned)
                mentioned = f->date.latest;
            if (s->kind == DM_SOURCE && f->tag == DM_TAG_PUBLISHED
                && f->date.latest > published)
                published = f->date.latest;
        }
    }
    if (published != DM_DAY_MIN)
        return published;
    return mentioned != DM_DAY_MIN ? mentioned : DM_DAY_MAX;
}

/* Names as terms of the view, sorted by id. */
static dm_status take_names(dm_view *v, const char *const *names, size_t n,
                            term_vec *out, dm_error *err)
{
    for (size_t i = 0; i < n; i++) {
        dm_term id = 0;
        dm_status st =
            terms_symbol(v->terms, names[i], strlen(names[i]), &id);
        if (st != DM_OK)
            return st == DM_NOMEM ? error_nomem(err)
                                  : error_set(err, st, "too many terms");
        if (!vec_push(out, id))
            return error_nomem(err);
    }
    if (out->len > 1)
        qsort(out->at, out->len, sizeof *out->at, compare_terms);
    return DM_OK;
}

static dm_status set_options(dm_view *v, const dm_view_options *o,
                             dm_error *err)
{
    v->at = o->has_at ? o->at : default_at(v->kb);
    v->known_by = o->has_known_by ? o->known_by : v->at;
    v->all_sources = o->sources == NULL;
    v->all_speakers = o->speakers == NULL;
    dm_status st = DM_OK;
    if (!v->all_sources)
        st = take_names(v, o->sources, o->nsources, &v->sources, err);
    if (st == DM_OK && !v->all_speakers)
        st = take_names(v, o->speakers, o->nspeakers, &v->speakers, err);
    return st;
}

dm_status dm_view_open(dm_kb *kb, const dm_view_options *options,
                       dm_view **out, dm_error *err)
{
    static const dm_view_options none;
    if (options == NULL)
        options = &none;
    if (options->sole && (kb->store != NULL || kb->txn != NULL))
        return error_set(err, DM_INVALID, "only a view of a knowledge base in "
                         "memory, without a transaction, can be the sole one");
    dm_view *v = mem_calloc(1, sizeof *v);
    if (v == NULL)
        return error_nomem(err);
    v->kb = kb;
    kb->nviews++;
    v->base = kb->now;
    v->base->references++;
    v->next_serial = FIRST_SERIAL;
    v->sole = options->sole;
    kb->nsole += v->sole;
    v->terms = v->sole ? terms_new_above(kb->terms) : terms_new(kb->terms);
    dm_status st = v->terms != NULL ? DM_OK : error_nomem(err);
    if (st == DM_OK)
        st = set_options(v, options, err);
    if (st == DM_OK)
        st = view_update(v, err);
    if (st != DM_OK) {
        dm_view_close(v);
        return st;
    }
    *out = v;
    return DM_OK;
}

static void view_table_free(view_table *t)
{
    mem_free(t->relation);
    mem_free(t->types);
    columns_free(&t->rows);
}

void dm_view_close(dm_view *v)
{
    if (v == NULL)
        return;
    while (v->models != NULL)
        dm_model_free(v->models);
    for (size_t i = 0; i < v->tables.len; i++)
        view_table_free(&v->tables.at[i]);
    vec_free(&v->tables);
    vec_free(&v->sources);
    vec_free(&v->speakers);
    vec_free(&v->known);
    vec_free(&v->entries);
    delta_free(&v->scenario);
    terms_free(v->terms);
    snapshot_release(v->base);
    assert(v->kb->nviews > 0);
    v->kb->nviews--;
    v->kb->nsole -= v->sole;
    mem_free(v);
}

dm_terms *dm_view_terms(dm_view *v)
{
    return v->terms;
}

int32_t dm_view_at(const dm_view *v)
{
    return v->at;
}

int32_t dm_view_known_by(const dm_view *v)
{
    return v->known_by;
}

/* ---- the scenario ------------------------------------------------------- */

/* May others be hidden or shown because of it? */
static bool is_foundation(const dm_statement *s)
{
    return s->kind == DM_SOURCE || s->kind == DM_CLAIM;
}

/* On failure nothing of it is there. */
dm_status dm_view_add(dm_view *v, const dm_statement *s, uint64_t *serial,
                      dm_error *err)
{
    const dm_statement *added = NULL;
    dm_status st = DM_OK;
    if (!vec_reserve(&v->entries, v->entries.len + 1))
        return error_nomem(err);
    TRY(delta_add(&v->scenario, s, v->next_serial, v->terms, v->terms, &added,
                  err), end);
    if (!is_foundation(added)
        && statement_field(added, DM_TAG_BECAUSE) == NULL) {
        v->entries.at[v->entries.len++] =
            (view_entry){added, hidden_itself(v, added)};
    } else {
        st = view_update(v, err);
    }
    if (st != DM_OK) {
        delta_withdraw(&v->scenario, added->serial, NULL);
        goto end;
    }
    *serial = v->next_serial++;
end:
    return st;
}

static view_entry *find_entry(dm_view *v, uint64_t serial)
{
    size_t low = 0, high = v->entries.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->entries.at[middle].statement->serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == v->entries.len || v->entries.at[low].statement->serial != serial)
        return NULL;
    return &v->entries.at[low];
}

dm_status dm_view_withdraw(dm_view *v, uint64_t serial, dm_error *err)
{
    view_entry *e = find_entry(v, serial);
    if (e == NULL || e->hidden == DM_HIDDEN_WITHDRAWN)
        return error_set(err, DM_NOT_FOUND, "there is no statement %llu",
                         (unsigned long long)serial);
    dm_status st = delta_withdraw(&v->scenario, serial, err);
    if (st != DM_OK)
        return st;
    if (is_foundation(e->statement) || serial >= FIRST_SERIAL)
        return view_update(v, err);
    e->hidden = DM_HIDDEN_WITHDRAWN;
    return DM_OK;
}

dm_status dm_view_rows(dm_view *v, const char *relation, const dm_type *types,
                       columns *rows, bool once, dm_error *err)
{
    size_t n = rows->arity;
    view_table t = {.relation = mem_strdup(relation, strlen(relation)),
                    .types = mem_alloc((n + 1) * sizeof *types),
                    .rows = *rows,
                    .once = once};
    columns_init(rows, rows->arity);
    if (t.relation != NULL && t.types != NULL) {
        if (n > 0)
            memcpy(t.types, types, n * sizeof *types);
        if (vec_push(&v->tables, t))
            return DM_OK;
    }
    view_table_free(&t);
    return error_nomem(err);
}

/* ---- reading ------------------------------------------------------------ */

size_t dm_view_count(const dm_view *v)
{
    return v->entries.len;
}

const dm_statement *dm_view_get(const dm_view *v, size_t i, dm_hidden *why)
{
    assert(i < v->entries.len);
    if (why != NULL)
        *why = v->entries.at[i].hidden;
    return v->entries.at[i].statement;
}

const dm_statement *dm_view_find(const dm_view *v, uint64_t serial)
{
    const dm_statement *s = delta_find(&v->scenario, serial);
    if (s != NULL)
        return s;
    return statements_find(v->base->statements.at, v->base->statements.len,
                           serial);
}
