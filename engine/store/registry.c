/* registry.c - the stores that are open in this process.
 *
 * Purpose: LMDB must not open a file twice in one process: closing one handle
 * drops the locks of the other.  So every open store is listed, whatever name
 * it was opened by.
 * Representation: a linked list through the stores, keyed by device and inode,
 * under one mutex.  The only global state of the engine; a process has few
 * stores, so a list does.
 * Invariants: a store is listed from before its environment is opened until
 * after it is closed.  A child of fork() may take a file that only the parent
 * has open, as far as the list goes: entries of another process don't count.
 * Cost: linear in the number of open stores. */
#include "store/internal.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static dm_store *open_stores;

bool registry_add(dm_store *s)
{
    bool is_open = false;
    pthread_mutex_lock(&lock);
    for (const dm_store *o = open_stores; o; o = o->next)
        is_open |= o->dev == s->dev && o->ino == s->ino && o->pid == s->pid;
    if (!is_open) {
        s->next = open_stores;
        open_stores = s;
    }
    pthread_mutex_unlock(&lock);
    return !is_open;
}

void registry_remove(dm_store *s)
{
    pthread_mutex_lock(&lock);
    for (dm_store **o = &open_stores; *o; o = &(*o)->next)
        if (*o == s) {
            *o = s->next;
            break;
        }
    pthread_mutex_unlock(&lock);
}
