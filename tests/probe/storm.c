/* Makes storms of processes of known number, kind and cost, and prints what it really did as JSON:
 *   started: processes waited for, cpu: what they used (getrusage, RUSAGE_CHILDREN), in seconds.
 *
 *   storm rate PER_SECOND SECONDS PATH [ARG...]   start PATH so often (0: as often as possible)
 *   storm fork COUNT ROUNDS CODE                  fork without exec
 *   storm threads COUNT THREADS ROUNDS HOW        join: wait for them; leave: end while they run; lead: the first
 *                                                 thread ends before the others
 *   storm orphan COUNT PATH [ARG...]              start PATH from a child that is gone before it
 *   storm kill COUNT SIGNAL                       fork, and kill the child
 *   storm churn SECONDS PER_SECOND ROUNDS         one process that starts threads, one after the other
 *   storm step COUNT ROUNDS CODE                  spin, then start oneself again COUNT times, then end
 * With a first word `newpids` all this happens in a pid namespace of its own, with `user UID` as that user. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_AT_ONCE 8

static long started, waiting;
static long rounds_of_thread;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void spin(long rounds) {
    for (long i = 0; i < rounds; i++)
        __asm__ volatile("" : "+r"(i));
}

static void sleep_until(double due) {
    for (double left = due - now(); left > 0; left = due - now()) {
        struct timespec t = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
        nanosleep(&t, 0);
    }
}

static void reap(int most) {
    while (waiting > 0 && waitpid(-1, 0, waiting > most ? 0 : WNOHANG) > 0)
        waiting--;
}

static void begun(pid_t pid) {
    if (pid < 0) {
        perror("fork");
        exit(1);
    }
    started++, waiting++;
    reap(MOST_AT_ONCE);
}

static void rate(double per_second, double seconds, char **command) {
    double began = now();
    for (long n = 0; now() - began < seconds; n++) {
        if (per_second > 0)
            sleep_until(began + (double)n / per_second);
        pid_t pid = vfork();
        if (pid == 0) {
            execv(command[0], command);
            _exit(127);
        }
        begun(pid);
    }
}

static void forks(long count, long rounds, int code) {
    while (count--) {
        pid_t pid = fork();
        if (pid == 0) {
            spin(rounds);
            _exit(code);
        }
        begun(pid);
    }
}

static void *thread(void *nothing) {
    spin(rounds_of_thread);
    return nothing;
}

static void threads(long count, long each, const char *how) {
    while (count--) {
        pid_t pid = fork();
        if (pid == 0) {
            pthread_t made[64];
            for (long i = 0; i < each; i++)
                pthread_create(&made[i], 0, thread, 0);
            if (!strcmp(how, "lead"))
                pthread_exit(0);
            for (long i = 0; i < each && !strcmp(how, "join"); i++)
                pthread_join(made[i], 0);
            spin(rounds_of_thread);
            _exit(3);
        }
        begun(pid);
    }
}

static void orphans(long count, char **command) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    while (count--) {
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_NAME, "storm-starter");
            pid_t starter = getpid();
            if (fork() == 0) {
                while (getppid() == starter)
                    sched_yield();
                execv(command[0], command);
                _exit(127);
            }
            _exit(0);
        }
        begun(pid);
        started++, waiting++; /* the orphan comes to us */
    }
}

static void kills(long count, int number) {
    while (count--) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        kill(pid, number);
        begun(pid);
    }
}

static void churn(double seconds, double per_second) {
    double began = now();
    for (long n = 0; now() - began < seconds; n++) {
        pthread_t made;
        sleep_until(began + (double)n / per_second);
        pthread_create(&made, 0, thread, 0);
        pthread_join(made, 0);
        started++;
    }
}

static void step(char *self, long count, long rounds, char *code) {
    char left[32], turns[32];
    spin(rounds);
    if (count == 0)
        _exit(atoi(code));
    snprintf(left, sizeof left, "%ld", count - 1);
    snprintf(turns, sizeof turns, "%ld", rounds);
    execl(self, self, "step", left, turns, code, (char *)0);
    _exit(127);
}

static void report(double began) {
    struct rusage all, own;
    while (waiting > 0)
        reap(0);
    getrusage(RUSAGE_CHILDREN, &all);
    getrusage(RUSAGE_SELF, &own);
    printf("{\"started\":%ld,\"seconds\":%.6f,\"cpu\":%.6f,\"own_cpu\":%.6f,\"pid\":%d}\n", started, now() - began,
           (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec) +
               (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec) / 1e6,
           (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
               (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6,
           getpid());
}

int main(int count, char **words) {
    double began = now();
    char *self = words[0];
    prctl(PR_SET_TIMERSLACK, 1000);
    if (count > 1 && !strcmp(words[1], "newpids")) {
        if (unshare(CLONE_NEWPID))
            return perror("unshare"), 1;
        pid_t first = fork(); /* only a child is in the new namespace, as its process 1 */
        if (first != 0)
            return waitpid(first, 0, 0) != first;
        words++, count--;
    }
    if (count > 2 && !strcmp(words[1], "user")) {
        if (setuid((uid_t)atoi(words[2])))
            return perror("setuid"), 1;
        words += 2, count -= 2;
    }
    if (count < 4)
        return fputs("see the head of storm.c\n", stderr), 2;
    char *what = words[1], **rest = words + 2;
    if (!strcmp(what, "rate"))
        rate(atof(rest[0]), atof(rest[1]), rest + 2);
    else if (!strcmp(what, "fork"))
        forks(atol(rest[0]), atol(rest[1]), atoi(rest[2]));
    else if (!strcmp(what, "threads"))
        rounds_of_thread = atol(rest[2]), threads(atol(rest[0]), atol(rest[1]), rest[3]);
    else if (!strcmp(what, "orphan"))
        orphans(atol(rest[0]), rest + 1);
    else if (!strcmp(what, "kill"))
        kills(atol(rest[0]), atoi(rest[1]));
    else if (!strcmp(what, "churn"))
        rounds_of_thread = atol(rest[2]), churn(atof(rest[0]), atof(rest[1]));
    else if (!strcmp(what, "step"))
        step(self, atol(rest[0]), atol(rest[1]), rest[2]);
    else
        return 2;
    report(began);
    return 0;
}
