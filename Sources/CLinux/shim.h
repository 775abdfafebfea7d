// What Swift's Glibc module leaves out of Linux, as headers only.
//
// No _GNU_SOURCE here: it would give this module other definitions of the C library's types than Glibc's module has.

#ifndef HERALD_CLINUX_H
#define HERALD_CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <pthread.h>

// Stands behind _GNU_SOURCE in pthread.h.
extern int pthread_setname_np(pthread_t thread, const char *name);

#endif
