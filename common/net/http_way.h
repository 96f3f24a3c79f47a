/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_way - the two ways to the agent behind http.h: plain and by libcurl
 *
 * libcurl and the thirty libraries behind it are as large as slurmctld itself:
 * in there they are loaded by the first https URL only.
 */
#ifndef OCS_NET_HTTP_WAY_H
#define OCS_NET_HTTP_WAY_H

#include "common/net/http.h"

/* As the functions of http.h; requests are well formed, AT is URL. */
struct ocs_http_way {
	unsigned int abi;	/* OCS_HTTP_WAY_ABI */
	void *(*create)(const struct ocs_agent_at *at,
			const struct ocs_agent_url *url,
			struct ocs_error *err);
	void (*destroy)(void *line);
	int (*perform)(void *line, const struct ocs_http_request *rq,
		       struct ocs_http_reply *reply, struct ocs_error *err);
	bool (*alive)(const void *line);
};
#define OCS_HTTP_WAY_ABI 1

extern const struct ocs_http_way ocs_http_plain;

/*
 * The way with TLS: http_curl.c's, linked in, or that of libocs-https.so, which
 * http_load.c loads. NULL with ERR set if it can't be had.
 */
const struct ocs_http_way *ocs_http_tls(struct ocs_error *err);

/* What libocs-https.so has. */
extern const struct ocs_http_way ocs_http_curl;
#define OCS_HTTPS_NAME "libocs-https.so"
#define OCS_HTTPS_SYMBOL "ocs_http_curl"

#endif
