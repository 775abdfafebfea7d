// What Swift's Glibc module leaves out of Linux, as headers only.
//
// No _GNU_SOURCE here: it would give this module other definitions of the C library's types than Glibc's module has.

#ifndef HERALD_CLINUX_H
#define HERALD_CLINUX_H

#include <fcntl.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <pthread.h>
#include <spawn.h>

// These three stand behind _GNU_SOURCE in their headers.
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int pipe2(int fds[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int herald_pipe_cloexec(int fds[2]) {
    return pipe2(fds, O_CLOEXEC);
}

// `fcntl` is variadic, which Swift cannot call.
static inline int herald_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

#endif
