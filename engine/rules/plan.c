/* plan.c - join orders from real cardinalities.
 *
 * An order is grown greedily: the delta first, if there is one, filters as soon
 * as they are possible, then always the atom with the fewest estimated matches
 * per row.  Fewest first may end badly, so at each place of the best order so
 * far every other atom is tried, with the rest grown anew behind it; the order
 * with the smallest sum of intermediate rows wins, the earlier one on a tie.
 * Costs are estimated as rows / distinct keys of the columns bound (System R's
 * uniformity; Selinger et al., SIGMOD 1979), corrected by what lookups were
 * seen to find.  A literal that may fail (division, calls) is never run before
 * the literals written before it, so that a rule can guard itself.
 *
 * Where several binary atoms lead from what is bound to one variable, as at the
 * end of a cycle, they are placed together and bind it at once: never more
 * bindings than the smallest of their sets (Ngo, Porat, Re and Rudra, PODS
 * 2012; one variable at a time within a binary plan, as Free Join does: Wang,
 * Willsey and Suciu, SIGMOD 2023).
 *
 * Cost: O(n^2) orders are grown for n atoms, only one for more than MANY; what
 * the statistics say is asked once for each lookup. */
#include "rules/plan.h"

#include "base/error.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
    MANY = 10,
    MOST_MET = 31, /* atoms beside the first that bind a variable at once */
    MOST_KNOWN = 64,
    MOST_SEEN = 63  /* literals of rules whose sets of literals have bits */
};
#define KEYED (UINT64_C(1) << MOST_SEEN)

/* Guesses where nothing is known; only their order matters. */
static const double equal_passes = 0.1, range_passes = 0.4;
static const double absent_passes = 0.5, member_passes = 0.5;
/* Values of a set that cost as much as a row; values from which on it pays to
 * look at sets as a whole. */
static const double set_width = 16, few_met = 1.5;

/* What was estimated for lookups. */
typedef struct estimates {
    uint32_t n;
    struct {
        uint32_t literal;
        uint64_t mask;
        double rows, matches;
    } at[MOST_KNOWN];
} estimates;

typedef struct planner {
    const dm_program *p;
    const dm_rule *rule;
    const plan_stats *stats;
    uint32_t delta, united;
    bool head_bound, written, keyed;
    plan_meet meet;
    bool *local; /* variables that occur in one literal only */
    bool *bound;
    bool *done;  /* literals placed */
    bool *meets; /* literals that bind a variable together */
    bool *scratch;
    plan_step *steps;
    uint32_t nsteps;
    double rows, cost;
    double plain;           /* rows, as they would be if data were uniform */
    uint64_t literals;      /* placed; begins with KEYED when that is so */
    const uint32_t *wanted; /* atoms that are to come first, in this order */
    uint32_t nwanted;
    plan_step *best;        /* the cheapest order so far, if one is `found` */
    uint32_t nbest;
    double best_cost;
    bool found;
    bool waits;             /* the delta needn't come first */
    estimates *known;
} planner;

/* ---- expressions -------------------------------------------------------- */

bool plan_indexable(dm_type expr, dm_type column)
{
    bool term_expr = expr == DM_SYMBOL || expr == DM_INTERVAL
                     || expr == DM_TERM;
    bool term_column = column == DM_SYMBOL || column == DM_INTERVAL
                       || column == DM_TERM;
    if (expr == column || (term_expr && term_column))
        return true;
    if (expr == DM_TERM)
        return true; /* out of a term there is at most one cell */
    return column == DM_TERM && expr != DM_FLOAT; /* 10.0 may be the int 10 */
}

bool plan_bound(const dm_expr *e, const bool *bound)
{
    if (e->kind == DM_EXPR_VAR)
        return bound[e->var];
    for (uint32_t i = 0; i < e->nargs; i++)
        if (!plan_bound(&e->args[i], bound))
            return false;
    return true;
}

/* Whether what must be computed in `e` can be. */
static bool computable(const dm_expr *e, const bool *bound)
{
    if (e->kind == DM_EXPR_OP || e->kind == DM_EXPR_CALL)
        return plan_bound(e, bound);
    for (uint32_t i = 0; e->kind == DM_EXPR_COMPOUND && i < e->nargs; i++)
        if (!computable(&e->args[i], bound))
            return false;
    return true;
}

