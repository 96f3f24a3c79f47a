// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kick - let Slurm's schedulers look again when something of ours has changed
 *
 * Slurm looks when a job or a node has changed, else once a minute. What makes
 * an optical job startable is often neither: a begin_time that we set has
 * passed, a circuit was released after its job's epilog, the agent is back. That
 * it is gone changes what squeue says.
 */
#include "plugins/select/optical.h"

#include <pthread.h>

/* Times beyond this many are left to Slurm's own minute. */
#define TIMES 64
/* At most one pass per this, in ms: a pass costs Slurm work. */
#define PAUSE_MS 1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* times */
static uint64_t times[TIMES];		/* monotonic ms; 0: free */

/* The worker's alone. */
static uint64_t last_ms, seen_generation;
static bool was_usable, was_down, wanted;

void kick_in(uint64_t ms)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < TIMES; i++)
		if (!times[i]) {
			times[i] = now_ms() + ms;
			break;
		}
	pthread_mutex_unlock(&lock);
}

static bool time_has_come(uint64_t now)
{
	bool come = false;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < TIMES; i++)
		if (times[i] && times[i] <= now) {
			times[i] = 0;
			come = true;
		}
	pthread_mutex_unlock(&lock);
	return come;
}

void kick_run(uint64_t generation)
{
	bool usable = reserve_usable(), down = reserve_agent_down();
	uint64_t now = now_ms();

	if (time_has_come(now))
		wanted = true;
	/* These only matter to optical jobs that wait. */
	if (((usable && !was_usable) || (down && !was_down) ||
	     generation != seen_generation) && reasons_any())
		wanted = true;
	was_usable = usable;
	was_down = down;
	seen_generation = generation;
	if (!wanted || now - last_ms < PAUSE_MS)
		return;
	wanted = false;
	last_ms = now;
	compat_schedule();
}
