// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http_plain - HTTP/1.1 over a Unix socket or a loopback port
 *
 * One socket that never blocks, driven against our own clock, since one caller
 * (the hold) runs under slurmctld's locks; with no_connect nothing here opens
 * or closes one.
 */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include "common/net/http_way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/net/http_parse.h"
#include "common/sys/clock.h"

#define READ_SIZE 16384

struct plain {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} to;
	socklen_t tolen;
	char host[80];		/* for the header */
	int fd;			/* -1: none */
	bool broken;		/* fd is of no more use */
};

/* One request under way. */
struct turn {
	struct plain *p;
	const struct ocs_http_request *rq;
	uint64_t end_us;
	bool kept;		/* the connection was there before */
	bool sent;		/* some of it, on whatever connection */
	struct ocs_http_parse in;
	struct ocs_error *err;
};

static bool set_address(struct plain *p, const struct ocs_agent_url *url)
{
	if (*url->path) {
		p->to.un.sun_family = AF_UNIX;
		strcpy(p->to.un.sun_path, url->path);	/* as large */
		p->tolen = sizeof(p->to.un);
		strcpy(p->host, "localhost");
		return true;
	}
	snprintf(p->host, sizeof(p->host),
		 strchr(url->host, ':') ? "[%.46s]:%u" : "%.46s:%u", url->host,
		 url->port);
	if (inet_pton(AF_INET, url->host, &p->to.in.sin_addr) == 1) {
		p->to.in.sin_family = AF_INET;
		p->to.in.sin_port = htons((uint16_t) url->port);
		p->tolen = sizeof(p->to.in);
		return true;
	}
	p->to.in6.sin6_family = AF_INET6;
	p->to.in6.sin6_port = htons((uint16_t) url->port);
	p->tolen = sizeof(p->to.in6);
	return inet_pton(AF_INET6, url->host, &p->to.in6.sin6_addr) == 1;
}

static void *create(const struct ocs_agent_at *at,
		    const struct ocs_agent_url *url, struct ocs_error *err)
{
	struct plain *p = calloc(1, sizeof(*p));

	(void) at;
	_Static_assert(sizeof(p->to.un.sun_path) >= sizeof(url->path), "fits");
	if (!p) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	p->fd = -1;
	if (!set_address(p, url)) {
		free(p);
		ocs_fail(err, OCS_SYNTAX, "'%s' is no address", url->host);
		return NULL;
	}
	return p;
}

static void hang_up(struct plain *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->broken = false;
}

static void destroy(void *line)
{
	hang_up(line);
	free(line);
}

