// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * http_server - the bytes: sockets, bounds, waiting
 *
 * Each socket has a pool of threads of libmicrohttpd's own. A request is
 * authenticated when its header is in, before any of its body is taken. One
 * that the API wants to handle again is suspended; ocs_http_wake(), or
 * ocs_http_settled(), and the timer resume it, and its pool calls us again.
 *
 * Lock order: the engine's, then ours, then libmicrohttpd's.
 */
#include "ocs_config.h"	/* struct ucred */

#include "agent/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/log.h"
#include "agent/metrics.h"
#include "agent/point.h"
#include "agent/public.h"
#include "common/sys/clock.h"

/* Connections of a thread. libmicrohttpd (0.9.75, MHD_epoll) takes 128
 * events at a time; when it got just so many it waits for the next before it
 * looks at these, for as long as a connection may be idle. Its eventfd and the
 * socket that listens have an event each. */
#define THREAD_CONNECTIONS_MAX 120
/* Threads of a socket. */
#define POOL_THREADS 17
/* Connections of a socket; and on a Unix socket of one operator or cluster, of
 * one user, and of all users together, so that they can't keep slurmctld out. */
#define CONNECTIONS_MAX (POOL_THREADS * THREAD_CONNECTIONS_MAX)
#define CONNECTIONS_PER_CLUSTER 256
#define CONNECTIONS_PER_USER 32
#define CONNECTIONS_OF_USERS 1024
/* Header and reply bytes that a connection may buffer. */
#define CONNECTION_BYTES (64 * 1024)
/* How long requests may take to end when we stop, in ms. */
#define STOP_MS 2000
/* Connections that say nothing are closed; a cluster's hold connection is kept
 * open between jobs, so this is long. In s. */
#define IDLE_S 600
/* Until the first request is in that we know the sender of, in s; over TCP. */
#define GREETING_S 30
/* With TLS strangers can connect: so many from one address. */
#define CONNECTIONS_PER_ADDRESS 512
/* A client's certificate is looked at again after this, for its end. */
#define JUDGE_MS 10000
/* Of a public socket: monitoring and browsers, perhaps of strangers. */
#define PUBLIC_THREADS 2
#define PUBLIC_CONNECTIONS_MAX 128
_Static_assert(PUBLIC_CONNECTIONS_MAX / PUBLIC_THREADS <= THREAD_CONNECTIONS_MAX,
	       "a thread's connections have all their events in one go");
#define PUBLIC_CONNECTIONS_PER_HOST 32
#define PUBLIC_IDLE_S 30

struct http_socket {
	struct ocs_http *http;
	struct ocs_agent_listen at;
	int fd;
	bool open;		/* public: see public.h */
	struct MHD_Daemon *daemon;
	bool tls;
	bool bound;		/* the file at.path is ours */
};

/* One connection. */
struct peer {
	bool known;		/* uid is the kernel's word */
	bool user;		/* neither operator nor cluster */
	uid_t uid;
	struct peer *next;	/* of Unix sockets */
	/* TCP; one thread at a time */
	char from[INET6_ADDRSTRLEN];
	bool asked;		/* a request's header came */
	struct ocs_tls *tls;	/* NULL: plain */
	uint64_t judge;		/* serial of who judged cert; 0: nobody */
	uint64_t judged_ms;
	struct ocs_tls_peer cert;
};

/* One request. */
struct request {
	struct request *next, **back;	/* in a list; back NULL: not there */
	struct ocs_http *http;
	struct MHD_Connection *con;
	char *raw;		/* the request-target */
	char *body;
	size_t len, cap;
	bool begun, refused, too_long, nomem;
	bool open;		/* public */
	bool waited;
	uint64_t begun_us;	/* monotonic */
	struct ocs_target target;
	struct ocs_api_call call;
};

struct ocs_http {
	struct ocs_api *api;
	unsigned int nsockets;
	struct http_socket socket[2 * OCS_AGENT_LISTEN_MAX];
	pthread_mutex_t lock;	/* guards all below */
	pthread_cond_t timer;
	pthread_t thread;
	uint64_t timer_ms;	/* when it wakes by itself */
	bool running, stopping;
	uint64_t changes;	/* how often ocs_http_wake() was called */
	uint64_t settled;	/* what ocs_http_settled() said last */
	struct request *waiting;	/* for a change */
	struct request *for_disk;
	unsigned int nrequests;	/* begun and not completed */
	struct peer *peers;
	struct ocs_tls *tls;	/* NULL: plain HTTP */
};