void plan_bind(const dm_expr *e, bool *bound)
{
    if (e->kind == DM_EXPR_VAR)
        bound[e->var] = true;
    for (uint32_t i = 0; e->kind == DM_EXPR_COMPOUND && i < e->nargs; i++)
        plan_bind(&e->args[i], bound);
}

void plan_mark(const dm_expr *e, bool *seen)
{
    if (e->kind == DM_EXPR_VAR)
        seen[e->var] = true;
    for (uint32_t i = 0; i < e->nargs; i++)
        plan_mark(&e->args[i], seen);
}

/* Whether evaluating `e` can fail where a guard would have spared it. */
static bool may_fail(const dm_expr *e)
{
    if (e->kind == DM_EXPR_CALL)
        return true;
    if (e->kind == DM_EXPR_OP
        && (e->op == DM_DIV || e->op == DM_IDIV || e->op == DM_MOD))
        return true;
    for (uint32_t i = 0; i < e->nargs; i++)
        if (may_fail(&e->args[i]))
            return true;
    return false;
}

static bool literal_may_fail(const dm_literal *l)
{
    for (uint32_t i = 0; i < l->nargs; i++)
        if (may_fail(&l->args[i]))
            return true;
    return false;
}

/* ---- what is possible now ----------------------------------------------- */

static bool is_grouped(const dm_literal *l, uint32_t arg)
{
    return l->kind != DM_BODY_AGGREGATE || arg + 1 == l->nargs
           || (l->grouped >> arg & 1);
}

/* Variables that occur in a single literal and not in the head. */
static void find_local(planner *pl)
{
    uint32_t n = pl->rule->nvars;
    bool *seen = pl->scratch, *once = pl->local;
    memset(seen, 0, n);
    for (uint32_t i = 0; i < pl->rule->nargs; i++)
        plan_mark(&pl->rule->args[i], seen);
    /* seen: not local for sure; once: seen in one literal so far */
    memset(once, 0, n);
    for (uint32_t b = 0; b < pl->rule->nbody; b++) {
        const dm_literal *l = &pl->rule->body[b];
        bool *here = pl->bound; /* free until the search begins */
        memset(here, 0, n);
        for (uint32_t i = 0; i < l->nargs; i++)
            if (is_grouped(l, i))
                plan_mark(&l->args[i], here);
        for (uint32_t v = 0; v < n; v++)
            if (here[v] && (once[v] || seen[v]))
                once[v] = false, seen[v] = true;
            else if (here[v])
                once[v] = true;
    }
}

/* All variables of a negated atom bound, its local ones excepted. */
static bool negation_ready(const planner *pl, const dm_literal *l)
{
    for (uint32_t v = 0; v < pl->rule->nvars; v++)
        pl->scratch[v] = pl->bound[v] || pl->local[v];
    for (uint32_t i = 0; i < l->nargs; i++)
        if (!plan_bound(&l->args[i], pl->scratch))
            return false;
    return true;
}

/* The atom's own variables may be used in the expressions beside them. */
static bool atom_ready(const planner *pl, const dm_literal *l)
{
    memcpy(pl->scratch, pl->bound, pl->rule->nvars);
    for (uint32_t i = 0; i < l->nargs; i++)
        plan_bind(&l->args[i], pl->scratch);
    for (uint32_t i = 0; i < l->nargs; i++)
        if (!computable(&l->args[i], pl->scratch))
            return false;
    return true;
}

static bool match_ready(const planner *pl, const dm_expr *e)
{
    memcpy(pl->scratch, pl->bound, pl->rule->nvars);
    plan_bind(e, pl->scratch);
    return computable(e, pl->scratch);
}

static bool test_ready(const planner *pl, const dm_literal *l)
{
    bool left = plan_bound(&l->args[0], pl->bound);
    bool right = plan_bound(&l->args[1], pl->bound);
    if (left && right)
        return true;
    return l->compare == DM_EQ
           && ((left && match_ready(pl, &l->args[1]))
               || (right && match_ready(pl, &l->args[0])));
}

