/* program.c - programs: from the table that lowering makes to a dm_program.
 *
 * The table: files, relations, constructors, functions, rules; expressions are
 * positional ({"v", i}, {"c", value}, {"t", functor, ...}, {"f", name, ...},
 * {"a", op, e}), literals likewise ({"+", rel, args}, {"-", ...}, {"cmp", op, l, r},
 * {"agg", result, op, rel, args, column}).  Indexes count from 1 there, from 0
 * here.
 * Invariants: rules keep their order, so a rule of the program is the table's
 * rule of the same index.  A malformed table is a bug of the Lua half and
 * raises; mistakes of the user's rules are diagnostics of the checker.
 * Cost: one step per node; everything is built in one arena per program. */
#include "lua/lua_common.h"

#include <string.h>

typedef struct build {
    lua_State *L;
    dm_program *p;
    dm_terms *terms;
    scratch *s;
    int functions; /* stack index of the table name -> function index */
} build;

static void checked(build *b, dm_status st, const dm_error *err)
{
    if (st != DM_OK)
        luaL_error(b->L, "bad program: %s", err->text);
}

/* ---- small parts -------------------------------------------------------- */

static uint32_t check_index(build *b, lua_Integer i, const char *what)
{
    if (i < 1 || i > UINT32_MAX)
        luaL_error(b->L, "bad program: %s %I is out of range", what,
                   (LUAI_UACINT)i);
    return (uint32_t)(i - 1);
}

static uint32_t span_part(lua_State *L, int i)
{
    lua_rawgeti(L, -1, i);
    lua_Integer x = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return x < 0 || x > UINT32_MAX ? 0 : (uint32_t)x;
}

/* The field `span` of the table on top: {file, line, col, endline, endcol}. */
static dm_span read_span(build *b)
{
    dm_span span = {0};
    if (lua_getfield(b->L, -1, "span") == LUA_TTABLE) {
        uint32_t file = span_part(b->L, 1);
        span.file = file == 0 ? 0 : file - 1;
        span.line = span_part(b->L, 2);
        span.column = span_part(b->L, 3);
        span.end_line = span_part(b->L, 4);
        span.end_column = span_part(b->L, 5);
    }
    lua_pop(b->L, 1);
    return span;
}

/* A string in position `i` of the table on top, held by that table. */
static const char *string_at(build *b, int i)
{
    if (lua_rawgeti(b->L, -1, i) != LUA_TSTRING)
        luaL_error(b->L, "bad program: a %s where a name belongs",
                   luaL_typename(b->L, -1));
    const char *text = lua_tostring(b->L, -1);
    lua_pop(b->L, 1);
    return text;
}

/* The relation named (or numbered) in position `i` of the table on top; `i`
 * 0: the field `rel`. */
static uint32_t relation_at(build *b, int i)
{
    uint32_t index = 0;
    if (i == 0)
        lua_getfield(b->L, -1, "rel");
    else
        lua_rawgeti(b->L, -1, i);
    if (lua_isinteger(b->L, -1))
        index = check_index(b, lua_tointeger(b->L, -1), "relation");
    else if (lua_type(b->L, -1) != LUA_TSTRING
             || !dm_program_find_relation(b->p, lua_tostring(b->L, -1),
                                          &index))
        luaL_error(b->L, "bad program: there is no relation '%s'",
                   luaL_tolstring(b->L, -1, NULL));
    lua_pop(b->L, 1);
    return index;
}

static bool find_function(build *b, const char *name, uint32_t *out)
{
    bool found = lua_getfield(b->L, b->functions, name) == LUA_TNUMBER;
    if (found)
        *out = (uint32_t)lua_tointeger(b->L, -1);
    lua_pop(b->L, 1);
    return found;
}

/* ---- expressions -------------------------------------------------------- */

static void read_expr(build *b, dm_expr *out);

