/* edit.h - the module dragoman.edit: reading lines at a terminal. */
#ifndef MAIN_EDIT_H
#define MAIN_EDIT_H

#include <lua.h>

int luaopen_dragoman_edit(lua_State *L);

#endif
