/* types.c - the type of every expression, and what doesn't fit.
 *
 * Purpose: no value is read as what it isn't; program.h, before dm_expr, says
 * what may stand where.
 * Method: infer.c gives every column a type; then each rule's variables are
 * typed, every expression gets its type, and each place is compared with what
 * stands in it.  Int literals in float places become floats.
 * Invariants: afterwards no type is DM_ANY, errors or not.
 * Cost: linear in the size of the rules, see infer.c. */
#include "rules/types.h"

#include <assert.h>

/* ---- texts -------------------------------------------------------------- */

/* "argument 2 (weight) of pressure" */
static const char *place_text(typing *t, uint32_t column)
{
    const typed_column *k = &t->columns[column];
    if (k->name)
        return check_format(t->c, "argument %u (%s) of %s", k->index + 1,
                            k->name, k->owner);
    return check_format(t->c, "argument %u of %s", k->index + 1, k->owner);
}

static const char *typed_text(typing *t, dm_type type, const char *place)
{
    return check_format(t->c, "%s (%s)", type_name(type), place);
}

static const char *column_typed(typing *t, uint32_t column)
{
    if (column == NONE)
        return "term (argument of a term)";
    return typed_text(t, t->columns[column].type, place_text(t, column));
}

static const char *var_typed(typing *t, const typed_var *v)
{
    if (v->column != NONE)
        return typed_text(t, v->type, place_text(t, v->column));
    if (v->source)
        return typed_text(t, v->type,
                          check_expr_text(t->c, t->rule, v->source));
    return type_name(v->type);
}

void typing_clash(typing *t, const dm_expr *var, uint32_t column)
{
    const typed_var *v = &t->vars[var->var];
    check_error(t->c, "type-mismatch", expr_span(t->rule, var), t->index,
                t->rule->vars[var->var], var_typed(t, v),
                column_typed(t, column), check_location(t->c, v->span));
}

static void clash_expr(typing *t, const dm_expr *e, uint32_t column)
{
    const typed_column *k = &t->columns[column];
    const char *text = check_expr_text(t->c, t->rule, e);
    bool var = e->kind == DM_EXPR_VAR;
    const char *is = var ? var_typed(t, &t->vars[e->var])
                         : type_name(e->type);
    dm_span other = var ? t->vars[e->var].span : k->from;
    check_error(t->c, "type-mismatch", expr_span(t->rule, e), t->index, text,
                is, column_typed(t, column), check_location(t->c, other));
}

/* ---- expressions -------------------------------------------------------- */

/* Make an expression of nothing but int literals a float one. */
static bool is_literal(const dm_expr *e)
{
    if (e->kind == DM_EXPR_CONST)
        return e->type == DM_INT;
    if (e->kind != DM_EXPR_OP || e->op > DM_MUL)
        if (e->kind != DM_EXPR_OP || e->op != DM_NEG)
            return false;
    for (uint32_t i = 0; i < e->nargs; i++)
        if (!is_literal(&e->args[i]))
            return false;
    return true;
}

static void make_float(dm_expr *e)
{
    if (e->kind == DM_EXPR_CONST && e->type == DM_INT)
        e->cell = cell_float((double)cell_get_int(e->cell));
    e->type = DM_FLOAT;
    for (uint32_t i = 0; i < e->nargs; i++)
        make_float((dm_expr *)&e->args[i]);
}

static bool coerce(dm_expr *e, dm_type wanted)
{
    if (wanted != DM_FLOAT || !is_literal(e))
        return false;
    make_float(e);
    return true;
}

static bool is_compound_const(const typing *t, const dm_expr *e)
{
    return e->kind == DM_EXPR_COMPOUND
           || (e->kind == DM_EXPR_CONST && e->type == DM_TERM
               && terms_kind(t->p->terms, (dm_term)e->cell) == TERM_COMPOUND);
}

/* May an expression stand in a place of that type? */
static bool fits(const typing *t, dm_expr *e, dm_type place)
{
    if (e->type == place || place == DM_TERM)
        return true;
    if (e->type == DM_TERM)
        return !is_compound_const(t, e);
    return coerce(e, place);
}

static void type_expr(typing *t, dm_expr *e);

static void type_compound(typing *t, dm_expr *e)
{
    uint32_t first = typing_functor(t, e);
    for (uint32_t i = 0; i < e->nargs; i++) {
        dm_expr *arg = (dm_expr *)&e->args[i];
        type_expr(t, arg);
        if (first != NONE && !fits(t, arg, t->columns[first + i].type))
            clash_expr(t, arg, first + i);
    }
    e->type = DM_TERM;
}

