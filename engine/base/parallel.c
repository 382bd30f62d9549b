/* parallel.c - tasks handed out in order to threads made for the call.
 *
 * A thread costs some 20 microseconds: callers ask for several only when there
 * is work for a millisecond.  Where a thread can't be made, the others do its
 * share. */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MOST_THREADS = 64 };

typedef struct loop {
    parallel_task *task;
    void *context;
    size_t ntasks;
    atomic_size_t next;
    pthread_mutex_t lock; /* of what follows */
    size_t failed;        /* lowest task that failed, or ntasks */
    dm_status status;
} loop;

typedef struct worker {
    loop *l;
    unsigned number;
    pthread_t thread;
} worker;

static void note_failure(loop *l, size_t task, dm_status st)
{
    pthread_mutex_lock(&l->lock);
    if (task < l->failed) {
        l->failed = task;
        l->status = st;
    }
    pthread_mutex_unlock(&l->lock);
    atomic_store(&l->next, l->ntasks);
}

static void *work(void *context)
{
    worker *w = context;
    loop *l = w->l;
    for (;;) {
        size_t task = atomic_fetch_add(&l->next, 1);
        if (task >= l->ntasks)
            return NULL;
        dm_status st = l->task(l->context, task, w->number);
        if (st != DM_OK)
            note_failure(l, task, st);
    }
}

dm_status parallel_run(unsigned threads, size_t ntasks, parallel_task *task,
                       void *context)
{
    loop l = {.task = task, .context = context, .ntasks = ntasks,
              .lock = PTHREAD_MUTEX_INITIALIZER, .failed = ntasks};
    worker workers[MOST_THREADS];
    unsigned made = 0;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    while (made + 1 < threads && made + 1 < ntasks) {
        worker *w = &workers[made + 1];
        *w = (worker){.l = &l, .number = made + 1};
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            break;
        made++;
    }
    work(&(worker){.l = &l});
    for (unsigned i = 1; i <= made; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_mutex_destroy(&l.lock);
    return l.status;
}

unsigned parallel_threads(unsigned asked)
{
    if (asked)
        return asked < MOST_THREADS ? asked : MOST_THREADS;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (unsigned)n;
}
