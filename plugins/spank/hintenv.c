// SPDX-License-Identifier: GPL-2.0-or-later
/* hintenv - the decisions of verb 7 (hint), free of Slurm and of files */
#include "plugins/spank/hintenv.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/hints.h"
#include "common/core/units.h"

/* What we set and for which job: "42:NCCL_BUFFSIZE,NCCL_IB_TIMEOUT" ... */
#define ENV_SET "OPTICAL_HINTS_SET"
/* ... and to what, in the same order: a value that differs is the user's. */
#define ENV_VALUES "OPTICAL_HINTS_VALUES"
#define PRIOR_MAX 16

/* Facts about a job's circuits; another job's mislead programs. */
static const char *const facts_env[] = {
	"OPTICAL_LEASE_ID", "OPTICAL_NSITES", "OPTICAL_SITES",
	"OPTICAL_SITE_NODES", "OPTICAL_CIRCUITS",
	"OPTICAL_CIRCUITS_VERSION", "OPTICAL_RATE_BPS",
	"OPTICAL_RTT_US", "OPTICAL_NICS", "OPTICAL_GPUS",
	"OPTICAL_BUFFSIZE_MAX", "OPTICAL_HINTS", "OPTICAL_SIMULATED",
	"OPTICAL_JOB_ID",
};

/* Coupled variables: who sets one of a row has taken the whole row over. */
static const char *const coupled[][4] = {
	{ "NCCL_BUFFSIZE", "NCCL_P2P_NET_CHUNKSIZE", "NCCL_NVLS_CHUNKSIZE",
	  "NCCL_NVLSTREE_MAX_CHUNKSIZE" },
	{ "NCCL_IB_QPS_PER_CONNECTION", "NCCL_IB_SPLIT_DATA_ON_QPS", NULL,
	  NULL },
	{ "NCCL_SOCKET_NTHREADS", "NCCL_NSOCKS_PERTHREAD",
	  "NCCL_SOCKET_RCVBUF", "NCCL_SOCKET_SNDBUF" },
};
#define NFACTS (sizeof(facts_env) / sizeof(facts_env[0]))
#define NCOUPLED (sizeof(coupled) / sizeof(coupled[0]))

/* A variable that a task before this one, maybe of another job, got from us. */
struct prior {
	char name[48];
	char value[48];
	bool has_value;
};

struct ctx {
	const struct ocs_hintenv_in *in;
	struct ocs_hintenv_plan *plan;
	bool prior_any;			/* ENV_SET is there */
	bool prior_mine;		/* and of this job */
	unsigned int nprior;
	struct prior prior[PRIOR_MAX];
	unsigned int nkept;		/* goes into the new ENV_SET */
	struct prior kept[PRIOR_MAX];
};

static const char *get(const struct ctx *c, const char *name)
{
	return c->in->get(c->in->arg, name);
}

static void copy(char *dst, size_t size, const char *src)
{
	size_t n = strnlen(src, size - 1);

	memmove(dst, src, n);
	dst[n] = '\0';
}

__attribute__((format(printf, 4, 5)))
static void act(struct ctx *c, enum ocs_hintenv_op op, const char *name,
		const char *fmt, ...)
{
	struct ocs_hintenv_action *a;
	va_list ap;

	if (c->plan->n == OCS_HINTENV_MAX)
		return;
	a = &c->plan->action[c->plan->n++];
	a->op = op;
	copy(a->name, sizeof(a->name), name);
	va_start(ap, fmt);
	vsnprintf(a->value, sizeof(a->value), fmt, ap);
	va_end(ap);
}

/* TEXT as a number: 0, or -1 when it is none. */
static int number(const char *text, uint64_t *v)
{
	unsigned long long n;
	char *end;

	if (!text || !isdigit((unsigned char) *text))
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end)
		return -1;
	*v = n;
	return 0;
}

static bool is_job(const struct ctx *c, const char *text)
{
	const char *seen = get(c, "SLURM_JOB_ID");
	uint64_t id, own;

	if (number(text, &id) < 0)
		return false;
	/* in a het job's step SLURM_JOB_ID is the leader's, who has the
	 * circuits */
	return id == c->in->job_id || (number(seen, &own) == 0 && id == own);
}

static bool ours_to_name(const char *name, size_t len)
{
	if (len < 6 || len >= sizeof(((struct prior *) NULL)->name) ||
	    strncmp(name, "NCCL_", 5))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isupper((unsigned char) name[i]) &&
		    !isdigit((unsigned char) name[i]) && name[i] != '_')
			return false;
	return true;
}

