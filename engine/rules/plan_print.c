/* plan_print.c - plans for people: `explain --plan`.
 *
 * A line for each step: what it reads and by which columns, the rows there
 * were when it was planned, the estimate, what evaluating it found, why it
 * stands there. */
#include "rules/plan.h"

#include "base/buf.h"

static const char *reason_text(plan_reason reason)
{
    switch (reason) {
    case PLAN_DELTA: return "new rows first";
    case PLAN_CHEAPEST: return "cheapest with what follows";
    case PLAN_FEWEST: return "fewest matches";
    case PLAN_ONLY: return "the only one left";
    case PLAN_MEMBER: return "all columns known";
    case PLAN_FILTER: return "filter";
    case PLAN_UNION: return "united with the head, all values at once";
    case PLAN_MET: return "bound with the atom before it";
    case PLAN_WRITTEN: return "may fail: after what precedes it";
    }
    return "";
}

static bool print_name(const dm_program *p, const dm_literal *l, buf *out)
{
    if (l->kind == DM_TEST)
        return buf_puts(out, "test");
    const dm_relation *r = dm_program_get_relation(p, l->relation);
    return buf_printf(out, "%s%s%s", l->kind == DM_NOT_ATOM ? "not " : "",
                      l->kind == DM_BODY_AGGREGATE ? "aggregate " : "",
                      r->name);
}

static bool print_mask(const dm_program *p, const dm_literal *l,
                       uint64_t mask, buf *out)
{
    if (l->kind == DM_TEST)
        return true;
    const dm_relation *r = dm_program_get_relation(p, l->relation);
    if (mask == 0)
        return buf_puts(out, l->kind == DM_ATOM ? " scan" : "");
    buf_puts(out, " by (");
    const char *comma = "";
    for (uint32_t i = 0; i < r->arity; i++) {
        if (!(mask >> i & 1))
            continue;
        if (r->columns[i].name)
            buf_printf(out, "%s%s", comma, r->columns[i].name);
        else
            buf_printf(out, "%s%u", comma, i + 1);
        comma = ", ";
    }
    return buf_puts(out, ")");
}

/* The columns by which an atom is looked up that is met by the atom of `s`:
 * all but that of the variable which they bind. */
static uint64_t met_mask(const dm_rule *rule, const plan_step *s,
                         const plan_step *t)
{
    const dm_literal *of = &rule->body[s->literal];
    const dm_literal *l = &rule->body[t->literal];
    uint32_t var = of->args[s->mask == 1 ? 1 : 0].var;
    for (uint32_t i = 0; i < l->nargs; i++)
        if (l->args[i].kind == DM_EXPR_VAR && l->args[i].var == var)
            return t->mask & ~(UINT64_C(1) << i);
    return t->mask;
}

/* One step with those that are met in it. */
static bool print_step(const dm_program *p, const dm_rule *rule,
                       const plan_step *s, uint32_t number, buf *out)
{
    const plan_step *last = s + s->met;
    buf_printf(out, "    %u. ", number);
    for (const plan_step *t = s; t <= last; t++) {
        const dm_literal *l = &rule->body[t->literal];
        buf_puts(out, t > s ? " and " : "");
        print_name(p, l, out);
        print_mask(p, l, t->reason == PLAN_MET ? met_mask(rule, s, t)
                                               : t->mask, out);
        if (l->kind == DM_ATOM)
            buf_printf(out, ": %.0f rows", t->rows);
        if (l->kind == DM_ATOM && t->reason != PLAN_MET)
            buf_printf(out, ", %.3g a lookup", t->matches);
    }
    buf_printf(out, "; est. %.3g", last->out);
    if (s->actual_in)
        buf_printf(out, ", was %llu of %llu",
                   (unsigned long long)last->actual_out,
                   (unsigned long long)s->actual_in);
    if (s->from)
        buf_printf(out, "; %s", s->from);
    return buf_printf(out, "  (%s%s)\n", reason_text(s->reason),
                      s->met ? "; all at once" : "");
}

bool plan_print(const dm_program *p, const plan *pl, struct buf *out)
{
    const dm_rule *rule = dm_program_get_rule(p, pl->of.rule);
    if (pl->of.delta == PLAN_NO_DELTA)
        buf_printf(out, "  %s, est. cost %.3g\n",
                   pl->of.head_bound ? "head given" : "all rows", pl->cost);
    else
        buf_printf(out, "  new rows of literal %u, est. cost %.3g\n",
                   pl->of.delta + 1, pl->cost);
    for (uint32_t i = 0, n = 0; i < pl->nsteps; i += 1 + pl->steps[i].met)
        print_step(p, rule, &pl->steps[i], ++n, out);
    return !out->failed;
}
