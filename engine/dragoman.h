/* dragoman.h - the Dragoman knowledge engine without Lua.
 *
 * A knowledge base (dm_kb) keeps statements: facts, claims, sources, rules as
 * text.  Transactions (dm_txn) change it.  A view (dm_view) selects what was
 * known by a date and reads it at a date, plus a scenario that is never
 * written.  A program (dm_program) is a list of rules, given as data and
 * checked.  Evaluating a program in a view yields a model (dm_model): what is
 * true, what is disputed.  A proof (dm_proof) unfolds one row of a model.
 *
 * The sections stand in the order of use: status, values, terms, statements,
 * knowledge bases, transactions, views, programs, models, proofs.  Parsing
 * the language into statements and rules is the Lua half's work.
 *
 * Errors.  A function that can fail returns a dm_status and takes a dm_error
 * for the detail (NULL is allowed).  Results come through the parameters
 * before it and are untouched on failure.  DM_NOMEM is possible wherever a
 * dm_status is returned, and not repeated below.  No function calls longjmp.
 *
 * Ownership.  Handles are opaque; who makes one frees it, by the function
 * whose name ends in _free, _close, _commit or _abort; all of these accept
 * NULL, but _commit.  What is passed in is copied, unless a comment says that
 * it must outlive something.  What a const pointer gives is borrowed.  Order
 * of ends: proofs, models and programs before their view, views and
 * transactions before their knowledge base.
 *
 * Threads and processes.  A handle, with all that was made from it, is used by
 * one thread at a time.  Several knowledge bases may be open in one process,
 * but a store file only once.  After fork() the child can't use the parent's
 * handles on a store (DM_FORKED); it may close them and open its own. */
#ifndef DRAGOMAN_H
#define DRAGOMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DM_VERSION "0.1.0"

/* ==== status and errors =================================================== */

typedef enum dm_status {
    DM_OK = 0,
    DM_NOMEM,       /* memory ran out */
    DM_IO,          /* the operating system refused: file, disk, permission */
    DM_DISK_FULL,   /* no room on the device; the previous state is intact */
    DM_CORRUPT,     /* a store is damaged: a checksum or structure is wrong */
    DM_FORMAT,      /* not a Dragoman store, or one of a newer format */
    DM_BUSY,        /* in use in a way that excludes this call */
    DM_EXISTS,      /* it is there already */
    DM_NOT_FOUND,   /* no such thing */
    DM_READ_ONLY,   /* opened for reading */
    DM_INVALID,     /* a caller's mistake: an argument is out of its domain */
    DM_CHECK,       /* the program has mistakes: see its diagnostics */
    DM_BUDGET,      /* a budget (facts, rounds, bytes, time) is used up */
    DM_CANCELLED,   /* the user asked to stop */
    DM_KEY,         /* a fact breaks a key */
    DM_OVERFLOW,    /* integer overflow or division by zero in a rule */
    DM_FUNCTION,    /* a registered function failed */
    DM_FORKED,      /* a handle from before fork() was used in the child */
    DM_UNSUPPORTED  /* stored for a later version; can't be evaluated yet */
} dm_status;

/* The detail of a failure.  `text` is a sentence for the user, without a full
 * stop, naming the thing at fault.  Untouched on success. */
typedef struct dm_error {
    dm_status status;
    char text[1000];
} dm_error;

/* The name of a status ("disk_full"), stable, static. */
const char *dm_status_name(dm_status status);

/* ==== values ============================================================== */

/* The type of a column.  DM_ANY is "not declared, to be inferred". */
typedef enum dm_type {
    DM_ANY = 0,
    DM_SYMBOL,   /* a name or string: a term id */
    DM_INT,      /* int64_t */
    DM_FLOAT,    /* double: no NaN, -0.0 is 0.0 */
    DM_DATE,     /* a day: int64_t days since 1970-01-01, proleptic Gregorian */
    DM_INTERVAL, /* an interval of days: a term id */
    DM_TERM      /* any term: a term id */
} dm_type;

/* One value in a column, read by the column's type: a term id, an int64_t
 * cast, or the bits of a double. */
typedef uint64_t dm_cell;

dm_cell dm_cell_int(int64_t value);
dm_cell dm_cell_float(double value); /* not NaN */
int64_t dm_cell_get_int(dm_cell cell);
double dm_cell_get_float(dm_cell cell);

/* Days that stand for the infinities of a validity. */
#define DM_DAY_MIN INT32_MIN
#define DM_DAY_MAX INT32_MAX

/* Days since 1970-01-01 of a date that exists, in the years -9999 to 9999;
 * proleptic Gregorian. */
int32_t dm_day(int year, int month, int day);

/* ==== terms =============================================================== */

/* An interned term.  0 is no term.  Equal terms of one table have one id. */
typedef uint32_t dm_term;

/* A table of interned terms.  That of a knowledge base (dm_kb_terms) holds
 * exactly what is stored; other tables lie over it: they know all its terms
 * by the same ids, and keep what is made in them to themselves. */
typedef struct dm_terms dm_terms;

typedef enum dm_term_kind {
    DM_KIND_SYMBOL = 1, DM_KIND_INT, DM_KIND_FLOAT, DM_KIND_DATE,
    DM_KIND_INTERVAL, /* two days, inclusive */
    DM_KIND_COMPOUND  /* functor (a symbol) and one or more arguments */
} dm_term_kind;

/* A table over that of a knowledge base, which must outlive it; for the terms
 * of statements to be added.  A view has one already. */
dm_status dm_terms_new(const dm_terms *base, dm_terms **out);
void dm_terms_free(dm_terms *t);

