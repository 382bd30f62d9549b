/* function.c - functions and aggregates of rules that are written in Lua.
 *
 * The evaluator calls a function on column batches; one protected call runs
 * the Lua function on every row of the batch.  Results are remembered in a
 * table per function, keyed by the bytes of the argument cells and types,
 * which identify values within a view's terms.
 * Representation: a context per function, whose address is the key of its
 * entry {function, memo} in the registry.  Contexts are one array that never
 * moves, since the program holds their addresses.
 * Invariants: a Lua error never crosses the engine; it comes back as a status.
 * While a function runs the engine refuses to be called (`busy`).
 * Cost: one hash lookup per row, and a Lua call per distinct argument tuple;
 * a memo of over 100,000 entries is dropped. */
#include "lua/lua_common.h"

#include "base/error.h"

#include <assert.h>
#include <string.h>

enum { MEMO_LIMIT = 100000, MOST_ARGUMENTS = 32 };

typedef struct lua_function {
    lua_engine *engine;
    char *name;
    uint32_t nargs;
    dm_type result;
    size_t remembered;
} lua_function;

/* What one protected call works on. */
typedef struct batch {
    lua_function *f;
    dm_terms *terms;
    size_t nrows;
    uint32_t nargs;
    const dm_type *types;
    const dm_cell *const *args;
    dm_cell *result;
    uint8_t *defined;
} batch;

/* ---- calling ------------------------------------------------------------ */

/* The value on top of the stack as the result of row `row`. */
static void take_result(lua_State *L, const batch *b, size_t row)
{
    b->defined[row] = !lua_isnil(L, -1);
    if (!b->defined[row])
        return;
    if (!value_cell(L, -1, b->terms, b->f->result, &b->result[row]))
        luaL_error(L, "it gave %s, which is no %s",
                   luaL_tolstring(L, -1, NULL),
                   value_type_name(b->f->result));
}

/* Push the key of the row's arguments. */
static void push_key(lua_State *L, const batch *b, size_t row)
{
    dm_cell key[2 * MOST_ARGUMENTS];
    for (uint32_t i = 0; i < b->nargs; i++) {
        key[2 * i] = b->args[i][row];
        key[2 * i + 1] = (dm_cell)b->types[i];
    }
    lua_pushlstring(L, (const char *)key, 2 * b->nargs * sizeof *key);
}

/* Stack: 2 the function, 3 the memo. */
static void call_row(lua_State *L, const batch *b, size_t row)
{
    lua_pushvalue(L, 2);
    for (uint32_t i = 0; i < b->nargs; i++)
        value_push_cell(L, b->terms, b->types[i], b->args[i][row]);
    lua_call(L, (int)b->nargs, 1);
    take_result(L, b, row);
    lua_pop(L, 1);
}

static bool recall(lua_State *L, const batch *b, size_t row)
{
    lua_pushvalue(L, -1);
    int type = lua_rawget(L, 3);
    if (type == LUA_TNUMBER)
        b->result[row] = (dm_cell)lua_tointeger(L, -1);
    b->defined[row] = type == LUA_TNUMBER;
    lua_pop(L, 1);
    return type != LUA_TNIL;
}

static void remember(lua_State *L, const batch *b, size_t row)
{
    lua_pushvalue(L, -1);
    if (b->defined[row])
        lua_pushinteger(L, (lua_Integer)b->result[row]);
    else
        lua_pushboolean(L, 0);
    lua_rawset(L, 3);
    b->f->remembered++;
}

/* Push the function and its memo, a new one when the old has grown too big. */
static void push_function(lua_State *L, lua_function *f)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, f);
    if (f->remembered > MEMO_LIMIT) {
        lua_newtable(L);
        lua_rawseti(L, -2, 2);
        f->remembered = 0;
    }
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    lua_remove(L, -3);
}

/* Protected: all rows of the batch given as light userdata. */
static int run_batch(lua_State *L)
{
    const batch *b = lua_touserdata(L, 1);
    push_function(L, b->f);
    luaL_checkstack(L, (int)b->nargs + 8, "too many arguments");
    for (size_t row = 0; row < b->nrows; row++) {
        push_key(L, b, row);
        if (!recall(L, b, row)) {
            call_row(L, b, row);
            remember(L, b, row);
        }
        lua_pop(L, 1);
    }
    return 0;
}

