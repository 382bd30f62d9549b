/* strata.c - components of the dependency graph, and what they forbid.
 *
 * Purpose: the order of evaluation; no aggregate through recursion; belief
 * rules read only what belief may rest on.
 * Representation: an edge leads from a head to each relation its body reads;
 * components are packed into the program's arena.
 * Invariants: a component reads only itself and lower numbers.  What belief
 * rules rest on, and they, come before all else.
 * Cost: linear in the size of the rules; naming a cycle is linear in its
 * component, and done for at most PROGRAM_MAX_DIAGNOSTICS of them. */
#include "rules/check.h"

#include <assert.h>

static bool dependency_graph(check *c, graph *out)
{
    const dm_program *p = c->p;
    graph_edges edges = {0};
    bool fine = true;
    for (size_t i = 0; i < p->rules.len && fine; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        for (uint32_t j = 0; j < r->nbody && fine; j++) {
            graph_edge e = {r->relation, r->body[j].relation};
            if (literal_reads(&r->body[j]))
                fine = vec_push(&edges, e);
        }
    }
    fine = fine && graph_pack(&c->scratch, (uint32_t)p->relations.len,
                              edges.at, edges.len, out);
    vec_free(&edges);
    return fine;
}

/* The heads of belief rules, to be visited first. */
static uint32_t *belief_heads(check *c, uint32_t *n)
{
    const dm_program *p = c->p;
    uint32_t *heads = check_alloc(c, p->rules.len, sizeof *heads);
    *n = 0;
    for (size_t i = 0; heads && i < p->rules.len; i++)
        if (p->rules.at[i]->pub.belief)
            heads[(*n)++] = p->rules.at[i]->pub.relation;
    return heads;
}

/* ---- packing ------------------------------------------------------------ */

/* Give each component its slice of one array of relations, one of rules. */
static void slice_components(dm_program *p, uint32_t *relations,
                             uint32_t *rules)
{
    for (uint32_t i = 0; i < p->ncomponents; i++) {
        dm_component *k = &p->components[i];
        k->relations = relations;
        k->rules = rules;
        relations += k->nrelations;
        rules += k->nrules;
        k->nrelations = k->nrules = 0;
    }
}

static void count_members(dm_program *p)
{
    for (size_t i = 0; i < p->relations.len; i++)
        p->components[p->relations.at[i]->component].nrelations++;
    for (size_t i = 0; i < p->rules.len; i++) {
        uint32_t head = p->rules.at[i]->pub.relation;
        p->components[p->relations.at[head]->component].nrules++;
    }
}

static void fill_members(dm_program *p, uint32_t *relations, uint32_t *rules)
{
    for (uint32_t i = 0; i < p->relations.len; i++) {
        dm_component *k = &p->components[p->relations.at[i]->component];
        relations[k->relations - relations + k->nrelations++] = i;
    }
    for (uint32_t i = 0; i < p->rules.len; i++) {
        uint32_t head = p->rules.at[i]->pub.relation;
        dm_component *k = &p->components[p->relations.at[head]->component];
        rules[k->rules - rules + k->nrules++] = i;
    }
}

static bool pack_components(dm_program *p)
{
    size_t nrelations = p->relations.len + 1, nrules = p->rules.len + 1;
    size_t ncomponents = (size_t)p->ncomponents + 1;
    uint32_t *relations =
        arena_zalloc(&p->arena, nrelations * sizeof *relations);
    uint32_t *rules = arena_zalloc(&p->arena, nrules * sizeof *rules);
    p->components =
        arena_zalloc(&p->arena, ncomponents * sizeof *p->components);
    if (!relations || !rules || !p->components)
        return false;
    count_members(p);
    slice_components(p, relations, rules);
    fill_members(p, relations, rules);
    return true;
}

static bool is_inside(const dm_program *p, const dm_rule *r,
                      const dm_literal *l)
{
    return literal_reads(l)
           && p->relations.at[l->relation]->component
                  == p->relations.at[r->relation]->component;
}