/* The term with this content, made when it is new.  `t` is a view's table or
 * one of dm_terms_new; never a knowledge base's own, whose terms are made by
 * its transactions.  A symbol is any bytes, UTF-8 by convention.  Errors:
 * DM_INVALID (NaN; a term nested over 10,000 deep), DM_BUDGET (ids are used
 * up). */
dm_status dm_terms_symbol(dm_terms *t, const char *bytes, size_t size,
                          dm_term *out);
dm_status dm_terms_int(dm_terms *t, int64_t value, dm_term *out);
dm_status dm_terms_float(dm_terms *t, double value, dm_term *out);
dm_status dm_terms_date(dm_terms *t, int32_t day, dm_term *out);
dm_status dm_terms_compound(dm_terms *t, dm_term functor, const dm_term *args,
                            uint32_t arity, dm_term *out);

/* `id` is a term of the table. */
dm_term_kind dm_terms_kind(const dm_terms *t, dm_term id);
/* The bytes of a symbol, with a NUL behind them; valid as long as the table.
 * `size` may be NULL. */
const char *dm_terms_text(const dm_terms *t, dm_term id, size_t *size);
/* A value as the language writes it; wants dm_free.  NULL: memory ran out. */
char *dm_cell_text(const dm_terms *t, dm_type type, dm_cell cell);
void dm_free(void *text);

/* ==== statements ========================================================== */

/* A statement is what somebody put in, once: a kind and a list of tagged
 * fields.  Kinds and tags are part of the store's format. */
typedef enum dm_kind {
    DM_FACT = 1,    /* a tuple of a relation; entities are facts with LABEL */
    DM_CLAIM,
    DM_SOURCE,
    DM_RULE,        /* text */
    DM_DECLARATION, /* text */
    DM_QUESTION,
    DM_JUDGEMENT,   /* a fact that a named analyst put in */
    DM_IMPORT       /* a bulk import: rows are kept in blocks */
} dm_kind;

/* Tags.  T term, D dm_date, I int64, S bytes; * may occur several times.
 * Numbers are never reused. */
typedef enum dm_tag {
    DM_TAG_TEXT = 1,      /* S the statement as written (its own text) */
    DM_TAG_LINE = 2,      /* I line in its file */
    DM_TAG_COLUMN = 3,    /* I */
    DM_TAG_LANGUAGE = 4,  /* I version of the language */
    DM_TAG_DOC = 5,       /* S */
    /* facts, judgements, imports */
    DM_TAG_RELATION = 10, /* T name; "-r" for an explicit negative */
    DM_TAG_ARG = 11,      /* T* the tuple, in order */
    DM_TAG_FROM = 12,     /* D validity: `during A..B` */
    DM_TAG_TO = 13,       /* D */
    DM_TAG_ON = 14,       /* D */
    DM_TAG_SOURCE = 15,   /* T id of the source (`in abc`) */
    DM_TAG_JUDGE = 16,    /* T */
    DM_TAG_BECAUSE = 17,  /* T* claim ids */
    DM_TAG_MADE = 18,     /* D */
    DM_TAG_PROBABILITY = 19, /* S as written; evaluating it is refused yet */
    DM_TAG_BASIS = 20,    /* S */
    DM_TAG_LABEL = 21,    /* S */
    DM_TAG_ALIAS = 22,    /* S* */
    DM_TAG_SCALE = 23,    /* S as written */
    DM_TAG_SCHEMA = 24,   /* I version of the relation's schema */
    DM_TAG_FILE = 25,     /* S imports: the table file */
    DM_TAG_ROWS = 26,     /* I imports: number of rows */
    /* claims */
    DM_TAG_ID = 30,       /* T "abc.c3"; sources and questions: their id */
    DM_TAG_SPEAKER = 31,  /* T */
    DM_TAG_BODY = 32,     /* T whom it is for, else the speaker */
    DM_TAG_ORIGIN = 33,   /* T */
    DM_TAG_VIA = 34,      /* T channel */
    DM_TAG_CHAIN = 35,    /* T* the `from` chain */
    DM_TAG_ACT = 36,      /* T */
    DM_TAG_CONTENT = 37,  /* T */
    DM_TAG_ATOM = 38,     /* T the atom it asserts */
    DM_TAG_SIGN = 39,     /* I 1 or -1 */
    DM_TAG_IF = 40,       /* T* condition formulas */
    DM_TAG_ONLY_IF = 41,  /* T* */
    DM_TAG_UNTIL = 42,    /* T* */
    DM_TAG_BY = 43,       /* D */
    DM_TAG_SAID = 44,     /* D */
    DM_TAG_HEDGE = 45,    /* T */
    DM_TAG_RELIABILITY = 46, /* T A..F */
    DM_TAG_CREDIBILITY = 47, /* T 1..6 */
    DM_TAG_AFTER = 48,    /* T* claim ids */
    DM_TAG_PARA = 49,     /* I */
    DM_TAG_SPEAKER_NAME = 50, /* S anonymous "senior official" */
    /* sources */
    DM_TAG_TITLE = 60,    /* S (questions: their text) */
    DM_TAG_PUBLISHER = 61, /* S */
    DM_TAG_PUBLISHED = 62, /* D */
    DM_TAG_FIELD = 63,    /* S* any other "name = value" */
    /* questions */
    DM_TAG_PROCESS = 70,  /* T */
    DM_TAG_RESOLVES = 71, /* S */
    DM_TAG_OPTION = 72    /* T* */
} dm_tag;

