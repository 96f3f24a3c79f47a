// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * jobinfo - our marks in the job record, which Slurm saves for us
 *
 * spank_job_env holds the request, env_sup what the run was given,
 * admin_comment what happened. Job write lock held, read lock for the getters.
 */
#define _GNU_SOURCE
#include "plugins/select/optical.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/core/facts.h"

#define OURS "OPTICAL_"
/* "3" or "3,held": survives the clearing of the rest. */
#define FAILURES "OPTICAL_FAILURES"

/* The value of NAME in ENV[0..N), or NULL. */
static const char *env_get(char **env, unsigned int n, const char *name)
{
	size_t len = strlen(name);

	for (unsigned int i = 0; env && i < n; i++)
		if (env[i] && !strncmp(env[i], name, len) &&
		    env[i][len] == '=')
			return env[i] + len + 1;
	return NULL;
}

bool jobinfo_requested(const job_record_t *job)
{
	return !expand_is(job) &&
		env_get(job->spank_job_env, job->spank_job_env_size,
			OCS_REQUEST_ENV);
}

bool jobinfo_request(const job_record_t *job, struct ocs_request *req)
{
	const char *text = env_get(job->spank_job_env, job->spank_job_env_size,
				   OCS_REQUEST_ENV);
	struct ocs_error err;

	if (!text || expand_is(job))
		return false;
	if (ocs_request_parse(text, req, &err) < 0) {
		error("ocs: job=%u event=bad_request error=\"%s\"",
		      job->job_id, err.text);
		return false;
	}
	return true;
}

const char *jobinfo_env(const job_record_t *job, const char *name)
{
	if (!job->details)
		return NULL;
	return env_get(job->details->env_sup, job->details->env_cnt, name);
}

const char *jobinfo_lease_id(const job_record_t *job)
{
	const char *id = jobinfo_env(job, "OPTICAL_LEASE_ID");

	return id && ocs_lease_id_ok(id) ? id : NULL;
}

void jobinfo_env_set(job_record_t *job, const char *name, const char *fmt, ...)
{
	__typeof__(job->details) d = job->details;
	size_t len = strlen(name);
	char *value = NULL, *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		value = NULL;
	va_end(ap);
	if (!value)
		return;
	xstrfmtcat(text, "%s=%s", name, value);
	free(value);
	for (unsigned int i = 0; i < d->env_cnt; i++)
		if (!strncmp(d->env_sup[i], name, len) &&
		    d->env_sup[i][len] == '=') {
			xfree(d->env_sup[i]);
			d->env_sup[i] = text;
			return;
		}
	if (d->env_cnt == UINT16_MAX) {
		xfree(text);
		return;
	}
	xrecalloc(d->env_sup, d->env_cnt + 1, sizeof(char *));
	d->env_sup[d->env_cnt++] = text;
}

void jobinfo_env_unset(job_record_t *job, const char *name)
{
	__typeof__(job->details) d = job->details;
	size_t len = strlen(name);

	for (unsigned int i = 0; i < d->env_cnt; i++)
		if (!strncmp(d->env_sup[i], name, len) &&
		    d->env_sup[i][len] == '=') {
			xfree(d->env_sup[i]);
			d->env_sup[i] = d->env_sup[--d->env_cnt];
			d->env_sup[d->env_cnt] = NULL;
			return;
		}
}

void jobinfo_env_clear(job_record_t *job)
{
	__typeof__(job->details) d = job->details;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < d->env_cnt; i++) {
		if (!strncmp(d->env_sup[i], OURS, sizeof(OURS) - 1) &&
		    strncmp(d->env_sup[i], FAILURES "=", sizeof(FAILURES)))
			xfree(d->env_sup[i]);
		else
			d->env_sup[kept++] = d->env_sup[i];
	}
	d->env_cnt = kept;
	if (!kept)
		xfree(d->env_sup);
}

unsigned int jobinfo_failures(const job_record_t *job, bool *held)
{
	const char *text = jobinfo_env(job, FAILURES);

	*held = text && strstr(text, ",held");
	return text ? (unsigned int) strtoul(text, NULL, 10) : 0;
}

