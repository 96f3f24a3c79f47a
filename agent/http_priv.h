/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_priv - a server's sockets, connections and requests; private to
 * http_*.c
 *
 * Lock order: the engine's, then ours, then libmicrohttpd's.
 */
#ifndef OCS_AGENT_HTTP_PRIV_H
#define OCS_AGENT_HTTP_PRIV_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>

#include "agent/http_server.h"

/* Connections that say nothing are closed; a cluster's hold connection is kept
 * open between jobs, so this is long. In s. */
#define IDLE_S 600

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

/* ---- http_bind.c ---- */

/* Bind LISTEN_AT[0..N) to further sockets of HTTP; OPEN: public ones. 0, or -1
 * with ERR set (OCS_CONFLICT, OCS_IO). */
int http_bind(struct ocs_http *http, const struct ocs_agent_listen *listen_at,
	      unsigned int n, bool open, struct ocs_error *err);

/* ---- http_peer.c ---- */

/* MHD_OPTION_NOTIFY_CONNECTION of socket CLS: *CONTEXT is its peer. */
void http_on_connection(void *cls, struct MHD_Connection *con, void **context,
			enum MHD_ConnectionNotificationCode code);
/* What the client of CON, which has TLS, showed; looked at again when there
 * are other files, and from time to time. P's. */
const struct ocs_tls_peer *http_peer_cert(struct ocs_http *http,
					  struct MHD_Connection *con,
					  struct peer *p);

/* ---- http_request.c: what MHD_start_daemon() wants, of socket CLS ---- */

void *http_on_target(void *cls, const char *raw, struct MHD_Connection *con);
void http_on_completed(void *cls, struct MHD_Connection *con, void **context,
		       enum MHD_RequestTerminationCode code);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *con,
				const char *url, const char *method,
				const char *version, const char *data,
				size_t *size, void **context);

/* ---- http_wait.c ---- */

/* Suspend R unless something changed since CHANGES was read, or its change has
 * been settled: false. */
bool http_wait(struct request *r, uint64_t changes);
/* Locked. R waits no longer. */
void http_wait_forget(struct request *r);
/* Locked. Resume all. */
void http_wait_none(struct ocs_http *http);
/* The thread that resumes requests whose time has come, until stopping. */
void *http_wait_timer(void *http);

#endif
