// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * job_submit_optical - verb 2 of a job's way: validate, in slurmctld
 *
 * The thin edge: takes what logic.c wants from the job, writes back what it
 * decided. Runs under slurmctld's read locks on configuration, jobs, nodes and
 * partitions (job_modify: job write lock), one call at a time; touches memory
 * only, and optical.conf until it could be read once.
 */
#include "plugins/job_submit/submit_compat.h"

#include "src/common/log.h"
#include "src/common/xmalloc.h"
#include "src/common/xstring.h"
#include "src/slurmctld/slurmctld.h"

#include "plugins/job_submit/library.h"
#include "plugins/job_submit/logic.h"
#include "common/sys/shadow.h"

#define EXPORT __attribute__((visibility("default")))

/* Data of slurmctld: declared weak, never defined here, or we would read our
 * own copies. */
extern slurm_conf_t slurm_conf __attribute__((weak));
extern char *default_part_name __attribute__((weak));

extern const char plugin_name[] EXPORT;
extern const char plugin_type[] EXPORT;
extern const uint32_t plugin_version EXPORT;
const char plugin_name[] = "Job submit plugin for circuits between sites";
const char plugin_type[] = "job_submit/optical";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

/* Slurm's words that sbatch adds to ours. */
static int slurm_code(enum ocs_code code)
{
	switch (code) {
	case OCS_OK:
		return SLURM_SUCCESS;
	case OCS_SYNTAX:
		return ESLURM_INVALID_FEATURE;
	case OCS_RANGE:
		return ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE;
	case OCS_BUSY:
		return ESLURM_INVALID_NODE_COUNT;
	case OCS_DENIED:
		return ESLURM_INVALID_LICENSES;
	case OCS_NOMEM:
		return ENOMEM;
	default:
		return ESLURM_NOT_SUPPORTED;
	}
}

static uint32_t count_nodes(const char *nodes)
{
	submit_hostlist hl = nodes ? hostlist_create(nodes) : NULL;
	int n = hl ? hostlist_count(hl) : 0;

	if (hl)
		hostlist_destroy(hl);
	return n > 0 ? n : 0;
}

/* The configuration of the call that is running; g_context_lock of slurmctld
 * lets only one run. */
static const struct ocs_conf *conf_now;

static uint32_t count_outside(const char *partition)
{
	part_record_t *part = partition ? find_part_record((char *) partition)
					: NULL;
	submit_hostlist hl;
	int n;

	if (!part || !part->nodes || !(hl = hostlist_create(part->nodes)))
		return 0;
	for (unsigned int i = 0; i < conf_now->nsites; i++)
		hostlist_delete(hl, conf_now->site[i].nodes);
	n = hostlist_count(hl);
	hostlist_destroy(hl);
	return n > 0 ? n : 0;
}

/* Remove the entries of ENV that DROP says. */
/* True if there was one. */
static bool env_drop(char **env, uint32_t *n, bool (*drop)(const char *))
{
	uint32_t kept = 0;

	for (uint32_t i = 0; env && i < *n; i++) {
		if (drop(env[i]))
			xfree(env[i]);
		else
			env[kept++] = env[i];
	}
	if (!env || kept == *n)
		return false;
	/* whoever looks for the end finds it */
	env[kept] = NULL;
	*n = kept;
	return true;
}

static void env_add_request(char ***env, uint32_t *n, const char *request)
{
	/* one more than counted: arrays from the wire end with NULL */
	xrecalloc(*env, *n + 2, sizeof(char *));
	(*env)[(*n)++] = xstrdup_printf("%s=%s", OCS_REQUEST_ENV, request);
}

/* How many nodes the job needs at least; 0: not said. */
static uint32_t least_nodes(const job_desc_msg_t *job)
{
	uint32_t n = job->min_nodes == NO_VAL ? 0 : job->min_nodes;
	uint32_t per = job->ntasks_per_node;

	if (per && per != NO_VAL16 && job->num_tasks != NO_VAL &&
	    (job->num_tasks + per - 1) / per > n)
		n = (job->num_tasks + per - 1) / per;
	return n;
}

/* For good: slurmctld loads one select plugin, when it starts. */
static bool shadowed(void)
{
	static enum { UNKNOWN, NO, YES } is;

	if (is == UNKNOWN)
		is = ocs_shadowed(slurm_conf.select_type, slurm_conf.plugindir)
			? YES : NO;
	return is == YES;
}

static void fill(struct ocs_submit_in *in, struct ocs_loan *loan,
		 const job_desc_msg_t *job)
{
	ocs_library_borrow(loan, slurm_conf.slurm_conf,
			   slurm_conf.cluster_name);
	conf_now = loan->conf;
	*in = (struct ocs_submit_in) {
		.spank_env = job->spank_job_env,
		.nspank_env = job->spank_job_env ? job->spank_job_env_size : 0,
		.comment = job->comment,
		.licenses = job->licenses,
		.partitions = job->partition ? job->partition
					     : default_part_name,
		.reservations = job->reservation,
		.min_nodes = least_nodes(job),
		.max_nodes = job->max_nodes == NO_VAL ? 0 : job->max_nodes,
		.expands = xstrcasestr(job->dependency, "expand:"),
		.slurm_licenses = slurm_conf.licenses,
		.slurm_tres = slurm_conf.accounting_storage_tres,
		.slurm_select = slurm_conf.select_type,
		.shadowed = shadowed(),
		.accounting = slurm_conf.accounting_storage_type &&
			      !xstrstr(slurm_conf.accounting_storage_type,
				       "/none"),
		.conf = loan->conf,
		.conf_why = loan->why,
		.state = loan->state,
		.count_nodes = count_nodes,
		.count_outside = count_outside,
	};
}