/* A variable that nothing gives a value: safety.c says so. */
static bool is_guessed(const typing *t, const dm_expr *e)
{
    return e->kind == DM_EXPR_VAR && t->vars[e->var].guessed;
}

static void bad_operand(typing *t, const dm_expr *e, const dm_expr *operand,
                        const char *wanted)
{
    if (is_guessed(t, operand))
        return;
    check_error(t->c, "type-arithmetic", expr_span(t->rule, operand),
                t->index, op_name(e->op),
                check_expr_text(t->c, t->rule, operand),
                type_name(operand->type), wanted);
}

static bool is_numeric(const dm_expr *e)
{
    return e->type == DM_INT || e->type == DM_FLOAT;
}

/* `+` and `-` with a date on either side. */
static void type_date_sum(typing *t, dm_expr *e)
{
    const dm_expr *a = &e->args[0], *b = &e->args[1];
    bool both = a->type == DM_DATE && b->type == DM_DATE;
    if (e->op == DM_ADD && (both || (a->type != DM_INT && b->type != DM_INT)))
        bad_operand(t, e, a->type == DM_DATE ? b : a, "int");
    else if (e->op == DM_SUB && a->type == DM_DATE && !both
             && b->type != DM_INT)
        bad_operand(t, e, b, "int or date");
    else if (e->op == DM_SUB && a->type != DM_DATE)
        bad_operand(t, e, a, "date");
}

static void type_op(typing *t, dm_expr *e)
{
    dm_expr *args = (dm_expr *)e->args;
    bool whole = e->op == DM_IDIV || e->op == DM_MOD;
    bool dated = false;
    for (uint32_t i = 0; i < e->nargs; i++) {
        type_expr(t, &args[i]);
        dated = dated || args[i].type == DM_DATE;
    }
    e->type = type_of_op(e->op, args[0].type,
                         e->nargs > 1 ? args[1].type : DM_ANY);
    if (dated && (e->op == DM_ADD || e->op == DM_SUB)) {
        type_date_sum(t, e);
        return;
    }
    for (uint32_t i = 0; i < e->nargs; i++) {
        if (e->type == DM_FLOAT)
            coerce(&args[i], DM_FLOAT);
        if (whole ? args[i].type != DM_INT : !is_numeric(&args[i]))
            bad_operand(t, e, &args[i], whole ? "int" : "number");
    }
}

static void bad_aggregate(typing *t, const char *aggregate, const char *text,
                          dm_type type, dm_span span)
{
    check_error(t->c, "type-aggregate", span, t->index, aggregate, text,
                type_name(type), "number");
}

static bool adds_up(dm_aggregate a)
{
    return a == DM_SUM || a == DM_MEAN;
}

static void type_aggregate(typing *t, dm_expr *e)
{
    dm_type value = DM_INT;
    if (e->nargs > 0) {
        const dm_expr *arg = &e->args[0];
        type_expr(t, (dm_expr *)arg);
        value = arg->type;
        if (adds_up(e->aggregate) && !is_numeric(arg) && !is_guessed(t, arg))
            bad_aggregate(t, aggregate_name(t->p, e->aggregate, e->function),
                          check_expr_text(t->c, t->rule, arg), value,
                          expr_span(t->rule, arg));
    }
    e->type = type_of_aggregate(t->p, e->aggregate, e->function, value);
}

static void type_expr(typing *t, dm_expr *e)
{
    switch (e->kind) {
    case DM_EXPR_VAR:
        e->type = t->vars[e->var].type;
        break;
    case DM_EXPR_CONST:
        e->type = type_of_const(t->p, e);
        if (e->type == TYPE_LITERAL)
            e->type = DM_INT;
        break;
    case DM_EXPR_COMPOUND:
        type_compound(t, e);
        break;
    case DM_EXPR_OP:
        type_op(t, e);
        break;
    case DM_EXPR_CALL:
        for (uint32_t i = 0; i < e->nargs; i++)
            type_expr(t, (dm_expr *)&e->args[i]);
        e->type = t->p->functions.at[e->function].result;
        break;
    case DM_EXPR_AGGREGATE:
        type_aggregate(t, e);
        break;
    }
    assert(e->type != DM_ANY && e->type <= DM_TERM);
}

/* ---- literals ----------------------------------------------------------- */

/* `matched`: variables in a pattern were compared with the column already. */
static void type_arg(typing *t, const dm_expr *arg, uint32_t column,
                     bool matched)
{
    dm_expr *e = (dm_expr *)arg;
    type_expr(t, e);
    if (matched && e->kind == DM_EXPR_VAR)
        return;
    if (column != NONE && !fits(t, e, t->columns[column].type))
        clash_expr(t, e, column);
}

