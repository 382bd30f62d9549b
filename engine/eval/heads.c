/* heads.c - where the heads of rules go, but for unions and aggregates.
 *
 * Heads are made into rows, filtered on the possible side, and inserted; or
 * appended, where a rule can't give one twice.  What morsels give is kept by
 * morsel, less the rows that are there already, and put in in their order. */
#include "eval/fixpoint.h"

#include <string.h>

enum { MOST_MORSELS = 64 }; /* that are put in at once */

dm_status rules_make_rows(dm_eval *e, const pipeline *p,
                          const eval_relation *r, batch *b, dm_cell **rows)
{
    uint8_t ok[BATCH];
    size_t top = e->temp_top, n = 0;
    uint32_t arity = r->decl->arity;
    const dm_cell *columns[64];
    dm_status st = DM_OK;
    memset(ok, 1, b->n);
    for (uint32_t i = 0; i < arity; i++) {
        const dm_expr *x = &p->rule->args[i];
        if (x->kind == DM_EXPR_AGGREGATE)
            x = &x->args[0];
        TRY(expr_eval_as(e, x, r->decl->columns[i].type, b, ok, &columns[i]),
            out);
    }
    *rows = eval_head_rows(e, arity);
    if (!*rows)
        TRY(error_nomem(e->err), out);
    for (size_t i = 0; i < b->n; i++) {
        for (uint32_t c = 0; c < arity; c++)
            (*rows)[n * arity + c] = columns[c][i];
        n += ok[i];
    }
    b->n = n;
out:
    e->temp_top = top;
    return st;
}

bool rules_is_bettered(const eval_relation *r, const dm_cell *row)
{
    const rowset *t = &r->part[PART_TRUE];
    uint32_t best = rowset_find_key(t, row);
    return best != ROWSET_NONE
           && !t->better(t->context, row[t->lattice],
                         rowset_cell(t, best, t->lattice));
}

static bool admits(const head_sink *s, const dm_cell *row)
{
    eval_relation *r = s->r;
    if (s->side == SIDE_TRUE)
        return rowset_find(&r->final, row) != ROWSET_NONE;
    if (r->lattice)
        return !rules_is_bettered(r, row);
    return rowset_find(&r->part[PART_TRUE], row) == ROWSET_NONE;
}

/* Keep the rows that may go in. */
static size_t filter_rows(const head_sink *s, dm_cell *rows, size_t n)
{
    size_t arity = s->r->decl->arity, kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!admits(s, rows + i * arity))
            continue;
        if (kept < i && arity)
            memcpy(rows + kept * arity, rows + i * arity,
                   arity * sizeof *rows);
        kept++;
    }
    return kept;
}

dm_status rules_unsupported(dm_eval *e, const eval_relation *r)
{
    char rule[RULE_NAME];
    return eval_fail(e, DM_UNSUPPORTED, "the %s value of %s rests on disputed "
                     "rows through recursion, which can't be evaluated yet, "
                     "in %s", r->lattice_op == DM_MIN ? "least" : "greatest",
                     r->decl->name, eval_rule_name(e, rule));
}

static dm_status put_failed(dm_eval *e, const head_sink *s, dm_status st)
{
    char rule[RULE_NAME];
    return eval_fail(e, st, "relation %s has more rows than can be numbered, "
                     "in %s", s->r->decl->name, eval_rule_name(e, rule));
}

/* Put n <= BATCH rows in; they are changed. */
static dm_status put_rows(dm_eval *e, const head_sink *s, dm_cell *rows,
                          size_t n)
{
    rowset *to = &s->r->part[fixpoint_part(s->side)];
    size_t before = to->nrows;
    if (s->side == SIDE_POSSIBLE || s->r->ordering)
        n = filter_rows(s, rows, n);
    if (n && s->side == SIDE_POSSIBLE && s->r->lattice)
        return rules_unsupported(e, s->r);
    dm_status st = s->distinct ? rowset_append(to, rows, n, NULL)
                               : rowset_insert(to, rows, n, NULL);
    e->derived += to->nrows - before;
    return st == DM_OK ? st : put_failed(e, s, st);
}

