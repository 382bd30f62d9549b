/* print.c - rules, relations and components as the language writes them.
 *
 * Purpose: what `dragoman explain` and messages show.
 * Method: an expression is printed with as few parentheses as its operators'
 * precedence allows; a body is filled to 80 columns, its lines beginning
 * under the first literal's `if`.
 * Invariants: printing needs no checked program, except for types and
 * components.
 * Cost: linear in the text. */
#include "rules/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 80

/* ---- expressions -------------------------------------------------------- */

enum { PREC_OR = 1, PREC_AND, PREC_NOT, PREC_SUM, PREC_PRODUCT, PREC_NEG };

typedef struct printer {
    const dm_program *p;
    const dm_rule *rule;
    buf *out;
} printer;

static void expr_print(printer *k, const dm_expr *e, int above);

static void exprs_print(printer *k, const dm_expr *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            buf_puts(k->out, ", ");
        expr_print(k, &args[i], 0);
    }
}

static void call_print(printer *k, const char *name, size_t size,
                       const dm_expr *args, uint32_t n)
{
    buf_put(k->out, name, size);
    buf_puts(k->out, "(");
    exprs_print(k, args, n);
    buf_puts(k->out, ")");
}

static void open_paren(printer *k, int mine, int above)
{
    if (mine < above)
        buf_puts(k->out, "(");
}

static void close_paren(printer *k, int mine, int above)
{
    if (mine < above)
        buf_puts(k->out, ")");
}

/* A left-associative operator between two expressions. */
static void infix_print(printer *k, const dm_expr *e, const char *op,
                        int mine, int above)
{
    open_paren(k, mine, above);
    expr_print(k, &e->args[0], mine);
    buf_printf(k->out, " %s ", op);
    expr_print(k, &e->args[1], mine + 1);
    close_paren(k, mine, above);
}

static void prefix_print(printer *k, const dm_expr *e, const char *op,
                         int mine, int above)
{
    open_paren(k, mine, above);
    buf_puts(k->out, op);
    expr_print(k, &e->args[0], mine);
    close_paren(k, mine, above);
}

static void op_print(printer *k, const dm_expr *e, int above)
{
    bool product = e->op != DM_ADD && e->op != DM_SUB;
    if (e->op == DM_NEG)
        prefix_print(k, e, "-", PREC_NEG, above);
    else
        infix_print(k, e, op_name(e->op), product ? PREC_PRODUCT : PREC_SUM,
                    above);
}

static bool is_text(const char *a, size_t size, const char *b)
{
    return strlen(b) == size && memcmp(a, b, size) == 0;
}

/* The functors and, or, not are formulas; a bare or explicitly negative name
 * stands as it is, any other in quotes. */
static void compound_print(printer *k, const dm_expr *e, int above)
{
    size_t size;
    const char *name = terms_text(k->p->terms, e->functor, &size);
    if (e->nargs == 2 && is_text(name, size, "and"))
        infix_print(k, e, "and", PREC_AND, above);
    else if (e->nargs == 2 && is_text(name, size, "or"))
        infix_print(k, e, "or", PREC_OR, above);
    else if (e->nargs == 1 && is_text(name, size, "not"))
        prefix_print(k, e, "not ", PREC_NOT, above);
    else
        call_print(k, name, size, e->args, e->nargs);
}

static void expr_print(printer *k, const dm_expr *e, int above)
{
    const char *name;
    switch (e->kind) {
    case DM_EXPR_VAR:
        buf_puts(k->out, k->rule->vars[e->var]);
        break;
    case DM_EXPR_CONST:
        cell_print(k->p->terms, e->type, e->cell, k->out);
        break;
    case DM_EXPR_COMPOUND:
        compound_print(k, e, above);
        break;
    case DM_EXPR_OP:
        op_print(k, e, above);
        break;
    case DM_EXPR_CALL:
        name = k->p->functions.at[e->function].name;
        call_print(k, name, strlen(name), e->args, e->nargs);
        break;
    case DM_EXPR_AGGREGATE:
        name = aggregate_name(k->p, e->aggregate, e->function);
        call_print(k, name, strlen(name), e->args, e->nargs);
        break;
    }
}

bool print_expr(const dm_program *p, const dm_rule *r, const dm_expr *e,
                buf *b)
{
    printer k = {p, r, b};
    expr_print(&k, e, 0);
    return !b->failed;
}

/* ---- literals ----------------------------------------------------------- */

