// SPDX-License-Identifier: GPL-2.0-or-later
/* http_peer - who is on the other side, and whether there may be one more */
#include "ocs_config.h"	/* struct ucred */

#include "agent/http_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "agent/log.h"
#include "common/sys/clock.h"

/* Connections on a Unix socket of one operator or cluster, of one user, and of
 * all users together, so that they can't keep slurmctld out. */
#define CONNECTIONS_PER_CLUSTER 256
#define CONNECTIONS_PER_USER 32
#define CONNECTIONS_OF_USERS 1024
/* Until the first request is in that we know the sender of, in s; over TCP. */
#define GREETING_S 30
/* A client's certificate is looked at again after this, for its end. */
#define JUDGE_MS 10000

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

const struct ocs_tls_peer *http_peer_cert(struct ocs_http *http,
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

void http_on_connection(void *cls, struct MHD_Connection *con, void **context,
			enum MHD_ConnectionNotificationCode code)
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