static bool aggregate_ready(const planner *pl, const dm_literal *l)
{
    for (uint32_t i = 0; i + 1 < l->nargs; i++)
        if (is_grouped(l, i) && !plan_bound(&l->args[i], pl->bound))
            return false;
    return match_ready(pl, &l->args[l->nargs - 1]);
}

/* Whether literal `b` can be evaluated with what is bound; with `strict`, one
 * that may fail also waits for those written before it. */
static bool ready(const planner *pl, uint32_t b, bool strict)
{
    const dm_literal *l = &pl->rule->body[b];
    if (strict && literal_may_fail(l))
        for (uint32_t i = 0; i < b; i++)
            if (!pl->done[i])
                return false;
    switch (l->kind) {
    case DM_ATOM:
        return atom_ready(pl, l);
    case DM_NOT_ATOM:
        return negation_ready(pl, l);
    case DM_TEST:
        return test_ready(pl, l);
    case DM_BODY_AGGREGATE:
        return aggregate_ready(pl, l);
    }
    return false;
}

/* ---- placing steps ------------------------------------------------------ */

static dm_type column_type(const planner *pl, const dm_literal *l,
                           uint32_t i)
{
    return dm_program_get_relation(pl->p, l->relation)->columns[i].type;
}

/* The columns of an atom that can be looked up. */
static uint64_t lookup_mask(const planner *pl, const dm_literal *l)
{
    uint64_t mask = 0;
    uint32_t n = l->kind == DM_BODY_AGGREGATE ? l->nargs - 1 : l->nargs;
    for (uint32_t i = 0; l->kind != DM_TEST && i < n; i++)
        if (is_grouped(l, i) && plan_bound(&l->args[i], pl->bound)
            && plan_indexable(l->args[i].type, column_type(pl, l, i)))
            mask |= UINT64_C(1) << i;
    return mask;
}

