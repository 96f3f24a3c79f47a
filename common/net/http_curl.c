// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http_curl - the way with TLS: libcurl, driven by hand
 *
 * curl_easy_perform() waits in steps of its own; here the multi interface is
 * driven against our own clock, since one caller (the hold) runs under
 * slurmctld's locks.  Sockets are opened and closed by our callbacks: thus
 * they are close-on-exec, the hold can refuse to connect, and it is known
 * whether a kept connection is still there.
 */
#include "common/net/http_way.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sys/clock.h"

/* The agent's headers are a few hundred bytes. */
#define HEADERS_MAX (64U << 10)
/* An idle connection is kept for this long; in seconds. */
#define IDLE_MAX_S 3600L

struct line {
	CURLM *multi;
	CURL *easy;
	char base[300];		/* http://127.0.0.1:8470 */
	int fd;			/* of the connection; -1: none */
	bool attached;		/* easy is in multi */
	/* the request under way */
	struct curl_slist *headers;
	bool no_connect;
	bool sent;
	bool too_large;
	bool no_memory;
	size_t nheader;
	char *body;
	size_t len, size, max;
	char why[CURL_ERROR_SIZE];
};

static CURLcode global_rc;

static void global_init(void)
{
	/* Other users of libcurl in slurmctld get what the first one asked
	 * for: no less than the default. */
	global_rc = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
				 struct curl_sockaddr *addr)
{
	struct line *h = arg;
	int fd;

	if (h->no_connect)
		return CURL_SOCKET_BAD;
	fd = socket(addr->family, addr->socktype | SOCK_CLOEXEC,
		    addr->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	h->fd = fd;
	return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
	struct line *h = arg;

	if (h->fd == fd)
		h->fd = -1;
	return close(fd);
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct line *h = arg;

	h->nheader += n;
	if (h->nheader > HEADERS_MAX) {
		h->too_large = true;
		return 0;
	}
	return n;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct line *h = arg;

	if (n > h->max - h->len) {
		h->too_large = true;
		return 0;
	}
	if (h->len + n >= h->size) {
		size_t more = (h->len + n + 512) * 2;
		char *body = realloc(h->body, more);

		if (!body) {
			h->no_memory = true;
			return 0;
		}
		h->body = body;
		h->size = more;
	}
	memcpy(h->body + h->len, data, n);
	h->len += n;
	h->body[h->len] = '\0';
	return n;
}

/* libcurl tells of every byte that it has handed to the kernel. */
static int note_sent(CURL *easy, curl_infotype type, char *data, size_t n,
		     void *arg)
{
	struct line *h = arg;

	if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT)
		h->sent = true;
	return 0;
}

/* What TLS needs. No session is resumed and no authority remembered: files that
 * were renewed count from the next connection on. */
static bool set_up_tls(CURL *e, const struct ocs_agent_at *at)
{
	CURLcode rc = CURLE_OK;

#define SET(opt, value) (rc = rc ? rc : curl_easy_setopt(e, opt, value))
	SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
#if LIBCURL_VERSION_NUM >= 0x075700
	SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
	if (*at->ca) {
		SET(CURLOPT_CAINFO, at->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (*at->cert) {
		SET(CURLOPT_SSLCERT, at->cert);
		SET(CURLOPT_SSLKEY, at->key);
		SET(CURLOPT_KEYPASSWD, "");	/* nobody is asked for one */
	}
#undef SET
	return rc == CURLE_OK;
}

/* Options that never change. */
static bool set_up(struct line *h, const struct ocs_agent_at *at)
{
	CURLcode rc = CURLE_OK;
	CURL *e = h->easy;

#define SET(opt, value) (rc = rc ? rc : curl_easy_setopt(e, opt, value))
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "https");
#else
	SET(CURLOPT_PROTOCOLS, (long) CURLPROTO_HTTPS);
#endif
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
	SET(CURLOPT_ERRORBUFFER, h->why);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, h);
	SET(CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	SET(CURLOPT_CLOSESOCKETDATA, h);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, h);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_DEBUGFUNCTION, note_sent);
	SET(CURLOPT_DEBUGDATA, h);
#undef SET
	return rc == CURLE_OK && set_up_tls(e, at) &&
	       curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 1L) ==
		       CURLM_OK;
}