void jobinfo_failures_set(job_record_t *job, unsigned int failures, bool held)
{
	if (failures || jobinfo_env(job, FAILURES))
		jobinfo_env_set(job, FAILURES, "%u%s", failures,
				held ? ",held" : "");
}

static const char *const hints_word[] = {
	[OCS_HINTS_ON] = "on",
	[OCS_HINTS_OFF] = "off",
	[OCS_HINTS_PRINT] = "print",
};

/* Smallest GPUs and NICs per node over the sites: hints must fit them all. */
static void node_facts(const struct ocs_lease *lease, unsigned int *gpus,
		       unsigned int *nics)
{
	const struct sitemap *map = sitemap_get();

	*gpus = *nics = UINT32_MAX;
	for (unsigned int i = 0; i < lease->nsites; i++) {
		int s = sitemap_find(map, lease->site[i].name);

		if (s < 0)
			continue;
		*gpus = MIN(*gpus, map->site[s].gpus);
		*nics = MIN(*nics, map->site[s].nics);
	}
}

static void env_end(char **text, const char *end,
		    const struct ocs_attach_end *at)
{
	if (at->interface[0])
		xstrfmtcat(*text, ";%s.if=%s", end, at->interface);
	if (at->prefix[0])
		xstrfmtcat(*text, ";%s.prefix=%s", end, at->prefix);
}

/* ";vlan=137;mtu=9000;a.if=opt137": what there is to tell of C's ends. */
static void env_attachment(char **text, const struct ocs_circuit *c)
{
	uint32_t mtu = c->at && c->at->mtu ? c->at->mtu : c->mtu;

	if (c->at && c->at->vlan)
		xstrfmtcat(*text, ";vlan=%u", c->at->vlan);
	if (mtu)
		xstrfmtcat(*text, ";mtu=%u", mtu);
	if (!c->at)
		return;
	env_end(text, "a", &c->at->a);
	env_end(text, "z", &c->at->z);
}

static void env_circuits(job_record_t *job, const struct ocs_lease *lease)
{
	char *text = NULL, buf[OCS_RATE_TEXT_MAX];
	uint64_t rate, latency;

	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		const struct ocs_circuit *c = &lease->circuit[i];

		xstrfmtcat(text, "%s%s-%s:%s:%"PRIu64"us", text ? "," : "",
			   c->a, c->z, ocs_rate_format(c->granted_bps, buf),
			   c->latency_us);
		env_attachment(&text, c);
	}
	if (!lease->ncircuits)
		return;
	ocs_lease_facts(lease, &rate, &latency);
	jobinfo_env_set(job, "OPTICAL_CIRCUITS_VERSION", "1");
	jobinfo_env_set(job, "OPTICAL_CIRCUITS", "%s", text);
	jobinfo_env_set(job, "OPTICAL_RATE_BPS", "%"PRIu64, rate);
	jobinfo_env_set(job, "OPTICAL_RTT_US", "%"PRIu64, 2 * latency);
	xfree(text);
}

void jobinfo_env_facts(job_record_t *job, const struct ocs_lease *lease,
		       const struct ocs_request *req,
		       const struct ocs_conf *oc, bool simulated)
{
	char *sites = NULL, *nodes = NULL;
	unsigned int gpus, nics;

	for (unsigned int i = 0; i < lease->nsites; i++) {
		xstrfmtcat(sites, "%s%s", i ? "," : "", lease->site[i].name);
		xstrfmtcat(nodes, "%s%s=%s", i ? ";" : "", lease->site[i].name,
			   lease->site[i].nodes);
	}
	jobinfo_env_clear(job);
	if (lease->id[0])
		jobinfo_env_set(job, "OPTICAL_LEASE_ID", "%s", lease->id);
	jobinfo_env_set(job, "OPTICAL_JOB_ID", "%u", job->job_id);
	jobinfo_env_set(job, "OPTICAL_NSITES", "%u", lease->nsites);
	jobinfo_env_set(job, "OPTICAL_SITES", "%s", sites ? sites : "");
	jobinfo_env_set(job, "OPTICAL_SITE_NODES", "%s", nodes ? nodes : "");
	env_circuits(job, lease);
	node_facts(lease, &gpus, &nics);
	jobinfo_env_set(job, "OPTICAL_GPUS", "%u", gpus);
	jobinfo_env_set(job, "OPTICAL_NICS", "%u", nics);
	jobinfo_env_set(job, "OPTICAL_BUFFSIZE_MAX", "%"PRIu64,
			oc->nccl_buffsize_max);
	jobinfo_env_set(job, "OPTICAL_HINTS", "%s", hints_word[req->hints]);
	if (simulated && lease->ncircuits)
		jobinfo_env_set(job, "OPTICAL_SIMULATED", "1");
	xfree(sites);
	xfree(nodes);
}

