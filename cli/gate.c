// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate - freeze, unfreeze, approve, deny: the operator's say
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl.h"
#include "cli/when.h"
#include "common/wire/wire_gate.h"

static int no_memory(struct ctl *ctl)
{
	struct ocs_error err;

	ocs_fail(&err, OCS_NOMEM, "out of memory");
	return ctl_fail(ctl, &err);
}

static const struct table_column columns[] = {
	{ "LINK", TABLE_LEFT, NULL }, { "SINCE", TABLE_LEFT, NULL },
	{ "BY", TABLE_LEFT, NULL }, { "WHY", TABLE_LEFT, NULL },
	{ NULL, TABLE_LEFT, NULL },
};

static int print_freezes(struct ctl *ctl, const struct reply *reply)
{
	struct ocs_freeze *list;
	struct ocs_error err;
	struct table *t;
	unsigned int n;

	if (ctl->json)
		return ctl_print_json(reply);
	if (ocs_wire_decode_freezes(reply->text, reply->len, &list, &n,
				    &err) < 0)
		return ctl_fail(ctl, &err);
	if (!n && !ctl->parsable) {
		free(list);
		puts("Nothing is frozen.");
		return CTL_OK;
	}
	t = table_create(columns);
	for (unsigned int i = 0; t && i < n; i++) {
		char since[STAMP_TEXT_MAX];

		table_cell(t, "%s", *list[i].link ? list[i].link : "--all");
		table_cell(t, "%s", stamp_format(list[i].since_ms, false,
						 since));
		table_cell(t, "%s", *list[i].who ? list[i].who : "-");
		table_cell(t, "%s", *list[i].why ? list[i].why : "-");
	}
	free(list);
	return ctl_print_table(ctl, t);
}

static int post_freeze(struct ctl *ctl, const char *link, bool frozen)
{
	struct ocs_freeze want = { .frozen = frozen };
	char path[OCS_NAME_MAX + 32] = "/v1/freeze";
	struct ocs_error err;
	struct reply reply;
	char *body;
	int rc;

	if (ctl->why && strlen(ctl->why) >= sizeof(want.why))
		return ctl_usage(ctl, "--why has at most %zu bytes",
				 sizeof(want.why) - 1);
	snprintf(want.why, sizeof(want.why), "%s", ctl->why ? ctl->why : "");
	snprintf(want.link, sizeof(want.link), "%s", link);
	if (*link)
		snprintf(path, sizeof(path), "/v1/links/%s/freeze", link);
	if (!(body = ocs_wire_encode_freeze(&want)))
		return no_memory(ctl);
	rc = ctl_request(ctl, "POST", path, body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	if (!ctl->json && !ctl->parsable && !ctl->noheader)
		printf("%s%s %s\n", *link ? "link " : "all links",
		       link, frozen ?
		       "frozen: nothing is set up, taken down or resized. Frozen are:" :
		       "thawed. Frozen are:");
	rc = print_freezes(ctl, &reply);
	reply_fini(&reply);
	return rc;
}

static int freeze(struct ctl *ctl, int argc, char **argv, bool frozen)
{
	if (ctl->all && argc)
		return ctl_usage(ctl, "a link or --all, not both");
	if (argc && !ctl_plain(argv[0]))
		return ctl_usage(ctl, "'%s' is no link's name", argv[0]);
	return post_freeze(ctl, argc ? argv[0] : "", frozen);
}

int cmd_freeze(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_error err;
	struct reply reply;
	int rc;

	if (argc || ctl->all)
		return freeze(ctl, argc, argv, true);
	if (ctl_request(ctl, "GET", "/v1/freeze", NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	rc = print_freezes(ctl, &reply);
	reply_fini(&reply);
	return rc;
}

int cmd_unfreeze(struct ctl *ctl, int argc, char **argv)
{
	if (!argc && !ctl->all)
		return ctl_usage(ctl, "a link or --all is needed (example: unfreeze par-lyo)");
	return freeze(ctl, argc, argv, false);
}

/* ---- approval ---- */

static int decide(struct ctl *ctl, const char *id, bool yes)
{
	struct ocs_approval a = { .approve = yes };
	struct ocs_lease *lease;
	struct ocs_error err;
	struct reply reply;
	char path[96], *body;
	int rc;

	if (ctl->why && strlen(ctl->why) >= sizeof(a.why))
		return ctl_usage(ctl, "--why has at most %zu bytes",
				 sizeof(a.why) - 1);
	snprintf(a.why, sizeof(a.why), "%s", ctl->why ? ctl->why : "");
	snprintf(path, sizeof(path), "/v1/leases/%s/approve", id);
	if (!(body = ocs_wire_encode_approval(&a)))
		return no_memory(ctl);
	rc = ctl_request(ctl, "POST", path, body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	lease = ocs_wire_decode_lease(reply.text, reply.len, &err);
	if (ctl->json)
		ctl_print_json(&reply);
	else if (lease)
		printf("lease %s of job %" PRIu32 " (%s) is %s\n", lease->id,
		       lease->job_id, lease->cluster,
		       yes ? "approved" : "denied");
	rc = lease ? CTL_OK : ctl_fail(ctl, &err);
	ocs_lease_destroy(lease);
	reply_fini(&reply);
	return rc;
}

static int decide_all(struct ctl *ctl, bool yes)
{
	static const char asks[] = "OpticalApproval(";
	struct ocs_lease **lease;
	struct ocs_error err;
	struct reply reply;
	unsigned int n, asked = 0;
	int rc, worst = CTL_OK;

	if (ctl_request(ctl, "GET", "/v1/leases", NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	rc = ocs_wire_decode_leases(reply.text, reply.len, &lease, &n, &err);
	reply_fini(&reply);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	for (unsigned int i = 0; i < n; i++) {
		if (strncmp(lease[i]->cause, asks, sizeof(asks) - 1))
			continue;
		asked++;
		if ((rc = decide(ctl, lease[i]->id, yes)) != CTL_OK)
			worst = rc;
	}
	if (!asked && !ctl->json)
		puts("No lease waits for approval.");
	ctl_leases_destroy(lease, n);
	return worst;
}

static int approve(struct ctl *ctl, int argc, char **argv, bool yes)
{
	char id[OCS_LEASE_ID_MAX];
	struct ocs_error err;

	if (ctl->all == (argc > 0))
		return ctl_usage(ctl, "a lease or --all is needed, not both");
	if (ctl->all)
		return decide_all(ctl, yes);
	if (ctl_lease_id(ctl, argv[0], id, &err) < 0)
		return err.code == OCS_SYNTAX && !ctl->client ?
			ctl_usage(ctl, "%s", err.text) : ctl_fail(ctl, &err);
	return decide(ctl, id, yes);
}

int cmd_approve(struct ctl *ctl, int argc, char **argv)
{
	return approve(ctl, argc, argv, true);
}

int cmd_deny(struct ctl *ctl, int argc, char **argv)
{
	return approve(ctl, argc, argv, false);
}
