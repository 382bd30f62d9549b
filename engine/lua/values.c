/* values.c - values of the language, between cells and Lua.
 *
 * Representation in Lua: symbol = string, int = integer, float = float; date,
 * compound and interval = tables with the metatables of the Lua module
 * dragoman.values (date_meta, term_meta, interval_meta), fetched at first use
 * and kept in the registry.  A compound is {name=, arg, ...}; a date {day=,
 * text=, earliest=, latest=, qualifier=, edtf=}; an interval {from=, to=}.
 * Invariants: what goes out comes back as the same term.  NaN, a table that
 * is none of these, and nesting beyond 10,000 are mistakes and raise.
 * Cost: one step per node of a term. */
#include "lua/lua_common.h"

#include "base/date.h"

#include <math.h>
#include <string.h>

enum { DEEPEST = 10000 };

typedef enum meta { META_DATE, META_TERM, META_INTERVAL } meta;

static const char *const meta_names[] = {"date_meta", "term_meta",
                                         "interval_meta"};
static const char meta_keys[3];

static const char *const type_names[] = {"any",  "symbol",   "int", "float",
                                         "date", "interval", "term"};

/* ---- metatables --------------------------------------------------------- */

static void load_meta(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "dragoman.values");
    lua_call(L, 1, 1);
    for (int i = 0; i < 3; i++) {
        if (lua_getfield(L, -1, meta_names[i]) != LUA_TTABLE)
            luaL_error(L, "dragoman.values has no %s", meta_names[i]);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &meta_keys[i]);
    }
    lua_pop(L, 1);
}

static void push_meta(lua_State *L, meta which)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &meta_keys[which]) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    load_meta(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &meta_keys[which]);
}

/* Which kind of value is the table at `index`?  -1: none. */
static int meta_of(lua_State *L, int index)
{
    if (!lua_istable(L, index) || !lua_getmetatable(L, index))
        return -1;
    int found = -1;
    for (int i = 0; i < 3 && found < 0; i++) {
        push_meta(L, (meta)i);
        if (lua_rawequal(L, -1, -2))
            found = i;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return found;
}

/* ---- dates -------------------------------------------------------------- */

static bool is_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

/* Is it written bare, 2021-04-13 or 2021-04 (and not as a season)? */
static bool is_bare_date(const char *s, size_t n)
{
    if ((n != 7 && n != 10) || !is_digits(s, 4) || s[4] != '-'
        || !is_digits(s + 5, 2) || (s[5] - '0') * 10 + s[6] - '0' > 12)
        return false;
    return n == 7 || (s[7] == '-' && is_digits(s + 8, 2));
}

static const char *qualifier_name(uint32_t flags)
{
    switch (flags & (DM_DATE_UNCERTAIN | DM_DATE_APPROXIMATE)) {
    case DM_DATE_UNCERTAIN: return "uncertain";
    case DM_DATE_APPROXIMATE: return "approximate";
    case DM_DATE_UNCERTAIN | DM_DATE_APPROXIMATE: return "both";
    default: return NULL;
    }
}

static void set_int(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* A date whose text is on top of the stack; replaces it. */
static void push_date_object(lua_State *L, int32_t earliest, int32_t latest,
                             uint32_t flags)
{
    size_t n;
    const char *text = lua_tolstring(L, -1, &n);
    bool plain = is_bare_date(text, n)
                 || (earliest == latest && flags == 0);
    lua_createtable(L, 0, 6);
    lua_insert(L, -2);
    lua_setfield(L, -2, "text");
    set_int(L, "day", latest);
    set_int(L, "earliest", earliest);
    set_int(L, "latest", latest);
    if (qualifier_name(flags) != NULL) {
        lua_pushstring(L, qualifier_name(flags));
        lua_setfield(L, -2, "qualifier");
    }
    if (!plain) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "edtf");
    }
    push_meta(L, META_DATE);
    lua_setmetatable(L, -2);
}

void value_push_day(lua_State *L, int32_t day)
{
    char text[16];
    date_format(day, text);
    lua_pushstring(L, text);
    push_date_object(L, day, day, 0);
}

void value_push_date(lua_State *L, const dm_terms *t, const dm_date *date)
{
    if (date->text == 0) {
        char text[16], first[16];
        date_format(date->earliest, first);
        date_format(date->latest, text);
        if (date->earliest == date->latest)
            lua_pushstring(L, text);
        else
            lua_pushfstring(L, "%s/%s", first, text);
    } else {
        size_t n;
        const char *text = terms_text(t, date->text, &n);
        lua_pushlstring(L, text, n);
    }
    push_date_object(L, date->earliest, date->latest, date->flags);
}

static int32_t check_day(lua_State *L, lua_Integer day)
{
    if (day < DM_DAY_MIN || day > DM_DAY_MAX)
        luaL_error(L, "a date is out of range");
    return (int32_t)day;
}

