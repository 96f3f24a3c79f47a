// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf - opticald.conf: read once at start, its users again at SIGHUP
 *
 * A line is a link (LinkName=), a site (SiteName=), a cluster (Cluster=) or
 * settings. Links may stand before the sites that they join.
 */
#include "agent/conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/core/defaults.h"
#include "common/core/units.h"
#include "common/sys/kvfile.h"

/* A link as written, until all sites are known. */
struct raw_link {
	struct ocs_link link;
	char a[OCS_NAME_MAX], z[OCS_NAME_MAX];
	char where[300];	/* FILE:LINE */
};

struct reader {
	struct ocs_agent_conf *conf;
	unsigned int nraw;
	struct raw_link *raw;
	unsigned int seen;	/* bits of enum setting */
	char beyond[300];	/* FILE:LINE of a Listen= beyond loopback */
	char bound[300];	/* FILE:LINE of a Certificate= */
};

enum setting {
	S_LISTEN, S_LEDGER, S_OPERATOR, S_DRIVER, S_SIMSETUP, S_SIMRELEASE,
	S_HOLDTTL, S_MUNGE, S_RUNAS, S_GRACE, S_OVERDUE, S_KEEP, S_HTTPLISTEN,
	S_MEASURER,
	S_TLS,			/* and on, by enum ocs_tls_file */
	S_LAST = S_TLS + OCS_TLS_NFILES - 1
};
static const char *const settings[] = {
	"Listen", "Ledger", "Operator", "Driver", "SimSetupTime",
	"SimReleaseTime", "HoldTTL", "MungeSocket", "RunAs", "Grace",
	"OverdueMax", "KeepFinished", "HttpListen", "Measurer", "TlsCert",
	"TlsKey", "TlsClientCA",
	"TlsCRL",
	/* heads of other kinds of lines, for a better "did you mean" */
	"SiteName", "LinkName", "Cluster", NULL
};
/* Keys of the whole design that this version can't honour. */
static const char *const unsupported[] = {
	"PortName", "Capacity", "Mode", "MaxAutoRemove", "Attach", "Risk",
	"Plane",
	"MaxSetupsPerHour", "MinJobForSetup", "Endpoint", NULL
};

static int refuse_unsupported(const struct ocs_kvline *line,
			      struct ocs_error *err)
{
	for (unsigned int i = 0; i < line->nkv; i++)
		for (unsigned int j = 0; unsupported[j]; j++)
			if (!strcasecmp(line->kv[i].key, unsupported[j]))
				return ocs_kv_fail(line, err, OCS_UNSUPPORTED,
						   "%s is not supported by this version",
						   unsupported[j]);
	return 0;
}

/* The user NAME, or its digits, as *UID. */
static int user_find(const struct ocs_kvline *line, const char *name,
		     uid_t *uid, struct ocs_error *err)
{
	struct passwd pw, *found = NULL;
	char buf[16384], *end;
	unsigned long n;

	if (*name && name[strspn(name, "0123456789")] == '\0') {
		errno = 0;
		n = strtoul(name, &end, 10);
		if (errno || n >= UINT32_MAX)
			return ocs_kv_fail(line, err, OCS_RANGE,
					   "'%.60s' is no user id", name);
		*uid = (uid_t) n;
		return 0;
	}
	if (getpwnam_r(name, &pw, buf, sizeof(buf), &found) || !found)
		return ocs_kv_fail(line, err, OCS_NOT_FOUND,
				   "there is no user '%.60s' on this host",
				   name);
	*uid = found->pw_uid;
	return 0;
}

static void note_where(const struct ocs_kvline *line, char where[static 300])
{
	snprintf(where, 300, "%s:%u", line->file, line->line);
}

static int read_listen(const struct ocs_kvline *line, const struct ocs_kv *kv,
		       struct reader *r, struct ocs_error *err)
{
	struct ocs_agent_conf *conf = r->conf;
	struct ocs_agent_listen l = { 0 };
	const char *v = kv->value, *colon, *host;
	struct in_addr v4;
	struct in6_addr v6;
	size_t n;
	unsigned long port;
	char *end;

