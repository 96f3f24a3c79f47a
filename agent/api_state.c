// SPDX-License-Identifier: GPL-2.0-or-later
/* api_state - who the agent is, what it knows, and sessions */
#include "agent/api_priv.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "agent/text.h"
#include "ocs_config.h"

static bool uid_name(uid_t uid, char *name, size_t size)
{
	struct passwd pw, *found = NULL;
	char buf[16384];

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) || !found) {
		snprintf(name, size, "%u", (unsigned int) uid);
		return false;
	}
	snprintf(name, size, "%s", found->pw_name);
	return true;
}

int api_get_ping(struct ocs_api *api, struct ocs_api_call *call,
		 struct ocs_reply *reply)
{
	const struct ocs_caller *c = &call->caller;
	struct ocs_ping ping = { 0 };

	snprintf(ping.instance, sizeof(ping.instance), "%s",
		 ocs_engine_instance(api->engine));
	ping.generation = ocs_engine_generation(api->engine);
	snprintf(ping.version, sizeof(ping.version), "%s", PACKAGE_VERSION);
	snprintf(ping.role, sizeof(ping.role), "%s", ocs_role_name(c->role));
	if (c->uid == (uid_t) -1)
		strcpy(ping.user, "(certificate)");
	else
		uid_name(c->uid, ping.user, sizeof(ping.user));
	ping.nclusters = c->nclusters;
	memcpy(ping.cluster, c->cluster, sizeof(ping.cluster));
	ping.simulated = ocs_engine_driver(api->engine)->ops->simulated;
	return api_answer(reply, 200, ocs_wire_encode_ping(&ping));
}

int api_get_state(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_reply *reply)
{
	uint64_t since, wait_s;
	bool have_since, have_wait;
	struct ocs_error err;
	struct ocs_shared *shared;

	if (ocs_target_query_u64(call->target, "since", UINT64_MAX, &since,
				 &have_since, &err) < 0 ||
	    ocs_target_query_u64(call->target, "wait", OCS_WAIT_MAX_S, &wait_s,
				 &have_wait, &err) < 0)
		return api_problem(reply, &err);
	if (have_since && have_wait &&
	    ocs_engine_generation(api->engine) == since &&
	    api_may_wait(call, wait_s))
		return 1;
	shared = ocs_engine_state(api->engine, &call->caller, &err);
	if (!shared)
		return api_problem(reply, &err);
	api_answer(reply, 200, shared->text);
	reply->shared = shared;
	return 0;
}

int api_post_session(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply)
{
	char token[OCS_TOKEN_MAX];
	struct ocs_error err;
	struct ocs_text t = { 0 };

	if (ocs_auth_session(api->auth, &call->caller, token, &err) < 0)
		return api_problem(reply, &err);
	ocs_text_add(&t, "{\"token\":\"%s\",\"expires_s\":%d}", token,
		     OCS_SESSION_S);
	explicit_bzero(token, sizeof(token));
	return api_answer(reply, 201, ocs_text_take(&t));
}
