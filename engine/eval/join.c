/* join.c - running a pipeline: scans, lookups, filters, batch by batch.
 *
 * Each step takes a batch of bindings and hands batches of at most BATCH on
 * to the next one, the last to the sink; the recursion is as deep as the body
 * is long.  An atom's matches are first collected as pairs (input row,
 * matched row); when a batch of pairs is full, the needed columns are
 * gathered, the match operations are run over them, and what is left goes on.
 *
 * Invariant: the rowsets that are read may grow while a pipeline runs, but the
 * bounds in run.reads and the indexes stay as they were at its start. */
#include "eval/internal.h"
#include "eval/meeting.h"
#include "eval/share.h"

#include <assert.h>
#include <string.h>

void batch_compact(batch *b, const slot_list *slots, const uint8_t *ok)
{
    size_t n = 0, first = 0;
    while (first < b->n && ok[first])
        first++;
    if (first == b->n)
        return;
    for (size_t s = 0; s < slots->len; s++) {
        dm_cell *col = b->col[slots->at[s]];
        n = first;
        for (size_t i = first; i < b->n; i++) {
            col[n] = col[i];
            n += ok[i] != 0;
        }
    }
    if (slots->len == 0)
        for (size_t i = n = 0; i < b->n; i++)
            n += ok[i] != 0;
    b->n = n;
}

dm_status batch_weigh(dm_eval *e, const pipeline *p, batch *b,
                      const uint32_t *counts, size_t n)
{
    dm_cell *weight = b->col[p->weight_slot];
    char rule[RULE_NAME];
    bool over = false;
    for (size_t i = 0; i < n; i++)
        over |= __builtin_mul_overflow(weight[i], (dm_cell)counts[i],
                                       &weight[i]);
    return !over ? DM_OK
                 : eval_fail(e, DM_OVERFLOW, "there are more instances than "
                             "can be counted, in %s", eval_rule_name(e, rule));
}

/* ---- pairs -------------------------------------------------------------- */

/* Where an atom's matches go: to the next step, or (for a negation) into a
 * vector of input rows that have one. */
typedef struct joining {
    dm_eval *e;
    run *r;
    uint32_t k;
    step *s;
    batch *in;
    int part;
    rowset *rows;
    const adjacency *from; /* read instead of the rows, whole; or NULL */
    size_t lo, hi;
    size_t n;         /* pairs in s->sel, s->row */
    uint8_t *matched; /* negation: by input row; else NULL */
    bool weighs;      /* pairs hold how many rows matched, not which */
} joining;

static void copy_slots(const joining *j)
{
    const step *s = j->s;
    for (size_t c = 0; c < s->carry.len; c++) {
        const dm_cell *from = j->in->col[s->carry.at[c]];
        dm_cell *to = s->out.col[s->carry.at[c]];
        for (size_t i = 0; i < j->n; i++)
            to[i] = from[s->sel[i]];
    }
}

/* Note which row was matched, and that it is undefined. */
static void track_rows(const joining *j)
{
    const pipeline *p = j->r->p;
    step *s = j->s;
    if (p->track == TRACK_ROWS) {
        dm_cell *to = s->out.col[p->row_slot + s->literal];
        for (size_t i = 0; i < j->n; i++)
            to[i] = ROW_OF_PART(j->part, s->row[i]);
    }
    if (p->track != TRACK_ORIGIN && j->part == PART_UNDEFINED
        && !s->l->possible)
        for (size_t i = 0; i < j->n; i++)
            s->out.col[p->flag_slot][i] = 1;
}

/* The pairs of a negation only say which input rows have a match. */
static void mark_matched(joining *j, bool rejects, const uint8_t *ok)
{
    for (size_t i = 0; i < j->n; i++)
        if (!rejects || ok[i])
            j->matched[j->s->sel[i]] = 1;
    j->n = 0;
}

/* What the match operations read: rows by number, or, from an adjacency, the
 * values themselves as if they were the column. */
static dm_status match_pairs(joining *j, uint8_t *ok)
{
    step *s = j->s;
    if (!j->from)
        return match_all(j->e, &s->ops, s->nregs, NULL, &s->out, j->rows,
                         s->row, ok);
    uint32_t number[BATCH];
    column column[2];
    rowset values;
    rowset_init(&values, 2);
    memset(column, 0, sizeof column);
    values.rows.col = column;
    column[1 - s->key].narrow = s->row;
    column[s->key].narrow = s->lens; /* (of a scan) */
    for (size_t i = 0; i < j->n && s->ops.len; i++)
        number[i] = (uint32_t)i;
    return match_all(j->e, &s->ops, s->nregs, NULL, &s->out, &values, number,
                     ok);
}