void jobinfo_component(job_record_t *job, const struct ocs_lease *lease,
		       const struct ocs_request *req,
		       const struct ocs_conf *oc, bool simulated)
{
	bool gate = jobinfo_env(job, HET_GATE);

	jobinfo_env_facts(job, lease, req, oc, simulated);
	/* who has it holds the lease */
	jobinfo_env_unset(job, "OPTICAL_LEASE_ID");
	if (gate)
		jobinfo_env_set(job, HET_GATE, "1");
}

/* "paris=par[001-004];lyon=lyo[001-002]" */
static int lease_sites(struct ocs_lease *lease, const char *text)
{
	while (text && *text && lease->nsites < OCS_SPAN_MAX) {
		const char *eq = strchr(text, '='), *end;

		if (!eq || eq == text || eq - text >= OCS_NAME_MAX)
			return -1;
		end = strchrnul(eq, ';');
		memcpy(lease->site[lease->nsites].name, text, eq - text);
		lease->site[lease->nsites].nodes =
			strndup(eq + 1, end - eq - 1);
		if (!lease->site[lease->nsites++].nodes)
			return -1;
		text = *end ? end + 1 : end;
	}
	return 0;
}

/* The VLAN of TEXT, ";vlan=137;...": an agent that has lost its ledger is asked
 * for the same again. */
static int lease_vlan(struct ocs_circuit *c, const char *text, size_t len)
{
	static const char key[] = ";vlan=";
	const char *at = memmem(text, len, key, sizeof(key) - 1);
	unsigned long vlan = at ? strtoul(at + sizeof(key) - 1, NULL, 10) : 0;

	if (!vlan || vlan > OCS_VLAN_MAX)
		return 0;
	if (!(c->at = calloc(1, sizeof(*c->at))))
		return -1;
	c->at->vlan = (uint16_t) vlan;
	return 0;
}

/* Does NAMES, "paris-lyon", join two endpoints of LEASE's job? Then they are
 * C's. Names may hold '-' themselves. */
static bool match_ends(const struct ocs_lease *lease, const char *anchor,
		       const char *names, struct ocs_circuit *c)
{
	const char *end[OCS_SPAN_MAX + 1];
	char pair[2 * OCS_NAME_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < lease->nsites; i++)
		end[n++] = lease->site[i].name;
	if (anchor[0])
		end[n++] = anchor;
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < n; k++) {
			snprintf(pair, sizeof(pair), "%s-%s", end[i], end[k]);
			if (i == k || strcmp(pair, names))
				continue;
			snprintf(c->a, sizeof(c->a), "%s", end[i]);
			snprintf(c->z, sizeof(c->z), "%s", end[k]);
			return true;
		}
	return false;
}

/* "paris-lyon:400G:2274us;vlan=137,..." of a job that asked for REQ. */
static int lease_circuit(struct ocs_lease *lease,
			 const struct ocs_request *req, const char *text,
			 size_t len)
{
	struct ocs_circuit *c = &lease->circuit[lease->ncircuits];
	const char *more = memchr(text, ';', len);
	size_t head = more ? (size_t) (more - text) : len;
	char buf[3 * OCS_NAME_MAX], *rate, *latency;

	if (head >= sizeof(buf))
		return -1;
	memcpy(buf, text, head);
	buf[head] = '\0';
	if (!(rate = strchr(buf, ':')))
		return -1;
	*rate++ = '\0';
	if (!(latency = strchr(rate, ':')))
		return -1;
	*latency++ = '\0';
	if (ocs_rate_parse(rate, &c->granted_bps, NULL) < 0 ||
	    ocs_time_parse(latency, &c->latency_us, NULL) < 0 ||
	    !match_ends(lease, req->anchor, buf, c))
		return -1;
	c->requested_bps = req->want_bps ? req->want_bps : c->granted_bps;
	c->max_latency_us = req->latency_us;
	c->max_delay_variation_us = req->delay_variation_us;
	c->max_unavailable_ppb = req->unavailable_ppb;
	c->protect = req->protect;
	lease->ncircuits++;
	return more ? lease_vlan(c, more, len - head) : 0;
}

