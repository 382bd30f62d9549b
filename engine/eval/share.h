/* share.h - heads that are asked about go through a pipeline's first steps
 * together, where they agree in what these look at. */
#ifndef EVAL_SHARE_H
#define EVAL_SHARE_H

#include "eval/fixpoint.h"

/* Find the step before which a TRACK_ORIGIN pipeline, compiled, is to have
 * each head by itself: p->share_at; 0: from the start. */
dm_status share_plan(dm_eval *e, pipeline *p);
/* Run such a pipeline from its start batch, the heads. */
dm_status share_run(dm_eval *e, run *r);
/* Step share_at is next: go on with each head by itself. */
dm_status share_expand(dm_eval *e, run *r, const batch *b);

#endif
