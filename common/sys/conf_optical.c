// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_optical - optical.conf into struct ocs_conf
 *
 * Read at each reconfigure inside slurmctld and by job_submit.  Lines are of
 * three kinds: a site, a partition, and settings of the whole cluster.
 */
#include "common/sys/conf_optical.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/sys/kvfile.h"

/* In the order of cluster_keys. */
enum cluster_key {
	AGENT_URL, MUNGE_SOCKET, AGENT_CA, AGENT_CERT, AGENT_KEY,
	WITHOUT, AGENT_DOWN, OPTICAL_JOBS, MAX_RATE, MAX_SPAN,
	HOLD_TIMEOUT, HOLD_BUDGET, BREAKER_TIME, COMMIT_TIMEOUT, RETRY_DELAY,
	MAX_FAILURES, RECONCILE, COMPUTE, BUFFSIZE, ADMIN_COMMENT,
	NCLUSTER_KEYS
};
static const char *const cluster_keys[] = {
	"AgentURL", "MungeSocket", "AgentCA", "AgentCert", "AgentKey",
	"JobsWithoutRequest", "AgentDown", "OpticalJobs",
	"MaxRate", "MaxSpan", "HoldTimeout", "HoldBudget", "BreakerTime",
	"CommitTimeout", "SetupRetryDelay", "MaxSetupFailures",
	"ReconcileInterval", "ComputeInterval", "NcclBuffsizeMax",
	"AdminComment",
	/* for the hint when one is mistyped: they begin lines of their own */
	"SiteName", "PartitionName", "ClassName", NULL
};

enum site_key { SITE_NAME, SITE_NODES, SITE_GPUS, SITE_NICS };
static const char *const site_keys[] = {
	"SiteName", "Nodes", "Gpus", "Nics", NULL
};

enum part_key {
	PART_NAME, PART_AGENT_DOWN, PART_WITHOUT, PART_MAX_RATE,
	PART_MAX_SPAN, PART_REQUIRE, NPART_KEYS
};
static const char *const part_keys[] = {
	"PartitionName", "AgentDown", "JobsWithoutRequest", "MaxRate",
	"MaxSpan", "RequireOption", NULL
};

/* In the order of enums ocs_without_request, _agent_down, _optical_jobs. */
static const char *const without_words[] = {
	"any", "prefer_site", "single_site", NULL
};
static const char *const agent_down_words[] = { "pend", "run", NULL };
static const char *const optical_jobs_words[] = { "run", "hold", NULL };

/* What is known while the file is being read. */
struct builder {
	struct ocs_conf *conf;
	unsigned int seen[NCLUSTER_KEYS];	/* the line; 0: not yet */
	/* per partition, bit 1 << part_key: what it says itself */
	unsigned int *part_set;
};

static int get_uint(const struct ocs_kvline *line, const struct ocs_kv *kv,
		    unsigned int min, unsigned int max, unsigned int *value,
		    struct ocs_error *err)
{
	uint64_t v = 0;

	if (ocs_kv_uint(line, kv, min, max, &v, err) < 0)
		return -1;
	*value = (unsigned int) v;
	return 0;
}

static int get_ms(const struct ocs_kvline *line, const struct ocs_kv *kv,
		  unsigned int min, unsigned int max, unsigned int *ms,
		  struct ocs_error *err)
{
	uint64_t v = 0;

	if (ocs_kv_ms(line, kv, min, max, &v, err) < 0)
		return -1;
	*ms = (unsigned int) v;
	return 0;
}

/* A time in whole seconds. */
static int get_s(const struct ocs_kvline *line, const struct ocs_kv *kv,
		 unsigned int min, unsigned int max, unsigned int *s,
		 struct ocs_error *err)
{
	uint64_t ms = 0;

	if (ocs_kv_ms(line, kv, (uint64_t) min * 1000, (uint64_t) max * 1000,
		      &ms, err) < 0)
		return -1;
	if (ms % 1000)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "bad %s='%.80s': whole seconds are expected",
				   kv->key, kv->value);
	*s = (unsigned int) (ms / 1000);
	return 0;
}

static int get_without(const struct ocs_kvline *line, const struct ocs_kv *kv,
		       enum ocs_without_request *value, struct ocs_error *err)
{
	unsigned int i = 0;

	if (ocs_kv_word(line, kv, without_words, &i, err) < 0)
		return -1;
	*value = (enum ocs_without_request) i;
	return 0;
}

static int get_agent_down(const struct ocs_kvline *line,
			  const struct ocs_kv *kv, enum ocs_agent_down *value,
			  struct ocs_error *err)
{
	unsigned int i = 0;

