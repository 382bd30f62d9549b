/* statement.h - the unit of a knowledge base: what somebody put in, once.
 *
 * A statement is a kind and a list of tagged fields.  Encoded, a field is tag
 * (varint), length (varint), bytes; a reader keeps tags that it doesn't know.
 * Terms are ids of the table the statement was built in; numbers are
 * little-endian.  The list of tags (dragoman.h) is part of the format. */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include "base/date.h"
#include "base/hash.h"
#include "base/term.h"

/* DM_INVALID unless kind, tags and types of fields are known and all its
 * terms are in `terms`: for what comes from outside. */
dm_status statement_validate(const dm_statement *s, const dm_terms *terms,
                             dm_error *err);

/* The first field with `tag`, or NULL; the next one behind `after`. */
const dm_field *statement_field(const dm_statement *s, uint32_t tag);
const dm_field *statement_next(const dm_statement *s, const dm_field *after);
/* The field's value, or the default. */
dm_term statement_term(const dm_statement *s, uint32_t tag);
int64_t statement_int(const dm_statement *s, uint32_t tag, int64_t otherwise);
bool statement_date(const dm_statement *s, uint32_t tag, dm_date *out);

/* The hash of kind, origin and fields, terms by their content, so that it is
 * the same in any table.  DM_NOMEM. */
dm_status statement_hash(const dm_statement *st, const dm_terms *terms,
                         hash128 *out);

#endif