/* Read the expressions in positions first..last of the table on top. */
static const dm_expr *read_exprs(build *b, int first, size_t last,
                                 uint32_t *count)
{
    size_t n = last + 1 - (size_t)first;
    dm_expr *args = scratch_alloc(b->L, b->s, n + 1, sizeof *args);
    luaL_checkstack(b->L, 6, "expression too deep");
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(b->L, -1, first + (lua_Integer)i);
        read_expr(b, &args[i]);
        lua_pop(b->L, 1);
    }
    *count = (uint32_t)n;
    return args;
}

static void read_call(build *b, dm_expr *out)
{
    static const char *const ops[] = {"+", "-", "*", "/", "div", "mod", "neg"};
    const char *name = string_at(b, 2);
    out->args = read_exprs(b, 3, lua_rawlen(b->L, -1), &out->nargs);
    for (int i = 0; i <= DM_NEG; i++)
        if (strcmp(name, ops[i]) == 0) {
            out->kind = DM_EXPR_OP;
            out->op = i == DM_SUB && out->nargs == 1 ? DM_NEG : (dm_op)i;
            return;
        }
    out->kind = DM_EXPR_CALL;
    if (!find_function(b, name, &out->function))
        luaL_error(b->L, "bad program: there is no function '%s'", name);
}

static dm_aggregate read_aggregate(build *b, const char *name,
                                   uint32_t *function)
{
    static const char *const names[] = {"count", "sum",  "min",
                                        "max",   "mean", "list"};
    for (int i = 0; i < DM_CUSTOM; i++)
        if (strcmp(name, names[i]) == 0)
            return (dm_aggregate)i;
    if (!find_function(b, name, function))
        luaL_error(b->L, "bad program: there is no aggregate '%s'", name);
    return DM_CUSTOM;
}

static void read_constant(build *b, dm_expr *out)
{
    out->kind = DM_EXPR_CONST;
    lua_rawgeti(b->L, -1, 2);
    out->type = value_constant(b->L, -1, b->terms, &out->cell);
    lua_pop(b->L, 1);
}

static void read_compound(build *b, dm_expr *out)
{
    out->kind = DM_EXPR_COMPOUND;
    string_at(b, 2);
    lua_rawgeti(b->L, -1, 2);
    out->functor = value_term(b->L, -1, b->terms);
    lua_pop(b->L, 1);
    out->args = read_exprs(b, 3, lua_rawlen(b->L, -1), &out->nargs);
}

/* The expression on top of the stack. */
static void read_expr(build *b, dm_expr *out)
{
    lua_State *L = b->L;
    if (!lua_istable(L, -1))
        luaL_error(L, "bad program: a %s where an expression belongs",
                   luaL_typename(L, -1));
    const char *tag = string_at(b, 1);
    *out = (dm_expr){.span = read_span(b)};
    if (strcmp(tag, "v") == 0) {
        out->kind = DM_EXPR_VAR;
        lua_rawgeti(L, -1, 2);
        out->var = check_index(b, lua_tointeger(L, -1), "variable");
        lua_pop(L, 1);
    } else if (strcmp(tag, "c") == 0) {
        read_constant(b, out);
    } else if (strcmp(tag, "t") == 0) {
        read_compound(b, out);
    } else if (strcmp(tag, "f") == 0) {
        read_call(b, out);
    } else if (strcmp(tag, "a") == 0) {
        out->kind = DM_EXPR_AGGREGATE;
        out->aggregate = read_aggregate(b, string_at(b, 2), &out->function);
        out->args = read_exprs(b, 3, lua_rawlen(L, -1), &out->nargs);
    } else {
        luaL_error(L, "bad program: there is no expression '%s'", tag);
    }
}

/* ---- literals ----------------------------------------------------------- */

/* The argument list in position `i` of the table on top (0: field `args`),
 * with room for one more. */
static const dm_expr *args_at(build *b, int i, uint32_t *count)
{
    if (i == 0)
        lua_getfield(b->L, -1, "args");
    else
        lua_rawgeti(b->L, -1, i);
    luaL_argexpected(b->L, lua_istable(b->L, -1), 1, "arguments");
    const dm_expr *args = read_exprs(b, 1, lua_rawlen(b->L, -1), count);
    lua_pop(b->L, 1);
    return args;
}

