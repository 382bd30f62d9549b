/* test_print.c - comparisons as people read them, with values filled in.
 *
 * Expressions are nested at most 1,000 deep (the checker's limit), which
 * bounds the recursion. */
#include "base/buf.h"
#include "read/slice.h"

typedef struct printing {
    const dm_program *program;
    const dm_terms *terms;
    const dm_rule *rule;
    const dm_cell *vars;
    buf *out;
} printing;

static const char *const COMPARE[] = {"=", "!=", "<", "<=", ">", ">="};
static const char *const OPS[] = {"+", "-", "*", "/", "div", "mod"};

static void print_expr(const printing *p, const dm_expr *e);

static void print_args(const printing *p, const dm_expr *e)
{
    buf_puts(p->out, "(");
    for (uint32_t i = 0; i < e->nargs; i++) {
        if (i > 0)
            buf_puts(p->out, ", ");
        print_expr(p, &e->args[i]);
    }
    buf_puts(p->out, ")");
}

static void print_operand(const printing *p, const dm_expr *e)
{
    bool nested = e->kind == DM_EXPR_OP;
    if (nested)
        buf_puts(p->out, "(");
    print_expr(p, e);
    if (nested)
        buf_puts(p->out, ")");
}

static void print_op(const printing *p, const dm_expr *e)
{
    if (e->op == DM_NEG) {
        buf_puts(p->out, "-");
        print_operand(p, &e->args[0]);
        return;
    }
    print_operand(p, &e->args[0]);
    buf_printf(p->out, " %s ", OPS[e->op]);
    print_operand(p, &e->args[1]);
}

static void print_expr(const printing *p, const dm_expr *e)
{
    switch (e->kind) {
    case DM_EXPR_VAR:
        cell_print(p->terms, p->rule->var_types[e->var], p->vars[e->var],
                   p->out);
        break;
    case DM_EXPR_CONST:
        cell_print(p->terms, e->type, e->cell, p->out);
        break;
    case DM_EXPR_COMPOUND:
        term_print(p->terms, e->functor, p->out);
        print_args(p, e);
        break;
    case DM_EXPR_CALL:
        buf_puts(p->out,
                 dm_program_get_function(p->program, e->function)->name);
        print_args(p, e);
        break;
    case DM_EXPR_OP:
        print_op(p, e);
        break;
    case DM_EXPR_AGGREGATE: /* heads only */
        break;
    }
}

void test_print(const dm_program *p, const dm_terms *terms,
                const dm_rule *rule, const dm_literal *l, const dm_cell *vars,
                buf *out)
{
    printing on = {p, terms, rule, vars, out};
    print_expr(&on, &l->args[0]);
    buf_printf(out, " %s ", COMPARE[l->compare]);
    print_expr(&on, &l->args[1]);
}