	if (ocs_kv_word(line, kv, agent_down_words, &i, err) < 0)
		return -1;
	*value = (enum ocs_agent_down) i;
	return 0;
}

static int get_optical_jobs(const struct ocs_kvline *line,
			    const struct ocs_kv *kv,
			    enum ocs_optical_jobs *value,
			    struct ocs_error *err)
{
	unsigned int i = 0;

	if (ocs_kv_word(line, kv, optical_jobs_words, &i, err) < 0)
		return -1;
	*value = (enum ocs_optical_jobs) i;
	return 0;
}

static int get_url(const struct ocs_kvline *line, const struct ocs_kv *kv,
		   struct ocs_conf *conf, struct ocs_error *err)
{
	struct ocs_agent_url url;
	struct ocs_error why;

	if (ocs_agent_url_parse(kv->value, &url, &why) < 0)
		return ocs_kv_fail(line, err, why.code, "%s", why.text);
	return ocs_kv_text(line, kv, conf->agent.url, sizeof(conf->agent.url),
			   err);
}

static int get_path(const struct ocs_kvline *line, const struct ocs_kv *kv,
		    char path[static 256], struct ocs_error *err)
{
	if (*kv->value != '/')
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "bad %s='%.120s': an absolute path is expected",
				   kv->key, kv->value);
	return ocs_kv_text(line, kv, path, 256, err);
}

static int set_cluster(struct ocs_conf *c, const struct ocs_kvline *line,
		       const struct ocs_kv *kv, enum cluster_key key,
		       struct ocs_error *err)
{
	switch (key) {
	case AGENT_URL:
		return get_url(line, kv, c, err);
	case MUNGE_SOCKET:
		return ocs_kv_text(line, kv, c->agent.munge_socket,
				   sizeof(c->agent.munge_socket), err);
	case AGENT_CA:
		return get_path(line, kv, c->agent.ca, err);
	case AGENT_CERT:
		return get_path(line, kv, c->agent.cert, err);
	case AGENT_KEY:
		return get_path(line, kv, c->agent.key, err);
	case WITHOUT:
		return get_without(line, kv, &c->without, err);
	case AGENT_DOWN:
		return get_agent_down(line, kv, &c->agent_down, err);
	case OPTICAL_JOBS:
		return get_optical_jobs(line, kv, &c->optical_jobs, err);
	case MAX_RATE:
		return ocs_kv_rate(line, kv, &c->max_rate_bps, err);
	case MAX_SPAN:
		return get_uint(line, kv, 1, OCS_SPAN_MAX, &c->max_span, err);
	case HOLD_TIMEOUT:
		return get_ms(line, kv, 5, 500, &c->hold_timeout_ms, err);
	case HOLD_BUDGET:
		return get_ms(line, kv, 10, 900, &c->hold_budget_ms, err);
	case BREAKER_TIME:
		return get_ms(line, kv, 100, 600000, &c->breaker_time_ms, err);
	case COMMIT_TIMEOUT:
		return get_s(line, kv, 1, 86400, &c->commit_timeout_s, err);
	case RETRY_DELAY:
		return get_s(line, kv, 1, 3600, &c->setup_retry_delay_s, err);
	case MAX_FAILURES:
		return get_uint(line, kv, 1, 100, &c->max_setup_failures, err);
	case RECONCILE:
		return get_s(line, kv, 1, 60, &c->reconcile_interval_s, err);
	case COMPUTE:
		return get_s(line, kv, 0, 3600, &c->compute_interval_s, err);
	case BUFFSIZE:
		return ocs_kv_bytes(line, kv, 1 << 20, 64 << 20,
				    &c->nccl_buffsize_max, err);
	case ADMIN_COMMENT:
		return ocs_kv_bool(line, kv, &c->admin_comment, err);
	case NCLUSTER_KEYS:
		break;
	}
	return ocs_fail(err, OCS_INTERNAL, "optical.conf: a key has no reader");
}

static int cluster_line(struct builder *b, const struct ocs_kvline *line,
			struct ocs_error *err)
{
	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int key = ocs_kv_known(line, kv->key, cluster_keys, err);

		if (key < 0)
			return -1;
		if (b->seen[key])
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "%s is given twice, first in line %u",
					   cluster_keys[key], b->seen[key]);
		b->seen[key] = line->line;
		if (set_cluster(b->conf, line, kv, (enum cluster_key) key,
				err) < 0)
			return -1;
	}
	return 0;
}