	if (conf->nlisten == OCS_AGENT_LISTEN_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d Listen= are possible",
				   OCS_AGENT_LISTEN_MAX);
	if (!strncasecmp(v, "unix:", 5)) {
		l.is_unix = true;
		if (v[5] != '/' || strlen(v + 5) >= sizeof(l.path))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "bad Listen='%.120s': after unix: an absolute path of at most %zu bytes is expected",
					   v, sizeof(l.path) - 1);
		strcpy(l.path, v + 5);
		goto add;
	}
	colon = strrchr(v, ':');
	if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")])
		goto bad;
	port = strtoul(colon + 1, &end, 10);
	if (port > 65535)
		goto bad;
	host = v;
	n = (size_t) (colon - v);
	if (n > 2 && v[0] == '[' && v[n - 1] == ']') {
		host = v + 1;
		n -= 2;
	}
	if (!n || n >= sizeof(l.host))
		goto bad;
	memcpy(l.host, host, n);
	l.port = (uint16_t) port;
	if (inet_pton(AF_INET, l.host, &v4) == 1) {
		if (ntohl(v4.s_addr) >> 24 != 127)
			note_where(line, r->beyond);
	} else if (inet_pton(AF_INET6, l.host, &v6) == 1) {
		if (!IN6_IS_ADDR_LOOPBACK(&v6))
			note_where(line, r->beyond);
	} else {
		goto bad;
	}
add:
	for (unsigned int i = 0; i < conf->nlisten; i++) {
		struct ocs_agent_listen *o = &conf->listen[i];

		if (!strcmp(o->path, l.path) && !strcmp(o->host, l.host) &&
		    o->port == l.port && (l.is_unix || l.port))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "Listen='%.120s' is there twice", v);
	}
	conf->listen[conf->nlisten++] = l;
	return 0;
bad:
	return ocs_kv_fail(line, err, OCS_SYNTAX,
			   "bad Listen='%.120s': unix:/path or an address in digits and a port, such as 127.0.0.1:8470, is expected",
			   v);
}

/* ADDRESS:PORT of any interface: anybody may ask there. */
static int read_public(const struct ocs_kvline *line, const struct ocs_kv *kv,
		       struct ocs_agent_conf *conf, struct ocs_error *err)
{
	struct ocs_agent_listen l = { 0 };
	const char *v = kv->value, *colon = strrchr(v, ':');
	struct in6_addr to;
	size_t n;

	if (conf->npublic == OCS_AGENT_LISTEN_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d HttpListen= are possible",
				   OCS_AGENT_LISTEN_MAX);
	if (!colon || !colon[1] || strlen(colon + 1) > 5 ||
	    colon[1 + strspn(colon + 1, "0123456789")] ||
	    strtoul(colon + 1, NULL, 10) > 65535)
		goto bad;
	l.port = (uint16_t) strtoul(colon + 1, NULL, 10);
	n = (size_t) (colon - v);
	if (n > 2 && v[0] == '[' && v[n - 1] == ']') {
		v++;
		n -= 2;
	}
	if (!n || n >= sizeof(l.host))
		goto bad;
	memcpy(l.host, v, n);
	if (inet_pton(v == kv->value ? AF_INET : AF_INET6, l.host, &to) != 1)
		goto bad;
	for (unsigned int i = 0; i < conf->npublic; i++)
		if (l.port && conf->public[i].port == l.port &&
		    !strcmp(conf->public[i].host, l.host))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "HttpListen='%.120s' is there twice",
					   kv->value);
	conf->public[conf->npublic++] = l;
	return 0;
bad:
	return ocs_kv_fail(line, err, OCS_SYNTAX,
			   "bad HttpListen='%.120s': an address in digits and a port, such as 127.0.0.1:8471, is expected",
			   kv->value);
}