static uint64_t all_columns(uint32_t n)
{
    return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* Rows of an atom's relation and matches of one lookup, as the statistics
 * have them. */
static void ask(const planner *pl, uint32_t b, uint64_t mask, double *rows,
                double *found)
{
    const plan_stats *stats = pl->stats;
    *found = *rows = stats->rows(stats->context, b);
    if (mask == 0 || *rows <= 0)
        return;
    *found = mask == all_columns(pl->rule->body[b].nargs)
                 ? member_passes
                 : *rows / stats->distinct(stats->context, b, mask);
}

/* The same, asked once. */
static double estimate(const planner *pl, uint32_t b, uint64_t mask,
                       double *rows)
{
    estimates *all = pl->known;
    for (uint32_t i = 0; i < all->n; i++)
        if (all->at[i].literal == b && all->at[i].mask == mask) {
            *rows = all->at[i].rows;
            return all->at[i].matches;
        }
    double found;
    ask(pl, b, mask, rows, &found);
    if (all->n < MOST_KNOWN) {
        all->at[all->n].literal = b;
        all->at[all->n].mask = mask;
        all->at[all->n].rows = *rows;
        all->at[all->n++].matches = found;
    }
    return found;
}

static double matches(const planner *pl, uint32_t b, uint64_t mask,
                      double *rows)
{
    const dm_literal *l = &pl->rule->body[b];
    *rows = 0;
    switch (l->kind) {
    case DM_TEST:
        if (l->compare != DM_EQ)
            return range_passes;
        return plan_bound(&l->args[0], pl->bound)
               && plan_bound(&l->args[1], pl->bound) ? equal_passes : 1;
    case DM_NOT_ATOM:
        return absent_passes;
    case DM_BODY_AGGREGATE:
        return 1;
    case DM_ATOM:
        break;
    }
    return estimate(pl, b, mask, rows);
}

/* The literals placed, with `b`; 0: they are too many. */
static uint64_t with_literal(const planner *pl, uint32_t b)
{
    return pl->rule->nbody > MOST_SEEN ? 0
                                       : pl->literals | UINT64_C(1) << b;
}

/* By how much these give more rows than is to be expected; 0: not known. */
static double observed(const planner *pl, uint64_t literals)
{
    return pl->stats->observed && literals
               ? pl->stats->observed(pl->stats->context, literals) : 0;
}

static void place(planner *pl, uint32_t b, plan_reason reason)
{
    const dm_literal *l = &pl->rule->body[b];
    plan_step *s = &pl->steps[pl->nsteps++];
    *s = (plan_step){.literal = b, .reason = reason};
    s->mask = reason == PLAN_DELTA ? 0 : lookup_mask(pl, l);
    s->matches = matches(pl, b, s->mask, &s->rows);
    s->literals = pl->literals = with_literal(pl, b);
    s->plain = pl->plain *= s->matches;
    double factor = observed(pl, pl->literals);
    pl->rows = factor > 0 ? pl->plain * factor : pl->rows * s->matches;
    pl->cost += pl->rows;
    s->out = pl->rows;
    pl->done[b] = true;
    for (uint32_t i = 0; l->kind != DM_NOT_ATOM && i < l->nargs; i++)
        if (l->kind != DM_BODY_AGGREGATE || i + 1 == l->nargs)
            plan_bind(&l->args[i], pl->bound);
}

/* The atom whose values go into the head as a whole: its key, whose bits or
 * list of values costs less than as many rows. */
static bool place_union(planner *pl)
{
    const dm_literal *l = &pl->rule->body[pl->united];
    double before = pl->rows;
    pl->done[pl->united] = false;
    place(pl, pl->united, PLAN_UNION);
    pl->cost -= pl->rows;
    pl->cost += before + pl->rows / set_width;
    return l->nargs == 1 || pl->steps[pl->nsteps - 1].mask != 0;
}

/* Keyed: the distinct keys of what is new come first. */
static void begin_union(planner *pl)
{
    const dm_literal *l = &pl->rule->body[pl->united];
    pl->done[pl->united] = true;
    if (!pl->keyed)
        return;
    const dm_expr *value = &pl->rule->args[pl->rule->nargs - 1];
    for (uint32_t i = 0; i < l->nargs; i++) {
        if (l->args[i].var == value->var)
            continue;
        plan_bind(&l->args[i], pl->bound);
        pl->rows = pl->stats->distinct(pl->stats->context, pl->united,
                                       UINT64_C(1) << i);
        pl->plain = pl->rows;
        pl->cost += pl->rows;
        pl->literals = KEYED;
    }
}

/* Whether literal `b` only narrows what is there. */
static bool is_filter(const planner *pl, uint32_t b)
{
    const dm_literal *l = &pl->rule->body[b];
    return l->kind != DM_ATOM || lookup_mask(pl, l) == all_columns(l->nargs);
}

/* Cheap filters first: tests, memberships, negations, aggregates. */
static int filter_rank(const dm_literal *l)
{
    int rank = l->kind == DM_TEST ? 0 : l->kind == DM_ATOM ? 1
               : l->kind == DM_NOT_ATOM ? 2 : 3;
    return literal_may_fail(l) ? rank + 4 : rank;
}

static bool place_filter(planner *pl, bool strict)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t b = 0; b < pl->rule->nbody; b++) {
        if (pl->done[b] || !is_filter(pl, b) || !ready(pl, b, strict))
            continue;
        if (best == UINT32_MAX || filter_rank(&pl->rule->body[b])
                                      < filter_rank(&pl->rule->body[best]))
            best = b;
    }
    if (best == UINT32_MAX)
        return false;
    const dm_literal *l = &pl->rule->body[best];
    place(pl, best, literal_may_fail(l) ? PLAN_WRITTEN
                    : l->kind == DM_ATOM ? PLAN_MEMBER : PLAN_FILTER);
    return true;
}

/* ---- several atoms at once ---------------------------------------------- */

/* The variable that an atom would bind as a set: the only one of a unary atom,
 * or that of a binary one whose other argument is known; else UINT32_MAX. */
