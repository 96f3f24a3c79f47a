// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * act - ping, and what operators do: release, confirm, sim
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl.h"
#include "common/wire/wire_cli.h"

int cmd_ping(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_error err;
	struct ocs_ping ping;
	struct reply reply;
	int rc;

	if (ctl_request(ctl, "GET", "/v1/ping", NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	rc = ocs_wire_decode_ping(reply.text, reply.len, &ping, &err);
	if (rc < 0) {
		reply_fini(&reply);
		return ctl_fail(ctl, &err);
	}
	if (ctl->json) {
		ctl_print_json(&reply);
		reply_fini(&reply);
		return CTL_OK;
	}
	reply_fini(&reply);
	printf("opticald %s at %s is UP%s\n", ping.version, ctl->where,
	       ping.simulated ? " (SIMULATED network)" : "");
	printf("   Instance=%s Generation=%" PRIu64 "\n", ping.instance,
	       ping.generation);
	printf("   User=%s Role=%s", *ping.user ? ping.user : "?", ping.role);
	for (unsigned int i = 0; i < ping.nclusters; i++)
		printf("%s%s", i ? "," : " Clusters=", ping.cluster[i]);
	putchar('\n');
	return CTL_OK;
}

int cmd_release(struct ctl *ctl, int argc, char **argv)
{
	char id[OCS_LEASE_ID_MAX], path[96];
	struct ocs_error err;
	struct ocs_lease *lease;
	struct reply reply;

	if (ctl_lease_id(ctl, argv[0], id, &err) < 0)
		return err.code == OCS_SYNTAX && !ctl->client ?
			ctl_usage(ctl, "%s", err.text) : ctl_fail(ctl, &err);
	snprintf(path, sizeof(path), "/v1/leases/%s?why=operator", id);
	if (ctl_request(ctl, "DELETE", path, NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	lease = ocs_wire_decode_lease(reply.text, reply.len, &err);
	if (!lease) {
		reply_fini(&reply);
		return ctl_fail(ctl, &err);
	}
	if (ctl->json)
		ctl_print_json(&reply);
	else
		printf("lease %s of job %" PRIu32 " (%s): %s\n", lease->id,
		       lease->job_id, lease->cluster, ocs_lease_word(lease));
	reply_fini(&reply);
	ocs_lease_destroy(lease);
	return CTL_OK;
}

int cmd_confirm(struct ctl *ctl, int argc, char **argv)
{
	char path[OCS_NAME_MAX + 32];
	struct ocs_error err;
	struct reply reply;

	if (!ctl_plain(argv[0]))
		return ctl_usage(ctl, "'%s' is no cluster's name", argv[0]);
	snprintf(path, sizeof(path), "/v1/clusters/%s/confirm", argv[0]);
	if (ctl_request(ctl, "POST", path, "{}", &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	if (ctl->json)
		ctl_print_json(&reply);
	else
		printf("removals for cluster %s may go on\n", argv[0]);
	reply_fini(&reply);
	return CTL_OK;
}

/* The API's word for FAULT as people type it, or NULL. */
static const char *fault_word(const char *fault)
{
	static const char *const faults[] = {
		"refuse", "fail_late", "never_answer", "answer_twice", "lie",
		"reroute", "slow_delete", "stale", "cut", "flap", "foreign",
		"recover",
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const char *f = fault, *w = faults[i];

		while (*f && (*f == *w || (*f == '-' && *w == '_'))) {
			f++;
			w++;
		}
		if (!*f && !*w)
			return faults[i];
	}
	return NULL;
}

/* 1 to 9 digits, or 0. */
static unsigned int count_of(const char *text)
{
	size_t len = strlen(text);

	if (!len || len > 9 || strspn(text, "0123456789") != len)
		return 0;
	return (unsigned int) strtoul(text, NULL, 10);
}

static int sim_fault(struct ctl *ctl, const char *fault, const char *link,
		     unsigned int count)
{
	char *body = ocs_wire_encode_fault(link, fault, count);
	struct ocs_error err;
	struct reply reply;
	int rc;

	if (!body) {
		ocs_fail(&err, OCS_NOMEM, "out of memory");
		return ctl_fail(ctl, &err);
	}
	rc = ctl_request(ctl, "POST", "/v1/sim/faults", body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	if (ctl->json && reply.len)
		ctl_print_json(&reply);
	reply_fini(&reply);
	return CTL_OK;
}

int cmd_sim(struct ctl *ctl, int argc, char **argv)
{
	static const char *const actions[] = { "fault", "faults", NULL };
	const char *fault, *near;
	unsigned int count = 1;
	struct ocs_error err;
	struct reply reply;

	if (!strcmp(argv[0], "faults")) {
		if (argc > 1)
			return ctl_usage(ctl, "sim faults: '%s' is too much",
					 argv[1]);
		if (ctl_request(ctl, "GET", "/v1/sim/faults", NULL, &reply,
				&err) < 0)
			return ctl_fail(ctl, &err);
		ctl_print_json(&reply);
		reply_fini(&reply);
		return CTL_OK;
	}
	near = nearest_word(argv[0], actions);
	if (strcmp(argv[0], "fault"))
		return ctl_usage(ctl, "unknown 'sim %s'%s%s%s", argv[0],
				 near ? ": did you mean 'sim " : "",
				 near ? near : "", near ? "'?" : "");
	if (argc < 3)
		return ctl_usage(ctl, "sim fault: FAULT and LINK are needed (example: sim fault cut par-lyo)");
	fault = fault_word(argv[1]);
	if (!fault)
		return ctl_usage(ctl, "unknown fault '%s': refuse, fail-late, cut or recover",
				 argv[1]);
	if (strcmp(argv[2], "*") && !ctl_plain(argv[2]))
		return ctl_usage(ctl, "'%s' is no link's name", argv[2]);
	if (argc == 4 && !(count = count_of(argv[3])))
		return ctl_usage(ctl, "bad count '%s': a number from 1 is right",
				 argv[3]);
	return sim_fault(ctl, fault, argv[2], count);
}
