/* parallel.h - a loop whose turns run on several threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "dragoman.h"

/* One turn of the loop; `worker` (below the number of threads) says on which
 * thread, so that each can have scratch memory of its own. */
typedef dm_status parallel_task(void *context, size_t task, unsigned worker);

/* Run tasks 0 to ntasks - 1 on at most `threads` threads, the caller's being
 * one of them; they are begun in order.  Returns when all that were begun have
 * ended.  After a failure no further task is begun; the status is that of the
 * lowest task that failed, which is the one a plain loop would have met. */
dm_status parallel_run(unsigned threads, size_t ntasks, parallel_task *task,
                       void *context);
/* How many threads `asked` (0: as many as there are processors) stands for. */
unsigned parallel_threads(unsigned asked);

#endif
