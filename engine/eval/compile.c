/* compile.c - from a plan to a pipeline of steps over batches.
 *
 * The plan says in which order literals are evaluated and by which columns an
 * atom is looked up.  Compiling follows the order, keeps account of which
 * variables are bound, and turns what remains of a literal into match
 * operations: bind a column, take a compound apart, compare.  Going
 * backwards it finds which slots are still needed, so that a join copies
 * no others.
 *
 * Invariant: when a step runs, the columns of the slots in `present` of the
 * step before it are filled. */
#include "eval/internal.h"
#include "eval/meeting.h"
#include "eval/observed.h"
#include "eval/share.h"
#include "eval/unite.h"

#include <assert.h>
#include <string.h>

typedef struct compiler {
    dm_eval *e;
    pipeline *p;
    const dm_rule *rule;
    bool *bound;      /* by variable */
    uint8_t *needed;  /* by step and slot: needed after the step */
    bool *here;       /* scratch: variables */
    step *s;          /* the step in work */
    match_ops *ops;
    uint32_t *nregs;
    match_ops late;   /* MATCH_EQUALs for when all is bound */
    bool nomem;
} compiler;

static void add_op(compiler *c, match_op op)
{
    if (!vec_push(c->ops, op))
        c->nomem = true;
}

static void add_slot(compiler *c, slot_list *list, uint32_t slot)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->at[i] == slot)
            return;
    if (!vec_push(list, slot))
        c->nomem = true;
}

/* ---- matching ----------------------------------------------------------- */

/* Match `x` against the value of type `type` in `reg`. */
static void match(compiler *c, const dm_expr *x, dm_type type, uint32_t reg)
{
    match_op op = {MATCH_EQUAL, type, reg, 0, x};
    if (x->kind == DM_EXPR_VAR && !c->bound[x->var]) {
        op.kind = MATCH_BIND;
        op.to = x->var;
        c->bound[x->var] = true;
        add_op(c, op);
    } else if (x->kind == DM_EXPR_COMPOUND && !plan_bound(x, c->bound)) {
        op.kind = MATCH_OPEN;
        op.to = *c->nregs;
        *c->nregs += x->nargs;
        add_op(c, op);
        for (uint32_t i = 0; i < x->nargs; i++)
            match(c, &x->args[i], DM_TERM, op.to + i);
    } else if (!plan_bound(x, c->bound)) {
        if (!vec_push(&c->late, op)) /* x + 1 where x is bound beside it */
            c->nomem = true;
    } else {
        add_op(c, op);
    }
}

/* What had to wait until everything is bound. */
static void match_late(compiler *c)
{
    for (size_t i = 0; i < c->late.len; i++) {
        assert(plan_bound(c->late.at[i].e, c->bound));
        add_op(c, c->late.at[i]);
    }
    c->late.len = 0;
}

static dm_type column_type(const compiler *c, uint32_t relation, uint32_t i)
{
    return c->e->relations[relation].decl->columns[i].type;
}

static void match_column(compiler *c, const dm_expr *x, dm_type type,
                         uint32_t column)
{
    if (x->kind == DM_EXPR_VAR && !c->bound[x->var] && x->type == type) {
        c->bound[x->var] = true;
        add_op(c, (match_op){MATCH_COLUMN, type, column, x->var, x});
        return;
    }
    uint32_t reg = (*c->nregs)++;
    add_op(c, (match_op){MATCH_LOAD, type, column, reg, x});
    match(c, x, type, reg);
}

/* A column whose variable nothing else looks at need not be read. */
static bool is_idle(const compiler *c, const dm_expr *x, dm_type type,
                    const uint8_t *needed)
{
    const dm_literal *l = c->s->l;
    if (x->kind != DM_EXPR_VAR || c->bound[x->var] || needed[x->var]
        || x->type != type)
        return false;
    return rules_count_in(l->args, l->nargs, x->var) == 1;
}

/* The columns of an atom that are not looked up: plain variables first, so
 * that expressions beside them find them bound. */
static void match_atom(compiler *c, const uint8_t *needed)
{
    const dm_literal *l = c->s->l;
    for (int plain = 1; plain >= 0; plain--)
        for (uint32_t i = 0; i < l->nargs; i++) {
            const dm_expr *x = &l->args[i];
            dm_type type = column_type(c, l->relation, i);
            bool is_plain = x->kind == DM_EXPR_VAR;
            if ((c->s->mask >> i & 1) || is_plain != (plain == 1)
                || is_idle(c, x, type, needed))
                continue;
            match_column(c, x, type, i);
        }
    match_late(c);
}