/* ---- sockets ---- */

/* A socket file is left by an agent that died: remove it if nobody answers. */
static int clear_stale(const struct sockaddr_un *sun, struct ocs_error *err)
{
	struct stat st;
	int fd, rc;

	if (lstat(sun->sun_path, &st) < 0)
		return errno == ENOENT ? 0 :
			ocs_fail(err, OCS_IO, "%s: %s", sun->sun_path,
				 strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return ocs_fail(err, OCS_CONFLICT,
				"%s is there and is no socket", sun->sun_path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return ocs_fail(err, OCS_IO, "socket: %s", strerror(errno));
	rc = connect(fd, (const struct sockaddr *) sun, sizeof(*sun));
	close(fd);
	if (rc == 0)
		return ocs_fail(err, OCS_CONFLICT,
				"another process listens on %s",
				sun->sun_path);
	if (unlink(sun->sun_path) < 0 && errno != ENOENT)
		return ocs_fail(err, OCS_IO, "%s: %s", sun->sun_path,
				strerror(errno));
	return 0;
}

static int bind_unix(struct http_socket *s, struct ocs_error *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	strcpy(sun.sun_path, s->at.path);
	if (clear_stale(&sun, err) < 0)
		return -1;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 ||
	    bind(s->fd, (struct sockaddr *) &sun, sizeof(sun)) < 0)
		return ocs_fail(err, OCS_IO, "Listen=unix:%s: %s", s->at.path,
				strerror(errno));
	s->bound = true;
	/* Who connects is asked of the kernel, request by request. */
	if (chmod(s->at.path, 0666) < 0)
		return ocs_fail(err, OCS_IO, "%s: %s", s->at.path,
				strerror(errno));
	return 0;
}

static int bind_tcp(struct http_socket *s, struct ocs_error *err)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr *sa = (struct sockaddr *) &v4;
	socklen_t len = sizeof(v4);
	int one = 1;

	v4.sin_port = v6.sin6_port = htons(s->at.port);
	if (inet_pton(AF_INET, s->at.host, &v4.sin_addr) != 1) {
		inet_pton(AF_INET6, s->at.host, &v6.sin6_addr);
		sa = (struct sockaddr *) &v6;
		len = sizeof(v6);
	}
	s->fd = socket(sa->sa_family,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return ocs_fail(err, OCS_IO, "socket: %s", strerror(errno));
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s->fd, sa, len) < 0 || getsockname(s->fd, sa, &len) < 0)
		return ocs_fail(err, errno == EADDRINUSE ? OCS_CONFLICT :
				OCS_IO, "%s=%s:%u: %s",
				s->open ? "HttpListen" : "Listen", s->at.host,
				s->at.port, strerror(errno));
	s->at.port = ntohs(sa->sa_family == AF_INET ? v4.sin_port :
			   v6.sin6_port);
	return 0;
}

static int bind_all(struct ocs_http *http,
		    const struct ocs_agent_listen *listen_at, unsigned int n,
		    bool open, struct ocs_error *err)
{
	for (unsigned int i = 0; i < n; i++) {
		struct http_socket *s = &http->socket[http->nsockets++];

		s->http = http;
		s->at = listen_at[i];
		s->open = open;
		s->fd = -1;
		if ((s->at.is_unix ? bind_unix(s, err) : bind_tcp(s, err)) < 0)
			return -1;
	}
	return 0;
}

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
	if (bind_all(http, listen_at, n, false, err) == 0)
		return http;
	ocs_http_destroy(http);
	return NULL;
}

int ocs_http_bind_public(struct ocs_http *http,
			 const struct ocs_agent_listen *listen_at,
			 unsigned int n, struct ocs_error *err)
{
	return bind_all(http, listen_at, n, true, err);
}

/* ---- connections ---- */

/* NULL: no memory. *FULL: it is one too many. */
static struct peer *peer_open(struct ocs_http *http, int fd, bool *full)
{
	struct ocs_auth_try try = { .peer = true };
	struct ocs_caller caller;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct peer *p = calloc(1, sizeof(*p));
	unsigned int same = 0, users = 0;

