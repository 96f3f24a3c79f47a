// SPDX-License-Identifier: GPL-2.0-or-later
/* points - kill -9 at the Nth passing of a place, as OCS_POINT_KILL says */
#include "agent/point.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char victim[64];
static atomic_long left;

static void read_order(void)
{
	const char *order = getenv("OCS_POINT_KILL");
	const char *colon = order ? strchr(order, ':') : NULL;

	if (!colon || (size_t) (colon - order) >= sizeof(victim))
		return;
	memcpy(victim, order, (size_t) (colon - order));
	atomic_store(&left, atol(colon + 1));
}

void ocs_point(const char *name)
{
	pthread_once(&once, read_order);
	if (!victim[0] || strcmp(name, victim))
		return;
	if (atomic_fetch_sub(&left, 1) == 1)
		kill(getpid(), SIGKILL);
}