/* The arguments of a body aggregate: those that are `false` are free.  The
 * table of them is on top of the stack. */
static dm_expr *grouped_args(build *b, uint32_t n, uint64_t *grouped)
{
    dm_expr *args = scratch_alloc(b->L, b->s, n + (size_t)1, sizeof *args);
    for (uint32_t i = 0; i < n; i++) {
        lua_rawgeti(b->L, -1, (lua_Integer)i + 1);
        if (lua_toboolean(b->L, -1)) {
            read_expr(b, &args[i]);
            *grouped |= UINT64_C(1) << i;
        } else { /* ignored, but has to be an expression */
            args[i] = (dm_expr){.kind = DM_EXPR_CONST, .type = DM_INT};
        }
        lua_pop(b->L, 1);
    }
    return args;
}

/* {"agg", result, op, rel, args, value_column} on top of the stack. */
static void read_body_aggregate(build *b, dm_literal *out)
{
    lua_State *L = b->L;
    out->kind = DM_BODY_AGGREGATE;
    out->relation = relation_at(b, 4);
    out->aggregate = read_aggregate(b, string_at(b, 3), &out->function);
    uint32_t n = dm_program_get_relation(b->p, out->relation)->arity;
    lua_rawgeti(L, -1, 5);
    luaL_argexpected(L, lua_istable(L, -1), 1, "arguments");
    dm_expr *args = grouped_args(b, n, &out->grouped);
    lua_pop(L, 1);
    lua_rawgeti(L, -1, 2);
    read_expr(b, &args[n]);
    lua_pop(L, 1);
    lua_rawgeti(L, -1, 6);
    out->value_column = lua_isinteger(L, -1)
        ? check_index(b, lua_tointeger(L, -1), "column") : UINT32_MAX;
    lua_pop(L, 1);
    out->args = args;
    out->nargs = n + 1;
}

static void read_test(build *b, dm_literal *out)
{
    static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">="};
    const char *op = string_at(b, 2);
    out->kind = DM_TEST;
    for (int i = 0; i <= DM_GE; i++)
        if (strcmp(op, ops[i]) == 0) {
            out->compare = (dm_compare)i;
            out->args = read_exprs(b, 3, 4, &out->nargs);
            return;
        }
    luaL_error(b->L, "bad program: there is no comparison '%s'", op);
}

/* The literal on top of the stack. */
static void read_literal(build *b, dm_literal *out)
{
    luaL_argexpected(b->L, lua_istable(b->L, -1), 1, "a literal");
    const char *tag = string_at(b, 1);
    *out = (dm_literal){.span = read_span(b), .value_column = UINT32_MAX};
    if (strcmp(tag, "+") == 0 || strcmp(tag, "-") == 0
        || strcmp(tag, "?") == 0) {
        out->kind = *tag == '-' ? DM_NOT_ATOM : DM_ATOM;
        out->possible = *tag == '?';
        out->relation = relation_at(b, 2);
        out->args = args_at(b, 3, &out->nargs);
    } else if (strcmp(tag, "cmp") == 0) {
        read_test(b, out);
    } else if (strcmp(tag, "agg") == 0) {
        read_body_aggregate(b, out);
    } else {
        luaL_error(b->L, "bad program: there is no literal '%s'", tag);
    }
}

/* ---- rules -------------------------------------------------------------- */

static void read_body(build *b, dm_rule *rule)
{
    lua_State *L = b->L;
    if (lua_getfield(L, -1, "body") == LUA_TTABLE) {
        size_t n = lua_rawlen(L, -1);
        dm_literal *body = scratch_alloc(L, b->s, n, sizeof *body);
        for (size_t i = 0; i < n; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            read_literal(b, &body[i]);
            lua_pop(L, 1);
        }
        rule->body = body;
        rule->nbody = (uint32_t)n;
    }
    lua_pop(L, 1);
}