static void mark_recursion(dm_program *p)
{
    for (size_t i = 0; i < p->rules.len; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        uint32_t component = p->relations.at[r->relation]->component;
        for (uint32_t j = 0; j < r->nbody; j++) {
            if (!is_inside(p, r, &r->body[j]))
                continue;
            p->components[component].recursive = true;
            if (r->body[j].kind == DM_NOT_ATOM)
                p->components[component].negation = true;
        }
    }
}

void check_components(check *c)
{
    dm_program *p = c->p;
    graph g;
    uint32_t nfirst;
    uint32_t *first = belief_heads(c, &nfirst);
    uint32_t *component = check_alloc(c, p->relations.len, sizeof *component);
    if (!first || !component || !dependency_graph(c, &g)
        || !graph_components(&c->scratch, &g, first, nfirst, component,
                             &p->ncomponents)) {
        c->nomem = true;
        return;
    }
    for (size_t i = 0; i < p->relations.len; i++)
        p->relations.at[i]->component = component[i];
    if (!pack_components(p)) {
        c->nomem = true;
        return;
    }
    mark_recursion(p);
}

/* ---- aggregates through recursion --------------------------------------- */

typedef struct cycles {
    check *c;
    graph g;         /* the dependency graph */
    uint32_t *from;  /* by relation: how the search got there, or NONE */
    uint32_t *queue;
    bool ready;
} cycles;

static bool cycles_open(cycles *k)
{
    size_t n = k->c->p->relations.len;
    if (k->ready)
        return true;
    k->from = check_alloc(k->c, n, sizeof *k->from);
    k->queue = check_alloc(k->c, n, sizeof *k->queue);
    if (!k->from || !k->queue || !dependency_graph(k->c, &k->g)) {
        k->c->nomem = true;
        return false;
    }
    return k->ready = true;
}

/* Breadth first from `start`, inside its component, until `goal`. */
static void cycles_search(cycles *k, uint32_t start, uint32_t goal)
{
    const dm_program *p = k->c->p;
    uint32_t component = p->relations.at[start]->component;
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < p->relations.len; i++)
        k->from[i] = NONE;
    k->from[start] = start;
    k->queue[tail++] = start;
    while (head < tail && k->from[goal] == NONE) {
        uint32_t node = k->queue[head++];
        for (uint32_t e = k->g.at[node]; e < k->g.at[node + 1]; e++) {
            uint32_t to = k->g.to[e];
            if (k->from[to] != NONE
                || p->relations.at[to]->component != component)
                continue;
            k->from[to] = node;
            k->queue[tail++] = to;
        }
    }
}

/* "a -> b -> a": `head` reads `body`, which leads back to `head`. */
static const char *cycle_text(cycles *k, uint32_t head, uint32_t body)
{
    enum { SHOWN = 12 };
    const dm_program *p = k->c->p;
    uint32_t path[SHOWN], n = 0;
    buf b = {0};
    if (!cycles_open(k))
        return "";
    cycles_search(k, body, head);
    uint32_t node = head;
    while (node != body && n < SHOWN - 1 && k->from[node] != NONE) {
        path[n++] = node;
        node = k->from[node];
    }
    buf_puts(&b, p->relations.at[head]->pub.name);
    buf_printf(&b, " -> %s", p->relations.at[body]->pub.name);
    if (node != body)
        buf_puts(&b, " -> …");
    while (n > 0)
        buf_printf(&b, " -> %s", p->relations.at[path[--n]]->pub.name);
    return check_text(k->c, &b);
}

static void report_cycle(cycles *k, uint32_t rule, const dm_literal *l,
                         const char *aggregate)
{
    const dm_program *p = k->c->p;
    const dm_rule *r = &p->rules.at[rule]->pub;
    const char *cycle = p->diagnostics.len < PROGRAM_MAX_DIAGNOSTICS
                            ? cycle_text(k, r->relation, l->relation) : "";
    check_error(k->c, "aggregate-cycle", literal_span(r, l), rule, aggregate,
                p->relations.at[r->relation]->pub.name, cycle);
}

/* The first aggregate of a head that may not recur; min and max may, which
 * check_lattices has looked into. */
