/* demand.c - programs rewritten for a goal, or for speed, as Lua sees them.
 *
 * Representation: a program that is the child of the one it was made from,
 * whose functions it calls.
 * Cost: that of dm_program_demand and dm_program_divide. */
#include "lua/lua_common.h"

#include <string.h>

enum { MOST_COLUMNS = 64 };

static void demand_release(lua_State *L, void *handle)
{
    (void)L;
    lua_program *p = handle;
    dm_program_free(p->program);
    mem_free(p);
}

/* The columns of the pattern at `index` that have values; one that isn't of
 * its column's type, with which nothing agrees, binds nothing. */
static uint64_t read_pattern(lua_State *L, int index, const dm_relation *r,
                             dm_terms *terms, dm_cell *cells)
{
    uint64_t mask = 0;
    if (lua_isnoneornil(L, index))
        return 0;
    luaL_checktype(L, index, LUA_TTABLE);
    for (uint32_t i = 0; i < r->arity; i++) {
        if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TNIL
            && value_cell(L, -1, terms, r->columns[i].type, &cells[i]))
            mask |= UINT64_C(1) << i;
        lua_pop(L, 1);
    }
    return mask;
}

/* The view's userdata, whose terms programs are made over. */
static dm_terms *terms_of(lua_State *L)
{
    box_push_parent(L, 1);
    const box *b = luaL_testudata(L, -1, VIEW_TYPE);
    luaL_argcheck(L, b != NULL && b->handle != NULL, 1,
                  "a program of a view");
    lua_pop(L, 1);
    return dm_view_terms(b->handle);
}

/* A program to be made, the child of the one at index 1. */
static box *new_program(lua_State *L, lua_program **made)
{
    box *b = box_new(L, PROGRAM_TYPE, 1, demand_release);
    *made = mem_calloc(1, sizeof **made);
    if (*made == NULL)
        luaL_error(L, "not enough memory");
    b->handle = *made;
    return b;
}

/* program:demand(relation, pattern|nil, {force = {"demand", ...}}|nil) ->
 * program, the name of the goal's relation in it */
int program_demand(lua_State *L)
{
    const lua_program *p = box_check(L, 1, PROGRAM_TYPE)->handle;
    const char *name = luaL_checkstring(L, 2);
    lua_settop(L, 4);
    unsigned force = option_force(L, 4);
    uint32_t relation, goal;
    if (!dm_program_find_relation(p->program, name, &relation))
        luaL_argerror(L, 2,
                      lua_pushfstring(L, "there is no relation '%s'", name));
    const dm_relation *r = dm_program_get_relation(p->program, relation);
    dm_cell cells[MOST_COLUMNS] = {0};
    uint64_t mask = read_pattern(L, 3, r, terms_of(L), cells);
    lua_program *made;
    box *b = new_program(L, &made);
    dm_error err = {0};
    dm_status st = dm_program_demand(p->program, relation, mask, cells, force,
                                     &made->program, &goal, &err);
    if (st != DM_OK) {
        box_close(L, b);
        return lua_failed(L, st, &err);
    }
    lua_pushstring(L, dm_program_get_relation(made->program, goal)->name);
    return 2;
}

/* program:divide() -> program, or nil: there is nothing to divide */
int program_divide(lua_State *L)
{
    const lua_program *p = box_check(L, 1, PROGRAM_TYPE)->handle;
    lua_program *made;
    box *b = new_program(L, &made);
    dm_error err = {0};
    dm_status st = dm_program_divide(p->program, &made->program, &err);
    if (st == DM_OK && made->program != NULL)
        return 1;
    box_close(L, b);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushnil(L);
    return 1;
}
