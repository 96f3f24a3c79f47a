// SPDX-License-Identifier: GPL-2.0-or-later
/* load - HTTP/1.1 with keep-alive over Unix sockets, by epoll */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MAX 8192

struct conn {
	int fd;
	bool busy;
	double sent_s;
	char *in;
	size_t have, cap;
};

static int dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		bench_die("%s: too long for a socket", path);
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		bench_die("socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *) &sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool tell(struct conn *c, const char *text, size_t len)
{
	c->have = 0;
	c->busy = true;
	c->sent_s = bench_now_s();
	while (len) {
		ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		text += n;
		len -= (size_t) n;
	}
	return true;
}

/* A whole reply is there: 1, more must come: 0. */
static int parse(struct conn *c, struct bench_reply *r)
{
	char *end, *length;
	size_t need;

	c->in[c->have] = '\0';
	if (!(end = strstr(c->in, "\r\n\r\n")))
		return 0;
	length = strcasestr(c->in, "\r\nContent-Length:");
	need = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
	end += 4;
	if (c->have < (size_t) (end - c->in) + need) {
		/* large ones: once is enough */
		size_t cap = (size_t) (end - c->in) + need + 65536;

		if (c->cap < cap && !(c->in = realloc(c->in, c->cap = cap)))
			bench_die("out of memory");
		return 0;
	}
	r->status = atoi(c->in + 9);
	r->body = end;
	r->len = need;
	r->us = (bench_now_s() - c->sent_s) * 1e6;
	return 1;
}

/* 1 a reply, 0 not yet, -1 hung up. */
static int hear(struct conn *c, struct bench_reply *r)
{
	ssize_t n;

	if (c->cap - c->have < 32768 &&
	    !(c->in = realloc(c->in, c->cap = c->cap * 2 + 65536)))
		bench_die("out of memory");
	n = recv(c->fd, c->in + c->have, c->cap - c->have - 1, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	c->have += (size_t) n;
	return parse(c, r);
}

static void watch(int ep, struct conn *c, unsigned int i)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		bench_die("epoll: %s", strerror(errno));
}

static void hang_up(struct conn *conn, unsigned int n, int ep)
{
	for (unsigned int i = 0; i < n; i++) {
		close(conn[i].fd);
		free(conn[i].in);
	}
	free(conn);
	close(ep);
}

/* Each with its request sent; how many of them. */
static unsigned int go_on(const struct bench_load *load, struct conn *c,
			  unsigned int i, double until_s)
{
	char request[REQUEST_MAX];
	size_t len = load->seconds > 0 && bench_now_s() >= until_s ? 0 :
		     load->next(load->arg, i, request, sizeof(request));

	if (len && !tell(c, request, len))
		bench_die("%s: hung up", load->path);
	c->busy = len;
	return len ? 1 : 0;
}

double bench_load(const struct bench_load *load)
{
	struct conn *conn = calloc(load->nconns, sizeof(*conn));
	struct epoll_event ev[64];
	int ep = epoll_create1(EPOLL_CLOEXEC), n;
	double from = bench_now_s(), until = from + load->seconds;
	unsigned int busy = 0;

	if (!conn || ep < 0)
		bench_die("out of memory");
	for (unsigned int i = 0; i < load->nconns; i++) {
		if ((conn[i].fd = dial(load->path)) < 0)
			bench_die("%s: nobody listens", load->path);
		watch(ep, &conn[i], i);
		busy += go_on(load, &conn[i], i, until);
	}
	while (busy) {
		n = epoll_wait(ep, ev, 64, 30000);
		if (n <= 0)
			bench_die("%s: no answer for 30 s", load->path);
		for (int k = 0; k < n; k++) {
			unsigned int i = ev[k].data.u32;
			struct bench_reply r = { .conn = i };
			int got = hear(&conn[i], &r);

			if (got < 0)
				bench_die("%s: hung up", load->path);
			if (!got || !conn[i].busy)
				continue;
			load->reply(load->arg, &r);
			busy -= 1;
			busy += go_on(load, &conn[i], i, until);
		}
	}
	hang_up(conn, load->nconns, ep);
	return bench_now_s() - from;
}

/* ---- those that wait ---- */

struct bench_readers {
	unsigned int n;
	int ep;
	struct conn *conn;
};

struct bench_readers *bench_readers_open(const char *path, unsigned int n,
					 uid_t uid, unsigned int per_user)
{
	struct bench_readers *rs = calloc(1, sizeof(*rs));

	if (!rs || !(rs->conn = calloc(n, sizeof(*rs->conn))))
		bench_die("out of memory");
	rs->n = n;
	rs->ep = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned int i = 0; i < n; i++) {
		/* the kernel tells the agent who connected */
		if (uid && seteuid(uid + i / per_user) < 0)
			bench_die("seteuid: %s", strerror(errno));
		rs->conn[i].fd = dial(path);
		if (uid && seteuid(0) < 0)
			bench_die("seteuid: %s", strerror(errno));
		if (rs->conn[i].fd < 0)
			bench_die("%s: nobody listens", path);
		watch(rs->ep, &rs->conn[i], i);
	}
	return rs;
}