/* USER[,USER] onto the N users of LIST. */
static int read_users(const struct ocs_kvline *line, const struct ocs_kv *kv,
		      struct ocs_agent_user list[OCS_AGENT_OPERATORS_MAX],
		      unsigned int *n, struct ocs_error *err)
{
	const char *p = kv->value;

	for (;;) {
		size_t len = strcspn(p, ",");
		struct ocs_agent_user *user = &list[*n];

		if (*n == OCS_AGENT_OPERATORS_MAX)
			return ocs_kv_fail(line, err, OCS_RANGE,
					   "at most %d users of %s are possible",
					   OCS_AGENT_OPERATORS_MAX, kv->key);
		if (!len || len >= sizeof(user->name))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "bad %s='%.120s': USER[,USER] is expected",
					   kv->key, kv->value);
		memcpy(user->name, p, len);
		user->name[len] = '\0';
		if (user_find(line, user->name, &user->uid, err) < 0)
			return -1;
		(*n)++;
		if (!p[len])
			return 0;
		p += len + 1;
	}
}

static int read_operators(const struct ocs_kvline *line,
			  const struct ocs_kv *kv,
			  struct ocs_agent_users *users, struct ocs_error *err)
{
	return read_users(line, kv, users->op, &users->noperators, err);
}

static int absolute(const struct ocs_kvline *line, const struct ocs_kv *kv,
		    char *buf, unsigned int size, struct ocs_error *err)
{
	if (kv->value[0] != '/')
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "bad %s='%.120s': an absolute path is expected",
				   kv->key, kv->value);
	return ocs_kv_text(line, kv, buf, size, err);
}

static int read_setting(const struct ocs_kvline *line, const struct ocs_kv *kv,
			struct reader *r, struct ocs_error *err)
{
	static const char *const drivers[] = { "sim", NULL };
	static const char *const later[] = { "static", "tapi", "exec", NULL };
	struct ocs_agent_conf *conf = r->conf;
	int i = ocs_kv_known(line, kv->key, settings, err);
	unsigned int word;
	uint64_t ms;
	uid_t uid;

	if (i < 0)
		return -1;
	if (i != S_LISTEN && i != S_OPERATOR && i != S_MEASURER &&
	    i != S_HTTPLISTEN &&
	    (r->seen & (1U << i)))
		return ocs_kv_fail(line, err, OCS_CONFLICT, "%s is there twice",
				   settings[i]);
	if (i <= S_LAST)
		r->seen |= 1U << i;
	switch (i) {
	case S_LISTEN:
		return read_listen(line, kv, r, err);
	case S_HTTPLISTEN:
		return read_public(line, kv, conf, err);
	case S_LEDGER:
		return absolute(line, kv, conf->ledger, sizeof(conf->ledger),
				err);
	case S_OPERATOR:
		return read_operators(line, kv, &conf->users, err);
	case S_MEASURER:
		return read_users(line, kv, conf->users.measurer,
				  &conf->users.nmeasurers, err);
	case S_DRIVER:
		for (word = 0; later[word]; word++)
			if (!strcasecmp(kv->value, later[word]))
				return ocs_kv_fail(line, err, OCS_UNSUPPORTED,
						   "Driver=%s is not supported by this version",
						   later[word]);
		if (ocs_kv_word(line, kv, drivers, &word, err) < 0)
			return -1;
		conf->driver_sim = true;
		return 0;
	case S_SIMSETUP:
		return ocs_kv_ms(line, kv, 0, 3600000, &conf->sim_setup_ms,
				 err);
	case S_SIMRELEASE:
		return ocs_kv_ms(line, kv, 0, 3600000, &conf->sim_release_ms,
				 err);
	case S_HOLDTTL:
		return ocs_kv_ms(line, kv, 100, 3600000, &conf->hold_ttl_ms,
				 err);
	case S_GRACE:
		if (ocs_kv_ms(line, kv, 0, 86400000, &ms, err) < 0)
			return -1;
		conf->grace_s = (uint32_t) (ms / 1000);
		return 0;
	case S_KEEP:
		if (ocs_kv_ms(line, kv, 0, UINT64_C(315360000000), &ms,
			      err) < 0)
			return -1;
		conf->keep_finished_s = (int64_t) (ms / 1000);
		return 0;
	case S_OVERDUE:
		if (ocs_kv_ms(line, kv, 1000, UINT64_C(2592000000), &ms,
			      err) < 0)
			return -1;
		conf->overdue_max_s = (int64_t) (ms / 1000);
		return 0;
	case S_MUNGE:
		return absolute(line, kv, conf->munge_socket,
				sizeof(conf->munge_socket), err);
	case S_TLS + OCS_TLS_CERT:
	case S_TLS + OCS_TLS_KEY:
	case S_TLS + OCS_TLS_CLIENT_CA:
	case S_TLS + OCS_TLS_CRL:
		note_where(line, conf->tls.where[i - S_TLS]);
		return absolute(line, kv, conf->tls.file[i - S_TLS],
				sizeof(conf->tls.file[0]), err);
	case S_RUNAS:
		if (ocs_kv_text(line, kv, conf->run_as, sizeof(conf->run_as),
				err) < 0)
			return -1;
		return user_find(line, conf->run_as, &uid, err);
	}
	return ocs_kv_fail(line, err, OCS_SYNTAX,
			   "%s= begins a line of its own", settings[i]);
}