/* End what the easy handle does; closes its connection if that is busy. */
static void detach(struct line *h)
{
	if (h->attached)
		curl_multi_remove_handle(h->multi, h->easy);
	h->attached = false;
	curl_slist_free_all(h->headers);
	h->headers = NULL;
}

/*
 * libcurl keeps SIGPIPE from us by a flag of send(), but what writes for TLS
 * may not: it is blocked meanwhile, and one that came is taken back.
 */
struct pipe_guard {
	bool on;
	sigset_t mask;
};

static void pipe_block(struct pipe_guard *guard)
{
	sigset_t set;

	guard->on = false;
	sigpending(&set);
	if (sigismember(&set, SIGPIPE))
		return;		/* one that pends is not ours to take */
	guard->on = true;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, &guard->mask);
}

static void pipe_unblock(const struct pipe_guard *guard)
{
	static const struct timespec now = { 0 };
	sigset_t set;

	if (!guard->on)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	while (sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}

static void destroy(void *line)
{
	struct line *h = line;
	struct pipe_guard guard;

	pipe_block(&guard);
	detach(h);
	if (h->easy)
		curl_easy_cleanup(h->easy);
	if (h->multi)
		curl_multi_cleanup(h->multi);	/* closes what is kept */
	pipe_unblock(&guard);
	free(h->body);
	free(h);
}

static void *create(const struct ocs_agent_at *at,
		    const struct ocs_agent_url *url, struct ocs_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct line *h;

	pthread_once(&once, global_init);
	if (global_rc != CURLE_OK || !(h = calloc(1, sizeof(*h)))) {
		ocs_fail(err, OCS_NOMEM, "libcurl can't be set up");
		return NULL;
	}
	h->fd = -1;
	snprintf(h->base, sizeof(h->base),
		 strchr(url->host, ':') ? "https://[%s]:%u" : "https://%s:%u",
		 url->host, url->port);
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (!h->multi || !h->easy || !set_up(h, at)) {
		destroy(h);
		ocs_fail(err, OCS_NOMEM, "libcurl can't be set up");
		return NULL;
	}
	return h;
}

static bool alive(const void *line)
{
	const struct line *h = line;
	char c;

	if (h->fd < 0)
		return false;
	return recv(h->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

static int add_header(struct line *h, const char *name, const char *value)
{
	struct curl_slist *more;
	char *line = NULL;
	size_t size = strlen(name) + strlen(value) + 3;

	if (!(line = malloc(size)))
		return -1;
	snprintf(line, size, "%s: %s", name, value);
	more = curl_slist_append(h->headers, line);
	free(line);
	if (!more)
		return -1;
	h->headers = more;
	return 0;
}

static int set_request(struct line *h, const struct ocs_http_request *rq)
{
	CURLcode rc = CURLE_OK;
	CURL *e = h->easy;
	bool has_body = rq->body || !strcmp(rq->method, "POST") ||
			!strcmp(rq->method, "PUT");
	const char *body = rq->body ? rq->body : "";
	char *url;
	size_t size = strlen(h->base) + strlen(rq->path) + 1;

	if (!(url = malloc(size)))
		return -1;
	snprintf(url, size, "%s%s", h->base, rq->path);
#define SET(opt, value) (rc = rc ? rc : curl_easy_setopt(e, opt, value))
	SET(CURLOPT_URL, url);
	if (has_body) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) strlen(body));
		SET(CURLOPT_POSTFIELDS, body);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_CUSTOMREQUEST, rq->method);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) rq->reply_max);
	SET(CURLOPT_VERBOSE, rq->no_connect ? 1L : 0L);
	free(url);
	/* an Expect: would cost a turn, and a second when it is ignored */
	if (add_header(h, "Accept", "application/json") < 0 ||
	    (has_body && (add_header(h, "Content-Type",
				     "application/json") < 0 ||
			  !curl_slist_append(h->headers, "Expect:"))) ||
	    (rq->authorization && add_header(h, "Authorization",
					     rq->authorization) < 0))
		return -1;
	SET(CURLOPT_HTTPHEADER, h->headers);
#undef SET
	return rc == CURLE_OK ? 0 : -1;
}

