// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check - says what is wrong before anything runs
 *
 * optical.conf, the agent, slurm.conf, in this order; each with what the ones
 * before told.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "cli/ctl.h"

static void check_conf(struct ctl *ctl, struct check *c)
{
	char path[4096];
	struct ocs_error err;

	ctl_optical_conf(ctl, path, sizeof(path));
	c->conf = ocs_conf_read(path, &err);
	if (!c->conf) {
		report_add(c->report, REPORT_BAD, "optical.conf", "%s",
			   err.text);
		return;
	}
	report_add(c->report, REPORT_GOOD, path, "sites: %u, agent at %s",
		   c->conf->nsites, c->conf->agent.url);
	if (c->conf->nsites < 2)
		report_add(c->report, REPORT_WARN, path,
			   "circuits need two sites or more");
	check_nodes(c);
}

static void check_ping(const struct ctl *ctl, struct check *c)
{
	const struct ocs_ping *ping = &c->ping;
	struct report *r = c->report;

	report_add(r, REPORT_GOOD, "agent",
		   "opticald %s at %s, you are %s (%s)%s", ping->version,
		   ctl->where, *ping->user ? ping->user : "?", ping->role,
		   ping->simulated ? ", SIMULATED network" : "");
	if (c->conf && strcmp(ctl->where, c->conf->agent.url))
		report_add(r, REPORT_WARN, "agent",
			   "this was %s, but slurmctld uses AgentURL=%s of optical.conf",
			   ctl->where, c->conf->agent.url);
	if (!strcmp(ping->role, "user"))
		report_add(r, REPORT_WARN, "agent",
			   "as an ordinary user you don't see all links and leases: run this as root, as slurmctld's user, or as an Operator= of opticald.conf");
}

static int get_ping(struct ctl *ctl, struct ocs_ping *ping,
		    struct ocs_error *err)
{
	struct reply reply;
	int rc;

	if (ctl_request(ctl, "GET", "/v1/ping", NULL, &reply, err) < 0)
		return -1;
	rc = ocs_wire_decode_ping(reply.text, reply.len, ping, err);
	reply_fini(&reply);
	if (rc < 0)
		ping->role[0] = '\0';
	return rc;
}

static void check_agent(struct ctl *ctl, struct check *c)
{
	struct ocs_error err;
	struct reply reply;

	if (get_ping(ctl, &c->ping, &err) < 0) {
		report_add(c->report, REPORT_BAD, "agent", "%s: %s",
			   *ctl->where ? ctl->where : "no address", err.text);
		return;
	}
	check_ping(ctl, c);
	if (ctl_request(ctl, "GET", "/v1/state", NULL, &reply, &err) == 0) {
		c->state = ocs_wire_decode_state(reply.text, reply.len, &err);
		reply_fini(&reply);
	}
	if (!c->state)
		report_add(c->report, REPORT_BAD, "agent", "%s", err.text);
	else
		check_state(c);
}

static void check_fini(struct check *c)
{
	for (unsigned int i = 0; i < c->nnodes; i++)
		free(c->node[i].name);
	free(c->node);
	ocs_state_destroy(c->state);
	ocs_conf_destroy(c->conf);
	report_destroy(c->report);
}

int cmd_check(struct ctl *ctl, int argc, char **argv)
{
	struct check c = { .report = report_create() };
	char path[4096];
	int rc = -1;

	if (!c.report)
		goto out;
	check_conf(ctl, &c);
	check_agent(ctl, &c);
	check_slurm(&c, ctl_slurm_conf(ctl, path, sizeof(path)));
	rc = ctl->json ? report_print_json(c.report, stdout) :
		report_print(c.report, stdout, ctl->color, !ctl->noheader);
	if (!rc && report_count(c.report, REPORT_BAD))
		rc = CTL_REFUSED;
out:
	check_fini(&c);
	if (rc < 0) {
		fputs("opticalctl: out of memory\n", stderr);
		return CTL_REFUSED;
	}
	return rc;
}