static int set_site(struct ocs_conf_site *s, const struct ocs_kvline *line,
		    const struct ocs_kv *kv, enum site_key key,
		    struct ocs_error *err)
{
	switch (key) {
	case SITE_NAME:
		return ocs_kv_name(line, kv, s->name, sizeof(s->name), err);
	case SITE_NODES:
		if (!*kv->value)
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "Nodes= must not be empty");
		if (!(s->nodes = strdup(kv->value)))
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		return 0;
	case SITE_GPUS:
		return get_uint(line, kv, 0, 1024, &s->gpus, err);
	case SITE_NICS:
		return get_uint(line, kv, 0, 1024, &s->nics, err);
	}
	return -1;
}

/* ARRAY of N elements of SIZE bytes with room for one more, zeroed; NULL with
 * ERR set and ARRAY as it was. */
static void *grow(void *array, unsigned int n, size_t size,
		  struct ocs_error *err)
{
	char *more = realloc(array, (n + 1) * size);

	if (!more) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	memset(more + n * size, 0, size);
	return more;
}

static int site_line(struct builder *b, const struct ocs_kvline *line,
		     struct ocs_error *err)
{
	struct ocs_conf *c = b->conf;
	struct ocs_conf_site *s;

	if (c->nsites == OCS_CONF_SITES_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "more than %d sites", OCS_CONF_SITES_MAX);
	if (!(s = grow(c->site, c->nsites, sizeof(*s), err)))
		return -1;
	c->site = s;
	s += c->nsites++;
	s->gpus = OCS_SITE_GPUS;
	s->nics = OCS_SITE_NICS;
	for (unsigned int i = 0; i < line->nkv; i++) {
		int key = ocs_kv_known(line, line->kv[i].key, site_keys, err);

		if (key < 0 || set_site(s, line, &line->kv[i],
					(enum site_key) key, err) < 0)
			return -1;
	}
	if (!s->nodes)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "site %s needs Nodes=, such as Nodes=par[001-064]",
				   s->name);
	for (unsigned int i = 0; i + 1 < c->nsites; i++)
		if (!strcmp(c->site[i].name, s->name))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "site %s is given twice", s->name);
	return 0;
}

static int set_part(struct ocs_conf_partition *p,
		    const struct ocs_kvline *line, const struct ocs_kv *kv,
		    enum part_key key, struct ocs_error *err)
{
	switch (key) {
	case PART_NAME:
		return ocs_kv_name(line, kv, p->name, sizeof(p->name), err);
	case PART_AGENT_DOWN:
		return get_agent_down(line, kv, &p->agent_down, err);
	case PART_WITHOUT:
		return get_without(line, kv, &p->without, err);
	case PART_MAX_RATE:
		return ocs_kv_rate(line, kv, &p->max_rate_bps, err);
	case PART_MAX_SPAN:
		return get_uint(line, kv, 1, OCS_SPAN_MAX, &p->max_span, err);
	case PART_REQUIRE:
		return ocs_kv_bool(line, kv, &p->require_option, err);
	case NPART_KEYS:
		break;
	}
	return -1;
}

static int part_line(struct builder *b, const struct ocs_kvline *line,
		     struct ocs_error *err)
{
	struct ocs_conf *c = b->conf;
	struct ocs_conf_partition *p;
	unsigned int *set;

	if (c->npartitions == OCS_CONF_PARTITIONS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "more than %d partitions",
				   OCS_CONF_PARTITIONS_MAX);
	if (!(set = grow(b->part_set, c->npartitions, sizeof(*set), err)))
		return -1;
	b->part_set = set;
	if (!(p = grow(c->partition, c->npartitions, sizeof(*p), err)))
		return -1;
	c->partition = p;
	set += c->npartitions;
	p += c->npartitions++;
	for (unsigned int i = 0; i < line->nkv; i++) {
		int key = ocs_kv_known(line, line->kv[i].key, part_keys, err);

		if (key < 0 || set_part(p, line, &line->kv[i],
					(enum part_key) key, err) < 0)
			return -1;
		*set |= 1U << key;
	}
	for (unsigned int i = 0; i + 1 < c->npartitions; i++)
		if (!strcmp(c->partition[i].name, p->name))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "partition %s is given twice",
					   p->name);
	return 0;
}

static const char *const resv_keys[] = {
	"ReservationName", "JobsWithoutRequest", NULL
};

static int resv_line(struct builder *b, const struct ocs_kvline *line,
		     struct ocs_error *err)
{
	struct ocs_conf *c = b->conf;
	struct ocs_conf_reservation *r;