static bool comparable(dm_compare op, const dm_expr *a, const dm_expr *b)
{
    bool order = op != DM_EQ && op != DM_NE;
    if (order && (a->type == DM_INTERVAL || b->type == DM_INTERVAL))
        return false;
    if (a->type == b->type || a->type == DM_TERM || b->type == DM_TERM)
        return true;
    return order && is_numeric(a) && is_numeric(b);
}

static void type_test(typing *t, const dm_literal *l)
{
    dm_expr *a = (dm_expr *)&l->args[0], *b = (dm_expr *)&l->args[1];
    type_expr(t, a);
    type_expr(t, b);
    coerce(a, b->type);
    coerce(b, a->type);
    if (comparable(l->compare, a, b))
        return;
    const char *types = check_format(t->c, "%s and %s", type_name(a->type),
                                     type_name(b->type));
    check_error(t->c, "type-compare", literal_span(t->rule, l), t->index,
                compare_name(l->compare), check_expr_text(t->c, t->rule, a),
                check_expr_text(t->c, t->rule, b), types);
}

/* The result of a body aggregate: equal, as if by `=`. */
static void type_result(typing *t, const dm_literal *l)
{
    dm_expr *e = (dm_expr *)&l->args[l->nargs - 1];
    dm_type value = DM_INT, type;
    const char *name = aggregate_name(t->p, l->aggregate, l->function);
    type_expr(t, e);
    if (l->value_column != NONE) {
        uint32_t column = typing_column(t, l, l->value_column);
        value = t->columns[column].type;
        if (adds_up(l->aggregate) && value != DM_INT && value != DM_FLOAT)
            bad_aggregate(t, name, place_text(t, column), value,
                          literal_span(t->rule, l));
    }
    type = type_of_aggregate(t->p, l->aggregate, l->function, value);
    if (fits(t, e, type))
        return;
    check_error(t->c, "type-compare", expr_span(t->rule, e), t->index, "=",
                check_expr_text(t->c, t->rule, e), name,
                check_format(t->c, "%s and %s", type_name(e->type),
                             type_name(type)));
}

static void type_literal(typing *t, const dm_literal *l)
{
    uint32_t n = l->nargs - (l->kind == DM_BODY_AGGREGATE);
    bool fit = literal_fits(t->p, l);
    if (l->kind == DM_TEST) {
        type_test(t, l);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        bool ignored = l->kind == DM_BODY_AGGREGATE && !(l->grouped >> i & 1);
        type_arg(t, &l->args[i],
                 fit && !ignored ? typing_column(t, l, i) : NONE,
                 l->kind == DM_ATOM);
    }
    if (l->kind == DM_BODY_AGGREGATE && fit)
        type_result(t, l);
    else if (l->kind == DM_BODY_AGGREGATE)
        type_expr(t, (dm_expr *)&l->args[n]);
}

static void settle_vars(typing *t)
{
    for (uint32_t i = 0; i < t->rule->nvars; i++) {
        if (t->vars[i].type == DM_ANY) {
            t->vars[i].type = DM_TERM;
            t->vars[i].guessed = true;
        } else if (t->vars[i].type == TYPE_LITERAL) {
            t->vars[i].type = DM_INT;
        }
        t->rule->var_types[i] = t->vars[i].type;
    }
}

/* A free column of a negation has its column's type. */
static void type_free_vars(typing *t)
{
    const program_rule *r = t->p->rules.at[t->index];
    for (uint32_t i = 0; i < r->pub.nbody; i++) {
        const dm_literal *l = &r->pub.body[i];
        if (l->kind != DM_NOT_ATOM || !literal_fits(t->p, l))
            continue;
        for (uint32_t j = 0; j < l->nargs; j++)
            if (rule_is_anonymous(r, &l->args[j]))
                t->vars[l->args[j].var].type =
                    t->columns[typing_column(t, l, j)].type;
    }
}

static void type_rule(typing *t)
{
    const dm_rule *r = t->rule;
    t->report = true;
    typing_vars(t);
    t->report = false;
    type_free_vars(t);
    settle_vars(t);
    for (uint32_t i = 0; i < r->nbody; i++)
        type_literal(t, &r->body[i]);
    uint32_t first = head_fits(t->p, r) ? t->of_relation[r->relation] : NONE;
    for (uint32_t i = 0; i < r->nargs; i++)
        type_arg(t, &r->args[i], first == NONE ? NONE : first + i, false);
}

/* ---- the pass ----------------------------------------------------------- */

/* Rules are queued by every relation they mention, in terms as well. */
typedef struct mentions {
    typing *t;
    graph_edges edges;
    uint32_t rule;
} mentions;