/* CERTIFICATE of who else is in USERS already. */
static int certificate_new(const struct ocs_kvline *line,
			   const struct ocs_agent_users *users,
			   const char *certificate, struct ocs_error *err)
{
	bool twice = false;

	for (unsigned int i = 0; i < users->nclusters; i++)
		twice |= !strcmp(users->cluster[i].certificate, certificate);
	for (unsigned int i = 0; i < users->noperators; i++)
		twice |= !strcmp(users->op[i].certificate, certificate);
	return !twice ? 0 :
		ocs_kv_fail(line, err, OCS_CONFLICT,
			    "Certificate=%.200s is there twice: it can be one cluster or operator only",
			    certificate);
}

static int read_cluster(const struct ocs_kvline *line, struct reader *r,
			struct ocs_error *err)
{
	static const char *const keys[] = {
		"Cluster", "User", "Certificate", NULL
	};
	struct ocs_agent_users *users = &r->conf->users;
	struct ocs_agent_user u = { .uid = (uid_t) -1 };

	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int k = ocs_kv_known(line, kv->key, keys, err);

		if (k < 0)
			return -1;
		if (k == 0 && ocs_kv_name(line, kv, u.cluster,
					  sizeof(u.cluster), err) < 0)
			return -1;
		if (k == 1 && (ocs_kv_text(line, kv, u.name, sizeof(u.name),
					   err) < 0 ||
			       user_find(line, u.name, &u.uid, err) < 0))
			return -1;
		if (k == 2 && (ocs_kv_text(line, kv, u.certificate,
					   sizeof(u.certificate), err) < 0 ||
			       certificate_new(line, users, u.certificate,
					       err) < 0))
			return -1;
	}
	if (!u.name[0] && !u.certificate[0])
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "Cluster=%s lacks User= or Certificate= (example: Cluster=%s User=slurm)",
				   u.cluster, u.cluster);
	if (u.certificate[0])
		note_where(line, r->bound);
	if (ocs_agent_users_has(users, u.cluster))
		return ocs_kv_fail(line, err, OCS_CONFLICT,
				   "Cluster=%s is there twice", u.cluster);
	if (users->nclusters == OCS_PING_CLUSTERS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d clusters are possible",
				   OCS_PING_CLUSTERS_MAX);
	users->cluster[users->nclusters++] = u;
	return 0;
}

/* Operator=USER Certificate=NAME, a line of its own. */
static int read_certified_operator(const struct ocs_kvline *line,
				   struct reader *r, struct ocs_error *err)
{
	static const char *const keys[] = { "Operator", "Certificate", NULL };
	struct ocs_agent_users *users = &r->conf->users;
	unsigned int n = users->noperators;
	char certificate[OCS_CERT_NAME_MAX] = "";

	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int k = ocs_kv_known(line, kv->key, keys, err);

		if (k < 0 ||
		    (k == 0 && read_operators(line, kv, users, err) < 0) ||
		    (k == 1 && (ocs_kv_text(line, kv, certificate,
					    sizeof(certificate), err) < 0 ||
				certificate_new(line, users, certificate,
						err) < 0)))
			return -1;
	}
	if (users->noperators != n + 1)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "a Certificate= is for one operator: Operator=USER Certificate=NAME is expected");
	strcpy(users->op[n].certificate, certificate);
	note_where(line, r->bound);
	return 0;
}

