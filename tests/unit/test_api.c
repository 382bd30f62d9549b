/* test_api.c - the engine as a C program embeds it: dragoman.h and nothing
 * else of it.  Links in memory, a program as data, a model, a proof. */
#include "dragoman.h"
#include "tap.h"

#include <stdlib.h>

static dm_error err;

static void must(dm_status st, const char *what)
{
    if (!ok(st == DM_OK, what)) {
        diag("%s: %s", dm_status_name(st), err.text);
        exit(1);
    }
}

static dm_term symbol(dm_terms *t, const char *text)
{
    dm_term out = 0;
    if (dm_terms_symbol(t, text, strlen(text), &out) != DM_OK)
        exit(1);
    return out;
}

/* State link(from, to) in a transaction of its own. */
static void state_link(dm_kb *kb, const char *from, const char *to)
{
    dm_terms *t;
    dm_txn *tx;
    uint64_t serial, number;
    must(dm_terms_new(dm_kb_terms(kb), &t), "a table of terms");
    dm_field fields[] = {
        {.tag = DM_TAG_RELATION, .type = DM_FIELD_TERM,
         .term = symbol(t, "link")},
        {.tag = DM_TAG_ARG, .type = DM_FIELD_TERM, .term = symbol(t, from)},
        {.tag = DM_TAG_ARG, .type = DM_FIELD_TERM, .term = symbol(t, to)}};
    dm_statement s = {.kind = DM_FACT, .origin = symbol(t, "entered"),
                      .nfields = 3, .fields = fields};
    must(dm_txn_begin(kb, "test", "a link", &tx, &err), "a transaction");
    must(dm_txn_add(tx, &s, t, &serial, &err), "a statement");
    must(dm_txn_commit(tx, &number, &err), "a commit");
    dm_terms_free(t);
}

static dm_expr var(uint32_t i)
{
    return (dm_expr){.kind = DM_EXPR_VAR, .var = i};
}

/* reach(A, B) if link(A, B).  reach(A, C) if reach(A, B) and link(B, C). */
static void add_rules(dm_program *p, uint32_t link, uint32_t reach)
{
    static const char *const names[] = {"A", "B", "C"};
    uint32_t rule;
    dm_expr ab[] = {var(0), var(1)}, bc[] = {var(1), var(2)},
            ac[] = {var(0), var(2)};
    dm_literal direct[] = {
        {.kind = DM_ATOM, .relation = link, .nargs = 2, .args = ab}};
    dm_literal step[] = {
        {.kind = DM_ATOM, .relation = reach, .nargs = 2, .args = ab},
        {.kind = DM_ATOM, .relation = link, .nargs = 2, .args = bc}};
    dm_rule first = {.relation = reach, .nargs = 2, .args = ab, .nbody = 1,
                     .body = direct, .nvars = 2, .vars = names};
    dm_rule second = {.relation = reach, .nargs = 2, .args = ac, .nbody = 2,
                      .body = step, .nvars = 3, .vars = names, .user = 1};
    must(dm_program_rule(p, &first, &rule, &err), "a rule");
    must(dm_program_rule(p, &second, &rule, &err), "a recursive one");
}

static bool count_row(void *context, dm_row row)
{
    (void)row;
    ++*(int *)context;
    return true;
}

/* What a caller may get wrong in a statement is a status, not a crash. */
static void refuse(dm_kb *kb, dm_view *v)
{
    dm_txn *tx;
    uint64_t serial;
    dm_field no_term = {.tag = DM_TAG_RELATION, .type = DM_FIELD_TERM,
                        .term = 1000000};
    dm_field no_tag = {.type = DM_FIELD_INT};
    dm_statement s = {.kind = DM_FACT, .nfields = 1, .fields = &no_term};
    is_int(dm_view_add(v, &s, &serial, &err), DM_INVALID,
           "a term that isn't there, in a view");
    must(dm_txn_begin(kb, NULL, NULL, &tx, &err), "a transaction");
    is_int(dm_txn_add(tx, &s, dm_view_terms(v), &serial, &err), DM_INVALID,
           "and in a transaction");
    s.fields = &no_tag;
    is_int(dm_txn_add(tx, &s, dm_view_terms(v), &serial, &err), DM_INVALID,
           "a field without a tag");
    s = (dm_statement){.kind = (dm_kind)99};
    is_int(dm_txn_add(tx, &s, dm_view_terms(v), &serial, &err), DM_INVALID,
           "an unknown kind");
    dm_txn_abort(tx);
}

static void ask(dm_view *v, dm_model *m, uint32_t reach)
{
    dm_cell tuple[] = {symbol(dm_view_terms(v), "a"),
                       symbol(dm_view_terms(v), "c")};
    dm_row row;
    dm_proof *proof;
    int count = 0;
    is_int((int64_t)dm_model_count(m, reach, DM_TRUE), 3, "three rows");
    is_int(dm_model_lookup(m, reach, tuple, &row), DM_TRUE, "reach(a, c)");
    must(dm_model_match(m, reach, 1, tuple, count_row, &count, &err),
         "rows from a");
    is_int(count, 2, "are two");
    char *text = dm_cell_text(dm_view_terms(v), DM_SYMBOL,
                              dm_model_cells(m, row)[1]);
    is_str(text, "c", "a cell as text");
    dm_free(text);
    must(dm_model_prove(m, row, NULL, &proof, &err), "a proof");
    is_int((int64_t)dm_proof_count(proof), 4, "of four nodes");
    is_int(dm_proof_get(proof, 0)->kind, DM_PROOF_RULE, "by a rule");
    dm_proof_free(proof);
}

int main(void)
{
    dm_kb *kb;
    dm_view *v;
    dm_program *p;
    dm_model *m;
    dm_view_options view = {0};
    dm_eval_options options = {.threads = 1};
    uint32_t link, reach;
    dm_column columns[] = {{"from", DM_SYMBOL}, {"to", DM_SYMBOL}};

    must(dm_kb_open(NULL, 0, &kb, &err), "a knowledge base in memory");
    state_link(kb, "a", "b");
    state_link(kb, "b", "c");
    must(dm_view_open(kb, &view, &v, &err), "a view");
    refuse(kb, v);
    must(dm_program_new(dm_view_terms(v), &p), "a program");
    dm_relation base = {.name = "link", .arity = 2, .columns = columns,
                        .input = DM_INPUT_FACTS};
    dm_relation derived = {.name = "reach", .arity = 2, .columns = columns};
    must(dm_program_relation(p, &base, &link, &err), "a relation");
    must(dm_program_relation(p, &derived, &reach, &err), "a derived one");
    add_rules(p, link, reach);
    must(dm_program_check(p, &err), "the check");
    must(dm_model_new(v, p, &options, &m, &err), "a model");
    ask(v, m, reach);
    dm_model_free(m);
    dm_program_free(p);
    ok(dm_kb_close(kb, &err) == DM_BUSY, "not closed under a view");
    dm_view_close(v);
    must(dm_kb_close(kb, &err), "closed");
    return done_testing();
}
