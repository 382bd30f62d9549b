/* test_kb_view.c - what a view shows, and what a model gets as input. */
#include "kb_help.h"

static dm_kb *kb;

static bool on_store;    /* new knowledge bases are stores, not in memory */
static char store[64];   /* the file of the last one */

static void remove_store(void)
{
    char lock[80];
    if (store[0] == '\0')
        return;
    snprintf(lock, sizeof lock, "%s-lock", store);
    unlink(store);
    unlink(lock);
    store[0] = '\0';
}

static dm_kb *new_kb(void)
{
    dm_kb *k;
    remove_store();
    if (on_store) {
        strcpy(store, temporary(""));
        unlink(store);
    }
    must(dm_kb_open(on_store ? store : NULL, on_store ? STORE_CREATE : 0, &k,
                    &error));
    return k;
}

static dm_view *view_at(const char *at, const char *known_by)
{
    dm_view_options o = {.has_at = at != NULL,
                         .has_known_by = known_by != NULL};
    dm_view *v;
    o.at = at != NULL ? day(at) : 0;
    o.known_by = known_by != NULL ? day(known_by) : 0;
    must(dm_view_open(kb, &o, &v, &error));
    return v;
}

static dm_hidden hidden(const dm_view *v, uint64_t serial)
{
    dm_hidden why = DM_VISIBLE;
    for (size_t i = 0; i < dm_view_count(v); i++)
        if (dm_view_get(v, i, &why)->serial == serial)
            return why;
    diag("no statement %llu", (unsigned long long)serial);
    abort();
}

/* ---- statements --------------------------------------------------------- */

static void source(making *s, dm_terms *t, const char *id, const char *from,
                   const char *to)
{
    make(s, t, DM_SOURCE, "s.dm", 1);
    term(s, DM_TAG_ID, id);
    bytes(s, DM_TAG_TITLE, "A title");
    term(s, DM_TAG_RELIABILITY, "B");
    if (from != NULL)
        date(s, DM_TAG_PUBLISHED, from, to, to ? DM_DATE_NOT_A_DAY : 0);
}

static void claim(making *s, dm_terms *t, const char *id, const char *in,
                  const char *speaker, const char *body)
{
    make(s, t, DM_CLAIM, "c.dm", 5);
    term(s, DM_TAG_ID, id);
    if (in != NULL)
        term(s, DM_TAG_SOURCE, in);
    term(s, DM_TAG_SPEAKER, speaker);
    term(s, DM_TAG_BODY, body);
    term(s, DM_TAG_ACT, "states");
    term(s, DM_TAG_CONTENT, "deal");
    term(s, DM_TAG_ATOM, "deal");
    integer(s, DM_TAG_SIGN, 1);
}

static uint64_t judgement(const char *because, const char *made)
{
    making s;
    fact(&s, scratch_terms(), 3, "j", "x");
    s.statement.kind = DM_JUDGEMENT;
    term(&s, DM_TAG_JUDGE, "ann");
    if (because != NULL)
        term(&s, DM_TAG_BECAUSE, because);
    if (made != NULL)
        date(&s, DM_TAG_MADE, made, NULL, 0);
    return commit(kb, &s);
}

static uint64_t in_source(const char *in)
{
    making s;
    fact(&s, scratch_terms(), 4, "b", "x");
    term(&s, DM_TAG_SOURCE, in);
    return commit(kb, &s);
}

/* ---- what is known when ------------------------------------------------- */

static void test_default_dates(void)
{
    making s;
    dm_terms *t = scratch_terms();
    kb = new_kb();
    dm_view *v = view_at(NULL, NULL);
    ok(dm_view_at(v) == DM_DAY_MAX && dm_view_known_by(v) == DM_DAY_MAX,
       "no dates at all: the end of time");
    is_int(dm_kb_close(kb, &error), DM_BUSY, "a base with a view stays open");
    dm_view_close(v);
    fact(&s, t, 1, "r", "a");
    date(&s, DM_TAG_ON, "2022-01-01", NULL, 0);
    commit(kb, &s);
    v = view_at(NULL, NULL);
    is_int(dm_view_at(v), day("2022-01-01"), "the latest day mentioned");
    dm_view_close(v);
    source(&s, t, "abc", "2021-04-01", "2021-04-30");
    commit(kb, &s);
    v = view_at(NULL, NULL);
    is_int(dm_view_at(v), day("2021-04-30"), "the latest publication");
    is_int(dm_view_known_by(v), day("2021-04-30"), "is what is known");
    dm_view_close(v);
    v = view_at("2021-01-01", NULL);
    is_int(dm_view_known_by(v), day("2021-01-01"), "known_by is at");
    dm_view_close(v);
    must(dm_kb_close(kb, &error));
}

