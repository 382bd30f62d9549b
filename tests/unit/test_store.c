/* test_store.c - engine/store: statements, terms, log, history, handles. */
#include "store_help.h"

#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

/* ---- helpers ------------------------------------------------------------ */

static dm_store *open_store(const char *path, unsigned flags)
{
    dm_store *s = NULL;
    MUST(store_open(path, flags, &s, &failure));
    return s;
}

static dm_store_txn *begin(dm_store *s)
{
    dm_store_txn *t = NULL;
    MUST(store_begin(s, "tester", "a change", &t, &failure));
    return t;
}

static uint64_t commit(dm_store_txn *t)
{
    uint64_t n = 0;
    MUST(store_commit(t, &n, &failure));
    return n;
}

/* The statements' serials, or the text of the first argument, as one text. */
typedef struct listing {
    dm_store *s;
    char text[4000];
    hash128 hash;
} listing;

static dm_status list(void *context, const dm_statement *st, dm_error *err)
{
    listing *l = context;
    size_t n = strlen(l->text);
    dm_term arg = statement_term(st, DM_TAG_ARG);
    (void)err;
    snprintf(l->text + n, sizeof l->text - n, "%d:%s ", (int)st->serial,
             arg ? terms_text(store_terms(l->s), arg, NULL) : "-");
    l->hash = st->hash;
    return DM_OK;
}

static const char *listed(dm_store *s, uint64_t txn)
{
    static listing l;
    l = (listing){.s = s};
    if (txn == UINT64_MAX)
        MUST(store_statements(s, list, &l, &failure));
    else
        MUST(store_statements_as_of(s, txn, list, &l, &failure));
    return l.text;
}

/* ---- add, retract, reopen ----------------------------------------------- */

