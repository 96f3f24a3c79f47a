// SPDX-License-Identifier: GPL-2.0-or-later
/* http - which way a URL goes */
#include "common/net/http.h"

#include <stdlib.h>
#include <string.h>

#include "common/net/http_way.h"

struct ocs_http {
	const struct ocs_http_way *way;
	void *line;
};

struct ocs_http *ocs_http_create(const struct ocs_agent_at *at,
				 struct ocs_error *err)
{
	struct ocs_agent_url url;
	struct ocs_http *h;

	if (ocs_agent_url_parse(at->url, &url, err) < 0 ||
	    (url.tls && ocs_agent_at_check(at, err) < 0))
		return NULL;
	if (!(h = calloc(1, sizeof(*h)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	h->way = url.tls ? ocs_http_tls(err) : &ocs_http_plain;
	if (!h->way || !(h->line = h->way->create(at, &url, err))) {
		free(h);
		return NULL;
	}
	return h;
}

void ocs_http_destroy(struct ocs_http *h)
{
	if (h)
		h->way->destroy(h->line);
	free(h);
}

bool ocs_http_alive(const struct ocs_http *h)
{
	return h->way->alive(h->line);
}

/* Only values that are well formed reach a request line or header. */
static bool one_word(const char *text)
{
	for (; *text; text++)
		if ((unsigned char) *text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

int ocs_http_perform(struct ocs_http *h, const struct ocs_http_request *rq,
		     struct ocs_http_reply *reply, struct ocs_error *err)
{
	memset(reply, 0, sizeof(*reply));
	reply->sent = !rq->no_connect;
	if (rq->no_connect && !ocs_http_alive(h))
		return ocs_fail(err, OCS_IO,
				"no connection to the agent is ready");
	if (*rq->path != '/' || !one_word(rq->path) || !one_word(rq->method))
		return ocs_fail(err, OCS_SYNTAX, "bad request path '%.100s'",
				rq->path);
	return h->way->perform(h->line, rq, reply, err);
}
