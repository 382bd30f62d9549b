/* box.c - handles as Lua sees them, and memory that survives a raised error.
 *
 * Representation: a userdata with a `box`; boxes form a tree by intrusive
 * lists (parent, first child, next sibling, the pointer that points at us).
 * Invariants: a box with a handle is in its parent's list; a closed box is in
 * no list and has no children.  The collector finalises children first (they
 * were made later), and a parent closed by hand closes its children, so no
 * handle outlives what it was made from.
 * Cost: constant per operation, closing one step per descendant. */
#include "lua/lua_common.h"

#include <assert.h>
#include <string.h>

#define SCRATCH_TYPE "dragoman.scratch"

static const char engine_key;

/* ---- one Lua state ------------------------------------------------------ */

lua_engine *lua_engine_of(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key) == LUA_TNIL) {
        lua_engine *e = lua_newuserdatauv(L, sizeof *e, 0);
        memset(e, 0, sizeof *e);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_key);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
        lua_remove(L, -2);
    }
    lua_engine *e = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return e;
}

/* Upvalue 1: the function; 2: the state's lua_engine. */
static int guarded(lua_State *L)
{
    const lua_engine *e = lua_touserdata(L, lua_upvalueindex(2));
    if (e->inside) {
        dm_error err = {DM_BUSY,
            "a function called from a rule can't use the engine"};
        return lua_failed(L, DM_BUSY, &err);
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void lua_set_guarded(lua_State *L, const luaL_Reg *functions)
{
    lua_engine *e = lua_engine_of(L);
    for (const luaL_Reg *f = functions; f->name != NULL; f++) {
        lua_pushcfunction(L, f->func);
        lua_pushlightuserdata(L, e);
        lua_pushcclosure(L, guarded, 2);
        lua_setfield(L, -2, f->name);
    }
}

int lua_failed(lua_State *L, dm_status status, const dm_error *err)
{
    const char *name = dm_status_name(status);
    luaL_pushfail(L);
    lua_pushstring(L, err != NULL && err->text[0] ? err->text : name);
    lua_pushstring(L, name);
    return 3;
}

/* ---- handles ------------------------------------------------------------ */

static void box_link(box *b, box *parent)
{
    b->parent = parent;
    b->next = parent->children;
    if (b->next != NULL)
        b->next->link = &b->next;
    b->link = &parent->children;
    parent->children = b;
}

static void box_unlink(box *b)
{
    if (b->parent == NULL)
        return;
    *b->link = b->next;
    if (b->next != NULL)
        b->next->link = b->link;
    b->parent = NULL;
    b->next = NULL;
    b->link = NULL;
}

box *box_new(lua_State *L, const char *type, int parent,
             void (*release)(lua_State *L, void *handle))
{
    parent = parent == 0 ? 0 : lua_absindex(L, parent);
    box *b = lua_newuserdatauv(L, sizeof *b, 1);
    *b = (box){.release = release};
    luaL_setmetatable(L, type);
    if (parent != 0) {
        lua_pushvalue(L, parent);
        lua_setiuservalue(L, -2, 1);
        box_link(b, lua_touserdata(L, parent));
    }
    return b;
}

box *box_check(lua_State *L, int index, const char *type)
{
    box *b = luaL_checkudata(L, index, type);
    if (b->handle == NULL)
        luaL_argerror(L, index, lua_pushfstring(L, "%s is closed", type));
    return b;
}

void box_close(lua_State *L, box *b)
{
    while (b->children != NULL)
        box_close(L, b->children);
    box_unlink(b);
    void *handle = b->handle;
    b->handle = NULL;
    if (handle != NULL)
        b->release(L, handle);
    assert(b->children == NULL && b->parent == NULL);
}

void box_push_parent(lua_State *L, int index)
{
    lua_getiuservalue(L, index, 1);
}

static int box_gc(lua_State *L)
{
    box *b = lua_touserdata(L, 1);
    if (b != NULL)
        box_close(L, b);
    return 0;
}

/* __close.  Unlike the collector's, it can come from a function called from a
 * rule, while the engine works on what the handle stands for. */
static int box_leave(lua_State *L)
{
    if (lua_engine_of(L)->inside)
        return luaL_error(L, "a function called from a rule can't close %s",
                          luaL_tolstring(L, 1, NULL));
    return box_gc(L);
}

/* Upvalue 1: the name of the type. */
static int box_tostring(lua_State *L)
{
    const box *b = lua_touserdata(L, 1);
    const char *type = lua_tostring(L, lua_upvalueindex(1));
    if (b == NULL || b->handle == NULL)
        lua_pushfstring(L, "%s (closed)", type);
    else
        lua_pushfstring(L, "%s (%p)", type, (const void *)b);
    return 1;
}

static void box_metamethods(lua_State *L, const char *type)
{
    lua_pushcfunction(L, box_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, box_leave);
    lua_setfield(L, -2, "__close");
    lua_pushstring(L, type);
    lua_pushcclosure(L, box_tostring, 1);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

void box_type(lua_State *L, const char *type, const luaL_Reg *methods)
{
    if (luaL_newmetatable(L, type)) {
        box_metamethods(L, type);
        lua_newtable(L);
        lua_set_guarded(L, methods);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}

/* ---- scratch memory ----------------------------------------------------- */

void scratch_free(scratch *s)
{
    arena_free(&s->arena);
    buf_free(&s->text);
    vec_free(&s->rows);
}

static int scratch_gc(lua_State *L)
{
    scratch_free(lua_touserdata(L, 1));
    return 0;
}

scratch *scratch_new(lua_State *L)
{
    scratch *s = lua_newuserdatauv(L, sizeof *s, 0);
    memset(s, 0, sizeof *s);
    if (luaL_newmetatable(L, SCRATCH_TYPE)) {
        lua_pushcfunction(L, scratch_gc);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
    return s;
}

void *scratch_alloc(lua_State *L, scratch *s, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size)
        luaL_error(L, "not enough memory");
    size_t bytes = count * size;
    void *at = arena_zalloc(&s->arena, bytes == 0 ? 1 : bytes);
    if (at == NULL)
        luaL_error(L, "not enough memory");
    return at;
}

int scratch_push_text(lua_State *L, scratch *s, bool ok)
{
    if (!ok || s->text.failed)
        return luaL_error(L, "not enough memory");
    lua_pushlstring(L, s->text.at == NULL ? "" : s->text.at, s->text.len);
    scratch_free(s);
    return 1;
}

/* ---- reading tables ----------------------------------------------------- */

const char *field_string(lua_State *L, int index, const char *name)
{
    int type = lua_getfield(L, index, name);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "field '%s' is a %s, not a string", name,
                   lua_typename(L, type));
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

lua_Integer field_int(lua_State *L, int index, const char *name,
                      lua_Integer otherwise)
{
    int exact = 1;
    lua_Integer value = otherwise;
    if (lua_getfield(L, index, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &exact);
    if (!exact)
        luaL_error(L, "field '%s' is no integer", name);
    lua_pop(L, 1);
    return value;
}

double field_number(lua_State *L, int index, const char *name,
                    double otherwise)
{
    int exact = 1;
    double value = otherwise;
    if (lua_getfield(L, index, name) != LUA_TNIL)
        value = lua_tonumberx(L, -1, &exact);
    if (!exact)
        luaL_error(L, "field '%s' is no number", name);
    lua_pop(L, 1);
    return value;
}

bool field_bool(lua_State *L, int index, const char *name)
{
    lua_getfield(L, index, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

const char **field_strings(lua_State *L, int index, const char *name,
                           scratch *s, size_t *count)
{
    *count = 0;
    if (lua_getfield(L, index, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return NULL;
    }
    luaL_checktype(L, -1, LUA_TTABLE);
    size_t n = lua_rawlen(L, -1);
    const char **out = scratch_alloc(L, s, n, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "field '%s' is no array of strings", name);
        size_t size;
        const char *text = lua_tolstring(L, -1, &size);
        out[i] = arena_strdup(&s->arena, text, size);
        if (out[i] == NULL)
            luaL_error(L, "not enough memory");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    *count = n;
    return out;
}