static void test_later(void)
{
    making s;
    dm_terms *t = scratch_terms();
    kb = new_kb();
    source(&s, t, "old", "2021-04-01", NULL);
    commit(kb, &s);
    source(&s, t, "new", "2021-06-01", "2021-06-30");
    uint64_t new = commit(kb, &s);
    claim(&s, t, "old.c1", "old", "us_mfa", "us");
    uint64_t c1 = commit(kb, &s);
    claim(&s, t, "new.c2", "new", "uk_mfa", "uk");
    uint64_t c2 = commit(kb, &s);
    claim(&s, t, "c3", NULL, "uk_mfa", "uk");
    date(&s, DM_TAG_SAID, "2021-05-02", NULL, 0);
    uint64_t c3 = commit(kb, &s);
    claim(&s, t, "old.c4", "old", "uk_mfa", "uk");
    date(&s, DM_TAG_SAID, "2021-04-01", "2021-04-30", DM_DATE_NOT_A_DAY);
    uint64_t c4 = commit(kb, &s);
    uint64_t shown = judgement("old.c1", "2021-12-31");
    uint64_t rests = judgement("new.c2", NULL);
    uint64_t late = judgement(NULL, "2021-05-02");
    uint64_t plain = judgement(NULL, NULL);
    uint64_t known = in_source("old"), unknown = in_source("new");
    fact(&s, t, 1, "b", "y");
    date(&s, DM_TAG_ON, "2021-09-01", NULL, 0);
    uint64_t bare = commit(kb, &s);

    dm_view *v = view_at("2021-05-01", NULL);
    is_int(hidden(v, new), DM_HIDDEN_LATER, "a later source");
    is_int(hidden(v, c1), DM_VISIBLE, "a claim of an earlier one");
    is_int(hidden(v, c2), DM_HIDDEN_LATER, "a claim of a later one");
    is_int(hidden(v, c3), DM_HIDDEN_LATER, "a claim said later");
    is_int(hidden(v, shown), DM_VISIBLE, "a judgement on shown claims");
    is_int(hidden(v, rests), DM_HIDDEN_BECAUSE, "on hidden ones");
    is_int(hidden(v, late), DM_HIDDEN_LATER, "one made later, on none");
    is_int(hidden(v, plain), DM_VISIBLE, "one on none, undated");
    is_int(hidden(v, known), DM_VISIBLE, "background that was known");
    is_int(hidden(v, unknown), DM_HIDDEN_LATER, "background that wasn't");
    is_int(hidden(v, bare), DM_VISIBLE, "a fact without source");
    dm_view_close(v);
    v = view_at("2021-04-01", NULL);
    is_int(hidden(v, c4), DM_VISIBLE, "said in the month of publication");
    dm_view_close(v);
    v = view_at("2021-06-29", NULL);
    is_int(hidden(v, c2), DM_HIDDEN_LATER, "a month counts from its last day");
    dm_view_close(v);
    v = view_at("2021-05-01", "2021-06-30");
    is_int(hidden(v, c2), DM_VISIBLE, "known_by decides, not at");
    is_int(hidden(v, rests), DM_VISIBLE, "for judgements, too");
    dm_view_close(v);
    must(dm_kb_close(kb, &error));
}

static void test_filters(void)
{
    static const char *const sources[] = {"abc"}, *const people[] = {"us"};
    making s;
    dm_terms *t = scratch_terms();
    dm_view *v;
    kb = new_kb();
    source(&s, t, "abc", "2021-04-01", NULL);
    uint64_t abc = commit(kb, &s);
    source(&s, t, "bbc", "2021-04-01", NULL);
    uint64_t bbc = commit(kb, &s);
    claim(&s, t, "abc.c1", "abc", "blinken", "us");
    uint64_t c1 = commit(kb, &s);
    claim(&s, t, "bbc.c2", "bbc", "us", "turkey");
    uint64_t c2 = commit(kb, &s);
    claim(&s, t, "abc.c3", "abc", "raab", "uk");
    uint64_t c3 = commit(kb, &s);
    uint64_t on_c3 = judgement("abc.c3", NULL), on_c2 = judgement("bbc.c2", 0);
    dm_view_options o = {.sources = sources, .nsources = 1};
    must(dm_view_open(kb, &o, &v, &error));
    is_int(hidden(v, abc), DM_VISIBLE, "a source listened to");
    is_int(hidden(v, bbc), DM_HIDDEN_SOURCE, "one not listened to");
    is_int(hidden(v, c2), DM_HIDDEN_SOURCE, "its claim");
    is_int(hidden(v, on_c2), DM_HIDDEN_BECAUSE, "what rests on it");
    is_int(hidden(v, on_c3), DM_VISIBLE, "what rests on another");
    dm_view_close(v);
    o = (dm_view_options){.speakers = people, .nspeakers = 1};
    must(dm_view_open(kb, &o, &v, &error));
    is_int(hidden(v, c1), DM_VISIBLE, "by body");
    is_int(hidden(v, c2), DM_VISIBLE, "by speaker");
    is_int(hidden(v, c3), DM_HIDDEN_SPEAKER, "by neither");
    is_int(hidden(v, on_c3), DM_HIDDEN_BECAUSE, "what rests on it");
    is_int(hidden(v, bbc), DM_VISIBLE, "sources speak not");
    dm_view_close(v);
    o = (dm_view_options){.speakers = people};
    must(dm_view_open(kb, &o, &v, &error));
    is_int(hidden(v, c1), DM_HIDDEN_SPEAKER, "an empty list: nobody");
    dm_view_close(v);
    must(dm_kb_close(kb, &error));
}