	*full = true;
	if (!p)
		return NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	    len == sizeof(cred)) {
		p->known = true;
		p->uid = try.peer_uid = cred.uid;
		ocs_auth_check(http->api->auth, &try, &caller, NULL);
		p->user = caller.role == OCS_ROLE_USER;
	}
	pthread_mutex_lock(&http->lock);
	for (struct peer *o = http->peers; o; o = o->next) {
		same += o->uid == p->uid;
		users += o->user;
	}
	p->next = http->peers;
	http->peers = p;
	pthread_mutex_unlock(&http->lock);
	*full = !p->known || (!p->user && same >= CONNECTIONS_PER_CLUSTER) ||
		(p->user && (same >= CONNECTIONS_PER_USER ||
			     users >= CONNECTIONS_OF_USERS));
	return p;
}

static void peer_close(struct http_socket *s, struct peer *p)
{
	struct ocs_http *http = s->http;
	struct peer **at;

	if (s->at.is_unix) {
		pthread_mutex_lock(&http->lock);
		for (at = &http->peers; *at && *at != p; at = &(*at)->next)
			;
		if (*at)
			*at = p->next;
		pthread_mutex_unlock(&http->lock);
	} else if (p->tls && !p->asked) {
		ocs_auth_silent(http->api->auth, p->from);
	}
	ocs_tls_put(p->tls);	/* its session is gone already */
	free(p);
}

/* The newest, with a reference; or NULL. */
static struct ocs_tls *tls_now(struct ocs_http *http)
{
	struct ocs_tls *tls;

	pthread_mutex_lock(&http->lock);
	tls = http->tls ? ocs_tls_get(http->tls) : NULL;
	pthread_mutex_unlock(&http->lock);
	return tls;
}

static void read_address(struct MHD_Connection *con, char *from)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		con, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;

	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET,
			  &((const struct sockaddr_in *) sa)->sin_addr, from,
			  INET6_ADDRSTRLEN);
	else if (sa && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *) sa)->sin6_addr, from,
			  INET6_ADDRSTRLEN);
}

/* NULL: not to be talked with. */
static struct peer *tcp_open(struct http_socket *s, struct MHD_Connection *con)
{
	const union MHD_ConnectionInfo *info;
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	read_address(con, p->from);
	MHD_set_connection_option(con, MHD_CONNECTION_OPTION_TIMEOUT,
				  (unsigned int) GREETING_S);
	if (!s->tls)
		return p;
	info = MHD_get_connection_info(con,
				       MHD_CONNECTION_INFO_GNUTLS_SESSION);
	p->tls = tls_now(s->http);
	if (info && info->tls_session && p->tls &&
	    ocs_tls_begin(p->tls, info->tls_session) == 0)
		return p;
	ocs_tls_put(p->tls);
	free(p);
	return NULL;
}

/* What the client of CON, which has TLS, showed; looked at again when there
 * are other files, and from time to time. */
static const struct ocs_tls_peer *tcp_cert(struct ocs_http *http,
					   struct MHD_Connection *con,
					   struct peer *p)
{
	const union MHD_ConnectionInfo *info;
	struct ocs_tls *tls = tls_now(http);
	uint64_t now = ocs_clock_mono_ms();

