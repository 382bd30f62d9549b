/* buf.c - the growing byte buffer.
 *
 * Purpose: texts and records of unknown length.
 * Representation: see buf.h; one byte is kept for the NUL at the end.
 * Invariants: len < cap when at is set; at[len] is NUL; a failed buffer keeps
 * what it had and takes no more.
 * Cost: appending n bytes is O(n) amortised. */
#include "base/buf.h"

#include "base/vec.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool grow(buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more >= SIZE_MAX - b->len
        || (b->len + more + 1 > b->cap
            && !vec_grow((void **)&b->at, &b->cap, b->len + more + 1, 1))) {
        b->failed = true;
        return false;
    }
    assert(b->len + more < b->cap);
    return true;
}

bool buf_room(buf *b, size_t size)
{
    return grow(b, size);
}

bool buf_put(buf *b, const void *bytes, size_t size)
{
    if (!grow(b, size))
        return false;
    if (size)
        memcpy(b->at + b->len, bytes, size);
    b->len += size;
    b->at[b->len] = '\0';
    return true;
}

bool buf_puts(buf *b, const char *text)
{
    return buf_put(b, text, strlen(text));
}

bool buf_printf(buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        b->failed = true;
        return false;
    }
    if (!grow(b, (size_t)size))
        return false;
    va_start(args, format);
    vsnprintf(b->at + b->len, (size_t)size + 1, format, args);
    va_end(args);
    b->len += (size_t)size;
    return true;
}

void buf_clear(buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->at)
        b->at[0] = '\0';
}

void buf_free(buf *b)
{
    mem_free(b->at);
    *b = (buf){0};
}
