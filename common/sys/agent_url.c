// SPDX-License-Identifier: GPL-2.0-or-later
/* agent_url - AgentURL= of optical.conf and --agent of the tool */
#include "common/sys/agent_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static int bad(const char *text, struct ocs_error *err, enum ocs_code code,
	       const char *why)
{
	return ocs_fail(err, code,
			"bad agent URL '%.200s': %s (example: unix:/run/opticald/opticald.sock, http://127.0.0.1:8470 or https://agent.example:8470)",
			text, why);
}

static int parse_unix(const char *text, const char *path,
		      struct ocs_agent_url *url, struct ocs_error *err)
{
	if (*path != '/')
		return bad(text, err, OCS_SYNTAX,
			   "a socket's path begins with '/'");
	if (strlen(path) >= sizeof(url->path))
		return bad(text, err, OCS_RANGE,
			   "a socket's path has at most 107 bytes");
	memset(url, 0, sizeof(*url));
	strcpy(url->path, path);
	return 0;
}

static bool loopback(const char *host, bool six)
{
	struct in_addr v4;

	if (six)
		return !strcmp(host, "::1");
	return inet_pton(AF_INET, host, &v4) == 1 &&
	       ntohl(v4.s_addr) >> 24 == 127;
}

/* What certificates can be for: an address or a name. */
static bool host_ok(const char *host, bool six)
{
	struct in6_addr v6;

	if (six)
		return inet_pton(AF_INET6, host, &v6) == 1;
	return *host && *host != '-' && *host != '.' &&
	       !host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")];
}

/* AUTHORITY is what follows http:// or https:// */
static int parse_http(const char *text, const char *authority, bool tls,
		      struct ocs_agent_url *url, struct ocs_error *err)
{
	bool six = *authority == '[';
	const char *start = authority + six, *end, *port;
	char host[sizeof(url->host)];
	unsigned long n = 0;
	size_t len;
	char *rest;

	end = strchr(start, six ? ']' : ':');
	port = end ? end + six : NULL;
	if (!port || *port != ':' || port[1] < '0' || port[1] > '9')
		return bad(text, err, OCS_SYNTAX, "host and port are needed");
	n = strtoul(port + 1, &rest, 10);
	if (*rest && strcmp(rest, "/"))
		return bad(text, err, OCS_SYNTAX,
			   "nothing may follow the port");
	if (n < 1 || n > 65535)
		return bad(text, err, OCS_RANGE, "ports are 1 to 65535");
	len = (size_t) (end - start);
	if (len < sizeof(host)) {
		memcpy(host, start, len);
		host[len] = '\0';
	}
	if (tls && (len >= sizeof(host) || !host_ok(host, six)))
		return bad(text, err, OCS_SYNTAX,
			   "the host is an address or a name");
	if (!tls && (len >= sizeof(host) || !loopback(host, six)))
		return bad(text, err, OCS_UNSUPPORTED,
			   "without TLS only loopback addresses are possible");
	memset(url, 0, sizeof(*url));
	strcpy(url->host, host);
	url->port = (unsigned int) n;
	url->tls = tls;
	return 0;
}

int ocs_agent_url_parse(const char *text, struct ocs_agent_url *url,
			struct ocs_error *err)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char) *p <= ' ' || *p == 0x7f)
			return bad(text, err, OCS_SYNTAX,
				   "no blanks are possible");
	if (!strncasecmp(text, "unix:", 5))
		return parse_unix(text, text + 5, url, err);
	if (!strncasecmp(text, "http://", 7))
		return parse_http(text, text + 7, false, url, err);
	if (!strncasecmp(text, "https://", 8))
		return parse_http(text, text + 8, true, url, err);
	return bad(text, err, OCS_SYNTAX,
		   "unix:, http: or https: is expected");
}

bool ocs_agent_at_same(const struct ocs_agent_at *x,
		       const struct ocs_agent_at *y)
{
	return !strcmp(x->url, y->url) &&
	       !strcmp(x->munge_socket, y->munge_socket) &&
	       !strcmp(x->ca, y->ca) && !strcmp(x->cert, y->cert) &&
	       !strcmp(x->key, y->key);
}

static int check_file(const char *key, const char *path, bool secret,
		      struct ocs_error *err)
{
	struct stat st;

	if (!*path)
		return 0;
	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		return ocs_fail(err, errno == ENOENT ? OCS_NOT_FOUND :
				errno == EACCES ? OCS_DENIED : OCS_IO,
				"%s=%s: %s", key, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return ocs_fail(err, OCS_IO, "%s=%s: it is no regular file",
				key, path);
	if (secret && st.st_mode & 077)
		return ocs_fail(err, OCS_DENIED,
				"%s=%s: others may read it (mode %04o): a key needs mode 0600",
				key, path, (unsigned int) st.st_mode & 07777);
	return 0;
}

int ocs_agent_at_check(const struct ocs_agent_at *at, struct ocs_error *err)
{
	if (check_file("AgentCA", at->ca, false, err) < 0 ||
	    check_file("AgentCert", at->cert, false, err) < 0 ||
	    check_file("AgentKey", at->key, true, err) < 0)
		return -1;
	return 0;
}