static bool alive(const void *line)
{
	const struct plain *p = line;
	char c;

	if (p->fd < 0 || p->broken)
		return false;
	return recv(p->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* ---- one request ---- */

static int cannot(struct turn *t, const char *why)
{
	return ocs_fail(t->err, OCS_IO, "can't talk with the agent: %s", why);
}

/* Until EVENTS are possible, or the deadline, or we are woken: 0 or -1. */
static int wait_for(struct turn *t, short events)
{
	struct pollfd fds[2] = {
		{ .fd = t->p->fd, .events = events },
		{ .fd = t->rq->wake_fd, .events = POLLIN },
	};
	uint64_t now_us;
	int n;

	do {
		now_us = ocs_clock_mono_us();
		if (now_us >= t->end_us)
			return ocs_fail(t->err, OCS_TIMEOUT,
					"no answer from the agent within %u ms",
					t->rq->timeout_ms);
		n = poll(fds, t->rq->wake_fd >= 0 ? 2 : 1,
			 (int) ((t->end_us - now_us + 999) / 1000));
	} while (n == 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return cannot(t, strerror(errno));
	if (t->rq->wake_fd >= 0 && fds[1].revents)
		return ocs_fail(t->err, OCS_IO, "the request was ended");
	return 0;
}

static int dial(struct turn *t)
{
	struct plain *p = t->p;
	socklen_t len = sizeof(int);
	int why = 0, on = 1;

	hang_up(p);
	p->fd = socket(p->to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
		       SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return cannot(t, strerror(errno));
	if (p->to.any.sa_family != AF_UNIX &&
	    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return cannot(t, strerror(errno));
	if (connect(p->fd, &p->to.any, p->tolen) == 0)
		return 0;
	/* a Unix socket whose queue is full says EAGAIN: the agent is there,
	 * and does not answer */
	if (errno != EINPROGRESS)
		return cannot(t, errno == EAGAIN ? "it takes no connection" :
						   strerror(errno));
	if (wait_for(t, POLLOUT) < 0)
		return -1;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0 || why)
		return cannot(t, strerror(why));
	return 0;
}

/* The request, malloc'ed, and its length: in one piece, or TCP would wait for
 * the peer's word on the first one. */
static char *request(const struct turn *t, size_t *len)
{
	const struct ocs_http_request *rq = t->rq;
	bool has_body = rq->body || !strcmp(rq->method, "POST") ||
			!strcmp(rq->method, "PUT");
	const char *auth = rq->authorization;
	char about[96] = "", *text;
	int n;

	if (has_body)
		snprintf(about, sizeof(about),
			 "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			 rq->body ? strlen(rq->body) : 0);
	n = asprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n"
		     "Accept: application/json\r\n%s%s%s%s\r\n%s", rq->method,
		     rq->path, t->p->host, about, auth ? "Authorization: " : "",
		     auth ? auth : "", auth ? "\r\n" : "",
		     rq->body ? rq->body : "");
	if (n < 0)
		return NULL;
	*len = (size_t) n;
	return text;
}

static int tell(struct turn *t, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(t->p->fd, text, len, MSG_NOSIGNAL);

		if (n > 0) {
			t->sent = true;
			text += n;
			len -= (size_t) n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (wait_for(t, POLLOUT) < 0)
				return -1;
		} else if (errno != EINTR) {
			return cannot(t, strerror(errno));
		}
	}
	return 0;
}

/* One whole answer. *HEARD: at least a byte of it came. */
static int hear(struct turn *t, bool *heard)
{
	char buf[READ_SIZE];
	int rc;

	for (;;) {
		ssize_t n = recv(t->p->fd, buf, sizeof(buf), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (wait_for(t, POLLIN) < 0)
				return -1;
			continue;
		}
		if (n < 0)
			return cannot(t, strerror(errno));
		*heard = *heard || n;
		rc = n ? ocs_http_parse_more(&t->in, buf, (size_t) n, t->err) :
			 ocs_http_parse_end(&t->in, t->err);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
}

/* *AGAIN: the peer had closed the kept connection before it read this. */
static int exchange(struct turn *t, const char *text, size_t len, bool *again)
{
	bool heard = false;
	int rc;

	ocs_http_parse_init(&t->in, t->rq->reply_max);
	if ((rc = tell(t, text, len)) == 0)
		rc = hear(t, &heard);
	*again = rc < 0 && t->kept && !heard && t->err->code == OCS_IO &&
		 !alive(t->p) && !t->rq->no_connect;
	if (rc == 0 && t->in.keep)
		return 0;
	t->p->broken = true;
	return rc;
}

static int perform(void *line, const struct ocs_http_request *rq,
		   struct ocs_http_reply *reply, struct ocs_error *err)
{
	struct ocs_error none = { 0 };
	struct turn t = {
		.p = line, .rq = rq, .err = err ? err : &none,
		.end_us = ocs_clock_mono_us() + (uint64_t) rq->timeout_ms * 1000,
	};
	bool again = false;
	size_t len;
	char *text = request(&t, &len);
	int rc;

	if (!text)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	t.kept = alive(line);
	rc = t.kept ? 0 : dial(&t);
	if (rc == 0)
		rc = exchange(&t, text, len, &again);
	if (again) {
		ocs_http_parse_fini(&t.in);
		t.kept = false;
		if ((rc = dial(&t)) == 0)
			rc = exchange(&t, text, len, &again);
	}
	free(text);
	reply->sent = t.sent || !rq->no_connect;
	/* with no_connect another thread hangs up */
	if (t.p->broken && !rq->no_connect)
		hang_up(t.p);
	if (rc == 0) {
		reply->status = t.in.status;
		reply->body = ocs_http_parse_take(&t.in, &reply->len);
		if (!reply->body)
			rc = ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	ocs_http_parse_fini(&t.in);
	return rc;
}

const struct ocs_http_way ocs_http_plain = {
	.abi = OCS_HTTP_WAY_ABI,
	.create = create,
	.destroy = destroy,
	.perform = perform,
	.alive = alive,
};
