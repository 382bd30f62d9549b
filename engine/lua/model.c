/* model.c - models as Lua sees them: rows, truth, backing, proofs, files.
 *
 * Representation: a box with a dm_model, child of its program's, which is the
 * child of its view's.  Answers are copied out: rows sorted by value, proofs
 * as an array of nodes, so that nothing outlives a call.
 * Invariants: the evaluator runs Lua functions on the state that called
 * view:evaluate; `engine->L` is set for just that long.
 * Cost: rows(): a match by index and a sort of what it found. */
#include "lua/lua_common.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_COLUMNS = 64 };

static dm_model *check_model(lua_State *L)
{
    return box_check(L, 1, MODEL_TYPE)->handle;
}

static void model_release(lua_State *L, void *handle)
{
    (void)L;
    dm_model_free(handle);
}

/* ---- evaluating --------------------------------------------------------- */

static uint64_t limit(lua_State *L, const char *name)
{
    lua_Integer x = field_int(L, 3, name, 0);
    if (x < 0)
        luaL_error(L, "a limit of %s is below zero", name);
    return (uint64_t)x;
}

/* Three quarters of the machine's memory: rules that make values without end
 * are stopped before the machine is. */
static uint64_t default_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages <= 0 || size <= 0 ? 0 : (uint64_t)pages / 4 * 3
                                             * (uint64_t)size;
}

/* Names of DM_FORCE_ ways, in any order. */
unsigned option_force(lua_State *L, int index)
{
    static const char *const names[] = {"hash", "bits", "small", "written",
        "demand", "no_demand", "multiway", "binary", NULL};
    unsigned force = 0;
    if (lua_isnoneornil(L, index))
        return 0;
    luaL_checktype(L, index, LUA_TTABLE);
    if (lua_getfield(L, index, "force") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
            force |= 1u << luaL_checkoption(L, -1, NULL, names);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return force;
}

static void read_options(lua_State *L, eval_options *o)
{
    o->cancel = &lua_engine_of(L)->cancel;
    o->budget.bytes = default_bytes();
    if (lua_isnil(L, 3))
        return;
    luaL_checktype(L, 3, LUA_TTABLE);
    o->threads = (unsigned)limit(L, "threads");
    o->force = option_force(L, 3);
    o->budget.facts = limit(L, "facts");
    o->budget.rounds = limit(L, "rounds");
    if (limit(L, "bytes") != 0)
        o->budget.bytes = limit(L, "bytes");
    o->budget.seconds = field_number(L, 3, "seconds", 0);
    o->trace = field_bool(L, 3, "trace") ? stderr : NULL;
    o->once = field_bool(L, 3, "once");
}

/* view:evaluate(program, {threads=, facts=, rounds=, bytes=, seconds=,
 * trace=, once=, force={"hash", ...}}) -> model | nil, message, code */
int model_new(lua_State *L)
{
    dm_view *v = box_check(L, 1, VIEW_TYPE)->handle;
    const lua_program *p = box_check(L, 2, PROGRAM_TYPE)->handle;
    lua_settop(L, 3);
    box_push_parent(L, 2);
    if (luaL_testudata(L, -1, PROGRAM_TYPE) != NULL)
        box_push_parent(L, -1); /* it was made by program:demand */
    luaL_argcheck(L, lua_rawequal(L, -1, 1), 2, "a program of another view");
    eval_options options = {0};
    read_options(L, &options);
    box *b = box_new(L, MODEL_TYPE, 2, model_release);
    lua_engine *e = lua_engine_of(L);
    dm_error err = {0};
    dm_model *m;
    e->L = L;
    dm_status st = dm_model_new(v, p->program, &options, &m, &err);
    e->L = NULL;
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    b->handle = m;
    return 1;
}

/* ---- relations and patterns --------------------------------------------- */

/* The relation named at `index`; raises when the program has none. */
static uint32_t check_relation(lua_State *L, dm_eval *e, int index,
                               const dm_relation **out)
{
    uint32_t relation;
    const char *name = luaL_checkstring(L, index);
    if (!dm_program_find_relation(eval_program(e), name, &relation))
        luaL_argerror(L, index,
                      lua_pushfstring(L, "there is no relation '%s'", name));
    *out = dm_program_get_relation(eval_program(e), relation);
    return relation;
}

/* Read the pattern at `index` (nil: all free): values in columns that are
 * bound.  False: a value isn't of its column's type, so nothing matches. */
static bool check_pattern(lua_State *L, dm_eval *e, int index,
                          const dm_relation *r, dm_cell *cells, uint64_t *mask)
{
    *mask = 0;
    if (lua_isnoneornil(L, index))
        return true;
    luaL_checktype(L, index, LUA_TTABLE);
    bool ok = true;
    for (uint32_t i = 0; i < r->arity && ok; i++) {
        if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TNIL) {
            ok = value_cell(L, -1, eval_terms(e), r->columns[i].type,
                            &cells[i]);
            *mask |= UINT64_C(1) << i;
        }
        lua_pop(L, 1);
    }
    return ok;
}