dm_status rules_insert_head(dm_eval *e, void *context, pipeline *p,
                            run *run, batch *b)
{
    const head_sink *s = context;
    dm_cell *rows = NULL;
    (void)run;
    dm_status st = rules_make_rows(e, p, s->r, b, &rows);
    return st == DM_OK ? put_rows(e, s, rows, b->n) : st;
}

/* ---- by morsels --------------------------------------------------------- */

/* What one morsel gave. */
typedef struct head_task {
    const struct head_tasks *of;
    VEC(dm_cell) cells; /* row-major */
    size_t nrows;
} head_task;

typedef struct head_tasks {
    const head_sink *s;
    bool sieve; /* leave out at once what is there already */
    head_task *at;
    size_t n;
} head_tasks;

static dm_status begin(void *context, size_t n)
{
    head_tasks *t = context;
    if (n > t->n) {
        head_task *at = mem_realloc(t->at, n * sizeof *at);
        if (!at)
            return DM_NOMEM;
        memset(at + t->n, 0, (n - t->n) * sizeof *at);
        t->at = at;
        t->n = n;
    }
    const rowset *to = &t->s->r->part[PART_TRUE];
    t->sieve = t->s->side == SIDE_TRUE && !t->s->distinct
               && !t->s->r->ordering && !t->s->r->lattice
               && (to->hashed == to->nrows
                   || (to->packed.made && to->packed.synced == to->nrows));
    for (size_t i = 0; i < t->n; i++) {
        t->at[i].of = t;
        t->at[i].cells.len = t->at[i].nrows = 0;
    }
    return DM_OK;
}

static void *task(void *context, size_t number)
{
    head_tasks *t = context;
    return &t->at[number];
}

/* Which rows the relation has, by what finds them without making anything:
 * its sets may be being read, here and on other threads. */
static void look_up(rowset *to, const dm_cell *rows, size_t n, uint8_t *found)
{
    uint32_t row[BATCH];
    if (to->packed.made && to->packed.synced == to->nrows) {
        rowset_packed_contains(to, rows, n, found);
        return;
    }
    rowset_find_batch(to, rows, n, row);
    for (size_t i = 0; i < n; i++)
        found[i] = row[i] != ROWSET_NONE;
}

/* Drop the rows that the relation has. */
static size_t sieve(rowset *to, dm_cell *rows, size_t n)
{
    uint8_t found[BATCH];
    uint32_t arity = to->arity;
    size_t kept = 0;
    if (to->nrows == 0)
        return n;
    look_up(to, rows, n, found);
    for (size_t i = 0; i < n; i++) {
        if (found[i])
            continue;
        for (uint32_t c = 0; c < arity; c++)
            rows[kept * arity + c] = rows[i * arity + c];
        kept++;
    }
    return kept;
}

static dm_status keep_heads(dm_eval *e, void *context, pipeline *p, run *run,
                            batch *b)
{
    head_task *t = context;
    const head_sink *s = t->of->s;
    rowset *to = &s->r->part[PART_TRUE];
    dm_cell *rows = NULL;
    (void)run;
    dm_status st = rules_make_rows(e, p, s->r, b, &rows);
    if (st != DM_OK)
        return st;
    size_t n = t->of->sieve ? sieve(to, rows, b->n) : b->n;
    size_t ncells = n * to->arity;
    if (!vec_reserve(&t->cells, t->cells.len + ncells))
        return error_nomem(e->err);
    if (ncells)
        memcpy(t->cells.at + t->cells.len, rows, ncells * sizeof *rows);
    t->cells.len += ncells;
    t->nrows += n;
    return DM_OK;
}