/*
 * Drive the transfer to its end. Returns 0 with *RC, libcurl's word on it; or
 * -1 with ERR set when we end it.
 */
static int drive(struct line *h, const struct ocs_http_request *rq,
		 CURLcode *rc, struct ocs_error *err)
{
	uint64_t end_us = ocs_clock_mono_us() +
			  (uint64_t) rq->timeout_ms * 1000;
	struct curl_waitfd wake = {
		.fd = rq->wake_fd, .events = CURL_WAIT_POLLIN
	};
	int running = 1, left = 0;

	for (;;) {
		uint64_t now_us;

		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return ocs_fail(err, OCS_INTERNAL, "libcurl failed");
		if (!running)
			break;
		now_us = ocs_clock_mono_us();
		if (now_us >= end_us)
			return ocs_fail(err, OCS_TIMEOUT,
					"no answer from the agent within %u ms",
					rq->timeout_ms);
		if (curl_multi_poll(h->multi, &wake, rq->wake_fd >= 0 ? 1 : 0,
				    (int) ((end_us - now_us + 999) / 1000),
				    NULL) != CURLM_OK)
			return ocs_fail(err, OCS_INTERNAL, "libcurl failed");
		if (rq->wake_fd >= 0 && wake.revents)
			return ocs_fail(err, OCS_IO, "the request was ended");
	}
	*rc = CURLE_RECV_ERROR;
	for (CURLMsg *msg; (msg = curl_multi_info_read(h->multi, &left));)
		if (msg->msg == CURLMSG_DONE)
			*rc = msg->data.result;
	return 0;
}

static int explain(struct line *h, CURLcode rc,
		   const struct ocs_http_request *rq, struct ocs_error *err)
{
	if (h->no_memory || rc == CURLE_OUT_OF_MEMORY)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	if (h->too_large || rc == CURLE_FILESIZE_EXCEEDED)
		return ocs_fail(err, OCS_RANGE,
				"the agent's answer is larger than %zu bytes",
				rq->reply_max);
	if (rc == CURLE_COULDNT_CONNECT && h->no_connect)
		return ocs_fail(err, OCS_IO,
				"the connection to the agent is gone");
	return ocs_fail(err, OCS_IO, "can't talk with the agent: %s",
			*h->why ? h->why : curl_easy_strerror(rc));
}

static int start(struct line *h, const struct ocs_http_request *rq,
		 struct ocs_error *err)
{
	h->no_connect = rq->no_connect;
	h->sent = false;
	h->too_large = h->no_memory = false;
	h->nheader = h->len = h->size = 0;
	h->max = rq->reply_max;
	h->why[0] = '\0';
	if (set_request(h, rq) < 0 ||
	    curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	h->attached = true;
	return 0;
}

static int perform(struct line *h, const struct ocs_http_request *rq,
		   struct ocs_http_reply *reply, struct ocs_error *err)
{
	CURLcode curl = CURLE_OK;
	long status = 0;
	int rc;

	if ((rc = start(h, rq, err)) == 0)
		rc = drive(h, rq, &curl, err);
	if (rc == 0 && curl != CURLE_OK)
		rc = explain(h, curl, rq, err);
	reply->sent = h->sent || !rq->no_connect;
	if (rc < 0) {
		free(h->body);
		h->body = NULL;
		if (!rq->no_connect)
			detach(h);
		return -1;
	}
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	detach(h);
	if (!h->body && !(h->body = strdup("")))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	reply->status = (int) status;
	reply->body = h->body;
	reply->len = h->len;
	h->body = NULL;
	return 0;
}

static int perform_guarded(void *line, const struct ocs_http_request *rq,
			   struct ocs_http_reply *reply, struct ocs_error *err)
{
	struct pipe_guard guard;
	int rc;

	pipe_block(&guard);
	rc = perform(line, rq, reply, err);
	pipe_unblock(&guard);
	return rc;
}

/* The one symbol of libocs-https.so. */
__attribute__((visibility("default")))
const struct ocs_http_way ocs_http_curl = {
	.abi = OCS_HTTP_WAY_ABI,
	.create = create,
	.destroy = destroy,
	.perform = perform_guarded,
	.alive = alive,
};
