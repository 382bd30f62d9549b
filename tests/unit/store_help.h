/* store_help.h - what the tests of engine/store share: a scratch folder,
 * statements, and checks of a status.  Included by one file per program. */
#ifndef STORE_HELP_H
#define STORE_HELP_H

#include "store/store.h"
#include "tap.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAYBE_UNUSED __attribute__((unused))

/* ---- a scratch folder --------------------------------------------------- */

static char scratch[64];

/* Make the folder that scratch_path's files lie in. */
static MAYBE_UNUSED void scratch_open(void)
{
    strcpy(scratch, "/tmp/dragoman-test-XXXXXX");
    if (!mkdtemp(scratch))
        abort();
}

/* The path of a file in it; a few results are valid at a time. */
static MAYBE_UNUSED const char *scratch_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

/* Remove the files in it, by full name, and it. */
static MAYBE_UNUSED void scratch_close(void)
{
    DIR *folder = opendir(scratch);
    struct dirent *e;
    while (folder && (e = readdir(folder)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            unlink(scratch_path(e->d_name));
    if (folder)
        closedir(folder);
    rmdir(scratch);
}

static MAYBE_UNUSED off_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) ? -1 : info.st_size;
}

/* ---- statuses ----------------------------------------------------------- */

static dm_error failure; /* of the last call that was given it */

/* Stop the program when a preparation fails. */
static MAYBE_UNUSED void must(dm_status st, const char *what)
{
    if (st == DM_OK)
        return;
    printf("Bail out! %s: %s: %s\n", what, dm_status_name(st), failure.text);
    exit(1);
}
#define MUST(call) must((call), #call)

static MAYBE_UNUSED bool is_status(dm_status got, dm_status want)
{
    if (got != want)
        printf("# got %s (%s), want %s\n", dm_status_name(got), failure.text,
               dm_status_name(want));
    return got == want;
}

/* ---- statements --------------------------------------------------------- */

static MAYBE_UNUSED dm_term symbol(dm_terms *t, const char *text)
{
    dm_term id = 0;
    MUST(terms_symbol(t, text, strlen(text), &id));
    return id;
}

static MAYBE_UNUSED dm_field term_field(uint32_t tag, dm_term term)
{
    return (dm_field){.tag = tag, .type = DM_FIELD_TERM, .term = term};
}

static MAYBE_UNUSED dm_field text_field(uint32_t tag, const char *text)
{
    return (dm_field){.tag = tag, .type = DM_FIELD_BYTES, .bytes = text,
                      .size = strlen(text)};
}

/* Add relation(args…), all of `terms`; gives the serial. */
static MAYBE_UNUSED uint64_t add_fact(dm_store_txn *t, dm_terms *terms,
                                      const char *relation,
                                      const dm_term *args, size_t nargs)
{
    dm_field fields[80];
    uint64_t serial = 0;
    dm_statement st = {.kind = DM_FACT, .nfields = nargs + 1,
                       .fields = fields};
    fields[0] = term_field(DM_TAG_RELATION, symbol(terms, relation));
    for (size_t i = 0; i < nargs; i++)
        fields[i + 1] = term_field(DM_TAG_ARG, args[i]);
    MUST(store_add(t, &st, terms, &serial, &failure));
    return serial;
}

/* Add relation("a"), or relation("a", "b"), from an overlay of its own. */
static MAYBE_UNUSED uint64_t add_pair(dm_store *s, dm_store_txn *t,
                                      const char *relation, const char *a,
                                      const char *b)
{
    dm_terms *terms = terms_new(store_terms(s));
    dm_term args[2] = {symbol(terms, a), b ? symbol(terms, b) : 0};
    uint64_t serial = add_fact(t, terms, relation, args, b ? 2 : 1);
    terms_free(terms);
    return serial;
}

/* An import statement, still without rows. */
static MAYBE_UNUSED uint64_t add_import(dm_store *s, dm_store_txn *t,
                                        const char *relation)
{
    dm_terms *terms = terms_new(store_terms(s));
    dm_field field = term_field(DM_TAG_RELATION, symbol(terms, relation));
    dm_statement st = {.kind = DM_IMPORT, .nfields = 1, .fields = &field};
    uint64_t serial = 0;
    MUST(store_add(t, &st, terms, &serial, &failure));
    terms_free(terms);
    return serial;
}

static MAYBE_UNUSED dm_status count_statement(void *context,
                                              const dm_statement *st,
                                              dm_error *err)
{
    (void)st;
    (void)err;
    ++*(size_t *)context;
    return DM_OK;
}

static MAYBE_UNUSED size_t count_statements(dm_store *s)
{
    size_t n = 0;
    MUST(store_statements(s, count_statement, &n, &failure));
    return n;
}

/* ---- verify ------------------------------------------------------------- */

static MAYBE_UNUSED void print_finding(void *context, const char *text)
{
    (void)context;
    printf("# verify: %s\n", text);
}

static MAYBE_UNUSED size_t count_findings(dm_store *s)
{
    size_t n = 0;
    MUST(store_verify(s, print_finding, NULL, &n, &failure));
    return n;
}

#endif