static int set_licenses(job_desc_msg_t *job, const char *base, uint32_t gbps)
{
	char *text = ocs_submit_licenses(base, gbps);

	if (!text)
		return -1;
	xfree(job->licenses);
	job->licenses = xstrdup(text);
	free(text);
	return 0;
}

static void tell_user(char **err_msg, const char *text)
{
	if (err_msg)
		xstrfmtcat(*err_msg, "%soptical: %s", *err_msg ? "\n" : "",
			   text);
}

/* A component of a heterogeneous job but its leader, which has the licences of
 * all; Slurm from 24.11 on refuses them elsewhere. */
static bool follows(const job_desc_msg_t *job)
{
	return job->het_job_offset && job->het_job_offset != NO_VAL;
}

extern int job_submit(job_desc_msg_t *job, uint32_t uid, char **err_msg) EXPORT;
extern int job_submit(job_desc_msg_t *job, uint32_t uid, char **err_msg)
{
	struct ocs_submit_in in;
	struct ocs_submit_out out;
	struct ocs_loan loan;
	struct ocs_error err = { 0 };
	bool again;
	int rc;

	/* neither requests nor facts come in by the environment */
	again = env_drop(job->spank_job_env, &job->spank_job_env_size,
			 ocs_submit_env_ours);
	(void) env_drop(job->environment, &job->env_size,
			ocs_submit_env_stale);

	fill(&in, &loan, job);
	in.again = again && !follows(job);
	rc = ocs_submit_decide(&in, &out, &err);
	ocs_library_return(&loan);
	if (rc == 0 && out.gbps && !follows(job) &&
	    set_licenses(job, job->licenses, out.gbps) < 0)
		rc = ocs_fail(&err, OCS_NOMEM, "out of memory");
	if (rc < 0) {
		info("ocs: uid=%u event=refused code=%s: %s", uid,
		     ocs_code_name(err.code), err.text);
		tell_user(err_msg, err.text);
		return slurm_code(err.code);
	}
	if (out.dropped)
		tell_user(err_msg, "a job that expands another has no circuits of its own, but is where that one is");
	if (out.asked)
		env_add_request(&job->spank_job_env, &job->spank_job_env_size,
				out.request);
	return SLURM_SUCCESS;
}

/* The job's OPTICAL_REQUEST entry, or NULL. */
static char **request_entry(job_record_t *job_ptr)
{
	for (uint32_t i = 0; i < job_ptr->spank_job_env_size; i++)
		if (ocs_submit_env_ours(job_ptr->spank_job_env[i]))
			return &job_ptr->spank_job_env[i];
	return NULL;
}

/* Slurm tests this only after job_modify; who may not, is left to Slurm. */
static bool may_change(job_record_t *job_ptr, uint32_t uid)
{
	return uid == job_ptr->user_id || validate_operator(uid) ||
	       submit_is_coordinator(uid, job_ptr->account);
}

static int change_request(job_desc_msg_t *job, job_record_t *job_ptr,
			  const struct ocs_submit_out *out)
{
	char **entry = request_entry(job_ptr);

	if (set_licenses(job, job_ptr->licenses, out->gbps) < 0)
		return -1;
	if (entry) {
		xfree(*entry);
		*entry = xstrdup_printf("%s=%s", OCS_REQUEST_ENV,
					out->request);
	} else {
		env_add_request(&job_ptr->spank_job_env,
				&job_ptr->spank_job_env_size, out->request);
	}
	info("ocs: job=%u event=request-changed request=%s", job_ptr->job_id,
	     out->request);
	return 0;
}

/* What the job, as it will be after the update, is judged by. */
static void fill_modify(struct ocs_submit_in *in, job_desc_msg_t *job,
			job_record_t *job_ptr)
{
	if (!job->partition && job_ptr->partition)
		in->partitions = job_ptr->partition;
	if (!job_ptr->details)
		return;
	if (job->min_nodes == NO_VAL)
		in->min_nodes = job_ptr->details->min_nodes;
	if (job->max_nodes == NO_VAL)
		in->max_nodes = job_ptr->details->max_nodes;
}

int submit_modify(job_desc_msg_t *job, job_record_t *job_ptr, uint32_t uid,
		  char **err_msg)
{
	char **entry = request_entry(job_ptr);
	struct ocs_modify_in in = {
		.request = entry ? strchr(*entry, '=') + 1 : NULL,
		.pending = IS_JOB_PENDING(job_ptr),
		.licenses = job->licenses,
		.comment = job->comment,
	};
	struct ocs_submit_in submit;
	struct ocs_submit_out out;
	struct ocs_loan loan;
	struct ocs_error err = { 0 };
	bool changed;
	int rc;

	if ((!in.licenses && !in.comment) || !may_change(job_ptr, uid))
		return SLURM_SUCCESS;
	fill(&submit, &loan, job);
	fill_modify(&submit, job, job_ptr);
	rc = ocs_modify_decide(&in, &submit, &changed, &out, &err);
	ocs_library_return(&loan);
	if (rc == 0 && changed && change_request(job, job_ptr, &out) < 0)
		rc = ocs_fail(&err, OCS_NOMEM, "out of memory");
	if (rc == 0)
		return SLURM_SUCCESS;
	if (err_msg)
		tell_user(err_msg, err.text);
	info("ocs: job=%u uid=%u event=update-refused code=%s: %s",
	     job_ptr->job_id, uid, ocs_code_name(err.code), err.text);
	return err.code == OCS_DENIED && !job->licenses
		? ESLURM_JOB_NOT_PENDING : slurm_code(err.code);
}
