// SPDX-License-Identifier: GPL-2.0-or-later
/* toy_agent - one thread per connection; what it does is told by its mode */
#include "ocs_config.h"

#include "tests/unit/toy_agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <munge.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID0 "00000000000000000000000000000000"

static struct toy_shared *sh;

struct request {
	char method[16];
	char path[256];
	char auth[2048];
	char *body;
	size_t body_len;
	char *buf;		/* what was read, behind this request */
	size_t buf_len;
};

static bool put(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t) n;
	}
	return true;
}

/* Sleep, but be gone when the test wants all connections closed. */
static bool idle(int fd, int ms, int hang_up)
{
	for (; ms > 0 && sh->hang_up == hang_up; ms -= 10) {
		struct pollfd p = { .fd = fd, .events = POLLRDHUP };

		if (poll(&p, 1, 10) > 0 && p.revents)
			return false;
	}
	return sh->hang_up == hang_up;
}

static bool answer(int fd, int status, const char *extra, const char *body)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s\r\n",
			 status, strlen(body), extra);

	return put(fd, head, (size_t) n) && put(fd, body, strlen(body));
}

static size_t header_value(const char *head, const char *name, char *buf,
			   size_t size)
{
	const char *at = strcasestr(head, name);
	size_t n = 0;

	if (!at)
		return 0;
	at += strlen(name);
	while (*at == ' ')
		at++;
	while (at[n] && at[n] != '\r' && n + 1 < size)
		n++;
	memcpy(buf, at, n);
	buf[n] = '\0';
	return n;
}

/* The next request on FD into *RQ, or false. */
static bool read_request(int fd, struct request *rq, int hang_up)
{
	char number[32] = "0";
	size_t head_len;
	char *end = NULL;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (rq->buf_len) {
			rq->buf[rq->buf_len] = '\0';
			end = strstr(rq->buf, "\r\n\r\n");
			if (end) {
				header_value(rq->buf, "Content-Length:",
					     number, sizeof(number));
				head_len = (size_t) (end - rq->buf) + 4;
				rq->body_len = strtoul(number, NULL, 10);
				if (rq->buf_len >= head_len + rq->body_len)
					break;
			}
		}
		if (sh->hang_up != hang_up)
			return false;
		if (poll(&p, 1, 10) <= 0)
			continue;
		n = recv(fd, rq->buf + rq->buf_len, 65000 - rq->buf_len, 0);
		if (n <= 0)
			return false;
		rq->buf_len += (size_t) n;
	}
	end[2] = '\0';
	sscanf(rq->buf, "%15s %255s", rq->method, rq->path);
	rq->auth[0] = '\0';
	header_value(rq->buf, "Authorization:", rq->auth, sizeof(rq->auth));
	rq->body = strndup(rq->buf + head_len, rq->body_len);
	rq->buf_len -= head_len + rq->body_len;
	memmove(rq->buf, rq->buf + head_len + rq->body_len, rq->buf_len);
	sh->requests++;
	return true;
}

/* HEAD and then PIECE again and again, 512 MiB of it. */
static bool flood(int fd, const char *head, const char *piece)
{
	size_t n = strlen(piece), len = 65536 / n * n;
	char *many = malloc(65536);

	for (size_t i = 0; i < len; i += n)
		memcpy(many + i, piece, n);
	if (put(fd, head, strlen(head)))
		for (int i = 0; i < 8192 && put(fd, many, len); i++)
			;
	free(many);
	return false;
}

static bool drip(int fd, int hang_up)
{
	const char *head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";

	if (!put(fd, head, strlen(head)))
		return false;
	while (idle(fd, 20, hang_up))
		if (!put(fd, " ", 1))
			return false;
	return false;
}

/* BODY with the lease's id replaced, or its reservation set. */
static bool answer_lease(int fd, int status, const struct request *rq,
			 const char *from, const char *to, const char *extra)
{
	char *at = from ? strstr(rq->body, from) : NULL;
	char *text = malloc(rq->body_len + 256);
	bool alive;

	if (at)
		sprintf(text, "%.*s%s%s", (int) (at - rq->body), rq->body, to,
			at + strlen(from));
	else
		strcpy(text, rq->body);
	alive = answer(fd, status, extra, text);
	free(text);
	return alive;
}

static void make_instance(char id[static 33])
{
	strcpy(id, ID0);
	id[0] = sh->instance;
}

static bool answer_state(int fd, const struct request *rq, int hang_up,
			 const char *extra)
{
	const char *since = strstr(rq->path, "since=");
	const char *wait = strstr(rq->path, "wait=");
	char text[1024], id[33];

	if (since && wait) {
		uint64_t known = strtoull(since + 6, NULL, 10);
		int ms = sh->wait_ms < 0 ? atoi(wait + 5) * 1000 :
					   sh->wait_ms;

		while (ms > 0 && known == sh->generation) {
			if (!idle(fd, 10, hang_up))
				return false;
			ms -= 10;
		}
	}
	make_instance(id);
	snprintf(text, sizeof(text),
		 "{\"instance\":\"%s\",\"generation\":%llu,\"time_ms\":%d,"
		 "\"simulated\":true,\"brake\":false,\"sites\":"
		 "[{\"name\":\"paris\"},{\"name\":\"lyon\"}],\"links\":[],"
		 "\"leases\":[]}", id, (unsigned long long) sh->generation,
		 (int) sh->requests);	/* later ones are told by it */
	return answer(fd, 200, extra, text);
}

