/* statement.c - statements between Lua tables and the store's tagged fields.
 *
 * Representation in Lua: {serial=, txn=, kind=, origin=, ...} with the fields
 * named as in the table below, which is also the order they are stored in, so
 * that equal statements have equal bytes.  Repeated fields are arrays.
 * Invariants: what is read back equals what was put in; an unknown key raises,
 * a misspelt field would be lost otherwise.
 * Cost: one step per field. */
#include "lua/lua_common.h"

#include <string.h>

typedef struct field_name {
    const char *name;
    dm_tag tag;
    dm_field_type type;
    bool many;
} field_name;

#define T DM_FIELD_TERM
#define D DM_FIELD_DATE
#define I DM_FIELD_INT
#define S DM_FIELD_BYTES
static const field_name names[] = {
    {"text", DM_TAG_TEXT, S, false},
    {"line", DM_TAG_LINE, I, false},
    {"column", DM_TAG_COLUMN, I, false},
    {"language", DM_TAG_LANGUAGE, I, false},
    {"doc", DM_TAG_DOC, S, false},
    {"relation", DM_TAG_RELATION, T, false},
    {"args", DM_TAG_ARG, T, true},
    {"from", DM_TAG_FROM, D, false},
    {"to", DM_TAG_TO, D, false},
    {"on", DM_TAG_ON, D, false},
    {"source", DM_TAG_SOURCE, T, false},
    {"judge", DM_TAG_JUDGE, T, false},
    {"because", DM_TAG_BECAUSE, T, true},
    {"made", DM_TAG_MADE, D, false},
    {"probability", DM_TAG_PROBABILITY, S, false},
    {"basis", DM_TAG_BASIS, S, false},
    {"label", DM_TAG_LABEL, S, false},
    {"alias", DM_TAG_ALIAS, S, true},
    {"scale", DM_TAG_SCALE, S, false},
    {"schema", DM_TAG_SCHEMA, I, false},
    {"file", DM_TAG_FILE, S, false},
    {"rows", DM_TAG_ROWS, I, false},
    {"id", DM_TAG_ID, T, false},
    {"speaker", DM_TAG_SPEAKER, T, false},
    {"body", DM_TAG_BODY, T, false},
    {"origin_of", DM_TAG_ORIGIN, T, false},
    {"via", DM_TAG_VIA, T, false},
    {"chain", DM_TAG_CHAIN, T, true},
    {"act", DM_TAG_ACT, T, false},
    {"content", DM_TAG_CONTENT, T, false},
    {"atom", DM_TAG_ATOM, T, false},
    {"sign", DM_TAG_SIGN, I, false},
    {"if", DM_TAG_IF, T, true},
    {"only_if", DM_TAG_ONLY_IF, T, true},
    {"until", DM_TAG_UNTIL, T, true},
    {"by", DM_TAG_BY, D, false},
    {"said", DM_TAG_SAID, D, false},
    {"hedge", DM_TAG_HEDGE, T, false},
    {"reliability", DM_TAG_RELIABILITY, T, false},
    {"credibility", DM_TAG_CREDIBILITY, T, false},
    {"after", DM_TAG_AFTER, T, true},
    {"para", DM_TAG_PARA, I, false},
    {"speaker_name", DM_TAG_SPEAKER_NAME, S, false},
    {"title", DM_TAG_TITLE, S, false},
    {"publisher", DM_TAG_PUBLISHER, S, false},
    {"published", DM_TAG_PUBLISHED, D, false},
    {"field", DM_TAG_FIELD, S, true},
    {"process", DM_TAG_PROCESS, T, false},
    {"resolves", DM_TAG_RESOLVES, S, false},
    {"option", DM_TAG_OPTION, T, true},
};
#undef T
#undef D
#undef I
#undef S
enum { NAMES = sizeof names / sizeof *names };

static const char *const kinds[] = {NULL, "fact", "claim", "source", "rule",
    "declaration", "question", "judgement", "import"};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- out ---------------------------------------------------------------- */

static const field_name *find_tag(uint32_t tag)
{
    for (int i = 0; i < NAMES; i++)
        if ((uint32_t)names[i].tag == tag)
            return &names[i];
    return NULL;
}

static void push_field(lua_State *L, const dm_terms *t, const dm_field *f)
{
    switch (f->type) {
    case DM_FIELD_TERM: value_push(L, t, f->term); break;
    case DM_FIELD_DATE: value_push_date(L, t, &f->date); break;
    case DM_FIELD_INT: lua_pushinteger(L, f->number); break;
    case DM_FIELD_BYTES: lua_pushlstring(L, f->bytes, f->size); break;
    }
}

