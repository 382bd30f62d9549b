/* kb_help.h - statements, transactions and programs for tests of engine/kb.
 *
 *     making s;
 *     make(&s, terms, DM_FACT, "talks.dm", 3);
 *     term(&s, DM_TAG_RELATION, "seat");
 *     term(&s, DM_TAG_ARG, "us");
 *     number(&s, DM_TAG_ARG, 90);
 *     date(&s, DM_TAG_ON, "2021-04-13", NULL, 0);
 *     uint64_t serial = commit(kb, &s);
 *
 * A failure that no test expects aborts. */
#ifndef TESTS_KB_HELP_H
#define TESTS_KB_HELP_H

#include "base/date.h"
#include "base/mem.h"
#include "kb/kb.h"
#include "kb/table.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

enum { MAKING_FIELDS = 32 };

typedef struct making {
    dm_terms *terms;
    dm_statement statement;
    dm_field fields[MAKING_FIELDS];
} making;

static dm_error error;

__attribute__((unused))
static void must(dm_status st)
{
    if (st == DM_OK)
        return;
    diag("unexpected: %s: %s", dm_status_name(st), error.text);
    abort();
}

__attribute__((unused))
static dm_term name_of(dm_terms *t, const char *text)
{
    dm_term id = 0;
    must(terms_symbol(t, text, strlen(text), &id));
    return id;
}

__attribute__((unused))
static void make(making *s, dm_terms *t, dm_kind kind, const char *file,
                 int line)
{
    memset(s, 0, sizeof *s);
    s->terms = t;
    s->statement.kind = kind;
    s->statement.origin = name_of(t, file);
    s->statement.fields = s->fields;
    s->fields[s->statement.nfields++] = (dm_field){
        .tag = DM_TAG_LINE, .type = DM_FIELD_INT, .number = line};
}

static dm_field *next_field_of(making *s, uint32_t tag, dm_field_type type)
{
    if (s->statement.nfields == MAKING_FIELDS)
        abort();
    dm_field *f = &s->fields[s->statement.nfields++];
    *f = (dm_field){.tag = tag, .type = type};
    return f;
}

__attribute__((unused))
static void term(making *s, uint32_t tag, const char *text)
{
    next_field_of(s, tag, DM_FIELD_TERM)->term = name_of(s->terms, text);
}

/* A number as a term. */
__attribute__((unused))
static void number(making *s, uint32_t tag, int64_t x)
{
    dm_term id = 0;
    must(terms_int(s->terms, x, &id));
    next_field_of(s, tag, DM_FIELD_TERM)->term = id;
}

__attribute__((unused))
static void integer(making *s, uint32_t tag, int64_t x)
{
    next_field_of(s, tag, DM_FIELD_INT)->number = x;
}

__attribute__((unused))
static void bytes(making *s, uint32_t tag, const char *text)
{
    dm_field *f = next_field_of(s, tag, DM_FIELD_BYTES);
    f->bytes = text;
    f->size = strlen(text);
}

__attribute__((unused))
static int32_t day(const char *text)
{
    int32_t d = 0;
    if (!date_parse(text, strlen(text), &d))
        abort();
    return d;
}

/* From a day to a day (NULL: the same), with qualifiers. */
__attribute__((unused))
static void date(making *s, uint32_t tag, const char *from, const char *to,
                 uint32_t flags)
{
    dm_field *f = next_field_of(s, tag, DM_FIELD_DATE);
    f->date = (dm_date){.earliest = day(from),
                        .latest = day(to != NULL ? to : from),
                        .flags = flags};
    if (to != NULL)
        f->date.text = name_of(s->terms, "some month");
}

/* A fact r(A) or r(A, X) in the file f.dm. */
__attribute__((unused))
static void fact(making *s, dm_terms *t, int line, const char *relation,
                 const char *a)
{
    make(s, t, DM_FACT, "f.dm", line);
    term(s, DM_TAG_RELATION, relation);
    term(s, DM_TAG_ARG, a);
}

/* ---- knowledge bases ---------------------------------------------------- */

__attribute__((unused))
static dm_txn *begin(dm_kb *kb)
{
    dm_txn *t;
    must(dm_txn_begin(kb, "tester", "a test", &t, &error));
    return t;
}

/* Statements of tests are made in a table of their own. */
__attribute__((unused))
static dm_terms *scratch_terms(void)
{
    static dm_terms *t;
    if (t == NULL)
        t = terms_new(NULL);
    if (t == NULL)
        abort();
    return t;
}

__attribute__((unused))
static uint64_t add(dm_txn *t, const making *s)
{
    uint64_t serial = 0;
    must(dm_txn_add(t, &s->statement, s->terms, &serial, &error));
    return serial;
}

__attribute__((unused))
static uint64_t commit(dm_kb *kb, const making *s)
{
    uint64_t number = 0;
    dm_txn *t = begin(kb);
    uint64_t serial = add(t, s);
    must(dm_txn_commit(t, &number, &error));
    return serial;
}

__attribute__((unused))
static const char *text_of(const dm_terms *t, dm_term id)
{
    size_t size;
    return terms_text(t, id, &size);
}

/* A file of our own with this content; its name. */
__attribute__((unused))
static const char *temporary(const char *content)
{
    static char path[64];
    strcpy(path, "/tmp/test_kb.XXXXXX");
    int fd = mkstemp(path);
    size_t size = strlen(content);
    if (fd < 0 || write(fd, content, size) != (ssize_t)size)
        abort();
    close(fd);
    return path;
}

#endif