/* ---- steps -------------------------------------------------------------- */

static void mark_literal(const dm_literal *l, bool *vars)
{
    for (uint32_t i = 0; i < l->nargs; i++)
        if (l->kind != DM_BODY_AGGREGATE || i + 1 == l->nargs
            || (l->grouped >> i & 1))
            plan_mark(&l->args[i], vars);
}

/* Which slots are needed after each step: those of the head and of all later
 * literals; everything when instances are asked for. */
static void find_needed(compiler *c)
{
    pipeline *p = c->p;
    uint32_t nvars = c->rule->nvars;
    memset(c->here, 0, nvars + 1);
    for (uint32_t i = 0; i < c->rule->nargs; i++)
        plan_mark(&c->rule->args[i], c->here);
    if (p->plan.of.united != PLAN_NO_UNION)
        mark_literal(&c->rule->body[p->plan.of.united], c->here);
    for (uint32_t i = 0; i < p->nstages; i++)
        mark_literal(&c->rule->body[p->stages[i].literal], c->here);
    for (uint32_t k = p->nsteps; k-- > 0;) {
        uint8_t *needed = c->needed + (size_t)k * p->nslots;
        for (uint32_t v = 0; v < nvars; v++)
            needed[v] = c->here[v] || p->track == TRACK_ROWS;
        mark_literal(&c->rule->body[p->plan.steps[k].literal], c->here);
    }
}

/* Slots that the step copies: what is present and needed after (needed NULL:
 * nothing is) or within. */
static void find_carry(compiler *c, const slot_list *before,
                       const uint8_t *needed)
{
    uint32_t nvars = c->rule->nvars;
    memset(c->here, 0, nvars + 1);
    for (uint32_t i = 0; i < c->s->l->nargs; i++)
        plan_mark(&c->s->l->args[i], c->here);
    for (size_t i = 0; i < before->len; i++) {
        uint32_t slot = before->at[i];
        if (slot >= nvars || (needed && needed[slot]) || c->here[slot])
            add_slot(c, &c->s->carry, slot);
    }
}

static void add_present(compiler *c, const slot_list *slots)
{
    for (size_t i = 0; i < slots->len; i++)
        add_slot(c, &c->s->present, slots->at[i]);
}

static bool binds(const match_op *op)
{
    return op->kind == MATCH_COLUMN || op->kind == MATCH_BIND;
}

static void add_bound(compiler *c, const match_ops *ops, slot_list *to)
{
    for (size_t i = 0; i < ops->len; i++)
        if (binds(&ops->at[i]))
            add_slot(c, to, ops->at[i].to);
}

/* The slot for the row that the literal matched, when rows are tracked. */
static void add_row_slot(compiler *c)
{
    if (c->p->track == TRACK_ROWS)
        add_slot(c, &c->s->present, c->p->row_slot + c->s->literal);
}

static void compile_atom(compiler *c, const slot_list *before,
                         const uint8_t *needed)
{
    match_atom(c, needed);
    find_carry(c, before, needed);
    add_present(c, &c->s->carry);
    add_bound(c, &c->s->ops, &c->s->present);
    bool rows_matter = c->p->track == TRACK_FLAG || c->p->track == TRACK_ROWS;
    c->s->exists = !rows_matter && c->s->ops.len == 0
                   && c->p->plan.of.delta != c->s->literal;
    c->s->counts = c->p->weighs && c->s->ops.len == 0 && !c->s->whole;
    add_row_slot(c);
}

/* A negated atom binds nothing outside; its own variables live in the step's
 * batch for as long as the match takes. */
static void compile_not(compiler *c, const slot_list *before)
{
    const dm_literal *l = c->s->l;
    bool *saved = c->here;
    find_carry(c, before, NULL);
    memcpy(saved, c->bound, c->rule->nvars);
    for (uint32_t i = 0; i < l->nargs; i++) {
        const dm_expr *x = &l->args[i];
        if ((c->s->mask >> i & 1)
            || dm_program_is_free(c->e->program, c->p->index, c->s->literal,
                                  i))
            continue;
        match_column(c, x, column_type(c, l->relation, i), i);
    }
    match_late(c);
    memcpy(c->bound, saved, c->rule->nvars);
    add_present(c, before);
    add_row_slot(c);
}

