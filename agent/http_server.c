// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http_server - a server's life, and its bounds
 *
 * Each socket has a pool of threads of libmicrohttpd's own. A request is
 * authenticated when its header is in, before any of its body is taken. One
 * that the API wants to handle again is suspended; ocs_http_wake(), or
 * ocs_http_settled(), and the timer resume it, and its pool calls us again.
 */
#include "agent/http_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/log.h"
#include "common/sys/clock.h"

/* Connections of a thread. libmicrohttpd (0.9.75, MHD_epoll) takes 128
 * events at a time; when it got just so many it waits for the next before it
 * looks at these, for as long as a connection may be idle. Its eventfd and the
 * socket that listens have an event each. */
#define THREAD_CONNECTIONS_MAX 120
/* Threads of a socket. */
#define POOL_THREADS 17
/* Connections of a socket. */
#define CONNECTIONS_MAX (POOL_THREADS * THREAD_CONNECTIONS_MAX)
/* Header and reply bytes that a connection may buffer. */
#define CONNECTION_BYTES (64 * 1024)
/* How long requests may take to end when we stop, in ms. */
#define STOP_MS 2000
/* With TLS strangers can connect: so many from one address. */
#define CONNECTIONS_PER_ADDRESS 512
/* Of a public socket: monitoring and browsers, perhaps of strangers. */
#define PUBLIC_THREADS 2
#define PUBLIC_CONNECTIONS_MAX 128
_Static_assert(PUBLIC_CONNECTIONS_MAX / PUBLIC_THREADS <= THREAD_CONNECTIONS_MAX,
	       "a thread's connections have all their events in one go");
#define PUBLIC_CONNECTIONS_PER_HOST 32
#define PUBLIC_IDLE_S 30

struct ocs_http *ocs_http_bind(const struct ocs_agent_listen *listen_at,
			       unsigned int n, struct ocs_error *err)
{
	struct ocs_http *http = calloc(1, sizeof(*http));
	pthread_condattr_t attr;

	if (!http) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&http->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&http->timer, &attr);
	pthread_condattr_destroy(&attr);
	if (http_bind(http, listen_at, n, false, err) == 0)
		return http;
	ocs_http_destroy(http);
	return NULL;
}

int ocs_http_bind_public(struct ocs_http *http,
			 const struct ocs_agent_listen *listen_at,
			 unsigned int n, struct ocs_error *err)
{
	return http_bind(http, listen_at, n, true, err);
}

static void on_mhd_log(void *cls, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\r\n")] = '\0';
	ocs_log_debug("http", "text=%s", ocs_quote(text).text);
}

static int start_socket(struct http_socket *s, struct ocs_error *err)
{
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, ocs_tls_no_certificate() },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *) ocs_tls_priorities },
		{ MHD_OPTION_END, 0, NULL },
	};
	int fd;

	s->tls = !s->at.is_unix && !s->open && s->http->tls;
	/* libmicrohttpd closes the one that it gets */
	if (listen(s->fd, SOMAXCONN) < 0 ||
	    (fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0)) < 0)
		return ocs_fail(err, OCS_IO, "listen: %s", strerror(errno));
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
		MHD_USE_ERROR_LOG | (s->tls ? MHD_USE_TLS : 0), 0, NULL, NULL,
		http_on_request, s,
		MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)
			(s->open ? PUBLIC_THREADS : POOL_THREADS),
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)
			(s->open ? PUBLIC_CONNECTIONS_MAX : CONNECTIONS_MAX),
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)
			(s->open ? PUBLIC_CONNECTIONS_PER_HOST :
			 s->tls ? CONNECTIONS_PER_ADDRESS : 0),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)
			(s->open ? PUBLIC_IDLE_S : IDLE_S),
		MHD_OPTION_URI_LOG_CALLBACK, http_on_target, s,
		MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, s,
		MHD_OPTION_ARRAY, s->tls ? tls : tls + 2,
		MHD_OPTION_END);
	if (!s->daemon)
		return ocs_fail(err, OCS_IO, "the HTTP server does not start");
	if (s->at.is_unix)
		ocs_log("listening", "at=unix:%s", s->at.path);
	else
		ocs_log("listening", "at=%s:%u%s", s->at.host, s->at.port,
			s->open ? " public=yes" : s->tls ? " tls=yes" : "");
	return 0;
}

void ocs_http_tls(struct ocs_http *http, struct ocs_tls *tls)
{
	struct ocs_tls *old;

	pthread_mutex_lock(&http->lock);
	old = http->tls;
	http->tls = tls;
	pthread_mutex_unlock(&http->lock);
	ocs_tls_put(old);
}

int ocs_http_start(struct ocs_http *http, struct ocs_api *api,
		   struct ocs_error *err)
{
	int rc;

	http->api = api;
	if ((rc = pthread_create(&http->thread, NULL, http_wait_timer, http)))
		return ocs_fail(err, OCS_IO, "thread: %s", strerror(rc));
	http->running = true;
	/* Unix sockets last: who is answered there finds the others, too. */
	for (int is_unix = 0; is_unix < 2; is_unix++)
		for (unsigned int i = 0; i < http->nsockets; i++)
			if (http->socket[i].at.is_unix == is_unix &&
			    start_socket(&http->socket[i], err) < 0)
				return -1;
	return 0;
}

/* Let all requests end, for a while: libmicrohttpd would cut them off. */
static void drain(struct ocs_http *http)
{
	uint64_t until = ocs_clock_mono_ms() + STOP_MS;
	struct timespec ts = {
		.tv_sec = (time_t) (until / 1000),
		.tv_nsec = (long) (until % 1000) * 1000000,
	};

	pthread_mutex_lock(&http->lock);
	while (http->nrequests &&
	       !pthread_cond_timedwait(&http->timer, &http->lock, &ts))
		;
	pthread_mutex_unlock(&http->lock);
}

void ocs_http_stop(struct ocs_http *http)
{
	for (unsigned int i = 0; i < http->nsockets; i++) {
		struct http_socket *s = &http->socket[i];

		if (s->bound)
			unlink(s->at.path);
		s->bound = false;
	}
	pthread_mutex_lock(&http->lock);
	http->stopping = true;	/* see admitted() */
	http_wait_none(http);
	pthread_cond_signal(&http->timer);
	pthread_mutex_unlock(&http->lock);
	if (http->running)
		pthread_join(http->thread, NULL);
	http->running = false;
	drain(http);
	for (unsigned int i = 0; i < http->nsockets; i++) {
		struct http_socket *s = &http->socket[i];

		if (s->daemon)
			MHD_stop_daemon(s->daemon);
		s->daemon = NULL;
		if (s->fd >= 0)
			close(s->fd);
		s->fd = -1;
	}
}

void ocs_http_destroy(struct ocs_http *http)
{
	if (!http)
		return;
	ocs_http_stop(http);
	ocs_tls_put(http->tls);
	pthread_cond_destroy(&http->timer);
	pthread_mutex_destroy(&http->lock);
	free(http);
}
