// What Swift's Glibc module leaves out of Linux, as headers only.

#ifndef HERALD_CLINUX_H
#define HERALD_CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

// `pipe2` stands behind _GNU_SOURCE, which Swift's own Glibc module may not have had.
static inline int herald_pipe_cloexec(int fds[2]) {
    return pipe2(fds, O_CLOEXEC);
}

// `fcntl` is variadic, which Swift cannot call.
static inline int herald_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static inline int herald_set_pipe_size(int fd, int bytes) {
    return fcntl(fd, F_SETPIPE_SZ, bytes);
}

#endif
