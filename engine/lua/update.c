/* update.c - changing a model from Lua.
 *
 * model:update{ add = {edge = {{1, 2}, ...}}, remove = {...} } is read into
 * one change for each relation named, in memory of the call. */
#include "lua/lua_common.h"

enum { ADD, REMOVE, NKINDS };

/* The changes being read. */
typedef struct reading {
    lua_State *L;
    dm_eval *e;
    scratch *s;
    dm_change *changes;
    uint32_t n;
} reading;

static const char *const kinds[NKINDS] = {"add", "remove"};

/* The change of a relation, made when it is the first. */
static dm_change *change_of(reading *r, uint32_t relation)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (r->changes[i].relation == relation)
            return &r->changes[i];
    dm_change *c = &r->changes[r->n++];
    c->relation = relation;
    return c;
}

/* Read the row on top of the stack. */
static void read_row(reading *r, const dm_relation *decl, lua_Integer number,
                     dm_cell *out)
{
    lua_State *L = r->L;
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) != decl->arity)
        luaL_error(L, "row %I of %s is no table of %I values",
                   (LUAI_UACINT)number, decl->name,
                   (LUAI_UACINT)decl->arity);
    for (uint32_t i = 0; i < decl->arity; i++) {
        dm_type type = decl->columns[i].type;
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        if (!value_cell(L, -1, eval_terms(r->e), type, &out[i]))
            luaL_error(L, "value %I in row %I of %s is of no type %s",
                       (LUAI_UACINT)i + 1, (LUAI_UACINT)number, decl->name,
                       value_type_name(type));
        lua_pop(L, 1);
    }
}

/* Read the rows on top of the stack, of the relation named below them. */
static void read_rows(reading *r, int kind)
{
    lua_State *L = r->L;
    uint32_t relation;
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2)
                                                      : "?";
    if (!dm_program_find_relation(eval_program(r->e), name, &relation))
        luaL_error(L, "there is no relation '%s'", name);
    const dm_relation *decl =
        dm_program_get_relation(eval_program(r->e), relation);
    luaL_checktype(L, -1, LUA_TTABLE);
    size_t n = lua_rawlen(L, -1), width = decl->arity;
    dm_cell *rows = scratch_alloc(L, r->s, n * width + 1, sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        read_row(r, decl, (lua_Integer)i + 1, rows + i * width);
        lua_pop(L, 1);
    }
    dm_change *c = change_of(r, relation);
    *(kind == ADD ? &c->added : &c->removed) = rows;
    *(kind == ADD ? &c->nadded : &c->nremoved) = n;
}

static void read_changes(reading *r)
{
    lua_State *L = r->L;
    uint32_t most = dm_program_nrelations(eval_program(r->e));
    r->changes = scratch_alloc(L, r->s, most + (size_t)1,
                               sizeof *r->changes);
    for (int kind = 0; kind < NKINDS; kind++) {
        if (lua_getfield(L, 2, kinds[kind]) != LUA_TNIL) {
            luaL_checktype(L, -1, LUA_TTABLE);
            lua_pushnil(L);
            while (lua_next(L, -2)) {
                read_rows(r, kind);
                lua_pop(L, 1);
            }
        }
        lua_pop(L, 1);
    }
}

int model_update(lua_State *L)
{
    dm_model *m = box_check(L, 1, MODEL_TYPE)->handle;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    reading r = {.L = L, .e = dm_model_eval(m), .s = scratch_new(L)};
    lua_engine *engine = lua_engine_of(L);
    dm_error err = {0};
    read_changes(&r);
    engine->L = L;
    dm_status st = dm_model_change(m, r.changes, r.n, &err);
    engine->L = NULL;
    scratch_free(r.s);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, 1);
    return 1;
}
