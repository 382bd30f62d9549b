/* test_eval_instance.c - how a row is derived: eval_instances. */
#include "eval_text.h"

struct seen {
    struct model *m;
    char text[2000];
    size_t limit, n;
};

static void print_premise(const dm_rule *rule, size_t k,
                          const eval_premise *p, buf *b)
{
    buf_puts(b, ", ");
    buf_puts(b, p->kind == DM_NOT_ATOM ? "not " : "");
    buf_puts(b, p->truth == DM_TRUE ? "t" : "u");
    if (p->kind == DM_ATOM
        || (p->kind == DM_NOT_ATOM && p->truth == DM_UNDEFINED))
        buf_printf(b, "%zu", p->row.row);
    if (p->kind == DM_BODY_AGGREGATE)
        buf_printf(b, " =%d", (int)p->cells[rule->body[k].nargs - 1]);
}

/* Append the body's truth, the variables, and each premise's truth and row. */
static bool note(void *context, const eval_instance *i)
{
    struct seen *s = context;
    buf b = {0};
    const dm_rule *rule = dm_program_get_rule(s->m->text.program, i->rule);
    buf_puts(&b, s->n++ ? " | " : "");
    buf_puts(&b, i->truth == DM_TRUE ? "t" : "u");
    for (uint32_t v = 0; v < rule->nvars; v++) {
        buf_puts(&b, " ");
        if (i->vars[v] == 0) /* of a free column */
            buf_puts(&b, "_");
        else
            cell_print(s->m->text.terms, rule->var_types[v], i->vars[v], &b);
    }
    for (size_t k = 0; k < i->npremises; k++)
        print_premise(rule, k, &i->premises[k], &b);
    strncat(s->text, b.at, sizeof s->text - strlen(s->text) - 1);
    buf_free(&b);
    return s->n != s->limit;
}

static const char *instances(struct model *m, uint32_t rule, const char *row,
                             dm_truth truth, size_t limit, struct seen *s)
{
    const dm_rule *r = dm_program_get_rule(m->text.program, rule);
    const dm_relation *head = dm_program_get_relation(m->text.program,
                                                      r->relation);
    dm_cell cells[64];
    *s = (struct seen){.m = m, .limit = limit};
    model_row(m, head->name, row, cells);
    if (eval_instances(m->eval, rule, cells, truth, note, s, &m->error)
        != DM_OK)
        diag("%s", m->error.text);
    return s->text;
}

static void test_plain(void)
{
    struct model m;
    struct seen s;
    model_open(&m, "edge(x: int, y: int)", NULL);
    model_rules(&m, "path(X, Y) if edge(X, Y).",
                "path(X, Z) if path(X, Y) and edge(Y, Z).", NULL);
    model_check(&m);
    model_put(&m, "edge", DM_TRUE, "1 2;2 4;1 3;3 4");
    model_run(&m);
    is_str(instances(&m, 0, "1 2", DM_TRUE, 0, &s), "t 1 2, t0",
           "by the first rule");
    is_str(instances(&m, 0, "1 4", DM_TRUE, 0, &s), "", "not by it");
    is_str(instances(&m, 1, "1 4", DM_TRUE, 0, &s),
           "t 1 4 2, t0, t1 | t 1 4 3, t1, t3", "twice by the second");
    is_str(instances(&m, 1, "1 4", DM_TRUE, 1, &s), "t 1 4 2, t0, t1",
           "stopped");
    model_close(&m);
}

static void open_game(struct model *m, const char *moves)
{
    model_open(m, "move(x: symbol, y: symbol)", NULL);
    model_rules(m, "win(X) if move(X, Y) and not win(Y).", NULL);
    model_check(m);
    model_put(m, "move", DM_TRUE, moves);
    model_run(m);
}

static void test_undefined(void)
{
    struct model m;
    struct seen s;
    open_game(&m, "a b;b a;a c;c d;a e");
    is_str(model_rows(&m, "win", DM_TRUE), "a; c", "won");
    is_str(instances(&m, 0, "a", DM_TRUE, 0, &s),
           "t a b, t0, not t | t a e, t4, not t", "true instances");
    model_close(&m);

    open_game(&m, "a b;b a;a c;c d");
    is_str(instances(&m, 0, "a", DM_TRUE, 0, &s), "", "not true");
    is_str(instances(&m, 0, "a", DM_UNDEFINED, 0, &s),
           "u a b, t0, not u1", "an undefined instance, with the row");
    model_close(&m);
}

static void test_heads(void)
{
    struct model m;
    struct seen s;
    model_open(&m, "n(x: int)", NULL);
    model_rules(&m, "a(X + 1, f(X, g(Y))) if n(X) and n(Y) and X < Y.",
                "b(Z) if n(X) and a(_, f(X, _)) and Z = X * 2.",
                "c(X, count()) if n(X) and n(_).",
                "d(X, N) if n(X) and N = count{ n(_) }.",
                "e(X) if n(X) and not a(X, _).", NULL);
    model_check(&m);
    model_put(&m, "n", DM_TRUE, "1;2;3");
    model_run(&m);
    uint32_t a = model_find(&m, "a");
    s = (struct seen){.m = &m};
    eval_instances(m.eval, 0, eval_cells(m.eval, (eval_row){a, DM_TRUE, 0}),
                   DM_TRUE, note, &s, NULL);
    is_str(s.text, "t 1 2, t0, t1, t", "computed and compound arguments");
    instances(&m, 1, "2", DM_TRUE, 0, &s);
    is_int((int64_t)s.n, 2, "a computed variable");
    instances(&m, 2, "2 9", DM_TRUE, 0, &s);
    is_int((int64_t)s.n, 3, "an aggregate's contributing instances");
    is_str(instances(&m, 3, "2 3", DM_TRUE, 0, &s), "t 2 3 _, t1, t =3",
           "a body aggregate");
    is_str(instances(&m, 3, "2 4", DM_TRUE, 0, &s), "", "of another value");
    is_str(instances(&m, 4, "1", DM_TRUE, 0, &s), "t 1 _, t0, not t",
           "a projected negation");
    model_close(&m);
}

static void test_lattice(void)
{
    struct model m;
    struct seen s;
    model_open(&m, "link(x: symbol, y: symbol, d: int)", NULL);
    model_rules(&m, "dist(Y, min(0)) if link(s, _, _) and Y = s.",
                "dist(Y, min(D + W)) if dist(X, D) and link(X, Y, W).",
                NULL);
    model_check(&m);
    model_put(&m, "link", DM_TRUE, "s a 5;s b 1;b a 1;a c 1");
    model_run(&m);
    instances(&m, 1, "a 2", DM_TRUE, 0, &s);
    is_int((int64_t)s.n, 1, "only those with the best value");
    model_close(&m);
}

int main(void)
{
    test_plain();
    test_undefined();
    test_heads();
    test_lattice();
    return done_testing();
}
