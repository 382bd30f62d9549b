/* tx.c - write transactions as Lua sees them.
 *
 * Representation: a box with a dm_txn and an overlay of terms over the base's
 * root, where the terms of new statements are made: the root itself grows
 * only by what is written.
 * Invariants: a transaction that isn't committed is aborted when its handle is
 * closed or collected. */
#include "lua/lua_common.h"

#include <string.h>

enum { KEY_COLUMNS = 64 };

typedef struct lua_tx {
    dm_txn *txn; /* NULL: committed */
    dm_terms *overlay;
} lua_tx;

static lua_tx *check_tx(lua_State *L)
{
    return box_check(L, 1, TX_TYPE)->handle;
}

static void tx_release(lua_State *L, void *handle)
{
    (void)L;
    lua_tx *t = handle;
    if (t->txn != NULL)
        dm_txn_abort(t->txn);
    terms_free(t->overlay);
    mem_free(t);
}

/* kb:begin(author, message) -> tx | nil, message, code */
int tx_new(lua_State *L)
{
    dm_kb *kb = box_check(L, 1, KB_TYPE)->handle;
    const char *author = luaL_checkstring(L, 2);
    const char *message = luaL_checkstring(L, 3);
    box *b = box_new(L, TX_TYPE, 1, tx_release);
    lua_tx *t = mem_calloc(1, sizeof *t);
    if (t == NULL)
        return luaL_error(L, "not enough memory");
    b->handle = t;
    dm_error err = {0};
    dm_status st = dm_txn_begin(kb, author, message, &t->txn, &err);
    if (st != DM_OK) {
        box_close(L, b);
        return lua_failed(L, st, &err);
    }
    t->overlay = terms_new(dm_kb_terms(kb));
    if (t->overlay == NULL)
        return luaL_error(L, "not enough memory");
    return 1;
}

/* tx:add(statement) -> serial */
static int tx_add(lua_State *L)
{
    lua_tx *t = check_tx(L);
    dm_statement s;
    scratch *mem = scratch_new(L);
    statement_check(L, 2, t->overlay, mem, &s);
    dm_error err = {0};
    uint64_t serial = 0;
    dm_status st = dm_txn_add(t->txn, &s, t->overlay, &serial, &err);
    scratch_free(mem);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushinteger(L, (lua_Integer)serial);
    return 1;
}

/* tx:retract(serial) -> true */
static int tx_retract(lua_State *L)
{
    dm_error err = {0};
    dm_status st = dm_txn_retract(check_tx(L)->txn, value_serial(L, 2), &err);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, 1);
    return 1;
}

/* tx:import(serial, file, options) -> number of rows */
static int tx_import(lua_State *L)
{
    lua_tx *t = check_tx(L);
    uint64_t serial = value_serial(L, 2), rows = 0;
    const char *file = luaL_checkstring(L, 3);
    lua_settop(L, 4);
    table_options options;
    scratch *mem = scratch_new(L);
    table_options_check(L, 4, mem, &options);
    dm_error err = {0};
    dm_status st = dm_txn_import(t->txn, serial, file, &options, &rows, &err);
    scratch_free(mem);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushinteger(L, (lua_Integer)rows);
    return 1;
}

/* tx:key(relation, {columns}): to be checked at the commit */
static int tx_set_key(lua_State *L)
{
    lua_tx *t = check_tx(L);
    const char *relation = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    uint32_t columns[KEY_COLUMNS];
    size_t n = lua_rawlen(L, 3);
    luaL_argcheck(L, n <= KEY_COLUMNS, 3, "too many key columns");
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        lua_Integer column = luaL_checkinteger(L, -1);
        luaL_argcheck(L, column >= 1 && column <= 64, 3, "no such column");
        columns[i] = (uint32_t)(column - 1);
        lua_pop(L, 1);
    }
    dm_error err = {0};
    dm_status st = dm_txn_key(t->txn, relation, columns, (uint32_t)n, &err);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, 1);
    return 1;
}

/* tx:note(key, string) -> true; at most NOTE_SIZE bytes, no NUL in it */
static int tx_note(lua_State *L)
{
    lua_tx *t = check_tx(L);
    const char *key = luaL_checkstring(L, 2);
    size_t size;
    const char *text = luaL_checklstring(L, 3, &size);
    char value[NOTE_SIZE] = {0};
    luaL_argcheck(L, size <= NOTE_SIZE && strlen(text) == size, 3,
                  "a note is at most 64 bytes of text");
    memcpy(value, text, size);
    dm_error err = {0};
    dm_status st = dm_txn_put_note(t->txn, key, value, NOTE_SIZE, &err);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, 1);
    return 1;
}

/* tx:commit() -> number of the transaction; the handle is closed */
static int tx_commit(lua_State *L)
{
    box *b = box_check(L, 1, TX_TYPE);
    lua_tx *t = b->handle;
    uint64_t number = 0;
    dm_error err = {0};
    dm_txn *txn = t->txn;
    t->txn = NULL; /* freed by the commit, also when it fails */
    dm_status st = dm_txn_commit(txn, &number, &err);
    box_close(L, b);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushinteger(L, (lua_Integer)number);
    return 1;
}

static int tx_abort(lua_State *L)
{
    box_close(L, luaL_checkudata(L, 1, TX_TYPE));
    return 0;
}

void open_tx(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"add", tx_add},       {"retract", tx_retract},
        {"import", tx_import}, {"key", tx_set_key},
        {"note", tx_note},     {"commit", tx_commit},
        {"abort", tx_abort},   {NULL, NULL},
    };
    box_type(L, TX_TYPE, methods);
}
