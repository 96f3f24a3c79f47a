// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * talk - the way to the agent, and what its refusals are to a shell
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "common/net/client.h"
#include "common/sys/conf_optical.h"

/* Shortest beginning of a lease id that is taken. */
#define PREFIX_MIN 4

char *ctl_slurm_conf(const struct ctl *ctl, char *buf, size_t size)
{
	const char *env = getenv("SLURM_CONF");

	if (ctl->slurm_conf)
		snprintf(buf, size, "%s", ctl->slurm_conf);
	else if (env && *env)
		snprintf(buf, size, "%s", env);
	else
		snprintf(buf, size, "%s", CTL_SLURM_CONF_DEFAULT);
	return buf;
}

char *ctl_optical_conf(const struct ctl *ctl, char *buf, size_t size)
{
	static const char name[] = "optical.conf";
	char *slash;

	if (ctl->conf) {
		snprintf(buf, size, "%s", ctl->conf);
		return buf;
	}
	ctl_slurm_conf(ctl, buf, size);
	slash = strrchr(buf, '/');
	if (slash && (size_t) (slash + 1 - buf) + sizeof(name) <= size)
		strcpy(slash + 1, name);
	else
		snprintf(buf, size, "%s", name);
	return buf;
}

/* VALUE, an option's, or what $NAME says; NULL: neither. */
static const char *told(const char *value, const char *name)
{
	const char *env = getenv(name);

	return value ? value : env && *env ? env : NULL;
}

static int put(char to[static 256], const char *from, const char *what,
	       struct ocs_error *err)
{
	if (from && strlen(from) > 255)
		return ocs_fail(err, OCS_SYNTAX, "%s is too long", what);
	if (from)
		strcpy(to, from);
	return 0;
}

/*
 * The files for TLS: as told, else optical.conf's. The key of slurmctld that
 * it names is not everybody's to read: those come without, by munge.
 */
static int tls_files(const struct ctl *ctl, struct ocs_agent_at *at,
		     struct ocs_error *err)
{
	const char *cert = told(ctl->cert, "OPTICALD_CERT");
	const char *key = told(ctl->key, "OPTICALD_KEY");

	if (put(at->ca, told(ctl->ca, "OPTICALD_CA"), "--ca", err) < 0)
		return -1;
	if (!cert != !key)
		return ocs_fail(err, OCS_SYNTAX,
				"--cert and --key need each other");
	if (!cert && *at->key && access(at->key, R_OK) < 0 && errno == EACCES)
		cert = key = "";
	return put(at->cert, cert, "--cert", err) < 0 ||
	       put(at->key, key, "--key", err) < 0 ? -1 : 0;
}

/*
 * --url, $OPTICALD_URL, AgentURL of optical.conf, the default. The munge
 * socket is optical.conf's to say in any case.
 */
static int connect_agent(struct ctl *ctl, struct ocs_error *err)
{
	const char *url = told(ctl->url, "OPTICALD_URL");
	struct ocs_agent_at at = { 0 };
	char path[4096];
	struct ocs_conf *conf;

	ctl_optical_conf(ctl, path, sizeof(path));
	conf = ocs_conf_read(path, err);
	if (!conf && !url && !ctl->conf && access(path, R_OK) == 0)
		fprintf(stderr, "opticalctl: %s\n", err->text);
	if (!conf && !url && ctl->conf)
		return -1;
	if (conf)
		at = conf->agent;
	ocs_conf_destroy(conf);
	if (!url)
		url = *at.url ? at.url : OCS_AGENT_URL;
	snprintf(ctl->where, sizeof(ctl->where), "%s", url);
	if ((url != at.url && put(at.url, url, "the URL", err) < 0) ||
	    tls_files(ctl, &at, err) < 0 ||
	    !(ctl->client = ocs_client_create(&at, err)))
		return -1;
	return 0;
}

int ctl_request(struct ctl *ctl, const char *method, const char *path,
		const char *body, struct reply *reply, struct ocs_error *err)
{
	memset(reply, 0, sizeof(*reply));
	if (!ctl->client && connect_agent(ctl, err) < 0)
		return -1;
	return ocs_client_request(ctl->client, method, path, body,
				  CTL_TIMEOUT_MS, NULL, &reply->text,
				  &reply->len, err);
}

void ctl_close(struct ctl *ctl)
{
	ocs_client_destroy(ctl->client);
	ctl->client = NULL;
}

void reply_fini(struct reply *reply)
{
	free(reply->text);
	memset(reply, 0, sizeof(*reply));
}

static enum ctl_exit exit_code(enum ocs_code code)
{
	switch (code) {
	case OCS_OK:
		return CTL_OK;
	case OCS_IO:
	case OCS_TIMEOUT:
		return CTL_UNREACHABLE;
	case OCS_UNAUTH:
	case OCS_DENIED:
		return CTL_DENIED;
	default:
		return CTL_REFUSED;
	}
}

