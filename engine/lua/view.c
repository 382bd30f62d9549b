/* view.c - views as Lua sees them: what was known by a date, read at a date.
 *
 * Representation: a box with a dm_view; programs are its children and models
 * theirs, so that closing a view closes what was made in it, in order.
 * Invariants: a view's dates come out as plain days.  Serials of statements
 * that a scenario added lie above 2^63 and are negative integers here. */
#include "lua/lua_common.h"

static dm_view *check_view(lua_State *L)
{
    return box_check(L, 1, VIEW_TYPE)->handle;
}

static void view_release(lua_State *L, void *handle)
{
    (void)L;
    dm_view_close(handle);
}

static bool read_day(lua_State *L, const char *name, int32_t *out)
{
    bool there = lua_getfield(L, 2, name) != LUA_TNIL;
    if (there)
        *out = value_day(L, -1);
    lua_pop(L, 1);
    return there;
}

/* kb:view{at=, known_by=, sources=, speakers=, sole=} -> view */
int view_new(lua_State *L)
{
    dm_kb *kb = box_check(L, 1, KB_TYPE)->handle;
    dm_view_options options = {0};
    lua_settop(L, 2);
    scratch *mem = scratch_new(L);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        options.has_at = read_day(L, "at", &options.at);
        options.has_known_by = read_day(L, "known_by", &options.known_by);
        options.sources =
            field_strings(L, 2, "sources", mem, &options.nsources);
        options.speakers =
            field_strings(L, 2, "speakers", mem, &options.nspeakers);
        options.sole = field_bool(L, 2, "sole");
    }
    box *b = box_new(L, VIEW_TYPE, 1, view_release);
    dm_error err = {0};
    dm_view *v;
    dm_status st = dm_view_open(kb, &options, &v, &err);
    scratch_free(mem);
    if (st != DM_OK) {
        box_close(L, b); /* kb:close() must not wait for it */
        return lua_failed(L, st, &err);
    }
    b->handle = v;
    return 1;
}

static int view_at(lua_State *L)
{
    value_push_day(L, dm_view_at(check_view(L)));
    return 1;
}

static int view_known_by(lua_State *L)
{
    value_push_day(L, dm_view_known_by(check_view(L)));
    return 1;
}

/* view:add(statement) -> serial */
static int view_add(lua_State *L)
{
    dm_view *v = check_view(L);
    dm_statement s;
    scratch *mem = scratch_new(L);
    statement_check(L, 2, dm_view_terms(v), mem, &s);
    dm_error err = {0};
    uint64_t serial = 0;
    dm_status st = dm_view_add(v, &s, &serial, &err);
    scratch_free(mem);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushinteger(L, (lua_Integer)serial);
    return 1;
}

/* view:withdraw(serial) -> true */
static int view_withdraw(lua_State *L)
{
    dm_error err = {0};
    dm_status st = dm_view_withdraw(check_view(L), value_serial(L, 2), &err);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, 1);
    return 1;
}

static int view_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dm_view_count(check_view(L)));
    return 1;
}

static void push_hidden(lua_State *L, dm_hidden why)
{
    static const char *const names[] = {NULL, "later", "source", "speaker",
                                        "because", "withdrawn"};
    lua_pushstring(L, names[why]);
}

/* view:statement(i) -> statement, reason why it is hidden, or nil */
static int view_statement(lua_State *L)
{
    dm_view *v = check_view(L);
    lua_Integer i = luaL_checkinteger(L, 2);
    luaL_argcheck(L, i >= 1 && (lua_Unsigned)i <= dm_view_count(v), 2,
                  "no such statement");
    dm_hidden why = DM_VISIBLE;
    const dm_statement *s = dm_view_get(v, (size_t)i - 1, &why);
    statement_push(L, dm_view_terms(v), s);
    push_hidden(L, why);
    return 2;
}

static int view_find(lua_State *L)
{
    dm_view *v = check_view(L);
    const dm_statement *s = dm_view_find(v, value_serial(L, 2));
    if (s == NULL)
        lua_pushnil(L);
    else
        statement_push(L, dm_view_terms(v), s);
    return 1;
}

/* ---- table files -------------------------------------------------------- */

static char read_separator(lua_State *L, int index)
{
    const char *separator = field_string(L, index, "separator");
    if (separator == NULL)
        return '\0';
    if (separator[0] == '\0' || separator[1] != '\0')
        luaL_error(L, "a separator is one byte");
    return separator[0];
}