void bench_readers_ask(struct bench_readers *rs, const char *request)
{
	for (unsigned int i = 0; i < rs->n; i++)
		if (!tell(&rs->conn[i], request, strlen(request)))
			bench_die("a reader was hung up on");
}

void bench_readers_wait(struct bench_readers *rs, double from_s,
			void (*fn)(void *arg, const struct bench_reply *reply),
			void *arg)
{
	struct epoll_event ev[64];
	unsigned int left = rs->n;
	int n;

	while (left) {
		if ((n = epoll_wait(rs->ep, ev, 64, 30000)) <= 0)
			bench_die("%u readers have no answer", left);
		for (int k = 0; k < n; k++) {
			unsigned int i = ev[k].data.u32;
			struct bench_reply r = { .conn = i };
			int got = hear(&rs->conn[i], &r);

			if (got < 0)
				bench_die("a reader was hung up on");
			if (!got || !rs->conn[i].busy)
				continue;
			rs->conn[i].busy = false;
			left--;
			r.us = (bench_now_s() - from_s) * 1e6;
			fn(arg, &r);
		}
	}
}

void bench_readers_close(struct bench_readers *rs)
{
	hang_up(rs->conn, rs->n, rs->ep);
	free(rs);
}

/* ---- one request ---- */

size_t bench_request(char *buf, size_t size, const char *method,
		     const char *target, const char *body)
{
	int n = snprintf(buf, size,
			 "%s %s HTTP/1.1\r\nHost: agent\r\n"
			 "Content-Length: %zu\r\n\r\n%s", method, target,
			 body ? strlen(body) : 0, body ? body : "");

	if (n < 0 || (size_t) n >= size)
		bench_die("a request is too long");
	return (size_t) n;
}

char *bench_try(const char *path, const char *method, const char *target,
		const char *body, int *status)
{
	char request[REQUEST_MAX], *text;
	struct conn c = { .fd = dial(path) };
	struct bench_reply r = { 0 };
	struct epoll_event ev;
	int ep, got = 0;

	if (c.fd < 0)
		return NULL;
	ep = epoll_create1(EPOLL_CLOEXEC);
	watch(ep, &c, 0);
	if (!tell(&c, request, bench_request(request, sizeof(request), method,
					     target, body)))
		got = -1;
	while (!got && epoll_wait(ep, &ev, 1, 30000) > 0)
		got = hear(&c, &r);
	text = got > 0 ? strndup(r.body, r.len) : NULL;
	if (status)
		*status = r.status;
	close(ep);
	close(c.fd);
	free(c.in);
	return text;
}

char *bench_ask(const char *path, const char *method, const char *target,
		const char *body, int *status)
{
	char *text = bench_try(path, method, target, body, status);

	if (!text)
		bench_die("%s: no answer to %s %s", path, method, target);
	return text;
}
