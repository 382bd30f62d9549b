/* embed.c - a build tool: Lua files as C arrays.
 *
 *     embed scripts/dragoman/init.lua scripts/rules/belief.lua … > embedded.c
 *
 * The table `dragoman_embedded` maps module names to texts, and to what Lua
 * compiles them to, which loads five times faster: a path below scripts/ with
 * dots for slashes, and `init` dropped. */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

/* "scripts/rules/belief.lua" -> "rules.belief". */
static void module_name(const char *path, char *out, size_t size)
{
    const char *start = strncmp(path, "scripts/", 8) == 0 ? path + 8 : path;
    size_t n = strlen(start);
    if (n > 4 && strcmp(start + n - 4, ".lua") == 0)
        n -= 4;
    if (n > 5 && strncmp(start + n - 5, "/init", 5) == 0)
        n -= 5;
    if (n >= size)
        n = size - 1;
    memcpy(out, start, n);
    out[n] = '\0';
    for (char *c = out; *c; c++)
        if (*c == '/')
            *c = '.';
}

static void print_bytes(const char *bytes, size_t size, long *printed)
{
    for (size_t i = 0; i < size; i++)
        printf("%s%d,", (*printed)++ % 20 == 0 ? "\n" : "",
               (unsigned char)bytes[i]);
}

static int print_piece(lua_State *L, const void *piece, size_t size,
                       void *printed)
{
    (void)L;
    print_bytes(piece, size, printed);
    return 0;
}

/* The text on top of the stack as an array, then what it is compiled to. */
static int print_both(lua_State *L, const char *path, int index)
{
    char name[256];
    size_t size;
    long printed = 0;
    const char *text = lua_tolstring(L, -1, &size);
    const char *shown = strncmp(path, "scripts/", 8) == 0 ? path + 8 : path;
    snprintf(name, sizeof name, "=%s", shown);
    printf("static const unsigned char text%d[] = {", index);
    print_bytes(text, size, &printed);
    printf("0};\nstatic const unsigned char code%d[] = {", index);
    if (luaL_loadbufferx(L, text, size, name, "t") != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return -1;
    }
    printed = 0;
    lua_dump(L, print_piece, &printed, 0);
    printf("0};\n");
    return 0;
}

static int embed(lua_State *L, const char *path, int index)
{
    luaL_Buffer text;
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return -1;
    }
    luaL_buffinit(L, &text);
    size_t n;
    do {
        n = fread(luaL_prepbuffer(&text), 1, LUAL_BUFFERSIZE, f);
        luaL_addsize(&text, n);
    } while (n > 0);
    luaL_pushresult(&text);
    int bad = ferror(f);
    fclose(f);
    bad = bad || print_both(L, path, index) != 0;
    lua_settop(L, 0);
    return bad ? -1 : 0;
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    if (L == NULL)
        return 1;
    printf("#include \"lua/embedded.h\"\n");
    for (int i = 1; i < argc; i++)
        if (embed(L, argv[i], i) != 0)
            return 1;
    lua_close(L);
    printf("const struct embedded dragoman_embedded[] = {\n");
    for (int i = 1; i < argc; i++) {
        char name[256];
        module_name(argv[i], name, sizeof name);
        printf("    {\"%s\", text%d, sizeof text%d - 1, code%d, sizeof code%d "
               "- 1},\n", name, i, i, i, i);
    }
    printf("    {0, 0, 0, 0, 0}\n};\n");
    return 0;
}