static dm_status flush(joining *j)
{
    step *s = j->s;
    uint8_t ok[BATCH];
    if (j->n == 0)
        return DM_OK;
    dm_status st = eval_poll(j->e);
    if (st != DM_OK)
        return st;
    copy_slots(j);
    s->out.n = j->n;
    bool dead = j->rows->dead && !j->from;
    bool rejects = match_may_reject(&s->ops) || dead;
    for (size_t i = 0; rejects && i < j->n; i++)
        ok[i] = !dead || !rowset_is_dead(j->rows, s->row[i]);
    st = match_pairs(j, ok);
    if (st != DM_OK)
        return st;
    if (j->matched) {
        mark_matched(j, rejects, ok);
        return DM_OK;
    }
    if (j->r->p->track != TRACK_NONE)
        track_rows(j);
    if (j->weighs)
        st = batch_weigh(j->e, j->r->p, &s->out, s->row, j->n);
    if (st != DM_OK)
        return st;
    if (rejects)
        batch_compact(&s->out, &s->present, ok);
    s->stats->actual_out += s->out.n;
    j->n = 0;
    return join_step(j->e, j->r, j->k + 1, &s->out);
}

static inline dm_status pair(joining *j, uint32_t in, uint32_t row)
{
    j->s->sel[j->n] = in;
    j->s->row[j->n] = row;
    return ++j->n == BATCH ? flush(j) : DM_OK;
}

/* Whether the head that the input row stems from needs no more bindings;
 * asked when no pairs are waiting. */
static inline bool is_settled(const joining *j, size_t in)
{
    return j->n == 0 && j->r->settled
           && j->r->settled[j->in->col[j->r->p->flag_slot][in]];
}

/* Pairs with n consecutive rows, for which there is room. */
static void pair_rows(joining *j, uint32_t in, uint32_t row, size_t n)
{
    uint32_t *sel = j->s->sel + j->n, *rows = j->s->row + j->n;
    for (size_t k = 0; k < n; k++) {
        sel[k] = in;
        rows[k] = row + (uint32_t)k;
    }
    j->n += n;
}

static dm_status join_scan(joining *j)
{
    /* a cross product of which one row is enough */
    bool once = (j->s->exists || (j->matched && !match_may_reject(&j->s->ops)))
                && !j->rows->dead;
    size_t hi = once ? j->lo + 1 : j->hi;
    dm_status st = DM_OK;
    for (size_t i = 0; i < j->in->n && j->weighs && st == DM_OK; i++)
        st = pair(j, (uint32_t)i, (uint32_t)(hi - j->lo));
    if (j->weighs)
        return st;
    for (size_t i = 0; i < j->in->n && !j->r->stop; i++)
        for (size_t n, row = j->lo;
             row < hi && st == DM_OK && !is_settled(j, i); row += n) {
            n = hi - row < BATCH - j->n ? hi - row : BATCH - j->n;
            pair_rows(j, (uint32_t)i, (uint32_t)row, n);
            if (j->n == BATCH)
                st = flush(j);
        }
    return st;
}

/* Key columns of a lookup, in the types of the relation's columns; ok is
 * cleared where the key has no value of that type. */
static dm_status make_keys(dm_eval *e, const step *s, const batch *b,
                           uint8_t *ok, const dm_cell **keys)
{
    const dm_relation *decl = e->relations[s->l->relation].decl;
    uint32_t n = 0;
    dm_status st = DM_OK;
    for (uint32_t c = 0; c < decl->arity && st == DM_OK; c++) {
        const dm_expr *x = &s->l->args[c];
        dm_type type = decl->columns[c].type;
        dm_cell *column;
        if (!(s->mask >> c & 1))
            continue;
        st = expr_eval(e, x, b, ok, &keys[n]);
        if (st == DM_OK && x->type != type) {
            st = eval_temp(e, &column);
            if (st == DM_OK)
                st = value_convert_strict(e, x->type, type, keys[n], b->n, ok,
                                          column);
            keys[n] = column;
        }
        n++;
    }
    return st;
}

/* Clear `ok` where sets that are at hand tell that there is no such row: the
 * row itself, of which the number matters, is far more to look for. */
