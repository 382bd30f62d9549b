/* measure.c - run a command; print its seconds and peak megabytes.
 *
 *   measure FILE COMMAND [ARGUMENT ...]
 *
 * FILE gets one line "SECONDS<tab>MEGABYTES<tab>CPU", seconds of wall time and
 * of the processors; the command keeps its own output.  Exit status: that of the command, 127 when it can't be run. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int report(const char *path, double seconds, const struct rusage *used)
{
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return 1;
    fprintf(f, "%.3f\t%ld\t%.3f\n", seconds, used->ru_maxrss / 1024,
            seconds_of(used->ru_utime) + seconds_of(used->ru_stime));
    return fclose(f) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "measure FILE COMMAND [ARGUMENT ...]\n");
        return 2;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror("measure");
        return 127;
    }
    if (report(argv[1], now() - start, &used) != 0)
        return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
