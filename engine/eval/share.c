/* share.c - many given heads at once: those that agree in what the first
 * steps read go through these steps as one.
 *
 * A pipeline that asks whether heads are derived (TRACK_ORIGIN) starts from
 * many of them.  Those that a change brings up are seldom independent: they
 * are the values of a few keys.  So the heads are put into groups by the
 * variables that the steps before step `share_at` look at, one binding a
 * group starts, and before that step each group becomes its heads again.
 * There bindings of a group that agree in all that later steps look at are
 * one.
 *
 * Invariants.  Up to share_at the flag's slot holds the number of a group,
 * from there on that of a head; slots of head variables that the first steps
 * don't look at hold those of the group's first head until then.  share_at is
 * an atom: it alone has a batch of its own, and looks at no slots of the batch
 * before but its `carry`.
 *
 * Cost.  A hash of each head, and of each binding at share_at. */
#include "eval/share.h"

#include <assert.h>
#include <string.h>

enum { NSLOTS = 2 * BATCH }; /* of a hash of up to BATCH rows */

/* ---- planning ----------------------------------------------------------- */

/* Whether a step before step `k` looks at the variable. */
static bool is_used_before(const pipeline *p, uint32_t var, uint32_t k)
{
    for (uint32_t i = 0; i < k; i++) {
        const dm_literal *l = p->steps[i].l;
        if (rules_count_in(l->args, l->nargs, var))
            return true;
    }
    return false;
}

/* Head variables that steps before step `k` look at, into p->share_by; false:
 * no memory. */
static bool find_used(pipeline *p, uint32_t k, bool *all)
{
    p->share_by.len = 0;
    *all = true;
    for (size_t i = 0; i < p->head_slots.len; i++) {
        uint32_t slot = p->head_slots.at[i];
        if (slot >= p->rule->nvars)
            continue;
        bool used = is_used_before(p, slot, k);
        *all &= used;
        if (used && !vec_push(&p->share_by, slot))
            return false;
    }
    return true;
}

dm_status share_plan(dm_eval *e, pipeline *p)
{
    bool all = true;
    p->share_at = 0;
    for (uint32_t k = p->nsteps; k-- > 1;) {
        if (p->steps[k].l->kind != DM_ATOM)
            continue;
        if (!find_used(p, k, &all))
            return error_nomem(e->err);
        if (all)
            continue;
        p->share_at = k;
        break;
    }
    return DM_OK;
}

/* ---- groups ------------------------------------------------------------- */

typedef struct sharing {
    const uint8_t *settled;       /* by head, or NULL */
    dm_cell **head;               /* by slot: of the heads, or NULL */
    batch out;                    /* bindings of heads */
    size_t ngroups;
    uint32_t first[BATCH + 1];    /* of each group, in `member` */
    uint32_t member[BATCH];       /* places of heads in `head` */
    uint8_t done[BATCH];          /* by group: all its heads are settled */
} sharing;

/* Number the n rows of some columns so that those that agree in all of them
 * have one number; how many numbers there are.  `sample`: by number, a row. */
static size_t number_rows(dm_cell *const *col, const slot_list *slots,
                          size_t n, uint32_t *number, uint32_t *sample)
{
    uint32_t at[NSLOTS];
    size_t count = 0;
    memset(at, 0xff, sizeof at);
    for (size_t i = 0; i < n; i++) {
        uint64_t hash = 0;
        for (size_t s = 0; s < slots->len; s++)
            hash = (hash ^ col[slots->at[s]][i])
                   * UINT64_C(0x9E3779B97F4A7C15);
        size_t place = (size_t)(hash >> 40) % NSLOTS;
        for (; at[place] != UINT32_MAX; place = (place + 1) % NSLOTS) {
            size_t s = 0, row = sample[at[place]];
            while (s < slots->len
                   && col[slots->at[s]][row] == col[slots->at[s]][i])
                s++;
            if (s == slots->len)
                break;
        }
        if (at[place] == UINT32_MAX) {
            at[place] = (uint32_t)count;
            sample[count++] = (uint32_t)i;
        }
        number[i] = at[place];
    }
    return count;
}

/* Put the heads of the start batch into groups, whose first heads take their
 * place there. */
