/* Loops on several threads: every task once, the lowest failure wins. */
#include "base/parallel.h"
#include "tap.h"

#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 1000 };

typedef struct counters {
    atomic_int times[TASKS];
    atomic_bool strange; /* a worker's number was out of range */
    unsigned threads;
    size_t fails;        /* from this task on */
} counters;

static dm_status count(void *context, size_t task, unsigned worker)
{
    counters *c = context;
    atomic_fetch_add(&c->times[task], 1);
    if (worker >= c->threads)
        atomic_store(&c->strange, true);
    if (task < c->fails)
        return DM_OK;
    return task == c->fails ? DM_BUDGET : DM_IO;
}

/* A child has none of the threads. */
static void run_forked(parallel_pool *pool, counters *c)
{
    int status = -1;
    pid_t child = fork();
    *c = (counters){.threads = c->threads, .fails = TASKS};
    if (child == 0) {
        dm_status st = parallel_run(pool, TASKS, count, c);
        parallel_pool_free(pool);
        _exit(st != DM_OK || atomic_load(&c->times[TASKS - 1]) != 1);
    }
    waitpid(child, &status, 0);
    is_int(status, 0, "a child process works alone");
}

static void run(unsigned threads)
{
    static counters c;
    c = (counters){.threads = threads, .fails = TASKS};
    int wrong = 0;
    parallel_pool *pool = parallel_pool_new(threads);
    is_int(parallel_width(pool), threads, "as wide as asked");
    is_int(parallel_run(pool, TASKS, count, &c), DM_OK, "all tasks");
    for (int i = 0; i < TASKS; i++)
        wrong += atomic_load(&c.times[i]) != 1;
    is_int(wrong, 0, "each once");
    ok(!atomic_load(&c.strange), "workers are numbered below their number");
    for (size_t i = 0; i < 50; i++) {
        c = (counters){.threads = threads, .fails = 7 * i};
        wrong += parallel_run(pool, TASKS, count, &c) != DM_BUDGET;
    }
    is_int(wrong, 0, "the failure is that of the lowest task");
    for (int i = 0; i < 3000; i++) {
        c = (counters){.threads = threads, .fails = TASKS};
        wrong += parallel_run(pool, 3, count, &c) != DM_OK;
        wrong += atomic_load(&c.times[0]) != 1 || atomic_load(&c.times[2]) != 1;
        if (i % 1000 == 0)
            usleep(2000); /* let the threads fall asleep */
    }
    is_int(wrong, 0, "short loops, one after the other");
    run_forked(pool, &c);
    parallel_pool_free(pool);
    c = (counters){.threads = threads, .fails = TASKS};
    is_int(parallel_run_once(threads, TASKS, count, &c), DM_OK, "a loop once");
}

int main(void)
{
    run(1);
    run(2);
    run(5);
    is_int(parallel_run_once(3, 0, count, NULL), DM_OK, "no task");
    ok(parallel_threads(0) >= 1 && parallel_threads(3) == 3, "how many");
    return done_testing();
}