static void mention(mentions *m, uint32_t relation)
{
    graph_edge e = {relation, m->rule};
    if (!vec_push(&m->edges, e))
        m->t->c->nomem = true;
}

static void mention_expr(mentions *m, const dm_expr *e)
{
    const dm_program *p = m->t->p;
    size_t size;
    uint32_t i;
    if (e->kind == DM_EXPR_COMPOUND) {
        const char *name = terms_text(p->terms, e->functor, &size);
        if (name_find(&p->relation_names, name, size, &i)
            || (size > 1 && name[0] == '-'
                && name_find(&p->relation_names, name + 1, size - 1, &i)))
            mention(m, i);
    }
    for (uint32_t j = 0; j < e->nargs; j++)
        mention_expr(m, &e->args[j]);
}

static void mention_rule(mentions *m, const dm_rule *r)
{
    mention(m, r->relation);
    for (uint32_t i = 0; i < r->nargs; i++)
        mention_expr(m, &r->args[i]);
    for (uint32_t i = 0; i < r->nbody; i++) {
        if (literal_reads(&r->body[i]))
            mention(m, r->body[i].relation);
        for (uint32_t j = 0; j < r->body[i].nargs; j++)
            mention_expr(m, &r->body[i].args[j]);
    }
}

static bool index_mentions(typing *t)
{
    mentions m = {.t = t};
    for (uint32_t i = 0; i < t->p->rules.len && !t->c->nomem; i++) {
        m.rule = i;
        mention_rule(&m, &t->p->rules.at[i]->pub);
    }
    if (!t->c->nomem
        && !graph_pack(&t->c->scratch, (uint32_t)t->p->relations.len,
                       m.edges.at, m.edges.len, &t->readers))
        t->c->nomem = true;
    vec_free(&m.edges);
    return !t->c->nomem;
}

static typed_column column_of(const char *owner, const dm_column *k,
                              uint32_t index, dm_span span)
{
    return (typed_column){k->type, k->type != DM_ANY, index, owner, k->name,
                          span};
}

static void number_columns(typing *t)
{
    dm_program *p = t->p;
    uint32_t n = 0;
    for (size_t i = 0; i < p->relations.len; i++) {
        const dm_relation *r = &p->relations.at[i]->pub;
        t->of_relation[i] = n;
        for (uint32_t j = 0; j < r->arity; j++)
            t->columns[n++] = column_of(r->name, &r->columns[j], j, r->span);
    }
    for (size_t i = 0; i < p->constructors.len; i++) {
        const dm_constructor *k = &p->constructors.at[i];
        t->of_constructor[i] = n;
        for (uint32_t j = 0; j < k->arity; j++, n++) {
            t->columns[n] =
                column_of(k->name, &k->columns[j], j, (dm_span){0});
            if (!t->columns[n].declared)
                t->columns[n].type = DM_TERM;
            t->columns[n].declared = true;
        }
    }
}

static bool typing_open(typing *t)
{
    const dm_program *p = t->p;
    size_t ncolumns = 0;
    uint32_t nvars = 0;
    for (size_t i = 0; i < p->relations.len; i++)
        ncolumns += p->relations.at[i]->pub.arity;
    for (size_t i = 0; i < p->constructors.len; i++)
        ncolumns += p->constructors.at[i].arity;
    for (size_t i = 0; i < p->rules.len; i++)
        if (p->rules.at[i]->pub.nvars > nvars)
            nvars = p->rules.at[i]->pub.nvars;
    check *c = t->c;
    t->columns = check_alloc(c, ncolumns, sizeof *t->columns);
    t->of_relation = check_alloc(c, p->relations.len, sizeof(uint32_t));
    t->of_constructor = check_alloc(c, p->constructors.len, sizeof(uint32_t));
    t->queue = check_alloc(c, p->rules.len, sizeof *t->queue);
    t->queued = check_alloc(c, p->rules.len, sizeof *t->queued);
    t->vars = check_alloc(c, nvars, sizeof *t->vars);
    return !c->nomem && index_mentions(t);
}

static void write_back(typing *t)
{
    for (size_t i = 0; i < t->p->relations.len; i++) {
        program_relation *r = t->p->relations.at[i];
        for (uint32_t j = 0; j < r->pub.arity; j++)
            r->columns[j].type = t->columns[t->of_relation[i] + j].type;
    }
}

void check_types(check *c)
{
    typing t = {.c = c, .p = c->p};
    if (!typing_open(&t))
        return;
    number_columns(&t);
    typing_infer(&t);
    for (uint32_t i = 0; i < c->p->rules.len; i++) {
        t.index = i;
        t.rule = &c->p->rules.at[i]->pub;
        type_rule(&t);
    }
    write_back(&t);
}