/* True if URL names a Unix socket that is not there. */
static bool no_socket(const char *url)
{
	return !strncmp(url, "unix:", 5) && access(url + 5, F_OK) < 0 &&
	       errno == ENOENT;
}

int ctl_fail(const struct ctl *ctl, const struct ocs_error *err)
{
	enum ctl_exit rc = exit_code(err->code);

	/* only a wrong URL leaves us without a client */
	if (!ctl->client && (err->code == OCS_SYNTAX ||
			     err->code == OCS_UNSUPPORTED))
		rc = CTL_USAGE;
	if (rc == CTL_UNREACHABLE && no_socket(ctl->where))
		fprintf(stderr, "opticalctl: no answer from the agent: there is no socket %s; is opticald running, and is this its host?\n",
			ctl->where);
	else if (rc == CTL_UNREACHABLE)
		fprintf(stderr, "opticalctl: no answer from the agent at %s: %s\n",
			ctl->where, err->text);
	else if (*err->reason)
		fprintf(stderr, "opticalctl: %s [%s]\n", err->text,
			err->reason);
	else
		fprintf(stderr, "opticalctl: %s\n", err->text);
	return rc;
}

int ctl_print_json(const struct reply *reply)
{
	fwrite(reply->text, 1, reply->len, stdout);
	if (!reply->len || reply->text[reply->len - 1] != '\n')
		putchar('\n');
	return CTL_OK;
}

int ctl_print_table(const struct ctl *ctl, struct table *t)
{
	int rc = -1;

	if (t)
		rc = table_print(t, stdout,
				 (ctl->noheader ? 0 : TABLE_HEADER) |
				 (ctl->parsable ? TABLE_PARSABLE : 0) |
				 (ctl->color ? TABLE_COLOR : 0));
	table_destroy(t);
	if (rc < 0) {
		fputs("opticalctl: out of memory\n", stderr);
		return CTL_REFUSED;
	}
	return CTL_OK;
}

bool ctl_plain(const char *text)
{
	size_t n = strlen(text);

	if (!n || n >= OCS_NAME_MAX)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char) *text) && !strchr("._-", *text))
			return false;
	return true;
}

const char *ctl_user(const struct ocs_lease *lease,
		     char buf[static CTL_USER_MAX])
{
	struct passwd *pw;

	if (*lease->user)
		return lease->user;
	pw = getpwuid(lease->user_id);
	if (pw)
		snprintf(buf, CTL_USER_MAX, "%s", pw->pw_name);
	else
		snprintf(buf, CTL_USER_MAX, "%" PRIu32, lease->user_id);
	return buf;
}

void ctl_leases_destroy(struct ocs_lease **lease, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		ocs_lease_destroy(lease[i]);
	free(lease);
}

/* Look for the one lease whose id begins with TEXT. */
static int find_prefix(struct ctl *ctl, const char *text,
		       char id_out[static OCS_LEASE_ID_MAX],
		       struct ocs_error *err)
{
	struct ocs_lease **lease = NULL;
	struct reply reply;
	unsigned int n, found = 0;
	int rc;

	if (ctl_request(ctl, "GET", "/v1/leases?all=1", NULL, &reply, err) < 0)
		return -1;
	rc = ocs_wire_decode_leases(reply.text, reply.len, &lease, &n, err);
	reply_fini(&reply);
	if (rc < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (!strncmp(lease[i]->id, text, strlen(text)) && !found++)
			memcpy(id_out, lease[i]->id, OCS_LEASE_ID_MAX);
	ctl_leases_destroy(lease, n);
	if (!found)
		return ocs_fail(err, OCS_NOT_FOUND,
				"no lease whose id begins with '%s'", text);
	if (found > 1)
		return ocs_fail(err, OCS_CONFLICT,
				"%u leases have ids that begin with '%s': give more digits",
				found, text);
	return 0;
}

int ctl_lease_id(struct ctl *ctl, const char *text,
		 char id_out[static OCS_LEASE_ID_MAX], struct ocs_error *err)
{
	size_t len = strlen(text);

	if (ocs_lease_id_ok(text)) {
		memcpy(id_out, text, OCS_LEASE_ID_MAX);
		return 0;
	}
	if (len < PREFIX_MIN || len >= OCS_LEASE_ID_MAX ||
	    strspn(text, "0123456789abcdef") != len)
		return ocs_fail(err, OCS_SYNTAX,
				"'%s' is no lease id: %d to 32 of 0-9a-f are (see opticalctl leases)",
				text, PREFIX_MIN);
	return find_prefix(ctl, text, id_out, err);
}