	if (c->nreservations == OCS_CONF_PARTITIONS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "more than %d reservations",
				   OCS_CONF_PARTITIONS_MAX);
	if (!(r = grow(c->reservation, c->nreservations, sizeof(*r), err)))
		return -1;
	c->reservation = r;
	r += c->nreservations++;
	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int key = ocs_kv_known(line, kv->key, resv_keys, err);

		if (key < 0 ||
		    (key ? get_without(line, kv, &r->without, err) :
			   ocs_kv_name(line, kv, r->name, sizeof(r->name),
				       err)) < 0)
			return -1;
	}
	if (!ocs_kv_get(line, "JobsWithoutRequest"))
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "reservation %s needs JobsWithoutRequest=, such as JobsWithoutRequest=single_site",
				   r->name);
	for (unsigned int i = 0; i + 1 < c->nreservations; i++)
		if (!strcmp(c->reservation[i].name, r->name))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "reservation %s is given twice",
					   r->name);
	return 0;
}

enum class_key {
	CLASS_NAME, CLASS_RATE, CLASS_MIN, CLASS_LATENCY, CLASS_VARIATION,
	CLASS_SPAN, CLASS_SHAPE, CLASS_ANCHOR, CLASS_PROTECT, CLASS_ON_FAILURE,
	CLASS_AVAILABILITY, NCLASS_KEYS
};
static const char *const class_keys[] = {
	"ClassName", "Rate", "MinRate", "Latency", "DelayVariation", "Span",
	"Shape", "Anchor", "Protect", "OnFailure", "Availability", NULL
};
/* The options that they stand for. */
static const char *const class_options[NCLASS_KEYS] = {
	[CLASS_LATENCY] = "latency", [CLASS_VARIATION] = "delay-variation",
	[CLASS_SPAN] = "span", [CLASS_SHAPE] = "shape",
	[CLASS_ANCHOR] = "anchor",
	[CLASS_PROTECT] = "protect", [CLASS_ON_FAILURE] = "on-failure",
};

static int set_class(struct ocs_request *req, const struct ocs_kvline *line,
		     const char *option, const char *value,
		     struct ocs_error *err)
{
	struct ocs_error why;

	if (ocs_request_set(req, option, value, &why) == 0)
		return 0;
	return ocs_kv_fail(line, err, why.code, "%.400s", why.text);
}

/* Rate= and MinRate= are one option. */
static int set_class_rate(struct ocs_request *req,
			  const struct ocs_kvline *line, struct ocs_error *err)
{
	const char *rate = ocs_kv_get(line, "Rate");
	const char *min = ocs_kv_get(line, "MinRate");
	char text[128];

	if (!rate)
		return min ? ocs_kv_fail(line, err, OCS_SYNTAX,
					 "MinRate= needs Rate=, such as Rate=400G MinRate=200G")
			   : 0;
	snprintf(text, sizeof(text), "%.60s%s%.60s", rate,
		 min ? ",min=" : "", min ? min : "");
	return set_class(req, line, "bw", text, err);
}

static int class_line(struct builder *b, const struct ocs_kvline *line,
		      struct ocs_error *err)
{
	struct ocs_conf *c = b->conf;
	struct ocs_conf_class *k;

	if (c->nclasses == OCS_CONF_CLASSES_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE, "more than %d classes",
				   OCS_CONF_CLASSES_MAX);
	if (!(k = grow(c->class, c->nclasses, sizeof(*k), err)))
		return -1;
	c->class = k;
	k += c->nclasses++;
	ocs_request_init(&k->req);
	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int key = ocs_kv_known(line, kv->key, class_keys, err);

		if (key < 0)
			return -1;
		if (key == CLASS_NAME &&
		    ocs_kv_name(line, kv, k->name, sizeof(k->name), err) < 0)
			return -1;
		/* no option: of 0 or 100 per cent it would be no bound */
		if (key == CLASS_AVAILABILITY &&
		    ocs_kv_availability(line, kv, 1, OCS_PPB - 1,
					&k->req.unavailable_ppb, err) < 0)
			return -1;
		if (class_options[key] &&
		    set_class(&k->req, line, class_options[key], kv->value,
			      err) < 0)
			return -1;
	}
	if (set_class_rate(&k->req, line, err) < 0)
		return -1;
	for (unsigned int i = 0; i + 1 < c->nclasses; i++)
		if (!strcmp(c->class[i].name, k->name))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "class %s is given twice", k->name);
	return 0;
}

static int one_line(const struct ocs_kvline *line, void *arg,
		    struct ocs_error *err)
{
	struct builder *b = arg;

