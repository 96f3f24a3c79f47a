// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf - opticald.conf: read once at start, its users again at SIGHUP
 *
 * A line is of the network (conf_net.c), a cluster (Cluster=) or settings.
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

#include "agent/conf_net.h"
#include "common/core/defaults.h"
#include "common/core/units.h"
#include "common/sys/kvfile.h"

struct reader {
	struct ocs_agent_conf *conf;
	struct ocs_conf_net cn;
	uint64_t seen;		/* bits of enum setting */
	char beyond[300];	/* FILE:LINE of a Listen= beyond loopback */
	char bound[300];	/* FILE:LINE of a Certificate= */
	char attach_user[300];	/* FILE:LINE of AttachUser= */
};

enum setting {
	S_LISTEN, S_LEDGER, S_OPERATOR, S_DRIVERTIMEOUT, S_HOLDTTL, S_MUNGE,
	S_RUNAS, S_GRACE, S_OVERDUE, S_KEEP, S_MEASUREAGE, S_HTTPLISTEN,
	S_MEASURER, S_WAVELENGTHHOLD, S_ATTACHUSER, S_ATTACHPARALLEL,
	S_TLS,			/* and on, by enum ocs_tls_file */
	S_LAST = S_TLS + OCS_TLS_NFILES - 1
};
static const char *const settings[] = {
	"Listen", "Ledger", "Operator", "DriverTimeout", "HoldTTL",
	"MungeSocket", "RunAs", "Grace", "OverdueMax", "KeepFinished",
	"MeasureMaxAge", "HttpListen", "Measurer",
	"WavelengthHold", "AttachUser", "AttachParallel", "TlsCert",
	"TlsKey", "TlsClientCA",
	"TlsCRL",
	/* heads of other kinds of lines, for a better "did you mean" */
	"SiteName", "EndpointName", "PortName", "LinkName", "Cluster",
	"DomainName",
	/* of ocs_driver_keys, too */
	"Driver", "SimRealism", "SimSetupTime", "SimReleaseTime", "SimSeed",
	"SimSpeed", "SimTransponders", "DownFile", "Program", NULL
};
/* Keys of the whole design that this version can't honour. */
static const char *const unsupported[] = {
	"MaxAutoRemove", NULL
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

/* Index in settings, or -1 with ERR set. */
static int known_setting(const struct ocs_kvline *line, const char *key,
			 struct ocs_error *err)
{
	const char *known[64];
	unsigned int n = 0;

	for (unsigned int i = 0; settings[i]; i++)
		known[n++] = settings[i];
	for (unsigned int i = 0; ocs_rules_keys[i]; i++)
		known[n++] = ocs_rules_keys[i];	/* read before; to suggest */
	known[n] = NULL;
	return ocs_kv_known(line, key, known, err);
}

static int read_setting(const struct ocs_kvline *line, const struct ocs_kv *kv,
			struct reader *r, struct ocs_error *err)
{
	struct ocs_agent_conf *conf = r->conf;
	int i = ocs_rules_read(line, kv, false, &conf->rules, err);
	uint64_t ms;
	uid_t uid;

	if (i)
		return i < 0 ? -1 : 0;
	if ((i = known_setting(line, kv->key, err)) < 0)
		return -1;
	if (i != S_LISTEN && i != S_OPERATOR && i != S_MEASURER &&
	    i != S_HTTPLISTEN &&
	    (r->seen & (UINT64_C(1) << i)))
		return ocs_kv_fail(line, err, OCS_CONFLICT, "%s is there twice",
				   settings[i]);
	r->seen |= UINT64_C(1) << i;
	for (unsigned int k = 0; ocs_driver_keys[k]; k++)
		if (!strcmp(settings[i], ocs_driver_keys[k]))
			return ocs_driver_conf_key(line, kv, k,
						   &conf->drivers.driver[0],
						   err);
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
	case S_DRIVERTIMEOUT:
		return ocs_kv_ms(line, kv, 1000, 86400000,
				 &conf->driver_timeout_ms, err);
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
	case S_MEASUREAGE:
		if (ocs_kv_ms(line, kv, 1000, OCS_VALID_MAX_S * 1000ULL, &ms,
			      err) < 0)
			return -1;
		conf->measure_max_age_s = (uint32_t) (ms / 1000);
		return 0;
	case S_OVERDUE:
		if (ocs_kv_ms(line, kv, 1000, UINT64_C(2592000000), &ms,
			      err) < 0)
			return -1;
		conf->overdue_max_s = (int64_t) (ms / 1000);
		return 0;
	case S_WAVELENGTHHOLD:
		if (ocs_kv_ms(line, kv, 0, 86400000, &ms, err) < 0)
			return -1;
		conf->wavelength_hold_s = (uint32_t) (ms / 1000);
		return 0;
	case S_ATTACHUSER:
		if (ocs_kv_text(line, kv, conf->attach_user,
				sizeof(conf->attach_user), err) < 0)
			return -1;
		note_where(line, r->attach_user);
		return user_find(line, conf->attach_user, &uid, err);
	case S_ATTACHPARALLEL:
		if (ocs_kv_uint(line, kv, 1, 64, &ms, err) < 0)
			return -1;
		conf->attach_parallel = (unsigned int) ms;
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

static int read_line(const struct ocs_kvline *line, void *arg,
		     struct ocs_error *err)
{
	struct reader *r = arg;
	int rc;

	if (refuse_unsupported(line, err) < 0)
		return -1;
	if ((rc = ocs_conf_net_line(&r->cn, line, err)))
		return rc < 0 ? -1 : 0;
	if (ocs_kv_get(line, "DomainName"))
		return ocs_driver_conf_domain(line, &r->conf->drivers, err);
	if (ocs_kv_get(line, "Cluster"))
		return read_cluster(line, r, err);
	if (ocs_kv_get(line, "Operator") && ocs_kv_get(line, "Certificate"))
		return read_certified_operator(line, r, err);
	for (unsigned int i = 0; i < line->nkv; i++)
		if (read_setting(line, &line->kv[i], r, err) < 0)
			return -1;
	return 0;
}

const struct ocs_rules *ocs_agent_conf_rules(const struct ocs_agent_conf *conf,
					     unsigned int link)
{
	return conf->link_rules ? &conf->link_rules[link] : &conf->rules;
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
		conf->drivers.n == 1 && !conf->drivers.driver[0].kind ?
		"Driver= (example: Driver=sim)" :
		!conf->users.nclusters ?
		"Cluster= (example: Cluster=alpha User=slurm)" :
		!conf->net.nsites ?
		"SiteName= (example: SiteName=paris)" : NULL;

	if (lacks)
		return ocs_fail(err, OCS_SYNTAX, "%s: there is no %s", path,
				lacks);
	if (conf->attach_user[0] && conf->run_as[0] &&
	    strcmp(conf->attach_user, conf->run_as))
		return ocs_fail(err, OCS_CONFLICT,
				"%s: AttachUser= needs an opticald that stays root, RunAs= makes it %s",
				r->attach_user, conf->run_as);
	if (ocs_drivers_conf_complete(&conf->drivers, &conf->net, path,
				      err) < 0)
		return -1;
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
	r.conf->driver_timeout_ms = OCS_DRIVER_TIMEOUT_S * 1000;
	ocs_rules_default(&r.conf->rules);
	r.conf->attach_parallel = 4;
	r.conf->hold_ttl_ms = OCS_HOLD_TTL_S * 1000;
	r.conf->keep_finished_s = OCS_KEEP_FINISHED_S;
	r.conf->measure_max_age_s = OCS_MEASURE_MAX_AGE_S;
	r.conf->grace_s = OCS_GRACE_S;
	r.conf->wavelength_hold_s = OCS_WAVELENGTH_HOLD_S;
	r.conf->overdue_max_s = OCS_OVERDUE_MAX_S;
	if (ocs_drivers_conf_init(&r.conf->drivers) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	if (ocs_kvfile_read(path, read_line, &r, err) < 0 ||
	    ocs_conf_net_finish(&r.cn, &r.conf->rules, &r.conf->net,
				&r.conf->link_rules, err) < 0 ||
	    conf_complete(path, &r, err) < 0)
		goto out;
	r.conf->attach = r.cn.attach;
	memset(&r.cn.attach, 0, sizeof(r.cn.attach));
	conf = r.conf;
	r.conf = NULL;
out:
	ocs_agent_conf_destroy(r.conf);
	ocs_conf_net_fini(&r.cn);
	return conf;
}

void ocs_agent_conf_destroy(struct ocs_agent_conf *conf)
{
	if (!conf)
		return;
	ocs_attach_sites_fini(&conf->attach);
	ocs_net_fini(&conf->net);
	ocs_drivers_conf_fini(&conf->drivers);
	free(conf->link_rules);
	free(conf);
}