static int read_site(const struct ocs_kvline *line, struct ocs_net *net,
		     struct ocs_error *err)
{
	static const char *const keys[] = { "SiteName", NULL };
	struct ocs_site *grown, site = { 0 };

	for (unsigned int i = 0; i < line->nkv; i++)
		if (ocs_kv_known(line, line->kv[i].key, keys, err) < 0 ||
		    ocs_kv_name(line, &line->kv[i], site.name,
				sizeof(site.name), err) < 0)
			return -1;
	for (unsigned int i = 0; i < net->nsites; i++)
		if (!strcmp(net->site[i].name, site.name))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "SiteName=%s is there twice",
					   site.name);
	if (net->nsites == OCS_WIRE_SITES_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d sites are possible",
				   OCS_WIRE_SITES_MAX);
	if (!(grown = realloc(net->site, (net->nsites + 1) * sizeof(*grown))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	net->site = grown;
	net->site[net->nsites++] = site;
	return 0;
}

/* Kilometres with up to three decimals as metres. */
static int read_km(const struct ocs_kvline *line, const struct ocs_kv *kv,
		   uint64_t *metres, struct ocs_error *err)
{
	const char *p = kv->value;
	uint64_t m = 0;
	unsigned int places = 0, n = 0;
	bool dot = false;

	for (; *p; p++) {
		if (*p == '.' && !dot && n) {
			dot = true;
			continue;
		}
		if (*p < '0' || *p > '9' || (dot && ++places > 3) || ++n > 9)
			break;
		m = m * 10 + (uint64_t) (*p - '0');
	}
	if (*p || !n || (dot && !places))
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "bad Km='%.40s': kilometres of fibre are expected (example: 460)",
				   kv->value);
	for (; places < 3; places++)
		m *= 10;
	if (m > 40000000)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "bad Km='%.40s': 0 to 40000 is expected",
				   kv->value);
	*metres = m;
	return 0;
}

static int read_latency(const struct ocs_kvline *line, const struct ocs_kv *kv,
			uint64_t *us, struct ocs_error *err)
{
	struct ocs_error why;
	uint64_t v;

	if (ocs_time_parse(kv->value, &v, &why) < 0)
		return ocs_kv_fail(line, err, why.code,
				   "bad Latency='%.40s': a time such as 2274us is expected",
				   kv->value);
	if (!v || v > OCS_LATENCY_MAX_US)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "bad Latency='%.40s': one way is 1us to 10s",
				   kv->value);
	*us = v;
	return 0;
}

static int link_finish(const struct ocs_kvline *line, struct reader *r,
		       struct raw_link *raw, uint64_t wavelengths,
		       uint64_t rate_bps, bool client, bool have_latency,
		       struct ocs_error *err)
{
	struct ocs_link *link = &raw->link;
	struct raw_link *grown;
	const char *lacks = !raw->a[0] ? "A=SITE" : !raw->z[0] ? "Z=SITE" :
		!wavelengths ? "Wavelengths=N" : !rate_bps ? "Rate=RATE" :
		!have_latency ? "Km=N or Latency=TIME" : NULL;