static void read_rule(build *b, dm_rule *rule)
{
    lua_State *L = b->L;
    size_t nvars;
    rule->span = read_span(b);
    rule->name = field_string(L, -1, "name");
    rule->user = check_index(b, field_int(L, -1, "user", 1), "user rule");
    rule->generated = field_bool(L, -1, "generated");
    const char *phase = field_string(L, -1, "phase");
    rule->belief = phase != NULL && strcmp(phase, "belief") == 0;
    rule->vars = field_strings(L, -1, "vars", b->s, &nvars);
    rule->nvars = (uint32_t)nvars;
    if (lua_getfield(L, -1, "head") != LUA_TTABLE)
        luaL_error(L, "bad program: a rule has no head");
    rule->relation = relation_at(b, 0);
    rule->args = args_at(b, 0, &rule->nargs);
    lua_pop(L, 1);
    read_body(b, rule);
}

/* The table of rules is on top of the stack. */
static void add_rules(build *b)
{
    dm_error err = {0};
    uint32_t index;
    size_t n = lua_rawlen(b->L, -1);
    for (size_t i = 0; i < n; i++) {
        dm_rule rule = {0};
        lua_rawgeti(b->L, -1, (lua_Integer)i + 1);
        read_rule(b, &rule);
        checked(b, dm_program_rule(b->p, &rule, &index, &err), &err);
        lua_pop(b->L, 1);
        if (index != i)
            luaL_error(b->L, "bad program: rules are out of order");
    }
}

/* ---- relations ---------------------------------------------------------- */

static void read_columns(build *b, dm_relation *r)
{
    lua_State *L = b->L;
    if (lua_getfield(L, -1, "columns") != LUA_TTABLE)
        luaL_error(L, "bad program: relation %s has no columns", r->name);
    size_t n = lua_rawlen(L, -1);
    dm_column *columns = scratch_alloc(L, b->s, n, sizeof *columns);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        columns[i].name = field_string(L, -1, "name");
        lua_getfield(L, -1, "type");
        columns[i].type = value_type(L, -1);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    r->columns = columns;
    r->arity = (uint32_t)n;
}

static void read_key(build *b, dm_relation *r)
{
    lua_State *L = b->L;
    if (lua_getfield(L, -1, "key") == LUA_TTABLE) {
        size_t n = lua_rawlen(L, -1);
        uint32_t *key = scratch_alloc(L, b->s, n, sizeof *key);
        for (size_t i = 0; i < n; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            key[i] = check_index(b, lua_tointeger(L, -1), "key column");
            lua_pop(L, 1);
        }
        r->key = key;
        r->nkey = (uint32_t)n;
    }
    lua_pop(L, 1);
}

/* `input` is none, facts, begun, system, or a system relation's name. */
static void read_input(build *b, dm_relation *r)
{
    const char *input = field_string(b->L, -1, "input");
    r->of = field_string(b->L, -1, "of");
    if (input == NULL || strcmp(input, "none") == 0) {
        r->input = DM_INPUT_NONE;
    } else if (strcmp(input, "facts") == 0) {
        r->input = DM_INPUT_FACTS;
    } else if (strcmp(input, "begun") == 0) {
        r->input = DM_INPUT_BEGUN;
    } else {
        r->input = DM_INPUT_SYSTEM;
        if (r->of == NULL && strcmp(input, "system") != 0)
            r->of = input;
    }
}

static dm_relation_kind read_kind(build *b)
{
    const char *kind = field_string(b->L, -1, "kind");
    if (kind != NULL && strcmp(kind, "state") == 0)
        return DM_STATE;
    return kind != NULL && strcmp(kind, "event") == 0 ? DM_EVENT : DM_TIMELESS;
}