/* Read ENV_SET and ENV_VALUES; text that we did not write is ignored. */
static void read_prior(struct ctx *c)
{
	const char *set = get(c, ENV_SET), *values = get(c, ENV_VALUES);
	const char *colon;
	char id[24];

	c->prior_any = set || values;
	if (!set || !(colon = strchr(set, ':')) ||
	    (size_t) (colon - set) >= sizeof(id))
		return;
	snprintf(id, sizeof(id), "%.*s", (int) (colon - set), set);
	c->prior_mine = is_job(c, id);
	for (const char *p = colon + 1; *p && c->nprior < PRIOR_MAX;) {
		size_t n = strcspn(p, ","), v = values ? strcspn(values, ",")
						       : 0;
		struct prior *pr = &c->prior[c->nprior];

		if (ours_to_name(p, n)) {
			snprintf(pr->name, sizeof(pr->name), "%.*s", (int) n,
				 p);
			pr->has_value = values && v && v < sizeof(pr->value);
			if (pr->has_value)
				snprintf(pr->value, sizeof(pr->value), "%.*s",
					 (int) v, values);
			c->nprior++;
		}
		p += n + (p[n] == ',');
		if (values)
			values += v + (values[v] == ',');
	}
}

static const struct prior *prior_of(const struct ctx *c, const char *name)
{
	for (unsigned int i = 0; i < c->nprior; i++)
		if (!strcmp(c->prior[i].name, name))
			return &c->prior[i];
	return NULL;
}

/* True if the value of NAME in the environment is one that we put there. */
static bool ours(const struct ctx *c, const char *name)
{
	const struct prior *pr = prior_of(c, name);
	const char *now = get(c, name);

	return pr && now && (!pr->has_value || !strcmp(now, pr->value));
}

/* True if somebody else decided about NAME: set it, or took ours away. */
static bool decided(const struct ctx *c, const char *name)
{
	if (c->in->inconf && c->in->inconf(c->in->arg, name))
		return true;
	if (get(c, name))
		return !ours(c, name);
	return c->prior_mine && prior_of(c, name);
}

static bool row_decided(const struct ctx *c, const char *name)
{
	for (size_t r = 0; r < NCOUPLED; r++) {
		bool in_row = false, any = false;

		for (int i = 0; i < 4 && coupled[r][i]; i++) {
			in_row |= !strcmp(coupled[r][i], name);
			any |= decided(c, coupled[r][i]);
		}
		if (in_row && any)
			return true;
	}
	return decided(c, name);
}

static bool group_decided(const struct ctx *c, const struct ocs_hint *hint,
			  unsigned int n, const struct ocs_hint *h)
{
	for (unsigned int i = 0; i < n; i++)
		if ((&hint[i] == h || hint[i].group == h->group) &&
		    row_decided(c, hint[i].name))
			return true;
	return false;
}

static void keep(struct ctx *c, const char *name, const char *value)
{
	struct prior *k;

	if (c->nkept == PRIOR_MAX)
		return;
	k = &c->kept[c->nkept++];
	copy(k->name, sizeof(k->name), name);
	copy(k->value, sizeof(k->value), value);
}

static bool is_kept(const struct ctx *c, const char *name)
{
	for (unsigned int i = 0; i < c->nkept; i++)
		if (!strcmp(c->kept[i].name, name))
			return true;
	return false;
}

/* The facts of this very job, and how they are to be used. */
static enum ocs_hints_mode read_facts(struct ctx *c,
				      struct ocs_hint_facts *facts)
{
	const char *mode = get(c, "OPTICAL_HINTS");
	uint64_t v[6] = { 0 };
	static const char *const names[] = {
		"OPTICAL_NSITES", "OPTICAL_RATE_BPS", "OPTICAL_RTT_US",
		"OPTICAL_NICS", "OPTICAL_GPUS",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (number(get(c, names[i]), &v[i]) < 0)
			return OCS_HINTS_OFF;
	if (number(get(c, "OPTICAL_BUFFSIZE_MAX"), &v[5]) < 0)
		v[5] = OCS_NCCL_BUFFSIZE_MAX;
	if (v[0] < 2 || v[0] > OCS_SPAN_MAX || !v[3] || v[3] > 1024 ||
	    !v[4] || v[4] > 1024)
		return OCS_HINTS_OFF;
	*facts = (struct ocs_hint_facts) {
		.nsites = v[0], .rate_bps = v[1], .rtt_us = v[2],
		.nics = v[3], .gpus = v[4], .buffsize_max = v[5],
	};
	if (!mode)
		return c->in->fallback;
	if (!strcmp(mode, "on"))
		return OCS_HINTS_ON;
	return strcmp(mode, "print") ? OCS_HINTS_OFF : OCS_HINTS_PRINT;
}

/* Facts that belong to another job go. Returns true if they are our own. */
static bool own_facts(struct ctx *c)
{
	const char *id = get(c, "OPTICAL_JOB_ID");

	if (!id)
		return false;
	if (is_job(c, id))
		return true;
	for (size_t i = 0; i < NFACTS; i++)
		if (get(c, facts_env[i]))
			act(c, OCS_HINTENV_UNSET, facts_env[i], "%s", "");
	return false;
}

static void set_or_print(struct ctx *c, const struct ocs_hint_facts *facts,
			 enum ocs_hints_mode mode)
{
	struct ocs_hint hint[OCS_HINTS_MAX];
	unsigned int n = ocs_hints_compute(facts, hint);
	char rate[OCS_RATE_TEXT_MAX];