static uint64_t full_mask(uint32_t arity)
{
    return arity >= 64 ? UINT64_MAX : (UINT64_C(1) << arity) - 1;
}

/* Look up the tuple at `index`; its truth, and its row if not false. */
static dm_truth lookup(lua_State *L, dm_eval *e, uint32_t relation,
                       const dm_relation *r, int index, eval_row *row)
{
    dm_cell cells[MOST_COLUMNS];
    uint64_t mask;
    if (r->arity > 0)
        luaL_checktype(L, index, LUA_TTABLE);
    if (!check_pattern(L, e, index, r, cells, &mask))
        return DM_FALSE;
    luaL_argcheck(L, mask == full_mask(r->arity), index,
                  "every argument must have a value");
    return eval_lookup(e, relation, cells, row);
}

/* ---- rows --------------------------------------------------------------- */

typedef struct collect {
    scratch *s;
    bool failed;
} collect;

static bool on_row(void *context, eval_row row)
{
    collect *c = context;
    c->failed = !vec_push(&c->s->rows, row);
    return !c->failed;
}

typedef struct order {
    const dm_eval *e;
    const dm_relation *r;
} order;

static int compare_rows(const void *a, const void *b, void *context)
{
    const order *o = context;
    const dm_terms *t = dm_program_terms(eval_program(o->e));
    dm_cell x[MOST_COLUMNS], y[MOST_COLUMNS];
    eval_get(o->e, *(const eval_row *)a, x);
    eval_get(o->e, *(const eval_row *)b, y);
    for (uint32_t i = 0; i < o->r->arity; i++) {
        if (x[i] == y[i])
            continue;
        int c = cell_compare(t, o->r->columns[i].type, x[i], y[i]);
        if (c != 0)
            return c;
    }
    return 0;
}

/* Collect into `s` the matching rows, sorted by value. */
static dm_status match(dm_eval *e, uint32_t relation, const dm_relation *r,
                       uint64_t mask, const dm_cell *cells, scratch *s,
                       dm_error *err)
{
    collect c = {.s = s};
    dm_status st = eval_match(e, relation, mask, cells, on_row, &c, err);
    if (st != DM_OK)
        return st;
    if (c.failed)
        return error_nomem(err);
    order o = {e, r};
    if (s->rows.len > 1)
        qsort_r(s->rows.at, s->rows.len, sizeof *s->rows.at, compare_rows, &o);
    return DM_OK;
}

static const char *truth_name(dm_truth truth)
{
    static const char *const names[] = {"false", "disputed", "true"};
    return names[truth];
}