static uint64_t view_add(dm_view *v, const making *s)
{
    uint64_t serial = 0;
    must(dm_view_add(v, &s->statement, &serial, &error));
    return serial;
}

static void test_scenario(void)
{
    making s;
    dm_terms *t = scratch_terms();
    kb = new_kb();
    claim(&s, t, "c1", NULL, "us", "us");
    uint64_t c1 = commit(kb, &s);
    uint64_t rests = judgement("c1", NULL);
    dm_view *v = view_at("2021-05-01", NULL), *other = view_at(NULL, NULL);
    must(dm_view_withdraw(v, c1, &error));
    is_int(hidden(v, c1), DM_HIDDEN_WITHDRAWN, "withdrawn");
    is_int(hidden(v, rests), DM_HIDDEN_BECAUSE, "what rests on it");
    is_int(hidden(other, c1), DM_VISIBLE, "not in another view");
    is_int(dm_view_withdraw(v, c1, &error), DM_NOT_FOUND, "only once");
    is_int(dm_view_withdraw(v, 77, &error), DM_NOT_FOUND, "no such serial");
    claim(&s, dm_view_terms(v), "c1", NULL, "us", "us");
    uint64_t anew = view_add(v, &s);
    ok(anew >= UINT64_C(1) << 63, "serials of a scenario");
    is_int(hidden(v, rests), DM_VISIBLE, "stated anew, it counts as shown");
    must(dm_view_withdraw(v, anew, &error));
    ok(dm_view_find(v, anew) == NULL, "taken out again");
    is_int(hidden(v, rests), DM_HIDDEN_BECAUSE, "hidden again");
    source(&s, dm_view_terms(v), "late", "2021-06-01", NULL);
    view_add(v, &s);
    fact(&s, dm_view_terms(v), 1, "b", "x");
    term(&s, DM_TAG_SOURCE, "late");
    uint64_t background = view_add(v, &s);
    is_int(hidden(v, background), DM_HIDDEN_LATER,
           "a scenario's source counts");
    size_t count = dm_view_count(v);
    fact(&s, t, 2, "r", "committed later");
    commit(kb, &s);
    is_int((int64_t)dm_view_count(v), (int64_t)count,
           "a view keeps its statements");
    is_int((int64_t)dm_kb_count(kb), 3, "while the base goes on");
    dm_view_close(other);
    dm_view_close(v);
    must(dm_kb_close(kb, &error));
}

/* ---- models ------------------------------------------------------------- */

typedef struct run {
    dm_view *view;
    dm_program *program;
    dm_model *model;
} run;

static void run_open(run *r, const char *at)
{
    *r = (run){.view = view_at(at, NULL)};
    must(dm_program_new(dm_view_terms(r->view), &r->program));
}

static void run_close(run *r)
{
    dm_view_close(r->view); /* and its models */
    dm_program_free(r->program);
}

static const uint32_t first_column[] = {0};

/* Declare a relation whose column types are given as letters. */
static uint32_t declare(run *r, const char *name, const char *of,
                        const char *types, dm_relation_kind kind,
                        dm_input input)
{
    dm_column columns[20] = {{0}};
    uint32_t n = (uint32_t)strlen(types), out = 0;
    for (uint32_t i = 0; i < n; i++)
        columns[i].type = types[i] == 's'   ? DM_SYMBOL
                          : types[i] == 'i' ? DM_INT
                          : types[i] == 'f' ? DM_FLOAT
                          : types[i] == 'd' ? DM_DATE
                                            : DM_TERM;
    dm_relation like = {.name = name, .of = of, .arity = n,
                        .columns = columns, .kind = kind, .input = input};
    if (kind == DM_STATE) {
        like.key = first_column;
        like.nkey = 1;
    }
    must(dm_program_relation(r->program, &like, &out, &error));
    return out;
}

static dm_status evaluate(run *r)
{
    must(dm_program_check(r->program, &error));
    eval_options o = {.threads = 1};
    return dm_model_new(r->view, r->program, &o, &r->model, &error);
}

