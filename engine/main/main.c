/* main.c - the `dragoman` program: a Lua state with the Lua half inside.
 *
 * Everything that can be said in Lua is said in scripts/dragoman/cli.lua; here
 * are the state, the embedded modules, Ctrl-C and the exit status.
 *
 * Ctrl-C sets the cancel flag, which every long loop of the engine polls, and
 * a hook that stops Lua code; a second one within a second ends the process.
 * Either way the store stays as the last commit left it.
 * Exit status: 0 fine, 1 error, 2 usage. */
#include "lua/lua_common.h"
#include "main/edit.h"

#include <lua-lpeg.h>
#include <lualib.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Memory for Lua values before the first garbage collection: a short run ends
 * without one, which saves a fifth of its time. */
enum { UNCOLLECTED_KB = 16 << 10 };

/* What the signal handler works on; set before it is installed. */
static lua_State *handler_state;
static lua_engine *handler_engine;
static volatile sig_atomic_t last_interrupt = -10;

/* ---- Ctrl-C ------------------------------------------------------------- */

static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    luaL_error(L, "interrupted");
}

static int seconds_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)(now.tv_sec & 0x7FFFFFFF);
}

static void on_interrupt(int sig)
{
    int now = seconds_now();
    if (now - last_interrupt <= 1)
        _exit(128 + sig);
    last_interrupt = now;
    atomic_store(&handler_engine->cancel.asked, true);
    lua_sethook(handler_state, stop,
                LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void install_handlers(lua_State *L)
{
    handler_state = L;
    handler_engine = lua_engine_of(L);
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error, not an end */
}

/* ---- running ------------------------------------------------------------ */

/* Message handler: what went wrong, and where. */
static int explain(lua_State *L)
{
    const char *text = luaL_tolstring(L, 1, NULL);
    luaL_traceback(L, L, text, 1);
    return 1;
}

static void push_arguments(lua_State *L, int argc, char **argv)
{
    lua_createtable(L, argc, 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
}

static void preload(lua_State *L, const char *name, lua_CFunction open)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* Protected: arguments argc and argv; leaves the exit status. */
static int run(lua_State *L)
{
    int argc = (int)lua_tointeger(L, 1);
    char **argv = lua_touserdata(L, 2);
    lua_gc(L, LUA_GCSTEP, -UNCOLLECTED_KB); /* less than no step: later */
    luaL_openlibs(L);
    preload(L, "lpeg", luaopen_lpeg);
    preload(L, "dragoman.edit", luaopen_dragoman_edit);
    embedded_install(L, true);
    install_handlers(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "dragoman.cli");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "main");
    push_arguments(L, argc, argv);
    lua_call(L, 1, 1);
    return 1;
}

static int protected_run(lua_State *L, int argc, char **argv)
{
    lua_pushcfunction(L, explain);
    lua_pushcfunction(L, run);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    if (lua_pcall(L, 2, 1, 1) != LUA_OK) {
        fprintf(stderr, "dragoman: %s\n", lua_tostring(L, -1));
        return 1;
    }
    return (int)lua_tointeger(L, -1);
}

/* Large tables stay mappings of their own, which the kernel moves when they
 * grow; left to itself, malloc would soon copy them within its heap. */
static void set_up_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

int main(int argc, char **argv)
{
    set_up_memory();
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        fprintf(stderr, "dragoman: not enough memory\n");
        return 1;
    }
    int status = protected_run(L, argc, argv);
    signal(SIGINT, SIG_DFL); /* the handler works on the state */
    lua_close(L);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0) {
        perror("dragoman: standard output");
        status = 1;
    }
    return status;
}