static uint32_t qualifier_flags(lua_State *L, int index)
{
    const char *q = field_string(L, index, "qualifier");
    if (q == NULL)
        return (uint32_t)field_int(L, index, "flags", 0);
    if (strcmp(q, "uncertain") == 0)
        return DM_DATE_UNCERTAIN;
    if (strcmp(q, "approximate") == 0)
        return DM_DATE_APPROXIMATE;
    return DM_DATE_UNCERTAIN | DM_DATE_APPROXIMATE;
}

static dm_term check_symbol(lua_State *L, int index, dm_terms *t)
{
    size_t n;
    const char *text = lua_tolstring(L, index, &n);
    dm_term id;
    if (terms_symbol(t, text, n, &id) != DM_OK)
        luaL_error(L, "not enough memory");
    return id;
}

/* The date object at `index` (absolute). */
static void read_date(lua_State *L, int index, dm_terms *t, dm_date *out)
{
    lua_Integer day = field_int(L, index, "day", 0);
    dm_date d = {
        .earliest = check_day(L, field_int(L, index, "earliest", day)),
        .latest = check_day(L, field_int(L, index, "latest", day)),
        .flags = qualifier_flags(L, index),
    };
    if (d.earliest > d.latest)
        luaL_error(L, "a date ends before it begins");
    if (d.earliest != d.latest)
        d.flags |= DM_DATE_NOT_A_DAY;
    if (d.flags != 0 && t != NULL) {
        if (lua_getfield(L, index, "text") == LUA_TSTRING)
            d.text = check_symbol(L, -1, t);
        lua_pop(L, 1);
    }
    *out = d;
}

void value_date(lua_State *L, int index, dm_terms *t, dm_date *out)
{
    index = lua_absindex(L, index);
    size_t n;
    int32_t day;
    if (lua_isinteger(L, index)) {
        day = check_day(L, lua_tointeger(L, index));
    } else if (lua_type(L, index) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, index, &n);
        if (!date_parse(text, n, &day))
            luaL_error(L, "'%s' is no date like 2021-04-13", text);
    } else if (meta_of(L, index) == META_DATE) {
        read_date(L, index, t, out);
        return;
    } else {
        luaL_error(L, "a %s is no date", luaL_typename(L, index));
        return;
    }
    *out = (dm_date){.earliest = day, .latest = day};
}

int32_t value_day(lua_State *L, int index)
{
    dm_date d;
    value_date(L, index, NULL, &d);
    return d.latest;
}

/* ---- out ---------------------------------------------------------------- */

static void push_interval(lua_State *L, const dm_terms *t, dm_term id)
{
    int32_t from, to;
    terms_get_interval(t, id, &from, &to);
    lua_createtable(L, 0, 2);
    value_push_day(L, from);
    lua_setfield(L, -2, "from");
    value_push_day(L, to);
    lua_setfield(L, -2, "to");
    push_meta(L, META_INTERVAL);
    lua_setmetatable(L, -2);
}