/* Qualifiers of an imprecise date (EDTF level 1). */
enum {
    DM_DATE_UNCERTAIN = 1,   /* ? */
    DM_DATE_APPROXIMATE = 2, /* ~ */
    DM_DATE_NOT_A_DAY = 4    /* earliest and latest come from a coarser text */
};

/* A date as it is stored: some day from `earliest` to `latest`, inclusive.
 * `text` is the original wording as a symbol, or 0 for a plain day. */
typedef struct dm_date {
    int32_t earliest;
    int32_t latest;
    uint32_t flags;
    dm_term text;
} dm_date;

typedef enum dm_field_type {
    DM_FIELD_TERM, DM_FIELD_DATE, DM_FIELD_INT, DM_FIELD_BYTES
} dm_field_type;

typedef struct dm_field {
    uint32_t tag;
    dm_field_type type;
    union {
        dm_term term;
        dm_date date;
        int64_t number;
        struct { const char *bytes; size_t size; };
    };
} dm_field;

/* 128 bits of XXH3. */
typedef struct dm_hash {
    uint64_t lo, hi;
} dm_hash;

/* A statement to be added has kind, origin and fields; the rest is set by the
 * engine. */
typedef struct dm_statement {
    uint64_t serial;   /* 0: not stored; scenario statements: from 2^63 up */
    uint64_t txn;      /* that added it; 0: not stored */
    dm_kind kind;
    dm_term origin;    /* the file it stems from; 0 or symbol "entered" */
    dm_hash hash;      /* of kind, origin and fields, terms by content */
    size_t nfields;
    const dm_field *fields;
} dm_statement;

/* ==== knowledge bases ===================================================== */

typedef struct dm_kb dm_kb;

/* Flags of dm_kb_open: make the store when there is none; don't write.
 * Without flags: an existing store, for reading and writing. */
enum { DM_OPEN_CREATE = 1, DM_OPEN_READ_ONLY = 2 };

/* Open the store file `path` (its lock file is `path`-lock); NULL: an empty
 * knowledge base in memory, which needs no flags.  All of the file's pages
 * are looked at, so that a damaged one is refused.  Errors: DM_NOT_FOUND,
 * DM_FORMAT, DM_CORRUPT, DM_READ_ONLY, DM_DISK_FULL, DM_IO; DM_BUSY when this
 * process has it open already. */
dm_status dm_kb_open(const char *path, unsigned flags, dm_kb **out,
                     dm_error *err);
/* DM_BUSY, and nothing closed, while views or transactions of it are open. */
dm_status dm_kb_close(dm_kb *kb, dm_error *err);
/* Reload what other processes committed; `changed` (may be NULL) tells
 * whether any did.  Open views stay as they are. */
dm_status dm_kb_refresh(dm_kb *kb, bool *changed, dm_error *err);
/* Forget the store behind a read-only base: from now on changes are held in
 * memory (a folder that can't be written, with files newer than its store).
 * Term ids and serials stay, pointers to terms and statements don't.
 * DM_BUSY as for dm_kb_close. */
dm_status dm_kb_detach(dm_kb *kb, dm_error *err);
/* The knowledge base's own terms: to read, and to put other tables over. */
dm_terms *dm_kb_terms(dm_kb *kb);

/* The current statements, in the order of their serials.  Borrowed; the
 * numbers `i` change with every commit and refresh. */
size_t dm_kb_count(const dm_kb *kb);
const dm_statement *dm_kb_get(const dm_kb *kb, size_t i);
/* NULL when there is no current statement of this serial. */
const dm_statement *dm_kb_find(const dm_kb *kb, uint64_t serial);

/* ==== transactions ======================================================== */

typedef struct dm_txn dm_txn;

/* Begin the knowledge base's one transaction; on a store it waits for other
 * processes to finish theirs, and sees what they committed.  `author` and
 * `message` (may be NULL) go into the log.  Errors: DM_BUSY when this handle
 * has a transaction already, DM_READ_ONLY. */
dm_status dm_txn_begin(dm_kb *kb, const char *author, const char *message,
                       dm_txn **out, dm_error *err);
/* Add a statement whose terms are ids of `terms`: a table over the knowledge
 * base's, or that itself.  Gives its serial. */
dm_status dm_txn_add(dm_txn *t, const dm_statement *s, const dm_terms *terms,
                     uint64_t *serial, dm_error *err);
/* Withdraw a current statement, or one that this transaction added. */
dm_status dm_txn_retract(dm_txn *t, uint64_t serial, dm_error *err);
/* Have a key checked at the commit: key columns (0-based) of a relation, by
 * its name.  A directly asserted fact that breaks it fails the commit with
 * DM_KEY. */
dm_status dm_txn_key(dm_txn *t, const char *relation, const uint32_t *columns,
                     uint32_t ncolumns, dm_error *err);
/* A small value kept in the store beside the statements, under a text of the
 * caller's; in memory it is not kept. */
dm_status dm_txn_put_note(dm_txn *t, const char *key, const void *value,
                          size_t size, dm_error *err);
/* Make it durable and free the transaction, also on failure; then nothing of
 * it exists.  `number` (may be NULL) becomes the transaction's number. */
dm_status dm_txn_commit(dm_txn *t, uint64_t *number, dm_error *err);
void dm_txn_abort(dm_txn *t);

/* ==== views =============================================================== */

typedef struct dm_view dm_view;

/* Names of sources and speakers are symbols' texts.  All zero: the latest
 * publication, everybody. */
