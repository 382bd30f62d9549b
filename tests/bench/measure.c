/* measure.c - run a command; print its seconds and peak megabytes.
 *
 *   measure LIMIT FILE COMMAND [ARGUMENT ...]
 *
 * FILE gets one line "SECONDS<tab>MEGABYTES<tab>CPU", seconds of wall time and
 * of the processors; the command keeps its own output.  After LIMIT seconds
 * (0: never) the command and what it started are stopped.  Exit status: that of
 * the command, 124 when it was stopped, 127 when it can't be run. */
#include <errno.h>
#include <signal.h>
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

static volatile sig_atomic_t stopped;
static pid_t child;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
    kill(-child, SIGKILL);
}

/* Start the command in a process group of its own. */
static void start(char **command, unsigned limit)
{
    child = fork();
    if (child == 0) {
        setpgid(0, 0);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    setpgid(child, child);
    signal(SIGALRM, stop);
    alarm(limit);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "measure LIMIT FILE COMMAND [ARGUMENT ...]\n");
        return 2;
    }
    double began = now();
    start(argv + 3, (unsigned)atoi(argv[1]));
    int status = 0;
    struct rusage used;
    pid_t ended = child;
    while (child > 0 && (ended = wait4(child, &status, 0, &used)) < 0
           && errno == EINTR)
        continue;
    if (child < 0 || ended != child) {
        perror("measure");
        return 127;
    }
    if (report(argv[2], now() - began, &used) != 0)
        return 127;
    if (stopped)
        return 124;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
