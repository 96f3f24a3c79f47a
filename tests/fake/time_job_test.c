// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * time_job_test - what each select_g_job_test() of slurmctld takes, by
 * LD_PRELOAD, whatever the select plugin
 *
 * The file OCS_TIME_JOB_TEST, which must be there and writable, is made as
 * large as 1 + RECORDS records: the first begins with the number of calls, call
 * N is record 1 + N % RECORDS. Clients do not call it and touch nothing.
 */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RECORDS 65536

struct record {
	uint64_t cpu_ns;	/* of the calling thread */
	uint64_t wall_ns;
	uint32_t mode;
	int32_t rc;
};
_Static_assert(sizeof(struct record) == 24, "the reader's, too");

/* The same in all Slurms that this suite runs on; what is a structure of
 * Slurm's is passed on unseen. */
typedef int (*test_f)(void *job, void *bitmap, uint32_t min, uint32_t max,
		      uint32_t req, uint16_t mode, void *candidates,
		      void *preemptees, void *exclude);
int select_g_job_test(void *job, void *bitmap, uint32_t min, uint32_t max,
		      uint32_t req, uint16_t mode, void *candidates,
		      void *preemptees, void *exclude);

static test_f real;
static struct record *file;

static void once(void)
{
	const char *path = getenv("OCS_TIME_JOB_TEST");
	size_t size = (1 + RECORDS) * sizeof(struct record);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	real = (test_f) dlsym(RTLD_NEXT, "select_g_job_test");
	if (fd < 0)
		return;
	if (ftruncate(fd, (off_t) size) == 0)
		file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0);
	if (file == MAP_FAILED)
		file = NULL;
	close(fd);
}

static uint64_t ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}

/* Callers hold slurmctld's job write lock: one at a time. */
__attribute__((visibility("default")))
int select_g_job_test(void *job, void *bitmap, uint32_t min, uint32_t max,
		      uint32_t req, uint16_t mode, void *candidates,
		      void *preemptees, void *exclude)
{
	static pthread_once_t ready = PTHREAD_ONCE_INIT;
	uint64_t cpu, wall, n;
	int rc;

	pthread_once(&ready, once);
	cpu = ns(CLOCK_THREAD_CPUTIME_ID);
	wall = ns(CLOCK_MONOTONIC);
	rc = real(job, bitmap, min, max, req, mode, candidates, preemptees,
		  exclude);
	if (!file)
		return rc;
	cpu = ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	wall = ns(CLOCK_MONOTONIC) - wall;
	n = atomic_load((_Atomic uint64_t *) file);
	file[1 + n % RECORDS] = (struct record) { cpu, wall, mode, rc };
	atomic_store((_Atomic uint64_t *) file, n + 1);
	return rc;
}