static void read_types(lua_State *L, int index, scratch *s,
                       table_options *out)
{
    if (lua_getfield(L, index, "types") == LUA_TTABLE) {
        size_t n = lua_rawlen(L, -1);
        dm_type *types = scratch_alloc(L, s, n, sizeof *types);
        for (size_t i = 0; i < n; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            types[i] = value_type(L, -1);
            if (types[i] == DM_ANY)
                types[i] = DM_SYMBOL;
            lua_pop(L, 1);
        }
        out->types = types;
        out->ncolumns = (uint32_t)n;
    }
    lua_pop(L, 1);
}

static void read_pick(lua_State *L, int index, scratch *s, table_options *out)
{
    if (lua_getfield(L, index, "pick") == LUA_TTABLE) {
        if (lua_rawlen(L, -1) != out->ncolumns)
            luaL_error(L, "as many columns must be picked as there are types");
        uint32_t *pick =
            scratch_alloc(L, s, out->ncolumns, sizeof *pick);
        for (uint32_t i = 0; i < out->ncolumns; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            lua_Integer column = lua_tointeger(L, -1);
            if (column < 1 || column > 100000)
                luaL_error(L, "there is no column %I", (LUAI_UACINT)column);
            pick[i] = (uint32_t)(column - 1);
            lua_pop(L, 1);
        }
        out->pick = pick;
    }
    lua_pop(L, 1);
}

void table_options_check(lua_State *L, int index, scratch *s,
                         table_options *out)
{
    *out = (table_options){.cancel = &lua_engine_of(L)->cancel};
    if (lua_isnoneornil(L, index))
        return;
    luaL_checktype(L, index, LUA_TTABLE);
    out->separator = read_separator(L, index);
    out->quoted = field_bool(L, index, "quoted");
    out->header = field_bool(L, index, "header");
    out->threads = (unsigned)field_int(L, index, "threads", 0);
    read_types(L, index, s, out);
    read_pick(L, index, s, out);
    size_t names;
    out->names = field_strings(L, index, "names", s, &names);
    if (out->names != NULL && names != out->ncolumns && out->ncolumns != 0)
        luaL_error(L, "there must be as many names as columns");
}

/* view:table(relation, file, options) -> number of rows: read a table file as
 * input of the relation in this view, without making statements; with
 * options.once as input of the next model only, which takes the rows over */
static int view_table(lua_State *L)
{
    dm_view *v = check_view(L);
    const char *relation = luaL_checkstring(L, 2);
    const char *file = luaL_checkstring(L, 3);
    lua_settop(L, 4);
    table_options options;
    scratch *mem = scratch_new(L);
    table_options_check(L, 4, mem, &options);
    bool once = lua_istable(L, 4) && field_bool(L, 4, "once");
    luaL_argcheck(L, options.types != NULL, 4, "types are needed");
    columns rows = {0};
    dm_error err = {0};
    dm_status st = table_read(file, &options, dm_view_terms(v), &rows, &err);
    lua_Integer count = (lua_Integer)rows.nrows;
    if (st == DM_OK)
        st = dm_view_rows(v, relation, options.types, &rows, once, &err);
    columns_free(&rows);
    scratch_free(mem);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushinteger(L, count);
    return 1;
}

/* view:refresh() -> true, or nil, message, code: "unsupported" when it is not
 * simple, and nothing has changed */
static int view_refresh(lua_State *L)
{
    dm_view *v = check_view(L);
    lua_engine *e = lua_engine_of(L);
    dm_error err = {0};
    e->L = L;
    dm_status st = dm_view_refresh(v, &err);
    e->L = NULL;
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushboolean(L, 1);
    return 1;
}

static int view_close(lua_State *L)
{
    box_close(L, luaL_checkudata(L, 1, VIEW_TYPE));
    return 0;
}

void open_view(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"at", view_at},           {"known_by", view_known_by},
        {"add", view_add},         {"withdraw", view_withdraw},
        {"count", view_count},     {"statement", view_statement},
        {"find", view_find},       {"program", program_new},
        {"evaluate", model_new},   {"table", view_table},
        {"refresh", view_refresh}, {"close", view_close},
        {NULL, NULL},
    };
    box_type(L, VIEW_TYPE, methods);
}
