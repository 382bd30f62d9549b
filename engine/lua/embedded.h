/* embedded.h - the Lua half, compiled in (made by main/embed.c). */
#ifndef LUA_EMBEDDED_H
#define LUA_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *name; /* module name, "rules.belief"; NULL ends the table */
    const unsigned char *text;
    size_t size;
    const unsigned char *code; /* the same, compiled by the build's Lua */
    size_t code_size;
};

extern const struct embedded dragoman_embedded[];

#endif
