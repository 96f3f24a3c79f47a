// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_del - by LD_PRELOAD: 20 ms pass before a descriptor leaves an epoll set,
 * so that two threads who want the same one out both come to it
 */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include <dlfcn.h>
#include <sys/epoll.h>
#include <time.h>

typedef int (*epoll_ctl_f)(int ep, int op, int fd, struct epoll_event *ev);

__attribute__((visibility("default"))) int
epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	if (op == EPOLL_CTL_DEL)
		nanosleep(&pause, NULL);
	return ((epoll_ctl_f) dlsym(RTLD_NEXT, "epoll_ctl"))(ep, op, fd, ev);
}
