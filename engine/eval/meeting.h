/* meeting.h - steps that bind one variable by several atoms at once.
 *
 * Where atoms lead from what is bound to one variable, edge(X, Z) and
 * edge(Y, Z), the plan lets them meet: the variable is bound to what their
 * sets of values have in common.  Each atom is a step of the pipeline too; a
 * run in which not all of them can be read as sets takes these instead. */
#ifndef EVAL_MEETING_H
#define EVAL_MEETING_H

#include "eval/intersect.h"
#include "eval/internal.h"

/* Make the meeting of step `k` and the steps that follow it, as the plan says;
 * `needed` says which slots are needed after the last step, by slot.  The tests
 * of the variable that follow are taken in if they are simple.  `needed_after`
 * holds nslots flags for each step. */
dm_status meeting_make(dm_eval *e, pipeline *p, uint32_t k,
                       const uint8_t *needed_after);
/* The same for another thread; it follows the original's sets when told to. */
dm_status meeting_copy(dm_eval *e, const meeting *m, arena *memory,
                       meeting **out);
void meeting_follow(meeting *copy, const meeting *m);
void meeting_free(meeting *m);
/* Find the sets for a run; without them the meeting isn't ready. */
dm_status meeting_sync(dm_eval *e, const run *r, step *s);
bool meeting_is_ready(const meeting *m);
/* How many steps are taken together. */
uint32_t meeting_steps(const meeting *m);
/* Run step `k` and those taken together with it, then those behind. */
dm_status meeting_run(dm_eval *e, run *r, uint32_t k, batch *b);

#endif