/* Push the cells in `bound` (bit i: column i); the others are `false`. */
static void push_cells(lua_State *L, dm_eval *e, const dm_relation *r,
                       const dm_cell *cells, uint64_t bound)
{
    lua_createtable(L, (int)r->arity, 2);
    for (uint32_t i = 0; i < r->arity; i++) {
        if (bound >> i & 1)
            value_push_cell(L, eval_terms(e), r->columns[i].type, cells[i]);
        else
            lua_pushboolean(L, 0);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_row(lua_State *L, dm_eval *e, const dm_relation *r,
                     eval_row row)
{
    dm_cell cells[MOST_COLUMNS];
    eval_get(e, row, cells);
    push_cells(L, e, r, cells, UINT64_MAX);
    lua_pushstring(L, truth_name(row.truth));
    lua_setfield(L, -2, "truth");
    lua_pushinteger(L, (lua_Integer)row.row + 1);
    lua_setfield(L, -2, "row");
}

/* model:rows(relation, pattern|nil) -> array of {v1, ..., truth=, row=} */
static int model_rows(lua_State *L)
{
    dm_eval *e = dm_model_eval(check_model(L));
    const dm_relation *r;
    uint32_t relation = check_relation(L, e, 2, &r);
    lua_settop(L, 3);
    dm_cell cells[MOST_COLUMNS];
    uint64_t mask;
    scratch *s = scratch_new(L);
    dm_error err = {0};
    if (check_pattern(L, e, 3, r, cells, &mask)) {
        dm_status st = match(e, relation, r, mask, cells, s, &err);
        if (st != DM_OK)
            return lua_failed(L, st, &err);
    }
    lua_createtable(L, s->rows.len < 1 << 26 ? (int)s->rows.len : 0, 0);
    for (size_t i = 0; i < s->rows.len; i++) {
        push_row(L, e, r, s->rows.at[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    scratch_free(s);
    return 1;
}

/* model:count(relation) -> rows that are true, rows that are disputed */
static int model_count(lua_State *L)
{
    dm_eval *e = dm_model_eval(check_model(L));
    const dm_relation *r;
    uint32_t relation = check_relation(L, e, 2, &r);
    lua_pushinteger(L, (lua_Integer)eval_count(e, relation, DM_TRUE));
    lua_pushinteger(L, (lua_Integer)eval_count(e, relation, DM_UNDEFINED));
    return 2;
}

/* model:truth(relation, args) -> "true" | "disputed" | "false" */
static int model_truth(lua_State *L)
{
    dm_eval *e = dm_model_eval(check_model(L));
    const dm_relation *r;
    eval_row row;
    uint32_t relation = check_relation(L, e, 2, &r);
    lua_pushstring(L, truth_name(lookup(L, e, relation, r, 3, &row)));
    return 1;
}

/* ---- backing ------------------------------------------------------------ */

/* Push the serials of the statements behind an input row. */
static void push_backing(lua_State *L, const dm_model *m, eval_row row)
{
    uint64_t few[16], *serials = few;
    size_t max = sizeof few / sizeof *few;
    size_t n = dm_model_backing(m, row, few, max);
    int top = lua_gettop(L);
    if (n > max) {
        serials = lua_newuserdatauv(L, n * sizeof *serials, 0);
        n = dm_model_backing(m, row, serials, n);
    }
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushinteger(L, (lua_Integer)serials[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (serials != few)
        lua_remove(L, top + 1);
}

/* model:backing(relation, args) -> array of serials, empty for a row that no
 * statement states */
static int model_backing(lua_State *L)
{
    const dm_model *m = check_model(L);
    dm_eval *e = dm_model_eval(check_model(L));
    const dm_relation *r;
    eval_row row;
    uint32_t relation = check_relation(L, e, 2, &r);
    if (lookup(L, e, relation, r, 3, &row) == DM_FALSE)
        lua_newtable(L);
    else
        push_backing(L, m, row);
    return 1;
}

/* ---- proofs ------------------------------------------------------------- */

static void proof_release(lua_State *L, void *handle)
{
    (void)L;
    dm_proof_free(handle);
}

static void set_index(lua_State *L, const char *name, size_t index)
{
    lua_pushinteger(L, (lua_Integer)index + 1);
    lua_setfield(L, -2, name);
}

static void set_children(lua_State *L, const proof_node *n)
{
    lua_createtable(L, (int)n->nchildren, 0);
    for (size_t i = 0; i < n->nchildren; i++) {
        lua_pushinteger(L, (lua_Integer)n->children[i] + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "children");
}

/* The atom of a node: its relation and arguments, `false` where free. */
static void set_atom(lua_State *L, dm_eval *e, const proof_node *n)
{
    if (n->relation == UINT32_MAX)
        return;
    const dm_relation *r =
        dm_program_get_relation(eval_program(e), n->relation);
    lua_pushstring(L, r->name);
    lua_setfield(L, -2, "relation");
    push_cells(L, e, r, n->cells, n->bound);
    lua_setfield(L, -2, "args");
}

static void set_rule(lua_State *L, const proof_node *n)
{
    bool derived = n->kind == DM_PROOF_RULE || n->kind == DM_PROOF_AGGREGATE
                   || n->kind == DM_PROOF_TEST;
    if (derived && n->rule != UINT32_MAX)
        set_index(L, "rule", n->rule);
    if (n->literal != UINT32_MAX)
        set_index(L, "literal", n->literal);
}

static void push_node(lua_State *L, const dm_model *m, dm_eval *e,
                      const proof_node *n)
{
    static const char *const kinds[] = {"input", "rule", "absent", "disputed",
                                        "aggregate", "test", "seen"};
    lua_createtable(L, 0, 10);
    lua_pushstring(L, kinds[n->kind]);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, truth_name(n->truth));
    lua_setfield(L, -2, "truth");
    set_atom(L, e, n);
    set_rule(L, n);
    set_children(L, n);
    if (n->text != NULL) {
        lua_pushstring(L, n->text);
        lua_setfield(L, -2, "text");
    }
    if (n->kind == DM_PROOF_SEEN)
        set_index(L, "same", n->same);
    if (n->omitted > 0) {
        lua_pushinteger(L, (lua_Integer)n->omitted);
        lua_setfield(L, -2, "omitted");
    }
    if (n->kind == DM_PROOF_INPUT) {
        push_backing(L, m, n->row);
        lua_setfield(L, -2, "backing");
    }
}

static void read_proof_options(lua_State *L, proof_options *out)
{
    *out = (proof_options){.cancel = &lua_engine_of(L)->cancel};
    if (lua_isnil(L, 4))
        return;
    luaL_checktype(L, 4, LUA_TTABLE);
    out->max_instances = (size_t)field_int(L, 4, "instances", 0);
    out->max_rows = (size_t)field_int(L, 4, "rows", 0);
}

static void push_proof(lua_State *L, const dm_model *m, dm_eval *e,
                       const dm_proof *p)
{
    lua_createtable(L, (int)dm_proof_count(p), 1);
    for (size_t i = 0; i < dm_proof_count(p); i++) {
        push_node(L, m, e, dm_proof_get(p, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushboolean(L, dm_proof_least(p));
    lua_setfield(L, -2, "least");
}

/* model:proof(relation, args, {instances=, rows=}) -> array of nodes, the root
 * first, `least` telling whether it is the smallest; nil when it is false */
static int model_proof(lua_State *L)
{
    dm_model *m = check_model(L);
    dm_eval *e = dm_model_eval(m);
    const dm_relation *r;
    eval_row row;
    proof_options options;
    lua_settop(L, 4);
    read_proof_options(L, &options);
    uint32_t relation = check_relation(L, e, 2, &r);
    if (lookup(L, e, relation, r, 3, &row) == DM_FALSE) {
        lua_pushnil(L);
        return 1;
    }
    box *b = box_new(L, PROOF_TYPE, 1, proof_release);
    dm_error err = {0};
    dm_proof *p;
    lua_engine_of(L)->L = L;
    dm_status st = proof_find(e, row, &options, &p, &err);
    lua_engine_of(L)->L = NULL;
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    b->handle = p;
    push_proof(L, m, e, p);
    box_close(L, b);
    return 1;
}

/* ---- text --------------------------------------------------------------- */

/* model:plan() -> the plans of its rules as text */
static int model_plan(lua_State *L)
{
    dm_eval *e = dm_model_eval(check_model(L));
    scratch *s = scratch_new(L);
    dm_status st = eval_print_plans(e, &s->text);
    return scratch_push_text(L, s, st == DM_OK);
}

/* model:profile() -> what rules took and relations hold, as text */
static int model_profile(lua_State *L)
{
    dm_eval *e = dm_model_eval(check_model(L));
    scratch *s = scratch_new(L);
    dm_status st = eval_print_profile(e, &s->text);
    return scratch_push_text(L, s, st == DM_OK);
}

static void describe_columns(lua_State *L, const dm_relation *r, scratch *s,
                             table_options *options)
{
    dm_type *types = scratch_alloc(L, s, r->arity, sizeof *types);
    const char **names = scratch_alloc(L, s, r->arity, sizeof *names);
    for (uint32_t i = 0; i < r->arity; i++) {
        types[i] = r->columns[i].type;
        names[i] = r->columns[i].name != NULL ? r->columns[i].name : "";
    }
    options->types = types;
    options->names = names;
    options->ncolumns = r->arity;
}

/* model:write(relation, file, options) -> rows written, disputed rows left
 * out; sorted by value */
static int model_write(lua_State *L)
{
    dm_model *m = check_model(L);
    dm_eval *e = dm_model_eval(m);
    const dm_relation *r;
    uint32_t relation = check_relation(L, e, 2, &r);
    const char *file = luaL_checkstring(L, 3);
    lua_settop(L, 4);
    table_options options;
    scratch *s = scratch_new(L);
    table_options_check(L, 4, s, &options);
    describe_columns(L, r, s, &options);
    size_t count = 0;
    dm_error err = {0};
    dm_status st = dm_model_write(m, relation, file, &options, &count, &err);
    scratch_free(s);
    if (st != DM_OK)
        return lua_failed(L, st, &err);
    lua_pushinteger(L, (lua_Integer)count);
    lua_pushinteger(L, (lua_Integer)eval_count(e, relation, DM_UNDEFINED));
    return 2;
}

static int model_close(lua_State *L)
{
    box_close(L, luaL_checkudata(L, 1, MODEL_TYPE));
    return 0;
}

void open_model(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"rows", model_rows},       {"count", model_count},
        {"truth", model_truth},     {"backing", model_backing},
        {"proof", model_proof},     {"plan", model_plan},
        {"profile", model_profile}, {"write", model_write},
        {"update", model_update},   {"close", model_close},
        {NULL, NULL},
    };
    static const luaL_Reg none[] = {{NULL, NULL}};
    box_type(L, MODEL_TYPE, methods);
    box_type(L, PROOF_TYPE, none);
}
