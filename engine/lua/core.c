/* core.c - the module dragoman.core: opening, cancelling, and the little of
 * the file system that the Lua half needs and stock Lua has not.
 *
 * Invariants: the cancel flag belongs to a Lua state; what sets it (a signal
 * handler, core.cancel) leaves it set until core.uncancel. */
#include "lua/lua_common.h"

#include "base/error.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int core_cancel(lua_State *L)
{
    atomic_store(&lua_engine_of(L)->cancel.asked, true);
    return 0;
}

static int core_uncancel(lua_State *L)
{
    atomic_store(&lua_engine_of(L)->cancel.asked, false);
    return 0;
}

static int core_is_store(lua_State *L)
{
    lua_pushboolean(L, store_is_store(luaL_checkstring(L, 1)));
    return 1;
}

/* core.hash(text) -> 32 hexadecimal digits */
static int core_hash(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    hash128 h = hash_bytes128(text, size);
    char out[33];
    snprintf(out, sizeof out, "%016llx%016llx", (unsigned long long)h.hi,
             (unsigned long long)h.lo);
    lua_pushstring(L, out);
    return 1;
}

/* core.tty(0|1|2): is it a terminal? */
static int core_tty(lua_State *L)
{
    lua_Integer fd = luaL_checkinteger(L, 1);
    lua_pushboolean(L, fd >= 0 && fd <= 2 && isatty((int)fd));
    return 1;
}

static int failed_errno(lua_State *L, const char *doing, const char *path)
{
    dm_error err = {0};
    dm_status st = error_errno(&err, errno, doing, path);
    return lua_failed(L, st, &err);
}

static const char *kind_name(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    return S_ISDIR(mode) ? "folder" : "other";
}

/* core.stat(path) -> {kind=, size=, modified=} */
static int core_stat(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stat s;
    if (stat(path, &s) != 0)
        return failed_errno(L, "read", path);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, kind_name(s.st_mode));
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, s.st_size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, s.st_mtim.tv_sec * 1000000 + s.st_mtim.tv_nsec / 1000);
    lua_setfield(L, -2, "modified");
    return 1;
}

static int core_mkdir(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return failed_errno(L, "make", path);
    lua_pushboolean(L, 1);
    return 1;
}

static void folder_release(lua_State *L, void *handle)
{
    (void)L;
    closedir(handle);
}

static void push_entry(lua_State *L, DIR *folder, const char *name)
{
    struct stat s = {0};
    lua_createtable(L, 0, 2);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "name");
    bool known = fstatat(dirfd(folder), name, &s, 0) == 0;
    lua_pushstring(L, known ? kind_name(s.st_mode) : "other");
    lua_setfield(L, -2, "kind");
}

/* Push the array of entries, dot files left out. */
static void push_entries(lua_State *L, DIR *folder)
{
    lua_newtable(L);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        push_entry(L, folder, entry->d_name);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
}

static int by_name(lua_State *L)
{
    const char *a = field_string(L, 1, "name");
    const char *b = field_string(L, 2, "name");
    lua_pushboolean(L, strcmp(a, b) < 0);
    return 1;
}

/* core.files(folder) -> array of {name=, kind=}, sorted by name */
static int core_files(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    box *b = box_new(L, "dragoman.folder", 0, folder_release);
    b->handle = opendir(path);
    if (b->handle == NULL)
        return failed_errno(L, "read", path);
    push_entries(L, b->handle);
    box_close(L, b);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 0);
    lua_getfield(L, -1, "sort");
    lua_pushvalue(L, -3);
    lua_pushcfunction(L, by_name);
    lua_call(L, 2, 0);
    lua_pop(L, 1);
    return 1;
}

int luaopen_dragoman_core(lua_State *L)
{
    static const luaL_Reg guarded[] = {{"open", kb_open}, {NULL, NULL}};
    static const luaL_Reg plain[] = {
        {"cancel", core_cancel},     {"uncancel", core_uncancel},
        {"is_store", core_is_store}, {"hash", core_hash},
        {"tty", core_tty},           {"stat", core_stat},
        {"mkdir", core_mkdir},       {"files", core_files},
        {NULL, NULL},
    };
    static const luaL_Reg none[] = {{NULL, NULL}};
    luaL_checkversion(L);
    open_kb(L);
    open_tx(L);
    open_view(L);
    open_program(L);
    open_model(L);
    box_type(L, "dragoman.folder", none);
    luaL_newlib(L, plain);
    lua_set_guarded(L, guarded);
    lua_pushliteral(L, DM_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