	for (unsigned int i = 0; i < n; i++) {
		const struct ocs_hint *h = &hint[i];
		const char *now = get(c, h->name);

		if (group_decided(c, hint, n, h))
			continue;
		if (mode == OCS_HINTS_PRINT) {
			act(c, OCS_HINTENV_PRINT, h->name,
			    "optical: would set %s=%s (%u sites, %s, %llu us there and back)",
			    h->name, h->value, facts->nsites,
			    ocs_rate_format(facts->rate_bps, rate),
			    (unsigned long long) facts->rtt_us);
			continue;
		}
		keep(c, h->name, h->value);
		if (!now || strcmp(now, h->value))
			act(c, OCS_HINTENV_SET, h->name, "%s", h->value);
	}
}

/* What we set earlier and don't want now goes; what the user took away is
 * remembered, so that it stays away in steps of steps. */
static void drop_prior(struct ctx *c)
{
	for (unsigned int i = 0; i < c->nprior; i++) {
		const struct prior *pr = &c->prior[i];

		if (is_kept(c, pr->name))
			continue;
		if (ours(c, pr->name))
			act(c, OCS_HINTENV_UNSET, pr->name, "%s", "");
		else if (c->prior_mine && !get(c, pr->name))
			keep(c, pr->name, pr->has_value ? pr->value : "-");
	}
}

static void write_prior(struct ctx *c, bool printed)
{
	char names[512] = "", values[512] = "";
	size_t n = 0, v = 0;

	if (!c->nkept && !printed) {
		if (c->prior_any) {
			act(c, OCS_HINTENV_UNSET, ENV_SET, "%s", "");
			act(c, OCS_HINTENV_UNSET, ENV_VALUES, "%s", "");
		}
		return;
	}
	for (unsigned int i = 0; i < c->nkept; i++) {
		n += snprintf(names + n, sizeof(names) - n, "%s%s",
			      i ? "," : "", c->kept[i].name);
		v += snprintf(values + v, sizeof(values) - v, "%s%s",
			      i ? "," : "", c->kept[i].value);
		if (n >= sizeof(names) || v >= sizeof(values))
			return;
	}
	act(c, OCS_HINTENV_SET, ENV_SET, "%u:%s", c->in->job_id, names);
	act(c, OCS_HINTENV_SET, ENV_VALUES, "%s", values);
}

void ocs_hintenv_decide(const struct ocs_hintenv_in *in,
			struct ocs_hintenv_plan *plan)
{
	struct ctx c = { .in = in, .plan = plan };
	enum ocs_hints_mode mode = OCS_HINTS_OFF;
	struct ocs_hint_facts facts;

	plan->n = 0;
	read_prior(&c);
	if (own_facts(&c))
		mode = read_facts(&c, &facts);
	/* a job's first task says it; its later steps need not */
	if (mode == OCS_HINTS_PRINT && c.prior_mine)
		return;
	if (mode != OCS_HINTS_OFF)
		set_or_print(&c, &facts, mode);
	drop_prior(&c);
	write_prior(&c, mode == OCS_HINTS_PRINT);
}

bool ocs_hintenv_conf_has(const char *text, size_t len, const char *name)
{
	size_t want = strlen(name);

	for (const char *p = text, *end = text + len; p < end;) {
		const char *eol = memchr(p, '\n', end - p);
		const char *eq;

		eol = eol ? eol : end;
		while (p < eol && isspace((unsigned char) *p))
			p++;
		eq = memchr(p, '=', eol - p);
		if (eq && *p != '#') {
			while (eq > p && isspace((unsigned char) eq[-1]))
				eq--;
			if ((size_t) (eq - p) == want &&
			    !memcmp(p, name, want))
				return true;
		}
		p = eol + 1;
	}
	return false;
}