static void add_relations(build *b)
{
    dm_error err = {0};
    uint32_t index;
    size_t n = lua_rawlen(b->L, -1);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(b->L, -1, (lua_Integer)i + 1);
        dm_relation r = {.span = read_span(b)};
        r.name = field_string(b->L, -1, "name");
        if (r.name == NULL)
            luaL_error(b->L, "bad program: a relation has no name");
        r.kind = read_kind(b);
        read_columns(b, &r);
        read_key(b, &r);
        read_input(b, &r);
        r.aux = field_bool(b->L, -1, "aux");
        r.asserted = field_bool(b->L, -1, "asserted");
        checked(b, dm_program_relation(b->p, &r, &index, &err), &err);
        lua_pop(b->L, 1);
    }
}

static void add_constructors(build *b)
{
    dm_error err = {0};
    uint32_t index;
    size_t n = lua_rawlen(b->L, -1);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(b->L, -1, (lua_Integer)i + 1);
        dm_relation like = {.name = field_string(b->L, -1, "name")};
        if (like.name == NULL)
            luaL_error(b->L, "bad program: a constructor has no name");
        read_columns(b, &like);
        dm_constructor c = {like.name, like.arity, like.columns};
        checked(b, dm_program_constructor(b->p, &c, &index, &err), &err);
        lua_pop(b->L, 1);
    }
}

/* ---- the whole ---------------------------------------------------------- */

static void add_files(build *b)
{
    dm_error err = {DM_NOMEM, "memory ran out"};
    uint32_t index;
    size_t n = lua_rawlen(b->L, -1);
    for (size_t i = 0; i < n; i++)
        checked(b, dm_program_file(b->p, string_at(b, (int)i + 1), &index),
                &err);
}

static void add_functions(build *b, lua_program *p)
{
    size_t n = lua_rawlen(b->L, -1);
    function_reserve(b->L, p, n);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(b->L, -1, (lua_Integer)i + 1);
        const char *name = field_string(b->L, -1, "name");
        lua_pushinteger(b->L, function_add(b->L, p));
        lua_setfield(b->L, b->functions, name);
        lua_pop(b->L, 1);
    }
}

static bool get_part(build *b, int index, const char *name)
{
    int type = lua_getfield(b->L, index, name);
    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(b->L, "bad program: %s is no table", name);
    return type == LUA_TTABLE;
}

static void program_build(lua_State *L, int index, dm_terms *terms,
                          lua_program *p)
{
    build b = {L, p->program, terms, scratch_new(L), 0};
    lua_newtable(L);
    b.functions = lua_gettop(L);
    if (get_part(&b, index, "files"))
        add_files(&b);
    if (get_part(&b, index, "relations"))
        add_relations(&b);
    if (get_part(&b, index, "constructors"))
        add_constructors(&b);
    if (get_part(&b, index, "functions"))
        add_functions(&b, p);
    if (get_part(&b, index, "rules"))
        add_rules(&b);
    lua_settop(L, b.functions - 2);
    scratch_free(b.s);
}

/* ---- diagnostics -------------------------------------------------------- */

