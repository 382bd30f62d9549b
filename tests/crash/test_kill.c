/* kill -9 during commits: what was acknowledged is there, nothing is torn.
 *
 * A child commits without end, transactions of several sizes, and writes the
 * number of each that store_commit acknowledged to a pipe.  The parent kills
 * it at a random moment, then opens the store, verifies it and looks for every
 * acknowledged transaction.  (A kill is no loss of power.)
 *
 * DRAGOMAN_KILLS: number of kills (30), DRAGOMAN_SEED. */
#include "store_make.h"

#include <signal.h>
#include <sys/wait.h>

enum { LONGEST = 60000 /* microseconds that a child lives */ };

/* ---- the child ------------------------------------------------------ */

static void commit_facts(dm_store *s, dm_store_txn *t, uint64_t n)
{
    uint64_t serial = 0, first = 0;
    for (uint64_t i = 0; i <= n % 40; i++) {
        char name[40];
        snprintf(name, sizeof name, "fact %" PRIu64, n);
        must(make_fact(t, s, "seen", name, (int64_t)i, &serial));
        first = first ? first : serial;
    }
    if (n % 3 == 0 && serial > first)
        must(store_retract(t, first, &make_err));
    if (n % 5 == 0 && first > 10)
        store_retract(t, first - 7, &make_err); /* it may be gone already */
}

static void commit_rows(dm_store *s, dm_store_txn *t, uint64_t *seed)
{
    enum { N = 3000 };
    static dm_cell rows[2 * N];
    const dm_type types[2] = {DM_INT, DM_INT};
    uint64_t serial = make_import(t, s, "edge");
    for (size_t i = 0; i < 2 * N; i++)
        rows[i] = make_random(seed) >> 40;
    must(make_rows(t, serial, 2, types, rows, N, store_terms(s), NULL,
                      &make_err));
}

static void work(const char *path, int acknowledge, uint64_t seed)
{
    dm_store *s = make_open(path);
    for (;;) {
        uint64_t txn = 0, n = make_random(&seed);
        dm_store_txn *t = make_begin(s);
        if (n % 7 == 0)
            commit_rows(s, t, &seed);
        else
            commit_facts(s, t, n % 100000);
        must(store_commit(t, &txn, &make_err));
        if (write(acknowledge, &txn, sizeof txn) != sizeof txn)
            _exit(0);
    }
}

/* ---- the parent ----------------------------------------------------- */

/* The last transaction that the child acknowledged; 0: none. */
static uint64_t last_acknowledged(int from)
{
    uint64_t txn, last = 0;
    while (read(from, &txn, sizeof txn) == sizeof txn)
        last = txn;
    return last;
}

static uint64_t stopped; /* children that ended before they were killed */

static void end_child(pid_t child)
{
    int status = 0;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    stopped += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
}

static uint64_t run_and_kill(const char *path, uint64_t seed)
{
    int pipes[2];
    uint64_t wait = 500 + make_random(&seed) % LONGEST;
    fflush(stdout);
    pid_t child = pipe(pipes) ? -1 : fork();
    if (child < 0)
        must(error_set(&make_err, DM_IO, "can't start a child"));
    if (child == 0) {
        close(pipes[0]);
        work(path, pipes[1], seed);
        _exit(0);
    }
    close(pipes[1]);
    usleep((useconds_t)wait);
    end_child(child);
    uint64_t last = last_acknowledged(pipes[0]);
    close(pipes[0]);
    return last;
}

static dm_status count_commit(void *context, const store_commit_info *info,
                              dm_error *err)
{
    uint64_t *next = context;
    if (info->txn != *next)
        return error_set(err, DM_CORRUPT, "transaction %" PRIu64 ", not %"
                         PRIu64, info->txn, *next);
    ++*next;
    return DM_OK;
}

/* Every transaction up to `last` is in the log, and the store is sound. */
static bool survived(const char *path, uint64_t last)
{
    uint64_t next = 1;
    dm_store *s = NULL;
    dm_status st = store_open(path, STORE_CREATE, &s, &make_err);
    if (st == DM_OK)
        st = store_log(s, count_commit, &next, &make_err);
    if (st != DM_OK)
        diag("%s", make_err.text);
    bool good = st == DM_OK && next > last && make_verify(s) == 0;
    if (st == DM_OK && next <= last)
        diag("%" PRIu64 " was acknowledged, %" PRIu64 " is the last", last,
             next - 1);
    store_close(s);
    return good;
}

/* Open and verify again and again while another process commits: never a
 * finding, since every look is at one whole state. */
static void test_beside(const char *path, uint64_t seed)
{
    int pipes[2];
    uint64_t looks = 0, bad = 0;
    fflush(stdout);
    pid_t child = pipe(pipes) ? -1 : fork();
    if (child < 0)
        must(error_set(&make_err, DM_IO, "can't start a child"));
    if (child == 0) {
        close(pipes[0]);
        work(path, pipes[1], seed);
        _exit(0);
    }
    close(pipes[1]);
    double end = budget_now() + 1.5;
    for (; budget_now() < end && bad == 0; looks++) {
        dm_store *s = NULL;
        dm_status st = store_open(path, 0, &s, &make_err);
        if (st != DM_OK)
            diag("open: %s", make_err.text);
        bad += st != DM_OK || make_verify(s) != 0;
        store_close(s);
    }
    end_child(child);
    close(pipes[0]);
    is_int(bad, 0, "a reader beside a writer finds nothing wrong");
    diag("%" PRIu64 " looks", looks);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

int main(void)
{
    const char *path = make_path();
    uint64_t kills = number_of("DRAGOMAN_KILLS", 30);
    uint64_t seed = number_of("DRAGOMAN_SEED", 1), last = 0, lost = 0;
    for (uint64_t i = 0; i < kills; i++) {
        uint64_t acknowledged = run_and_kill(path, seed + i);
        last = acknowledged > last ? acknowledged : last;
        if (survived(path, last))
            continue;
        lost++;
        diag("after kill %" PRIu64 ", DRAGOMAN_SEED=%" PRIu64, i + 1, seed);
    }
    is_int(lost, 0, "after each kill the store is sound and complete");
    ok(kills < 10 || last > kills, "and commits were going on");
    diag("%" PRIu64 " kills, %" PRIu64 " transactions", kills, last);
    test_beside(path, seed);
    is_int(stopped, 0, "no child failed by itself");
    make_clean();
    return done_testing();
}
