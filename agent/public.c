// SPDX-License-Identifier: GPL-2.0-or-later
/* public - the addresses of HttpListen= */
#include "agent/public.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/metrics.h"

#define PLAIN "text/plain; charset=utf-8"
/* Nothing is fetched, run, framed or sent anywhere. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/* BODY is taken over; NULL: out of memory. */
static void answer(struct ocs_reply *reply, int status, const char *type,
		   char *body)
{
	reply->status = body ? status : 503;
	reply->type = body ? type : PLAIN;
	reply->body = body;
}

static void get_health(struct ocs_api *api, struct ocs_reply *reply)
{
	bool alive = ocs_metrics_alive(api->metrics);

	answer(reply, alive ? 200 : 503, PLAIN,
	       strdup(alive ? "ok\n" : "the engine's worker stands still\n"));
}

static void get_ready(struct ocs_api *api, struct ocs_reply *reply)
{
	char *trouble = ocs_metrics_trouble(api->metrics);

	if (trouble && !*trouble) {
		free(trouble);
		answer(reply, 200, PLAIN, strdup("ready\n"));
	} else {
		answer(reply, 503, PLAIN, trouble);
	}
}

static void get_metrics(struct ocs_api *api, struct ocs_reply *reply)
{
	answer(reply, 200, OCS_METRICS_TYPE,
	       ocs_metrics_text(api->metrics, NULL));
}

static void get_page(struct ocs_api *api, struct ocs_reply *reply)
{
	answer(reply, 200, "text/html; charset=utf-8",
	       ocs_public_page(api->engine, NULL));
}

static const struct {
	const char *name;
	void (*fn)(struct ocs_api *api, struct ocs_reply *reply);
} pages[] = {
	{ "healthz", get_health },
	{ "readyz", get_ready },
	{ "metrics", get_metrics },
	{ "ui", get_page },
};

void ocs_public_handle(struct ocs_api *api, const char *method,
		       const struct ocs_target *target,
		       struct ocs_reply *reply)
{
	size_t i = 0, n = sizeof(pages) / sizeof(pages[0]);

	memset(reply, 0, sizeof(*reply));
	reply->policy = POLICY;
	while (i < n && (target->nsegments != 1 ||
			 strcmp(target->segment[0], pages[i].name)))
		i++;
	if (i == n) {
		answer(reply, 404, PLAIN,
		       strdup("/healthz, /readyz, /metrics and /ui are here\n"));
	} else if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
		strcpy(reply->allow, "GET, HEAD");
		answer(reply, 405, PLAIN, strdup("this is for reading only\n"));
	} else {
		pages[i].fn(api, reply);
	}
}
