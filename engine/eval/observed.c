/* observed.c - what joins gave, against what the planner expected.
 *
 * The planner divides rows by distinct keys.  Real data aren't uniform: the
 * keys that join most are those with most rows (a popular field, a hub), so a
 * join may give twenty times as many.  What a pipeline's steps take in and give
 * is counted anyway; the quotient is kept by rule, by the literal that was new,
 * and by the set of literals that had been joined, in whatever order, and the
 * next plan multiplies by it.  (Kept by lookup, it made plans flee from an order
 * that was measured to one that gives the same rows and was not.)
 *
 * A plan whose joins give far more than it counted on is made anew before its
 * next run; the estimate for these literals is FAR times greater then, so this
 * happens a few times at most.  Counts don't depend on the number of threads,
 * so neither do plans. */
#include "eval/observed.h"

enum {
    FAR = 4,     /* times the estimate: a surprise */
    ENOUGH = 256 /* rows looked up before a count is trusted */
};

struct observation {
    uint32_t rule, delta;
    uint64_t set;
    double factor;
};

static struct observation *find(const dm_eval *e, uint32_t rule,
                                uint32_t delta, uint64_t set)
{
    for (size_t i = 0; i < e->observed.len; i++) {
        struct observation *o = &e->observed.at[i];
        if (o->rule == rule && o->delta == delta && o->set == set)
            return o;
    }
    return NULL;
}

double observed_factor(const dm_eval *e, uint32_t rule, uint32_t delta,
                       uint64_t set)
{
    const struct observation *o = find(e, rule, delta, set);
    return o ? o->factor : 0;
}

/* Whether the rows that come out of a step are all there are: not where it
 * stops at the first match, or only counts them. */
static bool gives_all(const step *s)
{
    return !s->counts && (s->whole || !s->exists) && !s->meeting;
}

/* How many steps from the first on give all rows there are. */
static uint32_t counted_steps(const pipeline *p)
{
    uint32_t n = 0;
    while (n < p->nsteps && gives_all(&p->steps[n]))
        n++;
    return n;
}

/* Rows out of a step for each row that the first began with: estimated by the
 * statistics alone, as planned, and found. */
typedef struct outcome {
    double plain, planned, found;
} outcome;

/* False: too few to tell. */
static bool outcome_of(const dm_eval *e, const pipeline *p, uint32_t k,
                       outcome *out)
{
    const plan_step *first = p->plan.steps, *s = &p->plan.steps[k];
    uint64_t enough = e->options.force & DM_FORCE_SMALL ? 2 : ENOUGH;
    bool scan = first->mask == 0; /* which takes in batches, not rows */
    double began = scan ? first->out : first->out / first->matches;
    double rows = (double)(scan ? first->actual_out : first->actual_in);
    if (k == 0 || !s->literals || s->actual_in < enough || !(began > 0)
        || !(s->plain > 0))
        return false;
    *out = (outcome){s->plain / began, s->out / began,
                     (double)s->actual_out / rows};
    return true;
}

bool observed_surprise(const dm_eval *e, const pipeline *p)
{
    outcome o;
    for (uint32_t k = 0, n = counted_steps(p); k < n; k++)
        if (outcome_of(e, p, k, &o) && o.found > FAR * o.planned)
            return true;
    return false;
}

static dm_status note(dm_eval *e, const pipeline *p, uint32_t k, outcome seen)
{
    static const double least = 1.0 / 256; /* what gave nothing may yet */
    uint32_t delta = p->plan.of.delta;
    uint64_t set = p->plan.steps[k].literals;
    struct observation *o = find(e, p->index, delta, set);
    double factor = seen.found / seen.plain;
    if (factor < least)
        factor = least;
    if (o) {
        o->factor = factor;
        return DM_OK;
    }
    return vec_push(&e->observed, ((struct observation){
                        p->index, delta, set, factor}))
               ? DM_OK : error_nomem(e->err);
}

dm_status observed_note(dm_eval *e, const pipeline *p)
{
    dm_status st = DM_OK;
    outcome o;
    for (uint32_t k = 0, n = counted_steps(p); k < n && st == DM_OK; k++)
        if (outcome_of(e, p, k, &o))
            st = note(e, p, k, o);
    return st;
}

void observed_free(dm_eval *e)
{
    vec_free(&e->observed);
}
