/* keys.c - do the directly asserted facts respect a key?
 *
 * Purpose: refuse a commit that gives one key two values at a time.
 * Method: the facts of the relation, sorted by key, then by the day they
 * begin, then by serial.  Within one key two facts clash when their other
 * columns differ and they begin on the same day (undated ones always), or both
 * have an end and overlap.  For the overlaps one pass keeps the fact that
 * ends last, and the one that ends last among those of another value.
 * Invariants: all terms are of one table, so equal ones have equal ids.  Facts
 * with a probability are alternatives and don't clash.
 * Cost: O(n log n) in the facts of the relation. */
#include "kb/kb_internal.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

typedef struct key_fact {
    const dm_statement *statement;
    const dm_term *args; /* into the arena */
    uint32_t nargs;
    int32_t begin, end;
    bool during;
} key_fact;

typedef VEC(key_fact) fact_vec;

/* ---- gathering ---------------------------------------------------------- */

static bool is_fact_of(const dm_statement *s, dm_term relation)
{
    return (s->kind == DM_FACT || s->kind == DM_JUDGEMENT)
           && statement_term(s, DM_TAG_RELATION) == relation
           && statement_field(s, DM_TAG_PROBABILITY) == NULL;
}

static bool has_columns(const kb_key *key, uint32_t nargs)
{
    for (uint32_t i = 0; i < key->ncolumns; i++)
        if (key->columns[i] >= nargs)
            return false;
    return true;
}

static dm_status take_fact(const kb_key *key, const dm_statement *s,
                           arena *memory, fact_vec *out, dm_error *err)
{
    validity when = statement_validity(s);
    key_fact f = {.statement = s, .begin = when.begin, .end = when.end,
                  .during = when.during};
    dm_term *args = arena_alloc(memory, (s->nfields + 1) * sizeof *args);
    if (args == NULL)
        return error_nomem(err);
    for (const dm_field *a = statement_field(s, DM_TAG_ARG); a != NULL;
         a = statement_next(s, a))
        args[f.nargs++] = a->term;
    f.args = args;
    if (has_columns(key, f.nargs) && !vec_push(out, f))
        return error_nomem(err);
    return DM_OK;
}

static dm_status take_facts(const kb_key *key, const dm_statement *const *at,
                            size_t n, arena *memory, fact_vec *out,
                            dm_error *err)
{
    dm_status st = DM_OK;
    for (size_t i = 0; st == DM_OK && i < n; i++)
        if (is_fact_of(at[i], key->relation))
            st = take_fact(key, at[i], memory, out, err);
    return st;
}

/* ---- comparing ---------------------------------------------------------- */

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_keys(const kb_key *key, const key_fact *a,
                        const key_fact *b)
{
    int c = 0;
    for (uint32_t i = 0; c == 0 && i < key->ncolumns; i++)
        c = order(a->args[key->columns[i]], b->args[key->columns[i]]);
    return c;
}

static int compare_facts(const void *x, const void *y, void *context)
{
    const key_fact *a = x, *b = y;
    int c = compare_keys(context, a, b);
    if (c == 0)
        c = (a->begin > b->begin) - (a->begin < b->begin);
    return c != 0 ? c : order(a->statement->serial, b->statement->serial);
}

static bool same_value(const key_fact *a, const key_fact *b)
{
    return a->nargs == b->nargs
           && memcmp(a->args, b->args, a->nargs * sizeof *a->args) == 0;
}

/* ---- the clash ---------------------------------------------------------- */

static void name_fact(const dm_terms *t, const key_fact *f, buf *out)
{
    statement_place(t, f->statement, out);
    buf_puts(out, ": ");
    statement_atom(t, f->statement, out);
}

/* The one that was stated later is at fault. */
static dm_status clash(const dm_terms *t, const key_fact *a,
                       const key_fact *b, dm_error *err)
{
    buf fault = {0}, other = {0};
    bool later = a->statement->serial > b->statement->serial;
    name_fact(t, later ? a : b, &fault);
    name_fact(t, later ? b : a, &other);
    error_set(err, DM_KEY, "%.200s breaks a key, since there is %.300s",
              fault.failed ? "a fact" : fault.at,
              other.failed ? "another" : other.at);
    buf_free(&fault);
    buf_free(&other);
    return DM_KEY;
}

/* Which of two facts ends later; `a` may be NULL. */
static const key_fact *later_end(const key_fact *a, const key_fact *b)
{
    return a == NULL || b->end > a->end ? b : a;
}

/* The facts of one key, by the day they begin. */
static dm_status check_group(const dm_terms *t, const key_fact *at, size_t n,
                             dm_error *err)
{
    const key_fact *first = at;          /* of those that begin this day */
    const key_fact *last = NULL;         /* ends last */
    const key_fact *last_other = NULL;   /* ends last, of another value */
    for (const key_fact *f = at; f < at + n; f++) {
        if (f->begin != first->begin)
            first = f;
        if (!same_value(f, first))
            return clash(t, f, first, err);
        if (!f->during)
            continue;
        const key_fact *rival =
            last != NULL && same_value(f, last) ? last_other : last;
        if (rival != NULL && rival->end >= f->begin)
            return clash(t, f, rival, err);
        if (last == NULL || same_value(f, last)) {
            last = later_end(last, f);
        } else if (f->end > last->end) {
            last_other = last;
            last = f;
        } else {
            last_other = later_end(last_other, f);
        }
    }
    return DM_OK;
}

dm_status key_check(const kb_key *key, const dm_terms *terms,
                    const dm_statement *const *at, size_t n, dm_error *err)
{
    arena memory = {0};
    fact_vec facts = {0};
    dm_status st = take_facts(key, at, n, &memory, &facts, err);
    if (st == DM_OK && facts.len > 1)
        qsort_r(facts.at, facts.len, sizeof *facts.at, compare_facts,
                (void *)(uintptr_t)key);
    for (size_t i = 0, end; st == DM_OK && i < facts.len; i = end) {
        end = i + 1;
        while (end < facts.len
               && compare_keys(key, &facts.at[i], &facts.at[end]) == 0)
            end++;
        st = check_group(terms, facts.at + i, end - i, err);
    }
    vec_free(&facts);
    arena_free(&memory);
    return st;
}
