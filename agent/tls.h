/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls - our certificate and key, and what clients' certificates are worth;
 * GnuTLS stops here
 *
 * An ocs_tls is what the files said when it was made and never changes: a
 * reload makes another. A connection keeps the one that it began with until
 * its end, for our own certificate; clients' certificates are judged by the
 * newest.
 *
 * Roles are none of its business. It never logs; keys never leave it.
 */
#ifndef OCS_AGENT_TLS_H
#define OCS_AGENT_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf.h"
#include "common/core/error.h"

/* Names in one certificate that are looked at. */
#define OCS_TLS_NAMES_MAX 16

struct ocs_tls;

enum ocs_tls_verdict {
	OCS_TLS_NONE,		/* the client showed no certificate */
	OCS_TLS_GOOD,
	OCS_TLS_FOREIGN,	/* no authority of ours signed it */
	OCS_TLS_EXPIRED,
	OCS_TLS_EARLY,		/* not valid yet */
	OCS_TLS_PURPOSE,	/* not made for clients */
	OCS_TLS_REVOKED,
	OCS_TLS_CRL_OLD,	/* TlsCRL's next update is past */
	OCS_TLS_WEAK,		/* an algorithm or key that is too weak */
	OCS_TLS_BAD,		/* anything else */
};

struct ocs_tls_peer {
	enum ocs_tls_verdict verdict;
	unsigned int nnames;	/* DNS names, then the common name */
	char name[OCS_TLS_NAMES_MAX][OCS_CERT_NAME_MAX];
};

/*
 * Read the files of CONF. Returns one with a reference; or NULL with ERR set:
 * `FILE:LINE: TlsKey=...: others may read it (mode 0644) ...`. A certificate
 * that is out of its time is taken: see ocs_tls_health().
 */
struct ocs_tls *ocs_tls_create(const struct ocs_agent_tls *conf,
			       struct ocs_error *err);
struct ocs_tls *ocs_tls_get(struct ocs_tls *tls);
/* Give a reference back; NULL is nothing. */
void ocs_tls_put(struct ocs_tls *tls);

/* Never 0, and no other's in this process. */
uint64_t ocs_tls_serial(const struct ocs_tls *tls);

enum ocs_tls_health { OCS_TLS_FINE, OCS_TLS_SOON, OCS_TLS_PAST };
/* Whether FILE is out of its time, or soon will be; TEXT then says so. */
enum ocs_tls_health ocs_tls_health(const struct ocs_tls *tls,
				   enum ocs_tls_file file,
				   struct ocs_error *text);

/* When FILE ends, Unix s; 0: never, or it is not there. */
int64_t ocs_tls_ends_s(const struct ocs_tls *tls, enum ocs_tls_file file);

/* SESSION, a gnutls_session_t that has not begun, is to use TLS. */
int ocs_tls_begin(struct ocs_tls *tls, void *session);
/* What the client of SESSION showed. */
void ocs_tls_judge(const struct ocs_tls *tls, void *session,
		   struct ocs_tls_peer *peer);

/* For libmicrohttpd: protocols and ciphers; what gives no certificate to a
 * session that ocs_tls_begin() has not seen. */
extern const char ocs_tls_priorities[];
void *ocs_tls_no_certificate(void);

#endif
