/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_driver - the part of opticald.conf that says which driver sets up what:
 * Driver= and what belongs to it, of all links or of those of a DomainName=
 */
#ifndef OCS_AGENT_CONF_DRIVER_H
#define OCS_AGENT_CONF_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/net.h"
#include "common/sys/kvfile.h"

enum ocs_driver_kind { OCS_NO_DRIVER, OCS_SIM, OCS_STATIC, OCS_EXEC };

struct ocs_driver_conf {
	char name[OCS_NAME_MAX];	/* of the domain; "": of all others */
	enum ocs_driver_kind kind;
	char where[300];	/* FILE:LINE; "": never named */
	/* sim */
	bool sim_full;
	uint64_t sim_setup_ms, sim_release_ms;
	bool sim_times;		/* one of the two was given */
	uint64_t sim_seed;	/* 0: another each time */
	unsigned int sim_speed;
	unsigned int sim_transponders;	/* 0: one for each wavelength */
	/* static */
	char down_file[256];	/* "": none */
	/* exec */
	char program[1024];	/* words */
};

struct ocs_drivers_conf {
	unsigned int n;		/* at least 1: [0] is Driver='s, unless .kind
				 * is OCS_NO_DRIVER */
	struct ocs_driver_conf *driver;	/* owned */
};

/* The keys, from "Driver" on; ends with NULL. */
extern const char *const ocs_driver_keys[];

/* [0], with what is so unless something else is said. 0, or -1 (out of
 * memory). */
int ocs_drivers_conf_init(struct ocs_drivers_conf *dc);
void ocs_drivers_conf_fini(struct ocs_drivers_conf *dc);
/* KV of LINE, key KEY of ocs_driver_keys, into D. */
int ocs_driver_conf_key(const struct ocs_kvline *line, const struct ocs_kv *kv,
			unsigned int key, struct ocs_driver_conf *d,
			struct ocs_error *err);
/* A line DomainName=NAME Driver=... */
int ocs_driver_conf_domain(const struct ocs_kvline *line,
			   struct ocs_drivers_conf *dc, struct ocs_error *err);
/* All is read: does each have what it needs, each link of NET a driver? PATH
 * is the file's, for what stands in no line of it. */
int ocs_drivers_conf_complete(const struct ocs_drivers_conf *dc,
			      const struct ocs_net *net, const char *path,
			      struct ocs_error *err);
/* The driver of LINK, an index into dc->driver. */
unsigned int ocs_drivers_conf_of(const struct ocs_drivers_conf *dc,
				 const struct ocs_net *net,
				 const struct ocs_link *link);
const char *ocs_driver_kind_name(enum ocs_driver_kind kind);	/* "sim" */

#endif