static const char *plain_aggregate(const dm_program *p, const dm_rule *r)
{
    for (uint32_t i = 0; i < r->nargs; i++) {
        const dm_expr *e = &r->args[i];
        if (e->kind == DM_EXPR_AGGREGATE && e->aggregate != DM_MIN
            && e->aggregate != DM_MAX)
            return aggregate_name(p, e->aggregate, e->function);
    }
    return NULL;
}

static void aggregates_of_rule(cycles *k, uint32_t rule)
{
    const dm_program *p = k->c->p;
    const dm_rule *r = &p->rules.at[rule]->pub;
    const char *in_head = plain_aggregate(p, r);
    bool told = false;
    for (uint32_t i = 0; i < r->nbody; i++) {
        const dm_literal *l = &r->body[i];
        if (!is_inside(p, r, l))
            continue;
        if (l->kind == DM_BODY_AGGREGATE)
            report_cycle(k, rule, l,
                         aggregate_name(p, l->aggregate, l->function));
        else if (in_head && !told)
            report_cycle(k, rule, l, in_head);
        told = true;
    }
}

void check_aggregates(check *c)
{
    cycles k = {.c = c};
    for (uint32_t i = 0; i < c->p->rules.len && !c->nomem; i++)
        aggregates_of_rule(&k, i);
}

/* ---- what belief rules read --------------------------------------------- */

/* BELIEF: the head of a belief rule.  SEEN: an `asserted` relation whose rules
 * are held to the same standard, since a belief rule reads it. */
enum { BELIEF = 1, SEEN = 2, DERIVED = 4 };

typedef struct belief {
    check *c;
    unsigned char *mark;
    uint32_t *reader;   /* of a SEEN relation: the belief head reading it */
    uint32_t *queue;
    size_t head, tail;
} belief;

/* `through`: the asserted relation whose rule this is, or NULL. */
static void belief_literal(belief *b, uint32_t rule, const dm_literal *l,
                           uint32_t reader, const char *through)
{
    const dm_program *p = b->c->p;
    const dm_rule *r = &p->rules.at[rule]->pub;
    const dm_relation *read = &p->relations.at[l->relation]->pub;
    if (read->input == DM_INPUT_SYSTEM || (b->mark[l->relation] & BELIEF))
        return;
    if (!read->asserted) {
        check_error(b->c, "belief-reads", literal_span(r, l), rule,
                    p->relations.at[reader]->pub.name, read->name,
                    r->name ? r->name : "", through ? through : "");
        return;
    }
    if ((b->mark[l->relation] & DERIVED) && !(b->mark[l->relation] & SEEN)) {
        b->mark[l->relation] |= SEEN;
        b->reader[l->relation] = reader;
        b->queue[b->tail++] = l->relation;
    }
}

static void belief_rule(belief *b, uint32_t rule, uint32_t reader,
                        const char *through)
{
    const dm_rule *r = &b->c->p->rules.at[rule]->pub;
    for (uint32_t i = 0; i < r->nbody; i++)
        if (literal_reads(&r->body[i]))
            belief_literal(b, rule, &r->body[i], reader, through);
}

static void belief_relation(belief *b, uint32_t relation)
{
    const dm_program *p = b->c->p;
    const program_relation *r = p->relations.at[relation];
    const dm_component *k = &p->components[r->component];
    for (uint32_t i = 0; i < k->nrules; i++)
        if (p->rules.at[k->rules[i]]->pub.relation == relation)
            belief_rule(b, k->rules[i], b->reader[relation], r->pub.name);
}

void check_belief(check *c)
{
    const dm_program *p = c->p;
    size_t n = p->relations.len;
    belief b = {.c = c, .mark = check_alloc(c, n, 1),
                .reader = check_alloc(c, n, sizeof *b.reader),
                .queue = check_alloc(c, n, sizeof *b.queue)};
    if (c->nomem)
        return;
    for (size_t i = 0; i < p->rules.len; i++) {
        const dm_rule *r = &p->rules.at[i]->pub;
        b.mark[r->relation] |= r->belief ? BELIEF : DERIVED;
    }
    for (uint32_t i = 0; i < p->rules.len; i++)
        if (p->rules.at[i]->pub.belief)
            belief_rule(&b, i, p->rules.at[i]->pub.relation, NULL);
    while (b.head < b.tail)
        belief_relation(&b, b.queue[b.head++]);
}