/* Protected: one group, as an array. */
static int run_fold(lua_State *L)
{
    const batch *b = lua_touserdata(L, 1);
    push_function(L, b->f);
    lua_pop(L, 1);
    lua_createtable(L, b->nrows < 1 << 20 ? (int)b->nrows : 0, 0);
    for (size_t i = 0; i < b->nrows; i++) {
        value_push_cell(L, b->terms, b->types[0], b->args[0][i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_call(L, 1, 1);
    take_result(L, b, 0);
    return 0;
}

/* What went wrong, from the error value on top of the stack; pops it. */
static dm_status report(lua_State *L, const lua_function *f, int rc,
                        dm_error *err)
{
    dm_status st = DM_FUNCTION;
    const char *text = lua_tostring(L, -1);
    if (rc == LUA_ERRMEM)
        st = error_nomem(err);
    else if (atomic_load(&f->engine->cancel.asked))
        st = error_set(err, DM_CANCELLED, "cancelled in function %s", f->name);
    else
        st = error_set(err, DM_FUNCTION, "%s", /* the caller names it */
                       text == NULL ? "(no message)" : text);
    lua_pop(L, 1);
    return st;
}

static dm_status run(lua_CFunction how, batch *b, dm_error *err)
{
    lua_engine *e = b->f->engine;
    lua_State *L = e->L;
    if (L == NULL || !lua_checkstack(L, 4))
        return error_nomem(err);
    bool outer = e->inside;
    e->inside = true;
    lua_pushcfunction(L, how);
    lua_pushlightuserdata(L, b);
    int rc = lua_pcall(L, 1, 0, 0);
    e->inside = outer;
    return rc == LUA_OK ? DM_OK : report(L, b->f, rc, err);
}

static dm_status on_call(void *context, dm_terms *terms, size_t nrows,
                         const dm_type *types, const dm_cell *const *args,
                         dm_cell *result, uint8_t *defined, dm_error *err)
{
    lua_function *f = context;
    batch b = {f, terms, nrows, f->nargs, types, args, result, defined};
    return run(run_batch, &b, err);
}

static dm_status on_fold(void *context, dm_terms *terms, size_t nvalues,
                         dm_type type, const dm_cell *values, dm_cell *result,
                         uint8_t *defined, dm_error *err)
{
    batch b = {context, terms, nvalues, 1, &type, &values, result, defined};
    return run(run_fold, &b, err);
}

/* ---- registering -------------------------------------------------------- */

void function_reserve(lua_State *L, lua_program *p, size_t count)
{
    assert(p->functions == NULL);
    p->functions = mem_calloc(count + 1, sizeof *p->functions);
    if (p->functions == NULL)
        luaL_error(L, "not enough memory");
}

/* Keep the function on top of the stack under the address of `f`; pops it. */
static void keep(lua_State *L, lua_function *f)
{
    lua_createtable(L, 2, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    lua_newtable(L);
    lua_rawseti(L, -2, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, f);
}

/* The number of parameters of the function on top; -1: it takes any. */
static int count_parameters(lua_State *L)
{
    lua_Debug ar = {0};
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">u", &ar);
    return ar.isvararg ? -1 : ar.nparams;
}

static dm_function describe(lua_State *L, lua_function *f)
{
    bool fold = lua_getfield(L, -1, "fold") == LUA_TFUNCTION;
    if (!fold) {
        lua_pop(L, 1);
        lua_getfield(L, -1, "call");
    }
    luaL_argexpected(L, lua_isfunction(L, -1), 1, "a function");
    int declared = count_parameters(L);
    keep(L, f);
    lua_Integer nargs = field_int(L, -1, "nargs", fold ? 1 : declared);
    if (nargs < 0 || nargs > MOST_ARGUMENTS)
        luaL_error(L, "function %s needs nargs from 0 to %d", f->name,
                   (int)MOST_ARGUMENTS);
    f->nargs = (uint32_t)nargs;
    lua_getfield(L, -1, "result");
    f->result = value_type(L, -1);
    lua_pop(L, 1);
    return (dm_function){
        .name = f->name,
        .nargs = f->nargs,
        .result = f->result,
        .call = fold ? NULL : on_call,
        .fold = fold ? on_fold : NULL,
        .context = f,
    };
}

uint32_t function_add(lua_State *L, lua_program *p)
{
    lua_function *f = &p->functions[p->nfunctions];
    const char *name = field_string(L, -1, "name");
    if (name == NULL)
        luaL_error(L, "bad program: a function has no name");
    f->engine = lua_engine_of(L);
    f->name = mem_strdup(name, strlen(name));
    if (f->name == NULL)
        luaL_error(L, "not enough memory");
    p->nfunctions++;
    dm_function described = describe(L, f);
    dm_error err = {0};
    uint32_t index;
    if (dm_program_function(p->program, &described, &index, &err) != DM_OK)
        luaL_error(L, "bad program: %s", err.text);
    return index;
}

void function_release(lua_State *L, lua_program *p)
{
    for (size_t i = 0; i < p->nfunctions; i++) {
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &p->functions[i]);
        mem_free(p->functions[i].name);
    }
    mem_free(p->functions);
    p->functions = NULL;
    p->nfunctions = 0;
}
