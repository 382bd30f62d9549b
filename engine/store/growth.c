/* growth.c - the size of the map and of the file.
 *
 * Purpose: LMDB's map has a fixed size; this makes it grow by itself.  The
 * transaction that meets a full map is aborted, the map made bigger, the work
 * done again (apply.c); other processes learn of it at their next transaction
 * (MDB_MAP_RESIZED) and follow.
 * Invariants: the map never moves while a read transaction of this process is
 * open, for LMDB 0.9 doesn't refuse that, and pointers would dangle.  From
 * before a commit on, the file reaches over its last page; LMDB by itself may
 * leave it shorter, and a short file would look like one that was cut off.
 * Cost: address space only; the file takes what is used. */
#include "store/internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const uint64_t FIRST_MAP = UINT64_C(1) << 30;
static const uint64_t SLACK = UINT64_C(4) << 20; /* left behind the pages */

size_t growth_initial(uint64_t size)
{
    uint64_t map = size > UINT64_MAX / 8 ? size : 4 * size;
    return (size_t)(map < FIRST_MAP ? FIRST_MAP : map);
}

int growth_begin(const dm_store *s, unsigned flags, MDB_txn **out)
{
    bool swept = false;
    for (;;) {
        int rc = mdb_txn_begin(s->env, NULL, flags, out);
        if (rc == MDB_MAP_RESIZED && s->readers == 0) {
            rc = mdb_env_set_mapsize(s->env, 0);
            if (rc)
                return rc;
        } else if (rc == MDB_READERS_FULL && !swept) {
            swept = true; /* killed processes leave their slots behind */
            mdb_reader_check(s->env, NULL);
        } else {
            return rc;
        }
    }
}

uint64_t growth_used(const dm_store *s)
{
    MDB_envinfo info;
    if (mdb_env_info(s->env, &info))
        return 0;
    return ((uint64_t)info.me_last_pgno + 1) * s->page;
}

int growth_map(dm_store *s, uint64_t more)
{
    MDB_envinfo info;
    int rc = mdb_env_info(s->env, &info);
    if (rc)
        return rc;
    if (s->readers > 0)
        return EBUSY;
    /* Pages that dead readers held back are free again. */
    mdb_reader_check(s->env, NULL);
    uint64_t want = growth_used(s) + 2 * more;
    uint64_t size = 2 * (uint64_t)info.me_mapsize;
    size = size < want ? want : size;
    size = (size + s->page - 1) / s->page * s->page;
    return mdb_env_set_mapsize(s->env, (size_t)size);
}

static uint64_t file_size(const dm_store *s)
{
    struct stat info;
    return fstat(s->fd, &info) ? 0 : (uint64_t)info.st_size;
}

dm_status growth_extend(dm_store *s, uint64_t more, dm_error *err)
{
    uint64_t need = growth_used(s) + more;
    if (file_size(s) >= need)
        return DM_OK;
    if (ftruncate(s->fd, (off_t)need) == 0)
        return DM_OK;
    if (errno == EFBIG)
        return error_set(err, DM_DISK_FULL,
                         "%s has reached the limit on the size of files",
                         s->path);
    return error_errno(err, errno, "extend", s->path);
}

void growth_trim(dm_store *s)
{
    uint64_t used = growth_used(s), size = file_size(s);
    if (used == 0)
        return;
    /* Failing is harmless: the file is only longer than it need be. */
    if (size > used + SLACK && ftruncate(s->fd, (off_t)(used + SLACK / 4)))
        return;
    /* The estimate before the commit was too low: catch up. */
    if (size < used && ftruncate(s->fd, (off_t)used))
        return;
}

bool store_no_room(const dm_store *s)
{
    struct statvfs info;
    if (fstatvfs(s->fd, &info))
        return false;
    return (uint64_t)info.f_bavail * info.f_frsize < (UINT64_C(1) << 20);
}