static void set_int(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void set_string(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

static void push_names(lua_State *L, const dm_diagnostic *d)
{
    lua_createtable(L, 4, 0);
    for (int i = 0; i < 4 && d->names[i] != NULL; i++) {
        lua_pushstring(L, d->names[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_diagnostic(lua_State *L, const dm_program *p,
                            const dm_diagnostic *d)
{
    lua_createtable(L, 0, 9);
    set_string(L, "code", d->code);
    set_string(L, "severity", d->severity == DM_ERROR ? "error" : "warning");
    if (d->rule != UINT32_MAX)
        set_int(L, "rule", (lua_Integer)d->rule + 1);
    if (d->span.line != 0) {
        set_string(L, "file", dm_program_file_name(p, d->span.file));
        set_int(L, "line", d->span.line);
        set_int(L, "column", d->span.column);
        set_int(L, "end_line", d->span.end_line);
        set_int(L, "end_column", d->span.end_column);
    }
    push_names(L, d);
    lua_setfield(L, -2, "names");
}

static void push_diagnostics(lua_State *L, const dm_program *p)
{
    const dm_diagnostic *all;
    size_t n = dm_program_diagnostics(p, &all);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        push_diagnostic(L, p, &all[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* ---- methods ------------------------------------------------------------ */

static lua_program *check_program(lua_State *L, int index)
{
    return box_check(L, index, PROGRAM_TYPE)->handle;
}

static void program_release(lua_State *L, void *handle)
{
    lua_program *p = handle;
    dm_program_free(p->program);
    function_release(L, p);
    mem_free(p);
}

static lua_program *program_open(lua_State *L, box *b, dm_terms *terms)
{
    lua_program *p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        luaL_error(L, "not enough memory");
    b->handle = p;
    if (dm_program_new(terms, &p->program) != DM_OK)
        luaL_error(L, "not enough memory");
    return p;
}

/* view:program(table) -> program | nil, array of diagnostics */
int program_new(lua_State *L)
{
    dm_view *v = box_check(L, 1, VIEW_TYPE)->handle;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    box *b = box_new(L, PROGRAM_TYPE, 1, program_release);
    lua_program *p = program_open(L, b, dm_view_terms(v));
    program_build(L, 2, dm_view_terms(v), p);
    dm_error err = {0};
    dm_status st = dm_program_check(p->program, &err);
    if (st == DM_OK)
        return 1;
    if (st != DM_CHECK) {
        box_close(L, b);
        return lua_failed(L, st, &err);
    }
    luaL_pushfail(L);
    push_diagnostics(L, p->program);
    box_close(L, b);
    return 2;
}

static int program_diagnostics(lua_State *L)
{
    push_diagnostics(L, check_program(L, 1)->program);
    return 1;
}

/* program:print("rules"|"strata") */
static int program_print(lua_State *L)
{
    static const char *const stages[] = {"rules", "strata", NULL};
    const lua_program *p = check_program(L, 1);
    int stage = luaL_checkoption(L, 2, "rules", stages);
    scratch *s = scratch_new(L);
    bool ok = stage == 0 ? dm_program_print_rules(p->program, &s->text)
                         : dm_program_print_strata(p->program, &s->text);
    return scratch_push_text(L, s, ok);
}

static void push_columns(lua_State *L, const dm_relation *r)
{
    lua_createtable(L, (int)r->arity, 0);
    for (uint32_t i = 0; i < r->arity; i++) {
        lua_createtable(L, 0, 2);
        set_string(L, "name", r->columns[i].name);
        set_string(L, "type", value_type_name(r->columns[i].type));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_relation(lua_State *L, const dm_relation *r)
{
    static const char *const inputs[] = {"none", "facts", "begun", "system"};
    lua_createtable(L, 0, 6);
    set_string(L, "name", r->name);
    set_string(L, "of", r->of != NULL ? r->of : r->name);
    set_string(L, "input", inputs[r->input]);
    lua_pushboolean(L, r->aux);
    lua_setfield(L, -2, "aux");
    push_columns(L, r);
    lua_setfield(L, -2, "columns");
}

/* program:relations() -> array of {name, input, of, aux, columns}, types known;
 * `of`: the stored relation that the input is of */
static int program_relations(lua_State *L)
{
    const dm_program *p = check_program(L, 1)->program;
    uint32_t n = dm_program_nrelations(p);
    lua_createtable(L, (int)n, 0);
    for (uint32_t i = 0; i < n; i++) {
        push_relation(L, dm_program_get_relation(p, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int program_close(lua_State *L)
{
    box_close(L, luaL_checkudata(L, 1, PROGRAM_TYPE));
    return 0;
}

void open_program(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"diagnostics", program_diagnostics},
        {"demand", program_demand},
        {"divide", program_divide},
        {"print", program_print},
        {"relations", program_relations},
        {"close", program_close},
        {NULL, NULL},
    };
    box_type(L, PROGRAM_TYPE, methods);
}