static dm_status put_task(dm_eval *e, const head_tasks *t, head_task *from)
{
    static dm_cell none[1]; /* rows without columns have no cells */
    uint32_t arity = t->s->r->decl->arity;
    dm_status st = DM_OK;
    for (size_t at = 0; at < from->nrows && st == DM_OK; at += BATCH) {
        size_t n = from->nrows - at < BATCH ? from->nrows - at : BATCH;
        st = put_rows(e, t->s, arity ? from->cells.at + at * arity : none, n);
    }
    return st;
}

/* Put in, at once, what n tasks gave; *done: false if that can't be. */
static dm_status put_lists(dm_eval *e, const head_tasks *t, size_t n,
                           size_t nrows, bool *done)
{
    rowset *to = &t->s->r->part[PART_TRUE];
    row_list lists[MOST_MORSELS];
    size_t before = to->nrows;
    *done = false;
    if (t->s->side != SIDE_TRUE || t->s->distinct || t->s->r->ordering
        || !to->packs || !to->packed.made || to->packed.synced != to->nrows
        || n > MOST_MORSELS || !eval_pool_for(e, nrows))
        return DM_OK;
    for (size_t i = 0; i < n; i++)
        lists[i] = (row_list){t->at[i].cells.at, t->at[i].nrows};
    dm_status st = rowset_packed_insert_lists(to, lists, n, done);
    e->derived += to->nrows - before;
    return st == DM_OK ? st : put_failed(e, t->s, st);
}

static dm_status end(dm_eval *e, void *context, size_t n, size_t *given,
                     bool *stop)
{
    head_tasks *t = context;
    bool done = false;
    dm_status st = rules_begin_stage(
        e, &t->s->r->part[fixpoint_part(t->s->side)]);
    (void)stop;
    for (size_t i = 0; i < n; i++)
        *given += t->at[i].nrows;
    if (st == DM_OK)
        st = put_lists(e, t, n, *given, &done);
    for (size_t i = 0; i < n && st == DM_OK && !done; i++)
        st = put_task(e, t, &t->at[i]);
    return st;
}

dm_status heads_run(fixpoint *f, uint32_t rule, uint32_t delta,
                    const head_sink *s)
{
    static const run_split split = {.likes = 1 << 18, .begin = begin,
                                    .task = task, .end = end};
    head_tasks t = {.s = s};
    dm_status st = rules_run(f, &(rule_run){.rule = rule, .delta = delta,
                                            .sink = keep_heads,
                                            .context = &t, .split = &split});
    for (size_t i = 0; i < t.n; i++)
        vec_free(&t.at[i].cells);
    mem_free(t.at);
    return st;
}

/* ---- heads that are distinct -------------------------------------------- */

static bool is_head_variable(const dm_eval *e, const dm_rule *rule,
                             const dm_expr *x)
{
    const dm_relation *decl = e->relations[rule->relation].decl;
    for (uint32_t i = 0; i < rule->nargs; i++)
        if (rule->args[i].kind == DM_EXPR_VAR && rule->args[i].var == x->var
            && decl->columns[i].type == x->type)
            return true;
    return false;
}

/* Whether an atom's row is known from the head that it leads to. */
static bool is_in_head(const dm_eval *e, const dm_rule *rule,
                       const dm_literal *l)
{
    const dm_relation *decl = e->relations[l->relation].decl;
    for (uint32_t i = 0; i < l->nargs; i++) {
        const dm_expr *x = &l->args[i];
        if (x->kind != DM_EXPR_CONST
            && (x->kind != DM_EXPR_VAR || x->type != decl->columns[i].type
                || !is_head_variable(e, rule, x)))
            return false;
    }
    return !l->possible;
}

/* Whether a rule gives no head twice: every atom's row can be told from the
 * head. */
bool heads_are_distinct(const dm_eval *e, const dm_rule *rule)
{
    if (rules_aggregate(rule) || e->relations[rule->relation].lattice)
        return false;
    for (uint32_t b = 0; b < rule->nbody; b++) {
        const dm_literal *l = &rule->body[b];
        if (l->kind == DM_BODY_AGGREGATE
            || (l->kind == DM_ATOM && !is_in_head(e, rule, l)))
            return false;
    }
    return true;
}