typedef struct dm_view_options {
    bool has_at, has_known_by;
    int32_t at;          /* default: the latest publication stored */
    int32_t known_by;    /* default: at */
    const char *const *sources;  /* listen to these only; NULL: to all */
    size_t nsources;
    const char *const *speakers; /* the same, speakers or bodies */
    size_t nspeakers;
    bool sole;           /* a knowledge base in memory isn't changed while this
                            view is open (transactions are DM_BUSY): names that
                            the view makes are then evaluated as fast as stored
                            ones.  DM_INVALID on a store */
} dm_view_options;

/* A view on the statements there are now; later commits don't change it.  Its
 * table of terms lies over the knowledge base's and takes what its scenario,
 * its programs and its models make.  `options` may be NULL. */
dm_status dm_view_open(dm_kb *kb, const dm_view_options *options,
                       dm_view **out, dm_error *err);
/* Frees the models of the view, too, so free their proofs before. */
void dm_view_close(dm_view *v);
dm_terms *dm_view_terms(dm_view *v);
int32_t dm_view_at(const dm_view *v);
int32_t dm_view_known_by(const dm_view *v);

/* The scenario: statements added and withdrawn in this view only, never
 * written.  Terms of added statements are of the view's table; the serial is
 * from 2^63 up.  Models that were made before don't change. */
dm_status dm_view_add(dm_view *v, const dm_statement *s, uint64_t *serial,
                      dm_error *err);
dm_status dm_view_withdraw(dm_view *v, uint64_t serial, dm_error *err);

/* Why a view hides a statement. */
typedef enum dm_hidden {
    DM_VISIBLE,
    DM_HIDDEN_LATER,    /* published, said or made after known_by */
    DM_HIDDEN_SOURCE,   /* not listened to */
    DM_HIDDEN_SPEAKER,  /* not listened to */
    DM_HIDDEN_BECAUSE,  /* rests on a hidden claim */
    DM_HIDDEN_WITHDRAWN /* by the scenario */
} dm_hidden;

/* Let the view see what has been committed since it was opened, and bring its
 * models up to date, at a cost in proportion to what changes in them.  Only
 * where that is simple: the view has no scenario, and nothing but undated
 * facts of timeless relations came, went, or changed whether it is hidden.
 * Otherwise DM_UNSUPPORTED, and the view is as it was: open another one.
 * After other errors view and models can only be closed. */
dm_status dm_view_refresh(dm_view *v, dm_error *err);

/* All statements of the view, scenario and hidden ones included.  `why` (may
 * be NULL) becomes DM_VISIBLE or the reason.  Borrowed; valid until the view
 * is closed, the numbers `i` until the scenario changes. */
size_t dm_view_count(const dm_view *v);
const dm_statement *dm_view_get(const dm_view *v, size_t i, dm_hidden *why);
/* By serial, hidden ones too; NULL when there is none. */
const dm_statement *dm_view_find(const dm_view *v, uint64_t serial);

/* ==== programs ============================================================
 *
 * A program is built (dm_program_relation, _function, _constructor, _rule),
 * then checked once (dm_program_check), which types it, orders it into
 * components and reports every mistake.  After that it is read-only, and what
 * is read out of it lives as long as it.
 *
 * A rule is flat: a head, a conjunction of literals, numbered variables.
 * Disjunctions are several rules with one `user`; nested formulas and body
 * aggregates use auxiliary relations (`aux`), which proofs splice away. */
typedef struct dm_program dm_program;

/* A place in the user's text: file is an index into the program's files. */
typedef struct dm_span {
    uint32_t file;
    uint32_t line, column;         /* 1-based; 0 = unknown */
    uint32_t end_line, end_column; /* just behind the last character */
} dm_span;

/* ---- relations ----------------------------------------------------------- */

typedef struct dm_column {
    const char *name; /* may be NULL */
    dm_type type;     /* DM_ANY: to be inferred */
} dm_column;

typedef enum dm_relation_kind {
    DM_TIMELESS,
    DM_STATE, /* holds for a time, until the next value of its key */
    DM_EVENT  /* happens on a day */
} dm_relation_kind;

/* Where the stored rows of a relation come from when a model is made.
 *
 * DM_INPUT_FACTS: the facts that hold at the view's date: timeless ones;
 * states whose validity includes it and which no later fact of the same key
 * supersedes; events on or before it.  DM_INPUT_BEGUN: the states whose
 * validity includes it, superseded or not, with the day on which they began
 * (undated: DM_DAY_MIN) as an additional last column.
 *
 * DM_INPUT_SYSTEM: what the view knows of claims, sources and questions, by
 * the relation's name.  Columns must be these, in this order; a prefix will
 * do.  Absent symbols and terms are the symbol `none`, absent days DM_DAY_MIN
 * (begins, said) or DM_DAY_MAX (ends), absent numbers 0.
 *
 *   claim(id symbol, source symbol, speaker symbol, body symbol,
 *     origin symbol, act symbol, content term, atom term, sign symbol,
 *     hedge symbol, said date, begins date, ends date, channel symbol,
 *     para int, reliability symbol, credibility symbol)
 *       sign is pos or neg.  begins is the last day of `on`, else of
 *       `during`'s start, else `said`, else the source's publication; ends
 *       is the last day of `during`.  reliability is the claim's own grade,
 *       else its source's.
 *   claim_condition(id symbol, mode symbol, condition term)
 *       mode is if, only_if or until
 *   claim_from(id symbol, position int, body symbol)    the `from` chain
 *   claim_after(id symbol, earlier symbol)
 *   claim_due(id symbol, by date)
 *   source_info(id symbol, title symbol, publisher symbol, published date,
 *     reliability symbol)
 *   question(id symbol, text symbol, process symbol, by date,
 *     resolves symbol)
 *   question_option(question symbol, option symbol)
 *   label(entity symbol, text symbol)
 *   today(day date)                                     the view's `at`
 *   known_until(day date)                               the view's known_by */
