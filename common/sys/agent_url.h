/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent_url - where the agent is: unix:/path, http://127.0.0.1:port or
 * https://host:port; and who we are to it
 *
 * Without TLS only loopback is possible. Names are not looked up here.
 */
#ifndef OCS_SYS_AGENT_URL_H
#define OCS_SYS_AGENT_URL_H

#include <stdbool.h>

#include "common/core/error.h"

/* As configured; "" for what is not. */
struct ocs_agent_at {
	char url[256];
	char munge_socket[256];	/* "": munge's default */
	char ca[256];		/* who signs the agent's certificate; "": the
				 * system's authorities */
	char cert[256];		/* ours, and its key: both or none */
	char key[256];
};

struct ocs_agent_url {
	char path[108];		/* of the Unix socket; "" for TCP */
	char host[254];		/* 127.x.y.z or ::1, with TLS any address or
				 * name; "" for a Unix socket */
	unsigned int port;
	bool tls;
};

/*
 * Parse TEXT (a final '/' after the port is allowed).  Returns 0, or -1 with
 * ERR set (OCS_SYNTAX, OCS_RANGE; OCS_UNSUPPORTED for http to hosts that are
 * not loopback), *URL untouched.
 */
int ocs_agent_url_parse(const char *text, struct ocs_agent_url *url,
			struct ocs_error *err);

bool ocs_agent_at_same(const struct ocs_agent_at *x,
		       const struct ocs_agent_at *y);

/*
 * Whether the files of AT can be used by us now: they are there, may be read,
 * and the key by nobody else.  Returns 0, or -1 with ERR set (OCS_NOT_FOUND,
 * OCS_DENIED, OCS_IO) that names key and file.
 */
int ocs_agent_at_check(const struct ocs_agent_at *at, struct ocs_error *err);

#endif
