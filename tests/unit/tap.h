/* tap.h - the Test Anything Protocol for tests in C.
 *
 *     int main(void)
 *     {
 *         ok(1 + 1 == 2, "sums");
 *         is_int(2, 1 + 1, "the same, showing both when they differ");
 *         is_str(text, "abc", "texts");
 *         return done_testing();
 *     }
 *
 * Diagnostics go to standard error, as `prove` expects. */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_run, tap_failed;

__attribute__((unused, format(printf, 1, 2)))
static void diag(const char *format, ...)
{
    va_list args;
    fputs("# ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static bool tap_result(bool passed, const char *name, const char *file,
                       int line)
{
    printf("%s %d - %s\n", passed ? "ok" : "not ok", ++tap_run, name);
    fflush(stdout);
    if (!passed) {
        tap_failed++;
        diag("failed: %s (%s:%d)", name, file, line);
    }
    return passed;
}

__attribute__((unused))
static bool tap_is_int(int64_t got, int64_t want, const char *name,
                       const char *file, int line)
{
    bool passed = tap_result(got == want, name, file, line);
    if (!passed)
        diag("got %" PRId64 ", wanted %" PRId64, got, want);
    return passed;
}

__attribute__((unused))
static bool tap_is_str(const char *got, const char *want, const char *name,
                       const char *file, int line)
{
    bool passed = tap_result(got && strcmp(got, want) == 0, name, file, line);
    if (!passed)
        diag("got \"%s\", wanted \"%s\"", got ? got : "(null)", want);
    return passed;
}

#define ok(condition, name) \
    tap_result((condition), (name), __FILE__, __LINE__)
#define is_int(got, want, name) \
    tap_is_int((int64_t)(got), (int64_t)(want), (name), __FILE__, __LINE__)
#define is_str(got, want, name) \
    tap_is_str((got), (want), (name), __FILE__, __LINE__)

__attribute__((unused))
static void skip(const char *name, const char *why)
{
    printf("ok %d - %s # SKIP %s\n", ++tap_run, name, why);
}

__attribute__((unused))
static int done_testing(void)
{
    printf("1..%d\n", tap_run);
    return tap_failed != 0;
}

#endif
