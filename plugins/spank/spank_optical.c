// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spank_optical - verbs 1 (ask) and 7 (hint) of a job's way
 *
 * In sbatch, salloc and srun: the --optical-* options, checked as typed. Slurm
 * itself carries what was used to slurmctld, as
 * _SLURM_SPANK_OPTION_optical_optical_<name> in the job's spank_job_env.
 * In slurmstepd: NCCL hints. Elsewhere, and where nothing was asked for, it
 * does nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <slurm/spank.h>

#include "common/core/request.h"
#include "plugins/spank/hints.h"

#define EXPORT __attribute__((visibility("default")))

extern const char plugin_name[] EXPORT;
extern const char plugin_type[] EXPORT;
extern const unsigned int plugin_version EXPORT;
extern const unsigned int spank_plugin_version EXPORT;
SPANK_PLUGIN(optical, 1);

/* Slurm's own name of an option in the spank_job_env ... */
#define OPTION_ENV "_SLURM_SPANK_OPTION_optical_optical_"
/* ... and of the variable that sets it for sbatch, salloc and srun, and that
 * these leave to the job. */
#define PRESET_ENV "SLURM_SPANK_" OPTION_ENV
#define OPTIONS_MAX 32

static struct ocs_request asked;
static const char *typed[OPTIONS_MAX];	/* "bw", ...; in order of use */
static unsigned int ntyped;
/* plugstack.conf: hints=, for requests that don't say */
static enum ocs_hints_mode hints_default = OCS_HINTS_ON;
static const char *const hints_name[] = {
	[OCS_HINTS_ON] = "on", [OCS_HINTS_OFF] = "off",
	[OCS_HINTS_PRINT] = "print",
};

static bool was_typed(const char *name)
{
	for (unsigned int i = 0; i < ntyped; i++)
		if (!strcmp(typed[i], name))
			return true;
	return false;
}

/* PREFIX and NAME with what is not alphanumeric as '_', as Slurm does. */
static const char *env_name(const char *prefix, const char *name)
{
	static char buf[128];
	size_t n = snprintf(buf, sizeof(buf), "%s", prefix);

	for (; *name && n + 1 < sizeof(buf); name++)
		buf[n++] = *name == '-' ? '_' : *name;
	buf[n] = '\0';
	return buf;
}

static int parse_args(int ac, char **av)
{
	for (int i = 0; i < ac; i++) {
		unsigned int m = 0;

		while (m < 3 && (strncmp(av[i], "hints=", 6) ||
				 strcmp(av[i] + 6, hints_name[m])))
			m++;
		if (m == 3) {
			slurm_error("optical: plugstack.conf: unknown argument '%s' (known: hints=on, hints=off, hints=print)",
				    av[i]);
			return -1;
		}
		hints_default = m;
	}
	return 0;
}

/*
 * Within a job the enclosing job's options are still in the environment. They
 * were meant for that job: a new job asks for itself.
 */
static void drop_inherited(spank_t sp)
{
	for (const struct ocs_option *o = ocs_options; o->name; o++) {
		unsetenv(env_name(PRESET_ENV, o->name));
		unsetenv(env_name(OPTION_ENV, o->name));
		spank_job_control_unsetenv(sp, env_name(OPTION_ENV, o->name));
	}
}

static int option_used(int val, const char *optarg, int remote)
{
	const char *name = ocs_options[val].name;
	struct ocs_error err;

	/* slurmstepd hears of options too; what counts there is the job's
	 * own environment */
	if (remote)
		return 0;
	if (ocs_request_set(&asked, name, optarg ? optarg : "", &err) < 0) {
		slurm_error("%s", err.text);
		return -1;
	}
	if (!was_typed(name) && ntyped < OPTIONS_MAX)
		typed[ntyped++] = name;
	return 0;
}

static int register_options(spank_t sp)
{
	int val = 0;

	for (const struct ocs_option *o = ocs_options; o->name; o++, val++) {
		char name[64];
		/* Slurm copies the strings */
		struct spank_option opt = {
			.name = name, .arginfo = (char *) o->arginfo,
			.usage = (char *) o->usage,
			.has_arg = 1, .val = val, .cb = option_used,
		};

		snprintf(name, sizeof(name), "optical-%s", o->name);
		if (spank_option_register(sp, &opt) != ESPANK_SUCCESS) {
			slurm_error("optical: can't register --%s", name);
			return -1;
		}
	}
	return 0;
}

EXPORT int slurm_spank_init(spank_t sp, int ac, char **av)
{
	spank_context_t ctx = spank_context();

	if (ctx != S_CTX_LOCAL && ctx != S_CTX_ALLOCATOR &&
	    ctx != S_CTX_REMOTE)
		return 0;
	ocs_request_init(&asked);
	ntyped = 0;
	hints_default = OCS_HINTS_ON;
	if (parse_args(ac, av) < 0)
		return -1;
	if (ctx != S_CTX_REMOTE && getenv("SLURM_JOB_ID"))
		drop_inherited(sp);
	return register_options(sp);
}

static void warn_step(void)
{
	for (unsigned int i = 0; i < ntyped; i++)
		slurm_spank_log("srun: warning: --optical-%s is ignored: a step can't ask for circuits, give it to the sbatch, salloc or srun that makes the job",
				typed[i]);
}

EXPORT int slurm_spank_init_post_opt(spank_t sp, int ac, char **av)
{
	spank_context_t ctx = spank_context();
	struct ocs_error err;

	if ((ctx != S_CTX_LOCAL && ctx != S_CTX_ALLOCATOR) || !ntyped)
		return 0;
	if (ctx == S_CTX_LOCAL && getenv("SLURM_JOB_ID")) {
		warn_step();
		return 0;
	}
	if (ocs_request_check(&asked, &err) < 0) {
		slurm_error("%s", err.text);
		return -1;
	}
	/* others at their defaults look untouched to the check */
	if (!was_typed("bw") && !was_typed("class")) {
		slurm_error("--optical-%s needs --optical-bw (example: --optical-bw=400G)",
			    typed[0]);
		return -1;
	}
	if (hints_default != OCS_HINTS_ON && !was_typed("hints") &&
	    !asked.none)
		spank_job_control_setenv(sp, env_name(OPTION_ENV, "hints"),
					 hints_name[hints_default], 0);
	return 0;
}

EXPORT int slurm_spank_task_init(spank_t sp, int ac, char **av)
{
	if (spank_context() == S_CTX_REMOTE)
		ocs_hints_task_init(sp, hints_default);
	return 0;
}