static void test_add(void)
{
    const char *path = scratch_path("add.dmkb");
    dm_store *s = NULL;
    store_info info;
    ok(is_status(store_open(path, 0, &s, &failure), DM_NOT_FOUND),
       "a store that isn't there");
    s = open_store(path, STORE_CREATE);
    MUST(store_refresh(s, &info, &failure));
    ok(info.last_txn == 0 && info.statements == 0 && info.terms == 0,
       "a new store is empty");
    ok(store_is_store(path), "its first bytes tell what it is");
    dm_store_txn *t = begin(s);
    uint64_t first = add_pair(s, t, "p", "a", NULL);
    uint64_t second = add_pair(s, t, "p", "b", NULL);
    ok(first == 1 && second == 2, "serials count from 1");
    is_int(count_statements(s), 0, "not seen before the commit");
    is_int(terms_count(store_terms(s)), 0, "nor are its terms");
    is_int(commit(t), 1, "transactions count from 1");
    is_str(listed(s, UINT64_MAX), "1:a 2:b ", "seen after it");
    MUST(store_refresh(s, &info, &failure));
    ok(info.last_txn == 1 && info.statements == 2 && info.terms == 4
           && info.bytes == (uint64_t)size_of(path),
       "the information about it");
    store_close(s);
    s = open_store(path, 0);
    is_str(listed(s, UINT64_MAX), "1:a 2:b ", "seen after opening again");
    is_int(terms_count(store_terms(s)), 4, "with the terms p, a, b, entered");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

static void test_retract(void)
{
    dm_store *s = open_store(scratch_path("retract.dmkb"), STORE_CREATE);
    dm_store_txn *t = begin(s);
    add_pair(s, t, "p", "a", NULL);
    add_pair(s, t, "p", "b", NULL);
    add_pair(s, t, "p", "c", NULL);
    commit(t);
    t = begin(s);
    ok(is_status(store_retract(t, 9, &failure), DM_NOT_FOUND),
       "retract what isn't there");
    MUST(store_retract(t, 2, &failure));
    ok(is_status(store_retract(t, 2, &failure), DM_NOT_FOUND),
       "retract a statement twice");
    uint64_t fourth = add_pair(s, t, "p", "d", NULL);
    uint64_t fifth = add_pair(s, t, "p", "e", NULL);
    MUST(store_retract(t, fourth, &failure));
    ok(is_status(store_retract(t, fourth, &failure), DM_NOT_FOUND),
       "retract a new one twice");
    is_int(fifth, 5, "a serial is not given twice");
    commit(t);
    is_str(listed(s, UINT64_MAX), "1:a 3:c 5:e ", "now");
    is_str(listed(s, 1), "1:a 2:b 3:c ", "as of transaction 1");
    is_str(listed(s, 2), "1:a 3:c 5:e ", "as of transaction 2");
    is_str(listed(s, 0), "", "before the first");
    size_t n = 0;
    ok(is_status(store_statements_as_of(s, 3, count_statement, &n, &failure),
                 DM_NOT_FOUND), "as of a transaction that isn't there");
    t = begin(s);
    ok(is_status(store_retract(t, 2, &failure), DM_NOT_FOUND),
       "a closed statement can't be retracted again");
    MUST(store_retract(t, 5, &failure));
    MUST(store_retract(t, 1, &failure));
    commit(t);
    is_str(listed(s, UINT64_MAX), "3:c ", "after another transaction");
    is_str(listed(s, 2), "1:a 3:c 5:e ", "transaction 2 as it was");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

static void test_abort(void)
{
    dm_store *s = open_store(scratch_path("abort.dmkb"), STORE_CREATE);
    dm_store_txn *t = begin(s);
    add_pair(s, t, "p", "a", NULL);
    store_abort(t);
    is_int(count_statements(s), 0, "nothing is left of an aborted one");
    is_int(terms_count(store_terms(s)), 0, "no terms either");
    t = begin(s);
    is_int(add_pair(s, t, "p", "b", NULL), 1, "its serials are free again");
    is_int(commit(t), 1, "and its number");
    t = begin(s);
    ok(is_status(store_begin(s, "x", "y", &t, &failure), DM_BUSY),
       "a second transaction on a handle");
    dm_statement none = {.kind = (dm_kind)0};
    uint64_t serial = 77;
    ok(is_status(store_add(t, &none, store_terms(s), &serial, &failure),
                 DM_INVALID) && serial == 77, "a statement of no kind");
    none.kind = DM_FACT;
    ok(is_status(store_add(t, &none, store_terms(s), &serial, &failure),
                 DM_INVALID), "a fact without a relation");
    dm_field bad = term_field(DM_TAG_RELATION, 999);
    none.nfields = 1;
    none.fields = &bad;
    ok(is_status(store_add(t, &none, store_terms(s), &serial, &failure),
                 DM_INVALID), "a field that names no term");
    add_pair(s, t, "p", "c", NULL);
    commit(t);
    is_str(listed(s, UINT64_MAX), "1:b 2:c ", "refused additions don't harm");
    store_close(s);
}

/* ---- terms --------------------------------------------------------------- */

/* p(f(g(a), 1, 2.5, 2021-04-13, interval)) as one argument. */
static dm_term make_term(dm_terms *t)
{
    dm_term a = symbol(t, "a"), in, args[5], f = symbol(t, "f"), out = 0;
    MUST(terms_compound(t, symbol(t, "g"), &a, 1, &in));
    args[0] = in;
    MUST(terms_int(t, -1, &args[1]));
    MUST(terms_float(t, 2.5, &args[2]));
    MUST(terms_date(t, 18730, &args[3]));
    MUST(terms_interval(t, -5, 18730, &args[4]));
    MUST(terms_compound(t, f, args, 5, &out));
    return out;
}

static dm_status keep_arg(void *context, const dm_statement *st,
                          dm_error *err)
{
    (void)err;
    *(dm_term *)context = statement_term(st, DM_TAG_ARG);
    return DM_OK;
}

static void test_terms(void)
{
    const char *path = scratch_path("terms.dmkb");
    dm_store *s = open_store(path, STORE_CREATE);
    dm_store_txn *t = begin(s);
    dm_terms *over = terms_new(store_terms(s));
    dm_term term = make_term(over), found = 0;
    uint64_t serial;
    ok(term >= DM_TERM_OVERLAY, "a term of an overlay");
    add_fact(t, over, "p", &term, 1);
    serial = add_fact(t, over, "q", &term, 1);
    commit(t);
    terms_free(over);
    MUST(store_statements(s, keep_arg, &found, &failure));
    buf text = {0};
    term_print(store_terms(s), found, &text);
    ok(found < DM_TERM_OVERLAY, "stored under an id of the root");
    char before[200];
    snprintf(before, sizeof before, "%s", text.at);
    uint32_t count = terms_count(store_terms(s));
    store_close(s);
    s = open_store(path, 0);
    dm_term again = 0;
    MUST(store_statements(s, keep_arg, &again, &failure));
    buf_clear(&text);
    term_print(store_terms(s), again, &text);
    is_str(text.at, before, "the term after opening again");
    is_int(again, found, "under the same id");
    is_int(terms_count(store_terms(s)), count, "and no term more or less");
    t = begin(s);
    over = terms_new(store_terms(s));
    term = make_term(over);
    add_fact(t, over, "r", &term, 1);
    commit(t);
    terms_free(over);
    is_int(terms_count(store_terms(s)), count + 1, "only r is new");
    uint64_t serials[4];
    size_t n = 0;
    MUST(store_find_fact(s, symbol(store_terms(s), "q"), &again, 1, serials,
                         4, &n, &failure));
    ok(n == 1 && serials[0] == serial, "found by a compound");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
    buf_free(&text);
}

static dm_status keep_hash(void *context, const dm_statement *st,
                           dm_error *err)
{
    (void)err;
    *(hash128 *)context = st->hash;
    return DM_OK;
}

static void test_hash(void)
{
    hash128 one = {0}, two = {0}, three = {0};
    dm_terms *other = terms_new(NULL);
    symbol(other, "something that shifts the ids");
    dm_field fields[] = {term_field(DM_TAG_RELATION, symbol(other, "p")),
                         term_field(DM_TAG_ARG, make_term(other)),
                         text_field(DM_TAG_DOC, "why")};
    dm_statement st = {.kind = DM_FACT, .nfields = 3, .fields = fields,
                       .origin = symbol(other, "f.dm")};
    MUST(statement_hash(&st, other, &one));
    dm_store *s = open_store(scratch_path("hash.dmkb"), STORE_CREATE);
    dm_store_txn *t = begin(s);
    MUST(store_add(t, &st, other, NULL, &failure));
    commit(t);
    MUST(store_statements(s, keep_hash, &two, &failure));
    ok(one.lo == two.lo && one.hi == two.hi, "one hash in any table");
    fields[2] = text_field(DM_TAG_DOC, "whY");
    MUST(statement_hash(&st, other, &three));
    ok(one.lo != three.lo && one.hi != three.hi, "it changes with a text");
    store_close(s);
    terms_free(other);
}

/* ---- fields -------------------------------------------------------------- */

static bool fields_seen;

static dm_status check_fields(void *context, const dm_statement *st,
                              dm_error *err)
{
    dm_store *s = context;
    dm_date date = {0};
    const dm_field *bytes = statement_field(st, DM_TAG_LABEL);
    const dm_field *unknown = statement_field(st, 5000);
    (void)err;
    fields_seen = true;
    ok(st->kind == DM_SOURCE && st->nfields == 5, "kind and number");
    ok(statement_date(st, DM_TAG_PUBLISHED, &date) && date.earliest == -3
           && date.latest == 18730 && date.flags == 7, "a date");
    is_str(terms_text(store_terms(s), date.text, NULL), "about then",
           "its text");
    is_int(statement_int(st, DM_TAG_LINE, 0), -12, "a number");
    ok(bytes->size == 3 && !memcmp(bytes->bytes, "a\0b", 3), "bytes");
    ok(unknown && unknown->type == DM_FIELD_INT && unknown->number == 5,
       "a field of an unknown tag");
    is_str(terms_text(store_terms(s), st->origin, NULL), "kb/x.dm", "origin");
    return DM_OK;
}

static void test_fields(void)
{
    dm_store *s = open_store(scratch_path("fields.dmkb"), STORE_CREATE);
    dm_store_txn *t = begin(s);
    dm_terms *over = terms_new(store_terms(s));
    dm_field fields[] = {
        term_field(DM_TAG_ID, symbol(over, "abc")),
        {.tag = DM_TAG_PUBLISHED, .type = DM_FIELD_DATE,
         .date = {-3, 18730, 7, symbol(over, "about then")}},
        {.tag = DM_TAG_LINE, .type = DM_FIELD_INT, .number = -12},
        {.tag = DM_TAG_LABEL, .type = DM_FIELD_BYTES, .bytes = "a\0b",
         .size = 3},
        {.tag = 5000, .type = DM_FIELD_INT, .number = 5},
    };
    dm_statement st = {.kind = DM_SOURCE, .nfields = 5, .fields = fields,
                       .origin = symbol(over, "kb/x.dm")};
    MUST(store_add(t, &st, over, NULL, &failure));
    commit(t);
    terms_free(over);
    MUST(store_statements(s, check_fields, s, &failure));
    ok(fields_seen, "the statement was there");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

/* ---- finding a tuple ----------------------------------------------------- */

static size_t find(dm_store *s, const char *relation, const dm_term *args,
                   uint32_t nargs, uint64_t *first)
{
    uint64_t serials[8] = {0};
    size_t n = 99;
    dm_term name = terms_find_symbol(store_terms(s), relation,
                                     strlen(relation));
    MUST(store_find_fact(s, name, args, nargs, serials, 8, &n, &failure));
    *first = serials[0];
    return n;
}

static void test_find(void)
{
    dm_store *s = open_store(scratch_path("find.dmkb"), STORE_CREATE);
    dm_store_txn *t = begin(s);
    dm_terms *terms = terms_new(store_terms(s));
    dm_term many[60], big[2], pair[2];
    uint64_t first;
    for (int i = 0; i < 60; i++)
        MUST(terms_int(terms, i, &many[i]));
    MUST(terms_int(terms, INT64_MAX, &big[0]));
    MUST(terms_int(terms, INT64_MAX - 1, &big[1]));
    add_pair(s, t, "p", "a", NULL);
    add_pair(s, t, "p", "a", "b");
    add_pair(s, t, "p", "a", NULL);
    add_fact(t, terms, "wide", many, 60);
    many[59] = many[0];
    add_fact(t, terms, "wide", many, 60);
    add_fact(t, terms, "p", &big[0], 1);
    add_fact(t, terms, "p", &big[1], 1);
    add_fact(t, terms, "none", NULL, 0);
    commit(t);
    terms_free(terms);
    terms = store_terms(s);
    pair[0] = terms_find_symbol(terms, "a", 1);
    pair[1] = terms_find_symbol(terms, "b", 1);
    is_int(find(s, "p", pair, 1, &first), 2, "two statements of one tuple");
    is_int(find(s, "p", pair, 2, &first), 1, "a longer tuple");
    is_int(first, 2, "its serial");
    is_int(find(s, "p", pair + 1, 1, &first), 0, "a tuple that isn't there");
    is_int(find(s, "q", pair, 1, &first), 0, "a relation that isn't there");
    is_int(find(s, "none", pair, 0, &first), 1, "a tuple of nothing");
    /* In the root the numbers are found by interning what is there. */
    for (int i = 0; i < 60; i++)
        MUST(terms_int(terms, i, &many[i]));
    is_int(find(s, "wide", many, 60, &first), 1, "a tuple kept by its hash");
    is_int(first, 4, "its serial");
    MUST(terms_int(terms, INT64_MAX - 1, &big[1]));
    is_int(find(s, "p", &big[1], 1, &first), 1, "numbers over 60 bits");
    is_int(first, 7, "its serial");
    t = begin(s);
    MUST(store_retract(t, 1, &failure));
    commit(t);
    is_int(find(s, "p", pair, 1, &first), 1, "after a retraction");
    is_int(first, 3, "the other one is left");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

/* ---- log and notes ------------------------------------------------------- */

typedef struct seen {
    int n;
    store_commit_info last;
    char author[40], message[40];
    bool times;
} seen;

static dm_status see(void *context, const store_commit_info *info,
                     dm_error *err)
{
    seen *x = context;
    (void)err;
    x->times = (x->n == 0 || x->times)
               && info->microseconds >= x->last.microseconds;
    x->n++;
    x->last = *info;
    snprintf(x->author, sizeof x->author, "%s", info->author);
    snprintf(x->message, sizeof x->message, "%s", info->message);
    return DM_OK;
}

static void test_log(void)
{
    dm_store *s = open_store(scratch_path("log.dmkb"), STORE_CREATE);
    dm_store_txn *t;
    seen x = {0};
    MUST(store_log(s, see, &x, &failure));
    is_int(x.n, 0, "no commits yet");
    MUST(store_begin(s, "Ann", "first", &t, &failure));
    add_pair(s, t, "p", "a", NULL);
    add_pair(s, t, "p", "b", NULL);
    commit(t);
    MUST(store_begin(s, "B\xc3\xb6", "", &t, &failure));
    MUST(store_retract(t, 1, &failure));
    add_pair(s, t, "p", "c", NULL);
    MUST(store_retract(t, add_pair(s, t, "p", "d", NULL), &failure));
    commit(t);
    MUST(store_log(s, see, &x, &failure));
    is_int(x.n, 2, "two commits");
    ok(x.last.txn == 2 && x.last.added == 1 && x.last.retracted == 1,
       "what the second one did");
    is_str(x.author, "B\xc3\xb6", "its author");
    is_str(x.message, "", "its message");
    ok(x.times && x.last.microseconds > INT64_C(1500000000000000),
       "times don't decrease");
    store_close(s);
}

static void test_notes(void)
{
    dm_store *s = open_store(scratch_path("notes.dmkb"), STORE_CREATE);
    dm_store_txn *t = begin(s);
    uint64_t in = 42, out = 0;
    char longer[1200];
    memset(longer, 'k', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    MUST(store_put_note(t, "hash", &in, sizeof in, &failure));
    MUST(store_put_note(t, longer, "xyz", 3, &failure));
    ok(is_status(store_get_note(s, "hash", &out, sizeof out, &failure),
                 DM_NOT_FOUND), "a note before its commit");
    commit(t);
    MUST(store_get_note(s, "hash", &out, sizeof out, &failure));
    is_int(out, 42, "a note");
    ok(is_status(store_get_note(s, "hash", &out, 4, &failure), DM_INVALID),
       "with a wrong size");
    char three[3];
    longer[1198] = 'j';
    ok(is_status(store_get_note(s, longer, three, 3, &failure),
                 DM_NOT_FOUND), "a long key that differs at the end");
    longer[1198] = 'k';
    MUST(store_get_note(s, longer, three, 3, &failure));
    ok(memcmp(three, "xyz", 3) == 0, "a note with a long key");
    t = begin(s);
    in = 43;
    MUST(store_put_note(t, "hash", &in, sizeof in, &failure));
    MUST(store_put_note(t, "gone", &in, sizeof in, &failure));
    store_abort(t);
    MUST(store_get_note(s, "hash", &out, sizeof out, &failure));
    is_int(out, 42, "an aborted note");
    store_close(s);
}

/* ---- handles ------------------------------------------------------------- */

static void test_double_open(void)
{
    const char *path = scratch_path("twice.dmkb");
    char link_path[300];
    dm_store *s = open_store(path, STORE_CREATE), *other = NULL;
    snprintf(link_path, sizeof link_path, "%s-link", path);
    ok(symlink(path, link_path) == 0, "a second name");
    ok(is_status(store_open(path, 0, &other, &failure), DM_BUSY),
       "a file can't be opened twice");
    ok(is_status(store_open(link_path, 0, &other, &failure), DM_BUSY),
       "not by another name either");
    add_pair(s, begin(s), "p", "a", NULL);
    store_close(s);
    s = open_store(link_path, 0);
    is_int(count_statements(s), 0, "closing aborts an open transaction");
    is_str(store_path(s), path, "the path is resolved");
    store_close(s);
}

static void test_fork(void)
{
    const char *path = scratch_path("fork.dmkb");
    dm_store *s = open_store(path, STORE_CREATE);
    dm_store_txn *t = begin(s);
    add_pair(s, t, "p", "a", NULL);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        store_info info;
        dm_store *own = NULL;
        bool good = store_refresh(s, &info, NULL) == DM_FORKED
                    && store_retract(t, 1, NULL) == DM_FORKED
                    && store_commit(t, NULL, NULL) == DM_FORKED;
        store_close(s);
        good = good && store_open(path, STORE_READ_ONLY, &own, NULL) == DM_OK
               && store_refresh(own, &info, NULL) == DM_OK
               && info.statements == 0;
        store_close(own);
        _exit(good ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "a child is refused the handle, and may open its own");
    is_int(commit(t), 1, "the parent's transaction is unharmed");
    is_int(count_statements(s), 1, "and its handle");
    store_close(s);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    close(fd);
}

/* An LMDB file of somebody else's. */
static void write_lmdb(const char *path)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val k = {1, "k"}, v = {1, "v"};
    if (mdb_env_create(&env) || mdb_env_set_maxdbs(env, 2)
        || mdb_env_open(env, path, MDB_NOSUBDIR, 0666)
        || mdb_txn_begin(env, NULL, 0, &txn)
        || mdb_dbi_open(txn, "theirs", MDB_CREATE, &dbi)
        || mdb_put(txn, dbi, &k, &v, 0) || mdb_txn_commit(txn))
        abort();
    mdb_env_close(env);
}

static void test_foreign(void)
{
    dm_store *s = NULL;
    static char zeros[20000];
    const char *path = scratch_path("foreign");
    write_file(path, "hello, world\n", 13);
    ok(is_status(store_open(path, STORE_CREATE, &s, &failure), DM_FORMAT),
       "a text file");
    ok(!store_is_store(path), "isn't a store");
    is_int(size_of(path), 13, "and is left alone");
    write_file(path, "", 0);
    ok(store_open(path, STORE_CREATE, &s, &failure) != DM_OK,
       "an empty file");
    write_file(path, zeros, sizeof zeros);
    ok(is_status(store_open(path, 0, &s, &failure), DM_FORMAT),
       "a file of zeros");
    ok(is_status(store_open(scratch, 0, &s, &failure), DM_FORMAT),
       "a folder");
    path = scratch_path("foreign.lmdb");
    write_lmdb(path);
    ok(is_status(store_open(path, 0, &s, &failure), DM_FORMAT),
       "another program's LMDB file");
    ok(is_status(store_open(scratch_path("no/such/folder"), STORE_CREATE, &s,
                            &failure), DM_NOT_FOUND), "a missing folder");
}

static void test_read_only(void)
{
    const char *path = scratch_path("reader.dmkb");
    dm_store *s = open_store(path, STORE_CREATE);
    dm_store_txn *t = begin(s);
    add_pair(s, t, "p", "a", NULL);
    commit(t);
    store_close(s);
    s = open_store(path, STORE_READ_ONLY);
    ok(is_status(store_begin(s, "a", "b", &t, &failure), DM_READ_ONLY),
       "no transaction on a store opened for reading");
    is_int(count_statements(s), 1, "but it is read");
    store_close(s);
    ok(is_status(store_open(scratch_path("new.dmkb"),
                            STORE_CREATE | STORE_READ_ONLY, &s, &failure),
                 DM_NOT_FOUND), "nor does it make a file");
    if (geteuid() == 0)
        return; /* whom no permission stops */
    char lock[300];
    snprintf(lock, sizeof lock, "%s-lock", path);
    unlink(lock);
    chmod(scratch, 0500);
    chmod(path, 0400);
    ok(is_status(store_open(path, 0, &s, &failure), DM_READ_ONLY),
       "a file that can't be written");
    s = open_store(path, STORE_READ_ONLY);
    is_int(count_statements(s), 1, "is read where no lock file can be");
    store_close(s);
    chmod(scratch, 0700);
}

/* ---- growth of the map --------------------------------------------------- */

static void test_growth(void)
{
    const char *path = scratch_path("growth.dmkb");
    dm_store *s = NULL;
    enum { N = 4000 };
    MUST(store_open_sized(path, STORE_CREATE, 1 << 18, &s, &failure));
    MDB_envinfo before, after;
    mdb_env_info(s->env, &before);
    dm_store_txn *t = begin(s);
    char name[300];
    memset(name, 'x', sizeof name);
    for (int i = 0; i < N; i++) {
        snprintf(name + 280, 20, "%d", i);
        add_pair(s, t, "p", name, NULL);
    }
    is_int(commit(t), 1, "a transaction bigger than the map");
    mdb_env_info(s->env, &after);
    ok(after.me_mapsize > before.me_mapsize, "the map has grown");
    is_int(count_statements(s), N, "all statements are there");
    is_int(terms_count(store_terms(s)), N + 2, "and all terms");
    t = begin(s);
    for (int i = 1; i <= N; i += 2)
        MUST(store_retract(t, (uint64_t)i, &failure));
    commit(t);
    is_int(count_statements(s), N / 2, "half of them retracted");
    is_int(count_findings(s), 0, "verified");
    ok((uint64_t)size_of(path) >= growth_used(s),
       "the file reaches over its last page");
    store_close(s);
}

/* The estimate is made useless, so that LMDB itself meets the end of the map
 * in the middle of writing. */
static void test_replay(void)
{
    dm_store *s = NULL;
    enum { N = 40000 };
    MUST(store_open_sized(scratch_path("replay.dmkb"), STORE_CREATE, 1 << 18,
                          &s, &failure));
    for (int round = 0; round < 3; round++) {
        dm_store_txn *t = begin(s);
        MDB_envinfo before, after;
        for (int i = 0; i < N; i++) {
            char name[40];
            snprintf(name, sizeof name, "%d", i * 7919 % 100);
            add_pair(s, t, "p", name, "b");
        }
        if (round > 0)
            MUST(store_retract(t, (uint64_t)round, &failure));
        t->bytes = 0;
        mdb_env_info(s->env, &before);
        commit(t);
        mdb_env_info(s->env, &after);
        if (round == 0)
            ok(after.me_mapsize >= 16 * before.me_mapsize,
               "the map grew more than once");
    }
    is_int(count_statements(s), 3 * N - 2, "written again in a bigger map");
    is_int(count_findings(s), 0, "verified");
    /* The map can't move under a scan. */
    size_t n = 0;
    MDB_txn *txn;
    MUST(read_begin(s, &txn, &failure));
    dm_store_txn *t = NULL;
    ok(is_status(store_begin(s, "a", "b", &t, &failure), DM_BUSY),
       "no transaction begins during a read");
    read_end(s, txn);
    MUST(store_statements(s, count_statement, &n, &failure));
    store_close(s);
}

int main(void)
{
    scratch_open();
    test_add();
    test_retract();
    test_abort();
    test_terms();
    test_hash();
    test_fields();
    test_find();
    test_log();
    test_notes();
    test_double_open();
    test_fork();
    test_foreign();
    test_read_only();
    test_growth();
    test_replay();
    scratch_close();
    return done_testing();
}
