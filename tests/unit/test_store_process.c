/* test_store_process.c - one store, several processes.
 *
 * The parent and a child take turns over two pipes; a turn is one byte. */
#include "store_help.h"

#include "store/internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

typedef struct turns {
    int to_child[2], to_parent[2];
} turns;

static turns pipes;

static void give(int fd)
{
    if (write(fd, "x", 1) != 1)
        abort();
}

static void await(int fd)
{
    char c;
    if (read(fd, &c, 1) != 1)
        abort();
}

static void child_gives(void)
{
    give(pipes.to_parent[1]);
}

static void child_awaits(void)
{
    await(pipes.to_child[0]);
}

static void parent_gives(void)
{
    give(pipes.to_child[1]);
}

static void parent_awaits(void)
{
    await(pipes.to_parent[0]);
}

/* Run `work` in a child. */
static pid_t start(void (*work)(const char *path), const char *path)
{
    if (pipe(pipes.to_child) || pipe(pipes.to_parent))
        abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        work(path);
        _exit(0);
    }
    return child;
}

static int finish(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    close(pipes.to_child[0]);
    close(pipes.to_child[1]);
    close(pipes.to_parent[0]);
    close(pipes.to_parent[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child, failing is an exit code. */
static void want(bool good, int code)
{
    if (!good) {
        diag("child: %d: %s", code, failure.text);
        _exit(code);
    }
}

static uint64_t add_one(dm_store *s, const char *name)
{
    dm_store_txn *t = NULL;
    uint64_t n = 0;
    MUST(store_begin(s, "a", "b", &t, &failure));
    add_pair(s, t, "p", name, NULL);
    MUST(store_commit(t, &n, &failure));
    return n;
}

/* ---- refresh ------------------------------------------------------------ */

static void child_adds(const char *path)
{
    dm_store *s = NULL;
    want(store_open(path, 0, &s, &failure) == DM_OK, 1);
    want(count_statements(s) == 1, 2);
    want(add_one(s, "from the child") == 2, 3);
    child_gives();
    child_awaits();
    store_info info;
    want(store_refresh(s, &info, &failure) == DM_OK, 4);
    want(info.last_txn == 3 && info.statements == 3, 5);
    want(terms_find_symbol(store_terms(s), "again the parent", 16) != 0, 6);
    store_close(s);
}

static void test_refresh(void)
{
    const char *path = scratch_path("refresh.dmkb");
    dm_store *s = NULL;
    store_info info;
    MUST(store_open(path, STORE_CREATE, &s, &failure));
    add_one(s, "from the parent");
    pid_t child = start(child_adds, path);
    parent_awaits();
    ok(!terms_find_symbol(store_terms(s), "from the child", 14),
       "the other's terms before a refresh");
    MUST(store_refresh(s, &info, &failure));
    ok(info.last_txn == 2 && info.statements == 2, "another process's commit");
    ok(terms_find_symbol(store_terms(s), "from the child", 14) != 0,
       "and its terms");
    is_int(add_one(s, "again the parent"), 3, "a commit upon the other's");
    parent_gives();
    is_int(finish(child), 0, "the child sees it");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

/* ---- writers wait for each other ---------------------------------------- */

enum { EACH = 40 };

static void child_writes(const char *path)
{
    dm_store *s = NULL;
    want(store_open(path, 0, &s, &failure) == DM_OK, 1);
    child_gives();
    for (int i = 0; i < EACH; i++) {
        char name[40];
        snprintf(name, sizeof name, "child %d", i);
        add_one(s, name);
    }
    store_close(s);
}

static void test_writers(void)
{
    const char *path = scratch_path("writers.dmkb");
    dm_store *s = NULL;
    store_info info;
    MUST(store_open(path, STORE_CREATE, &s, &failure));
    pid_t child = start(child_writes, path);
    parent_awaits();
    for (int i = 0; i < EACH; i++) {
        char name[40];
        snprintf(name, sizeof name, "parent %d", i);
        add_one(s, name);
    }
    is_int(finish(child), 0, "two processes write in turn");
    MUST(store_refresh(s, &info, &failure));
    ok(info.last_txn == 2 * EACH && info.statements == 2 * EACH,
       "no commit is lost");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

/* ---- a reader while a writer grows the map ------------------------------ */

enum { BIG = 5000 };

static void child_grows(const char *path)
{
    dm_store *s = NULL;
    dm_store_txn *t = NULL;
    want(store_open_sized(path, 0, 1 << 20, &s, &failure) == DM_OK, 1);
    child_awaits();
    MDB_envinfo before, after;
    mdb_env_info(s->env, &before);
    want(store_begin(s, "a", "b", &t, &failure) == DM_OK, 2);
    for (int i = 0; i < BIG; i++) {
        char name[300];
        snprintf(name, sizeof name, "%0250d", i);
        add_pair(s, t, "p", name, NULL);
    }
    want(store_commit(t, NULL, &failure) == DM_OK, 3);
    mdb_env_info(s->env, &after);
    want(after.me_mapsize > before.me_mapsize, 4);
    child_gives();
    store_close(s);
}

typedef struct slow {
    int n;
    bool grown;
} slow;

/* In the middle of the scan, let the other process grow the file. */
static dm_status scan_slowly(void *context, const dm_statement *st,
                             dm_error *err)
{
    slow *x = context;
    (void)st;
    (void)err;
    if (x->n++ == 10) {
        parent_gives();
        parent_awaits();
        x->grown = true;
    }
    return DM_OK;
}

static void test_growing(void)
{
    const char *path = scratch_path("growing.dmkb");
    dm_store *s = NULL;
    dm_store_txn *t = NULL;
    slow x = {0};
    MUST(store_open_sized(path, STORE_CREATE, 1 << 20, &s, &failure));
    MUST(store_begin(s, "a", "b", &t, &failure));
    for (int i = 0; i < 50; i++)
        add_pair(s, t, "p", "same", NULL);
    MUST(store_commit(t, NULL, &failure));
    pid_t child = start(child_grows, path);
    MUST(store_statements(s, scan_slowly, &x, &failure));
    ok(x.grown && x.n == 50, "a scan sees one snapshot while a writer grows");
    is_int(finish(child), 0, "the writer");
    is_int(count_statements(s), 50 + BIG, "the next one follows the map");
    is_int(add_one(s, "after it"), 3, "and writes");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

/* ---- killed processes --------------------------------------------------- */

static void child_dies(const char *path)
{
    dm_store *s = NULL;
    dm_store_txn *t = NULL;
    want(store_open(path, 0, &s, &failure) == DM_OK, 1);
    want(store_begin(s, "a", "b", &t, &failure) == DM_OK, 2);
    add_pair(s, t, "p", "never committed", NULL);
    child_gives();
    kill(getpid(), SIGKILL);
}

static void test_killed(void)
{
    const char *path = scratch_path("killed.dmkb");
    dm_store *s = NULL;
    MUST(store_open(path, STORE_CREATE, &s, &failure));
    add_one(s, "one");
    pid_t child = start(child_dies, path);
    parent_awaits();
    is_int(add_one(s, "two"), 2, "a killed writer holds nobody up");
    is_int(finish(child), 128 + SIGKILL, "it was killed");
    is_int(count_statements(s), 2, "and left nothing");
    is_int(count_findings(s), 0, "verified");
    store_close(s);
}

/* ---- creating at once --------------------------------------------------- */

static void child_creates(const char *path)
{
    dm_store *s = NULL;
    child_awaits();
    want(store_open(path, STORE_CREATE, &s, &failure) == DM_OK, 1);
    add_one(s, "child");
    store_close(s);
}

static void test_creating(void)
{
    for (int i = 0; i < 5; i++) {
        dm_store *s = NULL;
        char name[40];
        snprintf(name, sizeof name, "new%d.dmkb", i);
        const char *path = scratch_path(name);
        pid_t child = start(child_creates, path);
        parent_gives();
        MUST(store_open(path, STORE_CREATE, &s, &failure));
        add_one(s, "parent");
        bool good = finish(child) == 0 && count_statements(s) == 2;
        ok(good, "two processes create one store at once");
        store_close(s);
    }
}

int main(void)
{
    scratch_open();
    test_refresh();
    test_writers();
    test_growing();
    test_killed();
    test_creating();
    scratch_close();
    return done_testing();
}
