/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_parse - one HTTP/1.1 answer, however its bytes come
 *
 * Status line, headers, then a body by Content-Length, in chunks, or until the
 * peer hangs up; 1xx answers are skipped. Everything is bounded. Pure: no
 * socket, no clock.
 */
#ifndef OCS_NET_HTTP_PARSE_H
#define OCS_NET_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/error.h"

/* A line of the head, and all of it; the agent's have a few hundred bytes. */
#define OCS_HTTP_LINE_MAX 8192
#define OCS_HTTP_HEAD_MAX 65536

struct ocs_http_parse {
	int status;
	bool keep;		/* whole, and the connection may be used on */
	/* the rest is the parser's own */
	int step;
	bool old, close, chunked, sized;
	uint64_t left;		/* of the body or chunk */
	size_t nhead, nline;
	char *body;
	size_t len, size, max;
	char line[OCS_HTTP_LINE_MAX];
};

/* Of at most MAX bytes of body. */
void ocs_http_parse_init(struct ocs_http_parse *p, size_t max);
void ocs_http_parse_fini(struct ocs_http_parse *p);
/* N bytes more, at least one. 1: whole, 0: more must come, or -1 with ERR set:
 * OCS_IO (not HTTP), OCS_RANGE (too large), OCS_NOMEM. */
int ocs_http_parse_more(struct ocs_http_parse *p, const char *data, size_t n,
			struct ocs_error *err);
/* The peer has hung up: 1 if that was the end, else -1 with ERR set. */
int ocs_http_parse_end(struct ocs_http_parse *p, struct ocs_error *err);
/* The body, NUL-terminated, the caller's; NULL: out of memory. */
char *ocs_http_parse_take(struct ocs_http_parse *p, size_t *len);

#endif