static int64_t count(const run *r, uint32_t relation)
{
    return (int64_t)eval_count(dm_model_eval(r->model), relation, DM_TRUE);
}

/* Which values of key `us` a relation has: a bit for each small int. */
static int64_t values(const run *r, uint32_t relation)
{
    dm_eval *e = dm_model_eval(r->model);
    int64_t bits = 0;
    for (size_t i = 0; i < eval_count(e, relation, DM_TRUE); i++) {
        eval_row row = {relation, DM_TRUE, i};
        bits |= INT64_C(1) << eval_cells(e, row)[1];
    }
    return bits;
}

static size_t backing_of(const run *r, uint32_t relation, size_t i,
                         uint64_t *serials, size_t max)
{
    eval_row row = {relation, DM_TRUE, i};
    return dm_model_backing(r->model, row, serials, max);
}

static void value(making *s, int x)
{
    fact(s, scratch_terms(), x, "seat", "us");
    number(s, DM_TAG_ARG, x);
}

static uint64_t put(int x, const char *on, const char *from, const char *to)
{
    making s;
    value(&s, x);
    if (on != NULL)
        date(&s, DM_TAG_ON, on, NULL, 0);
    if (from != NULL)
        date(&s, DM_TAG_FROM, from, NULL, 0);
    if (to != NULL)
        date(&s, DM_TAG_TO, to, NULL, 0);
    return commit(kb, &s);
}

/* FACTS of a kind, and BEGUN, at a date. */
static void expect(const char *at, int64_t timeless, int64_t event,
                   int64_t state, int64_t begun, const char *name)
{
    run r;
    run_open(&r, at);
    uint32_t relations[4] = {
        declare(&r, "t", "seat", "si", DM_TIMELESS, DM_INPUT_FACTS),
        declare(&r, "e", "seat", "si", DM_EVENT, DM_INPUT_FACTS),
        declare(&r, "seat", NULL, "si", DM_STATE, DM_INPUT_FACTS),
        declare(&r, "b", "seat", "sid", DM_STATE, DM_INPUT_BEGUN)};
    const int64_t want[4] = {timeless, event, state, begun};
    must(evaluate(&r));
    bool all = true;
    for (int i = 0; i < 4; i++)
        if (values(&r, relations[i]) != want[i]) {
            diag("%d: got %llx, wanted %llx", i,
                 (unsigned long long)values(&r, relations[i]),
                 (unsigned long long)want[i]);
            all = false;
        }
    ok(all, name);
    run_close(&r);
}

static void test_time(void)
{
    kb = new_kb();
    put(0, NULL, NULL, NULL);
    put(1, "2021-02-01", NULL, NULL);
    put(2, NULL, "2021-03-01", "2021-03-31");
    put(3, "2021-05-01", NULL, NULL);
    /* bits: 1 undated, 2 in February, 4 in March, 8 since May */
    expect("2021-01-01", 1, 1, 1, 1, "before all: the undated one");
    expect("2021-02-01", 3, 3, 2, 3, "on the day: the later value supersedes");
    expect("2021-03-31", 7, 7, 4, 7, "on the last day of an interval");
    expect("2021-04-01", 3, 7, 0, 0, "behind it no earlier value comes back");
    expect("2021-05-01", 11, 15, 8, 8, "until the next begins");
    must(dm_kb_close(kb, &error));
}

