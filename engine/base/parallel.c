/* parallel.c - tasks handed out in order to threads that wait for them.
 *
 * A thread that has nothing to do looks for a new loop for some microseconds,
 * then sleeps until it is woken: loops often follow each other closely, and
 * waking takes longer than many of them.  The caller waits in the same way for
 * the others to end.  Where a thread can't be made, the others do its share.
 *
 * A child process that was forked has the pool but not its threads: it works
 * alone. */
#include "base/parallel.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    MOST_THREADS = 64,
    LOOKS = 2000 /* before sleeping: 20 to 100 microseconds */
};

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
    struct parallel_pool *of;
    unsigned number;
    pthread_t thread;
} worker;

struct parallel_pool {
    unsigned width;       /* threads, with the caller's */
    unsigned made;        /* without it; workers[0] is the caller */
    int looks;
    pid_t owner;          /* the process that has the threads */
    loop *at;             /* the loop that runs, or NULL */
    bool closing;
    atomic_uint begun;    /* loops */
    atomic_uint working;  /* threads that have not left the loop */
    pthread_mutex_t lock; /* for sleeping */
    pthread_cond_t begin, end;
    worker workers[MOST_THREADS];
};

/* ---- one loop ----------------------------------------------------------- */

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

static _Thread_local bool inside;

bool parallel_inside(void)
{
    return inside;
}

static void work(loop *l, unsigned number)
{
    for (;;) {
        size_t task = atomic_fetch_add(&l->next, 1);
        if (task >= l->ntasks)
            return;
        dm_status st = l->task(l->context, task, number);
        if (st != DM_OK)
            note_failure(l, task, st);
    }
}

/* ---- waiting ------------------------------------------------------------ */

static void pause_shortly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Wait until the counter is no longer `was`. */
static void await_change(parallel_pool *p, atomic_uint *counter, unsigned was,
                         pthread_cond_t *changed)
{
    for (int i = 0; i < p->looks && atomic_load(counter) == was; i++)
        pause_shortly();
    if (atomic_load(counter) != was)
        return;
    pthread_mutex_lock(&p->lock);
    while (atomic_load(counter) == was)
        pthread_cond_wait(changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

static void await_others(parallel_pool *p)
{
    for (unsigned left; (left = atomic_load(&p->working)) != 0;)
        await_change(p, &p->working, left, &p->end);
}

static void *serve(void *context)
{
    worker *w = context;
    parallel_pool *p = w->of;
    for (unsigned seen = 0;; seen++) {
        await_change(p, &p->begun, seen, &p->begin);
        if (p->closing)
            return NULL;
        inside = true;
        work(p->at, w->number);
        pthread_mutex_lock(&p->lock);
        atomic_fetch_sub(&p->working, 1);
        pthread_cond_signal(&p->end);
        pthread_mutex_unlock(&p->lock);
    }
}

/* ---- pools -------------------------------------------------------------- */

unsigned parallel_threads(unsigned asked)
{
    if (asked)
        return asked < MOST_THREADS ? asked : MOST_THREADS;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (unsigned)n;
}

parallel_pool *parallel_pool_new(unsigned threads)
{
    parallel_pool *p = mem_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->width = threads < 1 ? 1 : threads < MOST_THREADS ? threads
                                                        : MOST_THREADS;
    p->looks = p->width <= parallel_threads(0) ? LOOKS : 0;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->begin, NULL);
    pthread_cond_init(&p->end, NULL);
    return p;
}

unsigned parallel_width(const parallel_pool *p)
{
    return p ? p->width : 1;
}

parallel_pool *parallel_worth(parallel_pool *p, size_t n, size_t worth)
{
    return p && n >= (p->made ? worth : 8 * worth) ? p : NULL;
}

static void begin_loop(parallel_pool *p, loop *l)
{
    pthread_mutex_lock(&p->lock);
    p->at = l;
    atomic_store(&p->working, p->made);
    atomic_fetch_add(&p->begun, 1);
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);
}

/* Whether there are threads to share with. */
static bool has_threads(parallel_pool *p)
{
    if (p->made)
        return p->owner == getpid();
    p->owner = getpid();
    while (p->made + 1 < p->width) {
        worker *w = &p->workers[p->made + 1];
        *w = (worker){.of = p, .number = p->made + 1};
        if (pthread_create(&w->thread, NULL, serve, w) != 0) {
            p->width = p->made + 1;
            break;
        }
        p->made++;
    }
    return p->made > 0;
}

void parallel_pool_free(parallel_pool *p)
{
    if (!p)
        return;
    if (p->made && p->owner == getpid()) {
        p->closing = true;
        begin_loop(p, NULL);
        for (unsigned i = 1; i <= p->made; i++)
            pthread_join(p->workers[i].thread, NULL);
        pthread_cond_destroy(&p->begin);
        pthread_cond_destroy(&p->end);
        pthread_mutex_destroy(&p->lock);
    }
    mem_free(p);
}

dm_status parallel_run(parallel_pool *p, size_t ntasks, parallel_task *task,
                       void *context)
{
    loop l = {.task = task, .context = context, .ntasks = ntasks,
              .lock = PTHREAD_MUTEX_INITIALIZER, .failed = ntasks};
    bool shared = p && !p->at && p->width > 1 && ntasks > 1 && has_threads(p);
    if (shared)
        begin_loop(p, &l);
    inside |= shared;
    work(&l, 0);
    if (shared) {
        inside = false;
        await_others(p);
        p->at = NULL;
    }
    pthread_mutex_destroy(&l.lock);
    return l.status;
}

dm_status parallel_run_once(unsigned threads, size_t ntasks,
                            parallel_task *task, void *context)
{
    parallel_pool *p = threads > 1 && ntasks > 1
                           ? parallel_pool_new(threads < ntasks
                                                   ? threads
                                                   : (unsigned)ntasks)
                           : NULL;
    dm_status st = parallel_run(p, ntasks, task, context);
    parallel_pool_free(p);
    return st;
}