static bool munge_right(const char *auth)
{
	munge_ctx_t ctx = munge_ctx_create();
	void *payload = NULL;
	int len = 0;
	bool right = false;

	munge_ctx_set(ctx, MUNGE_OPT_SOCKET, sh->munge_socket);
	if (!strncmp(auth, "Munge ", 6) &&
	    munge_decode(auth + 6, ctx, &payload, &len, NULL, NULL) ==
		    EMUNGE_SUCCESS)
		right = len == 17 && !memcmp(payload, "POST /v1/sessions", 17);
	free(payload);
	munge_ctx_destroy(ctx);
	return right;
}

static bool answer_session(int fd, const struct request *rq)
{
	char text[128];

	sh->sessions++;
	if (!munge_right(rq->auth))
		return answer(fd, 401, "WWW-Authenticate: Munge\r\n",
			      "{\"code\":\"unauth\",\"detail\":\"no\"}");
	sh->munge_ok++;
	snprintf(text, sizeof(text),
		 "{\"token\":\"token-%d\",\"expires_s\":%d}",
		 (int) sh->munge_ok, (int) sh->session_s);
	return answer(fd, 201, "", text);
}

static bool token_known(const char *auth)
{
	int n;

	if (sscanf(auth, "Bearer token-%d", &n) != 1 || n < sh->forget)
		return false;
	sh->bearers++;
	return true;
}

static void note_epoch(const struct request *rq)
{
	const char *at = strstr(rq->body, "\"controller_epoch\":");

	if (at)
		sh->last_epoch = strtoull(at + 19, NULL, 10);
	if ((at = strstr(rq->path, "controller_epoch=")))
		sh->last_epoch = strtoull(at + 17, NULL, 10);
}

static bool good(int fd, const struct request *rq, int hang_up,
		 const char *extra)
{
	char text[256], id[33];

	note_epoch(rq);
	if (!strncmp(rq->path, "/v1/ping", 8)) {
		make_instance(id);
		snprintf(text, sizeof(text),
			 "{\"instance\":\"%s\",\"generation\":1,"
			 "\"version\":\"0\",\"role\":\"cluster\",\"user\":"
			 "\"slurm\",\"clusters\":[\"alpha\"],"
			 "\"simulated\":true}", id);
		return answer(fd, 200, extra, text);
	}
	if (!strncmp(rq->path, "/v1/state", 9))
		return answer_state(fd, rq, hang_up, extra);
	if (strstr(rq->path, "/epoch"))
		return answer(fd, 200, extra, "{\"controller_epoch\":11}");
	if (!strcmp(rq->path, "/v1/leases"))
		return answer_lease(fd, 201, rq, NULL, NULL, extra);
	if (strstr(rq->path, "/commit"))
		return answer_lease(fd, 202, rq, "HELD", "COMMITTED", extra);
	return answer(fd, 404, extra,
		      "{\"code\":\"not_found\",\"detail\":\"no such thing\"}");
}

static bool bad(int fd, const struct request *rq, enum toy_mode mode,
		int hang_up)
{
	static const char half[] = "HTTP/1.1 200 OK\r\n"
				   "Content-Length: 1000\r\n\r\n{\"id\":";
	static const char claims[] =
		"HTTP/1.1 200 OK\r\n"
		"Content-Length: 9223372036854775807\r\n\r\n";

	switch (mode) {
	case TOY_FREEZE:
		return idle(fd, 60000, hang_up);
	case TOY_HALF:
		put(fd, half, strlen(half));
		return false;
	case TOY_HALF_STALL:
		put(fd, half, strlen(half));
		return idle(fd, 60000, hang_up);
	case TOY_DRIP:
		return drip(fd, hang_up);
	case TOY_HEADERS:
		return flood(fd, "HTTP/1.1 200 OK\r\n", "X-Y: zzzzzzzzzz\r\n");
	case TOY_CONTINUES:
		return flood(fd, "", "HTTP/1.1 100 Continue\r\n\r\n");
	case TOY_HUGE:
		return flood(fd, "HTTP/1.1 200 OK\r\n\r\n",
			     "                                        "
			     "                                        ");
	case TOY_CLAIMS:
		put(fd, claims, strlen(claims));
		return idle(fd, 60000, hang_up);
	case TOY_GARBAGE:
		put(fd, "SSH-2.0-OpenSSH\r\n", 17);
		return idle(fd, 60000, hang_up);
	case TOY_TYPES:
		return answer(fd, 200, "", "{\"id\":5,\"instance\":[],"
					   "\"controller_epoch\":\"x\"}");
	case TOY_NO_JSON:
		return answer(fd, 200, "", "hello");
	case TOY_EMPTY:
		return answer(fd, 200, "", "");
	case TOY_OTHER:
		return answer_lease(fd, 201, rq, "\"id\":\"0",
				    "\"id\":\"f", "");
	case TOY_ENDED:
		return answer_lease(fd, 200, rq, "\"reservation\":\"HELD\"",
				    "\"reservation\":\"TERMINATED\"", "");
	case TOY_BUSY:
		return answer(fd, 409, "", "{\"code\":\"busy\",\"detail\":"
			      "\"taken\",\"reason\":\"OpticalLink(x)\"}");
	case TOY_ERROR:
		return answer(fd, 500, "", "{\"code\":\"internal\","
					   "\"detail\":\"oh no\"}");
	case TOY_ERROR_PLAIN:
		return answer(fd, 500, "", "<html>oh no</html>");
	case TOY_UNAUTH:
		return answer(fd, 401, "", "{\"code\":\"unauth\"}");
	case TOY_REDIRECT:
		return answer(fd, 302, "Location: /v1/ping\r\n", "");
	case TOY_CLOSE:
		good(fd, rq, hang_up, "Connection: close\r\n");
		return false;
	case TOY_GOOD:
	case TOY_RESET:
		break;
	}
	return false;
}

