// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_sync - a disk whose syncs take longer, by LD_PRELOAD: fdatasync() and
 * fsync() return OCS_SLOW_SYNC_US microseconds after they were done
 */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_f)(int fd);

static int slow(sync_f fn, int fd)
{
	const char *text = getenv("OCS_SLOW_SYNC_US");
	long us = text ? strtol(text, NULL, 10) : 0;
	int rc = fn(fd), keep = errno;
	struct timespec at;

	/* else the kernel adds 50 us of its own */
	prctl(PR_SET_TIMERSLACK, 1L);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += us % 1000000 * 1000;
	at.tv_sec += us / 1000000 + at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
		;
	errno = keep;
	return rc;
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	return slow((sync_f) dlsym(RTLD_NEXT, "fdatasync"), fd);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
	return slow((sync_f) dlsym(RTLD_NEXT, "fsync"), fd);
}