static uint32_t set_variable(const planner *pl, const dm_literal *l)
{
    if (l->kind != DM_ATOM || l->nargs > 2 || literal_may_fail(l))
        return UINT32_MAX;
    for (uint32_t i = 0; i < l->nargs; i++) {
        const dm_expr *x = &l->args[i], *y = &l->args[l->nargs - 1 - i];
        if (x->kind == DM_EXPR_VAR && !pl->bound[x->var]
            && x->type == column_type(pl, l, i)
            && (l->nargs == 1
                || (plan_bound(y, pl->bound)
                    && y->type == column_type(pl, l, 1 - i))))
            return x->var;
    }
    return UINT32_MAX;
}

/* Atoms that bind one variable at once: those in `meets`. */
typedef struct meeting {
    uint32_t first;  /* the binary one with the fewest values */
    uint32_t n;
    double values;   /* how many the variable may have */
    double fewest;   /* of the first */
    double common;   /* values that all have, estimated */
} meeting;

/* How many values the variable may have: all that some set draws on. */
static double count_values(const planner *pl, uint32_t var)
{
    double most = 1;
    for (uint32_t b = 0; b < pl->rule->nbody; b++) {
        const dm_literal *l = &pl->rule->body[b];
        for (uint32_t i = 0; pl->meets[b] && i < l->nargs; i++) {
            if (l->args[i].kind != DM_EXPR_VAR || l->args[i].var != var)
                continue;
            double n = pl->stats->distinct(pl->stats->context, b,
                                           UINT64_C(1) << i);
            most = n > most ? n : most;
        }
    }
    return most;
}

static double set_size(const planner *pl, uint32_t b)
{
    double rows;
    return matches(pl, b, lookup_mask(pl, &pl->rule->body[b]), &rows);
}

/* Which part of the values are in the set of an atom.  (Never next to none:
 * what is near in a graph is often near to the same.) */
static double share_of(const planner *pl, uint32_t b, double values)
{
    static const double least = 0.01;
    double share = set_size(pl, b) / values;
    return share < least ? least : share > 1 ? 1 : share;
}

/* Mark the atoms that bind `var` as sets. */
static void mark_meeting(planner *pl, uint32_t var, meeting *m)
{
    for (uint32_t b = 0; b < pl->rule->nbody; b++) {
        const dm_literal *l = &pl->rule->body[b];
        pl->meets[b] = !pl->done[b] && m->n <= MOST_MET
                       && set_variable(pl, l) == var;
        m->n += pl->meets[b];
    }
}

/* The marked binary atom that has the fewest values. */
static void find_fewest(const planner *pl, meeting *m)
{
    for (uint32_t b = 0; b < pl->rule->nbody; b++) {
        if (!pl->meets[b] || pl->rule->body[b].nargs != 2)
            continue;
        double size = set_size(pl, b);
        if (m->first == UINT32_MAX || size < m->fewest) {
            m->first = b;
            m->fewest = size;
        }
    }
}

/* Whether atom `b` is to bind its variable together with others. */
static bool find_meeting(planner *pl, uint32_t b, meeting *m)
{
    uint32_t var = set_variable(pl, &pl->rule->body[b]);
    *m = (meeting){.first = UINT32_MAX};
    if (pl->meet == PLAN_MEET_NEVER || var == UINT32_MAX)
        return false;
    mark_meeting(pl, var, m);
    if (m->n < 2)
        return false;
    find_fewest(pl, m);
    if (m->first == UINT32_MAX
        || (pl->meet != PLAN_MEET_ALWAYS && m->fewest < few_met))
        return false;
    m->values = count_values(pl, var);
    m->common = m->fewest;
    for (uint32_t i = 0; i < pl->rule->nbody; i++)
        if (pl->meets[i] && i != m->first)
            m->common *= share_of(pl, i, m->values);
    return true;
}

/* Place the atoms of a meeting.  The values of a set that others don't have
 * cost little: they are never made into rows. */