static void compile_test(compiler *c, const slot_list *before)
{
    const dm_literal *l = c->s->l;
    bool left = plan_bound(&l->args[0], c->bound);
    bool right = plan_bound(&l->args[1], c->bound);
    add_present(c, before);
    if (left && right)
        return;
    const dm_expr *pattern = left ? &l->args[1] : &l->args[0];
    c->s->value = left ? &l->args[0] : &l->args[1];
    uint32_t reg = (*c->nregs)++;
    match(c, pattern, c->s->value->type, reg);
    match_late(c);
    add_bound(c, &c->s->ops, &c->s->present);
}

/* The type of an aggregate's value, before it is matched to the result. */
static dm_type aggregate_type(const compiler *c, const dm_literal *l)
{
    switch (l->aggregate) {
    case DM_COUNT: return DM_INT;
    case DM_MEAN: return DM_FLOAT;
    case DM_LIST: return DM_TERM;
    case DM_CUSTOM:
        return dm_program_get_function(c->e->program, l->function)->result;
    case DM_SUM:
        return column_type(c, l->relation, l->value_column) == DM_INT
                   ? DM_INT : DM_FLOAT;
    default: return column_type(c, l->relation, l->value_column);
    }
}

static void compile_aggregate(compiler *c, const slot_list *before,
                              const uint8_t *needed)
{
    const dm_literal *l = c->s->l;
    find_carry(c, before, needed);
    uint32_t reg = (*c->nregs)++;
    match(c, &l->args[l->nargs - 1], aggregate_type(c, l), reg);
    match_late(c);
    add_present(c, &c->s->carry);
    add_bound(c, &c->s->ops, &c->s->present);
    add_row_slot(c);
}

