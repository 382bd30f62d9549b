/* env.c - opening a store, read transactions, LMDB's errors.
 *
 * Purpose: everything between a path and a transaction in which the counters
 * and the terms are loaded.
 * Representation: besides LMDB's, a file descriptor of our own serves sizes,
 * the checks before LMDB maps the file, and a lock (flock) that writers hold
 * for the whole transaction, so that nobody slips in while one makes its map
 * bigger.  The path is resolved, since the lock file's name follows from it.
 * Where a reader can't write the lock file, LMDB doesn't see it; it then
 * takes our lock shared for each read, which keeps writers out meanwhile.
 * Invariants: LMDB maps the file only after the meta pages and the size were
 * found sound, and reads a record only after all pages' headers were, so that
 * a damaged file is an error and no signal; a read transaction never outlives
 * a call; a handle from before fork() is refused.
 * Cost: opening reads the tree pages of the file once; a read transaction
 * costs under a microsecond when nothing was committed. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READERS = 1022, TRIES = 50 };

/* ---- errors ------------------------------------------------------------- */

static bool is_full(const dm_store *s, int code)
{
    return code == ENOSPC || code == EDQUOT || code == EFBIG
           || (code == EIO && store_no_room(s));
}

static dm_status status_of(int code)
{
    switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INCOMPATIBLE:
        return DM_CORRUPT;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return DM_FORMAT;
    case MDB_READERS_FULL:
    case MDB_MAP_RESIZED:
    case EBUSY:
    case EAGAIN:
        return DM_BUSY;
    case EROFS:
        return DM_READ_ONLY;
    default:
        return DM_IO;
    }
}

dm_status store_mdb_error(const dm_store *s, int code, const char *doing,
                          dm_error *err)
{
    if (code == ENOMEM)
        return error_nomem(err);
    if (is_full(s, code))
        return error_set(err, DM_DISK_FULL, "no room on the device of %s",
                         s->path);
    if (code == MDB_PANIC)
        return error_set(err, DM_IO,
                         "%s must be opened again after an I/O error",
                         s->path);
    return error_set(err, status_of(code), "can't %s %s: %s", doing, s->path,
                     mdb_strerror(code));
}

dm_status store_usable(const dm_store *s, dm_error *err)
{
    if (s->pid != getpid())
        return error_set(err, DM_FORKED, "%s was opened before a fork; open "
                         "it again in this process", s->path);
    if (s->dead)
        return error_set(err, DM_IO,
                         "%s must be opened again after an I/O error",
                         s->path);
    return DM_OK;
}

/* ---- read transactions -------------------------------------------------- */

dm_status store_update(dm_store *s, MDB_txn *txn, dm_error *err)
{
    store_state state;
    dm_status st = state_load(s, txn, &state, err);
    if (st == DM_OK)
        st = terms_load(s, txn, state.last_term, err);
    if (st == DM_OK)
        s->state = state;
    return st;
}

/* Keep writers out.  Where the file system knows no locks, nobody writes. */
static void lock_shared(const dm_store *s)
{
    while (flock(s->fd, LOCK_SH) && errno == EINTR)
        continue;
}

dm_status read_begin(dm_store *s, MDB_txn **out, dm_error *err)
{
    MDB_txn *txn;
    dm_status st = store_usable(s, err);
    if (st != DM_OK)
        return st;
    if (s->lockless && s->readers == 0)
        lock_shared(s);
    int rc = growth_begin(s, MDB_RDONLY, &txn);
    s->readers++;
    if (rc) {
        read_end(s, NULL);
        return store_mdb_error(s, rc, "read", err);
    }
    st = store_update(s, txn, err);
    if (st != DM_OK)
        read_end(s, txn);
    else
        *out = txn;
    return st;
}

void read_end(dm_store *s, MDB_txn *txn)
{
    if (txn)
        mdb_txn_abort(txn);
    s->readers--;
    if (s->lockless && s->readers == 0)
        flock(s->fd, LOCK_UN);
}

/* ---- opening: the file -------------------------------------------------- */