typedef enum dm_input {
    DM_INPUT_NONE,   /* rules only */
    DM_INPUT_FACTS,
    DM_INPUT_BEGUN,
    DM_INPUT_SYSTEM
} dm_input;

typedef struct dm_relation {
    const char *name;
    uint32_t arity;      /* at most 64 */
    const dm_column *columns;
    dm_relation_kind kind;
    dm_input input;
    const char *of;      /* DM_INPUT_*: the stored relation's name; NULL: as
                            `name` */
    bool aux;            /* made by lowering; hidden from people */
    bool asserted;       /* belief rules may read it */
    const uint32_t *key; /* key columns, 0-based, or NULL */
    uint32_t nkey;
    dm_span span;
} dm_relation;

/* ---- functions and constructors ------------------------------------------ */

/* A registered pure function, called on column batches: `args[i][r]` is the
 * i-th argument of row r, `result[r]` its value; `defined[r]` = 0 when the
 * function has no value there, and the row is dropped.  `types` are those of
 * the arguments.  New terms are made in `terms`.  A status other than DM_OK
 * ends the evaluation with it; `err` is for the reason. */
typedef dm_status dm_call(void *context, dm_terms *terms, size_t nrows,
                          const dm_type *types, const dm_cell *const *args,
                          dm_cell *result, uint8_t *defined, dm_error *err);
/* A registered aggregate: the values of one group, in order of value, each
 * as often as it occurs.  Otherwise like a function. */
typedef dm_status dm_fold(void *context, dm_terms *terms, size_t nvalues,
                          dm_type type, const dm_cell *values, dm_cell *result,
                          uint8_t *defined, dm_error *err);

typedef struct dm_function {
    const char *name;
    uint32_t nargs;   /* UINT32_MAX: any number */
    dm_type result;
    dm_call *call;    /* a function … */
    dm_fold *fold;    /* … or an aggregate */
    void *context;    /* handed to the call; must outlive the program */
} dm_function;

/* A functor that is not a relation (`term bargain_with(means).`), with the
 * types of its arguments; DM_ANY is any term.  Functors that are relations,
 * explicit negatives (`-r`) included, get their types from the relation;
 * unknown ones take any terms. */
typedef struct dm_constructor {
    const char *name;
    uint32_t arity;
    const dm_column *columns;
} dm_constructor;

/* ---- expressions, literals, rules ---------------------------------------- */

typedef enum dm_op {
    DM_ADD, DM_SUB, DM_MUL, DM_DIV, /* + - * /  (`/` divides floats) */
    DM_IDIV, DM_MOD,                /* div mod, on integers, floored */
    DM_NEG
} dm_op;

typedef enum dm_expr_kind {
    DM_EXPR_VAR,      /* var */
    DM_EXPR_CONST,    /* type, cell */
    DM_EXPR_COMPOUND, /* functor, args: built, or taken apart in a pattern */
    DM_EXPR_OP,       /* op, args (1 or 2) */
    DM_EXPR_CALL,     /* function, args */
    DM_EXPR_AGGREGATE /* heads only: aggregate, args (0 or 1) */
} dm_expr_kind;

typedef enum dm_aggregate {
    DM_COUNT, DM_SUM, DM_MIN, DM_MAX, DM_MEAN, DM_LIST,
    DM_CUSTOM /* `function` is a registered aggregate */
} dm_aggregate;

/* Types and places.  After the check every expression has its own type, and
 * a place has the type of its column (an argument of a compound: DM_TERM,
 * since a term's arguments are terms).  They are equal, or:
 *   place DM_TERM, expression int, float, date, interval or symbol: the value
 *     as a term;
 *   place int, float, date, interval or symbol, expression DM_TERM: what is
 *     in the term; a term that is not of that type (an int will do for a
 *     float) matches nothing in a body, and derives nothing in a head.
 * Symbols, intervals and terms are all term ids, so only the other types are
 * really converted.  A variable that joins a term with an int, float, date or
 * interval has the latter type; one that joins a symbol with a term is a
 * term.  Int constants in float places are made floats by the check.  The
 * operands of an arithmetic DM_EXPR_OP of type float, and those of `/`, may be
 * ints: they are converted.  Arguments of a DM_EXPR_CALL are passed with
 * their own types. */
typedef struct dm_expr {
    dm_expr_kind kind;
    dm_type type; /* CONST: given; all others: set by the check */
    union {
        uint32_t var;
        dm_cell cell;
        dm_term functor;
        dm_op op;
        dm_aggregate aggregate;
    };
    uint32_t function; /* CALL, and AGGREGATE with DM_CUSTOM */
    uint32_t nargs;
    const struct dm_expr *args;
    dm_span span;
} dm_expr;

typedef enum dm_compare {
    DM_EQ, DM_NE, DM_LT, DM_LE, DM_GT, DM_GE
} dm_compare;

typedef enum dm_literal_kind {
    DM_ATOM,     /* relation(args).  An op or call among the arguments is a
                    filter: its variables are bound by literals that can come
                    earlier, or by variables and compounds of the same atom */
    DM_NOT_ATOM, /* not relation(args); variables bound elsewhere, except an
                    anonymous one (a direct argument, name beginning with
                    "_", occurring once in the rule): that column is free,
                    i.e. no row whatever agrees with the others.  See
                    dm_program_is_free */
    DM_TEST,     /* args[0] compare args[1]; `=` also binds, either way, and
                    takes compounds apart.  The sides have one type, or one
                    is DM_TERM (compare as terms), or, not for = and !=, one
                    is int and one float (compare as numbers) */
    DM_BODY_AGGREGATE /* args[nargs-1] = aggregate over the rows of `relation`
                    that agree with args[0..nargs-2]; there the columns not
                    in `grouped` are free (their args are ignored) */
} dm_literal_kind;

