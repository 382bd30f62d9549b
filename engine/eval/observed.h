/* observed.h - what joins gave, against what the planner expected. */
#ifndef EVAL_OBSERVED_H
#define EVAL_OBSERVED_H

#include "eval/internal.h"

/* How many rows the literals in `set` (plan_step.literals) have given together
 * for each that was expected, where new rows of literal `delta` (or
 * PLAN_NO_DELTA) were joined by rule `rule`; 0: nothing is known. */
double observed_factor(const dm_eval *e, uint32_t rule, uint32_t delta,
                       uint64_t set);
/* Whether a pipeline's joins gave far more than its plan counted on. */
bool observed_surprise(const dm_eval *e, const pipeline *p);
/* Remember what they gave, for the plans that follow.  Errors: DM_NOMEM. */
dm_status observed_note(dm_eval *e, const pipeline *p);
void observed_free(dm_eval *e);

#endif