static void make_groups(sharing *s, pipeline *p)
{
    uint32_t group[BATCH], sample[BATCH], at[BATCH];
    size_t n = p->start.n;
    batch *b = &p->start;
    s->ngroups = number_rows(s->head, &p->share_by, n, group, sample);
    memset(s->first, 0, sizeof s->first);
    for (size_t i = 0; i < n; i++)
        s->first[group[i] + 1]++;
    for (size_t g = 0; g < s->ngroups; g++) {
        s->first[g + 1] += s->first[g];
        at[g] = s->first[g];
        s->done[g] = 0;
    }
    for (size_t i = 0; i < n; i++)
        s->member[at[group[i]]++] = (uint32_t)i;
    for (size_t k = 0; k < p->head_slots.len; k++) {
        uint32_t slot = p->head_slots.at[k];
        for (size_t g = 0; g < s->ngroups; g++)
            b->col[slot][g] = slot == p->flag_slot
                                  ? g : s->head[slot][sample[g]];
    }
    b->n = s->ngroups;
}

/* ---- groups become heads again ------------------------------------------ */

static dm_status flush(dm_eval *e, run *r, sharing *s)
{
    run one = *r;
    one.share = NULL;
    one.settled = s->settled;
    dm_status st = join_step(e, &one, r->p->share_at, &s->out);
    s->out.n = 0;
    r->stop |= one.stop;
    return st;
}

/* A binding of a group becomes one of each of its heads. */
static dm_status expand(dm_eval *e, run *r, sharing *s, const batch *b,
                        size_t i)
{
    const pipeline *p = r->p;
    const slot_list *carry = &p->steps[p->share_at].carry;
    dm_cell group = b->col[p->flag_slot][i];
    bool left = false;
    dm_status st = DM_OK;
    for (uint32_t m = s->first[group]; m < s->first[group + 1]; m++) {
        size_t head = s->member[m];
        dm_cell origin = s->head[p->flag_slot][head];
        if (s->settled && s->settled[origin])
            continue;
        left = true;
        for (size_t k = 0; k < carry->len; k++) {
            uint32_t slot = carry->at[k];
            s->out.col[slot][s->out.n] = s->head[slot] ? s->head[slot][head]
                                                       : b->col[slot][i];
        }
        if (++s->out.n == BATCH)
            st = flush(e, r, s);
        if (st != DM_OK)
            return st;
    }
    s->done[group] = !left;
    return DM_OK;
}

dm_status share_expand(dm_eval *e, run *r, const batch *b)
{
    sharing *s = r->share;
    const pipeline *p = r->p;
    const slot_list *carry = &p->steps[p->share_at].carry;
    uint32_t number[BATCH], sample[BATCH];
    slot_list live = {0};
    dm_status st = DM_OK;
    for (size_t k = 0; k < carry->len && st == DM_OK; k++)
        if ((!s->head[carry->at[k]] || carry->at[k] == p->flag_slot)
            && !vec_push(&live, carry->at[k]))
            st = error_nomem(e->err);
    size_t n = st == DM_OK ? number_rows(b->col, &live, b->n, number, sample)
                           : 0;
    for (size_t i = 0; i < n && st == DM_OK && !r->stop; i++)
        st = expand(e, r, s, b, sample[i]);
    if (st == DM_OK)
        st = flush(e, r, s);
    vec_free(&live);
    return st;
}

/* ---- the whole ---------------------------------------------------------- */

/* Columns for what the heads hold, and for bindings at share_at. */
static dm_status make_columns(dm_eval *e, const pipeline *p, sharing *s,
                              dm_cell **columns)
{
    const slot_list *carry = &p->steps[p->share_at].carry;
    dm_status st = DM_OK;
    s->head = columns;
    s->out.col = columns + p->nslots;
    for (size_t k = 0; k < p->head_slots.len && st == DM_OK; k++) {
        uint32_t slot = p->head_slots.at[k];
        st = eval_temp(e, &s->head[slot]);
        if (st == DM_OK)
            memcpy(s->head[slot], p->start.col[slot],
                   p->start.n * sizeof(dm_cell));
    }
    for (size_t k = 0; k < carry->len && st == DM_OK; k++)
        st = eval_temp(e, &s->out.col[carry->at[k]]);
    return st;
}

dm_status share_run(dm_eval *e, run *r)
{
    pipeline *p = r->p;
    sharing s = {.settled = r->settled};
    size_t top = e->temp_top;
    dm_cell **columns = mem_calloc(2 * (size_t)p->nslots, sizeof *columns);
    dm_status st = columns ? make_columns(e, p, &s, columns)
                           : error_nomem(e->err);
    assert(p->track == TRACK_ORIGIN && p->share_at > 0);
    if (st == DM_OK) {
        make_groups(&s, p);
        run one = *r;
        one.share = &s;
        one.settled = s.done;
        st = join_step(e, &one, 0, &p->start);
        r->stop |= one.stop;
    }
    e->temp_top = top;
    mem_free(columns);
    return st;
}
