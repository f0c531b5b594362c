/* Stands between `to` and the C library, for what no test can bring about from outside: an end at a moment
 * that is known, a file system without locks, a system without threads.
 *
 *   INTERPOSED_KILL=N        ends the process as kill -9 does, at its Nth call that has an effect
 *   INTERPOSED_COUNT=PATH    writes the number of such calls there at the end
 *   INTERPOSED_FULL=PATH     the disk of the files below it is full
 *   INTERPOSED_NAMES=N       a host that is looked up is answered with this error, such as EAI_AGAIN's -3
 *   INTERPOSED_NO_LOCKS=1    flock fails with ENOLCK, as on NFS without a lock daemon
 *   INTERPOSED_NO_THREADS=1  no thread can be started
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls;

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

/* Is the moment before each effect, and so behind the one before. */
static int is_last(void) {
    return __sync_add_and_fetch(&calls, 1) == number("INTERPOSED_KILL");
}

static void end(void) {
    kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void write_count(void) {
    const char *path = getenv("INTERPOSED_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", calls);
        fclose(file);
    }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define BEFORE(type, name, parameters, arguments) \
    type name parameters {                        \
        if (is_last()) end();                     \
        return REAL(name) arguments;              \
    }

BEFORE(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
BEFORE(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags))
BEFORE(int, rename, (const char *from, const char *to), (from, to))
BEFORE(int, link, (const char *from, const char *to), (from, to))
BEFORE(int, unlink, (const char *path), (path))
BEFORE(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
BEFORE(int, rmdir, (const char *path), (path))
BEFORE(int, mkdir, (const char *path, mode_t mode), (path, mode))
BEFORE(int, ftruncate64, (int fd, off64_t size), (fd, size))
BEFORE(int, fsync, (int fd), (fd))
BEFORE(int, fdatasync, (int fd), (fd))
BEFORE(int, close, (int fd), (fd))

static int is_full(int fd) {
    const char *full = getenv("INTERPOSED_FULL");
    char name[64], path[4096];
    if (!full) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path);
    return length >= (ssize_t)strlen(full) && strncmp(path, full, strlen(full)) == 0;
}

/* A write is cut off in its middle. */
ssize_t write(int fd, const void *bytes, size_t size) {
    if (is_last()) {
        REAL(write)(fd, bytes, size / 2);
        end();
    }
    if (is_full(fd)) {
        errno = ENOSPC;
        return -1;
    }
    return REAL(write)(fd, bytes, size);
}

int flock(int fd, int operation) {
    if (is_last()) end();
    if (number("INTERPOSED_NO_LOCKS")) {
        errno = ENOLCK;
        return -1;
    }
    return REAL(flock)(fd, operation);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    long error = number("INTERPOSED_NAMES");
    if (error && host) return (int)error;
    return REAL(getaddrinfo)(host, service, hints, found);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *given) {
    if (number("INTERPOSED_NO_THREADS")) return EAGAIN;
    return REAL(pthread_create)(thread, attributes, run, given);
}
