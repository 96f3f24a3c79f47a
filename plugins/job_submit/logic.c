// SPDX-License-Identifier: GPL-2.0-or-later
/* logic - verb 2 of a job's way: validate; free of Slurm */
#include "plugins/job_submit/logic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/core/units.h"
#include "plugins/job_submit/limits.h"

/* Facts that only the select plugin gives, and what sbatch, salloc and srun
 * leave in the environment of a job about its own options. */
static const char *const stale_env[] = {
	"OPTICAL_LEASE_ID", "OPTICAL_NSITES", "OPTICAL_SITES",
	"OPTICAL_SITE_NODES", "OPTICAL_CIRCUITS",
	"OPTICAL_CIRCUITS_VERSION", "OPTICAL_RATE_BPS",
	"OPTICAL_RTT_US", "OPTICAL_NICS", "OPTICAL_GPUS",
	"OPTICAL_BUFFSIZE_MAX", "OPTICAL_HINTS", "OPTICAL_SIMULATED",
	"OPTICAL_JOB_ID", OCS_REQUEST_ENV, NULL
};
#define PRESET_ENV "SLURM_SPANK_"

static bool is_entry(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(entry, name, n) && entry[n] == '=';
}

bool ocs_submit_env_ours(const char *entry)
{
	return entry && is_entry(entry, OCS_REQUEST_ENV);
}

bool ocs_submit_env_stale(const char *entry)
{
	if (!entry)
		return false;
	if (!strncmp(entry, PRESET_ENV, strlen(PRESET_ENV))) {
		entry += strlen(PRESET_ENV);
		return is_entry(entry, OCS_REQUEST_ENV) ||
		       !strncmp(entry, OCS_SPANK_ENV, strlen(OCS_SPANK_ENV));
	}
	for (int i = 0; stale_env[i]; i++)
		if (is_entry(entry, stale_env[i]))
			return true;
	return false;
}

/* Length of the licence token at P, and whether it names ours: "optical",
 * "optical:4", and as later versions write it, "optical@server:4". */
static bool token_ours(const char *p, size_t *len)
{
	size_t n = strlen(OCS_LICENSE);

	*len = strcspn(p, ",;|");
	while (*p == ' ' || *p == '\t')
		p++;
	return !strncmp(p, OCS_LICENSE, n) && strchr(":*=@,;| \t", p[n]);
}

bool ocs_submit_names_license(const char *text)
{
	size_t len;

	for (const char *p = text; p && *p; p += len + (p[len] != '\0'))
		if (token_ours(p, &len))
			return true;
	return false;
}

char *ocs_submit_licenses(const char *licenses, uint32_t gbps)
{
	size_t size = (licenses ? strlen(licenses) : 0) + 32, n = 0, len;
	char *text = calloc(1, size);

	if (!text)
		return NULL;
	for (const char *p = licenses; p && *p; p += len + (p[len] != '\0')) {
		if (token_ours(p, &len) || !len)
			continue;
		n += snprintf(text + n, size - n, "%s%.*s", n ? "," : "",
			      (int) len, p);
	}
	if (gbps)
		snprintf(text + n, size - n, "%s" OCS_LICENSE ":%" PRIu32,
			 n ? "," : "", gbps);
	return text;
}

/* The option that Slurm calls NAME (LEN characters), or -1. */
static int option_find(const char *name, size_t len)
{
	for (int i = 0; ocs_options[i].name; i++) {
		const char *o = ocs_options[i].name;
		size_t k = 0;

		while (k < len && o[k] &&
		       (o[k] == '-' ? '_' : o[k]) == name[k])
			k++;
		if (k == len && !o[k])
			return i;
	}
	return -1;
}

/* One SPANK entry, NAME=VALUE after its prefix. */
static int take_option(const char *entry, uint64_t *seen,
		       struct ocs_request *req, struct ocs_error *err)
{
	const char *eq = strchr(entry, '=');
	size_t len = eq ? (size_t) (eq - entry) : strlen(entry);
	const char *value = eq ? eq + 1 : "";
	int opt = option_find(entry, len);

	if (opt < 0)
		return ocs_fail(err, OCS_UNSUPPORTED,
				"option --optical-%.*s is not known here",
				(int) (len < 60 ? len : 60), entry);
	if (*seen & (UINT64_C(1) << opt))
		return ocs_fail(err, OCS_SYNTAX, "--optical-%s is given twice",
				ocs_options[opt].name);
	*seen |= UINT64_C(1) << opt;
	/* Slurm's word for an option without value */
	if (!strcmp(value, "(null)"))
		value = "";
	return ocs_request_set(req, ocs_options[opt].name, value, err);
}

