/* lua_common.h - what the bindings share: handles, errors, conversions.
 *
 * A handle is a userdata holding a `box`.  The box is made first, empty, and
 * filled when the resource is there, so that an error raised in between leaks
 * nothing.  A child's user value 1 is its parent's userdata, which stays
 * alive; a parent knows its children and closes them before itself.
 *
 * Failures of the world come back as nil, message, status name (lua_failed);
 * a caller's mistakes are raised.  The engine never sees a Lua error: what is
 * called from inside it runs under lua_pcall. */
#ifndef LUA_LUA_COMMON_H
#define LUA_LUA_COMMON_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "kb/kb.h"
#include "kb/table.h"

#include <lauxlib.h>
#include <lua.h>

/* ---- one Lua state ------------------------------------------------------ */

/* What the bindings keep per Lua state (in the registry). */
typedef struct lua_engine {
    dm_cancel cancel;
    lua_State *L; /* runs the functions that rules call; set while one may */
    bool inside;  /* such a function is running: the engine is `busy` */
} lua_engine;

lua_engine *lua_engine_of(lua_State *L);

/* Set the table on top's functions, each refusing with `busy` while a
 * function called from a rule runs. */
void lua_set_guarded(lua_State *L, const luaL_Reg *functions);

/* ---- failures ----------------------------------------------------------- */

/* Push nil, message, code; returns 3. */
int lua_failed(lua_State *L, dm_status status, const dm_error *err);

/* ---- handles ------------------------------------------------------------ */

typedef struct box {
    void *handle; /* NULL: closed, or not open yet */
    void (*release)(lua_State *L, void *handle);
    struct box *parent;
    struct box *children; /* open ones, newest first */
    struct box *next, **link;
} box;

#define KB_TYPE "dragoman.kb"
#define TX_TYPE "dragoman.tx"
#define VIEW_TYPE "dragoman.view"
#define PROGRAM_TYPE "dragoman.program"
#define MODEL_TYPE "dragoman.model"
#define PROOF_TYPE "dragoman.proof"

/* Push a new, empty handle of `type`.  `parent`: stack index of the parent's
 * userdata, or 0. */
box *box_new(lua_State *L, const char *type, int parent,
             void (*release)(lua_State *L, void *handle));
/* The box at `index`; raises when it is of another type or closed. */
box *box_check(lua_State *L, int index, const char *type);
/* Close the children, then the handle.  Idempotent. */
void box_close(lua_State *L, box *b);
/* Push the userdata of the parent of the one at `index`. */
void box_push_parent(lua_State *L, int index);
/* Make the metatable of a type: methods (guarded), __gc, __close, ... */
void box_type(lua_State *L, const char *type, const luaL_Reg *methods);

/* Memory for one call, freed early by scratch_free or late by the collector:
 * safe over anything that raises. */
typedef VEC(eval_row) row_vec;
typedef struct scratch {
    arena arena;
    buf text;
    row_vec rows;
} scratch;

scratch *scratch_new(lua_State *L); /* pushes it */
void scratch_free(scratch *s);
/* Arena memory, zeroed; raises when there is none. */
void *scratch_alloc(lua_State *L, scratch *s, size_t count, size_t size);
/* Push the text of `s->text`; `ok` false raises "not enough memory". */
int scratch_push_text(lua_State *L, scratch *s, bool ok);

/* ---- values ------------------------------------------------------------- */

void value_push(lua_State *L, const dm_terms *t, dm_term id);
void value_push_cell(lua_State *L, const dm_terms *t, dm_type type,
                     dm_cell cell);
void value_push_day(lua_State *L, int32_t day);
void value_push_date(lua_State *L, const dm_terms *t, const dm_date *date);
/* The value at `index` as a term of `t`; raises when it is none. */
dm_term value_term(lua_State *L, int index, dm_terms *t);
/* The value at `index` as a constant: its type, its cell. */
dm_type value_constant(lua_State *L, int index, dm_terms *t, dm_cell *out);
/* The value at `index` as a cell of a column; false: of another type. */
bool value_cell(lua_State *L, int index, dm_terms *t, dm_type type,
                dm_cell *out);
/* A date (object, day number or "2021-04-13"); raises when it is none. */
void value_date(lua_State *L, int index, dm_terms *t, dm_date *out);
/* The last day of such a date. */
int32_t value_day(lua_State *L, int index);
const char *value_type_name(dm_type type);
/* The type named at `index`; nil is DM_ANY; raises when there is none. */
dm_type value_type(lua_State *L, int index);
/* The serial at `index`: those of scenarios, from 2^63 up, are negative. */
uint64_t value_serial(lua_State *L, int index);

/* ---- reading tables ----------------------------------------------------- */

/* String field of the table at `index`; valid while the table holds it.
 * NULL when absent; raises when it is of another type. */
const char *field_string(lua_State *L, int index, const char *name);
lua_Integer field_int(lua_State *L, int index, const char *name,
                      lua_Integer otherwise);
double field_number(lua_State *L, int index, const char *name,
                    double otherwise);
bool field_bool(lua_State *L, int index, const char *name);
/* The strings of an array field as a C array in `s`; NULL when absent. */
const char **field_strings(lua_State *L, int index, const char *name,
                           scratch *s, size_t *count);

/* ---- statements, programs, functions, tables ---------------------------- */

void statement_push(lua_State *L, const dm_terms *t, const dm_statement *s);
/* Raises on mistakes.  The result borrows from the Lua table and from `s`. */
void statement_check(lua_State *L, int index, dm_terms *t, scratch *s,
                     dm_statement *out);

/* A program with the contexts of its functions. */
typedef struct lua_program {
    dm_program *program;
    struct lua_function *functions;
    size_t nfunctions;
} lua_program;

/* Make room for the contexts of `count` functions; they don't move later. */
void function_reserve(lua_State *L, lua_program *p, size_t count);
/* Register the function described by the table on top of the stack; its index
 * in the program. */
uint32_t function_add(lua_State *L, lua_program *p);
/* Let go of the Lua functions. */
void function_release(lua_State *L, lua_program *p);

/* Options of table files, from the table (or nil) at `index`. */
void table_options_check(lua_State *L, int index, scratch *s,
                         table_options *out);

/* A note is kept padded with NULs to this size, since the store wants its size
 * known; reading it cuts the padding off. */
enum { NOTE_SIZE = 64 };

/* The `force` option of the table (or nil) at `index`, as DM_FORCE_ bits. */
unsigned option_force(lua_State *L, int index);

int view_new(lua_State *L);    /* kb:view(options) */
int program_new(lua_State *L); /* view:program(table) */
int program_demand(lua_State *L); /* program:demand(relation, pattern) */
int program_divide(lua_State *L); /* program:divide() */
int tx_new(lua_State *L);      /* kb:begin(author, message) */
int model_new(lua_State *L);   /* view:evaluate(program, options) */
/* model:update{add = {relation = rows}, remove = {...}} -> true */
int model_update(lua_State *L);

void open_kb(lua_State *L);
void open_tx(lua_State *L);
void open_view(lua_State *L);
void open_program(lua_State *L);
void open_model(lua_State *L);
int kb_open(lua_State *L);     /* core.open(path, options) */

/* Module openers; exported. */
#define LUA_EXPORT __attribute__((visibility("default")))
LUA_EXPORT int luaopen_dragoman_core(lua_State *L);
LUA_EXPORT int luaopen_dragoman(lua_State *L);
/* Let `require` find the embedded Lua half, and dragoman.core.  `compiled`: the
 * Lua at work is the one of the build. */
void embedded_install(lua_State *L, bool compiled);

#endif
