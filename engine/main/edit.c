/* edit.c - line editing and history by libedit (BSD), when it is there.
 *
 * The library is loaded when the first line is asked for, so that the program
 * neither needs it nor pays for it at start-up; without it, or with standard
 * input that is no terminal, edit.open gives nil and the prompt reads plain
 * lines.  The few functions and numbers used are those of histedit.h, the
 * stable interface of libedit.so.2.
 *
 * Ctrl-C is read as a character while a line is edited: it drops the line. */
#include "main/edit.h"

#include <dlfcn.h>
#include <lauxlib.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EDIT_TYPE "dragoman.edit"

/* From histedit.h. */
enum {
    EL_PROMPT = 0, EL_EDITOR = 2, EL_SIGNAL = 3, EL_BIND = 4, EL_SETTY = 8,
    EL_ADDFN = 9, EL_HIST = 10, EL_CLIENTDATA = 14,
    CC_NEWLINE = 1,
    H_SETSIZE = 1, H_ENTER = 10, H_LOAD = 17, H_SAVE = 18, H_SETUNIQUE = 20,
    HISTORY_SIZE = 1000
};

typedef struct hist_event {
    int number;
    const char *text;
} hist_event;

typedef struct library {
    void *handle;
    void *(*el_init)(const char *, FILE *, FILE *, FILE *);
    void (*el_end)(void *);
    int (*el_set)(void *, int, ...);
    int (*el_get)(void *, int, ...);
    const char *(*el_gets)(void *, int *);
    void *(*history_init)(void);
    void (*history_end)(void *);
    int (*history)(void *, hist_event *, int, ...);
} library;

typedef struct editor {
    library lib;
    void *el;
    void *history;
    char prompt[64];
    char file[512];
    bool interrupted;
} editor;

/* ---- the library -------------------------------------------------------- */

static bool find(library *lib, const char *name, void *out)
{
    void *address = dlsym(lib->handle, name);
    memcpy(out, &address, sizeof address);
    return address != NULL;
}

static bool load(library *lib)
{
    lib->handle = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    return lib->handle != NULL && find(lib, "el_init", &lib->el_init)
           && find(lib, "el_end", &lib->el_end)
           && find(lib, "el_set", &lib->el_set)
           && find(lib, "el_get", &lib->el_get)
           && find(lib, "el_gets", &lib->el_gets)
           && find(lib, "history_init", &lib->history_init)
           && find(lib, "history_end", &lib->history_end)
           && find(lib, "history", &lib->history);
}

/* ---- one editor --------------------------------------------------------- */

/* libedit calls these with its own handle; the data is ours.  el_get is the
 * same function in every copy of the library, kept where these find it. */
static int (*get)(void *, int, ...);

static editor *editor_of(void *el)
{
    editor *e = NULL;
    get(el, EL_CLIENTDATA, &e);
    return e;
}

static char *show_prompt(void *el)
{
    return editor_of(el)->prompt;
}

static unsigned char on_interrupt(void *el, int c)
{
    (void)c;
    editor_of(el)->interrupted = true;
    fputs("^C\n", stdout);
    return CC_NEWLINE;
}

static void configure(editor *e)
{
    const library *l = &e->lib;
    hist_event event;
    get = l->el_get;
    l->el_set(e->el, EL_CLIENTDATA, e);
    l->el_set(e->el, EL_PROMPT, show_prompt);
    l->el_set(e->el, EL_EDITOR, "emacs");
    l->el_set(e->el, EL_SIGNAL, 0);
    l->el_set(e->el, EL_HIST, l->history, e->history);
    l->el_set(e->el, EL_ADDFN, "interrupt", "Drop the line", on_interrupt);
    l->el_set(e->el, EL_SETTY, "-d", "-isig", (char *)NULL);
    l->el_set(e->el, EL_BIND, "^C", "interrupt", (char *)NULL);
    l->el_set(e->el, EL_BIND, "^R", "em-inc-search-prev", (char *)NULL);
    l->history(e->history, &event, H_SETSIZE, HISTORY_SIZE);
    l->history(e->history, &event, H_SETUNIQUE, 1);
    if (e->file[0] != '\0')
        l->history(e->history, &event, H_LOAD, e->file);
}

static int edit_close(lua_State *L)
{
    editor *e = luaL_checkudata(L, 1, EDIT_TYPE);
    hist_event event;
    if (e->history != NULL && e->file[0] != '\0')
        e->lib.history(e->history, &event, H_SAVE, e->file);
    if (e->el != NULL)
        e->lib.el_end(e->el);
    if (e->history != NULL)
        e->lib.history_end(e->history);
    if (e->lib.handle != NULL)
        dlclose(e->lib.handle);
    memset(e, 0, sizeof *e);
    return 0;
}

/* edit.open(history_file|nil) -> editor | nil when lines can't be edited */
static int edit_open(lua_State *L)
{
    const char *file = luaL_optstring(L, 1, "");
    lua_pushnil(L);
    if (!isatty(0) || !isatty(1))
        return 1;
    setlocale(LC_CTYPE, ""); /* for the width of characters */
    editor *e = lua_newuserdatauv(L, sizeof *e, 0);
    memset(e, 0, sizeof *e);
    luaL_setmetatable(L, EDIT_TYPE);
    snprintf(e->file, sizeof e->file, "%s", file);
    if (!load(&e->lib)) {
        lua_pushnil(L);
        return 1;
    }
    e->el = e->lib.el_init("dragoman", stdin, stdout, stderr);
    e->history = e->lib.history_init();
    if (e->el == NULL || e->history == NULL) {
        lua_pushnil(L);
        return 1;
    }
    configure(e);
    return 1;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* editor:line(prompt) -> line | nil at the end | false after Ctrl-C */
static int edit_line(lua_State *L)
{
    editor *e = luaL_checkudata(L, 1, EDIT_TYPE);
    luaL_argcheck(L, e->el != NULL, 1, "closed");
    snprintf(e->prompt, sizeof e->prompt, "%s", luaL_checkstring(L, 2));
    hist_event event;
    int count = 0;
    e->interrupted = false;
    const char *line = e->lib.el_gets(e->el, &count);
    if (e->interrupted) {
        lua_pushboolean(L, 0);
    } else if (line == NULL || count <= 0) {
        lua_pushnil(L);
    } else {
        if (!is_blank(line))
            e->lib.history(e->history, &event, H_ENTER, line);
        size_t size = strlen(line);
        lua_pushlstring(L, line, size - (line[size - 1] == '\n'));
    }
    return 1;
}

int luaopen_dragoman_edit(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"line", edit_line}, {"close", edit_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"open", edit_open}, {NULL, NULL}};
    if (luaL_newmetatable(L, EDIT_TYPE)) {
        lua_pushcfunction(L, edit_close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, edit_close);
        lua_setfield(L, -2, "__close");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
