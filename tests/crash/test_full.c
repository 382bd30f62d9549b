/* A full disk: an error, and the state of before.
 *
 * First with a limit on the size of files, which any system has; then on a
 * small tmpfs, where this process may mount one of its own. */
#include "store_make.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { MOST = 3000, LIMIT = 2 << 20, DISK = 6 << 20, FILLER = 2 << 20 };

/* ---- work ----------------------------------------------------------- */

/* One transaction; every eighth is an import of many rows. */
static dm_status commit_one(dm_store *s, uint64_t n)
{
    enum { N = 20000 };
    static dm_cell rows[2 * N];
    const dm_type types[2] = {DM_INT, DM_INT};
    uint64_t serial = 0;
    dm_store_txn *t = NULL;
    dm_status st = store_begin(s, "tester", "", &t, &make_err);
    if (st != DM_OK)
        return st;
    if (n % 8 == 0) {
        for (size_t i = 0; i < 2 * N; i++)
            rows[i] = make_random(&n) >> 40;
        serial = make_import(t, s, "edge");
        must(make_rows(t, serial, 2, types, rows, N, store_terms(s), NULL,
                          &make_err));
    }
    for (int i = 0; i < 50; i++)
        must(make_fact(t, s, "seen", "somebody", (int64_t)(n * 50) + i,
                       &serial));
    return store_commit(t, NULL, &make_err);
}

/* Commit until it fails; the number of commits that didn't. */
static uint64_t fill(dm_store *s, uint64_t from, dm_status *why)
{
    uint64_t n = from;
    do
        *why = commit_one(s, n);
    while (*why == DM_OK && ++n < from + MOST);
    return n - from;
}

static uint64_t last_txn(dm_store *s)
{
    store_info info = {0};
    dm_status st = store_refresh(s, &info, &make_err);
    if (st != DM_OK)
        diag("%s", make_err.text);
    return info.last_txn;
}

/* Fill what `path` lies on, see what is left, make room, go on. */
static void full_case(const char *path, void (*narrow)(void),
                      void (*widen)(void))
{
    dm_status why = DM_OK, again;
    dm_store *s = make_open(path);
    narrow();
    uint64_t done = fill(s, 1, &why);
    again = commit_one(s, 8);
    widen();
    diag("%" PRIu64 " commits, then: %s", done, make_err.text);
    ok(done > 0 && done < MOST, "the disk gets full");
    is_int(why, DM_DISK_FULL, "which is an error of its own");
    ok(again != DM_OK, "and stays one");
    is_int(last_txn(s), done, "the last commit before is the last");
    is_int(make_verify(s), 0, "the store is sound");
    why = commit_one(s, 9);
    if (why != DM_OK)
        diag("%s", make_err.text);
    is_int(why, DM_OK, "with room made, commits go on");
    store_close(s);
    s = make_open(path);
    is_int(last_txn(s), done + 1, "opened again, all of them are there");
    is_int(make_verify(s), 0, "and the store is sound");
    store_close(s);
}

/* ---- a limit on the size of files ----------------------------------- */

static void set_limit(rlim_t size)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void limit_files(void)
{
    fflush(stdout);
    set_limit(LIMIT);
}

static void free_files(void)
{
    set_limit(RLIM_INFINITY);
}

/* ---- a small file system -------------------------------------------- */

static char filler[128];

/* As if the disk were used by others. */
static void write_filler(void)
{
    static char bytes[FILLER];
    int fd = open(filler, O_WRONLY | O_CREAT, 0666);
    if (fd < 0 || write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
        diag("can't write %s", filler);
    if (fd >= 0)
        close(fd);
}

static void remove_filler(void)
{
    unlink(filler);
}

static bool mount_small(const char *folder)
{
    char options[40];
    snprintf(options, sizeof options, "size=%d", DISK);
    return unshare(CLONE_NEWNS) == 0
           && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
           && mount("tmpfs", folder, "tmpfs", 0, options) == 0;
}

static void test_disk(void)
{
    const char *path = make_path();
    snprintf(filler, sizeof filler, "%s/filler", make_folder_name);
    if (mount_small(make_folder_name)) {
        full_case(path, write_filler, remove_filler);
        umount(make_folder_name);
    } else {
        skip("a small file system", strerror(errno));
    }
    make_clean();
}

int main(void)
{
    signal(SIGXFSZ, SIG_IGN);
    diag("a limit on the size of files");
    full_case(make_path(), limit_files, free_files);
    make_clean();
    diag("a small file system");
    test_disk();
    return done_testing();
}
