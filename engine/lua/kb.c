/* kb.c - knowledge bases as Lua sees them: core.open and the kb's methods.
 *
 * Representation: a box with a dm_kb.  Its views and transactions are its
 * children: kb:close() refuses while there are any, __gc and __close end them
 * first.
 * Invariants: what the store reports by callbacks is pushed under a protected
 * call, so that no Lua error crosses the store. */
#include "lua/lua_common.h"

#include "base/error.h"

static dm_kb *check_kb(lua_State *L)
{
    return box_check(L, 1, KB_TYPE)->handle;
}

static void kb_release(lua_State *L, void *handle)
{
    dm_error err = {0};
    if (dm_kb_close(handle, &err) != DM_OK)
        lua_warning(L, err.text, 0);
}

/* core.open(path|nil, {create=, readonly=}) -> kb | nil, message, code */
int kb_open(lua_State *L)
{
    const char *path = luaL_optstring(L, 1, NULL);
    unsigned flags = 0;
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        flags |= field_bool(L, 2, "create") ? STORE_CREATE : 0u;
        flags |= field_bool(L, 2, "readonly") ? STORE_READ_ONLY : 0u;
    }
    box *b = box_new(L, KB_TYPE, 0, kb_release);
    dm_error err = {0};
    dm_kb *kb;
    dm_status st = dm_kb_open(path, flags, &kb, &err);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    b->handle = kb;
    return 1;
}

/* kb:close() -> true | nil, message, "busy" while views are open */
static int close_kb(lua_State *L)
{
    box *b = luaL_checkudata(L, 1, KB_TYPE);
    dm_error err = {DM_BUSY, "views or transactions of it are open"};
    if (b->children != NULL)
        return lua_failed(L, DM_BUSY, &err);
    box_close(L, b);
    lua_pushboolean(L, 1);
    return 1;
}

static int kb_path(lua_State *L)
{
    dm_store *store = dm_kb_store(check_kb(L));
    lua_pushstring(L, store == NULL ? NULL : store_path(store));
    return 1;
}

static int kb_detach(lua_State *L)
{
    dm_error err = {0};
    dm_status st = dm_kb_detach(check_kb(L), &err);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, 1);
    return 1;
}

/* kb:refresh() -> did another process commit? */
static int kb_refresh(lua_State *L)
{
    dm_error err = {0};
    bool changed = false;
    dm_status st = dm_kb_refresh(check_kb(L), &changed, &err);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, changed);
    return 1;
}

/* ---- statements --------------------------------------------------------- */

static int kb_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dm_kb_count(check_kb(L)));
    return 1;
}

/* kb:statement(i) -> table; i from 1 to kb:count() */
static int kb_statement(lua_State *L)
{
    dm_kb *kb = check_kb(L);
    lua_Integer i = luaL_checkinteger(L, 2);
    luaL_argcheck(L, i >= 1 && (lua_Unsigned)i <= dm_kb_count(kb), 2,
                  "no such statement");
    statement_push(L, dm_kb_terms(kb), dm_kb_get(kb, (size_t)i - 1));
    return 1;
}

static int kb_find(lua_State *L)
{
    dm_kb *kb = check_kb(L);
    const dm_statement *s = dm_kb_find(kb, value_serial(L, 2));
    if (s == NULL)
        lua_pushnil(L);
    else
        statement_push(L, dm_kb_terms(kb), s);
    return 1;
}

/* ---- the store behind it ------------------------------------------------ */

