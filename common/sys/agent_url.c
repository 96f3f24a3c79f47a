// SPDX-License-Identifier: GPL-2.0-or-later
/* agent_url - AgentURL= of optical.conf and --agent of the tool */
#include "common/sys/agent_url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int bad(const char *text, struct ocs_error *err, enum ocs_code code,
	       const char *why)
{
	return ocs_fail(err, code,
			"bad agent URL '%.200s': %s (example: unix:/run/opticald/opticald.sock or http://127.0.0.1:8470)",
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

/* AUTHORITY is what follows http:// */
static int parse_http(const char *text, const char *authority,
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
	if (len >= sizeof(host) || !loopback(host, six))
		return bad(text, err, OCS_UNSUPPORTED,
			   "without TLS only loopback addresses are possible");
	memset(url, 0, sizeof(*url));
	strcpy(url->host, host);
	url->port = (unsigned int) n;
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
		return parse_http(text, text + 7, url, err);
	if (!strncasecmp(text, "https:", 6))
		return bad(text, err, OCS_UNSUPPORTED,
			   "https is not supported by this version");
	return bad(text, err, OCS_SYNTAX, "unix: or http: is expected");
}