typedef struct dm_literal {
    dm_literal_kind kind;
    uint32_t relation;
    dm_compare compare;
    dm_aggregate aggregate;
    uint32_t function;      /* DM_CUSTOM */
    uint32_t value_column;  /* what is aggregated; UINT32_MAX: rows (count()) */
    uint64_t grouped;       /* BODY_AGGREGATE: bit i set = column i is bound */
    bool possible;          /* ATOM: holds unless false, on both sides, and
                               leaves the body's truth alone.  For auxiliary
                               rules that repeat atoms of the body they stem
                               from just to bind variables */
    uint32_t nargs;
    const dm_expr *args;
    dm_span span;
} dm_literal;

typedef struct dm_rule {
    uint32_t relation; /* of the head */
    uint32_t nargs;
    const dm_expr *args;
    uint32_t nbody;
    const dm_literal *body;
    uint32_t nvars;
    const char *const *vars; /* names, for messages; "_" for anonymous ones */
    dm_type *var_types;      /* set by the check */
    const char *name;        /* label, or NULL */
    uint32_t user;           /* the user's rule it stems from */
    bool belief;             /* a belief rule: reads claims and asserted only */
    bool generated;          /* made by lowering, e.g. claim to fact */
    dm_span span;
} dm_rule;

/* ---- building ------------------------------------------------------------ */

/* An empty program whose constants are ids of `terms`, which must outlive it:
 * the table of the view that it is to be evaluated in. */
dm_status dm_program_new(dm_terms *terms, dm_program **out);
void dm_program_free(dm_program *p);
/* A file that spans may name. */
dm_status dm_program_file(dm_program *p, const char *name, uint32_t *out);
/* Each gives the index by which rules refer to it.  A name is unique among
 * relations, among functions, among constructors.  Errors: DM_EXISTS,
 * DM_INVALID. */
dm_status dm_program_relation(dm_program *p, const dm_relation *relation,
                              uint32_t *out, dm_error *err);
dm_status dm_program_function(dm_program *p, const dm_function *function,
                              uint32_t *out, dm_error *err);
dm_status dm_program_constructor(dm_program *p, const dm_constructor *c,
                                 uint32_t *out, dm_error *err);
/* Indexes out of range, terms that don't exist, NaN, and expressions nested
 * over 1,000 deep are DM_INVALID; a wrong arity is a diagnostic. */
dm_status dm_program_rule(dm_program *p, const dm_rule *rule, uint32_t *out,
                          dm_error *err);

/* ---- checking ------------------------------------------------------------ */

typedef enum dm_severity { DM_WARNING, DM_ERROR } dm_severity;

/* One mistake: a stable code, the place, and up to four strings that a
 * message is worded from.  LOCATION is "file:line:column" of another place;
 * PLACE is "argument 2 (weight) of pressure"; TYPED is "int (PLACE)".
 *
 *   code                  names[0]      [1]           [2]          [3]
 *   arity                 name          expected      given        relation,
 *                                                                  function
 *                                                                  or term
 *   body-size             head          most          given
 *   derived-system        relation
 *   function-kind         name          what it is    used as
 *   aggregate-place       aggregate
 *   aggregate-value       aggregate
 *   type-mismatch         expression    TYPED: is     TYPED: must  LOCATION
 *   type-compare          operator      left          right        "a and b"
 *   type-arithmetic       operator      operand       its type     wanted
 *   type-aggregate        aggregate     operand       its type     wanted
 *   unsafe-variable       variable      head, negation, comparison,
 *                                       aggregate, arithmetic or function
 *                                                     its name
 *   aggregate-cycle       aggregate     relation      cycle
 *   lattice-mixed         relation      first rule's  this one's   LOCATION
 *   lattice-not-monotone  relation      min or max    value        negation,
 *                                                     aggregate, comparison,
 *                                                     join, key, direction
 *   belief-reads          head          relation      rule         through
 * and these warnings:
 *   lattice-unchecked     relation      min or max    value        why
 *   unbounded-invention   relation      expression    rule
 *   singleton-variable    variable      head
 *   duplicate-rule        head          LOCATION */
typedef struct dm_diagnostic {
    const char *code;
    dm_severity severity;
    dm_span span;
    uint32_t rule; /* UINT32_MAX: none */
    const char *names[4];
} dm_diagnostic;

/* Check and seal; once.  DM_OK when there is no error (warnings may exist),
 * DM_CHECK when there is one. */
dm_status dm_program_check(dm_program *p, dm_error *err);
/* What the check found, sorted by place, at most 500; how many there are. */
size_t dm_program_diagnostics(const dm_program *p, const dm_diagnostic **out);

/* ---- reading a checked program ------------------------------------------- */

/* A strongly connected component of the dependency graph, lowest first. */
typedef struct dm_component {
    uint32_t nrelations;
    const uint32_t *relations;
    uint32_t nrules;
    const uint32_t *rules; /* whose head is in the component */
    bool recursive;
    bool negation; /* a cycle through negation: well-founded evaluation */
} dm_component;

const dm_terms *dm_program_terms(const dm_program *p);
const char *dm_program_file_name(const dm_program *p, uint32_t file);
uint32_t dm_program_nrelations(const dm_program *p);
const dm_relation *dm_program_get_relation(const dm_program *p, uint32_t i);
bool dm_program_find_relation(const dm_program *p, const char *name,
                              uint32_t *out);