static void sift_keys(const joining *j, const dm_cell *const *keys,
                      uint8_t *ok)
{
    const rowset *rows = j->rows;
    const adjacency *a = &rows->by[0].sets;
    size_t n = j->in->n;
    if (rows->arity != 2 || !rows->by[0].made || !a->members
        || rows->by[0].synced != rows->nrows)
        return;
    for (size_t i = 0; i < n; i++)
        if (keys[0][i] < a->nkeys)
            __builtin_prefetch(&a->rows[keys[0][i]]);
    for (size_t i = 0; i < n; i++)
        adjacency_prefetch(a, keys[0][i]);
    for (size_t i = 0; i < n; i++)
        ok[i] = ok[i] && adjacency_has(a, keys[0][i], keys[1][i]);
}

/* Membership: the row that has all the key's cells, where `ok` is set. */
static dm_status find_whole(dm_eval *e, rowset *rows, const batch *b,
                            const dm_cell *const *keys, const uint8_t *ok,
                            uint32_t *found)
{
    uint32_t arity = rows->arity, row[BATCH];
    size_t n = 0;
    dm_cell *packed = eval_head_rows(e, arity);
    if (!packed)
        return error_nomem(e->err);
    for (size_t i = 0; i < b->n; i++) {
        for (uint32_t c = 0; c < arity; c++)
            packed[n * arity + c] = keys[c][i];
        n += ok[i];
    }
    rowset_find_batch(rows, packed, n, row);
    for (size_t i = n = 0; i < b->n; i++)
        found[i] = ok[i] ? row[n++] : ROWSET_NONE;
    return DM_OK;
}

/* Membership where it doesn't matter which row it is. */
static dm_status join_members(joining *j, const dm_cell *const *keys,
                              const uint8_t *ok)
{
    uint32_t arity = j->rows->arity;
    uint8_t found[BATCH];
    dm_cell *packed = eval_head_rows(j->e, arity);
    if (!packed)
        return error_nomem(j->e->err);
    for (size_t i = 0; i < j->in->n; i++)
        for (uint32_t c = 0; c < arity; c++)
            packed[i * arity + c] = keys[c][i];
    dm_status st = rowset_contains(j->rows, packed, j->in->n, found);
    if (st != DM_OK)
        return error_nomem(j->e->err);
    for (size_t i = 0; i < j->in->n && st == DM_OK; i++)
        if (ok[i] && found[i])
            st = pair(j, (uint32_t)i, 0);
    return st;
}

/* Rows newer than asked for do no harm, if they aren't being put in: they are
 * of earlier stages. */
bool join_asks_members(const dm_eval *e, const run *r, const step *s, int part)
{
    const eval_relation *relation = &e->relations[s->l->relation];
    const rowset *rows = eval_source(e, s->l->relation, part);
    const reads *b = &r->reads[s->literal];
    bool newer = part == PART_TRUE && !r->exact
                 && (relation->united || (r->split && rows->packs));
    bool all = b->lo[part] == 0 && !rows->dead && part < NPARTS
               && (newer
                   || (b->hi[part] == rows->nrows && !relation->growing));
    return all && r->p->track != TRACK_ROWS && rows->arity >= 1;
}

static dm_status join_whole(joining *j, const dm_cell *const *keys,
                            uint8_t *ok)
{
    uint32_t found[BATCH];
    if (join_asks_members(j->e, j->r, j->s, j->part))
        return join_members(j, keys, ok);
    sift_keys(j, keys, ok);
    dm_status st = find_whole(j->e, j->rows, j->in, keys, ok, found);
    for (size_t i = 0; i < j->in->n && st == DM_OK; i++)
        if (found[i] != ROWSET_NONE && found[i] >= j->lo
            && found[i] < j->hi)
            st = pair(j, (uint32_t)i, found[i]);
    return st;
}

/* How many of n ascending rows are below `bound`. */
static inline uint32_t below(const uint32_t *rows, uint32_t n, size_t bound)
{
    uint32_t lo = 0;
    if (n == 0 || rows[n - 1] < bound)
        return n;
    while (lo < n) {
        uint32_t mid = lo + (n - lo) / 2;
        if (rows[mid] < bound)
            lo = mid + 1;
        else
            n = mid;
    }
    return lo;
}

