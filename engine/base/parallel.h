/* parallel.h - loops whose turns run on several threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "dragoman.h"

#include <stdbool.h>

/* Threads that wait for loops, of which one runs at a time: a loop that is
 * begun from a turn of another runs on that turn's thread alone. */
typedef struct parallel_pool parallel_pool;

/* A pool of `threads` threads, the caller's being one of them; they are begun
 * when there is something to share.  NULL: no memory. */
parallel_pool *parallel_pool_new(unsigned threads);
/* Ends the threads.  NULL is ignored. */
void parallel_pool_free(parallel_pool *p);
/* How many threads a loop may run on; without a pool 1. */
unsigned parallel_width(const parallel_pool *p);

/* The pool where `n` pieces of work are enough for threads, `worth` being so
 * many; eight times as many while its threads aren't begun, since the first
 * loop also pays for that.  Else NULL. */
parallel_pool *parallel_worth(parallel_pool *p, size_t n, size_t worth);

/* One turn of the loop; `worker` (below parallel_width) says on which thread,
 * so that each can have scratch memory of its own. */
typedef dm_status parallel_task(void *context, size_t task, unsigned worker);

/* Run tasks 0 to ntasks - 1, which are begun in order; without a pool (NULL)
 * on the caller's thread.  Returns when all that were begun have ended.  After
 * a failure no further task is begun; the status is that of the lowest task
 * that failed, which is the one a plain loop would have met. */
dm_status parallel_run(parallel_pool *p, size_t ntasks, parallel_task *task,
                       void *context);
/* The same on threads made for this one loop. */
dm_status parallel_run_once(unsigned threads, size_t ntasks,
                            parallel_task *task, void *context);
/* Whether the caller is in a turn of a loop that is shared: what others read
 * must not be changed there.  For assertions. */
bool parallel_inside(void);
/* How many threads `asked` (0: as many as there are processors) stands for. */
unsigned parallel_threads(unsigned asked);

#endif