	if (lacks)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "LinkName=%s lacks %s (example: LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=8 Rate=400G)",
				   link->name, lacks);
	for (unsigned int i = 0; i < r->nraw; i++)
		if (!strcmp(r->raw[i].link.name, link->name))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "LinkName=%s is there twice",
					   link->name);
	if (!strcmp(raw->a, raw->z))
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "LinkName=%s joins site %s with itself",
				   link->name, raw->a);
	if (wavelengths > OCS_RATE_MAX_BPS / rate_bps)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "LinkName=%s has more than 100T", link->name);
	if (r->nraw == OCS_WIRE_LINKS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d links are possible",
				   OCS_WIRE_LINKS_MAX);
	link->capacity_bps = wavelengths * rate_bps;
	link->granule_bps = client ? UINT64_C(1000000000) : rate_bps;
	if (link->capacity_bps % link->granule_bps)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "LinkName=%s: with Granularity=client the capacity is whole Gb/s",
				   link->name);
	snprintf(raw->where, sizeof(raw->where), "%s:%u", line->file,
		 line->line);
	if (!(grown = realloc(r->raw, (r->nraw + 1) * sizeof(*grown))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	r->raw = grown;
	r->raw[r->nraw++] = *raw;
	return 0;
}

static int read_link(const struct ocs_kvline *line, struct reader *r,
		     struct ocs_error *err)
{
	static const char *const keys[] = {
		"LinkName", "A", "Z", "Km", "Latency", "Wavelengths", "Rate",
		"Granularity", "Drain", NULL
	};
	static const char *const grains[] = { "wavelength", "client", NULL };
	struct raw_link raw = { 0 };
	uint64_t wavelengths = 0, rate = 0, metres = 0;
	bool km = false, latency = false;
	unsigned int grain = 0;

	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int rc = -1;

		switch (ocs_kv_known(line, kv->key, keys, err)) {
		case 0:
			rc = ocs_kv_name(line, kv, raw.link.name,
					 OCS_NAME_MAX, err);
			break;
		case 1:
			rc = ocs_kv_name(line, kv, raw.a, OCS_NAME_MAX, err);
			break;
		case 2:
			rc = ocs_kv_name(line, kv, raw.z, OCS_NAME_MAX, err);
			break;
		case 3:
			km = true;
			rc = read_km(line, kv, &metres, err);
			break;
		case 4:
			latency = true;
			rc = read_latency(line, kv, &raw.link.latency_us, err);
			break;
		case 5:
			rc = ocs_kv_uint(line, kv, 1, 1000, &wavelengths, err);
			break;
		case 6:
			rc = ocs_kv_rate(line, kv, &rate, err);
			break;
		case 7:
			rc = ocs_kv_word(line, kv, grains, &grain, err);
			break;
		case 8:
			rc = ocs_kv_bool(line, kv, &raw.link.drained, err);
			break;
		}
		if (rc < 0)
			return -1;
	}
	if (km && latency)
		return ocs_kv_fail(line, err, OCS_CONFLICT,
				   "LinkName=%s has Km and Latency: one of them is expected",
				   raw.link.name);
	raw.link.fibre_us = metres * OCS_FIBRE_NS_PER_KM / 1000000;
	if (km)
		raw.link.latency_us = (metres * OCS_FIBRE_NS_PER_KM / 1000 +
				       2 * OCS_TRANSPONDER_NS + 999) / 1000;
	return link_finish(line, r, &raw, wavelengths, rate, grain == 1,
			   km || latency, err);
}

static int read_line(const struct ocs_kvline *line, void *arg,
		     struct ocs_error *err)
{
	struct reader *r = arg;

	if (refuse_unsupported(line, err) < 0)
		return -1;
	if (ocs_kv_get(line, "LinkName"))
		return read_link(line, r, err);
	if (ocs_kv_get(line, "SiteName"))
		return read_site(line, &r->conf->net, err);
	if (ocs_kv_get(line, "Cluster"))
		return read_cluster(line, r, err);
	if (ocs_kv_get(line, "Operator") && ocs_kv_get(line, "Certificate"))
		return read_certified_operator(line, r, err);
	for (unsigned int i = 0; i < line->nkv; i++)
		if (read_setting(line, &line->kv[i], r, err) < 0)
			return -1;
	return 0;
}