static uint64_t all_columns(uint32_t n)
{
    return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

static void compile_step(compiler *c, uint32_t k, const slot_list *before)
{
    pipeline *p = c->p;
    plan_step *ps = &p->plan.steps[k];
    const uint8_t *needed = c->needed + (size_t)k * p->nslots;
    step *s = c->s = &p->steps[k];
    s->l = &c->rule->body[ps->literal];
    s->literal = ps->literal;
    s->stats = ps;
    s->mask = ps->mask;
    if (s->l->kind == DM_BODY_AGGREGATE) /* a group's key is all of them */
        s->mask = s->l->grouped & all_columns(s->l->nargs - 1);
    s->whole = s->l->kind != DM_TEST && s->mask == all_columns(s->l->nargs);
    c->ops = &s->ops;
    c->nregs = &s->nregs;
    switch (s->l->kind) {
    case DM_ATOM:
        compile_atom(c, before, needed);
        break;
    case DM_NOT_ATOM:
        compile_not(c, before);
        break;
    case DM_TEST:
        compile_test(c, before);
        break;
    case DM_BODY_AGGREGATE:
        compile_aggregate(c, before, needed);
        break;
    }
}

/* United with what is new: the key of a run and its number are given. */
static void bind_run_key(compiler *c)
{
    pipeline *p = c->p;
    uint32_t united = p->plan.of.united;
    if (!p->plan.of.keyed)
        return;
    uint32_t key = unite_key(c->rule, united);
    add_slot(c, &p->head_slots, p->run_slot);
    if (key == UINT32_MAX)
        return;
    uint32_t var = c->rule->body[united].args[key].var;
    c->bound[var] = true;
    add_slot(c, &p->head_slots, var);
}

/* The batch that a pipeline starts from: empty, or what the head gives.  What
 * the head computes is compared at the end, when all is bound. */
static void compile_start(compiler *c)
{
    pipeline *p = c->p;
    c->ops = &p->head;
    c->nregs = &p->nregs;
    bind_run_key(c);
    for (uint32_t i = 0; p->plan.of.head_bound && i < c->rule->nargs; i++)
        if (c->rule->args[i].kind != DM_EXPR_AGGREGATE)
            match_column(c, &c->rule->args[i],
                         column_type(c, c->rule->relation, i), i);
    c->late.len = 0;
    add_bound(c, &p->head, &p->head_slots);
    if (p->track != TRACK_NONE)
        add_slot(c, &p->head_slots, p->flag_slot);
    if (p->weighs)
        add_slot(c, &p->head_slots, p->weight_slot);
}

/* ---- memory ------------------------------------------------------------- */

static void *zeroed(compiler *c, size_t size)
{
    void *at = arena_zalloc(&c->p->memory, size);
    if (!at)
        c->nomem = true;
    return at;
}

static void own_column(compiler *c, batch *b, uint32_t slot)
{
    if (!b->col[slot])
        b->col[slot] = zeroed(c, BATCH * sizeof(dm_cell));
}

/* Columns for the slots that the batch owns. */
static void own_columns(compiler *c, batch *b, const slot_list *slots)
{
    for (size_t i = 0; i < slots->len; i++)
        own_column(c, b, slots->at[i]);
}

static void own_bound(compiler *c, batch *b, const match_ops *ops)
{
    for (size_t i = 0; i < ops->len; i++)
        if (binds(&ops->at[i]))
            own_column(c, b, ops->at[i].to);
}

static void allocate_step(compiler *c, step *s)
{
    s->out.col = zeroed(c, (c->p->nslots + 1) * sizeof(dm_cell *));
    s->sel = zeroed(c, BATCH * sizeof *s->sel);
    s->row = zeroed(c, BATCH * sizeof *s->row);
    s->runs = zeroed(c, BATCH * sizeof *s->runs);
    s->lens = zeroed(c, BATCH * sizeof *s->lens);
}

/* A batch of its own for each step that multiplies rows; steps that filter
 * work in the batch of the step before, which also holds what they bind. */
static void allocate(compiler *c)
{
    pipeline *p = c->p;
    batch *current = &p->start;
    p->start.col = zeroed(c, (p->nslots + 1) * sizeof(dm_cell *));
    if (c->nomem)
        return;
    own_columns(c, current, &p->head_slots);
    for (uint32_t k = 0; k < p->nsteps; k++) {
        step *s = &p->steps[k];
        allocate_step(c, s);
        if (c->nomem)
            return;
        if (s->l->kind == DM_NOT_ATOM) {
            own_columns(c, &s->out, &s->carry);
            own_bound(c, &s->out, &s->ops);
        } else {
            if (s->l->kind != DM_TEST)
                current = &s->out;
            own_bound(c, current, &s->ops);
        }
        own_columns(c, current, &s->present);
    }
}

/* ---- threads ------------------------------------------------------------ */

/* Whether a value changes its type without a term being made. */
static bool converts_plainly(dm_type from, dm_type to)
{
    return from == to || (from == DM_INT && to == DM_FLOAT);
}

static bool is_pure(const dm_expr *x)
{
    if (x->kind == DM_EXPR_CALL || x->kind == DM_EXPR_COMPOUND)
        return false;
    for (uint32_t i = 0; i < x->nargs; i++)
        if (!is_pure(&x->args[i])
            || (x->kind == DM_EXPR_OP && x->args[i].type == DM_TERM))
            return false;
    return true;
}

static bool is_pure_literal(const dm_eval *e, const dm_literal *l)
{
    if (l->kind == DM_BODY_AGGREGATE
        || (l->kind == DM_TEST && l->args[0].type != l->args[1].type
            && (l->args[0].type == DM_TERM || l->args[1].type == DM_TERM)))
        return false;
    for (uint32_t i = 0; i < l->nargs; i++)
        if (!is_pure(&l->args[i])
            || (l->kind != DM_TEST
                && !converts_plainly(
                    l->args[i].type,
                    e->relations[l->relation].decl->columns[i].type)))
            return false;
    return true;
}

/* Whether running a rule makes no terms, calls nothing, and so can be done on
 * several threads. */
static bool may_split(const dm_eval *e, const dm_rule *rule)
{
    const dm_relation *decl = e->relations[rule->relation].decl;
    for (uint32_t i = 0; i < rule->nargs; i++)
        if (rule->args[i].kind == DM_EXPR_AGGREGATE || !is_pure(&rule->args[i])
            || !converts_plainly(rule->args[i].type, decl->columns[i].type))
            return false;
    for (uint32_t b = 0; b < rule->nbody; b++)
        if (!is_pure_literal(e, &rule->body[b]))
            return false;
    return true;
}

/* ---- making ------------------------------------------------------------- */

typedef struct stats {
    const dm_eval *e;
    const dm_rule *rule;
    const plan_request *request;
    const reads *reads;
} stats;

static double stat_rows(const void *context, uint32_t literal)
{
    const stats *s = context;
    const reads *r = &s->reads[literal];
    double rows = 0;
    for (int source = 0; source < NSOURCES; source++)
        if (r->hi[source] > r->lo[source])
            rows += (double)(r->hi[source] - r->lo[source]);
    return rows;
}

static double stat_distinct(const void *context, uint32_t literal,
                            uint64_t mask)
{
    const stats *s = context;
    eval_relation *r = &s->e->relations[s->rule->body[literal].relation];
    const reads *read = &s->reads[literal];
    double n = (mask & (mask - 1)) == 0 && mask
                   ? rowset_distinct_in(&r->part[PART_TRUE],
                                        (uint32_t)__builtin_ctzll(mask),
                                        read->lo[PART_TRUE],
                                        read->hi[PART_TRUE])
                   : rowset_distinct(&r->part[PART_TRUE], mask);
    if (r->part[PART_UNDEFINED].nrows) {
        double m = rowset_distinct(&r->part[PART_UNDEFINED], mask);
        n = r->part[PART_TRUE].nrows && n > m ? n : m;
    }
    double rows = stat_rows(context, literal);
    return rows > 0 && n > rows ? rows : n;
}

static double stat_observed(const void *context, uint64_t literals)
{
    const stats *s = context;
    return s->request->variant || s->request->head_bound
               ? 0 : observed_factor(s->e, s->request->rule,
                                     s->request->delta, literals);
}

static dm_status make_meetings(dm_eval *e, pipeline *p, const uint8_t *needed)
{
    dm_status st = DM_OK;
    for (uint32_t k = 0; k < p->nsteps && st == DM_OK; k++)
        if (p->plan.steps[k].met)
            st = meeting_make(e, p, k, needed);
    return st;
}

static dm_status compile(dm_eval *e, pipeline *p)
{
    const dm_rule *rule = p->rule;
    compiler c = {.e = e, .p = p, .rule = rule};
    size_t nvars = rule->nvars;
    c.bound = mem_calloc(2 * nvars + 2, 1);
    c.needed = mem_calloc((size_t)(p->nsteps + 1) * p->nslots + 1, 1);
    if (!c.bound || !c.needed) {
        mem_free(c.bound);
        mem_free(c.needed);
        return error_nomem(e->err);
    }
    c.here = c.bound + nvars + 1;
    compile_start(&c);
    find_needed(&c);
    const slot_list *before = &p->head_slots;
    for (uint32_t k = 0; k < p->nsteps; k++) {
        compile_step(&c, k, before);
        before = &p->steps[k].present;
    }
    allocate(&c);
    dm_status st = c.nomem ? error_nomem(e->err)
                           : make_meetings(e, p, c.needed);
    mem_free(c.bound);
    mem_free(c.needed);
    vec_free(&c.late);
    return st;
}

/* Whether the aggregates of a head need only know how many instances there
 * are that agree in what they take. */
static bool may_weigh(const dm_rule *rule)
{
    for (uint32_t i = 0; i < rule->nargs; i++) {
        const dm_expr *x = &rule->args[i];
        if (x->kind == DM_EXPR_AGGREGATE && x->aggregate != DM_COUNT
            && x->aggregate != DM_MIN && x->aggregate != DM_MAX)
            return false;
    }
    return true;
}

/* Where instances are told apart by their rows, sets are of no use. */
static plan_meet may_meet(const dm_eval *e, tracking track)
{
    if (track == TRACK_ROWS || track == TRACK_ORIGIN
        || (e->options.force & DM_FORCE_BINARY))
        return PLAN_MEET_NEVER;
    return e->options.force & DM_FORCE_MULTIWAY ? PLAN_MEET_ALWAYS
                                                : PLAN_MEET_CHEAP;
}

dm_status pipeline_make(dm_eval *e, const plan_request *request,
                        tracking track, const reads *asked, pipeline **out)
{
    stats context = {e, request->variant ? request->variant
                     : dm_program_get_rule(e->program, request->rule), request,
                     asked};
    plan_stats about = {&context, stat_rows, stat_distinct, stat_observed};
    pipeline *p = mem_calloc(1, sizeof *p);
    if (!p)
        return error_nomem(e->err);
    p->rule = context.rule;
    p->index = request->rule;
    p->updating = e->updating;
    p->track = track;
    p->row_slot = p->rule->nvars;
    p->flag_slot = p->row_slot + p->rule->nbody;
    p->run_slot = p->flag_slot + 1;
    p->weight_slot = p->run_slot + 1;
    p->nslots = p->weight_slot + 1;
    p->weighs = track == TRACK_FLAG && may_weigh(p->rule);
    bool united = request->united != PLAN_NO_UNION; /* may be impossible */
    plan_request asked_for = *request;
    asked_for.meet = may_meet(e, track);
    dm_status st = plan_make(e->program, &asked_for, &about, &p->plan,
                             united ? NULL : e->err);
    if (st != DM_OK) {
        mem_free(p);
        return st;
    }
    p->nsteps = p->plan.nsteps - united;
    p->steps = mem_calloc(p->plan.nsteps + 1, sizeof *p->steps);
    st = p->steps ? DM_OK : error_nomem(e->err);
    if (st == DM_OK && united)
        st = unite_stages(e, p);
    p->may_split = may_split(e, p->rule);
    if (st == DM_OK)
        st = compile(e, p);
    if (st == DM_OK && track == TRACK_ORIGIN)
        st = share_plan(e, p);
    if (st != DM_OK) {
        pipeline_free(p);
        return st;
    }
    *out = p;
    return DM_OK;
}

/* ---- copies ------------------------------------------------------------- */

static dm_status make_copy(dm_eval *e, const pipeline *p, pipeline **out)
{
    pipeline *copy = mem_alloc(sizeof *copy);
    size_t n = p->plan.nsteps + (size_t)1;
    if (!copy)
        return error_nomem(e->err);
    *copy = *p;
    copy->is_copy = true;
    copy->copies = NULL;
    copy->memory = (arena){0};
    copy->start = (batch){0};
    copy->steps = mem_calloc(n, sizeof *copy->steps);
    copy->plan.steps = mem_calloc(n, sizeof *copy->plan.steps);
    compiler c = {.e = e, .p = copy, .rule = p->rule};
    c.nomem = !copy->steps || !copy->plan.steps;
    for (uint32_t k = 0; k < p->nsteps && !c.nomem; k++) {
        copy->steps[k] = p->steps[k];
        copy->steps[k].out = (batch){0};
        copy->steps[k].stats = &copy->plan.steps[k];
        if (p->steps[k].meeting)
            c.nomem = meeting_copy(e, p->steps[k].meeting, &copy->memory,
                                   &copy->steps[k].meeting) != DM_OK;
    }
    if (!c.nomem)
        allocate(&c);
    if (c.nomem) {
        pipeline_free(copy);
        return error_nomem(e->err);
    }
    *out = copy;
    return DM_OK;
}

dm_status pipeline_copy(dm_eval *e, pipeline *p, unsigned thread,
                        pipeline **out)
{
    if (!p->copies
        && !(p->copies = mem_calloc(EVAL_THREADS, sizeof *p->copies)))
        return error_nomem(e->err);
    pipeline **copy = &p->copies[thread];
    dm_status st = *copy ? DM_OK : make_copy(e, p, copy);
    if (st != DM_OK)
        return st;
    (*copy)->from = p->from;
    (*copy)->runs = p->runs;
    for (uint32_t k = 0; k < p->nsteps; k++) {
        (*copy)->steps[k].from = p->steps[k].from;
        (*copy)->steps[k].key = p->steps[k].key;
        if (p->steps[k].meeting)
            meeting_follow((*copy)->steps[k].meeting, p->steps[k].meeting);
    }
    *out = *copy;
    return DM_OK;
}

static void free_copy(pipeline *p)
{
    if (!p)
        return;
    for (uint32_t k = 0; p->steps && k < p->nsteps; k++)
        meeting_free(p->steps[k].meeting);
    mem_free(p->steps);
    mem_free(p->plan.steps);
    arena_free(&p->memory);
    mem_free(p);
}

void pipeline_free(pipeline *p)
{
    if (!p)
        return;
    if (p->is_copy) {
        free_copy(p);
        return;
    }
    for (unsigned i = 0; p->copies && i < EVAL_THREADS; i++)
        free_copy(p->copies[i]);
    mem_free(p->copies);
    for (uint32_t k = 0; p->steps && k < p->plan.nsteps; k++) {
        step *s = &p->steps[k];
        vec_free(&s->ops);
        vec_free(&s->carry);
        vec_free(&s->present);
        groups_free(s->groups);
        meeting_free(s->meeting);
    }
    mem_free(p->steps);
    mem_free(p->stages);
    vec_free(&p->head);
    vec_free(&p->head_slots);
    vec_free(&p->share_by);
    arena_free(&p->memory);
    arena_free(&p->variant);
    plan_free(&p->plan);
    mem_free(p);
}
