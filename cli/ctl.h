/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl - what the parts of opticalctl share: options, commands, the agent
 */
#ifndef OCS_CLI_CTL_H
#define OCS_CLI_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/table.h"
#include "common/core/error.h"
#include "common/core/lease.h"
#include "common/wire/wire.h"

/* Longest wait for one answer of the agent, in ms: a person is waiting. */
#define CTL_TIMEOUT_MS 15000

enum ctl_exit {
	CTL_OK = 0,
	CTL_REFUSED = 1,	/* by the agent; or check found errors */
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 3,
	CTL_DENIED = 4,
};

struct ocs_client;

/* The command line, and the agent once somebody asked for it. */
struct ctl {
	const char *url;	/* --url; NULL: look for it */
	const char *ca, *cert, *key;	/* --ca, --cert, --key; or NULL */
	bool json;
	bool parsable;
	bool noheader;
	bool color;
	bool all;
	const char *cluster;
	const char *job;
	const char *why;	/* --why; or NULL */
	const char *conf;	/* optical.conf; NULL: beside slurm.conf */
	const char *slurm_conf;	/* NULL: $SLURM_CONF or Slurm's default */
	const struct command *command;
	struct ocs_client *client;	/* owned */
	char where[512];	/* the URL in use */
};

/* What each command is; the table ends with name NULL. */
struct command {
	const char *name;
	const char *args;	/* "LINK [COUNT]" or "" */
	const char *summary;	/* one line */
	const char *help;	/* the rest of --help */
	const char *options;	/* short letters that it takes besides the
				 * general ones: "aMj" */
	int min_args, max_args;
	int (*run)(struct ctl *ctl, int argc, char **argv);
};

/* talk.c: the agent. */

struct reply {
	char *text;		/* owned, may be NULL */
	size_t len;
};
void reply_fini(struct reply *reply);

/*
 * One request; BODY may be NULL. 0 and *REPLY (the caller calls reply_fini);
 * or -1 with ERR set, *REPLY empty.
 */
int ctl_request(struct ctl *ctl, const char *method, const char *path,
		const char *body, struct reply *reply, struct ocs_error *err);
void ctl_close(struct ctl *ctl);
/* Path of optical.conf or slurm.conf: as told, $SLURM_CONF, or the default. */
char *ctl_slurm_conf(const struct ctl *ctl, char *buf, size_t size);
char *ctl_optical_conf(const struct ctl *ctl, char *buf, size_t size);
/* Say ERR on stderr and return the exit code for it. */
int ctl_fail(const struct ctl *ctl, const struct ocs_error *err);
/* Say what is wrong with the command line; returns CTL_USAGE. */
int ctl_usage(const struct ctl *ctl, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Print REPLY as it came, and a newline; returns CTL_OK. */
int ctl_print_json(const struct reply *reply);
/* Print and destroy T; returns CTL_OK, or CTL_REFUSED out of memory. */
int ctl_print_table(const struct ctl *ctl, struct table *t);
/* True if TEXT can stand in a path of the API as it is. */
bool ctl_plain(const char *text);

/* 0 and *ID_OUT from a lease id or the beginning of one that is unique; or -1
 * with ERR set. */
int ctl_lease_id(struct ctl *ctl, const char *text,
		 char id_out[static OCS_LEASE_ID_MAX], struct ocs_error *err);
/* Who LEASE is for: as it says, as this host knows the id, or the id. */
#define CTL_USER_MAX 64
const char *ctl_user(const struct ocs_lease *lease,
		     char buf[static CTL_USER_MAX]);
/* All leases, gone ones too, that --cluster and --job let through, in order of
 * their holds; the caller's to destroy. CTL_OK, or what to exit with. */
int ctl_leases(struct ctl *ctl, struct ocs_lease ***lease, unsigned int *n);
/* Destroy N leases and free LEASE. */
void ctl_leases_destroy(struct ocs_lease **lease, unsigned int n);

/* Cells that many tables have: "400G"; "2274us", or "-" for 0. */
void cell_rate(struct table *t, uint64_t bps);
void cell_time(struct table *t, uint64_t us);
/* The colour of a state word, for table columns. */
const char *state_color(const char *text);

/* The commands. */
int cmd_sites(struct ctl *ctl, int argc, char **argv);
int cmd_links(struct ctl *ctl, int argc, char **argv);
int cmd_leases(struct ctl *ctl, int argc, char **argv);
int cmd_lease(struct ctl *ctl, int argc, char **argv);
int cmd_compute(struct ctl *ctl, int argc, char **argv);
int cmd_report(struct ctl *ctl, int argc, char **argv);
int cmd_job(struct ctl *ctl, int argc, char **argv);
int cmd_ping(struct ctl *ctl, int argc, char **argv);
int cmd_release(struct ctl *ctl, int argc, char **argv);
int cmd_drain(struct ctl *ctl, int argc, char **argv);
int cmd_undrain(struct ctl *ctl, int argc, char **argv);
int cmd_window(struct ctl *ctl, int argc, char **argv);
int cmd_extend(struct ctl *ctl, int argc, char **argv);
int cmd_modify(struct ctl *ctl, int argc, char **argv);
int cmd_whatif(struct ctl *ctl, int argc, char **argv);
int cmd_why(struct ctl *ctl, int argc, char **argv);
int cmd_measure(struct ctl *ctl, int argc, char **argv);
int cmd_freeze(struct ctl *ctl, int argc, char **argv);
int cmd_unfreeze(struct ctl *ctl, int argc, char **argv);
int cmd_approve(struct ctl *ctl, int argc, char **argv);
int cmd_deny(struct ctl *ctl, int argc, char **argv);
int cmd_confirm(struct ctl *ctl, int argc, char **argv);
int cmd_node(struct ctl *ctl, int argc, char **argv);
int cmd_check(struct ctl *ctl, int argc, char **argv);
int cmd_sim(struct ctl *ctl, int argc, char **argv);

#endif
