// SPDX-License-Identifier: GPL-2.0-or-later
/* library - finds libocs.so and optical.conf for job_submit */
#include "plugins/job_submit/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/core/error.h"

/* A file that can't be read is tried again no sooner, in seconds: jobs come in
 * by the hundred. */
#define RETRY_S 2

static const struct ocslib_ops *ops;
static struct ocs_error why;
static struct timespec tried;

static int open_library(struct ocs_error *err)
{
	const struct ocslib_ops *found;
	void *lib;

	if (ops)
		return 0;
	lib = dlopen(OCS_PKGLIBDIR "/" OCSLIB_NAME, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return ocs_fail(err, OCS_IO, "%s", dlerror());
	found = dlsym(lib, OCSLIB_SYMBOL);
	if (!found || found->abi != OCSLIB_ABI)
		return ocs_fail(err, OCS_IO,
				"%s is not of this version of slurm-optical",
				OCS_PKGLIBDIR "/" OCSLIB_NAME);
	ops = found;
	return 0;
}

/* True once in RETRY_S. */
static bool may_try(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (tried.tv_sec && now.tv_sec - tried.tv_sec < RETRY_S)
		return false;
	tried = now;
	return true;
}

static int configure(const char *slurm_conf, const char *cluster,
		     struct ocs_error *err)
{
	const char *slash;
	char path[4096];

	if (!slurm_conf)
		slurm_conf = getenv("SLURM_CONF");
	slash = slurm_conf ? strrchr(slurm_conf, '/') : NULL;
	if (!slash)
		return ocs_fail(err, OCS_IO, "slurm.conf's place is not known");
	snprintf(path, sizeof(path), "%.*s/optical.conf",
		 (int) (slash - slurm_conf), slurm_conf);
	return ops->configure(path, cluster ? cluster : "", err);
}

void ocs_library_borrow(struct ocs_loan *loan, const char *slurm_conf,
			const char *cluster)
{
	bool now = !ops && may_try();

	*loan = (struct ocs_loan) { .why = why.text };
	if (!ops && (!now || open_library(&why) < 0))
		return;
	loan->conf = ops->conf_get();
	/* the select plugin reads it at each reconfigure; we may be first */
	if (!loan->conf && (now || may_try()) &&
	    configure(slurm_conf, cluster, &why) == 0)
		loan->conf = ops->conf_get();
	if (loan->conf)
		loan->state = ops->state_get();
}

void ocs_library_return(struct ocs_loan *loan)
{
	if (loan->state)
		ops->state_put(loan->state);
	if (loan->conf)
		ops->conf_put(loan->conf);
	loan->state = NULL;
	loan->conf = NULL;
}