/* The request, from the options or from the comment, over BASE into OUT. */
static int collect_over(const struct ocs_submit_in *in,
			const struct ocs_request *base,
			struct ocs_submit_out *out, struct ocs_error *err)
{
	struct ocs_request from_comment = *base;
	uint64_t seen = 0;
	bool found = false;

	out->req = *base;
	for (uint32_t i = 0; in->spank_env && i < in->nspank_env; i++) {
		const char *e = in->spank_env[i];

		if (!e || strncmp(e, OCS_SPANK_ENV, strlen(OCS_SPANK_ENV)))
			continue;
		if (take_option(e + strlen(OCS_SPANK_ENV), &seen, &out->req,
				err) < 0)
			return -1;
	}
	if (ocs_request_parse_comment(in->comment, &from_comment, &found,
				      err) < 0)
		return -1;
	if (found && seen)
		return ocs_fail(err, OCS_SYNTAX,
				"the request is ambiguous: it is in the --optical options and in optical(...) of the comment; use one of them");
	if (found)
		out->req = from_comment;
	out->asked = found || seen;
	return 0;
}

/* The class that OUT names, or NULL with ERR set. */
static const struct ocs_conf_class *find_class(const struct ocs_submit_in *in,
					       const char *name,
					       struct ocs_error *err)
{
	char known[256] = "";
	size_t n = 0;

	if (!in->conf) {
		ocs_fail(err, OCS_IO, "circuits can't be asked for here: %s",
			 in->conf_why && in->conf_why[0] ? in->conf_why
							 : "no configuration");
		return NULL;
	}
	for (unsigned int i = 0; i < in->conf->nclasses; i++) {
		const char *have = in->conf->class[i].name;

		if (!strcmp(have, name))
			return &in->conf->class[i];
		if (n + strlen(have) + 3 < sizeof(known))
			n += (size_t) snprintf(known + n, sizeof(known) - n,
					       "%s%s", n ? ", " : "", have);
	}
	ocs_fail(err, OCS_RANGE, "--optical-class: no class '%s' (known: %s)",
		 name, n ? known : "none; the administrator defines them in optical.conf");
	return NULL;
}

/* The same over the class that the job names, if any. */
static int collect(const struct ocs_submit_in *in, struct ocs_submit_out *out,
		   struct ocs_error *err)
{
	const struct ocs_conf_class *class;
	struct ocs_request base;

	ocs_request_init(&base);
	if (collect_over(in, &base, out, err) < 0)
		return -1;
	if (out->req.class_name[0]) {
		if (!(class = find_class(in, out->req.class_name, err)) ||
		    collect_over(in, &class->req, out, err) < 0)
			return -1;
	}
	if (!out->asked)
		return 0;
	if (!out->req.none && !out->req.want_bps)
		return ocs_fail(err, OCS_SYNTAX, "%s need --optical-bw (example: --optical-bw=400G)",
				out->req.class_name[0] ?
				"jobs of this class, which has no rate," :
				"the other --optical options");
	return ocs_request_check(&out->req, err);
}

/* The total of licence NAME in slurm.conf's Licenses= TEXT, or -1. */
static int64_t license_total(const char *text)
{
	size_t len;

	for (const char *p = text; p && *p; p += len + (p[len] != '\0')) {
		if (!token_ours(p, &len))
			continue;
		p = strpbrk(p, ":=*,;");
		if (!p || *p == ',' || *p == ';')
			return 1;
		return strtoll(p + 1, NULL, 10);
	}
	return -1;
}

static bool names_tres(const char *text, const char *name)
{
	size_t n = strlen(name), len;

	for (const char *p = text; p && *p; p += len + (p[len] != '\0')) {
		len = strcspn(p, ",");
		if (len == n && !strncasecmp(p, name, n))
			return true;
	}
	return false;
}

/* What slurm.conf must have before any circuit can be had and accounted. */
static int check_slurm_conf(const struct ocs_submit_in *in, uint32_t gbps,
			    struct ocs_error *err)
{
	int64_t total = license_total(in->slurm_licenses);