/* Narrow a run of ascending rows to [lo, hi). */
static inline void clip(const joining *j, const uint32_t **rows, uint32_t *len)
{
    *len = below(*rows, *len, j->hi);
    if (j->lo > 0) {
        uint32_t skip = below(*rows, *len, j->lo);
        *rows += skip;
        *len -= skip;
    }
}

static dm_status pair_bits(joining *j, uint32_t in, const adjacency_row *r,
                           size_t most)
{
    size_t first, n;
    dm_status st = DM_OK;
    const uint64_t *words = adjacency_words(r, &first, &n);
    for (size_t w = 0; w < n; w++)
        for (uint64_t left = words[w];
             left && most && st == DM_OK && !is_settled(j, in);
             left &= left - 1, most--)
            st = pair(j, in, (uint32_t)((first + w) * 64)
                                 + (uint32_t)__builtin_ctzll(left));
    return st;
}

static dm_status pair_slots(joining *j, uint32_t in, const adjacency_row *r,
                            size_t most)
{
    dm_status st = DM_OK;
    for (size_t i = 0, n = adjacency_slots(r); i < n && most && st == DM_OK;
         i++)
        if (r->list[i] != ADJACENCY_FREE && !is_settled(j, in)) {
            st = pair(j, in, r->list[i]);
            most--;
        }
    return st;
}

/* Pairs of one input row with the values of its key, or with one of them. */
static dm_status pair_values(joining *j, uint32_t in, const adjacency_row *r)
{
    size_t most = j->s->exists && r->n > 1 ? 1 : r->n;
    dm_status st = DM_OK;
    switch (adjacency_kind_of(r)) {
    case ADJACENCY_BITS:
        return pair_bits(j, in, r, most);
    case ADJACENCY_HASH:
        return pair_slots(j, in, r, most);
    case ADJACENCY_NEAR:
    case ADJACENCY_LIST:
        break;
    }
    const uint32_t *values = adjacency_kind_of(r) == ADJACENCY_NEAR ? r->near
                                                                    : r->list;
    for (size_t i = 0; i < most && st == DM_OK && !is_settled(j, in); i++)
        st = pair(j, in, values[i]);
    return st;
}

static dm_status join_from(joining *j, const dm_cell *keys, const uint8_t *ok)
{
    const adjacency *a = j->from;
    dm_status st = DM_OK;
    for (size_t i = 0; i < j->in->n; i++)
        if (keys[i] < a->nkeys)
            __builtin_prefetch(&a->rows[keys[i]]);
    for (size_t i = 0; i < j->in->n; i++)
        adjacency_prefetch(a, keys[i]);
    for (size_t i = 0; i < j->in->n && !j->r->stop && st == DM_OK; i++)
        if (!ok[i] || keys[i] >= a->nkeys || a->rows[keys[i]].n == 0)
            continue;
        else if (j->weighs)
            st = pair(j, (uint32_t)i, a->rows[keys[i]].n);
        else
            st = pair_values(j, (uint32_t)i, &a->rows[keys[i]]);
    return st;
}

/* A scan, key by key. */
static dm_status join_sets(joining *j)
{
    const adjacency *a = j->from;
    size_t lo = j->r->by_key ? j->lo : 0;
    size_t hi = j->r->by_key ? j->hi : a->nkeys;
    dm_status st = DM_OK;
    value_list values = {0};
    for (size_t key = lo; key < hi && st == DM_OK && !j->r->stop; key++) {
        size_t n = a->rows[key].n;
        if (!vec_reserve(&values, n))
            st = error_nomem(j->e->err);
        else if (n)
            adjacency_values(a, key, values.at);
        for (size_t k = 0; k < n && st == DM_OK; k++) {
            j->s->lens[j->n] = (uint32_t)key;
            st = pair(j, 0, values.at[k]);
        }
    }
    vec_free(&values);
    return st;
}

static dm_status join_index(joining *j, const dm_cell *const *keys,
                            const uint8_t *ok)
{
    step *s = j->s;
    const rowset_index *index = rowset_get_index(j->rows, s->mask);
    dm_status st = DM_OK;
    assert(index && (j->matched || index->synced >= j->hi));
    index_find_batch(j->rows, index, keys, j->in->n, s->runs, s->lens);
    for (size_t i = 0; i < j->in->n && !j->r->stop; i++) {
        const uint32_t *rows = s->runs[i];
        uint32_t len = s->lens[i];
        if (len == 0 || !ok[i])
            continue;
        clip(j, &rows, &len);
        if (s->exists && len > 1 && !j->rows->dead)
            len = 1;
        if (j->weighs && len) {
            st = pair(j, (uint32_t)i, len);
            len = 0;
        }
        if (st != DM_OK)
            return st;
        for (uint32_t n = 0; n < len && !is_settled(j, i); n++) {
            st = pair(j, (uint32_t)i, rows[n]);
            if (st != DM_OK)
                return st;
        }
    }
    return st;
}