/* Set the field in the statement table on top of the stack. */
static void set_field(lua_State *L, const dm_terms *t, const dm_field *f)
{
    const field_name *name = find_tag(f->tag);
    if (name == NULL)
        return; /* of a newer version: kept in the store, unseen here */
    if (!name->many) {
        push_field(L, t, f);
        lua_setfield(L, -2, name->name);
        return;
    }
    if (lua_getfield(L, -1, name->name) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, name->name);
    }
    push_field(L, t, f);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

void statement_push(lua_State *L, const dm_terms *t, const dm_statement *s)
{
    lua_createtable(L, 0, (int)(s->nfields < 32 ? s->nfields : 32) + 4);
    lua_pushinteger(L, (lua_Integer)s->serial);
    lua_setfield(L, -2, "serial");
    lua_pushinteger(L, (lua_Integer)s->txn);
    lua_setfield(L, -2, "txn");
    if (s->kind > 0 && (int)s->kind < KINDS) {
        lua_pushstring(L, kinds[s->kind]);
        lua_setfield(L, -2, "kind");
    }
    if (s->origin != 0) {
        value_push(L, t, s->origin);
        lua_setfield(L, -2, "origin");
    }
    for (size_t i = 0; i < s->nfields; i++)
        set_field(L, t, &s->fields[i]);
}

/* ---- in ----------------------------------------------------------------- */

static const field_name *find_name(const char *name)
{
    for (int i = 0; i < NAMES; i++)
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    return NULL;
}

static bool is_header(const char *name)
{
    return strcmp(name, "serial") == 0 || strcmp(name, "txn") == 0
           || strcmp(name, "kind") == 0 || strcmp(name, "origin") == 0;
}

/* Check the keys of the table; the number of fields it makes. */
static size_t count_fields(lua_State *L, int index)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "a statement has no array part");
        const char *key = lua_tostring(L, -2);
        const field_name *name = find_name(key);
        if (name == NULL && !is_header(key))
            luaL_error(L, "a statement has no field '%s'", key);
        if (name != NULL && name->many && !lua_istable(L, -1))
            luaL_error(L, "field '%s' is no array", key);
        if (name != NULL)
            n += name->many ? lua_rawlen(L, -1) : 1;
    }
    return n;
}

/* The value on top of the stack as a field. */
static void read_field(lua_State *L, const field_name *name, dm_terms *t,
                       dm_field *out)
{
    int exact;
    *out = (dm_field){.tag = (uint32_t)name->tag, .type = name->type};
    switch (name->type) {
    case DM_FIELD_TERM: out->term = value_term(L, -1, t); break;
    case DM_FIELD_DATE: value_date(L, -1, t, &out->date); break;
    case DM_FIELD_INT:
        out->number = lua_tointegerx(L, -1, &exact);
        if (!exact)
            luaL_error(L, "field '%s' is no integer", name->name);
        break;
    case DM_FIELD_BYTES:
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "field '%s' is no string", name->name);
        out->bytes = lua_tolstring(L, -1, &out->size);
        break;
    }
}

static dm_field *read_array(lua_State *L, const field_name *name, dm_terms *t,
                            dm_field *out)
{
    size_t n = lua_rawlen(L, -1);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        read_field(L, name, t, out++);
        lua_pop(L, 1);
    }
    return out;
}

static dm_kind read_kind(lua_State *L, int index)
{
    const char *kind = field_string(L, index, "kind");
    for (int i = 1; kind != NULL && i < KINDS; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return (dm_kind)i;
    luaL_error(L, "there is no kind of statement '%s'",
               kind == NULL ? "nil" : kind);
    return DM_FACT;
}

static dm_term read_origin(lua_State *L, int index, dm_terms *t)
{
    if (lua_getfield(L, index, "origin") == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushliteral(L, "entered");
    }
    dm_term origin = value_term(L, -1, t);
    lua_pop(L, 1);
    return origin;
}

void statement_check(lua_State *L, int index, dm_terms *t, scratch *s,
                     dm_statement *out)
{
    index = lua_absindex(L, index);
    luaL_checktype(L, index, LUA_TTABLE);
    size_t count = count_fields(L, index);
    dm_field *fields = scratch_alloc(L, s, count, sizeof *fields);
    dm_field *next = fields;
    for (int i = 0; i < NAMES; i++) {
        if (lua_getfield(L, index, names[i].name) != LUA_TNIL) {
            if (names[i].many)
                next = read_array(L, &names[i], t, next);
            else
                read_field(L, &names[i], t, next++);
        }
        lua_pop(L, 1);
    }
    *out = (dm_statement){
        .kind = read_kind(L, index),
        .origin = read_origin(L, index, t),
        .nfields = (size_t)(next - fields),
        .fields = fields,
    };
}