	info = MHD_get_connection_info(con,
				       MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (p->judge != ocs_tls_serial(tls) ||
	    now - p->judged_ms >= JUDGE_MS) {
		ocs_tls_judge(tls, info->tls_session, &p->cert);
		p->judge = ocs_tls_serial(tls);
		p->judged_ms = now;
	}
	ocs_tls_put(tls);
	return &p->cert;
}

/* MHD_quiesce_daemon() would keep new connections out, but races with the
 * pool's threads for the listening socket in their epoll sets: the loser calls
 * abort(). */
static bool admitted(struct ocs_http *http)
{
	bool yes;

	pthread_mutex_lock(&http->lock);
	yes = !http->stopping;
	pthread_mutex_unlock(&http->lock);
	return yes;
}

static void on_connection(void *cls, struct MHD_Connection *con,
			  void **context, enum MHD_ConnectionNotificationCode
			  code)
{
	struct http_socket *s = cls;
	const union MHD_ConnectionInfo *info;
	bool full = false;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			peer_close(s, *context);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(con, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info && !admitted(s->http)) {
		shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	if (s->open || !info)
		return;
	*context = s->at.is_unix ? peer_open(s->http, info->connect_fd, &full) :
				   tcp_open(s, con);
	if (full || !*context) {
		struct peer *p = *context;

		ocs_log_debug("connections-full", "uid=%d",
			      p && p->known ? (int) p->uid : -1);
		shutdown(info->connect_fd, SHUT_RDWR);
	}
}

/* ---- waiting ---- */

/* Locked. */
static void unlink_waiting(struct request *r)
{
	if (!r->back)
		return;
	*r->back = r->next;
	if (r->next)
		r->next->back = r->back;
	r->back = NULL;
}

/* Suspend R unless something changed since CHANGES was read, or its change has
 * been settled. */
static bool put_aside(struct request *r, uint64_t changes)
{
	struct ocs_http *http = r->http;
	struct request **list;
	bool aside;

	pthread_mutex_lock(&http->lock);
	list = r->call.for_disk ? &http->for_disk : &http->waiting;
	aside = r->call.for_disk ? http->settled < r->call.seq :
				   http->changes == changes;
	aside = aside && !http->stopping;
	if (aside) {
		OCS_POINT("request.asleep");
		MHD_suspend_connection(r->con);
		r->next = *list;
		if (r->next)
			r->next->back = &r->next;
		r->back = list;
		*list = r;
		if (r->call.deadline_ms < http->timer_ms)
			pthread_cond_signal(&http->timer);
	}
	if (aside)	/* unlocked, R may be gone already */
		ocs_log_debug("waiting", "uid=%u method=%s path=%s",
			      (unsigned int) r->call.caller.uid,
			      r->call.method, ocs_quote(r->raw).text);
	pthread_mutex_unlock(&http->lock);
	return aside;
}

/* Locked. */
static void resume(struct request *r)
{
	unlink_waiting(r);
	MHD_resume_connection(r->con);
}

/* Locked. */
static void resume_all(struct ocs_http *http)
{
	while (http->waiting)
		resume(http->waiting);
	while (http->for_disk)
		resume(http->for_disk);
}

/* Locked. Resume those of LIST whose time has come; returns when the next
 * one's comes. */
static uint64_t resume_late(struct request *list)
{
	uint64_t now = ocs_clock_mono_ms(), at = UINT64_MAX;
	struct request *r, *next;

	for (r = list; r; r = next) {
		next = r->next;
		if (r->call.deadline_ms <= now)
			resume(r);
		else if (r->call.deadline_ms < at)
			at = r->call.deadline_ms;
	}
	return at;
}

void ocs_http_wake(struct ocs_http *http)
{
	pthread_mutex_lock(&http->lock);
	http->changes++;
	while (http->waiting)
		resume(http->waiting);
	pthread_mutex_unlock(&http->lock);
}

void ocs_http_settled(struct ocs_http *http, uint64_t seq)
{
	struct request *r, *next;

	pthread_mutex_lock(&http->lock);
	http->settled = seq;
	for (r = http->for_disk; r; r = next) {
		next = r->next;
		if (r->call.seq <= seq)
			resume(r);
	}
	pthread_mutex_unlock(&http->lock);
}

static void *timer_main(void *arg)
{
	struct ocs_http *http = arg;
	struct timespec ts;
	uint64_t at, other;

	pthread_mutex_lock(&http->lock);
	while (!http->stopping) {
		at = resume_late(http->waiting);
		other = resume_late(http->for_disk);
		http->timer_ms = at = other < at ? other : at;
		if (at == UINT64_MAX) {
			pthread_cond_wait(&http->timer, &http->lock);
			continue;
		}
		ts.tv_sec = (time_t) (at / 1000);
		ts.tv_nsec = (long) (at % 1000) * 1000000;
		pthread_cond_timedwait(&http->timer, &http->lock, &ts);
	}
	pthread_mutex_unlock(&http->lock);
	return NULL;
}

/* ---- requests ---- */

static void *on_target(void *cls, const char *raw, struct MHD_Connection *con)
{
	struct http_socket *s = cls;
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->http = s->http;
	r->con = con;
	if (!(r->raw = strdup(raw))) {
		free(r);
		return NULL;
	}
	pthread_mutex_lock(&s->http->lock);
	s->http->nrequests++;
	pthread_mutex_unlock(&s->http->lock);
	return r;
}

static void on_completed(void *cls, struct MHD_Connection *con, void **context,
			 enum MHD_RequestTerminationCode code)
{
	struct request *r = *context;

	if (!r)
		return;
	OCS_POINT("reply.sent");
	pthread_mutex_lock(&r->http->lock);
	unlink_waiting(r);
	if (!--r->http->nrequests && r->http->stopping)
		pthread_cond_signal(&r->http->timer);
	pthread_mutex_unlock(&r->http->lock);
	ocs_api_fini(&r->call);
	free(r->raw);
	free(r->body);
	free(r);
	*context = NULL;
}

static void on_shared_sent(void *shared)
{
	ocs_shared_put(shared);
}

/* REPLY's body is the response's from now on. NULL: out of memory. */
static struct MHD_Response *response_of(struct ocs_reply *reply)
{
	struct MHD_Response *response;

	if (reply->shared)
		response = MHD_create_response_from_buffer_with_free_callback_cls(
			reply->shared->len, reply->shared->text,
			on_shared_sent, reply->shared);
	else
		response = MHD_create_response_from_buffer(
			reply->body ? strlen(reply->body) : 0, reply->body,
			MHD_RESPMEM_MUST_FREE);
	if (!response)
		ocs_reply_fini(reply);
	return response;
}

static enum MHD_Result send_reply(struct MHD_Connection *con,
				  struct ocs_reply *reply, bool close_after)
{
	struct MHD_Response *response = response_of(reply);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	if (reply->type)
		MHD_add_response_header(response, "Content-Type", reply->type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	if (reply->status == 401)
		MHD_add_response_header(response, "WWW-Authenticate", "Munge");
	if (reply->allow[0])
		MHD_add_response_header(response, "Allow", reply->allow);
	if (reply->policy) {
		MHD_add_response_header(response, "Content-Security-Policy",
					reply->policy);
		MHD_add_response_header(response, "X-Content-Type-Options",
					"nosniff");
		MHD_add_response_header(response, "Referrer-Policy",
					"no-referrer");
	}
	if (close_after)
		MHD_add_response_header(response, "Connection", "close");
	OCS_POINT("reply.made");
	rc = MHD_queue_response(con, (unsigned int) reply->status, response);
	OCS_POINT("reply.queued");
	MHD_destroy_response(response);
	return rc;
}

/* The API has answered R, or somebody before it. */
static void count(struct request *r, const struct ocs_reply *reply)
{
	const struct ocs_metrics_request req = {
		.route = r->call.route,
		.status = reply->status,
		.code = reply->code,
		.waited = r->waited,
		.us = ocs_clock_mono_us() - r->begun_us,
	};

	if (!r->open)
		ocs_metrics_request(r->http->api->metrics, &req);
}

/* Refuse R before or after its body. */
static enum MHD_Result refuse(struct request *r, int status,
			      const struct ocs_error *err)
{
	struct ocs_reply reply;

	r->refused = true;
	ocs_api_problem(&reply, status, err);
	count(r, &reply);
	return send_reply(r->con, &reply, true);
}

static enum MHD_Result refuse_too_long(struct request *r)
{
	struct ocs_error err;

	ocs_fail(&err, OCS_RANGE, "a body has at most %u bytes",
		 (unsigned int) OCS_REQUEST_BODY_MAX);
	return refuse(r, 413, &err);
}

/* The header is in; nobody is asked who they are. */
static enum MHD_Result begin_public(struct request *r)
{
	struct ocs_error err;

	r->open = true;
	return ocs_target_parse(r->raw, &r->target, &err) == 0 ? MHD_YES :
	       refuse(r, 0, &err);
}

/* The header is in. */
static enum MHD_Result begin(struct request *r, struct http_socket *s,
			     const char *method)
{
	const union MHD_ConnectionInfo *info;
	struct ocs_auth_try try = { 0 };
	struct peer *peer = NULL;
	const char *length;
	struct ocs_error err;

	OCS_POINT("request.head");
	r->begun = true;
	r->begun_us = ocs_clock_mono_us();
	r->call.method = method;
	r->call.target = &r->target;
	if (s->open)
		return begin_public(r);
	info = MHD_get_connection_info(r->con,
				       MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	if (info)
		peer = info->socket_context;
	try.peer = s->at.is_unix && peer && peer->known;
	try.peer_uid = try.peer ? peer->uid : (uid_t) -1;
	if (!s->at.is_unix) {
		if (!peer)
			return MHD_NO;
		peer->asked = true;
		try.from = peer->from;
		if (s->tls)
			try.cert = tcp_cert(s->http, r->con, peer);
	}
	try.authorization = MHD_lookup_connection_value(r->con,
							MHD_HEADER_KIND,
							"Authorization");
	try.method = method;
	try.target = r->raw;
	if (ocs_auth_check(s->http->api->auth, &try, &r->call.caller,
			   &err) < 0 ||
	    ocs_target_parse(r->raw, &r->target, &err) < 0)
		return refuse(r, 0, &err);
	if (!s->at.is_unix)
		MHD_set_connection_option(r->con,
					  MHD_CONNECTION_OPTION_TIMEOUT,
					  (unsigned int) IDLE_S);
	ocs_metrics_seen(s->http->api->metrics, &r->call.caller);
	length = MHD_lookup_connection_value(r->con, MHD_HEADER_KIND,
					     "Content-Length");
	if (length && strtoull(length, NULL, 10) > OCS_REQUEST_BODY_MAX)
		return refuse_too_long(r);
	return MHD_YES;
}

static enum MHD_Result take_body(struct request *r, const char *data,
				 size_t *size)
{
	size_t n = *size;
	char *grown;

	OCS_POINT("request.body");
	*size = 0;
	if (r->open || r->refused || r->too_long || r->nomem)
		return MHD_YES;		/* read on, keep nothing */
	if (n > OCS_REQUEST_BODY_MAX - r->len) {
		r->too_long = true;
		free(r->body);
		r->body = NULL;
		return MHD_YES;
	}
	if (r->len + n + 1 > r->cap) {
		size_t cap = r->cap ? r->cap : 4096;

		while (cap < r->len + n + 1)
			cap *= 2;
		if (!(grown = realloc(r->body, cap))) {
			r->nomem = true;
			return MHD_YES;
		}
		r->body = grown;
		r->cap = cap;
	}
	memcpy(r->body + r->len, data, n);
	r->len += n;
	r->body[r->len] = '\0';
	return MHD_YES;
}

static enum MHD_Result handle_public(struct request *r)
{
	struct ocs_reply reply;

	ocs_public_handle(r->http->api, r->call.method, &r->target, &reply);
	ocs_log_debug("public", "method=%s path=%s status=%d",
		      ocs_quote(r->call.method).text, ocs_quote(r->raw).text,
		      reply.status);
	return send_reply(r->con, &reply, reply.status >= 400);
}

/* A GET that waits for something to happen says nothing about how fast we
 * are. */
static bool asked_to_wait(const struct request *r)
{
	return !strcmp(r->call.method, "GET");
}

static enum MHD_Result handle(struct request *r)
{
	struct ocs_http *http = r->http;
	struct ocs_reply reply;
	uint64_t changes;

	if (r->call.deadline_ms)
		OCS_POINT("request.awake");
	else
		OCS_POINT("request.dispatch");
	r->call.body = r->body ? r->body : "";
	r->call.len = r->len;
	for (;;) {
		pthread_mutex_lock(&http->lock);
		changes = http->changes;
		r->call.stopping = http->stopping;
		pthread_mutex_unlock(&http->lock);
		if (ocs_api_handle(http->api, &r->call, &reply) == 0)
			break;
		r->waited = asked_to_wait(r);
		if (put_aside(r, changes))
			return MHD_YES;
	}
	count(r, &reply);
	ocs_log_debug("request", "uid=%u method=%s path=%s status=%d",
		      (unsigned int) r->call.caller.uid, r->call.method,
		      ocs_quote(r->raw).text, reply.status);
	return send_reply(r->con, &reply, r->call.stopping);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *size, void **context)
{
	struct request *r = *context;
	struct ocs_error err;

	if (!r)
		return MHD_NO;		/* out of memory: hang up */
	if (!r->begun)
		return begin(r, cls, method);
	if (*size)
		return take_body(r, data, size);
	if (r->too_long)
		return refuse_too_long(r);
	if (r->nomem) {
		ocs_fail(&err, OCS_NOMEM, "out of memory");
		return refuse(r, 0, &err);
	}
	if (r->open)
		return handle_public(r);
	return handle(r);
}

/* ---- life ---- */

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
		on_request, s,
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
		MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
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
	if ((rc = pthread_create(&http->thread, NULL, timer_main, http)))
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
	resume_all(http);
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
