/* profile.c - where an evaluation's time and memory went, for people.
 *
 * rules.c counts, for each rule, its runs, their seconds, and the rows that
 * were new.  Relations tell what they hold and how. */
#include "eval/internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct line {
    double seconds;
    uint32_t rule;
} line;

static int by_time(const void *x, const void *y)
{
    const line *a = x, *b = y;
    if (a->seconds != b->seconds)
        return a->seconds > b->seconds ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

/* The rule on one line, cut to what fits. */
static void print_rule(const dm_eval *e, uint32_t rule, buf *out)
{
    enum { ROOM = 42 };
    buf text = {0};
    size_t shown = 0;
    dm_program_print_rule(e->program, rule, &text);
    for (size_t i = 0; i < text.len && shown < ROOM; i++) {
        bool space = text.at[i] == ' ' || text.at[i] == '\n';
        if (space && i + 1 < text.len
            && (text.at[i + 1] == ' ' || text.at[i + 1] == '\n'))
            continue;
        buf_printf(out, "%c", space ? ' ' : text.at[i]);
        shown++;
    }
    buf_puts(out, shown == ROOM ? "...\n" : "\n");
    buf_free(&text);
}

static void print_rules(const dm_eval *e, const line *lines, size_t n,
                        buf *out)
{
    buf_puts(out, " seconds    new rows     runs  rule\n");
    for (size_t i = 0; i < n; i++) {
        const rule_profile *p = &e->profile[lines[i].rule];
        buf_printf(out, "%8.3f %11llu %8llu  ", p->seconds,
                   (unsigned long long)p->rows, (unsigned long long)p->runs);
        print_rule(e, lines[i].rule, out);
    }
}

/* How a relation's rows are kept and found. */
static void print_kind(const rowset *t, buf *out)
{
    static const char *const by[] = {"sets by column 1", "sets by column 2"};
    const char *comma = "";
    for (int i = 0; i < 2; i++)
        if (t->by[i].made) {
            buf_printf(out, "%s%s", comma,
                       t->arity == 1 ? "one set" : by[i]);
            comma = ", ";
        }
    if (t->nslots) {
        buf_printf(out, "%shash set", comma);
        comma = ", ";
    }
    if (t->direct) {
        buf_printf(out, "%sbest row by key", comma);
        comma = ", ";
    }
    for (const rowset_index *i = t->indexes; i; i = i->next) {
        buf_printf(out, "%sindex on", comma);
        for (uint32_t c = 0; c < i->ncolumns; c++)
            buf_printf(out, " %u", i->columns[c] + 1);
        comma = ", ";
    }
    if (!*comma)
        buf_puts(out, "rows alone");
}

static void print_relations(const dm_eval *e, buf *out)
{
    buf_puts(out, "\n       rows   megabytes  relation\n");
    for (uint32_t i = 0; i < e->nrelations; i++) {
        const eval_relation *r = &e->relations[i];
        const rowset *t = &r->part[PART_TRUE];
        size_t undefined = r->part[PART_UNDEFINED].nrows;
        if (t->nrows + undefined == 0)
            continue;
        double bytes = (double)(t->bytes + r->part[PART_UNDEFINED].bytes);
        buf_printf(out, "%11zu %11.1f  %s", t->nrows, bytes / 1e6,
                   r->decl->name);
        if (undefined)
            buf_printf(out, " (%zu disputed)", undefined);
        buf_puts(out, ": ");
        print_kind(t, out);
        buf_puts(out, "\n");
    }
}

dm_status eval_print_profile(const dm_eval *e, struct buf *out)
{
    uint32_t nrules = dm_program_nrules(e->program);
    size_t n = 0;
    line *lines = mem_alloc((nrules + 1) * sizeof *lines);
    if (!lines)
        return DM_NOMEM;
    for (uint32_t i = 0; i < nrules; i++)
        if (e->profile[i].runs)
            lines[n++] = (line){e->profile[i].seconds, i};
    qsort(lines, n, sizeof *lines, by_time);
    print_rules(e, lines, n, out);
    print_relations(e, out);
    mem_free(lines);
    return out->failed ? DM_NOMEM : DM_OK;
}
