/* program.h - a program as data: relations, functions and flat rules.
 *
 * A program is built (dm_program_relation, _function, _rule), then checked
 * once (dm_program_check), which types it, orders it into components and
 * reports every mistake.  After a check without errors it is read-only.
 * Everything passed in is copied.
 *
 * A rule is flat: a head, a conjunction of literals, numbered variables.  The
 * Lua half splits disjunctions and turns nested formulas and body aggregates
 * into auxiliary relations (`aux`), which proofs splice away. */
#ifndef RULES_PROGRAM_H
#define RULES_PROGRAM_H

#include "base/budget.h"
#include "base/term.h"

/* ---- printing ----------------------------------------------------------- */

struct buf;
bool dm_program_print_rule(const dm_program *p, uint32_t rule, struct buf *b);
/* All relations with their types, all rules (`explain --rules`). */
bool dm_program_print_rules(const dm_program *p, struct buf *b);
/* Components with relations, rules, recursion, negation (`--strata`). */
bool dm_program_print_strata(const dm_program *p, struct buf *b);

#endif