uint32_t dm_program_nrules(const dm_program *p);
const dm_rule *dm_program_get_rule(const dm_program *p, uint32_t i);
uint32_t dm_program_nfunctions(const dm_program *p);
const dm_function *dm_program_get_function(const dm_program *p, uint32_t i);
uint32_t dm_program_ncomponents(const dm_program *p);
const dm_component *dm_program_get_component(const dm_program *p, uint32_t i);
/* The component of a relation. */
uint32_t dm_program_component_of(const dm_program *p, uint32_t relation);
/* Whether a relation is a lattice: all its rules have the same head aggregate,
 * min or max, in the same single column, and it is recursive or has several
 * rules.  Its rows join across rules (and input rows): one per combination of
 * the other columns, holding the least or greatest value.  May be recursive;
 * the check has refused uses that are not monotone. */
bool dm_program_lattice(const dm_program *p, uint32_t relation,
                        uint32_t *column, dm_aggregate *aggregate);
/* Whether argument `arg` of a DM_NOT_ATOM is a free column, or that of a
 * DM_BODY_AGGREGATE (not in `grouped`). */
bool dm_program_is_free(const dm_program *p, uint32_t rule, uint32_t literal,
                        uint32_t arg);

/* ---- asking for less ----------------------------------------------------- */

/* A program with the same rows of `relation`, as far as they agree with
 * `cells` in the columns in `mask` (bit i = column i), that derives no more
 * than they need: what the goal doesn't rest on is left out with its inputs,
 * and the rest is asked for by the values that are bound (demand
 * transformation; Beeri & Ramakrishnan 1991).  Sound under the well-founded
 * semantics.  *goal is the goal's relation in it; it may hold further rows.
 * Relations of `p` keep their indexes, and rules of the result stand where
 * the user's stood; but its rows are not for proofs.  Failures that lie
 * beside what is needed (overflow, budgets) don't occur.
 *
 * `p` is checked without errors, and so is the result, which needs only the
 * terms and the functions of `p`.  `force`: with DM_FORCE_DEMAND values are
 * also passed on by atoms of which nothing is bound, with DM_FORCE_NO_DEMAND
 * none are passed at all.  Errors: DM_INVALID. */
dm_status dm_program_demand(const dm_program *p, uint32_t relation,
                            uint64_t mask, const dm_cell *cells,
                            unsigned force, dm_program **out, uint32_t *goal,
                            dm_error *err);

/* A program with the same rows of all relations of `p`, which keep their
 * indexes, that keeps some rows twice: what the rules of a recursive relation of
 * three columns or more name by constants in all columns but one or two is in
 * relations of these columns, too, and derived there, as sets of values.  *out:
 * NULL if there is nothing to divide.  Its rows are not for proofs; budgets of
 * rows and rounds count what is kept twice.  Otherwise as dm_program_demand. */
dm_status dm_program_divide(const dm_program *p, dm_program **out,
                            dm_error *err);

/* What a program made by dm_program_demand looks at of a relation's input: rows
 * with `cells` in the columns of the result (bit i = column i; 0: all rows).
 * The others may be left out. */
uint64_t dm_program_selection(const dm_program *p, uint32_t relation,
                              const dm_cell **cells);

/* ==== models ============================================================== */

/* Asks a running evaluation to stop: dm_cancel_ask may be called from a signal
 * handler or another thread.  It stays asked until it is cleared. */
typedef struct dm_cancel dm_cancel;
dm_status dm_cancel_new(dm_cancel **out);
void dm_cancel_free(dm_cancel *c);
void dm_cancel_ask(dm_cancel *c);
void dm_cancel_clear(dm_cancel *c);

/* Limits of one evaluation; 0 is no limit. */
typedef struct dm_budget {
    uint64_t facts;   /* derived rows */
    uint64_t rounds;  /* rounds of one fixpoint */
    uint64_t bytes;   /* memory of relations, indexes and new terms */
    double seconds;   /* wall clock */
} dm_budget;

/* Ways of evaluating that a test can force, so that each is compared with the
 * others; the model is the same.  0: what suits the data. */
enum {
    DM_FORCE_HASH = 1,       /* every relation is a hash set */
    DM_FORCE_BITS = 2,       /* rows of bits wherever they are possible */
    DM_FORCE_SMALL = 4,      /* batches, morsels and thresholds are tiny */
    DM_FORCE_WRITTEN = 8,    /* atoms are joined in the order written */
    DM_FORCE_DEMAND = 16,    /* goals are always evaluated by demand */
    DM_FORCE_NO_DEMAND = 32, /* or never */
    DM_FORCE_MULTIWAY = 64,  /* cyclic bodies always join many atoms at once */
    DM_FORCE_BINARY = 128    /* or never */
};

typedef struct dm_eval_options {
    unsigned force;           /* DM_FORCE_… */
    unsigned threads;         /* at most; 0: as many as the machine has.  The
                                 result is the same for any number */
    dm_budget budget;
    const dm_cancel *cancel;  /* may be NULL; must outlive the model */
    FILE *trace;              /* may be NULL: one line per round */
    bool once;                /* rows will only be counted and read: memory that
                                 lookups and changes need goes early, and is
                                 made again should they come */
} dm_eval_options;

typedef struct dm_model dm_model;

/* Evaluate a checked program, made over the view's terms, which must outlive
 * the model.  Input rows are chosen by each relation's `input`.  `options`
 * may be NULL.  Errors: DM_BUDGET and DM_CANCELLED, DM_OVERFLOW, DM_FUNCTION,
 * naming the rule at work; DM_INVALID: a program of another view;
 * DM_UNSUPPORTED: a statement that the program would read uses what a later
 * version gives its meaning (a probability, an imprecise date), naming file
 * and line. */