static void atom_print(printer *k, uint32_t relation, const dm_expr *args,
                       uint32_t n)
{
    const char *name = k->p->relations.at[relation]->pub.name;
    if (n == 0)
        buf_puts(k->out, name);
    else
        call_print(k, name, strlen(name), args, n);
}

/* A name for the aggregated column that the rule doesn't use. */
static void value_name(const dm_rule *r, char out[16])
{
    for (unsigned n = 0;; n++) {
        bool taken = false;
        snprintf(out, 16, n ? "V%u" : "V", n);
        for (uint32_t i = 0; i < r->nvars && !taken; i++)
            taken = strcmp(r->vars[i], out) == 0;
        if (!taken)
            return;
    }
}

/* N = sum{ V : pressure(_, B, I, V) } */
static void aggregate_print(printer *k, const dm_literal *l)
{
    char value[16];
    value_name(k->rule, value);
    expr_print(k, &l->args[l->nargs - 1], 0);
    buf_printf(k->out, " = %s{ ",
               aggregate_name(k->p, l->aggregate, l->function));
    if (l->value_column != NONE)
        buf_printf(k->out, "%s : ", value);
    buf_puts(k->out, k->p->relations.at[l->relation]->pub.name);
    for (uint32_t i = 0; i + 1 < l->nargs; i++) {
        buf_puts(k->out, i ? ", " : "(");
        if (l->grouped >> i & 1)
            expr_print(k, &l->args[i], 0);
        else
            buf_puts(k->out, i == l->value_column ? value : "_");
    }
    buf_puts(k->out, l->nargs > 1 ? ") }" : " }");
}

static void literal_print(printer *k, const dm_literal *l)
{
    switch (l->kind) {
    case DM_NOT_ATOM:
        buf_puts(k->out, "not ");
        atom_print(k, l->relation, l->args, l->nargs);
        break;
    case DM_ATOM:
        buf_puts(k->out, l->possible ? "possibly " : "");
        atom_print(k, l->relation, l->args, l->nargs);
        break;
    case DM_TEST:
        expr_print(k, &l->args[0], 0);
        buf_printf(k->out, " %s ", compare_name(l->compare));
        expr_print(k, &l->args[1], 0);
        break;
    case DM_BODY_AGGREGATE:
        aggregate_print(k, l);
        break;
    }
}

bool print_literal(const dm_program *p, uint32_t rule, uint32_t literal,
                   buf *b)
{
    const dm_rule *r = &p->rules.at[rule]->pub;
    printer k = {p, r, b};
    literal_print(&k, &r->body[literal]);
    return !b->failed;
}

/* ---- rules -------------------------------------------------------------- */