static void place_meeting(planner *pl, const meeting *m, plan_reason reason)
{
    double cost = pl->cost, share[MOST_MET + 1];
    uint32_t n = 0;
    plan_step *s = &pl->steps[pl->nsteps];
    for (uint32_t b = 0; b < pl->rule->nbody; b++)
        if (pl->meets[b] && b != m->first)
            share[n++] = share_of(pl, b, m->values);
    place(pl, m->first, reason);
    cost += pl->rows / set_width;
    for (uint32_t b = 0; b < pl->rule->nbody; b++) {
        if (!pl->meets[b] || b == m->first)
            continue;
        double rows = pl->rows * share[s->met];
        double plain = pl->plain * share[s->met];
        plan_step *met = &pl->steps[pl->nsteps];
        place(pl, b, PLAN_MET);
        met->matches = share[s->met++];
        met->out = pl->rows = rows;
        met->plain = pl->plain = plain;
    }
    pl->cost = cost + pl->rows;
}

/* Place an atom, with those that bind its variable too. */
static void place_or_meet(planner *pl, uint32_t b, plan_reason reason)
{
    meeting m;
    if (find_meeting(pl, b, &m))
        place_meeting(pl, &m, reason);
    else
        place(pl, b, reason);
}

/* Matches of an atom for each row, those that others don't have left out;
 * *rows: of its relation. */
static double effort(planner *pl, uint32_t b, double *rows)
{
    meeting m;
    double size = matches(pl, b, lookup_mask(pl, &pl->rule->body[b]), rows);
    double factor = observed(pl, with_literal(pl, b));
    if (find_meeting(pl, b, &m))
        return m.common + m.fewest / set_width;
    return factor > 0 && pl->rows > 0
               ? pl->plain * size * factor / pl->rows : size;
}

/* Place the atom that has fewest matches, or, if it can come now, `wanted`
 * (UINT32_MAX: none). */
static bool place_atom(planner *pl, bool strict, uint32_t wanted)
{
    uint32_t best = UINT32_MAX, choices = 0;
    double best_matches = 0, best_rows = 0;
    bool can = false;
    for (uint32_t b = 0; b < pl->rule->nbody; b++) {
        const dm_literal *l = &pl->rule->body[b];
        if (pl->done[b] || l->kind != DM_ATOM || !ready(pl, b, strict))
            continue;
        double rows, m = effort(pl, b, &rows);
        can |= b == wanted;
        choices++;
        if (best != UINT32_MAX
            && (pl->written || m > best_matches
                || (m == best_matches && rows >= best_rows)))
            continue;
        best = b;
        best_matches = m;
        best_rows = rows;
    }
    if (best == UINT32_MAX)
        return false;
    if (can && best != wanted)
        place_or_meet(pl, wanted, PLAN_CHEAPEST);
    else
        place_or_meet(pl, best, choices > 1 ? PLAN_FEWEST : PLAN_ONLY);
    return true;
}

/* Grow an order; its first atoms are pl->wanted, where they can come.  A delta
 * that has to wait for what its arguments are computed from comes later. */
static bool grow(planner *pl)
{
    pl->nsteps = 0;
    pl->rows = pl->plain = 1;
    pl->literals = 0;
    pl->cost = 0;
    memset(pl->done, 0, pl->rule->nbody);
    memset(pl->bound, 0, pl->rule->nvars);
    for (uint32_t i = 0; pl->head_bound && i < pl->rule->nargs; i++)
        plan_bind(&pl->rule->args[i], pl->bound);
    uint32_t nsteps = pl->rule->nbody, delta = pl->delta, placed = 0;
    if (pl->united != PLAN_NO_UNION) {
        begin_union(pl);
        nsteps--;
    }
    if (delta != PLAN_NO_DELTA && delta != pl->united && !pl->waits
        && ready(pl, delta, false))
        place(pl, delta, PLAN_DELTA);
    while (pl->nsteps < nsteps) {
        if (place_filter(pl, true))
            continue;
        uint32_t wanted = placed < pl->nwanted ? pl->wanted[placed]
                                               : UINT32_MAX;
        placed++;
        if (!place_atom(pl, true, wanted) && !place_filter(pl, false)
            && !place_atom(pl, false, wanted))
            return false;
    }
    return pl->united == PLAN_NO_UNION || place_union(pl);
}

/* ---- the search --------------------------------------------------------- */