dm_status dm_model_new(dm_view *v, const dm_program *p,
                       const dm_eval_options *options, dm_model **out,
                       dm_error *err);
void dm_model_free(dm_model *m);

/* Input rows of a relation, row-major, that come and go. */
typedef struct dm_change {
    uint32_t relation;
    const dm_cell *added, *removed;
    size_t nadded, nremoved;
} dm_change;

/* Change true input rows of a model itself, whatever its view holds, and bring
 * what is derived up to date, at a cost in proportion to what changes.  First
 * rows go, then others come; those that are no input, or are already, change
 * nothing; at most one change a relation.  A row that comes has no backing.
 * Cells that dm_model_cells gave are not valid any more; row numbers of what
 * stays true may change, those of what goes aren't used again.
 * Errors: as dm_model_new, and DM_INVALID, which leaves the model as it was;
 * after any other error it can only be freed. */
dm_status dm_model_change(dm_model *m, const dm_change *changes, size_t n,
                          dm_error *err);

/* Well-founded semantics (Van Gelder, Ross, Schlipf, JACM 1991): what is
 * neither true nor false is undefined, which people are shown as disputed. */
typedef enum dm_truth { DM_FALSE, DM_UNDEFINED, DM_TRUE } dm_truth;

/* A row of a model: its relation, whether it is in the true or in the
 * undefined part, and its number there (0-based, in order of derivation). */
typedef struct dm_row {
    uint32_t relation;
    dm_truth truth;
    size_t row;
} dm_row;

/* How many rows of a relation are true, or undefined. */
size_t dm_model_count(dm_model *m, uint32_t relation, dm_truth truth);
/* The cells of a row, as many as the relation has columns; valid as long as
 * the model, until it changes.  NULL: memory ran out. */
const dm_cell *dm_model_cells(dm_model *m, dm_row row);
/* The truth of a tuple; `out` becomes its row when it is not false. */
dm_truth dm_model_lookup(dm_model *m, uint32_t relation, const dm_cell *cells,
                         dm_row *out);
/* The rows, true then undefined, whose columns in `mask` (bit i = column i)
 * equal those of `cells`; mask 0: all of them.  The callback returns false to
 * stop. */
typedef bool dm_on_row(void *context, dm_row row);
dm_status dm_model_match(dm_model *m, uint32_t relation, uint64_t mask,
                         const dm_cell *cells, dm_on_row *visit,
                         void *context, dm_error *err);
/* The serials of the statements behind an input row (a fact may have
 * several); for a row of a bulk import that of the import.  At most `max` are
 * written; returns how many there are. */
size_t dm_model_backing(const dm_model *m, dm_row row, uint64_t *serials,
                        size_t max);

/* ==== proofs ============================================================== */

/* The least derivation of a row (Knuth 1977), unfolded to inputs: its weight is
 * the number of its nodes.  Auxiliary relations are spliced away.  When the
 * search would exceed max_instances, some derivation is given instead, and
 * dm_proof_least is false. */
typedef struct dm_proof dm_proof;

typedef enum dm_proof_kind {
    DM_PROOF_INPUT,     /* a row that was put in */
    DM_PROOF_RULE,      /* derived by a rule from its children */
    DM_PROOF_ABSENT,    /* negation: looked for and not found; no children */
    DM_PROOF_DISPUTED,  /* negation of a disputed row: the row is the child */
    DM_PROOF_AGGREGATE, /* an aggregate; children are the rows it took */
    DM_PROOF_TEST,      /* a comparison or function that held; cells empty */
    DM_PROOF_SEEN       /* derived elsewhere in this proof: see node `same` */
} dm_proof_kind;

typedef struct dm_proof_node {
    dm_proof_kind kind;
    dm_truth truth;
    uint32_t relation;    /* UINT32_MAX for DM_PROOF_TEST */
    dm_row row;           /* INPUT, RULE, AGGREGATE, DISPUTED, SEEN */
    const dm_cell *cells; /* the atom's arguments */
    uint64_t bound;       /* ABSENT, body AGGREGATE: bit i set = column i has
                             a value, else any; all bits for other kinds */
    uint32_t rule;        /* RULE, AGGREGATE, TEST: index in the program */
    uint32_t literal;     /* which body literal of the parent's rule this is;
                             UINT32_MAX for the root */
    const char *text;     /* TEST: the literal with its values filled in */
    size_t same;          /* SEEN: index of the node */
    size_t omitted;       /* AGGREGATE: contributing rows beyond the limit */
    size_t nchildren;
    const size_t *children; /* indexes of nodes */
} dm_proof_node;

typedef struct dm_proof_options {
    size_t max_instances;  /* slice size for the least proof; 0: 100,000 */
    size_t max_rows;       /* rows shown of an aggregate; 0: 1,000 */
    const dm_cancel *cancel;
} dm_proof_options;

/* The least proof of a row that is true or undefined; borrows the model, which
 * must outlive it.  `options` may be NULL.  Errors: DM_CANCELLED. */
dm_status dm_model_prove(dm_model *m, dm_row row,
                         const dm_proof_options *options, dm_proof **out,
                         dm_error *err);
void dm_proof_free(dm_proof *p);
size_t dm_proof_count(const dm_proof *p);
/* Node 0 is the root; valid as long as the proof. */
const dm_proof_node *dm_proof_get(const dm_proof *p, size_t i);
bool dm_proof_least(const dm_proof *p);

#ifdef __cplusplus
}
#endif
#endif