	if (!in->shadowed &&
	    (!in->slurm_select ||
	     !strstr(in->slurm_select, "cons_tres_optical")))
		return ocs_fail(err, OCS_CONFLICT,
				"slurm.conf lacks SelectType=select/cons_tres_optical: tell the administrator");
	if (total < 0)
		return ocs_fail(err, OCS_CONFLICT,
				"slurm.conf lacks Licenses=" OCS_LICENSE
				":N (Gb/s, more than all sites together): tell the administrator");
	if (in->accounting &&
	    !names_tres(in->slurm_tres, "license/" OCS_LICENSE))
		return ocs_fail(err, OCS_CONFLICT,
				"slurm.conf lacks AccountingStorageTRES=license/"
				OCS_LICENSE ": tell the administrator");
	if ((uint64_t) total < gbps)
		return ocs_fail(err, OCS_CONFLICT,
				"Licenses=" OCS_LICENSE ":%" PRId64
				" in slurm.conf is less than the %" PRIu32
				" Gb/s that --optical-bw asks for: tell the administrator",
				total, gbps);
	return 0;
}

static int decide_asked(const struct ocs_submit_in *in,
			struct ocs_submit_out *out, struct ocs_error *err)
{
	unsigned int legs = out->req.protect == OCS_ONE_PLUS_ONE ? 2 : 1;
	uint32_t gbps = ocs_rate_gbps(legs * out->req.want_bps);

	if (!in->conf)
		return ocs_fail(err, OCS_IO,
				"circuits can't be asked for here: %s",
				in->conf_why && in->conf_why[0]
				? in->conf_why : "no configuration");
	if (!out->req.none && in->conf->optical_jobs == OCS_JOBS_HOLD)
		return ocs_fail(err, OCS_UNSUPPORTED,
				"circuits are switched off on this cluster: leave out --optical-bw, or say --optical-bw=none");
	if (!out->req.none && check_slurm_conf(in, gbps, err) < 0)
		return -1;
	if (ocs_limits_check(in, &out->req, err) < 0)
		return -1;
	if (ocs_request_format(&out->req, out->request,
			       sizeof(out->request)) < 0)
		return ocs_fail(err, OCS_RANGE, "the request is too long");
	if (!out->req.none)
		out->gbps = gbps;
	return 0;
}

int ocs_submit_decide(const struct ocs_submit_in *in,
		      struct ocs_submit_out *out, struct ocs_error *err)
{
	bool named = ocs_submit_names_license(in->licenses);

	memset(out, 0, sizeof(*out));
	if (collect(in, out, err) < 0)
		return -1;
	if (out->asked && named &&
	    (!in->again || out->req.none || in->expands))
		return ocs_fail(err, OCS_DENIED,
				"-L " OCS_LICENSE
				" is set by --optical-bw itself: leave it out");
	if (!out->asked && named)
		return ocs_fail(err, OCS_DENIED,
				"-L " OCS_LICENSE
				" can't be typed: ask for circuits with --optical-bw=RATE (example: --optical-bw=400G)");
	if (in->expands) {
		out->dropped = out->asked && !out->req.none;
		out->asked = false;
		return 0;
	}
	if (out->asked)
		return decide_asked(in, out, err);
	return in->conf ? ocs_limits_check_plain(in, err) : 0;
}

/* True if the comment says again what the job has asked for already. */
static bool same_request(const struct ocs_modify_in *in,
			 const struct ocs_submit_out *out)
{
	char text[OCS_REQUEST_TEXT_MAX];

	return in->request &&
	       ocs_request_format(&out->req, text, sizeof(text)) == 0 &&
	       !strcmp(in->request, text);
}

int ocs_modify_decide(const struct ocs_modify_in *in,
		      const struct ocs_submit_in *submit, bool *changed,
		      struct ocs_submit_out *out, struct ocs_error *err)
{
	struct ocs_submit_in s = *submit;

	*changed = false;
	memset(out, 0, sizeof(*out));
	if (ocs_submit_names_license(in->licenses))
		return ocs_fail(err, OCS_DENIED,
				"licence " OCS_LICENSE
				" is kept by slurm-optical and can't be set");
	if (in->licenses && in->request)
		return ocs_fail(err, OCS_DENIED,
				"licences of a job with an optical request can't be changed");
	s.spank_env = NULL;
	s.nspank_env = 0;
	s.comment = in->comment;
	s.licenses = NULL;
	if (collect(&s, out, err) < 0)
		return -1;
	if (!out->asked || same_request(in, out))
		return 0;
	if (in->pending && decide_asked(&s, out, err) < 0)
		return -1;
	if (!in->pending)
		return ocs_fail(err, OCS_DENIED,
				"the optical request of a job that is not pending can't be changed");
	*changed = true;
	return 0;
}