static int lease_circuits(struct ocs_lease *lease,
			  const struct ocs_request *req, const char *text)
{
	while (text && *text && lease->ncircuits < OCS_CIRCUITS_MAX) {
		const char *end = strchrnul(text, ',');

		if (lease_circuit(lease, req, text, end - text) < 0)
			return -1;
		text = *end ? end + 1 : end;
	}
	return lease->ncircuits ? 0 : -1;
}

/* When the agent may count the job as over: its limit, what Slurm adds to it,
 * and a minute. 0 without a limit. */
/* A suspended job's end moves on: it is told this far ahead. */
#define SUSPENDED_SLACK_S 600

int64_t jobinfo_lease_end(const job_record_t *job, int64_t *slack_s)
{
	time_t now = time(NULL), left;

	*slack_s = 0;
	if (IS_JOB_SUSPENDED(job) && job->end_time) {
		left = job->end_time - job->suspend_time;
		*slack_s = SUSPENDED_SLACK_S;
		return now + MAX(left, 60) + 2 * SUSPENDED_SLACK_S;
	}
	if (job->time_limit == INFINITE || !job->end_time ||
	    slurm_conf.over_time_limit == INFINITE16) {
		*slack_s = OCS_OPEN_LEASE_S / 2;
		return now + OCS_OPEN_LEASE_S;
	}
	return job->end_time;
}

uint32_t jobinfo_lease_grace(void)
{
	uint32_t grace = slurm_conf.kill_wait + 60U;

	if (slurm_conf.over_time_limit != INFINITE16)
		grace += slurm_conf.over_time_limit * 60U;
	return MIN(grace, OCS_GRACE_MAX_S);
}

void jobinfo_lease_job(const job_record_t *job, struct ocs_lease *lease)
{
	int64_t slack_s;

	snprintf(lease->cluster, sizeof(lease->cluster), "%s",
		 slurm_conf.cluster_name);
	lease->job_id = job->job_id;
	lease->user_id = job->user_id;
	if (job->user_name)
		snprintf(lease->user, sizeof(lease->user), "%s",
			 job->user_name);
	lease->submit_s = job->details->submit_time;
	lease->restart_cnt = job->restart_cnt;
	lease->end_s = jobinfo_lease_end(job, &slack_s);
	lease->grace_s = jobinfo_lease_grace();
}

struct ocs_lease *jobinfo_lease(const job_record_t *job)
{
	const char *id = jobinfo_lease_id(job);
	struct ocs_request req;
	struct ocs_lease *lease;

	if (!id || !(lease = ocs_lease_create()))
		return NULL;
	memcpy(lease->id, id, OCS_LEASE_ID_MAX);
	jobinfo_lease_job(job, lease);
	if (!jobinfo_request(job, &req))
		ocs_request_init(&req);
	lease->circuit = calloc(OCS_CIRCUITS_MAX, sizeof(*lease->circuit));
	if (!lease->circuit ||
	    lease_sites(lease, jobinfo_env(job, "OPTICAL_SITE_NODES")) < 0 ||
	    lease_circuits(lease, &req,
			   jobinfo_env(job, "OPTICAL_CIRCUITS")) < 0) {
		ocs_lease_destroy(lease);
		return NULL;
	}
	return lease;
}

void jobinfo_token_get(const job_record_t *job, struct token *token)
{
	(void) token_parse(job->admin_comment, token);
}

void jobinfo_token_set(job_record_t *job, const struct token *token)
{
	const struct ocs_conf *oc = lib_ops() ? lib_ops()->conf_get() : NULL;
	bool off = oc && !oc->admin_comment;
	char *text;

	if (oc)
		lib_ops()->conf_put(oc);
	if (off || !(text = token_replace(job->admin_comment, token)))
		return;
	xfree(job->admin_comment);
	job->admin_comment = xstrdup(text);
	free(text);
	last_job_update = time(NULL);
}
