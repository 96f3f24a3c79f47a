// SPDX-License-Identifier: GPL-2.0-or-later
/* hints - verb 7 of a job's way: slurmstepd, as the user, before exec */
#include "plugins/spank/hints.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/spank/hintenv.h"

/* Nobody needs a longer nccl.conf; NCCL reads it in every process. */
#define CONF_MAX (64 * 1024)

struct conf {
	char *text;		/* NULL: not there */
	size_t len;
};

struct task {
	char **env;		/* the task's, borrowed from slurmstepd */
	struct conf conf[2];	/* the user's and the system's */
	char path[4096];	/* of the user's */
};

static const char *task_getenv(void *arg, const char *name)
{
	const struct task *t = arg;
	size_t n = strlen(name);

	for (char **e = t->env; e && *e; e++)
		if (!strncmp(*e, name, n) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

static bool task_inconf(void *arg, const char *name)
{
	const struct task *t = arg;

	for (int i = 0; i < 2; i++)
		if (t->conf[i].text &&
		    ocs_hintenv_conf_has(t->conf[i].text, t->conf[i].len,
					 name))
			return true;
	return false;
}

/*
 * Read regular file PATH. What NCCL could not read either counts as absent.
 * Returns 0, or -1 when it is there but its contents stay unknown to us.
 */
static int conf_read(const char *path, struct conf *conf)
{
	struct stat st;
	ssize_t got = 0;
	size_t len = 0;
	int fd, rc = -1;

	/* non-blocking: a FIFO must not hold the task */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		goto out;
	if (!(conf->text = malloc(CONF_MAX + 1)))
		goto out;
	while (len <= CONF_MAX &&
	       (got = read(fd, conf->text + len, CONF_MAX + 1 - len)) > 0)
		len += got;
	if (got < 0 || len > CONF_MAX)
		goto out;
	conf->len = len;
	rc = 0;
out:
	close(fd);
	return rc;
}

/* The files that NCCL reads, in its order: $NCCL_CONF_FILE instead of
 * ~/.nccl.conf, then /etc/nccl.conf. */
static int confs_read(struct task *t, const char **bad)
{
	const char *file = task_getenv(t, "NCCL_CONF_FILE");
	const char *home = task_getenv(t, "HOME");

	*bad = t->path;
	if (file && *file)
		snprintf(t->path, sizeof(t->path), "%s", file);
	else if (home && *home)
		snprintf(t->path, sizeof(t->path), "%s/.nccl.conf",
			 home);
	else
		t->path[0] = '\0';
	if (t->path[0] && conf_read(t->path, &t->conf[0]) < 0)
		return -1;
	*bad = "/etc/nccl.conf";
	return conf_read(*bad, &t->conf[1]);
}

static void apply(spank_t sp, const struct ocs_hintenv_plan *plan)
{
	uint32_t rank = 0;

	spank_get_item(sp, S_TASK_GLOBAL_ID, &rank);
	for (unsigned int i = 0; i < plan->n; i++) {
		const struct ocs_hintenv_action *a = &plan->action[i];

		switch (a->op) {
		case OCS_HINTENV_SET:
			spank_setenv(sp, a->name, a->value, 1);
			break;
		case OCS_HINTENV_UNSET:
			spank_unsetenv(sp, a->name);
			break;
		case OCS_HINTENV_PRINT:
			if (rank == 0)
				fprintf(stderr, "%s\n", a->value);
			break;
		}
	}
}

/* Once per node: a job may have thousands of tasks. */
static void warn_conf(spank_t sp, const char *path)
{
	int local = 0;

	spank_get_item(sp, S_TASK_ID, &local);
	if (local == 0)
		fprintf(stderr,
			"optical: warning: can't tell what %s sets (too large, or not a regular file); starting without NCCL hints\n",
			path);
}

void ocs_hints_task_init(spank_t sp, enum ocs_hints_mode fallback)
{
	struct ocs_hintenv_plan *plan = NULL;
	struct task t = { 0 };
	const char *bad;
	struct ocs_hintenv_in in = {
		.fallback = fallback, .get = task_getenv,
		.inconf = task_inconf, .arg = &t,
	};

	if (spank_get_item(sp, S_JOB_ENV, &t.env) != ESPANK_SUCCESS ||
	    spank_get_item(sp, S_JOB_ID, &in.job_id) != ESPANK_SUCCESS)
		return;
	/* most jobs have never heard of us */
	if (!task_getenv(&t, "OPTICAL_JOB_ID") &&
	    !task_getenv(&t, "OPTICAL_HINTS_SET"))
		return;
	if (!(plan = malloc(sizeof(*plan))))
		return;
	if (confs_read(&t, &bad) < 0) {
		warn_conf(sp, bad);
		goto out;
	}
	ocs_hintenv_decide(&in, plan);
	apply(sp, plan);
out:
	free(t.conf[0].text);
	free(t.conf[1].text);
	free(plan);
}
