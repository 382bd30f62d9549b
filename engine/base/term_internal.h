/* term_internal.h - what few need of a term table beyond term.h. */
#ifndef BASE_TERM_INTERNAL_H
#define BASE_TERM_INTERNAL_H

#include "base/term.h"

/* Does the table (or its base) have a term of this id? */
bool terms_has(const dm_terms *t, dm_term id);

/* Append the `nth` term that the overlay `from` made to its base `to`; called
 * for 0, 1, 2 … in turn with nothing else done to `to` meanwhile, so that
 * overlay id DM_TERM_OVERLAY + k becomes the base's former count + 1 + k.
 * The base has no equal term, since the overlay looked there. */
dm_status terms_append(dm_terms *to, const dm_terms *from, uint32_t nth);

#endif