	if (ocs_kv_get(line, "SiteName"))
		return site_line(b, line, err);
	if (ocs_kv_get(line, "PartitionName"))
		return part_line(b, line, err);
	if (ocs_kv_get(line, "ReservationName"))
		return resv_line(b, line, err);
	if (ocs_kv_get(line, "ClassName"))
		return class_line(b, line, err);
	return cluster_line(b, line, err);
}

/* What a partition does not say is as in the cluster, wherever that is said. */
static void fill_part(const struct ocs_conf *c, unsigned int set,
		      struct ocs_conf_partition *p)
{
	if (!(set & 1U << PART_AGENT_DOWN))
		p->agent_down = c->agent_down;
	if (!(set & 1U << PART_WITHOUT))
		p->without = c->without;
	if (!(set & 1U << PART_MAX_RATE))
		p->max_rate_bps = c->max_rate_bps;
	if (!(set & 1U << PART_MAX_SPAN))
		p->max_span = c->max_span;
}

/* What only the whole file shows. */
static int finish(struct builder *b, const char *path, struct ocs_error *err)
{
	struct ocs_conf *c = b->conf;

	if (!c->nsites)
		return ocs_fail(err, OCS_SYNTAX,
				"%s: no site is given (example: SiteName=paris Nodes=par[001-064])",
				path);
	if (!*c->agent.cert != !*c->agent.key)
		return ocs_fail(err, OCS_SYNTAX,
				"%s: AgentCert= and AgentKey= need each other",
				path);
	if (c->hold_timeout_ms > c->hold_budget_ms)
		return ocs_fail(err, OCS_RANGE,
				"%s: HoldTimeout=%ums is more than HoldBudget=%ums allows in a second",
				path, c->hold_timeout_ms, c->hold_budget_ms);
	for (unsigned int i = 0; i < c->npartitions; i++)
		fill_part(c, b->part_set[i], &c->partition[i]);
	return 0;
}

static void set_defaults(struct ocs_conf *c)
{
	strcpy(c->agent.url, OCS_AGENT_URL);
	c->hold_timeout_ms = OCS_HOLD_TIMEOUT_MS;
	c->hold_budget_ms = OCS_HOLD_BUDGET_MS;
	c->breaker_time_ms = OCS_BREAKER_TIME_MS;
	c->commit_timeout_s = OCS_COMMIT_TIMEOUT_S;
	c->setup_retry_delay_s = OCS_SETUP_RETRY_DELAY_S;
	c->max_setup_failures = OCS_MAX_SETUP_FAILURES;
	c->reconcile_interval_s = OCS_RECONCILE_INTERVAL_S;
	c->compute_interval_s = OCS_COMPUTE_INTERVAL_S;
	c->nccl_buffsize_max = OCS_NCCL_BUFFSIZE_MAX;
	c->admin_comment = true;
}

struct ocs_conf *ocs_conf_read(const char *path, struct ocs_error *err)
{
	struct builder b = { 0 };
	struct ocs_conf *found = NULL;

	if (!(b.conf = calloc(1, sizeof(*b.conf)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	if (strlen(path) >= sizeof(b.conf->path)) {
		ocs_fail(err, OCS_RANGE, "%.80s...: the path is too long",
			 path);
		goto out;
	}
	strcpy(b.conf->path, path);
	set_defaults(b.conf);
	if (ocs_kvfile_read(path, one_line, &b, err) < 0 ||
	    finish(&b, path, err) < 0)
		goto out;

	found = b.conf;
	b.conf = NULL;
out:
	ocs_conf_destroy(b.conf);
	free(b.part_set);
	return found;
}

void ocs_conf_destroy(struct ocs_conf *conf)
{
	if (!conf)
		return;
	for (unsigned int i = 0; i < conf->nsites; i++)
		free(conf->site[i].nodes);
	free(conf->site);
	free(conf->partition);
	free(conf->reservation);
	free(conf->class);
	free(conf);
}

const struct ocs_conf_partition *
ocs_conf_partition_get(const struct ocs_conf *conf, const char *name,
		       struct ocs_conf_partition *out)
{
	memset(out, 0, sizeof(*out));
	fill_part(conf, 0, out);
	for (unsigned int i = 0; name && i < conf->npartitions; i++)
		if (!strcmp(conf->partition[i].name, name))
			*out = conf->partition[i];
	return out;
}

enum ocs_without_request ocs_conf_without(const struct ocs_conf *conf,
					  const char *partition,
					  const char *reservation)
{
	struct ocs_conf_partition part;

	for (unsigned int i = 0; reservation && i < conf->nreservations; i++)
		if (!strcmp(conf->reservation[i].name, reservation))
			return conf->reservation[i].without;
	return ocs_conf_partition_get(conf, partition, &part)->without;
}
