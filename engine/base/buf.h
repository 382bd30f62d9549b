/* buf.h - a growing byte buffer, always NUL-terminated when not empty. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised is empty and ready.  After a failed append `failed` is
 * set and further appends do nothing, so that only the end need be checked. */
typedef struct buf {
    char *at;
    size_t len;
    size_t cap;
    bool failed;
} buf;

/* Room for `size` bytes behind the end, to be written by hand. */
bool buf_room(buf *b, size_t size);
bool buf_put(buf *b, const void *bytes, size_t size);
bool buf_puts(buf *b, const char *text);
bool buf_printf(buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_clear(buf *b);
void buf_free(buf *b);

#endif