/* Find or make the file; its resolved name and descriptor. */
static dm_status find_file(dm_store *s, const char *path, dm_error *err)
{
    struct stat info;
    int rc = stat(path, &info) ? errno : 0;
    if (rc == ENOENT && (s->flags & STORE_CREATE)
        && !(s->flags & STORE_READ_ONLY)) {
        dm_status st = create_store(path, err);
        if (st != DM_OK)
            return st;
        rc = stat(path, &info) ? errno : 0;
    }
    if (rc)
        return error_errno(err, rc, "open", path);
    if (S_ISDIR(info.st_mode))
        return error_set(err, DM_FORMAT, "%s is a folder", path);
    if (!S_ISREG(info.st_mode))
        return error_set(err, DM_FORMAT, "%s is not a file", path);
    char *real = realpath(path, NULL);
    if (!real)
        return error_errno(err, errno, "open", path);
    s->path = mem_strdup(real, strlen(real));
    free(real);
    return s->path ? DM_OK : error_nomem(err);
}

static dm_status open_file(dm_store *s, dm_error *err)
{
    struct stat info;
    bool read_only = s->flags & STORE_READ_ONLY;
    s->fd = open(s->path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (s->fd < 0 && !read_only && (errno == EACCES || errno == EROFS))
        return error_set(err, DM_READ_ONLY, "can't write to %s: %s", s->path,
                         strerror(errno));
    if (s->fd < 0 || fstat(s->fd, &info))
        return error_errno(err, errno, "open", s->path);
    s->dev = info.st_dev;
    s->ino = info.st_ino;
    if (!registry_add(s))
        return error_set(err, DM_BUSY, "%s is open in this process already",
                         s->path);
    return pages_check_file(s->fd, s->path, err);
}

/* ---- opening: the environment ------------------------------------------- */

static int env_new(dm_store *s, size_t map, unsigned flags)
{
    int rc = mdb_env_create(&s->env);
    if (rc)
        return rc;
    rc = mdb_env_set_maxdbs(s->env, DB_COUNT);
    if (!rc)
        rc = mdb_env_set_maxreaders(s->env, READERS);
    if (!rc)
        rc = mdb_env_set_mapsize(s->env, map);
    if (!rc)
        rc = mdb_env_open(s->env, s->path, flags, 0666);
    if (rc) {
        mdb_env_close(s->env);
        s->env = NULL;
    }
    return rc;
}

/* Opening can collide with a process that is just closing. */
static int env_open(dm_store *s, size_t map)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    bool read_only = s->flags & STORE_READ_ONLY;
    unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (read_only ? MDB_RDONLY : 0);
    int rc = env_new(s, map, flags);
    for (int i = 0; (rc == EAGAIN || rc == EBUSY) && i < TRIES; i++) {
        nanosleep(&pause, NULL);
        rc = env_new(s, map, flags);
    }
    if (read_only && (rc == EACCES || rc == EROFS || rc == EPERM)) {
        s->lockless = true;
        rc = env_new(s, map, flags | MDB_NOLOCK);
    }
    return rc;
}

static dm_status open_env(dm_store *s, size_t map, dm_error *err)
{
    MDB_stat stat;
    struct stat info;
    if (fstat(s->fd, &info))
        return error_errno(err, errno, "open", s->path);
    if (map == 0)
        map = growth_initial((uint64_t)info.st_size);
    int rc = env_open(s, map);
    if (rc == EACCES || rc == EPERM)
        return error_set(err, DM_READ_ONLY, "can't write to %s-lock: %s",
                         s->path, strerror(rc));
    if (!rc && !(s->flags & STORE_READ_ONLY))
        rc = mdb_reader_check(s->env, NULL);
    if (!rc)
        rc = mdb_env_stat(s->env, &stat);
    if (rc)
        return store_mdb_error(s, rc, "open", err);
    s->page = stat.ms_psize;
    return DM_OK;
}

/* ---- opening: what is in it --------------------------------------------- */

static dm_status open_databases(dm_store *s, MDB_txn *txn, dm_error *err)
{
    for (int db = 0; db < DB_COUNT; db++) {
        int rc = mdb_dbi_open(txn, store_db_names[db], 0, &s->dbi[db]);
        if (rc == MDB_NOTFOUND && db == DB_META)
            return error_set(err, DM_FORMAT, "%s is not a Dragoman store",
                             s->path);
        if (rc == MDB_NOTFOUND)
            return error_set(err, DM_CORRUPT,
                             "%s is damaged: database %s is missing", s->path,
                             store_db_names[db]);
        if (rc)
            return store_mdb_error(s, rc, "open", err);
        if (db == DB_META) {
            dm_status st = format_check(s, txn, err);
            if (st != DM_OK)
                return st;
        }
    }
    return DM_OK;
}