static void test_months(void)
{
    making s;
    run r;
    kb = new_kb();
    value(&s, 1);
    date(&s, DM_TAG_ON, "2021-04-01", "2021-04-30", DM_DATE_NOT_A_DAY);
    commit(kb, &s);
    expect("2021-03-31", 0, 0, 0, 0, "before a month");
    expect("2021-04-30", 2, 2, 2, 2, "on its last day");
    run_open(&r, "2021-04-15");
    declare(&r, "seat", NULL, "si", DM_TIMELESS, DM_INPUT_FACTS);
    is_int(evaluate(&r), DM_UNSUPPORTED, "within it");
    ok(strstr(error.text, "f.dm:1: whether seat(us, 1) has begun by "
              "2021-04-15 is open") == error.text, "is open");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

static void expect_unsupported(const making *s, const char *start,
                               const char *name)
{
    run r;
    kb = new_kb();
    commit(kb, s);
    run_open(&r, "2021-04-15");
    declare(&r, "seat", NULL, "si", DM_TIMELESS, DM_INPUT_FACTS);
    declare(&r, "claim", NULL, "s", DM_TIMELESS, DM_INPUT_SYSTEM);
    is_int(evaluate(&r), DM_UNSUPPORTED, name);
    if (strncmp(error.text, start, strlen(start)) != 0)
        diag("%s", error.text);
    ok(strncmp(error.text, start, strlen(start)) == 0, "with its place");
    run_close(&r);
    run_open(&r, "2021-04-15");
    declare(&r, "other", NULL, "si", DM_TIMELESS, DM_INPUT_FACTS);
    is_int(evaluate(&r), DM_OK, "not when it isn't read");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

static void test_unsupported(void)
{
    making s;
    value(&s, 7);
    bytes(&s, DM_TAG_PROBABILITY, "likely");
    expect_unsupported(&s, "f.dm:7: the probability of this fact",
                       "a probability");
    value(&s, 8);
    date(&s, DM_TAG_ON, "2021-04-01", NULL, DM_DATE_UNCERTAIN);
    expect_unsupported(&s, "f.dm:8: the date of this fact is uncertain",
                       "an uncertain date");
    claim(&s, scratch_terms(), "c1", NULL, "us", "us");
    date(&s, DM_TAG_SAID, "2021-04-01", NULL, DM_DATE_APPROXIMATE);
    expect_unsupported(&s, "c.dm:5: a date here is uncertain",
                       "an approximate date of a claim");
}

static void test_types(void)
{
    making s;
    run r;
    kb = new_kb();
    put(3, NULL, NULL, NULL);
    run_open(&r, NULL);
    uint32_t asfloat = declare(&r, "seat", NULL, "sf", DM_TIMELESS,
                               DM_INPUT_FACTS);
    uint32_t negative = declare(&r, "-seat", NULL, "tt", DM_TIMELESS,
                                DM_INPUT_FACTS);
    must(evaluate(&r));
    ok(cell_get_float(eval_cells(dm_model_eval(r.model),
                                 (eval_row){asfloat, DM_TRUE, 0})[1]) > 2.9,
       "an int in a column of floats");
    is_int(count(&r, negative), 0, "an explicit negative is another relation");
    run_close(&r);
    run_open(&r, NULL);
    declare(&r, "seat", NULL, "ss", DM_TIMELESS, DM_INPUT_FACTS);
    is_int(evaluate(&r), DM_INVALID, "another type");
    is_str(error.text, "f.dm:3: argument 2 of seat is a symbol here, and not 3",
           "is named");
    run_close(&r);
    run_open(&r, NULL);
    declare(&r, "seat", NULL, "sis", DM_TIMELESS, DM_INPUT_FACTS);
    is_int(evaluate(&r), DM_INVALID, "another arity");
    is_str(error.text,
           "f.dm:3: seat has 2 arguments here, and 3 where it is used",
           "is named");
    run_close(&r);
    fact(&s, scratch_terms(), 1, "-seat", "us");
    number(&s, DM_TAG_ARG, 3);
    uint64_t serial = commit(kb, &s), backing[2];
    run_open(&r, NULL);
    negative = declare(&r, "-seat", NULL, "tt", DM_TIMELESS, DM_INPUT_FACTS);
    must(evaluate(&r));
    is_int((int64_t)backing_of(&r, negative, 0, backing, 2), 1, "one backing");
    is_int((int64_t)backing[0], (int64_t)serial, "its statement");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

/* ---- bulk rows and backing ---------------------------------------------- */

static uint64_t import_rows(const char *relation, const char *content)
{
    static const dm_type types[] = {DM_SYMBOL, DM_INT};
    table_options o = {.ncolumns = 2, .types = types, .separator = '\t'};
    making s;
    char path[64];
    uint64_t rows, number;
    strcpy(path, temporary(content));
    make(&s, scratch_terms(), DM_IMPORT, "i.dm", 9);
    term(&s, DM_TAG_RELATION, relation);
    dm_txn *t = begin(kb);
    uint64_t serial = add(t, &s);
    must(dm_txn_import(t, serial, path, &o, &rows, &error));
    must(dm_txn_commit(t, &number, &error));
    unlink(path);
    return serial;
}

static void view_rows(dm_view *v, const char *relation, bool once)
{
    static const dm_type types[] = {DM_SYMBOL, DM_INT};
    dm_cell name = name_of(dm_view_terms(v), "from_file");
    const dm_cell cells[] = {name, 20, name, 21};
    columns rows;
    columns_init(&rows, 2);
    must(columns_append_rows(&rows, cells, 2));
    must(dm_view_rows(v, relation, types, &rows, once, &error));
    ok(rows.nrows == 0, "rows are taken over");
}

/* The serials behind us, x, as decimal digits in order. */
static int64_t behind(const run *r, uint32_t relation, const char *who, int x)
{
    dm_eval *e = dm_model_eval(r->model);
    uint64_t serials[8];
    eval_row row;
    int64_t out = 0;
    dm_cell cells[2] = {name_of(dm_view_terms(r->view), who), cell_int(x)};
    if (eval_lookup(e, relation, cells, &row) == DM_FALSE)
        return -1;
    size_t n = dm_model_backing(r->model, row, serials, 8);
    for (size_t i = 0; i < n && i < 8; i++)
        out = 10 * out + (int64_t)serials[i];
    return out;
}

static void test_bulk(void)
{
    run r;
    kb = new_kb();
    put(1, NULL, NULL, NULL);                            /* serial 1 */
    put(1, NULL, NULL, NULL);                            /* 2 */
    put(5, NULL, NULL, NULL);                            /* 3 */
    import_rows("seat", "a\t1\nus\t5\na\t1\nus\t6\n");   /* 4 */
    import_rows("seat", "b\t1\na\t1\n");                 /* 5 */
    run_open(&r, NULL);
    uint32_t seat = declare(&r, "seat", NULL, "si", DM_TIMELESS,
                            DM_INPUT_FACTS);
    view_rows(r.view, "seat", false);
    must(evaluate(&r));
    is_int(count(&r, seat), 7, "distinct rows of facts, imports and a table");
    is_int(behind(&r, seat, "us", 1), 12, "a fact stated twice");
    is_int(behind(&r, seat, "us", 5), 34, "a fact that is imported, too");
    is_int(behind(&r, seat, "us", 6), 4, "an imported row");
    is_int(behind(&r, seat, "a", 1), 45, "a row of two imports");
    is_int(behind(&r, seat, "b", 1), 5, "a row of the second");
    is_int(behind(&r, seat, "from_file", 20), 0, "a row of no statement");
    is_int((int64_t)dm_model_backing(r.model, (eval_row){seat, DM_TRUE, 0},
                                     NULL, 0), 2, "counted without room");
    run_close(&r);
    run_open(&r, NULL);
    declare(&r, "seat", NULL, "ii", DM_TIMELESS, DM_INPUT_FACTS);
    ok(evaluate(&r) == DM_INVALID, "a type that isn't");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

/* An import that is all there is goes straight to the evaluator. */
static void test_single_import(void)
{
    run r;
    kb = new_kb();
    import_rows("seat", "a\t1\nus\t5\na\t1\n"); /* serial 1 */
    run_open(&r, NULL);
    uint32_t seat = declare(&r, "seat", NULL, "si", DM_TIMELESS,
                            DM_INPUT_FACTS);
    uint32_t as_terms = declare(&r, "t", "seat", "tt", DM_TIMELESS,
                                DM_INPUT_FACTS);
    view_rows(r.view, "seat", true);
    must(evaluate(&r));
    is_int(count(&r, as_terms), 4, "given rows may be read twice in a model");
    is_int(count(&r, seat), 4, "an import and a table");
    is_int(behind(&r, seat, "a", 1), 1, "a row of the import");
    is_int(behind(&r, seat, "us", 5), 1, "its last row");
    is_int(behind(&r, seat, "from_file", 20), 0, "a row of the table");
    dm_model *other;
    is_int(dm_model_new(r.view, r.program, NULL, &other, &error), DM_INVALID,
           "but not for a second model");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

static void test_bulk_states(void)
{
    run r;
    kb = new_kb();
    put(1, "2021-02-01", NULL, NULL);
    import_rows("seat", "us\t5\nuk\t6\n");
    run_open(&r, "2021-03-01");
    uint32_t seat =
        declare(&r, "seat", NULL, "si", DM_STATE, DM_INPUT_FACTS);
    uint32_t begun =
        declare(&r, "b", "seat", "sid", DM_STATE, DM_INPUT_BEGUN);
    uint32_t terms = declare(&r, "t", "seat", "tt", DM_TIMELESS,
                             DM_INPUT_FACTS);
    must(evaluate(&r));
    is_int(values(&r, seat), 1 << 1 | 1 << 6,
           "an imported row is superseded by a dated fact");
    is_int(count(&r, begun), 3, "the rules see both");
    is_int(count(&r, terms), 3, "rows as terms");
    run_close(&r);
    run_open(&r, "2021-03-01");
    declare(&r, "seat", NULL, "sf", DM_TIMELESS, DM_INPUT_FACTS);
    is_int(evaluate(&r), DM_OK, "imported ints as floats");
    run_close(&r);
    run_open(&r, "2021-01-01");
    declare(&r, "seat", NULL, "ss", DM_TIMELESS, DM_INPUT_FACTS);
    is_int(evaluate(&r), DM_INVALID, "imported ints as symbols");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

static void test_unit(void)
{
    making s;
    run r;
    kb = new_kb();
    columns rows = {.nrows = 1};
    make(&s, scratch_terms(), DM_FACT, "f.dm", 1);
    term(&s, DM_TAG_RELATION, "wet");
    commit(kb, &s);
    run_open(&r, NULL);
    uint32_t wet = declare(&r, "wet", NULL, "", DM_TIMELESS, DM_INPUT_FACTS);
    uint32_t dry = declare(&r, "dry", NULL, "", DM_TIMELESS, DM_INPUT_FACTS);
    uint32_t hot = declare(&r, "hot", NULL, "", DM_TIMELESS, DM_INPUT_FACTS);
    must(dm_view_rows(r.view, "hot", NULL, &rows, false, &error));
    must(evaluate(&r));
    ok(count(&r, wet) == 1 && count(&r, dry) == 0 && count(&r, hot) == 1,
       "relations without columns");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

/* Of a lattice the evaluator renumbers rows: backing must follow. */
static void test_lattice(void)
{
    run r;
    dm_expr x = {.kind = DM_EXPR_VAR, .var = 0},
            y = {.kind = DM_EXPR_VAR, .var = 1};
    dm_expr head[] = {x, {.kind = DM_EXPR_AGGREGATE, .aggregate = DM_MIN,
                          .nargs = 1, .args = &y}};
    const char *vars[] = {"X", "Y"};
    kb = new_kb();
    put(9, NULL, NULL, NULL);
    put(4, NULL, NULL, NULL);
    put(6, NULL, NULL, NULL);
    import_rows("seat", "us\t8\nuk\t7\nuk\t5\n"); /* serial 4 */
    run_open(&r, NULL);
    uint32_t seat = declare(&r, "seat", NULL, "si", DM_TIMELESS,
                            DM_INPUT_FACTS), rule;
    dm_expr args[] = {x, y};
    dm_literal body = {.kind = DM_ATOM, .relation = seat, .nargs = 2,
                       .args = args};
    dm_rule like = {.relation = seat, .nargs = 2, .args = head, .nbody = 1,
                    .body = &body, .nvars = 2, .vars = vars};
    must(dm_program_rule(r.program, &like, &rule, &error));
    view_rows(r.view, "seat", true);
    must(evaluate(&r));
    is_int(count(&r, seat), 3, "the least values");
    is_int(behind(&r, seat, "us", 4), 2, "and their statements");
    is_int(behind(&r, seat, "uk", 5), 4, "an imported one");
    is_int(behind(&r, seat, "from_file", 20), 0, "one of a table file");
    run_close(&r);
    must(dm_kb_close(kb, &error));
}

/* ---- system relations --------------------------------------------------- */

static const dm_cell *cells_of(const run *r, uint32_t relation)
{
    if (count(r, relation) != 1) {
        diag("%lld rows", (long long)count(r, relation));
        abort();
    }
    return eval_cells(dm_model_eval(r->model),
                      (eval_row){relation, DM_TRUE, 0});
}

static const char *text_in(const run *r, dm_cell cell)
{
    return text_of(dm_view_terms(r->view), (dm_term)cell);
}

static void make_case(making *s)
{
    dm_terms *t = scratch_terms();
    source(s, t, "abc", "2021-04-13", NULL);
    bytes(s, DM_TAG_PUBLISHER, "ABC");
    commit(kb, s);
    claim(s, t, "abc.c1", "abc", "mohib", "kabul");
    term(s, DM_TAG_CHAIN, "ap");
    term(s, DM_TAG_CHAIN, "dia");
    term(s, DM_TAG_IF, "one");
    term(s, DM_TAG_UNTIL, "two");
    term(s, DM_TAG_AFTER, "abc.c0");
    number(s, DM_TAG_CREDIBILITY, 2);
    date(s, DM_TAG_BY, "2021-09-01", "2021-09-30", DM_DATE_NOT_A_DAY);
    date(s, DM_TAG_TO, "2021-12-31", NULL, 0);
    integer(s, DM_TAG_PARA, 6);
    commit(kb, s);
    make(s, t, DM_QUESTION, "q.dm", 1);
    term(s, DM_TAG_ID, "opens");
    bytes(s, DM_TAG_TITLE, "Will it open?");
    term(s, DM_TAG_PROCESS, "istanbul");
    term(s, DM_TAG_OPTION, "yes");
    term(s, DM_TAG_OPTION, "no");
    commit(kb, s);
    fact(s, t, 1, "actor", "kabul");
    bytes(s, DM_TAG_LABEL, "The government");
    commit(kb, s);
}

static void test_claim_row(const run *r, const dm_cell *c)
{
    is_str(text_in(r, c[0]), "abc.c1", "its id");
    is_str(text_in(r, c[4]), "dia", "its origin ends the chain");
    is_str(text_in(r, c[8]), "pos", "its sign");
    is_str(text_in(r, c[9]), "none", "no hedge");
    is_int(cell_get_int(c[10]), day("2021-04-13"), "said when published");
    is_int(cell_get_int(c[11]), day("2021-04-13"), "begins then");
    is_int(cell_get_int(c[12]), day("2021-12-31"), "ends");
    is_int(cell_get_int(c[14]), 6, "paragraph");
    is_str(text_in(r, c[15]), "B", "the reliability of its source");
    is_str(text_in(r, c[16]), "2", "its own credibility, as a symbol");
}

static void test_system(void)
{
    making s;
    run r;
    kb = new_kb();
    make_case(&s);
    run_open(&r, NULL);
#define SYSTEM(name, types) \
    declare(&r, name, NULL, types, DM_TIMELESS, DM_INPUT_SYSTEM)
    uint32_t c = SYSTEM("claim", "ssssssttssdddsiss");
    uint32_t condition = SYSTEM("claim_condition", "sst");
    uint32_t from = SYSTEM("claim_from", "sis");
    uint32_t after = SYSTEM("claim_after", "ss");
    uint32_t due = SYSTEM("claim_due", "sd");
    uint32_t info = SYSTEM("source_info", "sssds");
    uint32_t question = SYSTEM("question", "sssds");
    uint32_t option = SYSTEM("question_option", "ss");
    uint32_t label = SYSTEM("label", "st");
    uint32_t today = SYSTEM("today", "d");
    uint32_t until = SYSTEM("known_until", "t");
    must(evaluate(&r));
    test_claim_row(&r, cells_of(&r, c));
    is_int(count(&r, condition), 2, "conditions");
    is_int(count(&r, from), 2, "a chain");
    is_int(count(&r, option), 2, "options");
    is_str(text_in(&r, cells_of(&r, after)[1]), "abc.c0", "after");
    is_int(cell_get_int(cells_of(&r, due)[1]), day("2021-09-30"), "due");
    is_str(text_in(&r, cells_of(&r, info)[1]), "A title", "a title");
    is_str(text_in(&r, cells_of(&r, info)[2]), "ABC", "a publisher");
    is_str(text_in(&r, cells_of(&r, question)[1]), "Will it open?", "asked");
    is_int(cell_get_int(cells_of(&r, question)[3]), DM_DAY_MAX, "any time");
    is_str(text_in(&r, cells_of(&r, question)[4]), "none", "without a test");
    is_str(text_in(&r, cells_of(&r, label)[1]), "The government", "a label");
    is_int(cell_get_int(cells_of(&r, today)[0]), day("2021-04-13"), "today");
    is_int(terms_kind(dm_view_terms(r.view),
                      (dm_term)cells_of(&r, until)[0]), TERM_DATE,
           "known_until, as a term");
    uint64_t serial[1];
    is_int((int64_t)backing_of(&r, c, 0, serial, 1), 1, "a claim's backing");
    is_int((int64_t)backing_of(&r, today, 0, serial, 1), 0, "today has none");
    run_close(&r);
    run_open(&r, "2021-04-12");
    c = SYSTEM("claim", "s");
    must(evaluate(&r));
    is_int(count(&r, c), 0, "what is hidden isn't read");
    run_close(&r);
    run_open(&r, NULL);
    SYSTEM("claims", "s");
    is_int(evaluate(&r), DM_INVALID, "an unknown one");
    run_close(&r);
    run_open(&r, NULL);
    SYSTEM("today", "i");
    is_int(evaluate(&r), DM_INVALID, "a column of another type");
    run_close(&r);
    run_open(&r, NULL);
    SYSTEM("today", "dd");
    is_int(evaluate(&r), DM_INVALID, "too many columns");
    run_close(&r);
#undef SYSTEM
    must(dm_kb_close(kb, &error));
}

static void test_sole(void)
{
    dm_kb *kb = NULL;
    dm_view *v = NULL;
    dm_txn *t = NULL;
    dm_view_options sole = {.sole = true};
    must(dm_kb_open(NULL, 0, &kb, &error));
    must(dm_txn_begin(kb, NULL, NULL, &t, &error));
    is_int(dm_view_open(kb, &sole, &v, &error), DM_INVALID,
           "a sole view can't be opened within a transaction");
    dm_txn_abort(t);
    must(dm_view_open(kb, &sole, &v, &error));
    ok(name_of(dm_view_terms(v), "new") < 1000, "its names have low ids");
    is_int(dm_txn_begin(kb, NULL, NULL, &t, &error), DM_BUSY,
           "nothing is changed while it is open");
    dm_view_close(v);
    must(dm_txn_begin(kb, NULL, NULL, &t, &error));
    dm_txn_abort(t);
    must(dm_kb_close(kb, &error));
}

int main(void)
{
    test_default_dates();
    test_sole();
    test_later();
    test_filters();
    test_scenario();
    test_time();
    test_months();
    test_unsupported();
    test_types();
    for (int i = 0; i <= 1; i++) {
        on_store = i;
        test_bulk();
        test_single_import();
        test_bulk_states();
        test_unit();
        test_lattice();
    }
    on_store = false;
    test_system();
    remove_store();
    terms_free(scratch_terms());
    return done_testing();
}