static void set_number(lua_State *L, const char *name, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

/* kb:info() -> {last_txn=, statements=, terms=, rows=, bytes=} */
static int kb_info(lua_State *L)
{
    dm_kb *kb = check_kb(L);
    store_info info = {.statements = dm_kb_count(kb),
                       .terms = terms_count(dm_kb_terms(kb))};
    dm_error err = {0};
    if (dm_kb_store(kb) != NULL) {
        dm_status st = store_refresh(dm_kb_store(kb), &info, &err);
        if (st != DM_OK)
            return lua_failed(L, st, &err);
    }
    lua_createtable(L, 0, 5);
    set_number(L, "last_txn", info.last_txn);
    set_number(L, "statements", info.statements);
    set_number(L, "terms", info.terms);
    set_number(L, "rows", info.rows);
    set_number(L, "bytes", info.bytes);
    return 1;
}

/* kb:note(key) -> string | nil */
static int kb_note(lua_State *L)
{
    dm_kb *kb = check_kb(L);
    const char *key = luaL_checkstring(L, 2);
    char value[NOTE_SIZE + 1] = {0};
    dm_error err = {0};
    dm_status st = DM_NOT_FOUND;
    if (dm_kb_store(kb) != NULL)
        st = store_get_note(dm_kb_store(kb), key, value, NOTE_SIZE, &err);
    if (st == DM_NOT_FOUND)
        lua_pushnil(L);
    else if (st != DM_OK)
        return lua_failed(L, st, &err);
    else
        lua_pushstring(L, value);
    return 1;
}

/* What a callback of the store works with: it pushes into the array at stack
 * index 2. */
typedef struct collect {
    lua_State *L;
    bool failed;
} collect;

static int append_commit(lua_State *L)
{
    const store_commit_info *info = lua_touserdata(L, 2);
    lua_createtable(L, 0, 6);
    set_number(L, "number", info->txn);
    set_number(L, "microseconds", (uint64_t)info->microseconds);
    set_number(L, "added", info->added);
    set_number(L, "retracted", info->retracted);
    lua_pushstring(L, info->author);
    lua_setfield(L, -2, "author");
    lua_pushstring(L, info->message);
    lua_setfield(L, -2, "message");
    lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
    return 0;
}

static int append_text(lua_State *L)
{
    lua_pushstring(L, lua_touserdata(L, 2));
    lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
    return 0;
}

/* Run `how` on the array at stack index 2 and `item`, protected. */
static bool append(lua_State *L, lua_CFunction how, const void *item)
{
    lua_pushcfunction(L, how);
    lua_pushvalue(L, 2);
    lua_pushlightuserdata(L, (void *)(uintptr_t)item);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
        return true;
    lua_pop(L, 1);
    return false;
}

static dm_status on_commit(void *context, const store_commit_info *info,
                           dm_error *err)
{
    return append(context, append_commit, info) ? DM_OK : error_nomem(err);
}

/* kb:log() -> array of {number=, microseconds=, author=, message=, added=,
 * retracted=} */
static int kb_log(lua_State *L)
{
    dm_kb *kb = check_kb(L);
    dm_error err = {0};
    lua_settop(L, 1);
    lua_newtable(L);
    luaL_checkstack(L, 8, NULL);
    if (dm_kb_store(kb) == NULL)
        return 1;
    dm_status st = store_log(dm_kb_store(kb), on_commit, L, &err);
    return st == DM_OK ? 1 : lua_failed(L, st, &err);
}

static void on_finding(void *context, const char *text)
{
    collect *c = context;
    if (!append(c->L, append_text, text))
        c->failed = true;
}

/* kb:verify() -> array of findings, empty when the store is sound */
static int kb_verify(lua_State *L)
{
    dm_kb *kb = check_kb(L);
    dm_error err = {0};
    size_t count = 0;
    lua_settop(L, 1);
    lua_newtable(L);
    luaL_checkstack(L, 8, NULL);
    collect c = {.L = L};
    if (dm_kb_store(kb) == NULL)
        return 1;
    dm_status st = store_verify(dm_kb_store(kb), on_finding, &c, &count, &err);
    if (st == DM_OK && c.failed)
        st = error_nomem(&err);
    return st == DM_OK ? 1 : lua_failed(L, st, &err);
}

void open_kb(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"count", kb_count},     {"statement", kb_statement},
        {"find", kb_find},       {"begin", tx_new},
        {"refresh", kb_refresh}, {"detach", kb_detach},
        {"close", close_kb},     {"info", kb_info},
        {"note", kb_note},       {"log", kb_log},
        {"verify", kb_verify},   {"path", kb_path},
        {"view", view_new},      {NULL, NULL},
    };
    box_type(L, KB_TYPE, methods);
}