/* A read transaction whose pages are sound.  A writer may overtake it twice
 * and reuse its meta page before that was read: then a newer one. */
static dm_status checked_begin(dm_store *s, MDB_txn **out, dm_error *err)
{
    dm_status st = DM_BUSY;
    for (int i = 0; i < TRIES && st == DM_BUSY; i++) {
        int rc = growth_begin(s, MDB_RDONLY, out);
        if (rc)
            return store_mdb_error(s, rc, "open", err);
        st = pages_check_tree(s, *out, NULL, NULL, NULL, err);
        if (st != DM_OK)
            mdb_txn_abort(*out);
    }
    return st;
}

static dm_status open_contents(dm_store *s, dm_error *err)
{
    MDB_txn *txn;
    dm_status st = checked_begin(s, &txn, err);
    if (st != DM_OK)
        return st;
    st = open_databases(s, txn, err);
    if (st == DM_OK)
        st = store_update(s, txn, err);
    if (st != DM_OK) {
        mdb_txn_abort(txn);
        return st;
    }
    int rc = mdb_txn_commit(txn); /* keeps the handles of the databases */
    return rc ? store_mdb_error(s, rc, "open", err) : DM_OK;
}

static dm_status open_store(dm_store *s, const char *path, size_t map,
                            dm_error *err)
{
    dm_status st;
    s->terms = terms_new(NULL);
    if (!s->terms)
        return error_nomem(err);
    TRY(find_file(s, path, err), done);
    TRY(open_file(s, err), done);
    TRY(open_env(s, map, err), done);
    if (s->lockless)
        lock_shared(s);
    st = open_contents(s, err);
    if (s->lockless)
        flock(s->fd, LOCK_UN);
done:
    return st;
}

dm_status store_open_sized(const char *path, unsigned flags, size_t map,
                           dm_store **out, dm_error *err)
{
    dm_store *s = mem_calloc(1, sizeof *s);
    if (!s)
        return error_nomem(err);
    s->fd = -1;
    s->pid = getpid();
    s->flags = flags;
    dm_status st = open_store(s, path, map, err);
    if (st == DM_OK)
        *out = s;
    else
        store_close(s);
    return st;
}

dm_status store_open(const char *path, unsigned flags, dm_store **out,
                     dm_error *err)
{
    return store_open_sized(path, flags, 0, out, err);
}

void store_close(dm_store *s)
{
    if (!s)
        return;
    if (s->writer)
        store_abort(s->writer);
    /* In a forked child the environment is still the parent's. */
    if (s->env && s->pid == getpid())
        mdb_env_close(s->env);
    registry_remove(s);
    if (s->fd >= 0)
        close(s->fd);
    terms_free(s->terms);
    mem_free(s->path);
    mem_free(s);
}

/* ---- what can be asked of a handle -------------------------------------- */

const char *store_path(const dm_store *s)
{
    return s->path;
}

dm_terms *store_terms(dm_store *s)
{
    return s->terms;
}

bool store_is_store(const char *path)
{
    /* Behind the header of page 0: LMDB's magic number and version 1, in the
     * byte order of this machine, as LMDB writes them. */
    const uint32_t magic[2] = {0xBEEFC0DE, 1};
    uint32_t found[2] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool yes = pread(fd, found, sizeof found, 16) == sizeof found
               && memcmp(found, magic, sizeof magic) == 0;
    close(fd);
    return yes;
}

dm_status store_refresh(dm_store *s, store_info *out, dm_error *err)
{
    MDB_txn *txn;
    MDB_stat stat;
    struct stat file;
    dm_status st = read_begin(s, &txn, err);
    if (st != DM_OK)
        return st;
    int rc = mdb_stat(txn, s->dbi[DB_STMT], &stat);
    if (!rc && fstat(s->fd, &file))
        rc = errno;
    read_end(s, txn);
    if (rc)
        return store_mdb_error(s, rc, "read", err);
    if (out)
        *out = (store_info){.last_txn = s->state.last_txn,
                            .statements = stat.ms_entries,
                            .terms = s->state.last_term,
                            .rows = s->state.rows,
                            .bytes = (uint64_t)file.st_size};
    return DM_OK;
}
