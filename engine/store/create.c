/* create.c - making a new store.
 *
 * Purpose: a store comes into being whole or not at all.  LMDB writes the
 * meta pages of a new file in several steps; a crash between them leaves a
 * file that can't be opened (measured).  So the store is made under a
 * temporary name, synced, and renamed.
 * Representation: the temporary name is PATH.new-PID-N.  The environment is
 * opened without a lock file: nobody else knows the name.
 * Invariants: an existing file is never replaced: who comes second throws
 * his own away and takes the first one's.
 * Cost: three syncs. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fill(dm_store *s, MDB_txn *txn)
{
    int rc = 0;
    for (int db = 0; !rc && db < DB_COUNT; db++)
        rc = mdb_dbi_open(txn, store_db_names[db], MDB_CREATE, &s->dbi[db]);
    store_state empty = {.next_serial = 1};
    if (!rc)
        rc = format_save(s, txn);
    if (!rc)
        rc = state_save(s, txn, &empty);
    return rc;
}

static int write_env(dm_store *s)
{
    MDB_txn *txn;
    int rc = mdb_env_set_maxdbs(s->env, DB_COUNT);
    if (!rc)
        rc = mdb_env_set_mapsize(s->env, (size_t)1 << 20);
    if (!rc)
        rc = mdb_env_open(s->env, s->path,
                          MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, 0666);
    if (!rc)
        rc = mdb_txn_begin(s->env, NULL, 0, &txn);
    if (rc)
        return rc;
    rc = fill(s, txn);
    if (rc) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

/* Extend the file to the pages in use (see growth.c) and sync it. */
static int settle(dm_store *s)
{
    MDB_stat stat;
    int rc = mdb_env_stat(s->env, &stat);
    if (rc)
        return rc;
    s->page = stat.ms_psize;
    uint64_t used = growth_used(s);
    struct stat info;
    if (fstat(s->fd, &info))
        return errno;
    if ((uint64_t)info.st_size < used && ftruncate(s->fd, (off_t)used))
        return errno;
    return fsync(s->fd) ? errno : 0;
}

/* Make the file `path`, of which nobody knows.  LMDB's code or errno. */
static int write_file(char *path)
{
    dm_store s = {.path = path};
    s.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (s.fd < 0)
        return errno;
    int rc = mdb_env_create(&s.env);
    if (!rc) {
        rc = write_env(&s);
        if (!rc)
            rc = settle(&s);
        mdb_env_close(s.env);
    }
    if (rc == EIO && store_no_room(&s))
        rc = ENOSPC; /* LMDB reports a short write so */
    close(s.fd);
    return rc;
}

static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    char *folder = slash ? mem_strdup(path, size ? size : 1)
                         : mem_strdup(".", 1);
    if (!folder)
        return ENOMEM;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mem_free(folder);
    if (fd < 0)
        return errno;
    int rc = fsync(fd) ? errno : 0;
    close(fd);
    /* Some file systems can't sync a folder, and needn't. */
    return rc == EINVAL || rc == ENOTSUP ? 0 : rc;
}

/* Rename without replacing; by a second link where the file system doesn't
 * know such a renaming. */
static int move_file(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    if (link(from, to))
        return errno;
    return unlink(from) ? errno : 0;
}

static int create_as(const char *path, char *temporary)
{
    int rc = write_file(temporary);
    if (rc == EEXIST)
        return EAGAIN; /* left over by a process of our number */
    if (!rc)
        rc = move_file(temporary, path);
    if (!rc)
        return sync_folder(path);
    unlink(temporary);
    return rc == EEXIST ? 0 : rc;
}

dm_status create_store(const char *path, dm_error *err)
{
    static atomic_uint number;
    buf name = {0};
    int rc = EAGAIN;
    for (int tries = 0; rc == EAGAIN && tries < 100; tries++) {
        buf_clear(&name);
        unsigned n = atomic_fetch_add(&number, 1);
        if (!buf_printf(&name, "%s.new-%ld-%u", path, (long)getpid(), n)) {
            buf_free(&name);
            return error_nomem(err);
        }
        rc = create_as(path, name.at);
    }
    buf_free(&name);
    if (rc > 0)
        return error_errno(err, rc, "create", path);
    if (rc < 0)
        return error_set(err, DM_IO, "can't create %s: %s", path,
                         mdb_strerror(rc));
    return DM_OK;
}
