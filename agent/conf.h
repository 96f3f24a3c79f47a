/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf - opticald.conf, read whole and checked whole (design section 5)
 *
 * What this version does not do is refused by name, with file and line.
 */
#ifndef OCS_AGENT_CONF_H
#define OCS_AGENT_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/conf_attach.h"
#include "agent/conf_driver.h"
#include "agent/rules.h"
#include "common/core/error.h"
#include "common/core/net.h"
#include "common/wire/wire.h"

#define OCS_AGENT_LISTEN_MAX 8
#define OCS_AGENT_OPERATORS_MAX 64

/* A name in a certificate: DNS names have at most 253 bytes. */
#define OCS_CERT_NAME_MAX 254

struct ocs_agent_listen {
	bool is_unix;
	char path[108];		/* as in sockaddr_un */
	char host[46];		/* an address, in digits */
	uint16_t port;		/* 0: the kernel's choice */
};

/* One of NAME and CERTIFICATE may be "", not both. */
struct ocs_agent_user {
	char name[OCS_NAME_MAX];	/* of the user, or digits */
	char cluster[OCS_NAME_MAX];	/* "" for an operator */
	char certificate[OCS_CERT_NAME_MAX];	/* who shows it is the same */
	uid_t uid;			/* (uid_t) -1 without NAME */
};

/* TLS of all TCP sockets; file[OCS_TLS_CERT] "": there is none. */
enum ocs_tls_file {
	OCS_TLS_CERT, OCS_TLS_KEY, OCS_TLS_CLIENT_CA, OCS_TLS_CRL,
	OCS_TLS_NFILES
};

struct ocs_agent_tls {
	char file[OCS_TLS_NFILES][256];	/* absolute paths; "": not given */
	char where[OCS_TLS_NFILES][300];	/* FILE:LINE that says so */
};

/* Who may; the part that SIGHUP reads again. */
struct ocs_agent_users {
	unsigned int nclusters;
	struct ocs_agent_user cluster[OCS_PING_CLUSTERS_MAX];
	unsigned int nmeasurers;
	struct ocs_agent_user measurer[OCS_AGENT_OPERATORS_MAX];
	unsigned int noperators;
	struct ocs_agent_user op[OCS_AGENT_OPERATORS_MAX];
};

struct ocs_agent_conf {
	unsigned int nlisten;
	struct ocs_agent_listen listen[OCS_AGENT_LISTEN_MAX];
	unsigned int npublic;
	struct ocs_agent_listen public[OCS_AGENT_LISTEN_MAX];	/* HttpListen */
	char ledger[256];
	char munge_socket[108];	/* "": munge's default */
	char run_as[OCS_NAME_MAX];	/* "": stay who we are */
	struct ocs_agent_tls tls;
	struct ocs_drivers_conf drivers;
	uint64_t driver_timeout_ms;
	uint64_t hold_ttl_ms;
	uint32_t grace_s;
	uint32_t wavelength_hold_s;	/* lit after its last circuit */
	int64_t overdue_max_s;
	int64_t keep_finished_s;	/* 0: for ever */
	uint32_t measure_max_age_s;	/* what was measured counts no longer;
					 * 0: for as long as it is valid */
	struct ocs_agent_users users;
	struct ocs_net net;	/* nothing booked */
	struct ocs_attach_sites attach;	/* by index in net.site */
	char attach_user[OCS_NAME_MAX];	/* "": as opticald itself */
	unsigned int attach_parallel;	/* programs that run at a time */
	struct ocs_rules rules;	/* of all links together, and of new ones */
	struct ocs_rules *link_rules;	/* owned; as many as net has links, or
					 * NULL: as RULES */
};

/* The rules of link LINK. */
const struct ocs_rules *ocs_agent_conf_rules(const struct ocs_agent_conf *conf,
					     unsigned int link);

/* Read PATH. NULL with ERR set: `opticald.conf:12: unknown key ...`. */
struct ocs_agent_conf *ocs_agent_conf_read(const char *path,
					   struct ocs_error *err);
void ocs_agent_conf_destroy(struct ocs_agent_conf *conf);

/* The keys of files of TLS, by enum ocs_tls_file. */
const char *ocs_tls_file_key(enum ocs_tls_file file);

/* True if NAME is a cluster of USERS. */
bool ocs_agent_users_has(const struct ocs_agent_users *users,
			 const char *cluster);

#endif
