/* module.c - the Lua half inside the program and inside dragoman.so.
 *
 * Every embedded script gets a loader in package.preload, which runs it when
 * it is required first.  The program, which has the Lua that compiled them
 * inside, loads them compiled; the module may be in another Lua 5.4 and
 * compiles the texts.  With DRAGOMAN_PATH set to a folder of scripts,
 * files there come before the embedded ones: for development. */
#include "lua/embedded.h"
#include "lua/lua_common.h"

#include <lualib.h>
#include <stdlib.h>
#include <string.h>

static void load_text(lua_State *L, const char *text, size_t size,
                      const char *name)
{
    if (luaL_loadbufferx(L, text, size, name, "t") != LUA_OK)
        lua_error(L);
}

/* Push the text of DRAGOMAN_PATH/rules/x.lua for "rules.x" as a chunk. */
static bool load_file(lua_State *L, const char *module)
{
    static const char *const forms[] = {"%s/%s.lua", "%s/%s/init.lua"};
    const char *folder = getenv("DRAGOMAN_PATH");
    if (folder == NULL || *folder == '\0')
        return false;
    const char *name = luaL_gsub(L, module, ".", "/");
    for (int i = 0; i < 2; i++) {
        const char *path = lua_pushfstring(L, forms[i], folder, name);
        int rc = luaL_loadfilex(L, path, "t");
        if (rc == LUA_OK)
            return true;
        if (rc != LUA_ERRFILE)
            lua_error(L);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return false;
}

static void load_compiled(lua_State *L, const struct embedded *e)
{
    if (luaL_loadbufferx(L, (const char *)e->code, e->code_size, e->name, "b")
        != LUA_OK)
        lua_error(L);
}

static void load_own_text(lua_State *L, const struct embedded *e)
{
    const char *path = luaL_gsub(L, e->name, ".", "/");
    lua_pushfstring(L, "=%s.lua", path);
    load_text(L, (const char *)e->text, e->size, lua_tostring(L, -1));
}

/* package.preload[name](name): upvalue 1 is the entry of the table, 2 whether
 * it is loaded compiled. */
static int load_embedded(lua_State *L)
{
    const struct embedded *e = lua_touserdata(L, lua_upvalueindex(1));
    if (!load_file(L, e->name)) {
        if (lua_toboolean(L, lua_upvalueindex(2)))
            load_compiled(L, e);
        else
            load_own_text(L, e);
    }
    lua_pushstring(L, e->name);
    lua_call(L, 1, 1);
    return 1;
}

/* dragoman.embedded.source(name): the text of an embedded script, or nil. */
static int embedded_source(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    for (const struct embedded *e = dragoman_embedded; e->name != NULL; e++)
        if (strcmp(e->name, name) == 0) {
            lua_pushlstring(L, (const char *)e->text, e->size);
            return 1;
        }
    lua_pushnil(L);
    return 1;
}

/* The names of all embedded scripts, as an array. */
static int embedded_names(lua_State *L)
{
    lua_newtable(L);
    lua_Integer i = 0;
    for (const struct embedded *e = dragoman_embedded; e->name != NULL; e++) {
        lua_pushstring(L, e->name);
        lua_rawseti(L, -2, ++i);
    }
    return 1;
}

static int open_embedded(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"source", embedded_source}, {"names", embedded_names}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

void embedded_install(lua_State *L, bool compiled)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const struct embedded *e = dragoman_embedded; e->name != NULL; e++) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)e);
        lua_pushboolean(L, compiled);
        lua_pushcclosure(L, load_embedded, 2);
        lua_setfield(L, -2, e->name);
    }
    lua_pushcfunction(L, luaopen_dragoman_core);
    lua_setfield(L, -2, "dragoman.core");
    lua_pushcfunction(L, open_embedded);
    lua_setfield(L, -2, "dragoman.embedded");
    lua_pop(L, 1);
}

/* require "dragoman" from stock Lua.  The embedded module of that name is run
 * here, since `require` has chosen this loader for it already. */
int luaopen_dragoman(lua_State *L)
{
    embedded_install(L, false);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    if (lua_getfield(L, -1, "dragoman") != LUA_TFUNCTION)
        return luaL_error(L, "the Lua half is missing");
    lua_pushliteral(L, "dragoman");
    lua_call(L, 1, 1);
    return 1;
}