static void push_compound(lua_State *L, const dm_terms *t, dm_term id)
{
    uint32_t n = terms_arity(t, id);
    const dm_term *args = terms_args(t, id);
    luaL_checkstack(L, 8, "term too deep");
    lua_createtable(L, (int)n, 1);
    value_push(L, t, terms_functor(t, id));
    lua_setfield(L, -2, "name");
    for (uint32_t i = 0; i < n; i++) {
        value_push(L, t, args[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    push_meta(L, META_TERM);
    lua_setmetatable(L, -2);
}

void value_push(lua_State *L, const dm_terms *t, dm_term id)
{
    size_t n;
    const char *text;
    switch (terms_kind(t, id)) {
    case TERM_SYMBOL:
        text = terms_text(t, id, &n);
        lua_pushlstring(L, text, n);
        break;
    case TERM_INT: lua_pushinteger(L, terms_get_int(t, id)); break;
    case TERM_FLOAT: lua_pushnumber(L, terms_get_float(t, id)); break;
    case TERM_DATE: value_push_day(L, terms_get_date(t, id)); break;
    case TERM_INTERVAL: push_interval(L, t, id); break;
    case TERM_COMPOUND: push_compound(L, t, id); break;
    }
}

void value_push_cell(lua_State *L, const dm_terms *t, dm_type type,
                     dm_cell cell)
{
    switch (type) {
    case DM_INT: lua_pushinteger(L, cell_get_int(cell)); break;
    case DM_FLOAT: lua_pushnumber(L, cell_get_float(cell)); break;
    case DM_DATE: value_push_day(L, (int32_t)cell_get_int(cell)); break;
    default: value_push(L, t, (dm_term)cell); break;
    }
}

/* ---- in ----------------------------------------------------------------- */

static void check_made(lua_State *L, dm_status st)
{
    if (st == DM_NOMEM)
        luaL_error(L, "not enough memory");
    if (st != DM_OK)
        luaL_error(L, "a term can't be made: %s", dm_status_name(st));
}

static double check_float(lua_State *L, int index)
{
    double x = lua_tonumber(L, index);
    if (isnan(x))
        luaL_error(L, "NaN is no value");
    return x;
}

static dm_term read_term(lua_State *L, int index, dm_terms *t, int depth);

static dm_term read_interval(lua_State *L, int index, dm_terms *t)
{
    dm_date from, to;
    dm_term id = 0;
    lua_getfield(L, index, "from");
    value_date(L, -1, NULL, &from);
    lua_getfield(L, index, "to");
    value_date(L, -1, NULL, &to);
    lua_pop(L, 2);
    check_made(L, terms_interval(t, from.earliest, to.latest, &id));
    return id;
}

static dm_term read_compound(lua_State *L, int index, dm_terms *t, int depth)
{
    dm_term few[8], *args = few, id = 0;
    size_t n = lua_rawlen(L, index);
    if (depth > DEEPEST)
        luaL_error(L, "a term is nested over %d deep", (int)DEEPEST);
    luaL_checkstack(L, 8, "term too deep");
    if (lua_getfield(L, index, "name") != LUA_TSTRING)
        luaL_error(L, "a compound term has no name");
    dm_term functor = check_symbol(L, -1, t);
    lua_pop(L, 1);
    if (n == 0)
        return functor;
    /* Large argument lists live in a userdata, popped at the end. */
    if (n > sizeof few / sizeof *few)
        args = lua_newuserdatauv(L, n * sizeof *args, 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        args[i] = read_term(L, lua_gettop(L), t, depth + 1);
        lua_pop(L, 1);
    }
    check_made(L, terms_compound(t, functor, args, (uint32_t)n, &id));
    lua_pop(L, args == few ? 0 : 1);
    return id;
}

static dm_term read_table(lua_State *L, int index, dm_terms *t, int depth)
{
    dm_term id = 0;
    switch (meta_of(L, index)) {
    case META_TERM: return read_compound(L, index, t, depth);
    case META_INTERVAL: return read_interval(L, index, t);
    case META_DATE:
        check_made(L, terms_date(t, value_day(L, index), &id));
        return id;
    default:
        luaL_error(L, "a plain table is no value");
        return 0;
    }
}

static dm_term read_term(lua_State *L, int index, dm_terms *t, int depth)
{
    dm_term id = 0;
    switch (lua_type(L, index)) {
    case LUA_TSTRING: return check_symbol(L, index, t);
    case LUA_TTABLE: return read_table(L, index, t, depth);
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            check_made(L, terms_int(t, lua_tointeger(L, index), &id));
        else
            check_made(L, terms_float(t, check_float(L, index), &id));
        return id;
    default:
        luaL_error(L, "a %s is no value", luaL_typename(L, index));
        return 0;
    }
}

dm_term value_term(lua_State *L, int index, dm_terms *t)
{
    return read_term(L, lua_absindex(L, index), t, 0);
}

dm_type value_constant(lua_State *L, int index, dm_terms *t, dm_cell *out)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        *out = check_symbol(L, index, t);
        return DM_SYMBOL;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            *out = cell_int(lua_tointeger(L, index));
            return DM_INT;
        }
        *out = cell_float(check_float(L, index));
        return DM_FLOAT;
    default:
        break;
    }
    int kind = meta_of(L, index);
    if (kind == META_DATE) {
        *out = cell_int(value_day(L, index));
        return DM_DATE;
    }
    *out = value_term(L, index, t);
    return kind == META_INTERVAL ? DM_INTERVAL : DM_TERM;
}

bool value_cell(lua_State *L, int index, dm_terms *t, dm_type type,
                dm_cell *out)
{
    dm_type found = value_constant(L, index, t, out);
    if (found == type)
        return true;
    if (type == DM_TERM) {
        *out = value_term(L, index, t);
        return true;
    }
    if (type == DM_FLOAT && found == DM_INT) {
        *out = cell_float((double)cell_get_int(*out));
        return true;
    }
    return false;
}

/* ---- types and serials -------------------------------------------------- */

const char *value_type_name(dm_type type)
{
    return type_names[type];
}

dm_type value_type(lua_State *L, int index)
{
    if (lua_isnil(L, index))
        return DM_ANY;
    const char *name = lua_tostring(L, index);
    for (int i = 0; name != NULL && i <= DM_TERM; i++)
        if (strcmp(name, type_names[i]) == 0)
            return (dm_type)i;
    luaL_error(L, "there is no type '%s'", luaL_tolstring(L, index, NULL));
    return DM_ANY;
}

uint64_t value_serial(lua_State *L, int index)
{
    return (uint64_t)luaL_checkinteger(L, index);
}
