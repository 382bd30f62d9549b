/* embed.c - a build tool: Lua files as C arrays.
 *
 *     embed scripts/dragoman/init.lua scripts/rules/belief.lua … > embedded.c
 *
 * The table `dragoman_embedded` maps module names to texts: a path below
 * scripts/ with dots for slashes, and `init` dropped. */
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

static int embed(const char *path, int index)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return -1;
    }
    printf("static const unsigned char text%d[] = {", index);
    int c;
    long n = 0;
    while ((c = getc(f)) != EOF)
        printf("%s%d,", n++ % 20 == 0 ? "\n" : "", c);
    printf("0};\n");
    int bad = ferror(f);
    fclose(f);
    return bad ? -1 : 0;
}

int main(int argc, char **argv)
{
    printf("#include \"lua/embedded.h\"\n");
    for (int i = 1; i < argc; i++)
        if (embed(argv[i], i) != 0)
            return 1;
    printf("const struct embedded dragoman_embedded[] = {\n");
    for (int i = 1; i < argc; i++) {
        char name[256];
        module_name(argv[i], name, sizeof name);
        printf("    {\"%s\", text%d, sizeof text%d - 1},\n", name, i, i);
    }
    printf("    {0, 0, 0}\n};\n");
    return 0;
}
