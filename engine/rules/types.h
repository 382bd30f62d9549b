/* types.h - inside engine/rules: what infer.c and types.c share.
 *
 * infer.c finds the types of undeclared columns and of variables; types.c
 * then types every expression and reports what doesn't fit. */
#ifndef RULES_TYPES_H
#define RULES_TYPES_H

#include "rules/check.h"

/* A column of a relation or of a constructor: all are numbered through. */
typedef struct typed_column {
    dm_type type;
    bool declared;
    uint32_t index;      /* among its relation's columns */
    const char *owner;   /* name of the relation or constructor */
    const char *name;    /* may be NULL */
    dm_span from;        /* what gave it its type */
} typed_column;

/* What is known of a variable of the rule at hand. */
typedef struct typed_var {
    dm_type type;          /* DM_ANY: nothing yet */
    bool in_atom;          /* an atom gives it values, else an `=` does */
    bool unknown;          /* it stands in a column without a type */
    bool guessed;          /* nothing says anything: it is unsafe, too */
    uint32_t column;       /* the column that gave the type, or NONE … */
    const dm_expr *source; /* … or the expression */
    dm_span span;          /* of that place */
} typed_var;

typedef struct typing {
    check *c;
    dm_program *p;
    typed_column *columns;
    uint32_t *of_relation;    /* relation -> its first column */
    uint32_t *of_constructor;
    graph readers;            /* relation -> rules that mention it */
    uint32_t *queue;          /* a ring of rules to look at */
    size_t head, waiting;
    bool *queued;
    /* the rule at hand */
    const dm_rule *rule;
    uint32_t index;
    typed_var *vars;
    bool strict;    /* an unknown column leaves its variables unknown */
    bool report;    /* tell about variables of two types */
} typing;

/* Two types of one value: `meet` is the narrower one, `join` the wider one;
 * *clash is set when there is none (and `a` is kept). */
dm_type type_meet(dm_type a, dm_type b, bool *clash);
dm_type type_join(dm_type a, dm_type b, bool *clash);
/* The result of arithmetic; DM_ANY when not known yet. */
dm_type type_of_op(dm_op op, dm_type a, dm_type b);
dm_type type_of_aggregate(const dm_program *p, dm_aggregate aggregate,
                          uint32_t function, dm_type value);
dm_type type_of_const(const dm_program *p, const dm_expr *e);

/* The first column of what a compound's functor names, with its arity; NONE
 * when nothing does. */
uint32_t typing_functor(const typing *t, const dm_expr *compound);
uint32_t typing_column(const typing *t, const dm_literal *l, uint32_t arg);
/* What an expression's type is, given those of the variables. */
dm_type typing_of(const typing *t, const dm_expr *e);
/* Type the variables of t->rule. */
void typing_vars(typing *t);
/* Infer all columns; none is DM_ANY or TYPE_LITERAL then. */
void typing_infer(typing *t);

/* A variable has a second type: report it (types.c). */
void typing_clash(typing *t, const dm_expr *var, uint32_t column);

#endif