/* Find the matches of the step's atom in one part of its relation. */
static dm_status join_part(joining *j)
{
    const dm_cell *keys[64];
    uint8_t ok[BATCH];
    size_t top = j->e->temp_top;
    dm_status st;
    if (j->hi <= j->lo)
        return DM_OK;
    if (j->s->mask == 0 && !j->s->whole) {
        st = j->from && !j->weighs ? join_sets(j) : join_scan(j);
    } else {
        memset(ok, 1, j->in->n);
        st = make_keys(j->e, j->s, j->in, ok, keys);
        if (st == DM_OK)
            st = j->s->whole ? join_whole(j, keys, ok)
                 : j->from   ? join_from(j, keys[0], ok)
                             : join_index(j, keys, ok);
    }
    if (st == DM_OK)
        st = flush(j);
    j->e->temp_top = top;
    return st;
}

static joining join_of(dm_eval *e, run *r, uint32_t k, batch *b, int part)
{
    step *s = &r->p->steps[k];
    rowset *rows = eval_source(e, s->l->relation, part);
    return (joining){.e = e, .r = r, .k = k, .s = s, .in = b, .part = part,
                     .rows = rows,
                     .weighs = s->counts && rows && !rows->dead,
                     .from = part == PART_TRUE ? s->from : NULL};
}

static dm_status run_atom(dm_eval *e, run *r, uint32_t k, batch *b)
{
    dm_status st = DM_OK;
    const reads *bounds = &r->reads[r->p->steps[k].literal];
    for (int part = 0; part < NSOURCES && st == DM_OK; part++) {
        if (bounds->hi[part] <= bounds->lo[part])
            continue;
        joining j = join_of(e, r, k, b, part);
        j.lo = bounds->lo[part];
        j.hi = bounds->hi[part];
        st = join_part(&j);
    }
    return st;
}

/* ---- filters ------------------------------------------------------------ */

/* Which rows of the batch have a match of the negated atom in a part. */
static dm_status find_matches(dm_eval *e, run *r, uint32_t k, batch *b,
                              int part, uint8_t *matched)
{
    joining j = join_of(e, r, k, b, part);
    j.hi = r->reads[j.s->literal].hi[part];
    j.matched = matched;
    memset(matched, 0, b->n);
    return join_part(&j);
}

/* True: absent from both parts.  Possible: absent from the true part, and
 * undefined when present in the other. */
static dm_status run_not(dm_eval *e, run *r, uint32_t k, batch *b)
{
    step *s = &r->p->steps[k];
    const pipeline *p = r->p;
    uint8_t passes[BATCH], undefined[BATCH];
    dm_status st = find_matches(e, r, k, b, PART_TRUE, passes);
    if (st == DM_OK)
        st = find_matches(e, r, k, b, PART_UNDEFINED, undefined);
    if (st != DM_OK)
        return st;
    for (size_t i = 0; i < b->n; i++) {
        passes[i] = !passes[i]
                    && (r->side == SIDE_POSSIBLE || !undefined[i]);
        if ((p->track == TRACK_FLAG || p->track == TRACK_ROWS)
            && undefined[i])
            b->col[p->flag_slot][i] = 1;
        if (p->track == TRACK_ROWS)
            b->col[p->row_slot + s->literal][i] = undefined[i];
    }
    batch_compact(b, &s->present, passes);
    s->stats->actual_out += b->n;
    return join_step(e, r, k + 1, b);
}