static int links_resolve(struct reader *r, struct ocs_error *err)
{
	struct ocs_net *net = &r->conf->net;

	if (!r->nraw)
		return 0;
	if (!(net->link = calloc(r->nraw, sizeof(*net->link))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < r->nraw; i++) {
		int a = ocs_net_site(net, r->raw[i].a);
		int z = ocs_net_site(net, r->raw[i].z);

		if (a < 0 || z < 0)
			return ocs_fail(err, OCS_NOT_FOUND,
					"%s: LinkName=%s names site '%s', which no SiteName= line has",
					r->raw[i].where, r->raw[i].link.name,
					a < 0 ? r->raw[i].a : r->raw[i].z);
		net->link[i] = r->raw[i].link;
		net->link[i].a = (unsigned int) a;
		net->link[i].z = (unsigned int) z;
		net->nlinks = i + 1;
	}
	return 0;
}

const char *ocs_tls_file_key(enum ocs_tls_file file)
{
	return settings[S_TLS + file];
}

/* What needs what of TLS. */
static int tls_complete(const struct reader *r, struct ocs_error *err)
{
	const struct ocs_agent_tls *tls = &r->conf->tls;
	const char *where = NULL, *text = NULL;

	if (tls->file[OCS_TLS_CERT][0] && !tls->file[OCS_TLS_KEY][0]) {
		where = tls->where[OCS_TLS_CERT];
		text = "TlsCert= needs TlsKey=, a file of mode 0600";
	} else if (tls->file[OCS_TLS_KEY][0] && !tls->file[OCS_TLS_CERT][0]) {
		where = tls->where[OCS_TLS_KEY];
		text = "TlsKey= needs TlsCert=";
	} else if (tls->file[OCS_TLS_CLIENT_CA][0] &&
		   !tls->file[OCS_TLS_CERT][0]) {
		where = tls->where[OCS_TLS_CLIENT_CA];
		text = "TlsClientCA= needs TlsCert= and TlsKey=";
	} else if (tls->file[OCS_TLS_CRL][0] &&
		   !tls->file[OCS_TLS_CLIENT_CA][0]) {
		where = tls->where[OCS_TLS_CRL];
		text = "TlsCRL= needs TlsClientCA=";
	} else if (r->beyond[0] && !tls->file[OCS_TLS_CERT][0]) {
		where = r->beyond;
		text = "TCP beyond loopback is possible with TLS only: TlsCert= and TlsKey= are needed";
	} else if (r->bound[0] && !tls->file[OCS_TLS_CLIENT_CA][0]) {
		where = r->bound;
		text = "Certificate= needs TlsClientCA=, the authority that signs clients' certificates";
	}
	return where ? ocs_fail(err, OCS_SYNTAX, "%s: %s", where, text) : 0;
}

static int conf_complete(const char *path, const struct reader *r,
			 struct ocs_error *err)
{
	const struct ocs_agent_conf *conf = r->conf;
	const char *lacks = !conf->nlisten ?
		"Listen= (example: Listen=unix:/run/opticald/opticald.sock)" :
		!conf->ledger[0] ?
		"Ledger= (example: Ledger=/var/lib/opticald/ledger.db)" :
		!conf->driver_sim ?
		"Driver= (example: Driver=sim)" :
		!conf->users.nclusters ?
		"Cluster= (example: Cluster=alpha User=slurm)" :
		!conf->net.nsites ?
		"SiteName= (example: SiteName=paris)" : NULL;

	if (lacks)
		return ocs_fail(err, OCS_SYNTAX, "%s: there is no %s", path,
				lacks);
	return tls_complete(r, err);
}

bool ocs_agent_users_has(const struct ocs_agent_users *users,
			 const char *cluster)
{
	for (unsigned int i = 0; i < users->nclusters; i++)
		if (!strcmp(users->cluster[i].cluster, cluster))
			return true;
	return false;
}

struct ocs_agent_conf *ocs_agent_conf_read(const char *path,
					   struct ocs_error *err)
{
	struct reader r = { 0 };
	struct ocs_agent_conf *conf = NULL;

	if (!(r.conf = calloc(1, sizeof(*r.conf)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	r.conf->sim_setup_ms = 3000;
	r.conf->sim_release_ms = 1000;
	r.conf->hold_ttl_ms = OCS_HOLD_TTL_S * 1000;
	r.conf->keep_finished_s = OCS_KEEP_FINISHED_S;
	r.conf->grace_s = OCS_GRACE_S;
	r.conf->overdue_max_s = OCS_OVERDUE_MAX_S;
	if (ocs_kvfile_read(path, read_line, &r, err) < 0 ||
	    links_resolve(&r, err) < 0 || conf_complete(path, &r, err) < 0)
		goto out;
	conf = r.conf;
	r.conf = NULL;
out:
	ocs_agent_conf_destroy(r.conf);
	free(r.raw);
	return conf;
}

void ocs_agent_conf_destroy(struct ocs_agent_conf *conf)
{
	if (!conf)
		return;
	ocs_net_fini(&conf->net);
	free(conf);
}