struct conn {
	int fd;
	bool tcp;
};

static bool one_request(const struct conn *c, const struct request *rq,
			int hang_up)
{
	enum toy_mode mode = (enum toy_mode) sh->mode;

	if (c->tcp && !strcmp(rq->path, "/v1/sessions"))
		return answer_session(c->fd, rq);
	if (mode != TOY_GOOD)
		return bad(c->fd, rq, mode, hang_up);
	if (c->tcp && !token_known(rq->auth))
		return answer(c->fd, 401, "", "{\"code\":\"unauth\"}");
	return good(c->fd, rq, hang_up, "");
}

static void *serve(void *arg)
{
	struct conn *c = arg;
	struct request rq = { .buf = malloc(65536) };
	int hang_up = sh->hang_up;
	bool alive = true;

	while (alive && read_request(c->fd, &rq, hang_up)) {
		alive = one_request(c, &rq, hang_up);
		free(rq.body);
	}
	close(c->fd);
	free(rq.buf);
	free(c);
	return NULL;
}

static void take_one(int fd, bool tcp)
{
	struct conn *c = malloc(sizeof(*c));
	pthread_t thread;

	c->tcp = tcp;
	c->fd = accept(fd, NULL, NULL);
	if (c->fd < 0) {
		free(c);
		return;
	}
	if (tcp)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 },
			   sizeof(int));
	sh->connections++;
	pthread_create(&thread, NULL, serve, c);
	pthread_detach(thread);
}

static void loop(int unix_fd, int tcp_fd)
{
	struct pollfd p[2] = {
		{ .fd = unix_fd, .events = POLLIN },
		{ .fd = tcp_fd, .events = POLLIN },
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		poll(p, 2, -1);
		if (p[0].revents)
			take_one(unix_fd, false);
		if (p[1].revents)
			take_one(tcp_fd, true);
	}
}

static int listen_unix(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	if (bind(fd, (struct sockaddr *) &addr, sizeof(addr)) < 0 ||
	    listen(fd, 64) < 0)
		return -1;
	return fd;
}

static int listen_tcp(_Atomic int *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *) &addr, sizeof(addr)) < 0 ||
	    listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *) &addr, &len) < 0)
		return -1;
	*port = ntohs(addr.sin_port);
	return fd;
}

bool toy_start(struct toy *toy, const char *dir, const char *name)
{
	int unix_fd, tcp_fd;

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		return false;
	toy->shared = sh;
	sh->instance = 'a';
	sh->generation = 1;
	sh->wait_ms = -1;
	sh->session_s = 600;
	snprintf(toy->path, sizeof(toy->path), "%s/%s.sock", dir, name);
	snprintf(toy->url, sizeof(toy->url), "unix:%s", toy->path);
	unix_fd = listen_unix(toy->path);
	tcp_fd = listen_tcp(&sh->port);
	if (unix_fd < 0 || tcp_fd < 0)
		return false;
	snprintf(toy->tcp_url, sizeof(toy->tcp_url), "http://127.0.0.1:%d",
		 (int) sh->port);
	fflush(stdout);
	if ((toy->pid = fork()) == 0) {
		loop(unix_fd, tcp_fd);
		_exit(0);
	}
	close(unix_fd);
	close(tcp_fd);
	return toy->pid > 0;
}

void toy_stop(struct toy *toy)
{
	if (toy->pid <= 0)
		return;
	kill(toy->pid, SIGKILL);
	waitpid(toy->pid, NULL, 0);
	unlink(toy->path);
	munmap(toy->shared, sizeof(*toy->shared));
	toy->pid = 0;
}