static dm_status run_test(dm_eval *e, run *r, uint32_t k, batch *b)
{
    step *s = &r->p->steps[k];
    const dm_expr *x = s->l->args, *y = &s->l->args[1];
    const dm_cell *left, *right;
    uint8_t ok[BATCH];
    size_t top = e->temp_top;
    dm_status st;
    memset(ok, 1, b->n);
    if (s->value) {
        TRY(expr_eval(e, s->value, b, ok, &left), out);
        TRY(match_all(e, &s->ops, s->nregs, left, b, NULL, NULL, ok), out);
    } else {
        TRY(expr_eval(e, x, b, ok, &left), out);
        TRY(expr_eval(e, y, b, ok, &right), out);
        TRY(value_compare(e, s->l->compare, x->type, left, y->type, right,
                          b->n, ok), out);
    }
    batch_compact(b, &s->present, ok);
    s->stats->actual_out += b->n;
out:
    e->temp_top = top;
    return st == DM_OK ? join_step(e, r, k + 1, b) : st;
}

/* ---- body aggregates ---------------------------------------------------- */

/* Values of the pairs collected go through the match, then on. */
static dm_status flush_values(joining *j, dm_cell *values, const uint8_t *sure)
{
    step *s = j->s;
    const pipeline *p = j->r->p;
    uint8_t ok[BATCH];
    if (j->n == 0)
        return DM_OK;
    copy_slots(j);
    s->out.n = j->n;
    memset(ok, 1, j->n);
    dm_status st = match_all(j->e, &s->ops, s->nregs, values, &s->out, NULL,
                             NULL, ok);
    if (st != DM_OK)
        return st;
    for (size_t i = 0; i < j->n && p->track != TRACK_NONE; i++) {
        if (!sure[i] && p->track != TRACK_ORIGIN)
            s->out.col[p->flag_slot][i] = 1;
        if (p->track == TRACK_ROWS)
            s->out.col[p->row_slot + s->literal][i] = !sure[i];
    }
    batch_compact(&s->out, &s->present, ok);
    s->stats->actual_out += s->out.n;
    j->n = 0;
    return join_step(j->e, j->r, j->k + 1, &s->out);
}

static dm_status aggregate_row(joining *j, size_t in, const dm_cell *key,
                               dm_cell *values, uint8_t *sure)
{
    const dm_cell *list = NULL;
    size_t n = 0;
    bool certain = true;
    dm_status st = groups_values(j->e, j->s->groups, key, &list, &n, &certain);
    if (!certain && j->r->side == SIDE_TRUE)
        return st;
    for (size_t i = 0; i < n && st == DM_OK; i++) {
        j->s->sel[j->n] = (uint32_t)in;
        values[j->n] = list[i];
        sure[j->n] = certain;
        if (++j->n == BATCH)
            st = flush_values(j, values, sure);
    }
    return st;
}

static dm_status run_aggregate(dm_eval *e, run *r, uint32_t k, batch *b)
{
    joining j = join_of(e, r, k, b, PART_TRUE);
    const dm_cell *keys[64];
    dm_cell key[64], *values;
    uint8_t ok[BATCH], sure[BATCH];
    size_t top = e->temp_top;
    uint32_t nkeys = (uint32_t)__builtin_popcountll(j.s->mask);
    dm_status st = DM_OK;
    if (!j.s->groups)
        TRY(groups_of_literal(e, j.s->l, &j.s->groups), out);
    memset(ok, 1, b->n);
    TRY(eval_temp(e, &values), out);
    TRY(make_keys(e, j.s, b, ok, keys), out);
    for (size_t i = 0; i < b->n; i++) {
        for (uint32_t c = 0; c < nkeys; c++)
            key[c] = keys[c][i];
        if (ok[i])
            TRY(aggregate_row(&j, i, key, values, sure), out);
    }
    st = flush_values(&j, values, sure);
out:
    e->temp_top = top;
    return st;
}

/* ---- the pipeline ------------------------------------------------------- */

dm_status join_step(dm_eval *e, run *r, uint32_t k, batch *b)
{
    if (b->n == 0 || r->stop)
        return DM_OK;
    if (r->share && k == r->p->share_at)
        return share_expand(e, r, b);
    if (k == r->p->nsteps)
        return r->sink(e, r->context, r->p, r, b);
    r->p->steps[k].stats->actual_in += b->n;
    const meeting *m = r->p->steps[k].meeting;
    switch (r->p->steps[k].l->kind) {
    case DM_ATOM:
        return m && meeting_is_ready(m) ? meeting_run(e, r, k, b)
                                        : run_atom(e, r, k, b);
    case DM_NOT_ATOM:
        return run_not(e, r, k, b);
    case DM_TEST:
        return run_test(e, r, k, b);
    case DM_BODY_AGGREGATE:
        return run_aggregate(e, r, k, b);
    }
    return DM_OK;
}
