/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_net - the lines of opticald.conf that describe the network: SiteName=,
 * EndpointName=, PortName= and LinkName=
 *
 * Links and ports may stand before the sites that they name.
 */
#ifndef OCS_AGENT_CONF_NET_H
#define OCS_AGENT_CONF_NET_H

#include "agent/conf_attach.h"
#include "agent/rules.h"
#include "common/core/net.h"
#include "common/sys/kvfile.h"

struct ocs_conf_link;
struct ocs_conf_port;

/* Zeroed at first. */
struct ocs_conf_net {
	struct ocs_net net;	/* sites, endpoints, risk groups, domains */
	unsigned int nlinks, nports;
	struct ocs_conf_link *link;	/* owned, as written */
	struct ocs_conf_port *port;
	struct ocs_attach_sites attach;	/* owned; by index of site */
};

/* Read LINE if it is one of the network: 1; 0 if it is another; or -1 with ERR
 * set: `FILE:LINE: ...`. */
int ocs_conf_net_line(struct ocs_conf_net *cn, const struct ocs_kvline *line,
		      struct ocs_error *err);
/* All lines are read: *NET, which was zeroed, becomes the network, nothing
 * booked; *RULES those of each link, ALL where it has none, the caller's to
 * free. 0, or -1 with ERR set. */
int ocs_conf_net_finish(struct ocs_conf_net *cn, const struct ocs_rules *all,
			struct ocs_net *net, struct ocs_rules **rules,
			struct ocs_error *err);
/* Frees what CN holds. */
void ocs_conf_net_fini(struct ocs_conf_net *cn);

#endif