/* The best order so far: its steps are kept beside the planner's. */
static void keep(planner *pl)
{
    plan_step *other = pl->best;
    pl->best = pl->steps;
    pl->steps = other;
    pl->nbest = pl->nsteps;
    pl->best_cost = pl->cost;
    pl->found = true;
}

/* The first n atoms of the best order that were chosen among others; how many
 * there are. */
static uint32_t chosen(const planner *pl, uint32_t n, uint32_t *atoms)
{
    uint32_t found = 0;
    for (uint32_t k = 0; k < pl->nbest && found < n; k++) {
        const plan_step *s = &pl->best[k];
        if (s->reason == PLAN_CHEAPEST || s->reason == PLAN_FEWEST
            || s->reason == PLAN_ONLY)
            atoms[found++] = s->literal;
    }
    return found;
}

/* Whether atom `b` is not yet one of the first n. */
static bool is_other(const uint32_t *atoms, uint32_t n, uint32_t b)
{
    for (uint32_t i = 0; i < n; i++)
        if (atoms[i] == b)
            return false;
    return true;
}

/* Keep the first atoms of the best order, and try every other behind them,
 * the rest grown anew. */
static void search(planner *pl)
{
    uint32_t natoms = 0, wanted[MANY];
    for (uint32_t b = 0; b < pl->rule->nbody; b++)
        natoms += pl->rule->body[b].kind == DM_ATOM;
    if (natoms < 2 || natoms > MANY || pl->written)
        return;
    pl->wanted = wanted;
    for (uint32_t n = 0; n + 1 < natoms; n++) {
        if (chosen(pl, n, wanted) < n)
            return;
        for (uint32_t b = 0; b < pl->rule->nbody; b++) {
            if (pl->rule->body[b].kind != DM_ATOM || b == pl->delta
                || b == pl->united || !is_other(wanted, n, b))
                continue;
            wanted[n] = b;
            pl->nwanted = n + 1;
            if (grow(pl) && pl->cost < pl->best_cost)
                keep(pl);
            chosen(pl, n, wanted);
        }
    }
}

static dm_status allocate(planner *pl, bool **flags, dm_error *err)
{
    uint32_t nvars = pl->rule->nvars, nbody = pl->rule->nbody;
    *flags = mem_calloc(3 * (size_t)nvars + 2 * nbody + 1, 1);
    pl->steps = mem_calloc(nbody + 1, sizeof *pl->steps);
    pl->best = mem_calloc(nbody + 1, sizeof *pl->best);
    if (!*flags || !pl->steps || !pl->best) {
        mem_free(*flags);
        mem_free(pl->steps);
        mem_free(pl->best);
        return error_nomem(err);
    }
    pl->local = *flags;
    pl->bound = *flags + nvars;
    pl->scratch = *flags + 2 * nvars;
    pl->done = *flags + 3 * nvars;
    pl->meets = pl->done + nbody;
    return DM_OK;
}

dm_status plan_make(const dm_program *p, const plan_request *request,
                    const plan_stats *stats, plan *out, dm_error *err)
{
    planner pl = {.p = p,
                  .rule = request->variant
                              ? request->variant
                              : dm_program_get_rule(p, request->rule),
                  .stats = stats, .delta = request->delta,
                  .united = request->united, .written = request->written,
                  .keyed = request->keyed, .meet = request->meet,
                  .head_bound = request->head_bound};
    estimates known;
    known.n = 0;
    pl.known = &known;
    bool *flags;
    dm_status st = allocate(&pl, &flags, err);
    if (st != DM_OK)
        return st;
    find_local(&pl);
    if (grow(&pl) || (pl.waits = true, grow(&pl))) {
        keep(&pl);
        search(&pl);
    }
    mem_free(flags);
    mem_free(pl.steps);
    if (!pl.found) {
        mem_free(pl.best);
        return error_set(err, DM_INVALID, "no order binds all variables of "
                         "the rule at line %u", pl.rule->span.line);
    }
    *out = (plan){*request, pl.best_cost, pl.rule->nbody, pl.best};
    return DM_OK;
}

void plan_free(plan *pl)
{
    mem_free(pl->steps);
    pl->steps = NULL;
    pl->nsteps = 0;
}
