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

// How many columns the terminal has; 0 if it is none, or does not tell.
static inline int herald_terminal_width(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Takes a write lock on the whole file, which the kernel lifts when the process ends or closes any descriptor of that
// file. Returns 0, or -1 with errno EACCES or EAGAIN where another process has it.
static inline int herald_lock_file(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &lock);
}

// The process that has such a lock: 0 if nobody has or it cannot be named (it runs in another container), -1 with errno.
// `is_held` is set to whether somebody has it.
static inline int herald_lock_holder(int fd, int *is_held) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_GETLK, &lock) != 0) return -1;
    *is_held = lock.l_type != F_UNLCK;
    return *is_held && lock.l_pid > 0 ? lock.l_pid : 0;
}

#endif
