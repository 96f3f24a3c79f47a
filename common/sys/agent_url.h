/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent_url - where the agent listens: unix:/path or http://127.0.0.1:port
 *
 * TCP is for loopback alone: beyond it the agent would need TLS.
 */
#ifndef OCS_SYS_AGENT_URL_H
#define OCS_SYS_AGENT_URL_H

#include <stdbool.h>

#include "common/core/error.h"

struct ocs_agent_url {
	char path[108];		/* of the Unix socket; "" for TCP */
	char host[16];		/* 127.x.y.z or ::1; "" for a Unix socket */
	unsigned int port;
};

/*
 * Parse TEXT (a final '/' after the port is allowed).  Returns 0, or -1 with
 * ERR set (OCS_SYNTAX, OCS_RANGE; OCS_UNSUPPORTED for https and for hosts that
 * are not loopback), *URL untouched.
 */
int ocs_agent_url_parse(const char *text, struct ocs_agent_url *url,
			struct ocs_error *err);

#endif