/* Characters, not bytes, of a text in UTF-8. */
static size_t text_width(const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static void pad(buf *b, size_t n)
{
    while (n-- > 0)
        buf_puts(b, " ");
}

/* Fill lines: `word` joins, `column` is where the line stands, `margin` where
 * the next lines begin, `left` what they already are indented by. */
typedef struct filler {
    buf *out;
    size_t column, margin;
} filler;

static void fill(filler *f, const char *word, const buf *item)
{
    size_t width = text_width(item->at, item->len);
    size_t joined = strlen(word);
    if (f->column + 1 + joined + 1 + width + 1 > WIDTH) {
        buf_puts(f->out, "\n");
        pad(f->out, f->margin);
        f->column = f->margin;
    } else {
        buf_puts(f->out, " ");
        f->column++;
    }
    buf_printf(f->out, "%s ", word);
    buf_put(f->out, item->at, item->len);
    f->column += joined + 1 + width;
}

static void body_print(printer *k, size_t column, size_t indent)
{
    const dm_rule *r = k->rule;
    buf item = {0};
    size_t under = column + 1; /* of `if` */
    filler f = {k->out, column, under <= WIDTH / 2 ? under : indent + 4};
    for (uint32_t i = 0; i < r->nbody; i++) {
        printer one = {k->p, r, &item};
        buf_clear(&item);
        literal_print(&one, &r->body[i]);
        fill(&f, i == 0 ? "if" : "and", &item);
    }
    k->out->failed = k->out->failed || item.failed;
    buf_free(&item);
}

static bool rule_print(const dm_program *p, uint32_t rule, size_t indent,
                       buf *b)
{
    const dm_rule *r = &p->rules.at[rule]->pub;
    buf head = {0};
    printer k = {p, r, &head};
    atom_print(&k, r->relation, r->args, r->nargs);
    pad(b, indent);
    buf_put(b, head.at, head.len);
    k.out = b;
    body_print(&k, indent + text_width(head.at, head.len), indent);
    buf_puts(b, ".");
    b->failed = b->failed || head.failed;
    buf_free(&head);
    return !b->failed;
}

bool dm_program_print_rule(const dm_program *p, uint32_t rule, buf *b)
{
    return rule_print(p, rule, 0, b);
}

/* ---- relations ---------------------------------------------------------- */

static const char *kind_name(const dm_relation *r)
{
    static const char *const names[] = {"relation", "state", "event"};
    return names[r->kind];
}

static const char *column_name(const dm_relation *r, uint32_t i)
{
    return r->columns[i].name ? r->columns[i].name : "_";
}

/* state position(actor: symbol, issue: symbol) key (actor) */
static void declaration_print(const dm_relation *r, buf *b)
{
    buf item = {0};
    buf_printf(b, "%s %s", kind_name(r), r->name);
    filler f = {b, strlen(kind_name(r)) + 1 + text_width(r->name,
                                                         strlen(r->name)), 4};
    for (uint32_t i = 0; i < r->arity; i++) {
        buf_clear(&item);
        buf_printf(&item, "%s%s: %s%s", i ? "" : "(", column_name(r, i),
                   type_name(r->columns[i].type),
                   i + 1 < r->arity ? "," : ")");
        size_t width = text_width(item.at, item.len);
        if (i > 0 && f.column + 1 + width > WIDTH) {
            buf_puts(b, "\n    ");
            f.column = 4;
        } else if (i > 0) {
            buf_puts(b, " ");
            f.column++;
        }
        buf_put(b, item.at, item.len);
        f.column += width;
    }
    for (uint32_t i = 0; i < r->nkey; i++)
        buf_printf(b, "%s%s%s", i ? ", " : " key (",
                   column_name(r, r->key[i]), i + 1 < r->nkey ? "" : ")");
    b->failed = b->failed || item.failed;
    buf_free(&item);
}

static const char *input_note(const dm_relation *r)
{
    static const char *const notes[] = {
        NULL, "stored facts", "stored facts with the day they began",
        "system"};
    return notes[r->input];
}

static void note(buf *b, const char *text, bool *first)
{
    buf_printf(b, "%s%s", *first ? "" : ", ", text);
    *first = false;
}

static void notes_print(const program_relation *r, uint32_t nrules, buf *b)
{
    bool first = true;
    const char *input = input_note(&r->pub);
    if (input)
        note(b, input, &first);
    if (r->pub.of && strcmp(r->pub.of, r->pub.name) != 0)
        buf_printf(b, " of %s", r->pub.of);
    if (nrules > 0) {
        buf_printf(b, "%s%" PRIu32 " rule%s", first ? "" : ", ", nrules,
                   nrules == 1 ? "" : "s");
        first = false;
    }
    if (r->pub.asserted)
        note(b, "asserted", &first);
    if (r->pub.aux)
        note(b, "auxiliary", &first);
    if (r->lattice) {
        buf_printf(b, "%s%s of %s", first ? "" : ", ",
                   r->lattice_aggregate == DM_MIN ? "least" : "greatest",
                   r->pub.columns[r->lattice_column].name
                       ? r->pub.columns[r->lattice_column].name
                       : "its value");
        first = false;
    }
    if (first)
        buf_puts(b, "empty");
}

/* The declaration, then its notes: on the same line, aligned, where there is
 * room, else below. */
static void relation_print(const program_relation *r, uint32_t nrules,
                           size_t align, buf *b)
{
    buf left = {0}, right = {0};
    declaration_print(&r->pub, &left);
    buf_puts(&left, ".");
    notes_print(r, nrules, &right);
    size_t width = text_width(left.at, left.len);
    buf_put(b, left.at, left.len);
    if (width <= align && align + 5 + text_width(right.at, right.len) <= WIDTH
        && !memchr(left.at, '\n', left.len)) {
        pad(b, align - width);
        buf_puts(b, "  -- ");
    } else {
        buf_puts(b, "\n    -- ");
    }
    buf_put(b, right.at, right.len);
    buf_puts(b, "\n");
    b->failed = b->failed || left.failed || right.failed;
    buf_free(&left);
    buf_free(&right);
}

/* The widest declaration that leaves room for a note. */
static size_t alignment(const dm_program *p, buf *b)
{
    size_t align = 0;
    buf item = {0};
    for (size_t i = 0; i < p->relations.len; i++) {
        if (p->relations.at[i]->hidden)
            continue;
        buf_clear(&item);
        declaration_print(&p->relations.at[i]->pub, &item);
        size_t width = text_width(item.at, item.len) + 1;
        if (width > align && width <= 50)
            align = width;
    }
    b->failed = b->failed || item.failed;
    buf_free(&item);
    return align;
}

/* How many rules each relation has; NULL when memory ran out. */
static uint32_t *count_rules(const dm_program *p)
{
    uint32_t *n = mem_calloc(p->relations.len + 1, sizeof *n);
    for (size_t i = 0; n && i < p->rules.len; i++)
        n[p->rules.at[i]->pub.relation]++;
    return n;
}

static void labelled_rule(const dm_program *p, uint32_t rule, size_t indent,
                          buf *b)
{
    const dm_rule *r = &p->rules.at[rule]->pub;
    if (r->name) {
        pad(b, indent);
        buf_printf(b, "-- %s%s\n", r->name, r->generated ? ", generated" : "");
    }
    rule_print(p, rule, indent, b);
    buf_puts(b, "\n");
}

bool dm_program_print_rules(const dm_program *p, buf *b)
{
    uint32_t *nrules = count_rules(p);
    if (!nrules)
        return false;
    size_t align = alignment(p, b);
    for (size_t i = 0; i < p->relations.len; i++)
        if (!p->relations.at[i]->hidden)
            relation_print(p->relations.at[i], nrules[i], align, b);
    mem_free(nrules);
    for (uint32_t i = 0; i < p->rules.len; i++) {
        uint32_t head = p->rules.at[i]->pub.relation;
        if (i == 0 || head != p->rules.at[i - 1]->pub.relation)
            buf_puts(b, "\n");
        labelled_rule(p, i, 0, b);
    }
    return !b->failed;
}

/* ---- components --------------------------------------------------------- */

static void names_print(const dm_program *p, const uint32_t *relations,
                        uint32_t n, filler *f)
{
    for (uint32_t i = 0; i < n; i++) {
        const dm_relation *r = &p->relations.at[relations[i]]->pub;
        size_t width = text_width(r->name, strlen(r->name)) + 4;
        if (f->column + 1 + width > WIDTH) {
            buf_puts(f->out, "\n");
            pad(f->out, f->margin);
            f->column = f->margin;
        } else {
            buf_puts(f->out, " ");
            f->column++;
        }
        buf_printf(f->out, "%s/%" PRIu32 "%s", r->name, r->arity,
                   i + 1 < n ? "," : "");
        f->column += width;
    }
}

/* Relations without rules, in the order of their components. */
static void inputs_print(const dm_program *p, buf *b)
{
    uint32_t *inputs = mem_calloc(p->relations.len + 1, sizeof *inputs);
    uint32_t n = 0;
    if (!inputs) {
        b->failed = true;
        return;
    }
    for (uint32_t i = 0; i < p->ncomponents; i++)
        if (p->components[i].nrules == 0
            && !p->relations.at[p->components[i].relations[0]]->hidden)
            inputs[n++] = p->components[i].relations[0];
    buf_puts(b, "no rules:");
    filler f = {b, 9, 4};
    names_print(p, inputs, n, &f);
    buf_puts(b, n ? "\n" : " none\n");
    mem_free(inputs);
}

static void component_print(const dm_program *p, uint32_t i, uint32_t number,
                            buf *b)
{
    const dm_component *k = &p->components[i];
    buf_printf(b, "\nstratum %" PRIu32 ":", number);
    filler f = {b, 12, 4};
    names_print(p, k->relations, k->nrelations, &f);
    if (k->negation)
        buf_puts(b, "\n  -- recursive through negation: well-founded");
    else if (k->recursive)
        buf_puts(b, "\n  -- recursive");
    buf_puts(b, "\n");
    for (uint32_t j = 0; j < k->nrules; j++) {
        rule_print(p, k->rules[j], 2, b);
        buf_puts(b, "\n");
    }
}

bool dm_program_print_strata(const dm_program *p, buf *b)
{
    uint32_t number = 0;
    inputs_print(p, b);
    for (uint32_t i = 0; i < p->ncomponents; i++)
        if (p->components[i].nrules > 0)
            component_print(p, i, ++number, b);
    return !b->failed;
}
